"""Frames of flows, cost changes and tariffs into arrays, and the sentences for what is wrong with them.

Arrays are (sector, exporter, importer); economies and sectors are sorted, so that the order of rows in a frame never
matters. A pair that is left out of the flows is a zero flow, and the result says how many there were.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError
from ..frames import need_columns, numeric_column, pair_places, places

ONE_SECTOR = "all"
UNIT_MEDIAN = 0.0005  # a median domestic share nearer to 0 or 1 than this looks like two units in one table
UNIT_RATIO = 50.0  # exports over imports of one economy: beyond it the unit of its rows is doubted


@dataclass(frozen=True)
class Flows:
    """Trade flows as arrays.

    Attributes
    ----------
    economies : tuple of str
        The N economies, sorted.
    sectors : tuple of str
        The S sectors, sorted; one named "all" without a column ``sector``.
    value : array of shape (S, N, N)
        Flows by sector, exporter and importer, at border prices.
    absent : int
        Number of pairs that were not given.
    """

    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    value: Array
    absent: int

    @property
    def by_sector(self) -> bool:
        """Whether the flows have sectors."""
        return self.sectors != (ONE_SECTOR,)


def flow_arrays(flows: pd.DataFrame) -> Flows:
    """Validate ``flows`` (exporter, importer, value, optional sector) and lay them out.

    Raises :class:`BadInputError` for missing columns or values, negative flows, a pair given twice, mixed units, an
    economy on one side only, an exporter that sells nothing and domestic trade that is missing.
    """
    flows = need_columns("flows", flows, ("exporter", "importer", "value"))
    if "unit" in flows.columns and flows["unit"].nunique() > 1:
        units = ", ".join(sorted(map(str, flows["unit"].unique())))
        raise BadInputError(f"flows hold values in several units ({units}); bring them to one")
    value = numeric_column("flows", flows, "value")
    if (bad := np.flatnonzero(value < 0)).size:
        row = flows.iloc[int(bad[0])]
        raise BadInputError(
            f"flows: {row['exporter']} to {row['importer']} is negative ({row['value']}); a flow is zero or more"
        )
    codes, economies = _economies(flows)
    sectors: tuple[str, ...] = (ONE_SECTOR,)
    sector = np.zeros(len(flows), dtype=np.intp)
    if "sector" in flows.columns:
        sector, sectors = sorted_codes(flows["sector"])
        if (sector < 0).any():
            raise BadInputError("flows: a row names no sector")
    n = len(economies)
    flat = (sector * n + codes[0]) * n + codes[1]
    size = len(sectors) * n * n
    count = np.bincount(flat, minlength=size)
    if count.max(initial=0) > 1:
        where = np.unravel_index(int(np.argmax(count)), (len(sectors), n, n))
        place = f" in sector {sectors[where[0]]}" if sectors != (ONE_SECTOR,) else ""
        raise BadInputError(f"flows: {economies[where[1]]} to {economies[where[2]]} is given more than once{place}")
    cells = np.zeros(size)
    cells[flat] = value
    array = cells.reshape(len(sectors), n, n)
    require_sound(array.sum(0), economies)
    return Flows(economies, sectors, array, int(size - len(flows)))


def _economies(flows: pd.DataFrame) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    """Codes of exporters and importers in one sorted list of economies."""
    exporter, left = sorted_codes(flows["exporter"])
    importer, right = sorted_codes(flows["importer"])
    if (exporter < 0).any() or (importer < 0).any():
        raise BadInputError("flows: a row names no exporter or no importer")
    if left != right:
        for side, only in (("exporter", set(left) - set(right)), ("importer", set(right) - set(left))):
            if only:
                names = ", ".join(sorted(only)[:5])
                raise BadInputError(f"flows: on one side only ({side}): {names}; every economy must be on both")
    return (exporter, importer), left


def sorted_codes(column: pd.Series) -> tuple[Any, tuple[str, ...]]:
    """Place of each row's name in the sorted names (missing: -1), and those names."""
    codes, found = pd.factorize(column.array)
    names = [str(name) for name in found.tolist()]
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names) + 1, dtype=np.intp)
    rank[order] = np.arange(len(names))
    rank[-1] = -1
    return rank[codes], tuple(names[i] for i in order)


def require_sound(total: Array, economies: Sequence[str]) -> None:
    """The sentences about the matrix as a whole; ``total`` (N, N) is summed over sectors."""
    sales, purchases, home = total.sum(1), total.sum(0), np.diagonal(total)
    if (bad := np.flatnonzero(sales <= 0)).size:
        raise BadInputError(f"flows: {economies[bad[0]]} exports nothing, not even to itself; leave it out")
    if (bad := np.flatnonzero(home <= 0)).size:
        names = ", ".join(economies[i] for i in bad[:5]) + (f" and {len(bad) - 5} more" if len(bad) > 5 else "")
        raise BadInputError(
            f"flows: domestic trade (exporter equal to importer) is missing for {names}; add gross output less exports"
        )
    if len(economies) >= 5:
        share = float(np.median(home / purchases))
        if not UNIT_MEDIAN <= share <= 1 - UNIT_MEDIAN:
            raise BadInputError(
                f"flows: the median share of domestic trade is {share:.5f}; domestic and foreign trade seem to be in "
                "different units (thousand against million)"
            )
        _require_one_unit(sales - home, purchases - home, home / purchases, economies)


def _require_one_unit(exports: Array, imports: Array, home: Array, economies: Sequence[str]) -> None:
    """That no economy's rows are a thousand times those of the others, or a thousandth.

    The widest gap on record is 16 exports to an import (Falkland Islands, 2019). The other way real economies pass a
    thousand (Wallis and Futuna), but those make most of what they use; a scaled row is short at home as well.
    """
    high = exports > UNIT_RATIO * imports
    low = (exports * UNIT_RATIO < imports) & (home < 1 / UNIT_RATIO)
    if (bad := np.flatnonzero((imports > 0) & (exports > 0) & (high | low))).size:
        i = int(bad[0])
        raise BadInputError(
            f"flows: exports of {economies[i]} are {exports[i] / imports[i]:.3g} times its imports; its rows seem to "
            "be in another unit than those of the others (thousand against million)"
        )


def read_factors(cost_change: pd.DataFrame | None, flows: Flows) -> Array:
    """``factor`` (S, N, N) of t^(1-sigma), new over old; pairs left out are 1; without ``sector`` it applies to all."""
    return _read_pairs("cost_change", cost_change, "factor", flows, fill=1.0)


def read_tariffs(tariffs: pd.DataFrame | None, flows: Flows) -> tuple[Array, Array] | None:
    """Ad valorem rates before and after as fractions, each (S, N, N), of a frame in per cent; None for None.

    Columns ``exporter, importer, before, after`` (per cent of the border value), optional ``sector``; pairs left out
    are zero before and after.
    """
    if tariffs is None:
        return None
    before = _read_pairs("tariffs", tariffs, "before", flows, fill=0.0) / 100
    after = _read_pairs("tariffs", tariffs, "after", flows, fill=0.0) / 100
    home = np.arange(len(flows.economies))
    if (before[:, home, home] != 0).any() or (after[:, home, home] != 0).any():
        raise BadInputError("tariffs: an economy cannot levy a tariff on its own goods")
    return before, after


def _read_pairs(name: str, frame: pd.DataFrame | None, column: str, flows: Flows, fill: float) -> Array:
    s, n = len(flows.sectors), len(flows.economies)
    out = np.full((s, n, n), fill)
    if frame is None or len(frame) == 0:
        return out
    frame = need_columns(name, frame, ("exporter", "importer", column))
    value = numeric_column(name, frame, column)
    if (bad := np.flatnonzero(value < 0)).size:
        row = frame.iloc[int(bad[0])]
        what = "a cost change is a ratio, zero or more" if column == "factor" else "a tariff is zero or more"
        raise BadInputError(f"{name}: {row['exporter']} to {row['importer']} has {column} {row[column]}; {what}")
    i, j = pair_places(name, frame, flows.economies)
    if "sector" in frame.columns and flows.by_sector:
        k = places(name, "sector", frame["sector"], flows.sectors)
        flat = (k * n + i) * n + j
        out.reshape(-1)[flat] = value
    else:
        flat = i * n + j
        out.reshape(s, -1)[:, flat] = value
    if len(set(flat.tolist())) < len(flat):
        raise BadInputError(f"{name}: a pair is given more than once")
    return out


def trade_elasticities(sigma: float | Mapping[str, float], sectors: Sequence[str]) -> Array:
    """theta = sigma - 1 by sector (S,); :class:`BadInputError` when sigma is not above 1."""
    if isinstance(sigma, Mapping):
        missing = [sector for sector in sectors if sector not in sigma]
        if missing:
            raise BadInputError(f"sigma: no value for sector {missing[0]!r}")
        values = np.array([float(sigma[sector]) for sector in sectors])
    else:
        if not isinstance(sigma, (int, float, np.number)):
            raise BadInputError(f"sigma {sigma!r}: expected a number, or one per sector")
        values = np.full(len(sectors), float(sigma))
    if not np.isfinite(values).all() or (values <= 1).any():
        bad = values[~(values > 1)][0]
        raise BadInputError(
            f"sigma must be above 1 (the trade elasticity is sigma - 1, a positive number), not {bad:g}"
        )
    return values - 1
