"""One effect for several members that joined at different times, from the synthetic control of each.

Each member's average effect is divided by its scale, the gap or noise of its own before the event that its placebo test
goes by (:func:`.placebo.compare`). The mean over members is ranked among means over random sets of donors, one donor in
each member's place and none twice, each with the placebo effect that the member's own test gave it. The interval
inverts that test for one effect that all members share, so that interval and p-value agree; the estimate in its middle
weighs members by the inverse of their scale. Members that went through one shock of their own are more alike than
random donors are: what they have in common apart from the union is in the estimate, and makes its p too small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, EaeuError, NoDataError
from ...reference.catalogue import outcome
from ..effect import Effect
from ..estimators.synthetic import SyntheticControlEffect
from ..inference.placebo import rank_p_value, rejections

DRAWS = 9_999
COLUMNS = ["outcome", "label", "measure", "pool", "members", "estimate", "lower", "upper", "p_value", "reason"]


@dataclass(frozen=True)
class Pooled:
    """``estimate`` with ``lower, upper`` at the level asked for and two-sided ``p_value``, of the ``units`` and among
    ``draws`` sets of donors."""

    units: tuple[str, ...]
    estimate: float
    lower: float
    upper: float
    p_value: float
    draws: int


def pool_effects(effects: Sequence[Effect], level: float, draws: int = DRAWS, seed: int = 0) -> Pooled:
    """The effect that the ``effects`` of several units have in common.

    Each must be a synthetic control with placebo inference, in one measure. Raises BadInputError otherwise, NoDataError
    when their donors are too few to be in every unit's place at once.
    """
    tables = [table for table in map(placebos_of, effects) if table is not None]
    if len(effects) < 2 or len(tables) < len(effects):
        raise BadInputError("pooling takes the synthetic controls of two units or more, each with placebo inference")
    if len({effect.measure for effect in effects}) > 1:
        raise BadInputError("pooled effects must be in one measure")
    own = np.array([float(table["standardised"].iloc[0]) for table in tables])
    scales = np.array([float(table["scale"].iloc[0]) for table in tables])
    donors = sorted(set.intersection(*({str(name) for name in table.index[1:]} for table in tables)))
    if len(donors) <= len(effects):
        raise NoDataError(f"{len(donors)} donors in common are too few to stand in for {len(effects)} units at once")
    null = np.array([table["standardised"].loc[donors].to_numpy(dtype=np.float64) for table in tables])
    means = random_means(null, draws, seed)
    statistic = float(own.mean())
    allowed = rejections(len(means) + 1, level)
    margin = float(np.sort(np.abs(means))[-allowed]) if allowed else float("inf")
    weight = float((1.0 / scales).mean())
    return Pooled(
        tuple(str(effect.spec["unit"]) for effect in effects),
        statistic / weight,
        (statistic - margin) / weight,
        (statistic + margin) / weight,
        rank_p_value(np.abs(np.append(statistic, means))),
        len(means),
    )


def placebos_of(effect: Effect) -> pd.DataFrame | None:
    """The placebo table of a synthetic control with placebo inference; None for any other effect."""
    return effect.placebos if isinstance(effect, SyntheticControlEffect) else None


def random_means(null: Array, draws: int, seed: int) -> Array:
    """(draws,) means over the rows of ``null`` (members, donors) of one entry each, no column twice."""
    order = np.random.default_rng(seed).random((draws, null.shape[1])).argsort(axis=1)[:, : len(null)]
    return np.asarray(null[np.arange(len(null)), order].mean(axis=1), dtype=np.float64)


def pool_each(groups: Mapping[tuple[str, str], Sequence[Effect]], level: float, seed: int) -> pd.DataFrame:
    """A row per (donor pool, outcome) with two effects or more that have placebos, in log points x 100 for outcomes in
    logarithms; ``reason`` says why there is no estimate."""
    rows = []
    for (pool, name), effects in groups.items():
        if len(effects) < 2 or any(placebos_of(effect) is None for effect in effects):
            continue
        known = outcome(name)
        row: dict[str, Any] = {"outcome": name, "label": known.label, "pool": pool, "members": len(effects)}
        row["measure"] = "log points" if known.log else effects[0].measure
        try:
            made, times = pool_effects(effects, level, seed=seed), 100.0 if known.log else 1.0
            row |= {key: times * getattr(made, key) for key in ("estimate", "lower", "upper")}
            row |= {"p_value": made.p_value, "reason": ""}
        except EaeuError as error:
            row |= dict.fromkeys(("estimate", "lower", "upper", "p_value"), float("nan")) | {"reason": str(error)}
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS)
