"""What migrants would save when they no longer need a work patent, and what part of it they might send home."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..arrays import Array
from ..errors import BadInputError
from .response import Baseline, _aligned
from .tables import patents as patent_table


@dataclass(frozen=True)
class PatentSaving:
    """Fees saved a year, an entry per draw: ``usd`` and ``roubles`` (n,)."""

    usd: Array
    roubles: Array

    def sent_home(self, share_sent: ArrayLike) -> Array:
        """US$ a year that reach home when a share of the saving is sent; BadInputError for a share outside [0, 1]."""
        share = np.asarray(share_sent, dtype=np.float64)
        if not ((share >= 0) & (share <= 1)).all():
            raise BadInputError("share sent home is outside 0 to 1")
        return np.asarray(self.usd * share, dtype=np.float64)

    def log_points(self, base: Baseline, share_sent: ArrayLike) -> Array:
        """The same as log points of the baseline's remittances, for :func:`remittance_change`."""
        return np.asarray(np.log1p(self.sent_home(share_sent) / base.remittances_usd), dtype=np.float64)

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame({"usd": self.usd, "roubles": self.roubles})


def patent_saving(
    migrants: ArrayLike,
    fee_roubles_per_month: ArrayLike,
    months: ArrayLike,
    share_paying: ArrayLike,
    rouble_rate: ArrayLike,
) -> PatentSaving:
    """migrants x share paying x fee x months in roubles, over the rate (roubles per US$) in dollars; numbers or (n,).

    Inputs with their references: ``patents()`` of this stage. The saving is income of migrants, not remittances: only
    the part that is sent home counts, and it is an alternative to the work-rights estimate, which holds it.
    Raises BadInputError for negative numbers, months above 12, a share outside [0, 1], a rate of zero, unlike lengths.
    """
    given = {
        "migrants": migrants,
        "fee": fee_roubles_per_month,
        "months": months,
        "share paying": share_paying,
        "rouble rate": rouble_rate,
    }
    arrays = _aligned(given)
    most = {"months": 12.0, "share paying": 1.0}
    for name, value in arrays.items():
        if (value < 0).any() or (name == "rouble rate" and (value == 0).any()):
            raise BadInputError(
                f"{name} is {float(value.min()):g}; expected {'above' if 'rate' in name else 'at least'} 0"
            )
        if name in most and (value > most[name]).any():
            raise BadInputError(f"{name} is {float(value.max()):g}; expected at most {most[name]:g}")
    roubles = arrays["migrants"] * arrays["share paying"] * arrays["fee"] * arrays["months"]
    return PatentSaving(roubles / arrays["rouble rate"], roubles)


def claimed_fee(rouble_rate: float) -> float:
    """Roubles a month for a patent, as the published claim implies: US$ paid, over people and twelve months.

    US$ 2 bn over 2.2 m people is US$ 76 a month; "over 2 bn" makes it a lower bound for those who paid all year.
    """
    table = patent_table()["value"]
    return float(table["paid_usd"] / table["people_claimed"] / 12 * rouble_rate)
