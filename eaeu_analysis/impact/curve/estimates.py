"""One question of a specification curve, answered by every estimator: the rows of its table.

A question is a measure, a donor pool and years; its data are put together once and shared by the estimators. Every
estimator is judged alike: the treated unit's average effect, in units of its own gap or noise before the event, is
ranked among those of its donors (:func:`.placebo.compare`), exactly and two-sided. Units outside the pool are treated
in turn by the same pool, which is what the test of the whole curve needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...arrays import Array
from ...data.panel import Panel, event_year
from ...errors import BadInputError, EaeuError, NoDataError
from ...reference.catalogue import outcomes
from ...remittances.ties_with_russia import COLUMNS, with_exposure
from ...results import Check
from ..effect import finding_of
from ..inference import checks as rules
from ..inference.checks import fit_check, trend_check
from ..inference.placebo import LEAST, Placebos, noise, rank_among_placebos
from ..inference.placebo_checks import donor_notes, extrapolation_check, placebo_gap_checks, weight_check
from ..options import EffectOptions
from ..question import donors as pools
from ..question.design import one_unit
from ..question.predictors import Predictor, predictor_values, with_predictors
from ..question.problem import Problem, state_problem
from ..weights.fit import Fitted, Setup
from .grid import POPULATION, PREDICTED, Grid, Specification, Years, grid_for
from .placebos import Memory, UnitArrays, UnitGaps, gaps_of_every_unit
from .result import CHOICES

# What all questions of a specification curve share: the panel cut to the columns used, and who may be compared.


@dataclass(frozen=True)
class SlimPanel(Panel):
    """A panel of the few columns that a curve uses, which remembers its wide tables; they must not be written to."""

    kept: dict[str, pd.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, panel: Panel) -> SlimPanel:
        return cls(panel.frame, panel.series, panel.names, None, panel.world)

    def wide(self, indicator: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        if units is not None:
            return super().wide(indicator, units)
        if indicator not in self.kept:
            self.kept[indicator] = super().wide(indicator)
        return self.kept[indicator]

    def resolve(self, unit: object) -> str:
        for table in self.kept.values():
            return str(unit) if unit in table.columns else super().resolve(unit)
        return super().resolve(unit)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "kept": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@dataclass(frozen=True)
class CurveSetup:
    """What all questions of a curve share. ``columns``: the column of the panel by indicator, "" where it has none;
    ``units``: those that may take the treated unit's place, in order."""

    panel: SlimPanel
    outcome: str
    unit: str
    event: int
    grid: Grid
    level: float
    seed: int
    columns: Mapping[str, str]
    units: tuple[str, ...]


def make_curve_setup(
    panel: Panel, outcome: str, unit: str, event: object, grid: Grid | None, level: float, seed: int
) -> CurveSetup:
    """The :class:`Task` of :func:`.curve.specification_curve`; BadInputError or NoDataError for a wrong question."""
    start = event_year(event)
    if panel.world:
        panel = panel.with_outcome(outcome)
    else:
        panel.info(outcome)
    code = panel.resolve(one_unit(unit))
    grid = grid or grid_for(panel, outcome, code, start)
    needed = [*grid.measures_of(outcome)]
    needed += [rule.indicator for rules in grid.predictors.values() for rule in rules if rule.indicator]
    slim, columns = slim_panel(panel, outcome, dict.fromkeys(needed), grid.min_population > 0)
    units = eligible(slim, columns[outcome], code, start, grid)
    return CurveSetup(slim, outcome, code, start, grid, level, seed, columns, units)


def slim_panel(panel: Panel, outcome: str, names: Iterable[str], population: bool) -> tuple[SlimPanel, dict[str, str]]:
    """The panel with no more than the columns used, levels in log points x 100; and the column of each name, "" for
    those that the panel lacks. ``outcome`` must be there: BadInputError or NoDataError."""
    in_levels = set(outcomes().index[outcomes()["log"]]) if panel.world else set()
    columns: dict[str, str] = {}
    for name in dict.fromkeys([outcome, *names]):
        try:
            if panel.world and name in COLUMNS:
                panel = with_exposure(panel, (name,))
            panel = panel.with_outcome(name) if panel.world and name not in panel.frame.columns else panel
            panel.info(name)
        except EaeuError:
            if name == outcome:
                raise
            columns[name] = ""
            continue
        columns[name] = name
        if name in in_levels:
            logged = panel.log(name)
            info = logged.info(f"log({name})").with_(unit="log points x 100")
            columns[name] = f"100 log({name})"
            panel = panel.with_column(columns[name], 100.0 * logged.column(f"log({name})"), info)
    keep = [column for column in columns.values() if column]
    if population and POPULATION in panel.frame.columns:
        keep.append(POPULATION)
    return SlimPanel.of(panel.select(list(dict.fromkeys(keep)))), columns


def eligible(panel: Panel, column: str, unit: str, event: int, grid: Grid) -> tuple[str, ...]:
    """Units that are ever donors or take the treated unit's place: all that :mod:`.donors` allows, large enough."""
    wide = panel.wide(column)
    window = event - max(grid.before), event + max(grid.after)
    allowed = pools.choose_donors(panel, unit, None, window, event, list(map(str, wide.columns))).donors
    if not grid.min_population:
        return tuple(allowed)
    if POPULATION not in panel.frame.columns:
        raise BadInputError(f"the grid's donors have a least population: load '{POPULATION}' too, or set it to zero")
    people = panel.wide(POPULATION).loc[event - 1]
    return tuple(name for name in allowed if people.get(name, 0.0) >= grid.min_population)


NUMBERS = ("estimate", "lower", "upper", "p_value", "least_p", "standardised", "pre_rmspe", "detectable",
           "effective_donors", "flagged_weight")  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """``rows``: a record per specification. ``effects``, ``statistics``, ``p_values`` (S, U): the same specification
    with each unit of ``Task.units`` in the treated unit's place; NaN where it has no answer."""

    rows: tuple[Mapping[str, Any], ...]
    effects: Array
    statistics: Array
    p_values: Array


@dataclass(frozen=True)
class _Data:
    """A problem cut to the years used, the units outside its pool, and predictors (P, units) where there are any."""

    problem: Problem
    outside: tuple[str, ...]
    others: Array
    predictors: tuple[Predictor, ...] = ()
    x: Array | None = None

    def field(self, memory: Memory) -> UnitArrays:
        outcomes = np.column_stack([self.problem.outcomes, self.others])
        return UnitArrays(outcomes, len(self.problem.donors), int(self.problem.fit.sum()), self.x, memory)


def answer_questions(task: CurveSetup, questions: Sequence[Sequence[Specification]]) -> Iterator[Answered]:
    """Questions in turn, weights that several of them need found once; the answers are those of each alone."""
    memory: Memory = {}
    for question in questions:
        yield answer_question(task, question, memory)


def answer_question(
    task: CurveSetup, specifications: Sequence[Specification], memory: Memory | None = None
) -> Answered:
    """All ``specifications`` of one question. What cannot be answered is a row with the reason in ``failed``."""
    memory = {} if memory is None else memory
    first = specifications[0]
    years = task.grid.years(task.event, first.before, first.after, first.shock, task.panel.world)
    count = len(specifications)
    effects, statistics, p_values = (np.full((count, len(task.units)), np.nan) for _ in range(3))
    rows = []
    data: _Data | EaeuError
    try:
        data = _gather(task, first, years)
    except EaeuError as error:
        data = error
    for i, specification in enumerate(specifications):
        row = _choices(specification, years)
        try:
            if isinstance(data, EaeuError):
                raise data
            numbers, null = _answer(task, specification, data, memory)
            row |= numbers
            at = np.array([task.units.index(name) for name in null[0]], dtype=np.intp)
            effects[i, at], statistics[i, at], p_values[i, at] = null[1:]
        except EaeuError as error:
            row |= {"donors": 0, **dict.fromkeys(NUMBERS, float("nan")), "finding": "", "failed": str(error)}
        rows.append(row)
    return Answered(tuple(rows), effects, statistics, p_values)


def _choices(specification: Specification, years: Years) -> dict[str, Any]:
    return {
        "specification": specification.number,
        **{name: getattr(specification, name) for name in CHOICES},
        "event": years.event,
        "fit_first": years.fit[0] if years.fit else 0,
        "fit_last": years.fit[-1] if years.fit else 0,
        "post_first": years.post[0] if years.post else 0,
        "post_last": years.post[-1] if years.post else 0,
    }


# -- data -----------------------------------------------------------------------------------------------------
def _column(task: CurveSetup, name: str) -> str:
    column = task.columns.get(name, "")
    if not column:
        raise NoDataError(f"the panel lacks the series of '{name}'")
    return column


def _gather(task: CurveSetup, specification: Specification, years: Years) -> _Data:
    if not years.fit or not years.post:
        raise NoDataError(f"no year to {'judge' if years.fit else 'fit'} is left of the window")
    column = _column(task, specification.measure)
    wide = task.panel.wide(column)
    window = years.fit[0], years.post[-1]
    open_to = set(
        pools.choose_donors(task.panel, task.unit, None, window, years.event, list(map(str, wide.columns))).donors
    )
    members = task.grid.pools[specification.pool].members()
    chosen = [u for u in task.units if u in open_to and (members is None or u in members)]
    asked: dict[str, Any] = {"fit_years": list(years.fit), "post_years": list(years.post)}
    options = EffectOptions(gaps=task.grid.gaps)
    problem = state_problem(task.panel, column, task.unit, years.event, chosen, **asked, options=options)
    used = problem.fit | problem.post
    problem = replace(
        problem,
        times=problem.times[used],
        outcomes=problem.outcomes[used],
        fit=problem.fit[used],
        post=problem.post[used],
    )
    outside = [u for u in task.units if u in open_to and u not in problem.donors]
    others = _complete(wide, outside, problem, task.grid.gaps)
    return _Data(problem, tuple(others.columns), others.to_numpy(dtype=np.float64))


def _complete(wide: pd.DataFrame, units: list[str], problem: Problem, gaps: str) -> pd.DataFrame:
    """The units' outcomes in the years of the problem, those with a missing value left out, by the donors' rule."""
    table = wide[units]
    if gaps == "interpolate":
        table = table.interpolate(limit_area="inside")
    return table.loc[problem.times].dropna(axis=1)


def _with_predictors(task: CurveSetup, specification: Specification, data: _Data) -> _Data:
    fit = data.problem.fit_years
    chosen = []
    for rule in task.grid.predictors[specification.predictors]:
        if rule.indicator in (task.outcome, specification.measure):
            continue  # the set has the outcome under its own rules already
        name = data.problem.outcome if not rule.indicator else _column(task, rule.indicator)
        chosen.append(Predictor(name, rule.years(fit)))
    problem, x = with_predictors(task.panel, data.problem, chosen, "drop")
    others = predictor_values(task.panel, chosen, data.outside)
    full: NDArray[np.bool_] = np.asarray(np.isfinite(others).all(axis=0))
    return _Data(
        problem,
        tuple(u for u, there in zip(data.outside, full, strict=True) if there),
        data.others[:, full],
        tuple(chosen),
        np.column_stack([x, others[:, full]]),
    )


# -- answers --------------------------------------------------------------------------------------------------
def _answer(
    task: CurveSetup, specification: Specification, data: _Data, memory: Memory
) -> tuple[dict[str, Any], tuple[tuple[str, ...], Array, Array, Array]]:
    if specification.estimator == PREDICTED:
        data = _with_predictors(task, specification, data)
    problem = data.problem
    found = gaps_of_every_unit(specification.estimator, data.field(memory), task.seed)
    count = len(problem.donors)
    made = rank_among_placebos(found.gaps[:, : count + 1], problem, task.level)
    estimate = float(made.table["average"].iloc[0])
    p_value = made.p["two_sided"]
    checks = _checks(specification.estimator, data, found, made, estimate, task.level)
    weights = found.weights
    flagged = [i for i, name in enumerate(problem.donors) if name in problem.flagged]
    row = {
        "donors": count,
        "estimate": estimate,
        "lower": made.interval[0],
        "upper": made.interval[1],
        "p_value": p_value,
        "least_p": 1.0 / (count + 1),
        "standardised": float(made.table["standardised"].iloc[0]),
        "pre_rmspe": float(made.table["pre_rmspe"].iloc[0]),
        "detectable": made.detectable,
        "effective_donors": float("nan") if weights is None else 1.0 / float((weights**2).sum()),
        "flagged_weight": float("nan") if weights is None else float(np.abs(weights[flagged]).sum()),
        "finding": finding_of(estimate, made.interval, task.level, p_value, tuple(checks)),
        "failed": "",
    }
    return row, _outside_units(data, found, made)


def _outside_units(data: _Data, found: UnitGaps, made: Placebos) -> tuple[tuple[str, ...], Array, Array, Array]:
    """Names, average effects, standardised effects and rank p-values of donors and of units outside the pool.

    A donor is ranked among the donors, a unit outside among the donors and itself: each as the treated unit is, with
    the treated unit away.
    """
    problem = data.problem
    count = len(problem.donors)
    inside = made.table.iloc[1:]
    rest = found.gaps[:, count + 1 :]
    before = np.sqrt((rest[problem.fit] ** 2).mean(axis=0))
    floor = LEAST * float(made.table["scale"].median())
    scale = np.maximum(np.maximum(before, noise(data.others[problem.fit])), floor)
    average = rest[problem.post].mean(axis=0)
    donors = inside["standardised"].to_numpy()
    outside = average / scale
    p_inside = _ranks(donors, donors) / count
    p_outside = (_ranks(outside, donors) + 1) / (count + 1)
    return (
        problem.donors + data.outside,
        np.concatenate([inside["average"].to_numpy(), average]),
        np.concatenate([donors, outside]),
        np.concatenate([p_inside, p_outside]),
    )


def _ranks(values: Array, among: Array) -> Array:
    """How many of ``among`` are at least as far from zero as each of ``values``."""
    size = np.abs(values)
    return np.asarray((np.abs(among)[None, :] >= size[:, None] * (1 - 1e-12)).sum(axis=1), dtype=np.float64)


def _checks(estimator: str, data: _Data, found: UnitGaps, made: Placebos, estimate: float, level: float) -> list[Check]:
    """The checks of the estimator's own public function, leave-one-out and the placebo in time apart."""
    problem, count = data.problem, len(data.problem.donors)
    own = found.gaps[:, 0]
    if estimator.startswith("sc") and found.weights is not None:
        fitted = Fitted(
            0,
            tuple(range(1, count + 1)),
            found.weights,
            found.shift,
            problem.outcomes[:, 0] - own,
            own,
            float((own[problem.fit] ** 2).mean()),
        )
        setup = Setup(problem, data.predictors, None if data.x is None else data.x[:, : count + 1])
        checks = rules.fit_checks(setup, fitted, estimator == "sc-demeaned", estimate)
        return checks + rules.donor_checks(problem, fitted) + rules.placebo_test_checks(made, level)
    others = found.gaps[:, 1 : count + 1]
    draws = others[problem.post].mean(axis=0)
    before, times = own[problem.fit], problem.times.astype(np.float64)
    reach = float(times[problem.post].mean() - times[problem.fit].mean())
    checks = [
        fit_check(before, problem.outcomes[problem.fit, 0], count),
        trend_check(before, times[problem.fit], reach, estimate),
        *placebo_gap_checks(before, others[problem.fit].T, estimate, draws, level),
    ]
    weights = np.full(count, 1.0 / count) if found.weights is None else found.weights
    if estimator == "sdid":
        checks.append(weight_check(weights))
    if estimator == "augmented":
        checks.append(extrapolation_check(weights))
    return checks + donor_notes(problem.dropped, problem.flagged, dict(zip(problem.donors, weights, strict=True)))
