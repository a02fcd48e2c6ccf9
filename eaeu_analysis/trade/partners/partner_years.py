"""Trade with one partner against that partner's trade with others: an event study with effects of partner and year.

What moves all of a partner's trade, its demand, its currency, drops out, because the others share it. Russia's customs
have every year. Of Kazakhstan and China the exporters' reports of the matrices are used: few years, one of them before
the base.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ...errors import NoDataError
from ...reference import economies as names
from ...reference.catalogue import read_table, table_path
from ..flows.flows import load_flows

COLUMNS = ["partner", "year", "flow", "percent", "lower", "upper", "others"]
LEAST = 3  # other partners that an interval needs


@cache
def partner_rules() -> dict[str, Any]:
    """The table ``partners.toml``."""
    return read_table(table_path("partners"))


def difference(values: pd.Series[Any], code: str, others: list[str], level: float) -> tuple[float, float]:
    """The value of one economy less the mean of the others, and the reach of the interval of a new observation."""
    from scipy import stats

    spread = float(values[others].std(ddof=1)) * np.sqrt(1 + 1 / len(others))
    return float(values[code] - values[others].mean()), float(stats.t.ppf((1 + level) / 2, len(others) - 1)) * spread


def against_others(
    changes: pd.DataFrame, code: str, others: list[str], partner: str, flow: str, level: float
) -> list[tuple[Any, ...]]:
    """Rows of :data:`COLUMNS` from logarithms less their base, years by economies."""
    rows: list[tuple[Any, ...]] = []
    for year, values in changes.iterrows():
        own, reach = difference(values, code, others, level)
        ends = [100 * math.expm1(own + side * reach) for side in (0, -1, 1)]
        rows.append((partner, int(str(year)), flow, *ends, len(others)))
    return rows


def flow_label(flow: str, partner: str) -> str:
    """``imports from Russia``, ``exports to China``."""
    name = {"RUS": "Russia"}.get(partner, names.economy_name(partner))
    return f"imports from {name}" if flow == "imports" else f"exports to {name}"


def by_matrices(code: str, level: float) -> pd.DataFrame:
    """Trade with Kazakhstan and China against their other partners, exporters' reports, each year against the base.

    The other partners are those of Russia's list that have a flow in every year; a flow of which the economy itself
    lacks a year, or that has fewer than three others, is left out. Raises NoDataError where the base year is not
    listed.
    """
    rules = partner_rules()["matrices"]
    tables = [load_flows(name, years=years) for name, years in rules["years"].items()]
    flows = pd.concat([table[table["basis"] == "exporter_fob"] for table in tables], ignore_index=True)
    if rules["base"] not in set(flows["year"]):
        raise NoDataError(f"the matrices of partners.toml have no year {rules['base']}")
    rows: list[tuple[Any, ...]] = []
    for partner in rules["partners"]:
        for flow, side, other in (("imports", "exporter", "importer"), ("exports", "importer", "exporter")):
            wide = flows[(flows[side] == partner) & (flows["usd"] > 0)]
            wide = wide.pivot_table(index="year", columns=other, values="usd")
            whole = set(wide.columns[wide.notna().all()])
            others = [o for o in partner_rules()["russia"]["comparators"] if o in whole and o != partner]
            if code in whole and len(others) >= LEAST:
                logs = wide[[code, *others]].map(math.log)
                changes = logs - logs.loc[rules["base"]]
                label = flow_label(flow, partner)
                rows += against_others(changes.drop(index=rules["base"]), code, others, partner, label, level)
    return pd.DataFrame(rows, columns=COLUMNS)
