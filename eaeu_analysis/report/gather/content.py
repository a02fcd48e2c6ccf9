"""What stands in the report: the questions asked of the data, and the answers as result objects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ... import settings
from ...errors import EaeuError, NoDataError
from ...series import SeriesInfo

if TYPE_CHECKING:
    import pandas as pd

    from ...compare import BeforeAfter, Comparison
    from ...data.panel import Panel
    from ...data.sources import Source
    from ...impact.members.effects import UnionEffects

REPEATS = ("gdp_per_head_ppp",)  # moves as gdp_per_head does by construction: one finding, not two
NARROW, WIDE = None, "nearest"


@dataclass(frozen=True)
class Limit:
    """Something the data cannot say."""

    id: str
    limit: str
    follows: str
    source: str


@dataclass(frozen=True)
class OutcomeSection:
    """One outcome of the unit: against the non-members that shared its shocks, and against a wide matched pool.

    ``missing`` is why there is no comparison; then both results are None. ``wide_missing`` likewise for the wide one.
    """

    outcome: str
    label: str
    short: str
    narrow: BeforeAfter | None
    wide: BeforeAfter | None
    missing: str = ""
    wide_missing: str = ""

    @property
    def compared(self) -> BeforeAfter:
        """The comparison; NoDataError where there is none."""
        if self.narrow is None:
            raise NoDataError(self.missing)
        return self.narrow


@dataclass(frozen=True)
class Content:
    """What the before/after and the counterfactuals say, before it is worded or drawn.

    ``dollars``: trade and GDP in US$, for a ratio also moves with what it is a ratio to. ``alternatives``: by outcome,
    what the effect would be under other pools and without back-dating.
    ``substitutes``: series that the source lacks and that were taken from the fall-back, each with the reason.
    ``panel``: the values that were compared, with every outcome as a column.
    """

    unit: str
    name: str
    bloc: str
    event: str
    sections: tuple[OutcomeSection, ...]
    members: Comparison
    limits: tuple[Limit, ...]
    source: str
    effects: UnionEffects | None = None
    effects_missing: str = ""
    alternatives: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    substitutes: tuple[tuple[str, str], ...] = ()
    dollars: Mapping[str, BeforeAfter] = field(default_factory=dict)
    panel: Panel | None = None

    @property
    def series(self) -> tuple[SeriesInfo, ...]:
        """Every source series used, once, by key."""
        found: dict[str, SeriesInfo] = {}
        for info in (s.narrow.outcome for s in self.sections if s.narrow):
            for part in info.derived_from or (info,):
                found[part.key] = part
        return tuple(found[key] for key in sorted(found))

    @property
    def missing(self) -> tuple[OutcomeSection, ...]:
        return tuple(s for s in self.sections if s.narrow is None)


@lru_cache
def data_limits() -> tuple[Limit, ...]:
    """The rows of data/tables/limits.toml."""
    path = settings.data_dir() / "tables" / "limits.toml"
    return tuple(Limit(**row) for row in tomllib.loads(path.read_text(encoding="utf-8"))["limits"])


def gather(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    dask: str | None = None,
) -> Content:
    """Ask every question of the report; an outcome without data becomes a section that says so.

    Raises BadInputError when ``unit`` is not a member of ``bloc``, NoDataError when no outcome has data at all.
    """
    from ...compare import compare_members
    from ...reference.blocs import bloc as find_bloc
    from ...reference.catalogue import outcomes
    from ...reference.economies import common_name, resolve

    code = resolve(unit)
    event = find_bloc(bloc).accession(code).isoformat()
    table = outcomes().drop(list(REPEATS))
    panel, held = _panel(list(table.index), source)
    rows = [
        _section(panel, name, str(table.loc[name, "label"]), str(table.loc[name, "short"]), code, event, bloc)
        if name in held
        else OutcomeSection(
            name, str(table.loc[name, "label"]), str(table.loc[name, "short"]), None, None, held.reason(name)
        )
        for name in table.index
    ]
    if all(row.narrow is None for row in rows):
        raise NoDataError(f"source {named(source)!r} holds no outcome of {common_name(code)} around {event}")
    members = compare_members(panel, [name for name in table.index if name in held], bloc=bloc)
    effects, why = _effects(panel, code, bloc, set(held), jobs, dask)
    return Content(
        unit=code,
        name=common_name(code),
        bloc=bloc,
        event=event,
        sections=tuple(rows),
        members=members,
        limits=data_limits(),
        source=named(source),
        effects=effects,
        effects_missing=why,
        alternatives=_alternatives(panel, code, effects),
        dollars=_dollars(panel, code, event, bloc),
        panel=panel,
        substitutes=tuple(sorted(getattr(source, "taken", {}).items())),
    )


def named(source: str | Path | Source) -> str:
    """What a source is called in the report: its name or path as given, "live" for a store."""
    return str(source) if isinstance(source, (str, Path)) else str(getattr(source, "name", type(source).__name__))


def _effects(
    panel: Panel, unit: str, bloc: str, held: set[str], jobs: int, dask: str | None
) -> tuple[UnionEffects | None, str]:
    """Estimates against counterfactuals for the available outcomes; without any, the reason."""
    from ...impact.members.effects import effects_plan as plan
    from ...impact.members.effects import union_effects

    names = [name for name in plan().outcomes if name in held]
    if not names:
        return None, "the source holds none of the outcomes that effects are estimated for"
    return union_effects(panel, names, bloc, units=[unit], jobs=jobs, dask=dask), ""


TRADE_SHARE, GDP_USD = "NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD"


def _dollars(panel: Panel, unit: str, event: str, bloc: str) -> dict[str, BeforeAfter]:
    """Trade and GDP in US$ before and after; nothing where the source lacks a series."""
    from ...compare import before_after

    if not {TRADE_SHARE, GDP_USD} <= set(panel.frame.columns):
        return {}
    share, gdp = panel.info(TRADE_SHARE), panel.info(GDP_USD)
    info = SeriesInfo(
        code="trade_usd",
        label="Trade (exports plus imports), US$",
        unit="US$",
        kind="level",
        formula=f"{TRADE_SHARE} / 100 * {GDP_USD}",
        derived_from=(share, gdp),
    )
    panel = panel.with_column("trade_usd", panel.column(TRADE_SHARE) / 100 * panel.column(GDP_USD), info)
    try:
        return {name: before_after(panel, name, unit, event, bloc=bloc) for name in ("trade_usd", GDP_USD)}
    except NoDataError:
        return {}


def _alternatives(panel: Panel, unit: str, effects: UnionEffects | None) -> dict[str, pd.DataFrame]:
    """The estimates of other pools, and of the fit that is not back-dated, by outcome."""
    from ...impact.members.alternatives import alternatives
    from ...impact.members.effects import prepare

    found = {}
    for question, effect in effects.effects.items() if effects is not None else ():
        prepared, columns = prepare(panel, [question.outcome])
        column = columns[question.outcome]
        found[question.outcome] = alternatives(prepared, column, unit, question.event, level=effect.level)
    return found


class _AvailableOutcomes(dict[str, str]):
    """Outcomes that the source has; for the others, why not."""

    def __init__(self) -> None:
        super().__init__()
        self.why: dict[str, str] = {}

    def reason(self, name: str) -> str:
        return self.why.get(name, "not in the source")


def _panel(names: list[str], source: str | Path | Source) -> tuple[Panel, _AvailableOutcomes]:
    from ...data.load import load_panel, open_source
    from ...data.sources import Preparing
    from ...reference.catalogue import outcome

    opened = open_source(source)
    if isinstance(opened, Preparing):  # all in one go; NoDataError when there is no network
        opened.prepare(list(dict.fromkeys(code for name in names for code in outcome(name).codes)))
    held = _AvailableOutcomes()
    try:
        panel = load_panel(names, source=opened)
    except NoDataError:
        pass
    else:
        held.update(zip(names, names, strict=True))
        return panel, held
    for name in names:  # one by one, so that one missing series loses one outcome
        try:
            load_panel([name], source=opened)
            held[name] = name
        except NoDataError as error:
            held.why[name] = str(error)
    if not held:
        raise NoDataError(f"source {named(source)!r} holds none of the outcomes: {next(iter(held.why.values()))}")
    return load_panel(list(held), source=opened), held


def _section(panel: Panel, outcome: str, label: str, short: str, unit: str, event: str, bloc: str) -> OutcomeSection:
    from ...compare import before_after

    try:
        narrow = before_after(panel, outcome, unit, event, comparators=NARROW, bloc=bloc)
    except NoDataError as error:
        return OutcomeSection(outcome, label, short, None, None, str(error))
    if not narrow.treated["available"]:
        return OutcomeSection(outcome, label, short, narrow, None, "", str(narrow.treated["reason"]))
    try:
        return OutcomeSection(
            outcome, label, short, narrow, before_after(panel, outcome, unit, event, comparators=WIDE, bloc=bloc)
        )
    except EaeuError as error:
        return OutcomeSection(outcome, label, short, narrow, None, "", str(error))
