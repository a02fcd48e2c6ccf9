"""A stated number against the series of the panel."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .agree import NumberMatch, is_same_unit, signs_agree
from .facts import GROWTH, RECENT, KnownFact, KnownNumber, PanelFacts
from .reading.sentence import SentenceReading, read_sentence
from .reading.stated_number import StatedNumber
from .reading.vocabulary import vocabulary_table
from .subject import MATTERS, UNSAID, specific_concepts

ROUGHLY = 5  # half the last digit of a number without a year is less than this part of it
PRICES_OF = re.compile(  # whose prices a sentence names
    r"\b(20\d\d)(?:-yil)? (?:(?:US|international) )?(?:prices|dollars|narx|\$|US\$)"
    r"|(?:prices|dollars|US\$|ценах|долл\w*\.?) (?:of )?(20\d\d)\b",
    re.IGNORECASE,
)
BASE_FIRST = re.compile(
    r"^\W*(?:compared|next to|relative to|по сравнению|в сравнении)|nisbatan|qaraganda", re.IGNORECASE
)
THAN = re.compile(r"\b(?:than|чем)\b|qaraganda", re.IGNORECASE)
PARITY = re.compile(r"purchasing.power|\bPPP\b|международн\w+ долл|паритет|ППС|xalqaro dollar|pariteti", re.IGNORECASE)


def match_series(number: StatedNumber, reading: SentenceReading, panel: PanelFacts) -> NumberMatch | None:
    """The number against the series of the panel; None when no series describes it."""
    economies = sorted(e for e in reading.economies if len(e) == 3)
    years, spans = _ends(number, reading)
    if not economies or "other" in reading.concepts:
        return None
    alone = len(reading.economies) == 1
    in_gdp = number.base == "gdp" or "gdp" in reading.bases | reading.concepts
    flows = reading.concepts & {"trade", "exports", "imports", "bought", "remittances"}
    foreign = {"duty_free", "patents", "poll"} | ({"members"} if flows else set())
    if number.measure == "percent" and flows and not in_gdp and not reading.concepts & MATTERS:
        foreign.add("share")  # of a partner, unlike "accounted for 42 % of GDP"
    several = not alone and len(reading.numbers) < 2
    if several and number.measure != "times":
        compared_to = THAN.split(reading.text, maxsplit=1)
        first = frozenset(e for e in reading.own_economies(number) if len(e) == 3)
        if not first and len(compared_to) > 1:
            first = read_sentence(compared_to[0], reading.lang).economies
        if len(first) == 1:  # "Uzbekistan had 36 million people, more than Kazakhstan"
            economies, alone, several = sorted(first), True, False
    if reading.concepts & foreign:
        return None
    if number.base == "gdp" and reading.signs and not reading.concepts - UNSAID:  # "lost a seventh of its output"
        number, reading = replace(number, base=""), replace(reading, concepts=frozenset({"growth"}))
    unsaid = not reading.concepts - UNSAID and not reading.bases - {"gdp"}  # of outcomes that no known word names
    if unsaid and not (number.telling and years and alone):
        return None
    topics = reading.concepts | (reading.bases if reading.concepts & MATTERS else set())  # "fuels are 57 % of exports"
    topics = frozenset(vocabulary_table()["concept"]) if unsaid else topics
    series = [f for e in economies for f in panel.find(e, topics) if f.latest and _only(f, reading)]
    series = [f for f in series if _is_priced(f.unit, reading.text)]
    compared_with = _relative(number, reading, series, years)
    if compared_with is not None:
        return compared_with
    if several:
        return _of_each(number, reading, series, economies)
    compared: NumberMatch | None = None
    for fact in series:
        fitting = [k for k in fact.numbers if is_same_unit(number, k)]
        growing = "prices" in reading.concepts and fact.code == "inflation"  # "prices rose by 8 %"
        if spans:  # their means
            means = _means(fact, number, years, spans)
            if any(number.equals(k.value) and signs_agree(fact, k, reading, number) for k in means):
                return NumberMatch(number, fact, None)
            continue
        by = number.role == "by" and reading.signs and not growing and (not fitting or fitting[0].role != "change")
        if by or number.measure == "times":
            fitting = _changes(fact, number, years if len(years) > 1 else reading.dates_of()[0])
        found = _at_years(number, reading, fact, fitting)
        if found is not None and found.reason in ("", "newer"):
            return found
        more = _changes(fact, number, reading.dates_of()[0])  # "36.4 million, eight million more than in 2010"
        if any(number.equals(k.value) and signs_agree(fact, k, reading, number) for k in more):
            return NumberMatch(number, fact, None)
        compared = compared or found
    if unsaid:
        return None
    if compared is None:
        for fact in series:
            for item in fact.numbers:
                if item.years & years and number.equals(item.value) and not is_same_unit(number, item):
                    return NumberMatch(number, fact, item, "unit")
    return compared


def _of_each(
    number: StatedNumber, reading: SentenceReading, series: Sequence[KnownFact], economies: Sequence[str]
) -> NumberMatch | None:
    """One number of several economies: that of each of them, or none."""
    for code in dict.fromkeys(fact.code for fact in series):
        own = [fact for fact in series if fact.code == code]
        fitting = ((fact, [k for k in fact.numbers if is_same_unit(number, k)]) for fact in own)
        found = [_at_years(number, reading, fact, known) for fact, known in fitting]
        if len(own) == len(economies) and all(match is not None and match.reason == "" for match in found):
            return found[0]
    return None


def _ends(number: StatedNumber, reading: SentenceReading) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    """Years and spans of a number; of "from", "to" and "by" or a multiple in one span the ends that they are of."""
    years, spans = reading.dates_of(number)
    if years or len(reading.dates) != 1 or len(spans) != 1 or not (number.role or number.measure == "times"):
        return years, spans
    first, last = next(iter(spans))
    return {"from": frozenset({first}), "to": frozenset({last})}.get(number.role, frozenset({first, last})), frozenset()


def _is_priced(unit: str, text: str) -> bool:
    """Whether a series is in the prices that a sentence names, where it names them."""
    year = PRICES_OF.search(text)
    parity = PARITY.search(text)
    if "$" not in unit:
        return True
    return (not year or (year[1] or year[2]) in unit) and (not parity or "international" in unit)


def _relative(
    number: StatedNumber, reading: SentenceReading, series: Sequence[KnownFact], years: Iterable[int]
) -> NumberMatch | None:
    """How one of two economies compares with the other in a year: "about five times that of Kyrgyzstan", "16 million
    people more than Kazakhstan". The one that is named first is larger, unless the sentence says otherwise."""
    order = list(dict.fromkeys(name for name, _ in reading.parts))
    smaller = reading.sign_near(number) < 0 or bool(BASE_FIRST.search(reading.text))
    for one, other in itertools.permutations(series, 2):
        known = one.economy in order and other.economy in order
        if one.code != other.code or one.economy == other.economy or one.code in GROWTH or not known:
            continue
        if order.index(one.economy) > order.index(other.economy) and not smaller:
            continue
        at = {max(k.years): k.value for k in other.numbers if k.years}
        for item in (k for k in one.numbers if k.years and k.years <= set(years)):
            base = at.get(max(item.years), 0.0)
            alike = number.measure in ("count", item.measure) and item.measure in ("usd", "count")
            size = item.value / base if number.measure == "times" and base > 0 else item.value - base if alike else 0.0
            if size > 0 and number.equals(size):
                return NumberMatch(number, other if other.economy in reading.own_economies(number) else one, None)
    return None


def _means(
    fact: KnownFact, number: StatedNumber, years: Iterable[int], spans: Iterable[tuple[int, int]]
) -> list[KnownNumber]:
    """The mean over a span of years, or how the means over two spans, or a year and a span, compare."""
    at = {max(k.years): k for k in fact.numbers if k.years}
    periods = [range(year, year + 1) for year in years] + [range(first, last + 1) for first, last in spans]
    means = [sum(at[y].value for y in p) / len(p) for p in sorted(periods, key=min) if all(y in at for y in p)]
    if not means or len(means) < len(periods):
        return []
    level = fact.numbers[0]
    found = [replace(level, value=mean, years=frozenset()) for mean in means]
    found = [k for k in found if is_same_unit(number, k)]
    if len(means) == 2:
        found += _between(level, number, *means)
    return found


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
    if number.half > abs(number.value) / ROUGHLY:
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
    return [replace(k, years=frozenset(stated)) for k in _between(first, number, first.value, last.value)]


def _between(level: KnownNumber, number: StatedNumber, first: float, last: float) -> list[KnownNumber]:
    """How the second of two values compares with the first: points of a share, per cent, or a multiple."""
    share = level.measure == "percent"
    alike = level.measure in ("usd", "count") and number.measure in (level.measure, "count")
    if alike or (number.measure == "points" and share):
        value = last - first
    elif number.measure == "percent" and first and (number.about or not share):
        value = 100 * (last / first - 1)  # a fraction of a share too: "fell by a quarter"
    elif number.measure == "times" and first and last / first > 0:
        value = last / first if last >= first else -first / last
    else:
        return []
    found = [KnownNumber("change", value, number.measure, role="change")]
    part = number.measure == "percent" and number.about and number.half == 0  # "less than half the rate of 2020"
    return [*found, KnownNumber("part", 100 * last / first, "percent")] if part else found
