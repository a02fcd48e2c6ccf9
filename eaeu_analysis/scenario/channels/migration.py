"""What migrants earn in Russia and send home.

Method. Remittances from Russia move with the dollar value of the rouble, with Russian income, and with the right to
work: log change = pass-through of the rouble * rouble + pass-through of income * income + work rights. The estimated
effect of work rights holds the saved permit fee already, so a scenario that names both is refused. What comes from
elsewhere stays. The change is income from abroad, paid by Russia; it is spent in the world model like any other.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import BadInputError, NoDataError
from ..quantities import Array
from ..setting import Setting
from . import Shock

PAYER = "RUS"
INFLOW = "BX.TRF.PWKR.CD.DT"


def inflow(economy: str, year: int) -> float:
    """Remittances received in a year, million US$. Raises NoDataError."""
    from ...load import load_panel

    series = load_panel([INFLOW], economies=[economy], years=(year, year)).column(INFLOW)
    if series.dropna().empty:
        raise NoDataError(f"no remittances of {economy} in {year} are at hand ({INFLOW})")
    return float(series.dropna().iloc[0]) / 1e6


def change(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) change of remittances received, million US$ a year."""
    block = at.scenario.migration
    if block is not None and block.work_rights.centre != 0 and block.patents.centre != 0:
        raise BadInputError(
            f"{at.scenario.name}: migration names both work_rights and patents; the first holds the saved fee already"
        )
    part = {name.split(".")[1]: values[name].to_numpy() for name in values if name.startswith("migration.")}
    log = part["pass_through_rouble"] * part["rouble"] + part["pass_through_income"] * part["russian_income"]
    log = log + part["work_rights"]
    from_russia = inflow(at.economy, at.world.year) * np.clip(part["russian_share"], 0.0, 1.0)
    saved = part["patents"] * part["patent_fee"] * part["sent_home"]  # million people times US$
    return np.asarray(from_russia * np.expm1(log) + saved)


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Remittances as income from abroad, paid by Russia."""
    more = change(at, values)
    return Shock(transfers={at.economy: more, PAYER: -more}, extra={"remittances": more})
