"""Made-up bulk files at size, for the tests and the benchmarks."""

from __future__ import annotations

from pathlib import Path

import duckdb

from eaeu_analysis.sources import bilateral

FIRST_YEAR = 2010


def big_baci(folder: Path, rows: int, years: int) -> Path:
    """BACI's shape: some 220 exporters and importers, products of 97 chapters, ``rows`` a year; the same every time."""
    folder.mkdir()
    one_each = {iso3: int(number) for number, iso3 in sorted(bilateral.numbers().items())}  # some have had several
    numbers = sorted(one_each.values())[:220]
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        pick = [f"hash(x, {year}, {k})" for k in range(4)]
        duckdb.sql(
            f"COPY (SELECT {year} AS t, {numbers}[1 + ({pick[0]} % {len(numbers)})::INTEGER] AS i,"
            f" {numbers}[1 + ({pick[1]} % {len(numbers)})::INTEGER] AS j,"
            f" lpad((10100 + {pick[2]} % 960000)::VARCHAR, 6, '0') AS k,"
            f" ({pick[3]} % 10000000) / 1000.0 AS v, 'NA' AS q"
            f" FROM range({rows}) r(x)) TO '{baci_file(folder, year)}' (HEADER)"
        )
    return folder


def baci_file(folder: Path, year: int = FIRST_YEAR) -> Path:
    """Where the rows of a year are."""
    return folder / f"BACI_HS92_Y{year}_V202401b.csv"
