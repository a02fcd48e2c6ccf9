"""Result -> picture of a reference page: what is drawn, with its values as CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...plots import trade_answer, trade_policy
from ...plots.compare import before_after_data, event_position
from ...plots.impact import effect_data
from ...reference import economies
from ..wording import sentences
from ..wording.table_rows import number_text, translated
from .chart import Caption, ChartLine, ChartRow, Picture, YearMarks, line_picture, row_picture
from .front_pictures import chart_numbers, picture_caption, scenario_pictures
from .links import OWNERS, owners_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ...impact.effect import Effect
    from ...trade.tariff_exposure.estimate import TariffExposure
    from ...trade.union.answer import TradeAnswer
    from ..gather.content import OutcomeSection
    from ..wording.templates import Language
    from .material import Material


FIGURES = ("trade", "remittances", "gdp_per_head", "imports")  # effects that get a figure of their own
NAMED = 7  # lines with a name at most


def draw_all(material: Material, words: Language) -> dict[str, Picture]:
    """A picture per outcome that has a comparison and per headline effect, by its name; those that there are in that
    language."""
    content = material.content
    found = material.evidence
    shown = scenario_pictures(found.scenario, words) if found.scenario is not None else {}
    shown |= draw_trade(found.trade, words) if found.trade is not None else {}
    shown |= draw_exposure_design(found.tariff_exposure, words) if found.tariff_exposure is not None else {}
    if words.code != "en":
        return shown
    drawn = {s.outcome: draw_outcome(s) for s in content.sections if s.narrow is not None}
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.outcome in FIGURES:
            drawn[f"effect-{question.outcome}"] = draw_effect(effect, question.outcome)
    return drawn | shown


def sources_line(provenance: Any) -> str:
    """Owners and vintages of the series behind a picture, in one line."""
    parts = [part for info in provenance.series for part in (info.derived_from or (info,))]
    dates = sorted({part.vintage for part in parts if part.vintage})
    span = f", vintages {dates[0]} to {dates[-1]}" if len(dates) > 1 else f", vintage {dates[0]}" if dates else ""
    owners = ", ".join(owner.text for owner in owners_of(provenance.series)[:OWNERS])
    return f"Source: {owners}{span}. eaeu_analysis"


def draw_outcome(section: OutcomeSection) -> Picture:
    """An economy over its comparison countries, the two windows shaded."""
    result = section.narrow
    assert result is not None  # noqa: S101
    table, unit = before_after_data(result)
    table = table[[result.unit, *(c for c in table.columns if c != result.unit)]]
    table = table.dropna(how="all").rename(columns=result.names)
    named = len(table.columns) <= NAMED
    own = result.names[result.unit]
    lines = [ChartLine(own, own, "own")] + [ChartLine(c, c if named else "") for c in table.columns if c != own]
    spec = result.windows
    marks = YearMarks(event_position(str(result.spec["event"])), "joined", (spec.before, spec.after))
    caption = Caption(sentences.before_after_title(section), sentences.alt(section), sources_line(result.provenance))
    return line_picture(section.outcome, table, lines, unit, caption, marks)


def draw_effect(effect: Effect, outcome: str) -> Picture:
    """An outcome, its counterfactual, and the band of the counterfactual."""
    table = effect_data(effect)
    lines = [
        ChartLine("observed", economies.common_name(str(effect.spec["unit"])), "own"),
        ChartLine("counterfactual", "estimate without joining", "accent", dashed=True),
    ]
    band = ("counterfactual_lower", "counterfactual_upper")
    marks = YearMarks(event_position(str(effect.spec["event"])), "joined", band=band if band[0] in table else None)
    title = sentences.effect_title(effect, outcome)
    caption = Caption(title, sentences.effect_alt(effect, outcome), sources_line(effect.provenance))
    unit = f"{outcome.replace('_', ' ')}; band: {effect.level:.0%} interval of the estimate"
    return line_picture(f"effect-{outcome}", table, lines, unit, caption, marks)


def interval_rows(table: pd.DataFrame, words: Language, middle: str = "estimate") -> list[ChartRow]:
    """A row per line of a table with ``lower`` and ``upper``: dark where the interval leaves zero out."""
    rows = []
    for label, row in zip(table.index, table.to_dict("records"), strict=True):
        clear = row["lower"] > 0 or row["upper"] < 0
        ends = {
            name: f"={number_text(words, float(row[end]), signed=True)}"
            for name, end in (("middle", middle), ("low", "lower"), ("high", "upper"))
        }
        marks = ((float(row[middle]), "own" if clear else "accent"),)
        text = words.say("picture", "to", words=ends)
        rows.append(ChartRow(str(label), marks, (float(row["lower"]), float(row["upper"])), text))
    return rows


# -- trade

TRADE = ("trade-steps", "trade-years", "trade-partners")
EXPOSURE = "trade-exposure"


def draw_trade(answer: TradeAnswer, words: Language) -> dict[str, Picture]:
    """The effect by specification, the union by year, the economy's partners; by name."""
    level = {"level": 100 * answer.level}
    numbers = chart_numbers(words)

    def named(table: pd.DataFrame) -> pd.DataFrame:
        return table.set_axis([translated(words, str(name)) for name in table.index], axis=0)

    def about(name: str, values: Mapping[str, float], kind: str) -> Caption:
        title = words.say("picture", name, values, {"economy": f"economy.{answer.economy}"})
        return picture_caption(title, kind, [], answer.provenance, words)

    steps, years = named(trade_answer.union_steps_data(answer)), trade_answer.union_years_data(answer)
    clear = float(((steps["lower"] > 0) | (steps["upper"] < 0)).sum())
    spread = {"low": float(steps["percent"].min()), "high": float(steps["percent"].max())}
    last = years.iloc[-1]
    groups = [column for column in map(str, years.columns) if not column.startswith("founders_")]
    ends = {name: 100 * math.expm1(last[name]) for name in ("founders", "neighbours") if name in last}
    roles = {"founders": "own", "neighbours": "accent"}
    lines = [ChartLine(c, translated(words, c), roles.get(c, "other")) for c in groups]
    shares = trade_answer.partner_shares_data(answer)
    own = shares.loc["EAEU"]
    partners = [
        ChartRow(
            translated(words, str(name)),
            ((float(row["imports_share"]), "accent"), (float(row["exports_share"]), "own")),
            text=words.say("picture", "partner", {"exports": row["exports_share"], "imports": row["imports_share"]}),
        )
        for name, row in zip(shares.index, shares.to_dict("records"), strict=True)
    ]
    told = {
        "trade_steps": {**spread, "clear": clear, "all": float(len(steps))},
        "trade_years": {**ends, "year": float(last.name)},
        "trade_partners": {
            "year": float(answer.exposure.year), "exports": own["exports_share"], "imports": own["imports_share"],
        },
    }  # fmt: skip
    key = "trade_years" if "neighbours" in ends else "trade_years_alone"
    captions = (
        about("trade_steps", told["trade_steps"], "alt_rows_short"),
        about(key, told["trade_years"], "alt_lines_short"),
        about("trade_partners", told["trade_partners"], "alt_rows_short"),
    )
    marks = YearMarks(band=("founders_lower", "founders_upper"))
    units = [words.say("picture", f"{name}_unit", level) for name in told]
    files = [f"{name}.{words.code}" for name in TRADE]
    drawn = (
        row_picture(files[0], interval_rows(steps, words, "percent"), units[0], captions[0], steps, numbers),
        line_picture(files[1], years, lines, units[1], captions[1], marks, numbers),
        row_picture(files[2], partners, units[2], captions[2], shares, numbers),
    )
    return dict(zip(TRADE, drawn, strict=True))


def draw_exposure_design(result: TariffExposure, words: Language) -> dict[str, Picture]:
    """Armenia's imports across products by year, by name."""
    table, level = trade_policy.tariff_exposure_data(result), {"level": 100 * result.level}
    first, last = result.spec["post_years"]
    change, low, high = result.percent
    values = {"first": float(first), "last": float(last), "change": change, "low": low, "high": high, "tariff": 10.0}
    caption = picture_caption(words.say("picture", "exposure", values), "alt_lines_short", [], result.provenance, words)
    marks = YearMarks(2014.5, words.say("picture", "joining_mark"), band=("lower", "upper"))
    unit = words.say("picture", "exposure_unit", {**level, "tariff": 10.0})
    lines = [ChartLine("percent", words.word("economy.ARM"), "own")]
    drawn = line_picture(f"{EXPOSURE}.{words.code}", table, lines, unit, caption, marks, chart_numbers(words))
    return {EXPOSURE: drawn}
