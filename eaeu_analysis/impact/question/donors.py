"""Who may stand in for the treated unit, and who is excluded or flagged because the union, or another, reached them.

Facts are read from data/tables: accessions from the table of blocs, wars and trade agreements (Ukraine from 2014,
Georgia's and Moldova's with the European Union) from the table of comparators, where each has its source. Only panels
of the world are concerned: elsewhere every other unit is a donor. Pools by name: "alike" (the default of panels of
economies), "strict", "wide", "rouble".
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import BadInputError, require_option

if TYPE_CHECKING:
    from ...data.panel import Panel

BREAKS = ("trade agreement", "war")  # kinds of events of its own that flag a donor
ALIKE, STRICT, WIDE, ROUBLE = "alike", "strict", "wide", "rouble"
POOLS = (ALIKE, STRICT, WIDE, ROUBLE)


@dataclass(frozen=True)
class DonorPool:
    """Donors in the order of the panel, those alike by nearness; ``excluded`` and ``flagged`` hold the reason per
    economy; ``rule`` says in words who was chosen, ``most`` how many of the first are taken (None: all)."""

    donors: tuple[str, ...]
    excluded: Mapping[str, str] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)
    rule: str = ""
    most: int | None = None


def choose_donors(
    panel: Panel,
    unit: str,
    asked: Iterable[str] | None,
    window: tuple[int, int],
    event: int,
    present: Sequence[str],
) -> DonorPool:
    """The donor pool of ``unit`` among the units ``present``.

    ``asked`` None takes every unit but the treated one and, in a world panel, but the economies that at any time join
    the bloc which the treated unit joins within ``window`` (first fit year, last post year). Donors that join another
    customs union within the window, or met a break of their own, stay and are flagged.
    Raises BadInputError when the treated unit, an unknown unit or a co-member of the bloc is asked for as a donor.
    """
    co_members = _co_members(unit, window) if panel.world else {}
    if asked is None:
        chosen = [name for name in present if name != unit and name not in co_members]
        excluded = {name: why for name, why in co_members.items() if name in present}
    else:
        chosen = list(dict.fromkeys(panel.resolve(name) for name in listed_donors(asked)))
        if unit in chosen:
            raise BadInputError(f"the treated unit {unit} is among the donors; leave it out")
        for name in chosen:
            if name in co_members:
                raise BadInputError(f"donor {name} {co_members[name]}, as {unit} does: it is treated too; leave it out")
        chosen = [name for name in present if name in set(chosen)]
        excluded = {}
    flagged = _flags(chosen, window) if panel.world else {}
    return DonorPool(tuple(chosen), excluded, flagged)


def pool_name(panel: Panel, donors: Iterable[str] | str | None) -> str:
    """The pool of that name, "alike" for None on a yearly panel of economies, "" for a list and on other panels."""
    if not panel.world or not (donors is None or isinstance(donors, str)) or panel.calendar.letter != "Y":
        return ""
    return ALIKE if donors is None else donors


def named_pool(
    panel: Panel,
    name: str,
    unit: str,
    outcome: str,
    years: tuple[Sequence[int], Sequence[int]],
    present: Sequence[str],
    most: int | None = None,
) -> DonorPool:
    """The donor pool of that name on a panel of economies; ``years``: those of the fit and those judged; ``most``:
    number of those alike, None by the rule.

    Where the likeness of the treated unit is not known, everybody who is not of its union, and the rule says so.
    BadInputError for an unknown name.
    """
    from ...compare.comparators import pool_definitions, population, shocks_of_its_own
    from ...compare.likeness import alike, likeness_rule
    from .default import base_name, default_rule

    require_option("donor pool", name, POOLS, hint="or at least two units, as a list")
    fit, post = years
    window = fit[0], post[-1]
    free = choose_donors(panel, unit, None, window, post[0], present)
    if name == ROUBLE:
        listed = {member.economy for member in pool_definitions()[ROUBLE].members}
        return _cut(free, [d for d in free.donors if d in listed], "non-members that shared the fall of the rouble")
    if name == WIDE:
        least, known = likeness_rule().min_population, population()
        people = known[known.index.get_level_values(1) == fit[-1]].droplevel(1)
        chosen = [d for d in free.donors if people.get(d, 0.0) >= least]
        return _cut(free, chosen, f"every economy of {least:,.0f} people and more outside the union")
    shocks = shocks_of_its_own(free.donors, base_name(outcome), window)
    shocks |= _accessions_elsewhere(free.donors, window)
    rest = [d for d in free.donors if d not in shocks]
    found = alike(unit, fit, window, rest, 1.0 if name == ALIKE else likeness_rule().strict)
    if not found.known:
        why = f"all other units, for income, population or openness of {unit} is not known in the fit years"
        return _cut(free, free.donors, why)
    near = "alike in income, size and openness" + ("" if name == ALIKE else " within half the bounds")
    most = default_rule().most_donors(fit) if most is None else most
    rule = f"the {most} nearest of the economies {near}, without a known shock of their own"
    excluded = {**free.excluded, **shocks, **found.dropped}
    return DonorPool(found.units, excluded, {}, rule, most)


def _cut(free: DonorPool, chosen: Sequence[str], rule: str) -> DonorPool:
    flagged = {d: why for d, why in free.flagged.items() if d in chosen}
    return DonorPool(tuple(chosen), free.excluded, flagged, rule)


def listed_donors(asked: Iterable[str]) -> list[str]:
    """The donors asked for as a list; BadInputError for one text, whose letters would be taken for units."""
    if isinstance(asked, str):
        raise BadInputError(f"donors {asked!r}: expected a list of units, got one text")
    return list(asked)


def _co_members(unit: str, window: tuple[int, int]) -> dict[str, str]:
    """Economies that ever join a customs union which ``unit`` joins a stage of within the window, with the reason."""
    found: dict[str, str] = {}
    for bloc, joined in _accessions():
        if any(window[0] <= year <= window[1] for year in joined.get(unit, [])):
            for other, years in sorted(joined.items()):
                if other != unit:
                    found.setdefault(other, f"joins the {bloc} ({min(years)})")
    return found


def _flags(donors: Sequence[str], window: tuple[int, int]) -> dict[str, str]:
    """Donors that join a customs union of others, or met a war or a trade agreement of their own, in the window."""
    from ...compare.comparators import pool_definitions as tables

    reasons = {name: [why] for name, why in _accessions_elsewhere(donors, window).items()}
    for pool in tables().values():
        for member in pool.members:
            for event in member.breaks:
                if event.kind in BREAKS and window[0] <= event.year <= window[1]:
                    reasons.setdefault(member.economy, []).append(event.text)
    return {name: "; ".join(dict.fromkeys(reasons[name])) for name in donors if name in reasons}


def _accessions_elsewhere(donors: Sequence[str], window: tuple[int, int]) -> dict[str, str]:
    """Donors that join a customs union of others in the window, with the reason."""
    reasons: dict[str, list[str]] = {}
    for bloc, joined in _accessions():
        for name, years in joined.items():
            within = [year for year in years if window[0] <= year <= window[1]]
            if within:
                reasons.setdefault(name, []).append(f"joins the {bloc} ({min(within)})")
    return {name: "; ".join(reasons[name]) for name in donors if name in reasons}


@functools.lru_cache
def _accessions() -> tuple[tuple[str, dict[str, list[int]]], ...]:
    """(bloc, {economy: years in which it joined a stage}) for every bloc that is more than a free trade area."""
    from ...reference import blocs

    kinds = blocs.blocs()["kind"]
    table = blocs.accessions()
    found = []
    for code, rows in table.groupby("bloc", sort=False):
        if kinds[code] == "free trade area":
            continue
        joined: dict[str, list[int]] = {}
        for economy, day in zip(rows["economy"], rows["joined"], strict=True):
            joined.setdefault(str(economy), []).append(int(day.year))
        found.append((str(code), joined))
    return tuple(found)
