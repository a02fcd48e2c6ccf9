"""Our estimates compared with published ones: signs, sizes, and why they differ (table ``trade_findings.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

import pandas as pd

from ... import settings
from ...errors import NoDataError
from .estimate import UnionTradeEffect

SIGNS = {"+": 1, "0": 0, "-": -1}


@cache
def findings() -> list[dict[str, Any]]:
    """The published findings, each with its source, confidence (S or S2), and what of ours comes nearest."""
    path = settings.data_dir() / "tables" / "trade_findings.toml"
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["finding"]
    return rows


def compare_with_findings(result: UnionTradeEffect) -> pd.DataFrame:
    """A row per finding: theirs, ours with its interval, whether the signs agree, and why they may differ.

    ``our_sign``: of the estimate when its interval leaves zero out, else 0. Raises NoDataError when the result has no
    such step.
    """
    rows = []
    for found in findings():
        ours = found["ours"]
        if "from" in ours:
            table = result.diversion
            table = table[
                (table["panel"] == ours["panel"]) & (table["step"] == ours["step"]) & (table["from"] == ours["from"])
            ]
            what = f"imports from {ours['from']}"
        else:
            table = result.steps
            table = table[
                (table["panel"] == ours["panel"]) & (table["step"] == ours["step"]) & (table["group"] == ours["group"])
            ]
            what = ours["group"]
        if table.empty:
            raise NoDataError(f"the result has no {what} for {ours['panel']}, {ours['step']}")
        row = table.iloc[0]
        sign = 0 if row["lower"] <= 0 <= row["upper"] else int(row["estimate"] > 0) * 2 - 1
        rows.append(
            {
                "finding": found["text"],
                "measures": found["measures"],
                "source": found["source"],
                "confidence": found["confidence"],
                "their_sign": SIGNS[found["sign"]],
                "their_percent": found.get("size_percent"),
                "ours": f"{what}, {ours['panel']}, {ours['step']}",
                "our_percent": row["percent"],
                "lower": row["lower"],
                "upper": row["upper"],
                "our_sign": sign,
                "agree": sign == SIGNS[found["sign"]],
                "why": found["why"],
            }
        )
    return pd.DataFrame(rows)
