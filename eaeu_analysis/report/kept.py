"""A whole run of the report, kept and found again: its files, what is said of them, its drift."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInputError
from ..reference.catalogue import parse
from . import baseline, cache
from .baseline import Baseline
from .drift import COLUMNS, REVISED, Drift

if TYPE_CHECKING:
    from ..data.sources import Source
    from .checked import Asked

KIND, FACTS, FOLDER = "report", "run.json", "files/"


@dataclass(frozen=True)
class Run:
    """``files`` by name; ``answers``: the sentences at the top; ``missing``: outcomes without data, with the reason;
    ``instead``: series of a fall-back; ``drift`` and ``state`` (to be accepted) when a baseline was named."""

    files: Mapping[str, bytes]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    instead: tuple[tuple[str, str], ...] = ()
    drift: Drift | None = None
    state: Baseline | None = None


def key(question: Mapping[str, str], formats: Sequence[str], source: str | Path | Source, request: Asked | None) -> str:
    """The key of a run: its question, its files, its baseline and the old data named with it."""
    check = "" if request is None else baseline.text(request.old) if request.old else "none yet"
    old = "" if request is None or request.old_data is None else cache.source_digest(request.old_data)
    return cache.key(KIND, {**question, "formats": list(formats), "check": check, "old": old}, source)


def load(mark: str) -> Run | None:
    """The run kept under that key; None when there is none, or when it is not whole."""
    found = cache.load(KIND, mark)
    if found is None or FACTS not in found:
        return None
    try:
        facts = json.loads(found[FACTS])
        return Run(
            files={name.removeprefix(FOLDER): data for name, data in found.items() if name.startswith(FOLDER)},
            answers=tuple(facts["answers"]),
            missing=tuple((name, why) for name, why in facts["missing"]),
            instead=tuple((name, why) for name, why in facts["instead"]),
            drift=None if facts["drift"] is None else _drift(facts["drift"]),
            state=None if facts["state"] is None else parse(Baseline, facts["state"], "kept state"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInputError):
        return None


def keep(mark: str, run: Run) -> None:
    """Keep the run under that key; without a key nothing is kept."""
    if not mark:
        return
    facts = {
        "answers": list(run.answers),
        "missing": [list(row) for row in run.missing],
        "instead": [list(row) for row in run.instead],
        "drift": None if run.drift is None else _plain(run.drift),
        "state": None if run.state is None else json.loads(baseline.text(run.state)),
    }
    files = {f"{FOLDER}{name}": data for name, data in run.files.items()}
    cache.keep(KIND, mark, {FACTS: json.dumps(facts, sort_keys=True).encode(), **files})


def _plain(drift: Drift) -> dict[str, Any]:
    row = {field.name: getattr(drift, field.name) for field in dataclasses.fields(drift)}
    return {
        **row,
        "table": drift.table.to_dict(orient="records"),
        "revised": drift.revised.to_dict(orient="records"),
        "changed": list(drift.changed),
    }


def _drift(row: Mapping[str, Any]) -> Drift:
    import pandas as pd

    tables = {
        "table": pd.DataFrame(row["table"], columns=COLUMNS),
        "revised": pd.DataFrame(row["revised"], columns=REVISED),
    }
    return Drift(**{**row, **tables, "changed": tuple(row["changed"])})
