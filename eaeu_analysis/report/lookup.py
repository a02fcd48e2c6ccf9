"""Findings by subject, for programs: what is asked is a finding, or the answer is that it is not one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import BadInputError, near_matches
from ..text import clean_text
from .claims.claim import SIDES, Claim
from .topics import TOPICS

MOST = 25  # findings in one answer
WORD = 3  # letters from which a word of a question counts


def find_claims(
    claims: Sequence[Claim], query: str = "", topic: str = "", side: str = "", most: int = 10
) -> list[dict[str, Any]]:
    """The claims on a subject, the nearest first: each with its sentence, grade, caveat, sources and call.

    ``query`` is matched word by word with the claim's id, question and sentence; an empty one selects all of a topic.
    """
    for name, given, known in (("topic", topic, TOPICS), ("side", side, SIDES)):
        if given and given not in known:
            raise BadInputError(f"{name} {given!r} not known; expected one of {', '.join(known)}")
    words = {word for word in clean_text(query).casefold().replace("?", " ").split() if len(word) >= WORD}
    ranked = []
    for place, claim in enumerate(claims):
        if (topic and claim.topic != topic) or (side and claim.side != side):
            continue
        text = f"{claim.id.replace('.', ' ').replace('_', ' ')} {claim.text('question')} {claim.sentence}".casefold()
        score = sum(word in text for word in words)
        if score or not words:
            ranked.append((-score, place, claim))
    return [summary_of(claim) for _, _, claim in sorted(ranked, key=lambda row: row[:2])[: min(most, MOST)]]


def find_claim(claims: Sequence[Claim], name: str) -> Claim:
    """The claim with that id; BadInputError with the near matches where there is none."""
    for claim in claims:
        if claim.id == name:
            return claim
    ids = [claim.id for claim in claims]
    near = near_matches(name, ids, {})
    raise BadInputError(f"{name!r} is not a finding of this report" + (f"; near: {', '.join(near)}" if near else ""))


def summary_of(claim: Claim) -> dict[str, Any]:
    """What may be quoted of a claim, with what has to be quoted with it."""
    body = claim.document()
    kept = ("sentence", "side", "grade", "finding", "value", "unit", "interval", "level", "caveat", "sources", "call")
    failed = [check["name"] for check in body["checks"] if check["passed"] is False]
    return {"id": claim.id, "topic": claim.topic, **{key: body[key] for key in kept}, "failed_checks": failed}
