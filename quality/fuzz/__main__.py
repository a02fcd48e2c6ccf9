"""``python -m quality.fuzz``: every target, a table, and an end with 1 when anything crashed."""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

from . import campaign
from .campaign import ROOT, Order
from .engine import Tally
from .targets import TARGETS

RESULTS = ROOT / "quality" / "fuzz" / "RESULTS.json"
PLACE = ROOT / "bld" / "fuzz"
LEAST = 100  # inputs of a target, however small its share


def main() -> int:
    given = _arguments()
    chosen = given.target or list(TARGETS)
    whole = sum(TARGETS[name].share for name in chosen)
    orders = [
        Order(
            name,
            max(LEAST, math.ceil(given.inputs * TARGETS[name].share / whole)),
            given.seed,
            given.engine,
            60 * given.minutes,
            str(PLACE),
        )
        for name in sorted(chosen, key=lambda name: -TARGETS[name].share)
    ]
    print(f"{'target':24}{'inputs':>9}{'results':>9}{'refused':>9}{'kinds':>7}{'slowest':>10}{'peak MB':>9}  crashes")
    begun = time.monotonic()
    tallies = campaign.run(orders, given.jobs, _print)
    seconds = time.monotonic() - begun
    inputs, crashes = sum(t.inputs for t in tallies), sum(len(t.crashes) for t in tallies)
    print(f"{inputs:,} inputs in {seconds / 60:.1f} min, {inputs / seconds:,.0f} a second; {crashes} kinds of crash")
    if crashes:
        print(f"the inputs are in {PLACE.relative_to(ROOT)}")
    if given.write:
        Path(given.write).write_text(_text(tallies, given), encoding="utf-8")
    return 1 if crashes else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m quality.fuzz", description="Every reader against spoilt input.")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="in all, shared out among the targets")
    parser.add_argument("--jobs", type=int, default=1, help="processes at a time")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=120.0, help="the most that one target may take")
    parser.add_argument("--target", action="append", choices=sorted(TARGETS), help="this one alone; may be repeated")
    parser.add_argument("--engine", choices=("own", "atheris"), default="own", help="atheris is led by coverage")
    parser.add_argument("--write", metavar="FILE", help=f"write the counts to FILE ({RESULTS.relative_to(ROOT)})")
    given = parser.parse_args()
    if given.engine == "atheris" and importlib.util.find_spec("atheris") is None:
        parser.error("atheris is not installed; pip install 'eaeu-analysis[fuzz]'")
    return given


def _print(tally: Tally) -> None:
    print(
        f"{tally.target:24}{tally.inputs:>9,}{tally.results:>9,}{tally.refused:>9,}{tally.kinds:>7,}"
        f"{tally.slowest:>8.2f} s{tally.peak >> 10:>9,}  {sum(tally.crashes.values()) or ''}"
    )
    for where, count in sorted(tally.crashes.items()):
        print(f"    {count:,} x {where}")
    if tally.slow:
        print(f"    {tally.slow:,} inputs took over a second")
    sys.stdout.flush()


def _text(tallies: list[Tally], given: argparse.Namespace) -> str:
    """The counts as JSON; what hangs on the machine (time, memory) stays out."""
    rows: dict[str, Any] = {
        t.target: {
            "inputs": t.inputs,
            "results": t.results,
            "refused": t.refused,
            "kinds": t.kinds,
            "crashes": dict(sorted(t.crashes.items())),
            "over_a_second": t.slow,
        }
        for t in tallies
    }
    totals = {key: sum(row[key] for row in rows.values()) for key in ("inputs", "results", "refused", "over_a_second")}
    totals["crashes"] = sum(sum(row["crashes"].values()) for row in rows.values())
    body = {"engine": given.engine, "seed": given.seed, "targets": rows, "in_all": totals}
    return json.dumps(body, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main())
