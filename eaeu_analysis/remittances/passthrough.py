"""Pass-through: how remittances in dollars move with the rouble and with Russia's income.

Changes of log remittances of corridor countries on changes of Russia's drivers, each times the share of Russia in the
country's corridor, with country effects (each country's own growth):

    d log R_it = a_i + s_i (b_rouble d log e_t + b_income d log g_t) + u_it

so that a coefficient is the elasticity of a country that receives from Russia alone. The drivers are one pair of
series for all countries: the sample is only as long as its years, and two of them (2009, 2015) supply most of the
information. Intervals and draws therefore use the jackknife over years; Driscoll and Kraay's errors are reported as
well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from .. import settings
from ..arrays import Array
from ..data.panel import Panel, require_years
from ..errors import BadInputError, require_least, require_level, require_option
from ..reference import economies
from ..results import Provenance, TableResult
from ..series import SeriesInfo
from .regression import Fit, error_parts
from .sample import (
    DESTINATION,
    DRIVERS,
    MEANING,
    REMITTANCES,
    PassThroughSample,
    PassThroughSpec,
    build_sample,
    logs,
    shares_of,
)
from .tables import remittance_tables

METHOD = "least squares within countries on changes; jackknife over years"
REFERENCE = (
    "Driscoll & Kraay (1998), Review of Economics and Statistics 80(4); "
    "MacKinnon, Nielsen & Webb (2023), Journal of Econometrics 232(2)"
)


@dataclass(frozen=True, eq=False)
class PassThrough(TableResult):
    """Elasticities of remittances in US$ with respect to Russia's economy; from ``pass_through``.

    They apply to a country that receives all its remittances from Russia.

    Attributes
    ----------
    spec : mapping
        Origins, years, drivers and shares.
    table : DataFrame
        A row per regressor: ``regressor``, ``coef``, ``se``, ``lower``, ``upper``, ``p_value`` (jackknife over years,
        Student's t), ``se_dk``, ``lower_dk``, ``upper_dk`` (Driscoll and Kraay, normal).
    vcov, vcov_dk : DataFrame
        Variances of the coefficients under the two methods.
    df : int
        Degrees of freedom of the jackknife.
    nobs : int
        Number of changes.
    years : tuple of int
        First and last year of the changes.
    rsquared : float
        R2 within countries.
    shares : Series
        Russia's share by origin.
    changes : DataFrame
        A row per origin and year: ``observed``, ``fitted``, in log points.
    common_sd, own_sd : float
        Standard deviation of the errors common to a year, and of those of one country.
    growth : Series
        Growth of remittances by origin, log points a year, apart from the drivers.
    alternatives : DataFrame
        The coefficients under other choices.
    level : float
        Level of the intervals.
    checks : tuple of Check
        Robustness of the estimate.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "remittances.draw_pass_through"

    vcov: pd.DataFrame
    vcov_dk: pd.DataFrame
    df: int
    nobs: int
    years: tuple[int, int]
    rsquared: float
    shares: pd.Series[Any]
    changes: pd.DataFrame
    common_sd: float
    own_sd: float
    growth: pd.Series[Any]
    alternatives: pd.DataFrame

    @property
    def coef(self) -> pd.Series[Any]:
        """Coefficients by regressor ("rouble", "income", or "income_usd")."""
        return self.table.set_index("regressor")["coef"]

    @property
    def se(self) -> pd.Series[Any]:
        """Standard errors by regressor (jackknife over years)."""
        return self.table.set_index("regressor")["se"]

    @property
    def yearly(self) -> pd.DataFrame:
        """Means over the countries by year: ``observed, fitted``."""
        return self.changes.groupby("year")[["observed", "fitted"]].mean()

    def share(self, origin: str) -> float:
        """The share of Russia that the coefficients were estimated with; project with the same one."""
        code = economies.resolve(origin)
        require_option("origin", code, self.shares.index)
        return float(self.shares[code])

    def draws(self, n: int, seed: int | np.random.SeedSequence = 0) -> pd.DataFrame:
        """(n, regressor) draws of the coefficients: multivariate t with ``vcov`` and ``df``."""
        from scipy import stats

        require_least("draws", n, 1)
        drawn = stats.multivariate_t(self.coef.to_numpy(), self.vcov.to_numpy(), df=self.df).rvs(
            size=n, random_state=np.random.default_rng(seed)
        )
        return pd.DataFrame(np.reshape(drawn, (n, len(self.coef))), columns=list(self.coef.index))

    def summary(self) -> str:
        first, last = self.years
        lines = [
            f"Pass-through of Russia's rouble and income into remittances, {len(self.shares)} countries, changes of "
            f"{first}-{last}: {self.nobs} changes, but one pair of drivers over {self.df + 1} years",
        ]
        for row in self.table.to_dict("records"):
            lines.append(
                f"  {row['regressor']}: {row['coef']:+.2f}, {self.level:.0%} interval [{row['lower']:.2f}, "
                f"{row['upper']:.2f}], p = {row['p_value']:.3f} (jackknife over years, t with {self.df} degrees of "
                f"freedom); Driscoll-Kraay error {row['se_dk']:.2f}; {MEANING[row['regressor']]}"
            )
        shares = ", ".join(f"{o} {s:.2f}" for o, s in self.shares.items())
        lines += [
            f"  per cent of remittances from Russia for one per cent; a country moves by its share: {shares}",
            f"  R2 within {self.rsquared:.2f}",
            "",
        ]
        return self._ended(lines, sources=False)


def pass_through(
    panel: Panel | None = None,
    *,
    origins: Sequence[str] | None = None,
    first_year: int | None = None,
    last_year: int = settings.LAST_CLEAN_YEAR,
    income: Literal["real", "dollars"] = "real",
    shares: Mapping[str, float] | None = None,
    level: float = settings.LEVEL,
) -> PassThrough:
    """Estimate how remittances move with the rouble and with Russia's income.

    Parameters
    ----------
    panel : Panel, optional
        Must include BX.TRF.PWKR.CD.DT of the origins, and PA.NUS.FCRF and GDP of Russia. None takes the pinned series.
    origins : sequence of str, optional
        Economies that receive remittances. None takes those of ``data/tables/remittances.toml``.
    first_year : int, optional
        First year of the levels; changes start a year later. None takes that of ``data/tables/remittances.toml``.
    last_year : int, default 2019
        Last year of the levels. Corridors are those known up to this year.
    income : {"real", "dollars"}, default "real"
        "real": the rouble and Russia's real GDP as two regressors. "dollars": Russia's GDP in US$ alone, which combines
        both and asks less of few years.
    shares : mapping of str to float, optional
        Russia's share by origin. None takes the corridors as of ``last_year``.
    level : float, default 0.9
        Level of the intervals, between 0 and 1.

    Returns
    -------
    PassThrough
        Elasticities with ``draws()`` for simulation.

    Raises
    ------
    BadInputError
        An origin is not known, or an option, share, level or year is out of range.
    NoDataError
        There are too few years or countries.

    Notes
    -----
    Changes of log remittances are regressed on changes of Russia's drivers times Russia's share, with country effects.
    All countries share one pair of drivers, so intervals use the jackknife over years (MacKinnon, Nielsen and Webb
    2023); errors of Driscoll and Kraay (1998) are reported as well. ``last_year=2013`` uses no later remittance, rate
    or corridor, but the series are of today's vintages, and 2009 is then the only crisis in the sample.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.pass_through()
    >>> found.nobs, found.coef.round(2).to_dict()
    (112, {'rouble': -1.1, 'income': 4.33})
    """
    require_option("income", income, DRIVERS)
    require_level(level)
    fixed = remittance_tables()["sample"]
    first = int(fixed["first_year"] if first_year is None else first_year)
    if first >= last_year:
        raise BadInputError(f"years {first} to {last_year}: the first is not before the last")
    if panel is None:
        panel = pass_through_panel()
    require_years(panel, "the pass-through")
    weights, sources = shares_of(origins or fixed["origins"], last_year, shares)
    question = PassThroughSpec(weights, first, int(last_year), income)
    return _result(panel, question, sources, level, int(fixed["lags"]))


def pass_through_panel() -> Panel:
    """The pinned series that the pass-through is estimated on."""
    from ..data.load import load_panel

    codes = {code for drivers in DRIVERS.values() for code in drivers.values()}
    return load_panel([REMITTANCES, *sorted(codes)])


def _result(
    panel: Panel, question: PassThroughSpec, sources: Sequence[SeriesInfo], level: float, lags: int
) -> PassThrough:
    from . import passthrough_checks

    present = set(panel.units)
    also = [o for o in remittance_tables()["sample"]["also"] if o in present]
    data_logs = logs(panel, [*question.shares, *also], question.income)
    data = build_sample(data_logs, question)
    fit = data.fit(lags)
    common, own, _ = error_parts(fit, data.country, data.year)
    changes = pd.DataFrame(
        {
            "origin": [data.origins[u] for u in data.country],
            "year": data.year,
            "observed": data.y,
            "fitted": data.y - fit.resid,
        }
    )
    alternatives = passthrough_checks.alternatives(data_logs, question, lags)
    index = list(data.regressors)
    series = [panel.info(code) for code in (REMITTANCES, *DRIVERS[question.income].values())]
    spec = {
        "origins": list(question.shares),
        "destination": DESTINATION,
        "first_year": question.first_year,
        "last_year": question.last_year,
        "income": question.income,
        "shares": dict(question.shares),
        "lags": lags,
        "level": level,
    }
    return PassThrough(
        spec,
        coefficient_table(fit, index, level),
        level,
        passthrough_checks.checks(data_logs, question, data, fit, alternatives, level, lags),
        Provenance((*series, *sources), METHOD, REFERENCE, spec),
        pd.DataFrame(fit.jackknife, index=index, columns=index),
        pd.DataFrame(fit.dk, index=index, columns=index),
        fit.df,
        len(data.y),
        (int(fit.years[0]), int(fit.years[-1])),
        fit.rsquared,
        pd.Series(dict(question.shares), name="share").reindex(data.origins),
        changes,
        common,
        own,
        pd.Series(own_growth(data, fit), index=list(data.origins), name="growth"),
        alternatives,
    )


def own_growth(data: PassThroughSample, fit: Fit) -> Array:
    """(N,) country effects: the mean change of each origin less what the drivers' mean changes explain."""
    rest = data.y - data.x @ fit.coef
    return np.array([rest[data.country == i].mean() for i in range(len(data.origins))])


def coefficient_table(fit: Fit, regressors: Sequence[str], level: float) -> pd.DataFrame:
    """The rows of :attr:`PassThrough.table`."""
    from scipy import stats

    se, dk = np.sqrt(np.diag(fit.jackknife)), np.sqrt(np.diag(fit.dk))
    t, z = stats.t.ppf((1 + level) / 2, fit.df), stats.norm.ppf((1 + level) / 2)
    return pd.DataFrame(
        {
            "regressor": list(regressors),
            "coef": fit.coef,
            "se": se,
            "lower": fit.coef - t * se,
            "upper": fit.coef + t * se,
            "p_value": 2 * stats.t.sf(np.abs(fit.coef) / se, fit.df),
            "se_dk": dk,
            "lower_dk": fit.coef - z * dk,
            "upper_dk": fit.coef + z * dk,
        }
    )
