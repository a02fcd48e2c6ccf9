"""What the data cannot say, the method in short, the series with their vintages, the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ....data.freshness import freshness, newest_edition
from ....reference.catalogue import read_table, table_path
from ...claims.claim import GRADES
from ...wording.stated import day_text, translated, with_names
from ..document import csv_names
from ..links import address_of
from ..parts import Cell, Column, Download, Downloads, Heading, PageSection, PageTable, Term, Terms, Text

if TYPE_CHECKING:
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

SERIES_COLUMNS = ("series", "label", "unit", "vintage", "newest", "age", "absent", "retrieved", "licence")
STEPS = ("before_after", "interval", "chance")


def build_limits(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The rows of data/tables/limits.toml."""
    terms = tuple(
        Term(
            translated(words, row.limit),
            translated(words, row.follows),
            source=translated(words, row.source),
            id=f"limit-{row.id}",
        )
        for row in material.content.limits
    )
    title = words.say("methods", "limits")
    return PageSection("limits", title, title, (Terms(terms),))


def method(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """How the numbers are made, in short."""
    content = material.content
    first = next(s.narrow for s in content.sections if s.narrow)
    wide = next((s.wide.comparators.rule for s in content.sections if s.wide), "the economies nearest to it before.")
    pools = {"narrow": first.comparators.label, "wide": wide}
    named = {name: f"={translated(words, text)}" for name, text in pools.items()}
    steps = (Text(words.say("methods", name, {}, named)) for name in STEPS)
    parts = (*steps, *_of_other_sections(material, words), Text(words.say("methods", "files")))
    return PageSection("method", words.say("methods", "title"), words.say("methods", "nav"), parts)


def _of_other_sections(material: Material, words: Language) -> list[Text]:
    """Method and reference of trade and scenario, as their results state them."""
    results = {"trade": material.evidence.trade, "scenario": material.evidence.scenario}
    named = [(name, result.provenance) for name, result in results.items() if result is not None]
    texts = []
    for name, p in named:
        stated = {"method": f"={translated(words, p.method)}", "papers": f"={translated(words, p.reference)}"}
        texts.append(Text(words.say("methods", name, {}, stated)))
    return texts


def series(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """Every series with its vintage, and the tables in full precision."""
    heads = tuple(Column(words.say("series", name), "words") for name in SERIES_COLUMNS)
    ages = freshness(material.series).to_dict("records")
    rows = tuple(
        (
            Cell(info.code, tone="code", href=address_of(info)),
            Cell(translated(words, info.label)),
            Cell(words.word(f"unit.{info.unit}") if _has_unit(words, info.unit) else translated(words, info.unit)),
            Cell(day_text(words, info.vintage), (translated(words, info.vintage_note),) if info.vintage_note else ()),
            Cell("" if pd.isna(age["last_year"]) else str(age["last_year"])),
            Cell("" if pd.isna(age["age"]) else words.say("series", "years", {"age": float(age["age"])})),
            Cell(with_names(words, age["missing"])),
            Cell(day_text(words, info.retrieved)),
            Cell(translated(words, info.licence)),
        )
        for info, age in zip(material.series, ages, strict=True)
    )
    files = tuple(
        Download(name, words.say("files", own) if words.has("files", own := name.partition(".")[0]) else "")
        for name in csv_names(material)
    )
    caption = words.say("series", "caption", {}, {"day": f"date.{newest_edition(material.series)}"})
    table = PageTable("series-table", caption, heads, rows, lang=words.code)
    parts = (table, Heading("downloads", words.say("files", "title")), Downloads(files))
    title = words.say("series", "title")
    return PageSection("series", title, title, parts)


def _has_unit(words: Language, unit: str) -> bool:
    """Whether the language has a name of its own for a unit; in English a series keeps the one that it states."""
    return words.code != "en" and words.has("unit", unit)


def _terms(words: Language) -> tuple[Term, ...]:
    grades = " ".join(f"{grade}: {words.say('grade', grade)}." for grade in GRADES)
    rows = [(row, *row[words.code]) for row in read_table(table_path("glossary"))["terms"]]
    return tuple(
        Term(term, meaning.replace("{grades}", grades), row.get("source", ""), f"term-{row['id']}")
        for row, term, meaning in rows
    )


def glossary(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The rows of data/tables/glossary.toml."""
    title = words.say("nav", "glossary")
    return PageSection("glossary", title, title, (Terms(_terms(words)),))
