"""Sentences by rule: every number comes from a result object, every direction from its sign."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...text import format_number

if TYPE_CHECKING:
    from ...compare import BeforeAfter
    from ...impact.effect import Effect
    from ...series import SeriesInfo
    from ..gather.content import Content, OutcomeSection


COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
LONG = {"percentage points": "percentage points", "per cent": "%"}


def count(n: int) -> str:
    """A small number as a word."""
    return COUNT[n] if 0 <= n < len(COUNT) else str(n)


def some(n: int) -> str:
    """A count before 'of': 'none', 'one', 'two'."""
    return count(n) if n else "none"


def short_year_span(window: tuple[int, int]) -> str:
    """2010-14."""
    return f"{window[0]}-{window[1] % 100:02d}"


def size(value: float) -> str:
    """A number without its sign, after 'rose by' or 'fell by'."""
    return format_number(abs(value), digits=1)


def describe_change(value: float, unit: str) -> str:
    """'fell by 33.7 percentage points', 'did not change'."""
    if math.isnan(value):
        return "cannot be compared"
    amount = size(value)
    if value == 0 or float(amount.replace(",", "").split()[0]) == 0:
        return "did not change"
    return f"{'rose' if value > 0 else 'fell'} by {amount} {LONG.get(unit, unit)}"


def subject(section: OutcomeSection) -> str:
    """'Trade (exports plus imports)' from 'Trade (exports plus imports), % of GDP'."""
    return section.label.rsplit(", ", 1)[0].replace(" (computed)", "").replace(" (as published)", " (as published)")


def before_after_finding(section: OutcomeSection, tested: bool = False) -> str:
    """One sentence for one outcome: the change and that of the comparators; ``tested`` adds interval and chance."""
    result = section.narrow
    if result is None:
        return f"{subject(section)}: not available, because {section.missing}."
    row = result.treated
    if not row["available"]:
        return f"{subject(section)}: not available ({row['reason']})."
    interval = (
        f" ({result.level:.0%} interval {format_number(row['lower'], digits=1)} to "
        f"{format_number(row['upper'], digits=1)})"
        if tested
        else ""
    )
    unit = result.outcome.unit
    measure = f" {unit}" if unit.startswith("%") else f" ({unit})"
    text = f"{subject(section)} {describe_change(row['change'], result.change_measure)}{interval}"
    before, after = (format_number(row[f"mean_{when}"], digits=1) for when in ("before", "after"))
    text += f", from {before} to {after}{measure}; "
    text += comparators(result)
    return f"{text} ({describe_permutation_test(result)})." if tested else f"{text}."


def comparators(result: BeforeAfter) -> str:
    """'in six comparators it rose by 2.3 percentage points on average (median +3.0, from -17.2 to +17.2)'."""
    d = result.difference
    if d is None:
        return "no comparator has both windows"
    n = d.test.n - 1
    change = describe_change(d.mean, d.measure)
    if n == 1:
        return f"in one comparator it {change}"
    median, low, high = (format_number(v, digits=1, signed=True) for v in (d.median, *d.spread))
    return f"in {count(n)} comparators it {change} on average (median {median}, from {low} to {high})"


def describe_permutation_test(result: BeforeAfter) -> str:
    """'p = 0.143, the lowest that seven economies allow'."""
    d = result.difference
    if d is None:
        return "no test"
    least = ", the lowest that is possible" if d.test.p_two_sided <= d.test.floor + 1e-9 else ""
    return f"p = {d.test.p_two_sided:.2f} among {d.test.n} economies{least}"


def answers(content: Content) -> list[str]:
    """The answer in five sentences."""
    by_name = {s.outcome: s for s in content.sections}
    sentences = [
        _trade(content, by_name.get("trade")),
        _flows(by_name),
        _remittances(by_name.get("remittances"), by_name.get("remittances_published")),
        _tested(by_name.get("gdp_per_head")),
        certainty_sentence(content),
    ]
    return [s for s in sentences if s]


def _trade(content: Content, section: OutcomeSection | None) -> str:
    if section is None or section.narrow is None or not section.narrow.treated["available"]:
        return before_after_finding(section) if section else ""
    result, row = section.narrow, section.narrow.treated
    others = re.sub(r" comparators?\b", " non-members that shared the rouble shock", comparators(result), count=1)
    return (
        f"Between {short_year_span(result.windows.before)} and {short_year_span(result.windows.after)}, the years "
        f"around its accession to "
        f"the {content.bloc}, the trade of {content.name} {'rose' if row['change'] > 0 else 'fell'} from "
        f"{format_number(row['mean_before'], digits=1)} to {format_number(row['mean_after'], digits=1)} "
        f"{result.outcome.unit}; {others} ({describe_permutation_test(result)})." + _in_dollars(content)
    )


def _in_dollars(content: Content) -> str:
    """Trade in dollars compared with GDP in dollars: ' In dollars it fell by 7.5 %, while GDP rose by 24.0 %.'"""
    pair = [r for r in content.dollars.values() if r.treated["available"]]
    if len(pair) < 2:
        return ""
    trade, gdp = (describe_change(float(r.treated["change"]), r.change_measure) for r in pair)
    return f" In dollars it {trade}, while GDP in dollars {gdp}."


def _flows(by_name: Mapping[str, OutcomeSection]) -> str:
    """Exports and imports as shares of GDP, and in constant prices: a ratio also moves with what it is a ratio to."""
    changes = {}
    for name in ("exports", "imports", "real_exports", "real_imports"):
        result = by_name[name].narrow if name in by_name else None
        if result is not None and result.treated["available"]:
            changes[name] = float(result.treated["change"]), result.change_measure

    def pair(*names: str) -> str:
        texts = [f"{n.removeprefix('real_')} {describe_change(*changes[n])}" for n in names if n in changes]
        return " and ".join(texts)

    shares, real = pair("exports", "imports"), pair("real_exports", "real_imports")
    if not shares:
        return ""
    text = f"{shares[:1].upper()}{shares[1:]} of GDP"
    if real:
        text += f"; in constant prices {real}"
    apart = [
        n
        for n in ("exports", "imports")
        if n in changes and changes.get(f"real_{n}", changes[n])[0] * changes[n][0] < 0
    ]
    return f"{text}, so part of the change reflects the size of GDP, not of trade." if apart else f"{text}."


def _remittances(section: OutcomeSection | None, published: OutcomeSection | None) -> str:
    if section is None:
        return ""
    text = _tested(section).removesuffix(".")
    other = published.narrow if published else None
    if other is not None and other.treated["available"]:
        own = section.narrow.outcome if section.narrow else other.outcome
        apart = ", of another vintage," if _dates(own) != _dates(other.outcome) else ""
        change = describe_change(other.treated["change"], other.change_measure)
        text += f"; by the share as published{apart} it {change}"
    return f"{text}."


def _dates(info: SeriesInfo) -> set[str]:
    return {part.vintage for part in info.derived_from or (info,)}


def _tested(section: OutcomeSection | None) -> str:
    return before_after_finding(section, tested=True) if section else ""


def significant_outcomes(content: Content) -> tuple[list[OutcomeSection], list[OutcomeSection], float]:
    """Outcomes tested against the wide pool, those with p of 10 % or less, and how many chance would bring at most."""
    able, found, by_chance = [], [], 0.0
    for section in content.sections:
        if section.wide is None or section.wide.difference is None:
            continue
        test, alpha = section.wide.difference.test, 1 - section.wide.level
        if test.floor > alpha + 1e-12:
            continue
        able.append(section)
        by_chance += int(alpha * test.n + 1e-9) / test.n
        if test.p_two_sided <= alpha + 1e-12:
            found.append(section)
    return able, found, by_chance


def certainty_sentence(content: Content) -> str:
    """The last of the five sentences: what the comparison can and cannot carry."""
    able, found, by_chance = significant_outcomes(content)
    named = f" ({', '.join(s.outcome.replace('_', ' ') for s in found)})" if found else ""
    text = (
        f"How sure: against the economies nearest to it before, {some(len(found))} of {count(len(able))} "
        f"outcomes{named} pass{'es' if len(found) == 1 else ''} a 10 % test, and about {count(round(by_chance))} would "
        f"do so by chance alone; "
    )
    made = effects_found(content)
    if made is not None:
        text += (
            f"{some(made[1])} of {count(made[0])} counterfactual estimates {'is' if made[1] < 2 else 'are'} "
            f"statistically distinguishable from zero; "
        )
    return text + "the data show what changed, and do not show that the union changed it."


def effects_found(content: Content) -> tuple[int, int] | None:
    """Estimates against counterfactuals that were tested, and those with p of 10 % or less."""
    if content.effects is None:
        return None
    tested = content.effects.table.dropna(subset=["p_value"])
    return len(tested), int((tested["p_value"] <= 1 - content.effects.level + 1e-12).sum())


def headline_effect(content: Content, outcome: str) -> Effect | None:
    """The estimate of the default question, None where there is none."""
    found = content.effects.effects.items() if content.effects is not None else ()
    return next((effect for q, effect in found if q.outcome == outcome), None)


def fallback_sentence(taken: Sequence[tuple[str, str]]) -> str:
    """Which series came from the fall-back, and why, in one sentence."""
    why = list(dict.fromkeys(reason for _, reason in taken))
    more = f" and {len(why) - 1} more" if len(why) > 1 else ""
    named = f"{len(taken)} series ({', '.join(code for code, _ in taken)})"
    return f"{named} could not be had live and are those of the fall-back: {why[0]}{more}"
