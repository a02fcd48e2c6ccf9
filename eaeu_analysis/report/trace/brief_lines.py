"""The numbers of a brief against the claims of their own line, in the language of the brief."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...settings import LEVEL
from ..claims.claim import Claim
from ..claims.points import balance
from .trace import Untraced

if TYPE_CHECKING:
    from ..brief.compose import Brief, Line

NUMBER = re.compile(
    r"(?<![\w.,])[-+−]?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|(?<![\w.,])[-+−]?\d+(?:[.,]\d+)?(?!\d)"
)
SCALES = (1.0, 1e3, 1e6, 1e9)
SPOKEN = 0.1  # share by which a whole number read aloud may differ from the exact one, which is printed with it
LOGS = 1000.0  # log points above which a number of such a claim is no estimate
YEAR = re.compile(r"(?:19|20)\d\d")


def trace_brief(brief: Brief, claims: Sequence[Claim]) -> list[Untraced]:
    """The numbers of a brief that none of the claims of their line has, rounded as printed.

    The bottom line and the lines on how certain the findings are may state how many findings and tests there are.
    """
    by_id = {claim.id: claim for claim in claims}
    counts = _counts(claims)
    found = []
    for part, lines in brief.parts.items():
        for line in lines:
            own = [by_id[name] for name in line.claims if name in by_id]
            slack = SPOKEN if part == "aloud" else 0.0
            held = [*_values(own), *(counts if part in ("bottom", "sure") else ())]
            found += _untraced(line, held, {*_named(own), 100 * LEVEL}, brief.lang, part, slack)
    return found


def _untraced(
    line: Line, held: Sequence[float], named: set[float], lang: str, part: str, slack: float
) -> list[Untraced]:
    out = []
    for text in (line.text, line.caveat, line.title):
        for token, size, decimals in numbers_in(text, lang):
            half, about = 0.5 * 10.0**-decimals + 1e-9, 0.0 if decimals else slack
            near = (max(half * scale, about * abs(v)) >= abs(abs(v) - size * scale) for v in held for scale in SCALES)
            if size not in named and not any(near):
                out.append(Untraced(token, text, part))
    return out


def numbers_in(text: str, lang: str) -> list[tuple[str, float, int]]:
    """Each number of a text in that language: as printed, its size and its decimals."""
    from babel.numbers import parse_decimal

    found = []
    for match in NUMBER.finditer(text):
        plain = match.group().lstrip("-+−").replace("\u202f", "\u00a0")
        mark = "." if lang == "en" else ","
        found.append((match.group(), float(parse_decimal(plain, locale=lang)), len(plain.partition(mark)[2])))
    return found


def _values(claims: Sequence[Claim]) -> list[float]:
    """What the claims hold, and how many times as large their second number is as the first."""
    held = []
    for claim in claims:
        numbers = [*claim.values.values(), claim.value, claim.lower, claim.upper]
        held += [*numbers, *(100 * math.expm1(n / 100) for n in numbers if claim.measure == "log points" and n < LOGS)]
        if claim.values.get("own") and "new" in claim.values:
            held.append(claim.values["new"] / claim.values["own"])
    return [value for value in held if math.isfinite(value)]


def _named(claims: Sequence[Claim]) -> set[float]:
    """Numbers in names: of units ("US$ of 2015"), dates and chapters of goods, and years of the claim's sentence."""
    words = [str(word) for claim in claims for word in claim.words.values()]
    found = {float(n) for word in words for n in re.findall(r"\d+", word.partition(".")[2] + word.partition("=")[2])}
    return found | {float(year) for claim in claims for year in YEAR.findall(claim.text())}


def _counts(claims: Sequence[Claim]) -> list[float]:
    """How many findings and tests there are, and how many years a test has."""
    years = {claim.values["years"] for claim in claims if claim.finding and "years" in claim.values}
    return [*map(float, balance(claims).values()), *sorted(years)]
