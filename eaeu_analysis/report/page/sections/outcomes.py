"""Before and after: a card per outcome with its figure, its numbers and its checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...wording.stated import translated
from ...wording.table_rows import change_text, number_text, outcome_label, span_text
from ..figures import outcome_numbers, outcome_title
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
    from ....compare import BeforeAfter
    from ...gather.content import OutcomeSection
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The member and its comparison countries, outcome by outcome."""
    content = material.content
    first = next(s.narrow for s in content.sections if s.narrow)
    own = {"economy": f"economy.{content.unit}"}
    pool = {"pool": tuple(f"economy.{code}" for code in first.comparators.units)}
    cards = tuple(_card(section, pictures.get(section.outcome), words) for section in content.sections)
    how = Text(words.say("fared", "how", {}, {**own, **pool}))
    title = words.say("fared", "title", {}, own)
    return PageSection("figures", title, words.say("fared", "nav"), (how, Cards(cards)))


def _card(section: OutcomeSection, picture: Picture | None, words: Language) -> Card:
    parts: list[Any] = []
    title = outcome_title(section, words)
    if picture is not None:
        parts.append(Figure(picture, title))
    if section.narrow is not None:
        if section.narrow.treated["available"]:
            parts += [Text(_finding(section, words)), Text(_tests(section, words))]
        else:
            parts.append(_missing(str(section.narrow.treated["reason"]), words))
        parts += [_numbers(section, section.narrow, words), sources(section.narrow.provenance, words)]
    else:
        parts.append(_missing(section.missing, words))
    return Card(section.outcome, title, tuple(parts))


def _missing(why: str, words: Language) -> Text:
    return Text(words.say("fared", "missing", words={"why": f"={translated(words, why)}"}), "missing")


def _finding(section: OutcomeSection, words: Language) -> str:
    """Both averages, and how the comparison countries fared."""
    numbers, named = outcome_numbers(section)
    text = words.say("fared", "finding", numbers, named)
    if "others" not in numbers:
        return text
    return f"{text} {words.say('fared', 'others' if numbers['economies'] > 1 else 'other', numbers, named)}"


def _tests(section: OutcomeSection, words: Language) -> str:
    """What the two tests and the checks say."""
    texts = []
    for key, result in (("narrow", section.narrow), ("wide", section.wide)):
        if result is None or result.difference is None:
            texts.append(words.say("fared", f"no_{key}"))
            continue
        d = result.difference
        least = words.say("fared", "least") if d.test.p_two_sided <= d.test.floor + 1e-9 else ""
        numbers = {"economies": float(d.test.n - 1), "gap": d.versus_mean, "p": d.test.p_two_sided}
        named = {"least": f"={least}", "measure": f"unit.{d.measure}"}
        texts.append(words.say("fared", key, numbers, named))
        failed = tuple(f"check.{check.name}" for check in result.checks if check.failed)
        texts += [words.say("form", "failed", words={"failed": failed})] if failed else []
    return " ".join(texts)


def _numbers(section: OutcomeSection, result: BeforeAfter, words: Language) -> Details:
    numbers, named = outcome_numbers(section)
    named["label"] = f"={outcome_label(words, section.outcome, section.label)}"
    caption = words.say("fared", "caption", {**numbers, "level": 100 * result.level}, named)
    latest = result.windows.latest
    columns = [Column(words.say("column", "economy"), "words")]
    columns += [Column(words.say("column", name)) for name in ("before", "after", "change", "interval", "years")]
    if latest:
        span = {"first": float(latest[0]), "last": float(latest[1])}
        columns.append(Column(words.say("column", "latest", span)))
    rows = []
    for row in result.table.to_dict("records"):
        change = Cell(words.word("number.none"), (words.say("cell", "few"),))
        interval = ""
        if row["available"]:
            change = Cell(change_text(words, row["change"], row["change_unit"]))
            interval = span_text(words, row["lower"], row["upper"])
        means = (number_text(words, row[name]) for name in ("mean_before", "mean_after"))
        cells = [Cell(words.word(f"economy.{row['unit']}")), *map(Cell, means), change, Cell(interval)]
        cells.append(Cell(f"{row['years_before']}+{row['years_after']}"))
        if latest:
            known = row["to_latest_years"] and row["to_latest_change"] == row["to_latest_change"]
            cells.append(Cell(change_text(words, row["to_latest_change"], row["change_unit"]) if known else ""))
        rows.append(tuple(cells))
    table = PageTable(f"numbers-{section.outcome}", caption, tuple(columns), tuple(rows), own=True, lang=words.code)
    note = (Text(translated(words, result.outcome.note), "small"),) if result.outcome.note else ()
    return Details(
        words.say("fared", "numbers"), (table, check_items(result.checks, words), *note, *_left_out(result, words))
    )


def _left_out(result: BeforeAfter, words: Language) -> tuple[Items, ...]:
    """Comparison countries that were left out, with the reason."""
    left = result.comparators.dropped
    rows = tuple(f"{words.word(f'economy.{code}')}: {translated(words, why)}" for code, why in left)
    return (Items(rows, tone="checks"),) if rows else ()
