"""A number that a sentence states, with its unit and how exact it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Measure = Literal["percent", "points", "usd", "times", "count", "none"]
UNITS: dict[str, Measure | Literal["time"]] = {  # units of vocabulary.toml
    "percent": "percent",
    "log": "percent",
    "points": "points",
    "usd": "usd",
    "currency": "count",
    "chapters": "count",
    "times": "times",
    "time": "time",
}
Role = Literal["", "from", "to", "by"]
TELLING = 100  # half units of its last digit from which a number is telling
MORE = 0.2  # the same where it is "more than" or "less than"
ABOUT = {True: 0.12, False: 0.06}  # share by which a fraction or multiple in words may differ, and an "about" number


@dataclass(frozen=True)
class StatedNumber:
    """A number of a sentence. ``half``: half a unit of its last digit; ``clause``: the part of the sentence
    that it is in; ``base``: what a percentage is of, "" when not
    stated; ``place``: its token; ``about``: stated as approximate, or as a fraction in words; ``bound``: 1 for
    "more than", -1 for "less than"; ``sign``: of a number with "+" or "-" before it."""

    text: str
    value: float
    measure: Measure
    half: float
    place: int
    clause: int = 0
    base: str = ""
    role: Role = ""
    about: bool = False
    bound: int = 0
    sign: int = 0
    scale: float = 1.0

    @property
    def telling(self) -> bool:
        """Whether it has three significant digits, so that it seldom equals another number by chance."""
        return not self.about and not self.bound and self.half > 0 and abs(self.value) >= TELLING * self.half

    def equals(self, value: float) -> bool:
        """Whether a value, without its sign, is stated by this number, rounded as it is printed."""
        if self.bound:
            more = (abs(value) - abs(self.value)) * self.bound
            return -self.half <= more <= max(MORE * abs(self.value), 2 * self.half)
        slack = max(self.half, ABOUT[self.half == 0] * abs(value) if self.about else 0.0)
        return abs(abs(value) - abs(self.value)) <= slack * (1 + 1e-6) + 1e-12
