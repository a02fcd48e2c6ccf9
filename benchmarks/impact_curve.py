"""The default specification curve of trade (3,240) on the pinned panel: wall time, processor time, cost by estimator.

    python benchmarks/impact_curve.py [--specifications N] [--jobs 2] [--outcome trade] [--unit KGZ] [--event 2015]

To reach: 2,000 specifications in under five minutes on two cores; the default is the whole grid, which is more. Each
specification comes with the placebo of every donor and of every unit outside its pool, which the test of the whole
curve needs. Processor time is what counts on a machine that others use.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

LEAST = 300.0  # seconds


def processor_seconds() -> float:
    """Of this process and of the workers that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def by_estimator(panel, outcome: str, unit: str, event: int) -> dict[str, float]:
    """Milliseconds of processor time per specification on the widest pool, one estimator at a time."""
    from dataclasses import replace

    from eaeu_analysis.impact.curve_rows import answer_question
    from eaeu_analysis.impact.curve_task import state_task
    from eaeu_analysis.impact.grid import default_grid

    found = {}
    for estimator in default_grid().estimators:
        grid = default_grid()
        pools = {"all": grid.pools["all"]}
        grid = replace(grid, estimators=(estimator,), pools=pools, before=(15,), after=(4,), shocks=("kept",))
        task = state_task(panel, outcome, unit, event, grid, 0.9, 0)
        group = [s for s in grid.specifications(outcome, event) if s.measure == outcome]
        answer_question(task, group[:1])
        start = time.process_time()
        answer_question(task, group)
        found[estimator] = round(1000 * (time.process_time() - start) / len(group), 1)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specifications", type=int, default=None, help="a random choice of so many; all by default")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--outcome", default="trade")
    parser.add_argument("--unit", default="KGZ")
    parser.add_argument("--event", type=int, default=2015)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    from eaeu_analysis.impact.curve import specification_curve
    from eaeu_analysis.load import load_panel

    panel = load_panel()
    start, used = time.perf_counter(), processor_seconds()
    curve = specification_curve(
        panel, options.outcome, options.unit, options.event, jobs=options.jobs, limit=options.specifications
    )
    wall = time.perf_counter() - start
    if options.jobs > 1:
        from joblib.externals.loky import get_reusable_executor

        get_reusable_executor().shutdown(wait=True)  # so that the workers' processor time is counted
    result = {
        "specifications": len(curve.table),
        "answered": len(curve.answered),
        "jobs": options.jobs,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "wall_seconds": round(wall, 1),
        "processor_seconds": round(processor_seconds() - used, 1),
        "units_treated_in_turn": len(curve.test().null) - 1,
        "milliseconds_on_the_widest_pool": by_estimator(panel, options.outcome, options.unit, options.event),
        "reached": wall < LEAST,
    }
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name}: {value}")
    return 0 if result["reached"] else 1


if __name__ == "__main__":
    sys.exit(main())
