"""PPML with three sets of fixed effects against pyfixest called directly; the bias correction on 100,000 rows.

Each contest is measured in one process as alternating calls, and reported as the median of the ratios.
Run: python benchmarks/trade_gravity.py [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import pyfixest

from eaeu_analysis.trade.bias import correct
from eaeu_analysis.trade.flows import load_flows
from eaeu_analysis.trade.gravity import ppml

THREE = [("exporter", "year"), ("importer", "year"), ("exporter", "importer")]
PAIR = ("exporter", "importer")
ROUNDS = 7


def data(rows: int = 100_000) -> pd.DataFrame:
    """The four-yearly panel from 1992, largest traders first, until there are some ``rows``."""
    flows = load_flows("world_4yearly")
    flows = flows[flows["year"] >= 1992]
    ranked = flows.groupby("exporter")["usd"].sum().sort_values(ascending=False).index
    count = next(
        n
        for n in range(60, len(ranked))
        if (flows["exporter"].isin(ranked[:n]) & flows["importer"].isin(ranked[:n])).sum() >= rows
    )
    kept = flows["exporter"].isin(ranked[:count]) & flows["importer"].isin(ranked[:count])
    table = flows[kept].reset_index(drop=True)
    rng = np.random.default_rng(0)
    pair = pd.factorize(table["exporter"] + table["importer"])[0]
    start = rng.integers(1990, 2030, pair.max() + 1)[pair]
    return table.assign(joined=(table["year"] >= start).astype(float), noise=rng.normal(size=len(table)), pair=pair)


def ours(table: pd.DataFrame) -> None:
    ppml(table, "usd", ["joined", "noise"], THREE, PAIR)


def direct(table: pd.DataFrame) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfixest.fepois(
            "usd ~ joined + noise | exporter^year + importer^year + exporter^importer",
            table,
            vcov={"CRV1": "pair"},
            ssc=pyfixest.ssc(k_adj=False),
        )


def timed(function, table: pd.DataFrame) -> float:
    start = time.process_time()
    function(table)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    table = data()
    ours(table), direct(table)  # first calls compile and import
    pairs = []
    for k in range(ROUNDS):
        first, second = (ours, direct) if k % 2 else (direct, ours)
        one, two = timed(first, table), timed(second, table)
        pairs.append((one, two) if first is ours else (two, one))
    fit = ppml(table, "usd", ["joined", "noise"], THREE, PAIR)
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    correct(fit)
    seconds = time.perf_counter() - start
    result = {
        "rows": len(table),
        "ours_cpu_seconds": round(statistics.median(a for a, _ in pairs), 3),
        "pyfixest_cpu_seconds": round(statistics.median(b for _, b in pairs), 3),
        "ratio_median": round(statistics.median(a / b for a, b in pairs), 3),
        "ratio_at_most": 1.05,
        "bias_correction_seconds": round(seconds, 2),
        "bias_correction_at_most_seconds": 30,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "peak_memory_before_mb": round(before / 1024),
        "peak_memory_at_most_mb": 1536,
    }
    if asked.json:
        print(json.dumps(result, sort_keys=True))
    else:
        for key, value in result.items():
            print(f"{key:34s}{value:>12}")


if __name__ == "__main__":
    main()
