"""Numbers as a person says them into a microphone: "about a third", with the exact one next to it.

A share is the nearest simple fraction where one is near, else a whole per cent; money has one leading figure.
"About" is within 5 % of the number spoken, "a little over" and "a little under" within 12 %.
"""

from __future__ import annotations

import math
import re
from typing import Final

from ...errors import BadInputError
from .templates import Language

ABOUT, LITTLE = 0.05, 0.12  # how far a number may be from the number spoken, as a share of it
FRACTIONS: Final = {
    "tenth": 10.0,
    "fifth": 20.0,
    "quarter": 25.0,
    "third": 100 / 3,
    "two_fifths": 40.0,
    "half": 50.0,
    "three_fifths": 60.0,
    "two_thirds": 200 / 3,
    "three_quarters": 75.0,
    "four_fifths": 80.0,
    "nine_tenths": 90.0,
}
TIMES: Final = {"one_and_a_half": 1.5, "twice": 2.0, "three": 3.0, "four": 4.0, "five": 5.0, "ten": 10.0}
KINDS = ("share", "percent", "usd", "times")


def seconds_to_say(text: str, rate: float) -> int:
    """Seconds that a text takes to read aloud at ``rate`` words a minute.

    Each digit and each sign such as % counts as a word: "34.7 %" is four.
    """
    words = sum(max(bool(re.search(r"[^\W\d_]", part)), len(re.findall(r"\d|[%$]", part))) for part in text.split())
    return max(1, round(60 * words / rate))


def spoken_number(value: float, kind: str, lang: Language) -> str:
    """``value`` as spoken: a "share" or "percent" (of 100), "usd" (US dollars), "times" (a ratio). The sign is the
    sentence's: sizes have none. BadInputError for another kind, or for what is no number."""
    if kind not in KINDS or not math.isfinite(value):
        raise BadInputError(f"{value!r} as {kind!r} cannot be read aloud; kinds: {', '.join(KINDS)}")
    size = abs(value)
    if kind in ("share", "times"):
        known = FRACTIONS if kind == "share" else TIMES
        name = min(known, key=lambda n: abs(size / known[n] - 1))
        how = _how(size, known[name])
        if how:
            return lang.say(
                how, kind, words={"spoken": f"={lang.template('fraction' if kind == 'share' else kind, name)}"}
            )
    if kind == "usd":
        return _money(size, lang)
    digits = _digits(size)
    rounded = round(size, digits)
    if kind == "times":
        return _phrase("about", "ratio", rounded, digits, lang)
    key = "part" if kind == "share" else "percent"  # of something, where a language says that otherwise
    return _phrase(_how(size, rounded) or "about", key, rounded, digits, lang)


def _digits(size: float) -> int:
    """Decimals of a per cent: none where the whole one is within 5 %, else one, or the first that is not zero."""
    if size == 0 or size >= 10 or abs(size - round(size)) <= ABOUT * round(size):
        return 0
    return 1 if size >= 0.1 else -math.floor(math.log10(size))


def _money(size: float, lang: Language) -> str:
    """One leading figure where it is near, else two; in thousands, millions, billions or trillions."""
    if size < 1000:
        return _phrase("about", "dollars", float(round(size)), 0, lang)
    power = min(12, 3 * int(math.floor(math.log10(size)) // 3))
    number = size / 10.0**power
    one = _leading(number, 1)
    near = one if _how(number, one) else _leading(number, 2)
    scale = {3: "thousand", 6: "million", 9: "billion", 12: "trillion"}[power]
    return _phrase(_how(number, near) or "about", scale, near, 0 if near.is_integer() else 1, lang)


def _phrase(how: str, key: str, spoken: float, digits: int, lang: Language) -> str:
    """The phrase with the number in it; ``count`` is for the noun that follows."""
    return lang.say(how, key, {"count": spoken}, {"spoken": f"={lang.number(spoken, str(digits))}"})


def _leading(value: float, digits: int) -> float:
    return round(value, digits - 1 - math.floor(math.log10(value)))


def _how(size: float, spoken: float) -> str:
    """The table of phrases: "about", "over" or "under"; "" where the number spoken is too far."""
    if not spoken:
        return ""
    off = size / spoken - 1
    if abs(off) <= ABOUT + 1e-12:
        return "about"
    return "" if abs(off) > LITTLE else "over" if off > 0 else "under"
