"""Whether a stated number agrees with a known one in unit, years, direction and what it is."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from .facts import GROWTH, KnownFact, KnownNumber
from .reading.sentence import SentenceReading
from .reading.stated_number import StatedNumber
from .subject import closeness

BALANCES = ("current_account", "BN.CAB.XOKA.CD", "NE.RSB.GNFS.ZS", "NE.RSB.GNFS.CD", "BN.GSR.GNFS.CD", "BN.GSR.MRCH.CD")
SURPLUS = re.compile("surplus|профицит|profitsit", re.IGNORECASE)
DEFICIT = re.compile("deficit|shortfall|дефицит|taqchil|kamomad|defitsit", re.IGNORECASE)
Reason = Literal["", "number", "sign", "unit", "year", "economy", "cause", "model", "unclear", "newer", "none"]


@dataclass(frozen=True)
class NumberMatch:
    """A number of a sentence and the fact that it was compared with; ``reason`` is "" when they agree."""

    number: StatedNumber
    fact: KnownFact | None
    known: KnownNumber | None
    reason: Reason = ""


def is_same_unit(number: StatedNumber, known: KnownNumber) -> bool:
    """Whether the units are the same, and what a share is of where both say so."""
    if number.measure == "count" and known.measure == "usd":
        return True  # its unit may be stated elsewhere
    if number.measure != known.measure:
        effect = known.measure == "percent" and (
            (known.base == "gdp" and known.name == "estimate") or known.name == "difference"
        )
        same = known.base in (number.base, "" if number.base == "gdp" else number.base)
        of_base = number.measure == "percent" and number.base != "" and same  # "fell by a third of GDP"
        return (effect and number.measure == "points") or (of_base and known.measure == "points")
    if number.measure in ("percent", "points") and number.base:
        if known.base and number.measure == "percent":
            return number.base == known.base
        changed = known.name in ("estimate", "change", "lower", "upper")
        own = number.base in ("exports", "imports") and changed  # "loses 4.7 % of its exports"
        return own or number.measure == "points" or (known.role != "change" and number.base != "gdp")
    return True


def has_same_digits(number: StatedNumber, known: KnownNumber) -> bool:
    """Whether the digits are the same in another unit or magnitude."""
    if number.equals(known.value):
        return True
    if known.measure in ("percent", "points") and number.scale != 1:  # "19.5 billion dollars" for 19.5 %
        return abs(abs(number.value) - abs(known.value) * number.scale) <= number.half
    if known.measure != "usd" or number.measure != "usd" or not known.value or not number.value:
        return False
    steps = math.log10(abs(number.value / known.value)) / 3
    scale = 1000.0 ** round(steps)
    return scale != 1 and abs(abs(number.value) / scale - abs(known.value)) <= number.half / scale


def years_agree(fact: KnownFact, known: KnownNumber, reading: SentenceReading, number: StatedNumber) -> bool:
    """Whether the years that go with a number are those of the fact; True where either has none."""
    stated, spans = reading.dates_of(number)
    ends = stated | {year for span in spans for year in span}
    if not ends or not fact.years:
        return True
    if known.years:
        return bool(known.years & ends)
    return ends <= fact.years | _joined(fact)


def _joined(fact: KnownFact) -> set[int]:
    """Years in which the economies of a fact joined, which may be named with it."""
    from ...reference.blocs import bloc

    union = bloc("EAEU")
    members = set(union.members())
    return {union.accession(e).year for group in fact.entities for e in group if e in members}


def signs_agree(fact: KnownFact, known: KnownNumber, reading: SentenceReading, number: StatedNumber) -> bool:
    """Whether the direction that goes with a number is that of the known one."""
    if known.name in ("chapters", "all"):  # how many chapters of goods
        return True
    if reading.otherwise:  # "without the union trade would be higher" names it as the cause of a fall
        return True
    near = number.sign or reading.sign_near(number)
    if {"before": "later", "after": "earlier"}.get(known.role) == (reading.phase_of(number) or "-"):
        return False
    if known.span and _is_of_other_span(fact, known, reading, number):
        return False
    if fact.sign:
        return near in (0, fact.sign)
    if fact.code == "inflation" and number.role == "by" and "prices" in reading.concepts:  # "prices fell by 6 %"
        return near * known.value >= 0
    if fact.code in BALANCES and known.role == "level":
        stated = bool(SURPLUS.search(reading.text)) - bool(DEFICIT.search(reading.text))
        return stated == 0 or stated * known.value >= 0
    if fact.code in GROWTH and not number.sign:  # "growth slowed to 5.9 % from 8.3 %"
        return known.sign in {0, near} | {sign for _, sign, _ in reading.signs} or near == 0
    if known.role == "change":
        apart = known.name == "difference" and "gap" in reading.concepts  # "the gap widened by 36 points"
        more = known.name == "difference" and "peers" in reading.concepts  # "8.5 points more" than in a smaller fall
        fell = more and any(k.name == "change" and k.sign * known.sign == near for k in fact.numbers)
        apart = apart or fell or known.name == "comparators_mean"
        return (apart and not number.sign) or near in (0, known.sign)
    if known.role == "before":
        if number.role == "to" and "prices" not in reading.concepts:  # "prices rose to 8 %" in Uzbek: by 8 %
            return False
        pair = number.role == "from" and any(other.role == "to" for other in reading.numbers)
        return not pair or known.newer is None or near == 0 or near * (known.newer - known.value) >= 0
    return not (known.role == "after" and number.role == "from")


def _is_of_other_span(fact: KnownFact, known: KnownNumber, reading: SentenceReading, number: StatedNumber) -> bool:
    """Whether every year next to a number is outside the years of a mean: "3.4 % (2010-14)" for that of 2016-19."""
    turn = reading.date_in_turn(number)
    if turn:  # "100 % in 2010-14, 134 % in 2016-19"
        return all(d[2] < known.span[0] or d[1] > known.span[1] for d in turn)
    years = [d for d in reading.dates if d[0] == number.clause and not {d[1], d[2]} <= _joined(fact)]
    alone = sum(n.clause == number.clause for n in reading.numbers) == 1
    alone = alone and all(place != number.clause for _, place in reading.phases)  # not "135 % after 2010"
    return alone and bool(years) and all(d[2] < known.span[0] or d[1] > known.span[1] for d in years)


def is_equal(number: StatedNumber, known: KnownNumber, reading: SentenceReading) -> bool:
    """Whether a number states that value, in its unit, as what it is, of an economy that the sentence names."""
    if known.name in ("comparators_mean", "near", "others") and "peers" not in reading.concepts:
        return False
    agrees = number.equals(known.value) and is_same_unit(number, known) and _by_agrees(number, known)
    return agrees and is_of_same(number, known, reading)


def is_of_same(number: StatedNumber, known: KnownNumber, reading: SentenceReading) -> bool:
    """Whether a number is of the economy, or of the question of a poll, of which a fact with several has the known one:
    "4.8 % in Belarus and 3.1 % in Armenia", "74 % for the union and 78 % for the WTO"."""
    asked = {name for name, place in reading.parts if place == number.clause} & {"wto", "EAEU"}
    if "poll" in reading.concepts and len(asked) == 1 and known.name in ("wto", "share"):
        return (known.name == "wto") is ("wto" in asked)
    own = [reading.own_economies(n) for n in reading.numbers]
    named = reading.own_economies(number) if all(len(e) == 1 for e in own) else reading.economies
    return not (known.of and named and known.of not in named)


def _by_agrees(number: StatedNumber, known: KnownNumber) -> bool:
    """Whether a number by which something changed is compared with a change: always where it is a fraction."""
    if number.role != "by" or number.base:
        return True
    return known.role == "change" or not ((number.about and number.half == 0) or known.base)


def role_fits(number: StatedNumber, known: KnownNumber) -> bool:
    """Whether a number after "from", "to" or "by" is compared with a value before, a value after or a change."""
    wanted = {"from": "before", "to": "after", "by": "change"}.get(number.role)
    return known.role == wanted if wanted else True


def distance(
    pair: tuple[KnownFact, KnownNumber], number: StatedNumber, reading: SentenceReading
) -> tuple[bool, float, float]:
    """How far a number is from a known one: by years, by subject, by size."""
    fact, known = pair
    size = max(abs(known.value), 1e-9)
    return (
        not years_agree(fact, known, reading, number),
        -closeness(fact, reading),
        abs(abs(number.value) - size) / size,
    )
