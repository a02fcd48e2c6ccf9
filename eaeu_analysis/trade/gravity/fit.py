"""The result of a gravity estimate: coefficients with their errors, what was left out, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...errors import require_level
from ...results import Check, Provenance, Result
from .sample import GravitySample, effect_name

if TYPE_CHECKING:
    from .bias import BiasCorrection
    from .inference import ScoreBootstrap


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
    separated_rows : Index
        Labels of the rows that regressors and effects predict to be zero.
    dropped : tuple of str
        Regressors left out: collinear, or not identified once separated rows are gone.
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
    separated_rows: pd.Index[Any] = field(repr=False)
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

    def without_correction(self) -> GravityFit:
        """The fit with the coefficients and errors as they are before the bias correction; itself without one."""
        made = self.correction
        if made is None:
            return self
        return replace(self, coef=made.uncorrected, se=made.uncorrected_se, vcov=made.uncorrected_vcov, correction=None)

    @property
    def p_value(self) -> pd.Series[Any]:
        """Two-sided, against zero, normal."""
        from scipy.special import ndtr

        return pd.Series(2 * ndtr(-np.abs(self.coef / self.se)), index=self.coef.index, name="p_value")

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
            f"left out: {self.missing:,} rows with a missing value, {self.separated:,} separated (predicted "
            f"to be zero), {self.singletons:,} alone in a fixed effect"
            + (f"; regressors {', '.join(self.dropped)}" if self.dropped else ""),
        ]
        if self.correction is not None:
            lines.append(f"bias-corrected: {self.correction.text}")
        lines.append("")
        lines.append(self.to_frame().to_string(index=False, float_format=lambda v: f"{v:.4f}"))
        return self._ended([*lines, ""], "", sources=False)

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
        """Ramsey's RESET: the square of the fitted index added; see :func:`.inference.reset`."""
        from .inference import reset

        return reset(self)

    def predict(
        self, rows: Any = None, changes: dict[str, Any] | None = None, new: pd.DataFrame | None = None
    ) -> pd.DataFrame:
        """Fitted or counterfactual flows with errors, in the sample or beyond; see :func:`.predictions.predict`."""
        from .predictions import predict

        return predict(self, rows, changes, new)

    def wild_bootstrap(
        self, regressor: str, null: float = 0.0, *, draws: int = 999, seed: int = 0, interval: bool = False
    ) -> ScoreBootstrap:
        """Test of one coefficient by the wild bootstrap of cluster scores; see :func:`.inference.wild_bootstrap`."""
        from .inference import wild_bootstrap

        return wild_bootstrap(self, regressor, null, draws=draws, seed=seed, interval=interval)


def normal_quantile(level: float) -> float:
    """Of a two-sided interval: 1.645 at 0.90. BadInputError unless 0 < level < 1."""
    from scipy.special import ndtri

    require_level(level)
    return float(ndtri(0.5 + level / 2))
