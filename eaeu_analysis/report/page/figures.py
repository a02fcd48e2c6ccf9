"""Result -> picture of a reference page: what is drawn, with its values as CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...plots import trade_answer, trade_policy
from ...plots.compare import before_after_data, event_position
from ...plots.impact import effect_data
from ...reference import economies
from ...text import format_number, higher_or_lower
from ..wording import sentences
from .chart import Caption, ChartLine, ChartRow, Picture, YearMarks, line_picture, row_picture
from .front_pictures import scenario_pictures
from .links import OWNERS, owners_of

if TYPE_CHECKING:
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
    shown = scenario_pictures(material.evidence.scenario, words) if material.evidence.scenario is not None else {}
    if words.code != "en":
        return shown
    drawn = {s.outcome: draw_outcome(s) for s in content.sections if s.narrow is not None}
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.outcome in FIGURES:
            drawn[f"effect-{question.outcome}"] = draw_effect(effect, question.outcome)
    if material.evidence.trade is not None:
        drawn |= draw_trade(material.evidence.trade)
    if material.evidence.tariff_exposure is not None:
        drawn |= draw_exposure_design(material.evidence.tariff_exposure)
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


def interval_rows(table: pd.DataFrame, middle: str = "estimate", strong: str = "") -> list[ChartRow]:
    """A row per line of a table with ``lower`` and ``upper``: dark where the interval leaves zero out."""
    rows = []
    for label, row in zip(table.index, table.to_dict("records"), strict=True):
        clear = row["lower"] > 0 or row["upper"] < 0
        middle_text, low, high = (format_number(row[end], signed=True) for end in (middle, "lower", "upper"))
        marks = ((float(row[middle]), "own" if clear else "accent"),)
        text = "no change" if row["lower"] == row["upper"] == 0 else f"{middle_text} ({low} to {high})"
        rows.append(ChartRow(str(label), marks, (float(row["lower"]), float(row["upper"])), text, str(label) == strong))
    return rows


# -- trade


def trade_titles(answer: TradeAnswer) -> dict[str, str]:
    """What each figure says, by its name."""
    steps = trade_answer.union_steps_data(answer)
    last = trade_answer.union_years_data(answer).iloc[-1]
    own = trade_answer.partner_shares_data(answer).loc["EAEU"]
    clear = int(((steps["lower"] > 0) | (steps["upper"] < 0)).sum())
    others = f"; with neighbours that never joined {_percent(last['neighbours'])}" if "neighbours" in last else ""
    ends = [higher_or_lower(steps["percent"].agg(end), digits=0) for end in ("min", "max")]
    return {
        "trade-steps": (
            f"Trade among the founders in the years of the EAEU was from {ends[0]} to {ends[1]}, by specification; "
            f"{clear} of {len(steps)} stand out"
        ),
        "trade-years": (
            f"Compared with what a gravity model expects, trade among the founders was {_percent(last['founders'])} "
            f"in {last.name} than in the base year{others}"
        ),
        "trade-partners": (
            f"{economies.common_name(answer.economy)}, {answer.exposure.year}: the union takes "
            f"{own['exports_share']:.0f} % of goods exports and sends {own['imports_share']:.0f} % of imports"
        ),
    }


def _percent(log: float) -> str:
    return higher_or_lower(100 * math.expm1(log), digits=0)


def draw_trade(answer: TradeAnswer) -> dict[str, Picture]:
    """The effect by specification, the union by year, the economy's partners; by name."""
    told, source, level = trade_titles(answer), sources_line(answer.provenance), f"{answer.level:.0%}"
    steps, years = trade_answer.union_steps_data(answer), trade_answer.union_years_data(answer)
    shares = trade_answer.partner_shares_data(answer)
    roles = {"founders": "own", "neighbours": "accent"}
    lines = [ChartLine(c, c, roles.get(c, "other")) for c in map(str, years.columns) if not c.startswith("founders_")]
    partners = [
        ChartRow(
            str(name),
            ((float(row["imports_share"]), "accent"), (float(row["exports_share"]), "own")),
            text=f"exports {row['exports_share']:.1f} %, imports {row['imports_share']:.1f} %",
        )
        for name, row in zip(shares.index, shares.to_dict("records"), strict=True)
    ]
    alts = {
        "trade-steps": f"Points with {level} intervals, a row per specification. {told['trade-steps']}.",
        "trade-years": f"Lines by year, a line per group of pairs. {told['trade-years']}.",
        "trade-partners": f"Two points a partner: share of exports, share of imports. {told['trade-partners']}.",
    }
    captions = {name: Caption(told[name], alt, source) for name, alt in alts.items()}
    return {
        "trade-steps": row_picture(
            "trade-steps",
            interval_rows(steps, "percent"),
            f"change of trade among the founders, %; bar: {level} interval; dark: it leaves zero out",
            captions["trade-steps"],
            steps,
        ),
        "trade-years": line_picture(
            "trade-years",
            years,
            lines,
            f"log points against the base year; band: {level} interval of the founders",
            captions["trade-years"],
            YearMarks(band=("founders_lower", "founders_upper")),
        ),
        "trade-partners": row_picture(
            "trade-partners",
            partners,
            "share of goods trade, %: exports dark, imports in colour",
            captions["trade-partners"],
            shares,
        ),
    }


EXPOSURE = "trade-exposure"


def draw_exposure_design(result: TariffExposure) -> dict[str, Picture]:
    """Armenia's imports across products by year, by name."""
    told, table = trade_policy.tariff_exposure_title(result), trade_policy.tariff_exposure_data(result)
    marks = YearMarks(2014.5, "joined", band=("lower", "upper"))
    caption = Caption(
        told, f"A line with its {result.level:.0%} interval by year. {told}.", sources_line(result.provenance)
    )
    unit = f"imports at a tariff of 10 % against none, %; band: {result.level:.0%} interval"
    return {EXPOSURE: line_picture(EXPOSURE, table, [ChartLine("percent", "Armenia", "own")], unit, caption, marks)}
