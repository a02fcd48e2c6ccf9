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
from typing import Any

import numpy as np
import pandas as pd

from ...errors import BadInputError, NoDataError
from ...results import Check, Provenance, Result, source_lines
from ...text import format_number, format_p_equals
from ..inference.placebo import rank_p_value

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
            f"{row['text']}: {format_number(row['observed'])} against "
            f"{format_number(row['null_median'])} in the median of "
            f"{row['units']} curves of units that nothing happened to (nine tenths below "
            f"{format_number(row['null_90'])}), "
            f"{format_p_equals(row['p_value'])}"
            for row in self.table.to_dict("records")
        ]

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
                "p_value": rank_p_value(sizes),
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


CHOICES = ("measure", "estimator", "predictors", "pool", "before", "after", "shock")


@dataclass(frozen=True, eq=False)
class SpecificationCurve(Result):
    """Estimates of one effect under every specification. Made by :func:`specification_curve`.

    Attributes
    ----------
    spec : mapping
        The question and the grid.
    table : DataFrame
        A row per specification with its choices (``measure, estimator, predictors, pool, before, after, shock``),
        ``event, fit_first, fit_last, post_first, post_last, donors``, the average effect ``estimate`` in
        ``measure_unit`` with ``lower, upper`` at ``level``, its exact two-sided rank ``p_value`` and the least value
        possible with so few donors (``least_p``), ``standardised`` (the estimate over the unit's own gap or noise
        before the event), ``pre_rmspe, detectable, effective_donors, flagged_weight``, the ``finding`` by rule, and
        ``failed``: the reason why there is no estimate, otherwise "".
    effects, statistics, p_values : DataFrame
        The average effect, ``standardised`` and ``p_value``, (specification, unit), with each unit in the treated
        unit's place.
    level : float
        Confidence level of the intervals.
    measure_unit : str
        Unit of measurement of the estimates.
    provenance : Provenance
        Series, method and references.
    """

    drawn_by = "impact.draw_specification_curve"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    effects: pd.DataFrame
    statistics: pd.DataFrame
    p_values: pd.DataFrame
    level: float
    measure_unit: str
    provenance: Provenance

    @property
    def answered(self) -> pd.DataFrame:
        """Rows with an estimate."""
        return self.table[self.table["failed"] == ""]

    @property
    def estimate(self) -> float:
        """Median of the estimates."""
        return float(self.answered["estimate"].median())

    @property
    def quartiles(self) -> tuple[float, float]:
        """Ends of the interquartile range of the estimates."""
        low, high = self.answered["estimate"].quantile([0.25, 0.75])
        return float(low), float(high)

    @property
    def share_same_sign(self) -> float:
        """Share of the estimates that have the sign of most of them."""
        positive = float((self.answered["estimate"] > 0).mean())
        return max(positive, 1.0 - positive)

    @property
    def share_significant(self) -> float:
        """Share of the estimates with p <= 1 - level, whatever their sign."""
        return float(_significant(self.answered, self.level).mean())

    @property
    def share_testable(self) -> float:
        """Share of the specifications that have donors enough for p to fall to 1 - level at all."""
        return float((self.answered["least_p"] <= 1.0 - self.level + 1e-9).mean())

    @property
    def drivers(self) -> pd.DataFrame:
        """A row per choice, the most decisive first: number of ``options``, ``share`` of the estimates' variance
        between its options (one choice at a time), ``spread`` between the lowest and the highest median of an option,
        and which options these are (``low``, ``high``)."""
        rows = []
        for choice, options in self.options.groupby("choice", sort=False):
            ranked = options.sort_values("median", kind="stable")
            rows.append(
                {
                    "choice": choice,
                    "options": len(options),
                    "share": self._between(options),
                    "spread": float(ranked["median"].iloc[-1] - ranked["median"].iloc[0]),
                    "low": ranked["option"].iloc[0],
                    "high": ranked["option"].iloc[-1],
                }
            )
        columns = ["choice", "options", "share", "spread", "low", "high"]
        table = pd.DataFrame(rows, columns=columns)
        return table.sort_values(["share", "choice"], ascending=[False, True], kind="stable", ignore_index=True)

    @property
    def options(self) -> pd.DataFrame:
        """A row per option of every choice that has several: ``choice, option, specifications, median, mean, positive``
        (share of positive estimates), ``significant`` (share with p <= 1 - level), ``failed`` (number)."""
        rows = []
        for choice in CHOICES:
            if self.table[choice].nunique() < 2:
                continue
            for option, group in self.table.groupby(choice, sort=False):
                good = group[group["failed"] == ""]
                estimates = good["estimate"]
                rows.append(
                    {
                        "choice": choice,
                        "option": str(option) if option != "" else "none",
                        "specifications": len(group),
                        "median": float(estimates.median()),
                        "mean": float(estimates.mean()),
                        "positive": float((estimates > 0).mean()) if len(good) else float("nan"),
                        "significant": float(_significant(good, self.level).mean()) if len(good) else float("nan"),
                        "failed": len(group) - len(good),
                    }
                )
        names = ["choice", "option", "specifications", "median", "mean", "positive", "significant", "failed"]
        return pd.DataFrame(rows, columns=names)

    def test(self, units: Iterable[str] | None = None) -> CurveTest:
        """The permutation test of the whole curve, by default among all units that could be treated in turn."""
        return curve_test(self, units)

    def summary(self) -> str:
        good, spec = self.answered, self.spec
        low, high = self.quartiles
        sign = "positive" if float((good["estimate"] > 0).mean()) >= 0.5 else "negative"
        counts = good["finding"].value_counts()
        found = ", ".join(f"{counts[name]} {name}" for name in sorted(counts.index, key=str))
        lines = [
            f"specification curve: {spec['outcome']} of {spec['unit']}, event {spec['event']}",
            f"  {len(self.table)} specifications, {len(self.table) - len(good)} without an answer",
            f"  median {format_number(self.estimate, signed=True)} ({self.measure_unit}), interquartile range "
            f"[{format_number(low)}, {format_number(high)}], {self.share_same_sign:.0%} {sign}",
            f"  significant at {1 - self.level:.0%}: {self.share_significant:.0%} of specifications "
            f"(donors enough for that: {self.share_testable:.0%}); findings: {found}",
        ]
        lines += [
            f"  what moves it: {row['choice']}, {row['share']:.0%} of the variance; medians "
            f"{format_number(row['spread'])} "
            f"apart between '{row['low']}' and '{row['high']}'"
            for row in self.drivers.head(3).to_dict("records")
        ]
        try:
            lines += [f"  {line}" for line in self.test().lines()]
        except NoDataError as error:
            lines.append(f"  the curve as a whole is not tested: {error}")
        reasons = self.table.loc[self.table["failed"] != "", "failed"].value_counts()
        lines += [f"  no answer in {count}: {reason}" for reason, count in list(reasons.items())[:4]]
        lines += source_lines(self.provenance, "  ")
        return "\n".join(lines)

    def _between(self, options: pd.DataFrame) -> float:
        """Variance between the options of one choice over the variance of all estimates (first-order share)."""
        estimates = self.answered["estimate"]
        total = float(((estimates - estimates.mean()) ** 2).sum())
        sizes = options["specifications"] - options["failed"]
        between = float((sizes * (options["mean"] - estimates.mean()) ** 2).sum())
        return between / total if total > 0 else float("nan")


def _significant(rows: pd.DataFrame, level: float) -> pd.Series[bool]:
    return rows["p_value"] <= 1.0 - level + 1e-9
