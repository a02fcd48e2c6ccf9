"""Result -> picture of a reference page, in English: what is drawn, with its values as CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...plots import scenario as scenario_plots
from ...plots import scenario_options, trade_answer, trade_policy
from ...plots.compare import before_after_data, event_position
from ...plots.impact import effect_data
from ...reference import economies
from ...scenario.options import ScenarioComparison, shipped_options
from ...text import format_number, higher_or_lower
from ..wording import sentences
from .chart import Caption, ChartLine, ChartRow, Picture, YearMarks, line_picture, row_picture
from .links import owners_of

if TYPE_CHECKING:
    import pandas as pd

    from ...impact.effect import Effect
    from ...scenario import ScenarioResult
    from ...trade.tariff_exposure.estimate import TariffExposure
    from ...trade.union.answer import TradeAnswer
    from ..gather.content import OutcomeSection
    from .material import Material


FIGURES = ("trade", "remittances", "gdp_per_head", "imports")  # effects that get a figure of their own
NAMED = 7  # lines with a name at most
OWNERS = 3  # publishers that a picture names


def draw_all(material: Material) -> dict[str, Picture]:
    """A picture per outcome that has a comparison and per headline effect, by its name."""
    content = material.content
    drawn = {s.outcome: draw_outcome(s) for s in content.sections if s.narrow is not None}
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.outcome in FIGURES:
            drawn[f"effect-{question.outcome}"] = draw_effect(effect, question.outcome)
    if material.evidence.trade is not None:
        drawn |= draw_trade(material.evidence.trade)
    if material.evidence.tariff_exposure is not None:
        drawn |= draw_exposure_design(material.evidence.tariff_exposure)
    if material.evidence.scenario is not None:
        drawn |= draw_scenario(material.evidence.scenario)
    return drawn


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


# -- what joining would do

CHANNELS, PATH, OPTIONS = "scenario-channels", "scenario-path", "scenario-options"


def scenario_titles(result: ScenarioResult) -> dict[str, str]:
    """What each figure says, by its name."""
    parts = scenario_plots.channels_data(result)
    whole = parts.iloc[-1]
    path = scenario_plots.path_data(result)
    above = [int(year) for year in path[path["lower"] > 0].index]
    when = "its interval always includes zero"
    if above:
        lasts = above[-1] == int(path.index[-1])
        when = f"its interval is above zero {f'from {above[0]} on' if lasts else f'only in {above[0]}-{above[-1]}'}"
    change, low, high = (higher_or_lower(whole[end], digits=2) for end in ("estimate", "lower", "upper"))
    last = higher_or_lower(path["estimate"].iloc[-1], digits=2)
    found = {PATH: f"Real spending after accession is {last} in the end; {when}"}
    if len(parts) > 1:
        largest = parts.iloc[:-1]["estimate"].abs().idxmax()
        found = {
            CHANNELS: f"Real spending of households is {change} (from {low} to {high}), most of it by: "
            f"{str(largest).lower()}"
        } | found
    return found


def options_title(found: ScenarioComparison) -> str:
    """What the figure of the options says."""
    return scenario_options.options_finding(found)


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


def draw_scenario(result: ScenarioResult) -> dict[str, Picture]:
    """Real spending by channel and by year, by name."""
    titles = scenario_titles(result)
    path, source = scenario_plots.path_data(result), sources_line(result.provenance)
    level = f"{result.level:.0%}"
    drawn = {
        PATH: line_picture(
            PATH,
            path,
            [ChartLine("estimate", "estimate", "own")],
            f"real household spending, % against staying out; band: {level} of the draws",
            Caption(titles[PATH], f"A line with its {level} band by year after accession. {titles[PATH]}.", source),
            YearMarks(band=("lower", "upper")),
        )
    }
    axis = f"real household spending, %; bar: {level} of the draws; dark: the bar leaves zero out"
    if CHANNELS in titles:
        table = scenario_plots.channels_data(result)
        caption = Caption(
            titles[CHANNELS], f"Points with {level} intervals, a row per channel. {titles[CHANNELS]}.", source
        )
        rows = interval_rows(table, strong=str(table.index[-1]))
        drawn[CHANNELS] = row_picture(CHANNELS, rows, axis, caption, table)
    if (found := shipped_options()) is not None:
        table = scenario_options.options_data(found)[["estimate", "lower", "upper"]]
        words = options_title(found)
        caption = Caption(words, f"Points with {found.level:.0%} intervals, a row per option. {words}.", source)
        drawn[OPTIONS] = row_picture(OPTIONS, interval_rows(table), axis, caption, table)
    return drawn


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
    titles, source, level = trade_titles(answer), sources_line(answer.provenance), f"{answer.level:.0%}"
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
        "trade-steps": f"Points with {level} intervals, a row per specification. {titles['trade-steps']}.",
        "trade-years": f"Lines by year, a line per group of pairs. {titles['trade-years']}.",
        "trade-partners": f"Two points a partner: share of exports, share of imports. {titles['trade-partners']}.",
    }
    captions = {name: Caption(titles[name], alt, source) for name, alt in alts.items()}
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
    title, table = trade_policy.tariff_exposure_title(result), trade_policy.tariff_exposure_data(result)
    marks = YearMarks(2014.5, "joined", band=("lower", "upper"))
    caption = Caption(
        title, f"A line with its {result.level:.0%} interval by year. {title}.", sources_line(result.provenance)
    )
    unit = f"imports at a tariff of 10 % against none, %; band: {result.level:.0%} interval"
    return {EXPOSURE: line_picture(EXPOSURE, table, [ChartLine("percent", "Armenia", "own")], unit, caption, marks)}
