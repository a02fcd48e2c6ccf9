"""Synthetic difference-in-differences beside the PyPI package synthdid 0.10.1, on Proposition 99.

    python benchmarks/impact_sdid.py [--peer PYTHON] [--data CSV] [--rounds N] [--placebos N]

The peer runs in its own interpreter: ``--peer``, or $SYNTHDID_PYTHON, or an environment that uv makes in a temporary
folder. Both sides run in turn within one call, and the median of the ratios is printed: the estimate alone from the
same table in memory, and the estimate with its standard error by placebo (ours lists all 38 placebos, the peer draws
50 at random).
Without the Proposition 99 data a simulated panel of the same shape is used.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eaeu_analysis.impact.design import state_design
from eaeu_analysis.impact.sdid import synthetic_did
from eaeu_analysis.impact.sdid_core import estimate_block
from eaeu_analysis.panel import Panel

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "benchmarks" / "data" / "california_prop99.csv"
PEER = "synthdid==0.10.1"
LEAST = 50.0

PEER_CODE = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import matplotlib
matplotlib.use("Agg")
import numpy as np
import pandas as pd
from synthdid.synthdid import Synthdid
path, repeat, placebos = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
frame = pd.read_csv(path)
def model():
    return Synthdid(frame, unit="State", time="Year", treatment="treated", outcome="PacksPerCapita")
fits = []
for _ in range(repeat):
    start = time.perf_counter()
    fitted = model().fit()
    fits.append(time.perf_counter() - start)
errors, se = [], []
for i in range(placebos):
    np.random.seed(i)
    start = time.perf_counter()
    both = model().fit().vcov(method="placebo")
    errors.append(time.perf_counter() - start)
    se.append(float(both.se))
print(json.dumps({"estimate": float(fitted.att), "fit": fits, "with_se": errors, "se": se}))
"""


def main() -> int:
    options = _options()
    frame = _frame(options.data)
    panel = Panel.from_frame(frame.drop(columns="treated"), "State", "Year")
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "panel.csv"
        frame.to_csv(table, index=False)
        python = _peer_python(options.peer, Path(folder))
        for turn in range(options.rounds):
            peer = json.loads(_run(python, table, 2, options.placebos if turn == 0 else 0))
            rounds.append((peer, _ours(panel)))

    peer, ours = rounds[0]
    fit = [(statistics.median(p["fit"]), statistics.median(o["fit"]), statistics.median(o["core"])) for p, o in rounds]
    ratio = statistics.median(a / b for a, b, _ in fit)
    core = statistics.median(a / c for a, _, c in fit)
    theirs, whole, alone = (statistics.median(column) for column in zip(*fit, strict=True))
    print(f"{'':38}{'synthdid 0.10.1':>18}{'here':>12}{'ratio':>9}")
    print(f"{'estimate from the table (s)':38}{theirs:>18.4f}{whole:>12.4f}{ratio:>8.0f}x")
    print(f"{'  of which weights and estimate (s)':38}{'':>18}{alone:>12.4f}{core:>8.0f}x")
    if peer["with_se"]:
        a, b = statistics.median(peer["with_se"]), statistics.median(ours["with_se"])
        print(f"{'estimate and placebo error (s)':38}{a:>18.4f}{b:>12.4f}{a / b:>8.0f}x")
    print(f"{'estimate (packs per head)':38}{peer['estimate']:>18.4f}{ours['estimate']:>12.4f}")
    if peer["se"]:
        print(f"{'standard error':38}{peer['se'][0]:>18.4f}{ours['se']:>12.4f}  (peer: 50 random draws)")
    same = abs(peer["estimate"] - ours["estimate"]) < 0.001 * abs(peer["estimate"])
    met = ratio >= LEAST and same
    print(f"at least {LEAST:.0f}x at the same estimate (within 0.1 %): {'met' if met else 'NOT MET'}")
    return 0 if met else 1


def _ours(panel: Panel) -> dict[str, Any]:
    """Times of five runs each, after one to warm up."""
    question = ("PacksPerCapita", "California", 1989)
    times: dict[str, Any] = {"fit": [], "core": [], "with_se": []}
    effect = synthetic_did(panel, *question, robustness=False)
    for _ in range(5):
        start = time.perf_counter()
        design = state_design(panel, *question)
        ready = time.perf_counter()
        block = estimate_block(design.control, design.treated, 19)
        done = time.perf_counter()
        effect = synthetic_did(panel, *question, robustness=False)
        times["fit"].append(done - start)
        times["core"].append(done - ready)
        times["with_se"].append(time.perf_counter() - done)
    return times | {"estimate": block.estimate, "se": effect.se}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="synthetic_did beside PyPI synthdid")
    parser.add_argument("--peer", default=os.environ.get("SYNTHDID_PYTHON"), help=f"an interpreter that has {PEER}")
    parser.add_argument("--data", type=Path, default=DATA, help="the Proposition 99 table")
    parser.add_argument("--rounds", type=int, default=3, help="turns of both sides (ratios: the median of them)")
    parser.add_argument("--placebos", type=int, default=1, help="standard errors timed there (a minute or two each)")
    return parser.parse_args()


def _frame(path: Path) -> pd.DataFrame:
    if path.is_file():
        return pd.read_csv(path, sep=";")
    print(f"{path} is not there: a simulated panel of the same shape is used", file=sys.stderr)
    rng = np.random.default_rng(0)
    y = 120 + 15 * rng.normal(size=(39, 1)) - np.arange(31) + np.cumsum(2 * rng.normal(size=(39, 31)), axis=1)
    names = [*(f"S{i:02d}" for i in range(38)), "California"]
    rows = [
        (name, 1970 + t, y[i, t], int(name == "California" and t >= 19))
        for i, name in enumerate(names)
        for t in range(31)
    ]
    return pd.DataFrame(rows, columns=["State", "Year", "PacksPerCapita", "treated"])


def _peer_python(given: str | None, folder: Path) -> str:
    if given:
        return given
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    place = folder / "peer"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(place)], check=True)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    subprocess.run([uv, "pip", "install", "-q", "--python", str(python), PEER], check=True)
    return str(python)


def _run(python: str, table: Path, repeat: int, placebos: int) -> str:
    arguments = [python, "-c", PEER_CODE, str(table), str(repeat), str(placebos)]
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
