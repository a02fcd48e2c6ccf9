"""Fixed points of many maps at once, faster than by repeating them.

Anderson (1965) mixing in the form of Walker & Ni (2011), "Anderson acceleration for fixed-point iterations", SIAM
Journal on Numerical Analysis 49(4): the next point is the combination of the last ones whose residuals come nearest to
cancelling. A point with a larger residual than the one before is taken back and a plain step made in its stead, which
for a nonexpansive map never raises the residual, so that convergence is that of the plain iteration at worst.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import NotConvergedError

MEMORY = 6  # points combined
STEPS = 2_000


def fixed_points(
    step: Callable[[Array, NDArray[np.intp]], Array], start: Array, allowed: Array, most: int = STEPS
) -> Array:
    """Points (B, n) with |step(x) - x| <= ``allowed`` (B,), from ``start`` (B, n).

    ``step(x, which)`` maps the points ``x`` (b, n) of the problems ``which`` (b,). Raises NotConvergedError when any is
    not found within ``most`` steps.
    """
    found = np.empty(start.shape)
    live = np.arange(len(start), dtype=np.intp)
    state = _State.begin(start)
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


class _State:
    """Points ``x`` (b, n), their images ``mapped``, residuals ``away`` of length ``size`` (b,), the last accepted ones
    (``old``), and the differences between accepted points and between residuals, (b, m, n) each."""

    def __init__(self, x: Array, old: tuple[Array, ...], points: Array, residuals: Array, plain: NDArray[np.bool_]):
        self.x, self.old, self.points, self.residuals, self.plain = x, old, points, residuals, plain
        self.mapped = self.away = self.size = x

    @classmethod
    def begin(cls, start: Array) -> _State:
        b, n = start.shape
        none = np.zeros((b, 0, n))
        return cls(np.array(start), (), none, none, np.ones(b, dtype=bool))

    def stepped(self, mapped: Array) -> _State:
        self.mapped, self.away = mapped, mapped - self.x
        self.size = np.sqrt(np.einsum("bn,bn->b", self.away, self.away))
        return self

    def only(self, keep: NDArray[np.bool_]) -> _State:
        old = tuple(part[keep] for part in self.old)
        rest = _State(self.x[keep], old, self.points[keep], self.residuals[keep], self.plain[keep])
        rest.mapped, rest.away, rest.size = self.mapped[keep], self.away[keep], self.size[keep]
        return rest

    def moved(self) -> _State:
        """The next points: mixed where the last step lessened the residual, else plain from the point before."""
        if not self.old:
            return _State(
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
        return _State(np.where(back, mapped, following), old, points, residuals, worse)
