"""What migrants earn in Russia and send home.

Method. Remittances move with the rouble, with Russian income and with the right to work, by the formula of
``remittances.response``; a saved permit fee enters by the part that is sent home. The effect of work
rights as estimated holds the saved fee, so a scenario names one of the two. The change is income from abroad, paid by
Russia; in the world model it is spent like any other income. What happens to the rouble is no effect of membership: a
scenario that moves it says what a shock would do to a member.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...arrays import Array
from ...remittances import RemittanceBaseline, remittance_baseline, remittance_change
from ..setting import Setting
from . import Shock

PAYER = "RUS"


def base(at: Setting) -> RemittanceBaseline:
    """Remittances and GDP of the baseline year; shares as known then for a year of the past. Raises NoDataError."""
    known = None if at.world.year >= 2019 else at.world.year + 1
    return remittance_baseline(at.economy, at.world.year, known=known)


def change(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) change of remittances received, million US$ a year."""
    part = {
        name.split(".")[1]: values[name].to_numpy()
        for name in at.scenario.quantities()
        if name.startswith("migration.")
    }
    start = base(at)
    saved = 1e6 * part["migrants"] * part["permit_fee"] * np.clip(part["sent_home"], 0.0, 1.0)
    found = remittance_change(
        start,
        {"rouble": part["rouble"], "income": part["russian_income"]},
        {"rouble": part["pass_through_rouble"], "income": part["pass_through_income"]},
        share=np.clip(part["russian_share"], 0.0, 1.0),
        rights=part["work_rights"],
        patents=np.log1p(saved / start.remittances_usd),
    )
    return found.usd / 1e6


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Remittances as income from abroad, paid by Russia."""
    more = change(at, values)
    return Shock(transfers={at.economy: more, PAYER: -more}, extra={"remittances": more})
