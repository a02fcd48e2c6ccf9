"""Pins tariff schedules and the input-output table into ``data/trade``.

One Parquet file a table and one record each in ``tariffs.json``. No row of a schedule is dropped: rows that are not
tariff lines stay, with a status that gives the reason. Same input gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError, unknown
from eaeu_analysis.reference import economies
from eaeu_analysis.reference.shipped_tables import TARIFFS
from eaeu_analysis.trade.tariffs.schedule import DUPLICATE, LINE, NOT_A_LINE, OTHER_WORDING, tariff_tables

from .write import Reader, write_pins

REGIMES = ("fta", "mfn", "full")
UNITS = {"кг": "kg", "т": "t", "л": "l", "пар": "pair", "шт": "piece", "м2": "m2", "см3, мл": "cm3"}
RULES = ("ad valorem", "specific", "not less than", "plus")
_PER = re.compile(r"(?P<amount>\d+(?:\.\d+)?) (?P<currency>EUR|USD) за (?P<per>\d+)(?: (?P<many>\d+))? (?P<unit>.+)")
_TONNE = 1000.0


@dataclass(frozen=True)
class Duty:
    """``ad_valorem``: per cent (NaN for a specific duty); ``amount`` in ``currency`` per one ``unit`` (NaN, "" else);
    ``rule``: one of :data:`RULES`."""

    rule: str
    ad_valorem: float
    amount: float
    currency: str
    unit: str


def parse_duty(text: str) -> Duty:
    """Read a duty as the tariff words it; tonnes become kilograms and thousands of pieces single ones.

    Raises :class:`BadInputError` for a wording that is not known.
    """
    text = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?%?", text):
        return Duty("ad valorem", float(text.rstrip("%")), float("nan"), "", "")
    for joint, rule in ((", но не менее ", "not less than"), (" плюс ", "plus")):
        if joint in text:
            left, right = text.split(joint, 1)
            rate, part = re.fullmatch(r"(\d+(?:\.\d+)?)%", left), _specific(right)
            if rate and part:
                return Duty(rule, float(rate[1]), *part)
    part = _specific(text)
    if part is None:
        raise BadInputError(f"duty {text!r} is not worded in a known way")
    return Duty("specific", float("nan"), *part)


def _specific(text: str) -> tuple[float, str, str] | None:
    found = _PER.fullmatch(text)
    if not found or found["unit"] not in UNITS:
        return None
    count = float(found["per"]) * float(found["many"] or 1)
    unit = UNITS[found["unit"]]
    if unit == "t":
        unit, count = "kg", count * _TONNE
    return float(found["amount"]) / count, found["currency"], unit


def pin_tariffs(source: Path | str, out: Path | str | None = None) -> dict[str, Any]:
    """Read the files in folder ``source`` and write the pins to ``out`` (default: ``data/trade``).

    Returns the manifest written as ``tariffs.json``: label, origin, vintage, licence, unit, rows, counts, SHA-256 of
    the table and of its source file. All files appear or none. Raises :class:`NoDataError` for a file that is missing,
    :class:`BadInputError` for one that is not what it should be.
    """
    target = Path(out) if out is not None else settings.data_dir() / TARIFFS.folder
    readers = {name: _with_counts(read) for name, read in READERS.items()}
    return write_pins(source, target, TARIFFS.manifest, tariff_tables()["pins"], readers)


def _with_counts(read: Callable[[Path], tuple[pd.DataFrame, dict[str, int]]]) -> Reader:
    def reader(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
        frame, counts = read(path)
        return frame, {"counts": counts}

    return reader


def _text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _cet(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    """Lines of the common external tariff: every row of the source with its status, the wording parsed."""
    raw = _text(path)
    frame = raw[["hs_code", "duty_rate", "section"]].rename(columns={"hs_code": "code", "duty_rate": "wording"})
    own = frame["wording"].str.contains("%") | frame["wording"].str.contains(" за ") | (frame["wording"] == "0")
    frame["_other"] = (~own).astype(int)
    frame = frame.sort_values(["code", "_other"], kind="stable").reset_index(drop=True)
    duties = [parse_duty(text) for text in frame["wording"]]
    for name in ("rule", "ad_valorem", "amount", "currency", "unit"):
        frame[name] = [getattr(duty, name) for duty in duties]
    status = pd.Series(LINE, index=frame.index)
    status[frame["_other"] == 1] = OTHER_WORDING
    status[frame.duplicated("code", keep="first")] = DUPLICATE
    status[(frame["code"].str.len() != 10) | _has_children(frame["code"])] = NOT_A_LINE
    frame["status"] = status
    counts = {f"status: {name}": int(n) for name, n in sorted(status.value_counts().items())}
    counts |= {f"rule: {name}": int(n) for name, n in sorted(frame["rule"].value_counts().items())}
    columns = ["code", "section", "wording", "rule", "ad_valorem", "amount", "currency", "unit", "status"]
    return frame[columns], counts


def _has_children(codes: pd.Series) -> pd.Series:
    """A code of the form hhhhss0000 that is itself divided into lines of the same hhhhss is a heading, not a line."""
    six = codes.str[:6]
    return codes.str.endswith("0000") & (codes.groupby(six).transform("nunique") > 1)


def _number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column.where(column != ""), errors="raise")


def _uzb(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    frame = pd.DataFrame(
        {
            "level": raw["level"].replace({"hs2": "chapter"}),
            "code": raw["code"],
            "mfn": _number(raw["uz_avg_mfn_pct"]),
            "applied": _number(raw["uz_avg_applied_pct"]),
            "imports_usd": _number(raw["uz_import_kusd"]) * 1000,
            "demand_elasticity": -_number(raw["import_demand_elasticity"]),
        }
    )
    frame = frame[frame["mfn"].notna()].sort_values(["level", "code"]).reset_index(drop=True)
    return frame, {"without a rate, left out": int(len(raw) - len(frame))}


def _partners(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    for regime in raw["regime"].unique():
        if regime not in REGIMES:
            raise unknown(f"{path.name}: regime", str(regime), REGIMES)
    frame = pd.DataFrame(
        {
            "partner": raw["name"].map(economies.resolve),
            "regime": raw["regime"],
            "imports_usd": _number(raw["import_usd"])
            * 1000,  # the column says USD; it sums to imports only in thousands
        }
    )
    return frame.sort_values("partner").reset_index(drop=True), {}


def _averages(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    kinds = {"TM.TAX.MRCH.WM.FN.ZS": "mfn", "TM.TAX.MRCH.WM.AR.ZS": "applied"}
    kind = raw["series"].map(kinds)
    if kind.isna().any():
        raise BadInputError(
            f"{path.name} has a series that is neither MFN nor applied: {raw['series'][kind.isna()].iloc[0]}"
        )
    frame = pd.DataFrame({"economy": raw["iso3"], "year": _number(raw["year"]).astype("int64"), "kind": kind})
    frame["rate"] = _number(raw["pct"])
    return frame.sort_values(["economy", "year", "kind"]).reset_index(drop=True), {}


# The redistributor writes some codes with the Cyrillic letter that looks like A, and with line breaks inside.
_LOOK_ALIKE = str.maketrans({"А": "A", "В": "B", "С": "C", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O"})


def sector_code(text: str) -> str:
    """A sector code with Latin letters and single spaces."""
    latin = text.split("(")[0].translate(_LOOK_ALIKE)
    rest = text[len(text.split("(")[0]) :].replace("без ", "without ").replace(" и ", ", ").translate(_LOOK_ALIKE)
    return " ".join((latin + rest).split()).rstrip(".")


def _inputs(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = pd.read_csv(path, index_col=0)
    codes = [sector_code(str(code)) for code in raw.index]
    if codes != [sector_code(str(code)) for code in raw.columns] or len(set(codes)) != len(codes):
        raise BadInputError(f"{path.name} is not a square table of distinct sectors")
    frame = raw.set_axis(codes).set_axis(codes, axis=1)
    index = pd.MultiIndex.from_product([codes, codes], names=["input", "sector"])
    long = pd.DataFrame({"value": frame.to_numpy(dtype="float64").ravel()}, index=index).reset_index()
    kept = long[long["value"] != 0].sort_values(["input", "sector"]).reset_index(drop=True)
    return kept.astype({"input": str, "sector": str}), {"zero, left out": int(len(long) - len(kept))}


def _sectors(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    frame = pd.DataFrame({"sector": raw["code"].map(sector_code), "name": raw["name"].str.split().str.join(" ")})
    for name in ("output", "imports", "gva"):
        frame[name] = _number(raw[name])
    return frame.sort_values("sector").reset_index(drop=True), {}


def _cet_2013(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    frame = pd.DataFrame(
        {
            "code": raw["hs_code"],
            "kind": raw["kind"].replace({"specific_or_other": "specific"}),
            "ad_valorem": _number(raw["ad_valorem_pct"]),
            "minimum_eur": _number(raw["min_specific_eur"]),
            "unit": raw["per"],
            "part_of_code": raw["partial"] == "True",
        }
    )
    counts = {f"kind: {name}": int(n) for name, n in sorted(frame["kind"].value_counts().items())}
    return frame.sort_values(["code", "kind"]).reset_index(drop=True), counts


STAGES = {
    "All Products": "all",
    "Capital goods": "capital",
    "Consumer goods": "consumer",
    "Intermediate goods": "intermediate",
    "Raw materials": "raw",
}
MEASURES = {
    "import": "imports_musd",
    "tariff_ahs_weighted": "tariff",
    "tariff_ahs_simple": "tariff_simple",
    "tariff_ahs_max": "tariff_largest",
    "tariff_dutyfree_lines": "duty_free_lines",
}


def _by_stage(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = pd.read_parquet(path)
    kept = raw[raw["product"].isin(STAGES) & raw["indicator"].isin(MEASURES)]
    keys = ["economy", "stage", "year", "vintage"]
    named = kept.assign(
        economy=kept["iso3"], stage=kept["product"].map(STAGES), measure=kept["indicator"].map(MEASURES)
    )
    wide = named.pivot(index=keys, columns="measure", values="value")[list(MEASURES.values())].reset_index()
    known = wide["economy"].isin(economies.economies().index)
    counts = {
        "left out: exports, product groups, counts of lines": int(len(raw) - len(kept)),
        "left out: not an economy": int((~known).sum()),
    }
    return wide[known].rename_axis(columns=None).sort_values(keys).reset_index(drop=True), counts


def _employment(path: Path) -> tuple[pd.DataFrame, dict[str, int]]:
    raw = _text(path)
    frame = pd.DataFrame({"sector": raw["code"].map(sector_code)})
    for name in ("total", "formal", "informal"):
        frame[name] = _number(raw[f"emp_{name}"]).astype("int64")
    return frame.sort_values("sector").reset_index(drop=True), {}


READERS: dict[str, Callable[[Path], tuple[pd.DataFrame, dict[str, int]]]] = {
    "tariffs_cet": _cet,
    "tariffs_uzb": _uzb,
    "tariffs_uzb_partners": _partners,
    "tariffs_averages": _averages,
    "inputoutput_uzb": _inputs,
    "inputoutput_uzb_sectors": _sectors,
    "inputoutput_uzb_employment": _employment,
    "tariffs_cet_2013": _cet_2013,
    "tariffs_by_stage": _by_stage,
}
