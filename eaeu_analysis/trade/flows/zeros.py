"""Why a flow is zero: never traded, small, or not reported.

A zero in a panel of flows can be a fact or a gap. Each gets a reason here, from its own neighbours in time and from
what other sources say of the same flow; nothing is changed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import BadInputError
from .flows import KEYS

MATERIAL = 1e6  # US$: below it a source that contradicts a zero, or a neighbouring year, is noise

UNREPORTED = "unreported"  # another source has the flow
LIKELY = "likely unreported"  # large the year before and the year after
SPORADIC = "sporadic"  # traded in other years, small or at one end
NEVER = "never traded"  # no positive flow in any year of this panel
CONFIRMED = "confirmed"  # another source agrees that there is next to nothing


def explain_zeros(
    flows: pd.DataFrame, evidence: pd.DataFrame | None = None, material: float = MATERIAL
) -> pd.DataFrame:
    """The zero rows of ``flows`` with a ``reason``, and the value and source of the evidence.

    ``evidence``: flows of other sources, either basis; the largest report of a flow counts. Reasons, first that fits:
    "unreported" (evidence of ``material`` or more), "confirmed" (evidence below it), "likely unreported" (``material``
    or more in the observations before and after), "sporadic" (some positive year), "never traded".
    Adds ``before, after`` (the neighbouring observations of the pair), ``evidence_usd, evidence_source``.
    """
    if material <= 0:
        raise BadInputError(f"material={material:g}: a positive number of US$ was expected")
    table = flows.sort_values(["exporter", "importer", "product", "year"]).reset_index(drop=True)
    pair = table.groupby(["exporter", "importer", "product"], sort=False)["usd"]
    table["before"], table["after"] = pair.shift(1), pair.shift(-1)
    table["ever"] = pair.transform("max") > 0
    zero = table[table["usd"] == 0].copy()
    if evidence is not None and not evidence.empty:
        best = evidence.sort_values("usd").drop_duplicates(KEYS, keep="last").set_index(KEYS)
        found = best.reindex(pd.MultiIndex.from_frame(zero[KEYS]))
        zero["evidence_usd"], zero["evidence_source"] = found["usd"].to_numpy(), found["source"].fillna("").to_numpy()
    else:
        zero["evidence_usd"], zero["evidence_source"] = np.nan, ""
    known = zero["evidence_usd"].notna()
    between = (zero["before"] >= material) & (zero["after"] >= material)
    rules = [known & (zero["evidence_usd"] >= material), known, between, zero["ever"]]
    zero["reason"] = np.select(rules, [UNREPORTED, CONFIRMED, LIKELY, SPORADIC], NEVER)
    return zero[[*KEYS, "reason", "before", "after", "evidence_usd", "evidence_source"]].reset_index(drop=True)
