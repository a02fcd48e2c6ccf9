"""Equilibrium against gegravity 0.3, and the size of world that solves in seconds. One run, ratios.

    python benchmarks/trade_equilibrium.py [--peer-python PATH | --no-peer] [--sizes 30 120] [--draws 1000] [--json F]

The peer needs an environment of its own (other pandas): PATH names its python, else one is made in a temporary folder
with pip. Both solve the same made-up world, from gravity costs, output and expenditure to results by economy: first a
baseline, then an experiment on it (for both the baseline is laid out by then). What they give is compared first (our
copy of the peer's procedure against the peer), then the times: of the processor, so that a busy machine does not
decide, and by the clock. To reach: 500 times at 30 economies, 5,000 times at 120; 10 sectors of 190 economies in 2 s;
1,000 draws of that in 60 s and 1 GB on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # draws use threads of their own; two layers of threads only get in the way

import numpy as np
import pandas as pd

SIGMA = 5.0
REFERENCE = "C000"
PEER_LIMIT = 900  # seconds for one run of the peer

PEER = """
import json, sys, time, warnings
import pandas as pd
import gegravity as ge
warnings.simplefilter("ignore")
rows = pd.read_csv(sys.argv[1], dtype={"year": str})
variables = ["log_cost"]
beta = pd.DataFrame({"var": variables, "beta": [1.0], "stderr": [0.1]})
def now():
    return [time.perf_counter(), time.process_time()]


def since(start):
    return [b - a for a, b in zip(start, now())]


start = now()
data = ge.BaselineData(rows, imp_var_name="importer", exp_var_name="exporter", year_var_name="year",
                       trade_var_name="trade", expend_var_name="E", output_var_name="Y")
costs = ge.CostCoeffs(estimates=beta, identifier_col="var", coeff_col="beta", stderr_col="stderr")
out = {}
try:
    model = ge.OneSectorGE(baseline=data, cost_coeff_values=costs, cost_variables=variables, year="2006",
                           reference_importer="C000", sigma=5)
    model.build_baseline(omr_rescale=1)
    out["baseline"] = since(start)
    start = now()
    changed = model.baseline_data.copy()
    pair = changed["exporter"].isin(["C001", "C002"]) & changed["importer"].isin(["C001", "C002"])
    changed.loc[pair & (changed["exporter"] != changed["importer"]), "log_cost"] += 0.5
    model.define_experiment(changed)
    model.simulate()
    out["experiment"] = since(start)
    out["messages"] = {name: str(found.message) for name, found in model.solver_diagnostics.items()}
    table = model.country_results
    out["price"] = {str(k): float(v) for k, v in table.iloc[:, 0].items()}
except Exception as error:
    out["error"] = f"{type(error).__name__}: {error}"[:160]
print(json.dumps(out))
"""


def world(n: int, level: float, seed: int = 0) -> pd.DataFrame:
    """Pairs with the log of t^(1 - sigma) (up to ``level``), output and expenditure."""
    rng = np.random.default_rng(seed)
    names = [f"C{i:03d}" for i in range(n)]
    size = np.exp(rng.normal(0, 1.0, n)) * 1e5
    place = rng.normal(size=(n, 2))
    distance = np.sqrt(((place[:, None] - place[None]) ** 2).sum(-1)) + 0.4
    cost = level - 0.8 * np.log(distance) - 2.5 * (1 - np.eye(n))
    return pd.DataFrame(
        {
            "exporter": np.repeat(names, n), "importer": np.tile(names, n), "year": "2006", "trade": 1.0,
            "Y": np.repeat(size, n), "E": np.tile(size, n), "log_cost": cost.ravel(),
        }
    )  # fmt: skip


def now() -> np.ndarray:
    """Clock and processor time."""
    return np.array([time.perf_counter(), time.process_time()])


def ours(rows: pd.DataFrame, replicate: str | None = None) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Results by economy; clock and processor seconds for the baseline and for the experiment."""
    from eaeu_analysis.trade.eq_baseline import gravity_baseline
    from eaeu_analysis.trade.equilibrium import solve_equilibrium

    start = now()
    costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
    output = rows.groupby("exporter")["Y"].first()
    baseline = gravity_baseline(costs, output, rows.groupby("importer")["E"].first(), reference=REFERENCE)
    middle = now()
    change = pd.DataFrame({"exporter": ["C001", "C002"], "importer": ["C002", "C001"], "factor": np.exp(0.5)})
    result = solve_equilibrium(baseline.world, change, sigma=SIGMA, replicate=replicate, numeraire=REFERENCE)
    table = result.to_frame()
    return table, middle - start, now() - middle


def median_of(rows: pd.DataFrame, repeat: int) -> tuple[np.ndarray, np.ndarray]:
    ours(rows)
    times = [ours(rows)[1:] for _ in range(repeat)]
    return np.median([t[0] for t in times], axis=0), np.median([t[1] for t in times], axis=0)


def run_peer(python: str, rows: pd.DataFrame, folder: Path) -> dict:
    path = folder / "world.csv"
    rows.to_csv(path, index=False)
    try:
        done = subprocess.run(
            [python, "-c", PEER, str(path)], capture_output=True, text=True, timeout=PEER_LIMIT, check=True
        )
    except subprocess.TimeoutExpired:
        return {"error": f"not done after {PEER_LIMIT} s"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def peer_environment(folder: Path) -> str:
    venv.create(folder / "peer", with_pip=True)
    python = str(folder / "peer" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "gegravity==0.3"], check=True)
    return python


def against_peer(python: str, sizes: list[int], folder: Path) -> list[dict]:
    """Times and ratios where the peer converges; what it answers where costs have no scale that suits it."""
    out = []
    for n in sizes:
        rows = world(n, level=10.0)
        mine = median_of(rows, 41 if n < 100 else 11)
        peer = run_peer(python, rows, folder)
        record = {"economies": n, "ours_s": [list(part) for part in mine], "peer": peer.get("messages", peer)}
        if "experiment" in peer:
            copied = ours(rows, "gegravity")[0]["producer_price"]
            record["largest_gap_to_peer"] = float((copied - pd.Series(peer["price"])).abs().max())
            record["peer_s"] = [peer["baseline"], peer["experiment"]]
            for at, name in enumerate(("clock", "processor")):
                record[f"ratio_experiment_{name}"] = peer["experiment"][at] / mine[1][at]
                record[f"ratio_all_{name}"] = (peer["experiment"][at] + peer["baseline"][at]) / (mine[0] + mine[1])[at]
        out.append(record)
        print(json.dumps(record), flush=True)
    return out


def convergence(python: str | None, folder: Path) -> list[dict]:
    """Worlds whose costs are of the size that distances in kilometres give: the peer at its default scale, and ours,
    which needs none; the change takes away all border costs."""
    from eaeu_analysis.trade.eq_baseline import gravity_baseline
    from eaeu_analysis.trade.equilibrium import solve_equilibrium

    out = []
    for n in (60, 200):
        rows = world(n, level=-7.0)
        costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
        margins = rows.groupby("exporter")["Y"].first()
        flows = gravity_baseline(costs, margins, margins, reference=REFERENCE).flows
        free = costs.assign(factor=np.where(costs["exporter"] == costs["importer"], 1.0, np.exp(2.5)))
        result = solve_equilibrium(flows, free, sigma=SIGMA)
        record = {"economies": n, "ours_largest_gap": result.checks[0].value}
        if python and n == 60:
            peer = run_peer(python, rows, folder)
            record["peer"] = peer.get("error") or peer["messages"]
        out.append(record)
        print(json.dumps(record), flush=True)
    return out


def many_sectors(n: int, sectors: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows by sector and one table of inputs for everybody."""
    from eaeu_analysis.trade.eq_baseline import gravity_baseline

    rng = np.random.default_rng(seed)
    rows = world(n, 0.0, seed)
    costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
    margins = rows.groupby("exporter")["Y"].first()
    base = gravity_baseline(costs, margins, margins).flows
    parts = []
    for s in range(sectors):
        tilt = np.repeat(np.exp(rng.normal(0, 0.4, n)), n) * np.exp(rng.normal(0, 0.3, n * n))
        parts.append(base.assign(value=base["value"] * tilt, sector=f"s{s}"))
    use = rng.dirichlet(np.full(sectors, 3.0), sectors).T * 0.5
    table = [("*", f"s{k}", f"s{s}", use[k, s]) for k in range(sectors) for s in range(sectors)]
    return pd.concat(parts, ignore_index=True), pd.DataFrame(
        table, columns=["economy", "input", "sector", "coefficient"]
    )


def large_world(draws: int) -> list[dict]:
    """10 sectors of 190 economies: one solution from the frame on, and ``draws`` of an accession."""
    import resource

    from eaeu_analysis.trade.draws import solve_draws
    from eaeu_analysis.trade.equilibrium import solve_equilibrium
    from eaeu_analysis.trade.multisector import world_model

    flows, table = many_sectors(190, 10)
    names = sorted(flows["exporter"].unique())
    home, members = names[0], names[1:6]
    cells = [(a, home) for a in names[1:]] + [(home, a) for a in members]
    cells = pd.DataFrame(cells, columns=["exporter", "importer"])
    inside = cells["exporter"].isin(members) | cells["importer"].isin(members)
    rng = np.random.default_rng(1)
    rates = rng.uniform(0, 15, len(names) ** 2)
    tariffs = pd.DataFrame({"exporter": np.repeat(names, 190), "importer": np.tile(names, 190), "before": rates})
    tariffs = tariffs[tariffs["exporter"] != tariffs["importer"]].assign(after=lambda t: t["before"])
    keys = pd.MultiIndex.from_frame(cells)
    before = tariffs.set_index(["exporter", "importer"])["before"].loc[keys].to_numpy()
    factors, after = np.ones((draws, len(cells))), np.tile(before, (draws, 1))
    factors[:, inside] = np.exp(rng.normal(0.3, 0.15, draws))[:, None]
    after[:, inside] = 0.0
    after[:, ~inside] = 0.5 * after[:, ~inside] + 4.0
    sigma = rng.uniform(4, 7, draws)
    out = []
    for name, more in (
        ("no links, no tariffs", {}),
        ("links", {"input_output": table, "negative_demand": "absorb"}),
        ("links and tariffs", {"input_output": table, "negative_demand": "absorb", "tariffs": tariffs}),
    ):
        change = cells.assign(factor=factors[0])
        start = time.perf_counter()
        one = solve_equilibrium(flows, change, sigma=5.0, **more)
        one.to_frame()
        single = time.perf_counter() - start
        start = time.perf_counter()
        model = world_model(flows, 5.0, **more)
        many = solve_draws(model, cells, factors, after if "tariffs" in more else None, sigma, jobs=2)
        seconds = time.perf_counter() - start
        record = {
            "world": f"10 sectors x 190 economies, {name}", "single_s": single, "single_gap": one.checks[0].value,
            "draws": draws, "draws_s": seconds, "draws_failed": int(many.failed.sum()),
            "draws_largest_gap": float(many.error.max()),
            "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        }  # fmt: skip
        out.append(record)
        print(json.dumps(record), flush=True)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", help="python of an environment with gegravity 0.3")
    parser.add_argument("--no-peer", action="store_true", help="time our own side only")
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 120])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="write the records there too")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        records: dict[str, list[dict]] = {"large": large_world(given.draws)}  # first, so that its memory is its own
        python = None if given.no_peer else given.peer_python or peer_environment(folder)
        if python:
            records["peer"] = against_peer(python, given.sizes, folder)
        records["convergence"] = convergence(python, folder)
    if given.json:
        given.json.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
