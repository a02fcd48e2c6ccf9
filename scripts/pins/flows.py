"""Pins bilateral files into ``data/trade``: one schema, one Parquet file a source, one record each in ``flows.json``.

The figures keep what each source says, in US dollars; what is dropped or recoded is counted in the record.
Same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference import economies
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.trade.flows.flows import COLUMNS, trade_tables

from . import products
from .write import TableDraft, with_record, write_pins

# Old or private codes of one economy; Belgium-Luxembourg is one reporter throughout in the four-yearly panel.
RECODE = {"ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "MNT": "MNE", "BLX": "BEL", "WBG": "PSE", "PAL": "PSE"}
# A partner that the source does not name, and codes of national tables that sum up other rows.
OTHERS = "OTH"
AGGREGATES = frozenset({"CIS", "EAEU", "WLD", "_CIS", "_nonCIS"})
LEAST_REST = 0.005  # of the total: what partners lack of it gets a row when it is more than rounding
# Partner codes that are no economy: bunkers, free zones, special categories, "elsewhere", dependencies not named.
NOT_ECONOMIES = frozenset(
    {"BAT", "BUN", "FRE", "KN1", "NZE", "PCE", "PCZ", "RYU", "SIK", "SPE", "SVR", "TAN", "UMI", "UNS", "USP", "VDR"}
    | {"WLD", "ZPM", "ZW1"}
)


def pin_flows(source: Path | str, out: Path | str | None = None) -> dict[str, Any]:
    """Read the bilateral files in folder ``source`` and write the pins to ``out`` (default: ``data/trade``).

    Returns the manifest that is written as ``flows.json``: per pin its label, origin, vintage, licence, rows,
    years, what was dropped, and SHA-256 of the table and of the file it was read from. All files appear or none.
    Raises NoDataError when a file is missing, BadInputError when one lacks a column.
    """
    target = Path(out) if out is not None else settings.data_dir() / FLOWS.folder
    readers = {name: with_record(read) for name, read in READERS.items()}
    return write_pins(source, target, FLOWS.manifest, trade_tables()["pins"], readers)


# -- reading -------------------------------------------------------------------------------------------------
def _read(path: Path) -> pd.DataFrame:
    frame = (
        pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, keep_default_na=False, na_values=[""])
    )
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.CategoricalDtype):
            frame[column] = frame[column].astype(str)
    return frame


def _schema(frame: pd.DataFrame, source: str, made: dict[str, int] | None = None) -> TableDraft:
    """Recode, drop what is no economy or has no value, order columns and rows."""
    dropped = dict(made or {})
    frame = frame.assign(source=source)
    for column, default in (("product", "TOTAL"), ("status", "")):
        if column not in frame:
            frame[column] = default
    for side in ("exporter", "importer"):
        frame[side] = frame[side].replace(RECODE)

    def cut(keep: pd.Series[bool], why: str) -> None:
        nonlocal frame
        if not keep.all():
            dropped[why] = dropped.get(why, 0) + int((~keep).sum())
            frame = frame[keep]

    def named(side: pd.Series[Any]) -> pd.Series[bool]:
        return side.notna() & side.astype(str).str.fullmatch("[A-Z]{3}") & ~side.isin(NOT_ECONOMIES)

    cut(named(frame["exporter"]) & named(frame["importer"]), "partner is no economy")
    cut(frame["usd"].notna(), "no value")
    cut(frame["exporter"] != frame["importer"], "partner is the reporter itself")
    keys = ["exporter", "importer", "year", "product", "basis"]
    frame = frame.assign(usd=frame["usd"].astype("float64"), year=frame["year"].astype("int64"))
    twice = frame.duplicated(keys)
    if twice.any():  # two old codes of one economy
        dropped["added to another row of the same economy"] = int(twice.sum())
        frame = frame.groupby([*keys, "source", "status"])["usd"].sum().reset_index()
    check_units(frame)
    return TableDraft(frame.sort_values(keys)[list(COLUMNS)].reset_index(drop=True), dropped)


def check_units(frame: pd.DataFrame) -> None:
    """Raise BadInputError when a flow that independent files agree on is off by a power of a thousand.

    The anchors are the Russia-Kyrgyzstan flows of 2012, 2015 and 2019 (table ``trade.toml``).
    """
    total = frame[(frame["product"] == "TOTAL") & (frame["basis"] == "exporter_fob")] if "product" in frame else frame
    for anchor in trade_tables()["anchors"]:
        rows = total[
            (total["exporter"] == anchor["exporter"])
            & (total["importer"] == anchor["importer"])
            & (total["year"] == anchor["year"])
        ]
        for usd in rows["usd"]:
            ratio = float(usd) / (anchor["musd"] * 1e6)
            for unit, factor in (("thousand US$", 1e-3), ("million US$", 1e-6), ("a thousandth of a US$", 1e3)):
                if 0.5 < ratio / factor < 2:
                    pair = f"{anchor['exporter']} to {anchor['importer']} in {anchor['year']}"
                    raise BadInputError(
                        f"units look mixed: {pair} is {usd:g}, expected about {anchor['musd']:,} million US$; "
                        f"the figures seem to be in {unit}, not US$"
                    )


def _world_4yearly(path: Path) -> TableDraft:
    frame = _read(path)[["exporter", "importer", "year", "export_usd"]].rename(columns={"export_usd": "usd"})
    return _schema(frame.assign(basis="exporter_fob"), "comtrade_4yearly")


def _world_sitc(path: Path) -> TableDraft:
    frame = _read(path)[["exporter", "importer", "year", "sector", "export_kusd"]].rename(columns={"sector": "product"})
    frame["usd"] = frame["export_kusd"] * 1e3
    return _schema(frame.assign(basis="exporter_fob"), "unctad_matrix")


def _world_2019(path: Path) -> TableDraft:
    frame = _read(path)[["exporter", "importer", "year", "export_musd"]]
    frame["usd"] = frame["export_musd"] * 1e6
    return _schema(frame.assign(basis="exporter_fob"), "imf_dots")


def _by_reporter(frame: pd.DataFrame, exports: str, imports: str) -> pd.DataFrame:
    """Rows of (reporter, partner, flow) turned into exporter and importer."""
    sells = frame[frame["flow"] == exports]
    buys = frame[frame["flow"] == imports]
    return pd.concat(
        [
            sells.assign(exporter=sells["reporter"], importer=sells["partner"], basis="exporter_fob"),
            buys.assign(exporter=buys["partner"], importer=buys["reporter"], basis="importer_cif"),
        ]
    )


def _national(frame: pd.DataFrame, source: str, dropped: dict[str, int] | None = None) -> TableDraft:
    """A national table of reporter, partner, year, flow (exports, imports), usd: without its sums of partners.

    Partners without a name become OTH, and so does what the total has above all partners together (gold).
    """
    frame = frame.assign(flow=frame["flow"].str.lower().str.rstrip("s"))
    if "status" not in frame:
        frame["status"] = ""
    total = frame[frame["partner"] == "WLD"].set_index(["flow", "year"])["usd"]
    own = frame[~frame["partner"].isin(AGGREGATES)]
    made = {"sum of partners": len(frame) - len(own), **(dropped or {})}
    nameless = ~own["partner"].astype(str).str.fullmatch("[A-Z]{3}")
    own = own.assign(partner=own["partner"].mask(nameless, OTHERS))
    rest = (total - own.groupby(["flow", "year"])["usd"].sum()).dropna()
    rest = rest[rest > LEAST_REST * total.reindex(rest.index)].rename("usd").reset_index()
    rest = rest.assign(reporter=own["reporter"].iloc[0], partner=OTHERS, status="")
    return _schema(_by_reporter(pd.concat([own, rest], ignore_index=True), "export", "import"), source, made)


def _russia(annual: Path, monthly: Path) -> TableDraft:
    """Six neighbours from the table by year, 29 partners from that by month, the rest of the total as OTH."""
    years = _read(annual)
    years = years.assign(usd=years["value_musd"] * 1e6)
    months = _read(monthly).assign(usd=lambda frame: frame["musd"] * 1e6)
    sums = months.groupby(["reporter", "partner", "year", "flow"])["usd"].agg(["sum", "size"]).reset_index()
    sums = sums.rename(columns={"sum": "usd"})
    sums["status"] = [f"{n} of 12 months" if n < 12 else "" for n in sums["size"]]
    known = sums["partner"].isin(years["partner"])
    table = pd.concat([years.assign(status=""), sums[~known]], ignore_index=True)
    return _national(table, "russia_customs", {"also in the table by year": int(known.sum())})


def _kyrgyzstan(path: Path) -> TableDraft:
    frame = _read(path)
    return _national(frame.assign(usd=frame["kusd"] * 1e3), "kyrgyzstan_statistics")


def _kazakhstan(path: Path) -> TableDraft:
    frame = _read(path)
    return _national(frame.assign(usd=frame["kusd"] * 1e3), "kazakhstan_statistics")


def _uzbekistan_with_services(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame.assign(usd=frame["kusd"] * 1e3, partner=frame["partner"].replace({"_?736": "SDN", "_?530": "ANT"}))
    made = _national(frame, "uzbekistan_statistics")
    return TableDraft(made.frame.assign(product="GOODS_AND_SERVICES"), made.dropped)


def _world_2023(path: Path) -> TableDraft:
    frame = _read(path)
    return _schema(frame.assign(usd=frame["value_kusd"] * 1e3, basis="exporter_fob"), "baci")


def _russia_hs2(path: Path) -> TableDraft:
    frame = _read(path)
    frame["product"] = "HS" + frame["hs2"].astype(int).map("{:02d}".format)
    return _schema(_by_reporter(frame, "Export", "Import"), "russia_comtrade")


def _russia_imts(path: Path) -> TableDraft:
    frame = _read(path).rename(columns={"indicator": "flow"})
    frame["usd"] = frame["musd"] * 1e6
    frame["status"] = ["estimate" if year >= 2022 else "" for year in frame["year"]]
    bad = (frame["partner"] == "UZB") & (frame["year"] >= 2023)
    made = _schema(_by_reporter(frame[~bad], "XG_FOB_USD", "MG_CIF_USD"), "imf_imts")
    made.dropped["implausible (Uzbekistan 2023-24)"] = int(bad.sum())
    return made


def _uzbekistan(path: Path) -> TableDraft:
    """A zero of this file stands for a missing value, so it becomes a missing row."""
    frame = _read(path)
    frame["usd"] = frame["kusd"] * 1e3
    zero = frame["missing_like_zero"].astype(bool)
    frame.loc[frame["partner_name"] == "China, Taiwan Province of", "partner"] = "TWN"
    return _schema(
        _by_reporter(frame[~zero], "Exports", "Imports"),
        "uzbekistan_partners",
        {"zero that means missing": int(zero.sum())},
    )


def _uzbekistan_2025(path: Path) -> TableDraft:
    """Partners by their Russian names; thousand US$ although the column says US$ (the shares add up to the total)."""
    frame = _read(path)
    frame = frame.assign(exporter=[economies.resolve(n) for n in frame["name"]], importer="UZB", year=2025)
    frame = frame.assign(usd=frame["import_usd"] * 1e3, basis="importer_cif", status=frame["regime"])
    return _schema(frame, "cerr")


def _armenia(path: Path) -> TableDraft:
    frame = _read(path)
    frame["partner"] = frame["partner"].fillna(OTHERS)
    short = (frame["months"] < 12) & (frame["partner"] != OTHERS)
    frame["status"] = [f"{n} of 12 months" if s else "" for n, s in zip(frame["months"], short, strict=True)]
    parts = []
    for column, basis in (
        ("export_kusd", "exporter_fob"),
        ("import_origin_kusd", "importer_cif"),
        ("import_consignment_kusd", "importer_cif_consignment"),
    ):
        sells = basis == "exporter_fob"
        part = frame.assign(
            exporter=frame["reporter"] if sells else frame["partner"],
            importer=frame["partner"] if sells else frame["reporter"],
            usd=frame[column] * 1e3,
            basis=basis,
        )
        parts.append(part)
    return _schema(pd.concat(parts), "armstat")


def _distances(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame.assign(exporter=frame["iso_o"].replace(RECODE), importer=frame["iso_d"].replace(RECODE))
    numbers = ["contig", "comlang_off", "comlang_ethno", "colony", "comcol", "smctry"]
    kilometres = ["dist", "distcap", "distw", "distwces"]
    frame[numbers] = frame[numbers].astype("int8")
    for column in kilometres:
        frame[column] = pd.to_numeric(frame[column].replace(".", None)).round(1)
    columns = ["exporter", "importer", *numbers, *kilometres]
    return TableDraft(frame.sort_values(["exporter", "importer"])[columns])


def _geography(path: Path) -> TableDraft:
    frame = _read(path)
    frame = frame[(frame["cap"] == 1) | ~frame["iso3"].duplicated(keep=False)].drop_duplicates("iso3")
    frame = frame.assign(iso3=frame["iso3"].replace(RECODE), landlocked=frame["landlocked"].astype("int8"))
    return TableDraft(frame.sort_values("iso3")[["iso3", "area", "dis_int", "landlocked", "lat", "lon"]])


def _agreements(path: Path) -> TableDraft:
    frame = _read(path).rename(columns={"year": "signed", "entryforceyear": "entered"})
    kosovo = frame["iso3"].isna() & (frame["isonum"] == 900)
    frame.loc[kosovo, "iso3"] = "XKX"
    for column in ("signed", "entered"):
        frame[column] = frame[column].astype("Int16")
    columns = ["base_treaty", "number", "name", "entry_type", "typememb", "signed", "entered", "iso3"]
    return TableDraft(frame.drop_duplicates(columns).sort_values(["base_treaty", "number", "iso3"])[columns])


READERS: dict[str, Callable[..., TableDraft]] = {
    "world_2023": _world_2023,
    "kyrgyzstan_annual": _kyrgyzstan,
    "kazakhstan_annual": _kazakhstan,
    "uzbekistan_with_services": _uzbekistan_with_services,
    "world_4yearly": _world_4yearly,
    "world_sitc": _world_sitc,
    "world_2019": _world_2019,
    "russia_annual": _russia,
    "russia_hs2": _russia_hs2,
    "russia_imts": _russia_imts,
    "uzbekistan_annual": _uzbekistan,
    "uzbekistan_imports_2025": _uzbekistan_2025,
    "armenia_annual": _armenia,
    "distances": _distances,
    "geography": _geography,
    "agreements": _agreements,
    **products.READERS,
}
