"""Draws of a scenario through the world model: each channel alone, and all together.

A chunk of draws is one task; the chunks are fixed, so that results do not depend on workers. A task is a pure function
of the scenario and its rows of numbers, so that a lost one is run again elsewhere and nothing of it is missed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...parallel import fan_out
from ...trade.equilibrium.draws import CHUNK, Draws, solve_draws
from ..schema import Scenario
from ..tables import scenario_tables
from . import channels, partial_tariff
from .channels import Shock
from .setting import Setting, setting

SHOCKS: Mapping[str, Callable[[Setting, pd.DataFrame], Shock]] = {
    "tariffs": channels.tariff_shock,
    "border_costs": channels.border_cost_shock,
    "customs_revenue": channels.customs_revenue_shock,
    "migration": channels.migration_shock,
    "market_access": channels.market_access_shock,
    "dynamic": channels.dynamic_shock,
}
TOTAL: str = "total"
INTERACTION: str = "interaction"
WORLD_PRICED, ALIKE = "world_priced", "alike"  # closures: gold at the world's price, or like all other goods
CLOSURE_OUTCOMES = ("welfare", "real_income", "price_index", "exports", "imports")
PACE = "pace"  # of the pool: what it pays net at the old tariff, over what it pays net at the new one; not an outcome
TOLERANCE = 1e-11  # of a market's relative gap: outcomes are then right to 1e-9, see .spread for what is published
FROM_MODEL = ("exports", "imports", "price_index", "real_income", "welfare")


def solve(
    scenario: Scenario, values: pd.DataFrame, jobs: int = 1, dask: str | None = None, *, whole: bool = False
) -> pd.DataFrame:
    """Outcomes of every draw: a row per draw, columns (channel, outcome); NaN where a draw has no solution.

    ``jobs``: workers; ``dask``: address of a Dask scheduler instead. The numbers do not depend on either. ``whole``:
    all channels together only.
    """
    order = np.argsort(values["elasticities.sigma"].to_numpy(), kind="stable")  # like elasticities are solved together
    parts = [values.iloc[order[first : first + CHUNK]] for first in range(0, len(values), CHUNK)]
    work = functools.partial(chunk, scenario, whole=whole)
    done = fan_out(work, parts, jobs, dask, threads=True, fits=_fits)
    table: pd.DataFrame = pd.concat(list(done))
    return table.set_index(values.index[order]).loc[values.index].reset_index(drop=True)


def _fits(values: pd.DataFrame, found: object) -> bool:
    """Whether this is a table of numbers with a row for each of these draws."""
    return type(found) is pd.DataFrame and len(found) == len(values) and all(t.kind == "f" for t in found.dtypes)


def chunk(scenario: Scenario, values: pd.DataFrame, *, whole: bool = False) -> pd.DataFrame:
    """The outcomes of some draws, of all channels together only where ``whole``."""
    at = setting(scenario)
    shocks: dict[str, Shock] = {name: SHOCKS[name](at, values) for name in scenario.channels}
    columns: dict[tuple[str, str], Array] = {}
    if not whole:
        for name, shock in shocks.items():
            columns |= {(name, k): v for k, v in shock_outcomes(at, values, shock).items()}
    everything = combine_shocks(at, shocks) if shocks else channels.unchanged_tariffs(at, len(values))
    columns |= {(TOTAL, k): v for k, v in shock_outcomes(at, values, everything).items()}
    if whole:
        return _labelled(columns, len(values))
    if "elasticities.world_priced" in values:
        again = {n: s for n, s in (shocks | {TOTAL: everything}).items() if n in ("tariffs", TOTAL) and shocks}
        for part, under in again.items():
            found = shock_outcomes(at, values, under, ALIKE)
            columns |= {(f"{part}, {ALIKE}", k): found[k] for k in CLOSURE_OUTCOMES}
    if "tariffs" in shocks and partial_tariff.applies(at):
        columns |= {("tariffs", k): v for k, v in partial_tariff.partial_outcomes(at, values).items()}
    if {"tariffs", "customs_revenue"} <= shocks.keys():
        columns[("customs_revenue", PACE)] = shocks["customs_revenue"].extra["pace"]
    return _labelled(columns, len(values))


def _labelled(columns: Mapping[tuple[str, str], Array], count: int) -> pd.DataFrame:
    table = pd.DataFrame(columns, index=range(count))
    table.columns = pd.MultiIndex.from_tuples(columns, names=["channel", "outcome"])
    return table


def elasticities(at: Setting, values: pd.DataFrame, closure: str = WORLD_PRICED) -> Array:
    """(B, S): elasticity of substitution by sector; goods that the world prices have their own, if one is given."""
    sigma = np.repeat(values["elasticities.sigma"].to_numpy()[:, None], len(at.world.model.flows.sectors), axis=1)
    if closure == WORLD_PRICED and "elasticities.world_priced" in values:
        priced = np.isin(at.world.model.flows.sectors, scenario_tables()["world_priced"]["sections"])
        sigma[:, priced] = values["elasticities.world_priced"].to_numpy()[:, None]
    return sigma


def combine_shocks(at: Setting, shocks: Mapping[Any, Shock]) -> Shock:
    """All shocks as one: factors multiply, transfers and changes of tariffs add."""
    factors = [s.factors for s in shocks.values() if s.factors is not None]
    rates = [s.tariffs for s in shocks.values() if s.tariffs is not None]
    transfers: dict[str, Array] = {}
    extra: dict[str, Array] = {}
    for shock in shocks.values():
        for economy, amount in shock.transfers.items():
            transfers[economy] = transfers.get(economy, 0.0) + amount
        extra |= shock.extra
    moved = at.laid + sum(r - at.laid for r in rates) if rates else None
    return Shock(moved, np.prod(factors, axis=0) if factors else None, transfers, extra)


def shock_outcomes(at: Setting, values: pd.DataFrame, shock: Shock, closure: str = WORLD_PRICED) -> dict[str, Array]:
    """What a shock does to the economy, by outcome: units in data/tables/scenario.toml."""
    names, economy = at.world.economies, at.economy
    groups = watched(at)
    pairs = [pair for group in groups.values() for pair in group]
    found = solve_draws(
        at.world.model if closure == WORLD_PRICED else at.alike,
        at.cells,
        shock.factors,
        shock.tariffs,
        elasticities(at, values, closure),
        transfers=pd.DataFrame(shock.transfers) if shock.transfers else None,
        pairs=pairs,
        tolerance=TOLERANCE,
    )
    out = {name: found.outcome(name, economy) for name in FROM_MODEL}
    out |= _bilateral(at, found, groups)
    if "rouble_trade" in shock.extra and shock.extra["rouble_trade"].any():
        for name, more in rouble_trade(at, shock.extra["rouble_trade"]).items():
            out[name] = out[name] + more
    own = names.index(economy)
    collected = found.revenue[:, own] - _revenue_before(at)
    received = shock.extra.get("pool_receipts")
    net = shock.transfers[economy] if received is not None else 0.0
    if shock.tariffs is not None or received is not None:
        kept = collected + (net if received is not None else 0.0) - _others(shock, economy)
        out["customs_receipts"] = kept
        out["customs_receipts_of_gdp"] = 100 * kept / at.gdp
    if "remittances" in shock.extra:
        out["remittances"] = shock.extra["remittances"]
        out["remittances_of_gdp"] = 100 * shock.extra["remittances"] / at.gdp
    for name in ("break_even_share", "border_cost_fall", "permits_paid", "permits_taxed", "permits_saved"):
        if name in shock.extra:
            out[name] = shock.extra[name]
    return {name: np.where(found.failed, np.nan, value) for name, value in out.items()}


def _others(shock: Shock, economy: str) -> Array | float:
    """Income from abroad that is not customs revenue, in a shock that has both."""
    return shock.extra["remittances"] if "remittances" in shock.extra and "pool_receipts" in shock.extra else 0.0


def watched(at: Setting) -> dict[str, list[tuple[str, str]]]:
    """Flows that are shown apart: outcome -> pairs (exporter, importer)."""
    economy = at.economy
    out = {f"imports_from_{name}": [(p, economy) for p in group] for name, group in at.partners.items()}
    out["imports_from_members"] = [(m, economy) for m in at.members]
    out["exports_to_members"] = [(economy, m) for m in at.members]
    if "EU" in at.partners:
        out["exports_to_EU"] = [(economy, p) for p in at.partners["EU"]]
    return out


def _bilateral(at: Setting, found: Draws, groups: Mapping[str, list[tuple[str, str]]]) -> dict[str, Array]:
    place = {name: i for i, name in enumerate(at.world.economies)}
    flows = at.world.model.flows.value.sum(0)
    out: dict[str, Array] = {}
    first = 0
    for name, pairs in groups.items():
        after = found.trade[:, first : first + len(pairs)].sum(axis=1)
        before = sum(float(flows[place[a], place[b]]) for a, b in pairs)
        if before > 0:  # no per cent of a flow that was not there
            out[name] = 100 * (after / before - 1)
        first += len(pairs)
    return out


def rouble_trade(at: Setting, moved: Array) -> dict[str, Array]:
    """What a cheaper rouble adds to trade, per cent of each flow that is shown: ``moved`` (B,) is the log change of
    trade with Russia, by which exports to it fall and imports from it rise."""
    names, flows, own = at.world.economies, at.world.model.flows.value.sum(0), at.economy
    others = [name for name in names if name != own]
    groups = watched(at) | {"exports": [(own, e) for e in others], "imports": [(e, own) for e in others]}
    out: dict[str, Array] = {}
    if own == channels.PAYER:
        return out
    for name, pairs in groups.items():
        russian = [pair for pair in pairs if channels.PAYER in pair]
        total = sum(float(flows[names.index(a), names.index(b)]) for a, b in pairs)
        if russian and total > 0:
            part = sum(float(flows[names.index(a), names.index(b)]) for a, b in russian) / total
            out[name] = 100 * part * np.expm1(moved if russian[0][0] == channels.PAYER else -moved)
    return out


def _revenue_before(at: Setting) -> float:
    """Tariff revenue of the economy in the world that was laid out, million US$."""
    world, own = at.world.model.world, at.world.economies.index(at.economy)
    return float((world.spending[:, own] * (1 - world.kept[:, :, own].sum(1))).sum())
