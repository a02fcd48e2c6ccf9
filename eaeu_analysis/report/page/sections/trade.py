"""Who trades with whom, whether the union changed it, and what Uzbekistan's own trade and tariffs say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...wording.stated import translated
from ...wording.table_rows import change_text, number_text, span_text, step_name
from ..figures import EXPOSURE, TRADE
from ..parts import (
    Card,
    Cards,
    Cell,
    Column,
    Details,
    Figure,
    Items,
    PageSection,
    PageTable,
    Text,
    check_items,
    sources,
)

if TYPE_CHECKING:
    from ....results import Provenance
    from ....trade.tariff_exposure.result import TariffExposure
    from ....trade.union.answer import TradeAnswer
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

LARGEST = 20  # chapters shown of those by import value
HEADLINES = (  # the findings at the head of the page
    *("partners.founders.customs_union", "partners.founders.eaeu", "partners.founders.without_fuels"),
    *("partners.imports.China", "partners.imports.Turkey", "partners.imports.EU"),
    *("leaning.exports.EAEU", "leaning.imports.EAEU", "tariffs.rise", "tariffs.fall"),
)


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The sentences, the figures, and the tables behind them."""
    answer = material.evidence.trade
    title, nav = words.say("trade", "title"), words.say("nav", "trade")
    if answer is None:
        why = material.missing.get("trade", words.say("trade", "missing"))
        return PageSection("partners", title, nav, missing=translated(words, why))
    sentences = {claim.id: claim.text("sentence", words.code) for claim in material.claims}
    cards = [_card(name, pictures[name], answer.provenance, words) for name in TRADE if name in pictures]
    cards += exposure_cards(material.evidence.tariff_exposure, pictures, words)
    parts = (
        Items(tuple(sentences[name] for name in HEADLINES if name in sentences)),
        Text(words.say("trade", "how")),
        Cards(tuple(cards)),
        _effects(answer, words),
        _diversion(answer, words),
        _findings(answer, words),
        _tariffs(answer, words),
        Details(words.say("head", "checks"), (check_items(answer.checks, words),)),
    )
    return PageSection("partners", title, nav, parts)


def exposure_cards(design: TariffExposure | None, pictures: Mapping[str, Picture], words: Language) -> tuple[Card, ...]:
    """The card of the comparison across products, with its checks."""
    if design is None or EXPOSURE not in pictures:
        return ()
    checks = check_items(design.checks, words)
    return (_card(EXPOSURE, pictures[EXPOSURE], design.provenance, words, (checks,)),)


def _card(name: str, picture: Picture, provenance: Provenance, words: Language, more: Sequence[Any] = ()) -> Card:
    return Card(name, picture.title, (Figure(picture, picture.title), *more, sources(provenance, words)))


def _heads(words: Language, names: Iterable[str], numbers: Sequence[str] = ("change", "interval", "p")) -> Any:
    """The heads of a table: names of columns, of which those with numbers are set right."""
    return tuple(Column(words.say("column", name), "number" if name in numbers else "words") for name in names)


def _estimate(row: Mapping[Any, Any], words: Language) -> tuple[str, str]:
    """An estimate in log points as per cent, and its interval."""
    low, high = (100 * np.expm1(row[end]) for end in ("lower", "upper"))
    return change_text(words, row["percent"], "per cent"), span_text(words, low, high)


def _yes(words: Language, value: Any) -> str:
    return words.say("cell", "yes" if value else "no")


def _effects(answer: TradeAnswer, words: Language) -> PageTable:
    rows = []
    for row in answer.effects.to_dict("records"):
        p = row["p_permutation"]
        shown = "" if math.isnan(p) else words.number(p, "2")
        step, how = step_name(words, row["step"]), translated(words, row["specification"])
        rows.append((step, how, *_estimate(row, words), shown, _yes(words, row["stands_out"])))
    heads = _heads(words, ("step", "specification", "change", "interval", "p", "clear"))
    caption = words.say("trade", "effects", {"level": 100 * answer.level})
    return PageTable("trade-effects", caption, heads, tuple(tuple(map(Cell, row)) for row in rows), lang=words.code)


def _diversion(answer: TradeAnswer, words: Language) -> PageTable:
    rows = [
        (
            translated(words, row["from"]),
            step_name(words, row["step"]),
            translated(words, row["panel"]),
            *_estimate(row, words),
            _yes(words, row["stands_out"]),
        )
        for row in answer.diversion.to_dict("records")
    ]
    heads = _heads(words, ("from", "step", "goods", "change", "interval", "clear"))
    caption = words.say("trade", "diversion", {"level": 100 * answer.level})
    return PageTable("trade-diversion", caption, heads, tuple(tuple(map(Cell, row)) for row in rows), lang=words.code)


def _findings(answer: TradeAnswer, words: Language) -> Details:
    rows = tuple(
        (
            Cell(translated(words, row["finding"])),
            Cell(str(row["source"]), tone="source"),
            Cell(translated(words, row["ours"]), (change_text(words, row["our_percent"], "per cent"),)),
            Cell(_yes(words, row["agree"])),
            Cell(translated(words, row["why"])),
        )
        for row in answer.findings.to_dict("records")
    )
    heads = _heads(words, ("published", "source", "ours", "same", "why"))
    table = PageTable("trade-findings", words.say("trade", "findings"), heads, rows, lang=words.code)
    return Details(words.say("trade", "others"), (table,))


def _tariffs(answer: TradeAnswer, words: Language) -> Details:
    frame = answer.tariffs.to_frame()
    frame = frame.sort_values("imports_usd", ascending=False, kind="stable").head(LARGEST)
    rows = []
    for code, row in zip(frame.index, frame.to_dict("records"), strict=True):
        named = words.has("chapter_name", str(code))
        goods = words.template("chapter_name", str(code)) if named else words.word(f"chapter.{code}")
        numbers = [number_text(words, row[name]) for name in ("own", "new")]
        numbers += [number_text(words, row["change"], signed=True), number_text(words, row["imports_usd"])]
        rows.append((Cell(str(code)), Cell(goods), *map(Cell, numbers), Cell(words.say("direction", row["direction"]))))
    names = ("own", "common", "points", "imports")
    heads = _heads(words, ("code", "chapter", *names, "direction"), names)
    caption = words.say("trade", "chapters", {"count": float(len(rows))})
    table = PageTable("tariff-gap", caption, heads, tuple(rows), lang=words.code)
    return Details(words.say("trade", "tariffs"), (table,))
