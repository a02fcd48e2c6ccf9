"""What a result promises, whatever it was read from; a broken promise is a crash like any other."""

from __future__ import annotations

import numpy as np
import pandas as pd


def series(frame: pd.DataFrame) -> None:
    """Of a series: columns, types, finite values, each (economy, year) once, sorted."""
    assert list(frame.columns[:3]) == ["economy", "year", "value"], "columns"
    assert [str(frame[name].dtype) for name in ("year", "value")] == ["int64", "float64"], "types"
    assert bool(np.isfinite(frame["value"]).all()), "a value that is not finite"
    keys = frame[["economy", "year"]]
    assert not keys.duplicated().any(), "a key twice"
    assert keys.equals(keys.sort_values(["economy", "year"], ignore_index=True)), "not sorted"


def flows(frame: pd.DataFrame) -> None:
    """Of bilateral flows: finite dollars, each flow once."""
    assert bool(np.isfinite(frame["usd"]).all()), "a flow that is not finite"
    assert not frame.duplicated(["exporter", "importer", "year", "product", "basis"]).any(), "a flow twice"
