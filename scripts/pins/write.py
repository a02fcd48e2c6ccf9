"""Write pinned tables and the file of their records: same input, same bytes; all files appear or none."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from eaeu_analysis import files
from eaeu_analysis.errors import BadInputError, NoDataError

RETRIEVED = "2026-11"
FACTS = ("label", "source", "vintage", "licence", "unit", "note")

# A reader takes the files of a pin and returns the table and what its record says besides the source: counts, years.
Reader = Callable[..., tuple[pd.DataFrame, dict[str, Any]]]


@dataclass
class TableDraft:
    """A table on its way to a pin, and how many rows were left out and why."""

    frame: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)


def with_record(read: Callable[..., TableDraft]) -> Reader:
    """A reader whose record gives the years and the rows left out."""

    def reader(*paths: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
        made = read(*paths)
        years = [int(made.frame["year"].min()), int(made.frame["year"].max())] if "year" in made.frame else None
        return made.frame, {"years": years, "dropped": {why: n for why, n in sorted(made.dropped.items()) if n}}

    return reader


def write_pins(
    source: Path | str,
    target: Path,
    manifest_name: str,
    pins: Mapping[str, Mapping[str, Any]],
    readers: Mapping[str, Reader],
    facts: tuple[str, ...] = FACTS,
) -> dict[str, Any]:
    """Read each file that ``pins`` names in folder ``source``; write tables and records to folder ``target``.

    ``file`` of a pin is one name, or a list of those that make one table. ``facts`` are the keys of a pin that its
    record repeats. Returns the records as written.
    Raises NoDataError for a missing file, BadInputError for a file without a needed column.
    """
    folder = Path(source)
    manifest: dict[str, Any] = {}
    with files.replacing_files(target) as stage:
        for name, pin in sorted(pins.items()):
            paths = [folder / file for file in ([pin["file"]] if isinstance(pin["file"], str) else pin["file"])]
            for path in paths:
                if not path.is_file():
                    raise NoDataError(f"{path.name} is not in {str(folder)!r}: it is needed for the pin {name!r}")
            shown = ", ".join(path.name for path in paths)
            try:
                frame, more = readers[name](*paths)
            except KeyError as missing:
                raise BadInputError(f"{shown} has no column {missing.args[0]!r}") from missing
            data = _parquet(frame)
            (stage / f"{name}.parquet").write_bytes(data)
            manifest[name] = {
                **{key: pin[key] for key in facts},
                "retrieved": RETRIEVED,
                "rows": len(frame),
                "columns": list(frame.columns),
                **more,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "source_file": shown,
                "source_sha256": ", ".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in paths),
            }
        text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        (stage / manifest_name).write_text(text, encoding="utf-8")
    return manifest


def _parquet(frame: pd.DataFrame) -> bytes:
    """Deterministic bytes: no index, no pandas metadata, fixed compression."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False).replace_schema_metadata(None)
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd", compression_level=15)
    return buffer.getvalue()
