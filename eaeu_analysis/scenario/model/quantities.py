"""A number of a scenario: a value, or a distribution with its reference; and draws from all of them at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ...arrays import Array
from ...errors import BadInputError, near_matches
from ..tables import scenario_tables

MOST_DRAWS = 1_000_000
TINY = 1e-9


class Quantity(BaseModel):
    """``fixed`` (value), ``normal`` (mean, sd), ``uniform`` (low, high) or ``triangular`` (low, mode, high)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["fixed", "normal", "uniform", "triangular"] = "fixed"
    value: float | None = None
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    mode: float | None = None
    high: float | None = None
    reference: str = Field(default="", description="Where the number comes from")

    @model_validator(mode="after")
    def _whole(self) -> Quantity:
        needed = {"fixed": ("value",), "normal": ("mean", "sd"), "uniform": ("low", "high"),
                  "triangular": ("low", "mode", "high")}[self.kind]  # fmt: skip
        given = [n for n in ("value", "mean", "sd", "low", "mode", "high") if getattr(self, n) is not None]
        lacking = [n for n in needed if n not in given]
        if lacking:
            raise ValueError(f"a {self.kind} quantity needs {' and '.join(needed)}; {lacking[0]} is missing")
        extra = [n for n in given if n not in needed]
        if extra:
            raise ValueError(f"a {self.kind} quantity has no {extra[0]}; it has {' and '.join(needed)}")
        if not all(math.isfinite(getattr(self, n)) for n in needed):
            raise ValueError("a quantity must be finite")
        if self.kind == "normal" and self.sd is not None and self.sd < 0:
            raise ValueError(f"sd {self.sd:g} is negative; a spread is zero or more")
        if self.low is not None and self.high is not None:
            middle = self.low if self.mode is None else self.mode
            if not self.low <= middle <= self.high:
                inner = "" if self.mode is None else f"mode {middle:g}, "
                raise ValueError(f"low {self.low:g}, {inner}high {self.high:g} are not in order")
        if self.kind != "fixed" and not self.reference:
            raise ValueError(f"a {self.kind} quantity needs a reference: where do its numbers come from?")
        return self

    @property
    def free(self) -> bool:
        """Whether it varies at all."""
        return self.kind != "fixed" and not (self.sd == 0 or (self.low is not None and self.low == self.high))

    @property
    def ppf_ends(self) -> tuple[float, float]:
        """The smallest and the largest value; of a normal quantity those of one draw in a thousand."""
        if self.kind == "normal":
            ends = self.ppf(np.array([0.001, 0.999]))
            return float(ends[0]), float(ends[1])
        if self.low is not None and self.high is not None:
            return self.low, self.high
        return self.centre, self.centre

    @property
    def centre(self) -> float:
        """The median."""
        return float(self.ppf(np.array([0.5]))[0])

    def ppf(self, u: Array) -> Array:
        """The quantile function at ``u`` in (0, 1)."""
        from scipy.special import ndtri

        if not self.free:
            value = next(v for v in (self.value, self.mean, self.low) if v is not None)
            return np.full_like(u, value)
        low = self.low or 0.0
        if self.kind == "normal":
            out = ndtri(u) * (self.sd or 0.0) + (self.mean or 0.0)
        elif self.kind == "uniform":
            out = u * self._width + low
        else:
            c = ((self.mode or 0.0) - low) / self._width
            out = np.where(u < c, np.sqrt(c * u), 1 - np.sqrt((1 - c) * (1 - u))) * self._width + low
        return np.asarray(out, dtype=np.float64)

    @property
    def _width(self) -> float:
        return (self.high or 0.0) - (self.low or 0.0)

    def text(self) -> str:
        """'0.07 (sd 0.11)', '3.5 to 9 (most likely 5)'."""
        if not self.free:
            return f"{self.centre:g}"
        if self.kind == "normal":
            return f"{self.mean:g} (sd {self.sd:g})"
        if self.kind == "uniform":
            return f"{self.low:g} to {self.high:g}"
        return f"{self.low:g} to {self.high:g} (most likely {self.mode:g})"


def _number_or_table(given: Any) -> Any:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return {"kind": "fixed", "value": float(given)}
    if isinstance(given, str) and given.startswith("prior:"):
        priors = scenario_tables()["priors"]
        name = given.removeprefix("prior:")
        if name not in priors:
            near = near_matches(name, priors)
            raise ValueError(f"no shared assumption {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        return priors[name]
    return given


def read_quantity(text: str, reference: str) -> dict[str, Any]:
    """A number or a distribution from '5', 'uniform(3, 6)', 'normal(0, 1)' or 'triangular(1, 2, 3)'.

    Raises BadInputError for anything else.
    """
    names = {"normal": ("mean", "sd"), "uniform": ("low", "high"), "triangular": ("low", "mode", "high")}
    shown = "a number, uniform(low, high), normal(mean, sd) or triangular(low, mode, high)"
    kind, bracket, rest = text.strip().partition("(")
    try:
        if not bracket:
            return {"kind": "fixed", "value": float(kind), "reference": reference}
        values = [float(part) for part in rest.removesuffix(")").split(",")]
    except ValueError:
        raise BadInputError(f"{text!r} is no number of a scenario; expected {shown}") from None
    kind = kind.strip().lower()
    if not rest.endswith(")") or kind not in names or len(values) != len(names[kind]):
        near = near_matches(kind, names)
        hint = (
            f"did you mean {near[0]}({', '.join(names[near[0]])})?" if near and near[0] != kind else f"expected {shown}"
        )
        raise BadInputError(f"{text!r} is no distribution of a scenario; {hint}")
    return {"kind": kind, **dict(zip(names[kind], values, strict=True)), "reference": reference}


Number = Annotated[Quantity, BeforeValidator(_number_or_table)]


def count_of_draws(draws: int) -> int:
    """``draws`` checked: 1 to a million."""
    if not isinstance(draws, (int, np.integer)) or isinstance(draws, bool) or not 1 <= draws <= MOST_DRAWS:
        raise BadInputError(f"draws {draws!r}: expected a whole number from 1 to {MOST_DRAWS:,}")
    return int(draws)


def seed_of_draws(seed: int) -> int:
    """``seed`` checked: a whole number, 0 or more."""
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise BadInputError(f"seed {seed!r}: expected a whole number, 0 or more")
    return int(seed)


def draw_quantities(
    quantities: dict[str, Quantity],
    joint: dict[tuple[str, str], float],
    draws: int,
    seed: int,
    order: Sequence[str] = (),
) -> pd.DataFrame:
    """Values of every quantity, a row per draw, by a scrambled Sobol sequence over those that vary.

    ``joint``: correlation of pairs of normal quantities, the second then follows from the first (a normal copula).
    The first row of ``n`` draws is the first of ``m`` too: more draws with the same seed extend the fewer. ``order``:
    names with a place in the sequence each, whether they vary here or not, so that two scenarios draw what they share
    at the same points and chance does not enter their difference. Names outside ``order`` have a sequence of their own.
    """
    from scipy.stats import norm

    draws = count_of_draws(draws)
    free = [name for name, quantity in quantities.items() if quantity.free]
    values = {name: q.ppf(np.full(draws, 0.5)) for name, q in quantities.items()}
    if free:
        power = max(1, math.ceil(math.log2(draws)))
        early = list(order) or free
        late = [name for name in free if name not in early]
        points = _sobol(len(early), power, seed)[:draws]
        if late:  # further dimensions, so that they are independent of the others
            more = _sobol(len(early) + len(late), power, [seed, 1])[:draws, len(early) :]
            points = np.hstack([points, more])
        at = {name: k for k, name in enumerate([*early, *late]) if name in free}
        for (first, second), rho in joint.items():
            if first in at and second in at:
                own = norm.ppf(points[:, [at[first], at[second]]])
                mixed = rho * own[:, 0] + math.sqrt(1 - rho**2) * own[:, 1]
                points[:, at[second]] = np.clip(norm.cdf(mixed), TINY, 1 - TINY)
        for name, k in at.items():
            values[name] = quantities[name].ppf(points[:, k])
    return pd.DataFrame(values)


def _sobol(dimensions: int, power: int, seed: int | list[int]) -> Array:
    """(2**power, dimensions): a scrambled Sobol sequence strictly between 0 and 1."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    return np.clip(sequence.random_base2(power), TINY, 1 - TINY)
