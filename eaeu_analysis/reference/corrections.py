"""Corrections as data: what a source has wrong, what is right, why, and who says so (data/corrections.toml).

A correction states the old value too. It is applied only where the source still has that value; once the source
has changed, it is refused, for a person to look at again. What was applied stands in the note of the series or of the
table of flows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from .. import settings
from ..errors import BadInputError
from ..series import SeriesData
from . import economies
from .catalogue import TableRow, parse, read_table

MISSING = "missing"
CORRECTED = "corrected"  # status of a flow that a correction put in
FLOW = ("exporter", "importer", "year")
RELATIVE = 1e-9  # two writings of one number; a revision is larger


@dataclass(frozen=True)
class Correction(TableRow):
    """``old`` and ``new`` are values or ``"missing"``: a value may be put in or taken out as well."""

    series: str
    economy: str
    year: int
    old: float | Literal["missing"]
    new: float | Literal["missing"]
    reason: str
    source: str

    @property
    def text(self) -> str:
        return f"{self.economy} {self.year} {_shown(self.old)} -> {_shown(self.new)} ({self.reason}; {self.source})"


@dataclass(frozen=True)
class FlowCorrection(TableRow):
    """What a table of flows has wrong, in its own unit.

    ``old`` has the flows of the source that are wrong, ``new`` what is right, by "EXPORTER IMPORTER YEAR". A flow that
    is only in ``old`` is left out, one that is only in ``new`` has no row in the source.
    """

    table: str
    basis: str
    reason: str
    source: str
    old: dict[str, float]
    new: dict[str, float]

    @property
    def flows(self) -> list[str]:
        return sorted({*self.old, *self.new})

    def __hash__(self) -> int:
        return hash((self.table, self.basis, self.reason, self.source))

    def rows(self) -> list[tuple[str, float | str, float | str]]:
        """Each flow with the old and the new value."""
        return [(flow, self.old.get(flow, MISSING), self.new.get(flow, MISSING)) for flow in self.flows]


def load_flow_corrections(table: str, path: Path | None = None) -> tuple[FlowCorrection, ...]:
    """The corrections of one table of flows ("trade/uzbekistan_annual"); raises BadInputError that names the entry."""
    file = path or settings.data_dir() / "corrections.toml"
    return tuple(one for one in _flow_corrections(file, _content(file)) if one.table == table)


@functools.lru_cache(maxsize=8)
def _flow_corrections(file: Path, content: bytes) -> tuple[FlowCorrection, ...]:
    found = []
    for number, raw in enumerate(_entries(file, "flows"), start=1):
        where = f"{file}, flows {number}"
        made = parse(FlowCorrection, raw, where)
        _stated(made, where)
        for flow in made.flows:
            _flow(flow, where)
        if not made.flows:
            raise BadInputError(f"{where}: no flow is named in old or new")
        if any(not math.isfinite(value) or value < 0 for value in (*made.old.values(), *made.new.values())):
            raise BadInputError(f"{where}: a flow is a number, zero or more")
        same = [flow for flow, old, new in made.rows() if _same(old, new)]
        if same:
            raise BadInputError(f"{where}: old and new of {same[0]} are the same")
        found.append(made)
    keys = pd.Series([(c.table, c.basis, flow) for c in found for flow in c.flows], dtype="object")
    if keys.duplicated().any():
        again = keys[int(keys.duplicated().to_numpy().argmax())]
        raise BadInputError(f"{file}: {again[2]} of {again[0]} is corrected twice")
    return tuple(found)


def load_corrections(path: Path | None = None) -> tuple[Correction, ...]:
    """Every correction of the table; raises BadInputError that names the entry."""
    file = path or settings.data_dir() / "corrections.toml"
    return _corrections(file, _content(file))


@functools.lru_cache(maxsize=8)
def _corrections(file: Path, content: bytes) -> tuple[Correction, ...]:
    found = []
    for number, raw in enumerate(_entries(file, "correction"), start=1):
        where = f"{file}, correction {number}"
        made = parse(Correction, raw, where)
        _stated(made, where)
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
    _refuse(data.info.key, refused)
    keys = pd.MultiIndex.from_tuples([(c.economy, c.year) for c in ours], names=["economy", "year"])
    frame = data.frame[~data.frame.set_index(["economy", "year"]).index.isin(keys)]
    put = [(c.economy, c.year, float(c.new)) for c in ours if c.new != MISSING]
    frame = pd.concat([frame, pd.DataFrame(put, columns=["economy", "year", "value"])], ignore_index=True)
    frame = frame.astype({"economy": "str", "year": "int64", "value": "float64"})
    note = f"{len(ours)} value{'s' if len(ours) > 1 else ''} corrected: " + "; ".join(c.text for c in ours)
    info = data.info.with_(note="; ".join(filter(None, [data.info.note, note])))
    return SeriesData(info, frame.sort_values(["economy", "year"], ignore_index=True))


def apply_to_flows(frame: pd.DataFrame, corrections: Iterable[FlowCorrection]) -> pd.DataFrame:
    """A table of flows with its corrections made; a flow that was put in has the status "corrected".

    Raises BadInputError, with nothing applied, when the source no longer has an old value, already has a flow that is
    put in, or has several rows for one (products).
    """
    for one in corrections:
        ours = frame[frame["basis"] == one.basis]
        keys = pd.Series([" ".join(map(str, key)) for key in zip(*(ours[c] for c in FLOW), strict=True)], ours.index)
        rows = keys[keys.isin(one.flows)]
        if rows.duplicated().any():
            raise BadInputError(f"corrections of {one.table}: {rows[rows.duplicated()].iloc[0]} has several rows")
        held = dict(zip(rows, ours.loc[rows.index, "usd"], strict=True))
        _refuse(
            one.table,
            [
                f"{flow} is {_shown(held.get(flow, MISSING))}, not {_shown(old)}"
                for flow, old, _ in one.rows()
                if not _same(held.get(flow, MISSING), old)
            ],
        )
        put = pd.DataFrame([_flow(flow) for flow in one.new], columns=list(FLOW))
        put = put.assign(usd=list(one.new.values()), basis=one.basis, status=CORRECTED)
        put = put.assign(**{c: ours[c].iloc[0] for c in frame.columns if c not in put})  # one source, one product
        kept = frame.drop(index=rows.index)
        frame = pd.concat([kept, put[list(frame.columns)].astype(frame.dtypes)], ignore_index=True)
        frame = frame.sort_values([*FLOW, "basis"], kind="stable", ignore_index=True)
    return frame


def _content(file: Path) -> bytes:
    """What the file has now, by which its entries are known again; nothing where there is none."""
    return file.read_bytes() if file.is_file() else b""


def _entries(file: Path, kind: str) -> list[object]:
    """The entries of one kind, of a file that has nothing else."""
    table = read_table(file)
    extra = sorted(set(table) - {"correction", "flows"})
    if extra:
        raise BadInputError(f"{file}: '{extra[0]}' is not a [[correction]] or [[flows]]")
    entries = table.get(kind, [])
    if not isinstance(entries, list):
        raise BadInputError(f"{file}: write [[{kind}]], not [{kind}]")
    return entries


def _stated(made: Correction | FlowCorrection, where: str) -> None:
    if not made.reason.strip() or not made.source.strip():
        raise BadInputError(f"{where}: a correction states its reason and its source")


def _flow(text: str, where: str = "") -> tuple[str, str, int]:
    """Exporter, importer and year of "UZB RUS 2011"."""
    parts = text.split(" ")
    if len(parts) != 3 or not all(code.isalpha() and len(code) == 3 for code in parts[:2]) or not parts[2].isdigit():
        raise BadInputError(f"{where}: '{text}' is not a flow such as 'UZB RUS 2011'")
    return parts[0], parts[1], int(parts[2])


def _refuse(name: str, refused: list[str]) -> None:
    if refused:
        raise BadInputError(
            f"corrections of {name} refused, the source has changed: {'; '.join(refused)}; review data/corrections.toml"
        )


def _same(a: float | str, b: float | str) -> bool:
    if a == MISSING or b == MISSING:
        return a == b
    return math.isclose(float(a), float(b), rel_tol=RELATIVE, abs_tol=0.0)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
