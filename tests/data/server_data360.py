"""The stand-in's Data360 half: flat rows, 1,000 a page, and never more than 10,000 of an answer."""

from __future__ import annotations

import hashlib

from server_data import ECONOMIES

CUT, PAGE = 10_000, 1_000
PAIRED = "WB_KNOMAD_BRE"
RECEIVERS = 52  # of each sender: 217 x 52 rows are more than an answer has


def value(*parts: object) -> float:
    return int.from_bytes(hashlib.sha256("".join(map(str, parts)).encode()).digest()[:3], "big") / 1000


def rows(indicator: str, area: str) -> list[dict[str, object]]:
    """Everything that is there, of one economy or of all."""
    areas = [a for a in (*ECONOMIES, "WLD", "OECD") if area in ("", a)]
    if indicator == PAIRED:
        return [
            _row(indicator, sender, "2021", value(sender, receiver), f"WB_KNOMAD_{receiver}")
            for sender in areas
            if sender != "OECD"
            for receiver in [*ECONOMIES[: RECEIVERS - 1], "WLD"]
        ]
    if indicator == "WB_X_SHORT":
        return [
            _row(indicator, a, str(year), value(a, year, sex), "_Z", sex)
            for a in areas
            for year in (2019, 2020)
            for sex in ("_T", "F")
        ]
    return []


def _row(indicator: str, area: str, year: str, number: float, part: str, sex: str = "_T") -> dict[str, object]:
    return {
        "REF_AREA": area, "INDICATOR": indicator, "TIME_PERIOD": year, "OBS_VALUE": str(number), "UNIT_MULT": 0,
        "OBS_STATUS": "A", "SEX": sex, "AGE": "_T", "URBANISATION": "_T", "COMP_BREAKDOWN_1": part,
        "COMP_BREAKDOWN_2": "_Z", "COMP_BREAKDOWN_3": "_Z", "LATEST_DATA": True, "FREQ": "A",
    }  # fmt: skip


def respond(query: dict[str, str], fault: str) -> dict[str, object]:
    whole = rows(query.get("INDICATOR", ""), query.get("REF_AREA", ""))
    count, skip = min(len(whole), CUT), int(query.get("skip", 0))
    shown = whole[:CUT][skip : skip + PAGE]
    if fault == "repeat":
        shown = shown[:-1] + shown[:1]
    spoilt = {
        "text-value": {"OBS_VALUE": "many"},
        "breakdowns": {"INDICATOR": "OTHER"},
        "other-year": {"TIME_PERIOD": "?"},
        "other-economy": {"REF_AREA": "DEU"},
    }
    shown = [row | spoilt.get(fault, {}) for row in shown]
    return {"count": count + 7 if fault == "total" else count, "value": shown}
