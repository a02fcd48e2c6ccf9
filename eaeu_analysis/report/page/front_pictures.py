"""The pictures of the main page in its language: options, partners by year, channels, the member's trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ...plots import scenario as scenario_plots
from ...plots.compare import event_position
from ...plots.impact import effect_data
from ...plots.scenario_options import is_clear
from ...scenario.options import NOTHING, shipped_options
from ...trade.partners.own_reports import direction_checks, share_change
from ..wording import sentences
from .chart import Caption, ChartLine, ChartRow, Picture, YearMarks, line_picture, row_picture
from .links import OWNERS, owners_of

if TYPE_CHECKING:
    from ...impact.effect import Effect
    from ...scenario import ScenarioResult
    from ...trade.partners.exposure import Exposure
    from ..wording.templates import Language
    from .material import Material

CHANNELS, PATH, OPTIONS = "scenario-channels", "scenario-path", "scenario-options"
FIRST = 2009  # of the years in the claims on partners
JOINING = "uzb_eaeu"
PARTNERS = {
    "EAEU": ("union", "own"),
    "China": ("china", "accent"),
    "EU": ("eu", "other"),
    "Turkey": ("turkey", "other"),
}


def front_pictures(material: Material, words: Language) -> dict[str, Picture]:
    """The picture of the top ("options") and of each door that has the results for it, by door."""
    found = material.evidence
    drawn: dict[str, Picture | None] = {"options": None, "leaning": None, "joining": None, "fared": None}
    if found.scenario is not None:
        drawn["options"] = _options(found.scenario, words)
        drawn["joining"] = _channels(found.scenario, words)
    if found.exposure is not None:
        drawn["leaning"] = _partners(found.exposure, words)
    effect = sentences.headline_effect(material.content, "trade")
    if effect is not None:
        drawn["fared"] = _member(effect, f"economy.{material.content.unit}", words)
    return {name: made for name, made in drawn.items() if made is not None}


def picture_id(name: str, words: Language) -> str:
    """The name of a picture's file: "trade", "trade.ru"."""
    return name if words.code == "en" else f"{name}.{words.code}"


def picture_caption(title: str, kind: str, texts: Sequence[str], provenance: Any, words: Language) -> Caption:
    """The finding as title, what the picture shows in words, and who published its data."""
    alt = words.say("picture", kind, words={"title": f"={title}", "rows": f"={'; '.join(texts)}"})
    owners = owners_of(provenance.series, words)[:OWNERS]
    names = ", ".join(owner.text for owner in owners)
    return Caption(title, alt, words.say("picture", "source", words={"owners": f"={names}"}) if owners else "", owners)


def chart_numbers(words: Language) -> Any:
    """Numbers of an axis as the language writes them."""
    return lambda value, digits: words.number(value, str(digits))


def _interval_rows(
    rows: Sequence[tuple[str, Mapping[Any, Any], bool]], words: Language
) -> tuple[list[ChartRow], list[str]]:
    """Rows with their intervals; the one that the page is about in colour."""
    made, texts = [], []
    for label, row, strong in rows:
        ends = {k: f"={words.number(float(row[k]), '2')}" for k in ("estimate", "lower", "upper")}
        still = row["lower"] == row["upper"] == 0
        named = {"middle": ends["estimate"], "low": ends["lower"], "high": ends["upper"]}
        text = words.say("picture", "to", words=named)
        if all(round(float(row[end]), 2) == 0 for end in ("estimate", "lower", "upper")):
            text = words.say("picture", "no_change" if still else "almost_none")
        marks = ((float(row["estimate"]), "own" if strong else "other"),)
        made.append(ChartRow(label, marks, (float(row["lower"]), float(row["upper"])), text, strong))
        texts.append(words.say("picture", "row", words={"name": f"={label}", "text": f"={text}"}))
    return made, texts


def option_name(name: str, words: Language) -> str:
    """An option as the pages call it."""
    from ...scenario.options import option_label

    return words.say("option", name) if words.has("option", name) else option_label(name)


def _options(result: ScenarioResult, words: Language) -> Picture | None:
    found = shipped_options()
    if found is None:
        return None
    table = found.table[(found.table["outcome"] == "welfare") & (found.table["scenario"] != NOTHING)]
    records = table.to_dict("records")
    rows, texts = _interval_rows(
        [(option_name(r["scenario"], words), r, bool(r["scenario"] == JOINING)) for r in records], words
    )
    clear = [option_name(r["scenario"], words) for r in records if is_clear(r)]
    title = words.say("picture", "options_some" if clear else "options_none", words={"names": f"={', '.join(clear)}"})
    axis = words.say("picture", "options_axis", {"level": 100 * found.level})
    values = table.set_index("scenario")[["estimate", "lower", "upper"]]
    caption = picture_caption(title, "alt_rows", texts, result.provenance, words)
    return row_picture(f"options.{words.code}", rows, axis, caption, values, chart_numbers(words))


def _channels(result: ScenarioResult, words: Language) -> Picture:
    rows = result.table[result.table["outcome"] == "welfare"]
    parts = [r for r in rows.to_dict("records") if words.has("channel", r["channel"])]
    labels = [words.say("channel", r["channel"]) for r in parts]
    drawn, texts = _interval_rows(
        [(n, r, bool(r["channel"] == "total")) for n, r in zip(labels, parts, strict=True)], words
    )
    sign = 1 if next((r["estimate"] for r in parts if bool(r["channel"] == "total")), 1) >= 0 else -1
    single = [r for r in parts if r["channel"] != "total"]
    largest = max(single or parts, key=lambda r: sign * r["estimate"])
    title = words.say("picture", "channels", words={"part": f"part.{largest['channel']}"})
    axis = words.say("picture", "channels_axis", {"level": 100 * result.level})
    values = pd.DataFrame(parts)[["estimate", "lower", "upper"]].set_axis(labels, axis=0)
    caption = picture_caption(title, "alt_rows", texts, result.provenance, words)
    return row_picture(f"joining.{words.code}", drawn, axis, caption, values, chart_numbers(words))


def scenario_pictures(result: ScenarioResult, words: Language) -> dict[str, Picture]:
    """The channels, the years after accession, and the options, by name."""
    drawn = {CHANNELS: _channels(result, words), PATH: _path(result, words), OPTIONS: _options(result, words)}
    return {name: picture for name, picture in drawn.items() if picture is not None}


def _path(result: ScenarioResult, words: Language) -> Picture:
    table = scenario_plots.path_data(result)
    last = float(table["estimate"].iloc[-1])
    above = [int(year) for year in table.index[table["lower"] > 0]]
    until = above and above[-1] == int(table.index[-1])
    key = "path_never" if not above else "path_on" if until else "path_between"
    years = {"last": last, "first": float(above[0]), "end": float(above[-1])} if above else {"last": last}
    title = words.say("picture", key, years)
    line = ChartLine("estimate", words.say("picture", "path_line"), "own")
    unit = words.say("picture", "path_unit", {"level": 100 * result.level})
    caption = picture_caption(title, "alt_lines", _end_texts([line], table, words, "2"), result.provenance, words)
    marks = YearMarks(band=("lower", "upper"))
    return line_picture(picture_id(PATH, words), table, [line], unit, caption, marks, chart_numbers(words))


def _partners(found: Exposure, words: Language) -> Picture:
    rows = found.over_time[found.over_time["year"] >= FIRST]
    table = rows.pivot(index="year", columns="partner", values="exports_share")
    table = table[[name for name in PARTNERS if name in table]].dropna(how="all")
    lines = [ChartLine(n, words.say("picture", PARTNERS[n][0]), PARTNERS[n][1]) for n in table.columns]
    first, last = table.index[0], table.index[-1]
    union, china = (share_change(found.economy, p, "exports", int(first), int(last)).trend for p in ("EAEU", "China"))
    checks = direction_checks(found.economy, "EAEU", "exports", int(first), int(last))
    sure = not any(check.passed is False for check in checks)
    way = "leaning_china" if china > 0 else "leaning_other"
    if sure and union < 0 < china:
        way = "leaning_down"
    elif sure and union > 0:
        way = "leaning_up"
    title = words.say("picture", way, {"first": float(first)})
    texts = _end_texts(lines, table, words)
    marks = YearMarks(2020.95, words.say("picture", "observer", {"year": 2020.0}))
    caption = picture_caption(title, "alt_lines", texts, found.provenance, words)
    unit = words.say("picture", "leaning_unit")
    return line_picture(f"leaning.{words.code}", table, lines, unit, caption, marks, chart_numbers(words))


def _end_texts(lines: Sequence[ChartLine], table: pd.DataFrame, words: Language, digits: str = "0") -> list[str]:
    """What each line shows in the first and in the last year."""
    first, last = table.index[0], table.index[-1]
    years = {"first": float(first), "last": float(last)}
    texts = []
    for line in lines:
        then, now = (f"={words.number(float(table.loc[at, line.column]), digits)}" for at in (first, last))
        texts.append(words.say("picture", "ends", years, {"name": f"={line.label}", "then": then, "now": now}))
    return texts


def effect_lines(name: str, words: Language) -> list[ChartLine]:
    """The lines of an effect: observed, and the counterfactual."""
    estimate = ChartLine("counterfactual", words.say("picture", "estimate"), "accent", dashed=True)
    return [ChartLine("observed", name, "own"), estimate]


def effect_marks(effect: Effect, label: str) -> YearMarks:
    """The event of an effect, and the band of the counterfactual where the method has one."""
    band = ("counterfactual_lower", "counterfactual_upper")
    shown = band if band[0] in effect_data(effect) else None
    return YearMarks(event_position(str(effect.spec["event"])), label, band=shown)


def _member(effect: Effect, economy: str, words: Language) -> Picture:
    table = effect_data(effect)
    event = event_position(str(effect.spec["event"]))
    lines = effect_lines(words.word(economy), words)
    post = effect.post
    change = {"change": float(post["observed"].mean() - table.loc[table.index < event, "observed"].tail(5).mean())}
    found = "fared_found" if effect.finding == "found" else "fared_none"
    title = words.say("picture", found, change, {"economy": economy})
    marks = effect_marks(effect, words.say("picture", "joined", {"year": float(int(event))}))
    caption = picture_caption(title, "alt_lines", _end_texts(lines, table, words), effect.provenance, words)
    unit = words.say("picture", "fared_unit", {"level": 100 * effect.level})
    return line_picture(f"fared.{words.code}", table, lines, unit, caption, marks, chart_numbers(words))
