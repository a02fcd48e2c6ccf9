"""1,000 draws of Uzbekistan's accession in general equilibrium: time, memory, and the same bits wherever it runs.

    python quality/benchmarks/scenario.py [--draws 1000] [--scenario uzb_eaeu] [--dask-draws 256] [--json F]

Each way of running is a process of its own, so that its peak memory is its own; laying out the world is included. By
the clock and of the processor: half of the latter is what two idle cores need. No peer does this.
To reach: 60 s and 1 GB on two cores; results equal to the bit with 1 and 2 jobs and on the workers of a Dask cluster;
the options of Uzbekistan side by side in 90 s.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from contest import Row, finish

SECONDS, MEGABYTES = 60.0, 1000.0


def one(scenario: str, draws: int, jobs: int, dask: bool) -> dict[str, Any]:
    """One run in this process."""
    import pandas as pd

    import eaeu_analysis as ea

    ea.load_scenario(scenario)  # imports are not what is measured
    address, cluster = None, None
    if dask:
        from distributed import LocalCluster

        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=None)
        address = cluster.scheduler_address
    wall, cpu = time.perf_counter(), time.process_time()
    result = ea.run_scenario(scenario, draws=draws, jobs=jobs, dask=address)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    if cluster is not None:
        cluster.close()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    scale = 1024 if sys.platform != "darwin" else 1024**2
    bits = pd.util.hash_pandas_object(result.draws, index=False).to_numpy().tobytes()
    return {
        "way": "dask, 2 workers" if dask else f"jobs {jobs}",
        "draws": draws,
        "wall": wall,
        "cpu": cpu,
        "peak_mb": usage.ru_maxrss / scale,
        "failed": int(result.to_frame()["failed"].max()),
        "estimate": result.estimate,
        "bits": hashlib.sha256(bits).hexdigest()[:16],
    }


def apart(scenario: str, draws: int, jobs: int = 1, dask: bool = False) -> dict[str, Any]:
    """``one`` in a process of its own."""
    command = [sys.executable, __file__, "--alone", "--scenario", scenario, "--draws", str(draws), "--jobs", str(jobs)]
    done = subprocess.run(command + ["--dask"] * dask, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def options(draws: int) -> Row:
    """All options of Uzbekistan with common draws, two jobs."""
    import eaeu_analysis as ea

    begun = time.perf_counter()
    found = ea.compare_scenarios(draws=draws, jobs=2)
    took = time.perf_counter() - begun
    count = found.table["scenario"].nunique()
    return Row(
        "scenarios", f"the {count} options of Uzbekistan side by side, {draws:,} draws, jobs 2", [took], by="clock",
        at_most=90.0, peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, peak_mb_at_most=MEGABYTES,
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--dask-draws", type=int, default=256, help="0 leaves the cluster out")
    parser.add_argument("--scenario", default="uzb_eaeu")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    parser.add_argument("--alone", action="store_true", help="one run in this process, its figures as JSON")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--dask", action="store_true")
    args = parser.parse_args()
    if args.alone:
        print(json.dumps(one(args.scenario, args.draws, args.jobs, args.dask)))
        return 0
    runs = [apart(args.scenario, args.draws), apart(args.scenario, args.draws, jobs=2)]
    if args.dask_draws:
        runs += [apart(args.scenario, args.dask_draws), apart(args.scenario, args.dask_draws, dask=True)]
    rows = []
    for run, base in zip(runs, [runs[0], runs[0], *runs[2:3], *runs[2:3]], strict=False):
        equal = run["bits"] == base["bits"]
        target = SECONDS if run["way"] == "jobs 2" else None
        rows.append(
            Row(
                "scenarios", f"{args.scenario}, {run['draws']:,} draws in general equilibrium, {run['way']}",
                [float(run["wall"])], by="clock", at_most=target, same=equal and not run["failed"],
                compared=f"{run['failed']} failed; results {'equal to the bit' if equal else 'DIFFER'} to one job's",
                peak_mb=float(run["peak_mb"]), peak_mb_at_most=MEGABYTES,
                note=f"{run['cpu']:.1f} s of processor time",
            )
        )  # fmt: skip
    return finish([*rows, options(args.draws)], args.json)


if __name__ == "__main__":
    sys.exit(main())
