"""What membership takes off the cost of crossing the border between members, beside tariffs.

Method. Estimated: the coefficient of the union in a gravity equation is (1 - sigma) times the log change of trade
costs, so exp(effect) is the factor of t^(1 - sigma) and no elasticity is needed; its ad valorem equivalent is
1 - exp(-effect / (sigma - 1)). From surveys: a cost as a share of export value, of which membership takes a share away,
gives the factor (1 - cost * removed)^(1 - sigma). Both ways, all goods, the same for every member.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...arrays import Array
from ..setting import Setting
from . import Shock


def factor(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) new over old t^(1 - sigma) between the economy and a member."""
    block = at.scenario.border_costs
    if block is not None and block.source == "survey":
        saved = np.clip(values["border_costs.cost"] * values["border_costs.removed"], 0.0, 0.95)
        return np.asarray((1 - saved) ** (1 - values["elasticities.sigma"]), dtype=np.float64)
    return np.asarray(np.exp(values["border_costs.effect"]), dtype=np.float64)


def equivalent(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) the ad valorem equivalent of what falls away, per cent of the price before; negative where costs rise."""
    theta = values["elasticities.sigma"].to_numpy() - 1
    return np.asarray(100 * (1 - factor(at, values) ** (-1 / theta)))


def between_members(at: Setting) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(m,): cells of trade between the economy and members."""
    inside = at.cells["exporter"].isin(at.members) | at.cells["importer"].isin(at.members)
    return np.asarray(inside, dtype=bool)


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """The factor in the cells between members, one elsewhere; the ad valorem equivalent beside it."""
    inside = between_members(at)
    factors = np.where(inside[None, :], factor(at, values)[:, None], 1.0)
    return Shock(factors=factors, extra={"border_cost_fall": equivalent(at, values)})
