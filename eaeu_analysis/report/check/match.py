"""The numbers of a sentence against the facts on the same subject.

A number is supported when a fact on the same economy, outcome and partner has it in that unit, for those years and in
that direction. Otherwise what differs is named: the year, the sign, the unit, the economy, or the number itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

from .agree import (
    NumberMatch,
    Reason,
    distance,
    has_same_digits,
    is_equal,
    is_of_same,
    is_same_unit,
    role_fits,
    signs_agree,
    years_agree,
)
from .facts import KnownFact, PanelFacts
from .match_series import match_series
from .reading.sentence import OTHERS, SentenceReading
from .reading.stated_number import StatedNumber
from .subject import (
    CHECKED,
    MATTERS,
    OUTCOMES,
    SPECIFIC,
    UNSAID,
    closeness,
    is_about,
    is_same_matter,
    other_matters,
    specific_concepts,
)

BESIDE = 3  # parts of a sentence after an estimate in which its interval is stated
INTERVAL = (
    "lower",
    "upper",
    "plain_lower",
    "plain_upper",
    "curve_low",
    "curve_high",
    "curve_median",
    "strictest",
    "widest",
    "same_sign",
)
OTHER_CASES = ("least", "most", "median", "without_low", "without_high", "left_out")
BOUNDS = frozenset((*INTERVAL, *OTHER_CASES))  # numbers of a claim that count with another one of it
IN_PER_CENT = frozenset(("estimate_percent", "value_percent"))  # of an estimate in log points
ASIDE = ("comparators_mean", "difference", "near")  # numbers of a claim that are not about its subject alone
COARSE = 5  # half units of its last digit below which a number equals too many others
PLAIN = 3  # significant digits from which a number alone tells which fact it comes from


def match_numbers(reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts) -> list[NumberMatch]:
    """Every number of a sentence with the fact that it agrees with, or that it was compared with."""
    if "other" in reading.concepts:  # a word on something else, unless its numbers tell what it is about
        alone = replace(reading, concepts=reading.concepts - {"other"})
        matches = match_numbers(alone, facts, panel)
        right = all(m.reason == "" and m.fact is not None for m in matches)
        if right and any(n.telling for n in reading.numbers) and (reading.dates or len(matches) > 1):
            return matches
    matches = [_match_part(number, reading, facts, panel) for number in reading.numbers]
    matches = _with_bounds(_telling(_ranges(matches, reading, facts), reading, facts), reading)
    return _with_siblings(_derived(matches))


def match_to(number: StatedNumber, reading: SentenceReading, fact: KnownFact) -> NumberMatch | None:
    """The number of a fact that a stated number agrees with in unit, years and direction; None without one."""
    for known in fact.numbers:
        same = number.equals(known.value) and is_same_unit(number, known)
        if same and years_agree(fact, known, reading, number) and signs_agree(fact, known, reading, number):
            return NumberMatch(number, fact, known)
    return None


def _match_part(
    number: StatedNumber, reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts
) -> NumberMatch:
    """A number by what the sentence is about, or else by what its own part of the sentence is about."""
    whole = _match(number, reading, facts, panel)
    part = reading.part_of(number, CHECKED | SPECIFIC | MATTERS | {"growth"})
    other = whole.fact is not None and _elsewhere(number, whole.fact, reading)
    if part == reading or (whole.reason in ("", "newer") and not other):
        return whole
    own = _match(number, part, facts, panel)
    return own if other or own.reason in ("", "newer") else whole


def _elsewhere(number: StatedNumber, fact: KnownFact, reading: SentenceReading) -> bool:
    """Whether a number is of another economy or partner than the fact: "trade of one was 90 %, of the other 70 %"."""
    here = reading.economies & OTHERS & {name for name, place in reading.parts if place == number.clause}
    if len(here) == 1 and fact.named & OTHERS and not fact.named & here:
        return True
    own = reading.own_economies(number)
    if fact.code and len(own) == 1 and not fact.named & own:  # of a series the economy itself, and not its partner
        return True
    named = own - OTHERS
    return bool(named and reading.economies - OTHERS - named and not fact.named & named)


def _match(
    number: StatedNumber, reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts
) -> NumberMatch:
    strict = len({n.measure for n in reading.numbers}) == len(reading.numbers) or reading.is_pair
    about = [f for f in facts if is_about(f, reading, strict)]
    about.sort(key=lambda f: -closeness(f, reading))
    hidden = BOUNDS - set(OTHER_CASES) if "peers" in reading.near(number) else BOUNDS
    known = [(f, k) for f in about for k in f.numbers if k.name not in hidden]
    hits = [(f, k) for f, k in known if is_equal(number, k, reading)]
    if not hits and not other_matters(reading):  # the sentence may name more than the fact is on
        loose = (f for f in facts if number.telling or reading.economies <= f.named)
        loose = (f for f in loose if is_about(f, reading, strict=False, narrow=False))
        hits = [
            (f, k)
            for f in loose
            for k in f.numbers
            if k.name not in BOUNDS | IN_PER_CENT and is_equal(number, k, reading)
        ]
    for fact, item in hits:
        if years_agree(fact, item, reading, number) and signs_agree(fact, item, reading, number):
            if reading.is_now(number) and item.newer is not None and not any(reading.dates_of(number)):
                return NumberMatch(number, fact, item, "newer")
            return NumberMatch(number, fact, item)
    described = match_series(number, reading, panel)
    if described is not None and described.reason in ("", "newer"):
        return described
    for fact, item in hits:
        reason: Reason = "year" if not years_agree(fact, item, reading, number) else "sign"
        return NumberMatch(number, fact, item, reason)
    for fact, item in known:
        same = is_same_unit(number, item) and number.equals(item.value)
        if same and not is_of_same(number, item, reading):
            return NumberMatch(number, fact, item, "economy")
        if has_same_digits(number, item) and not same and number.measure != "count":
            return NumberMatch(number, fact, item, "unit")
    if not other_matters(reading):
        elsewhere = [f for f in facts if is_same_matter(f, reading)]
        for fact in elsewhere:
            for item in fact.numbers:
                telling = number.half * 10**PLAIN <= max(abs(number.value), 1e-9) * 10 and not number.about
                if telling and item.name not in BOUNDS and number.equals(item.value) and is_same_unit(number, item):
                    return NumberMatch(number, fact, item, "economy")
    if described is not None:
        return described
    known = [(f, k) for f, k in known if k.name not in ASIDE and not k.name.endswith("_growth")]
    near = [(f, k) for f, k in known if is_same_unit(number, k) and role_fits(number, k)]
    best = max((closeness(f, reading) for f, _ in near), default=0)
    near = [(f, k) for f, k in near if closeness(f, reading) == best]
    if not near and number.role == "by" and number.measure in ("percent", "points"):  # by how much, in another unit
        near = [(f, k) for f, k in known if k.name == "change"]
    if near:
        fact, item = min(near, key=lambda pair: distance(pair, number, reading))
        return NumberMatch(number, fact, item, "number")
    return NumberMatch(number, None, None, "none")


def _ranges(matches: Sequence[NumberMatch], reading: SentenceReading, facts: Sequence[KnownFact]) -> list[NumberMatch]:
    """Numbers that are both ends of the interval of one estimate: "anywhere from a fall of 0.2 to a rise of 0.7 %"."""
    out = list(matches)
    for fact in (f for f in facts if is_about(f, reading, strict=False)):
        ends = {k.name: k for k in fact.numbers if k.name in ("lower", "upper", "high")}
        found = {i: n for i, m in enumerate(matches) for n, k in ends.items() if m.number.equals(k.value)}
        dates = {reading.dates_of(matches[i].number) for i in found}
        alike = sum(any(stated) for stated in dates) <= 1  # not of different years
        if len(set(found.values())) == len(ends) == 2 and alike:
            for i, name in found.items():
                if out[i].reason not in ("", "newer"):
                    out[i] = NumberMatch(out[i].number, fact, ends[name])
    return out


def _telling(matches: Sequence[NumberMatch], reading: SentenceReading, facts: Sequence[KnownFact]) -> list[NumberMatch]:
    """Numbers of a sentence by a fact on the same economy that has two of them or, where the subject of the sentence is
    not known by its words, one with three significant digits, in that unit, for those years and in that direction."""
    named = (reading.concepts - UNSAID) | (reading.bases - {"gdp"})
    if not reading.economies or other_matters(reading) or all(m.reason in ("", "newer") for m in matches):
        return list(matches)
    specific = specific_concepts(reading)
    best: dict[int, NumberMatch] = {}
    for fact in facts:
        if not fact.entities or not all(group & reading.entities for group in fact.entities):
            continue
        if not reading.economies - OTHERS <= fact.named or named & OUTCOMES - fact.topics or specific - fact.topics:
            continue
        hits = {}
        for i, match in enumerate(matches):
            number = match.number
            for known in fact.numbers:
                same = number.equals(known.value) and is_same_unit(number, known) and known.name not in BOUNDS
                same = same and is_of_same(number, known, reading)
                if same and years_agree(fact, known, reading, number) and signs_agree(fact, known, reading, number):
                    hits[i] = NumberMatch(number, fact, known)
        precise = any(m.number.telling for m in hits.values())
        flow = len(fact.entities) > 1 and bool(reading.dates) and matches[0].number.measure == "usd"  # between two
        several = len({m.known for m in hits.values()}) > 1
        if (several or ((precise or flow) and len(matches) == 1 and not named)) and len(hits) > len(best):
            best = hits
    return [m if m.reason in ("", "newer") else best.get(i, m) for i, m in enumerate(matches)]


def _with_bounds(matches: Sequence[NumberMatch], reading: SentenceReading) -> list[NumberMatch]:
    """The other numbers of a claim, and the level of its interval, count where one of its numbers is stated too."""
    found = [(m.number.clause, m.fact) for m in matches if m.reason == "" and m.fact is not None]
    out = []
    for match in matches:
        number = match.number
        near = [fact for clause, fact in found if abs(number.clause - clause) <= BESIDE]
        if match.reason not in ("", "newer"):
            for fact in near:
                level = 100 * fact.claim.level if fact.claim is not None else math.nan
                equal = [k for k in fact.numbers if number.equals(k.value) and is_same_unit(number, k)]
                equal = [k for k in equal if is_of_same(number, k, reading)]
                coarse = abs(number.value) < COARSE * number.half
                equal = [] if coarse or _elsewhere(number, fact, reading) else equal
                right = (k for k in equal if years_agree(fact, k, reading, number))
                right = (k for k in right if k.name not in OTHER_CASES or "peers" in reading.near(number))
                known = next((k for k in right if k.name in BOUNDS or signs_agree(fact, k, reading, number)), None)
                if known is not None or (number.measure == "percent" and number.equals(level)):
                    match = NumberMatch(number, fact, known)
        out.append(match)
    return out


def _derived(matches: Sequence[NumberMatch]) -> list[NumberMatch]:
    """Numbers that follow from two right ones of the sentence: how many times, or by how much, one is the other."""
    levels = [m for m in matches if m.reason == "" and m.fact is not None and m.known is not None]
    levels = [m for m in levels if m.known is not None and m.known.role != "change" and m.known.value > 0]
    out = []
    for match in matches:
        number = match.number
        for one, other in itertools.permutations(levels, 2) if match.reason not in ("", "newer") else ():
            if one.known is None or other.known is None or one.known.measure != other.known.measure:
                continue
            ratio = one.known.value / other.known.value
            size = {"times": ratio, "percent": 100 * (ratio - 1), "points": one.known.value - other.known.value}
            part = number.about and number.half == 0 and number.measure == "percent"  # "less than half of the 5.6 %"
            if number.equals(size.get(number.measure, math.inf)) or (part and number.equals(100 * ratio)):
                match = NumberMatch(number, one.fact, None)
        out.append(match)
    return out


def _with_siblings(matches: Sequence[NumberMatch]) -> list[NumberMatch]:
    """A wrong number is compared with the fact that has the other numbers of the sentence, where that fits."""
    found = [(m.number.clause, m.fact, m.known) for m in matches if m.reason == "" and m.fact is not None]
    used = {(fact.id, known.name) for _, fact, known in found if known is not None}
    out = []
    for match in matches:
        if match.reason == "number":
            for fact in (fact for clause, fact, _ in found if abs(clause - match.number.clause) <= 1):
                fitting = (k for k in fact.numbers if is_same_unit(match.number, k) and role_fits(match.number, k))
                item = next((k for k in fitting if (fact.id, k.name) not in used and k.name not in BOUNDS), None)
                if item is not None:
                    match = NumberMatch(match.number, fact, item, "number")
                    break
        out.append(match)
    return out
