"""The effect of a tariff across products: ``tariff_exposure`` and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array, Mask
from ...data.tidy import as_pandas
from ...errors import BadInputError, NotConvergedError, require_least, require_level, require_option
from ...results import Check, Finding, Provenance, Result, finding_of, source_lines
from ...text import format_number, format_p_equals, year_span
from ..gravity.fit import GravityFit
from ..gravity.ppml import GravityOptions, ols, ppml
from .fit import (
    Estimator,
    ExposureWindows,
    fit_windows,
    jackknife_error,
    leave_clusters_out,
    permutation_p,
    pre_trend_p,
)
from .own_rates import OwnRates, RiseBounds, rise_bounds
from .sample import ExposureSample, Years, event_year, take_exposure_sample

PRE_TREND = "pre-trend"  # fatal
PRE_TREND_LEVEL = 0.10
LARGEST_SHARE = 0.25  # of the information that one product may supply
AGREEMENT = 1e-5
POWER = 0.8
LEAD = ["estimate", "se", "lower", "upper"]  # of a lead or lag
METHODS = {"ppml": "PPML with product and period effects", "log_difference": "differences of logarithms, equal weights"}
REFERENCE = (
    "Santos Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); MacKinnon, Nielsen and Webb (2023), "
    "Journal of Econometrics 232(2); DiCiccio and Romano (2017), Journal of the American Statistical Association 112"
)


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
        lines += [f"  [{check.mark}] {check.name}: {check.text}" for check in self.checks]
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


def tariff_exposure(
    flows: pd.DataFrame,
    tariffs: pd.DataFrame,
    event: int | str,
    *,
    outcome: str = "usd",
    fit_years: Years | None = None,
    post_years: Years | None = None,
    effects_by: str | None = None,
    estimator: Estimator = "ppml",
    options: TariffExposureOptions | None = None,
    provenance: Provenance | None = None,
) -> TariffExposure:
    """Estimate how trade responds to a tariff across products, so that shocks common to all products drop out.

    Parameters
    ----------
    flows : DataFrame
        Imports of the economy whose tariff changes: ``product``, ``year``, the outcome, and optionally ``origin`` (or
        ``exporter``): then the unit is a product from an origin, and period effects are by origin. Several rows of a
        unit and year, such as months, are added up, which leaves the estimate as it is; with a column ``month`` there
        are leads and lags within years as well. A flow that is absent counts as zero.
    tariffs : DataFrame
        ``product`` (codes as in ``flows``), ``new`` and, where known, ``old``: rates in per cent. ``lines`` (optional):
        number of tariff lines of the product. Products without a rate are left out and counted.
    event : int or str
        First treated year, month ("2015-01") or date. Unless it is in the first half of January, its year is left out.
    outcome : str, default "usd"
        Column of the flows, zero or more.
    fit_years, post_years : tuple of int, optional
        First and last year before and after. None takes the five years before and the four years after.
    effects_by : str, optional
        Column of ``flows`` (a section, a group of origins) with period effects of its own.
    estimator : {"ppml", "log_difference"}, default "ppml"
        Poisson pseudo-maximum likelihood with zeros, weighted by value; or differences of logarithms between the
        windows with equal weights and without products that vanished.
    options : TariffExposureOptions, optional
        Rarely changed settings.
    provenance : Provenance, optional
        Sources of the data, kept with the result.

    Returns
    -------
    TariffExposure
        The elasticity with leads and lags, checks, and bounds where own rates are known in outline only.

    Raises
    ------
    BadInputError
        If a column, a rate, an option or a window is not usable.
    NoDataError
        If a year of the windows is missing, or too few products are left.
    NotConvergedError
        If the estimation did not converge.

    Notes
    -----
    With unit effects, period effects (by group) and exposure times after, the PPML estimate depends on the totals of
    the two windows alone. Errors are the jackknife over clusters (MacKinnon, Nielsen and Webb 2023). In the permutation
    test clusters exchange their mean exposure and products their deviations within a cluster, and the statistic is
    divided by its clustered error (DiCiccio and Romano 2017), so that shocks common to a chapter do not make it reject.
    The pre-trend tests (leads jointly zero, slope zero, each at 10 % by permutation) are fatal when they fail.

    Examples
    --------
    >>> import eaeu_analysis as ea, numpy as np, pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> codes = [f"{chapter:02d}{k:02d}" for chapter in range(1, 31) for k in range(1, 9)]
    >>> tariffs = pd.DataFrame({"product": codes, "new": draw.uniform(0, 20, 240), "old": 0.0})
    >>> flows = pd.MultiIndex.from_product([codes, range(2010, 2019)], names=["product", "year"]).to_frame(index=False)
    >>> rise = np.log1p(flows["product"].map(tariffs.set_index("product")["new"]) / 100)
    >>> mean = np.exp(-2.0 * rise * (flows["year"] >= 2015))
    >>> flows["usd"] = 1e6 * mean * draw.gamma(20, 0.05, len(flows))
    >>> found = ea.tariff_exposure(flows, tariffs, 2015)
    >>> round(found.estimate, 1), found.finding
    (-2.2, 'found')
    """
    require_option("estimator", estimator, get_args(Estimator))
    chosen = options or TariffExposureOptions()
    windows = _windows(event, fit_years, post_years)
    tariffs = as_pandas("tariffs", tariffs)
    sample = take_exposure_sample(
        flows,
        tariffs,
        outcome,
        *windows,
        effects_by,
        chosen.cluster,
        chosen.minimum,
        chosen.leave_out,
        estimator == "log_difference",
    )
    data = _arrays(sample, estimator)
    fit = fit_windows(data)
    estimate = _agreed(sample, estimator, float(fit.beta[0]))
    left_out = leave_clusters_out(data)
    without = pd.Series(left_out, index=np.unique(sample.units["cluster"]), name="estimate")
    se = jackknife_error(estimate, left_out)
    information = fit.weight[:, 0] * fit.deviation[:, 0] ** 2
    products = sample.units.assign(information=information / information.sum())
    leads = _leads(sample, estimator, chosen)
    checks = _checks(sample, estimator, chosen, estimate, se, without, products)
    spec = {
        "outcome": outcome,
        "event": event,
        "fit_years": list(windows[0]),
        "post_years": list(windows[1]),
        "effects_by": effects_by,
        "estimator": estimator,
        "cluster": chosen.cluster,
        "minimum": chosen.minimum,
        "leave_out": dict(chosen.leave_out),
        "permutations": chosen.permutations,
        "seed": chosen.seed,
        "rise_known": sample.rise_known,
        "products": int(products["product"].nunique()),
        "clusters": data.clusters,
    }
    half = _student(chosen.level, data.clusters) * se
    origin = provenance or Provenance()
    return TariffExposure(
        spec,
        leads,
        estimate,
        se,
        (estimate - half, estimate + half),
        chosen.level,
        permutation_p(data, chosen.permutations, chosen.seed),
        _p_of(estimate, se, data.clusters),
        checks,
        Provenance(origin.series, METHODS[estimator], REFERENCE, spec),
        products.reset_index(),
        sample.dropped,
        without,
        _bounds(sample, tariffs, chosen, estimate, half, fit.response[:, 0], fit.weight[:, 0]),
        by_period=_within_years(sample, estimator, chosen),
    )


def _windows(event: int | str, fit_years: Years | None, post_years: Years | None) -> tuple[Years, Years]:
    year, whole = event_year(event)
    first = year if whole else year + 1
    before = fit_years or (year - settings.PRE_YEARS, year - 1)
    after = post_years or (first, first + settings.POST_YEARS - 1)
    for name, span in (("fit_years", before), ("post_years", after)):
        if len(span) != 2 or span[0] > span[1]:
            raise BadInputError(f"{name} {span!r}: expected a first and a last year")
    if before[1] >= year:
        raise BadInputError(f"fit_years {before[0]}-{before[1]} reach the event of {event}")
    if after[0] < first:
        raise BadInputError(
            f"post_years {after[0]}-{after[1]} begin before the first whole year after the event, {first}"
        )
    return (int(before[0]), int(before[1])), (int(after[0]), int(after[1]))


def _arrays(
    sample: ExposureSample,
    estimator: Estimator,
    before: Array | None = None,
    after: Array | None = None,
    used: Mask | None = None,
) -> ExposureWindows:
    """The units as arrays, in the windows of the sample or with other totals, all or those ``used``."""
    units = sample.units if used is None else sample.units[used]
    if before is None or after is None:
        before, after = sample.totals()
    if used is not None:
        before, after = before[used], after[used]
    varies = units.groupby("product")["x"].nunique().max() > 1  # rates by origin: the unit itself is exchanged
    product, group, cluster = (
        np.asarray(pd.factorize(units[name], sort=True)[0], dtype=np.int64) for name in ("product", "group", "cluster")
    )
    product = np.arange(len(units), dtype=np.int64) if varies else product
    return ExposureWindows(before, after, units["x"].to_numpy(dtype=np.float64), group, cluster, product, estimator)


def _regress(rows: pd.DataFrame, x: list[str], estimator: Estimator, level: float) -> GravityFit:
    """The published estimator on rows of units and periods."""
    period: Any = "period" if rows["group"].nunique() == 1 else ("group", "period")
    model = ppml if estimator == "ppml" else ols
    # groups share the coefficient and nothing else, which is meant
    return model(
        rows, "value", x, ["unit", period], cluster="cluster", options=GravityOptions(level=level, disconnected="allow")
    )


def _agreed(sample: ExposureSample, estimator: Estimator, quick: float) -> float:
    """The estimate of :func:`.ppml`, which the quick one must equal."""
    units = sample.units.reset_index()
    rows = pd.concat([units.assign(period=k, value=total) for k, total in enumerate(sample.totals())])
    rows = rows.assign(exposure=rows["x"] * rows["period"]).reset_index(drop=True)
    found = float(_regress(rows, ["exposure"], estimator, settings.LEVEL).coef["exposure"])
    if abs(found - quick) > AGREEMENT * max(1.0, abs(found)):
        raise NotConvergedError(f"two computations of the estimate differ: {found:.6g} and {quick:.6g}")
    return found


def _leads(sample: ExposureSample, estimator: Estimator, chosen: TariffExposureOptions) -> pd.DataFrame:
    """Leads and lags: the estimate with each year against the last year before, errors by jackknife."""
    base = sample.fit_years[1]
    first, last = chosen.lead_years or (sample.fit_years[0], sample.post_years[1])
    wide = sample.by_year()
    years = [year for year in map(int, wide.columns) if first <= year <= last]
    if base not in years:
        raise BadInputError(f"lead_years {first}-{last} leave out the base year {base}")
    rows = [(year, *_lead(sample, estimator, chosen, wide[base], wide[year])) for year in years]
    return pd.DataFrame(rows, columns=["year", *LEAD])


def _within_years(sample: ExposureSample, estimator: Estimator, chosen: TariffExposureOptions) -> pd.DataFrame | None:
    """Leads and lags by month or quarter, each against the same months of the last year before, so that the seasons of
    a product drop out."""
    months = sample.months
    if months is None:
        return None
    base, size = sample.fit_years[1], chosen.lead_months
    first, last = chosen.lead_years or (sample.fit_years[0], sample.post_years[1])
    rows = []
    for year in range(first, last + 1):
        for start in range(1, 13, size):
            at = [[(y, month) for month in range(start, start + size)] for y in (base, year)]
            if not set(at[0] + at[1]) <= set(months.columns):
                continue
            name = f"{year}-{start:02d}" if size == 1 else f"{year}Q{1 + start // size}"
            rows.append((name, *_lead(sample, estimator, chosen, *(months[part].sum(axis=1) for part in at))))
    return pd.DataFrame(rows, columns=["period", *LEAD])


def _lead(
    sample: ExposureSample,
    estimator: Estimator,
    chosen: TariffExposureOptions,
    base: pd.Series[Any],
    other: pd.Series[Any],
) -> tuple[float, float, float, float]:
    """The estimate with one period against another, its jackknife error and interval; zeros for the period itself."""
    before, after = base.to_numpy(dtype=np.float64), other.to_numpy(dtype=np.float64)
    if np.array_equal(before, after):
        return (0.0, 0.0, 0.0, 0.0)
    there = (before + after > 0) if estimator == "ppml" else (before > 0) & (after > 0)
    data = _arrays(sample, estimator, before, after, there)
    beta = float(fit_windows(data).beta[0])
    se = jackknife_error(beta, leave_clusters_out(data))
    half = _student(chosen.level, data.clusters) * se
    return (beta, se, beta - half, beta + half)


def _checks(
    sample: ExposureSample,
    estimator: Estimator,
    chosen: TariffExposureOptions,
    estimate: float,
    se: float,
    without: pd.Series[Any],
    products: pd.DataFrame,
) -> tuple[Check, ...]:
    same = bool((np.sign(without) == np.sign(estimate)).all())
    far = str((without - estimate).abs().idxmax())
    largest = products["information"].max()
    top = str(products["product"].iloc[int(products["information"].to_numpy().argmax())])
    effective = float(1 / (products["information"] ** 2).sum())
    return (
        *_pre_trend(sample, estimator, chosen, estimate),
        Check(
            "leave one cluster out",
            same,
            float(without[far]),
            0.0,
            f"from {format_number(without.min())} to {format_number(without.max())}; furthest without {far}; passes "
            "when the sign never changes",
        ),
        Check(
            "concentration",
            bool(largest < LARGEST_SHARE),
            float(largest),
            LARGEST_SHARE,
            f"product {top} supplies {largest:.0%} of the information; {effective:.0f} products of equal weight would "
            f"supply as much; passes under {LARGEST_SHARE:.0%}",
        ),
    )


def _pre_trend(
    sample: ExposureSample, estimator: Estimator, chosen: TariffExposureOptions, estimate: float
) -> tuple[Check, ...]:
    """Leads jointly zero, and their slope zero, over the years before; by permutation."""
    first, last = sample.fit_years
    if first == last:
        return (Check(PRE_TREND, None, None, None, "one year before: no test"),)
    wide = sample.by_year()[list(range(first, last + 1))]
    years = wide.to_numpy(dtype=np.float64)
    joint, p_slope = pre_trend_p(_arrays(sample, estimator), years, chosen.permutations, chosen.seed)
    rows = pd.DataFrame({"value": wide.stack()}).reset_index().rename(columns={"year": "period"})
    rows = rows.join(sample.units[["group", "cluster", "x"]], on="unit")
    trend = _regress(rows.assign(slope=rows["x"] * (rows["period"] - last)), ["slope"], estimator, settings.LEVEL)
    slope = float(trend.coef["slope"])
    distance = (sum(sample.post_years) - sum(sample.fit_years)) / 2
    least = min(joint, p_slope)
    return (
        Check(
            PRE_TREND,
            least >= PRE_TREND_LEVEL,
            least,
            PRE_TREND_LEVEL,
            f"{first}-{last}, by permutation: leads jointly zero {format_p_equals(joint)}; slope "
            f"{format_number(slope, signed=True)} a year, {format_p_equals(p_slope)}; passes at {PRE_TREND_LEVEL:.2f} "
            "and above",
            role="fatal",
        ),
        Check(
            "trend continued",
            None,
            slope * distance,
            None,
            f"the slope before, continued for {distance:g} years, would give "
            f"{format_number(slope * distance, signed=True)}, against an estimate of "
            f"{format_number(estimate, signed=True)}",
        ),
    )


def _bounds(
    sample: ExposureSample,
    tariffs: pd.DataFrame,
    chosen: TariffExposureOptions,
    estimate: float,
    half: float,
    response: Array,
    weight: Array,
) -> RiseBounds | None:
    """Bounds over all priced products: those that are not in the sample have no weight but count in the known mean."""
    if chosen.own_rates is None:
        return None
    if sample.rise_known:
        raise BadInputError("own_rates is for tariffs without a column 'old'")
    if sample.units["group"].nunique() > 1:
        raise BadInputError("own_rates needs period effects common to all products (no origin, no effects_by)")
    rates = pd.to_numeric(tariffs["new"], errors="coerce").to_numpy(dtype=np.float64)
    lines = pd.to_numeric(tariffs["lines"]).to_numpy(dtype=np.float64) if "lines" in tariffs else np.ones(len(tariffs))
    known = np.isfinite(rates) & (lines > 0)
    codes = tariffs["product"].astype(str)[known]
    inside = pd.DataFrame({"response": response, "weight": weight}, index=sample.units["product"]).reindex(codes)
    found = inside["weight"].notna().to_numpy()
    return rise_bounds(
        estimate,
        (estimate - half, estimate + half),
        np.log1p(rates[known] / 100),
        np.where(found, inside["response"].to_numpy(), 0.0),
        np.where(found, inside["weight"].to_numpy(), 0.0),
        lines[known],
        chosen.own_rates,
    )


def _student(level: float, clusters: int) -> float:
    from scipy import stats

    return float(stats.t.ppf((1 + level) / 2, clusters - 1))


def _p_of(estimate: float, se: float, clusters: int) -> float:
    from scipy import stats

    return float(2 * stats.t.sf(abs(estimate / se), clusters - 1)) if se > 0 else float("nan")
