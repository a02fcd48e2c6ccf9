"""The stand-in's IMF half: IMTS by SDMX-ML 3.0, full dollars under SCALE 6."""

from __future__ import annotations

import hashlib

_V3 = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_STRUCTURE = "urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=IMF.STA:DSD_IMTS(1.0.0)"
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<mes:StructureSpecificData xmlns:mes="{_V3}/message" xmlns:ss="{_V3}/data/structurespecific" xmlns:com="{_V3}/common"
 xmlns:ns1="{_STRUCTURE}:ObsLevelDim:TIME_PERIOD" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<mes:Header><mes:ID>answer</mes:ID><mes:Test>false</mes:Test><mes:Prepared>2026-05-09T10:00:00Z</mes:Prepared>
<mes:Sender id="IMF"/><mes:Structure structureID="IMTS" namespace="{_STRUCTURE}" dimensionAtObservation="TIME_PERIOD">
<com:Structure>{_STRUCTURE}</com:Structure></mes:Structure></mes:Header>
<mes:DataSet ss:structureRef="IMTS" xsi:type="ns1:DataSetType" ss:dataScope="DataStructure" action="Replace">
"""
FOOT = "</mes:DataSet></mes:StructureSpecificData>\n"
PARTNERS = ("G001", "G163", "TX126", "SUN", "RUS", "KAZ", "KOS", "USA")
YEARS = range(1992, 2025)


def value(country: str, indicator: str, partner: str, year: int) -> float:
    """Made-up US$."""
    raw = hashlib.sha256(f"{country}{indicator}{partner}{year}".encode()).digest()
    return int.from_bytes(raw[:4], "big") / 10


def respond(path: str, query: dict[str, str], fault: str) -> tuple[bytes, int]:
    country, indicator, whom, freq = path.rsplit("/", 1)[1].split(".")
    if "*" in whom and "%2A" not in query.get("raw", "%2A"):
        return b"", 500
    first = int(query.get("c[TIME_PERIOD]", "ge:1948-A")[3:7])
    partners = PARTNERS if whom == "*" else [p for p in whom.split("+") if p in PARTNERS]
    series = [_series(country, indicator, "RUS", freq, [])]  # without an observation
    for partner in partners if country in ("UZB", "KGZ", "USA") and fault != "silent" else ():
        shown = {"text-value": "many", "huge-number": "1e20"}
        years = [y for y in YEARS if y >= first]
        cells = [(y, shown.get(fault) or str(value(country, indicator, partner, y))) for y in years]
        if fault == "repeat":
            cells += cells[-1:]
        series.append(_series(country, indicator, partner, "M" if fault == "breakdowns" else freq, cells))
    return (
        HEAD + f'<Group xsi:type="ns1:Unit" UNIT="USD" COUNTRY="{country}"/>' + "".join(series) + FOOT
    ).encode(), 200


def _series(country: str, indicator: str, partner: str, freq: str, cells: list[tuple[int, str]]) -> str:
    whom = f'COUNTRY="{country}" INDICATOR="{indicator}" COUNTERPART_COUNTRY="{partner}" FREQUENCY="{freq}" SCALE="6"'
    seen = "".join(f'<Obs TIME_PERIOD="{year}" OBS_VALUE="{shown}"/>' for year, shown in cells)
    return f"<Series {whom}>{seen}</Series>\n"
