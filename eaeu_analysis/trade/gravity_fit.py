"""The result of a gravity estimate: coefficients with their errors, what was left out, and what can be asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import BadInputError
from ..results import Check, Provenance, Result
from .absorb import Sample, effect_name

if TYPE_CHECKING:
    from .bias import BiasCorrection


@dataclass(frozen=True)
class GravityFit(Result):
    """A fitted gravity equation.

    ``coef``, ``se``: Series by regressor (bias-corrected where ``correction`` is not None, whose ``uncorrected`` and
    ``uncorrected_se`` keep the others). ``vcov``: DataFrame (K, K). ``fitted``: Series of fitted flows (fitted logs for
    least squares) by the row label of the data. ``small_sample`` says which degrees of freedom the errors count.
    """

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
    sample: Sample = field(repr=False)
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
        from .predictions import reset

        return reset(self)

    def predict(self, rows: Any = None, changes: dict[str, Any] | None = None) -> pd.DataFrame:
        """Fitted or counterfactual flows with errors; see :func:`.predictions.predict`."""
        from .predictions import predict

        return predict(self, rows, changes)


def normal_quantile(level: float) -> float:
    """Of a two-sided interval: 1.645 at 0.90. BadInputError unless 0 < level < 1."""
    from scipy.stats import norm

    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    return float(norm.ppf(0.5 + level / 2))
