"""Before and after: a card per outcome with its figure, its numbers and its checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...wording import sentences
from ...wording.table_rows import unit_rows
from ..parts import Card, Cards, Cell, Column, Details, Figure, Items, PageSection, PageTable, Text, sources

if TYPE_CHECKING:
    from ...gather.content import OutcomeSection
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The unit beside its comparators, outcome by outcome."""
    content = material.content
    first = next(s.narrow for s in content.sections if s.narrow)
    pool = ", ".join(f"{first.names[u]} ({u})" for u in first.comparators.units)
    how = (
        f"Dark line: {content.name}. Grey: {pool}, {first.comparators.label}. The two windows are shaded, "
        "and the dashed line is accession. Point at a figure, or move to it with the Tab key and use the arrow keys, "
        "to read the values of a year."
    )
    cards = tuple(_card(section, pictures.get(section.outcome)) for section in content.sections)
    title = f"{content.name} against its comparators"
    return PageSection("figures", title, "Before and after", (Text(how), Cards(cards)))


def _card(section: OutcomeSection, picture: Picture | None) -> Card:
    parts: list[Any] = []
    if picture is not None:
        parts.append(Figure(picture, sentences.before_after_title(section)))
    parts.append(Text(sentences.before_after_finding(section)))
    if section.narrow is not None:
        parts += [Text(sentences.verdict(section)), _numbers(section)]
        parts.append(sources(section.narrow.provenance))
    name = section.short[:1].upper() + section.short[1:]
    return Card(
        section.outcome, sentences.before_after_title(section) if section.narrow is not None else name, tuple(parts)
    )


def _numbers(section: OutcomeSection) -> Details:
    result = section.narrow
    assert result is not None  # noqa: S101
    spec = result.windows
    latest = sentences.short_year_span(spec.latest) if spec.latest else ""
    caption = (
        f"{sentences.subject(section)}, {result.outcome.unit}; means of {sentences.short_year_span(spec.before)} and "
        f"{sentences.short_year_span(spec.after)}, change with its {result.level:.0%} Newey-West interval"
    )
    if latest:
        caption += f"; apart, {latest}, which holds the pandemic and the sanctions years"
    columns = [Column("economy", "words"), *map(Column, ("before", "after", "change", "interval", "years"))]
    if latest:
        columns.append(Column("to latest"))
    rows = []
    for row in unit_rows(section):
        cells = [Cell(row[key]) for key in ("name", "before", "after", "change", "interval", "years")]
        if row["reason"]:
            cells[3] = Cell(row["change"], (row["reason"],))
        rows.append((*cells, Cell(row["latest"])) if latest else tuple(cells))
    table = PageTable(f"numbers-{section.outcome}", caption, tuple(columns), tuple(rows), own=True)
    notes = [f"{c.mark}: {c.name}: {c.text}" for c in result.checks]
    notes += [f"left out: {code}: {why}" for code, why in result.comparators.dropped]
    if result.outcome.note:
        notes.append(f"note: {result.outcome.note}")
    return Details("Numbers and checks", (table, Items(tuple(notes))))
