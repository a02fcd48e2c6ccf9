"""The optimiser of the published synthetic controls, kept only to reproduce published numbers.

Synth for R and its descendants choose V by one Nelder-Mead run from equal weights, over donor weights that SLSQP finds
to about six digits. That search can stop far from an optimum: for the placebo of Catalonia in the Basque study it ends
at a mean squared gap of 0.121, where :mod:`.search` finds one of 0.02. Use ``replicate="synth"`` for the published
column, not for an answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import Array


def nelder_mead(x: Array, column: int, pool: Sequence[int], z: Array) -> tuple[Array, Array, Mapping[str, float]]:
    """V (K,), weights (J,) and a note; ``x`` (K, 1 + J) raw predictors, ``z`` (T, J) outcome differences."""
    from scipy.optimize import minimize

    spread = x[:, [column, *pool]].std(axis=1, ddof=1)
    donors, own = x[:, list(pool)] / spread[:, None], x[:, column] / spread

    def loss(raw: Array) -> float:
        gap = z @ _slsqp(donors, own, np.abs(raw) / np.abs(raw).sum())
        return float(gap @ gap) / len(z)

    begin = np.full(len(x), 1.0 / len(x))
    end = minimize(loss, begin, method="Nelder-Mead", options={"maxiter": 1000})
    v = np.abs(end.x) / np.abs(end.x).sum()
    return v, _slsqp(donors, own, v), {"loss": float(end.fun), "evaluations": float(end.nfev), "starts": 1.0}


def _slsqp(donors: Array, own: Array, v: Array) -> Array:
    from scipy.optimize import Bounds, LinearConstraint, minimize

    count = donors.shape[1]
    gram = donors.T @ (donors * v[:, None])
    slope = donors.T @ (v * own)

    def loss(w: Array) -> float:
        return float(0.5 * w @ gram @ w - slope @ w)

    end = minimize(
        loss,
        np.full(count, 1.0 / count),
        bounds=Bounds(np.zeros(count), np.ones(count)),
        constraints=LinearConstraint(np.ones((1, count)), 1.0, 1.0),
        method="SLSQP",
        options={"maxiter": 1000},
    )
    return np.asarray(end.x, dtype=np.float64)
