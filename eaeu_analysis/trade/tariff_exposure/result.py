"""The result of ``tariff_exposure`` and its rarely changed settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, require_least, require_level, require_option
from ...results import Check, Finding, Provenance, Result, finding_of, source_lines
from ...text import format_number, format_p_equals, year_span
from .own_rates import OwnRates, RiseBounds
from .sample import Years

POWER = 0.8
METHODS = {"ppml": "PPML with product and period effects", "log_difference": "differences of logarithms, equal weights"}


@dataclass(frozen=True, kw_only=True)
class TariffExposureOptions:
    """Rarely changed settings of :func:`tariff_exposure`.

    Parameters
    ----------
    cluster : {"chapter", "product"}, default "chapter"
        Clusters of the errors and of the permutation: HS chapters, or single products.
    minimum : float, default 0.0
        Products with a smaller mean value per year before the event are left out as thin.
    leave_out : mapping of str to str, optional
        Reason by first digits of product codes that are left out.
    lead_years : tuple of int, optional
        First and last year of the leads and lags. None takes all years from the first of ``fit_years`` to the last of
        ``post_years``.
    lead_months : {1, 3}, default 3
        Months of a period of the leads and lags within years, for flows by month.
    permutations : int, default 1999
        Number of permutations.
    seed : int, default 0
        Seed of the permutations.
    own_rates : OwnRates, optional
        What is known of the rates before the event when ``tariffs`` has no column ``old``; gives :attr:`bounds`.
    level : float, default 0.90
        Level of the intervals.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.TariffExposureOptions(cluster="product").permutations
    1999
    """

    cluster: Literal["chapter", "product"] = "chapter"
    minimum: float = 0.0
    leave_out: Mapping[str, str] = field(default_factory=dict)
    lead_years: Years | None = None
    lead_months: Literal[1, 3] = 3
    permutations: int = 1999
    seed: int = 0
    own_rates: OwnRates | None = None
    level: float = settings.LEVEL

    def __post_init__(self) -> None:
        require_option("cluster", self.cluster, ("chapter", "product"))
        if self.lead_months not in (1, 3):
            raise BadInputError(f"lead_months {self.lead_months!r}: expected 1 or 3")
        require_level(self.level)
        require_least("permutations", self.permutations, 99)
        if not self.minimum >= 0:
            raise BadInputError(f"minimum {self.minimum:g}: expected zero or more")


@dataclass(frozen=True, eq=False)
class TariffExposure(Result):
    """Effect of a tariff on trade across products; from :func:`tariff_exposure`.

    Attributes
    ----------
    spec : mapping
        The question and all settings as plain values.
    table : DataFrame
        Leads and lags, a row per year: ``year, estimate, se, lower, upper``, each against the last year before.
    estimate : float
        Elasticity of trade to one plus the rise of the tariff; to one plus the new tariff when ``spec["rise_known"]``
        is False.
    se : float
        Standard error: jackknife over clusters.
    interval : tuple of float
        Interval at ``level``: Student's t with the number of clusters less one.
    level : float
        Level of the interval.
    p_value : float
        Two-sided permutation p-value of no effect.
    p_cluster : float
        Two-sided p-value from ``se``.
    checks : tuple of Check
        Tests whose rules were fixed before the fit.
    provenance : Provenance
        Sources and method.
    products : DataFrame
        A row per unit used: ``product, group, cluster, x, before, after, information`` (its share of the information).
    dropped : DataFrame
        Products left out: ``reason, products, share``.
    without : Series
        The estimate without each cluster.
    bounds : RiseBounds or None
        Bounds of the elasticity to the rise, when own rates are known in outline only.
    alternatives : DataFrame or None
        The estimate under other choices, where these were asked for.
    by_period : DataFrame or None
        Leads and lags within years, a row per month or quarter: ``period, estimate, se, lower, upper``, each against
        the same months of the last year before; None for flows without months.
    """

    drawn_by = "trade_policy.draw_tariff_exposure"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    estimate: float
    se: float
    interval: tuple[float, float]
    level: float
    p_value: float
    p_cluster: float
    checks: tuple[Check, ...]
    provenance: Provenance
    products: pd.DataFrame
    dropped: pd.DataFrame
    without: pd.Series[Any]
    bounds: RiseBounds | None
    alternatives: pd.DataFrame | None = None
    by_period: pd.DataFrame | None = None

    @property
    def percent(self) -> tuple[float, float, float]:
        """Change of trade in per cent for a tariff of ten per cent instead of none, with its interval."""
        step = np.log(1.1)
        middle, low, high = (float(100 * np.expm1(end * step)) for end in (self.estimate, *self.interval))
        return middle, low, high

    @property
    def detectable(self) -> float:
        """The smallest size of the elasticity that the test finds in 80 % of cases."""
        from scipy import stats

        df = int(self.spec["clusters"]) - 1
        return float(self.se * (stats.t.ppf((1 + self.level) / 2, df) + stats.t.ppf(POWER, df)))

    @property
    def finding(self) -> Finding:
        """One of "unreliable", "untested", "none", "fragile", "found"."""
        return finding_of(self.estimate, self.interval, self.level, self.p_value, self.checks)

    def summary(self) -> str:
        """The estimate, what it is made on, leads and lags, checks, sources."""
        spec = self.spec
        of_what = "the rise of the tariff" if spec["rise_known"] else "the new tariff (old rates by product not known)"
        change, low, high = self.percent
        lines = [
            f"Tariff exposure: {spec['outcome']} by product, {year_span(spec['post_years'])} against "
            f"{year_span(spec['fit_years'])}, event {spec['event']}",
            f"  elasticity to one plus {of_what}: {format_number(self.estimate, signed=True)}, {self.level:.0%} "
            f"interval {format_number(self.interval[0])} to {format_number(self.interval[1])}, permutation "
            f"{format_p_equals(self.p_value)}, clustered {format_p_equals(self.p_cluster)}",
            f"  a tariff of 10 % instead of none: {format_number(change, signed=True)} % "
            f"({format_number(low, signed=True)} to {format_number(high, signed=True)})",
            f"  {METHODS[spec['estimator']]}; {spec['products']:,} products in {spec['clusters']} clusters; error "
            f"{format_number(self.se)} (jackknife over clusters)",
            f"  an elasticity of {format_number(self.detectable)} or more in size is found in {POWER:.0%} of cases",
            f"  finding: {self.finding}",
        ]
        lines += [
            f"  left out: {int(row['products'])} products, {row['reason']} ({row['share']:.1%} of the value before)"
            for row in self.dropped.to_dict("records")
        ]
        if self.bounds is not None:
            lines += bounds_lines(self.bounds)
        for table in (self.table, self.by_period):
            if table is not None:
                shown = table.to_string(index=False, float_format=lambda v: f"{v:.2f}")
                lines += ["", *(f"  {row}" for row in shown.split("\n"))]
        lines.append("")
        lines += [f"  {check.line}" for check in self.checks]
        if self.alternatives is not None:
            other = self.alternatives.to_string(index=False, na_rep="", float_format=lambda v: f"{v:.2f}")
            lines += ["", *(f"  {row}" for row in other.split("\n")), ""]
        return "\n".join([*lines, *source_lines(self.provenance, "  ")])


def bounds_lines(bounds: RiseBounds) -> list[str]:
    """The bounds of the elasticity to the rise as lines of a summary."""

    def span(ends: tuple[float, float]) -> str:
        return "not bounded" if np.isinf(ends).any() else f"{format_number(ends[0])} to {format_number(ends[1])}"

    return [
        f"  elasticity to the rise, own rates unrelated to what would have happened: {span(bounds.estimate)}; with the "
        f"error of the estimate {span(bounds.interval)} (slope of own on new rates {bounds.delta[0]:.2f} to "
        f"{bounds.delta[1]:.2f})",
        f"  elasticity to the rise, any assignment of own rates: {span(bounds.worst)}",
    ]
