"""Ten million rows as UN Comtrade prints them, in no more than twice the processor time of the same flows as BACI.

python quality/benchmarks/bulk_comtrade.py [--rows 10000000] [--memory 2GB] [--json F]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import bulk_baci
from bulk_files import big_comtrade
from contest import Row, finish


def comtrade_row(rows: int, memory: str) -> Row:
    """The same flows in both shapes, each by turns; whole seconds of a process, its start and its imports included."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = bulk_baci.big_baci(Path(temporary) / "in", rows, 1)
        file = big_comtrade(bulk_baci.baci_file(folder), Path(temporary) / "comtrade.csv")
        turns = [
            (bulk_baci.read("comtrade", file, memory, "TOTAL"), bulk_baci.read("baci", folder, memory, "TOTAL"))
            for _ in range(2)
        ]
        gap = max(bulk_baci.largest_gap(printed, bulk_baci.totals(folder, 1)) for turn in turns for printed in turn)
    return Row(
        "data", f"{rows:,} rows of UN Comtrade at six digits, to totals", [ours["cpu"] for ours, _ in turns],
        peer="the same flows as BACI", theirs=[theirs["cpu"] for _, theirs in turns], at_least=0.5, same=gap < 1e-9,
        peak_mb=max(ours["peak_mb"] for ours, _ in turns), peak_mb_theirs=max(theirs["peak_mb"] for _, theirs in turns),
        peak_mb_at_most=4096.0, compared=f"largest gap of the year's total {gap:.0e}",
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--memory", default="2GB", help="bound of the database")
    parser.add_argument("--json", type=Path, help="write the row there too")
    given = parser.parse_args()
    return finish([comtrade_row(given.rows, given.memory)], given.json)


if __name__ == "__main__":
    sys.exit(main())
