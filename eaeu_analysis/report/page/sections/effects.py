"""Compared with what: estimates against counterfactuals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ....impact.members.effects import effects_plan
from ...wording.sentences import headline_effect
from ...wording.stated import translated, with_names
from ...wording.table_rows import change_text, outcome_label, span_text
from ..figures import FIGURES
from ..parts import Card, Cards, Cell, Column, Figure, PageSection, PageTable, Text, sources

if TYPE_CHECKING:
    from ....impact.members.effects import UnionEffects
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

COLUMNS = {"outcome": "words", "donors": "words", "effect": "number", "interval": "number", "p": "number",
           "finding": "words", "drawn": "words", "failed": "words"}  # fmt: skip


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """Figures of the headline outcomes, then every estimate in a table."""
    content = material.content
    title = words.say("effects", "title")
    if content.effects is None:
        return PageSection("effects", title, title, missing=translated(words, content.effects_missing))
    first = next(s.narrow for s in content.sections if s.narrow)
    years = {"first": float(first.windows.after[0]), "last": float(first.windows.after[1])}
    how = Text(words.say("effects", "how", years, {"economy": f"economy.{content.unit}"}))
    sentences = {claim.id: claim.text("sentence", words.code) for claim in material.claims}
    cards = []
    for name in FIGURES:
        effect, picture = headline_effect(content, name), pictures.get(f"effect-{name}")
        if effect is not None and picture is not None:
            texts = [Text(sentences[key])] if (key := f"fared.{name}.counterfactual") in sentences else []
            parts = (Figure(picture, picture.title), *texts, sources(effect.provenance, words))
            cards.append(Card(f"effect-{name}", picture.title, parts))
    return PageSection("effects", title, title, (how, Cards(tuple(cards)), _table(content.effects, words)))


def _table(effects: UnionEffects, words: Language) -> PageTable:
    heads = tuple(Column(words.say("column", name), kind) for name, kind in COLUMNS.items())
    rows = tuple(tuple(map(Cell, _row(row, words))) for row in effects.table.to_dict("records"))
    caption = words.say("effects", "caption", {"level": 100 * effects.level})
    return PageTable("effects-table", caption, heads, rows, lang=words.code)


def _row(row: Mapping[Any, Any], words: Language) -> list[str]:
    """Outcome, donors, estimate, interval, p, finding, weights of the donors, failed checks."""
    pool = translated(words, effects_plan().pools[row["pool"]]["label"])
    head = [outcome_label(words, row["outcome"], row["label"]), pool]
    if row["reason"]:
        return [*head, words.word("number.none"), "", "", words.say("effects", "untested"), "", ""]
    measure = row["measure"] if row["measure"] == "log points" else "percentage points"
    weights = re.sub(r"\d+\.\d+", lambda share: words.number(float(share.group()), "2"), str(row["weights"]))
    failed = [words.word(f"check.{name}") for name in str(row["failed"]).split(", ") if name]
    return [
        *head,
        change_text(words, row["estimate"], measure),
        span_text(words, row["lower"], row["upper"]),
        words.number(row["p_value"], "2") if row["p_value"] == row["p_value"] else "",
        words.say("effects", row["finding"]),
        with_names(words, weights),
        ", ".join(failed),
    ]
