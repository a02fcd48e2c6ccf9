"""Result -> picture of a reference page: what is drawn, with its values as CSV."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...plots import trade_answer, trade_policy
from ...plots.compare import before_after_data, event_position
from ...plots.impact import effect_data
from ...reference.catalogue import outcome as find_outcome
from ..wording.stated import translated
from ..wording.table_rows import number_text, outcome_label
from .chart import Caption, ChartLine, ChartRow, Picture, YearMarks, line_picture, row_picture
from .front_pictures import chart_numbers, effect_lines, effect_marks, picture_caption, picture_id, scenario_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from ...impact.effect import Effect
    from ...trade.tariff_exposure.result import TariffExposure
    from ...trade.union.answer import TradeAnswer
    from ..gather.content import OutcomeSection
    from ..wording.templates import Language
    from .material import Material


FIGURES = ("trade", "remittances", "gdp_per_head", "imports")  # effects that get a figure of their own
NAMED = 7  # lines with a name at most


def draw_all(material: Material, words: Language) -> dict[str, Picture]:
    """A picture per outcome that has a comparison and per headline effect, of trade and of joining; by name."""
    content, found = material.content, material.evidence
    drawn = {s.outcome: draw_outcome(s, words) for s in content.sections if s.narrow is not None}
    for question, effect in content.effects.effects.items() if content.effects else ():
        if question.outcome in FIGURES:
            drawn[f"effect-{question.outcome}"] = draw_effect(effect, question.outcome, words)
    drawn |= draw_trade(found.trade, words) if found.trade is not None else {}
    drawn |= draw_exposure_design(found.tariff_exposure, words) if found.tariff_exposure is not None else {}
    drawn |= scenario_pictures(found.scenario, words) if found.scenario is not None else {}
    return drawn


def outcome_numbers(section: OutcomeSection) -> tuple[dict[str, float], dict[str, Any]]:
    """What the sentences on an outcome say: numbers, and words."""
    result = section.compared
    row, spec = result.treated, result.windows
    numbers = {"change": float(row["change"]), "before": float(row["mean_before"]), "after": float(row["mean_after"])}
    for name, span in (("before", spec.before), ("after", spec.after)):
        numbers |= {f"{name}_first": float(span[0]), f"{name}_last": float(span[1])}
    named: dict[str, Any] = {"measure": f"unit.{result.change_measure}"}
    if (d := result.difference) is not None:
        low, high = d.spread
        numbers |= {"others": d.mean, "median": d.median, "low": low, "high": high, "economies": float(d.test.n - 1)}
    return numbers, named


def outcome_title(section: OutcomeSection, words: Language) -> str:
    """The finding as the title of a figure."""
    label = {"label": f"={outcome_label(words, section.outcome, section.label)}"}
    if section.narrow is None or not section.narrow.treated["available"]:
        return words.say("fared", "title_none", words=label)
    numbers, named = outcome_numbers(section)
    return words.say("fared", "title_both" if "others" in numbers else "title_own", numbers, {**label, **named})


def draw_outcome(section: OutcomeSection, words: Language) -> Picture:
    """An economy over its comparison countries, the two windows shaded."""
    result = section.compared
    table, unit = before_after_data(result)
    table = table[[result.unit, *(c for c in table.columns if c != result.unit)]].dropna(how="all")
    names = {code: words.word(f"economy.{code}") for code in table.columns}
    named = len(table.columns) <= NAMED
    roles = {result.unit: "own"}
    lines = [
        ChartLine(names[c], names[c] if named or c == result.unit else "", roles.get(c, "other")) for c in table.columns
    ]
    spec = result.windows
    marks = YearMarks(
        event_position(str(result.spec["event"])), words.say("picture", "joining_mark"), (spec.before, spec.after)
    )
    own = {"before": float(result.treated["mean_before"]), "after": float(result.treated["mean_after"])}
    texts = [words.say("fared", "row", own, {"name": f"={names[result.unit]}"})] if result.treated["available"] else []
    caption = picture_caption(outcome_title(section, words), "alt_lines", texts, result.provenance, words)
    first, last = map(float, spec.before)
    index = words.say("fared", "index", {"first": first, "last": last})  # where levels are drawn relative to their mean
    axis = words.word(f"unit.{unit}") if words.has("unit", unit) else index
    numbers = chart_numbers(words)
    return line_picture(
        picture_id(section.outcome, words), table.rename(columns=names), lines, axis, caption, marks, numbers
    )


def effect_title(effect: Effect, outcome: str, words: Language) -> str:
    """The finding as the title of a figure."""
    known = find_outcome(outcome)
    numbers = {"estimate": 100 * effect.estimate if known.log else effect.estimate, "p": effect.p_value}
    named = {
        "label": f"={outcome_label(words, outcome, known.label)}",
        "finding": f"={words.say('effects', effect.finding)}",
        "measure": "unit.log points" if known.log else "unit.percentage points",
    }
    return words.say("effects", "figure", numbers, named)


def draw_effect(effect: Effect, outcome: str, words: Language) -> Picture:
    """An outcome, its counterfactual, and the band of the counterfactual."""
    table = effect_data(effect)
    lines = effect_lines(words.word(f"economy.{effect.spec['unit']}"), words)
    marks = effect_marks(effect, words.say("picture", "joining_mark"))
    rows = effect.post
    means = {line.label: f"={words.number(float(rows[line.column].mean()))}" for line in lines}
    texts = [words.say("picture", "row", words={"name": f"={name}", "text": mean}) for name, mean in means.items()]
    caption = picture_caption(effect_title(effect, outcome, words), "alt_lines", texts, effect.provenance, words)
    named = {"label": f"={outcome_label(words, outcome, find_outcome(outcome).label)}"}
    key = "axis_log" if find_outcome(outcome).log else "axis"
    axis = words.say("effects", key, {"level": 100 * effect.level}, named)
    return line_picture(
        picture_id(f"effect-{outcome}", words), table, lines, axis, caption, marks, chart_numbers(words)
    )


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
    base = float(next(iter(answer.union.spec["designs"].values()))[0])
    roles = {"founders": "own", "neighbours": "accent"}
    lines = [ChartLine(c, translated(words, c), roles.get(c, "other")) for c in groups]
    shares = trade_answer.partner_shares_data(answer)
    own: dict[Any, Any] = shares.loc["EAEU"].to_dict()
    partners = [
        ChartRow(
            translated(words, str(name)),
            ((float(row["imports_share"]), "accent"), (float(row["exports_share"]), "own")),
            text=words.say("picture", "partner", {"exports": row["exports_share"], "imports": row["imports_share"]}),
        )
        for name, row in zip(shares.index, shares.to_dict("records"), strict=True)
    ]
    texts: dict[str, dict[str, float]] = {
        "trade_steps": {**spread, "clear": clear, "all": float(len(steps))},
        "trade_years": {**ends, "year": float(str(last.name)), "base": base},
        "trade_partners": {
            "year": float(answer.exposure.year),
            "exports": own["exports_share"],
            "imports": own["imports_share"],
        },
    }
    key = "trade_years" if "neighbours" in ends else "trade_years_alone"
    captions = (
        about("trade_steps", texts["trade_steps"], "alt_rows_short"),
        about(key, texts["trade_years"], "alt_lines_short"),
        about("trade_partners", texts["trade_partners"], "alt_rows_short"),
    )
    marks = YearMarks(band=("founders_lower", "founders_upper"))
    units = [words.say("picture", f"{name}_unit", {**level, "base": base}) for name in texts]
    files = [picture_id(name, words) for name in TRADE]
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
    drawn = line_picture(picture_id(EXPOSURE, words), table, lines, unit, caption, marks, chart_numbers(words))
    return {EXPOSURE: drawn}
