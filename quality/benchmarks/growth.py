"""How cost grows with work: processor time at four sizes of each job, and the exponent of the line through their logs.

    python quality/benchmarks/growth.py [--repeat N] [--json F]

An exponent of 1 means that twice the work takes twice the time. It is fitted by least squares on the smallest of
``--repeat`` runs of each size; where the smallest sizes are all overhead it understates what happens beyond the
largest, so the exponent between the two largest sizes is given as well, and one run at ten times the largest size.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from contest import peak_mb, timed


@dataclass(frozen=True)
class Growth:
    """Seconds of processor time at each size, smallest of the repeats. ``ten_times``: one run at ten times the largest,
    ``size, seconds, peak_mb``."""

    what: str
    unit: str
    sizes: list[int]
    seconds: list[float]
    ten_times: dict[str, float]

    @property
    def exponent(self) -> float:
        return float(np.polyfit(np.log(self.sizes), np.log(self.seconds), 1)[0])

    @property
    def last_exponent(self) -> float:
        return float(np.log(self.seconds[-1] / self.seconds[-2]) / np.log(self.sizes[-1] / self.sizes[-2]))


def one_sector(n: int) -> Callable[[], Any]:
    from gravity_baseline import gravity_baseline
    from trade_equilibrium import SIGMA, world

    from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

    rows = world(n, 0.0)
    margins = rows.groupby("exporter")["Y"].first()
    costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
    base = gravity_baseline(costs, margins, margins)
    change = pd.DataFrame({"exporter": ["C001"], "importer": ["C002"], "factor": [1.5]})
    return lambda: solve_equilibrium(base.world, change, sigma=SIGMA)


def many_sectors(n: int) -> Callable[[], Any]:
    from trade_equilibrium import many_sectors as make

    from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

    flows, table = make(n, 10)
    change = pd.DataFrame({"exporter": ["C001"], "importer": ["C002"], "factor": [1.5]})
    return lambda: solve_equilibrium(flows, change, sigma=5.0, input_output=table, negative_demand="absorb")


def draws(n: int) -> Callable[[], Any]:
    from trade_equilibrium import many_sectors as make

    from eaeu_analysis.trade.equilibrium.draws import solve_draws
    from eaeu_analysis.trade.equilibrium.world_model import world_model

    flows, table = make(60, 5)
    model = world_model(flows, 5.0, input_output=table, negative_demand="absorb")
    cells = pd.DataFrame({"exporter": ["C001", "C002"], "importer": ["C002", "C001"]})
    rng = np.random.default_rng(0)
    factors, sigma = np.exp(rng.normal(0.3, 0.1, (n, 2))), rng.uniform(4, 7, n)
    return lambda: solve_draws(model, cells, factors, None, sigma, jobs=1)


def factor_panel(units: int, years: int) -> Any:
    from eaeu_analysis.data.panel import Panel

    rng = np.random.default_rng(0)
    y = 5 + rng.normal(size=(units, 3)) @ rng.normal(size=(3, years)).cumsum(axis=1) * 0.3
    y += 0.1 * rng.normal(size=y.shape)
    names = [f"U{i:03d}" for i in range(units)]
    frame = pd.DataFrame({"unit": np.repeat(names, years), "year": np.tile(np.arange(1900, 1900 + years), units)})
    return Panel.from_frame(frame.assign(y=y.ravel()), "unit", "year")


def placebos(units: int, years: int = 30) -> Callable[[], Any]:
    from eaeu_analysis.impact.estimators.synthetic import synthetic_control
    from eaeu_analysis.impact.options import SyntheticControlOptions

    panel = factor_panel(units + 1, years)
    fast = SyntheticControlOptions(checks=False)
    return lambda: synthetic_control(panel, "y", "U000", 1900 + 2 * years // 3, options=fast)


def ppml_rows(n: int) -> Callable[[], Any]:
    from trade_gravity import data, made_up, ours

    table = data(n) if n <= SHIPPED else made_up(n)
    return lambda: ours(table)


def bias_rows(n: int) -> Callable[[], Any]:
    from trade_gravity import correct, data, made_up, ours

    fit = ours(data(n) if n <= SHIPPED else made_up(n, years=10))  # exact errors take 9,000 levels of effects at most
    return lambda: correct(fit)


def before_after(n: int) -> Callable[[], Any]:
    import eaeu_analysis as ea

    panel = factor_panel(n, 30)
    others = [f"U{i:03d}" for i in range(1, n)]
    return lambda: ea.before_after(panel, "y", "U000", 1915, comparators=others)


SHIPPED = 100_000  # rows of trade that the package has
JOBS: list[tuple[str, str, Callable[[int], Callable[[], Any]], list[int]]] = [
    ("one-sector equilibrium", "economies", one_sector, [50, 100, 200, 400]),
    ("equilibrium of 10 sectors with links", "economies", many_sectors, [24, 48, 95, 190]),
    ("draws, 5 sectors and 60 economies", "draws", draws, [100, 200, 400, 800]),
    ("synthetic control with every placebo, 30 years", "donors", placebos, [20, 40, 80, 160]),
    ("synthetic control with every placebo, 40 donors", "years", lambda n: placebos(40, n), [15, 30, 60, 120]),
    ("before/after with the permutation test", "comparators", before_after, [25, 50, 100, 200]),
    ("PPML, three sets of fixed effects", "rows", ppml_rows, [12_500, 25_000, 50_000, 100_000]),
    ("three-way bias correction", "rows", bias_rows, [12_500, 25_000, 50_000, 100_000]),
]


def measure(repeat: int) -> list[Growth]:
    found = []
    for what, unit, make, sizes in JOBS:
        seconds = []
        for size in sizes:
            call = make(size)
            call()
            seconds.append(min(timed(call)[1]["cpu"] for _ in range(repeat)))
        found.append(Growth(what, unit, sizes, seconds, ten_times(len(found), 10 * sizes[-1])))
        text = ", ".join(f"{n:,}: {s:.4f} s" for n, s in zip(sizes, seconds, strict=True))
        last = found[-1]
        print(
            f"{what} by {unit}: exponent {last.exponent:.2f}, at the end {last.last_exponent:.2f} ({text}); ten times "
            f"the largest: {last.ten_times['seconds']:.1f} s, {last.ten_times['peak_mb']:,.0f} MB",
            flush=True,
        )
    return found


def ten_times(job: int, size: int) -> dict[str, float]:
    """One run of that size in a process of its own, what it takes to lay out the problem in its memory too."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", str(job), str(size)], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def alone(job: int, size: int) -> dict[str, float]:
    took = timed(JOBS[job][2](size))[1]["cpu"]
    return {"size": size, "seconds": took, "peak_mb": peak_mb()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--alone", type=int, nargs=2, metavar=("JOB", "SIZE"), help="one run, its figures as JSON")
    given = parser.parse_args()
    if given.alone:
        print(json.dumps(alone(*given.alone)))
        return 0
    found = measure(given.repeat)
    if given.json:
        given.json.write_text(json.dumps([asdict(g) for g in found], indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
