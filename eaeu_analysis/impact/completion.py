"""Matrix completion: the treated cells are missing entries of a matrix that is nearly of low rank."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from .. import settings
from ..arrays import Array, Mask
from ..data.panel import require_panel
from ..errors import BadInputError
from ..results import Provenance
from .completion_core import FOLDS, Completion, best_penalty, complete, cross_validate, folds, penalty_grid
from .design import Design, design_table, shown, state_design
from .effect import Effect
from .inversion import student
from .placebo_checks import donor_notes, placebo_gap_checks
from .sdid import design_checks
from .sdid_variance import placebo_picks

if TYPE_CHECKING:
    from ..data.panel import Panel

REFERENCE = (
    "Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), Journal of the American Statistical Association 116(536)"
)


def matrix_completion(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | None = None,
    *,
    lam: float | None = None,
    n_folds: int = FOLDS,
    fit_years: object = None,
    post_years: object = None,
    gaps: str = "drop",
    replications: int = 200,
    seed: int = 0,
    level: float = settings.LEVEL,
) -> Effect:
    """Treated cells predicted by unit effects, period effects and a part of low nuclear norm.

    ``unit`` may list several treated units and ``event`` map each to its date. ``lam``: penalty of the nuclear norm
    (None: ``n_folds``-fold cross-validation over random observed cells, by ``seed``). Interval and p-value: donors take
    the treated units' place (all of them in turn with one treated unit, else ``replications`` random sets) at the same
    penalty, and Student's t with N0 - 1 degrees of freedom on their spread.

    The gap before the event is in-sample and small by construction: it is no evidence of fit. ``extra``: ``lam``,
    ``rank``, ``cv`` (error by penalty), ``replicates``.
    Raises BadInputError, NoDataError and NotConvergedError. Source: Athey et al. (2021), equation 4.3.

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(
    ...     ["trade"], ["KGZ", "ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"], (2002, 2019)
    ... )
    >>> effect = ea.matrix_completion(panel, "trade", "KGZ", 2015)
    >>> round(effect.estimate, 1), effect.finding
    (-26.5, 'fragile')
    """
    require_panel(panel)
    import pandas as pd

    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    if lam is not None and not lam >= 0:
        raise BadInputError(f"lam {lam} is not zero or more")
    if n_folds < 2:
        raise BadInputError(f"n_folds {n_folds}: at least 2 are needed")
    design = state_design(panel, outcome, unit, event, donors, fit_years, post_years, gaps)
    if len(design.donors) < len(design.units) + 2:
        raise BadInputError(
            f"placebos need at least two more donors than treated units; got {len(design.donors)} and "
            f"{len(design.units)}"
        )
    y, observed = design.outcomes, design.indicator == 0
    penalties, errors = np.empty(0), np.empty(0)
    if lam is None:
        penalties = penalty_grid(y, observed)
        errors = cross_validate(y, observed, list(penalties), folds(observed, n_folds, seed))
        lam = best_penalty(penalties, errors)
    fit = complete(y, observed, lam)
    count = len(design.donors)
    effects = design.treated - fit.fitted[count:]
    estimate = float(effects[~observed[count:]].mean())

    placebo, exact = _placebo_effects(design, lam, fit, replications, seed)
    draws = np.array([part[~observed[count:]].mean() for part in placebo])
    se = float(draws.std())
    quantile, interval, p_value = student(estimate, se, count - 1, level)
    spread = quantile * placebo.std(axis=0)
    first = int(design.starts.min())
    curves = {pre: effects[rows].mean(axis=0) for pre, rows in design.cohort_rows().items()}
    checks = design_checks(design, curves, estimate)
    if not design.staggered:
        before = placebo[:, :, :first].mean(axis=1)
        checks += placebo_gap_checks(curves[first][:first], before, estimate, draws, level)
    # no donor has a weight of its own: each counts as one of the pool
    checks += donor_notes(design.dropped(), design.flagged(), dict.fromkeys(design.donors, 1 / count))
    info = design.problems[0].info
    return Effect(
        spec={
            "estimator": "matrix_completion",
            **design.spec(),
            "lam": lam if not len(penalties) else None,
            "n_folds": n_folds,
            "replications": replications,
            "seed": seed,
            "level": level,
        },
        table=design_table(
            design,
            [_counterfactual(design, i, fit) for i in range(len(design.units))],
            [(effects[i] - spread[i], effects[i] + spread[i]) for i in range(len(effects))],
        ),
        estimate=estimate,
        interval=interval,
        level=level,
        p_value=p_value,
        weights=None,
        pre_mspe=float((effects[observed[count:]] ** 2).mean()),
        checks=tuple(checks),
        provenance=Provenance((info,), "matrix completion with nuclear norm", REFERENCE, {"lam": lam}),
        method="matrix completion with nuclear norm",
        measure=info.unit,
        inference=(
            f"placebo variance from {'all donors in turn' if exact else f'{len(draws)} random sets of donors'} at the "
            f"penalty chosen, Student t with {count - 1} degrees of freedom; right if the treated unit's noise is like "
            "the donors'"
        ),
        se=se,
        extra={
            "lam": lam,
            "rank": fit.rank,
            "cv": pd.DataFrame({"lam": penalties, "error": errors}) if len(penalties) else None,
            "replicates": draws,
            "dropped": design.dropped(),
            "flagged": design.flagged(),
        },
    )


def _placebo_effects(design: Design, lam: float, fit: Completion, replications: int, seed: int) -> tuple[Array, bool]:
    """(B, N1, T) gaps with donors in the treated units' place, the treated left out, and whether all were listed."""
    count, size = len(design.control), len(design.treated)
    picks, exact = placebo_picks(count, size, replications, seed)
    after = np.arange(len(design.times)) >= design.starts[:, None]
    out = np.empty((len(picks), size, len(design.times)))
    for k, pick in enumerate(picks):
        observed: Mask = np.ones(design.control.shape, dtype=bool)
        observed[pick] = ~after
        fitted = complete(design.control, observed, lam, start=fit.fitted[:count]).fitted
        out[k] = design.control[pick] - fitted[pick]
    return out, exact


def _counterfactual(design: Design, i: int, fit: Completion) -> Array:
    """The fitted path of treated unit ``i`` over the rows of its table; NaN in periods outside the design."""
    times, _ = shown(design, i)
    path = np.full(len(times), np.nan)
    path[np.isin(times, design.times)] = fit.fitted[len(design.donors) + i]
    return path
