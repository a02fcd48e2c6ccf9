"""A hundred million rows of world trade at six digits to the panel that a gravity is estimated on, out of core.

    python quality/benchmarks/bulk_baci.py [--rows 10000000] [--years 10] [--memory 2GB] [--json F]

Makes files of the shape that CEPII distributes BACI in (220 exporters and importers, products of 97 chapters; several
gigabytes in a temporary folder) and adds them up to exporter, importer and year. To reach: under 4 GB. The total by
year is compared with that of the files themselves, summed without the project. No peer does this.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from contest import ROOT, Row, finish

sys.path.insert(0, str(ROOT / "tests" / "data"))

import duckdb
from bulk_files import FIRST_YEAR, baci_file, big_baci

READ = """
import json, os, re, sys, time
start = time.perf_counter()
from eaeu_analysis.data.sources.bulk import flows as bulk
made = bulk.read_flows(sys.argv[5], sys.argv[1], sys.argv[2], products=sys.argv[4], memory=sys.argv[3])
frame = made.frame() if sys.argv[4] == "TOTAL" else made.years  # products stay on disk
seconds = time.perf_counter() - start
peak = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024  # ru_maxrss has the parent's
totals = {int(year): float(usd) for year, usd in frame.groupby("year")["usd"].sum().items()}
cpu = sum(os.times()[:4])
found = {"seconds": seconds, "cpu": cpu, "peak_mb": peak, "flows": int(made.years["rows"].sum())}
print(json.dumps({**found, "totals": totals}))
"""


def totals(folder: Path, years: int) -> dict[int, float]:
    """US$ by year of flows between two different economies."""
    sums = "SELECT sum(v) * 1000 FROM '{}' WHERE i <> j"
    return {
        year: float(duckdb.sql(sums.format(baci_file(folder, year))).fetchall()[0][0])
        for year in range(FIRST_YEAR, FIRST_YEAR + years)
    }


def row(rows: int, years: int, memory: str, level: str) -> Row:
    with tempfile.TemporaryDirectory() as temporary:
        folder = big_baci(Path(temporary) / "in", rows, years)
        expected = totals(folder, years)
        printed = read("baci", folder, memory, level)
    gap = largest_gap(printed, expected)
    to = "to totals by exporter, importer and year" if level == "TOTAL" else f"kept at {level}, on disk"
    return Row(
        "data", f"{rows * years:,} rows of BACI at six digits, {_years(years)}, each row checked, {to}",
        [printed["seconds"]], by="clock", same=gap < 1e-9, peak_mb=printed["peak_mb"], peak_mb_at_most=4096.0,
        compared=f"{printed['flows']:,} flows; largest gap of a year's total {gap:.0e}",
    )  # fmt: skip


def read(kind: str, source: Path, memory: str, level: str) -> dict[str, Any]:
    """What a process of its own read: seconds, peak memory, totals by year."""
    with tempfile.TemporaryDirectory() as temporary:
        command = [sys.executable, "-c", READ, str(source), str(Path(temporary) / "out"), memory, level, kind]
        return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def largest_gap(printed: dict[str, Any], expected: dict[int, float]) -> float:
    return max(abs(printed["totals"][str(year)] / total - 1) for year, total in expected.items())


def _years(number: int) -> str:
    return f"{number} years" if number > 1 else "one year"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="a year")
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--memory", default="2GB", help="bound of the database")
    parser.add_argument("--json", type=Path, help="write the row there too")
    given = parser.parse_args()
    made = [row(given.rows, given.years, given.memory, "TOTAL"), row(given.rows, 1, given.memory, "HS6")]
    return finish(made, given.json)


if __name__ == "__main__":
    sys.exit(main())
