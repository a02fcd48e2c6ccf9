"""The stand-in's IMF half: IMTS by SDMX 3.0 as CSV, full dollars under SCALE 6."""

from __future__ import annotations

import hashlib

HEADER = (
    "DATAFLOW,COUNTRY,INDICATOR,COUNTERPART_COUNTRY,FREQUENCY,TIME_PERIOD,OBS_VALUE,SCALE,PRECISION,"
    "DECIMALS_DISPLAYED,TRADE_FLOW,VALUATION,UNIT,DERIVATION_TYPE,OVERLAP,STATUS\n"
)
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
    lines = [f"IMF.STA:IMTS(1.0.0),{country},{indicator},RUS,{freq},,,6,,,,,USD,,,\n"]  # names a series alone
    for partner in partners if country in ("UZB", "KGZ", "USA") and fault != "silent" else ():
        for year in [y for y in YEARS if y >= first]:
            worth = str(value(country, indicator, partner, year))
            cells = {"text-value": ("many", freq), "breakdowns": (worth, "M"), "huge-number": ("1e20", freq)}
            shown, letter = cells.get(fault, (worth, freq))
            lines.append(f"IMF.STA:IMTS(1.0.0),{country},{indicator},{partner},{letter},{year},{shown},6,,,,,USD,,,\n")
    if fault == "repeat":
        lines += lines[-1:]
    return (HEADER + "".join(lines)).encode(), 200
