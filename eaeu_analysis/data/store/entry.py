"""One manifest entry: what a stored series is, and how it got here."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import IntegrityError
from ...series import SeriesInfo
from ..sources.live.request import Request, digest

FORMAT = 1
KEYS = ("economy", "year")
_INFO = ("code", "label", "unit", "kind", "source", "vintage", "vintage_note", "licence", "note")


@dataclass(frozen=True)
class StoreEntry:
    """``info`` is the series' record without the date of retrieval, which is ``retrieved_at`` (UTC).

    ``keys`` are the columns that identify a row ("economy", "year" for a series of a panel; bilateral tables have
    more), ``sha256`` the hash of the Parquet bytes, ``footnotes`` (economy, year, status, text),
    ``freq`` the letter of its periods (Y, Q, M), which column ``year`` counts as :class:`SeriesData` says.
    """

    request: Request
    info: SeriesInfo
    retrieved_at: str
    rows: int
    sha256: str
    size: int
    keys: tuple[str, ...] = KEYS
    notes: dict[str, str] = field(default_factory=dict)
    footnotes: tuple[tuple[str, int, str, str], ...] = ()
    problems: tuple[str, ...] = ()
    freq: str = "Y"

    @property
    def id(self) -> str:
        """Request, vintage and content: what the source changes without a new date is kept next to the old."""
        return digest({"request": self.request.to_dict(), "vintage": self.info.vintage, "sha256": self.sha256})

    @property
    def code(self) -> str:
        return self.info.code

    @property
    def vintage(self) -> str:
        return self.info.vintage

    @property
    def key(self) -> str:
        return self.info.key

    @property
    def retrieved(self) -> datetime:
        return datetime.fromisoformat(self.retrieved_at)

    @property
    def series(self) -> SeriesInfo:
        """The series' record with the date of retrieval, as a panel carries it."""
        return self.info.with_(retrieved=self.retrieved_at[:10])

    def to_bytes(self) -> bytes:
        """The manifest file: JSON, keys sorted, closed by a digest of the rest."""
        info = asdict(self.info)
        record: dict[str, Any] = {
            "format": FORMAT,
            "request": self.request.to_dict(),
            "info": {name: info[name] for name in _INFO},
            "retrieved_at": self.retrieved_at,
            "rows": self.rows,
            "sha256": self.sha256,
            "size": self.size,
            "keys": list(self.keys),
            "notes": self.notes,
            "footnotes": [list(note) for note in self.footnotes],
            "problems": list(self.problems),
        } | ({} if self.freq == "Y" else {"freq": self.freq})
        return json.dumps(record | {"digest": digest(record)}, sort_keys=True, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> StoreEntry:
        """Raises IntegrityError when the file is not a manifest entry or its digest does not hold."""
        try:
            record = json.loads(data)
            stated = record.pop("digest")
            if record["format"] != FORMAT:
                raise IntegrityError(f"it is of format {record['format']}, this version reads {FORMAT}")
            if digest(record) != stated:
                raise IntegrityError("its content does not match its own digest")
            if b"\\ud" in data.lower():
                json.dumps(record, ensure_ascii=False).encode()  # half a character cannot be written or shown
            return cls(
                request=Request.from_dict(record["request"]),
                info=SeriesInfo("").with_(**{name: str(record["info"][name]) for name in _INFO}),
                retrieved_at=_with_zone(record["retrieved_at"]),
                rows=int(record["rows"]),
                sha256=str(record["sha256"]),
                size=int(record["size"]),
                keys=tuple(map(str, record["keys"])),
                notes={str(k): str(v) for k, v in record["notes"].items()},
                footnotes=tuple((str(e), int(y), str(s), str(t)) for e, y, s, t in record["footnotes"]),
                problems=tuple(map(str, record["problems"])),
                freq=str(record.get("freq", "Y")),
            )
        except IntegrityError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise IntegrityError(f"it is not a manifest entry ({type(error).__name__})") from error


def _with_zone(text: str) -> str:
    """The time to the millisecond; ValueError without a time zone, since times without one cannot be compared."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("no time zone")
    return time.isoformat(timespec="milliseconds")


assert {f.name for f in fields(SeriesInfo)} >= set(_INFO)  # noqa: S101 - a renamed field must not lose provenance


def listing(entries: Iterable[StoreEntry]) -> pd.DataFrame:
    """A row per entry; ``economies`` and ``years`` are those asked for, ``host`` is the address that was asked."""
    columns = ["code", "vintage", "label", "rows", "retrieved", "economies", "years", "source", "footnotes", "host"]
    rows = []
    for entry in entries:
        asked = entry.request
        years = f"{asked.years[0]}-{asked.years[-1]}" if asked.years else "all"
        who = ", ".join(asked.economies) if asked.economies else "all"
        texts = [entry.code, entry.vintage, entry.info.label, entry.rows, entry.retrieved_at[:10]]
        rows.append([*texts, who, years, entry.info.source, len(entry.footnotes), urlsplit(asked.endpoint).netloc])
    return pd.DataFrame(rows, columns=columns)


def to_parquet(frame: pd.DataFrame) -> bytes:
    """A frame as Parquet; the bytes depend on the values and types alone."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    columns = []
    for name in table.column_names:
        column = table.column(name)
        text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
        columns.append(column.cast(pa.string()) if text else column)
    plain = pa.table(columns, names=table.column_names)  # without pandas' own notes
    sink = io.BytesIO()
    pq.write_table(plain, sink, compression="zstd", version="2.6", store_schema=False)
    return sink.getvalue()


def from_parquet(data: bytes) -> pd.DataFrame:
    """The frame of :func:`to_parquet`; raises IntegrityError when it cannot be read."""
    try:
        frame: pd.DataFrame = pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise IntegrityError("its values cannot be read") from error
    return frame
