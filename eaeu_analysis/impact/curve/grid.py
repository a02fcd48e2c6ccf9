"""The choices of a specification curve as data: every combination of them is one specification.

The default grid is data/tables/grid.toml, fixed before any estimate was seen; :class:`Grid` is what a user changes
with ``dataclasses.replace``. Nothing is estimated here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ... import settings
from ...data.panel import Panel
from ...errors import BadInputError, EaeuError, require_least, require_option, unknown
from ...reference.catalogue import TableRow, parse, read_table, table_path
from ...remittances.ties_with_russia import COLUMNS
from ..options import GAPS, Gaps
from ..question.problem import MIN_PRE
from .placebos import ESTIMATORS

KEPT, DROPPED, MOVED = "kept", "dropped", "moved"
TREATMENTS = (KEPT, DROPPED, MOVED)
NEAR = 2  # years before the event within which a shock may be confused with it, so that moving the event says something
POPULATION = "SP.POP.TOTL"
Chosen = TypeVar("Chosen")
PREDICTED = "sc-predictors"  # the estimator that runs through the predictor sets


@dataclass(frozen=True)
class PoolRule(TableRow):
    """Donors by name: a ``group`` of economies.toml, an ``income`` group, a list of ``units``, or every unit."""

    label: str
    group: str = ""
    income: str = ""
    units: tuple[str, ...] = ()

    def members(self) -> frozenset[str] | None:
        """The units that the rule names; None: all."""
        from ...reference import economies as names

        if self.units:
            return frozenset(self.units)
        if self.group:
            return frozenset(names.group(self.group))
        if self.income:
            table = names.economies()
            if self.income not in set(table["income"]):
                raise unknown("income group", self.income, sorted(set(table["income"])))
            return frozenset(str(e) for e in table.index[table["income"] == self.income])
        return None


@dataclass(frozen=True)
class PredictorRule(TableRow):
    """``indicator`` ("" is the outcome) averaged over ``when``: "all" fit years, "first", "middle", "last", "last 5",
    or a year such as "2009", which need not be a fit year."""

    indicator: str
    when: str

    def years(self, fit: Sequence[int]) -> list[int]:
        """The years meant, given the fit years. BadInputError for a ``when`` that is not understood or after them."""
        words = self.when.split()
        if self.when == "all":
            return list(fit)
        if self.when in ("first", "last"):
            return [fit[0 if self.when == "first" else -1]]
        if self.when == "middle":
            return [fit[len(fit) // 2]]
        if len(words) == 2 and words[0] == "last" and words[1].isdigit() and int(words[1]) > 0:
            return list(fit[-int(words[1]) :])
        if self.when.isdigit():
            if int(self.when) > fit[-1]:
                raise BadInputError(f"predictor year {self.when} is after the fit years {fit[0]}-{fit[-1]}")
            return [int(self.when)]
        raise BadInputError(
            f"when {self.when!r} not understood; expected 'all', 'first', 'middle', 'last', 'last 5' or a year"
        )


@dataclass(frozen=True)
class Specification:
    """One combination of choices; ``number`` is its place in the whole grid, ``predictors`` "" where none are used."""

    number: int
    measure: str
    pool: str
    before: int
    after: int
    shock: str
    estimator: str
    predictors: str

    @property
    def question(self) -> tuple[str, str, int, int, str]:
        """What its data depend on; estimators of one question share them."""
        return self.measure, self.pool, self.before, self.after, self.shock


@dataclass(frozen=True)
class Years:
    """The years of a question: first treated period, fit years, years judged."""

    event: int
    fit: tuple[int, ...]
    post: tuple[int, ...]


@dataclass(frozen=True)
class Grid:
    """Choices of a specification curve, by dimension.

    Parameters
    ----------
    estimators : tuple of str
        Estimators by name.
    pools : mapping of str to PoolRule
        Donor pools by name.
    before : tuple of int
        Numbers of years to fit on before the event.
    after : tuple of int
        Numbers of years judged after the event, its own year not counted.
    shock_years : tuple of int, optional
        Years of a shock other than the event.
    shocks : tuple of {"kept", "dropped", "moved"}, optional
        Treatments of that shock.
    measures : mapping of str to tuple of str, optional
        Other series that measure an outcome in the same unit of measurement, by outcome.
    predictors : mapping of str to tuple of PredictorRule, optional
        Sets of predictors by name.
    min_population : float, default 0
        Least population of a donor in the year before the event (panels of economies).
    gaps : {"drop", "interpolate", "error"}, default "drop"
        What happens to units with missing years.
    """

    estimators: tuple[str, ...]
    pools: Mapping[str, PoolRule]
    before: tuple[int, ...]
    after: tuple[int, ...]
    shock_years: tuple[int, ...] = ()
    shocks: tuple[str, ...] = (KEPT,)
    measures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    predictors: Mapping[str, tuple[PredictorRule, ...]] = field(default_factory=dict)
    min_population: float = 0.0
    gaps: Gaps = "drop"

    def __post_init__(self) -> None:
        for what, given, options in (
            ("estimator", self.estimators, ESTIMATORS),
            ("treatment of the shock", self.shocks, TREATMENTS),
            ("gaps", (self.gaps,), GAPS),
        ):
            for one in given:
                require_option(what, one, options)
        for what, number in (
            ("estimators", len(self.estimators)),
            ("pools", len(self.pools)),
            ("before", len(self.before)),
            ("after", len(self.after)),
            ("shocks", len(self.shocks)),
        ):
            if not number:
                raise BadInputError(f"the grid has no {what}: give at least one")
        if min(self.before) < MIN_PRE:
            raise BadInputError(f"before {min(self.before)}: at least {MIN_PRE} years are needed to fit on")
        if min(self.after) < 0:
            raise BadInputError(f"after {min(self.after)} is negative")
        if PREDICTED in self.estimators and not self.predictors:
            raise BadInputError(f"estimator '{PREDICTED}' needs predictor sets; the grid has none")

    def plain(self) -> dict[str, Any]:
        """The grid in plain values, complete enough to be compared or written."""
        return asdict(self)

    def series(self, outcome: str) -> list[str]:
        """Names that a panel of economies must be loaded with for this grid."""
        rules = [rule.indicator for rules in self.predictors.values() for rule in rules]
        wanted = [*self.measures_of(outcome), *rules, *([POPULATION] if self.min_population else [])]
        return [name for name in dict.fromkeys(wanted) if name and name not in COLUMNS]

    def measures_of(self, outcome: str) -> tuple[str, ...]:
        """The series that measure an outcome."""
        return tuple(self.measures.get(outcome, (outcome,)))

    def treatments(self, event: int, before: int, after: int) -> list[str]:
        """The treatments of the shock that make a difference to this window."""
        years = self.shock_years
        touched = [y for y in years if event - before <= y <= event + after]
        useful = {
            KEPT: True,
            DROPPED: bool(touched),
            MOVED: bool(touched) and 0 < event - min(years) <= NEAR,
        }
        chosen = [t for t in self.shocks if useful[t]]
        return chosen or [KEPT]

    def years(self, event: int, before: int, after: int, shock: str, world: bool) -> Years:
        """The years of a question; those judged end in the last clean year on panels of economies."""
        last = event + after
        if world and event <= settings.LAST_CLEAN_YEAR:
            last = min(last, settings.LAST_CLEAN_YEAR)
        start = min(self.shock_years) if shock == MOVED else event
        out = set(self.shock_years) if shock == DROPPED else set()
        fit = tuple(y for y in range(event - before, start) if y not in out)
        return Years(start, fit, tuple(y for y in range(start, last + 1) if y not in out))

    def specifications(self, outcome: str, event: int, world: bool = True) -> list[Specification]:
        """Every specification for ``outcome``, those of one question next to each other; none is there twice."""
        return [Specification(n, *choices) for n, choices in enumerate(self._combined(outcome, event, world))]

    def size(self, outcome: str, event: int, world: bool = True) -> int:
        """The number of :meth:`specifications`."""
        return sum(1 for _ in self._combined(outcome, event, world))

    def _combined(self, outcome: str, event: int, world: bool) -> Iterator[tuple[str, str, int, int, str, str, str]]:
        windows = self._windows(event, world)
        for measure in self.measures_of(outcome):
            for pool in self.pools:
                for before, after, shock in windows:
                    for estimator in self.estimators:
                        for chosen in self.predictors if estimator == PREDICTED else ("",):
                            yield measure, pool, before, after, shock, estimator, chosen

    def _windows(self, event: int, world: bool) -> list[tuple[int, int, str]]:
        """Windows with the treatments of the shock; of those that come to the same years the first."""
        found: dict[Years, tuple[int, int, str]] = {}
        for before in self.before:
            for after in self.after:
                for shock in self.treatments(event, before, after):
                    found.setdefault(self.years(event, before, after, shock, world), (before, after, shock))
        return list(found.values())


def sample_specifications(specifications: Sequence[Chosen], most: int | None, seed: int) -> list[Chosen]:
    """A seeded random ``most`` of the specifications (or of their numbers), in their order; all when there are no
    more."""
    if most is None or most >= len(specifications):
        return list(specifications)
    require_least("limit", most, 1)
    picked = np.random.default_rng(seed).choice(len(specifications), most, replace=False)
    return [specifications[i] for i in sorted(picked.tolist())]


@functools.lru_cache
def default_grid() -> Grid:
    """data/tables/grid.toml. BadInputError names the entry of the first mistake."""
    return read_grid(table_path("grid"))


def read_grid(path: Path) -> Grid:
    """A grid from a TOML file of the form of data/tables/grid.toml."""
    raw = read_table(path)
    known = {"estimators", "min_population", "gaps", "measures", "pools", "windows", "shock", "predictors"}
    for name in raw:
        if name not in known:
            raise unknown(f"{path}: entry", name, sorted(known))
    try:
        return Grid(
            estimators=tuple(raw["estimators"]),
            pools={n: parse(PoolRule, rule, f"{path}, pool '{n}'") for n, rule in raw["pools"].items()},
            before=tuple(raw["windows"]["before"]),
            after=tuple(raw["windows"]["after"]),
            shock_years=tuple(raw.get("shock", {}).get("years", ())),
            shocks=tuple(raw.get("shock", {}).get("treatments", (KEPT,))),
            measures={n: tuple(names) for n, names in raw.get("measures", {}).items()},
            predictors={
                name: tuple(parse(PredictorRule, rule, f"{path}, predictors '{name}'") for rule in rules)
                for name, rules in raw.get("predictors", {}).items()
            },
            min_population=float(raw.get("min_population", 0.0)),
            gaps=raw.get("gaps", "drop"),
        )
    except KeyError as missing:
        raise BadInputError(f"{path}: entry {missing} is missing") from None
    except EaeuError:
        raise
    except (TypeError, ValueError, AttributeError) as error:
        raise BadInputError(f"{path}: an entry is not of the form of the shipped grid ({error})") from None


def grid_for(panel: Panel, outcome: str, unit: str, event: int) -> Grid:
    """The default grid on a panel of economies; on any other one pool, three lengths of the fit and two of the years
    judged, as far as the treated unit's record goes."""
    if panel.world:
        return default_grid()
    known = panel.wide(outcome)[unit].dropna().index.to_numpy()
    before, after = int((known < event).sum()), int(known.max() - event) if len(known) else 0
    lengths = sorted({max(before * k // 4, min(before, MIN_PRE)) for k in (2, 3, 4)}, reverse=True)
    return Grid(
        estimators=tuple(e for e in ESTIMATORS if e != PREDICTED),
        pools={"all": PoolRule("all units")},
        before=tuple(lengths),
        after=tuple(sorted({max(after, 0), max(after // 2, 0)})),
    )
