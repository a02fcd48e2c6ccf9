"""Who gains and who loses: output, jobs, trade and prices of the economy by section, all channels together.

The world model is solved once more for some draws with its matrices in full, because the solver of many draws keeps no
sectors. Jobs move with real output, so many to a unit of output as in the input-output table of 2022 (formal and
informal); they are given for the 136 sectors of that table by the section that each belongs to.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import NotConvergedError
from ...reference.shipped_tables import TARIFFS
from ...trade.equilibrium import many_sectors as core
from ...trade.tariffs.schedule import tariff_tables
from ..tables import scenario_tables
from .channels import Shock
from .setting import Setting
from .solve import SHOCKS, combine_shocks, elasticities

COLUMNS = ("output", "exports", "imports", "price")


def sector_changes(at: Setting, values: pd.DataFrame) -> dict[str, Array]:
    """Per cent changes (draws, 11) of real output, exports and imports in value, and buyers' prices, by section and
    services; NaN where a draw has no solution."""
    found = {name: np.full((len(values), len(at.world.model.flows.sectors)), np.nan) for name in COLUMNS}
    for k in range(len(values)):
        row = values.iloc[[k]].reset_index(drop=True)
        shock = combine_shocks(at, {name: SHOCKS[name](at, row) for name in at.scenario.channels})
        try:
            solved = _solve(at, row, shock)
        except NotConvergedError:
            continue
        for name, change in solved.items():
            found[name][k] = change
    return found


def _solve(at: Setting, row: pd.DataFrame, shock: Shock) -> dict[str, Array]:
    model, names = at.world.model, at.world.economies
    own = names.index(at.economy)
    theta = elasticities(at, row)[0] - 1
    sector = {name: k for k, name in enumerate(model.flows.sectors)}
    k = at.cells["sector"].map(sector).to_numpy()
    i = at.cells["exporter"].map({n: p for p, n in enumerate(names)}).to_numpy()
    j = at.cells["importer"].map({n: p for p, n in enumerate(names)}).to_numpy()
    before, after = model.tariff.copy(), model.tariff.copy()
    if shock.tariffs is not None:
        after[k, i, j] = shock.tariffs[0] / 100
    gross = model.world.share * ((1 + after) / (1 + before)) ** -theta[:, None, None]
    if shock.factors is not None:
        gross[k, i, j] *= shock.factors[0]
    world = replace(model.world, theta=theta, transfer=_transfer(at, shock))
    state, _, _ = core.solve_one(world, gross, gross / (1 + after))
    trade = gross / (1 + after) * state.a * state.g.transpose(0, 2, 1)
    old, new = model.flows.value, np.asarray(trade)
    abroad = [(t[:, own, :].sum(1) - t[:, own, own], t[:, :, own].sum(1) - t[:, own, own]) for t in (old, new)]
    real = new[:, own, :].sum(1) / np.exp(state.cost[:, own, 0])
    return {
        "output": _per_cent(real, old[:, own, :].sum(1)),
        "exports": _per_cent(abroad[1][0], abroad[0][0]),
        "imports": _per_cent(abroad[1][1], abroad[0][1]),
        "price": 100 * np.expm1(state.price[:, own, 0]),
    }


def _transfer(at: Setting, shock: Shock) -> Array | None:
    """(N, 1): income from abroad; what the named economies do not pay each other, the rest pay by their income."""
    if not shock.transfers:
        return None
    out = np.zeros((len(at.world.economies), 1))
    for economy, amount in shock.transfers.items():
        out[at.world.economies.index(economy), 0] = float(np.asarray(amount).ravel()[0])
    others = at.world.model.world.factor_income.copy()
    others[[at.world.economies.index(e) for e in shock.transfers]] = 0.0
    return np.asarray(out - (others / others.sum() * out.sum())[:, None])


def _per_cent(new: Array, old: Array) -> Array:
    return 100 * (np.divide(new, old, out=np.full_like(new, np.nan), where=old > 0) - 1)


def section_of_sector() -> pd.Series[str]:
    """The section (or 'services') that each of the 136 input-output sectors belongs to, by code."""
    place = {prefix: name for name, codes in tariff_tables()["cpa_sitc"].items() for prefix in codes}
    codes = TARIFFS.load("inputoutput_uzb_sectors")["sector"]
    return pd.Series([place[max((p for p in place if c.startswith(p)), key=len)] for c in codes], index=codes)


def has_jobs(economy: str) -> bool:
    """Whether employment by sector is shipped for the economy."""
    return bool(scenario_tables()["own_table"]["economy"] == economy)
