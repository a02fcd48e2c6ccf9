"""Structural gravity: Poisson pseudo-maximum likelihood and least squares with fixed effects.

The estimation itself is in :mod:`.estimate`; here it gets its sample, must converge, and comes back as a result that
names its errors, its small-sample choice and everything that was left out.
Sources: Santos Silva and Tenreyro (2006), The Log of Gravity; Yotov, Piermartini, Monteiro and Larch (2016), An
Advanced Guide to Trade Policy Analysis; Correia, Guimaraes and Zylkin (2020), Fast Poisson estimation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array, Ints
from ...data.tidy import as_pandas
from ...errors import BadInputError, NoDataError, NotConvergedError, require_level, unknown
from ...results import Check, Provenance
from .estimate import Estimate, Scaled, estimate, identify
from .fit import GravityFit, normal_quantile
from .sample import Effect, GravitySample, effect_name, take_sample
from .separation import Separation

FIRST_ORDER = 1e-3  # flow that a fixed effect fails to reproduce, as a share of its own
Cluster = str | tuple[str, ...] | Sequence[str | tuple[str, ...]] | None
SEARCHES = ("rectifier", "effects")
SHOWN = 5  # separated rows named in the text of the check

CLUSTER_ERRORS = ("crv1", "crv3")


@dataclass(frozen=True, kw_only=True)
class GravityOptions:
    """Rarely changed settings of ``ppml``.

    Parameters
    ----------
    level : float, default 0.90
        Confidence level of the intervals, between 0 and 1.
    disconnected : {"error", "allow"}, default "error"
        What to do when the fixed effects fall into groups that share no flow.
    errors : {"crv1", "crv3"}, default "crv1"
        Errors by cluster: the sandwich of the scores, or the jackknife that leaves out one cluster at a time, which is
        slower and safer with few or unequal clusters.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Notes
    -----
    MacKinnon, Nielsen and Webb (2023), Fast and reliable jackknife and bootstrap methods for cluster-robust inference,
    for the jackknife.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.GravityOptions(errors="crv3")
    GravityOptions(level=0.9, disconnected='error', errors='crv3')
    """

    level: float = settings.LEVEL
    disconnected: Literal["error", "allow"] = "error"
    errors: Literal["crv1", "crv3"] = "crv1"

    def __post_init__(self) -> None:
        require_level(self.level)
        if self.disconnected not in ("error", "allow"):
            raise unknown("disconnected", str(self.disconnected), ("error", "allow"))
        if self.errors not in CLUSTER_ERRORS:
            raise unknown("errors", str(self.errors), CLUSTER_ERRORS)


def ppml(
    data: pd.DataFrame,
    y: str,
    x: Sequence[str],
    fixed_effects: Sequence[Effect],
    cluster: Cluster = None,
    k_adj: bool = False,
    bias_correction: bool | Literal["weidner-zylkin", "cox-snell"] = False,
    *,
    weights: str | None = None,
    offset: str | None = None,
    collinear: Literal["error", "drop"] = "error",
    separation: Literal["rectifier", "effects"] = "rectifier",
    options: GravityOptions | None = None,
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
    bias_correction : bool or {"weidner-zylkin", "cox-snell"}, default False
        Correct points and errors for the incidental parameter problem; needs clusters by pair. "weidner-zylkin" (True)
        is of first order in the number of economies: with up to 20 part of the bias remains, and a check warns.
        "cox-snell" has all terms of second order in the errors and is for panels of few economies.
    weights : str, optional
        Column of weights above zero, by which the log-likelihood of each row is multiplied.
    offset : str, optional
        Column that is added to the index with a coefficient of one, such as the logarithm of an exposure.
    collinear : {"error", "drop"}, default "error"
        What to do with regressors that the fixed effects or other regressors explain. Those that are collinear only
        because separated rows are left out are always dropped and named.
    separation : {"rectifier", "effects"}, default "rectifier"
        "rectifier" drops all rows that regressors and fixed effects together predict to be zero, as ppmlhdfe does.
        "effects" drops only those of a fixed effect without a positive flow.
    options : GravityOptions, optional
        Level of the intervals, disconnected effects, kind of clustered errors.

    Returns
    -------
    GravityFit
        Coefficients, errors, fitted flows and what was left out.

    Raises
    ------
    BadInputError
        A column is missing, a flow is negative, a weight is not above zero, a regressor is collinear or not identified,
        there is one cluster only, the effects are disconnected, or an option is not known.
    NoDataError
        No row is left to estimate on.
    NotConvergedError
        The estimation did not converge.

    Notes
    -----
    Santos Silva and Tenreyro (2006), The Log of Gravity; Yotov, Piermartini, Monteiro and Larch (2016), An Advanced
    Guide to Trade Policy Analysis; Correia, Guimaraes and Zylkin (2020) for the algorithm, and (2021) for separation;
    Weidner and Zylkin (2021) and Cox and Snell (1968) for the bias correction. The fit is
    by Newton's method. Fixed effects are projected out exactly where that is the faster way for their levels and for
    the rows and regressors, else by pyfixest's alternating projections; pyfixest's own fit, which is the same, takes
    over where the method gives up.

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
    if separation not in SEARCHES:
        raise unknown("separation", str(separation), SEARCHES)
    chosen = GravityOptions() if options is None else options
    names = _regressors(x)
    groups = _clusters(cluster)
    connected = chosen.disconnected == "error"
    data = as_pandas("data", data)
    sample = take_sample(data, y, names, fixed_effects, groups, weights=weights, offset=offset, connected=connected)
    if not sample.y.any():
        raise NoDataError(f"no row of {y!r} is above zero: there is nothing to estimate")
    _several(sample, groups)
    alone = sample.separated
    sample, scaled, found = identify(sample, search=separation == "rectifier")
    if found is not None:
        _any_left(scaled, names, found)
    fit = estimate("fepois", sample, scaled, k_adj)
    dropped = _collinear(fit, names, collinear, found)
    foc = _first_order(sample, fit.fitted)
    if foc > FIRST_ORDER:
        raise NotConvergedError(
            f"the Poisson fit of {y!r} stopped with a fixed effect whose fitted flows miss the observed by {foc:.1%}"
        )
    question = {
        "model": "PPML",
        "y": y,
        "x": [n for n in names if n not in dropped],
        "fixed_effects": list(fixed_effects),
        "cluster": groups,
        "k_adj": k_adj,
        "weights": weights,
        "offset": offset,
        "separation": separation,
        "level": chosen.level,
        "errors": chosen.errors,
    }
    checks = _checks(data, sample, foc, alone, found, names, dropped)
    result = _result(fit, sample, question, dropped, data, checks)
    if chosen.errors == "crv3":
        from .inference import jackknife_errors

        result = jackknife_errors(result)
    if bias_correction:
        from .bias import correct

        result = correct(result, fit.off, bias_correction)
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
    options: GravityOptions | None = None,
) -> GravityFit:
    """Least squares of log flows, for teaching: positive flows only, biased under heteroskedasticity.

    ``y`` is the column of flows in levels; its logarithm is taken and zeros are left out and counted as missing.
    Other arguments and errors as :func:`ppml`.
    """
    chosen = GravityOptions() if options is None else options
    names = _regressors(x)
    data = as_pandas("data", data)
    if y not in data.columns:
        raise unknown("column", y, map(str, data.columns))
    flows = pd.to_numeric(data[y], errors="coerce").astype("float64")
    logged = data.assign(**{y: np.log(flows.where(flows > 0))})
    groups = _clusters(cluster)
    sample = take_sample(
        logged,
        y,
        names,
        fixed_effects,
        groups,
        drop_zero_groups=False,
        drop_singletons=False,
        connected=chosen.disconnected == "error",
    )
    _several(sample, groups)
    sample, scaled, _ = identify(sample, search=False)
    fit = estimate("feols", sample, scaled, k_adj)
    dropped = _collinear(fit, names, collinear, None)
    question = {
        "model": "OLS of the log",
        "y": y,
        "x": [n for n in names if n not in dropped],
        "fixed_effects": list(fixed_effects),
        "cluster": groups,
        "k_adj": k_adj,
        "level": chosen.level,
    }
    return _result(fit, sample, question, dropped, data, ())


def _regressors(x: Sequence[str]) -> list[str]:
    names = [str(name) if isinstance(name, str) else name for name in ([x] if isinstance(x, str) else x)]
    if not names:
        raise BadInputError("no regressor: give at least one column in x")
    return names


def _clusters(cluster: Cluster) -> list[Effect]:
    if cluster is None:
        return []
    if isinstance(cluster, (str, tuple)):
        return [cluster]
    return list(cluster)


def _several(sample: GravitySample, groups: list[Effect]) -> None:
    for name, codes in zip(groups, sample.clusters, strict=True):
        if int(codes.max()) == 0:
            raise BadInputError(
                f"all rows are in one cluster of {effect_name(name)!r}: clustered errors need several clusters; "
                "cluster by something finer, or pass cluster=None"
            )


def _any_left(scaled: Scaled, names: list[str], found: Separation) -> None:
    """Whether any regressor is left once the separated rows are gone."""
    if scaled.x.any():
        return
    gone = ", ".join(repr(names[k]) for k in found.regressors) or "the regressors"
    raise BadInputError(
        f"{gone} not identified: {int(found.rows.sum()):,} rows that would identify a coefficient have zero flows and "
        "are separated, and nothing varies in the others; leave the regressor out"
    )


def _collinear(fit: Estimate, names: list[str], rule: str, found: Separation | None) -> tuple[str, ...]:
    if rule not in ("error", "drop"):
        raise BadInputError(f"collinear={rule!r} is not known; 'error' or 'drop'")
    separated = () if found is None else found.regressors
    dropped = tuple(name for j, name in enumerate(names) if j not in fit.kept)
    faulty = [name for j, name in enumerate(names) if j not in fit.kept and j not in separated]
    if faulty and rule == "error":
        raise BadInputError(
            f"regressor {faulty[0]!r} is explained by the fixed effects and the other regressors"
            + (f" (also {', '.join(faulty[1:])})" if len(faulty) > 1 else "")
            + ": leave it out or pass collinear='drop'"
        )
    return dropped


def _first_order(sample: GravitySample, mu: Array) -> float:
    """Largest miss of fitted against observed flows over the levels of the effects, weighted by their share of all."""
    worst = 0.0
    weights = np.ones(len(mu)) if sample.weights is None else sample.weights
    for codes in sample.effects:
        observed = np.bincount(codes, weights=weights * sample.y)
        miss = np.abs(np.bincount(codes, weights=weights * mu) - observed)
        worst = max(worst, float(miss.sum() / observed.sum()))
    return worst


def _checks(
    data: pd.DataFrame,
    sample: GravitySample,
    foc: float,
    alone: Ints,
    found: Separation | None,
    names: list[str],
    dropped: tuple[str, ...],
) -> tuple[Check, ...]:
    """Convergence, separation, identification; ``alone``: positions of the rows that one fixed effect separates."""
    n = len(sample.y) + len(sample.separated) + sample.singletons
    text = f"{len(sample.separated):,} of {n:,} rows are predicted to be zero and say nothing: {len(alone):,} by one "
    text += "fixed effect" + (f" (no flow at all: {', '.join(sample.silent[:5])})" if sample.silent else "")
    lost = []
    if found is not None:
        by = ", ".join(names[k] for k in found.regressors)
        rows = [str(label) for label in data.index[np.setdiff1d(sample.separated, alone)]]
        text += f"; {len(rows):,} by " + (f"{by} with the effects" if by else "several effects together")
        text += f" (rows {', '.join(rows[:SHOWN])}{' and others' if len(rows) > SHOWN else ''})"
        lost = [name for name in dropped if names.index(name) in found.regressors]
    checks = [
        Check(
            "convergence", True, foc, FIRST_ORDER, f"fitted flows of the fixed effects miss the observed by {foc:.1e}"
        ),
        Check("separation", None, float(len(sample.separated)), None, text),
    ]
    if lost:
        text = f"{', '.join(lost)} not identified: only separated rows, with zero flows, tell it from what is left"
        checks.append(Check("identification", False, float(len(lost)), 0.0, text))
    return tuple(checks)


def _result(
    fit: Estimate,
    sample: GravitySample,
    question: dict[str, Any],
    dropped: tuple[str, ...],
    data: pd.DataFrame,
    checks: tuple[Check, ...],
) -> GravityFit:
    level, groups, k_adj = question["level"], question["cluster"], question["k_adj"]
    normal_quantile(level)
    index = pd.Index(question["x"], name="regressor")
    if dropped:
        sample = replace(sample, x=sample.x[:, list(fit.kept)])
    counted = (
        "k_adj=True: variance times (N-1)/(N-k), absorbed effects counted"
        if k_adj
        else ("k_adj=False: no correction for absorbed effects")
    )
    return GravityFit(
        spec=question,
        coef=pd.Series(fit.beta, index=index, name="coef"),
        se=pd.Series(np.sqrt(np.diag(fit.vcov)), index=index, name="se"),
        vcov=pd.DataFrame(fit.vcov, index=index, columns=index),
        nobs=len(sample.y),
        converged=True,
        level=level,
        small_sample=counted + ("; G/(G-1) of the smallest cluster dimension" if groups else ""),
        clusters={effect_name(g): int(c.max()) + 1 for g, c in zip(groups, sample.clusters, strict=True)},
        separated=len(sample.separated),
        separated_rows=data.index[sample.separated],
        singletons=sample.singletons,
        missing=sample.missing,
        dropped=dropped,
        deviance=fit.deviance,
        r2=fit.r2,
        checks=checks,
        fitted=pd.Series(fit.fitted, index=data.index[sample.rows], name="fitted"),
        sample=sample,
        data=data,
        provenance=Provenance(
            method=question["model"],
            reference="Santos Silva and Tenreyro (2006); Correia, Guimaraes and Zylkin (2020)",
            settings={"k_adj": k_adj},
        ),
    )
