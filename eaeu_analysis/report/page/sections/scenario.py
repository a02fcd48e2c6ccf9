"""What joining would do to Uzbekistan: outcomes, options, and which assumptions matter most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ....errors import BadInputError
from ....scenario.display import round_to_error
from ....scenario.options import shipped_options
from ...wording.stated import localized, translated
from ...wording.templates import find_language
from ..front_pictures import CHANNELS, OPTIONS, PATH, option_name
from ..parts import (
    Card,
    Cards,
    Cell,
    Column,
    Details,
    Figure,
    Heading,
    Items,
    PageSection,
    PageTable,
    Text,
    check_items,
    sources,
)

if TYPE_CHECKING:
    from ....scenario import ScenarioResult
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material

COMPARED = ("welfare", "real_income", "exports", "customs_receipts_of_gdp", "remittances_of_gdp")


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """The scenario's question, its outcomes with intervals, figures, and what it leaves out."""
    result = material.evidence.scenario
    title, nav = words.say("scenario", "title"), words.say("nav", "joining")
    if result is None:
        why = material.missing.get("scenario", words.say("scenario", "missing"))
        return PageSection("scenario", title, nav, missing=translated(words, why))
    numbers = {
        "year": float(result.scenario.baseline.year),
        "draws": float(result.table["draws"].iloc[0]),
        "level": 100 * result.level,
        "gain": 100 * result.probability(),
    }
    parts: list[Any] = [
        Text(words.say("scenario", "how", numbers)),
        Text(words.say("scenario", "gain", numbers)),
        _outcomes(result, words),
        _cards((CHANNELS, PATH), pictures, result, words),
        *_options(result, pictures, words),
        *_uncertainty(result, words),
        Details(
            words.say("scenario", "left_out"),
            (Items(tuple(translated(words, note) for note in result.scenario.notes)),),
            printed=True,
        ),
        Details(words.say("head", "checks"), (check_items(result.checks, words),)),
    ]
    return PageSection("scenario", title, nav, tuple(parts))


def _cards(names: Sequence[str], pictures: Mapping[str, Picture], result: ScenarioResult, words: Language) -> Cards:
    shown = [(name, pictures[name]) for name in names if name in pictures]
    under = sources(result.provenance, words)
    return Cards(tuple(Card(name, p.title, (Figure(p, p.title), under)) for name, p in shown))


def _outcomes(result: ScenarioResult, words: Language) -> PageTable:
    names = ("outcome", "estimate", "interval", "unit")
    heads = tuple(Column(words.say("column", n), "words" if n in ("outcome", "unit") else "number") for n in names)
    rows = []
    for name in result.surface()["outcomes"]:
        row = result.value(name)
        ends = [float(row[end]) for end in ("estimate", "lower", "upper")]
        middle, low, high = (f"={localized(words, end)}" for end in round_to_error(ends, result.error(name)))
        span = words.say("cell", "span", words={"low": low, "high": high})
        label = words.template("scenario_label", name)
        rows.append(tuple(map(Cell, (label, middle[1:], span, words.word(f"unit.{row['unit']}")))))
    caption = words.say("scenario", "outcomes", {"level": 100 * result.level})
    return PageTable("scenario-outcomes", caption, heads, tuple(rows), lang=words.code)


def _options(result: ScenarioResult, pictures: Mapping[str, Picture], words: Language) -> list[Any]:
    """The options in one table, from the comparison that is shipped."""
    found = shipped_options()
    if found is None:
        return []
    outcomes = [Column(words.template("scenario_label", name)) for name in COMPARED]
    heads = (Column(words.say("column", "option"), "words"), *outcomes, Column(words.say("column", "better")),
             Column(words.say("column", "failed"), "words"))  # fmt: skip
    rows = []
    for name in found.spec["scenarios"]:
        values = [found.value(outcome, name) for outcome in COMPARED]
        still = all(_still(row) for row in values)
        failed = [words.word(f"check.{check}") for check in str(values[0]["failed_checks"]).split("; ") if check]
        better = "" if still else words.say("cell", "percent", {"share": 100 * values[0]["better"]})
        cells = [option_name(name, words), *(_interval(row, words) for row in values), better, "; ".join(failed)]
        rows.append(tuple(map(Cell, cells)))
    title = words.say("scenario", "options")
    note = words.say("scenario", "options_how", {"level": 100 * found.level, "draws": float(found.spec["draws"])})
    table = PageTable("scenario-options-table", title, heads, tuple(rows), lang=words.code)
    return [Heading("options", title), Text(note), _cards((OPTIONS,), pictures, result, words), table]


def _still(row: Any) -> bool:
    return all(round(float(row[end]), 6) == 0 for end in ("estimate", "lower", "upper"))


def _interval(row: Any, words: Language) -> str:
    """The estimate and its interval; words where it is as good as nothing."""
    ends = [float(row[end]) for end in ("estimate", "lower", "upper")]
    if all(round(end, 2) == 0 for end in ends):
        return words.say("picture", "no_change" if _still(row) else "almost_none")
    middle, low, high = (f"={localized(words, end)}" for end in round_to_error(ends, float(row["error"])))
    return words.say("picture", "to", words={"middle": middle, "low": low, "high": high})


def _uncertainty(result: ScenarioResult, words: Language) -> list[Any]:
    """Which assumptions the uncertainty comes from; a sentence where no polynomial is fit."""
    try:
        surface, shares = result.surface(), result.shares()
    except BadInputError as error:
        return [Text(words.say("scenario", "no_shares", words={"why": f"={translated(words, str(error))}"}), "missing")]
    names = find_language(words.code, "explore")
    heads = (Column(words.say("column", "assumption"), "words"), Column(words.say("column", "share")))
    rows = tuple(
        (Cell(names.template("quantity", str(name))), Cell(words.say("cell", "percent_1", {"share": 100 * share})))
        for name, share in shares.items()
    )
    table = PageTable("scenario-shares", words.say("scenario", "shares"), heads, rows, lang=words.code)
    missed = {"missed": 100 * (1 - min(surface["r2"].values()))}
    return [Details(words.say("scenario", "uncertainty"), (Text(words.say("scenario", "fitted", missed)), table))]
