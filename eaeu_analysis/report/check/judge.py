"""The verdict on a sentence: its numbers against the facts on the same subject, then what it makes of them.

A number is supported when a fact on the same economy, outcome and partner has it in that unit, for those years and in
that direction. Otherwise what differs is named: the year, the sign, the unit, the economy, or the number itself. A
number on which there is no fact at all is unsupported. A supported number is overstated when the sentence names the
union as the cause and the evidence does not bear that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .facts import RECENT, KnownFact, KnownNumber, PanelFacts
from .reading import OTHERS, SentenceReading, StatedNumber

Verdict = Literal["supported", "outdated", "altered", "overstated", "unsupported"]
Reason = Literal["", "number", "sign", "unit", "year", "economy", "cause", "model", "unclear", "newer", "none"]
OUTCOMES = frozenset(
    (
        "trade",
        "exports",
        "imports",
        "remittances",
        "fdi",
        "tariff",
        "inflation",
        "duties",
        "duty_free",
        "trade_taxes",
        "current_account",
        "reserves",
        "exchange_rate",
        "household_spending",
        "real_income",
        "customs_receipts",
        "gdp",
        "richer",
        "patents",
        "unemployment",
    )
)
SPECIFIC = frozenset(
    (
        "per_head",
        "duty_free",
        "patents",
        "poll",
        "barriers",
        "unemployment",
        "fdi",
        "current_account",
        "reserves",
        "exchange_rate",
        "remittances",
        "inflation",
        "tariff",
        "trade_taxes",
        "household_spending",
        "real_income",
        "customs_receipts",
        "population",
    )
)
FOREIGN = frozenset(("CHN", "TUR", "EU"))  # partners that no finding is about by themselves
BESIDE = 3  # parts of a sentence after an estimate in which its interval is stated
CHECKED = OUTCOMES | {"barriers", "lender", "budget"}  # on which a number is checked though no economy is named
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
UNSAID = frozenset(("share", "members", "peers", "joined", "bought", "stays", "real"))  # concepts that are no subject
COMPARED = ("beside", "near", "others", "expected")  # what those outside did: with it an estimate is a comparison
ASIDE = ("beside", "difference", "near")  # numbers of a claim that are not about its subject alone
EFFECTS = ("estimate", "percent", "net", "net_ratio", "raw_ratio", "excess")
COARSE = 5  # half units of its last digit below which a number equals too many others
PLAIN = 3  # significant digits from which a number alone tells which fact it comes from


@dataclass(frozen=True)
class NumberMatch:
    """A number of a sentence and the fact that it was compared with; ``reason`` is "" when they agree."""

    number: StatedNumber
    fact: KnownFact | None
    known: KnownNumber | None
    reason: Reason = ""


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
    if not (reading.entities or reading.concepts & CHECKED or reading.causal or reading.joining):
        return None
    usable = [f for f in facts if not f.id.startswith("unsupported.") and f.numbers]
    concepts = reading.concepts | reading.bases
    if (reading.concepts - UNSAID) | (reading.bases - {"gdp"}):  # none but those on what it is about can match
        usable = [f for f in usable if all(not group.isdisjoint(concepts) for group in f.concepts)]
    matches = [_match_part(number, reading, usable, panel) for number in reading.numbers]
    matches = _with_siblings(_with_bounds(_telling(_ranges(matches, reading, usable), reading, usable), reading))
    wrong = [m for m in matches if m.reason not in ("", "newer")]
    if wrong:
        first = next((m for m in wrong if m.reason != "none"), wrong[0])
        in_words = first.number.about and first.number.half == 0 and "poll" not in reading.concepts
        if first.reason in ("none", "number", "unit") and in_words and reading.causal:  # "the union doubled trade"
            tests = _tests(reading, facts)
            fact = tests[0] if tests else first.fact
            if fact is not None and fact.claim is not None and not fact.clear:
                return Judgement("overstated", "cause", fact, None, first.number, tuple(matches))
        if not (reading.entities or reading.concepts & SPECIFIC or reading.causal or reading.bases - {"gdp"}):
            return None  # on trade or prices of whom is not said
        verdict: Verdict = "unsupported" if first.reason == "none" else "altered"
        return Judgement(verdict, first.reason, first.fact, first.known, first.number, tuple(matches))
    old = next((m for m in matches if m.reason == "newer"), None)
    if old is not None and not reading.causal:
        return Judgement("outdated", "newer", old.fact, old.known, old.number, tuple(matches))
    return _judge_use(reading, matches, facts)


def _judge_use(reading: SentenceReading, matches: Sequence[NumberMatch], facts: Sequence[KnownFact]) -> Judgement:
    """The verdict on a sentence whose numbers are right."""
    best = matches[0]
    unclear = "no_effect" in reading.hedges
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
        if {m.known.name for m in matches if m.fact is fact and m.known is not None} & set(COMPARED):
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
        if reading.causal and not unclear and reading.economies and reading.concepts & (CHECKED | {"other"}):
            return Judgement("unsupported", "none")
        return None
    peaks = [f for f in facts if any(k.name == "peak" for k in f.numbers)]  # "trade began to fall in 2012"
    for fact in peaks if reading.sign and reading.economies and not reading.causal else ():
        turn = {int(v) for n, v in fact.claim.values.items() if n == "at"} if fact.claim is not None else set()
        if reading.dates_of()[0] == turn and reading.sign == _direction(fact) and _about(fact, reading, strict=True):
            return Judgement("supported", "", fact)
    if "after_joining" in reading.hedges and reading.sign and reading.economies:
        seen = [f for f in facts if f.id.endswith("before_after") or f.id.startswith("members.")]
        about = [f for f in seen if f.claim is not None and f.spans and _about(f, reading, strict=True)]
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
    sure = bool(named) and bool(
        reading.concepts & {"joined", "observer"}
    )  # else it may be another organisation that was joined, so that only a right date counts
    reading = replace(reading, entities=reading.entities | {"EAEU"})
    several = len(reading.economies) > 1
    dated = [f for f in facts if not f.numbers and f.concepts and _about(f, reading, strict=not several)]
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
    about = [f for f in facts if f.claim is not None and _about(f, reading, strict=False)]
    if reading.concepts:  # not what a percentage is of: "exports fell by 12 % of GDP" is not on GDP
        about = [f for f in about if all(group & reading.concepts for group in f.concepts)]
    heard = [f for f in about if f.id.startswith("unsupported.")]
    tested = [f for f in about if f.tested and f not in heard]
    seen = [f for f in about if f.id.startswith(("fared.", "members.")) and f not in tested]
    found = [*heard, *tested, *seen]  # of them, those on an economy that the sentence names come first
    return sorted(found, key=lambda f: -len(f.named & reading.economies))


def _match_part(
    number: StatedNumber, reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts
) -> NumberMatch:
    """A number by what the sentence is about, or else by what its own part of the sentence is about."""
    whole = _match(number, reading, facts, panel)
    part = reading.part_of(number, CHECKED | SPECIFIC)
    other = whole.fact is not None and _elsewhere(number, whole.fact, reading)
    if part == reading or (whole.reason in ("", "newer") and not other):
        return whole
    own = _match(number, part, facts, panel)
    return own if other or own.reason in ("", "newer") else whole


def _elsewhere(number: StatedNumber, fact: KnownFact, reading: SentenceReading) -> bool:
    """Whether a number is of another economy than the fact: "trade of one was 90 %, and of the other 70 %"."""
    named = reading.own_economies(number) - OTHERS
    return bool(named and reading.economies - OTHERS - named and not fact.named & named)


# -- one number ------------------------------------------------------------------------------------------
def _match(
    number: StatedNumber, reading: SentenceReading, facts: Sequence[KnownFact], panel: PanelFacts
) -> NumberMatch:
    strict = len({n.measure for n in reading.numbers}) == len(reading.numbers) or reading.is_pair
    about = [f for f in facts if _about(f, reading, strict)]
    about.sort(key=lambda f: -_closeness(f, reading))
    hidden = BOUNDS - set(OTHER_CASES) if "peers" in reading.concepts else BOUNDS
    known = [(f, k) for f in about for k in f.numbers if k.name not in hidden]
    hits = [(f, k) for f, k in known if _equal(number, k, reading)]
    if not hits and "other" not in reading.concepts:  # the sentence may name more than the fact is on
        loose = (f for f in facts if number.telling or reading.economies <= f.named)
        loose = (f for f in loose if _about(f, reading, strict=False, narrow=False))
        hits = [(f, k) for f in loose for k in f.numbers if k.name not in BOUNDS and _equal(number, k, reading)]
    for fact, item in hits:
        if _years_agree(fact, item, reading, number) and _signs_agree(fact, item, reading, number):
            if "now" in reading.hedges and item.newer is not None and not any(reading.dates_of(number)):
                return NumberMatch(number, fact, item, "newer")
            return NumberMatch(number, fact, item)
    described = _match_series(number, reading, panel)
    if described is not None and described.reason in ("", "newer"):
        return described
    for fact, item in hits:
        reason: Reason = "year" if not _years_agree(fact, item, reading, number) else "sign"
        return NumberMatch(number, fact, item, reason)
    for fact, item in known:
        same = _same_unit(number, item) and number.equals(item.value)
        if _same_digits(number, item) and not same and number.measure != "count":
            return NumberMatch(number, fact, item, "unit")
    if "other" not in reading.concepts:
        elsewhere = [f for f in facts if _same_matter(f, reading)]
        for fact in elsewhere:
            for item in fact.numbers:
                telling = number.half * 10**PLAIN <= max(abs(number.value), 1e-9) * 10 and not number.about
                if telling and item.name not in BOUNDS and number.equals(item.value) and _same_unit(number, item):
                    return NumberMatch(number, fact, item, "economy")
    if described is not None:
        return described
    known = [(f, k) for f, k in known if k.name not in ASIDE and not k.name.endswith("_growth")]
    near = [(f, k) for f, k in known if _same_unit(number, k) and _role_fits(number, k)]
    best = max((_closeness(f, reading) for f, _ in near), default=0)
    near = [(f, k) for f, k in near if _closeness(f, reading) == best]
    if not near and number.role == "by" and number.measure in ("percent", "points"):  # by how much, in another unit
        near = [(f, k) for f, k in known if k.name == "change"]
    if near:
        fact, item = min(near, key=lambda pair: _distance(pair, number, reading))
        return NumberMatch(number, fact, item, "number")
    return NumberMatch(number, None, None, "none")


def _ranges(matches: Sequence[NumberMatch], reading: SentenceReading, facts: Sequence[KnownFact]) -> list[NumberMatch]:
    """Numbers that are both ends of the interval of one estimate: "anywhere from a fall of 0.2 to a rise of 0.7 %"."""
    out = list(matches)
    for fact in (f for f in facts if _about(f, reading, strict=False)):
        ends = {k.name: k for k in fact.numbers if k.name in ("lower", "upper", "high")}
        found = {i: n for i, m in enumerate(matches) for n, k in ends.items() if m.number.equals(k.value)}
        if len(set(found.values())) == len(ends) == 2:
            for i, name in found.items():
                if out[i].reason not in ("", "newer"):
                    out[i] = NumberMatch(out[i].number, fact, ends[name])
    return out


def _telling(matches: Sequence[NumberMatch], reading: SentenceReading, facts: Sequence[KnownFact]) -> list[NumberMatch]:
    """Numbers of a sentence by a fact on the same economy that has two of them or, where the subject of the sentence is
    not known by its words, one with three significant digits, in that unit, for those years and in that direction."""
    named = (reading.concepts - UNSAID) | (reading.bases - {"gdp"})
    if not reading.economies or "other" in reading.concepts or all(m.reason in ("", "newer") for m in matches):
        return list(matches)
    best: dict[int, NumberMatch] = {}
    for fact in facts:
        if not fact.entities or not all(group & reading.entities for group in fact.entities):
            continue
        if not reading.economies - OTHERS <= fact.named or (named and not _about(fact, reading, strict=False)):
            continue
        hits = {}
        for i, match in enumerate(matches):
            number = match.number
            for known in fact.numbers:
                same = number.equals(known.value) and _same_unit(number, known) and known.name not in BOUNDS
                if same and _years_agree(fact, known, reading, number) and _signs_agree(fact, known, reading, number):
                    hits[i] = NumberMatch(number, fact, known)
        precise = any(m.number.telling for m in hits.values())
        if (len(hits) > 1 or (precise and len(matches) == 1 and not named)) and len(hits) > len(best):
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
                equal = [k for k in fact.numbers if number.equals(k.value) and _same_unit(number, k)]
                coarse = abs(number.value) < COARSE * number.half
                equal = [] if coarse or _elsewhere(number, fact, reading) else equal
                right = (k for k in equal if _years_agree(fact, k, reading, number))
                known = next((k for k in right if k.name in BOUNDS or _signs_agree(fact, k, reading, number)), None)
                if known is not None or (number.measure == "percent" and number.equals(level)):
                    match = NumberMatch(number, fact, known)
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
                fitting = (k for k in fact.numbers if _same_unit(match.number, k) and _role_fits(match.number, k))
                item = next((k for k in fitting if (fact.id, k.name) not in used and k.name not in BOUNDS), None)
                if item is not None:
                    match = NumberMatch(match.number, fact, item, "number")
                    break
        out.append(match)
    return out


def _about(fact: KnownFact, reading: SentenceReading, strict: bool, narrow: bool = True) -> bool:
    """Whether the fact is on what the sentence is about. ``strict``: it is about nothing else; ``narrow``: nor on a
    number for each head of another one."""
    named = reading.entities | reading.concepts
    economies = reading.economies
    groups = fact.entities if economies or not (reading.joining or reading.concepts & (CHECKED | SPECIFIC)) else ()
    if economies and economies <= FOREIGN and any(group <= FOREIGN for group in fact.entities):
        groups = tuple(group for group in groups if group <= FOREIGN)  # "a model puts imports from China 5 % lower"
    if not fact.concepts or not all(group & named for group in groups):
        return False
    concepts = reading.concepts | reading.bases
    own = fact.topics
    if not all(group & concepts for group in fact.concepts) or "other" in reading.concepts - own:
        return False
    if narrow and _specific(reading) - own and (strict or "per_head" in (reading.concepts - own)):
        return False
    return not strict or economies <= fact.named


def _specific(reading: SentenceReading) -> frozenset[str]:
    """Concepts that another finding on the same economy is not about; goods among them."""
    return (reading.concepts & SPECIFIC) | {name for name in reading.concepts if name.startswith("product_")}


def _same_matter(fact: KnownFact, reading: SentenceReading) -> bool:
    """Whether the fact is on the same outcome, in whatever economy or with whatever partner."""
    concepts = reading.concepts | reading.bases
    own = fact.topics
    if not fact.concepts or not all(group & concepts for group in fact.concepts) or _specific(reading) - own:
        return False
    shared = any(group & reading.entities for group in fact.entities)
    return bool(reading.economies) and (shared or len(fact.entities) == 1)


def _closeness(fact: KnownFact, reading: SentenceReading) -> int:
    """How much of what the sentence names the fact is about."""
    named = reading.entities | reading.concepts | reading.bases
    groups = (*fact.entities, *fact.concepts)
    return 2 * sum(bool(group & named) for group in groups) + len(fact.extra & named) - len(fact.extra - named)


def _same_unit(number: StatedNumber, known: KnownNumber) -> bool:
    if number.measure == "count" and known.measure == "usd":
        return True  # its unit may be stated elsewhere
    if number.measure != known.measure:
        effect = known.measure == "percent" and (
            (known.base == "gdp" and known.name == "estimate") or known.name == "difference"
        )
        return effect and number.measure == "points"
    if number.measure in ("percent", "points") and number.base:
        if known.base:
            return number.base == known.base
        return number.measure == "points" or (known.role != "change" and number.base != "gdp")
    return True


def _same_digits(number: StatedNumber, known: KnownNumber) -> bool:
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


def _years_agree(fact: KnownFact, known: KnownNumber, reading: SentenceReading, number: StatedNumber) -> bool:
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


def _signs_agree(fact: KnownFact, known: KnownNumber, reading: SentenceReading, number: StatedNumber) -> bool:
    if reading.otherwise:  # "without the union trade would be higher" names it as the cause of a fall
        return True
    near = number.sign or reading.sign_near(number)
    if {"before": "later", "after": "earlier"}.get(known.role) == (reading.phase_of(number) or "-"):
        return False
    if fact.sign:
        return near in (0, fact.sign)
    if known.role == "change":
        apart = known.name == "difference" and "gap" in reading.concepts  # "the gap widened by 36 points"
        return apart or known.name == "beside" or near in (0, known.sign)
    if known.role == "before":
        if number.role == "to" and "prices" not in reading.concepts:  # "prices rose to 8 %" in Uzbek: by 8 %
            return False
        pair = number.role == "from" and any(other.role == "to" for other in reading.numbers)
        return not pair or known.newer is None or near == 0 or near * (known.newer - known.value) >= 0
    return not (known.role == "after" and number.role == "from")


def _equal(number: StatedNumber, known: KnownNumber, reading: SentenceReading) -> bool:
    """Whether a number states that value, in its unit, as what it is, of an economy that the sentence names."""
    if known.of and reading.economies and known.of not in reading.economies:
        return False
    if known.name == "beside" and not reading.concepts & {"peers"} and len(reading.numbers) == 1:
        return False
    return number.equals(known.value) and _same_unit(number, known) and _by_agrees(number, known)


def _by_agrees(number: StatedNumber, known: KnownNumber) -> bool:
    """Whether a number by which something changed is compared with a change: always where it is a fraction."""
    if number.role != "by" or number.base:
        return True
    return known.role == "change" or not ((number.about and number.half == 0) or known.base)


def _role_fits(number: StatedNumber, known: KnownNumber) -> bool:
    wanted = {"from": "before", "to": "after", "by": "change"}.get(number.role)
    return known.role == wanted if wanted else True


def _distance(
    pair: tuple[KnownFact, KnownNumber], number: StatedNumber, reading: SentenceReading
) -> tuple[bool, float, float]:
    fact, known = pair
    size = max(abs(known.value), 1e-9)
    return (
        not _years_agree(fact, known, reading, number),
        -_closeness(fact, reading),
        abs(abs(number.value) - size) / size,
    )


# -- series ----------------------------------------------------------------------------------------------
def _match_series(number: StatedNumber, reading: SentenceReading, panel: PanelFacts) -> NumberMatch | None:
    """The number against the series of the panel; None when no series describes it."""
    economies = sorted(e for e in reading.economies if len(e) == 3)
    years, spans = _ends(number, reading)
    if not economies or spans or "other" in reading.concepts:
        return None
    alone = len(reading.economies) == 1
    foreign = {"members", "duty_free", "patents", "poll"}
    if (
        number.base != "gdp" and "gdp" not in reading.bases | reading.concepts
    ):  # "accounted for 42 % of GDP" is no share of a partner
        foreign.add("share")
    if (not alone and len(reading.numbers) < 2) or reading.concepts & foreign:
        return None
    series = [f for e in economies for f in panel.find(e, reading.concepts) if f.latest and _only(f, reading)]
    compared: NumberMatch | None = None
    for fact in series:
        fitting = [k for k in fact.numbers if _same_unit(number, k)]
        growing = "prices" in reading.concepts and fact.code == "inflation"  # "prices rose by 8 %"
        by = number.role == "by" and reading.signs and not growing and (not fitting or fitting[0].role != "change")
        if by or number.measure == "times":
            fitting = _changes(fact, number, years if len(years) > 1 else reading.dates_of()[0])
        found = _at_years(number, reading, fact, fitting)
        if found is not None and found.reason in ("", "newer"):
            return found
        compared = compared or found
    if compared is None:
        for fact in series:
            for item in fact.numbers:
                if item.years & years and number.equals(item.value) and not _same_unit(number, item):
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
    now = "now" in reading.hedges
    years, _ = _ends(number, reading)
    if years:
        stated = [k for k in fitting if k.years & years]
        hit = next((k for k in stated if number.equals(k.value)), None)
        if hit is not None:
            right = _signs_agree(fact, hit, reading, number)
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
    if older is not None and (now or (number.role == "" and number.telling)):
        return NumberMatch(number, fact, replace(older, newer=last.value), "newer")
    return NumberMatch(number, fact, last, "number") if now else None


def _only(fact: KnownFact, reading: SentenceReading) -> bool:
    own = fact.topics
    return not _specific(reading) - own and ("real" not in reading.concepts or bool(own & {"real", "gdp"}))


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
