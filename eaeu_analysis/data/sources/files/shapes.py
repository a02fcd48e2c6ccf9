"""Tell from its first lines which of the known shapes a file has, or say plainly what it is instead.

Known: the World Bank's indicator download and bulk download, the DataBank extract in its three layouts, Data360, tidy
long tables, those that wbgapi, wbdata, pandas-datareader, world_bank_data, R's WDI and Our World in Data write, and the
matrices of bilateral remittances of KNOMAD. Periods, series or economies may be columns (``across``).
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Literal

from ....errors import BadInputError
from ....reference import economies
from .periods import MAX_YEAR, MIN_YEAR, read_period

HEAD_BYTES = 256 * 1024  # the header has to be within the first of these

# In order of preference; compared in lower case.
ECONOMY_NAMES = (
    "iso3", "economy", "iso3c", "iso", "country_code", "country code", "countrycode", "ref_area", "iso2c", "iso2",
    "country", "country name", "country_name", "entity",
)  # fmt: skip
YEAR_NAMES = ("year", "time", "time_period", "date", "time code")
VALUE_NAMES = ("value", "obs_value")
CODE_NAMES = ("code", "indicator", "indicator_code", "indicator code", "series_code", "series code", "series")
BREAKDOWNS = ("SEX", "AGE", "URBANISATION", "COMP_BREAKDOWN_1", "COMP_BREAKDOWN_2", "COMP_BREAKDOWN_3")
# Columns that describe a row in the files of R's WDI and others, and are no series.
NOT_SERIES = (
    "", "unnamed: 0", "index", "country", "country name", "country_name", "entity", "iso2c", "iso3c", "iso2", "region",
    "capital", "longitude", "latitude", "income", "lending", "status", "lastupdated", "aggregate", "time", "time code",
    "series name", "indicator name", "unit", "obs_status", "decimal", "world region according to owid",
)  # fmt: skip

WORLD_BANK = "World Bank download (wide)"
DATABANK = "DataBank extract"
DATA360_LONG = "Data360 (long)"
DATA360_WIDE = "Data360 (wide)"
TIDY = "tidy long table"
MATRIX_SHARE = 0.75  # of the columns of a matrix, those that are economies
PERIODS_ACROSS = "table with a column a year"
SERIES_ACROSS = "table with a column a series"
ECONOMIES_ACROSS = "table with a column an economy"
MATRIX = "matrix of bilateral remittances"
KNOWN = f"{WORLD_BANK}, {DATABANK}, {DATA360_LONG}, {DATA360_WIDE}, {TIDY} (iso3, year, value), {SERIES_ACROSS}"
WAY_OUT = "for any other table: Panel.from_frame(pandas.read_csv(file), unit=..., time=...)"


@dataclass(frozen=True)
class FileShape:
    """What the first lines say: which column is what, where the data begin, what the file prints of itself.

    ``columns`` has the header. ``across`` maps the positions of value columns to the period, the series code or the
    economy that each is of, and ``axis`` says which of the three; in a long table it is empty and ``value`` is the
    position of the values. Other positions are None where the shape has no such column. ``data_at`` is the byte offset
    of the first data line, ``header_lines`` the number of lines above it.
    """

    name: str
    columns: tuple[str, ...]
    economy: int | None
    economy_name: int | None = None
    code: int | None = None
    label: int | None = None
    year: int | None = None
    value: int | None = None
    axis: Literal["", "period", "series", "economy"] = ""
    across: dict[int, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # of the series in the header
    breakdowns: tuple[int, ...] = ()
    multiplier: int | None = None
    period: str = ""  # of every value, where the title of a matrix states it
    data_at: int = 0
    header_lines: int = 0
    source: str = ""
    vintage: str = ""
    unit: str = ""
    unused: tuple[str, ...] = ()

    @property
    def from_world_bank(self) -> bool:
        """A shape the World Bank writes itself."""
        return self.name in (WORLD_BANK, DATABANK, DATA360_LONG, DATA360_WIDE)

    @property
    def tolerant(self) -> bool:
        """Whether a name of no known economy is left out with a note: the file is not the user's own table."""
        return self.name != TIDY


def sniff(head: bytes, where: str, title_lines: int = 0) -> FileShape:
    """The shape of the file that begins with ``head``; ``where`` names it in errors, ``title_lines`` may be above it.

    Raises :class:`BadInputError`: empty, not text, a web page, not UTF-8, no known header.
    """
    check_text(head, where)
    start = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    lines = head[start:].split(b"\n")
    if b"\r" in lines[0][:-1]:
        raise BadInputError(f"{where} ends its lines with bare carriage returns; save it with ordinary line ends")
    if len(lines) == 1 and len(head) >= HEAD_BYTES:
        raise BadInputError(f"{where}: no line end in the first {HEAD_BYTES // 1024} KB, so it is no table")
    offset, source, vintage = start, "", ""
    first: list[str] | None = None
    titles = ""
    for number, line in enumerate(lines[: max(12, title_lines)], start=1):
        offset += len(line) + 1
        cells = _cells(line)
        if not any(cells):
            continue
        if cells[0] == "Data Source":
            source = cells[1] if len(cells) > 1 else ""
        elif cells[0] == "Last Updated Date":
            vintage = iso_date(cells[1]) if len(cells) > 1 else ""
        else:
            shape = _match(cells) or _match_matrix(cells, titles)
            if shape is not None:
                _check_columns(shape, where)
                return _placed(shape, offset, number, source, vintage)
            first = first or cells
            titles += f"{' '.join(cells)} "
            if not source and number > title_lines:
                break
    if first is None:
        raise BadInputError(f"{where} ends before its header line")
    raise BadInputError(
        f"{where}: the header reads {_shown(first)}{_separator(first)}, which is none of: {KNOWN}; {_cure(first)}"
    )


def _cure(cells: list[str]) -> str:
    """The way out for a header that is not known."""
    low = [cell.lower() for cell in cells]
    if any(read_period(cell) for cell in cells) and "series" in low[:2]:
        return "a table of one economy needs a column 'economy' (in wbgapi, ask for two economies or set the index)"
    return WAY_OUT


def check_text(head: bytes, where: str) -> None:
    """BadInputError for a file that begins as no text table in UTF-8 does: empty, a web page, a picture."""
    if not head.strip():
        raise BadInputError(f"{where} is empty")
    _refuse_other_formats(head, where)
    _require_utf8(head, where)


def iso_date(text: str) -> str:
    """``2026-04-08`` or the DataBank's ``04/08/2026`` (month first) as ISO; "" when it is neither."""
    text = text.strip()
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return text
    american = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    return f"{american[3]}-{int(american[1]):02d}-{int(american[2]):02d}" if american else ""


def match_columns(columns: list[str], where: str) -> FileShape:
    """The shape of a table whose column names are known already (Parquet): tidy or refused."""
    shape = _match(columns)
    if shape is None or shape.name != TIDY:
        raise BadInputError(f"{where}: the columns are {_shown(columns)}; a Parquet file has to be a {TIDY}")
    _check_columns(shape, where)
    return shape


def _match(cells: list[str]) -> FileShape | None:
    at = {name: position for position, name in reversed(list(enumerate(cells)))}
    years = {i: name for i, name in enumerate(cells) if read_period(name) or re.fullmatch(r"\d{4}", name)}
    columns = tuple(cells)
    for code, label, name in (
        ("Indicator Code", "Indicator Name", WORLD_BANK),
        ("Series Code", "Series Name", DATABANK),
    ):
        if {"Country Code", code} <= at.keys() and years:
            names = at.get("Country Name"), at[code], at.get(label)
            return FileShape(name, columns, at["Country Code"], *names, axis="period", across=years)
    if {"REF_AREA", "INDICATOR"} <= at.keys():
        breakdowns = tuple(at[name] for name in BREAKDOWNS if name in at)
        common = at["REF_AREA"], at.get("REF_AREA_LABEL"), at["INDICATOR"], at.get("INDICATOR_LABEL")
        multiplier = at.get("UNIT_MULT")
        if {"TIME_PERIOD", "OBS_VALUE"} <= at.keys():
            long = at["TIME_PERIOD"], at["OBS_VALUE"]
            return FileShape(DATA360_LONG, columns, *common, *long, breakdowns=breakdowns, multiplier=multiplier)
        if years:
            wide = FileShape(DATA360_WIDE, columns, *common, axis="period", across=years)
            return replace(wide, breakdowns=breakdowns, multiplier=multiplier)
    return _match_table(cells, years)


def _match_table(cells: list[str], years: dict[int, str]) -> FileShape | None:
    """Long and wide tables of users and of other tools."""
    low = [cell.strip().lower() for cell in cells]

    def find(names: tuple[str, ...], *taken: int | None) -> int | None:
        return next((i for name in names for i, cell in enumerate(low) if cell == name and i not in taken), None)

    economy, year, value = find(ECONOMY_NAMES), find(YEAR_NAMES), find(VALUE_NAMES)
    if {"entity", "code"} <= set(low):  # Our World in Data: its column Code has economies
        economy, code = low.index("code"), None
    else:
        code = find(CODE_NAMES)
    columns, name = tuple(cells), find(ECONOMY_NAMES[::-1], economy)
    if economy is not None and year is not None and value is not None:
        used = {economy, year, value, code}
        unused = tuple(cell for i, cell in enumerate(cells) if i not in used and cell)
        return FileShape(TIDY, columns, economy, code=code, year=year, value=value, unused=unused)
    label = find(("series name", "indicator name"))
    if len(years) > 1 and year is None:
        first, unit = re.fullmatch(r"(.*?)(?: \((.*)\))?", cells[0]), ""
        if economy is None and code is None and len(years) > 2 and 0 not in years and first:  # KNOMAD, national offices
            economy, unit = 0, first[2] or ""
        if economy is None:
            return None
        return FileShape(PERIODS_ACROSS, columns, economy, name, code, label, axis="period", across=years, unit=unit)
    if year is None:
        return None
    rest = {i: cell for i, cell in enumerate(cells) if i not in (economy, year, name) and low[i] not in NOT_SERIES}
    bare = {i: _bracketed(cell) for i, cell in rest.items() if i != code and low[i] not in (*CODE_NAMES, *YEAR_NAMES)}
    if economy is not None and bare:
        codes = {i: _as_code(cells[i]) for i in bare}
        titles = {short: cells[i].partition(" [")[0] for i, short in codes.items()}
        return FileShape(SERIES_ACROSS, columns, economy, name, year=year, axis="series", across=codes, labels=titles)
    if economy is None and bare and all(_is_economy(text) for text in bare.values()):
        return FileShape(ECONOMIES_ACROSS, columns, None, None, code, label, year, axis="economy", across=bare)
    return None


def _match_matrix(cells: list[str], titles: str) -> FileShape | None:
    """KNOMAD's matrix: economies that send down, economies that receive across, the year and the unit in the title."""
    year = re.search(r"\b(?:19|20)\d{2}\b", titles)
    about = f"{titles} {cells[0]}".lower()
    if year is None or "remittance" not in about or re.search(r"receiving[^/()]*\(down\)", about):
        return None
    named = {i: cell for i, cell in enumerate(cells) if i and cell}
    known = {i: cell for i, cell in named.items() if _is_economy(cell)}
    if len(known) < 3 or len(known) < MATRIX_SHARE * len(named):
        return None
    codes = {i: f"BILATERAL_REMITTANCES.TO.{economy_code(cell)}" for i, cell in known.items()}
    unit = re.search(r"\(([^()]*(?:US\$|USD|dollars)[^()]*)\)", titles)
    return FileShape(
        MATRIX, tuple(cells), 0, axis="series", across=codes, period=year[0], unit=unit[1] if unit else "",
        labels={codes[i]: f"Remittances sent to {cell}, by sending economy" for i, cell in known.items()},
        unused=tuple(cell for i, cell in named.items() if i not in known),
    )  # fmt: skip


def _bracketed(cell: str) -> str:
    """``GDP (current US$) [NY.GDP.MKTP.CD]`` is NY.GDP.MKTP.CD; a text without brackets is itself."""
    found = re.fullmatch(r".*\[([^\[\]]+)\]", cell)
    return found[1] if found else cell


def _as_code(cell: str) -> str:
    """A column's name as the code of a series, in the signs that a code may have."""
    return re.sub(r"[^A-Za-z0-9.\-]+", "_", _bracketed(cell)).strip("_") or cell


def economy_code(text: str) -> str:
    """The economy or group of a code or name; "" where it is none."""
    try:
        return economies.aggregate_code(text) or economies.resolve(text)
    except BadInputError:
        return ""


def _is_economy(text: str) -> bool:
    return bool(economy_code(text))


def _placed(shape: FileShape, offset: int, number: int, source: str, vintage: str) -> FileShape:
    return replace(shape, data_at=offset, header_lines=number, source=source, vintage=vintage)


def _cells(line: bytes) -> list[str]:
    text = line.decode("utf-8", errors="replace").replace("\r", "")
    return [cell.strip() for cell in next(csv.reader([text]), [])]


def _shown(cells: list[str]) -> str:
    text = ",".join(cells)
    return repr(text if len(text) <= 80 else text[:77] + "...")


def _separator(cells: list[str]) -> str:
    if len(cells) <= 2:
        for separator, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if _match(",".join(cells).split(separator)) is not None:
                return f" (separated by {name}; commas are expected)"
    return ""


def _check_columns(shape: FileShape, where: str) -> None:
    seen: set[str] = set()
    for name in shape.columns:
        if name and name in seen:
            raise BadInputError(f"{where}: the header has the column {name!r} twice")
        seen.add(name)
    if shape.axis != "period":
        twice = [text for text, count in Counter(shape.across.values()).items() if count > 1]
        if twice:
            raise BadInputError(f"{where}: the header has two columns for {twice[0]!r}")
        return
    periods = [(text, read_period(text)) for text in shape.across.values()]
    counts = Counter(period for _, period in periods)
    for text, period in periods:
        if period is None:
            raise BadInputError(
                f"{where}: the header has a column for the year {int(text)}, out of range ({MIN_YEAR} to {MAX_YEAR})"
            )
        if counts[period] > 1:
            raise BadInputError(f"{where}: the header has two columns for the period {text}")


_MAGIC = (
    (b"PK\x03\x04", "a zip file"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file; download the CSV, or save the sheet as CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xfe", "text in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it as UTF-8"),
)


def _refuse_other_formats(head: bytes, where: str) -> None:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            raise BadInputError(f"{where} is not a CSV table but {name}")
    if b"\0" in head:
        raise BadInputError(f"{where} is binary, not a CSV table")
    start = head[:2048].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")) or b"<html" in start or b"<head" in start:
        title = re.search(rb"<title[^>]*>(.*?)</title>", head[:HEAD_BYTES], re.IGNORECASE | re.DOTALL)
        quoted = f" ({title[1].decode('utf-8', 'replace').strip()[:60]!r})" if title else ""
        raise BadInputError(f"{where} is a web page{quoted}, not a CSV table: the download did not give the data")
    if start.startswith((b"<?xml", b"<")):
        raise BadInputError(f"{where} is XML, not a CSV table")
    if start.startswith((b"{", b"[{", b"[[")):
        raise BadInputError(f"{where} is JSON, not a CSV table")


def _require_utf8(head: bytes, where: str) -> None:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start >= len(head) - 3 and len(head) >= HEAD_BYTES:
            return  # a character cut by the end of the head
        raise not_utf8(where, head.count(b"\n", 0, error.start) + 1, head[error.start]) from error


def not_utf8(where: str, line: int, byte: int) -> BadInputError:
    """The error for a byte that is not UTF-8 in ``line`` (from 1)."""
    return BadInputError(
        f"{where}, line {line}: byte 0x{byte:02X} is not UTF-8 "
        "(mixed encodings, or a file in Latin-1 or Windows-1251; save it as UTF-8)"
    )
