"""Compared with what: estimates against counterfactuals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...wording import sentences
from ...wording.table_rows import effect_rows
from ..figures import FIGURES
from ..parts import Card, Cards, Cell, Column, Figure, PageSection, PageTable, Text, sources

if TYPE_CHECKING:
    from ....impact.effect import Effect
    from ...gather.content import Content
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

TITLE, NAV = "Compared with what?", "Compared with what?"


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """Figures of the headline outcomes, then every estimate in a table."""
    content = material.content
    if content.effects is None:
        return PageSection("effects", TITLE, NAV, missing=content.effects_missing)
    first = next(s.narrow for s in content.sections if s.narrow)
    how = (
        f"A simple before/after comparison attributes the rouble crash to the union. Here each outcome is compared "
        f"with a counterfactual: the "
        f"weighted average of economies that did not join and that moved as {content.name} did before "
        f"({content.effects.provenance.method}; weights positive, summing to one; the mean of "
        f"{sentences.short_year_span(first.windows.after)} is judged). The donors are the nearest economies alike in "
        f"income, size and openness, without a known shock of their own, no more than fit years, and the fit ends two "
        f"years before accession: a rule written down before its results were seen (docs/methods.md). The p-value is "
        f"the exact rank of {content.name} among the same calculation made for every donor."
    )
    cards = tuple(
        _card(name, effect, pictures[f"effect-{name}"])
        for name in FIGURES
        if f"effect-{name}" in pictures and (effect := sentences.headline_effect(content, name)) is not None
    )
    return PageSection("effects", TITLE, NAV, (Text(how), Cards(cards), _table(content)))


def _card(outcome: str, effect: Effect, picture: Picture) -> Card:
    title, verdict = sentences.effect_title(effect, outcome), f"{effect.verdict[:1].upper()}{effect.verdict[1:]}."
    return Card(f"effect-{outcome}", title, (Figure(picture, title), Text(verdict), sources(effect.provenance)))


def _table(content: Content) -> PageTable:
    heads = [
        Column("outcome", "words"),
        Column("donors", "words"),
        Column("effect"),
        Column("interval"),
        Column("p"),
        *(Column(name, "words") for name in ("finding", "drawn from", "checks failed")),
    ]
    keys = ("label", "pool", "estimate", "interval", "p", "finding", "donors", "failed")
    rows = tuple(tuple(Cell(row[key]) for key in keys) for row in effect_rows(content))
    level = f"{content.effects.level:.0%}" if content.effects else ""
    caption = (
        f"Average effect after accession with its {level} interval; pp: percentage points; a small number of log "
        "points is about as many per cent"
    )
    return PageTable("effects-table", caption, tuple(heads), rows)
