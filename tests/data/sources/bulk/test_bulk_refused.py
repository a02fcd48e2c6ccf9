"""Bulk files that are refused: in one sentence, and what was there before stays."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from bulk_files import EXPECTED, HEAD, Y2019, as_dict, baci

from eaeu_analysis.data.sources.bulk import flows
from eaeu_analysis.errors import BadInputError, NoDataError, SystemRefusedError


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS92_Y2019_V1.csv", HEAD + " " * (80 << 20))


def traversal(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../BACI_HS92_Y2019_V1.csv", Y2019)


def absolute(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("C:\\x\\BACI_HS92_Y2019_V1.csv", Y2019)


def lying(path: Path) -> None:
    """A zip that states fewer bytes than it holds."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("BACI_HS92_Y2019_V1.csv", Y2019)
    size = len(Y2019).to_bytes(4, "little")
    path.write_bytes(sink.getvalue().replace(size, (20).to_bytes(4, "little")))


def cut(path: Path) -> None:
    bomb(path)
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (bomb, "would unpack from .* to .* bytes, which no such table does"),
        (traversal, "which points outside of it"),
        (absolute, "which points outside of it"),
        (lying, "is damaged|larger than the zip states|breaks off"),
        (cut, "is a damaged zip file"),
    ],
)
def test_a_zip_that_is_not_to_be_trusted(tmp_path: Path, make: Callable[[Path], None], sentence: str) -> None:
    make(tmp_path / "x.zip")
    with pytest.raises(BadInputError, match=sentence) as caught:
        flows.read_flows("baci", tmp_path / "x.zip", tmp_path / "deep" / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "deep" / "out").exists()
    assert not list((tmp_path / "deep").iterdir())


ROW = "2019,643,417,271019,1,1\n"
COMTRADE = "refYear,reporterCode,flowCode,partnerCode,cmdCode,primaryValue\n"
IMTS = "COUNTRY,INDICATOR,COUNTERPART_COUNTRY,SCALE,TIME_PERIOD,OBS_VALUE\n"


@pytest.mark.parametrize("level", ["TOTAL", "HS2", "HS4", "HS6"])
@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + ROW + ROW, r"from 643 to 417 in 2019 \(.*\) twice, and does not say which of the two is right"),
        (HEAD + ROW + "2019,643,417,8703,1,1\n", "has '8703' for a product code, expected six digits"),
        (HEAD + ROW + "2019,643,417,8703211,1,1\n", "has '8703211' for a product code"),
        (HEAD + ROW + "2019,643,417,ABCDEF,1,1\n", "has 'ABCDEF' for a product code"),
        (HEAD + ROW + "2019,643,417,TOTAL,1,1\n", "has 'TOTAL' for a product code"),
        (HEAD + ROW + '2019,643,417,27"019,1,1\n', "for a product code"),
        (HEAD + ROW + "2019,643,417,27\0019,1,1\n", "for a product code"),
        (HEAD + ROW + "2019,643,417,,1,1\n", "lacks its value, a side, the year or the product"),
        (HEAD + ROW + "2019.6,643,417,271121,1,1\n", "has '2019.6' for a year"),
        (HEAD + ROW + "-5,643,417,271121,1,1\n", "has '-5' for a year"),
        (HEAD + ROW + "99999,643,417,271121,1,1\n", "a flow of the year 99999, expected 1800 to 2100"),
        (HEAD + ROW + "2018,643,417,271121,1,1\n", "a flow of the year 2018, and its name says 2019"),
        (HEAD + ROW + "2019,643,417,271121,-1,1\n", "has '-1' for a value, which is never below nothing"),
        (HEAD + ROW + "2019,643,417,271121,nan,1\n", "not of the kind of its column"),
        ("t,T,i,j,k,v,q\n2019," + ROW, "has two columns 't'"),
        (HEAD + ROW + "2019,643,417\n", "line 3 has not the cells that the first line names"),
        (HEAD + ROW + "2019,643,417,271121,1,1,1\n", "line 3 has not the cells that the first line names"),
        (HEAD + ROW + '2019,643,417,"271121,1,1\n', "line 3 has not the cells that the first line names"),
        ("\0t,i\n", "names no columns"),
    ],
)  # fmt: skip
def test_a_cell_of_baci_that_makes_no_sense(tmp_path: Path, text: str, sentence: str, level: str) -> None:
    """A row that is added up, padded, cut or rounded in silence would be a wrong number."""
    (tmp_path / "BACI_HS92_Y2019_V1.csv").write_text(text)
    with pytest.raises(BadInputError, match=sentence) as caught:
        flows.read_flows("baci", tmp_path / "BACI_HS92_Y2019_V1.csv", tmp_path / "out", products=level)
    assert "\n" not in str(caught.value)
    assert "Input Error" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_line_ends_and_marks_of_order_are_read(tmp_path: Path, delimiter: str, ends: str) -> None:
    text = "\ufeff" + (HEAD + ROW + "2019,860,643,70200,33,NA\n").replace(",", delimiter).replace("\n", ends)
    (tmp_path / "BACI_HS92_Y2019_V1.csv").write_text(text, newline="", encoding="utf-8")
    frame = flows.read_flows("baci", tmp_path / "BACI_HS92_Y2019_V1.csv", tmp_path / "out").frame()
    assert frame[["exporter", "importer", "product", "usd"]].to_numpy().tolist() == [
        ["RUS", "KGZ", "27", 1_000.0], ["UZB", "RUS", "07", 33_000.0]
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("baci", "a,b\n1,2\n", "is no BACI table: it has no column t, i, j, k, v"),
        ("baci", HEAD + "2019,643,417,271019,lots,1\n", "has a cell that is not of the kind of its column: 'lots'"),
        ("baci", HEAD + "then,643,417,271019,1,1\n", "'then'"),
        ("baci", HEAD + "2019,643,417\n2019,643,417,1,1,1,1,1,1\n", "is no table: line 2 has not the cells"),
        ("baci", HEAD, "has a header and no row"),
        ("comtrade", "a,b\n1,2\n", "is no Comtrade table"),
        ("imf", "a,b\n1,2\n", "is no IMF table"),
        ("imf", IMTS + "RUS,XG_FOB_USD,KGZ,Dozens,2019,1\n", "has 'Dozens' for a scale; give scale= as one of units"),
        ("comtrade", COMTRADE + "2019,417,X,643,27,1\n2019,417,X,643,27,2\n", "twice, and does not say which"),
        ("comtrade", COMTRADE + "2019,417,X,643,271019,1\n2019,417,X,643,271019,2\n", "twice, and does not say"),
        ("comtrade", COMTRADE + "2019,417,X,643,70200,1\n", "'70200' for a product code, expected TOTAL or two"),
        ("comtrade", COMTRADE + "2019,417,X,643,27,-1\n", "has '-1' for a value"),
        ("comtrade", COMTRADE + "2019.5,417,X,643,27,1\n", "has '2019.5' for a year"),
        ("imf", IMTS + "RUS,XG_FOB_USD,KGZ,Units,2019,5\nRUS,XG_FOB_USD,KGZ,Units,2019,6\n", "twice, and does not"),
        ("imf", IMTS + "RUS,XG_FOB_USD,KGZ,Units,2019,-5\n", "has '-5' for a value"),
    ],
)  # fmt: skip
def test_what_is_no_such_table_or_flow_is_one_sentence(tmp_path: Path, kind: str, text: str, sentence: str) -> None:
    name = "BACI_HS92_Y2019_V1.csv" if kind == "baci" else "table.csv"
    (tmp_path / name).write_text(text)
    level = "TOTAL" if kind == "imf" else "HS2"
    with pytest.raises((BadInputError, NoDataError), match=sentence) as caught:
        flows.read_flows(kind, tmp_path / name, tmp_path / "out", products=level)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_arguments_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="did you mean 'baci'"):
        flows.read_flows("bacci", tmp_path, tmp_path / "out")
    with pytest.raises(BadInputError, match="products 'HS3' not known"):
        flows.read_flows("baci", tmp_path, tmp_path / "out", products="HS3")
    with pytest.raises(BadInputError, match="no such file or folder"):
        flows.read_flows("baci", tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(BadInputError, match="no baci table in"):
        flows.read_flows("baci", tmp_path, tmp_path / "out")
    with pytest.raises(NoDataError, match="has no bulk flows"):
        flows.open_flows(tmp_path)


def test_the_same_year_twice_or_two_versions_are_refused(tmp_path: Path) -> None:
    one, two = baci(tmp_path / "one"), baci(tmp_path / "two")
    with pytest.raises(BadInputError, match=r"the flow from .* in 20\d\d .* is in two of the files"):
        flows.read_flows("baci", [one, two], tmp_path / "out")
    (one / "BACI_HS92_Y2020_V202401b.csv").rename(one / "BACI_HS92_Y2020_V202501.csv")
    with pytest.raises(BadInputError, match="is not of CEPII BACI HS92, version 202401b, as those before it"):
        flows.read_flows("baci", one, tmp_path / "out")


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    made = flows.read_flows("baci", baci(tmp_path / "in"), tmp_path / "out")
    (tmp_path / "BACI_HS92_Y2021_V1.csv").write_text(HEAD + "2021,1,2,3,x,\n")
    with pytest.raises(BadInputError):
        flows.read_flows("baci", tmp_path / "BACI_HS92_Y2021_V1.csv", tmp_path / "out")
    assert as_dict(flows.open_flows(tmp_path / "out").frame()) == as_dict(made.frame()) == EXPECTED


COMTRADE_FULL = "typeCode,freqCode,refYear,reporterCode,flowCode,partnerCode,partner2Code,cmdCode,customsCode,motCode,"
COMTRADE_FULL += "primaryValue\n"


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("comtrade", COMTRADE_FULL + "C,M,2019,860,M,643,0,TOTAL,C00,0,10\n", r"freqCode=A .*'M'"),
        (
            "comtrade",
            COMTRADE_FULL + "C,A,2019,860,M,643,156,TOTAL,C00,0,10\nC,A,2019,860,M,643,0,TOTAL,C01,0,10\n",
            r"rows of breakdowns and no total; download it with partner2Code=0, motCode=0, customsCode=C00 .*'C01'",
        ),
        ("comtrade", COMTRADE_FULL + "S,A,2019,860,M,643,0,TOTAL,C00,0,10\n", "no row of trade in goods"),
        ("comtrade", COMTRADE_FULL + "C,A,2019,860,RX,643,0,TOTAL,C00,0,10\n", "neither exports nor imports .*'RX'"),
        ("comtrade", COMTRADE_FULL + "C,A,2019,860,M,643,0,27,C00,0,10\n", "asked for, TOTAL, nor of HS6 .*'27'"),
        ("imf", IMTS + "RUS,XG_FOB_USD,KGZ,Units,2019-M01,1\n", "no annual value: months and quarters .*'2019-M01'"),
        ("imf", IMTS + "RUS,TBG_USD,KGZ,Units,2019,1\n", "neither exports nor imports in US dollars .*'TBG_USD'"),
    ],
)  # fmt: skip
def test_a_file_without_a_row_that_is_read_says_why(tmp_path: Path, kind: str, text: str, sentence: str) -> None:
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(NoDataError, match=sentence) as caught:
        flows.read_flows(kind, tmp_path / "table.csv", tmp_path / "out", products="TOTAL")
    assert "\n" not in str(caught.value)


def test_a_file_of_months_among_annual_ones_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text(COMTRADE_FULL + "C,A,2019,860,M,643,0,TOTAL,C00,0,10\n")
    (tmp_path / "in" / "b.csv").write_text(COMTRADE_FULL + "C,M,2020,860,M,643,0,TOTAL,C00,0,10\n")
    made = flows.read_flows("comtrade", tmp_path / "in", tmp_path / "out", products="TOTAL")
    assert as_dict(made.frame()) == {("RUS", "UZB", 2019, "TOTAL"): 10.0}
    assert "left out: b.csv has no annual row" in caplog.text


@pytest.mark.parametrize("place", ["header", "body"])
def test_a_bulk_file_in_latin_1_says_what_to_do(tmp_path: Path, place: str) -> None:
    head, name = ("C\xf4te" if place == "header" else "Other"), ("C\xf4te d'Ivoire" if place == "body" else "Niger")
    text = f"Country Name,Indicator Code,Counterpart Country Name,2019,{head}\n{name},TXG_FOB_USD,Kyrgyz Rep.,5,1\n"
    (tmp_path / "DOT.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInputError, match=r"is not UTF-8.*Latin-1 or Windows-1251; save it as UTF-8"):
        flows.read_flows("imf", tmp_path / "DOT.csv", tmp_path / "out", products="TOTAL", scale="units")


def test_without_its_extra_bulk_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(BadInputError, match=r"pip install 'eaeu-analysis\[bulk\]'"):
        flows.read_flows("baci", baci(tmp_path / "in"), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("error", ["IOException", "FatalException", "TransactionException"])
def test_a_disk_that_is_full_under_the_database_is_the_systems_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    import duckdb

    def full(*_: object) -> None:
        raise getattr(duckdb, error)('Could not write file "x": No space left on device')

    monkeypatch.setattr(flows, "_parties", full)
    with pytest.raises(SystemRefusedError, match="no space left on device"):
        flows.read_flows("baci", baci(tmp_path / "in"), tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["in"]
