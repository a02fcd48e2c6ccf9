"""Pins migrants, remittances by corridor and their costs into ``data/remittances``.

One Parquet file a source, one record each in ``remittances.json``. Only corridors whose receiving end is a former
Soviet country outside the Baltic are kept; what is dropped is counted in the record. Same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference import economies
from eaeu_analysis.reference.shipped_tables import REMITTANCES
from eaeu_analysis.remittances.tables import ORIGINS, OTHERS, WORLD, remittance_tables

from .write import FACTS, TableDraft, with_record, write_pins

KEYS = ["origin", "destination", "year"]


def pin_remittances(source: Path | str, out: Path | str | None = None) -> dict[str, Any]:
    """Read the files in folder ``source`` and write the pins to ``out`` (default: ``data/remittances``).

    Returns the manifest written as ``remittances.json``: per pin its label, origin, vintage, licence, unit, rows,
    years, what was dropped, and SHA-256 of the table and of the file it was read from. All files appear or none.
    Raises NoDataError when a file is missing, BadInputError when one lacks a column or has a row twice.
    """
    target = Path(out) if out is not None else settings.data_dir() / REMITTANCES.folder
    readers = {name: with_record(read) for name, read in READERS.items()}
    facts = (*FACTS, "known_in")
    return write_pins(source, target, REMITTANCES.manifest, remittance_tables()["pins"], readers, facts)


# -- reading -------------------------------------------------------------------------------------------------
def _read(path: Path) -> pd.DataFrame:
    """The file with Namibia's code left a code; no text column of categories."""
    if path.suffix == ".parquet":
        frame = pd.read_parquet(path)
        texts = {c: str for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)}
        return frame.astype(texts)
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def _corridors(frame: pd.DataFrame, value: str) -> TableDraft:
    """Rows of the origins kept here, between economies, above zero: a matrix fills what it does not know with zeros."""
    dropped: dict[str, int] = {}

    def cut(keep: pd.Series[bool], why: str) -> None:
        nonlocal frame
        dropped[why] = int((~keep).sum())
        frame = frame[keep]

    cut(frame["origin"].isin(ORIGINS), "country of origin is not one that is followed")
    codes = {*economies.economies().index, OTHERS}
    cut(frame["destination"].isin(codes), "destination is no economy")
    cut(frame[value].notna(), "no value")
    cut(frame[value] > 0, "zero")
    twice = frame.duplicated(KEYS)
    if twice.any():
        row = frame[twice].iloc[0]
        raise BadInputError(f"{row['origin']} to {row['destination']} {row['year']} comes more than once in the source")
    frame = frame.astype({"year": "int64", value: "float64"})
    return TableDraft(frame.sort_values(KEYS)[[*KEYS, value]].reset_index(drop=True), dropped)


def _matrix(year: int) -> Callable[[Path], TableDraft]:
    def read(path: Path) -> TableDraft:
        """ "Other North" and "Other South" are money of destinations that are not named: one row, ``OTH``."""
        frame = _read(path)
        unnamed = frame["sending"].str.startswith("Other ")
        frame = frame.assign(
            origin=frame["receiving_iso3"],
            destination=frame["sending_iso3"].mask(unnamed, OTHERS),
            year=year,
            usd=frame["musd"] * 1e6,
        )
        added = frame[unnamed].groupby(KEYS)["usd"].sum().reset_index()
        return _corridors(pd.concat([frame[~unnamed], added]), "usd")

    return read


def _from_russia_2010(path: Path) -> TableDraft:
    """Per receiver what comes from Russia, nothing included, and from everywhere (``WLD``)."""
    frame = _read(path)
    frame = frame.assign(origin=frame["receiving_iso3"], year=2010, usd=frame["musd"] * 1e6)
    known = frame["origin"].isin(economies.economies().index)
    dropped = {"receiver is no economy": int(frame.loc[~known, "receiving"].nunique())}
    frame = frame[known]
    total = frame.groupby(["origin", "year"], as_index=False)["usd"].sum().assign(destination=WORLD)
    russia = frame[frame["sending_iso3"] == "RUS"].assign(destination="RUS")
    both = pd.concat([russia[[*KEYS, "usd"]], total[[*KEYS, "usd"]]])
    return TableDraft(both.astype({"year": "int64"}).sort_values(KEYS).reset_index(drop=True), dropped)


def _stock_2017(path: Path) -> TableDraft:
    frame = _read(path)
    sides = {"origin": frame["origin_iso3"], "destination": frame["destination_iso3"]}
    return _corridors(frame.assign(**sides, year=2017, persons=frame["stock"]), "persons")


def _stock_undesa(path: Path) -> TableDraft:
    frame = _read(path)
    sides = {"origin": frame["origin_iso3"], "destination": frame["dest_iso3"]}
    return _corridors(frame.assign(**sides, persons=frame["stock"]), "persons")


def _costs(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame.assign(origin=frame["receiving_iso3"], destination=frame["sending_iso3"], percent=frame["value"])
    followed = frame["origin"].isin(ORIGINS)
    kept = frame[followed].assign(year=frame["quarter"].str[:4].astype("int64"))
    columns = [*KEYS, "quarter", "percent"]
    table = kept.sort_values(["origin", "destination", "quarter"])[columns]
    return TableDraft(table, {"country of origin is not one that is followed": int((~followed).sum())})


def _armenian_rows(path: Path) -> TableDraft:
    """Rows by month with a code for each partner, the total as printed among them."""
    frame = _read(path)
    net = frame["direction"] == "Net inflow"
    frame = frame[~net]
    special = {"Total": WORLD, "Others": OTHERS}
    partner = frame["partner"].where(frame["partner"] != "", frame["country"].map(special))
    if partner.isna().any():
        raise BadInputError(f"partner {frame['country'][partner.isna()].iloc[0]!r} has no code in {path.name}")
    frame = frame.assign(origin="ARM", destination=partner, direction=frame["direction"].str.lower())
    return TableDraft(frame.assign(usd=frame["K_USD"] * 1e3), {"net inflow": int(net.sum())})


def _armenia(path: Path) -> TableDraft:
    rows = _armenian_rows(path)
    keys = [*KEYS, "direction", "type"]
    grouped = rows.frame.groupby(keys, as_index=False).agg(usd=("K_USD", "sum"), months=("month", "nunique"))
    grouped["usd"] *= 1e3
    return TableDraft(grouped.astype({"months": "int64", "year": "int64"}), rows.dropped)


def _armenia_months(path: Path) -> TableDraft:
    rows = _armenian_rows(path)
    keys = [*KEYS, "month", "direction", "type"]
    table = rows.frame[[*keys, "usd"]].astype({"year": "int64", "month": "int64"})
    order = ["origin", "destination", "direction", "type", "year", "month"]
    return TableDraft(table.sort_values(order).reset_index(drop=True), rows.dropped)


def _quarterly(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame.assign(origin=frame["iso3"], usd=frame["USD_Million"] * 1e6, quarter=frame["month"] // 3)
    known = frame["usd"].notna()
    table = frame[known].sort_values(["origin", "year", "quarter"])[["origin", "year", "quarter", "usd"]]
    return TableDraft(table.astype({"year": "int64", "quarter": "int64"}), {"no value": int((~known).sum())})


def _knomad(path: Path) -> TableDraft:
    """A zero of this file stands for a missing value, so it becomes a missing row."""
    frame = _read(path)
    zero, known = frame["zero_is_missing"].astype(bool), frame["iso3"].isin(economies.economies().index)
    kept = frame[~zero & known]
    table = pd.DataFrame(
        {
            "economy": kept["iso3"],
            "year": kept["year"].astype("int64"),
            "flow": kept["flow"].replace({"inflow": "received", "outflow": "paid"}),
            "usd": kept["value_musd"] * 1e6,
            "estimate": kept["obs_status"] == "E",
        }
    )
    dropped = {"zero that means missing": int(zero.sum()), "not an economy": int((~zero & ~known).sum())}
    return TableDraft(table.sort_values(["economy", "flow", "year"]).reset_index(drop=True), dropped)


def _corridors_2024(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame.assign(origin=frame["recipient"], destination=frame["sender"], usd=frame["value_usd_modelled"])
    table = frame[[*KEYS, "usd", "migrants"]].astype({"usd": "float64"})
    return TableDraft(table.sort_values(KEYS).reset_index(drop=True))


READERS: dict[str, Callable[[Path], TableDraft]] = {
    "matrix_2010": _matrix(2010),
    "from_russia_2010": _from_russia_2010,
    "matrix_2017": _matrix(2017),
    "stock_2017": _stock_2017,
    "stock_undesa": _stock_undesa,
    "costs": _costs,
    "armenia": _armenia,
    "armenia_months": _armenia_months,
    "quarterly": _quarterly,
    "knomad": _knomad,
    "corridors_2024": _corridors_2024,
}
