"""Numbers in a sentence, for tests of what a text states and not of its words."""

from __future__ import annotations

import re


def numbers(text: str) -> list[str]:
    """The numbers of a text as they are printed, with sign and per cent: 'from -1.50 to 2 (30%)' gives all three."""
    return re.findall(r"(?<![\w.])[+-]?\d+(?:,\d{3})*(?:\.\d+)?%?", text)
