"""Writes the figures of docs/reliability.md from the counts of the last runs; --check only compares."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
ATTACKS = {
    "disk": "disk faults, at every write",
    "network": "network faults, during a pull",
    "kill -9": "kill -9 during pull, pin, bulk and report",
    "together": "two and eight processes at once",
    "foreign": "files, links, modules, clocks and changed bits of others",
    "places": "locales, time zones, paths, installs, no network",
    "cluster": "a cluster that loses workers or its scheduler",
}
LOADS = [
    ("bulk_baci", 0),
    ("bulk_baci", 1),
    ("bulk_zip", 0),
    ("data", -1),
]  # script of quality/benchmarks/, and its row


def figures() -> str:
    """The tables between the marks."""
    fuzz, chaos, bench = (
        json.loads((ROOT / path).read_text(encoding="utf-8"))
        for path in ("quality/fuzz/RESULTS.json", "quality/chaos/RESULTS.json", "quality/benchmarks/results.json")
    )
    in_all, readers = fuzz["in_all"], len(fuzz["targets"])
    lines = [
        "| fault | tried | survived | lost |",
        "|---|---:|---:|---:|",
        f"| damaged input to {readers} readers | {in_all['inputs']:,} | {in_all['inputs'] - in_all['crashes']:,} | "
        f"{in_all['crashes']} tracebacks, {in_all['over_a_second']} over a second |",
    ]
    omitted: list[str] = []
    for name, text in ATTACKS.items():
        found = [row for key, row in chaos["experiments"].items() if key.partition(":")[0] == name]
        tried, survived = (sum(row[what] for row in found) for what in ("times", "survived"))
        lines.append(f"| {text} | {tried} | {survived} | {sum(len(row['lost']) for row in found)} |")
        omitted += [f"{key.partition(': ')[2]} {why}" for key, row in chaos["experiments"].items() if row in found
                    for why in row["not_tried"]]  # fmt: skip
    if omitted:
        lines += ["", f"Not possible on the machine of the last run: {'; '.join(omitted)}."]
    lines += ["", "| load | seconds | peak MB | checked |", "|---|---:|---:|---|"]
    for script, place in LOADS:
        row: dict[str, Any] = bench[script]["rows"][place]
        seconds = sorted(row["ours"])[len(row["ours"]) // 2]
        lines.append(f"| {row['what']} | {seconds:.1f} | {row['peak_mb']:,.0f} | {row['compared']} |")
    elsewhere = json.loads((ROOT / "tests" / "ELSEWHERE.json").read_text(encoding="utf-8"))
    lines += ["", "| tests run with | Python | libraries | passed | failed | skipped |", "|---|---|---|---:|---:|---:|"]
    for name, run in elsewhere.items():
        libraries = ", ".join(f"{library} {number}" for library, number in run["libraries"].items())
        counts = " | ".join(f"{run[what]:,}" for what in ("passed", "failed", "skipped"))
        lines.append(f"| {name} | {run['python']} | {libraries} | {counts} |")
    mutants = json.loads((ROOT / "tests" / "MUTANTS.json").read_text(encoding="utf-8"))
    lines += ["", "| module with a line changed at a time | mutants | killed by a test |", "|---|---:|---:|"]
    for name, row in mutants.items():
        lines.append(f"| `{name}` | {row['made']} | {row['killed']} ({100 * row['killed'] // row['made']}%) |")
    return "\n".join(lines) + "\n"


def page() -> str:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return before + BEGIN + figures() + END + rest.partition(END)[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where the page is out of date")
    check = parser.parse_args().check
    text = page()
    if check:
        same = PAGE.read_text(encoding="utf-8") == text
        print("docs/reliability.md agrees" if same else "docs/reliability.md is out of date: run this without --check")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
