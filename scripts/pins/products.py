"""Readers of the tables of ``data/trade`` that have products or months: for :func:`scripts.pins.flows.pin_flows`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from .write import TableDraft


def _armenia(path: Path) -> TableDraft:
    """Whole US$ and whole kilograms, at least one where the source has more than nothing: the file is half as large."""
    frame = pd.read_parquet(path)
    columns = {
        "imports_usd": frame["import_kusd"] * 1e3,
        "exports_usd": frame["export_kusd"] * 1e3,
        "imports_kg": frame["import_t"] * 1e3,
        "exports_kg": frame["export_t"] * 1e3,
    }
    table = frame[["hs4", "year", "month"]].rename(columns={"hs4": "heading"})
    table = table.assign(**{name: _whole(values) for name, values in columns.items()})
    return TableDraft(table.sort_values(["heading", "year", "month"]).reset_index(drop=True))


def _whole(values: pd.Series[Any]) -> pd.Series[Any]:
    return values.round().clip(lower=1).where(values > 0, 0).astype("int64")


def _kyrgyzstan_goods(path: Path) -> TableDraft:
    frame = pd.read_csv(path, dtype={"hs_ours": str}, keep_default_na=False, na_values=[""])
    table = pd.DataFrame(
        {
            "flow": frame["flow"] + "s",
            "good": frame["item"].mask(frame["item"] == "Total", "TOTAL"),
            "hs": frame["hs_ours"].fillna(""),
            "year": frame["year"],
            "usd_of_good": frame["value_kusd"] * 1e3,
        }
    )
    return TableDraft(table.sort_values(["flow", "good", "year"]).reset_index(drop=True))


READERS: dict[str, Callable[[Path], TableDraft]] = {
    "armenia_headings": _armenia,
    "kyrgyzstan_goods": _kyrgyzstan_goods,
}
