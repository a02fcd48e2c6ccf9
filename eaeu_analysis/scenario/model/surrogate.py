"""A polynomial that approximates the model: which assumption matters most, what would flip the sign, sliders.

Polynomial chaos of second order (Sudret 2008, Reliability Engineering and System Safety 93): for each quantity
polynomials of degree one and two that are orthonormal under its own distribution; their products up to total degree two
are fitted to the draws by least squares. Because the terms are orthonormal, the variance of the outcome is the sum of
squared coefficients; a term's share goes to its quantities in equal parts, which is the Shapley effect (Owen 2014,
SIAM/ASA Journal on Uncertainty Quantification 2). Its fit says how much the polynomial misses.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, require_option
from .quantities import Quantity
from .spread import round_outcome

POINTS = 4000  # quantile points at which the distribution's moments are taken
TRUST = 0.9  # of the variance must be fitted for the shares to pass their check


@dataclass(frozen=True)
class Basis:
    """Of one quantity x: p1 = (x - mean) / sd and p2 = ((x - mean)^2 - slope * (x - mean) - sd^2) / scale."""

    mean: float
    sd: float
    slope: float
    scale: float

    @classmethod
    def of(cls, quantity: Quantity) -> Basis:
        """Moments of the distribution by its quantiles."""
        x = quantity.ppf((np.arange(POINTS) + 0.5) / POINTS)
        mean, sd = float(x.mean()), float(x.std())
        z = x - mean
        slope = float((z**3).mean() / sd**2)
        rest = z**2 - slope * z - sd**2
        return cls(mean, sd, slope, float(np.sqrt((rest**2).mean())))

    def values(self, x: Array) -> tuple[Array, Array]:
        """p1 and p2 at ``x``."""
        z = x - self.mean
        return z / self.sd, (z**2 - self.slope * z - self.sd**2) / self.scale


@dataclass(frozen=True)
class Surrogate:
    """``names``: the quantities that vary; ``terms``: degree of each in a term, (T, Q); ``coefficients``: outcome to
    (T,); ``r2``: outcome to the share of variance fitted, corrected
    for the number of terms; ``middle``: medians of the quantities."""

    names: tuple[str, ...]
    bases: tuple[Basis, ...]
    terms: np.ndarray[Any, np.dtype[np.intp]]
    coefficients: dict[str, Array]
    r2: dict[str, float]
    middle: dict[str, float]
    ends: dict[str, tuple[float, float]]

    def shares(self, outcome: str) -> pd.Series[float]:
        """Share of the outcome's variance by quantity (Shapley effects), largest first, summing to one."""
        weight = self._of(outcome)[1:] ** 2
        terms = self.terms[1:] > 0
        parts = (weight / terms.sum(axis=1)) @ terms
        total = parts.sum()
        found = round_outcome(parts / total if total > 0 else parts)
        shares = pd.Series(found, index=list(self.names), name="share")
        return shares.sort_values(ascending=False, kind="stable")

    def predict(self, outcome: str, values: pd.DataFrame) -> Array:
        """The outcome at other values; quantities that are left out are at their medians."""
        return self._design(values) @ self._of(outcome)

    def tornado(self, outcome: str) -> pd.DataFrame:
        """Outcome with one quantity at its low and high end (5 and 95 %), all others at their medians."""
        rows = []
        for name in self.names:
            pair = pd.DataFrame({name: list(self.ends[name])})
            low, high = self.predict(outcome, pair)
            rows.append((name, *self.ends[name], low, high))
        table = pd.DataFrame(rows, columns=["quantity", "low_value", "high_value", "at_low", "at_high"])
        order = (table["at_high"] - table["at_low"]).abs().sort_values(ascending=False, kind="stable").index
        return table.loc[order].reset_index(drop=True)

    def break_even(self, outcome: str, first: str, second: str, points: int = 41) -> pd.DataFrame:
        """The outcome over two quantities from their low to their high end (5 and 95 %), others at their medians."""
        grid = np.meshgrid(
            *(np.linspace(*self.ends[self._known(name)], points) for name in (first, second)), indexing="ij"
        )
        table = pd.DataFrame({first: grid[0].ravel(), second: grid[1].ravel()})
        return table.assign(**{outcome: self.predict(outcome, table)})

    def document(self, outcomes: list[str]) -> dict[str, Any]:
        """Plain numbers, enough to evaluate the polynomial elsewhere: see :class:`Basis` for the formula."""
        return {
            "quantities": [
                {"name": n, "mean": b.mean, "sd": b.sd, "slope": b.slope, "scale": b.scale, "middle": self.middle[n],
                 "low": self.ends[n][0], "high": self.ends[n][1]}
                for n, b in zip(self.names, self.bases, strict=True)
            ],
            "terms": self.terms.tolist(),
            "coefficients": {name: self._of(name).tolist() for name in outcomes},
            "r2": {name: self.r2[name] for name in outcomes},
        }  # fmt: skip

    def _of(self, outcome: str) -> Array:
        require_option("outcome", outcome, self.coefficients)
        return self.coefficients[outcome]

    def _known(self, name: str) -> str:
        require_option("quantity that varies", name, self.names)
        return name

    def _design(self, values: pd.DataFrame) -> Array:
        for name in values.columns:
            self._known(str(name))
        columns = []
        for name, basis in zip(self.names, self.bases, strict=True):
            given = (
                values[name].to_numpy(dtype=np.float64) if name in values else np.full(len(values), self.middle[name])
            )
            columns.append((np.ones(len(values)), *basis.values(given)))
        return _products(columns, self.terms)


def fit(quantities: dict[str, Quantity], values: pd.DataFrame, outcomes: pd.DataFrame) -> Surrogate:
    """Fit the polynomial to the draws of every outcome; failed draws (NaN) are left out.

    Raises BadInputError when there are fewer draws than terms, with the number needed.
    """
    names = tuple(name for name, q in quantities.items() if q.free)
    terms = _terms(len(names))
    whole = outcomes.notna().all(axis=1).to_numpy()
    if whole.sum() < 1.5 * len(terms):
        raise BadInputError(
            f"{int(whole.sum())} draws are too few for {len(names)} quantities: {int(np.ceil(1.5 * len(terms)))} or "
            "more are needed"
        )
    bases = tuple(Basis.of(quantities[name]) for name in names)
    columns = [
        (np.ones(int(whole.sum())), *basis.values(values[name].to_numpy()[whole]))
        for name, basis in zip(names, bases, strict=True)
    ]
    design = _products(columns, terms) if names else np.ones((int(whole.sum()), 1))
    target = outcomes.to_numpy(dtype=np.float64)[whole]
    solution, *_ = np.linalg.lstsq(design, target, rcond=None)
    missed = ((target - design @ solution) ** 2).sum(axis=0)
    spread = ((target - target.mean(axis=0)) ** 2).sum(axis=0)
    flat = spread <= 1e-16 * np.maximum(1.0, (target**2).sum(axis=0))
    spare = (len(target) - 1) / max(1, len(target) - len(terms))  # terms fit chance too: the share is corrected for it
    r2 = np.where(flat, 1.0, 1 - spare * missed / np.where(flat, 1.0, spread))
    ends = {name: tuple(float(v) for v in quantities[name].ppf(np.array([0.05, 0.95]))) for name in names}
    return Surrogate(
        names=names,
        bases=bases,
        terms=terms,
        coefficients={str(c): solution[:, k] for k, c in enumerate(outcomes.columns)},
        r2={str(c): float(r2[k]) for k, c in enumerate(outcomes.columns)},
        middle={name: quantities[name].centre for name in names},
        ends={name: (pair[0], pair[1]) for name, pair in ends.items()},
    )


def _terms(count: int) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Degrees of every term up to total degree two: constant, linear, square, pairs."""
    rows = [np.zeros(count, dtype=np.intp)]
    unit = np.eye(count, dtype=np.intp)
    rows += [unit[k] for k in range(count)] + [2 * unit[k] for k in range(count)]
    rows += [unit[a] + unit[b] for a, b in combinations(range(count), 2)]
    return np.array(rows, dtype=np.intp)


def _products(columns: list[tuple[Array, Array, Array]], terms: np.ndarray[Any, np.dtype[np.intp]]) -> Array:
    length = len(columns[0][0]) if columns else 1
    out = np.ones((length, len(terms)))
    for k, powers in enumerate(columns):
        for degree in (1, 2):
            at = terms[:, k] == degree
            out[:, at] *= powers[degree][:, None]
    return out
