"""What was tried to make the forecasts of 2014 better, fitted on one economy and judged on the other.

The rule came first (``[backtest.alternatives]`` of ``data/tables/scenario.toml``). Tried were: the border effect fitted
to the exports and imports of the other economy, in place of the one from gravity; and the rouble as a driver of trade,
with an elasticity of trade with Russia to roubles per dollar fitted in the same way (exports fall, imports rise), in
the run that knows the rouble. The second was solved inside the model, where the trade balance is fixed, and added on
top of the solution, where it is not. All other numbers are at their medians.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...arrays import Array
from ..load import load_scenario
from ..model.setting import Setting, setting
from ..model.solve import PACE, SHOCKS, TOTAL, combine_shocks, shock_outcomes
from ..result import with_interaction
from ..run import run_scenario
from ..schema import Scenario
from ..tables import scenario_tables
from .outturn import KNOWN, TOLD, backtest_draws, russia, with_russia

TRADE = ("exports", "imports")
BORDER = "the border effect fitted to the other economy"
INSIDE = "the rouble as a driver of trade with Russia"
ON_TOP = "the same on top of the solution, where trade need not balance"
POINTS = 13


def backtest_alternatives(happened: pd.DataFrame) -> pd.DataFrame:
    """A row per alternative and economy: ``alternative, run, economy, fitted, present, error, no_change, better``.

    ``fitted``: the number that suits the other economy best; ``present``, ``error``, ``no_change``: mean absolute error
    of exports and imports, per cent, of the present model, of the alternative and of a forecast of no change;
    ``better``: whether the error falls in both economies. ``happened``: a row per economy, a column per outcome.
    """
    fixed, moved = scenario_tables()["backtest"], russia()
    effects, elastic = (np.linspace(*fixed["alternatives"][name], POINTS) for name in ("border", "elasticity"))
    found: dict[str, dict[str, Array]] = {BORDER: {}, INSIDE: {}, ON_TOP: {}}
    for name in fixed["scenarios"]:
        scenario = load_scenario(name)
        told = with_russia(scenario, moved)
        own = scenario.quantities()["border_costs.effect"].centre
        found[BORDER][scenario.economy] = _forecasts(scenario, np.append(effects, own), np.zeros(POINTS + 1))
        inside = _forecasts(told, np.full(POINTS + 1, own), moved["rouble"] * np.append(elastic, 0.0))
        found[INSIDE][scenario.economy] = inside
        pushed = np.expm1(np.outer(np.append(elastic, 0.0), (-moved["rouble"], moved["rouble"])))
        found[ON_TOP][scenario.economy] = inside[-1] + 100 * _part_of_russia(setting(told)) * pushed
    rows = []
    for label, by_economy in found.items():
        run, grid = (KNOWN, effects) if label == BORDER else (TOLD, elastic)
        truth = {e: happened.loc[e, list(TRADE)].to_numpy(dtype=np.float64) for e in by_economy}
        missed = {e: np.abs(forecast - truth[e]).mean(axis=1) for e, forecast in by_economy.items()}
        for economy in missed:
            (other,) = set(missed) - {economy}
            best = int(missed[other][:-1].argmin())
            errors = missed[economy][-1], missed[economy][best], np.abs(truth[economy]).mean()
            rows.append((label, run, economy, float(grid[best]), *map(float, errors)))
    names = ["alternative", "run", "economy", "fitted", "present", "error", "no_change"]
    out = pd.DataFrame(rows, columns=names)
    return out.assign(better=(out["error"] < out["present"]).groupby(out["alternative"]).transform("all"))


def _forecasts(scenario: Scenario, effects: Array, moved: Array) -> Array:
    """(points, 2): exports and imports, per cent, at border effects and at log changes of trade with Russia."""
    at = setting(scenario)
    values = at.middle.loc[[0] * len(effects)].reset_index(drop=True).assign(**{"border_costs.effect": effects})
    shocks = {name: SHOCKS[name](at, values) for name in scenario.channels}
    side = (at.cells["exporter"] == "RUS").astype(float) - (at.cells["importer"] == "RUS").astype(float)
    shocks["migration"] = replace(shocks["migration"], factors=np.exp(np.outer(moved, side)))
    parts = shocks | {TOTAL: combine_shocks(at, shocks)}
    columns = {(name, k): v for name, shock in parts.items() for k, v in shock_outcomes(at, values, shock).items()}
    columns[("customs_revenue", PACE)] = shocks["customs_revenue"].extra["pace"]
    drawn = with_interaction(pd.DataFrame(columns), scenario.channels)
    result = replace(run_scenario(scenario, draws=1), inputs=values, draws=drawn)
    return np.column_stack([backtest_draws(result, outcome) for outcome in TRADE])


def _part_of_russia(at: Setting) -> Array:
    """(2,): Russia's part of the economy's exports and imports in the baseline."""
    flows, names = at.world.model.flows.value.sum(0), at.world.economies
    own, russian = names.index(at.economy), names.index("RUS")
    sold, bought = flows[own].sum() - flows[own, own], flows[:, own].sum() - flows[own, own]
    return np.array([flows[own, russian] / sold, flows[russian, own] / bought])


def alternatives_sentence(found: pd.DataFrame) -> str:
    """What was tried and whether it helped, by rule from the table."""
    parts = []
    for label, rows in found.groupby("alternative", sort=False):
        errors = ", ".join(
            f"{r['economy']} {r['error']:.0f} instead of {r['present']:.0f}" for r in rows.to_dict("records")
        )
        word = "helps in both" if rows["better"].all() else "does not help in both"
        parts.append(f"{label} {word} ({errors})")
    kept = found[found["better"] & (found["alternative"] != ON_TOP)]["alternative"].unique()
    last = f"kept: {', '.join(kept)}" if len(kept) else "none is kept"
    return f"Tried, mean error of exports and imports, fitted on the other economy: {'; '.join(parts)}; {last}."
