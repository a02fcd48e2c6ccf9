"""Made-up bulk files at size, for the tests and the benchmarks."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd

from eaeu_analysis.data.sources.bulk import schema

FIRST_YEAR = 2010
STEP = 28_657_000_003


CODES = (
    "country_code,country_name,country_iso2,country_iso3\n417,Kyrgyzstan,KG,KGZ\n643,Russian Federation,RU,RUS\n"
    '860,Uzbekistan,UZ,UZB\n490,"Other Asia, nes",N/A,S19\n842,USA,US,USA\n58,Belgium-Luxembourg (...1998),BE,BLX\n'
)
HEAD = "t,i,j,k,v,q\n"
Y2019 = HEAD + "2019,643,417,271019,1000.5,12\n2019,643,417,271121,500,NA\n2019,643,417,010121,1.25,3\n"
Y2019 += "2019,417,643,610910,80,\n2019,490,860,854231,7,1\n2019,842,860,840734,3,1\n2019,58,860,300490,9,1\n"
Y2020 = HEAD + "2020,643,417,271019,900,12\n2020,860,643,70200,33,3\n"


def baci(folder: Path) -> Path:
    """Two small years as CEPII distributes them."""
    folder.mkdir()
    (folder / "BACI_HS92_Y2019_V202401b.csv").write_text(Y2019)
    (folder / "BACI_HS92_Y2020_V202401b.csv").write_text(Y2020)
    (folder / "country_codes_V202401b.csv").write_text(CODES)
    (folder / "product_codes_HS92_V202401b.csv").write_text("code,description\n010121,Horses\n")
    return folder


def as_dict(frame: pd.DataFrame) -> dict[tuple[str, str, int, str], float]:
    """Dollars by exporter, importer, year and product."""
    return {(r.exporter, r.importer, r.year, r.product): r.usd for r in frame.itertuples()}


EXPECTED = {
    ("RUS", "KGZ", 2019, "27"): 1_500_500.0,
    ("RUS", "KGZ", 2019, "01"): 1_250.0,
    ("KGZ", "RUS", 2019, "61"): 80_000.0,
    ("TWN", "UZB", 2019, "85"): 7_000.0,
    ("USA", "UZB", 2019, "84"): 3_000.0,
    ("RUS", "KGZ", 2020, "27"): 900_000.0,
    ("UZB", "RUS", 2020, "07"): 33_000.0,  # 70200 is 070200 without its nought
}


def big_baci(folder: Path, rows: int, years: int) -> Path:
    """BACI's shape: some 220 exporters and importers, products of 97 chapters, ``rows`` a year; the same every time."""
    folder.mkdir()
    one_each = {iso3: int(number) for number, iso3 in sorted(schema.iso_numbers().items())}  # some have had several
    sides = sorted(one_each.values())[:220]
    others, products = len(sides) - 1, 960_000
    cells = len(sides) * others * products
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        # a step without a factor in common with the number of cells visits none of them twice
        duckdb.sql(
            f"COPY (SELECT {year} AS t, {sides}[1 + pair // {others}] AS i,"
            f" {sides}[1 + (1 + pair // {others} + pair % {others}) % {len(sides)}] AS j,"
            f" lpad((10100 + cell % {products})::VARCHAR, 6, '0') AS k,"
            f" (hash(x, {year}) % 10000000) / 1000.0 AS v, 'NA' AS q"
            f" FROM (SELECT x, ((x + {year})::HUGEINT * {STEP} % {cells})::BIGINT AS cell, cell // {products} AS pair"
            f" FROM range({rows}) r(x))) TO '{baci_file(folder, year)}' (HEADER)"
        )
    return folder


def baci_file(folder: Path, year: int = FIRST_YEAR) -> Path:
    """Where the rows of a year are."""
    return folder / f"BACI_HS92_Y{year}_V202401b.csv"


def big_comtrade(baci: Path, file: Path) -> Path:
    """The flows of a file of BACI's shape as exports in the columns of UN Comtrade's bulk downloads."""
    cells = {
        "typeCode": "'C'", "freqCode": "'A'", "refPeriodId": "t || '0101'", "refYear": "t", "refMonth": "52",
        "period": "t", "reporterCode": "i", "flowCode": "'X'", "partnerCode": "j", "partner2Code": "0",
        "classificationCode": "'H5'", "classificationSearchCode": "'HS'", "isOriginalClassification": "true",
        "cmdCode": "k", "aggrLevel": "6", "isLeaf": "true", "customsCode": "'C00'", "mosCode": "0", "motCode": "0",
        "qtyUnitCode": "8", "qty": "v", "isQtyEstimated": "false", "altQtyUnitCode": "-1", "altQty": "NULL",
        "isAltQtyEstimated": "false", "netWgt": "v", "isNetWgtEstimated": "false", "grossWgt": "0",
        "isGrossWgtEstimated": "false", "cifvalue": "NULL", "fobvalue": "v * 1000", "primaryValue": "v * 1000",
        "legacyEstimationFlag": "0", "isReported": "true", "isAggregate": "false",
    }  # fmt: skip
    columns = ", ".join(f"{cell} AS {name}" for name, cell in cells.items())
    rows = f"read_csv('{baci}', all_varchar=true, types={{'v': 'DOUBLE'}})"
    duckdb.sql(f"COPY (SELECT {columns} FROM {rows}) TO '{file}' (HEADER)")
    return file
