"""Anybody's table as the frame of a panel: columns found, cells that are no number named by their row, times read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInputError, NoDataError, require_option
from .frequency import Calendar, Freq, read_times


def tidy_frame(given: object, unit: object, time: object, freq: Freq | None) -> pd.DataFrame:
    """Float columns under a unique and sorted (unit, time), from a table in long form.

    Raises BadInputError or NoDataError, one sentence each, for everything that is not such a table.
    """
    table = as_pandas("the data", given)
    unit, time = str(unit), str(time)
    table = table.rename(columns=str)
    levels = [level for level in table.index.names if level is not None and str(level) in (unit, time)]
    levels = [level for level in levels if str(level) not in table.columns]
    if levels:  # unit and time may be the index
        table = table.reset_index(levels).rename(columns=str)
    for role, column in (("unit", unit), ("time", time)):
        require_option(f"{role} column", column, table.columns)
    if unit == time:
        raise BadInputError(f"unit and time are both column {unit!r}; expected two columns")
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise BadInputError(
            f"column {twice[0]!r} occurs {int((table.columns == twice[0]).sum())} times; rename the columns"
        )
    values = [column for column in table.columns if column not in (unit, time)]
    if not values:
        raise BadInputError(f"no indicator column besides {unit!r} and {time!r}")
    if table.empty:
        raise NoDataError("the frame has no row")
    for column in (unit, time):
        missing = table[column].isna().to_numpy()
        if missing.any():
            raise BadInputError(f"column {column!r} is missing in {row_name(table, int(np.argmax(missing)))}")
    names = unit_texts(table[unit])
    numbers = {column: _numbers(table, column) for column in values}
    times = read_times(pd.Series(table[time].array, index=pd.Index(names)), freq, f"column {time!r}:")
    index = pd.MultiIndex.from_arrays([names, times], names=[unit, time])
    repeated = index.duplicated()
    if repeated.any():
        calendar = Calendar.of(times)
        place = int(np.argmax(repeated))
        when = calendar.label(int(calendar.ordinals(times[[place]])[0]))
        raise BadInputError(
            f"{unit} {names[place]!r} has {time} {when} more than once ({int(repeated.sum())} duplicate rows)"
        )
    return pd.DataFrame(numbers, index=index, dtype=np.float64).sort_index()


def as_pandas(what: str, given: object) -> pd.DataFrame:
    """A pandas, polars or Arrow table (and what else narwhals reads) as a DataFrame."""
    if isinstance(given, pd.DataFrame):
        return given
    import narwhals as nw

    try:
        table = nw.from_native(given)  # type: ignore[call-overload] # TypeError below
        table = table.collect() if isinstance(table, nw.LazyFrame) else table
        found: pd.DataFrame = table.to_pandas()
    except TypeError:
        kind = f"{type(given).__module__.partition('.')[0]}.{type(given).__qualname__}".removeprefix("builtins.")
        raise BadInputError(
            f"{what} must be a DataFrame, not {kind}; pandas, polars and Arrow tables are read"
        ) from None
    except Exception as error:  # of whatever library the table is of, which stops at types that pandas has not
        reason = next(iter(str(error).strip().splitlines()), "")
        raise BadInputError(f"{what} cannot be made a pandas table: {type(error).__name__}: {reason}") from error
    return found


def unit_texts(column: pd.Series[Any]) -> list[str]:
    """Units as text; whole numbers without a decimal point."""
    if column.dtype == object:  # what are equal may be different units here, such as 1 and True
        return [unit_text(value) for value in column]
    codes, units = pd.factorize(column)
    return list(np.array([unit_text(value) for value in units], dtype=object)[codes])


def unit_text(value: object) -> str:
    """A unit as text: "1" for 1, 1.0 and their numpy kin."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def row_name(table: pd.DataFrame, place: int) -> str:
    """The row at ``place`` as the user sees it: counted from 1, with its label where that is another."""
    if isinstance(table.index, pd.RangeIndex) and table.index.start == 0 and table.index.step == 1:
        return f"row {place + 1}"
    label = table.index[place]
    parts = [part.isoformat() if isinstance(part, pd.Timestamp) else str(part) for part in np.atleast_1d(label)]
    return f"row {place + 1} (index {', '.join(parts)})"


def _numbers(table: pd.DataFrame, column: str) -> Any:
    """The column as float64 with NaN where missing; BadInputError names the first cell that is no finite number."""
    cells = table[column]
    if pd.api.types.is_datetime64_any_dtype(cells):
        raise BadInputError(f"column {column!r} has dates where numbers are expected; leave it out, or name it as time")
    numbers = pd.to_numeric(cells, errors="coerce") if not pd.api.types.is_bool_dtype(cells) else cells
    found = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    for wrong, what in (
        (np.isnan(found) & cells.notna().to_numpy(), "is not a number"),
        (np.isinf(found), "is infinite"),
    ):
        if wrong.any():
            place = int(np.argmax(wrong))
            cell = cells.iloc[place]
            shown = f"{cell:g}" if isinstance(cell, float) else repr(cell)
            raise BadInputError(f"column {column!r} in {row_name(table, place)}: {shown} {what}")
    return found
