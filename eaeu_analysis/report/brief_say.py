"""A claim as the brief says it: the short sentence of its template, its caveat, the verdict of its test."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..series import SeriesInfo
from .brief_words import Speech
from .claims import Claim

# Templates of claims that differ in the direction alone, which the brief tells by the verb.
FAMILIES = {
    "before_after.rose": "before_after",
    "before_after.fell": "before_after",
    "before_after.rose_unclear": "before_after_unclear",
    "before_after.fell_unclear": "before_after_unclear",
    "latest.higher": "latest",
    "latest.lower": "latest",
    "leaning.share_up": "leaning.share",
    "leaning.share_down": "leaning.share",
}


@dataclass(frozen=True)
class Sayer:
    """Says claims in one language."""

    lang: Speech

    def sentence(self, claim: Claim) -> str:
        """The short sentence. BadInputError where the language has none for the claim's template."""
        return self.lang.say("say", FAMILIES.get(claim.template, claim.template), claim.values, claim.words)

    def caveat(self, claim: Claim) -> str:
        """The short caveat."""
        return self.lang.say("caveat", claim.caveat, claim.values, claim.words)

    def source(self, info: SeriesInfo) -> str:
        """A series in the small print: code and vintage, or the source of a table of published figures."""
        if info.code.startswith("tables/"):
            return info.source or info.code
        owner = "World Bank " if info.source.startswith("World Bank") else ""
        return f"{owner}{info.code}{f' ({info.vintage})' if info.vintage else ''}"

    def fared(self, seen: Claim, test: Claim | None) -> str:
        """What was seen, and the verdict of the test."""
        words: dict[str, Any] = {**seen.words, "verdict": f"={self.verdict(test)}"}
        return self.lang.say("fared", "sentence", seen.values, words)

    def verdict(self, test: Claim | None) -> str:
        """What a counterfactual found, as a clause; one that was not asked found nothing."""
        if test is None:
            return self.lang.say("verdict", "untested")
        return self.lang.say("verdict", _verdict(test), test.values, test.words)

    def told(self, claim: Claim) -> str:
        """A number of a model, or that it finds no clear effect."""
        unclear = bool(claim.failed) or not math.isfinite(claim.lower) or claim.lower <= 0 <= claim.upper
        return self.lang.say("verdict", "model_unclear" if unclear else "model_clear", claim.values, claim.words)

    def answer(self, name: str, claims: Mapping[str, Claim]) -> str:
        """The answer to a likely question, the fields of each claim by their prefix; ``verdict`` and ``told`` too."""
        values = {f"{prefix}{key}": number for prefix, c in claims.items() for key, number in c.values.items()}
        words: dict[str, Any] = {
            f"{prefix}{key}": text for prefix, c in claims.items() for key, text in c.words.items()
        }
        for prefix, claim in claims.items():
            if claim.finding:
                words[f"{prefix}verdict"] = f"={self.verdict(claim)}"
            elif claim.template.startswith("scenario."):
                words[f"{prefix}told"] = f"={self.told(claim)}"
        return self.lang.say("answer", name, values, words)


def _verdict(test: Claim) -> str:
    """The key of the verdict: that of the claim's template, which its finding and its checks decided."""
    return test.template.rpartition(".")[2]
