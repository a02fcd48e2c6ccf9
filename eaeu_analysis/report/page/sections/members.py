"""All members, before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...wording.stated import day_text
from ...wording.table_rows import change_text, number_text, outcome_label, step_name
from ..parts import Cell, Column, PageSection, PageTable, Text

if TYPE_CHECKING:
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """A row per outcome, a column per member and event, the member that the report is about first."""
    content = material.content
    frame = content.members.to_frame()
    pairs = frame.drop_duplicates(["unit", "event"]).to_dict("records")
    pairs.sort(key=lambda row: row["unit"] != content.unit)
    columns = [Column(words.say("column", "outcome"), "words"), *(_column(row, words) for row in pairs)]
    rows = []
    for outcome, group in frame.groupby("outcome", sort=False):
        found = {(row["unit"], row["event"]): row for row in group.to_dict("records")}
        head = Cell(outcome_label(words, str(outcome), str(group["label"].iloc[0])))
        rows.append((head, *(_cell(found.get((pair["unit"], pair["event"])), words) for pair in pairs)))
    table = PageTable("members-table", words.say("members", "caption"), tuple(columns), tuple(rows), lang=words.code)
    title = words.say("members", "title")
    how = Text(words.say("members", "how", {"six": 1 / 7, "eight": 1 / 9}))  # the lowest p with so many
    return PageSection("members", title, words.say("nav", "members"), (how, table))


def _column(row: Mapping[Any, Any], words: Language) -> Column:
    step = step_name(words, str(row["step"]))
    spans = words.say("cell", "periods", words={"before": f"={row['before']}", "after": f"={row['after']}"})
    return Column(words.word(f"economy.{row['unit']}"), notes=(f"{step}, {day_text(words, row['event'])}", spans))


def _cell(row: Mapping[Any, Any] | None, words: Language) -> Cell:
    """The member's change, that of the comparison countries, and p."""
    if row is None or not row["available"]:
        return Cell(words.word("number.none"), (words.say("cell", "few"),))
    notes = [
        words.say("cell", "others", words={"change": f"={number_text(words, row['comparators_mean'], signed=True)}"})
    ]
    if not math.isnan(row["p_value"]):
        notes.append(words.say("cell", "p", {"p": row["p_value"]}))
    return Cell(change_text(words, row["change"], row["change_unit"]), tuple(notes))
