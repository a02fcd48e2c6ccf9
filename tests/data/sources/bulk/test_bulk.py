"""Bulk bilateral files of each kind, made here in the shapes they are distributed in, brought to one schema."""

from __future__ import annotations

import gzip
import itertools
import math
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from bulk_files import EXPECTED, FIRST_YEAR, as_dict, baci, baci_file, big_baci

from eaeu_analysis.data.sources.bulk import flows, schema
from eaeu_analysis.errors import BadInputError, NoDataError


def test_baci_as_distributed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    made = flows.read_flows("baci", baci(tmp_path / "in"), tmp_path / "out")
    assert capfd.readouterr().out == ""
    frame = made.frame()
    assert list(frame.columns) == schema.COLUMNS
    assert as_dict(frame) == EXPECTED
    assert set(frame["basis"]) == {"reconciled_fob"}
    assert (made.source, made.vintage, made.products) == ("CEPII BACI HS92", "202401b", "HS2")
    assert made.left_out.to_numpy().tolist() == [["58", 1, 9_000.0]]
    assert "left out, not economies: 58" in made.summary()
    assert frame.equals(frame.sort_values(["year", "exporter", "importer", "product"], ignore_index=True))


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    import eaeu_analysis as ea
    from eaeu_analysis.cli import main

    folder, out = str(baci(tmp_path / "in")), str(tmp_path / "out")
    assert main(["data", "bulk", "baci", folder, "--out", out, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert as_dict(ea.open_flows(out).frame()) == EXPECTED
    assert sum(row["rows"] for row in shown["rows"]) == len(EXPECTED)
    assert main(["data", "bulk", "bacy", folder, "--out", out]) == 2
    assert "did you mean 'baci'" in capsys.readouterr().err
    assert main(["data", "bulk", "baci", str(tmp_path / "nowhere"), "--out", out]) == 2
    assert main(["data", "bulk", "baci", folder, "--out", out, "--years", "1999"]) == 3
    assert as_dict(ea.open_flows(out).frame()) == EXPECTED  # what was there is there


def test_levels_add_up_to_each_other(tmp_path: Path) -> None:
    folder = baci(tmp_path / "in")
    tables = {
        level: flows.read_flows("baci", folder, tmp_path / level, products=level).frame() for level in flows.DIGITS
    }
    assert set(tables["HS6"]["product"].str.len()) == {6}
    assert set(tables["TOTAL"]["product"]) == {"TOTAL"}
    for fine, coarse in itertools.pairwise(["HS6", "HS4", "HS2"]):
        cut = tables[fine].assign(product=tables[fine]["product"].str[: flows.DIGITS[coarse]])
        summed = cut.groupby(["exporter", "importer", "year", "product"])["usd"].sum()
        assert (
            summed.to_dict() == tables[coarse].set_index(["exporter", "importer", "year", "product"])["usd"].to_dict()
        )
    assert math.isclose(tables["TOTAL"]["usd"].sum(), tables["HS6"]["usd"].sum())


def zipped(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


def gzipped(folder: Path, path: Path) -> Path:
    path.mkdir()
    for file in folder.iterdir():
        (path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    return path


@pytest.mark.parametrize(("pack", "name"), [(zipped, "BACI_HS92_V202401b.zip"), (gzipped, "packed")])
def test_packed_or_plain_is_the_same(tmp_path: Path, pack: Callable[[Path, Path], Path], name: str) -> None:
    folder = baci(tmp_path / "in")
    packed = pack(folder, tmp_path / name)
    assert as_dict(flows.read_flows("baci", packed, tmp_path / "out").frame()) == EXPECTED
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(["in", name, "out"])  # nothing unpacked is left


def test_years_economies_and_sides_that_are_asked_for(tmp_path: Path) -> None:
    folder = baci(tmp_path / "in")
    (folder / "BACI_HS92_Y2019_V202401b.csv").write_text("not even a table")  # not asked for, so not read
    one = flows.read_flows("baci", folder, tmp_path / "one", years=[2020], economies=["Uzbekistan"])
    assert list(as_dict(one.frame())) == [("UZB", "RUS", 2020, "07")]
    both = flows.read_flows("baci", baci(tmp_path / "again"), tmp_path / "both")
    assert set(both.frame(years=[2019], exporters=["Russia"])["importer"]) == {"KGZ"}
    with pytest.raises(NoDataError, match="no flows of"):
        both.frame(years=[1999])
    with pytest.raises(NoDataError, match="no baci file of the years"):
        flows.read_flows("baci", folder, tmp_path / "none", years=[1999])


def test_without_the_table_of_countries_the_numbers_of_iso_serve(tmp_path: Path) -> None:
    folder = baci(tmp_path / "in")
    (folder / "country_codes_V202401b.csv").unlink()
    assert as_dict(flows.read_flows("baci", folder, tmp_path / "out").frame()) == EXPECTED


def test_the_bytes_hang_neither_on_threads_nor_on_the_order_of_rows(tmp_path: Path) -> None:
    folder = big_baci(tmp_path / "in", 60_000, 1)
    file = baci_file(folder)
    one = flows.read_flows("baci", folder, tmp_path / "one", threads=1)
    two = flows.read_flows("baci", folder, tmp_path / "two", threads=2)
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *rows[::-1]]) + "\n")
    turned = flows.read_flows("baci", folder, tmp_path / "turned", threads=2)
    first, second, third = ((m.folder / f"flows_{FIRST_YEAR}.parquet").read_bytes() for m in (one, two, turned))
    assert first == second == third


def test_a_slow_sum_gives_the_same(tmp_path: Path) -> None:
    folder = big_baci(tmp_path / "in", 20_000, 1)
    frame = pd.read_csv(baci_file(folder), dtype={"k": str})
    known = schema.iso_numbers()
    frame = frame.assign(
        exporter=frame["i"].astype(str).str.zfill(3).map(known),
        importer=frame["j"].astype(str).str.zfill(3).map(known),
        product=frame["k"].str[:2],
    )
    frame = frame[frame["exporter"] != frame["importer"]]
    slow = frame.groupby(["exporter", "importer", "product"])["v"].sum() * 1000
    fast = (
        flows.read_flows("baci", folder, tmp_path / "out").frame().set_index(["exporter", "importer", "product"])["usd"]
    )
    pd.testing.assert_series_equal(fast, slow, check_names=False, rtol=1e-12)


COMTRADE = "typeCode,freqCode,refYear,reporterCode,reporterISO,flowCode,partnerCode,partnerISO,partner2Code,cmdCode,customsCode,motCode,primaryValue\n"  # noqa: E501 - a line of the file


def comtrade(*rows: str) -> str:
    return COMTRADE + "".join(f"C,A,{row}\n" for row in rows)


def test_comtrade_in_todays_form(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(
        comtrade(
            "2019,417,KGZ,X,643,RUS,0,27,C00,0,100.5",  # Kyrgyz exports at HS2
            "2019,417,KGZ,X,643,RUS,0,271019,C00,0,60",  # a part of it: not to be added
            "2019,417,KGZ,X,643,RUS,0,27,C01,0,55",  # one customs procedure of several
            "2019,417,KGZ,X,643,RUS,0,27,C00,2100,40",  # one means of transport of several
            "2019,417,KGZ,X,643,RUS,156,27,C00,0,30",  # by second partner
            "2019,417,KGZ,X,0,W00,0,27,C00,0,100.5",  # the world
            "2019,643,RUS,M,417,KGZ,0,271019,C00,0,200",  # Russian imports at HS6 alone
            "2019,643,RUS,M,417,KGZ,0,270112,C00,0,7.25",
            "2019,643,RUS,RM,417,KGZ,0,271019,C00,0,1",  # re-imports are within imports
        )
    )
    made = flows.read_flows("comtrade", tmp_path / "c.csv", tmp_path / "out")
    frame = made.frame().set_index("basis")
    assert frame.loc["exporter_fob", ["exporter", "importer", "product", "usd"]].tolist() == ["KGZ", "RUS", "27", 100.5]
    assert frame.loc["importer_cif", ["exporter", "importer", "product", "usd"]].tolist() == [
        "KGZ",
        "RUS",
        "27",
        207.25,
    ]
    assert made.left_out["code"].tolist() == ["W00"]


def test_comtrade_totals_and_numbers_without_iso_codes(tmp_path: Path) -> None:
    text = comtrade("2019,860,,X,842,,0,TOTAL,C00,0,10", "2019,860,,X,842,,0,01,C00,0,4")
    (tmp_path / "c.csv").write_text(text)
    frame = flows.read_flows("comtrade", tmp_path / "c.csv", tmp_path / "out", products="TOTAL").frame()
    assert as_dict(frame) == {("UZB", "USA", 2019, "TOTAL"): 10.0}


def test_comtrade_economies_are_known_by_number_before_the_iso_column(tmp_path: Path) -> None:
    text = comtrade(
        "2019,860,UZB,M,490,S19,0,TOTAL,C00,0,10",  # Taiwan
        "2019,412,_KS,X,860,UZB,0,TOTAL,C00,0,5",  # Kosovo
        "2019,860,UZB,M,699,IND,0,TOTAL,C00,0,3",
        "1985,8,ALB,X,278,DDR,0,TOTAL,C00,0,7",  # a former state is nobody's trade of today
    )
    (tmp_path / "c.csv").write_text(text)
    made = flows.read_flows("comtrade", tmp_path / "c.csv", tmp_path / "out", products="TOTAL")
    assert as_dict(made.frame()) == {
        ("TWN", "UZB", 2019, "TOTAL"): 10.0,
        ("XKX", "UZB", 2019, "TOTAL"): 5.0,
        ("IND", "UZB", 2019, "TOTAL"): 3.0,
    }
    assert made.left_out["code"].tolist() == ["DDR"]


def test_comtrade_in_the_form_before(tmp_path: Path) -> None:
    head = "Classification,Year,Trade Flow Code,Reporter Code,Reporter ISO,Partner Code,Partner ISO,Commodity Code,"
    head += "Trade Value (US$)\n"
    rows = "H3,2012,2,398,KAZ,417,KGZ,10,5000\nH3,2012,1,417,KGZ,398,KAZ,10,5600\nH3,2012,3,398,KAZ,417,KGZ,10,1\n"
    (tmp_path / "c.csv").write_text(head + rows)
    frame = flows.read_flows("comtrade", tmp_path / "c.csv", tmp_path / "out").frame()
    assert frame[["exporter", "importer", "usd", "basis"]].to_numpy().tolist() == [
        ["KAZ", "KGZ", 5000.0, "exporter_fob"], ["KAZ", "KGZ", 5600.0, "importer_cif"]
    ]  # fmt: skip


DOTS = "Country Name,Country Code,Indicator Name,Indicator Code,Counterpart Country Name,Counterpart Country Code,Attribute,2018,2019,2019Q1\n"  # noqa: E501 - a line of the file
DOTS_ROWS = (
    '"Russian Federation",922,"Goods, Value of Exports, Free on board (FOB), US Dollars",TXG_FOB_USD,"Kyrgyz Rep.",917,Value,1500,1530,300\n'  # noqa: E501 - a line of the file
    '"Kyrgyz Rep.",917,"Goods, Value of Imports, Cost, Insurance, Freight (CIF), US Dollars",TMG_CIF_USD,"China, P.R.: Mainland",924,Value,,1735.5,\n'  # noqa: E501 - a line of the file
    '"Kyrgyz Rep.",917,"Goods, Value of Trade Balance, US Dollars",TBG_USD,"World",1,Value,-5,5,\n'
    '"Kyrgyz Rep.",917,"Goods, Value of Exports, Free on board (FOB), US Dollars",TXG_FOB_USD,"World",1,Value,5,5,\n'
    '"Russian Federation",922,"Goods, Value of Exports, Free on board (FOB), US Dollars",TXG_FOB_USD,"Kyrgyz Rep.",917,Status,e,e,\n'  # noqa: E501 - a line of the file
)


IMTS = "COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,SCALE,TIME_PERIOD,OBS_VALUE\n"


def test_imf_wide(tmp_path: Path) -> None:
    (tmp_path / "DOT.csv").write_text(DOTS + DOTS_ROWS, encoding="utf-8")
    made = flows.read_flows("imf", tmp_path / "DOT.csv", tmp_path / "out", products="TOTAL", scale="millions")
    assert as_dict(made.frame()) == {
        ("RUS", "KGZ", 2018, "TOTAL"): 1.5e9,
        ("RUS", "KGZ", 2019, "TOTAL"): 1.53e9,
        ("CHN", "KGZ", 2019, "TOTAL"): 1.7355e9,
    }
    assert made.left_out["code"].tolist() == ["World"]


def test_imf_does_not_guess_the_scale(tmp_path: Path) -> None:
    (tmp_path / "DOT.csv").write_text(DOTS + DOTS_ROWS, encoding="utf-8")
    with pytest.raises(BadInputError, match="does not state its scale; give scale='units' or scale='millions'"):
        flows.read_flows("imf", tmp_path / "DOT.csv", tmp_path / "out", products="TOTAL")
    with pytest.raises(BadInputError, match="totals only; use products TOTAL"):
        flows.read_flows("imf", tmp_path / "DOT.csv", tmp_path / "out")


def test_imf_long_with_its_scale_stated(tmp_path: Path) -> None:
    rows = "RUS,XG_FOB_USD,KGZ,Annual,Millions,2019,1530\nRUS,XG_FOB_USD,KGZ,Monthly,Millions,2019-M01,100\n"
    rows += "RUS,XG_FOB_USD,UZB,Annual,Units,2019,2067000000\nRUS,XG_FOB_USD,G001,Annual,Units,2019,1\n"
    (tmp_path / "imts.csv").write_text(IMTS + rows)
    frame = flows.read_flows("imf", tmp_path / "imts.csv", tmp_path / "out", products="TOTAL").frame()
    assert as_dict(frame) == {("RUS", "KGZ", 2019, "TOTAL"): 1.53e9, ("RUS", "UZB", 2019, "TOTAL"): 2.067e9}


IMTS_2025 = (
    "DATAFLOW,COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,TIME_PERIOD,OBS_VALUE,SCALE,PRECISION,DECIMALS_DISPLAYED,"
    "TRADE_FLOW,VALUATION,UNIT,DERIVATION_TYPE,OVERLAP,STATUS\n"
    "IMF.STA:IMTS(1.0.0),USA,XG_FOB_USD,G001,A,2023,2020000000000,6,,,X,FOB,USD,,,\n"
    "IMF.STA:IMTS(1.0.0),RUS,XG_FOB_USD,KGZ,A,2023,2650000000,6,,,X,FOB,USD,,,\n"
    "IMF.STA:IMTS(1.0.0),KOS,XG_FOB_USD,KGZ,A,2023,1000,6,,,X,FOB,USD,,,\n"
    "IMF.STA:IMTS(1.0.0),RUS,XG_FOB_USD,KGZ,M,2023-M01,9,6,,,X,FOB,USD,,,\n"
)


def test_imf_files_of_2025_print_full_dollars_whatever_their_scale_says(tmp_path: Path) -> None:
    """SCALE 6 is a label there: United States exports to the world of 2023 are 2.02e12 US$."""
    (tmp_path / "imts.csv").write_text(IMTS_2025)
    made = flows.read_flows("imf", tmp_path / "imts.csv", tmp_path / "out", products="TOTAL")
    assert as_dict(made.frame()) == {("RUS", "KGZ", 2023, "TOTAL"): 2.65e9, ("XKX", "KGZ", 2023, "TOTAL"): 1000.0}
    assert made.left_out.to_numpy().tolist() == [["G001", 1, 2.02e12]]


def test_a_scale_that_is_given_overrules_the_file_and_its_size_is_checked(tmp_path: Path) -> None:
    (tmp_path / "imts.csv").write_text(IMTS + "RUS,XG_FOB_USD,KGZ,Annual,Units,2019,1530\n")
    made = flows.read_flows("imf", tmp_path / "imts.csv", tmp_path / "out", products="TOTAL", scale="millions")
    assert as_dict(made.frame()) == {("RUS", "KGZ", 2019, "TOTAL"): 1.53e9}
    (tmp_path / "new.csv").write_text(IMTS_2025)
    with pytest.raises(
        BadInputError, match=r"of 2023 add up to 2.65e\+15 US\$, more than the world produces .*'units'"
    ):
        flows.read_flows("imf", tmp_path / "new.csv", tmp_path / "out", products="TOTAL", scale="millions")
    sellers = sorted(set(schema.iso_numbers().values()) - {"KGZ"})[:160]
    (tmp_path / "all.csv").write_text(IMTS + "".join(f"{c},XG_FOB_USD,KGZ,Annual,,2019,8\n" for c in sellers))
    with pytest.raises(BadInputError, match=r"over 160 exporters, too little for world trade; give scale='millions'"):
        flows.read_flows("imf", tmp_path / "all.csv", tmp_path / "out", products="TOTAL", scale="units")


def peak_mb(folder: Path, out: Path, memory: str) -> float:
    """Peak resident memory of a process that adds ``folder`` up to HS2."""
    code = (
        "import resource, sys; from eaeu_analysis.data.sources.bulk import flows as bulk\n"
        f"made = bulk.read_flows('baci', {str(folder)!r}, {str(out)!r}, memory={memory!r})\n"
        "print(made.summary(), file=sys.stderr)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(re.findall(r"[\d.]+", done.stdout)[-1])


@pytest.mark.slow
def test_memory_stays_within_the_bound(tmp_path: Path) -> None:
    folder = big_baci(tmp_path / "in", 150_000, 2)
    assert peak_mb(folder, tmp_path / "out", "200MB") < 200 + 600  # the database bound, interpreter and libraries


@pytest.mark.slow
def test_three_years_of_eleven_million_rows_within_four_gigabytes(tmp_path: Path) -> None:
    folder = big_baci(tmp_path / "in", 11_000_000, 3)
    assert peak_mb(folder, tmp_path / "out", "2GB") < 4096
    assert flows.open_flows(tmp_path / "out").years["year"].tolist() == [FIRST_YEAR, FIRST_YEAR + 1, FIRST_YEAR + 2]
