"""Difference-in-differences and event study, with inference for few treated units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...arrays import Array
from ...data.panel import Panel, require_panel
from ...errors import BadInputError, NotConvergedError, require_least, require_option
from ...results import Check, Provenance
from ...text import format_p_equals
from ..effect import LEADS, PRE_TREND, Effect
from ..inference.checks import fit_check, trend_check
from ..inference.inversion import invert_linear, student
from ..inference.placebo_checks import donor_notes
from ..inference.randomisation import Assignments, assignments, bootstrap_p, randomisation_p_value, webb_weights
from ..inference.randomisation import wild_bootstrap_interval as wild_interval
from ..options import EffectOptions
from ..question.design import Design, cohort_table, described, design_table, observed_rows, state_design
from ..question.problem import MIN_PRE
from .matrix_completion import two_way_means
from .staggered import group_time_effects, leads_check, study_covariance

# Difference-in-differences on a design: contrasts per unit, and the same numbers from pyfixest with clustered errors.


@dataclass(frozen=True)
class Clustered:
    """``estimate`` and cluster-robust ``se`` (CRV1, by unit) of the average effect, ``each`` of those of the cohorts;
    ``leads_p``: Wald test that all leads are zero (NaN with fewer than five treated units, where it means nothing)."""

    estimate: float
    se: float
    each: tuple[float, ...]
    clusters: int
    leads_p: float


def groups_of(design: Design) -> NDArray[np.intp]:
    """(N0 + N1,) index of the cohort of each unit, -1 for donors."""
    groups = np.full(len(design.donors) + len(design.units), -1, dtype=np.intp)
    for g, rows in enumerate(design.cohort_rows().values()):
        groups[len(design.donors) + rows] = g
    return groups


def cohort_weights(design: Design) -> Array:
    """(G,) share of the treated cells that each cohort has."""
    cells = np.array([len(rows) * (len(design.times) - pre) for pre, rows in design.cohort_rows().items()])
    return np.asarray(cells / cells.sum(), dtype=np.float64)


def average_contrasts(y: Array, starts: Sequence[int]) -> Array:
    """(G, N): per cohort, each unit's mean after less its mean before that cohort's date."""
    return np.array([y[:, pre:].mean(axis=1) - y[:, :pre].mean(axis=1) for pre in starts])


def period_contrasts(y: Array, pre: int) -> Array:
    """(T, N): each unit's value in a period less its mean before ``pre``."""
    return np.asarray((y - y[:, :pre].mean(axis=1, keepdims=True)).T, dtype=np.float64)


def lead_sizes(y: Array, starts: Sequence[int], plan: Assignments) -> Array:
    """(B,) root mean squared deviation of the treated from the never-treated before the event, each unit less its own
    mean before, over the assignments: zero for parallel paths."""
    total = np.zeros(len(plan.groups))
    cells = 0
    for g, (pre, comparison) in enumerate(zip(starts, plan.comparisons, strict=True)):
        size = int((plan.groups[0] == g).sum())
        paths = comparison @ period_contrasts(y, pre)[:pre].T
        total += size * (paths**2).sum(axis=1)
        cells += size * pre
    return np.asarray(np.sqrt(total / cells), dtype=np.float64)


def stacked(design: Design, study: bool = True) -> pd.DataFrame:
    """Long frame, a stack per cohort: y, unit, unit_stack, time_stack, d0.. (treated after) and, with ``study``,
    e{g}_{k} (k periods from the event, k = -1 left out). ``y`` is the outcome less the unit and period means of its
    stack, which the effects of the regression take up anyway: solvers fail on levels in US$."""
    names = [*design.donors, *design.units]
    parts = []
    for g, (pre, rows) in enumerate(design.cohort_rows().items()):
        members = [*range(len(design.donors)), *(len(design.donors) + rows)]
        treated = np.isin(members, len(design.donors) + rows)
        periods = len(design.times)
        part = pd.DataFrame(
            {
                "y": (design.outcomes[members] - two_way_means(design.outcomes[members])).ravel(),
                "unit": np.repeat([names[i] for i in members], periods),
                "stack": g,
                "column": np.tile(np.arange(periods), len(members)),
                "treated": np.repeat(treated.astype(float), periods),
            }
        )
        part[f"d{g}"] = part["treated"] * (part["column"] >= pre)
        dummies = {
            f"e{g}_{k}".replace("-", "m"): part["treated"] * (part["column"] == pre + k)
            for k in (range(-pre, periods - pre) if study else ())
            if k != -1
        }
        parts.append(pd.concat([part, pd.DataFrame(dummies)], axis=1))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.fillna(0.0)
    frame["unit_stack"] = frame["stack"].astype(str) + ":" + frame["unit"]
    frame["time_stack"] = frame["stack"].astype(str) + ":" + frame["column"].astype(str)
    return frame


def clustered(design: Design, estimate: float) -> Clustered:
    """The regression by pyfixest; NotConvergedError when it does not give ``estimate``, the exact value."""
    import pyfixest as pf

    cells = sum((len(design.donors) + len(r)) * len(design.times) for r in design.cohort_rows().values())
    effects = sum(len(design.donors) + len(r) + len(design.times) - 1 for r in design.cohort_rows().values())
    if cells <= effects + len(design.cohort_rows()):  # nothing is left to judge an error by
        none = float("nan")
        return Clustered(
            estimate, none, (none,) * len(design.cohort_rows()), len(design.donors) + len(design.units), none
        )
    judged = len(design.units) >= 5
    frame = stacked(design, study=judged)
    scale = float(frame["y"].abs().max()) or 1.0
    frame["y"] /= scale
    weights = cohort_weights(design)
    names = [f"d{g}" for g in range(len(weights))]
    fit = _feols(pf, frame, names)
    found = scale * float(weights @ fit.coef().loc[names].to_numpy())
    rounding = 1e-12 * float(np.abs(design.outcomes).max())  # where unit and period effects explain everything
    if not abs(found - estimate) <= 1e-5 * scale + rounding:
        raise NotConvergedError(
            f"the regression did not converge: its coefficient is {found:.6g} where the exact double difference is "
            f"{estimate:.6g}"
        )
    order = [list(fit.coef().index).index(name) for name in names]
    matrix = np.asarray(fit._vcov)[np.ix_(order, order)]
    variance = float(weights @ matrix @ weights)
    each = tuple(scale * float(np.sqrt(max(value, 0.0))) for value in np.diag(matrix))
    leads_p = float("nan")
    if judged:
        leads = [c for c in frame.columns if c.startswith("e") and "_m" in c]
        lags = [c for c in frame.columns if c.startswith("e") and "_m" not in c]
        long = _feols(pf, frame, leads + lags)
        index = [list(long.coef().index).index(name) for name in leads]
        leads_p = _wald_p(
            long.coef().to_numpy()[index], np.asarray(long._vcov)[np.ix_(index, index)], len(design.units)
        )
    return Clustered(found, scale * float(np.sqrt(max(variance, 0.0))), each, int(frame["unit"].nunique()), leads_p)


def _feols(pf, frame: pd.DataFrame, regressors: Sequence[str]):  # type: ignore[no-untyped-def] # a library
    return pf.feols(
        f"y ~ {' + '.join(regressors)} | unit_stack + time_stack",
        frame,
        vcov={"CRV1": "unit"},
        ssc=pf.ssc(k_adj=True, k_fixef="nonnested", G_adj=True),
    )


def _wald_p(b: Array, variance: Array, treated: int) -> float:
    """F test with as many numerator degrees of freedom as the variance has rank, treated - 1 in the denominator."""
    from scipy.stats import f

    rank = int(np.linalg.matrix_rank(variance, hermitian=True, tol=1e-10 * float(np.trace(variance))))
    rank = min(rank, treated - 1)
    values, vectors = np.linalg.eigh(variance)
    values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
    statistic = float((((vectors.T @ b) ** 2) / values).sum()) / rank
    return float(f.sf(statistic, rank, treated - 1))


REFERENCE = (
    "two-way fixed effects, stacked by date (Cengiz et al. 2019, QJE 134(3)); randomisation: Rosenbaum 2002; "
    "MacKinnon & Webb 2018, Econometrics Journal 21(2)"
)
Inference = Literal["randomisation", "wild", "cluster"]
INFERENCE = ("randomisation", "wild", "cluster")
FEW = 5  # treated units below which cluster-robust errors and their bootstrap are not to be believed


@dataclass(frozen=True)
class DifferenceInDifferencesEffect(Effect):
    """Effect estimated by difference-in-differences.

    Attributes
    ----------
    event_study : DataFrame or None
        A row per period from the event: ``relative, units, estimate, lower, upper, p``; the base period is -1.
    cluster_se : float
        Standard error clustered by unit (CRV1).
    leads_wald_p : float
        Wald test that all leads are zero; NaN with fewer than five treated units.
    assignments : int
        Number of assignments of the randomisation test.
    exact : bool
        Whether these are all that are possible.
    cohorts : DataFrame or None
        A row per event date: ``event, units, estimate, se, cells``; ``se`` clustered by unit.
    covariance : DataFrame or None
        Covariance of the event study by period from the event, without the base period: from influence functions, with
        fewer than five treated units from the random assignments.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    event_study: pd.DataFrame | None = None
    cluster_se: float = float("nan")
    leads_wald_p: float = float("nan")
    assignments: int = 0
    exact: bool = False
    cohorts: pd.DataFrame | None = None
    covariance: pd.DataFrame | None = None


def difference_in_differences(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    inference: Inference = "randomisation",
    draws: int = 9_999,
    seed: int = 0,
    options: EffectOptions | None = None,
) -> DifferenceInDifferencesEffect:
    """Effect of an event by difference-in-differences, with the event study that goes with it.

    The mean change of the treated units less the mean change of the donors. With several event dates each cohort is
    compared with the never-treated only, and the cohorts are averaged over treated cells.

    Parameters
    ----------
    panel : Panel
        Data by unit and year, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a world panel, an outcome of the catalogue.
    unit : str or iterable of str
        The treated unit or units.
    event : int, str, date or mapping
        First treated period: a year, a date in it or, in a panel of other periods, its text such as "2012-07"; or a
        mapping with one for each treated unit.
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies those alike, and other pools by
        name, as in :func:`~eaeu_analysis.synthetic_control`.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that the model is fitted on: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least, to two
        years before the event; with several dates to the year before).
    post_years : int, (int, int) or list of int, optional
        Years whose average effect is the estimate. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    inference : {"randomisation", "wild", "cluster"}, default "randomisation"
        "randomisation": the dates fall on other units; exact p-value, interval by inversion. "wild": wild cluster
        bootstrap with the null imposed and Webb weights, for one date and several treated units. "cluster": Student's t
        on errors clustered by unit (CRV1), with as many degrees of freedom as there are treated units less one.
    draws : int, default 9999
        Random assignments, where there are more than ``draws`` + 1, or bootstrap samples; at least 99.
    seed : int, default 0
        Seed of these draws.
    options : EffectOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    DifferenceInDifferencesEffect
        With ``event_study``. The check "leads" tests parallel paths before the event by randomisation.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.
    NotConvergedError
        If the regression does not give the exact double difference.

    Notes
    -----
    Two-way fixed effects, stacked by date: Cengiz, Dube, Lindner and Zipperer (2019, QJE 134(3)). Randomisation
    inference: Rosenbaum (2002); MacKinnon and Webb (2018, Econometrics Journal 21(2)).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.difference_in_differences(panel, "trade", "KGZ", 2015, others)
    >>> round(effect.estimate, 1), effect.finding
    (-10.5, 'unreliable')
    """
    require_panel(panel)
    options = options or EffectOptions()
    level = options.level
    require_option("inference", inference, INFERENCE)
    require_least("draws", draws, 99)
    design = state_design(
        panel,
        outcome,
        unit,
        event,
        donors,
        fit_years=fit_years,
        post_years=post_years,
        options=options,
        min_pre=1,
        min_donors=1,
    )
    _refuse_invalid(inference, design)
    starts = list(design.cohort_rows())
    y, weights = design.outcomes, cohort_weights(design)
    plan = assignments(groups_of(design), draws, seed)
    values = plan.statistics(average_contrasts(y, starts), weights)
    estimate = float(values[0])
    regression = clustered(design, estimate)

    se: float | None = regression.se
    if inference == "randomisation":
        slopes = plan.statistics(average_contrasts(design.indicator, starts), weights)
        p, interval, se = randomisation_p_value(values), invert_linear(values, slopes, level), None
        how = "all" if plan.exact else f"{draws} random"
        words = (
            f"randomisation over {how} assignments of the dates to {len(y)} units ({len(plan.groups)} with the actual)"
        )
    elif inference == "wild":
        webb = webb_weights(draws, len(y), seed)
        p = bootstrap_p(y, design.indicator, webb)
        interval = wild_interval(y, design.indicator, webb, level)
        words = f"wild cluster bootstrap, null imposed, {draws} Webb draws"
    else:
        _, interval, p = student(estimate, regression.se, len(design.units) - 1, level)
        words = f"cluster-robust errors (CRV1 by unit), Student t with {len(design.units) - 1} degrees of freedom"

    leads = lead_sizes(y, starts, plan)
    study, drawn = event_study_frame(design, plan, level)
    first = np.concatenate([np.full(len(design.donors), len(design.times), dtype=np.intp), design.starts])
    found = group_time_effects(y, first, never=True, errors=True)
    return DifferenceInDifferencesEffect(
        **described("difference_in_differences", design, options, inference=inference, draws=draws, seed=seed),
        table=_table(design, inference, draws, seed, level),
        estimate=estimate,
        interval=interval,
        p_value=p,
        weights=None,
        pre_mspe=float(leads[0] ** 2),
        checks=tuple(_checks(design, leads, plan, regression, inference, estimate, level)),
        provenance=Provenance((design.info,), "difference-in-differences", REFERENCE, {"ssc": "k_adj, G_adj"}),
        method="difference-in-differences",
        inference=words,
        se=se,
        event_study=study,
        cluster_se=regression.se,
        leads_wald_p=regression.leads_p,
        assignments=len(plan.groups),
        exact=plan.exact,
        cohorts=cohort_table(
            design,
            [float(c[0] @ own) for c, own in zip(plan.comparisons, average_contrasts(y, starts), strict=True)],
            regression.each,
        ),
        covariance=study_covariance(found, first, study, drawn, study["relative"].tolist()),
    )


def event_study_frame(design: Design, plan: Assignments, level: float) -> tuple[pd.DataFrame, Array]:
    """Effect by period from the event (base -1): estimate, randomisation interval and p; ``units`` treated units. And
    (B, K) the same effects by assignment."""
    rows = design.cohort_rows()
    y, groups = design.outcomes, groups_of(design)
    sizes = np.array([len(r) for r in rows.values()], dtype=np.float64)
    records, drawn = [], []
    for k in range(-max(rows), len(design.times) - min(rows)):
        has = [g for g, pre in enumerate(rows) if 0 <= pre + k < len(design.times)]
        starts = [pre for g, pre in enumerate(rows) if g in has]
        share = np.zeros(len(sizes))
        share[has] = sizes[has] / sizes[has].sum()
        if k == -1:
            records.append((k, int(sizes[has].sum()), 0.0, 0.0, 0.0, np.nan))
            drawn.append(np.zeros(len(plan.groups)))
            continue
        contrasts, slopes = np.zeros((len(sizes), len(y))), np.zeros((len(sizes), len(y)))
        for g, pre in zip(has, starts, strict=True):
            contrasts[g] = y[:, pre + k] - y[:, pre - 1]
            # the effect asked about sits in the treated cells of this period from the event only
            slopes[g] = groups == g
        values = plan.statistics(contrasts, share)
        low, high = invert_linear(values, plan.statistics(slopes, share), level)
        drawn.append(values)
        records.append((k, int(sizes[has].sum()), float(values[0]), low, high, randomisation_p_value(values)))
    frame = pd.DataFrame(records, columns=["relative", "units", "estimate", "lower", "upper", "p"])
    return frame, np.array(drawn).T


def _refuse_invalid(inference: str, design: Design) -> None:
    if inference == "randomisation":
        return
    if len(design.units) < 2:
        raise BadInputError(
            f"inference '{inference}' needs several treated units: with one treated cluster its errors are far too "
            "small (or its bootstrap never rejects); use inference='randomisation'"
        )
    if inference == "wild" and design.staggered:
        raise BadInputError("inference 'wild' takes one common event; with several dates use inference='randomisation'")


def _before(design: Design) -> tuple[Array, Array, Array, float]:
    """Gap (T0,) from the donors before the event less its mean, the treated outcome, the periods, and how many periods
    lie between their middle and that of the later ones; of the cohort whose gap is largest."""
    times = design.times.astype(np.float64)
    found = []
    for pre, rows in design.cohort_rows().items():
        outcome = design.treated[rows, :pre].mean(axis=0)
        gap = outcome - design.control[:, :pre].mean(axis=0)
        found.append((gap - gap.mean(), outcome, times[:pre], float(times[pre:].mean() - times[:pre].mean())))
    return max(found, key=lambda cohort: float((cohort[0] ** 2).mean()))


def _table(design: Design, inference: str, draws: int, seed: int, level: float) -> pd.DataFrame:
    counterfactuals, bounds = [], []
    for i, start in enumerate(design.starts):
        times, values = observed_rows(design, i)
        donors = values[:, 1:].mean(axis=1)
        at = np.searchsorted(times, design.times[:start])
        counterfactuals.append(donors + float((values[:, 0] - donors)[at].mean()))
        bounds.append(_unit_bounds(design, i, draws, seed, level))
    table: pd.DataFrame = design_table(design, counterfactuals, bounds if inference == "randomisation" else None)
    return table


def _unit_bounds(design: Design, i: int, draws: int, seed: int, level: float) -> tuple[Array, Array]:
    """Randomisation bounds of one treated unit's effect by period, the other treated units left out."""
    y = np.vstack([design.treated[i], design.control])
    groups = np.full(len(y), -1, dtype=np.intp)
    groups[0] = 0
    plan = assignments(groups, draws, seed)
    only: NDArray[np.float64] = np.zeros((1, len(y)))
    only[0, 0] = 1.0
    slopes = plan.statistics(only, np.ones(1))
    values = plan.statistics(period_contrasts(y, int(design.starts[i]))[None], np.ones(1))
    ends = [invert_linear(column, slopes, level) for column in values.T]
    low, high = np.array(ends, dtype=np.float64).T
    return low, high


def _checks(
    design: Design,
    leads: Array,
    plan: Assignments,
    regression: Clustered,
    inference: str,
    estimate: float,
    level: float,
) -> list[Check]:
    alpha = 1 - level
    gap, outcome, times, reach = _before(design)
    checks = [
        fit_check(gap, outcome),
        trend_check(gap, times, reach, estimate),
        leads_check(leads, alpha, "root mean squared deviation from parallel paths"),
    ]
    if np.isfinite(regression.leads_p):
        text = f"Wald test of the leads on cluster-robust errors, {format_p_equals(regression.leads_p)}"
        checks.append(Check("leads (Wald)", None, regression.leads_p, alpha, text))
    if inference == "randomisation":
        text = (
            f"{len(plan.groups)} assignments: no p below {plan.smallest_p:.4f} can come of them; fails above "
            f"{alpha:.2f}"
        )
        checks.append(Check("assignments", plan.smallest_p <= alpha + 1e-12, plan.smallest_p, alpha, text))
    else:
        text = (
            f"{len(design.units)} treated units; with fewer than {FEW} clustered errors are too small and their "
            "bootstrap erratic (MacKinnon & Webb 2018)"
        )
        checks.append(Check.at_least("treated units", len(design.units), FEW, text))
    before = int(design.starts.min())
    if before < MIN_PRE:
        checks = [check.as_info() if check.name in (PRE_TREND, LEADS) and before < 3 else check for check in checks]
        text = (
            f"{before} {design.calendar.words(before)} before the event: whether paths were parallel can hardly be "
            f"seen; fails below {MIN_PRE}"
        )
        checks.append(Check("periods before the event", False, before, MIN_PRE, text))
    if len(design.donors) < 2:
        text = "one donor alone: whatever happened to it counts as an effect; fails below 2"
        checks.append(Check("number of donors", False, len(design.donors), 2, text))
    equal = dict.fromkeys(design.donors, 1 / len(design.donors))
    return checks + donor_notes(design.dropped, design.flagged, equal)
