"""Errors and tests of a fitted equation: the jackknife over clusters and the wild bootstrap of scores, which hold with
few or unequal clusters; tests of the form of the mean (RESET) and of the variance (Park)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...arrays import Array, Mask
from ...errors import BadInputError, NotConvergedError, require_least, unknown
from ...results import Check
from ...text import format_p_equals
from .estimate import Scaled, estimate, identify
from .newton import damped, effects_alone
from .projection import off_effects
from .sample import GravitySample, effect_name

if TYPE_CHECKING:
    from .fit import GravityFit

MOST_CLUSTERS = 500  # refits of the jackknife
ENUMERATED = 12  # clusters up to which all patterns of signs are used instead of draws
BISECTIONS = 20
RESET_LEVEL = 0.05


def jackknife_errors(fit: GravityFit) -> GravityFit:
    """The fit with CRV3 errors: (G-1)/G times the sum of squares of the estimates without one cluster, about all.

    Raises BadInputError unless there is one way of clustering with at most 500 clusters, and where a regressor is
    identified by one cluster alone.
    """
    sample = fit.sample
    if len(sample.clusters) != 1:
        raise BadInputError(f"errors='crv3' needs one way of clustering; {len(sample.clusters)} were given")
    codes = sample.clusters[0]
    groups = int(codes.max()) + 1
    if groups > MOST_CLUSTERS:
        raise BadInputError(
            f"errors='crv3' estimates once per cluster, {groups:,} times here, and at most {MOST_CLUSTERS} times: "
            "cluster by something coarser, or take errors='crv1', which is good with so many"
        )
    moved = np.empty((groups, len(fit.coef)))
    unclustered = replace(sample, clusters=())  # each estimation gives a point; the errors are the spread of these
    for group in range(groups):
        smaller, scaled, _ = identify(_less(unclustered, codes == group), search=True)
        again = estimate("fepois", smaller, scaled, k_adj=False)
        if len(again.kept) < len(fit.coef):
            lost = next(str(name) for k, name in enumerate(fit.coef.index) if k not in again.kept)
            raise BadInputError(f"one cluster alone identifies {lost!r}: no error can be had by leaving clusters out")
        moved[group] = again.beta - fit.coef.to_numpy()
    variance = (groups - 1) / groups * (moved.T @ moved)
    index = fit.coef.index
    return replace(
        fit,
        se=pd.Series(np.sqrt(np.diag(variance)), index=index, name="se"),
        vcov=pd.DataFrame(variance, index=index, columns=index),
        small_sample="CRV3: the jackknife over clusters, (G-1)/G",
    )


def _less(sample: GravitySample, lost: Mask) -> GravitySample:
    """Less one cluster, and less the levels that then have no positive flow or one row."""
    keep = ~lost
    while True:
        before = int(keep.sum())
        for codes in sample.effects:
            total = np.bincount(codes[keep], weights=sample.y[keep], minlength=int(codes.max()) + 1)
            keep = keep & (total[codes] > 0)
        if int(keep.sum()) == before:
            return sample.without(~keep)


@dataclass(frozen=True)
class ScoreBootstrap:
    """Test of one coefficient. ``statistic``: the studentised score under the null; ``interval``: the values that the
    test does not reject at one less ``level``, None where it was not asked for; ``draws``: patterns of signs used."""

    regressor: str
    null: float
    statistic: float
    p_value: float
    interval: tuple[float, float] | None
    level: float
    draws: int
    clusters: int


def wild_bootstrap(
    fit: GravityFit, regressor: str, null: float = 0.0, *, draws: int = 999, seed: int = 0, interval: bool = False
) -> ScoreBootstrap:
    """Score bootstrap of Kline and Santos (2012) with Rademacher signs by cluster and the null imposed.

    The equation is estimated again with the coefficient of ``regressor`` held at ``null``; the score of that
    coefficient, free of the other regressors and of the fixed effects, is added up by cluster, and its studentised sum
    compared with those under random signs. With up to 12 clusters all patterns of signs are used. ``interval`` inverts
    the test by bisection, an estimation a step. Raises BadInputError for least squares, an unknown regressor, or other
    than one way of clustering; NotConvergedError when an end of the interval cannot be found.
    """
    if fit.spec["model"] != "PPML":
        raise BadInputError("the wild bootstrap of scores is for PPML fits")
    if regressor not in fit.coef.index:
        raise unknown("regressor", regressor, map(str, fit.coef.index))
    if len(fit.sample.clusters) != 1:
        names = ", ".join(effect_name(c) for c in fit.spec["cluster"]) or "none"
        raise BadInputError(f"the wild bootstrap needs one way of clustering; these are {names}")
    require_least("draws", draws, 99)
    place = list(fit.coef.index).index(regressor)
    groups = int(fit.sample.clusters[0].max()) + 1
    signs = _signs(groups, draws, seed)
    sample, scaled, _ = identify(fit.sample, search=False)

    def tested(value: float) -> tuple[float, float]:
        sums = _score(sample, scaled, place, value)
        own = _studentised(sums[None, :])[0]
        return float(own), float((np.abs(_studentised(signs * sums)) >= abs(own) * (1 - 1e-12)).mean())

    statistic, p = tested(null)
    span = None
    if interval:
        centre = float((fit.coef if fit.correction is None else fit.correction.uncorrected).iloc[place])
        spread = float(fit.se.iloc[place])
        try:
            span = (
                _bound(lambda v: tested(v)[1], centre, -spread, 1 - fit.level),
                _bound(lambda v: tested(v)[1], centre, spread, 1 - fit.level),
            )
        except (NotConvergedError, np.linalg.LinAlgError) as error:  # also where no computer can represent the flows
            raise NotConvergedError(
                f"the interval of the wild bootstrap has no end, too few clusters to reject any value of {regressor!r}"
            ) from error
    return ScoreBootstrap(regressor, null, statistic, p, span, fit.level, len(signs), groups)


def _signs(groups: int, draws: int, seed: int) -> Array:
    """(draws + 1, G): plus and minus one; the first row is the sample itself."""
    if groups <= ENUMERATED:
        return np.array(list(product((1.0, -1.0), repeat=groups)))
    drawn = np.random.default_rng(seed).integers(0, 2, (draws, groups)) * 2.0 - 1.0
    return np.vstack([np.ones((1, groups)), drawn])


def _studentised(sums: Array) -> Array:
    centred = sums - sums.mean(axis=1, keepdims=True)
    return np.asarray(sums.sum(axis=1) / np.sqrt((centred**2).sum(axis=1)))


def _score(sample: GravitySample, scaled: Scaled, place: int, value: float) -> Array:
    """(G,): the score of one coefficient at ``value`` by cluster, all other coefficients and effects estimated."""
    held = scaled.x[:, place] * value * scaled.unit[place]
    offset = held if sample.offset is None else sample.offset + held
    restricted = replace(sample, offset=offset)
    others = np.delete(scaled.x, place, axis=1)
    mu = damped(restricted, others)[2] if others.shape[1] else effects_alone(restricted)
    weights = np.ones(len(mu)) if sample.weights is None else sample.weights
    tilde = off_effects(weights * mu, sample.effects, scaled.x.shape[1]).residual(scaled.x)
    own, rest = tilde[:, place], np.delete(tilde, place, axis=1)
    if rest.shape[1]:
        root = np.sqrt(weights * mu)
        own = own - rest @ np.linalg.lstsq(rest * root[:, None], own * root, rcond=None)[0]
    sums = np.bincount(sample.clusters[0], weights=own * weights * (sample.y - mu))
    return np.asarray(sums, dtype=np.float64)


def _bound(p_value: Callable[[float], float], centre: float, step: float, least: float) -> float:
    """The value away from ``centre`` at which the p-value falls below ``least``."""
    inside, outside = centre, centre + step
    for _ in range(BISECTIONS):
        if p_value(outside) < least:
            break
        inside, outside = outside, outside + 2 * (outside - centre)
    else:
        raise NotConvergedError(f"no value up to {outside:g} is rejected")
    for _ in range(BISECTIONS):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if p_value(middle) >= least else (inside, middle)
        if abs(outside - inside) < 1e-3 * abs(step):
            break
    return (inside + outside) / 2


def reset(fit: GravityFit) -> Check:
    """Ramsey's RESET (Santos Silva and Tenreyro 2006): the squared fitted index has no say of its own.

    The equation is estimated again with the square of the fitted index among the regressors, with the same fixed
    effects and clusters; ``value`` is the p-value of its coefficient. Passes at 0.05 and above. With three or more
    effects the check only informs: the index then carries the noise of the pair effects, and in simulations with
    4 to 12 years the test rejects a true model in two cases of three and more.
    """
    from scipy.special import ndtr

    poisson = fit.spec["model"] == "PPML"
    index = np.log(fit.fitted.to_numpy()) if poisson else fit.fitted.to_numpy()
    centred = index - index.mean()  # the square of the index differs by a multiple of it, which is in the model
    sample = replace(fit.sample, x=np.column_stack([fit.sample.x, centred**2]))
    sample, scaled, _ = identify(sample, search=False)
    try:
        again = estimate("fepois" if poisson else "feols", sample, scaled, fit.spec["k_adj"])
    except (BadInputError, NotConvergedError) as error:
        return Check("RESET", None, None, RESET_LEVEL, f"no test with the squared index: {error}")
    if sample.x.shape[1] - 1 not in again.kept:
        return Check("RESET", None, None, RESET_LEVEL, "the squared index is explained by the fixed effects: no test")
    p = float(2 * ndtr(-abs(again.beta[-1]) / np.sqrt(again.vcov[-1, -1])))
    if len(fit.sample.effects) > 2:
        verdict = "no verdict: with pair effects the test rejects true models too often"
        return Check("RESET", None, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")
    verdict = "no sign of a wrong functional form" if p >= RESET_LEVEL else "the functional form is in doubt"
    return Check("RESET", p >= RESET_LEVEL, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")
