"""Which claims become points, by rule: nobody chooses.

A claim is a point of its side when no check of it failed and, for a counterfactual, when an effect was found. The best
graded of each topic come first, so that no topic crowds out the others; then the next best, until there are enough.
A side with fewer has fewer: it is never filled up.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..topics import TOPICS
from .claim import GRADES, SIDES, Claim

TESTED = ("fared", "partners")  # topics with estimates of what would have happened without the union


def is_point(claim: Claim) -> bool:
    """Whether the claim stands for a side: no failed check, and an effect found where one was tested."""
    return claim.side in ("for", "against") and not claim.failed and claim.finding in ("", "found")


def balance(claims: Sequence[Claim]) -> dict[str, int]:
    """The counts that page, brief and files share: ``findings`` without what is often heard and not supported
    (``heard``), by side and by grade; ``for_passed`` with every check passed, ``for_unchecked`` without any judged;
    ``for_points``, both; ``tests`` against a counterfactual, and ``tests_found`` those that found an effect and passed
    every check; the same of the member alone (``fared_tests``) and of trade between members (``partners_tests``)."""
    held = [claim for claim in claims if claim.topic != "unsupported"]
    found = {"findings": len(held), "heard": len(claims) - len(held)}
    for side in SIDES:
        own = [claim for claim in held if claim.side == side]
        judged = [any(check.passed is not None for check in claim.checks) for claim in own]
        found[side] = len(own)
        found[f"{side}_passed"] = sum(is_point(c) and done for c, done in zip(own, judged, strict=True))
        found[f"{side}_unchecked"] = sum(is_point(c) and not done for c, done in zip(own, judged, strict=True))
        found[f"{side}_points"] = found[f"{side}_passed"] + found[f"{side}_unchecked"]
    for name, topics in (("tests", TESTED), *((f"{topic}_tests", (topic,)) for topic in TESTED)):
        tests = [claim for claim in held if claim.finding and claim.topic in topics]
        found[name] = len(tests)
        found[f"{name}_found"] = sum(claim.finding == "found" and not claim.failed for claim in tests)
    return found | {grade: sum(claim.grade == grade for claim in held) for grade in GRADES}


def points(claims: Sequence[Claim], most: int) -> dict[str, list[Claim]]:
    """The points of each side, at most ``most``, best grade first."""
    return {side: _best([c for c in claims if c.side == side and is_point(c)], most) for side in ("for", "against")}


def _best(claims: Sequence[Claim], most: int) -> list[Claim]:
    ranked = sorted(claims, key=lambda c: c.grade)  # stable: of one grade, as the claims come
    turn: dict[str, int] = {}
    turns = {}
    for claim in ranked:
        turns[claim.id] = turn.get(claim.topic, 0)
        turn[claim.topic] = turns[claim.id] + 1
    chosen = sorted(ranked, key=lambda c: (turns[c.id], c.grade))[:most]
    return sorted(chosen, key=lambda c: (c.grade, TOPICS.index(c.topic)))


def unclear(claims: Sequence[Claim], most: int) -> list[Claim]:
    """Claims that found no clear effect: a check failed, or what was tested does not stand out."""
    unclear_claims = [c for c in claims if c.topic != "unsupported" and (c.finding or c.failed) and not is_point(c)]
    return sorted(unclear_claims, key=lambda c: c.grade)[:most]


def unsupported_points(claims: Sequence[Claim], most: int) -> list[Claim]:
    """What is often heard and not supported."""
    return [claim for claim in claims if claim.topic == "unsupported"][:most]
