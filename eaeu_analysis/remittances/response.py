"""From changes of the rouble, of Russia's income and of work rights to the change of an origin's remittances.

    d = s (b_rouble d_rouble + b_income d_income) + rights + unexplained        (log points)
    new = R exp(d),  change in US$ = R (exp(d) - 1),  % of GDP = 100 change / Y

with R and Y the origin's remittances and GDP in US$ of the baseline year and s the share of Russia. The form is that
of the regression: exact for small changes; in a large fall money from elsewhere falls a little less. The change in
US$ is split over the channels by the logarithmic mean (Ang 2004, "Decomposition analysis for policymaking in energy",
Energy Policy 32(9)): channel k gets d_k / d of it, so that the parts add up exactly and none comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .. import settings
from ..arrays import Array
from ..data.panel import Panel
from ..errors import BadInputError, NoDataError, require_option
from ..reference import economies
from ..series import SeriesInfo
from .sample import GDP_USD, REMITTANCES
from .shares import Share, corridors

RIGHTS, PATENTS, UNEXPLAINED = "work rights", "patents", "unexplained"


@dataclass(frozen=True)
class RemittanceBaseline:
    """An origin's remittances and GDP in ``year``, US$, and Russia's share of the former."""

    origin: str
    year: int
    remittances_usd: float
    gdp_usd: float
    share: Share
    series: tuple[SeriesInfo, ...] = ()

    @property
    def percent_of_gdp(self) -> float:
        return 100 * self.remittances_usd / self.gdp_usd


def remittance_baseline(
    origin: str, year: int = settings.LAST_CLEAN_YEAR, panel: Panel | None = None, known_by: int | None = None
) -> RemittanceBaseline:
    """Remittances, GDP and share of Russia of ``origin`` in ``year``; the share from figures of ``known_by`` or before.

    ``known_by``: None takes the newest share there is (for a question as of 2014 give 2013).
    Raises NoDataError when the panel lacks the year, BadInputError for an origin without corridors.
    """
    from ..data.load import load_panel

    code = economies.resolve(origin)
    share = corridors(code, known_by).share()
    panel = panel or load_panel([REMITTANCES, GDP_USD])
    values = []
    for series in (REMITTANCES, GDP_USD):
        value = float(panel.column(series).get((code, year), np.nan))
        if not value > 0:
            raise NoDataError(
                f"{economies.common_name(code)} ({code}) has no {series} in {year}: choose another baseline"
            )
        values.append(value)
    return RemittanceBaseline(code, year, values[0], values[1], share, (panel.info(REMITTANCES), panel.info(GDP_USD)))


@dataclass(frozen=True)
class RemittanceChange:
    """Change against the baseline, an entry per draw.

    ``log``, ``usd``, ``percent_of_gdp`` (n,): of GDP of the baseline year. ``by_channel`` and ``usd_by_channel``:
    (n,) per channel, in log points and in US$; they add up to ``log`` and ``usd``.
    """

    log: Array
    usd: Array
    percent_of_gdp: Array
    by_channel: Mapping[str, Array]
    usd_by_channel: Mapping[str, Array]

    def to_frame(self) -> pd.DataFrame:
        """A row per draw: ``log, usd, percent_of_gdp``, then US$ by channel."""
        totals = {"log": self.log, "usd": self.usd, "percent_of_gdp": self.percent_of_gdp}
        return pd.DataFrame({**totals, **{f"usd, {name}": value for name, value in self.usd_by_channel.items()}})


def remittance_change(
    base: RemittanceBaseline,
    drivers: Mapping[str, ArrayLike],
    coefficients: Mapping[str, ArrayLike] | pd.Series[Any] | pd.DataFrame,
    *,
    share: ArrayLike | None = None,
    rights: ArrayLike = 0.0,
    patents: ArrayLike = 0.0,
    unexplained: ArrayLike = 0.0,
) -> RemittanceChange:
    """The change of an origin's remittances, by the formula at the head of this module; arrays (n,) or numbers.

    ``drivers``: log changes by name, of the rouble per dollar ("rouble": +0.1 is a rouble ten per cent cheaper) and of
    Russia's real GDP ("income"), or of its GDP in dollars ("income_usd"). ``coefficients``: by the same names, from
    :meth:`PassThrough.draws` (a frame) or ``PassThrough.coef``. ``share``: of Russia; None takes the baseline's; a
    coefficient belongs to the shares it was estimated with. ``rights``: log points from :func:`work_rights`;
    ``patents``: log points of the fee for work patents that is saved and sent home. What members' remittances did after
    joining includes that fee, so the two are alternatives: giving both is refused. ``unexplained``: log points of draws
    of what no driver explains.
    Raises BadInputError for names that differ, a share outside [0, 1], values that are not finite, unlike lengths.
    """
    elasticities = {str(name): value for name, value in coefficients.items()}
    for name in elasticities:
        require_option("driver of a coefficient", name, drivers)
    for name in drivers:
        require_option("coefficient of a driver", name, elasticities)
    if "income_usd" in drivers and len(drivers) > 1:
        raise BadInputError("income in dollars already includes the rouble and the income: give it alone")
    given: dict[str, ArrayLike] = {f"driver {name}": value for name, value in drivers.items()}
    given |= {f"coefficient {name}": value for name, value in elasticities.items()}
    given |= {"share": base.share.value if share is None else share}
    given |= {RIGHTS: rights, PATENTS: patents, UNEXPLAINED: unexplained}
    arrays = _aligned(given)
    s = arrays["share"]
    if ((s < 0) | (s > 1)).any():
        raise BadInputError(f"share of Russia is {s[(s < 0) | (s > 1)][0]:g}; expected between 0 and 1")
    if ((arrays[RIGHTS] != 0) & (arrays[PATENTS] != 0)).any():
        raise BadInputError("work rights hold the patent fee already: give rights or patents, not both")
    logs = {name: s * arrays[f"coefficient {name}"] * arrays[f"driver {name}"] for name in drivers}
    logs |= {name: arrays[name] for name in (RIGHTS, PATENTS, UNEXPLAINED)}
    total = np.sum(list(logs.values()), axis=0)
    usd = base.remittances_usd * np.expm1(total)
    if not np.isfinite(usd).all():
        raise BadInputError(f"a change of {float(total.max()):g} log points has no finite value in dollars")
    mean = base.remittances_usd * _exprel(total)
    parts = {name: mean * value for name, value in logs.items()}
    return RemittanceChange(total, usd, 100 * usd / base.gdp_usd, logs, parts)


def _exprel(d: Array) -> Array:
    """(exp(d) - 1) / d, which is 1 at zero: the logarithmic mean of the new and the old value, over the old."""
    from scipy.special import exprel

    return np.asarray(exprel(d), dtype=np.float64)


def _aligned(given: Mapping[str, ArrayLike]) -> dict[str, Array]:
    arrays: dict[str, Array] = {}
    for name, value in given.items():
        try:
            array = np.atleast_1d(np.asarray(value, dtype=np.float64))
        except (TypeError, ValueError):
            raise BadInputError(f"{name} is no number or array of numbers: {value!r}") from None
        if array.ndim != 1 or not np.isfinite(array).all():
            what = "not finite" if array.ndim == 1 else f"of {array.ndim} dimensions"
            raise BadInputError(f"{name} is {what}; expected a number or one finite number per draw")
        arrays[name] = array
    lengths: dict[str, Any] = {name: len(a) for name, a in arrays.items() if len(a) != 1}
    n = max(lengths.values(), default=1)
    for name, length in lengths.items():
        if length != n:
            raise BadInputError(f"{name} has {length} draws where others have {n}")
    return {name: np.broadcast_to(a, (n,)) for name, a in arrays.items()}
