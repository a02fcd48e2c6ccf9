"""Exact weighted projection off several fixed effects, without the dense matrix of all dummies.

The largest effect (the pairs) is eliminated by hand, because its block of the normal matrix is diagonal; what remains
is a dense matrix of the size of the other effects (exporter-years and importer-years), inverted once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...arrays import Array, Ints
from ...errors import BadInputError

MAX_DENSE = 9000  # levels besides the largest effect: 9,000^2 numbers are 650 MB
RANK_TOLERANCE = 1e-11  # of a unit diagonal; below it a level is a combination of others


@dataclass(frozen=True)
class Projection:
    """Weights and codes with the inverted block.

    ``weights`` (n,); ``big`` (n,) codes of the largest effect and ``total`` its weight per level; ``other``: codes of
    the other effects, offset so that they share one numbering of F levels; ``inverse`` (F, F): a generalised inverse
    of D'WD once the largest effect is taken out of D.
    """

    weights: Array
    big: Ints
    total: Array
    other: tuple[Ints, ...]
    inverse: Array
    largest: int = 0  # place of the largest effect among all

    def demean_big(self, values: Array) -> Array:
        """(n, k) less its weighted mean per level of the largest effect."""
        out = np.empty_like(values)
        for k in range(values.shape[1]):
            sums = np.bincount(self.big, weights=self.weights * values[:, k], minlength=len(self.total))
            out[:, k] = values[:, k] - (sums / self.total)[self.big]
        return out

    def residual(self, values: Array) -> Array:
        """(n, k): what is left of each column once all fixed effects are projected out, weighted least squares."""
        if not len(self.big):
            return values.copy()
        within = self.demean_big(values)
        if not self.other:
            return within
        levels = self._levels(within)
        fitted = sum(levels[codes] for codes in self.other)
        return within - self.demean_big(np.asarray(fitted))

    def extend(self, values: Array, levels: Ints) -> Array:
        """(m, k): the part of each column that the effects explain, for rows with other combinations of their levels.

        ``levels`` (m, E): codes of each effect, in the order of :func:`project`. A combination that no chain of rows
        links gets an arbitrary value.
        """
        if not len(self.big):
            return np.zeros((len(levels), values.shape[1]))
        rest, others = values, np.zeros((len(levels), values.shape[1]))
        if self.other:
            found = self._levels(self.demean_big(values))
            rest = values - np.asarray(sum(found[codes] for codes in self.other))
            others = np.asarray(sum(found[codes] for codes in self._numbered(levels).T))
        sums = [np.bincount(self.big, weights=self.weights * column, minlength=len(self.total)) for column in rest.T]
        return np.asarray(others + (np.column_stack(sums) / self.total[:, None])[levels[:, self.largest]])

    def _numbered(self, levels: Ints) -> Ints:
        """(m, E - 1): codes of the other effects in their one numbering."""
        own = np.delete(levels, self.largest, axis=1)
        return np.asarray(own + np.array([int(codes.min()) for codes in self.other]))

    def _levels(self, within: Array) -> Array:
        """(F, k): coefficients of the other effects in a regression of columns free of the largest."""
        size = len(self.inverse)
        rhs = np.empty((size, within.shape[1]))
        for k in range(within.shape[1]):
            weighted = self.weights * within[:, k]
            rhs[:, k] = sum(np.bincount(codes, weights=weighted, minlength=size) for codes in self.other)
        return np.asarray(self.inverse @ rhs)

    def kernel(self, levels: Ints) -> Array:
        """(n,): d (D'WD)^- D', the weight of every score in the fitted index of a row with these levels (E,)."""
        at = int(levels[self.largest])
        own = (self.big == at) / self.total[at]
        if not self.other:
            return np.asarray(own, dtype=np.float64)
        size = len(self.inverse)
        within = np.zeros(size)  # the row's dummies less their mean over its level of the largest effect
        mine = np.flatnonzero(self.big == at)
        share = self.weights[mine] / self.total[at]
        for codes, place in zip(self.other, self._numbered(levels[None, :])[0], strict=True):
            within[place] += 1.0
            np.subtract.at(within, codes[mine], share)
        found = self.inverse @ within
        fitted = np.asarray(sum(found[codes] for codes in self.other))
        return np.asarray(own + self.demean_big(fitted[:, None])[:, 0])


def project(weights: Array, effects: tuple[Ints, ...], eliminate: int | None = None) -> Projection:
    """Prepare the projection; ``eliminate`` names the effect taken out by hand in place of the largest.

    Raises BadInputError when the other effects have too many levels.
    """
    if not effects:
        none = np.empty(0, dtype=np.int64)
        return Projection(weights, none, np.empty(0), (), np.empty((0, 0)))
    sizes = [int(codes.max()) + 1 for codes in effects]
    largest = int(np.argmax(sizes)) if eliminate is None else eliminate
    big = effects[largest]
    total = np.bincount(big, weights=weights, minlength=sizes[largest]).astype(np.float64)
    start, other = 0, []
    for k, codes in enumerate(effects):
        if k != largest:
            other.append(codes + start)
            start += sizes[k]
    if start > MAX_DENSE:
        raise BadInputError(
            f"{start:,} levels of fixed effects besides the largest: exact errors are computed up to {MAX_DENSE:,}"
        )
    inverse = _inverse(weights, big, total, tuple(other), start)
    return Projection(weights, big, total, tuple(other), inverse, largest)


def dense_inverse(weights: Array, effects: tuple[Ints, ...]) -> tuple[Array, tuple[Ints, ...]]:
    """Generalised inverse of D'WD for all levels of the effects, and their codes in one numbering."""
    sizes = [int(codes.max()) + 1 for codes in effects]
    if sum(sizes) > MAX_DENSE:
        raise BadInputError(f"{sum(sizes):,} levels of fixed effects: exact errors are worked out up to {MAX_DENSE:,}")
    from scipy.sparse import coo_matrix, diags

    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    numbered = tuple(codes + start for codes, start in zip(effects, starts, strict=True))
    n = len(weights)
    levels = np.concatenate(numbered)
    rows = np.tile(np.arange(n), len(effects))
    dummies = coo_matrix((np.ones(len(levels)), (rows, levels)), shape=(n, sum(sizes))).tocsr()
    normal = (dummies.T @ (diags(weights) @ dummies)).toarray()
    return generalised_inverse(normal, np.diag(normal).copy()), numbered


def _inverse(weights: Array, big: Ints, total: Array, other: tuple[Ints, ...], size: int) -> Array:
    from scipy.sparse import coo_matrix, diags

    if not other:
        return np.empty((0, 0))
    n = len(weights)
    levels = np.concatenate(other)
    rows = np.tile(np.arange(n), len(other))
    dummies = coo_matrix((np.ones(len(levels)), (rows, levels)), shape=(n, size)).tocsr()
    weighted = diags(weights) @ dummies
    flat = (np.tile(weights, len(other)), (np.tile(big, len(other)), levels))
    cross = coo_matrix(flat, shape=(len(total), size)).tocsr()
    normal = (dummies.T @ weighted - cross.T @ (diags(1.0 / total) @ cross)).toarray()
    raw = np.bincount(levels, weights=np.tile(weights, len(other)), minlength=size).astype(np.float64)
    return generalised_inverse(normal, raw)


def generalised_inverse(matrix: npt.NDArray[np.float64], raw: Array) -> Array:
    """A symmetric generalised inverse of a positive semi-definite matrix, scaled to a unit diagonal first.

    Pivoted Cholesky finds the levels that are combinations of others; their rows and columns of the inverse are zero.
    ``raw``: the weight of each level; a diagonal that is negligible next to it is a level inside the largest effect.
    """
    from scipy.linalg import lapack

    diagonal = np.diag(matrix)
    alive = diagonal > RANK_TOLERANCE * raw
    scale = np.where(alive, 1.0 / np.sqrt(np.where(alive, diagonal, 1.0)), 0.0)
    scaled = matrix * scale[:, None] * scale[None, :]
    factor, pivot, rank, _ = lapack.dpstrf(scaled, tol=RANK_TOLERANCE, lower=1)
    used = pivot[:rank] - 1
    inverse, info = lapack.dpotri(np.asfortranarray(factor[:rank, :rank]), lower=1)
    if info != 0:
        raise BadInputError("the fixed effects cannot be separated numerically: a level has next to no flow")
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    out: Any = np.zeros_like(matrix)
    out[np.ix_(used, used)] = inverse
    return np.asarray(out * scale[:, None] * scale[None, :])
