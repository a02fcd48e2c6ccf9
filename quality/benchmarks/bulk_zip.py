"""Read 60 series out of a World Bank bulk zip of full size: seconds and peak memory, in a process of its own.

    python quality/benchmarks/bulk_zip.py [--rows 400000] [--years 65] [--series 60] [--turns 3] [--json F]

Makes a zip of the real download's layout in a temporary folder (266 economies and groups, 1,504 indicators,
values with up to 15 digits, a third of the cells filled) and reads it through ``read_file``. To reach: under
20 s and under 1 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from contest import Row, finish

FIRST_YEAR = 1960


def make(path: Path, rows: int, years: int) -> int:
    """Write the zip; returns the bytes of its table unpacked."""
    from eaeu_analysis.reference import economies as names

    rng = np.random.default_rng(0)
    economies = [*names.economies().index[:217], *names.aggregates().index]
    indicators = -(-rows // len(economies))
    header = ["Country Name", "Country Code", "Indicator Name", "Indicator Code"]
    header += [str(FIRST_YEAR + k) for k in range(years)]
    size = done = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("WDICountry.csv", "Country Code,Short Name\n")
        info = zipfile.ZipInfo("WDICSV.csv", (2026, 4, 8, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(info, "w", force_zip64=True) as out:
            size += out.write((",".join(f'"{name}"' for name in header) + "\n").encode())
            for economy in economies:
                count = min(indicators, rows - done)
                filled = rng.random((count, years)) < 1 / 3
                values = rng.lognormal(10, 6, (count, years))
                block = []
                for k in range(count):
                    cells = [f"{v:.15g}" if f else "" for v, f in zip(values[k], filled[k], strict=True)]
                    name = f'"Country of {economy}","{economy}","Indicator, number {k} (units)","{code(k)}",'
                    block.append(name + ",".join(cells))
                done += count
                size += out.write(("\n".join(block) + "\n").encode() if block else b"")
    return size


def code(k: int) -> str:
    return f"XX.{k // 100:02d}.{k % 100:02d}.ZS"


def read(path: str, series: int) -> None:
    start = time.perf_counter()
    from eaeu_analysis.data.sources.files.source import read_file

    found = read_file(path, [code(7 * k) for k in range(series)])
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KB on Linux
    values = sum(len(item.frame) for item in found)
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "series": len(found), "values": values}))


def row(rows: int, years: int, series: int, turns: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "WDI_CSV.zip"
        size = make(path, rows, years)
        runs = []
        for _ in range(turns):
            command = [sys.executable, __file__, "--read", str(path), "--series", str(series)]
            runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    whole = all(run["series"] == series and run["values"] == runs[0]["values"] for run in runs)
    return Row(
        "data", f"bulk zip of {rows:,} rows and {years} years ({size / 1e9:.1f} GB unpacked) to {series} series",
        [run["seconds"] for run in runs], by="clock", at_most=20.0, same=whole,
        compared=f"{runs[0]['values']:,} values in each run",
        peak_mb=max(run["peak_mb"] for run in runs), peak_mb_at_most=1000.0,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=400_000)
    parser.add_argument("--years", type=int, default=65)
    parser.add_argument("--series", type=int, default=60)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the row there too")
    parser.add_argument("--read", metavar="ZIP", help="only read this file (used by the benchmark itself)")
    given = parser.parse_args()
    if given.read:
        read(given.read, given.series)
        return 0
    return finish([row(given.rows, given.years, given.series, given.turns)], given.json)


if __name__ == "__main__":
    sys.exit(main())
