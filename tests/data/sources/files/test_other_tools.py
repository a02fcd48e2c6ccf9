"""The tables that other tools write, DataBank's layouts, months and quarters: read to the figures they have."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_files import FOOTER, rows, written

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.data.sources.files import shapes
from eaeu_analysis.data.sources.files.source import FileSource, inspect_file, read_file
from eaeu_analysis.errors import BadInputError

GDP, TRADE = "NY.GDP.MKTP.CD", "NE.TRD.GNFS.ZS"
FIGURES = {
    GDP: [("KGZ", 2014, 7.5), ("KGZ", 2015, 6.5), ("UZB", 2015, 86.0), ("WLD", 2015, 75000.0)],
    TRADE: [("KGZ", 2014, 125.0), ("UZB", 2014, 36.0), ("UZB", 2015, 31.0)],
}
WBGAPI = (
    "economy,series,YR2014,YR2015\n"
    f"KGZ,{TRADE},125,\nKGZ,{GDP},7.5,6.5\nUZB,{TRADE},36,31\nUZB,{GDP},,86\nWLD,{GDP},,75000\n"
)
FILES = {
    "wbgapi": WBGAPI,
    "wbgapi, labels": WBGAPI.replace("economy,series,", "economy,series,Country,Series,").replace(
        f",{TRADE},", f",{TRADE},A name,Trade,"
    ).replace(f",{GDP},", f",{GDP},A name,GDP,"),
    "wbgapi, columns='series'": (
        f"economy,time,{TRADE},{GDP}\n"
        "KGZ,YR2014,125,7.5\nKGZ,YR2015,,6.5\nUZB,YR2014,36,\nUZB,YR2015,31,86\nWLD,YR2014,,\nWLD,YR2015,,75000\n"
    ),
    "wbgapi, columns='economy'": (
        "series,time,KGZ,UZB,WLD\n"
        f"{TRADE},YR2014,125,36,\n{TRADE},YR2015,,31,\n{GDP},YR2014,7.5,,\n{GDP},YR2015,6.5,86,75000\n"
    ),
    "wbgapi, fetch": (
        "value,series,economy,aggregate,time\n"
        f"125,{TRADE},KGZ,False,YR2014\n36,{TRADE},UZB,False,YR2014\n31,{TRADE},UZB,False,YR2015\n"
        f"7.5,{GDP},KGZ,False,YR2014\n6.5,{GDP},KGZ,False,YR2015\n86,{GDP},UZB,False,YR2015\n"
        f"75000,{GDP},WLD,True,YR2015\n"
    ),
    "wbdata": (
        f"country,date,{TRADE},{GDP}\n"
        "Kyrgyz Republic,2015-01-01,,6.5\nKyrgyz Republic,2014-01-01,125,7.5\nUzbekistan,2015-01-01,31,86\n"
        "Uzbekistan,2014-01-01,36,\nWorld,2015-01-01,,75000\n"
    ),
    "pandas-datareader": (
        f"country,year,{TRADE},{GDP}\n"
        "Kyrgyz Republic,2015,,6.5\nKyrgyz Republic,2014,125.0,7.5\nUzbekistan,2015,31.0,86\nUzbekistan,2014,36.0,\n"
        "World,2015,,75000\n"
    ),
    "R WDI, extra = TRUE": (
        f'"","country","iso2c","iso3c","year","status","lastupdated","{TRADE}","{GDP}","region","income","lending"\n'
        '"1","Kyrgyz Republic","KG","KGZ",2015,"","2026-04-08",NA,6.5,"Europe & Central Asia","Lower middle","IDA"\n'
        '"2","Kyrgyz Republic","KG","KGZ",2014,"","2026-04-08",125,7.5,"Europe & Central Asia","Lower middle","IDA"\n'
        '"3","Uzbekistan","UZ","UZB",2014,"","2026-04-08",36,NA,"Europe & Central Asia","Lower middle","Blend"\n'
        '"4","Uzbekistan","UZ","UZB",2015,"","2026-04-08",31,86,"Europe & Central Asia","Lower middle","Blend"\n'
        '"5","World","1W","WLD",2015,"","2026-04-08",NA,75000,"Aggregates","Aggregates","Aggregates"\n'
    ),
    "DataBank, series as columns": (
        f"Time,Time Code,Country Name,Country Code,Trade (% of GDP) [{TRADE}],GDP (current US$) [{GDP}]\n"
        "2014,YR2014,Kyrgyz Republic,KGZ,125,7.5\n2014,YR2014,Uzbekistan,UZB,36,..\n"
        "2015,YR2015,Kyrgyz Republic,KGZ,..,6.5\n2015,YR2015,Uzbekistan,UZB,31,86\n2015,YR2015,World,WLD,..,75000\n"
        + FOOTER
    ),
    "DataBank, economies as columns": (
        "Series Name,Series Code,Time,Time Code,Kyrgyz Republic [KGZ],Uzbekistan [UZB],World [WLD]\n"
        f"Trade (% of GDP),{TRADE},2014,YR2014,125,36,..\nTrade (% of GDP),{TRADE},2015,YR2015,..,31,..\n"
        f"GDP (current US$),{GDP},2014,YR2014,7.5,..,..\nGDP (current US$),{GDP},2015,YR2015,6.5,86,75000\n" + FOOTER
    ),
}  # fmt: skip


@pytest.mark.parametrize("tool", FILES)
def test_a_table_of_another_tool_is_read_to_its_figures(tmp_path: Path, tool: str) -> None:
    path = written(tmp_path / "table.csv", FILES[tool])
    found = {series.info.code: rows(series) for series in read_file(path)}
    assert found == FIGURES
    assert [info.code for info in FileSource(path).entries()] == sorted(FIGURES)
    (one,) = read_file(path, [GDP])
    assert rows(one) == FIGURES[GDP]
    assert (one.info.unit, one.freq) == ("current US$", "Y")
    if tool.startswith("DataBank"):
        assert one.info.vintage == "2025-06-05"


@pytest.mark.parametrize(
    "rows_",
    ['"Kyrgyz Republic","Trade (% of GDP)",2014,125\nWorld,"Trade (% of GDP)",2014,\n', f"KGZ,{TRADE},2014,125\n"],
    ids=["names", "codes"],
)
def test_world_bank_data_by_name_or_by_code(tmp_path: Path, rows_: str) -> None:
    (series,) = read_file(written(tmp_path / "a.csv", f"Country,Series,Year,{TRADE}\n{rows_}"))
    assert (series.info.code, rows(series)[0]) == (TRADE, ("KGZ", 2014, 125.0))


def test_one_series_of_wbgapi_has_the_code_of_its_file(tmp_path: Path) -> None:
    (series,) = read_file(written(tmp_path / f"{TRADE}.csv", "economy,YR2014,YR2015\nKGZ,125,\nUZB,36,31\n"))
    assert (series.info.code, rows(series)) == (TRADE, FIGURES[TRADE])


def test_our_world_in_data_by_code_and_its_own_regions_left_out(tmp_path: Path) -> None:
    text = "Entity,Code,Year,GDP per capita\n" + "".join(
        f"{name},{code},2015,{value}\n"
        for name, code, value in [
            ("Kyrgyzstan", "KGZ", 5.5), ("Uzbekistan", "UZB", 6), ("Kosovo", "OWID_KOS", 7), ("World", "OWID_WRL", 8),
            ("Asia", "", 9), ("Armenia", "ARM", 1), ("Belarus", "BLR", 2), ("Russia", "RUS", 3),
        ]
    )  # fmt: skip
    reading = inspect_file(written(tmp_path / "gdp.csv", text))
    (series,) = reading.series
    assert (reading.shape, series.info.code, series.info.label) == (
        shapes.SERIES_ACROSS, "GDP_per_capita", "GDP per capita"
    )  # fmt: skip
    assert {e: v for e, _, v in rows(series)} == {
        "ARM": 1.0, "BLR": 2.0, "KGZ": 5.5, "RUS": 3.0, "UZB": 6.0, "WLD": 8.0, "XKX": 7.0
    }  # fmt: skip
    assert any("left out: Asia" in note for note in reading.notes)


def test_a_table_of_other_places_is_not_taken_for_economies(tmp_path: Path) -> None:
    states = "state,2013,2014,2015\nGeorgia,1,2,3\nAlabama,1,2,3\nTexas,1,2,3\n"
    with pytest.raises(BadInputError, match=r"economy 'Alabama' not known.*as 2 of 3 names.*Panel.from_frame\(pandas"):
        read_file(written(tmp_path / "states.csv", states))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b,c\n1,2,3\n", r"Panel.from_frame\(pandas.read_csv\(file\), unit=..., time=...\)"),
        ("series,YR2014,YR2015\nA,1,2\n", "a table of one economy needs a column 'economy'"),
        ("state,year,value\nOhio,2015,1\n", r"the header reads 'state,year,value'.*Panel.from_frame"),
        ("country,year,value\nOhio,2015,1\n", r"row 2: economy 'Ohio' not known.*Panel.from_frame"),
        ("country,year,notes\nKGZ,2015,good\n", r"row 2: 'good' \(notes, 2015\) is not a number"),
    ],
)
def test_a_refusal_names_the_way_out(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_file(written(tmp_path / "t.csv", text))


# -- which column is what


@pytest.mark.parametrize("header", ["country,code,year,value", "code,country,year,value"])
def test_a_column_of_country_codes_is_no_series_code(tmp_path: Path, header: str) -> None:
    cells = {"country": ["Kyrgyzstan", "Uzbekistan", "World"], "code": ["KGZ", "UZB", "WLD"]}
    lines = [header]
    for i, value in enumerate((1, 2, 3)):
        one = {name: listed[i] for name, listed in cells.items()} | {"year": "2015", "value": str(value)}
        lines.append(",".join(one[name] for name in header.split(",")))
    reading = inspect_file(written(tmp_path / "gdp.csv", "\n".join(lines) + "\n"))
    (series,) = reading.series
    assert (series.info.code, rows(series)) == ("gdp", [("KGZ", 2015, 1.0), ("UZB", 2015, 2.0), ("WLD", 2015, 3.0)])
    assert any("has codes of economies, not of series" in note for note in reading.notes)


def test_a_column_of_both_is_a_question(tmp_path: Path) -> None:
    text = "country,code,year,value\nKyrgyzstan,KGZ,2015,1\nUzbekistan,GDP,2015,2\n"
    with pytest.raises(
        BadInputError, match=r"column 'code' has codes of economies \('KGZ'\) and other codes; name the"
    ):
        read_file(written(tmp_path / "a.csv", text))
    text = "country,code,year,value\nKyrgyzstan,CPI,2015,1\nKyrgyzstan,GDP,2015,2\n"
    assert [s.info.code for s in read_file(written(tmp_path / "b.csv", text))] == ["CPI", "GDP"]


def test_groups_by_name_are_read_as_groups_by_code(tmp_path: Path) -> None:
    named = "country,year,value\nWorld,2015,1\nEuro area,2015,2\nKyrgyzstan,2015,3\n"
    coded = "country,year,value\nWLD,2015,1\nEMU,2015,2\nKGZ,2015,3\n"
    (a,), (b,) = (read_file(written(tmp_path / f"{n}.csv", t)) for n, t in (("a", named), ("b", coded)))
    assert rows(a) == rows(b) == [("EMU", 2015, 2.0), ("KGZ", 2015, 3.0), ("WLD", 2015, 1.0)]


# -- months and quarters


@pytest.mark.parametrize(
    ("times", "letter", "first"),
    [
        (["2015M01", "2015M02", "2016M01"], "M", 540),
        (["2015-01", "2015-02", "2016-01"], "M", 540),
        (["2015-M01", "2015-M02", "2016-M01"], "M", 540),
        (["2015-\u041c01", "2015-\u041c02", "2016-\u041c01"], "M", 540),  # a Cyrillic M
        (["2015-01-01", "2015-02-01", "2016-01-01"], "M", 540),
        (["2015Q1", "2015Q2", "2016Q1"], "Q", 180),
        (["2015-Q1", "2015-Q2", "2016-Q1"], "Q", 180),
        (["2015-01-01", "2016-01-01", "2017-01-01"], "Y", 2015),
        (["1968-07-01", "1971-07-01", "1972-07-01"], "Y", 1968),
    ],
)
def test_periods_are_counted_from_1970(tmp_path: Path, times: list[str], letter: str, first: int) -> None:
    long = "iso3,time,value\n" + "".join(f"KGZ,{time},{i}\n" for i, time in enumerate(times))
    (series,) = read_file(written(tmp_path / "rate.csv", long))
    assert (series.freq, int(series.frame["year"].iloc[0])) == (letter, first)
    assert series.frame["value"].tolist() == [0.0, 1.0, 2.0]
    if "-01-01" not in times[0] and "-07-01" not in times[0]:
        wide = f"Country Name,Country Code,Series Name,Series Code,{','.join(f'{t} [{t}]' for t in times)}\n"
        (again,) = read_file(written(tmp_path / "wide.csv", wide + "Kyrgyz Republic,KGZ,Rate,rate,0,1,2\n"))
        assert (again.freq, rows(again)) == (letter, rows(series))


def test_periods_of_two_kinds_and_a_month_twice_are_refused(tmp_path: Path) -> None:
    both = "iso3,time,value\nKGZ,2015,1\nKGZ,2015M01,2\n"
    with pytest.raises(BadInputError, match="rate comes in months and years; keep one of them"):
        read_file(written(tmp_path / "rate.csv", both))
    twice = "iso3,time,value\nKGZ,2015M01,1\nKGZ,2015-01,2\n"
    with pytest.raises(BadInputError, match="KGZ 2015-01 of rate comes twice, in rows 2 and 3"):
        read_file(written(tmp_path / "rate.csv", twice))
    with pytest.raises(BadInputError, match=r"'2015M13' is not a year between 1800 and 2100, a quarter"):
        read_file(written(tmp_path / "rate.csv", "iso3,time,value\nKGZ,2015M13,1\n"))


def test_a_panel_from_a_file_of_economies_or_of_any_units(tmp_path: Path) -> None:
    panel = Panel.from_csv(written(tmp_path / "t.csv", FILES["pandas-datareader"]))
    assert (panel.world, panel.units, panel.indicators) == (True, ["KGZ", "UZB"], sorted(FIGURES))
    assert panel.aggregates is not None
    assert panel.aggregates.index.get_level_values(0).unique().tolist() == ["WLD"]
    states = written(tmp_path / "s.csv", "state,month,sales\nGeorgia,1,2\nTexas,1,3\n")
    assert Panel.from_csv(states, unit="state", time="month").units == ["Georgia", "Texas"]
    with pytest.raises(BadInputError, match="time column 'year' not known"):
        Panel.from_csv(states, unit="state")
    for content, sentence in [
        (b"", "is empty"),
        (b"<html>", "web page"),
        (b"state,y\nC\xf4te,1\n", "save it as UTF-8"),
    ]:
        with pytest.raises(BadInputError, match=sentence):
            Panel.from_csv(written(tmp_path / "bad.csv", content), unit="state", time="y")
    with pytest.raises(BadInputError, match="no file"):
        Panel.from_csv(tmp_path / "nothing.csv", unit="state")


def test_months_make_a_panel_of_months_with_its_transforms(tmp_path: Path) -> None:
    text = "iso3,indicator,time,value\n" + "".join(
        f"{economy},rate,{time},{value}\n"
        for economy in ("KGZ", "UZB", "WLD")
        for time, value in (("2015M01", 50), ("2015M03", 100))
    )
    panel = Panel.from_csv(written(tmp_path / "r.csv", text))
    assert (panel.freq, panel.units, panel.time_name) == ("M", ["KGZ", "UZB"], "month")
    assert [str(month) for month in panel.wide("rate").index] == ["2015-01", "2015-02", "2015-03"]
    indexed = panel.index("rate", "2015-01").column("index(rate,2015-01)")
    assert indexed.groupby(level=0).last().tolist() == [200.0, 200.0]
    quarters = Panel.from_csv(written(tmp_path / "q.csv", text.replace("M01", "Q1").replace("M03", "Q3")))
    assert quarters.freq == "Q"
    with pytest.raises(BadInputError, match="different frequencies make no panel"):
        Panel.from_csv(written(tmp_path / "both.csv", text + "KGZ,other,2015,1\n"))
