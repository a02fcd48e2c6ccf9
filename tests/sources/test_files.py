"""Every shape of file is read to the figures it holds; every bad file is one sentence that names it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.sources import files, safezip, shapes
from eaeu_analysis.sources.files import FileSource, read, read_file

TIDY = b"iso3,year,value\n"
DOWNLOAD = (
    '"Data Source","World Development Indicators",\n\n"Last Updated Date","2026-04-08",\n\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2014","2015","2016",\n'
)
ROWS = (
    '"Aruba","ABW","Trade (% of GDP)","NE.TRD.GNFS.ZS","","","",\n'
    '"Kyrgyz Republic","KGZ","Trade (% of GDP)","NE.TRD.GNFS.ZS","125.06","","105.8",\n'
    '"Korea, Dem. People\'s Rep.","PRK","Trade (% of GDP)","NE.TRD.GNFS.ZS","","1.5","",\n'
    '"Europe & Central Asia","ECS","Trade (% of GDP)","NE.TRD.GNFS.ZS","80.5","81","",\n'
)
BULK = (
    "Country Name,Country Code,Indicator Name,Indicator Code,2014,2015\n"
    'Kyrgyz Republic,KGZ,"GDP (current US$)",NY.GDP.MKTP.CD,7468096566.7,6678178340.5\n'
    "Kyrgyz Republic,KGZ,Trade (% of GDP),NE.TRD.GNFS.ZS,125.06,\n"
    "Uzbekistan,UZB,Trade (% of GDP),NE.TRD.GNFS.ZS,36.4,30.8\n"
    "Uzbekistan,UZB,Some other series,XX.YYY.ZZZ,1,2\n"
)
DATABANK = (
    "Country Name,Country Code,Series Name,Series Code,2014 [YR2014],2015 [YR2015]\n"
    "Kyrgyz Republic,KGZ,Trade (% of GDP),NE.TRD.GNFS.ZS,125.06,..\n"
    "Uzbekistan,UZB,Trade (% of GDP),NE.TRD.GNFS.ZS,..,30.8\n"
)
FOOTER = "\n\n\nData from database: World Development Indicators\nLast Updated: 06/05/2025\n"
PADDED_FOOTER = ",,,,,\n,,,,,\nData from database: World Development Indicators,,,,,\nLast Updated: 06/05/2025,,,,,\n"
DATA360 = (
    "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,INDICATOR,SEX,AGE,URBANISATION,UNIT_MEASURE,COMP_BREAKDOWN_1,"
    "COMP_BREAKDOWN_2,COMP_BREAKDOWN_3,TIME_PERIOD,UNIT_TYPE,DATABASE_ID,UNIT_MULT,OBS_VALUE,OBS_STATUS,REF_AREA_LABEL\n"
)


def data360(
    area: str, year: int, value: str, sex: str = "_T", code: str = "WB_WDI_NE_TRD_GNFS_ZS", mult: str = "0"
) -> str:
    return (
        f"datastructure,WB.DATA360:DS_DATA360(1.3),I,A,{area},{code},{sex},_T,_T,PT_GDP,_Z,_Z,_Z,{year},RATIO,WB_WDI,"
        f"{mult},{value},A,Label\n"
    )


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(path: Path, members: dict[str, str | bytes], date: tuple[int, ...] = (1980, 1, 1, 0, 0, 0)) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date)  # type: ignore[arg-type]
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def rows(series) -> list[tuple[str, int, float]]:
    return list(series.frame.itertuples(index=False, name=None))


TRADE = [("ECS", 2014, 80.5), ("ECS", 2015, 81.0), ("KGZ", 2014, 125.06), ("KGZ", 2016, 105.8), ("PRK", 2015, 1.5)]


# -- shapes


def test_world_bank_download_prints_its_vintage(tmp_path):
    reading = read(written(tmp_path / "API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv", DOWNLOAD + ROWS))
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
    reading = read(written(tmp_path / "P_Data_Extract.csv", DATABANK + footer))
    assert reading.shape == shapes.DATABANK
    assert rows(reading.series[0]) == [("KGZ", 2014, 125.06), ("UZB", 2015, 30.8)]
    assert reading.series[0].info.vintage == "2025-06-05"


def test_data360_keeps_the_total_and_says_what_it_left_out(tmp_path):
    text = DATA360 + data360("KGZ", 2015, "110.5") + data360("KGZ", 2015, "99", sex="F") + data360("UZB", 2015, "30.8")
    reading = read(written(tmp_path / "WB_WDI.csv", text))
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
    reading = read(written(tmp_path / "a.csv", text))
    assert rows(reading.series[0]) == [("KGZ", 2015, 6.5e6)]
    assert any("UNIT_MULT" in note for note in reading.notes)


def test_data360_wide(tmp_path):
    text = "FREQ,REF_AREA,REF_AREA_LABEL,INDICATOR,INDICATOR_LABEL,SEX,2014,2015\n"
    text += "A,KGZ,Kyrgyz Republic,WB_WDI_NE_TRD_GNFS_ZS,Trade,_T,125.06,\n"
    reading = read(written(tmp_path / "WB_WDI_WIDEF.csv", text))
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


def test_nan_and_na_are_missing_and_counted_a_column_too_many_is_said(tmp_path):
    text = "iso3,year,value,remark\nKGZ,2015,NaN,x\nKGZ,2016,N/A,\nKGZ,2017,,\nKGZ,2018,0,\n"
    reading = read(written(tmp_path / "a.csv", text))
    assert rows(reading.series[0]) == [("KGZ", 2018, 0.0)]  # a zero stays a zero
    assert any("2 cells such as 'NA'" in note for note in reading.notes)
    assert any("columns left aside: remark" in note for note in reading.notes)


def test_a_code_of_no_economy_in_a_world_bank_file_is_left_out_and_said(tmp_path):
    row = '"Narnia","QQQ","Trade (% of GDP)","NE.TRD.GNFS.ZS","1","2","3",\n'
    reading = read(written(tmp_path / "a.csv", DOWNLOAD + ROWS + row))
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


# -- bad files

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "is empty"),
    "header only": (TIDY, "has a header and no data"),
    "wrong header": (b"a,b,c\n1,2,3\n", r"the header reads 'a,b,c', which is none of"),
    "semicolons": (b"iso3;year;value\nKGZ;2015;1\n", "separated by semicolons"),
    "column twice": (b"iso3,year,value,value\nKGZ,2015,1,2\n", "the column 'value' twice"),
    "latin-1 in UTF-8": (TIDY + b"KGZ,2015,1\nC\xf4te d'Ivoire,2015,2\n", r"line 3: byte 0xF4 is not UTF-8"),
    "latin-1 far down": (TIDY + b"KGZ,2015,1\n" * 60_000 + b"C\xf4te,2015,2\n", r"line 60002: byte 0xF4"),
    "UTF-16": ("iso3,year,value\n".encode("utf-16"), "UTF-16"),
    "binary": (b"iso3,year\0,value\n", "is binary"),
    "duplicate key": (TIDY + b"KGZ,2015,1\nUZB,2015,1\nKGZ,2015,2\n", r"KGZ 2015 of bad comes twice, in rows 2 and 4"),
    "duplicate by another name": (TIDY + b"ROM,2015,1\nROU,2015,1\n", "ROU 2015 of bad comes twice"),
    "text for a number": (TIDY + b"KGZ,2015,1\nUZB,2015,n.d.\n", r"row 3: 'n.d.' \(bad, 2015\) is not a number"),
    "text in a wide table": (DOWNLOAD.encode() + b'"K","KGZ","T","C.D","1","x","",\n', r"row 6: 'x' \(C.D, 2015\)"),
    "thousands separator": (TIDY + b'KGZ,2015,"1,000"\n', "'1,000'"),
    "decimal comma": (TIDY + b'KGZ,2015,"1,5"\n', "'1,5'"),
    "underscore": (TIDY + b"KGZ,2015,1_000\n", "'1_000'"),
    "infinity": (TIDY + b"KGZ,2015,-inf\n", "is not a finite number"),
    "too large": (TIDY + b"KGZ,2015,1e999\n", "is not a finite number"),
    "year of two digits": (TIDY + b"KGZ,15,1\n", "'15' is not a year between 1800 and 2100"),
    "year out of range": (TIDY + b"KGZ,3015,1\n", "'3015' is not a year"),
    "a day for a year": (TIDY + b"KGZ,2015-12-31,1\n", "'2015-12-31' is not a year"),
    "year column out of range": (b"Country Code,Indicator Code,0015\nKGZ,X,1\n", "the year 15, out of range"),
    "unknown economy": (
        TIDY + b"KGZ,2015,1\nKirgizia,2014,1\n",
        r"row 3: economy 'Kirgizia' not known; did you mean 'KGZ'",
    ),
    "no economy": (TIDY + b",2015,3\n", "row 2: no economy code"),
    "row too short": (TIDY + b"KGZ,2015,1\nUZB,2015\n", "row 3: 2 columns where the header has 3"),
    "row too long": (TIDY + b"KGZ,2015,1,7\n", "row 2: 4 columns where the header has 3"),
    "open quote": (TIDY + b'KGZ,2015,"1\nUZB,2015,2\n', "bad.csv"),
    "old line ends": (b"iso3,year,value\rKGZ,2015,1\r", "bare carriage returns"),
    "web page": (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>", "'404 Not Found'"),
    "web page below a BOM": (b"\xef\xbb\xbf<html><body>Sorry</body></html>", "is a web page"),
    "JSON": (b'[{"message":[{"id":"120"}]}]', "is JSON"),
    "XML": (b"<?xml version='1.0'?><Root/>", "is XML"),
    "gzip": (b"\x1f\x8b\x08\x00abc", "gzip"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
    "broken Parquet": (b"PAR1 and then nothing PAR1", "damaged Parquet"),
    "zip cut to its first bytes": (b"PK\x03\x04 and then nothing", "zip file cut short"),
    "one endless line": (b"x" * 300_000, "no line end"),
    "no values": (TIDY + b"KGZ,2015,\nUZB,2015,..\n", "holds no value"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_one_sentence_that_names_it(tmp_path, case):
    content, expected = BAD[case]
    path = written(tmp_path / "bad.csv", content)
    with pytest.raises(EaeuError, match=expected) as caught:
        read_file(path)
    assert caught.value.exit_code in (2, 3)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_names_the_near_one_and_a_folder_is_not_a_file(tmp_path):
    written(tmp_path / "trade.csv", TIDY)
    with pytest.raises(BadInputError, match=r"no file .*did you mean 'trade.csv'"):
        read_file(tmp_path / "trad.csv")
    with pytest.raises(BadInputError, match="is a folder"):
        read_file(tmp_path)


def test_a_series_the_file_lacks_is_named_with_the_near_one(tmp_path):
    path = written(tmp_path / "a.csv", DOWNLOAD + ROWS)
    with pytest.raises(NoDataError, match=r"no series 'NE.TRD.GNFS.ZZ'; did you mean 'NE.TRD.GNFS.ZS'"):
        read_file(path, ["NE.TRD.GNFS.ZZ"])


# -- bad zips


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    at = data.find(b"API_x.csv") + 40
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


@pytest.mark.parametrize("damage", [cut, flipped])
def test_truncated_or_damaged_zip(tmp_path, damage):
    good = zipped(tmp_path / "good.zip", {"API_x.csv": DOWNLOAD + ROWS * 1}).read_bytes()
    path = written(tmp_path / "bad.zip", damage(good))
    with pytest.raises(BadInputError, match=r"bad.zip.*(cut short|damaged)") as caught:
        read_file(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"../../outside.csv": TIDY}, "points outside"),
        ({"/etc/outside.csv": TIDY}, "points outside"),
        ({"C:\\outside.csv": TIDY}, "points outside"),
        ({"readme.txt": b"x"}, "no CSV table"),
        ({}, "no CSV table"),
        ({"a.csv": TIDY, "b.csv": TIDY}, "2 CSV tables"),
        ({"xl/workbook.xml": b"x", "xl/a.csv": b"x"}, "Excel workbook"),
        ({"a.csv": b"<html></html>"}, "web page"),
    ],
)
def test_zip_without_a_readable_table(tmp_path, members, expected):
    with pytest.raises(BadInputError, match=expected):
        read_file(zipped(tmp_path / "bad.zip", members))


def test_zip_bomb_is_refused_by_what_it_declares(tmp_path):
    path = zipped(tmp_path / "bomb.zip", {"a.csv": TIDY + b"0" * (safezip.SMALL + 1)})
    with pytest.raises(BadInputError, match="would unpack from"):
        read_file(path)


def test_nothing_is_unpacked_beside_the_zip(tmp_path):
    read_file(zipped(tmp_path / "x.zip", {"API_x.csv": DOWNLOAD + ROWS}))
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


# -- junk

JUNK = {
    "random numbers": lambda r: (
        TIDY + b"".join(b"%x,%d,%d\n" % (r.getrandbits(40), r.getrandbits(11), i) for i in range(10**6))
    ),
    "a million economies": lambda r: TIDY + b"".join(b"Q%x,2015,1\n" % i for i in range(10**6)),
    "a million codes": lambda r: b"code," + TIDY + b"".join(b"c%x,KGZ,2015,1\n" % i for i in range(10**6)),
    "one key a million times": lambda r: TIDY + b"KGZ,2015,1\n" * 10**6,
}


@pytest.mark.parametrize("case", JUNK)
def test_a_million_rows_of_junk_end_in_one_sentence_and_bounded_memory(tmp_path, case):
    path = written(tmp_path / "junk.csv", JUNK[case](random.Random(0)))  # noqa: S311 - not for secrets
    code = (
        "import json, sys\n"
        "from eaeu_analysis.errors import EaeuError\n"
        "from eaeu_analysis.sources.files import read_file\n"
        "try: read_file(sys.argv[1]); said = ''\n"
        "except EaeuError as error: said = str(error)\n"
        "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]"
        " if sys.platform == 'linux' else [0]\n"  # the kernel's own mark: ru_maxrss has the parent's at the start
        "print(json.dumps([said, int(peak[0]) / 1024]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    said, peak_mb = json.loads(done.stdout)
    assert "junk.csv" in said
    assert "\n" not in said
    assert done.stderr == ""
    if sys.platform == "linux":
        assert peak_mb < 700


# -- a source of files


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
    original = sys.modules["eaeu_analysis.sources.reading"].read_csv
    source = FileSource(path)
    assert [i.key for i in source.entries()] == [
        f"{c}@2026-04-08" for c in ("NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD", "XX.YYY.ZZZ")
    ]
    assert len(source.read("NE.TRD.GNFS.ZS").frame) == 3
    assert len(source.read("NY.GDP.MKTP.CD").frame) == 2
    assert len(source.read("XX.YYY.ZZZ").frame) == 2
    assert passes == [(), {"NE.TRD.GNFS.ZS", "NY.GDP.MKTP.CD"}, None]


def test_an_empty_folder_has_no_data(tmp_path):
    with pytest.raises(NoDataError, match=r"holds no .csv, .zip, .parquet file"):
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
    with pytest.raises(BadInputError, match=f"column '{column}' holds text that is not UTF-8"):
        FileSource(tmp_path / "t.parquet").entries()
