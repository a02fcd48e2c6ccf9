"""Synthetic difference-in-differences, with synthetic control, difference-in-differences and DIFP as special cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...arrays import Array
from ...data.panel import Panel, require_panel
from ...errors import require_least, require_option
from ...results import Check, Provenance
from ..effect import Effect
from ..inference.checks import design_checks
from ..inference.inversion import student
from ..inference.placebo_checks import (
    donor_notes,
    leave_one_out_estimates,
    moved_check,
    placebo_gap_checks,
    weight_check,
)
from ..options import SyntheticDidOptions
from ..question.design import Design, cohort_table, described, design_table, observed_rows, state_design
from .synthetic_did_core import (
    METHODS,
    CohortEstimate,
    Cohorts,
    Estimator,
    InferenceDraws,
    estimate_cohorts,
    inference_draws,
    make_estimator,
    pooled,
    require_valid_inference,
)

Method = Literal["sdid", "sc", "did", "difp"]
Inference = Literal["placebo", "jackknife", "bootstrap"]
REFERENCE = "Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), American Economic Review 111(12)"


@dataclass(frozen=True)
class SyntheticDidEffect(Effect):
    """Effect estimated by synthetic difference-in-differences or one of its special cases.

    Attributes
    ----------
    time_weights : mapping of int to Series
        Weights by period before the event, for each event date.
    cohorts : DataFrame or None
        A row per event date: ``event, units, estimate, se, cells``; ``se`` from the placebos (NaN otherwise).
    draws : ndarray, shape (B,), or None
        Estimates that the standard error rests on: placebos, jackknife or bootstrap.
    noise_level : float
        Standard deviation of the donors' first differences before the first event.
    leave_one_out : DataFrame or None
        Estimate without each weighted donor: ``donor, weight, estimate``. None without checks.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    time_weights: Mapping[int, pd.Series[float]] = field(default_factory=dict)
    cohorts: pd.DataFrame | None = None
    draws: Array | None = None
    noise_level: float = float("nan")
    leave_one_out: pd.DataFrame | None = None


def synthetic_did(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    method: Method = "sdid",
    fit_years: object = None,
    post_years: object = None,
    inference: Inference = "placebo",
    draws: int = 200,
    seed: int = 0,
    options: SyntheticDidOptions | None = None,
) -> SyntheticDidEffect:
    """Effect of an event by synthetic difference-in-differences.

    A weighted double difference between the treated units and a weighted average of the donors. With several event
    dates each cohort is estimated against the donors, and the cohorts are averaged over treated cells.

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
    method : {"sdid", "sc", "did", "difp"}, default "sdid"
        Synthetic difference-in-differences or one of its special cases: synthetic control, plain
        difference-in-differences, synthetic control with intercept.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that the model is fitted on: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least, to two
        years before the event; with several dates to the year before).
    post_years : int, (int, int) or list of int, optional
        Years whose average effect is the estimate. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    inference : {"placebo", "jackknife", "bootstrap"}, default "placebo"
        How the standard error is made. "placebo": the event falls on donors, on each in turn with one treated unit;
        "jackknife" and "bootstrap" need several treated units. The interval and the p-value come from Student's t with
        N0 - 1 degrees of freedom (placebo; N0: number of donors), else with the smallest number of treated units per
        date less one.
    draws : int, default 200
        Random assignments or bootstrap samples where not all assignments are listed.
    seed : int, default 0
        Seed of these draws.
    options : SyntheticDidOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    SyntheticDidEffect
        ``table`` has a row per treated unit and period, with bounds for placebo inference only.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.
    NotConvergedError
        If the weights cannot be found.

    Notes
    -----
    Method: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021, American Economic Review 111(12)), algorithms 1 to
    4.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.synthetic_did(panel, "trade", "KGZ", 2015, others, options=ea.SyntheticDidOptions(checks=False))
    >>> round(effect.estimate, 1), effect.finding
    (-40.2, 'unreliable')
    """
    require_panel(panel)
    options = options or SyntheticDidOptions()
    level = options.level
    require_option("method", method, METHODS, METHODS)
    require_least("draws", draws, 2)
    design = state_design(
        panel, outcome, unit, event, donors, fit_years=fit_years, post_years=post_years, options=options
    )
    rows = design.cohort_rows()
    cohorts = Cohorts(design.control, {pre: design.treated[r] for pre, r in rows.items()})
    require_valid_inference(inference, cohorts, method)
    estimator = make_estimator(method, options.penalty)
    blocks = estimate_cohorts(cohorts, estimator)
    estimate = pooled(cohorts, blocks)
    replicates = inference_draws(inference, cohorts, blocks, estimator, method, draws, seed)
    df = len(design.control) - 1 if inference == "placebo" else max(min(cohorts.sizes) - 1, 1)
    quantile, interval, p_value = student(estimate, replicates.se, df, level)

    order = np.concatenate(list(rows.values()))
    effects = np.vstack([block.effects for block in blocks])
    of_unit = {int(i): block for r, block in zip(rows.values(), blocks, strict=True) for i in r}
    omega = np.average([b.omega for b in blocks], axis=0, weights=cohorts.cells)
    weights = pd.Series(omega, index=pd.Index(design.donors, name="donor"), name="weight")
    checks = design_checks(design, {pre: block.curve for pre, block in zip(rows, blocks, strict=True)}, estimate)
    if replicates.effects is not None and not design.staggered:
        pre = next(iter(rows))
        placebo_pre = replicates.effects.mean(axis=1)[:, :pre]
        checks += placebo_gap_checks(blocks[0].curve[:pre], placebo_pre, estimate, replicates.draws, level)
    checks.append(weight_check(omega))
    checks += donor_notes(design.dropped, design.flagged, dict(zip(design.donors, omega, strict=True)))
    left_out = None
    if options.checks:
        left_out, more = _leave_out_checks(design, cohorts, estimator, omega, estimate, level)
        checks += more
    return SyntheticDidEffect(
        **described("synthetic_did", design, options, method=method, inference=inference, draws=draws, seed=seed),
        table=_table(design, of_unit, order, effects, replicates, quantile),
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        weights=weights,
        pre_mspe=float(np.mean([np.mean(b.curve[:pre] ** 2) for pre, b in zip(rows, blocks, strict=True)])),
        checks=tuple(checks),
        provenance=Provenance((design.info,), METHODS[method], REFERENCE, {"solver": "exact"}),
        method=METHODS[method],
        inference=_inference_text(inference, replicates, len(design.donors), df),
        se=replicates.se,
        time_weights=_time_weights(design, rows, blocks),
        cohorts=cohort_table(design, [b.estimate for b in blocks], _cohort_errors(rows, replicates)),
        draws=replicates.draws,
        noise_level=blocks[0].noise,
        leave_one_out=left_out,
    )


def _table(
    design: Design,
    of_unit: Mapping[int, CohortEstimate],
    order: Array,
    effects: Array,
    replicates: InferenceDraws,
    quantile: float,
) -> pd.DataFrame:
    counterfactuals = []
    for i, start in enumerate(design.starts):
        block = of_unit[i]
        times, values = observed_rows(design, i)
        gap = values[:, 0] - values[:, 1:] @ block.omega
        at = np.searchsorted(times, design.times[:start])
        counterfactuals.append(values[:, 0] - gap + float(gap[at] @ block.lam))
    bounds = None
    if replicates.effects is not None:
        spread = quantile * replicates.effects.std(axis=0)
        place = {int(i): k for k, i in enumerate(order)}
        bounds = [
            (effects[place[i]] - spread[place[i]], effects[place[i]] + spread[place[i]]) for i in range(len(order))
        ]
    table: pd.DataFrame = design_table(design, counterfactuals, bounds)
    return table


def _cohort_errors(rows: Mapping[int, Any], replicates: InferenceDraws) -> list[float]:
    """Standard error per cohort: spread of the placebos that took its units' place."""
    if replicates.effects is None:
        return [float("nan")] * len(rows)
    ends = np.cumsum([len(r) for r in rows.values()])
    return [
        float(replicates.effects[:, end - len(r) : end, pre:].mean(axis=(1, 2)).std())
        for (pre, r), end in zip(rows.items(), ends, strict=True)
    ]


def _time_weights(
    design: Design, rows: Mapping[int, Any], blocks: Sequence[CohortEstimate]
) -> dict[int, pd.Series[float]]:
    return {
        design.calendar.plain(design.times[pre]): pd.Series(
            b.lam, index=design.index[:pre].rename("time"), name="weight"
        )
        for pre, b in zip(rows, blocks, strict=True)
    }


def _leave_out_checks(
    design: Design, cohorts: Cohorts, estimator: Estimator, omega: Array, estimate: float, level: float
) -> tuple[pd.DataFrame, list[Check]]:
    def without(i: int) -> float:
        fewer = Cohorts(np.delete(cohorts.control, i, axis=0), cohorts.treated)
        return pooled(fewer, estimate_cohorts(fewer, estimator))

    table, left_out = leave_one_out_estimates(without, omega, design.donors, estimate)
    checks = [left_out]
    if len(design.units) == 1:
        start = int(design.starts[0])

        def moved(control: Array, treated: Array, pre: int) -> float:
            return estimator(control, treated, pre).estimate

        before = [design.calendar.plain(t) for t in design.times[:start]]
        control, treated = design.control[:, :start], design.treated[:, :start]
        checks.append(moved_check(control, treated, before, moved, level, estimate))
    return table, checks


def _inference_text(inference: str, replicates: InferenceDraws, donors: int, df: int) -> str:
    if inference == "placebo":
        how = f"all {donors} donors in turn" if replicates.exact else f"{len(replicates.draws)} random assignments"
        return (
            f"placebo variance from {how}, Student t with {df} degrees of freedom; right if the treated unit's noise "
            "is like the donors'"
        )
    how = (
        "jackknife over units, weights held" if inference == "jackknife" else f"{len(replicates.draws)} bootstrap draws"
    )
    return f"{how}, Student t with {df} degrees of freedom"
