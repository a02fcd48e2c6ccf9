"""Files a user has: every shape of table as CSV, zipped, and as Parquet."""

from __future__ import annotations

import functools
import io
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from eaeu_analysis.data.sources.files import periods, safezip, shapes, source
from eaeu_analysis.series import year_of

from .. import structure
from ..target import ROOM, Target
from . import promises

TIDY = b"iso3,year,value,code\nKGZ,2019,8.87e9,NY.GDP.MKTP.CD\nUZB,2019,..,NY.GDP.MKTP.CD\nKAZ,2020,NA,SP.POP.TOTL\n"
BARE = b"country,year,value\nKyrgyz Republic,2019,1.5\nuz,2020,-3\n"
WORLD_BANK = (
    b'"Data Source","World Development Indicators",\n\n"Last Updated Date","2026-04-08",\n\n'
    b'"Country Name","Country Code","Indicator Name","Indicator Code","2019","2020",\n'
    b'"Kyrgyz Republic","KGZ","GDP (current US$)","NY.GDP.MKTP.CD","8871026073.9","",\n'
    b'"World","WLD","GDP (current US$)","NY.GDP.MKTP.CD","87e12","84e12",\n'
)
BULK = (
    b"Country Name,Country Code,Indicator Name,Indicator Code,2019,2020\n"
    b'Uzbekistan,UZB,"Population, total",SP.POP.TOTL,33580650,34232050\n'
    b"Kazakhstan,KAZ,GDP (current US$),NY.GDP.MKTP.CD,181667190075.5,171082379532.6\n"
)
DATABANK = (
    b"Country Name,Country Code,Series Name,Series Code,2019 [YR2019],2020 [YR2020]\n"
    b"Armenia,ARM,GDP (current US$),NY.GDP.MKTP.CD,13672802157.8,..\n\n\n"
    b"Data from database: World Development Indicators,,,,,\nLast Updated: 04/08/2026,,,,,\n"
)
DATA360 = (
    b"REF_AREA,REF_AREA_LABEL,INDICATOR,INDICATOR_LABEL,SEX,TIME_PERIOD,OBS_VALUE,UNIT_MULT\n"
    b"KGZ,Kyrgyz Republic,WB_WDI_SP_POP_TOTL,Population,_T,2019,6456200,0\n"
    b"KGZ,Kyrgyz Republic,WB_WDI_SP_POP_TOTL,Population,F,2019,3.2,6\n"
)
DATA360_WIDE = (
    b"REF_AREA,INDICATOR,INDICATOR_LABEL,AGE,2019,2020\n"
    b"UZB,WB_WDI_SP_POP_TOTL,Population,_T,33580650,34232050\nBLR,WB_WDI_SP_POP_TOTL,Population,_T,9.4e6,\n"
)
OTHERS = [
    b"economy,series,YR2019,YR2020\nKGZ,NY.GDP.MKTP.CD,8.8e9,\nUZB,NY.GDP.MKTP.CD,6e10,6.5e10\n",
    b"country,year,NY.GDP.MKTP.CD,SP.POP.TOTL\nKyrgyz Republic,2019,8.8e9,6456200\nWorld,2019,NA,7.7e9\n",
    b"Entity,Code,Year,GDP per capita\nKyrgyzstan,KGZ,2019,5.5\nAsia,,2019,9\nWorld,OWID_WRL,2019,8\n",
    b"Series Name,Series Code,Time,Time Code,Kyrgyz Republic [KGZ],World [WLD]\nGDP,GDP,2019,YR2019,8e9,..\n",
    b"country,code,time,value\nKyrgyzstan,KGZ,2015M01,1.5\nUzbekistan,UZB,2015M02,2\n",
    b"Inflows (US$ million),2019,2020,2021e\nArmenia,1,2,3\nUzbekistan,4,5,6\n",
]
TEXTS = [TIDY, BARE, WORLD_BANK, BULK, DATABANK, DATA360, DATA360_WIDE, *OTHERS]


def _zips() -> list[bytes]:
    return [
        structure.pack([("API_NY.GDP.MKTP.CD_DS2_en_csv_v2_1.csv", WORLD_BANK), ("Metadata_Country.csv", b"a,b\n")]),
        structure.pack([("WDICSV.csv", BULK), ("WDICountry.csv", b"a,b\n"), ("WDISeries.csv", b"a\n")]),
        structure.pack([("folder/data_Data.csv", DATABANK)], zipfile.ZIP_STORED),
    ]


def parquet(columns: dict[str, list[Any]], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, **options)
    return sink.getvalue()


def _parquets() -> list[bytes]:
    rows: dict[str, list[Any]] = {"iso3": ["KGZ", "UZB"], "year": [2019, 2020], "value": [1.5, None]}
    strange: dict[str, list[Any]] = {"iso3": ["KGZ"], "year": ["2019"], "value": [[1.0]]}
    return [
        parquet(rows),
        parquet(rows | {"code": ["A.B", "A.C"]}, compression="zstd"),
        parquet(rows, compression="none", use_dictionary=False),
        parquet(strange),
        parquet(rows | {"value": [float("inf"), float("nan")]}),
    ]


def _sniffed(data: bytes) -> None:
    shapes.sniff(data[: shapes.HEAD_BYTES], "'table.csv'")


def _read(path: Path) -> None:
    for item in source.inspect_file(path).series:
        promises.series(item.frame)
        years = item.frame["year"].map(functools.partial(year_of, item.freq))
        assert bool(years.between(periods.MIN_YEAR, periods.MAX_YEAR).all()), "a year out of range"


def _csv(data: bytes) -> None:
    _read(ROOM.file("NY.GDP.MKTP.CD.csv", data))


def _opened(data: bytes) -> None:
    with safezip.open_table(ROOM.file("opened.zip", data)) as (stream, member):
        size = 0
        while chunk := stream.read(1 << 16):
            size += len(chunk)
        assert size <= member.size, "more than the zip states"


def _zip(data: bytes) -> None:
    _read(ROOM.file("table.zip", data))


def _parquet(data: bytes) -> None:
    _read(ROOM.file("NY.GDP.MKTP.CD.parquet", data))


TARGETS = (
    Target("file sniffed", _sniffed, lambda: TEXTS, structure.csv, 18),
    Target("file csv", _csv, lambda: TEXTS, structure.csv, 0.9),
    Target("file zip opened", _opened, _zips, structure.zipped(structure.csv), 6),
    Target("file zip", _zip, _zips, structure.zipped(structure.csv), 0.3),
    Target("file parquet", _parquet, _parquets, structure.raw, 1),
)
