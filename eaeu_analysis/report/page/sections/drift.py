"""What changed since the claims were last accepted: conclusions, and the data behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..parts import Cell, Column, PageSection, PageTable, Text

if TYPE_CHECKING:
    from ...drift.changes import Drift
    from ..chart import Picture
    from ..material import Material

TITLE = "What changed since last time"


def build(material: Material, pictures: Mapping[str, Picture]) -> PageSection:
    """The section without a comparison: pages are kept so, and one that was asked for is put in its place."""
    return changed_section(None)


def changed_section(found: Drift | None) -> PageSection:
    """The drift in one sentence, a table of conclusions that moved and one of series that were revised."""
    if found is None:
        return PageSection("changed", TITLE, TITLE, missing="no accepted state was named to compare with")
    parts: list[Any] = [Text(found.sentence())]
    if found.drifted:
        parts.append(
            _table(
                "changed-claims",
                "Conclusions that moved",
                ("claim", "change", "before", "now", "reason", "series"),
                found.table.to_dict("records"),
            )
        )
    if len(found.revised):
        records = found.revised.to_dict("records")
        parts.append(_table("changed-series", "Series that were revised", ("series", "before", "now"), records))
    return PageSection("changed", TITLE, TITLE, tuple(parts))


def _table(name: str, caption: str, columns: tuple[str, ...], records: list[dict[Any, Any]]) -> PageTable:
    heads = tuple(Column(column, "words") for column in columns)
    return PageTable(name, caption, heads, tuple(tuple(Cell(str(r[c])) for c in columns) for r in records))
