"""The verdict on each sentence of a text: by itself, or with what the sentences before it name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .facts import KnownFact, PanelFacts
from .judge import Judgement, judge, judge_as_before
from .reading.sentence import SentenceReading

BACK = 3  # sentences back in which a subject that is not named is looked for
WORD = re.compile(r"[^\W\d_]{3,}")  # a sentence without one goes on with that before it: "2015: 131 %"
VAGUE = frozenset(  # concepts that do not say what a sentence is about
    ("merchandise", "outflow", "chapters", "levied", "gdp", "share", "members", "peers")
)
PARTNERS = frozenset(("CHN", "TUR", "EU", "RUS"))  # of others in most sentences, and seldom their subject
ORDER = ("supported", "overstated", "outdated", "altered", "unsupported")  # which reading of a sentence is taken


def judge_sentences(
    sentences: Sequence[SentenceReading], facts: Sequence[KnownFact], panel: PanelFacts
) -> list[tuple[int, Judgement]]:
    """Place and verdict of every sentence that states something that can be checked."""
    judged: list[tuple[int, SentenceReading, Judgement]] = []
    before: list[SentenceReading] = []
    on_union = False  # whether the sentence before names the union
    for at, sentence in enumerate(sentences):
        own = replace(sentence, causal=True) if sentence.pointing and on_union else sentence  # "because of it"
        on_union = sentence.joining or "EAEU" in sentence.entities
        reading, judgement = _judge_in_context(own, before, facts, panel)
        if judgement is not None:
            last = judged[-1][2] if judged else None
            judged.append((at, reading, judge_as_before(reading, judgement, last) if last else judgement))
        elif judged and "no_effect" in reading.hedges and not reading.entities:  # "The estimate fails a check."
            place, hedged, _ = judged[-1]
            hedged = replace(hedged, hedges=hedged.hedges | {"no_effect"})
            again = judge(hedged, facts, panel)
            if again is not None and again.verdict == "supported":
                judged[-1] = (place, hedged, again)
        if reading.economies or reading.concepts - VAGUE:
            before = [reading, *before][:BACK]
    return [(at, judgement) for at, _, judgement in judged]


def _judge_in_context(
    reading: SentenceReading, before: Sequence[SentenceReading], facts: Sequence[KnownFact], panel: PanelFacts
) -> tuple[SentenceReading, Judgement | None]:
    """The verdict on a sentence by itself, or with the economies, and after a pronoun the outcome, of one before it."""
    own = judge(reading, facts, panel)
    asked = bool(before) and before[0].question  # an answer may rest on what the question says
    final = ("supported",) if asked else ("supported", "overstated")
    if own is not None and reading.economies and own.verdict in final:
        return reading, own
    tried = [(reading, own)]
    settled = own is not None and bool(reading.economies) and own.reason not in ("none", "economy")
    for earlier in before:
        latest = earlier is before[0]
        for more in _in_contexts(reading, earlier, latest) if latest or not settled else ():
            found = judge(more, facts, panel)
            sure = not settled and more == _in_context(reading, earlier)
            answer = not settled and latest and (earlier.question or not WORD.search(reading.text))
            answer = answer or (own is None and latest and _continues(reading, earlier))
            if found is not None and (sure or answer or found.verdict == "supported"):
                tried.append((more, found))
    if settled:
        return min(tried, key=lambda pair: pair[1] is None or pair[1].verdict != "supported")
    if not reading.economies:  # of verdicts that are the same, the one with a subject
        tried = [*tried[1:], *(tried[:1] if all(found is None for _, found in tried[1:]) else [])]
    return min(tried, key=lambda pair: len(ORDER) if pair[1] is None else ORDER.index(pair[1].verdict))


def _continues(reading: SentenceReading, earlier: SentenceReading) -> bool:
    """Whether a sentence has numbers of its own but nothing that they are of, unlike the one before it."""
    bare = not reading.entities and not reading.concepts - VAGUE and not reading.bases - {"gdp"}
    stated = bool(reading.numbers) and all(n.measure in ("percent", "points", "usd") for n in reading.numbers)
    return bare and stated and bool(earlier.economies) and bool(earlier.concepts - VAGUE or earlier.signs)


def _in_contexts(reading: SentenceReading, earlier: SentenceReading, latest: bool) -> Iterator[SentenceReading]:
    """The sentence with what an earlier one may add to it: its subject, all that it names, or only its years."""
    same = _in_context(reading, earlier)
    if same != reading:
        yield same
    if not reading.numbers:
        return
    joined = _joined(reading, earlier)
    if same == reading or reading.concepts <= VAGUE or latest:  # "That is 59 % of all", where it is so
        yield joined
    if latest:
        yield replace(same, dates=joined.dates, signs=joined.signs)
        if reading.steps:  # "$2.4bn more than in the previous year"
            both = tuple((-1, first, last, -1) for _, first, last, _ in earlier.dates) + joined.dates
            yield replace(joined, dates=both)
        if reading.economies:  # "Armenia: 24 %."
            yield replace(joined, entities=reading.entities | (earlier.entities & {"EAEU"}))


def _joined(reading: SentenceReading, earlier: SentenceReading) -> SentenceReading:
    """The sentence with all that an earlier one names, and its years where it has none of its own."""
    grown = earlier.signs and not earlier.concepts - VAGUE  # "Georgia grew by 9.7 % in 2024."
    topics = reading.concepts | earlier.concepts | (frozenset({"growth"}) if grown else frozenset())
    base = next((last for _, first, last, _ in reversed(earlier.dates) if first == last), None)
    own = reading.dates + tuple((c, base + step, base + step, at) for c, step, at in reading.steps if base is not None)
    dated = {clause for clause, *_ in own}
    before = tuple((-1, first, last, -1) for _, first, last, _ in earlier.dates)
    own_dates = dated and (
        all(n.clause in dated for n in reading.numbers) or (reading.steps and len(reading.numbers) == 1)
    )
    dates = own if own_dates else before + own
    if "prices" in topics and reading.signs and any(n.measure == "percent" for n in reading.numbers):
        topics |= {"inflation"}
    direction = {sign for _, sign, _ in earlier.signs}
    signs = reading.signs or tuple((-1, sign, -1) for sign in direction if len(direction) == 1)
    more = replace(reading, entities=reading.entities | earlier.entities, concepts=topics, dates=dates, signs=signs)
    hedges = reading.hedges | (earlier.hedges & {"no_effect", "model"})
    return replace(more, bases=reading.bases | earlier.bases, hedges=hedges)


def _in_context(reading: SentenceReading, earlier: SentenceReading) -> SentenceReading:
    """The sentence with the subject of an earlier one, where it seems to have the same."""
    subject = earlier.economies - PARTNERS or earlier.economies
    answer = earlier.question and not reading.concepts - {"joined"}  # "When did it come in as an observer? In 2020."
    if (reading.concepts & {"observer", "joined"} or answer) and reading.dates and not reading.numbers:
        named = reading.economies or subject
        asked = earlier.concepts & {"observer"} if answer else frozenset()
        topics = (reading.concepts - {"joined"} if asked else reading.concepts) | asked
        return replace(reading, entities=named | {"EAEU"}, concepts=topics)
    flows = reading.bases & {"exports", "imports"}
    own = reading.concepts - VAGUE - ({"joined"} if reading.causal and not reading.dates else set())
    if own or flows or not (reading.refers or reading.causal):
        named = (reading.concepts - {"share", "members", "peers"}) | flows
        goods = {c for c in earlier.concepts if c.startswith("product_") and reading.concepts & {"tariff", "duties"}}
        more = replace(reading, entities=reading.entities | subject, concepts=reading.concepts | goods)
        return more if named else reading
    unclear = "no_effect" in reading.hedges
    if (reading.numbers or reading.causal or unclear) and reading.economies <= earlier.economies:
        entities = reading.entities | subject | (earlier.entities & {"EAEU"})
        return replace(reading, entities=entities, concepts=reading.concepts | earlier.concepts)
    return reading
