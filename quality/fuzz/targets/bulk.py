"""Bulk bilateral files: BACI, UN Comtrade, IMF; zipped or plain; and what was made of them."""

from __future__ import annotations

import gzip
import json
import shutil

from eaeu_analysis.data.sources.bulk import flows, unpack
from eaeu_analysis.data.sources.bulk.flows import Products
from eaeu_analysis.data.sources.bulk.layouts import Kind, Scale

from .. import structure
from ..target import PART, ROOM, Target
from . import promises

BACI = b"t,i,j,k,v,q\n2019,643,417,271019,1000.5,12\n2019,417,643,610910,80,\n2019,490,860,854231,7,NA\n"
BACI_CODES = b"country_code,country_name,country_iso2,country_iso3\n417,Kyrgyzstan,KG,KGZ\n643,Russia,RU,RUS\n"
COMTRADE = (
    b"typeCode,freqCode,refYear,flowCode,reporterCode,reporterISO,partnerCode,partnerISO,partner2Code,cmdCode,"
    b"customsCode,motCode,primaryValue\nC,A,2019,X,643,RUS,417,KGZ,0,27,C00,0,1500.25\n"
    b"C,A,2019,M,417,KGZ,643,RUS,0,271019,C00,0,1600\nC,A,2019,X,643,RUS,0,W00,0,TOTAL,C00,0,99\n"
)
COMTRADE_OLD = (
    b"Year,Trade Flow Code,Reporter Code,Reporter ISO,Partner Code,Partner ISO,Commodity Code,Trade Value (US$)\n"
    b"2012,2,643,RUS,417,KGZ,271019,1500\n2012,1,417,KGZ,643,RUS,271019,1600\n"
)
IMF = (
    b"Country Name,Country Code,Indicator Name,Indicator Code,Counterpart Country Name,Attribute,2018,2019\n"
    b'Russian Federation,922,"Goods, Value of Exports, Free on board (FOB), US Dollars",TXG_FOB_USD,Kyrgyz Rep.,Value,'
    b'1,2.5\nKyrgyz Republic,917,"Goods, Value of Imports, CIF, US Dollars",TMG_CIF_USD,Russian Federation,Value,3,\n'
)
IMF_LONG = (
    b"COUNTRY,COUNTERPART_COUNTRY,INDICATOR,FREQUENCY,SCALE,TIME_PERIOD,OBS_VALUE\n"
    b"Russian Federation,Kyrgyz Republic,XG_FOB_USD,Annual,Millions,2019,1530\n"
    b"Kyrgyz Republic,Russian Federation,MG_CIF_USD,A,Millions,2019,1400.5\n"
)


def _flows(kind: Kind, products: Products, name: str, data: bytes, scale: Scale | None = None) -> None:
    inside, out = ROOM.folder("in"), ROOM.path / "out"
    shutil.rmtree(out, ignore_errors=True)
    first, *more = data.split(PART)
    (inside / name).write_bytes(first)
    if more:
        (inside / "country_codes_V202401b.csv").write_bytes(more[0])
    made = flows.read_flows(kind, inside, out, products=products, scale=scale, threads=1)
    promises.flows(made.frame())
    made.summary()


def _baci(data: bytes) -> None:
    _flows("baci", "HS2", "BACI_HS92_Y2019_V202401b.csv", data)


def _comtrade(data: bytes) -> None:
    _flows("comtrade", "HS2", "flows.csv", data)


def _imf(data: bytes) -> None:
    _flows("imf", "TOTAL", "flows.csv", data, None if b"SCALE" in data else "millions")


def _packed(data: bytes) -> None:
    """Members of a zip listed and written out, without the database."""
    aside = ROOM.folder("aside")
    path = ROOM.file("BACI_HS92_V202401b.zip", data)
    for member in unpack.inputs("baci", path, aside):
        assert member.path.is_relative_to(aside), "written elsewhere"


def _zips() -> list[bytes]:
    return [
        structure.pack([("BACI_HS92_Y2019_V202401b.csv", BACI), ("country_codes_V202401b.csv", BACI_CODES)]),
        structure.pack([("x/BACI_HS92_Y2020_V202401b.csv.gz", gzip.compress(BACI, mtime=0)), ("notes.txt", b"x")]),
    ]


def _zipped(data: bytes) -> None:
    out = ROOM.path / "out"
    shutil.rmtree(out, ignore_errors=True)
    promises.flows(flows.read_flows("baci", ROOM.file("BACI_HS92_V202401b.zip", data), out, threads=1).frame())


def _record() -> list[bytes]:
    record = {
        "source": "CEPII BACI HS92",
        "products": "HS2",
        "vintage": "202401b",
        "years": [[2019, "reconciled_fob", 3, 1087500.0]],
        "left_out": [["490", 1, 7000.0]],
    }
    return [json.dumps(record).encode()]


def _opened(data: bytes) -> None:
    folder = ROOM.folder("flows")
    (folder / "flows.json").write_bytes(data)
    flows.open_flows(folder).summary()


_PAIR = structure.parts(structure.csv, PART)
TARGETS = (
    Target("bulk baci", _baci, lambda: [BACI, PART.join([BACI, BACI_CODES])], _PAIR, 0.15),
    Target("bulk comtrade", _comtrade, lambda: [COMTRADE, COMTRADE_OLD], structure.csv, 0.15),
    Target("bulk imf", _imf, lambda: [IMF, IMF_LONG], structure.csv, 0.15),
    Target("bulk zip", _zipped, _zips, structure.zipped(structure.csv), 0.1),
    Target("bulk zip members", _packed, _zips, structure.zipped(structure.csv), 1.5),
    Target("bulk flows.json", _opened, _record, structure.json_document, 1),
)
