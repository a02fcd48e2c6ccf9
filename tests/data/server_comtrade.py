"""The stand-in's UN Comtrade half: API v1 as recorded in 2026, with its ways of going wrong."""

from __future__ import annotations

import hashlib
import json

PARTNERS = {0: "W00", 643: "RUS", 398: "KAZ", 490: "S19", 412: "_KS", 842: "USA", 899: "_X "}
REPORTED = {860: range(2017, 2022), 417: range(2010, 2024), 276: range(2000, 2024), 381: range(2000, 2024)}
RATE = {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 1 seconds."}
QUOTA = {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 03:14:17."}
REFUSALS = {"rate": (RATE, 429), "quota": (QUOTA, 403), "key": ({"statusCode": 401, "message": "Access denied"}, 401)}


def value(reporter: int, partner: int, flow: str, product: str, year: int) -> float:
    """Made-up US$."""
    raw = hashlib.sha256(f"{reporter}{partner}{flow}{product}{year}".encode()).digest()
    return int.from_bytes(raw[:4], "big") / 100


def respond(query: dict[str, str], fault: str) -> tuple[bytes, int]:
    """Body and status. A wrong parameter and an empty result look alike: status 200, no row, no error."""
    if fault in REFUSALS:
        body, status = REFUSALS[fault]
        return json.dumps(body).encode(), status
    rows = [] if fault == "silent" else _rows(query)
    if query.get("partner2Code") != "0" or query.get("motCode") != "0" or query.get("customsCode") != "C00":
        rows = rows * 9  # the breakdowns that come where the totals are not asked for
    spoilt = {
        "breakdowns": {"partner2Code": 156},
        "other-year": {"period": "1999"},
        "text-value": {"primaryValue": "n"},
    }
    rows = [row | spoilt.get(fault, {}) for row in rows]
    rows = rows + rows[:1] if fault == "repeat" else rows
    count = len(rows) + 7 if fault == "total" else len(rows)
    error = "The parameter is wrong" if fault == "unknown-parameter" else ""
    body = {"elapsedTime": "0.09 secs", "count": count, "data": rows, "error": error}
    return json.dumps(body).encode(), 200


def _rows(query: dict[str, str]) -> list[dict[str, object]]:
    year, flow, product = int(query.get("period", 0)), query.get("flowCode", ""), query.get("cmdCode", "")
    products = {"AG2": ["27", "87"], "AG4": ["2710", "8703"]}.get(product, [product])
    asked = [int(number) for number in query["partnerCode"].split(",")] if "partnerCode" in query else list(PARTNERS)
    found = []
    for reporter in map(int, query.get("reporterCode", "0").split(",")):
        if year not in REPORTED.get(reporter, ()) or product == "99":
            continue
        for partner in [number for number in asked if number in PARTNERS]:
            found += [_row(reporter, partner, flow, one, year) for one in products]
    return found


def _row(reporter: int, partner: int, flow: str, product: str, year: int) -> dict[str, object]:
    worth = value(reporter, partner, flow, product, year)
    return {
        "typeCode": "C", "freqCode": "A", "refPeriodId": year * 10000 + 101, "refYear": year, "refMonth": 52,
        "period": str(year), "reporterCode": reporter, "reporterISO": None, "flowCode": flow, "partnerCode": partner,
        "partnerISO": PARTNERS[partner], "partner2Code": 0, "classificationCode": "H6", "cmdCode": product,
        "customsCode": "C00", "mosCode": "0", "motCode": 0, "cifvalue": None, "fobvalue": worth, "primaryValue": worth,
        "isReported": False, "isAggregate": True,
    }  # fmt: skip
