"""Matrix completion: the treated cells are missing entries of a matrix that is nearly of low rank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Mask
from ...data.panel import require_panel
from ...errors import BadInputError, NotConvergedError, require_least
from ...results import Provenance
from ..effect import Effect
from ..inference.checks import design_checks
from ..inference.inversion import student
from ..inference.placebo_checks import donor_notes, placebo_gap_checks
from ..options import MatrixCompletionOptions
from ..question.adjustment import two_way_fit
from ..question.design import Design, described, design_table, drawn_cohorts, over_rows, state_design
from .synthetic_did_core import placebo_picks

if TYPE_CHECKING:
    import pandas as pd

    from ...data.panel import Panel


# Matrix completion with the nuclear norm on arrays.

TOLERANCE = 1e-7  # of the fixed-point residual, relative to the amount by which singular values are lowered
FLAT = 1e-11  # the same residual relative to the spread of the observed cells: below it nothing moves any more
LAMBDAS = 25  # penalties tried, log-spaced from the smallest that gives L = 0 down to a thousandth of it
ROUNDING = 1e-13  # of the largest value: residuals of the two-way fit below it are rounding
RIDGE = 1e-2  # of a Newton step, at a residual as large as the threshold
FORCING = 0.05  # of the residual: what conjugate gradients leave of it in a Newton step
MOST_GRADIENTS = 50  # of them in a Newton step
ENOUGH, SHORTEST = 1e-4, 1e-2  # of the fall of the envelope that a step promises; shortest share of a Newton step
PATIENCE = 4  # steps of the grid, half a decade, without a lower error of cross-validation: no smaller penalty is tried
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
    rows = z - z.mean(axis=1, keepdims=True)
    return np.asarray(z - rows + rows.mean(axis=0), dtype=np.float64)


def complete(
    y: Array,
    observed: Mask,
    penalty: float,
    start: Array | None = None,
    tolerance: float = TOLERANCE,
    most: int = 20_000,
    base: Array | None = None,
) -> Completion:
    """Fit at penalty ``penalty`` (units of the outcome over cells): ``y`` (N, T), ``observed`` (N, T) true where used.

    Unit and period effects are not penalised, so the problem is solved for what their own fit leaves (``base``, where
    it is known): levels and units of measurement make no difference. Every row and column needs an observed cell, else
    BadInputError. NotConvergedError when the fixed-point residual stays above ``tolerance`` after ``most`` steps.

    The missing cells are right when a proximal step (soft-impute) returns them, where the gradient of its envelope is
    zero. That is solved by Newton's method with conjugate gradients (Jiang, Sun and Toh 2014): a step that does
    not lessen the envelope is cut short, in the end down to the proximal step, which always does.
    """
    if not (observed.any(axis=0).all() and observed.any(axis=1).all()):
        raise BadInputError("matrix completion needs at least one observed cell in every unit and every period")
    base = two_way_fit(y, observed) if base is None else base
    values = np.where(observed, y - base, 0.0)
    threshold = penalty * int(observed.sum()) / 2.0
    scale = float(np.linalg.norm(values))
    if not np.isfinite(threshold) or scale <= ROUNDING * float(np.linalg.norm(y[observed])):
        return Completion(base, 0, 0.0, 0)
    allowed = max(tolerance * min(threshold, scale), FLAT * scale)
    turned = y.shape[0] > y.shape[1]  # the smaller side in rows
    if turned:
        values, observed = np.ascontiguousarray(values.T), observed.T
    cells = np.flatnonzero(~observed)
    x = np.zeros(len(cells))
    if start is not None:
        x = (start - base).T.take(cells) if turned else (start - base).take(cells)
    best: _Proximal | None = None
    size = least = np.inf
    away, way, share = x, x, 1.0
    for iteration in range(1, most + 1):
        values.reshape(-1)[cells] = x + share * way if best else x
        step = _Proximal(values, threshold)
        change = step.fitted.take(cells) - values.take(cells)
        size = float(np.linalg.norm(change))
        if size <= allowed:
            return Completion(base + (step.fitted.T if turned else step.fitted), step.rank, size / scale, iteration)
        if (
            best is None
            or step.envelope < best.envelope - ENOUGH * share * float(away @ way)
            or (size < least and step.envelope <= best.envelope * (1.0 + ROUNDING))
        ):
            x, away, best, least, share = values.take(cells), change, step, size, 1.0
            way = step.newton(away, cells, max(allowed / 3.0, FORCING * size))
        elif share > SHORTEST:
            share /= 4.0
        else:
            way, share = away, 1.0  # the proximal step
    raise NotConvergedError(
        f"matrix completion did not converge at penalty {penalty:.3g}: the residual is {size / scale:.1e} of the "
        f"spread after {most} steps, above {allowed / scale:.0e}"
    )


class _Proximal:
    """A proximal step from (N, T), N <= T: unit and period means kept, singular values of the rest lowered.

    ``fitted`` (N, T) what it gives; ``rank`` how many singular values are left; ``envelope`` the least of half the
    squared distance from the start plus ``threshold`` times the nuclear norm.

    Singular vectors are the eigenvectors of the Gram matrix, several times faster than a singular value decomposition;
    what is lost concerns singular values near zero, which the threshold takes away.
    """

    def __init__(self, z: Array, threshold: float):
        self._rest = _centred(z)
        self._squares, self._basis = np.linalg.eigh(self._rest @ self._rest.T)
        sizes = np.sqrt(np.maximum(self._squares, 0.0))
        self._first = int(np.searchsorted(sizes, threshold, side="right"))
        self._kept, self._threshold = sizes[self._first :], threshold
        self._left = (1.0 - threshold / self._kept)[:, None]
        kept = self._basis[:, self._first :]
        self.rank = len(self._kept)
        below = np.maximum(self._squares[: self._first], 0.0)
        self.envelope = float(below.sum()) / 2.0 + threshold * float((self._kept - threshold / 2.0).sum())
        self.fitted = z - self._rest + kept @ (self._left * (kept.T @ self._rest))

    def newton(self, away: Array, cells: NDArray[np.intp], allowed: float) -> Array:
        """Change of the missing ``cells`` after which the linearised step returns them up to ``allowed``; ``away`` is
        by how much it does not now. Conjugate gradients: the derivative is symmetric, between 0 and 1. A ridge that
        falls with the residual bounds the change."""
        rows, slopes = self._basis.T @ self._rest, self._slopes()
        change, rest, way = np.zeros_like(away), away, away
        length = float(rest @ rest)
        ridge = RIDGE * min(1.0, float(np.sqrt(length)) / self._threshold)
        for _ in range(MOST_GRADIENTS):
            embedded = np.zeros(rows.shape)
            embedded.reshape(-1)[cells] = way
            product = (1.0 + ridge) * way - self._derivative(embedded, rows, slopes).take(cells)
            ratio = length / float(way @ product)
            change = change + ratio * way
            rest = rest - ratio * product
            before, length = length, float(rest @ rest)
            if length <= allowed**2:
                break
            way = rest + (length / before) * way
        return change

    def _slopes(self) -> Array:
        """(rank, N) divided differences, over squared singular values, of the share of each that is left."""
        kept, first, squares = self._kept, self._first, self._squares
        among = self._threshold / (kept[:, None] * kept * (kept[:, None] + kept))
        across = self._left / np.maximum(squares[first:, None] - squares[:first], np.finfo(float).tiny)
        return np.asarray(np.hstack([across, among]), dtype=np.float64)

    def _derivative(self, change: Array, rows: Array, slopes: Array) -> Array:
        """(N, T) by how much ``fitted`` changes with what the step starts from, ``change`` (N, T); ``rows`` (N, T) the
        centred start in the basis of singular vectors."""
        free, first = _centred(change), self._first
        moved = self._basis.T @ free
        weights = slopes * (moved[first:] @ rows.T + rows[first:] @ moved.T)
        lowered = np.empty_like(moved)
        lowered[:first] = weights[:, :first].T @ rows[first:]
        lowered[first:] = self._left * moved[first:] + weights @ rows
        return np.asarray(change - free + self._basis @ lowered, dtype=np.float64)


def _centred(z: Array) -> Array:
    """(N, T) without unit and period means."""
    rest = z - (z @ np.full(z.shape[1], 1.0 / z.shape[1]))[:, None]
    rest -= np.full(len(z), 1.0 / len(z)) @ rest
    return np.asarray(rest, dtype=np.float64)


def largest_penalty(y: Array, observed: Mask) -> float:
    """The smallest penalty at which the low-rank part vanishes: 2/|O| times the spectral norm of the residual of the
    two-way fit (infinite when the two-way fit is exact)."""
    rest = np.where(observed, y - two_way_fit(y, observed), 0.0)
    norm = float(np.linalg.norm(rest, 2))
    exact = norm <= ROUNDING * float(np.linalg.norm(y[observed]))
    return np.inf if exact else 2.0 * norm / int(observed.sum())


def penalty_grid(y: Array, observed: Mask, count: int = LAMBDAS) -> Array:
    """``count`` penalties in falling order, log-spaced over three decades; an infinite one where the two-way fit is
    exact."""
    top = largest_penalty(y, observed)
    return np.array([np.inf]) if np.isinf(top) else top * np.logspace(0, -3, count)


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


def search_penalties(penalties: Array, error_at: Callable[[int], float]) -> Array:
    """Error of cross-validation ``error_at(i)`` by penalty, NaN where it is not tried; ``penalties`` in falling order.

    Every second penalty is tried until ``PATIENCE`` in succession give no lower error, then the two next to the best.
    """
    errors = np.full(len(penalties), np.nan)
    for i in range(0, len(penalties), 2):
        errors[i] = error_at(i)
        if i - int(np.nanargmin(errors)) >= PATIENCE:
            break
    best = int(np.flatnonzero(penalties == best_penalty(penalties, errors))[0])
    for i in (best - 1, best + 1):
        if 0 <= i < len(penalties) and np.isnan(errors[i]):
            errors[i] = error_at(i)
    return errors


def cross_validate_completion(y: Array, observed: Mask, penalties: Array, held: Sequence[Mask]) -> Array:
    """Mean squared error on the held-out cells, averaged over the folds, by penalty; NaN where it is not tried.

    ``penalties`` in falling order, tried as in :func:`search_penalties`; each fit starts on the straight line through
    the fits at the two nearest penalties.
    """
    training = [observed & ~out for out in held]
    bases = [two_way_fit(y, cells) for cells in training]
    fits: dict[int, list[Array]] = {}

    def error_at(i: int) -> float:
        near = sorted(fits, key=lambda j: abs(j - i))[:2]
        starts: list[Array | None] = [None] * len(held)
        if len(near) == 1:
            starts = [*fits[near[0]]]
        elif near:
            way = (penalties[i] - penalties[near[0]]) / (penalties[near[1]] - penalties[near[0]])
            starts = [first + way * (second - first) for first, second in zip(*(fits[j] for j in near), strict=True)]
        fits[i] = [
            complete(y, cells, float(penalties[i]), start, tolerance=ROUGH, base=base).fitted
            for cells, start, base in zip(training, starts, bases, strict=True)
        ]
        return float(np.mean([((y - fit)[out] ** 2).mean() for fit, out in zip(fits[i], held, strict=True)]))

    return search_penalties(penalties, error_at)


def best_penalty(penalties: Array, errors: Array) -> float:
    """The largest of ``penalties`` whose cross-validated error ties with the least; NaN in ``errors``: not tried.

    Ties are common: once no singular value of the held-in cells falls to zero, smaller penalties predict the same.
    """
    return float(penalties[errors <= (1.0 + ROUGH) * float(np.nanmin(errors))].max())


REFERENCE = (
    "Athey, Bayati, Doudchenko, Imbens & Khosravi (2021), Journal of the American Statistical Association 116(536)"
)


@dataclass(frozen=True)
class MatrixCompletionEffect(Effect):
    """Effect estimated by matrix completion.

    Attributes
    ----------
    penalty : float
        Penalty of the nuclear norm used.
    rank : int
        Rank of the low-rank part.
    cross_validation : DataFrame or None
        ``penalty, error`` by penalty tried, in falling order: every second of a grid, to half a decade below that of
        the least error, and the two next to the best. None when the penalty was given.
    draws : ndarray, shape (B,), or None
        Placebo estimates that the standard error rests on.
    cohorts : DataFrame or None
        A row per event date: ``event, units, estimate, se, cells``.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    penalty: float = float("nan")
    rank: int = 0
    cross_validation: pd.DataFrame | None = None
    draws: Array | None = None
    cohorts: pd.DataFrame | None = None


def matrix_completion(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    draws: int = 200,
    seed: int = 0,
    options: MatrixCompletionOptions | None = None,
) -> MatrixCompletionEffect:
    """Effect of an event by matrix completion with the nuclear norm.

    Treated cells are missing entries, predicted by unit effects, period effects and a part of low nuclear norm.

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
    draws : int, default 200
        Random sets of donors that take the place of several treated units; with one treated unit every donor does.
    seed : int, default 0
        Seed of these draws and of the folds of cross-validation.
    options : MatrixCompletionOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    MatrixCompletionEffect
        The gap before the event is in-sample and small by construction: it is no evidence of fit.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.
    NotConvergedError
        If the fit does not converge.

    Notes
    -----
    Interval and p-value: donors take the treated units' place at the same penalty, and Student's t with N0 - 1 degrees
    of freedom is taken on their spread (N0: number of donors). Method: Athey, Bayati, Doudchenko, Imbens and Khosravi
    (2021, JASA 116(536)), equation 4.3.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.matrix_completion(panel, "trade", "KGZ", 2015, others)
    >>> round(effect.estimate, 1), effect.finding
    (-32.0, 'fragile')
    """
    require_panel(panel)
    options = options or MatrixCompletionOptions()
    require_least("draws", draws, 2)
    level = options.level
    import pandas as pd

    design = state_design(
        panel, outcome, unit, event, donors, fit_years=fit_years, post_years=post_years, options=options
    )
    if len(design.donors) < len(design.units) + 2:
        raise BadInputError(
            f"placebos need at least two more donors than treated units; got {len(design.donors)} and "
            f"{len(design.units)}"
        )
    y, observed = design.outcomes, design.indicator == 0
    penalties, errors = np.empty(0), np.empty(0)
    penalty = options.penalty
    if penalty is None:
        penalties = penalty_grid(y, observed)
        errors = cross_validate_completion(y, observed, penalties, held_out_folds(observed, options.folds, seed))
        penalty = best_penalty(penalties, errors)
    fit = complete(y, observed, penalty)
    count = len(design.donors)
    effects = design.treated - fit.fitted[count:]
    estimate = float(effects[~observed[count:]].mean())

    placebo, exact = _placebo_effects(design, penalty, fit, draws, seed)
    placebo_estimates = np.array([part[~observed[count:]].mean() for part in placebo])
    se = float(placebo_estimates.std())
    quantile, interval, p_value = student(estimate, se, count - 1, level)
    spread = quantile * placebo.std(axis=0)
    first = int(design.starts.min())
    curves = {pre: effects[rows].mean(axis=0) for pre, rows in design.cohort_rows().items()}
    checks = design_checks(design, curves, estimate)
    if not design.staggered:
        before = placebo[:, :, :first].mean(axis=1)
        checks += placebo_gap_checks(curves[first][:first], before, estimate, placebo_estimates, level)
    # no donor has a weight of its own: each counts as one of the pool
    checks += donor_notes(design.dropped, design.flagged, dict.fromkeys(design.donors, 1 / count))
    return MatrixCompletionEffect(
        **described("matrix_completion", design, options, draws=draws, seed=seed),
        table=design_table(
            design,
            [over_rows(design, i, fit.fitted[count + i]) for i in range(len(design.units))],
            [(effects[i] - spread[i], effects[i] + spread[i]) for i in range(len(effects))],
        ),
        estimate=estimate,
        interval=interval,
        p_value=p_value,
        weights=None,
        pre_mspe=float((effects[observed[count:]] ** 2).mean()),
        checks=tuple(checks),
        provenance=Provenance((design.info,), "matrix completion with nuclear norm", REFERENCE, {"penalty": penalty}),
        method="matrix completion with nuclear norm",
        inference=(
            f"placebo variance from {'all donors in turn' if exact else f'{len(placebo)} random sets of donors'} at "
            f"the penalty chosen, Student t with {count - 1} degrees of freedom; right if the treated unit's noise is "
            "like the donors'"
        ),
        se=se,
        penalty=penalty,
        rank=fit.rank,
        cross_validation=pd.DataFrame({"penalty": penalties, "error": errors}).dropna(ignore_index=True)
        if len(penalties)
        else None,
        draws=placebo_estimates,
        cohorts=drawn_cohorts(design, effects, placebo),
    )


def _placebo_effects(design: Design, penalty: float, fit: Completion, draws: int, seed: int) -> tuple[Array, bool]:
    """(B, N1, T) gaps with donors in the treated units' place, the treated left out, and whether all were listed."""
    count, size = len(design.control), len(design.treated)
    picks, exact = placebo_picks(count, size, draws, seed)
    after = np.arange(len(design.times)) >= design.starts[:, None]
    out = np.empty((len(picks), size, len(design.times)))
    for k, pick in enumerate(picks):
        observed: Mask = np.ones(design.control.shape, dtype=bool)
        observed[pick] = ~after
        fitted = complete(design.control, observed, penalty, start=fit.fitted[:count]).fitted
        out[k] = design.control[pick] - fitted[pick]
    return out, exact
