"""data/tables/brief.toml, read and checked."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..reference.catalogue import STRICT, parse, read_table, table_path


@dataclass(frozen=True)
class Spoken:
    """A number that can be said aloud: value of a claim (over another of it), and how it is said."""

    name: str
    claim: str
    value: str
    kind: Literal["share", "percent", "usd", "times"]
    over: str = ""
    signed: bool = False

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Question:
    """A likely question: the claims that its answer rests on, by the prefix of their fields."""

    name: str
    claims: Mapping[str, str]

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class BriefRules:
    """``points``, ``unclear``, ``heard``: how many of each at most; the others in the order of the brief."""

    points: int
    unclear: int
    heard: int
    fared: tuple[str, ...]
    leaning: tuple[str, ...]
    aloud: tuple[Spoken, ...]
    questions: tuple[Question, ...]


@functools.lru_cache
def rules() -> BriefRules:
    """The table, read once. BadInputError names the entry that does not hold."""
    path = table_path("brief")
    raw = read_table(path)
    return BriefRules(
        **{name: int(raw["most"][name]) for name in ("points", "unclear", "heard")},
        fared=tuple(raw["fared"]["outcomes"]),
        leaning=tuple(raw["leaning"]["claims"]),
        aloud=tuple(parse(Spoken, row, f"{path}, aloud {row.get('name')!r}") for row in raw["aloud"]),
        questions=tuple(parse(Question, row, f"{path}, question {row.get('name')!r}") for row in raw["questions"]),
    )
