"""Many draws of one change at a time: a thousand accessions of a 190-economy, 10-sector world in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array, Index
from ...errors import BadInputError, NotConvergedError
from ..frames import need_columns, pair_places, places
from . import many_sectors as core
from .inputs import Flows
from .result import COLUMNS
from .world_model import WorldModel, economy_outcomes

CHUNK = 64  # changes solved together; fixed, so that results do not depend on the number of workers
NODE = 1.3  # trade elasticities within this factor share the slope that steps are taken with; the answer is the same


@dataclass(frozen=True)
class Draws:
    """``changes`` (B, N, 7): per cent changes by draw, economy and outcome (:data:`COLUMNS`), NaN where ``failed``;
    ``error`` (B,): largest relative gap of a market. ``pairs``: exporter and importer of the flows that were asked for,
    ``trade`` (B, P): their values at the border over all sectors, ``revenue`` (B, N): tariff revenue; both in the
    flows' unit at the numeraire (world factor income unchanged), NaN where ``failed``."""

    economies: tuple[str, ...]
    changes: Array
    error: Array
    failed: np.ndarray[Any, np.dtype[np.bool_]]
    pairs: tuple[tuple[str, str], ...]
    trade: Array
    revenue: Array

    def to_frame(self) -> pd.DataFrame:
        """A row per draw and economy with the outcomes as columns."""
        index = pd.MultiIndex.from_product([range(len(self.changes)), self.economies], names=["draw", "economy"])
        return pd.DataFrame(self.changes.reshape(-1, len(COLUMNS)), index=index, columns=list(COLUMNS)).reset_index()

    def outcome(self, name: str, economy: str) -> Array:
        """(B,): one outcome of one economy."""
        return np.asarray(self.changes[:, self.economies.index(economy), COLUMNS.index(name)])


def solve_draws(
    model: WorldModel,
    cells: pd.DataFrame,
    factors: Array | None = None,
    tariffs: Array | None = None,
    sigma: Array | None = None,
    tolerance: float = 1e-9,
    jobs: int = 1,
    transfers: pd.DataFrame | None = None,
    pairs: Sequence[tuple[str, str]] = (),
) -> Draws:
    """Solve B changes that touch the same pairs.

    ``cells``: exporter, importer and, to change one sector only, sector: m rows. ``factors`` (B, m): new over old
    t^(1 - sigma) in each; ``tariffs`` (B, m): the rates afterwards in per cent (the baseline's where None); ``sigma``:
    (B,) or (B, S), the model's where None. ``transfers``: a column per economy, a row per draw, income from abroad in
    the flows' unit; what is not balanced is paid by all others by their income. ``pairs``: (exporter, importer) whose
    trade is to be kept. A change that could not be solved is marked in ``failed``, never dropped.
    Full closure, world factor income as numeraire. ``jobs``: threads; the results do not depend on it. The linear
    algebra behind numpy may start threads of its own: with ``jobs`` above 1, OMP_NUM_THREADS=1 is faster.
    """
    given = [array for array in (factors, tariffs, transfers) if array is not None]
    if not given:
        raise BadInputError("solve_draws needs factors, tariffs or transfers")
    draws = len(given[0])
    at = _cells(model.flows, cells)
    theta = _draw_elasticities(model, sigma, draws)
    for name, array in (("factors", factors), ("tariffs", tariffs)):
        if array is not None and array.shape != (draws, len(cells)):
            raise BadInputError(
                f"{name} must have shape {(draws, len(cells))} (draws, rows of cells), not {array.shape}"
            )
        if array is not None and not (np.isfinite(array).all() and (array >= 0).all()):
            raise BadInputError(f"{name} must be finite and zero or more")
    world = model.world
    if tariffs is not None and not world.taxed:
        raise BadInputError("tariffs: the model was laid out without tariffs; give world_model the baseline's")
    n = len(model.flows.economies)
    paid = None if transfers is None else _transfers(model, transfers, draws)
    kept_pairs = pd.DataFrame(list(pairs), columns=["exporter", "importer"])
    watched = pair_places("pairs", kept_pairs, model.flows.economies)
    values = np.full((draws, n, len(COLUMNS)), np.nan)
    trade, revenue = np.full((draws, len(pairs)), np.nan), np.full((draws, n), np.nan)
    errors = np.full(draws, np.inf)
    level = theta.mean(axis=(0, 1))
    order = np.argsort(level, kind="stable")  # draws of like elasticities are solved together, by one slope
    nodes = np.rint(np.log(level / world.theta.mean()) / np.log(NODE)).astype(int)
    node_of = {first: int(np.median(nodes[order[first : first + CHUNK]])) for first in range(0, draws, CHUNK)}
    inverses = {node: _slope(world, node) for node in sorted(set(node_of.values()))}  # before any thread asks for it

    def solve(first: int) -> None:
        some = order[first : first + CHUNK]
        inverse = inverses[node_of[first]]
        kernel = _sparse(model, at, factors, tariffs, theta, some)
        own = world if paid is None else replace(world, transfer=paid[:, some])
        start = core.Point.start(own, kernel.gross.shape[1])
        state, error, _ = core.iterate(own, kernel, theta[:, :, some], inverse, start, tolerance)
        values[some], errors[some] = _table(economy_outcomes(own, kernel, state)), error
        revenue[some], trade[some] = state.revenue.T, _watched(kernel, state, watched)
        for b in np.flatnonzero(~(error < tolerance)).tolist():
            at_b = some[b]
            values[at_b], revenue[at_b], trade[at_b], errors[at_b] = _alone(
                own, kernel, theta[:, :, some][:, :, b], b, tolerance, watched
            )

    with ThreadPoolExecutor(max(1, jobs)) as pool:
        list(pool.map(solve, range(0, draws, CHUNK)))
    failed = ~(errors < tolerance)
    for array in (values, trade, revenue):
        array[failed] = np.nan
    return Draws(model.flows.economies, values, errors, failed, tuple(pairs), trade, revenue)


def _slope(world: core.SectorBaseline, node: int) -> Array:
    """Inverse slope at the model's elasticities times NODE ** node, kept with the world."""
    kept: dict[int, Array] = world.__dict__.setdefault("_slopes", {})
    if node not in kept:
        kept[node] = world.inverse if node == 0 else world.slope_inverse(world.theta * NODE**node)
    return kept[node]


def _transfers(model: WorldModel, transfers: pd.DataFrame, draws: int) -> Array:
    """(N, B) balanced transfers: what the named economies do not pay each other, the rest pay by their income."""
    economies = model.flows.economies
    rows = places("transfers", "economy", pd.Series(list(transfers.columns)), economies)
    given = transfers.to_numpy(dtype=np.float64)
    if len(given) != draws:
        raise BadInputError(f"transfers must have a row per draw ({draws}), not {len(given)}")
    if not np.isfinite(given).all():
        raise BadInputError("transfers must be finite")
    out = np.zeros((len(economies), draws))
    out[rows] = given.T
    others = model.world.factor_income.copy()
    others[rows] = 0.0
    return out - np.outer(others / others.sum(), out.sum(0))


def _watched(kernel: core.Sparse, state: core.State, pairs: tuple[Index, Index]) -> Array:
    """(B, P): trade of the pairs over all sectors, from the shared baseline and the cells that changed."""
    i, j = pairs
    base = kernel.world.kept[:, i, j][:, :, None] * state.a[:, i] * state.g[:, j]
    out = base.sum(0)
    n, draws = kernel.world.share.shape[1], state.a.shape[2]
    sold = state.a.reshape(-1, draws)[kernel.rows] * state.g.reshape(-1, draws)[kernel.columns] * kernel.kept
    changed: dict[tuple[int, int], Array] = {}  # a pair may be asked for twice
    for cell, pair in enumerate(zip((kernel.rows % n).tolist(), (kernel.columns % n).tolist(), strict=True)):
        changed[pair] = changed.get(pair, 0.0) + sold[cell]
    for at, pair in enumerate(zip(i.tolist(), j.tolist(), strict=True)):
        if pair in changed:
            out[at] += changed[pair]
    return np.asarray(out.T)


def _alone(
    world: core.SectorBaseline, kernel: core.Sparse, theta: Array, b: int, tolerance: float, pairs: tuple[Index, Index]
) -> tuple[Array, Array, Array, float]:
    """One draw by the robust route; NaN and infinity where that fails too."""
    n = world.share.shape[1]
    gross, kept = world.share.copy(), world.kept.copy()
    where = (kernel.rows // n, kernel.rows % n, kernel.columns % n)
    gross[where] += kernel.gross[:, b]
    kept[where] += kernel.kept[:, b]
    transfer = None if world.transfer is None else world.transfer[:, b : b + 1]
    own = replace(world, theta=theta[:, 0], transfer=transfer)
    try:
        state, error, _ = core.solve_one(own, gross, kept, tolerance)
    except NotConvergedError:
        nothing = np.full(n, np.nan)
        return np.full((n, len(COLUMNS)), np.nan), nothing, np.full(len(pairs[0]), np.nan), float("inf")
    i, j = pairs
    trade = (kept[:, i, j] * state.a[:, i, 0] * state.g[:, j, 0]).sum(0)
    return _table(economy_outcomes(own, core.Dense(gross, kept), state))[0], state.revenue[:, 0], trade, error


def _table(got: Mapping[str, Array]) -> Array:
    """(B, N, 7) per cent changes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (
            got["exports"] / got["exports0"],
            got["imports"] / got["imports0"],
            got["price"],
            got["index"],
            got["income"] / got["income0"],
            got["income"] / got["income0"] / got["index"],
            got["spending"] / got["spending0"] / got["index"],
        )
    return np.stack([100 * (ratio.T - 1) for ratio in ratios], axis=2)


def _cells(flows: Flows, cells: pd.DataFrame) -> tuple[Index, Index, Index, Index]:
    """Row of ``cells``, sector, exporter and importer of every cell that changes (rows without sector: all sectors)."""
    cells = need_columns("cells", cells, ("exporter", "importer"))
    i, j = pair_places("cells", cells, flows.economies)
    row = np.arange(len(cells))
    s = len(flows.sectors)
    if "sector" in cells.columns and flows.by_sector:
        k = places("cells", "sector", cells["sector"], flows.sectors)
    else:
        row, i, j, k = np.tile(row, s), np.tile(i, s), np.tile(j, s), np.repeat(np.arange(s), len(cells))
    flat = (k * len(flows.economies) + i) * len(flows.economies) + j
    if len(np.unique(flat)) < len(flat):
        raise BadInputError("cells: a pair is given more than once")
    return row, k, i, j


def _draw_elasticities(model: WorldModel, sigma: Array | None, draws: int) -> Array:
    """theta by sector and draw, (S, 1, B)."""
    s = len(model.flows.sectors)
    if sigma is None:
        return np.repeat(model.world.theta[:, None, None], draws, axis=2)
    given = np.asarray(sigma, dtype=np.float64)
    given = np.repeat(given[:, None], s, axis=1) if given.ndim == 1 else given
    if given.shape != (draws, s):
        raise BadInputError(f"sigma must have shape {(draws,)} or {(draws, s)} (draws, sectors), not {given.shape}")
    if not (np.isfinite(given).all() and (given > 1).all()):
        raise BadInputError(f"sigma must be above 1 in every draw; the smallest is {given.min():g}")
    return np.ascontiguousarray(given.T[:, None, :] - 1)


def _sparse(
    model: WorldModel,
    at: tuple[Index, Index, Index, Index],
    factors: Array | None,
    tariffs: Array | None,
    theta: Array,
    some: Index,
) -> core.Sparse:
    from scipy.sparse import csr_matrix

    row, k, i, j = at
    world, n = model.world, len(model.flows.economies)
    before = model.tariff[k, i, j][:, None]
    after = before if tariffs is None else tariffs[some][:, row].T / 100
    share, kept = world.share[k, i, j][:, None], world.kept[k, i, j][:, None]
    change = ((1 + after) / (1 + before)) ** -theta[k, 0][:, some]
    if factors is not None:
        change = change * factors[some][:, row].T
    gross = share * change
    rows, columns = k * n + i, k * n + j
    m = len(rows)
    ones, place = np.ones(m), np.arange(m)
    size = len(world.theta) * n
    return core.Sparse(
        world, rows, columns, gross - share, gross / (1 + after) - kept,
        to=csr_matrix((ones, (columns, place)), shape=(size, m)),
        back=csr_matrix((ones, (rows, place)), shape=(size, m)),
    )  # fmt: skip
