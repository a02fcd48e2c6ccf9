"""All members, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...wording.table_rows import member_columns, member_rows
from ..parts import Cell, Column, PageSection, PageTable, Text

if TYPE_CHECKING:
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

HOW = (
    "Each cell: the member's change; under it the mean change of its comparators and the two-sided exact permutation "
    "p. With n comparators no p below 1/(n + 1) is possible: 0.14 with six, 0.11 with eight. For the events of 2010 "
    "the founders are compared with the same economies and with the members that joined later; those windows "
    "include the crisis of 2008-09, not the fall of the rouble."
)


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """A row per outcome, a column per member and event."""
    content = material.content
    columns = [Column("outcome", "words")]
    columns += [
        Column(c["name"], notes=(f"{c['step']}, {c['event']}", f"{c['before']} to {c['after']}"))
        for c in member_columns(content)
    ]
    rows = tuple((Cell(row["label"]), *map(_cell, row["cells"])) for row in member_rows(content))
    caption = (
        "Changes between the windows of each column; percentage points (pp) for shares and rates, per cent for levels"
    )
    table = PageTable("members-table", caption, tuple(columns), rows)
    return PageSection("members", "All members, before and after", "All members", (Text(HOW), table))


def _cell(cell: dict[str, Any]) -> Cell:
    notes = [f"others {cell['beside']}"] if cell["beside"] else []
    notes += [f"p {cell['p']}"] if cell["p"] else []
    notes += [cell["reason"]] if cell["reason"] else []
    return Cell(cell["change"], tuple(notes))
