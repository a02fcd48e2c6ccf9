"""The default specification curve of trade (3,240) on the pinned panel: time by the clock and of the processor.

    python quality/benchmarks/impact_curve.py [--specifications N] [--jobs 2]
        [--outcome trade] [--unit KGZ] [--event 2015]

To reach: 2,000 specifications in under five minutes on two cores; the default is the whole grid, which is more. Each
specification comes with the placebo of every donor and of every unit outside its pool, which the test of the whole
curve needs. No peer does this.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

from contest import Row, finish, peak_mb


def processor_seconds() -> float:
    """Of this process and of the workers that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def row(outcome: str, unit: str, event: int, jobs: int, limit: int | None) -> Row:
    from eaeu_analysis.data.load import load_panel
    from eaeu_analysis.impact.curve.run import specification_curve

    panel = load_panel()
    start, used = time.perf_counter(), processor_seconds()
    curve = specification_curve(panel, outcome, unit, event, jobs=jobs, limit=limit)
    wall = time.perf_counter() - start
    if jobs > 1:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)  # so that the workers' processor time is counted
    units = len(curve.test().null) - 1
    return Row(
        "counterfactuals", f"specification curve, {len(curve.table):,} specifications, {jobs} jobs", [wall], by="clock",
        at_most=300.0, peak_mb=peak_mb(),
        compared=f"{len(curve.answered):,} answered, {units} units treated in turn",
        note=f"{processor_seconds() - used:.0f} s of processor time in all",
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specifications", type=int, default=None, help="a random choice of so many; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--outcome", default="trade")
    parser.add_argument("--unit", default="KGZ")
    parser.add_argument("--event", type=int, default=2015)
    parser.add_argument("--json", type=Path, help="write the row there too")
    given = parser.parse_args()
    return finish([row(given.outcome, given.unit, given.event, given.jobs, given.specifications)], given.json)


if __name__ == "__main__":
    sys.exit(main())
