"""Pinning: the same input gives the same bytes, nothing on disk is lost, and a bad recipe is one sentence."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from eaeu_analysis.data import pin
from eaeu_analysis.data.sources.pinned import PACKAGE, PinnedSource
from eaeu_analysis.errors import BadInputError, NoDataError, SystemRefusedError

HEADER = '"Country Name","Country Code","Indicator Name","Indicator Code","1989","2014","2015",\n'


def download(date: str, value: str = "125.06") -> str:
    return (
        f'"Data Source","World Development Indicators",\n\n"Last Updated Date","{date}",\n\n{HEADER}'
        f'"Kyrgyz Republic","KGZ","Trade (% of GDP)","NE.TRD.GNFS.ZS","50","{value}","110.9",\n'
        '"Uzbekistan","UZB","Trade (% of GDP)","NE.TRD.GNFS.ZS","","36.4","",\n'
        '"World","WLD","Trade (% of GDP)","NE.TRD.GNFS.ZS","","0","58",\n'
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "from"
    folder.mkdir()
    (folder / "trade.csv").write_text(download("2026-04-08"))
    (folder / "older.csv").write_text(download("2025-01-28", "124.0"))
    (folder / "mine.csv").write_text("iso3,year,value\nUZB,2015,2\nKGZ,2015,1\nKGZ,1985,9\n")
    return folder


RECIPE = """
title = "Test"
[defaults]
retrieved = "2026-11"
licence = "CC-BY-4.0"
[[series]]
code = "NE.TRD.GNFS.ZS"
file = "trade.csv"
note = "a note"
[[series]]
code = "NE.TRD.GNFS.ZS"
file = "older.csv"
default = false
[[series]]
code = "MY.OWN"
file = "mine.csv"
source = "Mine"
vintage = "2024-06-30"
vintage_note = "guessed"
via = "a friend"
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    return path


def digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_recipe_and_files_together_make_the_record(source, recipe, tmp_path):
    listed = pin.pin_series([source], tmp_path / "out", recipe)
    assert list(listed["code"]) == ["MY.OWN", "NE.TRD.GNFS.ZS", "NE.TRD.GNFS.ZS"]
    pinned = PinnedSource(tmp_path / "out")
    assert pinned.verify() == []
    trade = pinned.resource("NE.TRD.GNFS.ZS")
    assert {n: trade[n] for n in ("vintage", "default", "source", "retrieved", "licence", "note")} == {
        "vintage": "2026-04-08",
        "default": True,
        "source": "World Bank, World Development Indicators",
        "retrieved": "2026-11",
        "licence": "CC-BY-4.0",
        "note": "a note",
    }
    counts = ("first_year", "last_year", "economies", "aggregates", "observations", "zeros")
    assert [trade[n] for n in counts] == [2014, 2015, 2, 1, 5, 1]
    own = pinned.resource("MY.OWN")
    assert (own["source"], own["vintage"], own["vintage_note"], own["via"]) == (
        "Mine",
        "2024-06-30",
        "guessed",
        "a friend",
    )
    assert pinned.read("MY.OWN").frame.to_dict("list") == {
        "economy": ["KGZ", "UZB"],
        "year": [2015, 2015],
        "value": [1, 2],
    }


def test_the_table_is_plain_zstd_parquet_with_aggregates_marked(source, recipe, tmp_path):
    pin.pin_series([source], tmp_path / "out", recipe)
    file = pq.ParquetFile(tmp_path / "out" / "NE.TRD.GNFS.ZS--2026-04-08.parquet")
    assert file.metadata.row_group(0).column(2).compression == "ZSTD"
    assert file.schema_arrow.names == ["economy", "year", "value", "aggregate"]
    table = file.read().to_pandas()
    assert table["economy"].tolist() == ["KGZ", "KGZ", "UZB", "WLD", "WLD"]
    assert table["aggregate"].tolist() == [False, False, False, True, True]


def test_same_input_same_bytes_whatever_the_order_place_or_process(source, recipe, tmp_path):
    pin.pin_series([source], tmp_path / "a", recipe)
    files = sorted(source.iterdir(), reverse=True)
    pin.pin_series(files, tmp_path / "b", recipe)
    lines = (source / "mine.csv").read_text().splitlines()
    (source / "mine.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    call = "pin_series(sys.argv[1:2], sys.argv[2], sys.argv[3])"
    code = f"import sys; from eaeu_analysis.data.pin import pin_series; {call}"
    command = [sys.executable, "-c", code, str(source), str(tmp_path / "c"), str(recipe)]
    env = {"PYTHONHASHSEED": "7", "TZ": "Asia/Bishkek", "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii", "PATH": ""}
    subprocess.run(command, check=True, env=env, cwd=Path(__file__).parents[2])
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == digest(tmp_path / "c")


def test_straight_from_files_the_header_says_what_is_known(source, tmp_path):
    listed = pin.pin_series([source / "trade.csv"], tmp_path / "out", retrieved="2026-11-20")
    (row,) = listed.to_dict("records")
    assert (row["code"], row["vintage"], row["retrieved"]) == ("NE.TRD.GNFS.ZS", "2026-04-08", "2026-11-20")


def test_another_vintage_is_added_and_the_default_stays(source, tmp_path):
    out = tmp_path / "out"
    pin.pin_series([source / "older.csv"], out)
    pin.pin_series([source / "mine.csv"], out)
    listed = pin.pin_series([source / "trade.csv"], out)
    assert listed[["vintage", "default"]].to_numpy().tolist() == [["2026-04-08", False]]
    pinned = PinnedSource(out)
    assert [info.key for info in pinned.entries()] == [
        "NE.TRD.GNFS.ZS@2025-01-28",
        "NE.TRD.GNFS.ZS@2026-04-08",
        "mine",
    ]
    old = pinned.read("NE.TRD.GNFS.ZS").frame
    assert old.loc[old["economy"] == "KGZ", "value"].tolist() == [124.0, 110.9]
    assert pinned.verify() == []


def test_pinning_again_changes_nothing(source, tmp_path):
    pin.pin_series([source], tmp_path / "out")
    before = digest(tmp_path / "out")
    pin.pin_series([source], tmp_path / "out")
    assert digest(tmp_path / "out") == before


def test_a_bulk_file_gives_the_series_of_the_catalogue(tmp_path):
    lines = [f'"Kyrgyz Republic","KGZ","Series {k}","XX.{k}","1","2","3",' for k in range(pin.MANY)]
    lines.append('"Kyrgyz Republic","KGZ","Trade (% of GDP)","NE.TRD.GNFS.ZS","1","2","3",')
    with zipfile.ZipFile(tmp_path / "WDI_CSV.zip", "w") as archive:
        archive.writestr("WDICSV.csv", HEADER + "\n".join(lines) + "\n")
    listed = pin.pin_series([tmp_path / "WDI_CSV.zip"], tmp_path / "out")
    assert listed["code"].tolist() == ["NE.TRD.GNFS.ZS"]
    listed = pin.pin_series([tmp_path / "WDI_CSV.zip"], tmp_path / "out", codes=["XX.7"])
    assert listed["code"].tolist() == ["XX.7"]
    with pytest.raises(NoDataError, match=r"no series 'XX.7777'"):
        pin.pin_series([tmp_path / "WDI_CSV.zip"], tmp_path / "out", codes=["XX.7777"])


def test_two_entries_that_turn_out_to_be_one_vintage_are_refused(source, recipe, tmp_path):
    (source / "older.csv").write_text(download("2026-04-08", "1"))
    with pytest.raises(BadInputError, match=r"NE.TRD.GNFS.ZS comes twice in vintage 2026-04-08"):
        pin.pin_series([source], tmp_path / "out", recipe)


# -- nothing is lost


@pytest.mark.parametrize("name", ["letters.txt", "sub/deep.csv"])
def test_a_folder_with_other_things_is_left_alone(source, tmp_path, name):
    other = tmp_path / "out" / name
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    with pytest.raises(BadInputError, match="which this program did not write"):
        pin.pin_series([source], tmp_path / "out")
    assert other.read_text() == "mine"


def test_a_stray_file_in_a_package_is_not_swept_away(source, recipe, tmp_path):
    pin.pin_series([source], tmp_path / "out")
    (tmp_path / "out" / "stray.txt").write_text("mine")
    for selection in (None, recipe):
        with pytest.raises(BadInputError, match=r"stray\.txt"):
            pin.pin_series([source], tmp_path / "out", selection)
    assert (tmp_path / "out" / "stray.txt").read_text() == "mine"


def test_a_tampered_package_is_left_alone_until_the_file_is_moved_away(source, recipe, tmp_path):
    out = tmp_path / "out"
    pin.pin_series([source], out, recipe)
    good = digest(out)
    table = next(out.glob("*.parquet"))
    table.write_bytes(b"x")
    for selection in (None, recipe):
        with pytest.raises(BadInputError, match="was changed since it was written; move it away"):
            pin.pin_series([source / "trade.csv"], out, selection)
    table.rename(tmp_path / "mine")
    with pytest.raises(BadInputError, match="not in order, so nothing is added"):
        pin.pin_series([source / "trade.csv"], out)
    pin.pin_series([source], out, recipe)
    assert digest(out) == good


@pytest.mark.parametrize("spoil", ["file", "write"])
def test_a_failure_half_way_leaves_the_old_package(source, recipe, tmp_path, monkeypatch, spoil):
    out = tmp_path / "out"
    pin.pin_series([source], out, recipe)
    before = digest(out)
    if spoil == "file":
        (source / "mine.csv").write_text("iso3,year,value\nKGZ,2015,x\n")
    else:
        calls = []

        def full(path, data, original=Path.write_bytes):
            calls.append(path)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            return original(path, data)

        monkeypatch.setattr(Path, "write_bytes", full)
    refused = BadInputError if spoil == "file" else SystemRefusedError
    with pytest.raises(refused, match=r"'x' \(MY.OWN, 2015\)|the disk is full"):
        pin.pin_series([source], out, recipe)
    monkeypatch.undo()
    assert digest(out) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["from", "out", "recipe.toml"]


def test_a_code_that_is_no_file_name_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("code,iso3,year,value\n../../etc/x,KGZ,2015,1\n")
    with pytest.raises(BadInputError, match=r"'../../etc/x' cannot be pinned"):
        pin.pin_series([tmp_path / "a.csv"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


# -- recipes

BAD = {
    "unknown key": ('[[series]]\ncode = "A"\nvintag = "2020"\n', "key 'vintag' not known; did you mean 'vintage'"),
    "unknown top key": ('titel = "x"\n[[series]]\ncode = "A"\n', "did you mean 'title'"),
    "no code": ('[[series]]\nfile = "a.csv"\n', "series 1: no code"),
    "no series": ('title = "x"\n', "names no series"),
    "wrong kind": ('[[series]]\ncode = "A"\nvintage = 2020\n', "vintage is 2020, expected str"),
    "not TOML": ("[[series\n", "is not TOML"),
    "two defaults": (
        '[[series]]\ncode = "A"\nvintage = "1"\n[[series]]\ncode = "A"\nvintage = "2"\n',
        "2 default vintages of A; mark all but one",
    ),
    "twice": (
        '[[series]]\ncode = "A"\nvintage = "1"\n[[series]]\ncode = "A"\nvintage = "1"\ndefault = false\n',
        "names A twice",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_recipe_is_one_sentence(tmp_path, case):
    text, expected = BAD[case]
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=expected) as caught:
        pin.read_recipe(path)
    assert "recipe.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recipe_that_is_not_there_or_names_a_file_that_is_not(source, tmp_path):
    with pytest.raises(BadInputError, match="cannot be read"):
        pin.read_recipe(tmp_path / "none.toml")
    path = tmp_path / "recipe.toml"
    path.write_text('[[series]]\ncode = "A"\nfile = "none.csv"\n')
    with pytest.raises(NoDataError, match=r"takes A from 'none.csv', which is in none of the sources"):
        pin.pin_series([source], tmp_path / "out", path)


def test_the_package_says_its_licence_and_has_no_clock(source, recipe, tmp_path):
    pin.pin_series([source], tmp_path / "out", recipe)
    package = json.loads((tmp_path / "out" / PACKAGE).read_text("utf-8"))
    assert package["licenses"] == [pin.LICENCES["CC-BY-4.0"]]
    assert package["sources"] == [{"title": "Mine"}, {"title": "World Bank, World Development Indicators"}]
    assert "created" not in package


def test_a_wbgapi_table_and_one_of_months_are_pinned(tmp_path: Path) -> None:
    (tmp_path / "NE.TRD.GNFS.ZS.csv").write_text("economy,YR2014,YR2015\nKGZ,125,\nUZB,36,31\n")
    (tmp_path / "rate.csv").write_text("iso3,time,value\nKGZ,1989M12,1\nKGZ,2015M01,2\nKGZ,2015M02,3\n")
    frame = pin.pin_series([tmp_path / "NE.TRD.GNFS.ZS.csv", tmp_path / "rate.csv"], tmp_path / "out")
    assert frame["code"].tolist() == ["NE.TRD.GNFS.ZS", "rate"]
    assert frame["first_year"].tolist() == [2014, 2015]
    source = PinnedSource(tmp_path / "out")
    rate = source.read("rate")
    assert (rate.freq, rate.frame.to_numpy().tolist()) == ("M", [["KGZ", 540, 2.0], ["KGZ", 541, 3.0]])
    assert source.read("NE.TRD.GNFS.ZS").freq == "Y"
    assert "freq" not in source.resource("NE.TRD.GNFS.ZS")
    assert source.verify() == []


def test_the_coverage_of_a_series_of_months_is_in_months(tmp_path: Path) -> None:
    from eaeu_analysis.data.listing import describe_series

    (tmp_path / "rate.csv").write_text("iso3,time,value\nKGZ,2015M01,2\nKGZ,2015M03,3\n")
    pin.pin_series([tmp_path / "rate.csv"], tmp_path / "out")
    (vintage,) = describe_series(PinnedSource(tmp_path / "out"), "rate", ["KGZ"])["vintages"]
    assert (vintage["first_year"], vintage["last_year"]) == (2015, 2015)
    (own,) = vintage["coverage"]
    assert (own["first"], own["last"], own["missing_inside"]) == ("2015-01", "2015-03", 1)
