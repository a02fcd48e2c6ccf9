"""Sentences by rule: every number comes from a result object, every direction from its sign."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ..compare.words import number, with_unit

if TYPE_CHECKING:
    from ..compare import BeforeAfter
    from ..impact.effect import Effect
    from .content import Content, Section

COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
LONG = {"percentage points": "percentage points", "per cent": "%"}


def count(n: int) -> str:
    """A small number as a word."""
    return COUNT[n] if 0 <= n < len(COUNT) else str(n)


def some(n: int) -> str:
    """A count before 'of': 'none', 'one', 'two'."""
    return count(n) if n else "none"


def span(window: tuple[int, int]) -> str:
    """2010-14."""
    return f"{window[0]}-{window[1] % 100:02d}"


def said(value: float) -> str:
    """A size as people say it: '33.7', '2.3', '0.78', '1,166', '2.59 bn'; no sign."""
    size = abs(value)
    return f"{size:.1f}" if 1 <= size < 1000 else number(size)


def moved(value: float, unit: str) -> str:
    """'fell by 33.7 percentage points', 'did not change'."""
    if math.isnan(value):
        return "cannot be compared"
    told = said(value)
    if value == 0 or float(told.replace(",", "").split()[0]) == 0:
        return "did not change"
    return f"{'rose' if value > 0 else 'fell'} by {told} {LONG.get(unit, unit)}"


def subject(section: Section) -> str:
    """'Trade (exports plus imports)' from 'Trade (exports plus imports), % of GDP'."""
    return section.label.rsplit(", ", 1)[0].replace(" (computed)", "").replace(" (as published)", " (as published)")


def finding(section: Section) -> str:
    """One sentence for one outcome: the change and that of the comparators."""
    result = section.narrow
    if result is None:
        return f"{subject(section)}: not available, because {section.missing}."
    row = result.treated
    if not row["available"]:
        return f"{subject(section)}: not available ({row['reason']})."
    text = f"{subject(section)} {moved(row['change'], result.change_unit)}"
    text += f", from {said(row['mean_before'])} to {said(row['mean_after'])}"
    return f"{text} ({result.outcome.unit}); {comparators(result)}."


def comparators(result: BeforeAfter) -> str:
    """'in six comparators it rose by 2.9 percentage points on average'."""
    d = result.difference
    if d is None:
        return "no comparator has both windows"
    return f"in {count(d.test.n - 1)} comparators it {moved(d.mean, d.unit)} on average"


def chance(result: BeforeAfter) -> str:
    """'p = 0.143, the lowest that seven economies allow'."""
    d = result.difference
    if d is None:
        return "no test"
    least = ", the lowest that is possible" if d.test.p_two_sided <= d.test.floor + 1e-9 else ""
    return f"p = {d.test.p_two_sided:.2f} among {d.test.n} economies{least}"


def answers(content: Content) -> list[str]:
    """The answer in five sentences."""
    by_name = {s.outcome: s for s in content.sections}
    trade, exports, imports = (by_name.get(n) for n in ("trade", "exports", "imports"))
    remittances, income = by_name.get("remittances"), by_name.get("gdp_per_head")
    sentences = [
        _with_windows(content, trade),
        _pair(exports, imports),
        _plain(remittances),
        _plain(income),
        how_sure(content),
    ]
    return [s for s in sentences if s]


def _with_windows(content: Content, section: Section | None) -> str:
    if section is None or section.narrow is None or not section.narrow.treated["available"]:
        return finding(section) if section else ""
    result, row = section.narrow, section.narrow.treated
    spec = result.windows
    others = comparators(result).replace(" comparators", " non-members that shared the rouble shock")
    return (
        f"Between {span(spec.before)} and {span(spec.after)}, the years around its accession to the {content.bloc}, "
        f"the trade of {content.name} {direction(row['change'])} from {said(row['mean_before'])} to "
        f"{said(row['mean_after'])} {result.outcome.unit}{already(result)}; {others} ({chance(result)})."
    )


def direction(change: float) -> str:
    """'rose' or 'fell'."""
    return "rose" if change > 0 else "fell"


def already(result: BeforeAfter) -> str:
    """', and was falling by 1.8 percentage points a year before it already', if the trend before has its sign."""
    trend, change = result.treated["growth_before"], result.treated["change"]
    if math.isnan(trend) or trend * change <= 0:
        return ""
    verb = "rising" if trend > 0 else "falling"
    return (
        f", and was {verb} by {said(trend)} {LONG.get(result.change_unit, result.change_unit)} a year before it already"
    )


def _pair(one: Section | None, other: Section | None) -> str:
    parts = []
    for section in (one, other):
        result = section.narrow if section else None
        if section and result and result.difference:
            parts.append(
                f"{section.short.split(',')[0]} {moved(result.treated['change'], result.change_unit)} "
                f"({with_unit(result.difference.mean, result.difference.unit)} in the comparators)"
            )
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if parts else ""


def _plain(section: Section | None) -> str:
    return finding(section) if section else ""


def tally(content: Content) -> tuple[int, int, int]:
    """Outcomes tested against the wide pool, those with p of 10 % or less, and how many chance would bring."""
    tests = [s.wide.difference.test for s in content.sections if s.wide and s.wide.difference]
    alpha = 1 - (content.sections[0].narrow.level if content.sections[0].narrow else 0.9)
    able = [t for t in tests if t.floor <= alpha + 1e-12]
    found = [t for t in able if t.p_two_sided <= alpha + 1e-12]
    return len(able), len(found), round(alpha * len(able))


def how_sure(content: Content) -> str:
    """The last of the five sentences: what the comparison can and cannot carry."""
    able, found, by_chance = tally(content)
    text = (
        f"How sure: set beside twenty economies of similar level and trend, {some(found)} of {count(able)} outcomes "
        f"moved more than chance would have it at 10 % (chance alone brings about {count(by_chance)}); "
    )
    made = effects_found(content)
    if made is not None:
        text += (
            f"against counterfactuals made of economies that did not join, {some(made[1])} of {count(made[0])} "
            f"estimates {'stands' if made[1] < 2 else 'stand'} out at 10 %; "
        )
    return text + "the data show what changed, and do not show that the union changed it."


def effects_found(content: Content) -> tuple[int, int] | None:
    """Estimates against counterfactuals that were tested, and those with p of 10 % or less."""
    if content.effects is None:
        return None
    tested = content.effects.table.dropna(subset=["p_value"])
    return len(tested), int((tested["p_value"] <= 1 - content.effects.level + 1e-12).sum())


def title(section: Section) -> str:
    """The finding as a figure's title: 'Trade, % of GDP: -33.7 pp, comparators +2.9 pp'."""
    result = section.narrow
    short = section.short[:1].upper() + section.short[1:]
    if result is None or not result.treated["available"]:
        return f"{short}: no comparison"
    own = with_unit(result.treated["change"], result.change_unit)
    beside = f", comparators {with_unit(result.difference.mean, result.difference.unit)}" if result.difference else ""
    return f"{short}: {own}{beside}"


def alt(section: Section) -> str:
    """What the figure shows, for those who cannot see it."""
    result = section.narrow
    if result is None:
        return section.missing
    rows = result.table
    own, others = rows.iloc[0], rows.iloc[1:]
    text = f"Line chart of {section.label} for {own['name']} and {len(others)} comparators. {title(section)}. "
    text += f"Means of {span(result.windows.before)} and {span(result.windows.after)}: " + "; ".join(
        f"{r['name']} {number(r['mean_before'])} to {number(r['mean_after'])}" for r in rows.to_dict("records")
    )
    return text + "."


def verdict(section: Section) -> str:
    """What the two tests and the checks say, under the figure."""
    result = section.narrow
    if result is None or not result.treated["available"]:
        return finding(section)
    parts = []
    if result.difference:
        parts.append(f"Against the non-members that shared the rouble shock: {chance(result)}.")
    if section.wide and section.wide.difference:
        d = section.wide.difference
        parts.append(
            f"Against {d.test.n - 1} economies of similar level and trend: {with_unit(d.versus_mean, d.unit)} "
            f"from their mean, {chance(section.wide)}."
        )
    elif section.wide_missing:
        parts.append(f"No wide pool: {section.wide_missing}.")
    failed = [c.name for c in result.checks if c.passed is False]
    if failed:
        parts.append(f"Checks failed: {', '.join(failed)}.")
    return " ".join(p.replace("..", ".") for p in parts)


def effect_title(effect: Effect, outcome: str) -> str:
    """The finding as a figure's title: 'Trade, % of GDP: no clear effect (-6.4 pp, p = 0.69)'."""
    from ..catalogue import outcome as find_outcome
    from .tables import FINDINGS

    known = find_outcome(outcome)
    size = f"{number(100 * effect.estimate, True)} log points" if known.log else f"{number(effect.estimate, True)} pp"
    return f"{known.short[:1].upper()}{known.short[1:]}: {FINDINGS[effect.finding]} ({size}, p = {effect.p_value:.2f})"


def effect_alt(effect: Effect, outcome: str) -> str:
    """What the figure of an effect shows, for those who cannot see it."""
    rows = effect.post
    return (
        f"Line chart: observed and counterfactual {outcome.replace('_', ' ')} of {effect.spec['unit']}, event "
        f"{effect.spec['event']}. {effect_title(effect, outcome)}. Mean after the event: observed "
        f"{number(float(rows['observed'].mean()))}, counterfactual {number(float(rows['counterfactual'].mean()))}."
    )


def effect_verdict(content: Content, outcome: str) -> str:
    """The verdict of the wide pool's estimate, as the estimator words it."""
    if content.effects is None:
        return ""
    for question, effect in content.effects.effects.items():
        if question.outcome == outcome and question.pool == "wide":
            return effect.verdict[:1].upper() + effect.verdict[1:] + "."
    return ""
