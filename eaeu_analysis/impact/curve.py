"""Specification curve: the same question under every defensible combination of choices, none of them hidden.

Simonsohn, Simmons & Nelson (2020), "Specification curve analysis", Nature Human Behaviour 4. The choices are data
(:mod:`.grid`), each estimate comes with the same exact placebo test (:mod:`.curve_rows`), and the curve as a whole is
tested by treating every donor in turn (:mod:`.curve_test`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import files, settings
from ..data.panel import require_panel
from ..errors import BadInputError, NoDataError
from ..parallel import fan_out
from ..results import Provenance, Result, source_lines
from . import curve_store
from .curve_rows import Answered, answer_questions
from .curve_task import Task, state_task
from .curve_test import CurveTest, curve_test
from .effect import number
from .grid import Grid, Specification, sample

if TYPE_CHECKING:
    from ..data.panel import Panel

CHOICES = ("measure", "estimator", "predictors", "pool", "before", "after", "shock")
REFERENCE = "Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4"
SAVE_EVERY = 20  # questions between two writings of the store


@dataclass(frozen=True, eq=False)
class SpecificationCurve(Result):
    """Estimates of one effect under every specification.

    ``table``: a row per specification with its choices (``measure, estimator, predictors, pool, before, after,
    shock``), ``event, fit_first, fit_last, post_first, post_last, donors``, the average effect ``estimate`` in
    ``measure_unit`` with ``lower, upper`` at ``level``, its exact two-sided rank ``p_value`` and the least that was
    possible with so few donors (``least_p``), ``standardised`` (the estimate over the unit's own gap or noise before
    the event), ``pre_rmspe, detectable, effective_donors, flagged_weight``, the ``finding`` by rule, and ``failed``:
    the reason why there is no estimate, "" otherwise. ``effects, statistics, p_values``: specification x unit, the
    average effect, ``standardised`` and ``p_value`` with that unit
    in the treated one's place.
    """

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

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def summary(self) -> str:
        good, spec = self.answered, self.spec
        low, high = self.quartiles
        sign = "positive" if float((good["estimate"] > 0).mean()) >= 0.5 else "negative"
        counts = good["finding"].value_counts()
        found = ", ".join(f"{counts[name]} {name}" for name in sorted(counts.index, key=str))
        lines = [
            f"specification curve: {spec['outcome']} of {spec['unit']}, event {spec['event']}",
            f"  {len(self.table)} specifications, {len(self.table) - len(good)} without an answer",
            f"  median {number(self.estimate, signed=True)} ({self.measure_unit}), interquartile range "
            f"[{number(low)}, {number(high)}], {self.share_same_sign:.0%} {sign}",
            f"  significant at {1 - self.level:.0%}: {self.share_significant:.0%} of specifications "
            f"(donors enough for that: {self.share_testable:.0%}); findings: {found}",
        ]
        lines += [
            f"  what moves it: {row['choice']}, {row['share']:.0%} of the variance; medians {number(row['spread'])} "
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


def specification_curve(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    grid: Grid | None = None,
    jobs: int = 1,
    seed: int = 0,
    store: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    level: float = settings.LEVEL,
    limit: int | None = None,
    dask: str | None = None,
) -> SpecificationCurve:
    """The effect of ``event`` on ``outcome`` of ``unit`` under every specification of ``grid``.

    ``grid`` None: data/tables/grid.toml on panels of economies, elsewhere estimators and windows on one pool. Outcomes
    that the catalogue keeps in levels are analysed in log points x 100 (about per cent). ``limit``: a seeded random
    choice of so many specifications. ``jobs``: processes, ``dask``: address of a scheduler
    instead; the result does not depend on either. ``store``: a file that
    keeps what has been found; a second call with the same question goes on from it. ``progress`` is called with the
    number of specifications done and their total. A specification that cannot be answered is a row with its reason in
    ``failed``.

    Raises BadInputError or NoDataError when the question itself makes no sense, NoDataError when nothing could be
    answered. Source: Simonsohn, Simmons & Nelson (2020).

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(["trade", "SP.POP.TOTL"])
    >>> found = ea.specification_curve(panel, "trade", "KGZ", "2015-08-12", limit=20)
    >>> len(found.table), found.measure_unit
    (20, '% of GDP')
    """
    require_panel(panel)
    if not 0 < level < 1:
        raise BadInputError(f"level {level} is not between 0 and 1")
    if jobs < 1:
        raise BadInputError(f"jobs {jobs}: at least one is needed")
    task = state_task(panel, outcome, unit, event, grid, level, seed)
    everything = task.grid.specifications(outcome, task.event, panel.world)
    chosen = sample(everything, limit, seed)
    groups = by_question(chosen)
    kept = None if store is None else Path(store)
    answers = _answer_all(task, chosen, groups, jobs, dask, kept, progress)
    return _collect(task, answers, limit)


def by_question(specifications: Sequence[Specification]) -> list[list[Specification]]:
    """Specifications in lists that share their data, in order."""
    groups: dict[tuple[Any, ...], list[Specification]] = {}
    for specification in specifications:
        groups.setdefault(specification.question, []).append(specification)
    return list(groups.values())


def _answer_all(
    task: Task,
    chosen: Sequence[Specification],
    groups: Sequence[Sequence[Specification]],
    jobs: int,
    dask: str | None,
    store: Path | None,
    progress: Callable[[int, int], None] | None,
) -> list[Answered]:
    """Answers by question, in order; the store is written every so often and whatever happens."""
    mark = "" if store is None else curve_store.fingerprint(task, chosen)
    done = {} if store is None else curve_store.load(store, mark, groups)
    waiting = [number for number in range(len(groups)) if number not in done]
    count = sum(len(groups[number]) for number in done)
    if progress is not None and count:
        progress(count, len(chosen))
    unsaved = 0
    if store is not None and waiting:
        files.require_writable(store)
    try:
        for number, answer in zip(waiting, _run(task, [groups[n] for n in waiting], jobs, dask), strict=True):
            done[number] = answer
            count, unsaved = count + len(answer.rows), unsaved + 1
            if store is not None and unsaved >= SAVE_EVERY:
                curve_store.save(store, mark, done)
                unsaved = 0
            if progress is not None:
                progress(count, len(chosen))
    finally:
        if store is not None and unsaved:
            curve_store.save(store, mark, done)
    return [done[number] for number in range(len(groups))]


def _run(task: Task, groups: Sequence[Sequence[Specification]], jobs: int, dask: str | None) -> Iterator[Answered]:
    """Answers in the order of ``groups``, those that share their fit years by one worker after another, so that what
    they have in common is worked out once."""
    shares = [list(share) for _, share in itertools.groupby(groups, lambda group: group[0].question[:3])]
    if dask is None and (jobs == 1 or len(shares) < 2):
        for share in shares:
            yield from answer_questions(task, share)  # each as soon as it is there, to be kept
        return
    for answers in fan_out(partial(_answer_share, task), shares, jobs, dask):
        yield from answers


def _answer_share(task: Task, share: Sequence[Sequence[Specification]]) -> list[Answered]:
    return list(answer_questions(task, share))


def _collect(task: Task, answers: Sequence[Answered], limit: int | None) -> SpecificationCurve:
    table = pd.DataFrame([row for answer in answers for row in answer.rows])
    if (table["failed"] != "").all():
        raise NoDataError(f"no specification could be answered; the first: {table['failed'].iloc[0]}")
    index = pd.Index(table["specification"], name="specification")
    frames = [
        pd.DataFrame(np.vstack([getattr(a, name) for a in answers]), index, pd.Index(task.units, name="unit"))
        for name in curve_store.ARRAYS
    ]
    infos = tuple(task.panel.info(c) for n, c in task.columns.items() if c and n in set(table["measure"]))
    spec = {
        "estimator": "specification_curve",
        "outcome": task.outcome,
        "unit": task.unit,
        "event": task.event,
        "grid": task.grid.plain(),
        "limit": limit,
        "seed": task.seed,
        "level": task.level,
    }
    unit = task.panel.info(task.columns[task.outcome]).unit
    provenance = Provenance(infos, "specification curve", REFERENCE, spec)
    return SpecificationCurve(spec, table, frames[0], frames[1], frames[2], task.level, unit, provenance)
