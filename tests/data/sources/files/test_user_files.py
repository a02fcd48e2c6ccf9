"""Every shape of file is read to the figures it holds; every bad file is one sentence that names it."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import (
    BULK,
    DATA360,
    DATABANK,
    DOWNLOAD,
    FOOTER,
    PADDED_FOOTER,
    ROWS,
    TIDY,
    TRADE,
    data360,
    rows,
    written,
    zipped,
)

from eaeu_analysis.data.sources.files import shapes
from eaeu_analysis.data.sources.files import source as files
from eaeu_analysis.data.sources.files.source import FileSource, inspect_file, read_file
from eaeu_analysis.errors import BadInputError, NoDataError


def test_world_bank_download_prints_its_vintage(tmp_path):
    reading = inspect_file(written(tmp_path / "API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv", DOWNLOAD + ROWS))
    (series,) = reading.series
    assert reading.shape == shapes.WORLD_BANK
    assert rows(series) == TRADE
    info = series.info
    assert (info.code, info.vintage, info.licence) == ("NE.TRD.GNFS.ZS", "2026-04-08", "CC-BY-4.0")
    assert info.source == "World Bank, World Development Indicators"
    assert (info.unit, info.kind) == ("% of GDP", "share")  # from the catalogue
    assert reading.notes == []


def test_bom_windows_line_ends_and_cut_header_change_nothing(tmp_path):
    text = (DOWNLOAD + ROWS).replace("\n", "\r\n")
    with_bom = read_file(written(tmp_path / "a.csv", b"\xef\xbb\xbf" + text.encode()))
    assert rows(with_bom[0]) == TRADE
    cut = read_file(written(tmp_path / "b.csv", DOWNLOAD.splitlines()[-1] + "\n" + ROWS))
    assert rows(cut[0]) == TRADE
    assert cut[0].info.vintage == ""
    assert cut[0].info.licence == ""  # nothing says that it is the WDI


def test_download_zip_takes_the_table_and_not_the_metadata(tmp_path):
    path = zipped(
        tmp_path / "x.zip",
        {
            "Metadata_Indicator_API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv": '"INDICATOR_CODE","INDICATOR_NAME"\n',
            "API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv": DOWNLOAD + ROWS,
            "Metadata_Country_API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv": '"Country Code","Region"\n',
        },
    )
    assert rows(read_file(path)[0]) == TRADE


@pytest.mark.parametrize("member", ["WDICSV.csv", "WDIData.csv", "WDI_CSV/WDICSV.csv"])
def test_bulk_zip_gives_the_series_asked_for(tmp_path, member):
    others = {"WDISeries.csv": "a,b\n", "WDICountry.csv": "a,b\n", "WDIfootnote.csv": "a,b\n"}
    path = zipped(tmp_path / "WDI_CSV.zip", {**others, member: BULK}, (2026, 4, 8, 10, 0, 0))
    trade, gdp = read_file(path, ["NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD"])
    assert rows(trade) == [("KGZ", 2014, 125.06), ("UZB", 2014, 36.4), ("UZB", 2015, 30.8)]
    assert rows(gdp) == [("KGZ", 2014, 7468096566.7), ("KGZ", 2015, 6678178340.5)]
    assert gdp.info.vintage == "2026-04-08"
    assert "inside the zip" in gdp.info.vintage_note
    assert gdp.info.source == "World Bank, World Development Indicators"


@pytest.mark.parametrize("footer", [FOOTER, PADDED_FOOTER])
def test_databank_extract_reads_dots_as_missing_and_the_date_in_the_footer(tmp_path, footer):
    reading = inspect_file(written(tmp_path / "P_Data_Extract.csv", DATABANK + footer))
    assert reading.shape == shapes.DATABANK
    assert rows(reading.series[0]) == [("KGZ", 2014, 125.06), ("UZB", 2015, 30.8)]
    assert reading.series[0].info.vintage == "2025-06-05"


def test_data360_keeps_the_total_and_says_what_it_left_out(tmp_path):
    text = DATA360 + data360("KGZ", 2015, "110.5") + data360("KGZ", 2015, "99", sex="F") + data360("UZB", 2015, "30.8")
    reading = inspect_file(written(tmp_path / "WB_WDI.csv", text))
    assert reading.shape == shapes.DATA360_LONG
    assert reading.series[0].info.code == "NE.TRD.GNFS.ZS"
    assert rows(reading.series[0]) == [("KGZ", 2015, 110.5), ("UZB", 2015, 30.8)]
    assert any("1 values of breakdowns left out" in note for note in reading.notes)


def test_data360_of_one_group_throughout_is_that_series(tmp_path):
    text = DATA360 + data360("KGZ", 2015, "50", sex="F") + data360("UZB", 2015, "51", sex="F")
    assert len(read_file(written(tmp_path / "a.csv", text))[0].frame) == 2


def test_data360_without_a_total_is_refused(tmp_path):
    text = DATA360 + data360("KGZ", 2015, "50", sex="F") + data360("KGZ", 2015, "51", sex="M")
    with pytest.raises(BadInputError, match="2 breakdowns without one total: F"):
        read_file(written(tmp_path / "a.csv", text))


def test_data360_values_in_millions_are_scaled(tmp_path):
    text = DATA360 + data360("KGZ", 2015, "6.5", code="WB_WDI_NY_GDP_MKTP_CD", mult="6")
    reading = inspect_file(written(tmp_path / "a.csv", text))
    assert rows(reading.series[0]) == [("KGZ", 2015, 6.5e6)]
    assert any("UNIT_MULT" in note for note in reading.notes)


def test_data360_wide(tmp_path):
    text = "FREQ,REF_AREA,REF_AREA_LABEL,INDICATOR,INDICATOR_LABEL,SEX,2014,2015\n"
    text += "A,KGZ,Kyrgyz Republic,WB_WDI_NE_TRD_GNFS_ZS,Trade,_T,125.06,\n"
    reading = inspect_file(written(tmp_path / "WB_WDI_WIDEF.csv", text))
    assert reading.shape == shapes.DATA360_WIDE
    assert rows(reading.series[0]) == [("KGZ", 2014, 125.06)]


@pytest.mark.parametrize(
    ("code", "plain"), [("WB_WDI_BX_TRF_PWKR_DT_GD_ZS", "BX.TRF.PWKR.DT.GD.ZS"), ("IMF_X_Y", "IMF_X_Y")]
)
def test_data360_codes(code, plain):
    assert files.data360_code(code) == plain


def test_tidy_takes_names_old_codes_and_two_letters(tmp_path):
    text = "Country,Year,Value\nKyrgyzstan,2015,1\nROM,2015,2\nuz,2015.0,3\nTürkiye,2015, 4 \n"
    series = read_file(written(tmp_path / "mine.csv", text))[0]
    assert rows(series) == [("KGZ", 2015, 1.0), ("ROU", 2015, 2.0), ("TUR", 2015, 4.0), ("UZB", 2015, 3.0)]
    assert series.info.code == "mine"


def test_tidy_code_from_column_file_name_or_caller(tmp_path):
    two = read_file(written(tmp_path / "a.csv", "indicator,iso3,year,value\nB,KGZ,2015,2\nA,KGZ,2015,1\n"))
    assert [(s.info.code, rows(s)) for s in two] == [("A", [("KGZ", 2015, 1.0)]), ("B", [("KGZ", 2015, 2.0)])]
    path = written(tmp_path / "NE.TRD.GNFS.ZS__second.csv", TIDY + b"KGZ,2015,1\n")
    assert read_file(path)[0].info.code == "NE.TRD.GNFS.ZS"
    assert read_file(path, code="X")[0].info.code == "X"
    assert read_file(path, vintage="2020-01-01")[0].info.key == "NE.TRD.GNFS.ZS@2020-01-01"


def test_parquet_reads_as_csv_does(tmp_path):
    frame = pd.DataFrame(
        {"iso3": ["UZB", "KGZ", "KGZ"], "year": [2015, 2016, 2015], "value": [0.1, float("nan"), 1e300]}
    )
    frame.to_parquet(tmp_path / "A.B.parquet")
    frame.to_csv(tmp_path / "A.B.csv", index=False)
    (parquet,), (csv,) = read_file(tmp_path / "A.B.parquet"), read_file(tmp_path / "A.B.csv")
    assert rows(parquet) == rows(csv) == [("KGZ", 2015, 1e300), ("UZB", 2015, 0.1)]


def test_nan_and_na_are_missing_and_counted_a_column_too_many_is_stated(tmp_path):
    text = "iso3,year,value,remark\nKGZ,2015,NaN,x\nKGZ,2016,N/A,\nKGZ,2017,,\nKGZ,2018,0,\n"
    reading = inspect_file(written(tmp_path / "a.csv", text))
    assert rows(reading.series[0]) == [("KGZ", 2018, 0.0)]  # a zero stays a zero
    assert any("2 cells such as 'NA'" in note for note in reading.notes)
    assert any("columns left aside: remark" in note for note in reading.notes)


def test_a_code_of_no_economy_in_a_world_bank_file_is_left_out_and_stated(tmp_path):
    row = '"Narnia","QQQ","Trade (% of GDP)","NE.TRD.GNFS.ZS","1","2","3",\n'
    reading = inspect_file(written(tmp_path / "a.csv", DOWNLOAD + ROWS + row))
    assert rows(reading.series[0]) == TRADE
    assert any("QQQ" in note for note in reading.notes)


finite = st.floats(allow_nan=False, allow_infinity=False)


keys = st.tuples(st.sampled_from(["KGZ", "UZB", "ARM", "WLD"]), st.integers(1950, 2030))


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(keys, finite, min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_what_is_written_is_read_to_the_bit_in_any_order_of_rows(tmp_path_factory, values, rng):
    folder = tmp_path_factory.mktemp("roundtrip")
    lines = [f"{economy},{year},{value!r}" for (economy, year), value in values.items()]
    rng.shuffle(lines)
    series = read_file(written(folder / "a.csv", TIDY + "\n".join(lines).encode() + b"\n"))[0]
    assert rows(series) == [(e, y, v) for (e, y), v in sorted(values.items())]
    assert [str(t) for t in series.frame.dtypes] == ["str", "int64", "float64"]


def test_a_folder_is_a_source_and_two_vintages_stay_two(tmp_path):
    written(tmp_path / "a.csv", DOWNLOAD + ROWS)
    written(tmp_path / "b.csv", DOWNLOAD.replace("2026-04-08", "2025-01-01") + ROWS.replace("105.8", "100.0"))
    written(tmp_path / "mine.csv", TIDY + b"KGZ,2015,1\n")
    (tmp_path / "notes.txt").write_text("not data")
    source = FileSource(tmp_path)
    keys = [info.key for info in source.entries()]
    assert keys == ["NE.TRD.GNFS.ZS@2025-01-01", "NE.TRD.GNFS.ZS@2026-04-08", "mine"]
    assert ("KGZ", 2016, 100.0) in rows(source.read("NE.TRD.GNFS.ZS", "2025-01-01"))
    assert ("KGZ", 2016, 105.8) in rows(source.read("NE.TRD.GNFS.ZS", "2026-04-08"))
    with pytest.raises(BadInputError, match="vintages 2026-04-08 and 2025-01-01; name one as"):
        source.read("NE.TRD.GNFS.ZS")
    with pytest.raises(NoDataError, match="only in vintage 2026-04-08, 2025-01-01, not 1999-01-01"):
        source.read("NE.TRD.GNFS.ZS", "1999-01-01")
    with pytest.raises(NoDataError, match="did you mean 'mine'"):
        source.read("mines")


def test_the_same_series_twice_in_one_vintage_is_refused(tmp_path):
    for name in ("a.csv", "b.csv"):
        written(tmp_path / name, DOWNLOAD + ROWS)
    with pytest.raises(BadInputError, match="in two of the files with the same vintage"):
        FileSource(tmp_path).entries()


def test_a_large_file_is_listed_without_its_values_and_read_in_two_passes(tmp_path, monkeypatch):
    path = zipped(tmp_path / "WDI_CSV.zip", {"WDICSV.csv": BULK}, (2026, 4, 8, 0, 0, 0))
    monkeypatch.setattr(files, "WHOLE_BYTES", 10)
    passes = []
    monkeypatch.setattr(files, "read_csv", lambda *a: passes.append(a[3]) or original(*a))
    original = sys.modules["eaeu_analysis.data.sources.files.streams"].read_csv
    source = FileSource(path)
    assert [i.key for i in source.entries()] == [
        f"{c}@2026-04-08" for c in ("NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD", "XX.YYY.ZZZ")
    ]
    assert len(source.read("NE.TRD.GNFS.ZS").frame) == 3
    assert len(source.read("NY.GDP.MKTP.CD").frame) == 2
    assert len(source.read("XX.YYY.ZZZ").frame) == 2
    assert passes == [(), {"NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD"}, None]


def test_an_empty_folder_has_no_data(tmp_path):
    with pytest.raises(NoDataError, match=r"has no .csv, .zip, .parquet, .xlsx file"):
        FileSource(tmp_path)


def test_a_file_without_the_right_to_read(tmp_path, monkeypatch):
    path = written(tmp_path / "a.csv", TIDY)

    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadInputError, match=r"a.csv' cannot be read \(permission denied\)"):
        read_file(path)


def test_sniffing_stops_at_the_head():
    head = TIDY + "KGZ,2015,é".encode()[:-1]  # a character cut in two, but not by the end of the head
    with pytest.raises(BadInputError, match="not UTF-8"):
        shapes.sniff(head, "x")
    padded = TIDY + b"a" * (shapes.HEAD_BYTES - len(TIDY) - 1) + "é".encode()[:1]
    assert shapes.sniff(padded, "x").name == shapes.TIDY


@pytest.mark.parametrize("column", ["economy", "code"])
@pytest.mark.parametrize("bad", [b"\xff", b"\xd5", b"\xc3", b"\xed\xa0\x80", b"\xc0\x80"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_text_in_parquet_that_is_not_utf8_is_one_sentence(
    tmp_path: Path, column: str, bad: bytes, dictionary: bool
) -> None:
    """Arrow writes and reads such text; duckdb, given it, would end for good."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    plain = {"economy": [b"KGZ", b"UZB"], "code": [b"A.B", b"A.B"]}
    plain[column] = [plain[column][0], b"U" + bad]
    text = {name: pa.array(values, pa.binary()).view(pa.string()) for name, values in plain.items()}
    table = pa.table({**text, "year": [2015, 2015], "value": [1.0, 2.0]})
    pq.write_table(table, tmp_path / "t.parquet", use_dictionary=dictionary)
    with pytest.raises(BadInputError, match=f"column '{column}' has text that is not UTF-8"):
        FileSource(tmp_path / "t.parquet").entries()
