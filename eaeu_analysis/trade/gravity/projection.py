"""Weighted projection off several fixed effects: exact where the effects are few enough, else in iterations.

Exact: the largest effect (the pairs) is eliminated by hand, because its block of the normal matrix is diagonal; what
remains is a dense matrix of the size of the other effects (exporter-years and importer-years), factored once. With more
levels than that pays, pyfixest's alternating projections take over.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ...arrays import Array, Ints
from ...errors import BadInputError, NotConvergedError

FEW = 2000  # levels besides the largest effect up to which a projection may be exact
DEAR = 5000  # numbers to be projected are worth the factor of a matrix of F levels if there are F^3 / DEAR of them
SWEEPS, QUICK = 500, 60  # of a projection in iterations, and where an exact one can take over if these do not suffice
PRECISION = 1e-10  # of the projections in iterations, on columns of standard deviation one
MAX_DENSE = 9000  # levels besides the largest effect: 9,000^2 numbers are 650 MB
RANK_TOLERANCE = 1e-11  # of a unit diagonal; below it a level is a combination of others


@dataclass(frozen=True)
class Factored:
    """A positive semi-definite matrix (F, F), scaled to a unit diagonal: Cholesky factor of the ``used`` rows, which
    are no combination of others. Both :meth:`solve` and :attr:`inverse` are of one symmetric generalised inverse, whose
    other rows and columns are zero."""

    lower: Array
    used: Ints
    scale: Array

    def solve(self, right: Array) -> Array:
        """(F, k)"""
        from scipy.linalg import lapack

        out = np.zeros_like(right)
        if len(self.used):
            scale = self.scale[self.used, None]
            out[self.used] = lapack.dpotrs(self.lower, right[self.used] * scale, lower=1)[0] * scale
        return out

    @cached_property
    def inverse(self) -> Array:
        """(F, F)"""
        from scipy.linalg import lapack

        out: Array = np.zeros((len(self.scale), len(self.scale)))
        if len(self.used):
            own, info = lapack.dpotri(self.lower, lower=1)
            if info != 0:
                raise BadInputError("the fixed effects cannot be separated numerically: a level has next to no flow")
            out[np.ix_(self.used, self.used)] = np.tril(own) + np.tril(own, -1).T
        return np.asarray(out * self.scale[:, None] * self.scale[None, :])


@dataclass(frozen=True)
class Projection:
    """Weights and codes with the inverted block.

    ``weights`` (n,); ``big`` (n,) codes of the largest effect and ``total`` its weight per level; ``other``: codes of
    the other effects, offset so that they share one numbering of F levels; ``normal`` (F, F): D'WD once the largest
    effect is taken out of D.
    """

    weights: Array
    big: Ints
    total: Array
    other: tuple[Ints, ...]
    normal: Factored
    largest: int = 0  # place of the largest effect among all

    @property
    def inverse(self) -> Array:
        """(F, F): a generalised inverse of ``normal``."""
        return self.normal.inverse

    @property
    def size(self) -> int:
        """F."""
        return len(self.normal.scale)

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
        rhs = np.empty((self.size, within.shape[1]))
        for k in range(within.shape[1]):
            weighted = self.weights * within[:, k]
            rhs[:, k] = sum(np.bincount(codes, weights=weighted, minlength=self.size) for codes in self.other)
        return self.normal.solve(rhs)

    def kernel(self, levels: Ints) -> Array:
        """(n,): d (D'WD)^- D', the weight of every score in the fitted index of a row with these levels (E,)."""
        at = int(levels[self.largest])
        own = (self.big == at) / self.total[at]
        if not self.other:
            return np.asarray(own, dtype=np.float64)
        within = np.zeros(self.size)  # the row's dummies less their mean over its level of the largest effect
        mine = np.flatnonzero(self.big == at)
        share = self.weights[mine] / self.total[at]
        for codes, place in zip(self.other, self._numbered(levels[None, :])[0], strict=True):
            within[place] += 1.0
            np.subtract.at(within, codes[mine], share)
        found = self.normal.solve(within[:, None])[:, 0]
        fitted = np.asarray(sum(found[codes] for codes in self.other))
        return np.asarray(own + self.demean_big(fitted[:, None])[:, 0])


@dataclass(frozen=True)
class Iterated:
    """The same projection by alternating between the effects; ``weights`` (n,), ``effects`` as codes, ``precision`` at
    which a column has converged."""

    weights: Array
    effects: tuple[Ints, ...]
    precision: float = PRECISION

    def residual(self, values: Array) -> Array:
        """(n, k): what is left of each column; NotConvergedError where the projections do not converge."""
        from pyfixest.core.demean import demean, demean_within

        levels = _side_by_side(self.effects)
        few = _levels_besides_largest(self.effects) <= FEW
        sweeps = QUICK if few else SWEEPS
        out, converged = demean(values, levels.view(np.uint64), self.weights, self.precision, sweeps)
        if not converged and few:
            return self._exact.residual(values)
        if not converged:
            finer = self.precision / 100
            out, converged, _ = demean_within(values, levels.astype(np.uint32), self.weights, finer, 2000)
        if not converged:
            raise NotConvergedError("the fixed effects could not be taken out: the projections did not converge")
        return np.asarray(out, dtype=np.float64)

    @cached_property
    def _exact(self) -> Projection:
        return project(self.weights, self.effects)


def _side_by_side(effects: tuple[Ints, ...]) -> Ints:
    """(n, E): without a copy where the effects are the rows of one array."""
    block = effects[0].base
    if block is None or block.shape != (len(effects), len(effects[0])) or any(e.base is not block for e in effects):
        return np.column_stack(effects)
    return np.asarray(block.T)


def _levels_besides_largest(effects: tuple[Ints, ...]) -> int:
    sizes = [int(codes.max()) + 1 for codes in effects]
    return sum(sizes) - max(sizes)


def off_effects(
    weights: Array, effects: tuple[Ints, ...], columns: int, precision: float = PRECISION
) -> Projection | Iterated:
    """The projection off the effects (of the mean, where there are none), exact where that is faster for this number of
    columns and one more."""
    effects = effects or (np.zeros(len(weights), dtype=np.int64),)
    levels = _levels_besides_largest(effects)
    exact = levels <= FEW and levels**3 <= DEAR * len(weights) * (columns + 1)
    return project(weights, effects) if exact else Iterated(weights, effects, precision)


def project(weights: Array, effects: tuple[Ints, ...], eliminate: int | None = None) -> Projection:
    """Prepare the projection; ``eliminate`` names the effect taken out by hand in place of the largest.

    Raises BadInputError when the other effects have too many levels.
    """
    if not effects:
        none = np.empty(0, dtype=np.int64)
        return Projection(weights, none, np.empty(0), (), _factored(np.empty((0, 0)), np.empty(0)))
    sizes = [int(codes.max()) + 1 for codes in effects]
    largest = int(np.argmax(sizes)) if eliminate is None else eliminate
    big = effects[largest]
    total = np.bincount(big, weights=weights, minlength=sizes[largest]).astype(np.float64)
    total = np.where(total > 0, total, 1.0)  # a level without weight has nothing to take out
    start, other = 0, []
    for k, codes in enumerate(effects):
        if k != largest:
            other.append(codes + start)
            start += sizes[k]
    if start > MAX_DENSE:
        raise BadInputError(
            f"{start:,} levels of fixed effects besides the largest: exact errors are computed up to {MAX_DENSE:,}"
        )
    normal = _normal(weights, big, total, tuple(other), start)
    return Projection(weights, big, total, tuple(other), normal, largest)


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
    return _factored(normal, np.diag(normal).copy()).inverse, numbered


def _normal(weights: Array, big: Ints, total: Array, other: tuple[Ints, ...], size: int) -> Factored:
    from scipy.sparse import coo_matrix, diags

    if not other:
        return _factored(np.empty((0, 0)), np.empty(0))
    n = len(weights)
    levels = np.concatenate(other)
    rows = np.tile(np.arange(n), len(other))
    dummies = coo_matrix((np.ones(len(levels)), (rows, levels)), shape=(n, size)).tocsr()
    weighted = diags(weights) @ dummies
    flat = (np.tile(weights, len(other)), (np.tile(big, len(other)), levels))
    cross = coo_matrix(flat, shape=(len(total), size)).tocsr()
    normal = (dummies.T @ weighted - cross.T @ (diags(1.0 / total) @ cross)).toarray()
    raw = np.bincount(levels, weights=np.tile(weights, len(other)), minlength=size).astype(np.float64)
    return _factored(normal, raw)


def _factored(matrix: npt.NDArray[np.float64], raw: Array) -> Factored:
    """Pivoted Cholesky, which finds the levels that are combinations of others.

    ``raw``: the weight of each level; a diagonal that is negligible next to it is a level inside the largest effect.
    """
    from scipy.linalg import lapack

    if not len(raw):
        return Factored(matrix, np.empty(0, dtype=np.int64), raw)
    diagonal = np.diag(matrix)
    alive = diagonal > RANK_TOLERANCE * raw
    scale = np.where(alive, 1.0 / np.sqrt(np.where(alive, diagonal, 1.0)), 0.0)
    scaled = matrix * scale[:, None]
    scaled *= scale
    factor, pivot, rank, _ = lapack.dpstrf(scaled.T, tol=RANK_TOLERANCE, lower=1, overwrite_a=1)  # it is symmetric
    return Factored(np.asfortranarray(factor[:rank, :rank]), (pivot[:rank] - 1).astype(np.int64), scale)
