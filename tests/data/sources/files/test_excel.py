"""Excel workbooks of the DataBank, KNOMAD and statistical offices; folders with files in other forms."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest
from made_files import rows, workbook, written

from eaeu_analysis.cli import main
from eaeu_analysis.data.sources.files import workbook_size
from eaeu_analysis.data.sources.files.source import FileSource, inspect_file, read_file
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.errors import BadInputError

TRADE = "NE.TRD.GNFS.ZS"
DATABANK = [
    ["Country Name", "Country Code", "Series Name", "Series Code", "2014 [YR2014]", "2015 [YR2015]"],
    ["Kyrgyz Republic", "KGZ", "Trade (% of GDP)", TRADE, 125.06, ".."],
    ["Uzbekistan", "UZB", "Trade (% of GDP)", TRADE, "..", 30.8],
    [None],
    ["Data from database: World Development Indicators"],
    ["Last Updated: 06/05/2025"],
]
KNOMAD = [
    ["World Bank staff estimates"],
    [None],
    ["Migrant remittance inflows (US$ million)", 2021, 2022, "2023e", "% of GDP in 2023"],
    ["Armenia", 1000, 2000.5, 2100, 0.08],
    ["Kyrgyz Republic", 2700, 3000, 2800, 0.2],
    ["Uzbekistan", 9000, 16000, 14000, 0.15],
    ["World", 800000, 830000, 860000, 0.008],
    ["Note: estimates are for 2023."],
]  # fmt: skip


MATRIX = [
    ["Bilateral Remittance Estimates for 2021 using Migrant Stocks (millions of US$) (December 2022 Version)"],
    [None],
    ["Receiving country (across) / Sending country (down)", "Armenia", "Kyrgyz Republic", "Uzbekistan", "World"],
    ["Russian Federation", 1000.5, 2000.5, 3000.5, 6001.5],
    ["Kazakhstan", 1, 2, "", 3],
    ["Other South", 0.5, 0.5, 0.5, 1.5],
    ["World", 1001.5, 2002.5, 3000.5, 6004.5],
]


@pytest.fixture
def calamine() -> None:
    pytest.importorskip("python_calamine")


@pytest.mark.usefixtures("calamine")
def test_a_databank_workbook_is_read_from_its_sheet_of_data(tmp_path: Path) -> None:
    notes = [["Code", "License"], ["NE.TRD.GNFS.ZS", "CC BY-4.0"]]
    path = workbook(tmp_path / "P_Data_Extract.xlsx", {"Series - Metadata": notes, "Data": DATABANK})
    (series,) = read_file(path)
    assert rows(series) == [("KGZ", 2014, 125.06), ("UZB", 2015, 30.8)]
    assert (series.info.code, series.info.vintage, series.info.unit) == (TRADE, "2025-06-05", "% of GDP")


@pytest.mark.usefixtures("calamine")
def test_a_knomad_workbook_has_its_title_skipped_and_its_unit_read(tmp_path: Path) -> None:
    (series,) = read_file(workbook(tmp_path / "inflows.xlsx", {"Inflows": KNOMAD}))
    assert series.info.code == "inflows"
    assert series.info.unit == "US$ million"
    assert rows(series)[:4] == [
        ("ARM", 2021, 1000.0),
        ("ARM", 2022, 2000.5),
        ("ARM", 2023, 2100.0),
        ("KGZ", 2021, 2700.0),
    ]
    assert {economy for economy, _, _ in rows(series)} == {"ARM", "KGZ", "UZB", "WLD"}


@pytest.mark.usefixtures("calamine")
def test_months_of_a_statistical_office_and_other_sheets_that_are_named(tmp_path: Path) -> None:
    table = [["economy", "2026-\u041c02", "2026-\u041c03"], ["UZB", 1.5, 2]]
    reading = inspect_file(workbook(tmp_path / "rate.xlsx", {"A": table, "B": table}))
    assert (reading.series[0].freq, rows(reading.series[0])) == ("M", [("UZB", 673, 1.5), ("UZB", 674, 2.0)])
    assert any("sheet 'A' read; other sheets with tables: B" in note for note in reading.notes)


@pytest.mark.usefixtures("calamine")
def test_a_fault_has_the_row_that_excel_shows_and_the_way_out(tmp_path: Path) -> None:
    wrong = [*KNOMAD[:4], ["Uzbekistan", "many", 1, 2, 3]]
    with pytest.raises(BadInputError, match=r"sheet 'S', row 5: 'many' \(w, 2021\) is not a number"):
        read_file(workbook(tmp_path / "w.xlsx", {"S": wrong}))
    with pytest.raises(BadInputError, match=r"sheet 'S': the header reads 'a,b'.*Panel.from_frame"):
        read_file(workbook(tmp_path / "x.xlsx", {"S": [["a", "b"], [1, 2]]}))
    good = workbook(tmp_path / "y.xlsx", {"S": KNOMAD}).read_bytes()
    with pytest.raises(BadInputError, match=r"y\.xlsx"):
        read_file(written(tmp_path / "y.xlsx", good[: len(good) // 2]))


@pytest.mark.usefixtures("calamine")
def test_pin_on_a_workbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = workbook(tmp_path / "P_Data_Extract.xlsx", {"Data": DATABANK})
    assert main(["data", "pin", str(path), "--out", str(tmp_path / "out")]) == 0
    assert TRADE in capsys.readouterr().out
    assert len(PinnedSource(tmp_path / "out").read(TRADE).frame) == 2


def test_without_the_library_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(BadInputError, match="needs the package python-calamine: install it, or save the sheet as CSV"):
        read_file(workbook(tmp_path / "w.xlsx", {"S": KNOMAD}))


@pytest.mark.usefixtures("calamine")
def test_a_matrix_of_remittances_is_a_series_for_each_receiver(tmp_path: Path) -> None:
    found = {series.info.code: series for series in read_file(workbook(tmp_path / "m.xlsx", {"2021": MATRIX}))}
    assert sorted(found) == [f"BILATERAL_REMITTANCES.TO.{code}" for code in ("ARM", "KGZ", "UZB", "WLD")]
    kyrgyz = found["BILATERAL_REMITTANCES.TO.KGZ"]
    assert rows(kyrgyz) == [("KAZ", 2021, 2.0), ("RUS", 2021, 2000.5), ("WLD", 2021, 2002.5)]
    assert kyrgyz.info.unit == "millions of US$"
    assert rows(found["BILATERAL_REMITTANCES.TO.UZB"]) == [("RUS", 2021, 3000.5), ("WLD", 2021, 3000.5)]


@pytest.mark.usefixtures("calamine")
@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (0, ["Bilateral Remittance Estimates"]),
        (2, ["Sending (across) / Receiving country (down)", "Armenia", "Georgia"]),
    ],
)
def test_a_matrix_without_a_year_or_the_other_way_round_is_refused(tmp_path: Path, row: int, cells: list[str]) -> None:
    table = [cells if i == row else line for i, line in enumerate(MATRIX)]
    with pytest.raises(BadInputError, match="which is none of"):
        read_file(workbook(tmp_path / "m.xlsx", {"2021": table}))


def test_a_workbook_that_would_unpack_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_size, "MAX_BYTES", 1000)
    with pytest.raises(BadInputError, match="would unpack from"):
        read_file(workbook(tmp_path / "w.xlsx", {"S": KNOMAD}))


FAR = '</row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
SHARED = "</row>" + "".join('<row><c t="s"><v> 1</v></c></row>' for _ in range(600)) + "</sheetData>"
TEXTS = f"<sst><si><t>a</t></si><si><r><t>{'x' * 500_000}</t></r><r><t>{'y' * 500_000}</t></r></si></sst>"
HOSTILE = {
    "a cell far from all others": ({"sheet1.xml": ("</row></sheetData>", FAR)}, {}, "over 20,000,000 cells"),
    "a column beyond the last": ({"sheet1.xml": ('r="A1"', 'r="ZZZZZZZZ1"')}, {}, "over 20,000,000 cells"),
    "a shared text in many cells": (
        {"sheet1.xml": ("</row></sheetData>", SHARED)}, {"xl/sharedStrings.xml": TEXTS}, "repeats its texts to"
    ),
    "entities": ({"sheet1.xml": ("?>", '?><!DOCTYPE x [<!ENTITY a "aaaa">]>')}, {}, "has a document type"),
    "a document of another format": ({}, {"content.xml": "<a/>"}, "of another format"),
    "a sheet that is no XML by its name": (
        {"workbook.xml.rels": ("sheet1.xml", "sheet1.png")}, {"xl/worksheets/sheet1.png": "<worksheet/>"}, "sheet1.png"
    ),
    "a part that breaks off": ({"sheet1.xml": ("</sheetData>", "")}, {}, "is a damaged Excel workbook"),
}  # fmt: skip


@pytest.mark.usefixtures("calamine")
@pytest.mark.parametrize(("changes", "more", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_workbook_is_refused_before_a_library_reads_it(
    tmp_path: Path, changes: dict[str, tuple[str, str]], more: dict[str, str], sentence: str
) -> None:
    sound, path = workbook(tmp_path / "a.xlsx", {"Data": DATABANK[:2]}), tmp_path / "b.xlsx"
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            for end, (this, that) in changes.items():
                if name.endswith(end):
                    assert this in text
                    text = text.replace(this, that)
            new.writestr(name, text)
        for name, text in more.items():
            new.writestr(name, text)
    with pytest.raises(BadInputError, match=sentence):
        read_file(path)
    assert len(read_file(sound)) == 1


def test_tables_of_a_folder_in_other_forms_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path / "a.csv", "iso3,year,value\nKGZ,2015,1\n")
    for name in ("old.xls", "b.tsv", "readme.md"):
        written(tmp_path / name, "x")
    source = FileSource(tmp_path)
    assert [info.code for info in source.entries()] == ["a"]
    assert source.notes == [f"{str(tmp_path)!r}: not read, save as CSV or xlsx: b.tsv, old.xls"]
    assert "b.tsv, old.xls" in caplog.text
    workbook(tmp_path / "c.xlsx", {"S": KNOMAD})
    assert tmp_path / "c.xlsx" in FileSource(tmp_path).paths  # read with the others, or refused by name
