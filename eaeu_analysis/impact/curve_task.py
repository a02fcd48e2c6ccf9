"""What all questions of a specification curve share: the panel cut to the columns used, and who may be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..data.panel import Panel, event_year
from ..errors import BadInputError, EaeuError
from ..reference.catalogue import outcomes
from ..remittances.ties_with_russia import COLUMNS, with_exposure
from . import donors as pools
from .design import one_unit
from .grid import POPULATION, Grid, grid_for


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

    def resolve(self, unit: str) -> str:
        for table in self.kept.values():
            return unit if unit in table.columns else super().resolve(unit)
        return super().resolve(unit)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "kept": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


@dataclass(frozen=True)
class Task:
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


def state_task(
    panel: Panel, outcome: str, unit: str, event: object, grid: Grid | None, level: float, seed: int
) -> Task:
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
    return Task(slim, outcome, code, start, grid, level, seed, columns, units)


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
    allowed = pools.choose(panel, unit, None, window, event, list(map(str, wide.columns))).donors
    if not grid.min_population:
        return tuple(allowed)
    if POPULATION not in panel.frame.columns:
        raise BadInputError(f"the grid's donors have a least population: load '{POPULATION}' too, or set it to zero")
    people = panel.wide(POPULATION).loc[event - 1]
    return tuple(name for name in allowed if people.get(name, 0.0) >= grid.min_population)
