"""Rows that regressors and fixed effects predict to be zero, found before the fit: statistical separation.

A combination z of regressors and fixed effects that is zero where flows are positive and above zero in some rows with
zero flow sends the likelihood to infinity: these rows say nothing, and the coefficients in z do not exist. Left in,
they spoil the others without a sign.

Three steps, each only where the one before leaves a doubt. (1) No zero flow: nothing to do. (2) The fixed effects are
projected out as the positive flows alone determine them; a random combination of the effects, or a combination of the
regressors, that then vanishes in all positive rows and not in the zero rows is a candidate. (3) A linear programme over
the candidates finds the largest set of rows that one z separates.

Source: Correia, S., Guimaraes, P. and Zylkin, T. (2021), Verifying the existence of maximum likelihood estimates for
generalized linear models, arXiv:1903.01633; their sharp criterion, with a linear programme in place of their iterative
rectifier, since few candidates are left for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...arrays import Array, Ints
from ...errors import NotConvergedError
from .projection import Iterated, Projection

NULL = 1e-6  # size below which a combination counts as zero: a thousand times the precision of the projections
TELLING = 1e-5  # size above which a combination is distinguishable from the imprecision of the projections
MOST_PROBES = 512  # independent combinations of effects that vanish where flows are positive
WIDEST = 1e5  # coefficient of a candidate in z


@dataclass(frozen=True)
class Separation:
    """``rows`` (n,): separated or not; ``z`` (n,): the combination that proves it, zero elsewhere; ``regressors``:
    places of the columns of x that are part of it."""

    rows: npt.NDArray[np.bool_]
    z: Array
    regressors: tuple[int, ...]


def find_separated(
    y: Array, spread: Array, effects: tuple[Ints, ...], positive: Projection | Iterated
) -> Separation | None:
    """The largest set of separated rows; None when there is none.

    ``positive``: the projection off the effects that positive flows alone determine, ``spread`` (n, K) what it leaves
    of the regressors, at standard deviation one; every level of ``effects`` has a positive flow. Raises
    NotConvergedError where the projections or the linear programme fail.
    """
    zero = y == 0
    if not zero.any():
        return None
    loose, mixed = _loose_effects(effects, zero, positive), _combinations(spread, zero)
    candidates = np.column_stack([spread[zero] @ mixed, loose])
    if candidates.shape[1] == 0:
        return None
    size = np.sqrt((candidates**2).sum(axis=1))
    free = size > TELLING
    if not free.any():
        return None
    weight, found = _largest(candidates[free] / size[free, None])
    if not found.any():
        return None
    z = np.zeros(len(y))
    z[np.flatnonzero(zero)[free]] = np.where(found, candidates[free] @ weight, 0.0)
    share = mixed @ weight[: mixed.shape[1]]
    part = np.abs(share) > NULL * max(1.0, float(np.abs(share).max(initial=0.0)))
    return Separation(z > 0, z, tuple(np.flatnonzero(part).tolist()))


def _combinations(spread: Array, zero: npt.NDArray[np.bool_]) -> Array:
    """(K, m): combinations of regressors that vanish where flows are positive, up to the fixed effects."""
    scale = np.sqrt((spread**2).mean(axis=0))
    alive = scale > NULL
    if not alive.any():
        return np.empty((spread.shape[1], 0))
    scaled = spread[:, alive] / scale[alive]
    _, size, right = np.linalg.svd(np.linalg.qr(scaled[~zero], mode="r"))
    vanish = np.ones(len(right), dtype=bool)
    vanish[: len(size)] = size <= NULL * np.sqrt(len(spread))
    out = np.zeros((spread.shape[1], int(vanish.sum())))
    out[alive] = right[vanish].T / scale[alive, None]
    return out


def _loose_effects(effects: tuple[Ints, ...], zero: npt.NDArray[np.bool_], positive: Projection | Iterated) -> Array:
    """(zeros, r): combinations of the effects that vanish where flows are positive, in the rows where they are zero.

    A single effect has none, since each of its levels has a positive flow. Of several, random combinations are drawn
    and what the positive flows determine is taken out, until one more adds nothing.
    """
    if len(effects) < 2:
        return np.empty((int(zero.sum()), 0))
    draw = np.random.default_rng(0)
    probes, left = 1, np.empty((int(zero.sum()), 0))
    while probes <= MOST_PROBES:
        more = [draw.normal(size=(int(codes.max()) + 1, probes))[codes] for codes in effects]
        left = np.column_stack([left, positive.residual(np.sum(more, axis=0))[zero]])
        left[np.abs(left) < NULL] = 0.0
        if not left.any():
            return np.empty((len(left), 0))
        basis, size, _ = np.linalg.svd(left, full_matrices=False)
        rank = int((size > TELLING * size[0]).sum())
        if rank < left.shape[1]:
            return np.asarray(basis[:, :rank])
        probes *= 2
    raise NotConvergedError(
        f"separation: the fixed effects hang together by more than {MOST_PROBES} zero flows; leave out sparse levels, "
        "or pass separation='effects'"
    )


def _largest(candidates: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Weights w and rows: ``candidates @ w`` is zero or more everywhere and above zero in as many rows as can be.

    max sum(s), 0 <= s <= 1, s <= candidates @ w. Sums of separating combinations separate, and any can be scaled up, so
    that s is one in every row that can be separated and zero in all others.
    """
    from scipy.optimize import linprog

    _, first, place = np.unique(candidates.round(6), axis=0, return_index=True, return_inverse=True)
    unique = candidates[first]
    count, width = unique.shape
    result = linprog(
        np.concatenate([np.zeros(width), -np.ones(count)]),
        A_ub=np.hstack([-unique, np.eye(count)]),
        b_ub=np.zeros(count),
        bounds=[(-WIDEST, WIDEST)] * width + [(0.0, 1.0)] * count,
        method="highs",
    )
    if result.status != 0:
        raise NotConvergedError("separation: the linear programme over the candidates found no answer")
    answer = np.asarray(result.x, dtype=np.float64)
    return answer[:width], (answer[width:] > 0.5)[place.ravel()]
