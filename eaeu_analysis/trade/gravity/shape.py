"""Tests of the form of a gravity equation: of its mean (RESET) and of its variance (Park)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...arrays import Array
from ...results import Check
from ...text import format_p_equals
from .sample import GravitySample

if TYPE_CHECKING:
    from .fit import GravityFit

RESET_LEVEL = 0.05


def reset(fit: GravityFit) -> Check:
    """Ramsey's RESET (Santos Silva and Tenreyro 2006): the squared fitted index has no say of its own.

    The equation is estimated again with the square of the fitted index among the regressors, with the same fixed
    effects and clusters; ``value`` is the p-value of its coefficient. Passes at 0.05 and above. With three or more
    effects the check only informs: the index then carries the noise of the pair effects, and in simulations with
    4 to 12 years the test rejects a true model in two cases of three and more.
    """
    from scipy.stats import norm

    from .estimate import estimate, identify

    poisson = fit.spec["model"] == "PPML"
    index = np.log(fit.fitted.to_numpy()) if poisson else fit.fitted.to_numpy()
    centred = index - index.mean()  # the square of the index differs by a multiple of it, which is in the model
    sample = replace(fit.sample, x=np.column_stack([fit.sample.x, centred**2]))
    sample, scaled, _ = identify(sample, search=False)
    again = estimate("fepois" if poisson else "feols", sample, scaled, fit.spec["k_adj"])
    if sample.x.shape[1] - 1 not in again.kept:
        return Check("RESET", None, None, RESET_LEVEL, "the squared index is explained by the fixed effects: no test")
    p = float(2 * norm.sf(abs(again.beta[-1]) / np.sqrt(again.vcov[-1, -1])))
    if len(fit.sample.effects) > 2:
        verdict = "no verdict: with pair effects the test rejects true models too often"
        return Check("RESET", None, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")
    verdict = "no sign of a wrong functional form" if p >= RESET_LEVEL else "the functional form is in doubt"
    return Check("RESET", p >= RESET_LEVEL, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")


def variance_shape(fit: GravityFit) -> Check:
    """Park's test in the form of Manning and Mullahy (2001): the power of the mean to which the variance rises.

    Squared residuals are regressed on the logarithm of the fitted flows by PPML with robust errors. ``value`` is the
    power: at one PPML is also efficient, at two least squares of logs would be, had there been no zeros. The check only
    informs, since PPML with clustered errors is valid for any power.
    """
    from scipy.stats import norm

    from .estimate import estimate, identify

    mu = fit.fitted.to_numpy()
    squares: Array = (fit.sample.y - mu) ** 2
    none = np.empty(0, dtype=np.int64)
    sample = GravitySample(
        fit.sample.rows, squares / squares.mean(), np.log(mu)[:, None], (), (), 0, none, 0, (), fit.sample.weights
    )
    sample, scaled, _ = identify(sample, search=False)
    found = estimate("fepois", sample, scaled, k_adj=False)
    power, se = float(found.beta[0]), float(np.sqrt(found.vcov[0, 0]))
    at = {null: float(2 * norm.sf(abs(power - null) / se)) for null in (1, 2)}
    text = (
        f"the variance rises with the mean to the power {power:.2f} (se {se:.2f}); proportional to the mean "
        f"{format_p_equals(at[1])}, to its square {format_p_equals(at[2])}"
    )
    return Check("variance", None, power, None, text)
