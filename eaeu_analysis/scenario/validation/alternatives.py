"""What was tried to make the forecasts of 2014 better, fitted on one economy and judged on the other.

The rule was written before the results (``[backtest.alternatives]`` of ``data/tables/scenario.toml``) and is followed
as it was first written. Tried were the border effect, fitted to the exports and imports of the other economy in place
of the one from gravity; and the rouble as a driver of trade, in the run that knows the rouble, with an elasticity of
trade with Russia to roubles per dollar that is fitted in the same way (exports fall, imports rise). The second was
solved inside the model, where the trade balance is fixed, and added to the solution, where it is not. All other numbers
are at their medians. What is kept enters the run that knows the rouble, with the number fitted on the other economy.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...arrays import Array
from ...remittances.sample import DESTINATION
from ..load import load_scenario
from ..model.setting import setting
from ..model.solve import PACE, SHOCKS, TOTAL, combine_shocks, shock_outcomes
from ..result import with_interaction
from ..run import run_scenario
from ..schema import Scenario
from ..tables import scenario_tables
from .outturn import INFORMED, KNOWN, backtest_draws, russia, with_russia

TRADE = ("exports", "imports")
BORDER = "the border effect fitted to the other economy"
INSIDE = "the rouble as a driver of trade with Russia"
ON_TOP = "the same added to the solved trade, which then need not balance"
POINTS = 13


def backtest_alternatives(happened: pd.DataFrame) -> pd.DataFrame:
    """A row per alternative and economy: ``alternative, run, economy, fitted, present, error, no_change, better``.

    ``fitted``: the number that suits the other economy best; ``present``, ``error``, ``no_change``: mean absolute error
    of exports and imports, per cent, of the present model, of the alternative and of a forecast of no change;
    ``better``: whether the error falls in both economies, which is the rule. ``happened``: a row per economy, a column
    per outcome.
    """
    fixed, moved = scenario_tables()["backtest"], russia()
    ends = [fixed["alternatives"][name] for name in ("border", "elasticity")]
    effects, elastic = (np.linspace(float(low), float(high), POINTS) for low, high in ends)
    found: dict[str, dict[str, Array]] = {BORDER: {}, INSIDE: {}, ON_TOP: {}}
    for name in fixed["scenarios"]:
        scenario = load_scenario(name)
        informed = with_russia(scenario, moved)
        own = scenario.quantities()["border_costs.effect"].centre
        tried = np.append(elastic, 0.0)  # the last is the present model
        found[BORDER][scenario.economy] = _forecasts(scenario, **{"border_costs.effect": np.append(effects, own)})
        found[INSIDE][scenario.economy] = _forecasts(informed, moved["rouble"] * tried)
        found[ON_TOP][scenario.economy] = _forecasts(informed, **{"migration.rouble_trade": tried})
    rows = []
    for label, by_economy in found.items():
        run, grid = (KNOWN, effects) if label == BORDER else (INFORMED, elastic)
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


def _forecasts(scenario: Scenario, moved: Array | None = None, **numbers: Array) -> Array:
    """(points, 2): exports and imports, per cent, at ``numbers`` (path to a value per point) and at log changes of
    trade with Russia that are solved inside the model (``moved``); all else at the medians."""
    at = setting(scenario)
    count = POINTS + 1
    values = at.middle.loc[[0] * count].reset_index(drop=True).assign(**numbers)
    shocks = {name: SHOCKS[name](at, values) for name in scenario.channels}
    if moved is not None:
        side = (at.cells["exporter"] == DESTINATION).astype(float) - (at.cells["importer"] == DESTINATION).astype(float)
        shocks["migration"] = replace(shocks["migration"], factors=np.exp(np.outer(moved, side)))
    parts = shocks | {TOTAL: combine_shocks(at, shocks)}
    columns = {(name, k): v for name, shock in parts.items() for k, v in shock_outcomes(at, values, shock).items()}
    columns[("customs_revenue", PACE)] = shocks["customs_revenue"].extra["pace"]
    drawn = with_interaction(pd.DataFrame(columns), scenario.channels)
    result = replace(run_scenario(scenario, draws=1), inputs=values, draws=drawn)
    return np.column_stack([backtest_draws(result, outcome) for outcome in TRADE])


def kept(found: pd.DataFrame, economy: str) -> dict[str, float]:
    """The numbers of the run that knows the rouble which the rule keeps for an economy, by path in [migration]."""
    row = found[found["better"] & (found["alternative"] == ON_TOP) & (found["economy"] == economy)]
    return {} if row.empty else {"rouble_trade": float(row["fitted"].iloc[0])}


def alternatives_sentence(found: pd.DataFrame) -> str:
    """What was tried and whether it helped, by rule from the table."""
    parts = []
    for label, rows in found.groupby("alternative", sort=False):
        errors = ", ".join(
            f"{r['economy']} {r['error']:.0f} instead of {r['present']:.0f}" for r in rows.to_dict("records")
        )
        word = "helps in both" if rows["better"].all() else "does not help in both"
        parts.append(f"{label} {word} ({errors})")
    helps = found[found["better"]]["alternative"].unique()
    last = f"Kept by the rule: {', '.join(helps)}" if len(helps) else "None is kept"
    return f"Tried, mean error of exports and imports, fitted on the other economy: {'; '.join(parts)}. {last}."
