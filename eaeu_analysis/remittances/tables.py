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
    """``data/tables/remittances.toml``: pins, artefacts, measured shares, sample, published values."""
    return read_table(table_path("remittances"))


def load_remittance_table(name: str) -> pd.DataFrame:
    """A pinned table of ``data/remittances`` ("matrix_2017", "stock_undesa", ...), its SHA-256 checked.

    Raises BadInputError for an unknown name, NoDataError when it is missing, IntegrityError when it was altered.
    """
    return _read(name, settings.data_dir()).copy()


@cache  # corridors are computed origin by origin
def _read(name: str, data: Path) -> pd.DataFrame:
    return REMITTANCES.load(name, data / REMITTANCES.folder)
