"""Who trades with whom, whether the union changed it, and what Uzbekistan's own trade and tariffs say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ....plots.trade_policy import tariff_exposure_title
from ....reference import economies
from ....text import format_number
from ..figures import EXPOSURE, trade_titles
from ..parts import Card, Cards, Cell, Column, Details, Figure, Items, PageSection, PageTable, Text, sources

if TYPE_CHECKING:
    from ....trade.tariff_exposure.estimate import TariffExposure
    from ....trade.union.answer import TradeAnswer
    from ..chart import Picture
    from ..material import Material

TITLE, NAV = "Who trades with whom, and did the union change it?", "Who trades with whom"
HOW = (
    "Gravity sets aside what size, distance and everything else that belongs to a pair, or to an economy in a year, "
    "would explain (PPML with fixed effects of exporter and year, importer and year, and pair); what is left is "
    "compared with the same for neighbours that never joined. Bilateral flows are pinned tables, whatever the "
    "source of the other data."
)
LARGEST = 20  # chapters shown of those by import value


def build(material: Material, pictures: Mapping[str, Picture]) -> PageSection:
    """The sentences, three figures, and the tables behind them."""
    answer = material.evidence.trade
    if answer is None:
        return PageSection(
            "partners", TITLE, NAV, missing=material.missing.get("trade", "bilateral trade was not asked for")
        )
    titles = trade_titles(answer)
    under = sources(answer.provenance)
    shown = [name for name in titles if name in pictures]
    cards = tuple(Card(name, titles[name], (Figure(pictures[name], titles[name]), under)) for name in shown)
    cards += _exposure(material.evidence.tariff_exposure, pictures)
    checks = Items(tuple(f"{c.mark}: {c.name}: {c.text}" for c in answer.checks))
    return PageSection(
        "partners",
        TITLE,
        NAV,
        (
            Items(tuple(answer.sentences())),
            Text(HOW),
            Cards(cards),
            _effects(answer),
            _diversion(answer),
            _findings(answer),
            _tariffs(answer),
            Details("Checks", (checks,)),
        ),
    )


def percent_with_interval(row: Mapping[Any, Any]) -> tuple[str, str]:
    """An estimate in log points as per cent, and its interval."""
    low, high = (100 * np.expm1(row[end]) for end in ("lower", "upper"))
    return (
        f"{format_number(row['percent'], signed=True)} %",
        f"{format_number(low, signed=True)} to {format_number(high, signed=True)}",
    )


def _exposure(design: TariffExposure | None, pictures: Mapping[str, Picture]) -> tuple[Card, ...]:
    """The card of the comparison across products, with its checks."""
    if design is None or EXPOSURE not in pictures:
        return ()
    title = tariff_exposure_title(design)
    checks = Items(tuple(f"{c.mark}: {c.name}: {c.text}" for c in design.checks))
    return (Card(EXPOSURE, title, (Figure(pictures[EXPOSURE], title), checks, sources(design.provenance))),)


def _p(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _effects(answer: TradeAnswer) -> PageTable:
    heads = (
        Column("step", "words"),
        Column("specification", "words"),
        Column("change"),
        Column("interval"),
        Column("p"),
        Column("stands out", "words"),
    )
    rows = tuple(
        (
            Cell(str(row["step"])),
            Cell(str(row["specification"])),
            *map(Cell, percent_with_interval(row)),
            Cell(_p(row["p_permutation"])),
            Cell("yes" if row["stands_out"] else "no"),
        )
        for row in answer.effects.to_dict("records")
    )
    caption = (
        f"Trade among the three founders: change against what gravity expects, with its {answer.level:.0%} interval; "
        "p: rank among fake unions elsewhere"
    )
    return PageTable("trade-effects", caption, heads, rows)


def _diversion(answer: TradeAnswer) -> PageTable:
    heads = (
        *(Column(name, "words") for name in ("from", "step", "panel")),
        Column("change"),
        Column("interval"),
        Column("stands out", "words"),
    )
    rows = tuple(
        (
            Cell(str(row["from"])),
            Cell(str(row["step"])),
            Cell(str(row["panel"])),
            *map(Cell, percent_with_interval(row)),
            Cell("yes" if row["stands_out"] else "no"),
        )
        for row in answer.diversion.to_dict("records")
    )
    caption = f"Imports of the members from outsiders, with the {answer.level:.0%} interval"
    return PageTable("trade-diversion", caption, heads, rows)


def _findings(answer: TradeAnswer) -> Details:
    heads = tuple(Column(n, "words") for n in ("published finding", "source", "ours", "same sign", "why"))
    rows = tuple(
        (
            Cell(str(row["finding"])),
            Cell(str(row["source"]), tone="source"),
            Cell(str(row["ours"]), (f"{format_number(row['our_percent'], signed=True)} %",)),
            Cell("yes" if row["agree"] else "no"),
            Cell(str(row["why"])),
        )
        for row in answer.findings.to_dict("records")
    )
    table = PageTable("trade-findings", "What others found, what we find, and why the two differ", heads, rows)
    return Details("What others found", (table,))


def _tariffs(answer: TradeAnswer) -> Details:
    frame = answer.tariffs.to_frame()
    frame = frame.sort_values("imports_usd", ascending=False, kind="stable").head(LARGEST)
    heads = (
        Column("chapter", "words"),
        Column("own duty, %"),
        Column("common tariff, %"),
        Column("change, pp"),
        Column("imports, US$"),
        Column("direction", "words"),
    )
    rows = tuple(
        (
            Cell(str(code)),
            Cell(format_number(row["own"])),
            Cell(format_number(row["new"])),
            Cell(format_number(row["change"], signed=True)),
            Cell(format_number(row["imports_usd"])),
            Cell(str(row["direction"])),
        )
        for code, row in zip(frame.index, frame.to_dict("records"), strict=True)
    )
    name = economies.common_name("UZB")
    caption = f"The {len(rows)} chapters of the Harmonized System in which {name} imports most"
    return Details(
        f"{name}'s tariffs against the common external tariff", (PageTable("tariff-gap", caption, heads, rows),)
    )
