"""A stated number against the series of the panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from .agree import NumberMatch, is_same_unit, signs_agree
from .facts import RECENT, KnownFact, KnownNumber, PanelFacts
from .reading.sentence import SentenceReading
from .reading.stated_number import StatedNumber
from .reading.vocabulary import vocabulary_table
from .subject import UNSAID, specific_concepts


def match_series(number: StatedNumber, reading: SentenceReading, panel: PanelFacts) -> NumberMatch | None:
    """The number against the series of the panel; None when no series describes it."""
    economies = sorted(e for e in reading.economies if len(e) == 3)
    years, spans = _ends(number, reading)
    if not economies or spans or "other" in reading.concepts:
        return None
    alone = len(reading.economies) == 1
    foreign = {"members", "duty_free", "patents", "poll"}
    in_gdp = number.base == "gdp" or "gdp" in reading.bases | reading.concepts
    if number.measure == "percent" and not in_gdp:  # "accounted for 42 % of GDP" is no share of a partner
        foreign.add("share")
    if (not alone and len(reading.numbers) < 2) or reading.concepts & foreign:
        return None
    unsaid = not reading.concepts - UNSAID and not reading.bases - {"gdp"}  # of outcomes that no known word names
    if unsaid and not (number.telling and years and alone):
        return None
    topics = frozenset(vocabulary_table()["concept"]) if unsaid else reading.concepts
    series = [f for e in economies for f in panel.find(e, topics) if f.latest and _only(f, reading)]
    compared: NumberMatch | None = None
    for fact in series:
        fitting = [k for k in fact.numbers if is_same_unit(number, k)]
        growing = "prices" in reading.concepts and fact.code == "inflation"  # "prices rose by 8 %"
        by = number.role == "by" and reading.signs and not growing and (not fitting or fitting[0].role != "change")
        if by or number.measure == "times":
            fitting = _changes(fact, number, years if len(years) > 1 else reading.dates_of()[0])
        found = _at_years(number, reading, fact, fitting)
        if found is not None and found.reason in ("", "newer"):
            return found
        compared = compared or found
    if unsaid:
        return None
    if compared is None:
        for fact in series:
            for item in fact.numbers:
                if item.years & years and number.equals(item.value) and not is_same_unit(number, item):
                    return NumberMatch(number, fact, item, "unit")
    return compared


def _ends(number: StatedNumber, reading: SentenceReading) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """Years and spans of a number; of "from", "to" and "by" or a multiple in one span the ends that they are of."""
    years, spans = reading.dates_of(number)
    if years or len(spans) != 1 or not (number.role or number.measure == "times"):
        return years, spans
    first, last = next(iter(spans))
    return {"from": frozenset({first}), "to": frozenset({last})}.get(number.role, frozenset({first, last})), frozenset()


def _at_years(
    number: StatedNumber, reading: SentenceReading, fact: KnownFact, fitting: Sequence[KnownNumber]
) -> NumberMatch | None:
    now = reading.is_now(number)
    years, _ = _ends(number, reading)
    if years:
        stated = [k for k in fitting if k.years & years]
        hit = next((k for k in stated if number.equals(k.value)), None)
        if hit is not None:
            right = signs_agree(fact, hit, reading, number)
            return NumberMatch(number, fact, hit, "" if right else "sign")
        for item in stated:
            old = next((value for value in item.revised if number.equals(value)), None)
            if old is not None:
                return NumberMatch(number, fact, replace(item, value=old, newer=item.value), "newer")
        if len(stated) == 1 or (stated and len(reading.numbers) == 1):
            other = next((k for k in fitting if number.equals(k.value) and number.half < abs(number.value) / 50), None)
            return NumberMatch(number, fact, stated[0], "year" if other is not None else "number")
        return None
    recent = [k for k in fitting if max(k.years, default=0) > fact.latest - RECENT]
    if not recent or reading.hedges & {"after_joining", "before_joining"}:
        return None
    last = recent[-1]
    if number.equals(last.value):
        return NumberMatch(number, fact, last)
    older = next((k for k in reversed(recent) if number.equals(k.value)), None)
    if older is not None and number.role == "from" and reading.dates:  # of some year before
        return NumberMatch(number, fact, older)
    if older is not None and (now or (number.role == "" and number.telling)):
        return NumberMatch(number, fact, replace(older, newer=last.value), "newer")
    return NumberMatch(number, fact, last, "number") if now else None


def _only(fact: KnownFact, reading: SentenceReading) -> bool:
    own = fact.topics
    return not specific_concepts(reading) - own and ("real" not in reading.concepts or bool(own & {"real", "gdp"}))


def _changes(fact: KnownFact, number: StatedNumber, years: Iterable[int]) -> list[KnownNumber]:
    """The change between two stated years: points of a share, per cent of a level, a multiple of either."""
    stated = sorted(years)
    at = {max(k.years): k for k in fact.numbers if k.years}
    if len(stated) != 2 or not set(stated) <= set(at):
        return []
    first, last = at[stated[0]], at[stated[1]]
    share = first.measure == "percent"
    if number.measure == "points" and share:
        value = last.value - first.value
    elif number.measure == "percent" and first.value and (number.about or not share):
        value = 100 * (last.value / first.value - 1)  # a fraction of a share too: "fell by a quarter"
    elif number.measure == "times" and first.value and last.value / first.value > 0:
        ratio = last.value / first.value
        value = ratio if ratio >= 1 else -1 / ratio
    else:
        return []
    return [KnownNumber("change", value, number.measure, role="change", years=frozenset(stated))]
