"""The estimation itself: Newton's method for Poisson; for least squares, and where that gives up, pyfixest, with its
errors as errors of this package.

Regressors go in with the fixed effects taken out and at standard deviation one, so that neither the unit of a regressor
nor its size next to the fixed effects decides whether the fit converges; coefficients come back in the user's unit.
"""

from __future__ import annotations

import contextlib
import warnings
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...arrays import Array, Ints
from ...errors import BadInputError, NotConvergedError
from .newton import damped
from .projection import Projection, off_effects
from .sample import GravitySample
from .separation import Separation, find_separated

MAX_ITERATIONS = 50
MAX_PROJECTIONS = 500  # of one round of alternating projections; what needs more is left to damped steps
COARSE = 1e-3  # of it: where less is left the effects are taken out once more, at the precision of what is left
EXPLAINED = 1e-7  # of a regressor's standard deviation: what is left of it once the effects are out is imprecision


@dataclass(frozen=True)
class Scaled:
    """``x`` (n, K): regressors less the fixed effects, at standard deviation one; zero where the effects explain one.
    ``unit`` (K,): what a coefficient of ``x`` is divided by to be one of the regressor."""

    x: Array
    unit: Array


@dataclass(frozen=True)
class Estimate:
    """``kept`` (K',): places of the regressors that are not collinear; of these, in the user's unit, ``beta`` (K',),
    ``vcov`` (K', K') and ``influence`` (n, K'), what each row adds to ``beta``; ``fitted`` (n,), ``deviance``, ``r2``;
    ``off``: the exact projection at the fitted flows, where there is one."""

    kept: tuple[int, ...]
    beta: Array
    vcov: Array
    influence: Array
    fitted: Array
    deviance: float
    r2: float
    off: Projection | None = None


def identify(sample: GravitySample, search: bool) -> tuple[GravitySample, Scaled, Separation | None]:
    """The sample without separated rows (of regressors and effects together, if ``search``), regressors scaled."""
    zero = (sample.y == 0) if search else np.zeros(len(sample.y), dtype=bool)
    sd = sample.x.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    positive = off_effects((~zero).astype(np.float64), sample.effects, sample.x.shape[1])
    spread = positive.residual((sample.x - sample.x.mean(axis=0)) / sd)
    found = find_separated(sample.y, spread, sample.effects, positive) if search else None
    if found is not None:
        smaller, scaled, _ = identify(sample.without(found.rows), search=False)
        return smaller, scaled, found
    left = np.sqrt((spread**2).mean(axis=0))
    telling = left > EXPLAINED
    left = np.where(telling, left, 1.0)
    spread = np.where(telling, spread / left, 0.0)
    if left.min() < COARSE:
        spread = positive.residual(spread)
    return sample, Scaled(spread, sd * left), None


def estimate(kind: Literal["fepois", "feols"], sample: GravitySample, scaled: Scaled, k_adj: bool) -> Estimate:
    """Poisson fits by Newton's method, or by pyfixest where that gives up; least squares by pyfixest.

    Raises NotConvergedError, and BadInputError when every regressor is collinear.
    """
    if kind == "feols":
        return by_pyfixest(kind, sample, scaled, k_adj)
    try:
        return by_newton(sample, scaled, k_adj)
    except NotConvergedError:
        return by_pyfixest(kind, sample, scaled, k_adj)


def by_newton(sample: GravitySample, scaled: Scaled, k_adj: bool) -> Estimate:
    """A Poisson fit by damped Newton steps (:mod:`.newton`)."""
    kept, beta, fitted, influence, off = damped(sample, scaled.x)
    unit = scaled.unit[list(kept)]
    influence = influence / unit
    weights = np.ones(len(sample.y)) if sample.weights is None else sample.weights
    safe = np.where(sample.y > 0, sample.y, fitted)
    return Estimate(
        kept,
        beta / unit,
        cluster_variance(influence, sample, k_adj),
        influence,
        fitted,
        float(2 * np.sum(weights * (sample.y * np.log(safe / fitted) - (sample.y - fitted)))),
        _explained_share(sample.y, fitted, weights, poisson=True),
        off if isinstance(off, Projection) else None,
    )


def by_pyfixest(kind: Literal["fepois", "feols"], sample: GravitySample, scaled: Scaled, k_adj: bool) -> Estimate:
    """A fit by pyfixest."""
    return _read(run_pyfixest(kind, sample, scaled, k_adj), sample, scaled, k_adj, poisson=kind == "fepois")


def run_pyfixest(kind: str, sample: GravitySample, scaled: Scaled, k_adj: bool) -> Any:
    """Run pyfixest without its warnings; NotConvergedError, and BadInputError when every regressor is collinear."""
    import pyfixest

    _in_order()
    k = sample.x.shape[1]
    frame = pd.DataFrame({"y": sample.y, **{f"x{j}": scaled.x[:, j] for j in range(k)}})
    for j, codes in enumerate(sample.effects):
        frame[f"f{j}"] = codes
    for j, codes in enumerate(sample.clusters):
        frame[f"c{j}"] = codes
    right = " + ".join(f"x{j}" for j in range(k))
    absorbed = " + ".join(f"f{j}" for j in range(len(sample.effects)))
    formula = f"y ~ {right} | {absorbed}" if absorbed else f"y ~ {right}"
    ways = len(sample.clusters)
    vcov: Any = {"CRV1": " + ".join(f"c{j}" for j in range(ways))} if 1 <= ways <= 2 else "hetero"
    options: dict[str, Any] = {"vcov": vcov, "ssc": pyfixest.ssc(k_adj=k_adj), "fixef_rm": "none", "copy_data": False}
    if sample.weights is not None:
        frame["weights"] = sample.weights
        options["weights"] = "weights"
    if kind == "fepois":
        options |= {"iwls_maxiter": MAX_ITERATIONS, "separation_check": []}
        options["demeaner"] = pyfixest.MapDemeaner(fixef_maxiter=MAX_PROJECTIONS)
        if sample.offset is not None:
            frame["offset"] = sample.offset
            options["offset"] = "offset"
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            fit = getattr(pyfixest, kind)(formula, frame, **options)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise _explained(error) from error
    if kind == "fepois" and not fit.convergence:
        raise NotConvergedError(f"the Poisson fit did not converge in {MAX_ITERATIONS} iterations")
    return fit


def _read(fit: Any, sample: GravitySample, scaled: Scaled, k_adj: bool, poisson: bool) -> Estimate:
    names = list(fit._coefnames)
    kept = tuple(j for j in range(sample.x.shape[1]) if f"x{j}" in names)
    place = [names.index(f"x{j}") for j in kept]
    unit = scaled.unit[list(kept)]
    scores, hessian = (np.asarray(a, dtype=np.float64) for a in (fit._scores, fit._hessian))
    influence = np.linalg.solve(hessian, scores.T).T[:, place] / unit
    fitted = fit._Y_hat_response if poisson else sample.y - np.asarray(fit._u_hat, dtype=np.float64)
    fitted = np.asarray(fitted, dtype=np.float64)
    weights = np.ones(len(sample.y)) if sample.weights is None else sample.weights
    return Estimate(
        kept,
        np.asarray(fit._beta_hat, dtype=np.float64)[place] / unit,
        cluster_variance(influence, sample, k_adj),
        influence,
        fitted,
        float(fit.deviance) if poisson else float(np.sum(weights * (sample.y - fitted) ** 2)),
        _explained_share(sample.y, fitted, weights, poisson),
    )


def _explained_share(y: Array, fitted: Array, weights: Array, poisson: bool) -> float:
    """R2 of least squares; of Poisson one less the log-likelihood over that of a constant."""
    mean = float(np.average(y, weights=weights))
    if not poisson:
        return 1 - float(np.sum(weights * (y - fitted) ** 2) / np.sum(weights * (y - mean) ** 2))
    from scipy.special import gammaln

    def likelihood(mu: Array) -> float:
        return float(np.sum(weights * (y * np.log(mu) - mu - gammaln(y + 1))))

    return 1 - likelihood(fitted) / likelihood(np.full(len(y), mean))


def cluster_variance(influence: Array, sample: GravitySample, k_adj: bool) -> Array:
    """Variance from the influence (n, K) of each row: robust without clusters, else Cameron, Gelbach and Miller (2011),
    sums over all combinations of the ways of clustering with alternating signs, negative eigenvalues set to zero.

    Raises BadInputError where nothing is left of a variance: too few clusters, or no degree of freedom.
    """
    n, width = influence.shape
    ways: tuple[Ints, ...] = sample.clusters or (np.arange(n),)
    least = min(int(codes.max()) + 1 for codes in ways)
    small = least / (least - 1) if sample.clusters else 1.0
    total = np.zeros((width, width))
    for count in range(1, len(ways) + 1):
        for chosen in combinations(ways, count):
            codes = chosen[0]
            for more in chosen[1:]:
                codes = pd.factorize(codes * (int(more.max()) + 1) + more)[0].astype(np.int64)
            sums = np.column_stack([np.bincount(codes, weights=influence[:, k]) for k in range(width)])
            total += (-1) ** (count + 1) * (sums.T @ sums)
    variance = total * small
    if k_adj:
        absorbed = sum(int(codes.max()) for codes in sample.effects if not _nested(codes, sample.clusters))
        free = n - width - 1 - absorbed
        if free <= 0:
            raise BadInputError(
                f"k_adj=True: {n:,} rows are too few for {width} regressors and {absorbed + 1:,} levels of the effects"
            )
        variance *= (n - 1 if sample.clusters else n) / free
    if len(ways) > 1:
        values, vectors = np.linalg.eigh(variance)
        if values[0] < 0:
            variance = (vectors * np.maximum(values, 0)) @ vectors.T
        if (np.diag(variance) <= 0).any():
            raise BadInputError(
                f"{len(ways)} ways of clustering, the smallest with {least}, leave an error of zero: cluster by fewer"
            )
    return np.asarray(variance)


def _nested(codes: Ints, clusters: tuple[Ints, ...]) -> bool:
    """Whether every level of the effect is inside one cluster, so that the clusters account for it."""
    pairs = (np.unique(codes * (int(by.max()) + 1) + by).size for by in clusters)
    return any(count == int(codes.max()) + 1 for count in pairs)


def _in_order() -> None:
    """Fixed effects in the order given: pyfixest keeps their names in a set, whose order, and with it the last digits
    of every estimate, hangs on the hash seed of the process."""
    with contextlib.suppress(ImportError):
        from pyfixest.estimation.formula import utils

        utils.set = dict.fromkeys


def _explained(error: Exception) -> Exception:
    text = " ".join(str(error).split())
    if "Demeaning failed" in text:
        return NotConvergedError(
            "the fixed effects could not be taken out: the alternating projections did not converge"
        )
    if "collinear" in text:
        return BadInputError("every regressor is explained by the fixed effects: nothing is left to estimate")
    return NotConvergedError(f"the fit failed with numbers beyond what a computer can represent ({text[:80]})")
