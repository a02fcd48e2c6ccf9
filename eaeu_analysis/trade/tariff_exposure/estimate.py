"""The effect of a tariff across products: ``tariff_exposure``."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array, Mask
from ...data.tidy import as_pandas
from ...errors import BadInputError, NotConvergedError, require_option
from ...results import Check, Provenance
from ...text import format_number, format_p_equals
from ..gravity.fit import GravityFit
from ..gravity.ppml import GravityOptions, ols, ppml
from .fit import Estimator, ExposureWindows, fit_windows, jackknife_error, leave_clusters_out
from .own_rates import RiseBounds, rise_bounds
from .permutation import permutation_p, pre_trend_p
from .result import METHODS, TariffExposure, TariffExposureOptions
from .sample import ExposureSample, Years, event_year, take_exposure_sample

PRE_TREND = "pre-trend"  # fatal
PRE_TREND_LEVEL = 0.10
LARGEST_SHARE = 0.25  # of the information that one product may supply
AGREEMENT = 1e-5
LEAD = ["estimate", "se", "lower", "upper"]  # of a lead or lag
REFERENCE = (
    "Santos Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); MacKinnon, Nielsen and Webb (2023), "
    "Journal of Econometrics 232(2); DiCiccio and Romano (2017), Journal of the American Statistical Association 112"
)


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
    leave_one_cluster_out_text = (
        f"from {format_number(without.min())} to {format_number(without.max())}; furthest without {far}; passes "
        "when the sign never changes"
    )
    concentration_text = (
        f"product {top} supplies {largest:.0%} of the information; {effective:.0f} products of equal weight would "
        f"supply as much; passes under {LARGEST_SHARE:.0%}"
    )
    return (
        *_pre_trend(sample, estimator, chosen, estimate),
        Check("leave one cluster out", same, float(without[far]), 0.0, leave_one_cluster_out_text),
        Check("concentration", bool(largest < LARGEST_SHARE), float(largest), LARGEST_SHARE, concentration_text),
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
    pre_trend_text = (
        f"{first}-{last}, by permutation: leads jointly zero {format_p_equals(joint)}; slope "
        f"{format_number(slope, signed=True)} a year, {format_p_equals(p_slope)}; passes at {PRE_TREND_LEVEL:.2f} "
        "and above"
    )
    trend_continued_text = (
        f"the slope before, continued for {distance:g} years, would give "
        f"{format_number(slope * distance, signed=True)}, against an estimate of "
        f"{format_number(estimate, signed=True)}"
    )
    return (
        Check.at_least(PRE_TREND, least, PRE_TREND_LEVEL, pre_trend_text, role="fatal"),
        Check("trend continued", None, slope * distance, None, trend_continued_text),
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
