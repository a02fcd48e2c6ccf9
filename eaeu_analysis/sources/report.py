"""What became of a pull, series by series."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass

import pandas as pd

from ..results import Result

STATUSES = ("done", "cached", "failed")


@dataclass(frozen=True)
class Row:
    """One series of a pull: ``status`` done, cached or failed; ``sentence`` says why, or what to know; ``attempts``
    counts requests sent."""

    code: str
    vintage: str
    status: str
    rows: int
    sentence: str
    attempts: int
    kind: str = ""


@dataclass(frozen=True)
class PullReport(Result):
    """Rows in the order the series were asked for; ``damaged``: sentences on stored series that were set aside."""

    rows: tuple[Row, ...]
    endpoint: str
    damaged: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.status == "failed")

    @property
    def offline(self) -> bool:
        """Whether the source could not be reached at all."""
        return any(row.kind == "unreachable" for row in self.rows) and not any(r.status == "done" for r in self.rows)

    def exit_code(self, strict: bool = False) -> int:
        """0 done; 3 when no series is at hand; 4 when some are missing, under ``strict`` or for want of a disk."""
        if self.rows and len(self.failed) == len(self.rows):
            return 3
        return 4 if self.failed and (strict or any(row.kind == "disk" for row in self.failed)) else 0

    def to_frame(self) -> pd.DataFrame:
        """A row per series: code, vintage, status, rows, sentence, attempts."""
        columns = ["code", "vintage", "status", "rows", "sentence", "attempts"]
        return pd.DataFrame([asdict(row) for row in self.rows], columns=columns)

    def summary(self) -> str:
        """Counts by status, then a line for each series that failed or has something to say."""
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        total = sum(row.rows for row in self.rows)
        told = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
        lines = [f"{len(self.rows)} series from {self.endpoint}: {told}; {total:,} observations"]
        days = Counter(row.vintage for row in self.rows if row.status != "failed" and len(row.vintage) == 10)
        if len(days) > 1:
            told = ", ".join(f"{day} ({n} series)" for day, n in sorted(days.items()))
            lines.append(f"  more than one release in this pull: {told}")
        lines += [f"  {row.status:6} {row.code}: {row.sentence}" for row in self.rows if row.sentence]
        lines += [f"  store: {text}" for text in self.damaged]
        return "\n".join(lines)
