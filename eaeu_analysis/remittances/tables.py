"""The tables of this stage: ``remittances.toml``, and the pinned corridors with their records."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings
from ..reference.catalogue import read_table, table_path
from ..reference.shipped_tables import REMITTANCES

ORIGINS = ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "MDA", "TJK", "TKM", "UKR", "UZB")
OTHERS, WORLD = "OTH", "WLD"  # destinations that a source does not name; its printed total


@cache
def remittance_tables() -> dict[str, Any]:
    """``data/tables/remittances.toml``: pins, artefacts, measured shares, sample, patents, published values."""
    return read_table(table_path("remittances"))


def load_remittance_table(name: str) -> pd.DataFrame:
    """A pinned table of ``data/remittances`` ("matrix_2017", "stock_undesa", ...), its SHA-256 checked.

    Raises BadInputError for an unknown name, NoDataError when it is missing, IntegrityError when it was altered.
    """
    return _read(name, settings.data_dir()).copy()


@cache  # corridors are computed origin by origin
def _read(name: str, data: Path) -> pd.DataFrame:
    return REMITTANCES.load(name, data / REMITTANCES.folder)


def patents() -> pd.DataFrame:
    """What is known or assumed of patents, by entry: ``value, low, high, unit, source, known_in, confidence, note``."""
    frame = pd.DataFrame.from_dict(remittance_tables()["patents"], orient="index")
    frame.index.name = "entry"
    return frame.reindex(columns=["value", "low", "high", "unit", "source", "known_in", "confidence", "note"])


def known_by(year: int) -> pd.DataFrame:
    """What of this stage could be had at the end of ``year``: ``piece, known, note``, for a question as of then.

    ``known`` is "yes", "revised" (of years that had passed, in an edition that came later) or "no".
    """
    rows = []
    for name, record in sorted(REMITTANCES.records().items()):
        first = int(record["years"][0])
        known = "yes" if record["known_in"] <= year else "revised" if first <= year else "no"
        rows.append((name, known, f"figures from {first}, this edition known in {record['known_in']}"))
    for entry, row in patents().iterrows():
        if pd.notna(row["known_in"]):
            rows.append((f"patents: {entry}", "yes" if row["known_in"] <= year else "no", str(row["unit"])))
    for share in remittance_tables()["measured"]:
        text = f"share of {share['destination']} in {share['of']} of {share['origin']}, {share['source']}"
        rows.append((f"measured {share['origin']}", "yes" if share["year"] <= year else "no", text))
    judged = int(remittance_tables()["rights"]["first_judged"])
    series = "World Bank series are of the editions pinned, in which past years are revised"
    rows.append(("remittances, rate, GDP", "revised", series))
    rows.append(
        ("work rights", "yes" if year >= judged else "no", f"members' remittances after joining: from {judged}")
    )
    return pd.DataFrame(rows, columns=["piece", "known", "note"])
