"""Is the whole curve more than chance? Every unit that nothing happened to is given the curve of its own.

Simonsohn, Simmons & Nelson (2020) ask how often a curve as extreme as the observed one arises under the null, by three
statistics: the median effect, the share of specifications with the dominant sign, and the share that are significant
in that direction. Their null is made by shuffling; with one treated unit it is made by treating the others in turn,
each by the same specifications (the same pools, years and estimators), and the p-value is the exact rank of the treated
unit among them, itself included.

Effects are compared in units of each unit's own gap or noise before the event: a volatile economy has a wild curve
whatever happens. That a unit far from the pool is badly fitted, before the event as after, makes the null curves of
such units one-signed, so the share of one sign is a weak test. Units that lack more than a tenth of the specifications
which the treated one has are left out and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import BadInputError, NoDataError
from ..results import Check, Result
from ..text import p_equals
from .effect import number
from .placebo import rank_p

if TYPE_CHECKING:
    from .curve import SpecificationCurve

COVERED = 0.9  # of the treated unit's specifications that a unit must have
STATISTICS = {
    "median_effect": "median effect, in units of the gap or noise before the event",
    "share_sign": "share of specifications with the dominant sign",
    "share_significant": "share of specifications significant in the dominant direction",
}


@dataclass(frozen=True, eq=False)
class CurveTest(Result):
    """The permutation test of a specification curve.

    ``table``: a row per statistic with ``observed``, ``null_median``, ``null_90`` (nine tenths of the null curves are
    below), ``p_value`` and ``units`` (null curves). ``null``: a row per unit, the treated first, with the three
    statistics (the median effect with its sign) and ``specifications``. ``left_out``: units with too few of them.
    """

    spec: Mapping[str, Any]
    table: pd.DataFrame
    null: pd.DataFrame
    left_out: tuple[str, ...]
    level: float

    @property
    def p_value(self) -> float:
        """Of the median effect, the first statistic."""
        return float(self.table["p_value"].iloc[0])

    @property
    def checks(self) -> tuple[Check, ...]:
        """One per statistic, passed when its p is at most 1 - level: the curve stands out."""
        alpha = 1.0 - self.level
        return tuple(
            Check(row["statistic"], row["p_value"] <= alpha + 1e-9, row["p_value"], alpha, line)
            for row, line in zip(self.table.to_dict("records"), self.lines(), strict=True)
        )

    def lines(self) -> list[str]:
        """A sentence per statistic."""
        return [
            f"{row['text']}: {number(row['observed'])} against {number(row['null_median'])} in the median of "
            f"{row['units']} curves of units that nothing happened to (nine tenths below {number(row['null_90'])}), "
            f"{p_equals(row['p_value'])}"
            for row in self.table.to_dict("records")
        ]

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def summary(self) -> str:
        head = f"test of the curve: {self.spec['outcome']} of {self.spec['unit']}, event {self.spec['event']}"
        lines = [head, *(f"  {line}" for line in self.lines())]
        if self.left_out:
            named = ", ".join(self.left_out[:8]) + (" ..." if len(self.left_out) > 8 else "")
            lines.append(f"  left out, for want of more than a tenth of the specifications: {named}")
        return "\n".join(lines)


def curve_test(curve: SpecificationCurve, units: Iterable[str] | None = None) -> CurveTest:
    """Rank the curve among those of ``units`` (None: all that have enough of its specifications).

    Raises BadInputError for a unit that the curve does not have, NoDataError when none has enough specifications.
    """
    answered = curve.answered["specification"].to_numpy()
    alpha = 1.0 - curve.level + 1e-9
    own = curve.answered.set_index("specification")
    statistics, p_values = curve.statistics.loc[answered], curve.p_values.loc[answered]
    asked = list(statistics.columns) if units is None else list(dict.fromkeys(units))
    for name in asked:
        if name not in statistics.columns:
            raise BadInputError(f"unit '{name}' is not among those that were treated in turn")
    covered = statistics[asked].notna().mean()
    chosen = [str(name) for name in asked if covered[name] >= COVERED]
    left_out = tuple(str(name) for name in asked if name not in chosen)
    if not chosen:
        raise NoDataError(f"none of {len(asked)} units has {COVERED:.0%} of the specifications: there is no null curve")
    rows = [_of_curve(own["standardised"].to_numpy(), own["p_value"].to_numpy(), alpha)]
    rows += [_of_curve(statistics[name].to_numpy(), p_values[name].to_numpy(), alpha) for name in chosen]
    null = pd.DataFrame(rows, index=pd.Index([curve.spec["unit"], *chosen], name="unit"))
    table = []
    for name, text in STATISTICS.items():
        sizes = np.abs(null[name].to_numpy())
        table.append(
            {
                "statistic": name,
                "text": text,
                "observed": float(sizes[0]),
                "null_median": float(np.median(sizes[1:])),
                "null_90": float(np.quantile(sizes[1:], 0.9)),
                "p_value": rank_p(sizes),
                "units": len(chosen),
            }
        )
    spec = {key: curve.spec[key] for key in ("outcome", "unit", "event")} | {"units": chosen}
    return CurveTest(spec, pd.DataFrame(table), null, left_out, curve.level)


def _of_curve(standardised: np.ndarray[Any, Any], p_values: np.ndarray[Any, Any], alpha: float) -> dict[str, float]:
    """The three statistics of one curve, missing specifications left out; the dominant sign is that of the median."""
    there = np.isfinite(standardised)
    values, p = standardised[there], p_values[there]
    median = float(np.median(values))
    towards = values * (1.0 if median >= 0 else -1.0)
    return {
        "median_effect": median,
        "share_sign": max(float((values > 0).mean()), float((values < 0).mean())),
        "share_significant": float(((p <= alpha) & (towards > 0)).mean()),
        "specifications": float(there.sum()),
    }
