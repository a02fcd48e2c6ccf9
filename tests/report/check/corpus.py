"""The sentences of corpus.toml with their fields filled, in two halves fixed by a hash of the id."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import eaeu_analysis as ea
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.wording.templates import decimals
from eaeu_analysis.results import is_reliable

FIELD = re.compile(r"\{(?P<place>[\w.]+?)(?P<op>[*+]\d+(?:\.\d+)?)?(?::(?P<form>[mb]?\d|y))?\}")
SCALES = {"m": 1e6, "b": 1e9}


@dataclass(frozen=True)
class CorpusSentence:
    """A sentence with its expected verdict ("none": nothing to check) and the kind of its making."""

    id: str
    lang: str
    verdict: str
    kind: str
    text: str

    @property
    def unseen(self) -> bool:
        """Whether it belongs to the half on which nothing was tuned."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1


def read_corpus(
    claims: Sequence[Claim], path: Path | None = None, part: str = "sentences"
) -> tuple[list[CorpusSentence], list[str]]:
    """The sentences of a part that the claims can fill and that still hold, and the ids of the others."""
    raw = tomllib.loads((path or Path(__file__).with_name("corpus.toml")).read_text(encoding="utf-8"))
    by_id = {claim.id: claim for claim in claims}
    found, left = [], []
    for lang, rows in raw[part].items():
        for name, verdict, kind, text in rows:
            try:
                if not all(_holds(need, raw["claims"], by_id) for need in raw["needs"].get(name, ())):
                    left.append(name)
                    continue
                filled = FIELD.sub(lambda m: _field(m, lang, raw["claims"], by_id), text)  # noqa: B023 - called at once
            except KeyError:
                left.append(name)
                continue
            found.append(CorpusSentence(name, lang, verdict, kind, filled))
    return found, left


def _holds(need: str, names: Mapping[str, str], claims: Mapping[str, Claim]) -> bool:
    """Whether a condition of a sentence holds: "SW clear", "TC unclear", "LXE.change fell"."""
    place, word = need.split()
    claim = claims[names[place.partition(".")[0]]]
    if word.startswith("chapter."):
        return claim.words.get("chapter") == word
    if word in ("fell", "rose"):
        return (claim.values[place.partition(".")[2]] < 0) is (word == "fell")
    zero = claim.lower <= 0 <= claim.upper
    clear = not zero and is_reliable(claim.checks) and claim.finding in ("", "found")
    return clear is (word == "clear")


@functools.lru_cache
def _series(outcome: str) -> Any:
    return ea.load_panel([outcome]).frame[outcome]


def _field(match: re.Match[str], lang: str, names: Mapping[str, str], claims: Mapping[str, Claim]) -> str:
    parts = match["place"].split(".")
    if parts[0] == "S":
        _, outcome, economy, year = parts
        value = float(_series(outcome)[economy, int(year)])
    else:
        name = names.get(parts[0], ".".join(parts[:-1]))  # a short name, or the whole id of a claim
        value = claims[name].values[parts[-1]]
    value = abs(value)
    if match["op"]:
        size = float(match["op"][1:])
        value = value * size if match["op"][0] == "*" else value + size
    form = match["form"] or str(decimals(value))
    if form == "y":
        return f"{value:.0f}"
    if form[0] in SCALES:
        value, form = value / SCALES[form[0]], form[1:]
    text = f"{value:,.{int(form)}f}"
    return text if lang == "en" else text.replace(",", "\u00a0").replace(".", ",")
