"""Corrections as data: what a source has wrong, what is right, why, and who says so (data/corrections.toml).

A correction holds the old value too. It is applied only where the source still has that value; once the source
has changed, it is refused, for a person to look at again. What was applied stands in the series' note.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import pandas as pd

from .. import settings
from ..errors import BadInputError
from ..reference import economies
from ..reference.catalogue import STRICT, parse, read_table
from ..series import SeriesData

MISSING = "missing"
RELATIVE = 1e-9  # two writings of one number; a revision is larger


@dataclass(frozen=True)
class Correction:
    """``old`` and ``new`` are values or ``"missing"``: a value may be put in or taken out as well."""

    series: str
    economy: str
    year: int
    old: float | Literal["missing"]
    new: float | Literal["missing"]
    reason: str
    source: str

    __pydantic_config__: ClassVar[Any] = STRICT

    @property
    def text(self) -> str:
        return f"{self.economy} {self.year} {_shown(self.old)} -> {_shown(self.new)} ({self.reason}; {self.source})"


def load_corrections(path: Path | None = None) -> tuple[Correction, ...]:
    """Every correction of the table; raises BadInputError that names the entry."""
    file = path or settings.data_dir() / "corrections.toml"
    table = read_table(file)
    extra = sorted(set(table) - {"correction"})
    if extra:
        raise BadInputError(f"{file}: '{extra[0]}' is not a [[correction]]")
    found = []
    for number, raw in enumerate(table.get("correction", []), start=1):
        where = f"{file}, correction {number}"
        made = parse(Correction, raw, where)
        if not made.reason.strip() or not made.source.strip():
            raise BadInputError(f"{where}: a correction states its reason and its source")
        if economies.resolve(made.economy) != made.economy:
            raise BadInputError(f"{where}: economy '{made.economy}' is not an ISO3 code")
        if any(value != MISSING and not math.isfinite(float(value)) for value in (made.old, made.new)):
            raise BadInputError(f"{where}: old and new are numbers or 'missing'")
        if _same(made.old, made.new):
            raise BadInputError(f"{where}: old and new are the same")
        found.append(made)
    twice = pd.Series([(c.series, c.economy, c.year) for c in found], dtype="object").duplicated()
    if twice.any():
        again = found[int(twice.to_numpy().argmax())]
        raise BadInputError(f"{file}: {again.series} {again.economy} {again.year} is corrected twice")
    return tuple(found)


def apply(data: SeriesData, corrections: Iterable[Correction]) -> SeriesData:
    """The series with its corrections made, each in its note; those of other series are passed over.

    Raises BadInputError, with nothing applied, when the source no longer has an old value.
    """
    ours = [c for c in corrections if c.series == data.info.code]
    if not ours or data.freq != "Y":
        return data
    values = data.frame.set_index(["economy", "year"])["value"]
    refused = []
    for c in ours:
        key = (c.economy, c.year)
        held: float | str = float(values.loc[key]) if key in values.index else MISSING
        if not _same(held, c.old):
            refused.append(f"{c.economy} {c.year} is {_shown(held)}, not {_shown(c.old)}")
    if refused:
        raise BadInputError(
            f"corrections of {data.info.key} refused, the source has changed: {'; '.join(refused)}; "
            "review data/corrections.toml"
        )
    keys = pd.MultiIndex.from_tuples([(c.economy, c.year) for c in ours], names=["economy", "year"])
    frame = data.frame[~data.frame.set_index(["economy", "year"]).index.isin(keys)]
    put = [(c.economy, c.year, float(c.new)) for c in ours if c.new != MISSING]
    frame = pd.concat([frame, pd.DataFrame(put, columns=["economy", "year", "value"])], ignore_index=True)
    frame = frame.astype({"economy": "str", "year": "int64", "value": "float64"})
    note = f"{len(ours)} value{'s' if len(ours) > 1 else ''} corrected: " + "; ".join(c.text for c in ours)
    info = data.info.with_(note="; ".join(filter(None, [data.info.note, note])))
    return SeriesData(info, frame.sort_values(["economy", "year"], ignore_index=True))


def _same(a: float | str, b: float | str) -> bool:
    if a == MISSING or b == MISSING:
        return a == b
    return math.isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=0.0)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
