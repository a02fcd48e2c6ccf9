"""Many sectors, input-output links and tariffs (Caliendo & Parro 2015): the baseline laid out and one change solved.

``world_model`` lays out the baseline once; ``solve_world`` answers one question (``solve_equilibrium`` calls it when
the flows have sectors); :func:`solve_draws` answers many that touch the same pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, require_option
from ...results import Check, Provenance
from . import many_sectors as core
from .input_output import read_input_output
from .inputs import Flows, flow_arrays, read_tariffs, trade_elasticities
from .one_sector import balance_trade, components
from .result import DEFICITS, Equilibrium, baseline_checks, market_check

REFERENCE = "Caliendo & Parro (2015, Review of Economic Studies); Costinot & Rodriguez-Clare (2014)"


@dataclass(frozen=True)
class WorldModel:
    """A baseline ready to be solved: the flows, the arrays and the notes about them. ``tariff`` (S, N, N)."""

    flows: Flows
    world: core.SectorBaseline
    tariff: Array
    checks: tuple[Check, ...]


def world_model(
    flows: pd.DataFrame,
    sigma: float | Mapping[str, float],
    *,
    tariffs: pd.DataFrame | None = None,
    input_output: pd.DataFrame | None = None,
    deficits: Literal["per_gdp", "fixed"] = "per_gdp",
    negative_demand: Literal["error", "absorb"] = "error",
) -> WorldModel:
    """Lay out a baseline once, to be solved for many changes with :func:`solve_draws`.

    ``flows``, ``sigma``, ``deficits``: as in :func:`solve_equilibrium`; of ``tariffs`` only ``before`` matters here
    (``after`` may be the same). ``input_output``: economy, input, sector, coefficient: what a unit of output of
    ``sector`` costs in inputs of sector ``input``, as a share of the value of output; the rest is value added; the
    economy ``*`` stands for all that are not named; without a table output is value added alone. Where a table asks
    for more of a sector than the economy buys, final demand would be negative: an error, or with
    ``negative_demand="absorb"`` the coefficients of that input are scaled down and value added takes the rest.
    """
    require_option("deficits", deficits, DEFICITS)
    laid = flow_arrays(flows)
    theta = trade_elasticities(sigma, laid.sectors)
    rates = read_tariffs(tariffs, laid)
    before = np.zeros_like(laid.value) if rates is None else rates[0]
    return _model(laid, theta, before, rates is not None, input_output, deficits, negative_demand)


def _model(
    flows: Flows,
    theta: Array,
    tariff: Array,
    taxed: bool,
    input_output: pd.DataFrame | None,
    deficits: str,
    negative_demand: str,
) -> WorldModel:
    paid = flows.value * (1 + tariff)
    spending, output = paid.sum(1), flows.value.sum(2)
    share = np.divide(paid, spending[:, None, :], out=np.zeros_like(paid), where=spending[:, None, :] > 0)
    table = read_input_output(input_output, flows, output, spending, negative_demand)
    final = spending - table.demand
    final_total = final.sum(0)
    if (bad := np.flatnonzero(final_total <= 0)).size:
        raise BadInputError(
            f"flows: {flows.economies[bad[0]]} has no final demand; its input-output table takes it all"
        )
    total = flows.value.sum(0)
    world = core.SectorBaseline(
        share=share,
        kept=share / (1 + tariff),
        theta=theta,
        value_added=table.value_added,
        inputs=table.inputs,
        final=final / final_total,
        factor_income=(table.value_added * output).sum(0),
        deficit=total.sum(0) - total.sum(1),
        output=output,
        spending=spending,
        per_gdp=deficits == "per_gdp",
        taxed=taxed,
    )
    return WorldModel(flows, world, tariff, table.checks)


def solve_world(
    flows: Flows,
    factor: Array,
    rates: tuple[Array, Array] | None,
    theta: Array,
    spec: Mapping[str, Any],
    at: int | None,
    input_output: pd.DataFrame | None,
    negative_demand: str,
) -> Equilibrium:
    """The many-sector branch of :func:`solve_equilibrium`; arguments as read there, arrays (S, N, N)."""
    if spec["closure"] == "conditional":
        return _conditional(flows, factor, theta, spec, at)
    if len(components((flows.value * factor).sum(0) > 0)) > 1:
        raise BadInputError(
            "cost_change: factors of zero cut some economies off from the rest; with sectors that has no price"
        )
    before, after = rates if rates is not None else (np.zeros_like(factor), np.zeros_like(factor))
    model = _model(flows, theta, before, rates is not None, input_output, str(spec["deficits"]), negative_demand)
    world = model.world
    gross = world.share * factor * ((1 + after) / (1 + before)) ** -theta[:, None, None]
    kernel = core.Dense(gross, gross / (1 + after))
    state, error, steps = core.solve_one(world, kernel.gross, kernel.kept)
    got = economy_outcomes(world, kernel, state)
    unit = 1.0 if at is None else float(got["index"][at, 0])
    trade = kernel.kept * state.a * state.g.transpose(0, 2, 1) / unit
    gap = _market_gap(world, trade * unit, state)
    wage = np.exp(state.wage[:, 0]) / unit
    return Equilibrium(
        spec=spec,
        economies=flows.economies,
        sectors=flows.sectors,
        before=flows.value,
        after=trade,
        producer_price=got["price"][:, 0] / unit,
        price_index=got["index"][:, 0] / unit,
        wage=wage,
        income=np.array([got["income0"][:, 0], got["income"][:, 0] / unit]),
        revenue=np.array([got["revenue0"][:, 0], got["revenue"][:, 0] / unit]),
        spending=np.array([got["spending0"][:, 0], got["spending"][:, 0] / unit]),
        checks=(market_check(max(gap, error)), *model.checks, *baseline_checks(flows)),
        provenance=Provenance(
            method=f"{len(flows.sectors)}-sector equilibrium in exact-hat form",
            reference=REFERENCE,
            settings={"iterations": steps, **spec},
        ),
    )


def _market_gap(world: core.SectorBaseline, trade: Array, state: core.State) -> float:
    """Largest gap, over output, between sales in the trade matrix and output at the new prices, and between value added
    and factor income over the latter."""
    sales = trade.sum(2)
    goods = np.abs(sales - state.output[:, :, 0]) / np.where(state.output[:, :, 0] > 0, state.output[:, :, 0], 1.0)
    labour = world.factor_income * np.exp(state.wage[:, 0])
    factors = np.abs((world.value_added * sales).sum(0) / labour - 1)
    return float(max(goods.max(), factors.max()))


def economy_outcomes(world: core.SectorBaseline, kernel: core.Kernel, state: core.State) -> dict[str, Array]:
    """Values by economy and change, (N, B) or (N, 1): ratios ``price``, ``index``; levels of the rest."""
    home = kernel.home() * state.a * state.g
    bought = kernel.kept_to(state.a) * state.g
    home0 = np.diagonal(world.kept, axis1=1, axis2=2) * world.spending
    weight = world.output / world.output.sum(0)
    imports0 = (world.kept.sum(1) * world.spending - home0).sum(0)
    revenue0 = (world.spending * (1 - world.kept.sum(1))).sum(0) if world.taxed else np.zeros_like(world.deficit)
    labour = world.factor_income[:, None] * np.exp(state.wage)
    return {
        "price": np.exp((weight[:, :, None] * state.cost).sum(0)),
        "index": np.exp((world.final[:, :, None] * state.price).sum(0)),
        "income": labour + state.revenue,
        "income0": (world.factor_income + revenue0)[:, None],
        "revenue": state.revenue,
        "revenue0": revenue0[:, None],
        "spending": state.income,
        "spending0": (world.factor_income + revenue0 + world.deficit)[:, None],
        "exports": (state.output - home).sum(0),
        "exports0": (world.output - home0).sum(0)[:, None],
        "imports": (bought - home).sum(0),
        "imports0": imports0[:, None],
    }


def _conditional(flows: Flows, factor: Array, theta: Array, spec: Mapping[str, Any], at: int | None) -> Equilibrium:
    """Output and expenditure held in every sector; resistances adjust within each."""
    n, ones = len(flows.economies), np.ones(len(flows.economies))
    after = np.zeros_like(flows.value)
    prices = np.zeros((len(theta), n))
    gap, steps = 0.0, 0
    for s, flow in enumerate(flows.value):
        rows, columns = np.flatnonzero(flow.sum(1)), np.flatnonzero(flow.sum(0))
        if not len(rows):
            continue
        cells = np.ix_(rows, columns)
        output = flow.sum(1)[rows]
        fit = balance_trade(flow[cells] * factor[s][cells], output, flow.sum(0)[columns])
        after[s][cells] = fit.trade
        level = float(output @ fit.a ** (-1 / theta[s])) / output.sum()
        prices[s][columns] = np.log(fit.b) / theta[s] - np.log(level)
        gap, steps = max(gap, fit.residual), max(steps, fit.iterations)
    spending, output = flows.value.sum(1), flows.value.sum(2).sum(0)
    index = np.exp((spending / spending.sum(0) * prices).sum(0))
    index = index / index[at] if at is not None else index
    held = np.array([output, output])
    return Equilibrium(
        spec=spec,
        economies=flows.economies,
        sectors=flows.sectors,
        before=flows.value,
        after=after,
        producer_price=ones,
        price_index=index,
        wage=ones,
        income=held,
        revenue=0 * held,
        spending=np.array([spending.sum(0)] * 2),
        checks=(market_check(gap), *baseline_checks(flows)),
        provenance=Provenance(
            method=f"{len(flows.sectors)}-sector conditional equilibrium",
            reference="Anderson & van Wincoop (2003); Yotov et al. (2016)",
            settings={"iterations": steps, **spec},
        ),
    )
