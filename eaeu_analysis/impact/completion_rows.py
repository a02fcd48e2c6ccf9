"""Matrix completion where a single unit's periods after the event are missing, for many such units side by side.

Given the missing cells, the completed matrix is one proximal step (:mod:`.completion_core`) away: the problem is a
fixed point in those few cells, which :func:`.anderson.fixed_points` finds. What a step needs of the other units is
their Gram matrix over the periods, in which one row changes: its cost does not grow with their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from .anderson import fixed_points
from .completion_core import FLAT

TOLERANCE = 1e-5  # of the fixed-point residual, relative to the amount by which singular values are lowered


def complete_rows(y: Array, missing: NDArray[np.intp], pre: int, lam: float, start: Array) -> Array:
    """(B, T) fitted row ``missing`` (B,) of each of ``y`` (B, N, T) whose cells from column ``pre`` on are not used.

    ``lam``: penalty as in :func:`.completion_core.complete`; ``start`` (B, T - pre): first guess of the missing cells.
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
    threshold = lam * cells / 2.0
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
