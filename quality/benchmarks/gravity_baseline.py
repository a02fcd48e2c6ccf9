"""A baseline from an estimated gravity model: trade that has the given costs and the given margins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from eaeu_analysis.arrays import Array, Index
from eaeu_analysis.errors import BadInputError, unknown
from eaeu_analysis.trade.equilibrium.inputs import ONE_SECTOR, Flows, require_sound, sorted_codes
from eaeu_analysis.trade.equilibrium.one_sector import balance_trade
from eaeu_analysis.trade.frames import need_columns, numeric_column


@dataclass(frozen=True)
class GravityBaseline:
    """``flows``: exporter, importer, value, ready for ``solve_equilibrium``; ``world``: the same laid out, for many
    solutions; ``outward``, ``inward``: multilateral resistances by economy, as the ratios 1 / (resistance ** (1 -
    sigma)) of the structural system at shares of world output and expenditure, the reference's inward one being 1."""

    flows: pd.DataFrame
    world: Flows
    outward: pd.Series[float]
    inward: pd.Series[float]


def gravity_baseline(
    costs: pd.DataFrame, output: pd.Series[float], expenditure: pd.Series[float], reference: str | None = None
) -> GravityBaseline:
    """The structural gravity flows of Anderson & van Wincoop (2003) at given output and expenditure.

    ``costs``: exporter, importer, cost, the last being t^(1 - sigma) up to a constant: exp(x'b) of a gravity model
    without its fixed effects. ``output``, ``expenditure``: values by economy. Where they do not sum to the same, output
    is scaled to expenditure. ``reference``: the economy whose inward resistance is 1 (the last in the alphabet).

    Raises :class:`BadInputError` for missing pairs or values, :class:`NotConvergedError`.
    """
    need_columns("costs", costs, ("exporter", "importer", "cost"))
    economies = sorted(map(str, output.index))
    if economies != sorted(map(str, expenditure.index)):
        raise BadInputError("output and expenditure are not of the same economies")
    n = len(economies)
    kernel = np.full((n, n), np.nan)
    cells = tuple(_at(costs, side, economies) for side in ("exporter", "importer"))
    kernel[cells] = numeric_column("costs", costs, "cost")
    if np.isnan(kernel).any():
        i, j = np.argwhere(np.isnan(kernel))[0]
        raise BadInputError(
            f"costs: {economies[i]} to {economies[j]} is missing; every pair is needed, domestic ones too"
        )
    if (kernel < 0).any():
        raise BadInputError("costs: t^(1 - sigma) cannot be negative")
    sold, spent = (_positive(name, s, economies) for name, s in (("output", output), ("expenditure", expenditure)))
    at = economies.index(reference) if reference in economies else n - 1
    if reference is not None and reference not in economies:
        raise BadInputError(f"reference {reference!r} is not among the economies")
    fit = balance_trade(kernel, sold * spent.sum() / sold.sum(), spent)
    require_sound(fit.trade, economies)
    scale = fit.b[at] / spent[at]
    index = pd.Index(economies, name="economy")
    named = index.array
    flows = {"exporter": named.repeat(n), "importer": named.take(np.tile(np.arange(n), n)), "value": fit.trade.ravel()}
    return GravityBaseline(
        flows=pd.DataFrame(flows),
        world=Flows(tuple(economies), (ONE_SECTOR,), fit.trade[None], 0),
        outward=pd.Series(fit.a * scale / (sold / sold.sum()), index=index, name="outward"),
        inward=pd.Series(fit.b / spent / scale, index=index, name="inward"),
    )


def _at(costs: pd.DataFrame, side: str, economies: list[str]) -> Index:
    """The place of each row's economy; :class:`BadInputError` for one without output."""
    codes, found = sorted_codes(costs[side])
    place = {name: i for i, name in enumerate(economies)}
    strange = [name for name in found if name not in place]
    if strange or (codes < 0).any():
        raise unknown(f"costs: {side}", strange[0] if strange else "nothing", economies)
    table: Index = np.array([place[name] for name in found], dtype=np.intp)
    return np.asarray(table[codes], dtype=np.intp)


def _positive(name: str, values: pd.Series[float], economies: list[str]) -> Array:
    array = values.set_axis(values.index.astype(str)).reindex(economies).to_numpy(dtype=np.float64)
    if not np.isfinite(array).all() or (array <= 0).any():
        raise BadInputError(f"{name} must be above zero for every economy")
    return np.asarray(array, dtype=np.float64)
