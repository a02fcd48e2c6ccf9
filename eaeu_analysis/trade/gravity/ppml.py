"""Structural gravity: Poisson pseudo-maximum likelihood and least squares with fixed effects.

The estimation itself is pyfixest's; here it gets its sample (:mod:`.absorb`), must converge, and comes back as a
result that names its errors, its small-sample choice and everything that was left out.
Sources: Santos Silva and Tenreyro (2006), The Log of Gravity; Yotov, Piermartini, Monteiro and Larch (2016), An
Advanced Guide to Trade Policy Analysis; Correia, Guimaraes and Zylkin (2020), Fast Poisson estimation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array
from ...errors import BadInputError, NotConvergedError, require_frame
from ...results import Check, Provenance
from .estimate import run_pyfixest
from .fit import GravityFit, normal_quantile
from .sample import Effect, GravitySample, effect_name, take_sample

FIRST_ORDER = 1e-3  # flow that a fixed effect fails to reproduce, as a share of its own
Cluster = str | tuple[str, ...] | Sequence[str | tuple[str, ...]] | None


def ppml(
    data: pd.DataFrame,
    y: str,
    x: Sequence[str],
    fixed_effects: Sequence[Effect],
    cluster: Cluster = None,
    k_adj: bool = False,
    bias_correction: bool = False,
    *,
    collinear: Literal["error", "drop"] = "error",
    separation: Literal["effects", "rectifier"] = "effects",
    disconnected: Literal["error", "allow"] = "error",
    level: float = settings.LEVEL,
    provenance: Provenance | None = None,
) -> GravityFit:
    """Estimate a gravity equation by Poisson pseudo-maximum likelihood, zeros included.

    Parameters
    ----------
    data : DataFrame
        A row per flow.
    y : str
        Column of the flows in levels, zero or positive.
    x : sequence of str
        Columns of the regressors.
    fixed_effects : sequence of str or tuple of str
        Columns, or tuples of columns such as ``("exporter", "year")``.
    cluster : str, tuple of str, or sequence of these, optional
        None gives robust errors. A tuple clusters by combination, so ``("exporter", "importer")`` is the pair. A list
        gives multiway clustering.
    k_adj : bool, default False
        Multiply the variance by (N-1)/(N-k), absorbed effects counted. False follows the Advanced Guide and ppmlhdfe.
        The factor G/(G-1) of the smallest cluster dimension is always used.
    bias_correction : bool, default False
        Correct points and errors for the incidental parameter problem; needs clusters by pair.
    collinear : {"error", "drop"}, default "error"
        What to do with regressors that the fixed effects explain.
    separation : {"effects", "rectifier"}, default "effects"
        "effects" drops rows that a fixed effect predicts to be zero. "rectifier" also searches the regressors (slow).
    disconnected : {"error", "allow"}, default "error"
        What to do when the fixed effects fall into groups that share no flow.
    level : float, default 0.9
        Level of the intervals.
    provenance : Provenance, optional
        Sources of the data, kept with the result.

    Returns
    -------
    GravityFit
        Coefficients, errors, fitted flows and counts of rows left out.

    Raises
    ------
    BadInputError
        A column is missing, a flow is negative, a regressor is collinear, the effects are disconnected, or an option is
        not known.
    NoDataError
        No row is left to estimate on.
    NotConvergedError
        The estimation did not converge.

    Notes
    -----
    Santos Silva and Tenreyro (2006), The Log of Gravity; Yotov, Piermartini, Monteiro and Larch (2016), An Advanced
    Guide to Trade Policy Analysis; Correia, Guimaraes and Zylkin (2020) for the algorithm and for separation; Weidner
    and Zylkin (2021) for the bias correction. Estimated with pyfixest.

    Examples
    --------
    >>> import eaeu_analysis as ea, numpy as np, pandas as pd
    >>> draw = np.random.default_rng(0)
    >>> pairs = [(i, j) for i in "ABCDEFGH" for j in "ABCDEFGH" if i != j]
    >>> flows = pd.DataFrame(pairs, columns=["exporter", "importer"])
    >>> flows["union"] = draw.integers(0, 2, len(flows))
    >>> flows["usd"] = np.exp(0.5 * flows["union"]) * draw.gamma(50.0, 0.02, len(flows))
    >>> fit = ea.ppml(flows, "usd", ["union"], ["exporter", "importer"])
    >>> round(float(fit.coef["union"]), 2), round(float(fit.se["union"]), 2)
    (0.45, 0.03)
    """
    if separation not in ("effects", "rectifier"):
        raise BadInputError(f"separation={separation!r} is not known; 'effects' or 'rectifier'")
    if disconnected not in ("error", "allow"):
        raise BadInputError(f"disconnected={disconnected!r} is not known; 'error' or 'allow'")
    names = _regressors(x)
    groups = _clusters(cluster)
    sample = take_sample(data, y, names, fixed_effects, groups, connected=disconnected == "error")
    fit, kept = run_pyfixest("fepois", sample, k_adj, separation)
    if kept is not None:
        sample = kept
    dropped = _collinear(fit, names, collinear)
    used = [n for n in names if n not in dropped]
    mu = np.asarray(fit._Y_hat_response, dtype=np.float64)
    foc = _first_order(sample, mu)
    if foc > FIRST_ORDER:
        raise NotConvergedError(
            f"the Poisson fit of {y!r} stopped with a fixed effect whose fitted flows miss the observed by {foc:.1%}"
        )
    result = _result(fit, sample, used, dropped, data, y, fixed_effects, groups, k_adj, level, "PPML", mu)
    result = replace(result, checks=(*_checks(sample, foc), *result.checks))
    if provenance is not None:
        result = replace(result, provenance=provenance)
    if bias_correction:
        from .bias import correct

        result = correct(result)
    return result


def ols(
    data: pd.DataFrame,
    y: str,
    x: Sequence[str],
    fixed_effects: Sequence[Effect] = (),
    cluster: Cluster = None,
    k_adj: bool = False,
    *,
    collinear: Literal["error", "drop"] = "error",
    disconnected: Literal["error", "allow"] = "error",
    level: float = settings.LEVEL,
) -> GravityFit:
    """Least squares of log flows, for teaching: positive flows only, biased under heteroskedasticity.

    ``y`` is the column of flows in levels; its logarithm is taken and zeros are left out and counted as missing.
    Other arguments and errors as :func:`ppml`.
    """
    names = _regressors(x)
    require_frame("data", data)
    if y not in data.columns:
        from ...errors import unknown

        raise unknown("column", y, map(str, data.columns))
    flows = pd.to_numeric(data[y], errors="coerce").astype("float64")
    logged = data.assign(**{y: np.log(flows.where(flows > 0))})
    groups = _clusters(cluster)
    options = {"drop_zero_groups": False, "drop_singletons": False, "connected": disconnected == "error"}
    sample = take_sample(logged, y, names, fixed_effects, groups, **options)
    fit, _ = run_pyfixest("feols", sample, k_adj, "effects")
    dropped = _collinear(fit, names, collinear)
    used = [n for n in names if n not in dropped]
    fitted = sample.y - np.asarray(fit._u_hat, dtype=np.float64)
    return _result(fit, sample, used, dropped, data, y, fixed_effects, groups, k_adj, level, "OLS of the log", fitted)


def _regressors(x: Sequence[str]) -> list[str]:
    names = [x] if isinstance(x, str) else list(x)
    if not names:
        raise BadInputError("no regressor: give at least one column in x")
    return names


def _clusters(cluster: Cluster) -> list[str | tuple[str, ...]]:
    if cluster is None:
        return []
    if isinstance(cluster, (str, tuple)):
        return [cluster]
    return list(cluster)


def _collinear(fit: Any, names: list[str], rule: str) -> tuple[str, ...]:
    kept = [name for name in fit._coefnames if name != "Intercept"]
    dropped = tuple(name for j, name in enumerate(names) if f"x{j}" not in kept)
    if rule not in ("error", "drop"):
        raise BadInputError(f"collinear={rule!r} is not known; 'error' or 'drop'")
    if dropped and rule == "error":
        raise BadInputError(
            f"regressor {dropped[0]!r} is explained by the fixed effects and the other regressors"
            + (f" (also {', '.join(dropped[1:])})" if len(dropped) > 1 else "")
            + ": leave it out or pass collinear='drop'"
        )
    return dropped


def _first_order(sample: GravitySample, mu: Array) -> float:
    """Largest miss of fitted against observed flows over the levels of the effects, weighted by their share of all."""
    worst = 0.0
    for codes in sample.effects:
        observed = np.bincount(codes, weights=sample.y)
        miss = np.abs(np.bincount(codes, weights=mu) - observed)
        worst = max(worst, float(miss.sum() / observed.sum()))
    return worst


def _checks(sample: GravitySample, foc: float) -> tuple[Check, ...]:
    n = len(sample.y) + sample.separated + sample.singletons
    silent = f"; no flow at all: {', '.join(sample.silent[:5])}" if sample.silent else ""
    share = f"{sample.separated:,} of {n:,} rows are predicted to be zero by a fixed effect and say nothing{silent}"
    return (
        Check(
            "convergence", True, foc, FIRST_ORDER, f"fitted flows of the fixed effects miss the observed by {foc:.1e}"
        ),
        Check(
            "separation",
            None,
            float(sample.separated),
            None,
            share,
        ),
    )


def _result(
    fit: Any,
    sample: GravitySample,
    used: list[str],
    dropped: tuple[str, ...],
    data: pd.DataFrame,
    y: str,
    fixed_effects: Sequence[Effect],
    groups: list[str | tuple[str, ...]],
    k_adj: bool,
    level: float,
    model: str,
    fitted: Array,
) -> GravityFit:
    normal_quantile(level)
    own = [f"x{j}" for j in range(sample.x.shape[1]) if f"x{j}" in fit._coefnames]
    place = [list(fit._coefnames).index(name) for name in own]
    beta = np.asarray(fit._beta_hat, dtype=np.float64)[place]
    variance = _multiway(fit, sample, k_adj) if len(sample.clusters) > 2 else np.asarray(fit._vcov)
    variance = variance[np.ix_(place, place)]
    index = pd.Index(used, name="regressor")
    if dropped:
        keep = [j for j in range(sample.x.shape[1]) if f"x{j}" in fit._coefnames]
        sample = replace(sample, x=sample.x[:, keep])
    poisson = model == "PPML"
    r2 = (
        float(fit._pseudo_r2)
        if poisson
        else 1 - float(np.sum((sample.y - fitted) ** 2) / np.sum((sample.y - sample.y.mean()) ** 2))
    )
    counted = (
        "k_adj=True: variance times (N-1)/(N-k), absorbed effects counted"
        if k_adj
        else ("k_adj=False: no correction for absorbed effects")
    )
    return GravityFit(
        spec={
            "model": model,
            "y": y,
            "x": used,
            "fixed_effects": list(fixed_effects),
            "cluster": groups,
            "k_adj": k_adj,
            "level": level,
        },
        coef=pd.Series(beta, index=index, name="coef"),
        se=pd.Series(np.sqrt(np.diag(variance)), index=index, name="se"),
        vcov=pd.DataFrame(variance, index=index, columns=index),
        nobs=len(sample.y),
        converged=True,
        level=level,
        small_sample=counted + ("; G/(G-1) of the smallest cluster dimension" if groups else ""),
        clusters={effect_name(g): int(c.max()) + 1 for g, c in zip(groups, sample.clusters, strict=True)},
        separated=sample.separated,
        singletons=sample.singletons,
        missing=sample.missing,
        dropped=dropped,
        deviance=float(fit.deviance) if poisson else float(np.sum((sample.y - fitted) ** 2)),
        r2=r2,
        checks=(),
        fitted=pd.Series(fitted, index=data.index[sample.rows], name="fitted"),
        sample=sample,
        data=data,
        provenance=Provenance(
            method=f"{model}, pyfixest",
            reference="Santos Silva and Tenreyro (2006); Correia, Guimaraes and Zylkin (2020)",
            settings={"k_adj": k_adj},
        ),
    )


def _multiway(fit: Any, sample: GravitySample, k_adj: bool) -> Array:
    """Cameron, Gelbach and Miller (2011) for three or more ways: sums over all combinations, alternating signs."""
    from itertools import combinations

    scores = np.asarray(fit._scores, dtype=np.float64)
    bread = np.linalg.inv(np.asarray(fit._hessian, dtype=np.float64))
    least = min(int(codes.max()) + 1 for codes in sample.clusters)
    meat = np.zeros_like(bread)
    for ways in range(1, len(sample.clusters) + 1):
        for chosen in combinations(sample.clusters, ways):
            codes = chosen[0]
            for more in chosen[1:]:
                codes = pd.factorize(codes * (int(more.max()) + 1) + more)[0].astype(np.int64)
            sums = np.column_stack([np.bincount(codes, weights=scores[:, k]) for k in range(scores.shape[1])])
            meat += (-1) ** (ways + 1) * (sums.T @ sums)
    variance = bread @ meat @ bread * least / (least - 1)
    if k_adj:
        n = len(sample.y)
        k = scores.shape[1] + sum(int(c.max()) for c in sample.effects)
        variance *= (n - 1) / (n - k)
    values, vectors = np.linalg.eigh(variance)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)
