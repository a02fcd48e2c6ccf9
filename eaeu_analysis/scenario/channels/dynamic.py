"""Effects that are often named and that nothing here estimates: off unless the scenario turns them on.

Method. Investment and services add their stated per cent of GDP to income from abroad (as if given); falling costs of
proving origin act as lower trade costs between members. Stated so that a person can see what it takes, not found.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..setting import Setting
from . import Shock
from .border_costs import between_members


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Stated gains as income, rules of origin as trade costs between members."""
    gain = (values["dynamic.investment"] + values["dynamic.services"]).to_numpy() / 100 * at.gdp
    saved = np.clip(values["dynamic.rules_of_origin"].to_numpy(), 0.0, 0.95)
    factor = (1 - saved) ** (1 - values["elasticities.sigma"].to_numpy())
    factors = np.where(between_members(at)[None, :], factor[:, None], 1.0)
    return Shock(factors=factors, transfers={at.economy: np.asarray(gain)})
