"""How each kind of bulk file is laid out, as SQL that adds it up to the product level asked for.

Paths and column names are quoted; the cells of a file are data and never part of a statement.
"""

# ruff: noqa: S608 - see above

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ....errors import BadInputError
from ..files.periods import MAX_YEAR, MIN_YEAR
from . import table as bulk_table
from .schema import EXPORTER_FOB, IMPORTER_CIF, RECONCILED, current_numbers
from .table import BulkTable, read_header
from .unpack import BACI, Input

if TYPE_CHECKING:
    import duckdb

Kind = Literal["baci", "comtrade", "imf"]
Scale = Literal["units", "thousands", "millions", "billions"]
KINDS = {"baci": "CEPII BACI", "comtrade": "UN Comtrade", "imf": "IMF DOTS or IMTS"}
SCALES = {"units": 1, "thousands": 1_000, "millions": 1_000_000, "billions": 1_000_000_000}
_LONGER = {"Rep.": "Republic", "Dem.": "Democratic", "China, P.R.: Mainland": "China", "China, P.R.: ": ""}
# Of Comtrade's rows, those of annual goods trade over all procedures and means of transport; others repeat them.
_COMTRADE_TOTALS = {
    "freqcode": "A", "typecode": "C", "partner2code": "0", "customscode": "C00", "motcode": "0", "moscode": "0"
}  # fmt: skip
_COMTRADE_CODES = ("TOTAL|([0-9A-Z]{2}){1,3}", "TOTAL or two, four or six signs")


@dataclass
class BulkLayout:
    """What is learned of the files: the name a flow carries as source, the full one, vintage, codes of parties."""

    name: str
    source: str
    vintage: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)  # why a file gave no flow, a sentence each


def plain_country_name(name: str) -> str:
    """A country's name without the IMF's abbreviations: ``Slovak Rep.``, ``China, P.R.: Mainland``."""
    for short, long in _LONGER.items():
        name = name.replace(short, long)
    return name


def add(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    file: Input,
    number: int,
    digits: int,
    scale: str | None,
    shape: BulkLayout | None,
) -> BulkLayout:
    """Add one file, as number ``number``, to the table ``raw`` (see :data:`RAW`); what it teaches of the whole."""
    import duckdb

    try:
        table = read_header(file)
        learned, select = _LAYOUTS[kind](con, table, digits, scale, shape)
        con.execute(f"INSERT INTO raw SELECT {number} AS file, * FROM ({select})")
    except duckdb.DataError as error:
        raise BadInputError(f"{file.name} has a cell that is not of the kind of its column: {_cell(error)}") from error
    except (duckdb.InvalidInputException, duckdb.BinderException) as error:
        raise BadInputError(f"{file.name} {bulk_table.refusal(error)}") from error
    if not _check(con, file, number):
        learned.empty.append(_why_nothing(con, kind, table, digits))
    return learned


def _check(con: duckdb.DuckDBPyConnection, file: Input, number: int) -> int:
    """How many flows were added; their years must be possible and that of the file's name, and none may occur twice."""
    counted = con.execute("SELECT min(year), max(year), count(*) FROM raw WHERE file = ?", [number]).fetchall()
    first, last, count = counted[0]
    for year in (year for year in (first, last) if year is not None):
        if not MIN_YEAR <= year <= MAX_YEAR:
            raise BadInputError(f"{file.name} has a flow of the year {year}, expected {MIN_YEAR} to {MAX_YEAR}")
        if file.year not in (None, year):
            raise BadInputError(f"{file.name} has a flow of the year {year}, and its name says {file.year}")
    twice = con.execute(
        "SELECT seller, buyer, year, product FROM raw WHERE file = ? AND again > 0 AND product IS NOT NULL"
        " ORDER BY ALL LIMIT 1",
        [number],
    ).fetchone()
    if twice:
        flow = f"from {twice[0]} to {twice[1]} in {twice[2]} ({twice[3]})"
        raise BadInputError(f"{file.name} has a flow {flow} twice, and does not say which of the two is right")
    return int(count)


def _why_nothing(con: duckdb.DuckDBPyConnection, kind: str, table: BulkTable, digits: int) -> str:
    """Why a file has no flow that is read: the first of the rules that leaves no row, and what the rows have there."""
    if not con.execute(f"SELECT 1 FROM {table.rows} LIMIT 1").fetchall():
        return f"{table.file.name} has a header and no row"
    rules = ["true"]
    for column, rule, reason in _RULES[kind](table, digits):
        left = f"FROM {table.rows} WHERE {' AND '.join(rules)}"
        if not con.execute(f"SELECT 1 {left} AND {rule} LIMIT 1").fetchall():
            found = con.execute(f"SELECT DISTINCT left(trim({column}), 40) {left} ORDER BY 1 LIMIT 4").fetchall()
            there = ", ".join(repr(str(cell)) for (cell,) in found[:3]) + (", ..." if len(found) > 3 else "")
            return f"{table.file.name} {reason} (its column {column.strip(chr(34))} has {there})"
        rules.append(rule)
    return f"{table.file.name} has no flow of the products asked for"


# Of cells one of which is empty there is no sum: a missing value is never a nought.
_SUM = "CASE WHEN count(usd) = count(*) THEN sum(usd)::DECIMAL(38,6) END"
RAW = (
    "CREATE TABLE raw (file INTEGER, seller VARCHAR, buyer VARCHAR, year INTEGER, product VARCHAR,"
    " usd DECIMAL(38,6), n BIGINT, again BIGINT, basis VARCHAR)"
)


def _cell(error: Exception) -> str:
    found = re.search(r"[Cc]ould not convert string [\"'](.{0,60}?)[\"']", str(error))
    return f"'{found[1]}'" if found else str(error).splitlines()[0]


def _product(code: str, digits: int) -> str:
    """A code of six digits at the level; one that lost its leading nought to a spreadsheet gets it back."""
    return f"substr(lpad({code}, 6, '0'), 1, {digits})" if digits else f"CASE WHEN {code} <> '' THEN 'TOTAL' END"


def _again(code: str, digits: int) -> str:
    """How many of a group's rows have a product that another row of the group has; ``code`` as a number, since a list
    of text takes twice the time (the hash of a code of up to six signs has 64 bits)."""
    return f"count(*) - list_unique(list({code}))" if digits < 6 else "count(*) - 1"


def _baci(
    con: duckdb.DuckDBPyConnection, table: BulkTable, digits: int, scale: str | None, shape: BulkLayout | None
) -> tuple[BulkLayout, str]:
    """BACI: t year, i exporter, j importer, k HS6, v thousand US$ free on board, both reports reconciled."""
    t, i, j, k, v = table.need("BACI", "t", "i", "j", "k", "v")
    stated = BACI.fullmatch(table.file.name)
    source, version = (f"CEPII BACI {stated[1].upper()}", stated[3]) if stated else ("CEPII BACI", "")
    shape = shape or BulkLayout("baci", source, version, _baci_codes(con, table.file))
    if (shape.source, shape.vintage) != (source, version):
        raise BadInputError(f"{table.file.name} is not of {shape.source}, version {shape.vintage}, as those before it")
    return (
        shape,
        f"""
        SELECT seller, buyer, year, {_product("code", digits)} AS product, {_SUM} AS usd, count(*) AS n,
            {_again("code::INTEGER", digits)} AS again, '{RECONCILED}' AS basis
        FROM (
            SELECT trim({i}) AS seller, trim({j}) AS buyer, {bulk_table.year(f"trim({t})")} AS year,
                {bulk_table.product_sql(f"trim({k})", "[0-9]{5,6}", "six digits")} AS code,
                {bulk_table.value_sql(f"trim({v})", "DECIMAL(18,6)")} * 1000 AS usd
            FROM {table.rows}
        ) GROUP BY ALL""",
    )


def _baci_codes(con: duckdb.DuckDBPyConnection, file: Input) -> dict[str, str]:
    """ISO3 by BACI's number, from the table distributed with it; without it the numbers of ISO 3166 have to do."""
    if file.codes is None:
        return {}
    table = read_header(Input(file.codes, "BACI's country_codes"))
    (code,) = table.need("code", "countrycode")
    iso3 = table.first("code", "countryiso3", "iso3digitalpha")
    rows = con.execute(f"SELECT trim({code}), trim({iso3}) FROM {table.rows}").fetchall()
    return {str(c): str(i) for c, i in rows if re.fullmatch(r"[A-Z]{3}", str(i))}


def _comtrade(
    con: duckdb.DuckDBPyConnection, table: BulkTable, digits: int, scale: str | None, shape: BulkLayout | None
) -> tuple[BulkLayout, str]:
    """UN Comtrade, in today's form or the one before.

    A reporter's year and flow is read at the level asked for where it has rows of that level, and added up from
    HS6 where not: what a country keeps secret is missing from HS6.
    """
    if "primaryvalue" in table.columns:
        year, flow, code, usd = table.need("Comtrade", "refyear", "flowcode", "cmdcode", "primaryvalue")
        exports, imports = "X", "M"
    else:
        year, flow, code, usd = table.need("Comtrade", "year", "tradeflowcode", "commoditycode", "tradevalueus$")
        exports, imports = "2", "1"
    rule = " AND ".join(["true", *(rule for _, rule, _ in _comtrade_totals(table))])
    level = "CASE WHEN code = 'TOTAL' THEN 0 ELSE length(code) END"
    return (
        shape or BulkLayout("comtrade", "UN Comtrade"),
        f"""
        WITH cells AS (
            SELECT {_side(table, "reporter")} AS who, {_side(table, "partner")} AS whom,
                {bulk_table.year(f"trim({year})")} AS year, trim({flow}) AS flow,
                {bulk_table.product_sql(f"upper(trim({code}))", *_COMTRADE_CODES)} AS code,
                {bulk_table.value_sql(f"trim({usd})", "DECIMAL(18,3)")} AS usd
            FROM {table.rows} WHERE {rule}
        ), parts AS (
            SELECT who, whom, year, flow, {level} AS level,
                CASE WHEN {level} = {digits} THEN code ELSE {_product("code", digits)} END AS product,
                {_SUM} AS usd, count(*) AS n, {_again("hash(code)", digits)} AS again
            FROM cells WHERE flow IN ('{exports}', '{imports}') AND {level} IN ({digits}, 6) GROUP BY ALL
        ), best AS (
            SELECT who, year, flow, CASE WHEN bool_or(level = {digits}) THEN {digits} ELSE 6 END AS level
            FROM parts GROUP BY ALL
        )
        SELECT CASE WHEN flow = '{exports}' THEN who ELSE whom END AS seller,
            CASE WHEN flow = '{exports}' THEN whom ELSE who END AS buyer, year, product, usd, n, again,
            CASE WHEN flow = '{exports}' THEN '{EXPORTER_FOB}' ELSE '{IMPORTER_CIF}' END AS basis
        FROM parts JOIN best USING (who, year, flow, level)""",
    )


def _comtrade_totals(table: BulkTable) -> list[Rule]:
    """The rows that are read: annual, of goods, over all procedures, means of transport and second partners."""
    reasons = {
        "freqcode": "has no annual row: monthly rows are not added up; download it with freqCode=A",
        "typecode": "has no row of trade in goods",
    }
    parts = "has rows of breakdowns and no total; download it with partner2Code=0, motCode=0, customsCode=C00"
    return [
        (table.columns[c], _is(table.columns[c], value), reasons.get(c, parts))
        for c, value in _COMTRADE_TOTALS.items()
        if c in table.columns
    ]


def _is(column: str, value: str) -> str:
    """Whether a cell is ``value``; blanks are taken off only where it is not so as it stands, which is quicker."""
    return f"({column} = '{value}' OR trim({column}) = '{value}')"


def _comtrade_rules(table: BulkTable, digits: int) -> list[Rule]:
    flow = table.first("Comtrade", "flowcode", "tradeflowcode")
    code = table.first("Comtrade", "cmdcode", "commoditycode")
    level = (
        f"upper(trim({code})) = 'TOTAL' OR length(trim({code})) = 6"
        if not digits
        else (f"(upper(trim({code})) <> 'TOTAL' AND length(trim({code})) IN ({digits}, 6))")
    )
    asked = f"HS{digits}" if digits else "TOTAL"
    return [
        *_comtrade_totals(table),
        (flow, f"trim({flow}) IN ('X', 'M', '1', '2')", "has neither exports nor imports"),
        (code, f"({level})", f"has no row of the product level asked for, {asked}, nor of HS6"),
    ]


def _side(table: BulkTable, side: str) -> str:
    """The number of a side where it is that of an economy, else the ISO code: Comtrade's own codes there (S19 for
    Taiwan, _KS for Kosovo) are not ISO's."""
    iso, code = table.columns.get(f"{side}iso"), table.columns.get(f"{side}code")
    if iso and code:
        known = ", ".join(f"'{number}'" for number in sorted(current_numbers()))
        number = f"lpad(trim({code}), 3, '0')"
        return f"CASE WHEN {number} IN ({known}) THEN {number} ELSE coalesce(nullif(trim({iso}), ''), trim({code})) END"
    return f"trim({table.first('Comtrade', f'{side}iso', f'{side}code')})"


def _imf(
    con: duckdb.DuckDBPyConnection, table: BulkTable, digits: int, scale: str | None, shape: BulkLayout | None
) -> tuple[BulkLayout, str]:
    """IMF, wide (a column a year) or long: exports free on board, imports with cost, insurance and freight."""
    if digits:
        raise BadInputError("IMF files have totals only; use products TOTAL")
    who = table.first("IMF", "countryname", "country")
    whom = table.first("IMF", "counterpartcountryname", "counterpartcountry", "counterpart")
    annual = _annual_columns(table)
    if annual:
        rows, year, cell = f"(UNPIVOT {table.rows} ON {', '.join(annual)} INTO NAME time VALUE cell)", "time", "cell"
    else:
        year, cell = table.need("IMF", "timeperiod", "obsvalue")
        rows = table.rows
    rules = [rule for _, rule, _ in _imf_rules(table, digits)] + [f"trim({cell}) <> ''"]
    basis = _imf_basis(table)
    return (
        shape or BulkLayout("imf", "IMF Direction of Trade, International Trade in Goods"),
        f"""
        SELECT CASE WHEN basis = '{EXPORTER_FOB}' THEN who ELSE whom END AS seller,
            CASE WHEN basis = '{EXPORTER_FOB}' THEN whom ELSE who END AS buyer,
            year, 'TOTAL' AS product, sum(usd)::DECIMAL(38,6) AS usd, count(*) AS n,
            count(*) - 1 AS again, basis
        FROM (
            SELECT trim({who}) AS who, trim({whom}) AS whom, {bulk_table.year(f"trim({year})")} AS year,
                ({bulk_table.value_sql(f"trim({cell})", "DOUBLE")} * {_factor(table, scale)})::DECIMAL(32,6) AS usd,
                {basis} AS basis
            FROM {rows} WHERE {" AND ".join(rules)}
        ) GROUP BY ALL""",
    )


def _annual_columns(table: BulkTable) -> list[str]:
    return [quoted for column, quoted in table.columns.items() if re.fullmatch(r"\d{4}", column)]


def _imf_basis(table: BulkTable) -> str:
    name = f"upper({table.first('IMF', 'indicatorcode', 'indicator', 'indicatorname')})"
    return f"""CASE
        WHEN {name} LIKE '%XG_FOB_USD%' OR {name} LIKE '%EXPORTS%FREE ON BOARD%US DOLLAR%' THEN '{EXPORTER_FOB}'
        WHEN {name} LIKE '%MG_CIF_USD%' OR {name} LIKE '%IMPORTS%FREIGHT%US DOLLAR%' THEN '{IMPORTER_CIF}' END"""


def _imf_rules(table: BulkTable, digits: int) -> list[Rule]:
    """The rows that are read: values of annual exports and imports in US dollars."""
    monthly = "has no annual value: months and quarters are not added up; download annual data"
    found: list[Rule] = []
    if attribute := table.columns.get("attribute"):
        found.append((attribute, f"{attribute} = 'Value'", "has no row of values"))
    if frequency := table.columns.get("frequency"):
        found.append((frequency, f"upper(left({frequency}, 1)) = 'A'", monthly))
    if not _annual_columns(table):
        (period,) = table.need("IMF", "timeperiod")
        found.append((period, f"length(trim({period})) = 4", monthly))
    name = table.first("IMF", "indicatorcode", "indicator", "indicatorname")
    return [*found, (name, f"({_imf_basis(table)}) IS NOT NULL", "has neither exports nor imports in US dollars")]


def _factor(table: BulkTable, scale: str | None) -> str:
    """What a cell is multiplied by to be US dollars: what the caller says, else what the file says in a word.

    A scale written as a code is a label: the IMF's files of 2025 on state 6 (millions) and print full US dollars.
    """
    if scale is not None and scale not in SCALES:
        raise BadInputError(f"scale {scale!r} not known; known: {', '.join(SCALES)}")
    if scale is None and "scale" in table.columns:
        stated = f"lower(trim({table.columns['scale']}))"
        cases = " ".join(f"WHEN '{name}' THEN {factor}" for name, factor in SCALES.items())
        digits = f"WHEN regexp_full_match({stated}, '[0-9]{{1,2}}') THEN 1"
        unknown = bulk_table.refuse_cell(table.columns["scale"], f"a scale; give scale= as one of {', '.join(SCALES)}")
        return f"CASE {digits} ELSE CASE {stated} {cases} ELSE {unknown} END END"
    if scale is None:
        raise BadInputError(
            f"{table.file.name} does not state its scale; give scale='units' or scale='millions' "
            "(to tell: Russia's exports to Kyrgyzstan in 2019 were 1,530 million US$)"
        )
    return str(SCALES[scale])


_Layout = Callable[
    ["duckdb.DuckDBPyConnection", BulkTable, int, "str | None", "BulkLayout | None"],
    tuple[BulkLayout, str],
]
_LAYOUTS: dict[str, _Layout] = {"baci": _baci, "comtrade": _comtrade, "imf": _imf}
Rule = tuple[str, str, str]  # a column, the condition its rows meet, and the reason when none of them does
_RULES: dict[str, Callable[[BulkTable, int], list[Rule]]] = {
    "baci": lambda table, digits: [],
    "comtrade": _comtrade_rules,
    "imf": _imf_rules,
}
