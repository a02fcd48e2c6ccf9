"""Bilateral flows: one schema, the pinned tables, both reporters side by side.

A flow is goods moving from exporter to importer in a year, in US dollars. ``basis`` says who reports it and how it
is valued: ``exporter_fob`` (free on board, by the exporter), ``importer_cif`` (cost, insurance and freight included,
by the importer), ``importer_cif_consignment`` (the same by country of consignment instead of origin), or the name of
a rule or method. A missing flow has no row; a row of zero is what the source says, and :mod:`.zeros` asks why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError, require_option
from ...reference.shipped_tables import FLOWS

COLUMNS = ("exporter", "importer", "year", "product", "usd", "basis", "source", "status")
KEYS = ["exporter", "importer", "year", "product"]


# -- the pinned tables ---------------------------------------------------------------------------------------
@cache
def trade_tables() -> dict[str, Any]:
    """The table ``trade.toml``: pins, anchors, partner groups, stages, the rate of carriage."""
    text = (settings.data_dir() / "tables" / "trade.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def load_flows(
    name: str, years: Sequence[int] | None = None, products: Sequence[str] | None = ("TOTAL",)
) -> pd.DataFrame:
    """Load a pinned table of bilateral trade flows.

    Parameters
    ----------
    name : str
        Name of the table: "world_2019", "world_2023", "world_4yearly", "world_sitc", "russia_annual", "russia_hs2",
        "russia_imts", "uzbekistan_annual", "uzbekistan_with_services", "armenia_annual", "kyrgyzstan_annual" or
        "kazakhstan_annual".
    years : sequence of int, optional
        Years to keep. None keeps all.
    products : sequence of str or None, default ("TOTAL",)
        Product codes to keep. None keeps all. A table without a total ("russia_hs2", "uzbekistan_with_services")
        keeps all.

    Returns
    -------
    DataFrame
        ``exporter``, ``importer`` (ISO3), ``year``, ``product``, ``usd`` (current US$), ``basis`` ("exporter_fob",
        "importer_cif" or "importer_cif_consignment"), ``source``, ``status``. The name is in ``attrs["table"]``.

    Raises
    ------
    BadInputError
        The name is not known (with the near match) or is not a table of flows.
    NoDataError
        The table is missing, or no flow is left.
    IntegrityError
        The table does not match its recorded hash.

    Notes
    -----
    Each table keeps the values of its source: UN Comtrade, UNCTAD, IMF, CEPII, national statistics. A missing flow is a
    missing row, never a zero. Partner "OTH" of a national table is what its total has above the partners it names.
    Flows that a source has wrong are corrected (``data/corrections.toml``) and have the status "corrected".

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> flows = ea.load_flows("world_2019", years=[2019])
    >>> route = flows[(flows["exporter"] == "UZB") & (flows["importer"] == "RUS")]
    >>> route["basis"].item(), round(route["usd"].item() / 1e6)
    ('exporter_fob', 2067)
    """
    frame = FLOWS.load(name)
    if "usd" not in frame:
        raise BadInputError(f"{name!r} is no table of flows; flows: {', '.join(flow_names())}")
    if years is not None:
        frame = frame[frame["year"].isin(list(years))]
    if products is not None and (tuple(products) != ("TOTAL",) or (frame["product"] == "TOTAL").any()):
        chosen = frame["product"].isin(list(products))
        frame = frame if chosen.all() else frame[chosen]
    if frame.empty:
        raise NoDataError(f"{name!r} has no flow for years {years} and products {products}")
    frame = frame.reset_index(drop=True)
    frame.attrs["table"] = name
    return frame


def flow_names() -> list[str]:
    """Names of the pinned tables of flows."""
    return [name for name, record in sorted(FLOWS.records().items()) if "usd" in record["columns"]]


def group_members(name: str) -> list[str]:
    """Economies of a partner group of ``trade.toml`` ("EU", "China"); BadInputError with the near match."""
    groups = trade_tables()["groups"]
    require_option("group of partners", name, groups)
    entry = groups[name]
    if "economies" in entry:
        return list(entry["economies"])
    from ...reference import blocs

    return blocs.bloc(entry["bloc"]).members(on=entry["on"])


# -- both reporters ------------------------------------------------------------------------------------------
def side_by_side(
    *frames: pd.DataFrame,
    importer_basis: Literal["exporter_fob", "importer_cif", "importer_cif_consignment"] = "importer_cif",
) -> pd.DataFrame:
    """A row per exporter, importer, year and product with what each of the two says.

    Columns: ``exporter_usd`` (free on board), ``importer_usd`` (with carriage), their sources and status; missing is
    NaN. When several frames give the same side of a flow the first frame wins: two sources are never averaged.
    """
    flows = pd.concat([frame.assign(_order=k) for k, frame in enumerate(frames)], ignore_index=True)
    sides = []
    for side, basis in (("exporter", "exporter_fob"), ("importer", importer_basis)):
        part = flows[flows["basis"] == basis].sort_values([*KEYS, "_order"], kind="stable").drop_duplicates(KEYS)
        part = part.set_index(KEYS)[["usd", "source", "status"]].add_prefix(f"{side}_")
        sides.append(part)
    table = sides[0].join(sides[1], how="outer").sort_index().reset_index()
    for column in ("exporter_source", "importer_source", "exporter_status", "importer_status"):
        table[column] = table[column].fillna("")
    return table


def mirror_gap(side: pd.DataFrame, rate: float | pd.Series[Any] | None = None) -> pd.DataFrame:
    """The two reports of each flow compared, the importer's brought to free on board by ``1 + rate``.

    ``rate``: a share, a Series aligned with ``side``, or None for the stated one (6 %). Adds ``rate, importer_fob,
    gap_usd`` (importer less exporter), ``log_ratio`` (importer over exporter) and ``known`` (both, exporter, importer).
    """
    table = side.assign(rate=trade_tables()["cif"]["rate"] if rate is None else rate)
    if (table["rate"] < 0).any():
        raise BadInputError(f"a CIF/FOB rate of {table['rate'].min():g} is negative: carriage adds to a value")
    fob = table["importer_usd"] / (1 + table["rate"])
    both = table["exporter_usd"].notna() & fob.notna()
    positive = both & (table["exporter_usd"] > 0) & (fob > 0)
    ratio = np.log(fob.where(positive) / table["exporter_usd"].where(positive))
    known = np.where(both, "both", np.where(fob.notna(), "importer", "exporter"))
    return table.assign(importer_fob=fob, gap_usd=fob - table["exporter_usd"], log_ratio=ratio, known=known)


def add_domestic(flows: pd.DataFrame, output: pd.Series[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows with domestic sales added: gross output of goods less exports of goods, where that is positive.

    ``output``: gross output of goods in US$, indexed by (economy, year). Returns the flows with a row ``exporter =
    importer`` for each, and a table of economies and years that got none, with the reason.
    """
    exports = flows[flows["exporter"] != flows["importer"]].groupby(["exporter", "year"])["usd"].sum()
    years = set(flows["year"])
    rows, left = [], []
    present = output.dropna()
    for economy, year, gross in zip(
        present.index.get_level_values(0), present.index.get_level_values(1), present.to_numpy(), strict=True
    ):
        if year not in years:
            continue
        sold = float(exports.get((economy, year), np.nan))
        if not np.isfinite(sold):
            left.append((economy, year, "no exports in these flows"))
        elif gross - sold <= 0:
            left.append((economy, year, f"exports {sold / 1e6:,.0f} exceed output {gross / 1e6:,.0f} million US$"))
        else:
            rows.append((economy, economy, year, "TOTAL", gross - sold, "domestic", "output less exports", ""))
    domestic = pd.DataFrame(rows, columns=list(COLUMNS))
    return pd.concat([flows, domestic], ignore_index=True), pd.DataFrame(left, columns=["economy", "year", "reason"])
