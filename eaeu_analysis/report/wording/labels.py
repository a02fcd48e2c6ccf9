"""What a reader is shown in place of a name that only the program uses: of an outcome, a table or a scenario."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from ...data.listing import records
from ...reference.catalogue import catalogue, outcomes

NAME = re.compile(r"'?(?<![\w/.-])([a-z]+(?:_[a-z0-9]+)+)(?![\w/(]|\.\w)'?")  # customs_duties, 'customs_duties'
YEARS = re.compile(r", \d{4}.*")  # what ends the label of a table


@functools.lru_cache
def labels() -> Mapping[str, str]:
    """The label of each outcome, shipped table and scenario by its name; tables also with their folder."""
    from ...scenario.load import scenarios

    tables = {key: YEARS.sub("", str(row.get("label", ""))) for key, row in records().items()}
    found = {key.rpartition("/")[2]: label for key, label in tables.items()} | tables
    found |= dict(scenarios().set_index("name")["title"])
    found |= dict(outcomes()["label"])
    return {name: label for name, label in found.items() if label}


def readable(text: str) -> str:
    """The text with labels in quotes in place of names with an underscore; what is no such name stays."""
    if "_" not in text:
        return text

    def label(found: re.Match[str]) -> str:
        own = labels().get(found[1])
        return f"\u201c{own}\u201d" if own else found[0]

    return NAME.sub(label, text)


def label_of(code: str, known: Mapping[str, str] = MappingProxyType({})) -> str:
    """What a series is: by these labels, by the catalogue, by its table; its code where nothing names it."""
    indicators = catalogue()["label"]
    named = known.get(code) or labels().get(code) or (str(indicators[code]) if code in indicators.index else "")
    return named or code.rpartition("/")[2].replace("_", " ")
