"""What a specification curve has found so far, in one file that is always whole: an interrupted run goes on from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import files
from ..errors import BadInputError
from .curve_rows import Answered
from .curve_task import Task
from .grid import Specification

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "specification curve 3"  # of the file and of the numbers in it: raised when either changes
ARRAYS = ("effects", "statistics", "p_values")


def fingerprint(task: Task, specifications: Sequence[Specification]) -> str:
    """SHA-256 of the question, the choices and every number of the panel that they use.

    The numbers count to seven digits: the last bit of a logarithm differs from one processor to another.
    """
    stated = {
        "format": FORMAT,
        "outcome": task.outcome,
        "unit": task.unit,
        "event": task.event,
        "grid": task.grid.plain(),
        "level": task.level,
        "seed": task.seed,
        "columns": dict(task.columns),
        "units": list(task.units),
        "specifications": [s.number for s in specifications],
        "index": [list(map(str, task.panel.frame.columns)), [list(map(str, key)) for key in task.panel.frame.index]],
    }
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode())
    digest.update(np.ascontiguousarray(task.panel.frame.to_numpy(dtype=np.float64).astype("<f4")).tobytes())
    return digest.hexdigest()


def load(path: Path, mark: str, groups: Sequence[Sequence[Specification]]) -> dict[int, Answered]:
    """Questions answered before, by their place in ``groups``; empty when the file does not exist.

    BadInputError when the file is no store, or that of another question.
    """
    import pyarrow.parquet as pq
    from pyarrow.lib import ArrowException

    if not path.exists():
        return {}
    try:
        table = pq.read_table(path)
        missing = sorted({*ARRAYS, "specification"} - set(table.column_names))
    except (ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"store {str(path)!r} cannot be read as a specification curve: {error}") from None
    kept = (table.schema.metadata or {}).get(b"fingerprint", b"").decode("utf-8", "replace")
    if kept != mark:
        raise BadInputError(
            f"store {str(path)!r} holds another specification curve (other data, choices, seed or version); "
            "name another file or delete it"
        )
    if missing:
        raise BadInputError(f"store {str(path)!r} is no specification curve: it has no column {missing[0]}")
    try:
        arrays = {name: np.array(table.column(name).to_pylist(), dtype=np.float64) for name in ARRAYS}
    except (ValueError, TypeError) as error:
        raise BadInputError(f"store {str(path)!r} is no specification curve: {error}") from None
    records = table.drop_columns(list(ARRAYS)).to_pylist()
    place = {record["specification"]: i for i, record in enumerate(records)}
    done = {}
    for number, group in enumerate(groups):
        at = [place[s.number] for s in group if s.number in place]
        if len(at) == len(group):
            done[number] = Answered(tuple(records[i] for i in at), *(arrays[name][at] for name in ARRAYS))
    return done


def save(path: Path, mark: str, done: Mapping[int, Answered]) -> None:
    """All answers so far, in the order of the specifications; the file is replaced as a whole."""
    import pyarrow.parquet as pq

    with files.replacing(path) as aside:
        pq.write_table(_table(mark, done), aside)


def _table(mark: str, done: Mapping[int, Answered]) -> pa.Table:
    import pyarrow as pa

    answers = [done[number] for number in sorted(done)]
    records: list[Mapping[str, Any]] = [row for answer in answers for row in answer.rows]
    columns = {name: [record[name] for record in records] for name in records[0]}
    for name in ARRAYS:
        columns[name] = [line for answer in answers for line in getattr(answer, name).tolist()]
    return pa.table(columns).replace_schema_metadata({"fingerprint": mark})
