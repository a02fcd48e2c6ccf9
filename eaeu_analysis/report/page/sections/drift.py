"""What changed since the claims were last accepted: conclusions, and the data behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...wording.labels import label_of
from ...wording.stated import translated
from ..parts import Cell, Column, PageSection, PageTable, Text

if TYPE_CHECKING:
    from ...claims.claim import Claim
    from ...drift.changes import Drift
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

WORDED = {"side changed": "side", "finding changed": "effects"}  # changes between two names, by their table of words


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The section without a comparison: pages are kept so, and one that was asked for is put in its place."""
    return changed_section(None, words)


def changed_section(found: Drift | None, words: Language, claims: Sequence[Claim] = ()) -> PageSection:
    """The drift in one sentence, a table of conclusions that moved and one of series that were revised.

    ``claims``: the present ones, whose sentences the table shows, each with a link to its place.
    """
    title = words.say("changed", "title")
    if found is None:
        return PageSection("changed", title, title, missing=words.say("changed", "none"))
    parts: list[Any] = [Text(translated(words, found.sentence()))]
    names = {info.code: info.label for claim in claims for info in claim.series}
    known = {claim.id: claim for claim in claims}

    def label(code: str) -> str:
        return translated(words, label_of(code, names))

    if len(found.table):
        rows = tuple(
            (
                _finding(row["claim"], known, words),
                Cell(translated(words, row["change"])),
                *(Cell(_state(row["change"], str(row[name]), words)) for name in ("before", "now")),
                Cell(translated(words, row["reason"])),
                Cell("; ".join(label(code) for code in row["series"].split(", ") if code)),
            )
            for row in found.table.to_dict("records")
        )
        caption = words.say("changed", "moved" if found.drifted else "new")
        columns = ("finding", "change", "state_before", "now", "reason", "series")
        parts.append(_table("changed-claims", caption, columns, rows, words))
    if len(found.revised):
        records = found.revised.to_dict("records")
        rows = tuple(
            (Cell(label(row["series"])), *(Cell(translated(words, str(row[name]))) for name in ("before", "now")))
            for row in records
        )
        named = ("series", "state_before", "now")
        parts.append(_table("changed-series", words.say("changed", "revised"), named, rows, words))
    return PageSection("changed", title, title, tuple(parts))


def _finding(name: str, known: Mapping[str, Claim], words: Language) -> Cell:
    """The sentence of a finding, which leads to its place; of one that is gone, what it was about."""
    if name in known:
        end = "html" if words.code == "en" else f"{words.code}.html"
        return Cell(known[name].text("sentence", words.code), href=f"findings.{end}#{known[name].slug}")
    about = ", ".join(translated(words, part.replace("_", " ")) for part in name.split("."))
    return Cell(words.say("changed", "gone", words={"about": f"={about}"}))


def _state(change: str, text: str, words: Language) -> str:
    """A value, or the name of a side or of a finding, as the language has it."""
    table = WORDED.get(change, "")
    return words.template(table, text) if words.code != "en" and words.has(table, text) else translated(words, text)


def _table(
    name: str, caption: str, columns: tuple[str, ...], rows: tuple[tuple[Cell, ...], ...], words: Language
) -> PageTable:
    heads = tuple(Column(words.say("column", column), "words") for column in columns)
    return PageTable(name, caption, heads, rows, lang=words.code)
