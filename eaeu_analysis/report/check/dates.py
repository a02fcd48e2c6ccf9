"""Years and spans of years of a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .vocabulary import APOSTROPHES, FoundPhrase, TextToken

FIRST_YEAR, LAST_YEAR = 1900, 2050


def find_years(
    text: str, words: Sequence[TextToken], phrases: Sequence[FoundPhrase]
) -> tuple[list[tuple[int, int, int]], set[int]]:
    """Token, first and last year of every year and span of years; and the tokens that they take up."""
    dates: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    units = {p.first for p in phrases if p.family in ("unit", "scale") and p.name != "time"}
    at = 0
    while at < len(words):
        year = _year(words[at], text)
        if year is not None and is_price_year(words, at):
            taken.add(at)
            year = None
        amount = is_before_amount(words, at + 1)
        if year is None or (at + 1 in units and not amount) or (at and words[at - 1].text == "$"):
            at += 1
            continue
        last = None
        if at + 2 < len(words) and words[at + 1].text in ("-", "–", "—", "−") and words[at + 2].is_number:
            other = words[at + 2].text
            short = len(other) == 2 and other.isdigit() and int(other) > year % 100
            last = year // 100 * 100 + int(other) if short else _year(words[at + 2], text)
        if last is not None and last > year:
            dates.append((at, year, last))
            taken |= {at, at + 2}
            at += 3
        else:
            dates.append((at, year, year))
            taken.add(at)
            at += 1
    return dates, taken


def is_price_year(words: Sequence[TextToken], at: int) -> bool:
    """Whether a year only says in whose prices something is ("US$ of 2015", "2015-yil narxlarida")."""
    before = [w.text for w in words[max(0, at - 2) : at]]
    after = [w.text for w in words[at + 1 : at + 4]]
    return (
        before in (["us$", "of"], ["prices", "of"], ["dollars", "of"])
        or after[:1] in (["prices"], ["dollars"])
        or before[-1:] in (["ценах"], ["constant"])
        or (
            any(re.fullmatch("narx(lari)?da", text) for text in after) and any(text.startswith("yil") for text in after)
        )
    )


def _year(word: TextToken, text: str) -> int | None:
    """The year that a token is: four digits, or two after an apostrophe ("'19")."""
    if re.fullmatch(r"\d\d", word.text) and APOSTROPHES.fullmatch(text[word.start - 1 : word.start]):
        return 2000 + int(word.text) if int(word.text) <= LAST_YEAR % 100 else 1900 + int(word.text)
    return int(word.text) if re.fullmatch(r"\d{4}", word.text) and FIRST_YEAR <= int(word.text) <= LAST_YEAR else None


def is_before_amount(words: Sequence[TextToken], at: int) -> bool:
    """Whether a token is the "$" right before a number."""
    amount = at + 1 < len(words) and words[at].text in ("$", "us$") and words[at + 1].is_number
    return amount and words[at].end == words[at + 1].start
