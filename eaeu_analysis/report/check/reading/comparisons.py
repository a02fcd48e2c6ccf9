"""Words that compare two numbers and are no direction: "less than the 17.6 %", "more than 12 %"."""

from __future__ import annotations

from collections.abc import Sequence

from .roles import BOUND, BY, COMPARATIVES
from .stated_number import StatedNumber
from .vocabulary import FoundPhrase, Lang, TextToken


def find_compared(
    words: Sequence[TextToken], signs: Sequence[FoundPhrase], numbers: Sequence[StatedNumber]
) -> set[int]:
    """Tokens of "less than the 17.6 %" and the like, which compare and are no direction."""
    places = {n.place for n in numbers}
    found = set()
    for p in signs:
        rest = [w.text for w in words[p.last : p.last + 2]]
        if rest[:1] in (["than"], ["чем"]) and places & {p.last + 1, p.last + 2}:
            found.add(p.first)
    return found


def find_hedging(
    words: Sequence[TextToken], hedges: Sequence[FoundPhrase], numbers: Sequence[StatedNumber], lang: Lang
) -> set[int]:
    """Tokens of "more than", "чуть больше" and the like next to a number, which are no direction."""
    places = {n.place for n in numbers}
    ends = {n.place + len(n.text.split()) for n in numbers} if lang == "uz" else set()
    after = {e for e in ends if words[e - 1].text.endswith("dan")}  # "2 foizdan kam", not "2 foiz kam"
    moved = {i for i, w in enumerate(words) if i and w.text in BY and words[i - 1].text in COMPARATIVES}
    near = []
    for p in (p for p in hedges if p.name in BOUND):
        before = places & ({p.last} if p.last in moved else {p.last, p.last + 1})
        if before or p.first in (ends if p.name == "about" else after):
            near.append(p)
    return {at for p in near for at in range(p.first, p.last)}
