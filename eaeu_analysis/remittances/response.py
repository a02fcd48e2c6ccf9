"""From changes of the rouble, of Russia's income and of work rights to the change of an origin's remittances.

    d = s (b_rouble d_rouble + b_income d_income) + rights + patents,  change in US$ = R (exp(d) - 1)

with R the origin's remittances in US$ of the baseline year and s the share of Russia; d in log points. The form is that
of the regression: exact for small changes; in a large fall money from elsewhere falls a little less.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..arrays import Array
from ..errors import BadInputError, NoDataError
from ..reference import economies
from .sample import REMITTANCES


def remittances_received(economy: str, year: int) -> float:
    """Remittances of an economy in ``year``, US$; NoDataError when none are known."""
    from ..data.load import load_panel

    code = economies.resolve(economy)
    value = float(load_panel([REMITTANCES]).column(REMITTANCES).get((code, year), np.nan))
    if not value > 0:
        raise NoDataError(
            f"{economies.common_name(code)} ({code}) has no {REMITTANCES} in {year}: choose another baseline"
        )
    return value


def remittance_change(
    received: float,
    drivers: Mapping[str, Array],
    coefficients: Mapping[str, Array],
    *,
    share: Array,
    rights: Array,
    patents: Array,
) -> Array:
    """(n,) change of ``received`` remittances in US$, by the formula at the head of this module; arrays (n,).

    ``drivers``: log changes, of the rouble per dollar ("rouble": +0.1 is a rouble ten per cent cheaper) and of Russia's
    real GDP ("income"). ``coefficients``: elasticities by the same names. ``rights``: log points by which the right to
    work raises remittances; ``patents``: of the fee for work patents that is saved and sent home.
    Raises BadInputError for a change without a finite value in dollars.
    """
    total = sum((share * coefficients[name] * drivers[name] for name in drivers), np.zeros(len(share)))
    total = total + rights + patents
    usd = received * np.expm1(total)
    if not np.isfinite(usd).all():
        raise BadInputError(f"a change of {float(total.max()):g} log points has no finite value in dollars")
    return np.asarray(usd, dtype=np.float64)
