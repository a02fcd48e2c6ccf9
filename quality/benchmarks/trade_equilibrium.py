"""Equilibrium against gegravity 0.3, and the size of world that solves in seconds.

    python quality/benchmarks/trade_equilibrium.py [--no-peer] [--sizes 30 120] [--turns N] [--draws 1000] [--json F]

Both solve the same made-up world, from gravity costs, output and expenditure to results by economy: first a baseline,
then an experiment on it. What they give is compared first (our copy of the peer's procedure, which leaves out that
incomes feed back, against the peer). To reach: 500 times at 30 economies, 5,000 times at 120; an answer at 60 and 200
economies with costs of the size that kilometres give, where the peer has none; 10 sectors of 190 economies in 2 s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from contest import Peer, Row, environment, finish, peak_mb, timed

SIGMA = 5.0
REFERENCE = "C000"
PEER = "gegravity==0.3"
LEAST = {30: 500.0, 120: 5000.0}  # times faster, by number of economies
BOTH = ["baseline", "experiment"]

PEER_CODE = """
import pandas as pd
import gegravity as ge
beta = pd.DataFrame({"var": ["log_cost"], "beta": [1.0], "stderr": [0.1]})
def lay_out(rows):
    data = ge.BaselineData(rows, imp_var_name="importer", exp_var_name="exporter", year_var_name="year",
                           trade_var_name="trade", expend_var_name="E", output_var_name="Y")
    costs = ge.CostCoeffs(estimates=beta, identifier_col="var", coeff_col="beta", stderr_col="stderr")
    model = ge.OneSectorGE(baseline=data, cost_coeff_values=costs, cost_variables=["log_cost"], year="2006",
                           reference_importer="C000", sigma=5)
    model.build_baseline(omr_rescale=1)
    return model
def change(model):
    changed = model.baseline_data.copy()
    pair = changed["exporter"].isin(["C001", "C002"]) & changed["importer"].isin(["C001", "C002"])
    changed.loc[pair & (changed["exporter"] != changed["importer"]), "log_cost"] += 0.5
    model.define_experiment(changed)
    model.simulate()
    return model
def turn(path):
    rows = pd.read_csv(path, dtype={"year": str})
    try:
        model, first = timed(lambda: lay_out(rows))
        model, second = timed(lambda: change(model))
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"[:160]}
    table = model.country_results
    return {"baseline": first, "experiment": second, "price": {str(k): float(v) for k, v in table.iloc[:, 0].items()}}
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


def ours(rows: pd.DataFrame, replicate: str | None = None) -> dict[str, Any]:
    """Seconds for the baseline and for the experiment, and results by economy."""
    from gravity_baseline import gravity_baseline

    from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

    def lay_out() -> Any:
        costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
        output = rows.groupby("exporter")["Y"].first()
        return gravity_baseline(costs, output, rows.groupby("importer")["E"].first(), reference=REFERENCE)

    change = pd.DataFrame({"exporter": ["C001", "C002"], "importer": ["C002", "C001"], "factor": np.exp(0.5)})
    repeat = 10 if len(rows) < 10_000 else 3
    baseline, first = timed(lay_out, repeat)
    result, second = timed(
        lambda: solve_equilibrium(
            baseline.world, change, sigma=SIGMA, replicate=replicate, numeraire=REFERENCE
        ).to_frame(),
        repeat,
    )
    return {"baseline": first, "experiment": second, "price": result["producer_price"]}


def against_peer(sizes: list[int], turns: int, folder: Path) -> list[Row]:
    found = []
    for n in sizes:
        rows = world(n, level=10.0)
        path = folder / f"world_{n}.csv"
        rows.to_csv(path, index=False)
        ours(rows, "gegravity")  # the same procedure, so that what is timed is what is compared
        count = turns if n < 100 else max(1, turns // 2)
        mine, other = [], []
        with Peer(environment(PEER), PEER_CODE) as peer:
            for _ in range(count):
                mine.append(ours(rows, "gegravity"))
                other.append(peer.turn(path=str(path)))
        gap = float((mine[0]["price"] - pd.Series(other[0]["price"])).abs().max())
        known = {
            "same": gap < 1e-3, "compared": f"largest gap of a producer price, per cent: {gap:.0e}",
            "peak_mb": peak_mb(), "peak_mb_theirs": other[-1]["peak_mb"],
        }  # fmt: skip
        what = f"one-sector equilibrium, {n} economies, an experiment on a baseline"
        for parts, label, least in ((["experiment"], "", LEAST.get(n)), (BOTH, " that is laid out anew", None)):
            seconds = [[sum(turn[part]["cpu"] for part in parts) for turn in side] for side in (mine, other)]
            found.append(Row("trade", what + label, seconds[0], PEER, seconds[1], at_least=least, **known))
    return found


def convergence(peer_too: bool, folder: Path) -> list[Row]:
    """Worlds whose costs are of the size that distances in kilometres give: the peer at its default scale, and ours,
    which needs none; the change takes away all border costs."""
    from gravity_baseline import gravity_baseline

    from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium

    found = []
    for n in (60, 200):
        rows = world(n, level=-7.0)
        costs = rows[["exporter", "importer"]].assign(cost=np.exp(rows["log_cost"]))
        margins = rows.groupby("exporter")["Y"].first()
        flows = gravity_baseline(costs, margins, margins, reference=REFERENCE).flows
        free = costs.assign(factor=np.where(costs["exporter"] == costs["importer"], 1.0, np.exp(2.5)))
        result, took = timed(lambda flows=flows, free=free: solve_equilibrium(flows, free, sigma=SIGMA))
        gap = float(result.checks[0].value or 0.0)
        note = ""
        if peer_too and n == 60:
            path = folder / "far.csv"
            rows.to_csv(path, index=False)
            with Peer(environment(PEER), PEER_CODE) as peer:
                answer = peer.turn(path=str(path))
            note = f"the peer at its default scale: {answer.get('error', 'an answer')}"
        found.append(
            Row(
                "trade", f"one-sector equilibrium, {n} economies, costs in kilometres, all borders away", [took["cpu"]],
                same=gap < 1e-8, compared=f"largest gap of an equation {gap:.0e}", peak_mb=peak_mb(), note=note,
            )
        )  # fmt: skip
    return found


def many_sectors(n: int, sectors: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows by sector and one table of inputs for everybody."""
    from gravity_baseline import gravity_baseline

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


def large_world(draws: int) -> list[Row]:
    """10 sectors of 190 economies: one solution from the frame on, and ``draws`` of an accession."""
    from eaeu_analysis.trade.equilibrium.draws import solve_draws
    from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium
    from eaeu_analysis.trade.equilibrium.world_model import world_model

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
        singles = [timed(lambda m=more, c=change: solve_equilibrium(flows, c, sigma=5.0, **m)) for _ in range(3)]
        gap = float(singles[0][0].checks[0].value or 0.0)
        title = f"equilibrium of 10 sectors and 190 economies, {name}"
        out.append(
            Row(
                "trade", f"{title}, from the table of flows", [took["clock"] for _, took in singles], by="clock",
                at_most=2.0, same=gap < 1e-8, compared=f"largest gap of an equation {gap:.0e}", peak_mb=peak_mb(),
            )
        )  # fmt: skip
        model = world_model(flows, 5.0, **more)
        many, took = timed(
            lambda m=model, t="tariffs" in more: solve_draws(m, cells, factors, after if t else None, sigma, jobs=2)
        )
        gap, failed = float(many.error.max()), int(many.failed.sum())
        out.append(
            Row(
                "trade", f"{draws:,} draws of the {title}, 2 jobs", [took["clock"]], by="clock", at_most=60.0,
                same=gap < 1e-6 and not failed, compared=f"{failed} failed, largest gap of an equation {gap:.0e}",
                peak_mb=peak_mb(), peak_mb_at_most=1000.0,
            )
        )  # fmt: skip
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-peer", action="store_true", help="time our own side only")
    parser.add_argument("--sizes", type=int, nargs="+", default=[30, 120])
    parser.add_argument("--turns", type=int, default=4)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    rows = large_world(given.draws) if given.draws else []  # first, so that its memory is its own
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not given.no_peer:
            rows += against_peer(given.sizes, given.turns, folder)
        rows += convergence(not given.no_peer, folder)
    return finish(rows, given.json)


if __name__ == "__main__":
    sys.exit(main())
