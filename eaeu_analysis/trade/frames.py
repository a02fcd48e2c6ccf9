"""Checks of the frames that trade functions are given: columns, numbers, options, names of economies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..arrays import Array
from ..data.tidy import as_pandas
from ..errors import BadInputError, near_matches, unknown


def places(name: str, column: str, given: pd.Series, known: Sequence[str]) -> Any:
    """The place in ``known`` of each name of a column; :class:`BadInputError` with a near match for any other name."""
    place = {entry: i for i, entry in enumerate(known)}
    found = [place.get(str(value), -1) for value in given.tolist()]
    if -1 in found:
        culprit = given.iloc[found.index(-1)]
        raise unknown(f"{name}: {column}", str(culprit), known)
    return np.asarray(found, dtype=np.intp)


def pair_places(name: str, frame: pd.DataFrame, economies: Sequence[str]) -> tuple[Any, Any]:
    """The places of exporter and importer in ``economies``, by row."""
    exporters, importers = (places(name, side, frame[side], economies) for side in ("exporter", "importer"))
    return exporters, importers


def need_columns(name: str, frame: object, columns: Sequence[str]) -> pd.DataFrame:
    """The table in pandas; :class:`BadInputError` unless it has rows and these columns."""
    frame = as_pandas(name, frame)
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        near = near_matches(missing[0], [str(c) for c in frame.columns if c not in columns])
        hint = f" (is {near[0]!r} meant?)" if near else ""
        raise BadInputError(f"{name} lacks the column {missing[0]!r}{hint}; it needs {', '.join(columns)}")
    if len(frame) == 0:
        raise BadInputError(f"{name} is empty")
    return frame


def numeric_column(name: str, frame: pd.DataFrame, column: str) -> Array:
    """A column of a frame of pairs as finite numbers."""
    try:
        value = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise BadInputError(f"{name}: column {column!r} contains a value that is not a number") from None
    if not np.isfinite(value).all():
        row = frame.iloc[int(np.flatnonzero(~np.isfinite(value))[0])]
        raise BadInputError(
            f"{name}: {row['exporter']} to {row['importer']} has no finite {column}; a missing value is not a zero"
        )
    return value
