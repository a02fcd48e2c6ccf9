"""The made-up world that the stand-in World Bank serves: deterministic, full size, two releases and an archive."""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache

import numpy as np

ECONOMIES = """
ABW AFG AGO ALB AND ARE ARG ARM ASM ATG AUS AUT AZE BDI BEL BEN BFA BGD BGR BHR BHS BIH BLR BLZ BMU BOL BRA BRB
BRN BTN BWA CAF CAN CHE CHI CHL CHN CIV CMR COD COG COL COM CPV CRI CUB CUW CYM CYP CZE DEU DJI DMA DNK DOM DZA
ECU EGY ERI ESP EST ETH FIN FJI FRA FRO FSM GAB GBR GEO GHA GIB GIN GMB GNB GNQ GRC GRD GRL GTM GUM GUY HKG HND
HRV HTI HUN IDN IMN IND IRL IRN IRQ ISL ISR ITA JAM JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA
LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MUS MWI MYS NAM
NCL NER NGA NIC NLD NOR NPL NRU NZL OMN PAK PAN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT ROU RUS RWA SAU
SDN SEN SGP SLB SLE SLV SMR SOM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKM TLS TON TTO
TUN TUR TUV TZA UGA UKR URY USA UZB VCT VEN VGB VIR VNM VUT WSM XKX YEM ZAF ZMB ZWE
""".split()  # noqa: SIM905 - a list to read
AGGREGATES = ["WLD", "ECS"]
ROW = {code: k for k, code in enumerate((*ECONOMIES, *AGGREGATES))}
SERIES = {
    "NY.GDP.MKTP.CD": "GDP (current US$)",
    "NY.GDP.PCAP.KD": "GDP per capita (constant 2015 US$)",
    "SP.POP.TOTL": "Population, total",
    "NE.TRD.GNFS.ZS": "Trade (% of GDP)",
    "BX.TRF.PWKR.DT.GD.ZS": "Personal remittances, received (% of GDP)",
}
SERIES |= {f"TS.MADE.UP.{k:02d}": f"Made-up series {k}" for k in range(len(SERIES), 40)}
ELSEWHERE = {"GOV_WGI_CC.EST": "Control of Corruption: Estimate"}  # of database 3, with years under plain numbers
NULL_SERIES = "TS.NULL.ONLY"
DELETED_SERIES = "TS.DELETED"
RELEASES = ("2026-04-08", "2026-07-01")
VERSIONS = {"199704": "1997 Apr", "201504": "2015 Apr", "201610": "2016 Oct"}
FIRST_YEAR, LAST_YEAR = 1965, 2024
YEARS = range(FIRST_YEAR, LAST_YEAR + 1)
FOOTNOTES = {
    ("KGZ", 2015): "Break in the series: transfers by phone are in from here.",
    ("UZB", 2010): "Estimate.",
}


def label(code: str) -> str:
    return (SERIES | ELSEWHERE).get(
        code, {NULL_SERIES: "A series without values", DELETED_SERIES: "Gone"}.get(code, code)
    )


_shipped: dict[str, dict[tuple[str, int], float]] = {}


def ship() -> None:
    """Serve the values that ship with the toolkit too, under their codes and all of one release."""
    global YEARS
    from eaeu_analysis.data.sources.pinned import PinnedSource

    source = PinnedSource()
    last = LAST_YEAR
    for info in source.entries()[::-1]:  # the default vintage of a code comes first and stays
        frame = source.read(info.code, info.vintage).frame
        rows = frame[frame["economy"].isin(ROW)]
        _shipped[info.code] = dict(zip(zip(rows["economy"], rows["year"], strict=True), rows["value"], strict=True))
        SERIES[info.code] = info.label
        last = max(last, int(frame["year"].max()))
    YEARS = range(FIRST_YEAR, last + 1)


@lru_cache(maxsize=256)
def table(code: str, release: str) -> tuple[tuple[float | None, ...], ...]:
    """Values by economy (aggregates after the economies) and year; a later release revises a few and fills gaps."""
    if code in _shipped:
        held = _shipped[code]
        return tuple(tuple(held.get((economy, year)) for year in YEARS) for economy in ROW)
    seed = int.from_bytes(hashlib.sha256(code.encode()).digest()[:8], "big")
    rng = np.random.default_rng(seed)
    size = (len(ECONOMIES) + len(AGGREGATES), len(YEARS))
    level = np.exp(rng.normal(20, 2, size=(size[0], 1)))
    walk = np.cumsum(rng.normal(0.03, 0.05, size=size), axis=1)
    values = level * np.exp(walk)
    values[rng.random(size) < 0.12] = math.nan
    again = np.random.default_rng(int.from_bytes(hashlib.sha256(f"{code} {release}".encode()).digest()[:8], "big"))
    if release != RELEASES[0]:
        touched = again.random(size) < 0.01
        values[touched] *= 1 + again.normal(0, 0.02, size=int(touched.sum()))
        if release in VERSIONS:  # what was known then: nothing later than the version's year
            known = int(release[:4]) - FIRST_YEAR
            values[:, max(known, 0) :] = math.nan
    if code == NULL_SERIES:
        values[:] = math.nan
    return tuple(tuple(None if math.isnan(v) else v for v in row) for row in values.tolist())


def value(code: str, economy: str, year: int, release: str) -> float | None:
    return table(code, release)[ROW[economy]][year - FIRST_YEAR]


def tariff_lines(reporter: str, partner: str, year: int) -> list[dict[str, str]]:
    """Made-up TRAINS lines: three products, one with specific duties only, which the service writes as 0."""
    base = int.from_bytes(hashlib.sha256(f"{reporter}{year}".encode()).digest()[:2], "big") % 200 / 10
    lines = []
    for product, extra in (("020110", 0.0), ("610910", 2.5), ("220830", math.nan)):
        kinds = [("MFN", base + extra)] if partner in ("000", "WLD") else [("PREF", extra / 10)]
        for kind, rate in kinds:
            specific = math.isnan(rate)
            shown = 0.0 if specific else round(rate, 3)
            lines.append(
                {
                    "product": product,
                    "type": kind,
                    "value": repr(shown),
                    "lines": "4",
                    "specific": "4" if specific else "0",
                    "nomen": "H5",
                    "min": "0",
                    "max": repr(shown * 2),
                    "sum": repr(shown * 4),
                    "year": str(year),
                }
            )
    return lines


def trade_value(reporter: str, partner: str, product: str, indicator: str, year: int) -> float:
    """Made-up thousands of US$ (or per cent for a tariff average)."""
    raw = hashlib.sha256(f"{reporter}{partner}{product}{indicator}{year}".encode()).digest()
    number = int.from_bytes(raw[:4], "big")
    return round(number % 10_000 / 333, 3) if indicator.endswith("AVRG") else number / 1000
