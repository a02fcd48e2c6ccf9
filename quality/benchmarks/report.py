"""The report as a user runs it: cold, again, the brief, `--help`: processes of their own, with an empty cache at first.

    python quality/benchmarks/report.py [--turns N] [--json F]

To reach on two cores: the report cold under 15 s and 800 MB, again under 10 s with the same bytes; the brief under 5 s
once the claims are known; `eaeu --help` under 0.5 s and the import under 0.3 s. Memory is summed over all processes.
No peer makes a report.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from contest import Row, finish

EAEU = str(Path(sys.executable).with_name("eaeu"))


def run(command: list[str], home: Path) -> dict[str, Any]:
    """Seconds by the clock, and peak memory of the process with its children, looked at ten times a second."""
    environment = {**os.environ, "EAEU_STORE": str(home), "EAEU_CACHE": "on"}
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    root, peak = psutil.Process(process.pid), 0.0
    while True:
        try:
            process.wait(timeout=0.1)
            break
        except subprocess.TimeoutExpired:
            peak = max(peak, _resident(root))
    took = time.perf_counter() - begun
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {"clock": took, "peak_mb": peak}


def _resident(root: psutil.Process) -> float:
    total = 0
    for process in [root, *_children(root)]:
        try:
            full = process.memory_full_info()
            total += getattr(full, "pss", full.uss)  # what two processes share is counted once
        except psutil.Error:
            continue
    return total / 1e6


def _children(root: psutil.Process) -> list[psutil.Process]:
    try:
        return root.children(recursive=True)
    except psutil.Error:
        return []


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = hashlib.sha256()
    for path in files:
        whole.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return whole.hexdigest()


def rows(turns: int) -> list[Row]:
    found = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        prints: dict[str, str] = {}
        for jobs in (2, 1):
            out, home = folder / f"report_{jobs}", folder / f"home_{jobs}"
            measured = run([EAEU, "report", "--out", str(out), "--jobs", str(jobs)], home)
            prints[f"jobs {jobs}"] = digest(out)
            found.append(
                Row(
                    "report", f"eaeu report, cold, {jobs} job{'s' * (jobs > 1)}", [measured["clock"]], by="clock",
                    at_most=15.0 if jobs == 2 else None, same=len(set(prints.values())) == 1,
                    compared="same bytes for 1 and 2 jobs" if len(prints) == 2 else "", peak_mb=measured["peak_mb"],
                    peak_mb_at_most=800.0,
                )
            )  # fmt: skip
        home = folder / "home_2"
        again = [run([EAEU, "report", "--out", str(folder / f"again_{k}")], home) for k in range(turns)]
        equal = {digest(folder / f"again_{k}") for k in range(turns)} == {prints["jobs 2"]}
        found.append(
            Row(
                "report", "eaeu report, second run", [one["clock"] for one in again], by="clock", at_most=10.0,
                same=equal, compared="same bytes" if equal else "bytes DIFFER",
                peak_mb=max(s["peak_mb"] for s in again),
            )
        )  # fmt: skip
        brief = [run([EAEU, "brief", "--out", str(folder / f"brief_{k}")], home) for k in range(turns)]
        found.append(
            Row(
                "report", "eaeu brief, claims known", [one["clock"] for one in brief], by="clock", at_most=5.0,
                peak_mb=max(s["peak_mb"] for s in brief),
            )
        )  # fmt: skip
        for what, command, most in (
            ("eaeu --help", [EAEU, "--help"], 0.5),
            ("python -c 'import eaeu_analysis'", [sys.executable, "-c", "import eaeu_analysis"], 0.3),
        ):
            took = [run(command, home)["clock"] for _ in range(3 * turns)]
            found.append(Row("report", what, took, by="clock", at_most=most))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    return finish(rows(given.turns), given.json)


if __name__ == "__main__":
    sys.exit(main())
