"""What a pinned table of flows must be: the schema, no duplicate, US dollars; and simple rules for two reports."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.flows.flows import COLUMNS, KEYS, mirror_gap
from scripts.pins.flows import check_units


def check_flows(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame, or one sentence on the first row that is wrong."""
    assert list(frame.columns) == list(COLUMNS)
    usd = frame["usd"].to_numpy(dtype=np.float64)
    _refuse(frame, ~np.isfinite(usd), "is not a finite number: leave a missing flow out")
    _refuse(frame, usd < 0, "is negative: a flow is zero or more, in US dollars")
    _refuse(frame, frame.duplicated([*KEYS, "basis", "source"]).to_numpy(), "comes more than once")
    check_units(frame)
    return frame


def _refuse(frame: pd.DataFrame, bad: np.ndarray[Any, np.dtype[np.bool_]], why: str) -> None:
    if bad.any():
        row = frame.iloc[int(np.argmax(bad))]
        raise BadInputError(f"flow {row['exporter']} to {row['importer']} in {row['year']} ({row['usd']:g}) {why}")


def apply_rule(side: pd.DataFrame, rule: str, rate: float | pd.Series[Any] | None = None) -> pd.DataFrame:
    """One flow from two reports by a simple rule: "exporter", "importer", "larger" or "mean".

    The first two fall back on the other report where theirs is missing. Returns flows in the schema, free on board,
    with basis ``rule_<rule>`` and a status that names the report used.
    """
    table = mirror_gap(side, rate)
    first, second = table["exporter_usd"], table["importer_fob"]
    pairs = table[["exporter_usd", "importer_fob"]]
    usd = {
        "exporter": first.where(first.notna(), second),
        "importer": second.where(second.notna(), first),
        "larger": pairs.max(axis=1),
        "mean": pairs.mean(axis=1),
    }[rule]
    used = np.where(table["known"] != "both", table["known"] + " only", f"both known, {rule}")
    source = table["exporter_source"].where(table["exporter_source"] != "", table["importer_source"])
    flows = table[KEYS].assign(usd=usd, basis=f"rule_{rule}", source=source, status=used)
    return flows[list(COLUMNS)]
