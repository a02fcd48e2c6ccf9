"""Segmented regression of one series on arrays: level and slope change at a known date, with HAC variance.

Wagner, Soumerai, Zhang & Ross-Degnan (2002), "Segmented regression analysis of interrupted time series studies",
Journal of Clinical Pharmacy and Therapeutics 27(4):

    y_t = a + b t + c D_t + d D_t (t - t0) + regressors + e_t

The effect of each period after the event is c + d (t - t0); its average is the estimate. Its t uses the variance of
Newey & West (1987) from statsmodels; the distribution of that t is drawn by the bootstrap of :mod:`.autoregressive`,
for in short series the normal or Student table is far off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ...errors import BadInputError
from ..inference.autoregressive import draw_errors, draw_picks, error_model
from ..inference.inversion import invert_test


@dataclass(frozen=True)
class Segmented:
    """``effects`` (T1,) after the event, ``fitted`` (T,) and ``counterfactual`` (T,), ``estimate`` the average effect,
    ``se`` its HAC standard error, ``lags``, ``p_hac`` and ``interval_hac`` from Student's table, ``rho`` of the errors,
    ``p_value`` and ``interval`` from the bootstrap."""

    effects: Array
    fitted: Array
    counterfactual: Array
    estimate: float
    se: float
    lags: int
    p_hac: float
    interval_hac: tuple[float, float]
    rho: float
    p_value: float
    interval: tuple[float, float]


def hac_lags(periods: int) -> int:
    """floor(4 (T/100)^(2/9)), at least one."""
    return max(1, int(4 * (periods / 100) ** (2 / 9)))


def hac_t(z: Array, ys: Array, contrast: Array, lags: int) -> tuple[Array, Array]:
    """Estimates (B,) of ``contrast``'b and their Bartlett-kernel standard errors, corrected by T/(T - k), for
    B outcomes ``ys`` (B, T) on one design ``z`` (T, k)."""
    periods, k = z.shape
    inverse = np.linalg.inv(z.T @ z)
    b = ys @ z @ inverse
    rest = ys - b @ z.T
    pull = z @ inverse @ contrast  # (T,) so that the estimate's error is pull'e
    g = rest * pull
    variance = (g * g).sum(axis=1)
    for lag in range(1, lags + 1):
        variance = variance + 2 * (1 - lag / (lags + 1)) * (g[:, lag:] * g[:, :-lag]).sum(axis=1)
    # the Bartlett kernel makes this non-negative up to rounding
    return b @ contrast, np.sqrt(np.maximum(variance, 0.0) * periods / (periods - k))


def design(t: Array, regressors: Array | None, slope: bool) -> tuple[Array, Array, Array]:
    """Regressors (T, k) of the null, those the event adds (T, 1 or 2), and the weights of the average effect on them,
    for periods ``t`` (T,) counted from the event."""
    span = float(np.abs(t).max())
    base = [np.ones(len(t)), t / span]
    if regressors is not None:
        centred = regressors - regressors.mean(axis=0)
        base.extend(centred.T / np.maximum(centred.std(axis=0), 1e-300)[:, None])
    after = (t >= 0).astype(np.float64)
    added = [after, after * t / span] if slope else [after]
    weights = np.array([1.0, float(t[t >= 0].mean()) / span][: len(added)])
    return np.array(base).T, np.array(added).T, weights


def segmented(
    y: Array,
    t: Array,
    regressors: Array | None,
    level: float,
    draws: int,
    seed: int,
    slope: bool = True,
) -> Segmented:
    """Fit ``y`` (T,) at periods ``t`` (T,) counted from the event, with ``regressors`` (T, m) or None.

    Raises BadInputError when the regressors leave fewer than four degrees of freedom or repeat one another.
    """
    import statsmodels.api as sm

    periods = len(y)
    base, added, weights = design(t, regressors, slope)
    z = np.hstack([base, added])
    if periods - z.shape[1] < 4:
        raise BadInputError(
            f"{periods} periods are too few for {z.shape[1]} regressors: name fewer regressors or take slope=False"
        )
    if np.linalg.matrix_rank(z, tol=1e-9 * np.linalg.norm(z, 2)) < z.shape[1]:
        raise BadInputError("the regressors are collinear, or one is a straight line: name fewer of them")
    contrast = np.concatenate([np.zeros(base.shape[1]), weights])
    lags = hac_lags(periods)
    fit = sm.OLS(y, z).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True)
    test = fit.t_test(contrast)
    estimate, se = float(np.squeeze(test.effect)), float(np.squeeze(test.sd))
    low, high = np.ravel(test.conf_int(alpha=1 - level))
    effects = added[t >= 0] @ np.asarray(fit.params)[base.shape[1] :]
    fitted = np.asarray(fit.fittedvalues, dtype=np.float64)
    counterfactual = fitted - added @ np.asarray(fit.params)[base.shape[1] :]

    picks = draw_picks(periods, draws, seed)
    # the null "average effect = x" leaves one direction of the added regressors free
    free = np.hstack([base, added @ np.array([[-weights[1]], [1.0]])]) if len(weights) == 2 else base
    unit = added @ np.array([1.0, 0.0][: len(weights)])  # adds one to the average effect
    rho = error_model(y, free).rho

    def p_of(x: float) -> float:
        model = error_model(y - x * unit, free)
        values, errors = hac_t(z, draw_errors(model, picks), contrast, lags)
        drawn = np.abs(values) / np.maximum(errors, 1e-300)
        extreme = int((drawn >= abs(estimate - x) / se - 1e-12).sum())
        return (1 + extreme) / (1 + draws)

    interval = invert_test(p_of, estimate, se, level)
    return Segmented(
        effects,
        fitted,
        counterfactual,
        estimate,
        se,
        lags,
        float(np.squeeze(test.pvalue)),
        (float(low), float(high)),
        rho,
        p_of(0.0),
        interval,
    )
