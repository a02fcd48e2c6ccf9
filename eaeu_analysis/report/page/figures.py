"""Result -> picture: an SVG as a file of its own, the same cut and coloured for the page, and its values as CSV."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from ...plots import scenario as scenario_plots
from ...plots import scenario_options, trade_answer, trade_policy
from ...plots.compare import before_after_data
from ...plots.impact import effect_data
from ...reference import economies
from ...scenario.options import ScenarioComparison, shipped_options
from ..wording import sentences
from .picture import WIDTH, Picture, picture

if TYPE_CHECKING:
    from ...scenario import ScenarioResult
    from ...trade.tariff_exposure.estimate import TariffExposure
    from ...trade.union.answer import TradeAnswer
    from .material import Material


FIGURES = ("trade", "remittances", "gdp_per_head", "imports")  # effects that get a figure of their own


def draw_all(material: Material) -> dict[str, Picture]:
    """A picture per outcome that has a comparison and per headline effect, by its name."""
    content = material.content
    drawn: dict[str, Picture] = {}
    for section in content.sections:
        if section.narrow is None:
            continue
        values = before_after_data(section.narrow)[0]
        drawn[section.outcome] = picture(
            section.outcome,
            section.narrow.plot,
            values[[section.narrow.unit, *(c for c in values.columns if c != section.narrow.unit)]],
            title=sentences.before_after_title(section),
            alt=sentences.alt(section),
            provenance=section.narrow.provenance,
        )
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.outcome in FIGURES:
            name = f"effect-{question.outcome}"
            drawn[name] = picture(
                name,
                effect.plot,
                effect_data(effect),
                title=sentences.effect_title(effect, question.outcome),
                alt=sentences.effect_alt(effect, question.outcome),
                provenance=effect.provenance,
                lines=("observed", "counterfactual"),
            )
    if material.evidence.trade is not None:
        drawn |= draw_trade(material.evidence.trade)
    if material.evidence.tariff_exposure is not None:
        drawn |= draw_exposure_design(material.evidence.tariff_exposure)
    if material.evidence.scenario is not None:
        drawn |= draw_scenario(material.evidence.scenario)
    return drawn


# The pictures of the section on what joining would do.

CHANNELS, PATH, OPTIONS = "scenario-channels", "scenario-path", "scenario-options"


def scenario_titles(result: ScenarioResult) -> dict[str, str]:
    """What each figure says, by its name."""
    parts = scenario_plots.channels_data(result)
    whole = parts.iloc[-1]
    path = scenario_plots.path_data(result)
    first = path[path["lower"] > 0].index
    when = f"from year {first[0]} on its interval is above zero" if len(first) else "its interval never leaves zero out"
    told = f"{whole['estimate']:+.2f} % ({whole['lower']:+.2f} to {whole['upper']:+.2f})"
    found = {PATH: f"Real spending after accession: {path['estimate'].iloc[-1]:+.2f} % in the end; {when}"}
    if len(parts) > 1:
        largest = parts.iloc[:-1]["estimate"].abs().idxmax()
        found = {CHANNELS: f"Real spending of households {told}, most of it by: {str(largest).lower()}"} | found
    return found


def options_title(found: ScenarioComparison) -> str:
    """What the figure of the options says."""
    return scenario_options.options_finding(found)


def draw_scenario(result: ScenarioResult) -> dict[str, Picture]:
    """Real spending by channel and by year, by name."""
    told = scenario_titles(result)
    drawn = {
        PATH: picture(
            PATH,
            partial(scenario_plots.draw_path, result),
            scenario_plots.path_data(result),
            title=told[PATH],
            alt=f"A line with its {result.level:.0%} band by year after accession. {told[PATH]}.",
            lines=("estimate",),
        )
    }
    if CHANNELS in told:
        drawn[CHANNELS] = picture(
            CHANNELS,
            partial(scenario_plots.draw_channels, result),
            scenario_plots.channels_data(result),
            title=told[CHANNELS],
            alt=f"Points with {result.level:.0%} intervals, a row per channel. {told[CHANNELS]}.",
            axis="y",
            lines=("estimate",),
            size=(WIDTH, 3.1),
        )
    if (found := shipped_options()) is not None:
        drawn[OPTIONS] = picture(
            OPTIONS,
            partial(scenario_options.draw_options_alone, found),
            scenario_options.options_data(found)[["estimate", "lower", "upper"]],
            title=options_title(found),
            alt=f"Points with {found.level:.0%} intervals, a row per option. {options_title(found)}.",
            axis="y",
            lines=("estimate",),
            size=(WIDTH, 3.6),
        )
    return drawn


# The pictures of the section on trade.


def trade_titles(answer: TradeAnswer) -> dict[str, str]:
    """What each figure says, by its name."""
    steps = trade_answer.union_steps_data(answer)
    last = trade_answer.union_years_data(answer).iloc[-1]
    own = trade_answer.partner_shares_data(answer).loc["EAEU"]
    clear = int(((steps["lower"] > 0) | (steps["upper"] < 0)).sum())
    beside = f", with neighbours that never joined {_percent(last['neighbours'])}" if "neighbours" in last else ""
    return {
        "trade-steps": (
            f"Trade among the founders in the years of the EAEU: {steps['percent'].min():+.0f} to "
            f"{steps['percent'].max():+.0f} % by specification; {clear} of {len(steps)} stand out"
        ),
        "trade-years": (
            f"Against what gravity expects, trade among the founders stood {_percent(last['founders'])} in {last.name} "
            f"beside the base year{beside}"
        ),
        "trade-partners": (
            f"{economies.common_name(answer.economy)}, {answer.exposure.year}: the union takes "
            f"{own['exports_share']:.0f} % of goods exports and sends {own['imports_share']:.0f} % of imports"
        ),
    }


def _percent(log: float) -> str:
    return f"{100 * math.expm1(log):+.0f} %"


def draw_trade(answer: TradeAnswer) -> dict[str, Picture]:
    """The effect by specification, the union by year, the economy's partners; by name."""
    told = trade_titles(answer)
    tall = (WIDTH, 3.3)
    return {
        "trade-steps": picture(
            "trade-steps",
            partial(trade_answer.draw_union_steps, answer),
            trade_answer.union_steps_data(answer),
            title=told["trade-steps"],
            alt=f"Points with {answer.level:.0%} intervals, a row per specification. {told['trade-steps']}.",
            axis="y",
            lines=("percent",),
            size=tall,
        ),
        "trade-years": picture(
            "trade-years",
            answer.union.plot,
            trade_answer.union_years_data(answer),
            title=told["trade-years"],
            alt=f"Lines by year, a line per group of pairs. {told['trade-years']}.",
            lines=tuple(c for c in trade_answer.union_years_data(answer).columns if not str(c).startswith("founders_")),
        ),
        "trade-partners": picture(
            "trade-partners",
            partial(trade_answer.draw_partner_shares, answer),
            trade_answer.partner_shares_data(answer),
            title=told["trade-partners"],
            alt=f"Two points a partner: share of exports, share of imports. {told['trade-partners']}.",
            axis="y",
            size=tall,
        ),
    }


EXPOSURE = "trade-exposure"


def draw_exposure_design(result: TariffExposure) -> dict[str, Picture]:
    """Armenia's imports across products by year, by name."""
    told = trade_policy.tariff_exposure_title(result)
    return {
        EXPOSURE: picture(
            EXPOSURE,
            result.plot,
            trade_policy.tariff_exposure_data(result),
            title=told,
            alt=f"A point with its {result.level:.0%} interval by year. {told}.",
            provenance=result.provenance,
            lines=("percent",),
        )
    }
