"""Every benchmark in one process tree, one after another; quality/benchmarks/RESULTS.md, results.json and results.svg.

    python quality/benchmarks/run.py [--only NAME ...] [--quick]

``make bench`` runs it; with the peers it takes a quarter of an hour on two idle cores. ``--only`` runs some and keeps
the rows of the others as they were, each group under the machine and day it was measured on. It ends with 1 if a target
is missed; RESULTS.md says by how much.
"""

from __future__ import annotations

import argparse
import datetime
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from contest import Row
from growth import Growth

HERE = Path(__file__).resolve().parent
KEPT = HERE / "results.json"
SCRIPTS = {
    "impact_synthetic": [],
    "impact_sdid": [],
    "impact_weekly": [],
    "trade_equilibrium": [],
    "trade_gravity": [],
    "data": ["--full"],
    "bulk_zip": [],
    "bulk_baci": [],
    "bulk_comtrade": [],
    "impact_curve": [],
    "scenario": [],
    "cluster": [],
    "report": [],
    "growth": [],
}
QUICK = {
    "impact_synthetic": ["--turns", "1", "--no-peer-placebos"],
    "impact_sdid": ["--turns", "1"],
    "impact_weekly": ["--turns", "1"],
    "trade_equilibrium": ["--turns", "2", "--sizes", "30", "--draws", "100"],
    "trade_gravity": ["--turns", "1"],
    "data": ["--turns", "1"],
    "bulk_zip": ["--turns", "1"],
    "bulk_baci": ["--rows", "1000000", "--years", "2"],
    "bulk_comtrade": ["--rows", "1000000"],
    "impact_curve": ["--specifications", "200"],
    "scenario": ["--draws", "100", "--dask-draws", "16"],
    "cluster": ["--quick"],
    "report": ["--turns", "1"],
    "growth": ["--repeat", "1"],
}
TITLES = {
    "counterfactuals": "Counterfactuals", "trade": "Trade", "data": "Data", "scenarios": "Scenarios",
    "cluster": "Cluster", "report": "Report",
}  # fmt: skip
LIBRARIES = ["eaeu_analysis", "numpy", "pandas", "scipy", "pyfixest", "wbgapi", "duckdb", "pyarrow"]


def measured(name: str, arguments: list[str]) -> dict[str, Any]:
    """The rows of one script, run in a process of its own, with the machine they were measured on."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        command = [sys.executable, str(HERE / f"{name}.py"), *arguments, "--json", str(out)]
        print(f"== {name}", flush=True)
        before = os.getloadavg()[0]
        done = subprocess.run(command, check=False)
        if not out.is_file():
            raise SystemExit(f"{name} ended with {done.returncode} before it had written its rows")
        rows = json.loads(out.read_text(encoding="utf-8"))
    return {"rows": rows, "machine": machine() | {"load_before": round(before, 1)}}


def machine() -> dict[str, Any]:
    return {
        "day": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")


def page(kept: dict[str, Any]) -> str:
    """RESULTS.md."""
    rows = [Row(**row) for name, results in kept.items() if name != "growth" for row in results["rows"]]
    targets = [row for row in rows if _target(row)]
    missed = [row for row in targets if not row.reached]
    lines = [
        "# Benchmarks: what was measured",
        "",
        f"{len(targets) - len(missed)} of {len(targets)} targets reached. Made by `make bench`; do not edit.",
        "",
        "A ratio is the median of the ratios within a turn, the sides alternating in one process tree, and its range;",
        "a faster answer that is not the same answer does not count (where predictor weights are searched, one that",
        "fits the past no worse does: the peer's search may stop short). Times are of the processor unless the clock",
        "is named, with one thread of linear algebra on both sides. Memory is the peak of the process; for the report,",
        "of all its processes.",
        "",
        "The tables of the Basque study and of Proposition 99 may not be shipped here: give the folder that has",
        "`basque.csv` (as pysyncon has it) and `california_prop99.csv` (as synthdid has it) as `--data`. Without them",
        "made-up panels of the same shape are used, the row says so, and the ratio is another one.",
        "",
        "![Ratios to the peers](results.svg)",
        "",
    ]
    for group, title in TITLES.items():
        here = [row for row in rows if row.group == group]
        if not here:
            continue
        lines += [f"## {title}", "", "| what | here | peer | ratio (range) | target | same answer? | MB here / peer |"]
        lines += ["|---|---:|---:|---:|---|---|---:|", *(_line(row) for row in here), ""]
        made = [name for name, results in kept.items() if name != "growth" and results["rows"][0]["group"] == group]
        lines += [f"Again: `python quality/benchmarks/run.py --only {' '.join(made)}`, after `make setup`.", ""]
        notes = [f"- {row.what}: {row.note}." for row in here if row.note]
        lines += [*notes, ""] if notes else []
    if missed:
        lines += ["## Missed", "", *(f"- {row.line()}" for row in missed), ""]
    if "growth" in kept:
        grown = [Growth(**g) for g in kept["growth"]["rows"]]
        lines += [
            "## How cost grows with work",
            "",
            "Processor time t = a n^b, b fitted over four sizes; 1 means twice the",
        ]
        lines += [
            "work in twice the time. The last columns are b between the two largest sizes, and one run at ten times the"
        ]
        lines += ["largest, with its memory.", ""]
        lines += ["| job | n | sizes | seconds | b | b at the end | ten times the largest | MB |"]
        lines += ["|---|---|---|---|---:|---:|---:|---:|"]
        for g in grown:
            sizes, seconds = ", ".join(f"{n:,}" for n in g.sizes), ", ".join(f"{s:.3g}" for s in g.seconds)
            last = f"{g.exponent:.2f} | {g.last_exponent:.2f} | {g.ten_times['seconds']:.3g} s"
            lines.append(f"| {g.what} | {g.unit} | {sizes} | {seconds} | {last} | {g.ten_times['peak_mb']:,.0f} |")
        lines.append("")
    lines += ["## Machine", ""]
    for name, results in kept.items():
        m = results["machine"]
        lines.append(
            f"- {name}: {m['day']}, {m['cores']} cores of {m['processor']}, {m['memory_gb']} GB, {m['system']}, Python"
            f" {m['python']}, load {m['load_before']} at its start"
        )
    newest = next(iter(kept.values()))["machine"]["libraries"]
    lines += ["", "Libraries: " + ", ".join(f"{name} {number}" for name, number in newest.items()) + ".", ""]
    return "\n".join(lines)


def plain(value: float) -> str:
    """Three digits and no exponent."""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def _target(row: Row) -> str:
    parts = [f"at least {row.at_least:,g}x"] if row.at_least else []
    parts += [f"at most {row.at_most:g} s"] if row.at_most else []
    parts += [f"at most {row.peak_mb_at_most:,.0f} MB"] if row.peak_mb_at_most else []
    return ", ".join(parts)


def _line(row: Row) -> str:
    target = _target(row)
    verdict = f"{target}: {'reached' if row.reached else '**missed**'}" if target else ""
    middle = f"**{plain(statistics.median(row.ratios))}x**" if row.ratios else ""
    spread = f" ({plain(min(row.ratios))} to {plain(max(row.ratios))})" if len(row.ratios) > 1 else ""
    other = f"{row.peer} {_seconds(row.theirs, row.by)}" if row.theirs else ""
    memory = f"{row.peak_mb:,.0f}" if row.peak_mb else ""
    memory += f" / {row.peak_mb_theirs:,.0f}" if row.peak_mb_theirs else ""
    same = ("" if row.same else "**no**: ") + row.compared
    return f"| {row.what} | {_seconds(row.ours, row.by)} | {other} | {middle}{spread} | {verdict} | {same} | {memory} |"


def _seconds(seconds: list[float], by: str) -> str:
    value = statistics.median(seconds)
    text = f"{plain(1000 * value)} ms" if value < 0.1 else f"{plain(value)} s"
    return text + (" (clock)" if by == "clock" else "")


def picture(kept: dict[str, Any], path: Path) -> None:
    """Ratios to the peers on a logarithmic axis, range and target; the exponents next to it."""
    import matplotlib.pyplot as plt

    from eaeu_analysis.plots.style import ACCENT, GREY, INK, STYLE, TREATED

    rows = [Row(**row) for name, results in kept.items() if name != "growth" for row in results["rows"]]
    rows = sorted((row for row in rows if row.ratios), key=lambda row: statistics.median(row.ratios))
    if not rows:
        return
    asked = [row for row in rows if row.at_least]
    reached = sum(row.reached for row in asked)
    with plt.rc_context(STYLE):
        figure, ax = plt.subplots(figsize=(9.6, 1.5 + 0.5 * len(rows)), layout="constrained")
        for at, row in enumerate(rows):
            middle = statistics.median(row.ratios)
            ax.plot([min(row.ratios), max(row.ratios)], [at, at], color=TREATED, linewidth=2.2, alpha=0.5)
            ax.plot(middle, at, "o", color=TREATED, markersize=6)
            ax.annotate(f"{plain(middle)}x", (max(row.ratios), at), (8, 0), textcoords="offset points", va="center")
            if row.at_least:
                ax.plot(row.at_least, at, "|", color=ACCENT, markersize=16, markeredgewidth=2.5)
        ax.set_xscale("log")
        ax.axvline(1, color=GREY, linewidth=0.8)
        ax.set_yticks(range(len(rows)), [f"{row.what}\nagainst {row.peer}" for row in rows], fontsize=8)
        ax.set_xlim(0.5, ax.get_xlim()[1] * 4)
        ax.set_xlabel("times as fast as the peer\ndot: median, line: range, bar: target")
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}x" if value >= 1 else "")
        ax.grid(axis="x")
        figure.suptitle(
            f"{reached} of {len(asked)} targets against peers reached, at the same answer",
            x=0.01, ha="left", fontweight="bold", fontsize=10.5, color=INK,
        )  # fmt: skip
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def write(kept: dict[str, Any]) -> None:
    """results.json, RESULTS.md and results.svg, in the order of the scripts."""
    kept = {name: kept[name] for name in SCRIPTS if name in kept}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    (HERE / "RESULTS.md").write_text(page(kept), encoding="utf-8")
    picture(kept, HERE / "results.svg")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=sorted(SCRIPTS), help="these alone; others stay as they were")
    parser.add_argument("--data", type=Path, help="folder of basque.csv and california_prop99.csv")
    parser.add_argument("--quick", action="store_true", help="few turns and small sizes; nothing is written")
    given = parser.parse_args()
    wanted = [name for name in SCRIPTS if not given.only or name in given.only]
    kept: dict[str, Any] = {}
    if KEPT.is_file() and not given.quick:
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
    for name in wanted:
        arguments = (QUICK if given.quick else SCRIPTS)[name]
        if given.data and name in ("impact_synthetic", "impact_sdid"):
            arguments = [*arguments, "--data", str(given.data.resolve())]
        kept[name] = measured(name, arguments)
        if not given.quick:  # what was measured is not lost when a later one fails
            write(kept)
    if given.quick:
        print(page(kept))
        return 0
    rows = [Row(**row) for name, results in kept.items() if name != "growth" for row in results["rows"]]
    missed = [row for row in rows if not row.reached]
    print(f"\nbenchmarks/RESULTS.md is written; {len(missed)} targets missed")
    for row in missed:
        print(" ", row.line())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
