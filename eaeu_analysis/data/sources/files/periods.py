"""How files and services write a year, a quarter or a month."""

from __future__ import annotations

import re

MIN_YEAR, MAX_YEAR = 1800, 2100
EXPECTED = f"a year between {MIN_YEAR} and {MAX_YEAR}, a quarter (2015Q1) or a month (2015M01)"
_YEAR = re.compile(r"(?:YR|X)?(\d{4})(?:\.0*|[ep])?")  # YR: World Bank; X: R; e, p: estimate and projection (KNOMAD)
_MONTH = re.compile(r"(?:YR)?(\d{4})-?M?(\d{2})|(?:YR)?(\d{4})-?M(\d)")
_QUARTER = re.compile(r"(?:YR)?(\d{4})-?Q([1-4])")
_FIRST_DAY = re.compile(r"(\d{4})-(\d{2})-01(?:[ T]00:00:00)?")
Period = tuple[str, int]  # "Y", "Q", "M" or "D" (the first day of a month), and the year or the number from 1970


def read_period(text: str) -> Period | None:
    """The period that a text names, or None; quarters and months are counted from 1970, as pandas does.

    >>> read_period("2015"), read_period("2015 [YR2015]"), read_period("2015M02"), read_period("2015-Q1")
    (('Y', 2015), ('Y', 2015), ('M', 541), ('Q', 180))
    """
    text = text.strip().partition(" [")[0].replace("\u041c", "M")  # a Cyrillic M, as in Uzbek statistics
    if found := _YEAR.fullmatch(text):
        return _within("Y", int(found[1]), 1, 1)
    if found := _QUARTER.fullmatch(text):
        return _within("Q", int(found[1]), int(found[2]), 4)
    if found := _FIRST_DAY.fullmatch(text):
        return _within("D", int(found[1]), int(found[2]), 12)
    if (found := _MONTH.fullmatch(text)) and not text.isdecimal():
        return _within("M", int(found[1] or found[3]), int(found[2] or found[4]), 12)
    return None


def _within(letter: str, year: int, part: int, parts: int) -> Period | None:
    if not MIN_YEAR <= year <= MAX_YEAR or not 1 <= part <= parts:
        return None
    return letter, year if letter == "Y" else (year - 1970) * parts + part - 1
