"""A country's name inside a longer text, by the patterns of wbgapi (data/tables/name_patterns.toml).

wbgapi's own coder asks the World Bank for its list of economies when it is first called. Here the list is the one of
data/tables/economies.toml, so names are found without a network and without loading wbgapi.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from .catalogue import STRICT, parse, read_table, table_path


@dataclass(frozen=True)
class NamePatterns:
    """Patterns of one economy; economies with a smaller ``order`` are tried first."""

    order: int = 10
    patterns: tuple[str, ...] = ()

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class _Rule:
    iso3: str
    pattern: str
    exact: bool = False  # the text is the pattern; otherwise the pattern is a regular expression
    excludes: bool = False  # where it matches, no later rule of this economy counts


def find_economy(text: str, names: Mapping[str, str]) -> str | None:
    """ISO3 of the first economy whose code, name or pattern is found in ``text``; ``names`` are names by ISO3."""
    wanted = _cleaned(text)
    excluded: set[str] = set()
    for rule in _rules(tuple(sorted(names.items()))):
        if rule.iso3 in excluded:
            continue
        if rule.exact:
            if rule.pattern == wanted:
                return rule.iso3
        elif re.search(rule.pattern, wanted):
            if not rule.excludes:
                return rule.iso3
            excluded.add(rule.iso3)
    return None


@functools.lru_cache
def _rules(names: tuple[tuple[str, str], ...]) -> list[_Rule]:
    path = table_path("name_patterns")
    table = {iso3: parse(NamePatterns, raw, f"{path}, {iso3}") for iso3, raw in read_table(path).items()}
    found: list[tuple[int, _Rule]] = []
    for iso3, name in names:
        own = table.get(iso3, NamePatterns())
        rules = [_Rule(iso3, iso3.lower(), exact=True), _Rule(iso3, _expression(_cleaned(name)))]
        for pattern in own.patterns:
            if pattern.startswith(":"):
                rules.append(_Rule(iso3, pattern[1:].lower(), exact=True))
            else:
                rules.append(_Rule(iso3, _expression(pattern.removeprefix("~")), excludes=pattern.startswith("~")))
        found += [(own.order, rule) for rule in rules]
    return [rule for _, rule in sorted(found, key=lambda pair: pair[0])]


def _cleaned(text: str) -> str:
    """Lower case, without apostrophes and text in parentheses (except US and UK), other signs as spaces."""
    text = re.sub(r"\((u\.?s\.?|u\.?k\.?)\)", lambda country: country[1].replace(".", ""), text.lower())
    text = re.sub(r"\s*\(.*\)", "", text).replace("'", "")
    return re.sub(r"[^\w&]", " ", text).strip()


def _expression(pattern: str) -> str:
    """A regular expression at word boundaries in which "and" matches "&", "st" matches "saint"."""
    pattern = re.sub(r"\band\b", r"(and|\&)", pattern.lower().strip())
    pattern = re.sub(r"\bst\b", r"(st|saint)", pattern)
    words = re.sub(r"\s+", r"\\s+", pattern)
    return rf"\b{words}\b"
