"""Synthetic difference-in-differences, with synthetic control, difference-in-differences and DIFP as special cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import settings
from ...arrays import Array
from ...data.panel import require_panel
from ...errors import BadInputError, unknown
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
from ..question.design import Design, design_table, observed_rows, state_design
from .synthetic_did_core import (
    METHODS,
    VARIANCES,
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

if TYPE_CHECKING:
    import pandas as pd

    from ...data.panel import Panel

REFERENCE = "Arkhangelsky, Athey, Hirshberg, Imbens & Wager (2021), American Economic Review 111(12)"


@dataclass(frozen=True)
class SyntheticDidEffect(Effect):
    """An :class:`Effect` by synthetic difference-in-differences or one of its special cases.

    ``time_weights``: event -> weights by period before it; ``cohorts``: a row per event with ``event, units, estimate,
    cells``; ``draws`` (B,): estimates that the standard error rests on; ``noise_level``: standard deviation of the
    donors' first differences before the first event; ``leave_one_out``: estimate without each weighted donor, None
    without checks.
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
    donors: Iterable[str] | None = None,
    *,
    method: str = "sdid",
    variance: str = "placebo",
    fit_years: object = None,
    post_years: object = None,
    gaps: str = "drop",
    replications: int = 200,
    replicate: str | None = None,
    zeta: float | None = None,
    robustness: bool = True,
    seed: int = 0,
    level: float = settings.LEVEL,
) -> SyntheticDidEffect:
    """Weighted double difference between the treated and a weighted average of the donors.

    ``unit`` may list several treated units and ``event`` map each to its first treated period: cohorts by date are
    estimated against the never-treated and averaged over treated cells. ``method``: "sdid", "sc", "did" or "difp".
    ``variance``: "placebo" (the event falls on donors; exact enumeration with one treated unit), "jackknife" or
    "bootstrap" (several treated units). The interval is estimate +- t * se, with N0 - 1 degrees of freedom for placebo
    and (smallest number of treated units per date) - 1 for the others; the p-value comes from the same t.
    ``replications``: draws where not enumerated. ``zeta`` overrides the unit weights' penalty, in units of the outcome.
    ``replicate="synthdid"`` takes the weights of the authors' R package (Frank-Wolfe, stopped early) instead of the
    exact optimum: published figures rest on it. ``robustness`` adds two checks at twice the time: leave-one-out over
    donors and, with one treated unit, the event moved into the years before it.

    Table: a row per treated unit and period; bounds with placebo variance only. Returns a
    :class:`SyntheticDidEffect`.
    Raises BadInputError, NoDataError (one sentence each) and NotConvergedError.
    Source: Arkhangelsky et al. (2021), algorithms 1 to 4.

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(
    ...     ["trade"], ["KGZ", "ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"], (2002, 2019)
    ... )
    >>> effect = ea.synthetic_did(panel, "trade", "KGZ", 2015, robustness=False)
    >>> round(effect.estimate, 1), effect.finding
    (-28.4, 'unreliable')
    """
    require_panel(panel)
    import pandas as pd

    if method not in METHODS:
        raise unknown("method", method, METHODS, METHODS)
    if variance not in VARIANCES:
        raise unknown("variance", variance, VARIANCES)
    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    if replications < 2:
        raise BadInputError(f"replications {replications}: at least 2 are needed")
    design = state_design(panel, outcome, unit, event, donors, fit_years, post_years, gaps)
    rows = design.cohort_rows()
    cohorts = Cohorts(design.control, {pre: design.treated[r] for pre, r in rows.items()})
    require_valid_inference(variance, cohorts, method)
    estimator = make_estimator(method, replicate, zeta)
    blocks = estimate_cohorts(cohorts, estimator)
    estimate = pooled(cohorts, blocks)
    replicates = inference_draws(variance, cohorts, blocks, estimator, method, replications, seed)
    df = len(design.control) - 1 if variance == "placebo" else max(min(cohorts.sizes) - 1, 1)
    quantile, interval, p_value = student(estimate, replicates.se, df, level)

    order = np.concatenate(list(rows.values()))
    effects = np.vstack([block.effects for block in blocks])
    of_unit = {int(i): block for r, block in zip(rows.values(), blocks, strict=True) for i in r}
    omega = np.average([b.omega for b in blocks], axis=0, weights=cohorts.cells)
    weights = pd.Series(omega, index=pd.Index(design.donors, name="donor"), name="weight")
    checks = list(_checks(design, rows, blocks, replicates, estimate, level, weights))
    left_out = None
    if robustness:
        left_out, more = _robustness(design, cohorts, estimator, omega, estimate, level)
        checks += more
    info = design.problems[0].info
    cohort_frame = pd.DataFrame(
        {
            "event": [int(design.times[pre]) for pre in rows],
            "units": [", ".join(design.units[i] for i in r) for r in rows.values()],
            "estimate": [block.estimate for block in blocks],
            "cells": cohorts.cells.astype(int),
        }
    )
    return SyntheticDidEffect(
        spec={
            "estimator": "synthetic_did",
            **design.spec(),
            "method": method,
            "variance": variance,
            "replications": replications,
            "replicate": replicate,
            "zeta": zeta,
            "robustness": robustness,
            "seed": seed,
            "level": level,
        },
        table=_table(design, of_unit, order, effects, replicates, quantile),
        estimate=estimate,
        interval=interval,
        level=level,
        p_value=p_value,
        weights=weights,
        pre_mspe=float(np.mean([np.mean(b.curve[:pre] ** 2) for pre, b in zip(rows, blocks, strict=True)])),
        checks=tuple(checks),
        provenance=Provenance((info,), METHODS[method], REFERENCE, {"solver": replicate or "exact"}),
        method=METHODS[method],
        measure=info.unit,
        inference=_words(variance, replicates, len(design.donors), df),
        se=replicates.se,
        dropped=design.dropped(),
        flagged=design.flagged(),
        time_weights=_time_weights(design, rows, blocks),
        cohorts=cohort_frame,
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


def _time_weights(
    design: Design, rows: Mapping[int, Any], blocks: Sequence[CohortEstimate]
) -> dict[int, pd.Series[float]]:
    import pandas as pd

    return {
        int(design.times[pre]): pd.Series(b.lam, index=pd.Index(design.times[:pre], name="time"), name="weight")
        for pre, b in zip(rows, blocks, strict=True)
    }


def _checks(
    design: Design,
    rows: Mapping[int, Any],
    blocks: Sequence[CohortEstimate],
    replicates: InferenceDraws,
    estimate: float,
    level: float,
    weights: pd.Series[float],
) -> tuple[Check, ...]:
    checks = design_checks(design, {pre: block.curve for pre, block in zip(rows, blocks, strict=True)}, estimate)
    if replicates.effects is not None and not design.staggered:
        pre = next(iter(rows))
        placebo_pre = replicates.effects.mean(axis=1)[:, :pre]
        checks += placebo_gap_checks(blocks[0].curve[:pre], placebo_pre, estimate, replicates.draws, level)
    checks.append(weight_check(np.asarray(weights, dtype=np.float64)))
    checks += donor_notes(design.dropped(), design.flagged(), dict(zip(design.donors, weights, strict=True)))
    return tuple(checks)


def _robustness(
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

        before = design.times[:start].astype(np.float64)
        checks.append(moved_check(design.control[:, :start], design.treated[:, :start], before, moved, level))
    return table, checks


def _words(variance: str, replicates: InferenceDraws, donors: int, df: int) -> str:
    if variance == "placebo":
        how = f"all {donors} donors in turn" if replicates.exact else f"{len(replicates.draws)} random assignments"
        return (
            f"placebo variance from {how}, Student t with {df} degrees of freedom; right if the treated unit's noise "
            "is like the donors'"
        )
    how = (
        "jackknife over units, weights held" if variance == "jackknife" else f"{len(replicates.draws)} bootstrap draws"
    )
    return f"{how}, Student t with {df} degrees of freedom"
