"""Matrix completion for many units in the treated unit's place: the problem of :mod:`.matrix_completion`, side by side.

One matrix per unit, all of one shape, differ only in whose cells after the event are missing. They take the same
accelerated proximal steps together; a matrix leaves the batch when its own residual is small enough. The singular
values come from the eigenvalues of the smaller Gram matrix, which suffices where small ones are set to zero anyway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...arrays import Array, Mask
from ...errors import NotConvergedError
from ..options import FOLDS
from .matrix_completion import FLAT, ROUGH, best_penalty, complete, held_out_folds, penalty_grid, search_penalties

# Fixed points of many maps at once, faster than by repeating them.

MEMORY = 6  # points combined
MAX_FIXED_POINT_STEPS = 2_000


def fixed_points(
    step: Callable[[Array, NDArray[np.intp]], Array], start: Array, allowed: Array, most: int = MAX_FIXED_POINT_STEPS
) -> Array:
    """Points (B, n) with |step(x) - x| <= ``allowed`` (B,), from ``start`` (B, n).

    ``step(x, which)`` maps the points ``x`` (b, n) of the problems ``which`` (b,). Raises NotConvergedError when any is
    not found within ``most`` steps.
    """
    found = np.empty(start.shape)
    live = np.arange(len(start), dtype=np.intp)
    state = _FixedPointState.begin(start)
    for _ in range(most):
        state = state.stepped(step(state.x, live))
        done = state.size <= allowed[live]
        if done.any():
            found[live[done]] = state.mapped[done]
            live, state = live[~done], state.only(~done)
            if not len(live):
                return found
        state = state.moved()
    raise NotConvergedError(f"{len(live)} of {len(start)} fixed points were not found in {most} steps")


class _FixedPointState:
    """Points ``x`` (b, n), their images ``mapped``, residuals ``away`` of length ``size`` (b,), the last accepted ones
    (``old``), and the differences between accepted points and between residuals, (b, m, n) each."""

    def __init__(self, x: Array, old: tuple[Array, ...], points: Array, residuals: Array, plain: NDArray[np.bool_]):
        self.x, self.old, self.points, self.residuals, self.plain = x, old, points, residuals, plain
        self.mapped = self.away = self.size = x

    @classmethod
    def begin(cls, start: Array) -> _FixedPointState:
        b, n = start.shape
        none = np.zeros((b, 0, n))
        return cls(np.array(start), (), none, none, np.ones(b, dtype=bool))

    def stepped(self, mapped: Array) -> _FixedPointState:
        self.mapped, self.away = mapped, mapped - self.x
        self.size = np.sqrt(np.einsum("bn,bn->b", self.away, self.away))
        return self

    def only(self, keep: NDArray[np.bool_]) -> _FixedPointState:
        old = tuple(part[keep] for part in self.old)
        rest = _FixedPointState(self.x[keep], old, self.points[keep], self.residuals[keep], self.plain[keep])
        rest.mapped, rest.away, rest.size = self.mapped[keep], self.away[keep], self.size[keep]
        return rest

    def moved(self) -> _FixedPointState:
        """The next points: mixed where the last step lessened the residual, else plain from the point before."""
        if not self.old:
            return _FixedPointState(
                self.mapped, (self.x, self.mapped, self.away, self.size), self.points, self.residuals, self.plain
            )
        x, mapped, away, size = self.old
        worse = ~self.plain & (self.size > size)
        points = np.concatenate([self.points, (self.x - x)[:, None]], axis=1)[:, -MEMORY:]
        residuals = np.concatenate([self.residuals, (self.away - away)[:, None]], axis=1)[:, -MEMORY:]
        points[worse], residuals[worse] = 0.0, 0.0
        gram = residuals @ residuals.transpose(0, 2, 1)
        gram += (1e-12 * np.trace(gram, axis1=1, axis2=2) + 1e-300)[:, None, None] * np.eye(gram.shape[1])
        mix = np.linalg.solve(gram, residuals @ self.away[:, :, None])
        following = self.mapped - ((points + residuals) * mix).sum(axis=1)
        back = worse[:, None]
        old = (
            np.where(back, x, self.x),
            np.where(back, mapped, self.mapped),
            np.where(back, away, self.away),
            np.where(worse, size, self.size),
        )
        return _FixedPointState(np.where(back, mapped, following), old, points, residuals, worse)


# Matrix completion where a single unit's periods after the event are missing, for many such units side by side.

TOLERANCE = 1e-5  # of the fixed-point residual, relative to the amount by which singular values are lowered


def complete_rows(y: Array, missing: NDArray[np.intp], pre: int, penalty: float, start: Array) -> Array:
    """(B, T) fitted row ``missing`` (B,) of each of ``y`` (B, N, T) whose cells from column ``pre`` on are not used.

    ``penalty`` as in :func:`.matrix_completion.complete`; ``start`` (B, T - pre): first guess of the missing cells.
    Raises NotConvergedError.
    """
    count, rows, periods = y.shape
    at = np.arange(count)
    known = np.array(y)
    known[at, missing, pre:] = 0.0
    cells = rows * periods - (periods - pre)
    middle = known.sum(axis=(1, 2)) / cells
    spread = np.array(known - middle[:, None, None])
    spread[at, missing, pre:] = 0.0
    scale = np.sqrt(np.einsum("bnt,bnt->b", spread, spread))
    threshold = penalty * cells / 2.0
    allowed = np.maximum(TOLERANCE * np.minimum(threshold, scale), FLAT * scale)
    problems = _Rows.of(known, at, missing, pre, threshold)
    found = fixed_points(lambda x, which: problems.fitted(x, which)[:, pre:], start, allowed)
    return problems.fitted(found, at)


@dataclass(frozen=True)
class _Rows:
    """``gram`` (B, T, T) of each matrix over periods, less the means of the periods, with the missing cells zero; its
    row ``own`` (B, T) as it is and ``less`` the means; ``share`` 1 - 1/N; ``pre``; ``threshold``."""

    gram: Array
    own: Array
    less: Array
    share: float
    pre: int
    threshold: float

    @classmethod
    def of(cls, known: Array, at: NDArray[np.intp], missing: NDArray[np.intp], pre: int, threshold: float) -> _Rows:
        rest = known - known.mean(axis=1, keepdims=True)
        share = 1.0 - 1.0 / known.shape[1]
        return cls(rest.transpose(0, 2, 1) @ rest, known[at, missing], rest[at, missing], share, pre, threshold)

    def fitted(self, x: Array, which: NDArray[np.intp]) -> Array:
        """(b, T) the row after one proximal step with the missing cells at ``x`` (b, T - pre)."""
        change = np.zeros((len(which), self.own.shape[1]))
        change[:, self.pre :] = x
        less = self.less[which]
        cross = less[:, :, None] * change[:, None, :]
        gram = self.gram[which] + cross + cross.transpose(0, 2, 1)
        gram += self.share * (change[:, :, None] * change[:, None, :])
        gram -= gram.mean(axis=1, keepdims=True)
        gram -= gram.mean(axis=2, keepdims=True)
        row = less + self.share * change
        row -= row.mean(axis=1, keepdims=True)
        squares, vectors = np.linalg.eigh(gram)
        sizes = np.sqrt(np.maximum(squares, 0.0))
        lost = np.minimum(self.threshold / np.maximum(sizes, 1e-300), 1.0)
        along = np.einsum("bt,btk->bk", row, vectors) * lost
        return np.asarray(self.own[which] + change - np.einsum("btk,bk->bt", vectors, along), dtype=np.float64)


MAX_PROXIMAL_STEPS = 20_000
CELLS = 2_000_000  # numbers in a batch: what keeps memory below some 100 MB


def completion_gaps(outcomes: Array, donors: int, pre: int, seed: int) -> Array:
    """(T, 1 + J + K) gaps of the treated unit, its J donors and K units outside, in the order of ``outcomes``.

    ``outcomes`` (T, 1 + J + K); ``pre`` years before the event. The penalty is that of the treated unit and its donors
    by cross-validation with ``seed``, and is held for all. Raises NotConvergedError.
    """
    # unit and period effects are not penalised: what is taken off them beforehand makes no difference
    y = (outcomes - outcomes[:pre].mean(axis=0)).T
    y = y - y[1 : donors + 1].mean(axis=0)
    control = y[1 : donors + 1]
    own = np.vstack([control, y[:1]])  # the treated unit last, as in the public estimator: its folds, its penalty
    observed = np.ones(own.shape, dtype=bool)
    observed[-1, pre:] = False
    penalty = choose_penalty(own, observed, seed)
    base = complete(own, observed, penalty).fitted
    gaps = np.empty_like(outcomes)
    inside = np.broadcast_to(control, (donors, *control.shape))
    gaps[:, 1 : donors + 1] = _gaps(inside, np.arange(donors, dtype=np.intp), pre, penalty, base[:-1, pre:]).T
    outside = [0, *range(donors + 1, len(y))]
    stacked = np.empty((len(outside), *own.shape))
    stacked[:, :-1] = control
    stacked[:, -1] = y[outside]
    level = (stacked[:, -1, :pre] - base[:-1, :pre].mean(axis=0)).mean(axis=1)
    start = base[:-1, pre:].mean(axis=0) + level[:, None]
    start[0] = base[-1, pre:]
    gaps[:, outside] = _gaps(stacked, np.full(len(outside), donors), pre, penalty, start).T
    return gaps


def choose_penalty(y: Array, observed: Mask, seed: int) -> float:
    """The penalty of least error on held-out cells, as :func:`.matrix_completion.cross_validate_completion` finds it;
    the folds run side by side. ``y`` (N, T), ``observed`` (N, T)."""
    penalties = penalty_grid(y, observed)
    if len(penalties) == 1:
        return float(penalties[0])
    held = np.array(held_out_folds(observed, FOLDS, seed))
    hidden = ~(observed & ~held)
    values = np.broadcast_to(y, hidden.shape)
    counts = (~hidden).sum(axis=(1, 2))
    middle = np.where(hidden, 0.0, values).sum(axis=(1, 2)) / counts
    fits: dict[int, Array] = {-1: np.broadcast_to(middle[:, None, None], hidden.shape)}

    def error_at(i: int) -> float:
        nearest = min(fits, key=lambda j: abs(j - i))
        fits[i] = complete_batch(values, hidden, float(penalties[i]), fits[nearest], tolerance=ROUGH)
        squares = np.where(held, (values - fits[i]) ** 2, 0.0).sum(axis=(1, 2))
        return float((squares / held.sum(axis=(1, 2))).mean())

    return best_penalty(penalties, search_penalties(penalties, error_at))


def _gaps(y: Array, missing: NDArray[np.intp], pre: int, penalty: float, start: Array) -> Array:
    """(B, T) observed less fitted of the row ``missing`` (B,) of each of ``y`` (B, N, T), in pieces that fit memory."""
    count, rows, periods = y.shape
    size = max(1, CELLS // (rows * periods))
    out = np.empty((count, periods))
    for first in range(0, count, size):
        part = slice(first, first + size)
        own = y[part][np.arange(len(missing[part])), missing[part]]
        out[part] = own - complete_rows(y[part], missing[part], pre, penalty, start[part])
    return out


def complete_batch(y: Array, hidden: Mask, penalty: float, start: Array, tolerance: float = TOLERANCE) -> Array:
    """(B, N, T) fitted matrices of ``y`` (B, N, T) at ``penalty``; ``hidden`` (B, N, T) cells are not used.

    ``penalty`` and ``tolerance`` as in :func:`.matrix_completion.complete`, ``start`` (B, N, T). Raises
    NotConvergedError.
    """
    count = len(y)
    cells = (~hidden).sum(axis=(1, 2))
    threshold = penalty * cells / 2.0
    middle = np.where(hidden, 0.0, y).sum(axis=(1, 2)) / cells
    scale = np.sqrt((np.where(hidden, 0.0, y - middle[:, None, None]) ** 2).sum(axis=(1, 2)))
    allowed = np.maximum(tolerance * np.minimum(threshold, scale), FLAT * scale)
    out = np.empty(y.shape)
    live = np.arange(count)
    values, fitted = y, np.asarray(start)
    ahead, momentum = fitted, np.ones(count)
    for _ in range(MAX_PROXIMAL_STEPS):
        new = _proximal(np.where(hidden, ahead, values), threshold)
        away = new - ahead
        residual = np.sqrt(np.einsum("bnt,bnt->b", away, away))
        moved = new - fitted
        momentum = np.where(np.einsum("bnt,bnt->b", away, moved) < 0, 1.0, momentum)
        done = residual <= allowed
        if done.any():
            out[live[done]] = new[done]
            keep = ~done
            if not keep.any():
                return out
            live, hidden, values, allowed, threshold, new, moved, momentum = (
                part[keep] for part in (live, hidden, values, allowed, threshold, new, moved, momentum)
            )
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = new + ((momentum - 1) / faster)[:, None, None] * moved
        fitted, momentum = new, faster
    raise NotConvergedError(
        f"matrix completion of {len(live)} of {count} placebos did not converge at penalty {penalty:.3g} in "
        f"{MAX_PROXIMAL_STEPS} steps"
    )


def _proximal(z: Array, threshold: Array) -> Array:
    """Unit and period means kept, singular values of the rest lowered: ``z`` (B, N, T), ``threshold`` (B,)."""
    by_unit = z.mean(axis=2, keepdims=True)
    by_time = z.mean(axis=1, keepdims=True)
    means = by_unit + by_time - by_unit.mean(axis=1, keepdims=True)
    rest = z - means
    wide = rest.shape[1] < rest.shape[2]
    flipped = rest.transpose(0, 2, 1)
    values, vectors = np.linalg.eigh(rest @ flipped if wide else flipped @ rest)
    sizes = np.sqrt(np.maximum(values, 0.0))
    low = threshold[:, None]
    kept = np.where(sizes > low, 1.0 - low / np.maximum(sizes, 1e-300), 0.0)
    projector = (vectors * kept[:, None, :]) @ vectors.transpose(0, 2, 1)
    return np.asarray(means + (projector @ rest if wide else rest @ projector), dtype=np.float64)
