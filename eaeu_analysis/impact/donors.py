"""Who may stand in for the treated unit, and who is excluded or flagged because the union, or another, reached them.

Facts are read from data/tables: accessions from the table of blocs, wars and trade agreements from the table of
comparators. Only panels of the world are concerned: elsewhere every other unit is a donor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import BadInputError

if TYPE_CHECKING:
    from ..panel import Panel

BREAKS = ("trade agreement", "war")  # kinds of events of its own that flag a donor


@dataclass(frozen=True)
class Pool:
    """Donors in the order of the panel; ``excluded`` and ``flagged`` hold the reason per economy."""

    donors: tuple[str, ...]
    excluded: Mapping[str, str] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)


def choose(
    panel: Panel,
    unit: str,
    asked: Iterable[str] | None,
    window: tuple[int, int],
    event: int,
    present: Sequence[str],
) -> Pool:
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
        if isinstance(asked, str):
            raise BadInputError(f"donors {asked!r}: expected a list of units, got one text")
        chosen = list(dict.fromkeys(panel.resolve(name) for name in asked))
        if unit in chosen:
            raise BadInputError(f"the treated unit {unit} is among the donors; leave it out")
        for name in chosen:
            if name in co_members:
                raise BadInputError(f"donor {name} {co_members[name]}, as {unit} does: it is treated too; leave it out")
        chosen = [name for name in present if name in set(chosen)]
        excluded = {}
    flagged = _flags(chosen, window) if panel.world else {}
    return Pool(tuple(chosen), excluded, flagged)


def _co_members(unit: str, window: tuple[int, int]) -> dict[str, str]:
    """Economies that ever join a customs union which ``unit`` joins a stage of within the window, with the reason."""
    found: dict[str, str] = {}
    for bloc, first_year in _accessions():
        joined = first_year.get(unit, [])
        if any(window[0] <= year <= window[1] for year in joined):
            for other, years in sorted(first_year.items()):
                if other != unit:
                    found.setdefault(other, f"joins the {bloc} ({min(years)})")
    return found


def _flags(donors: Sequence[str], window: tuple[int, int]) -> dict[str, str]:
    from ..catalogue import read_table, table_path

    reasons: dict[str, list[str]] = {}
    for bloc, first_year in _accessions():
        for name, years in first_year.items():
            inside = [year for year in years if window[0] <= year <= window[1]]
            if inside:
                reasons.setdefault(name, []).append(f"joins the {bloc} ({min(inside)})")
    comparators = read_table(table_path("comparators"))
    for pool in comparators.get("pools", {}).values():
        for member in pool.get("members", []):
            for event in member.get("breaks", []):
                if event["kind"] in BREAKS and window[0] <= event["year"] <= window[1]:
                    reasons.setdefault(member["economy"], []).append(event["text"])
    return {name: "; ".join(dict.fromkeys(reasons[name])) for name in donors if name in reasons}


def _accessions() -> list[tuple[str, dict[str, list[int]]]]:
    """(bloc, {economy: years in which it joined a stage}) for every bloc that is more than a free trade area."""
    from ..catalogue import read_table, table_path

    found: list[tuple[str, dict[str, list[int]]]] = []
    blocs: dict[str, Any] = read_table(table_path("blocs"))
    for code, bloc in blocs.items():
        if bloc["kind"] == "free trade area":
            continue
        joined: dict[str, list[int]] = {}
        for row in bloc.get("accession", []):
            for economy in row["economies"]:
                joined.setdefault(economy, []).append(row["date"].year)
        found.append((code, joined))
    return found
