"""Who was treated when: membership of blocs in the years compared, and accessions elsewhere."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..reference.catalogue import TableRow
from .windows import Windows

if TYPE_CHECKING:
    from ..reference.blocs import Bloc

AUTO = "auto"  # the bloc that the unit joined nearest to the event
FALLBACK = "EAEU"  # where it joined none: the union this project is about


@dataclass(frozen=True)
class ConfoundingEvent(TableRow):
    """An event of a comparator's own that spoils it for the outcomes that it ``touches`` (all of them if empty)."""

    year: int
    kind: str
    text: str
    source: str
    touches: tuple[str, ...] = ()
    economy: str = ""
    closer: bool = False  # an accession to a customs union or closer bloc


@dataclass(frozen=True)
class Membership:
    """When an economy took part in a bloc: ``first`` stage and full membership (``joined``); ``left`` or None."""

    first: dt.date
    first_stage: str
    joined: dt.date
    stage: str
    left: dt.date | None = None

    def overlaps(self, first_year: int, last_year: int) -> bool:
        return self.first.year <= last_year and (self.left is None or self.left.year >= first_year)


def _bloc(name: str) -> Bloc:
    from ..reference.blocs import bloc

    return bloc(name)


def memberships(bloc: str) -> dict[str, Membership]:
    """Everybody who ever took part in a bloc, in the order of joining it."""
    found = _bloc(bloc)
    entries: dict[str, Membership] = {}
    for economy in sorted({a.economy for a in found.accessions}):
        own = sorted((a for a in found.accessions if a.economy == economy), key=lambda a: a.date)
        full = next((a for a in own if a.stage == found.membership), own[-1])
        exits = [a.left for a in own if a.left]
        left = max(exits) if len(exits) == len(own) else None
        entries[economy] = Membership(own[0].date, own[0].stage, full.date, full.stage, left)
    return dict(sorted(entries.items(), key=lambda item: (item[1].joined, item[0])))


def inside(spec: Windows, bloc: str | None) -> dict[str, Membership]:
    """Economies that belonged to any stage of the bloc in the years compared; nobody for None."""
    if bloc is None:
        return {}
    return {c: m for c, m in memberships(bloc).items() if m.overlaps(spec.before[0], spec.after[1])}


def own_bloc(unit: str, spec: Windows, bloc: str | None) -> str | None:
    """The bloc meant: its code, None for None, and for "auto" the customs union or closer bloc of which the unit joined
    a stage nearest to the event within the years compared, the EAEU where there is none."""
    if bloc is None:
        return None
    if bloc != AUTO:
        return _bloc(bloc).code
    near = sorted(
        (abs(e.year - spec.event), e.bloc)
        for e in _entries()
        if e.economy == unit and e.closer and spec.before[0] <= e.year <= spec.after[1]
    )
    return near[0][1] if near else FALLBACK


@dataclass(frozen=True)
class MembershipEvent:
    """An economy joined or left a bloc on ``day``; ``closer``: the bloc is more than a free trade area."""

    bloc: str
    day: dt.date
    left: bool
    closer: bool

    @property
    def name(self) -> str:
        return f"{'left' if self.left else 'joined'} the {self.bloc}"


def membership_events(unit: str, bloc: str | None = None) -> list[MembershipEvent]:
    """Every entry into and exit from a bloc (or the one named), first stages only, by date."""
    from ..reference.blocs import blocs

    kinds = blocs()["kind"]
    found = []
    for code in kinds.index if bloc is None else [_bloc(bloc).code]:
        own = memberships(str(code)).get(unit)
        if own is not None:
            closer = kinds[code] != "free trade area"
            found.append(MembershipEvent(str(code), own.joined, False, closer))
            if own.left is not None:
                found.append(MembershipEvent(str(code), own.left, True, closer))
    return sorted(found, key=lambda e: (e.day, e.bloc))


def home_bloc(unit: str, years: tuple[int, int]) -> str:
    """The bloc that is meant where none is named: the EAEU for those who joined it, else the closest union that the
    economy joined or left last within ``years``, else the EAEU."""
    events = [e for e in membership_events(unit) if years[0] < e.day.year <= years[1]]
    if any(e.bloc == FALLBACK for e in events) or not events:
        return FALLBACK
    return max(events, key=lambda e: (e.closer, e.day)).bloc


def event_in_bloc(unit: str, bloc: str, years: tuple[int, int]) -> dt.date:
    """The day it joined the bloc or, where that is before the data, the day it left; BadInputError for a stranger."""
    inside_data = [e for e in membership_events(unit, bloc) if years[0] < e.day.year <= years[1]]
    return inside_data[0].day if inside_data else _bloc(bloc).accession(unit)


def joined_elsewhere(unit: str, spec: Windows, bloc: str | None) -> list[ConfoundingEvent]:
    """Entries of economies into other blocs in the years compared; a bloc that the unit joined then too is no break."""
    entries = [e for e in _entries() if spec.before[0] <= e.year <= spec.after[1] and e.bloc != bloc]
    shared = {e.bloc for e in entries if e.economy == unit}
    first: dict[tuple[str, str], ConfoundingEvent] = {}
    for e in entries:
        if e.bloc not in shared:
            found = ConfoundingEvent(
                e.year, "accession", f"joined {e.bloc} on {e.day}", e.source, (), e.economy, e.closer
            )
            first.setdefault((e.economy, e.bloc), found)
    return list(first.values())


@dataclass(frozen=True)
class _Entry:
    economy: str
    bloc: str
    closer: bool  # than a free trade area
    day: dt.date
    source: str

    @property
    def year(self) -> int:
        return self.day.year


@functools.lru_cache
def _entries() -> tuple[_Entry, ...]:
    """Every accession of the table of blocs, in their order."""
    from ..reference.blocs import accessions, blocs

    kinds = blocs()["kind"]
    rows = accessions().sort_values(["joined", "economy", "bloc"]).to_dict("records")
    return tuple(
        _Entry(r["economy"], r["bloc"], kinds[r["bloc"]] != "free trade area", r["joined"], r["source"]) for r in rows
    )
