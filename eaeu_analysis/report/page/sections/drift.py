"""What changed since the claims were last accepted: conclusions, and the data behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...wording.labels import label_of
from ..parts import Cell, Column, PageSection, PageTable, Text

if TYPE_CHECKING:
    from ...claims.claim import Claim
    from ...drift.changes import Drift
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

TITLE = "What changed since last time"


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The section without a comparison: pages are kept so, and one that was asked for is put in its place."""
    return changed_section(None)


def changed_section(found: Drift | None, claims: Sequence[Claim] = ()) -> PageSection:
    """The drift in one sentence, a table of conclusions that moved and one of series that were revised.

    ``claims``: the present ones, whose sentences the table shows, each with a link to its place.
    """
    if found is None:
        return PageSection("changed", TITLE, TITLE, missing="no accepted state was named for a comparison")
    parts: list[Any] = [Text(found.sentence())]
    names = {info.code: info.label for claim in claims for info in claim.series}
    known = {claim.id: claim for claim in claims}
    if len(found.table):
        rows = tuple(
            (
                _finding(row["claim"], known),
                *(Cell(str(row[name])) for name in ("change", "before", "now", "reason")),
                Cell("; ".join(label_of(code, names) for code in row["series"].split(", ") if code)),
            )
            for row in found.table.to_dict("records")
        )
        caption = "Findings that moved" if found.drifted else "New findings"
        parts.append(
            _table("changed-claims", caption, ("finding", "change", "before", "now", "reason", "series"), rows)
        )
    if len(found.revised):
        records = found.revised.to_dict("records")
        rows = tuple(
            (Cell(label_of(row["series"], names)), Cell(str(row["before"])), Cell(str(row["now"]))) for row in records
        )
        parts.append(_table("changed-series", "Series that were revised", ("series", "before", "now"), rows))
    return PageSection("changed", TITLE, TITLE, tuple(parts))


def _finding(name: str, known: Mapping[str, Claim]) -> Cell:
    """The sentence of a finding, which leads to its place; of one that is gone, what it was about."""
    if name in known:
        return Cell(known[name].sentence, href=f"findings.html#{known[name].slug}")
    return Cell(f"No longer found: {name.replace('.', ', ').replace('_', ' ')}")


def _table(name: str, caption: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...]) -> PageTable:
    return PageTable(name, caption, tuple(Column(column, "words") for column in columns), rows)
