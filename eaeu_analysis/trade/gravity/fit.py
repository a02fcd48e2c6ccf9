"""The result of a gravity estimate: coefficients with their errors, what was left out, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NoDataError, unknown
from ...results import Check, Provenance, Result
from ...text import format_p_equals
from .sample import GravitySample, effect_name

if TYPE_CHECKING:
    from .bias import BiasCorrection


@dataclass(frozen=True)
class GravityFit(Result):
    """A fitted gravity equation; from ``ppml`` and ``ols``.

    Attributes
    ----------
    spec : dict
        The model, its regressors, effects, clusters and options.
    coef, se : Series
        Coefficients and standard errors by regressor; bias-corrected where ``correction`` is not None.
    vcov : DataFrame, shape (K, K)
        Variance of the coefficients.
    nobs : int
        Number of rows used.
    converged : bool
        Always True: the functions raise an error otherwise.
    level : float
        Level of the intervals.
    small_sample : str
        The degrees-of-freedom correction of the errors.
    clusters : dict of str to int
        Number of clusters by dimension.
    separated, singletons, missing : int
        Rows left out, by reason.
    dropped : tuple of str
        Collinear regressors left out.
    deviance, r2 : float
        Deviance and (pseudo) R2.
    checks : tuple of Check
        Convergence and separation.
    fitted : Series
        Fitted flows, or fitted logs for least squares, by row label of the data.
    sample : GravitySample
        The rows used, as arrays.
    data : DataFrame
        The data as given.
    correction : BiasCorrection, optional
        The bias correction with the uncorrected estimates; None without one.
    provenance : Provenance
        Method and sources.
    """

    drawn_by = "trade.draw_gravity_fit"

    spec: dict[str, Any]
    coef: pd.Series[Any]
    se: pd.Series[Any]
    vcov: pd.DataFrame
    nobs: int
    converged: bool
    level: float
    small_sample: str
    clusters: dict[str, int]
    separated: int
    singletons: int
    missing: int
    dropped: tuple[str, ...]
    deviance: float
    r2: float
    checks: tuple[Check, ...]
    fitted: pd.Series[Any] = field(repr=False)
    sample: GravitySample = field(repr=False)
    data: pd.DataFrame = field(repr=False)
    correction: BiasCorrection | None = None
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def p_value(self) -> pd.Series[Any]:
        """Two-sided, against zero, normal."""
        from scipy.stats import norm

        return pd.Series(2 * norm.sf(np.abs(self.coef / self.se)), index=self.coef.index, name="p_value")

    @property
    def interval(self) -> pd.DataFrame:
        """Columns lower, upper at ``level``."""
        half = normal_quantile(self.level) * self.se
        return pd.DataFrame({"lower": self.coef - half, "upper": self.coef + half})

    def to_frame(self) -> pd.DataFrame:
        """A row per regressor: coefficient, error, interval, p-value, and 100 (exp(b) - 1) for models of the flow."""
        bounds = self.interval
        table = pd.DataFrame(
            {
                "regressor": self.coef.index,
                "coef": self.coef.to_numpy(),
                "se": self.se.to_numpy(),
                "lower": bounds["lower"].to_numpy(),
                "upper": bounds["upper"].to_numpy(),
                "p_value": self.p_value.to_numpy(),
                "effect_percent": 100 * np.expm1(self.coef.to_numpy()),
            }
        )
        if self.correction is not None:
            table["uncorrected"] = self.correction.uncorrected.to_numpy()
            table["uncorrected_se"] = self.correction.uncorrected_se.to_numpy()
        return table

    def summary(self) -> str:
        """The equation, the table, what was left out, the checks."""
        effects = ", ".join(effect_name(e) for e in self.spec["fixed_effects"]) or "none"
        by = " and ".join(f"{name} ({count:,})" for name, count in self.clusters.items())
        lines = [
            f"{self.spec['model']} of {self.spec['y']}: {self.nobs:,} flows; fixed effects: {effects}",
            f"errors: {'clustered by ' + by if by else 'robust to heteroskedasticity'}; {self.small_sample}",
            f"left out: {self.missing:,} rows with a missing value, {self.separated:,} separated (every flow of a "
            f"fixed effect is zero), {self.singletons:,} alone in a fixed effect"
            + (f"; regressors {', '.join(self.dropped)}" if self.dropped else ""),
        ]
        if self.correction is not None:
            lines.append(f"bias-corrected: {self.correction.text}")
        lines.append("")
        lines.append(self.to_frame().to_string(index=False, float_format=lambda v: f"{v:.4f}"))
        lines += ["", *(f"[{check.mark}] {check.name}: {check.text}" for check in self.checks)]
        return "\n".join(lines)

    def combine(self, function: Callable[[pd.Series[Any]], float]) -> tuple[float, float]:
        """A function of the coefficients and its standard error by the delta method (central differences).

        >>> fit.combine(lambda b: 100 * (b["dist_2006"] / b["dist_1986"] - 1))  # doctest: +SKIP
        """
        centre = self.coef.astype("float64")
        gradient = np.empty(len(centre))
        for k in range(len(centre)):
            step = 1e-5 * max(1.0, abs(float(centre.iloc[k])))
            up, down = centre.copy(), centre.copy()
            up.iloc[k] += step
            down.iloc[k] -= step
            gradient[k] = (function(up) - function(down)) / (2 * step)
        variance = float(gradient @ self.vcov.to_numpy() @ gradient)
        return float(function(centre)), float(np.sqrt(variance))

    def reset(self) -> Check:
        """Ramsey's RESET: the square of the fitted index added; see :func:`.predictions.reset`."""
        return reset(self)

    def predict(self, rows: Any = None, changes: dict[str, Any] | None = None) -> pd.DataFrame:
        """Fitted or counterfactual flows with errors; see :func:`.predictions.predict`."""
        return predict(self, rows, changes)


def normal_quantile(level: float) -> float:
    """Of a two-sided interval: 1.645 at 0.90. BadInputError unless 0 < level < 1."""
    from scipy.stats import norm

    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    return float(norm.ppf(0.5 + level / 2))


# After the fit: RESET, fitted and counterfactual flows with their errors.

RESET_LEVEL = 0.05
MAX_ROWS = 5000


def reset(fit: GravityFit) -> Check:
    """Ramsey's RESET (Santos Silva and Tenreyro 2006): the squared fitted index has no say of its own.

    The equation is estimated again with the square of the fitted index among the regressors, with the same fixed
    effects and clusters; ``value`` is the p-value of its coefficient. Passes at 0.05 and above. With three or more
    effects the check only informs: the index then carries the noise of the pair effects, and in simulations with
    4 to 12 years the test rejects a true model in two cases of three and more.
    """
    from .estimate import run_pyfixest

    poisson = fit.spec["model"] == "PPML"
    index = np.log(fit.fitted.to_numpy()) if poisson else fit.fitted.to_numpy()
    centred = index - index.mean()  # the square of the index differs by a multiple of it, which is in the model
    sample = replace(fit.sample, x=np.column_stack([fit.sample.x, centred**2]))
    again, _ = run_pyfixest("fepois" if poisson else "feols", sample, fit.spec["k_adj"], "effects")
    name = f"x{sample.x.shape[1] - 1}"
    if name not in again._coefnames:
        return Check("RESET", None, None, RESET_LEVEL, "the squared index is explained by the fixed effects: no test")
    place = list(again._coefnames).index(name)
    from scipy.stats import norm

    z = float(again._beta_hat[place] / np.sqrt(np.asarray(again._vcov)[place, place]))
    p = float(2 * norm.sf(abs(z)))
    if len(fit.sample.effects) > 2:
        verdict = "no verdict: with pair effects the test rejects true models too often"
        return Check("RESET", None, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")
    verdict = "no sign of a wrong functional form" if p >= RESET_LEVEL else "the functional form is in doubt"
    return Check("RESET", p >= RESET_LEVEL, p, RESET_LEVEL, f"squared fitted index: {format_p_equals(p)}; {verdict}")


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
