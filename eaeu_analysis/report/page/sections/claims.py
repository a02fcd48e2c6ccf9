"""Points for and against, each with its grade, its caveat, what would change it, and the call that makes it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...claims.claim import GRADES, SIDES, Claim
from ...claims.points import balance, is_point
from ...wording import sentences, templates
from ..parts import (
    Card,
    Cards,
    Cell,
    Code,
    Column,
    Details,
    Heading,
    Items,
    Link,
    PageSection,
    PageTable,
    Term,
    Terms,
    Text,
)

if TYPE_CHECKING:
    from ..material import Material
    from ..picture import Picture

TITLE, NAV = "Points for and against, with their grades", "Points for and against"
HEADS = {"for": "For joining", "against": "Against joining", "context": "Context"}
HOW = (
    "A finding counts for or against by the sign of its number times what a rise means for residents, which is fixed "
    "in a table. Of a before/after the number is the difference from the comparators' mean change, not the change "
    "itself: GDP per head that rose by less than theirs counts against. It is background with fewer than three "
    "comparators, where the difference from their median or from the nearest pool has the other sign, where a rise is "
    "neither good nor bad, and where a counterfactual finds no effect. A finding that fails a check counts for neither "
    "side. "
    "A count is no verdict: grades C and D describe and attribute nothing, F is as good as its assumptions, and X is "
    "no evidence."
)


def build(material: Material, pictures: Mapping[str, Picture]) -> PageSection:
    """The balance, the rule of the grades, and a card per claim by side."""
    if not material.claims:
        why = material.missing.get("claims", "no claim is supported by the data at hand")
        return PageSection("claims", TITLE, NAV, missing=why)
    grades = Terms(tuple(Term(grade, _word("grade", grade), id=f"grade-{grade}") for grade in GRADES))
    parts: list[Any] = [
        Text(claim_balance(material.claims)),
        Text(HOW),
        Details("How points are graded", (grades,), True),
    ]
    for side in SIDES:
        held = [claim for claim in material.claims if claim.side == side]
        if held:
            parts.append(Heading(f"claims-{side}", f"{HEADS[side]}: {sentences.count(len(held))}"))
            clear = [claim for claim in held if is_point(claim)]
            unclear = [claim for claim in held if not is_point(claim)]
            folded = "points of context" if side == "context" else "more that lean this way, without a clear effect"
            if clear:
                parts.append(_cards(clear, pictures))
            if unclear:
                parts.append(Details(f"Show the {len(unclear)} {folded}", (_cards(unclear, pictures),)))
    parts.append(Details(f"All {len(material.claims)} points in one table", (_table(material.claims),)))
    return PageSection("claims", TITLE, NAV, tuple(parts))


def _cards(claims: Sequence[Claim], pictures: Mapping[str, Picture]) -> Cards:
    return Cards(tuple(_card(claim, pictures) for claim in claims), "claims")


def claim_balance(claims: Sequence[Claim]) -> str:
    """How many findings stand on each side, how many of them pass every check or had none, and how many by grade."""
    found = balance(claims)

    def side(name: str) -> str:
        return f"({found[f'{name}_passed']} pass every check, {found[f'{name}_unchecked']} have no check to pass)"

    grades = ", ".join(f"{grade} {found[grade]}" for grade in GRADES)
    heard = f" Besides, {found['heard']} sentences that are often heard and not supported." if found["heard"] else ""
    return (
        f"{found['findings']} findings: {found['for']} favour joining {side('for')}, {found['against']} count against "
        f"{side('against')}, {found['context']} are background.{heard} By grade of evidence: {grades}."
    )


def _word(table: str, key: str) -> str:
    return templates.find_language("en").say(table, key, {}, {})


def _card(claim: Claim, pictures: Mapping[str, Picture]) -> Card:
    behind = [f"What would change it: {claim.text('would_change')}"]
    behind += [f"Check failed: {check.name}: {check.text}" for check in claim.failed]
    passed = [check.name for check in claim.checks if check.passed]
    behind += [f"Checks passed: {', '.join(passed)}."] if passed else []
    behind += [f"Method: {claim.method}{f' ({claim.reference})' if claim.reference else ''}."] if claim.method else []
    behind += [f"Source: {line}" for line in claim.sources]
    parts: list[Any] = [
        Text(claim.sentence),
        Text(f"Caveat: {claim.text('caveat')}", "caveat"),
        Details("What stands behind it", (Items(tuple(behind)), Code(claim.call))),
    ]
    if claim.figure in pictures:
        parts.append(Link(f"#{claim.figure}", "See the figure"))
    return Card(claim.id, claim.id.replace(".", ", ").replace("_", " "), tuple(parts), f"grade {claim.grade}", 4)


def _table(claims: Sequence[Claim]) -> PageTable:
    heads = ("point", "side", "grade", "what the data say", "caveat")
    rows = tuple(
        (
            Cell(claim.id),
            Cell(claim.side),
            Cell(claim.grade),
            Cell(claim.sentence),
            Cell(claim.text("caveat")),
        )
        for claim in claims
    )
    columns = tuple(Column(head, "words") for head in heads)
    return PageTable("claims-table", "Every point with its caveat", columns, rows)
