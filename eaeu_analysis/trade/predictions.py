"""After the fit: RESET, fitted and counterfactual flows with their errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..arrays import Array
from ..errors import BadInputError, NoDataError, unknown
from ..results import Check
from ..text import p_equals

if TYPE_CHECKING:
    from .gravity_fit import GravityFit

RESET_LEVEL = 0.05
MAX_ROWS = 5000


def reset(fit: GravityFit) -> Check:
    """Ramsey's RESET (Santos Silva and Tenreyro 2006): the squared fitted index has no say of its own.

    The equation is estimated again with the square of the fitted index among the regressors, with the same fixed
    effects and clusters; ``value`` is the p-value of its coefficient. Passes at 0.05 and above. With three or more
    effects the check only informs: the index then carries the noise of the pair effects, and in simulations with
    4 to 12 years the test rejects a true model in two cases of three and more.
    """
    from .gravity import _estimate

    poisson = fit.spec["model"] == "PPML"
    index = np.log(fit.fitted.to_numpy()) if poisson else fit.fitted.to_numpy()
    centred = index - index.mean()  # the square of the index differs by a multiple of it, which is in the model
    sample = replace(fit.sample, x=np.column_stack([fit.sample.x, centred**2]))
    again, _ = _estimate("fepois" if poisson else "feols", sample, fit.spec["k_adj"], "effects")
    name = f"x{sample.x.shape[1] - 1}"
    if name not in again._coefnames:
        return Check("RESET", None, None, RESET_LEVEL, "the squared index is explained by the fixed effects: no test")
    place = list(again._coefnames).index(name)
    from scipy.stats import norm

    z = float(again._beta_hat[place] / np.sqrt(np.asarray(again._vcov)[place, place]))
    p = float(2 * norm.sf(abs(z)))
    if len(fit.sample.effects) > 2:
        verdict = "no verdict: with pair effects the test rejects true models too often"
        return Check("RESET", None, p, RESET_LEVEL, f"squared fitted index: {p_equals(p)}; {verdict}")
    verdict = "no sign of a wrong functional form" if p >= RESET_LEVEL else "the functional form is in doubt"
    return Check("RESET", p >= RESET_LEVEL, p, RESET_LEVEL, f"squared fitted index: {p_equals(p)}; {verdict}")


def predict(fit: GravityFit, rows: Any = None, changes: dict[str, Any] | None = None) -> pd.DataFrame:
    """Fitted flows with errors, or flows if regressors were changed and the fixed effects stayed as they are.

    ``rows``: row labels of the data (default: all of the sample, up to 5,000). ``changes``: regressor to a number, an
    array or Series in the order of the rows (partial equilibrium: multilateral resistances do not move).
    Columns: ``observed, fitted, se_index, lower, upper``, and with changes ``changed, ratio, ratio_lower,
    ratio_upper``. ``se_index`` is the error of the fitted index, from the cluster-robust influence of every flow on it
    through coefficients and fixed effects together; the interval is for the conditional mean, not a single flow.
    Raises BadInputError for least squares, too many rows, or an unknown regressor; NoDataError for a row that was
    not estimated on.
    """
    if fit.spec["model"] != "PPML":
        raise BadInputError("predictions are made from PPML fits: a fitted logarithm is not a flow")
    from .gravity_fit import normal_quantile

    places = _places(fit, rows)
    se = _index_errors(fit, places)
    eta = np.log(fit.fitted.to_numpy()[places])
    half = normal_quantile(fit.level) * se
    table = pd.DataFrame(
        {
            "observed": fit.sample.y[places],
            "fitted": np.exp(eta),
            "se_index": se,
            "lower": np.exp(eta - half),
            "upper": np.exp(eta + half),
        },
        index=fit.fitted.index[places],
    )
    if changes:
        shift = _shift(fit, places, changes)
        move = shift @ fit.coef.to_numpy()
        spread = normal_quantile(fit.level) * np.sqrt(np.einsum("nk,kl,nl->n", shift, fit.vcov.to_numpy(), shift))
        table["changed"] = table["fitted"] * np.exp(move)
        table["ratio"], table["ratio_lower"], table["ratio_upper"] = (
            np.exp(move),
            np.exp(move - spread),
            np.exp(move + spread),
        )
    return table


def _places(fit: GravityFit, rows: Any) -> Any:
    if rows is None:
        chosen = np.arange(fit.nobs)
    else:
        labels = [rows] if np.isscalar(rows) else list(rows)
        if not fit.fitted.index.is_unique:
            raise BadInputError("the rows of the data have no unique labels: call reset_index first")
        chosen = fit.fitted.index.get_indexer(pd.Index(labels))
        if (chosen < 0).any():
            lost = labels[int(np.argmax(chosen < 0))]
            count = int((chosen < 0).sum())
            raise NoDataError(f"row {lost!r} was not estimated on ({count} of {len(labels)} rows asked for)")
    if len(chosen) > MAX_ROWS:
        raise BadInputError(f"errors of {len(chosen):,} fitted flows were asked for; name at most {MAX_ROWS:,} rows")
    return chosen


def _shift(fit: GravityFit, places: Any, changes: dict[str, Any]) -> Array:
    shift = np.zeros((len(places), len(fit.coef)))
    for name, value in changes.items():
        if name not in fit.coef.index:
            raise unknown("regressor", name, map(str, fit.coef.index))
        k = list(fit.coef.index).index(name)
        values = np.broadcast_to(np.asarray(value, dtype=np.float64), (len(places),))
        shift[:, k] = values - fit.sample.x[places, k]
    return shift


def _index_errors(fit: GravityFit, places: Sequence[int]) -> Array:
    """Cluster-robust error of the fitted index of each row: its influence function summed by cluster, squared."""
    from .projection import project

    sample = fit.sample
    mu = fit.fitted.to_numpy()
    score = sample.y - mu
    projection = project(mu, sample.effects)
    tilde = projection.residual(sample.x)
    bread = np.linalg.inv((tilde * mu[:, None]).T @ tilde)
    influence = (tilde * score[:, None]) @ bread  # (n, K): every row's pull on the coefficients
    codes = sample.clusters[0] if sample.clusters else np.arange(len(mu))
    groups = int(codes.max()) + 1
    out = np.empty(len(places))
    for k, row in enumerate(places):
        pull = influence @ tilde[row]
        if sample.effects:
            pull = pull + projection.kernel_row(int(row)) * score
        sums = np.bincount(codes, weights=pull, minlength=groups)
        out[k] = np.sqrt(np.sum(sums**2) * groups / max(groups - 1, 1))
    return out
