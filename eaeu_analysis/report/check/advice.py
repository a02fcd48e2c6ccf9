"""What is said of a statement: the finding it was compared with, why, and what may be said instead; in its language."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Literal

from ...errors import BadInputError, IntegrityError
from ...reference.catalogue import indicator, outcome
from ..claims.claim import Claim
from ..wording import templates
from ..wording.templates import Language
from .facts import KnownFact, KnownNumber, series_source
from .judge import Judgement
from .reading.vocabulary import Lang, vocabulary_table

BASE_UNITS = {"gdp": "% of GDP", "imports": "% of imports", "revenue": "% of revenue"}


@dataclass(frozen=True)
class Advice:
    """``finding``: the finding in one sentence, ``why``: the verdict explained, ``instead``: what may be said, ""
    where the statement may stay; ``caveat`` and ``sources`` of the finding."""

    finding: str
    why: str
    instead: str
    caveat: str
    sources: tuple[str, ...]


@functools.lru_cache
def find_check_language(lang: Lang) -> Language:
    """The texts of the check in that language, with the words that page and brief have."""
    return templates.find_language(lang, "check")


def advise(judgement: Judgement, lang: Lang) -> Advice:
    """The texts for a verdict."""
    say = find_check_language(lang)
    fact = judgement.fact
    finding = _finding(judgement, say)
    words = {"finding": f"={finding}"}
    if judgement.known is not None:
        words["known"] = f"={_shown(judgement.known, fact, say)}"
        words["newer"] = f"={_newer(judgement.known, fact, say)}"
    elif fact is not None:
        words["known"] = words["newer"] = f"={finding}"
    if judgement.number is not None:
        words["stated"] = f"={judgement.number.text}"
    key = judgement.reason or "supported"
    why = say.say("reason", "sign" if key == "sign" and judgement.known is None else key, words=words)
    instead = "" if judgement.verdict == "supported" else finding or say.say("instead", "unsupported")
    return Advice(finding, why, instead, _caveat(fact, say), _sources(fact))


def _finding(judgement: Judgement, say: Language) -> str:
    fact = judgement.fact
    if fact is None:
        return ""
    if fact.claim is not None:
        return claim_sentence(fact.claim, say)
    if not fact.code:
        return say.say("described", "joined", {"year": float(min(fact.years))}, {"economy": f"economy.{fact.economy}"})
    known = judgement.known
    if known is None or len(known.years) != 1:
        known = next(k for k in reversed(fact.numbers) if fact.latest in k.years)
    return _described(fact, _current(known, fact), say)


def _current(known: KnownNumber, fact: KnownFact) -> KnownNumber:
    """The number that replaced a number of a series: of the same year in a later edition, or of a later year."""
    same = [k for k in fact.numbers if k.value == known.newer]
    own = [k for k in same if k.years == known.years]
    return (own or same or [known])[-1]


def _described(fact: KnownFact, known: KnownNumber, say: Language) -> str:
    values = {"year": float(max(known.years)), "value": known.value}
    unit = _series_unit(fact.code, say)
    words = {"economy": f"economy.{fact.economy}", "outcome": f"outcome.{fact.code}", "unit": f"={unit}"}
    return say.say("described", "value", values, words)


def _series_unit(code: str, say: Language) -> str:
    unit = outcome(code).unit if code in vocabulary_table()["series"]["outcomes"] else indicator(code).unit
    return say.word(f"unit.{unit}") if say.has("unit", unit) else unit


def claim_sentence(claim: Claim, say: Language) -> str:
    """The claim in that language; of what is often heard and not supported, why it is not."""
    return _text(claim, "why" if claim.topic == "unsupported" else "sentence", say)


def _text(claim: Claim, part: Literal["sentence", "caveat", "why"], say: Language) -> str:
    """A text of the claim; IntegrityError when the claims that ship are of another version."""
    try:
        return (
            say.say("claim", claim.template, claim.values, claim.words) if part == "why" else claim.text(part, say.code)
        )
    except BadInputError as error:
        raise IntegrityError(
            f"claim {claim.id!r} cannot be worded ({error}); the claims are of another version than the code: make "
            "data/results/claims.json again with scripts/pin_claims.py"
        ) from None


def _shown(known: KnownNumber, fact: KnownFact | None, say: Language) -> str:
    """A number with its unit, and its sign where that is a direction."""
    spec = "signed.usd" if known.role == "change" and known.measure != "times" else "usd"
    unit = {
        "percent": say.word(f"unit.{BASE_UNITS.get(known.base, '%')}"),
        "points": say.word("unit.percentage points"),
        "usd": say.word("unit.current US$"),
    }.get(known.measure, "")
    if fact is not None and fact.code:
        unit = _series_unit(fact.code, say) if known.name != "change" else unit
    bracketed = say.code == "uz" and fact is not None and fact.code and unit  # "14,5 (yiliga foizda)"
    return f"{say.number(known.value, spec)} {f'({unit})' if bracketed else unit}".strip()


def _newer(known: KnownNumber, fact: KnownFact | None, say: Language) -> str:
    if fact is None or not fact.code:
        return _shown(replace(known, value=known.value if known.newer is None else known.newer), fact, say)
    current = _current(known, fact)
    return f"{_shown(current, fact, say)} ({max(current.years, default=fact.latest)})"


def _caveat(fact: KnownFact | None, say: Language) -> str:
    if fact is None or fact.claim is None:
        return ""
    return _text(fact.claim, "caveat", say)


def _sources(fact: KnownFact | None) -> tuple[str, ...]:
    if fact is None:
        return ()
    if fact.claim is not None:
        return tuple(fact.claim.sources)
    if fact.code:
        return series_source(fact.code)
    from ...reference.blocs import bloc

    return (bloc("EAEU").record(fact.economy).source,)
