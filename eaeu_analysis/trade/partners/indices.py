"""Indices of trade between an economy and its partners: pure functions of flows and of structures by product.

Flows are frames with exporter, importer, usd; structures are Series of US$ by product. A share of nothing is NaN.
Sources: Balassa (1965), Grubel and Lloyd (1975), Michaely (1996), Iapadre and Tironi (2009) for introversion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...errors import NoDataError, unknown

Side = Literal["exports", "imports"]


def partner_shares(flows: pd.DataFrame, economy: str, side: Side = "exports") -> pd.Series[Any]:
    """Each partner's share of the economy's exports or imports, largest first; sums to one."""
    own, other = _sides(side)
    rows = flows[(flows[own] == economy) & (flows[other] != economy)]
    values = rows.groupby(other)["usd"].sum()
    total = float(values.sum())
    if total <= 0:
        raise NoDataError(f"no {side} of {economy} in these flows")
    shares = (values / total).sort_values(ascending=False, kind="stable")
    shares.index.name, shares.name = "partner", f"share of {side}"
    return shares


def group_share(flows: pd.DataFrame, economy: str, group: Sequence[str], side: Side = "exports") -> float:
    """The group's share of the economy's exports or imports."""
    shares = partner_shares(flows, economy, side)
    return float(shares[shares.index.isin([g for g in group if g != economy])].sum())


def herfindahl(shares: pd.Series[Any]) -> float:
    """Sum of squared shares: one over the number of equal partners."""
    return float(np.sum(shares.to_numpy(dtype=np.float64) ** 2))


def intensity(flows: pd.DataFrame, economy: str, group: Sequence[str], side: Side = "exports") -> float:
    """Share of the group in the economy's trade over its share in the trade of the rest of the world.

    1: as expected from the group's size; 3: three times as much. The economy's own flows are not in the denominator.
    """
    mine = group_share(flows, economy, group, side)
    theirs = _rest_share(flows, economy, group, side)
    return mine / theirs if theirs > 0 else float("nan")


def introversion(flows: pd.DataFrame, economy: str, group: Sequence[str], side: Side = "exports") -> float:
    """Symmetric introversion towards a group, -1 to 1: (HI - HE) / (HI + HE), HI the intensity inside, HE outside.

    0 is geographic neutrality; unlike the intensity it does not depend on how small the group is.
    """
    mine = group_share(flows, economy, group, side)
    theirs = _rest_share(flows, economy, group, side)
    if not 0 < theirs < 1:
        return float("nan")
    inside, outside = mine / theirs, (1 - mine) / (1 - theirs)
    return (inside - outside) / (inside + outside)


def complementarity(exports: pd.Series[Any], imports: pd.Series[Any]) -> float:
    """Michaely: one less half the sum of absolute differences between what one exports and the other imports.

    1: the two structures are the same; 0: nothing that one sells is bought by the other.
    """
    sold, bought = exports.align(imports, fill_value=0.0)
    if sold.sum() <= 0 or bought.sum() <= 0:
        return float("nan")
    return float(1 - (sold / sold.sum() - bought / bought.sum()).abs().sum() / 2)


def revealed_advantage(exports: pd.Series[Any], world: pd.Series[Any], symmetric: bool = False) -> pd.Series[Any]:
    """Balassa: share of a product in the economy's exports over its share in the world's; above 1 is an advantage.

    ``symmetric``: (B - 1) / (B + 1), from -1 to 1.
    """
    own, all_ = exports.align(world, fill_value=0.0)
    if own.sum() <= 0 or all_.sum() <= 0:
        raise NoDataError("revealed advantage needs positive exports of the economy and of the world")
    ratio = (own / own.sum()) / (all_ / all_.sum()).where(all_ > 0)
    return (ratio - 1) / (ratio + 1) if symmetric else ratio


def grubel_lloyd(exports: pd.Series[Any], imports: pd.Series[Any]) -> float:
    """Intra-industry trade, weighted by trade: 1 less the sum of |X - M| over the sum of X + M, by product."""
    sold, bought = exports.align(imports, fill_value=0.0)
    total = float((sold + bought).sum())
    return float(1 - (sold - bought).abs().sum() / total) if total > 0 else float("nan")


def structure(flows: pd.DataFrame, exporters: Sequence[str] | None, importers: Sequence[str] | None) -> pd.Series[Any]:
    """US$ by product of the flows from ``exporters`` to ``importers`` (None: all), domestic flows left out."""
    rows = flows[flows["exporter"] != flows["importer"]]
    if exporters is not None:
        rows = rows[rows["exporter"].isin(list(exporters))]
    if importers is not None:
        rows = rows[rows["importer"].isin(list(importers))]
    return rows.groupby("product")["usd"].sum()


def _sides(side: Side) -> tuple[str, str]:
    if side == "exports":
        return "exporter", "importer"
    if side == "imports":
        return "importer", "exporter"
    raise unknown("side", side, ["exports", "imports"])


def _rest_share(flows: pd.DataFrame, economy: str, group: Sequence[str], side: Side) -> float:
    """Share of the group in the trade of all others with the world, the economy being no partner either."""
    own, other = _sides(side)
    rest = flows[(flows[own] != economy) & (flows[other] != economy) & (flows[own] != flows[other])]
    total = float(rest["usd"].sum())
    return float(rest.loc[rest[other].isin(list(group)), "usd"].sum()) / total if total > 0 else float("nan")
