"""Matrix completion: the treated cells are missing entries of a matrix that is nearly of low rank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ... import settings
from ...arrays import Array, Mask
from ...data.panel import require_panel
from ...errors import BadInputError, NotConvergedError
from ...results import Provenance
from ..effect import Effect
from ..inference.checks import design_checks
from ..inference.inversion import student
from ..inference.placebo_checks import donor_notes, placebo_gap_checks
from ..question.design import Design, design_table, observed_rows, state_design
from .synthetic_did_core import placebo_picks

if TYPE_CHECKING:
    import pandas as pd

    from ...data.panel import Panel


# Matrix completion with the nuclear norm on arrays.

TOLERANCE = 1e-7  # of the fixed-point residual, relative to the amount by which singular values are lowered
FLAT = 1e-11  # the same residual relative to the spread of the observed cells: below it nothing moves any more
LAMBDAS = 25  # penalties tried, log-spaced from the smallest that gives L = 0 down to a thousandth of it, then zero
FOLDS = 5
ROUGH = 1e-3  # TOLERANCE of the fits of cross-validation; errors closer to the least than this, relative, tie with it


@dataclass(frozen=True)
class Completion:
    """``fitted`` (N, T) = low-rank part plus unit and time effects; ``rank`` of the low-rank part; ``residual`` the
    relative fixed-point residual at the end; ``iterations``."""

    fitted: Array
    rank: int
    residual: float
    iterations: int


def two_way_means(z: Array) -> Array:
    """(N, T) row mean + column mean - grand mean."""
    return np.asarray(z.mean(axis=1, keepdims=True) + z.mean(axis=0, keepdims=True) - z.mean(), dtype=np.float64)


def complete(
    y: Array,
    observed: Mask,
    lam: float,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    most: int = 20_000,
) -> Completion:
    """Fit at penalty ``lam`` (units of the outcome over cells): ``y`` (N, T), ``observed`` (N, T) true where used.

    Every row and column needs an observed cell, else BadInputError. Raises NotConvergedError when the fixed-point
    residual stays above ``tolerance`` after ``most`` steps.
    """
    if not (observed.any(axis=0).all() and observed.any(axis=1).all()):
        raise BadInputError("matrix completion needs at least one observed cell in every unit and every period")
    values = np.where(observed, y, 0.0)
    threshold = lam * int(observed.sum()) / 2.0
    middle = float(y[observed].mean())
    scale = float(np.sqrt(((y[observed] - middle) ** 2).sum()))
    if scale == 0.0:
        return Completion(np.full_like(values, middle), 0, 0.0, 0)
    allowed = max(tolerance * min(threshold, scale), FLAT * scale)
    fitted = np.full_like(values, middle) if start is None else start
    ahead, momentum = fitted, 1.0
    residual = np.inf
    for iteration in range(1, most + 1):
        new, rank = _proximal(np.where(observed, values, ahead), threshold)
        residual = float(np.linalg.norm(new - ahead))
        if residual <= allowed:
            return Completion(new, rank, residual / scale, iteration)
        if float(((ahead - new) * (new - fitted)).sum()) > 0:  # momentum points uphill: start it anew
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + (momentum - 1) / faster * (new - fitted)
        fitted, momentum = new, float(faster)
    raise NotConvergedError(
        f"matrix completion did not converge at penalty {lam:.3g}: the residual is {residual / scale:.1e} of the "
        f"spread after {most} steps, above {allowed / scale:.0e}"
    )


def _proximal(z: Array, threshold: float) -> tuple[Array, int]:
    """Unit and period means kept, singular values of the rest lowered by ``threshold``; and how many are left.

    By the eigenvectors of the smaller Gram matrix, several times faster than a singular value decomposition; what is
    lost concerns singular values near zero, which the threshold takes away.
    """
    means = two_way_means(z)
    rest = z - means
    tall = rest if rest.shape[0] >= rest.shape[1] else rest.T
    squares, vectors = np.linalg.eigh(tall.T @ tall)
    sizes = np.sqrt(np.maximum(squares, 0.0))
    kept = sizes > threshold
    basis = vectors[:, kept]
    low_rank = (tall @ basis * (1.0 - threshold / np.maximum(sizes[kept], 1e-300))) @ basis.T
    if rest.shape[0] < rest.shape[1]:
        low_rank = low_rank.T
    return np.asarray(means + low_rank, dtype=np.float64), int(kept.sum())


def largest_penalty(y: Array, observed: Mask) -> float:
    """The smallest ``lam`` at which the low-rank part vanishes: 2/|O| times the spectral norm of the residual of the
    two-way fit (0 when the two-way fit is exact)."""
    fitted = complete(y, observed, lam=np.inf).fitted
    rest = np.where(observed, y - fitted, 0.0)
    spread = float(np.linalg.norm(np.where(observed, y - y[observed].mean(), 0.0)))
    norm = float(np.linalg.norm(rest, 2))
    return 2.0 * norm / int(observed.sum()) if norm > 1e-6 * spread else 0.0


def penalty_grid(y: Array, observed: Mask, count: int = LAMBDAS) -> Array:
    """``count`` penalties in falling order, the last one zero is left out: log-spaced over three decades."""
    top = largest_penalty(y, observed)
    return np.zeros(1) if top == 0 else top * np.logspace(0, -3, count)


def held_out_folds(observed: Mask, count: int, seed: int) -> list[Mask]:
    """Random partition of the observed cells into ``count`` held-out sets (N, T); each row and column keeps some."""
    cells = np.flatnonzero(observed)
    for attempt in range(100):
        order = np.random.default_rng([seed, attempt]).permutation(cells)
        held = []
        for part in np.array_split(order, count):
            mask = np.zeros(observed.size, dtype=bool)
            mask[part] = True
            held.append(mask.reshape(observed.shape))
        if all((observed & ~h).any(axis=0).all() and (observed & ~h).any(axis=1).all() for h in held):
            return held
    raise BadInputError("too few observed cells to hold some out of every unit and period in cross-validation")


def cross_validate_completion(y: Array, observed: Mask, penalties: Sequence[float], held: Sequence[Mask]) -> Array:
    """Mean squared error (len(penalties),) on the held-out cells, averaged over the folds; penalties in falling order
    so that each fit starts from the one before."""
    errors = np.zeros((len(held), len(penalties)))
    for k, out in enumerate(held):
        training = observed & ~out
        start: Array | None = None
        for i, lam in enumerate(penalties):
            start = complete(y, training, float(lam), start, tolerance=ROUGH).fitted
            errors[k, i] = float(((y - start)[out] ** 2).mean())
    return np.asarray(errors.mean(axis=0), dtype=np.float64)


def best_penalty(penalties: Sequence[float] | Array, errors: Array) -> float:
    """The largest of ``penalties`` whose cross-validated error (len(penalties),) ties with the least.

    Ties are common: once no singular value of the held-in cells falls to zero, smaller penalties predict the same.
    """
    tied = np.asarray(errors) <= (1.0 + ROUGH) * float(np.min(errors))
    return float(np.asarray(penalties, dtype=np.float64)[tied].max())


REFERENCE = (
    "Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), Journal of the American Statistical Association 116(536)"
)


@dataclass(frozen=True)
class MatrixCompletionEffect(Effect):
    """An :class:`Effect` by matrix completion.

    ``penalty``: the one used; ``rank`` of the low-rank part; ``cross_validation``: frame of ``penalty, error``, None
    when the penalty was given; ``draws`` (B,): placebo estimates that the standard error rests on.
    """

    penalty: float = float("nan")
    rank: int = 0
    cross_validation: pd.DataFrame | None = None
    draws: Array | None = None


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
) -> MatrixCompletionEffect:
    """Treated cells predicted by unit effects, period effects and a part of low nuclear norm.

    ``unit`` may list several treated units and ``event`` map each to its date. ``lam``: penalty of the nuclear norm
    (None: ``n_folds``-fold cross-validation over random observed cells, by ``seed``). Interval and p-value: donors take
    the treated units' place (all of them in turn with one treated unit, else ``replications`` random sets) at the same
    penalty, and Student's t with N0 - 1 degrees of freedom on their spread.

    The gap before the event is in-sample and small by construction: it is no evidence of fit. Returns a
    :class:`MatrixCompletionEffect`.
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
        errors = cross_validate_completion(y, observed, list(penalties), held_out_folds(observed, n_folds, seed))
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
    return MatrixCompletionEffect(
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
        dropped=design.dropped(),
        flagged=design.flagged(),
        penalty=lam,
        rank=fit.rank,
        cross_validation=pd.DataFrame({"penalty": penalties, "error": errors}) if len(penalties) else None,
        draws=draws,
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
    times, _ = observed_rows(design, i)
    path = np.full(len(times), np.nan)
    path[np.isin(times, design.times)] = fit.fitted[len(design.donors) + i]
    return path
