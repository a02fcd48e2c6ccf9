"""What others have found or counted, as claims next to ours: numbers and confidence are data (published.toml).

A finding that nobody has seen in a source (confidence R) never becomes a claim: the table does not load with one.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...reference.catalogue import TableRow, parse, read_table, table_path
from ...results import Provenance
from ...series import SeriesInfo
from ..topics import TOPICS
from .claim import Claim, load_claim_rules, meaning, side_of, state


@dataclass(frozen=True)
class Published(TableRow):
    """One row of data/tables/published.toml; ``confidence`` S: seen in the source named, S2: quoted in another."""

    name: str
    topic: str
    values: Mapping[str, float]
    value: str
    unit: str
    meaning: str
    source: str
    confidence: Literal["S", "S2"]
    note: str

    def __post_init__(self) -> None:
        if self.topic not in TOPICS:
            raise ValueError(f"topic {self.topic!r} not known")
        if self.value not in self.values:
            raise ValueError(f"value {self.value!r} is not among the values")


@functools.lru_cache
def published_rows() -> tuple[Published, ...]:
    """The rows, checked. BadInputError in one sentence for any that does not hold, a confidence of R among them."""
    path = table_path("published")
    return tuple(
        parse(Published, {**row, "name": name}, f"{path}, entry '{name}'") for name, row in read_table(path).items()
    )


def published_claims(topics: Collection[str] = TOPICS) -> list[Claim]:
    """A claim per row of these topics."""
    return [_claim(row) for row in published_rows() if row.topic in topics]


def _claim(row: Published) -> Claim:
    value = float(row.values[row.value])
    info = SeriesInfo(code=f"tables/published/{row.name}", label=row.note, unit=row.unit, source=row.source)
    return state(
        f"{row.topic}.published.{row.name}",
        value,
        row.unit,
        "from eaeu_analysis.report.claims.published import published_rows; "
        f"{{r.name: r for r in published_rows()}}[{row.name!r}].values[{row.value!r}]",
        Provenance((info,), "as published"),
        kind="published",
        template=f"published.{row.name}",
        values={name: float(number) for name, number in row.values.items()},
        words={"source": f"={row.source}"},
        side=side_of(value, meaning(row.meaning)),
        question="published",
        caveat=f"published.{row.name}",
        would_change="published",
    )


# What not to say: sentences often heard that the data do not support, with the number that refutes each.
#
# Made of other claims, so that no number is computed twice. A refuted sentence counts for neither side: all are
# context. A maker that lacks one of its claims says nothing.


def unsupported_claims(claims: Sequence[Claim]) -> list[Claim]:
    """The sentences whose refuting claims are among ``claims``; left out when the refuting claim found the effect."""
    by_id = {claim.id: claim for claim in claims}
    made = []
    for name, refuted in load_claim_rules().refuted.items():
        main, parts = refuted["by"], refuted["parts"]
        if all(needed in by_id for needed in parts.values()) and by_id[main].finding not in ("found", "fragile"):
            made.append(_unsupported_claim(name, by_id[main], {prefix: by_id[i] for prefix, i in parts.items()}))
    return made


def _unsupported_claim(name: str, main: Claim, parts: Mapping[str, Claim]) -> Claim:
    values = {f"{prefix}{key}": number for prefix, part in parts.items() for key, number in part.values.items()}
    words = {f"{prefix}{key}": text for prefix, part in parts.items() for key, text in part.words.items()}
    if main.measure == "log points":  # the sentence is in per cent
        values |= {key: 100 * math.expm1(values[key] / 100) for key in ("estimate", "lower", "upper")}
    return dataclasses.replace(
        main,
        id=f"unsupported.{name}",
        topic="unsupported",
        question="unsupported",
        side="context",
        template=f"unsupported.{name}",
        values=values,
        words=words,
    )
