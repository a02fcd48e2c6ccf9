"""The stand-in's WITS half: SDMX-ML 2.1 generic data, as the service sends it."""

from __future__ import annotations

import re

import server_data as data

_MESSAGE = (
    '<?xml version="1.0" encoding="UTF-8"?><message:GenericData '
    'xmlns:generic="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic" '
    'xmlns:message="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message" '
    'xmlns:common="http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common"><message:Header>'
    "<message:ID>{flow}</message:ID><message:Test>false</message:Test>"
    "<message:Prepared>2024-11-05T06:16:41</message:Prepared>"
    '<message:Sender id="WBG_WITS"><common:Name xml:lang="en">World Bank Group - WITS</common:Name></message:Sender>'
    '<message:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><common:Structure>'
    '<Ref agencyID="WBG_WITS" id="S" version="1.0"/></common:Structure></message:Structure></message:Header>'
    '<message:DataSet action="Information" structureRef="S">{series}</message:DataSet></message:GenericData>'
)
_NOTHING = '<Error><Code>404</Code><Text xml:lang="en">NoRecordsFound</Text></Error>'


def respond(path: str, query: dict[str, str]) -> tuple[str, int]:
    """Body and status; Turkmenistan never reported, so it gives the service's 404."""
    found = re.search(r"/rest/data/(?:[^/]*,)?(DF_WITS_[A-Za-z_]+)(?:,[^/]*)?/([^/]+)", path)
    if not found:
        return _NOTHING, 404
    flow, key = found.groups()
    _, reporter, partner, product, last = key.split(".")
    if reporter.upper() in ("TKM", "795"):
        return _NOTHING, 404
    years = range(int(query.get("startPeriod", 2000)), int(query.get("endPeriod", 2000)) + 1)
    if flow == "DF_WITS_Tariff_TRAINS":
        body = _trains(reporter, partner, product, last, years)
    else:
        partners = ["RUS", "KAZ", "WLD", "ECS", "UNS"] if partner == "" else partner.split("+")
        products = ["Total", "Food"] if product == "" else product.split("+")
        body = "".join(_stats(reporter, q, p, i, years) for q in partners for p in products for i in last.split("+"))
    return _MESSAGE.format(flow=flow, series=body), 200


def _values(tag: str, items: dict[str, str]) -> str:
    inner = "".join(f'<generic:Value id="{k}" value="{v}"/>' for k, v in items.items())
    return f"<generic:{tag}>{inner}</generic:{tag}>"


def _obs(year: int, value: object, attributes: dict[str, str]) -> str:
    return (
        f'<generic:Obs><generic:ObsDimension id="TIME_PERIOD" value="{year}"/><generic:ObsValue value="{value}"/>'
        f"{_values('Attributes', attributes)}</generic:Obs>"
    )


def _stats(reporter: str, partner: str, product: str, indicator: str, years: range) -> str:
    who, whom = reporter.upper(), partner.upper()
    key = {"FREQ": "A", "REPORTER": who, "PARTNER": whom, "PRODUCTCODE": product, "INDICATOR": indicator}
    numbers = [(y, data.trade_value(who, whom, product, indicator, y)) for y in years]
    observations = "".join(_obs(y, v, {"DATASOURCE": "WITS"}) for y, v in numbers)
    return f"<generic:Series>{_values('SeriesKey', key)}{observations}</generic:Series>"


def _trains(reporter: str, partner: str, product: str, kind: str, years: range) -> str:
    out = []
    for code in partner.split("+") if partner else ["000", "643"]:
        for year in years:
            for line in data.tariff_lines(reporter, code, year):
                if product and line["product"] not in product.split("+"):
                    continue
                key = {"FREQ": "A", "DATATYPE": kind.title(), "PRODUCTCODE": line["product"], "PARTNER": code}
                notes = {
                    "TARIFFTYPE": line["type"],
                    "OBS_VALUE_MEASURE": "SimpleAverage",
                    "TOTALNOOFLINES": line["lines"],
                    "NBR_NA_LINES": line["specific"],
                    "SUM_OF_RATES": line["sum"],
                    "MIN_RATE": line["min"],
                    "MAX_RATE": line["max"],
                    "NOMENCODE": line["nomen"],
                }
                series = _values("SeriesKey", key | {"REPORTER": reporter}) + _obs(year, line["value"], notes)
                out.append(f"<generic:Series>{series}</generic:Series>")
    return "".join(out)
