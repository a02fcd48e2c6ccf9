"""What others have found or counted, as claims beside ours: numbers and confidence are data (published.toml).

A finding that nobody has seen in a source (confidence R) never becomes a claim: the table does not load with one.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..reference.catalogue import STRICT, parse, read_table, table_path
from ..results import Provenance
from ..series import SeriesInfo
from .claim_rules import TOPICS, meaning
from .claims import Claim, side_of, state


@dataclass(frozen=True)
class Published:
    """One row of data/tables/published.toml; ``confidence`` S: seen in the source named, S2: quoted in another."""

    name: str
    topic: str
    kind: Literal["model", "descriptive"]
    values: Mapping[str, float]
    value: str
    unit: str
    meaning: str
    source: str
    confidence: Literal["S", "S2"]
    note: str

    __pydantic_config__: ClassVar[Any] = STRICT

    def __post_init__(self) -> None:
        if self.topic not in TOPICS:
            raise ValueError(f"topic {self.topic!r} not known")
        if self.value not in self.values:
            raise ValueError(f"value {self.value!r} is not among the values")


@functools.lru_cache
def table() -> tuple[Published, ...]:
    """The rows, checked. BadInputError in one sentence for any that does not hold, a confidence of R among them."""
    path = table_path("published")
    return tuple(
        parse(Published, {**row, "name": name}, f"{path}, entry '{name}'") for name, row in read_table(path).items()
    )


def published(topics: Collection[str] = TOPICS) -> list[Claim]:
    """A claim per row of these topics."""
    return [_claim(row) for row in table() if row.topic in topics]


def _claim(row: Published) -> Claim:
    value = float(row.values[row.value])
    info = SeriesInfo(code=f"tables/published/{row.name}", label=row.note, unit=row.unit, source=row.source)
    return state(
        f"{row.topic}.published.{row.name}",
        row.kind,
        f"published.{row.name}",
        value,
        row.unit,
        "from eaeu_analysis.report.claims_published import table; "
        f"{{r.name: r for r in table()}}[{row.name!r}].values[{row.value!r}]",
        Provenance((info,), "as published"),
        values={name: float(number) for name, number in row.values.items()},
        words={"source": f"={row.source}"},
        side=side_of(value, meaning(row.meaning)),
        question="published",
        caveat=f"published.{row.name}",
        would_change="published",
    )
