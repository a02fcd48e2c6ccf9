"""The same work on one process, on two and on a Dask cluster of two workers: the same bits, and what a cluster costs.

    python quality/benchmarks/cluster.py [--quick] [--json F]

Curves, placebos, draws and calibrations, two sizes of each. Workers start cold, as they do for a user; starting the
cluster itself is a row of its own. Both have two workers on this machine, so what the cluster takes longer is what it
costs; docs/scale.md says from which size that is paid back.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from contest import Row, finish, peak_mb

import eaeu_analysis as ea

Work = Callable[..., pd.DataFrame]


def works(quick: bool) -> dict[str, Work]:
    """What is done, by name: each takes ``jobs`` or ``dask`` and gives a table."""
    trade = ea.load_panel(["trade", "SP.POP.TOTL"])
    outcomes = ea.load_panel(["trade", "exports", "imports"])

    def curve(size: int) -> Work:
        return lambda **place: ea.specification_curve(trade, "trade", "KGZ", 2015, limit=size, **place).table

    def placebos(names: list[str]) -> Work:
        return lambda **place: ea.union_effects(outcomes, names, **place).table

    def draws(size: int) -> Work:
        return lambda **place: ea.run_scenario("uzb_eaeu", draws=size, **place).draws

    def calibration(size: int) -> Work:
        return lambda **place: ea.calibrate(trade, ["trade"], problems=size, **place).to_frame()

    few = {"curve of 100 specifications": curve(100), "1,000 draws": draws(1000)}
    if quick:
        return few
    return few | {
        "curve of 600 specifications": curve(600),
        "counterfactuals of trade for all members, with placebos": placebos(["trade"]),
        "counterfactuals of three outcomes for all members, with placebos": placebos(["trade", "exports", "imports"]),
        "4,000 draws": draws(4000),
        "calibration on 20 placebo problems": calibration(20),
        "calibration on 60 placebo problems": calibration(60),
    }


def timed(work: Work, **place: Any) -> tuple[float, str]:
    """Seconds by the clock, and a hash of the bits of the table."""
    begun = time.perf_counter()
    table = work(**place)
    took = time.perf_counter() - begun
    return took, hashlib.sha256(table.to_csv(float_format="%r").encode()).hexdigest()


def rows(quick: bool) -> list[Row]:
    from distributed import LocalCluster
    from joblib.externals.loky import get_reusable_executor

    found, starts = [], []
    for name, work in works(quick).items():
        alone, bits = timed(work, jobs=1)
        two, same = timed(work, jobs=2)
        get_reusable_executor().shutdown(wait=True)
        begun = time.perf_counter()
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=None) as cluster:
            starts.append(time.perf_counter() - begun)
            there, other = timed(work, dask=cluster.scheduler_address)
        found.append(
            Row(
                "cluster", name, [there], by="clock", same=bits == same == other, peak_mb=peak_mb(),
                compared="the same bits on one process, two, and the cluster" if bits == same == other else "DIFFER",
                note=f"one process {alone:.1f} s, two {two:.1f} s, a cluster of two workers {there:.1f} s",
            )
        )  # fmt: skip
    return [Row("cluster", "starting a cluster of two workers on this machine", starts, by="clock"), *found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two small pieces of work")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    return finish(rows(given.quick), given.json)


if __name__ == "__main__":
    sys.exit(main())
