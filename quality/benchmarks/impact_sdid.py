"""Synthetic difference-in-differences compared with the packages synthdid and diff-diff, on Proposition 99.

    python quality/benchmarks/impact_sdid.py [--turns N] [--data CSV] [--json F]

The estimate alone, from the same table in memory, and the estimate with its standard error by placebo. Ours lists
all 38 placebos; synthdid draws 50 at random, whatever it is asked for, diff-diff 200. Without the table, which may not
be shipped, a simulated panel of the same shape is used.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from contest import SHARED, Peer, Row, alternate, environment, finish, peak_mb, timed

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.estimators.synthetic_did_core import estimate_cohort
from eaeu_analysis.impact.options import SyntheticDidOptions
from eaeu_analysis.impact.question.design import state_design

PEER = "synthdid==0.10.1"
DIFFDIFF = "diff-diff==3.13.0"
QUESTION = ("PacksPerCapita", "California", 1989)

PEER_CODE = """
import matplotlib, numpy as np, pandas as pd
from synthdid.synthdid import Synthdid
frame = pd.read_csv(sys.argv[1])
def model():
    return Synthdid(frame, unit="State", time="Year", treatment="treated", outcome="PacksPerCapita")
def turn(error, seed=0):
    np.random.seed(seed)
    fitted, took = timed((lambda: model().fit().vcov(method="placebo")) if error else (lambda: model().fit()))
    return {**took, "estimate": float(fitted.att), "se": float(fitted.se) if error else None}
"""

DIFFDIFF_CODE = """
import diff_diff, pandas as pd
frame = pd.read_csv(sys.argv[1])
ever = frame.groupby("State").treated.transform("max")
frame["ever"] = ever
def fit(seed):
    return diff_diff.SyntheticDiD(variance_method="placebo", n_bootstrap=200, seed=seed).fit(
        frame, "PacksPerCapita", "ever", "State", "Year", post_periods=sorted(frame.Year[frame.treated == 1].unique()))
def turn(seed=0):
    fitted, took = timed(lambda: fit(seed))
    return {**took, "estimate": float(fitted.att), "se": float(fitted.se)}
"""


def rows(turns: int, path: Path) -> list[Row]:
    frame = _frame(path)
    panel = Panel.from_frame(frame.drop(columns="treated"), "State", "Year")

    def estimate() -> tuple[float, float | None]:
        design = state_design(panel, *QUESTION)
        return estimate_cohort(design.control, design.treated, 19).estimate, None

    def with_error() -> tuple[float, float | None]:
        effect = synthetic_did(panel, *QUESTION, options=SyntheticDidOptions(checks=False))
        return effect.estimate, effect.se

    def ours(error: bool) -> dict[str, Any]:
        (value, se), took = timed(with_error if error else estimate, 5)
        return {**took, "estimate": value, "se": se}

    found = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "panel.csv"
        frame.to_csv(table, index=False)
        with Peer(environment(PEER), PEER_CODE, str(table)) as peer:
            for error, count in ((False, turns), (True, max(1, turns // 3))):
                ours(error)
                if not error:
                    peer.turn(error=False)  # both sides have run once
                mine, other = alternate(count, lambda e=error: ours(e), lambda e=error: peer.turn(error=e))
                gap = abs(mine[0]["estimate"] / other[0]["estimate"] - 1)
                compared = f"estimate {mine[0]['estimate']:.4f}, peer {other[0]['estimate']:.4f}"
                if error:
                    compared += f"; error {mine[0]['se']:.2f} by all placebos, peer {other[0]['se']:.2f} by 50 drawn"
                found.append(
                    Row(
                        "counterfactuals",
                        f"synthetic DiD, Proposition 99, {'with its placebo error' if error else 'estimate'}",
                        [m["cpu"] for m in mine], PEER, [o["cpu"] for o in other],
                        at_least=50.0, same=gap < 1e-3, compared=compared,
                        peak_mb=peak_mb(), peak_mb_theirs=other[-1]["peak_mb"],
                        note="" if path.is_file() else "simulated panel of the same shape",
                    )
                )  # fmt: skip
        with Peer(environment(DIFFDIFF), DIFFDIFF_CODE, str(table)) as peer:
            ours(error=True), peer.turn()
            mine, other = alternate(turns, lambda: ours(error=True), peer.turn)
            gap = abs(mine[0]["estimate"] / other[0]["estimate"] - 1)
            found.append(
                Row(
                    "counterfactuals", "synthetic DiD, Proposition 99, with its placebo error, against 200 draws",
                    [m["cpu"] for m in mine], DIFFDIFF, [o["cpu"] for o in other], at_least=10.0, same=gap < 1e-3,
                    compared=f"estimate {mine[0]['estimate']:.4f}, peer {other[0]['estimate']:.4f}; error "
                    f"{mine[0]['se']:.2f} by all placebos, peer {other[0]['se']:.2f} by 200 drawn",
                    peak_mb=peak_mb(), peak_mb_theirs=other[-1]["peak_mb"],
                    note="" if path.is_file() else "simulated panel of the same shape",
                )
            )  # fmt: skip
    return found


def _frame(path: Path) -> pd.DataFrame:
    if path.is_file():
        return pd.read_csv(path, sep=";")
    print(f"{path.name} is not there: a simulated panel of the same shape is used", file=sys.stderr)
    rng = np.random.default_rng(0)
    y = 120 + 15 * rng.normal(size=(39, 1)) - np.arange(31) + np.cumsum(2 * rng.normal(size=(39, 31)), axis=1)
    names = [*(f"S{i:02d}" for i in range(38)), "California"]
    cells = [
        (name, 1970 + t, y[i, t], int(name == "California" and t >= 19))
        for i, name in enumerate(names)
        for t in range(31)
    ]
    return pd.DataFrame(cells, columns=["State", "Year", "PacksPerCapita", "treated"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5, help="turns of both sides; a third of them with the error")
    parser.add_argument("--data", type=Path, default=SHARED, help="folder of california_prop99.csv")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    return finish(rows(given.turns, given.data / "california_prop99.csv"), given.json)


if __name__ == "__main__":
    sys.exit(main())
