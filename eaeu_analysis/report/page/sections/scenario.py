"""What joining would do to Uzbekistan: outcomes, channels, and what carries the uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ....errors import BadInputError
from ....scenario.display import format_interval, outcome_label, round_to_error
from ....scenario.options import option_label, shipped_options
from ..figures import CHANNELS, OPTIONS, PATH, options_title, scenario_titles
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
    SourceLinks,
    Text,
    sources,
)

if TYPE_CHECKING:
    from ....scenario import ScenarioResult
    from ..chart import Picture
    from ..material import Material

TITLE, NAV = "What would joining do to Uzbekistan?", "If Uzbekistan joined"
COMPARED = ("welfare", "real_income", "exports", "customs_receipts_of_gdp", "remittances_of_gdp")


def build(material: Material, pictures: Mapping[str, Picture]) -> PageSection:
    """The scenario's question, its outcomes with intervals, figures, and what it leaves out."""
    result = material.evidence.scenario
    if result is None:
        return PageSection(
            "scenario", TITLE, NAV, missing=material.missing.get("scenario", "no scenario was asked for")
        )
    titles = scenario_titles(result)
    shown = [name for name in (CHANNELS, PATH) if name in titles and name in pictures]
    under = sources(result.provenance)
    cards = tuple(Card(name, titles[name], (Figure(pictures[name], titles[name]), under)) for name in shown)
    draws = int(result.table["draws"].iloc[0])
    parts: list[Any] = [
        Text(
            f"{result.scenario.question} {result.provenance.method[:1].upper()}{result.provenance.method[1:]}; every "
            f"assumption is drawn {draws} times from its range, and the numbers are the median draw with its "
            f"{result.level:.0%} interval, against the year {result.scenario.baseline.year}, once everything is phased "
            "in. Evidence of grade F: as good as its assumptions."
        ),
        Text(f"Real spending of households rises in {result.probability():.0%} of the draws."),
        _outcomes(result),
        Cards(cards),
        *_options(pictures, under),
        *_carried(result),
        Details("What the scenario leaves out", (Items(tuple(result.scenario.notes)),), printed=True),
        Details("Checks", (Items(tuple(f"{c.mark}: {c.name}: {c.text}" for c in result.checks)),)),
    ]
    return PageSection("scenario", TITLE, NAV, tuple(parts))


def _outcomes(result: ScenarioResult) -> PageTable:
    labels = result.surface()["outcomes"]
    heads = (Column("outcome", "words"), Column("estimate"), Column("interval"), Column("unit", "words"))
    rows = []
    for name, label in labels.items():
        row = result.value(name)
        ends = [float(row[end]) for end in ("estimate", "lower", "upper")]
        middle, low, high = round_to_error(ends, result.error(name))
        cells = (label["label"], middle, f"{low} to {high}", str(row["unit"]))
        rows.append(tuple(map(Cell, cells)))
    return PageTable("scenario-outcomes", f"{result.scenario.title}: what changes", heads, tuple(rows))


def _options(pictures: Mapping[str, Picture], under: SourceLinks) -> list[Any]:
    """The options side by side, from the comparison that is shipped."""
    found = shipped_options()
    if found is None:
        return []
    draws, title = f"{found.spec['draws']:,}", "The options side by side"
    heads = (Column("option", "words"), *(Column(outcome_label(o)) for o in COMPARED), Column("better than outside"),
             Column("failed checks", "words"))  # fmt: skip
    rows = []
    for name in found.spec["scenarios"]:
        effects = [found.value(outcome, name) for outcome in COMPARED]
        better = effects[0]["better"]
        same = all(row["lower"] == row["upper"] == 0 for row in effects)
        cells = [
            option_label(name),
            *("no change" if same else format_interval(row, float(row["error"])) for row in effects),
        ]
        cells += ["" if same else f"{better:.0%}", str(effects[0]["failed_checks"])]
        rows.append(tuple(map(Cell, cells)))
    note = Text(
        f"Real spending, real income at home and exports in per cent, customs receipts and remittances in % of GDP; "
        f"median and {found.level:.0%} interval of {draws} draws that all options share. Better than outside: the "
        "share of draws in which real spending rises."
    )
    words = options_title(found)
    cards = (Cards((Card(OPTIONS, words, (Figure(pictures[OPTIONS], words), under)),)),) if OPTIONS in pictures else ()
    return [Heading("options", title), note, *cards, PageTable("scenario-options-table", title, heads, tuple(rows))]


def _carried(result: ScenarioResult) -> list[Any]:
    """What carries the uncertainty; a sentence where no polynomial is fit."""
    try:
        surface, shares = result.surface(), result.shares()
    except BadInputError as error:
        return [Text(f"No shares of the uncertainty: {error}.", "missing")]
    labels = {entry["name"]: entry["label"] for entry in surface["quantities"]}
    least = min(surface["r2"].values())
    heads = (Column("assumption", "words"), Column("share of the uncertainty"))
    rows = tuple((Cell(labels[str(n)]), Cell(f"{v:.1%}")) for n, v in shares.items())
    table = PageTable("scenario-shares", "Shares of the variance (Shapley effects)", heads, rows)
    note = f"By a polynomial fitted to the draws, which misses at most {1 - least:.1%} of their variance."
    return [Details("What carries the uncertainty of real spending", (Text(note), table))]
