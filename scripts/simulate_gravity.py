"""How often intervals of gravity cover the truth in simulated panels of 5, 10 and 60 economies, for docs/methods.md.

    python scripts/simulate_gravity.py [--runs N] [--counts]

The panels are those of Weidner and Zylkin (2021), section 4, with errors that are independent between pairs. Asked are
a regressor that varies everywhere (the truth is 1) and the step of a union of three (0.3 from the middle of the panel).
Methods: errors by pair, the three-way bias correction of Weidner and Zylkin, that of Cox and Snell where economies are
few, the jackknife over pairs (CRV3), the wild bootstrap of scores; of the union the rank of its one-step dummies among
those of other threes. The miss of an estimate is shown with its Monte Carlo error.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "trade"))
from trade_worlds import PAIR, THREE, simulate

from eaeu_analysis.trade.gravity.bias import FEW
from eaeu_analysis.trade.gravity.inference import jackknife_errors, wild_bootstrap
from eaeu_analysis.trade.gravity.ppml import ppml
from eaeu_analysis.trade.union.fake_unions import change, fake_union_p_value, flows_among, one_step

SIZES = ((5, 8), (10, 12), (60, 5))
ERRORS = 2  # variance proportional to the mean
Z = 1.6448536269514722
TRUTH = {"x": 1.0, "union": 0.3}
JACKKNIFED = 100  # pairs up to which the jackknife is run


def regressor(economies: int, years: int, seed: int) -> dict[str, float]:
    """One panel: whether each interval covers the coefficient of a regressor, and the miss of the estimate."""
    fit = ppml(simulate(economies, years, ERRORS, seed), "usd", ["x"], THREE, PAIR, bias_correction=True)
    plain = ppml(fit.data, "usd", ["x"], THREE, PAIR)
    pairs = fit.clusters["exporter-importer"]
    raw, error = float(plain.coef["x"]) - 1, float(plain.se["x"])
    own, corrected = float(fit.coef["x"]) - 1, float(fit.se["x"])
    out = {
        "miss, uncorrected": raw,
        "miss, Weidner-Zylkin": own,
        "by pair": abs(raw) < Z * error,
        "Weidner-Zylkin": abs(own) < Z * corrected,
        "wild bootstrap": wild_bootstrap(plain, "x", 1.0, draws=399, seed=seed).p_value >= 0.1,
    }
    if pairs <= JACKKNIFED:
        out["CRV3"] = abs(raw) < Z * float(jackknife_errors(plain).se["x"])
    if economies <= FEW:
        small = ppml(fit.data, "usd", ["x"], THREE, PAIR, bias_correction="cox-snell")
        out["miss, Cox-Snell"] = float(small.coef["x"]) - 1
        out["Cox-Snell"] = abs(out["miss, Cox-Snell"]) < Z * float(small.se["x"])
    return {name: float(value) for name, value in out.items()}


def union(economies: int, years: int, seed: int) -> dict[str, float]:
    """One panel with a union of three, and one without an effect: the step, its interval and its rank among threes."""
    data = simulate(economies, years, ERRORS, seed)
    members = ("E00", "E01", "E02")
    times = sorted(data["year"].unique())
    base, last = int(times[years // 2 - 1]), int(times[-1])
    inside = data["exporter"].isin(members) & data["importer"].isin(members)
    steps = {f"union_{t}": (inside & (data["year"] == t)).astype(float) for t in times if t != base}
    data = data.assign(**steps)
    after = inside & (data["year"] > base)
    lifted = data.assign(usd=data["usd"] * np.where(after, np.exp(TRUTH["union"]), 1.0))
    out = {}
    methods = {"Weidner-Zylkin": "weidner-zylkin"} | ({"Cox-Snell": "cox-snell"} if economies <= FEW else {})
    for name, method in methods.items():
        fit = ppml(lifted, "usd", ["x", *steps], THREE, PAIR, bias_correction=method)
        off, error = float(fit.coef[f"union_{last}"]) - TRUTH["union"], float(fit.se[f"union_{last}"])
        out |= {f"miss, {name}": off, name: abs(off) < Z * error}
    model = one_step(ppml(data, "usd", ["x"], THREE, PAIR))
    others = [t for t in combinations(sorted(data["exporter"].unique()), 3) if not set(t) & set(members)]
    draw = np.random.default_rng(seed)
    chosen = [others[k] for k in draw.permutation(len(others))[:150]]
    found = [
        change(model.coefficients({"union": flows_among(three)}, base), "union", base, last)
        for three in (members, *chosen)
    ]
    if len(chosen) >= 9:
        out["rank among threes"] = fake_union_p_value(found[0], np.array(found[1:])) >= 0.1
    return {name: float(value) for name, value in out.items()}


def counts(errors: int, seed: int) -> dict[str, float]:
    """One panel of counts: the misses of the estimates with and without corrections and of polyads."""
    from polyads import PolyadEstimator

    data = simulate(5, 8, errors, seed)
    data["usd"] = np.random.default_rng([seed, errors]).poisson(4 * data["usd"]).astype(float)
    out = {}
    for name, method in {"uncorrected": False, "Weidner-Zylkin": "weidner-zylkin", "Cox-Snell": "cox-snell"}.items():
        out[f"miss, {name}"] = float(ppml(data, "usd", ["x"], THREE, PAIR, bias_correction=method).coef["x"]) - 1
    places = [pd.factorize(data[column], sort=True)[0] for column in ("exporter", "importer", "year")]
    regressors = np.zeros((5, 5, 8, 1))
    regressors[(*places, 0)] = data["x"]
    seen = pd.DataFrame(dict(zip("ijt", places, strict=True)) | {"v": data["usd"].astype(int)}).query("v > 0")
    fit = PolyadEstimator().fit(seen.reset_index(drop=True), ["i", "j", "t"], "v", np.zeros(1), X=regressors)
    return out | {"miss, polyads": float(np.ravel(fit.beta_)[0]) - 1}


def shown(table: pd.DataFrame) -> str:
    """Mean misses with their Monte Carlo errors, and shares of panels whose interval has the truth."""
    misses = [column for column in table if column.startswith("miss")]
    error = table.std() / np.sqrt(len(table))
    parts = [f"{column} {table[column].mean():+.4f} ({error[column]:.4f})" for column in misses]
    parts += [f"{column} {table[column].mean():.3f}" for column in table if column not in misses]
    return ", ".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--counts", action="store_true", help="counts and polyads instead")
    given = parser.parse_args()
    runs = given.runs
    if given.counts:
        for errors, name in ((0, "Poisson"), (2, "more than Poisson")):
            table = pd.DataFrame([counts(errors, seed) for seed in range(runs)])
            print(f"counts, errors {name}, {runs} runs: {shown(table)}", flush=True)
        return 0
    for name, one in (("regressor", regressor), ("union", union)):
        for economies, years in SIZES:
            table = pd.DataFrame([one(economies, years, seed) for seed in range(runs)])
            print(f"{name}, {economies} economies, {years} years, {runs} runs: {shown(table)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
