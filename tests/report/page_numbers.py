"""The numbers of a text, as each language writes them."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*")


def numbers_of(text: str, lang: str) -> list[float]:
    """The numbers of a text; marks of thousands and of decimals as that language writes them."""
    found = []
    for match in NUMBER.finditer(text):
        plain = re.sub(r"[\u00a0\u202f]", "", match.group())
        found.append(float(plain.replace(",", "") if lang == "en" else plain.replace(",", ".")))
    return found
