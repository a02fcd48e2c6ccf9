"""The verdict on a sentence: whether its numbers are right, and what it makes of them.

A number on which there is no fact at all is unsupported, one that differs from a fact is altered. A supported number is
overstated when the sentence names the union as the cause and the evidence does not bear that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .agree import NumberMatch, Reason
from .facts import KnownFact, KnownNumber, PanelFacts
from .match import match_numbers, match_to
from .reading.sentence import SentenceReading
from .reading.stated_number import StatedNumber
from .subject import CHECKED, OUTCOMES, UNSAID, is_about, other_matters, specific_concepts

Verdict = Literal["supported", "outdated", "altered", "overstated", "unsupported"]
# what those outside did: with it an estimate is a comparison
COMPARED = ("comparators_mean", "near", "others", "expected")
EFFECTS = ("estimate", "percent", "net", "net_ratio", "raw_ratio", "excess")


@dataclass(frozen=True)
class Judgement:
    """The verdict, why, and the fact that decided."""

    verdict: Verdict
    reason: Reason = ""
    fact: KnownFact | None = None
    known: KnownNumber | None = None
    number: StatedNumber | None = None
    matches: tuple[NumberMatch, ...] = ()


def judge(reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts) -> Judgement | None:
    """The verdict on a sentence; None when it states nothing that can be checked."""
    if reading.question:
        return None
    if reading.causal and reading.signs:  # "the union raised prices", "the driver of growth was membership"
        more = {"inflation"} & {"inflation" if c == "prices" else "" for c in reading.concepts}
        more |= set() if reading.concepts - UNSAID or reading.numbers else {"growth"}
        reading = replace(reading, concepts=reading.concepts | more)
    if not reading.numbers:
        return _judge_words(reading, facts)
    if not reading.concepts - UNSAID and reading.signs and reading.economies:  # "Georgia grew by 9.7 % in 2024"
        grown = judge(replace(reading, concepts=frozenset({"growth"})), facts, panel)
        if grown is not None and grown.verdict == "supported":
            return grown
    sure = bool(reading.entities or reading.concepts & CHECKED or reading.causal or reading.joining)
    if not (sure or specific_concepts(reading)):
        return None
    usable = [f for f in facts if not f.id.startswith("unsupported.") and f.numbers]
    concepts = reading.concepts | reading.bases
    if (reading.concepts - UNSAID) | (reading.bases - {"gdp"}):  # none but those on what it is about can match
        usable = [f for f in usable if all(not group.isdisjoint(concepts) for group in f.concepts)]
    matches = match_numbers(reading, usable, panel)
    wrong = [m for m in matches if m.reason not in ("", "newer")]
    if wrong:
        first = next((m for m in wrong if m.reason != "none"), wrong[0])
        in_words = first.number.about and first.number.half == 0 and "poll" not in reading.concepts
        caused = reading.causal and "no_effect" not in reading.hedges
        if first.reason in ("none", "number", "unit") and in_words and caused:  # "the union doubled trade"
            tests = _tests(reading, facts)
            fact = tests[0] if tests else first.fact
            if fact is not None and fact.claim is not None and not fact.clear:
                return Judgement("overstated", "cause", fact, None, first.number, tuple(matches))
        of_whom = reading.entities or specific_concepts(reading) or reading.causal or reading.bases - {"gdp"}
        if not (sure and of_whom):
            return None  # on trade or prices of whom is not said
        verdict: Verdict = "unsupported" if first.reason == "none" else "altered"
        return Judgement(verdict, first.reason, first.fact, first.known, first.number, tuple(matches))
    old = next((m for m in matches if m.reason == "newer"), None)
    if old is not None and not reading.causal:
        return Judgement("outdated", "newer", old.fact, old.known, old.number, tuple(matches))
    return _judge_use(reading, matches, facts)


def judge_as_before(reading: SentenceReading, own: Judgement, before: Judgement) -> Judgement:
    """The verdict on a sentence whose numbers are all of the finding that the sentence before is on, where they are."""
    facts = {m.fact.id: m.fact for m in before.matches if m.reason == "" and m.fact is not None and m.fact.claim}
    if own.verdict not in ("altered", "unsupported") or not own.matches:
        return own
    for fact in facts.values():
        matches = [m if m.reason in ("", "newer") else match_to(m.number, reading, fact) for m in own.matches]
        if all(m is not None for m in matches):
            return _judge_use(reading, [m for m in matches if m is not None], [fact])
    return own


def _judge_use(reading: SentenceReading, matches: Sequence[NumberMatch], facts: Sequence[KnownFact]) -> Judgement:
    """The verdict on a sentence whose numbers are right."""
    best = matches[0]
    stated = {(m.fact.id, m.known.name) for m in matches if m.fact is not None and m.known is not None}
    spans = any((i, "upper") in stated for i, name in stated if name == "lower")  # an interval with both ends
    spans = spans and any(m.fact is not None and not m.fact.clear for m in matches)
    unclear = "no_effect" in reading.hedges or spans
    found = [m.fact for m in matches if m.fact is not None]
    more = (best.known, best.number, tuple(matches))
    partner = reading.acting and any(frozenset({"EAEU"}) in fact.entities for fact in found)  # "the union took 26 %"
    cited = "model" in reading.hedges and any(".published." in fact.id for fact in found)  # "by the World Bank's model"
    polled = "poll" in reading.concepts  # joining is what is asked for
    if reading.causal and not (partner or cited or unclear or polled) and not any(fact.clear for fact in found):
        tested = next((f for f in _tests(reading, facts) if not f.clear), best.fact)
        fact = best.fact if best.fact is not None and best.fact.tested else tested or best.fact
        return Judgement("overstated", "cause", fact, *more)
    for match in matches:
        fact, known = match.fact, match.known
        if fact is None or known is None or unclear:
            continue
        if {m.known.name for m in matches if m.known is not None} & set(COMPARED):
            continue
        if fact.modelled and "model" not in reading.hedges:
            return Judgement("overstated", "model", fact, known, match.number, tuple(matches))
        ends = {m.known.name for m in matches if m.fact is fact and m.known is not None} >= {"lower", "upper"}
        if fact.tested and not fact.clear and known.name in EFFECTS and not ends:
            return Judgement("overstated", "unclear", fact, known, match.number, tuple(matches))
    return Judgement("supported", "", best.fact, *more)


def _judge_words(reading: SentenceReading, facts: Sequence[KnownFact]) -> Judgement | None:
    """The verdict on a sentence without a number: on a cause, a date of joining or a direction."""
    dated = _judge_dates(reading, facts)
    if dated is not None:
        return dated
    unclear = "no_effect" in reading.hedges
    if reading.concepts and (reading.causal or unclear):
        tests = _tests(reading, facts)
        if tests:
            own = [f for f in tests if f.clear and not f.id.startswith("unsupported.")]
            clear = next((f for f in own if "model" in reading.hedges or not f.modelled), None)
            if clear is not None and not unclear:
                return _signed(reading.sign in (0, _direction(clear)), clear)
            if unclear:
                return _signed(clear is None, clear or tests[0])
            return Judgement("overstated", "cause", tests[0])
        checked = reading.concepts & CHECKED or other_matters(reading)
        if reading.causal and not unclear and reading.economies and checked:
            return Judgement("unsupported", "none")
        return None
    peaks = [f for f in facts if any(k.name == "peak" for k in f.numbers)]  # "trade began to fall in 2012"
    for fact in peaks if reading.sign and reading.economies and not reading.causal else ():
        turn = {int(v) for n, v in fact.claim.values.items() if n == "at"} if fact.claim is not None else set()
        if reading.dates_of()[0] == turn and reading.sign == _direction(fact) and is_about(fact, reading, strict=True):
            return Judgement("supported", "", fact)
    if "after_joining" in reading.hedges and reading.sign and reading.economies:
        seen = [f for f in facts if f.id.endswith("before_after") or f.id.startswith("members.")]
        about = [f for f in seen if f.claim is not None and f.spans and is_about(f, reading, strict=True)]
        signs = {_direction(f) for f in about}
        if about and len(signs) == 1:
            return _signed(reading.sign in signs, about[0])
    return None


def _judge_dates(reading: SentenceReading, facts: Sequence[KnownFact]) -> Judgement | None:
    """The verdict on when an economy joined, or became an observer."""
    stated, _ = reading.dates_of()
    member = reading.joining and reading.economies and "wto" not in reading.concepts  # "Armenia joined in 2015"
    named = "EAEU" in reading.entities or "observer" in reading.concepts or member
    if not stated or not reading.concepts & {"joined", "observer", "free_trade", "wto"}:
        return None
    sure = bool(named and reading.concepts & {"joined", "observer"}) or {"free_trade", "cis"} <= reading.concepts
    # else it may be another organisation that was joined, so that only a right date counts
    reading = replace(reading, entities=reading.entities | {"EAEU"})
    several = len(reading.economies) > 1
    dated = [f for f in facts if not f.numbers and f.concepts and is_about(f, reading, strict=not several)]
    dated.sort(key=lambda f: -len(f.concepts))
    if dated:
        every = frozenset().union(*(f.years for f in dated))
        if reading.concepts & OUTCOMES and not stated & every:
            return None  # the year may be that of the outcome: "trade fell from 2012, before it joined"
        right = stated <= (every if several or len(stated) > 1 else dated[0].years)
        return (
            None
            if not (right or sure)
            else Judgement("supported" if right else "altered", "" if right else "year", dated[0])
        )
    if sure and "joined" in reading.concepts and reading.economies and not reading.concepts & OUTCOMES:
        return Judgement("unsupported", "none")
    return None


def _signed(right: bool, fact: KnownFact) -> Judgement:
    return Judgement("supported", "", fact) if right else Judgement("altered", "sign", fact)


def _direction(fact: KnownFact) -> int:
    value = fact.claim.value if fact.claim is not None else 0.0
    return (value > 0) - (value < 0)


def _tests(reading: SentenceReading, facts: Sequence[KnownFact]) -> list[KnownFact]:
    """Facts on the same subject that answer the question of a cause; those on what is often heard come first."""
    about = [f for f in facts if f.claim is not None and is_about(f, reading, strict=False)]
    if reading.concepts:  # not what a percentage is of: "exports fell by 12 % of GDP" is not on GDP
        about = [f for f in about if all(group & reading.concepts for group in f.concepts)]
    heard = [f for f in about if f.id.startswith("unsupported.")]
    tested = [f for f in about if f.tested and f not in heard]
    seen = [f for f in about if f.id.startswith(("fared.", "members.")) and f not in tested]
    found = [*heard, *tested, *seen]  # of them, those on an economy that the sentence names come first
    return sorted(found, key=lambda f: -len(f.named & reading.economies))
