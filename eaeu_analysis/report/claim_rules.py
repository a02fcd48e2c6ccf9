"""The rules that makers of claims share: the meaning of a rise, words of a unit, checks as words."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadInputError
from ..reference.catalogue import read_table, table_path
from ..results import Check

TOPICS = ("fared", "members", "partners", "leaning", "tariffs", "revenue", "scenario", "rerouting", "unsupported")


@dataclass(frozen=True)
class Rules:
    """data/tables/claims.toml."""

    meaning: Mapping[str, int]
    why: Mapping[str, str]
    told: Mapping[str, tuple[str, ...]]
    share: float
    least: float
    stated: tuple[float, ...]


@functools.lru_cache
def rules() -> Rules:
    """The table, read once. BadInputError when a meaning is not -1, 0 or 1."""
    path = table_path("claims")
    raw = read_table(path)
    for name, entry in raw["meaning"].items():
        if entry["sign"] not in (-1, 0, 1):
            raise BadInputError(f"{path}, meaning of '{name}': sign {entry['sign']!r}, expected -1, 0 or 1")
    return Rules(
        meaning={name: int(entry["sign"]) for name, entry in raw["meaning"].items()},
        why={name: str(entry["why"]) for name, entry in raw["meaning"].items()},
        told={name: tuple(outcomes) for name, outcomes in raw["told"].items()},
        share=float(raw["tolerance"]["share"]),
        least=float(raw["tolerance"]["least"]),
        stated=tuple(float(number) for number in raw["stated"]["numbers"]),
    )


def meaning(name: str) -> int:
    """What a rise of that number means: 1 good, -1 bad, 0 neither; BadInputError where the table does not say."""
    found = rules().meaning.get(name)
    if found is None:
        raise BadInputError(f"{table_path('claims')} does not say what a rise of '{name}' means")
    return found


def failed_words(checks: Iterable[Check]) -> tuple[str, ...]:
    """The failed checks as words of the language file, each once."""
    return tuple(dict.fromkeys(f"check.{check.name}" for check in checks if check.passed is False))


def load_call(names: Iterable[str], source: str) -> str:
    """Python that loads the panel of these outcomes from the same source."""
    where = "" if source == "pinned" else f", source={source!r}"
    return f"ea.load_panel({list(names)!r}{where})"


def years(prefix: str, window: tuple[int, int]) -> dict[str, float]:
    """A window as two numbers of a sentence: ``<prefix>_first`` and ``<prefix>_last``."""
    return {f"{prefix}_first": float(window[0]), f"{prefix}_last": float(window[1])}


def call(function: str, *arguments: Any, **named: Any) -> str:
    """A Python call as text, arguments by ``repr``."""
    shown = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in named.items())]
    return f"{function}({', '.join(shown)})"
