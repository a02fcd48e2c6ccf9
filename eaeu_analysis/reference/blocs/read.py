"""blocs.toml into blocs, each mistake one sentence that names bloc and row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import BadInputError, NoDataError, unknown
from .. import economies as names
from ..catalogue import parse, read_table
from .dates import over
from .membership import Accession, Bloc, Observer, Stage, Withdrawal

_HEAD = ("name", "aliases", "kind", "membership", "note")
_ROWS = {"stage": Stage, "accession": Accession, "withdrawal": Withdrawal, "observer": Observer}


def read_blocs(path: Path) -> dict[str, Bloc]:
    """blocs.toml, checked: stages and economies exist, no one leaves before joining, no one joins twice."""
    found = {code: _bloc(code, raw, f"{path}, bloc '{code}'") for code, raw in read_table(path).items()}
    if not found:
        raise NoDataError(f"{path} has no bloc")
    return found


def _bloc(code: str, raw: object, where: str) -> Bloc:
    if not isinstance(raw, Mapping):
        raise BadInputError(f"{where}: expected fields, got {raw!r}")
    for key in raw:
        if key not in (*_HEAD, *_ROWS):
            raise BadInputError(f"{where}: {unknown('field', key, [*_HEAD, *_ROWS])}")
    for key in ("name", "kind", "membership"):
        if not isinstance(raw.get(key), str):
            raise BadInputError(f"{where}: field '{key}' is missing")
    aliases = raw.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(text, str) for text in [*aliases, raw.get("note", "")]):
        raise BadInputError(f"{where}: 'aliases' are a list of names, 'note' is text")
    stages = {s.name: s for s in _rows(raw, "stage", where)}
    if raw["membership"] not in stages:
        raise BadInputError(f"{where}, membership: {unknown('stage', raw['membership'], stages)}")
    joined: dict[tuple[str, str], Accession] = {}
    for a in _rows(raw, "accession", where):
        if a.stage not in stages:
            raise BadInputError(f"{where}, accession of {a.economy}: {unknown('stage', a.stage, stages)}")
        if (a.economy, a.stage) in joined:
            raise BadInputError(f"{where}: {a.economy} joins '{a.stage}' twice")
        if over(a.date, a.precision) < stages[a.stage].date:
            raise BadInputError(f"{where}: {a.economy} joins '{a.stage}' on {a.date}, before it began")
        joined[a.economy, a.stage] = a
    for w in _rows(raw, "withdrawal", where):
        entry = joined.get((w.economy, w.stage))
        if entry is None or w.date <= entry.date:
            raise BadInputError(f"{where}: {w.economy} leaves '{w.stage}' on {w.date} without having joined it before")
        joined[w.economy, w.stage] = replace(entry, left=w.date, how=w.how, left_source=w.source, left_note=w.note)
    observers = {o.economy: o for o in _rows(raw, "observer", where)}
    head = {key: raw[key] for key in ("name", "kind", "membership", "note") if key in raw}
    return Bloc(code, stages=stages, accessions=tuple(joined.values()), observers=observers,
                aliases=tuple(aliases), **head)  # fmt: skip


def _rows(raw: Mapping[str, Any], kind: str, where: str) -> Iterator[Any]:
    """The rows of one kind; a row that lists several economies becomes one record for each."""
    rows = raw.get(kind, [])
    if not isinstance(rows, list):
        raise BadInputError(f"{where}: expected [[{kind}]] tables, got {rows!r}")
    for number, row in enumerate(rows, start=1):
        here = f"{where}, {kind} {number}"
        if not isinstance(row, Mapping):
            raise BadInputError(f"{here}: expected fields, got {row!r}")
        if kind == "stage":
            yield parse(Stage, row, here)
            continue
        rest = {key: value for key, value in row.items() if key != "economies"}
        economies = row.get("economies")
        if not isinstance(economies, list) or not economies:
            raise BadInputError(f"{here}: field 'economies' is missing")
        for iso3 in economies:
            if not isinstance(iso3, str) or iso3 not in names.economy_tables().economies:
                labels = {c: e.name for c, e in names.economy_tables().economies.items()}
                raise BadInputError(f"{here}: {unknown('economy', iso3, labels, labels)}")
            yield parse(_ROWS[kind], {**rest, "economy": iso3}, here)
