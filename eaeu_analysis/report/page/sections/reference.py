"""What the data cannot say, the method in short, the series with their vintages, the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ....data.freshness import freshness, newest_edition
from ....reference.catalogue import read_table, table_path
from ...claims.claim import GRADES
from ...wording.table_rows import day_text, with_names
from ..document import csv_names
from ..links import address_of
from ..parts import Cell, Column, Download, Downloads, Heading, PageSection, PageTable, Term, Terms, Text

if TYPE_CHECKING:
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

SERIES_COLUMNS = (
    *("series", "label", "unit", "vintage", "newest year", "age", "no value in that year", "retrieved", "licence"),
)
FILES = {
    "before_after.csv": "every change, interval and test of before and after",
    "claims.csv": "every finding with its number, interval, checks, sources and the call that reproduces it",
    "members.csv": "the same for all members",
    "effects.csv": "every estimate against a counterfactual",
    "scenario.csv": "what joining would do, by outcome and channel",
    "union_trade.csv": "the union's effect on trade by specification",
    "figures.csv": "the values behind the figures of before and after",
}


def build_limits(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The rows of data/tables/limits.toml."""
    terms = tuple(Term(row.limit, row.follows, row.source, f"limit-{row.id}") for row in material.content.limits)
    return PageSection("limits", "What the data cannot say", "What the data cannot say", (Terms(terms),))


def method(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """How the numbers are made, in short."""
    content = material.content
    first = next(s.narrow for s in content.sections if s.narrow)
    wide = next((s.wide.comparators.rule for s in content.sections if s.wide), "the economies nearest to it before.")
    return PageSection(
        "method",
        "Method in short",
        "Method",
        (
            Text(
                "Before and after. For every country the average of the years before is compared with the average of "
                "the years after; the year of accession is left out. A period with under 60 % of its years is not "
                "used. Shares and rates change in percentage points, levels in per cent of their average before."
            ),
            Text(
                "Interval. That of a change is Newey-West (Bartlett kernel, two lags for nine years, Student t with "
                "n - 2 degrees of freedom): with so few years it is too narrow, and a nominal 90 % interval covers "
                "the truth in 78 % of simulated cases without serial correlation and in 56 % at a correlation of 0.6."
            ),
            Text(
                "Chance. An exact permutation test, in log points for levels, shows how unusual the member's change "
                "is among those of its comparison countries, the member included. There are two groups of them: "
                f"{first.comparators.label}, a list made by hand; and {wide} These comparisons describe; they do not "
                "attribute a change to the union."
            ),
            *_of_other_sections(material),
            Text(
                "Every number is in report.json and in the folder tables; the command eaeu compare reproduces "
                "each comparison."
            ),
        ),
    )


def _of_other_sections(material: Material) -> list[Text]:
    """Method and reference of trade and scenario, as their results state them."""
    results = {"Trade": material.evidence.trade, "Scenario": material.evidence.scenario}
    named = [(name, result.provenance) for name, result in results.items() if result is not None]
    return [Text(f"{name}. {p.method[:1].upper()}{p.method[1:]} ({p.reference}).") for name, p in named]


def series(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """Every series with its vintage, and the tables in full precision."""
    heads = tuple(Column(name, "words") for name in SERIES_COLUMNS)
    ages = freshness(material.series).to_dict("records")
    rows = tuple(
        (
            Cell(info.code, tone="code", href=address_of(info)),
            Cell(info.label),
            Cell(info.unit),
            Cell(day_text(words, info.vintage), (info.vintage_note,) if info.vintage_note else ()),
            Cell("" if pd.isna(age["last_year"]) else str(age["last_year"])),
            Cell("" if pd.isna(age["age"]) else f"{age['age']} years"),
            Cell(with_names(words, age["missing"])),
            Cell(day_text(words, info.retrieved)),
            Cell(info.licence),
        )
        for info, age in zip(material.series, ages, strict=True)
    )
    files = tuple(Download(name, FILES.get(name, "")) for name in csv_names(material))
    caption = (
        f"Data as of {day_text(words, newest_edition(material.series))}, the newest vintage. A vintage is the date on "
        "which the source last revised the series; the age is counted from its newest year to that date. Countries "
        "without a value in that year are listed among members, the observer and their neighbours"
    )
    table = PageTable("series-table", caption, heads, rows)
    parts = (table, Heading("downloads", "Every number in full precision"), Downloads(files))
    return PageSection("series", "Data and vintages", "Data and vintages", parts)


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
