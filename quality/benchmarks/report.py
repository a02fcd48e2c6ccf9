"""The report as a user runs it: cold, again, the brief, `--help`: processes of their own, with an empty cache at first.

    python quality/benchmarks/report.py [--turns N] [--json F]

To reach on two cores: the report cold under 15 s and 800 MB, again under 10 s with the same bytes; the brief under 5 s
once the claims are known; `eaeu --help` under 0.5 s and the import under 0.3 s. Memory is summed over all processes,
in a run of its own, since looking at it ten times a second takes two of the seconds. No peer makes a report.
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

import psutil
from contest import Row, finish

EAEU = str(Path(sys.executable).with_name("eaeu"))


def clock(command: list[str], home: Path) -> float:
    """Seconds by the clock."""
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment(home), check=True)
    return time.perf_counter() - begun


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "EAEU_STORE": str(home), "EAEU_CACHE": "on"}


def peak(command: list[str], home: Path) -> float:
    """Peak megabytes of the process with its children, looked at ten times a second."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment(home))
    root, most = psutil.Process(process.pid), 0.0
    while True:
        try:
            process.wait(timeout=0.1)
            break
        except subprocess.TimeoutExpired:
            most = max(most, _resident(root))
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return most


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
            command = [EAEU, "report", "--jobs", str(jobs), "--out"]
            out, home = folder / f"report_{jobs}", folder / f"home_{jobs}"
            took = [clock([*command, str(out)], home)]
            prints[f"jobs {jobs}"] = digest(out)
            for k in range(turns - 1):
                took.append(clock([*command, str(folder / f"{jobs}_{k}")], folder / f"home_{jobs}_{k}"))
            found.append(
                Row(
                    "report", f"eaeu report, cold, {jobs} job{'s' * (jobs > 1)}", took, by="clock",
                    at_most=15.0 if jobs == 2 else None, same=len(set(prints.values())) == 1,
                    compared="same bytes for 1 and 2 jobs" if len(prints) == 2 else "",
                    peak_mb=peak([*command, str(folder / "watched")], folder / f"home_watched_{jobs}"),
                    peak_mb_at_most=800.0,
                )
            )  # fmt: skip
        home = folder / "home_2"
        again = [clock([EAEU, "report", "--out", str(folder / f"again_{k}")], home) for k in range(turns)]
        equal = {digest(folder / f"again_{k}") for k in range(turns)} == {prints["jobs 2"]}
        found.append(
            Row(
                "report", "eaeu report, second run", again, by="clock", at_most=10.0,
                same=equal, compared="same bytes" if equal else "bytes DIFFER",
                peak_mb=peak([EAEU, "report", "--out", str(folder / "again_watched")], home),
            )
        )  # fmt: skip
        brief = [clock([EAEU, "brief", "--out", str(folder / f"brief_{k}")], home) for k in range(turns)]
        found.append(
            Row(
                "report", "eaeu brief, claims known", brief, by="clock", at_most=5.0,
                peak_mb=peak([EAEU, "brief", "--out", str(folder / "brief_watched")], home),
            )
        )  # fmt: skip
        for what, command, most in (
            ("eaeu --help", [EAEU, "--help"], 0.5),
            ("python -c 'import eaeu_analysis'", [sys.executable, "-c", "import eaeu_analysis"], 0.3),
        ):
            took = [clock(command, home) for _ in range(3 * turns)]
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
