"""Three years of weekly data with 50 donors: synthetic control compared with mlsynth, synthetic DiD with diff-diff.

    python quality/benchmarks/impact_weekly.py [--turns N] [--json F]

Both sides take the same simulated table in memory: 51 units that share three random walks. Matrix completion, which
neither peer has with this objective, is compared with plain soft-impute at the penalty chosen. To reach: one fit, with
its penalties by cross-validation and without placebos, under 0.1 s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from contest import Peer, Row, alternate, environment, finish, peak_mb, timed

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.estimators.interactive_fixed_effects import (
    components,
    counterfactuals,
    interactive_fixed_effects,
    prediction_errors,
)
from eaeu_analysis.impact.estimators.matrix_completion import (
    best_penalty,
    complete,
    cross_validate_completion,
    held_out_folds,
    penalty_grid,
    two_way_means,
)
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.options import SyntheticControlOptions, SyntheticDidOptions
from eaeu_analysis.impact.question.design import state_design

MLSYNTH, DIFFDIFF = "mlsynth==1.0.0", "diff-diff==3.13.0"
UNITS, WEEKS, AFTER = 51, 156, 26
TREATED, SOFT_IMPUTE_STEPS = "U00", 3_000

MLSYNTH_CODE = """
import pandas as pd
from mlsynth import VanillaSC
table = pd.read_csv(sys.argv[1], parse_dates=["week"])
def turn():
    fitted, took = timed(lambda: VanillaSC({"df": table, "outcome": "y", "treat": "treated", "unitid": "unit",
                                            "time": "week", "display_graphs": False}).fit())
    return {**took, "estimate": float(fitted.effects.att)}
"""

DIFFDIFF_CODE = """
import diff_diff, pandas as pd
table = pd.read_csv(sys.argv[1])
table["number"] = table.groupby("unit").cumcount()
table["ever"] = table.groupby("unit").treated.transform("max")
after = sorted(table.number[table.treated == 1].unique())
def turn(seed=0):
    fitted, took = timed(lambda: diff_diff.SyntheticDiD(variance_method="placebo", n_bootstrap=200, seed=seed).fit(
        table, "y", "ever", "unit", "number", post_periods=after))
    return {**took, "estimate": float(fitted.att), "se": float(fitted.se)}
"""


def rows(turns: int) -> list[Row]:
    table, event = _table()
    bare = table.drop(columns="treated")
    question = ("y", TREATED, event)

    def panel() -> Panel:
        return Panel.from_frame(bare, "unit", "week")

    def control() -> dict[str, Any]:
        options = SyntheticControlOptions(checks=False)
        effect, took = timed(lambda: synthetic_control(panel(), *question, inference="none", options=options), 3)
        return {**took, "estimate": effect.estimate}

    def did() -> dict[str, Any]:
        effect, took = timed(lambda: synthetic_did(panel(), *question, options=SyntheticDidOptions(checks=False)))
        return {**took, "estimate": effect.estimate, "se": effect.se}

    found = []
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "weekly.csv"
        table.to_csv(at, index=False)
        with Peer(environment(MLSYNTH), MLSYNTH_CODE, str(at)) as peer:
            control(), peer.turn()
            mine, other = alternate(turns, control, peer.turn)
        found.append(
            Row(
                "counterfactuals", "synthetic control, 156 weeks and 50 donors, from the table",
                [m["cpu"] for m in mine], MLSYNTH, [o["cpu"] for o in other], at_most=0.1,
                same=abs(mine[0]["estimate"] - other[0]["estimate"]) < 1e-3,
                compared=f"average effect {mine[0]['estimate']:.4f}, peer {other[0]['estimate']:.4f}",
                peak_mb=peak_mb(), peak_mb_theirs=other[-1]["peak_mb"],
            )
        )  # fmt: skip
        with Peer(environment(DIFFDIFF), DIFFDIFF_CODE, str(at)) as peer:
            did(), peer.turn()
            mine, other = alternate(turns, did, peer.turn)
        found.append(
            Row(
                "counterfactuals", "synthetic DiD, 156 weeks and 50 donors, all 50 placebos against 200 draws",
                [m["cpu"] for m in mine], DIFFDIFF, [o["cpu"] for o in other], at_least=1.0,
                same=abs(mine[0]["estimate"] - other[0]["estimate"]) < 1e-3,
                compared=f"estimate {mine[0]['estimate']:.4f}, peer {other[0]['estimate']:.4f}; error "
                f"{mine[0]['se']:.3f}, peer {other[0]['se']:.3f}",
                peak_mb=peak_mb(), peak_mb_theirs=other[-1]["peak_mb"],
            )
        )  # fmt: skip
    return [*found, *_own_rows(turns, panel(), question)]


def _own_rows(turns: int, panel: Panel, question: tuple[str, str, str]) -> list[Row]:
    design = state_design(panel, *question)
    y, observed = design.outcomes, design.indicator == 0

    def completed() -> tuple[float, Any]:
        penalties = penalty_grid(y, observed)
        errors = cross_validate_completion(y, observed, penalties, held_out_folds(observed, 5, 0))
        penalty = best_penalty(penalties, errors)
        return penalty, complete(y, observed, penalty).fitted

    def factors() -> float:
        errors = prediction_errors(design.control, design.treated, design.starts, 5)
        model = components(design.control, int(np.argmin(errors)))
        paths = counterfactuals(model, design.treated, design.starts)[0]
        return float((design.treated - paths)[:, int(design.starts[0]) :].mean())

    (penalty, fitted), _ = timed(completed)
    apart = float(np.abs(fitted - _soft_impute(y, observed, penalty)).max())
    value, _ = timed(factors)
    public = interactive_fixed_effects(panel, *question, draws=99).estimate
    return [
        Row(
            "counterfactuals", "matrix completion, 156 weeks and 50 donors, penalty by cross-validation",
            [timed(completed, 3)[1]["cpu"] for _ in range(turns)], at_most=0.1, same=apart < 1e-4,
            compared=f"within {apart:.0e} of plain soft-impute at the same penalty", peak_mb=peak_mb(),
        ),
        Row(
            "counterfactuals", "interactive fixed effects, 156 weeks and 50 donors, factors by prediction",
            [timed(factors, 3)[1]["cpu"] for _ in range(turns)], at_most=0.1, same=abs(value - public) < 1e-9,
            compared=f"average effect {value:.4f}, as the public function", peak_mb=peak_mb(),
        ),
    ]  # fmt: skip


def _soft_impute(y: Any, observed: Any, penalty: float) -> Any:
    """The published algorithm, one step at a time: fill, take means out, lower singular values."""
    fitted = np.broadcast_to(y[observed].mean(), y.shape)
    for _ in range(SOFT_IMPUTE_STEPS):
        filled = np.where(observed, y, fitted)
        means = two_way_means(filled)
        left, sizes, right = np.linalg.svd(filled - means, full_matrices=False)
        fitted = means + (left * np.maximum(sizes - penalty * observed.sum() / 2, 0.0)) @ right
    return fitted


def _table() -> tuple[pd.DataFrame, str]:
    rng = np.random.default_rng(0)
    walks = 0.3 * np.cumsum(rng.normal(size=(WEEKS, 3)), axis=0)
    y = 50 + 3 * rng.normal(size=(UNITS, 1)) + rng.normal(size=(UNITS, 3)) @ walks.T
    y = y + 0.5 * rng.normal(size=y.shape)
    weeks = pd.date_range("2020-01-06", periods=WEEKS, freq="W-MON")
    y[0, -AFTER:] += 3.0
    frame = pd.DataFrame(
        {"unit": np.repeat([f"U{i:02d}" for i in range(UNITS)], WEEKS), "week": np.tile(weeks, UNITS), "y": y.ravel()}
    )
    frame["treated"] = ((frame["unit"] == TREATED) & (frame["week"] >= weeks[-AFTER])).astype(int)
    return frame, str(weeks[-AFTER].date())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    return finish(rows(given.turns), given.json)


if __name__ == "__main__":
    sys.exit(main())
