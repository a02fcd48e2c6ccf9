"""What the stand-in answers: the shapes of API v2 (both halves), the archives, the metadata and WITS."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import responses

import server_comtrade
import server_data as data
import server_data360
import server_imf
import server_wits
from server_data import RELEASES

XML_ERROR = (
    '<?xml version="1.0" encoding="utf-8"?><wb:error xmlns:wb="http://www.worldbank.org"><wb:message id="{id}" '
    'key="{key}">{text}</wb:message></wb:error>'
)
NOT_VALID = ("120", "Invalid value", "The provided parameter value is not valid")
NOT_FOUND = ("160", "Data not found.", "The provided parameter value is not valid or data not found.")
DELETED = ("175", "Invalid format", "The indicator was not found. It may have been deleted or archived.")
BUSY = ("105", "Service currently unavailable", "The requested service is temporarily unavailable")
NAMES = {"2": "World Development Indicators", "3": "Worldwide Governance Indicators", "57": "WDI Database Archives"}
CONCEPTS = {
    "2": ["Country", "Series", "Time"],
    "3": ["Country", "Series", "Time"],
    "57": ["Country", "Series", "Time", "Version"],
}


@dataclass
class State:
    """What may change while the server runs."""

    release: str = RELEASES[0]
    prints: str = ""  # the release date, as JSON, where it is not that of the release; "-" leaves it out
    unknown_as: str = "xml"  # how the sources half answers for an unknown series: "xml" or "json"
    periods: tuple[str, ...] = ("",)  # of a year in database 3: ("M01", "M02") for two months of each


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json;charset=utf-8"})

    @property
    def reason(self) -> str:
        return responses.get(self.status, "Status")


def message(parts: tuple[str, str, str]) -> Answer:
    number, key, text = parts
    return _json([{"message": [{"id": number, "key": key, "value": text}]}])


def _json(what: object) -> Answer:
    return Answer(json.dumps(what).encode())


def _xml(text: str, status: int = 200) -> Answer:
    return Answer(text.encode(), status, {"Content-Type": "application/xml;charset=utf-8"})


def respond(state: State, path: str, query: dict[str, str], fault: str) -> Answer:
    """The answer to one request, with the body spoilt when ``fault`` is one of the body's kind."""
    if fault.isdigit():
        return Answer(b"<html><body>no</body></html>", int(fault), {"Content-Type": "text/html"})
    whole = WHOLE.get(fault)
    if whole is not None:
        return whole()
    answer = _whole_answer(state, path, query, fault)
    if fault == "truncated":
        answer = Answer(answer.body[: len(answer.body) * 2 // 3 - 1], answer.status, answer.headers)
    return answer


def _whole_answer(state: State, path: str, query: dict[str, str], fault: str) -> Answer:
    """The answer of the service that the path is of."""
    if path.endswith("/data360/data"):
        return _json(server_data360.respond(query, fault))
    if "/data/dataflow/IMF.STA/IMTS/" in path:
        return Answer(*server_imf.respond(path, query, fault), {"Content-Type": "text/csv"})
    if "/data/v1/get/" in path:
        return Answer(*server_comtrade.respond(query, fault))
    if "/API/V1/SDMX" in path:
        return _xml(*server_wits.respond(path, query))
    rest = re.sub(r"^/v2/", "", path)
    return _route(state, re.sub(r"^(en|ru)/", "", rest).strip("/"), query, fault)


WHOLE: dict[str, Callable[[], Answer]] = {
    "empty": Answer,
    "unknown": lambda: message(NOT_VALID),
    "deleted": lambda: message(DELETED),
    "busy": lambda: message(BUSY),
    "xml": lambda: _xml('<?xml version="1.0"?><wb:data xmlns:wb="http://www.worldbank.org" page="1" />'),
    "entity": lambda: _xml('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>'),
    "html": lambda: Answer(b"<!DOCTYPE html><html><title>Error</title></html>", 200, {"Content-Type": "text/html"}),
    "redirect": lambda: Answer(b"", 302, {"Content-Type": "text/plain"}),
    "redirect-same": lambda: Answer(b"", 302, {"Content-Type": "text/plain"}),
    "deep": lambda: Answer(b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "packed": lambda: Answer(b"[]", 200, {"Content-Type": "application/json", "Content-Encoding": "br, gzip"}),
    "bomb": lambda: Answer(_gzip_bomb(), 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
}


@lru_cache(maxsize=1)
def _gzip_bomb() -> bytes:
    import zlib

    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([squeeze.compress(b" " * (1 << 20)) for _ in range(32)] + [squeeze.flush()])


def _route(state: State, rest: str, query: dict[str, str], fault: str) -> Answer:
    parts = rest.split("/")
    if parts[0] == "sources" and len(parts) == 1:
        records = [_source_record(db, state) for db in NAMES]
        return _json([_old_header(len(records), query), records])
    if parts[0] == "sources":
        return _sources(state, parts[1], parts[2:], query, fault)
    if parts[0] == "country" and "indicator" in parts:
        return _old_data(state, parts, query)
    if parts[0] == "country":
        records = [_country_record(code) for code in (*data.ECONOMIES, *data.AGGREGATES)]
        return _json([_old_header(len(records), query), _window(records, query)])
    if parts[0] in ("region", "incomelevel", "lendingtype"):
        record = {"id": "7", "code": "ECS", "iso2code": "Z7", "name": "Europe & Central Asia", "value": "Group"}
        return _json([_old_header(1, query), [record]])
    if parts[0] == "indicator":
        if parts[1] not in data.SERIES:
            return message(DELETED)
        return _json([_old_header(1, query), [{"id": parts[1], "name": data.label(parts[1]), "source": {"id": "2"}}]])
    return message(("140", "Endpoint not found", "The requested endpoint was not found"))


def _source_record(db: str, state: State) -> dict[str, str]:
    return {"id": db, "lastupdated": state.release, "name": NAMES[db], "code": "WDI" if db == "2" else "WDA",
            "dataavailability": "Y", "metadataavailability": "Y", "concepts": str(len(CONCEPTS[db]))}  # fmt: skip


def _country_record(code: str) -> dict[str, object]:
    group = code in data.AGGREGATES
    region = (
        {"id": "NA", "iso2code": "NA", "value": "Aggregates"}
        if group
        else {"id": "ECS", "iso2code": "Z7", "value": "ECA"}
    )
    return {"id": code, "iso2Code": code[:2], "name": f"Economy {code}", "region": region,
            "adminregion": {"id": "", "iso2code": "", "value": ""}, "incomeLevel": region, "lendingType": region,
            "capitalCity": "", "longitude": "", "latitude": ""}  # fmt: skip


def _old_header(total: int, query: dict[str, str]) -> dict[str, object]:
    per = int(query.get("per_page", 50))
    return {"page": int(query.get("page", 1)), "pages": math.ceil(total / per), "per_page": str(per), "total": total}


def _window(records: list[dict[str, object]], query: dict[str, str]) -> list[dict[str, object]]:
    per, page = int(query.get("per_page", 50)), int(query.get("page", 1))
    return records[(page - 1) * per : page * per]


def _sources(state: State, db: str, parts: list[str], query: dict[str, str], fault: str) -> Answer:
    if db not in NAMES:
        return message(NOT_VALID)
    if not parts:
        return _json([_old_header(1, query), [_source_record(db, state)]])
    if parts[-1] == "metadata":
        return _metadata(db, parts, query)
    if parts[0] == "concepts":
        concepts = [{"id": c, "value": c} for c in CONCEPTS[db]]
        return _json(
            _new_header(len(concepts), query) | {"source": [{"id": db, "name": NAMES[db], "concept": concepts}]}
        )
    pairs = dict(zip(parts[::2], parts[1::2], strict=False))
    if len(pairs) == 1:
        return _listing(state, db, *next(iter(pairs.items())), query)
    return _values(state, db, pairs, query, fault)


def _new_header(total: int, query: dict[str, str]) -> dict[str, object]:
    per = int(query.get("per_page", 50))
    return {"page": int(query.get("page", 1)), "pages": math.ceil(total / per), "per_page": per, "total": total}


def _listing(state: State, db: str, concept: str, wanted: str, query: dict[str, str]) -> Answer:
    everything: dict[str, list[tuple[str, str]]] = {
        "country": [(c, f"Economy {c}") for c in (*data.ECONOMIES, *data.AGGREGATES)],
        "series": list(data.SERIES.items()),
        "time": [(t, t.removeprefix("YR")) for t in _times(db, state)],
        "version": list(data.VERSIONS.items()) if db == "57" else [],
    }
    rows = everything.get(concept.lower(), [])
    if wanted != "all":
        rows = [row for row in rows if row[0] in wanted.split(";")]
        if not rows:
            return _xml(XML_ERROR.format(id=NOT_FOUND[0], key=NOT_FOUND[1], text=NOT_FOUND[2]))
    shown = _window([{"id": i, "value": v} for i, v in rows], query)
    body = {"source": [{"id": db, "name": NAMES[db], "concept": [{"id": concept, "name": concept, "variable": shown}]}]}
    return _json(_new_header(len(rows), query) | body)


def _times(db: str, state: State) -> list[str]:
    return [f"{y}{part}" for y in data.YEARS for part in state.periods] if db == "3" else [f"YR{y}" for y in data.YEARS]


def _metadata(db: str, parts: list[str], query: dict[str, str]) -> Answer:
    pairs = dict(zip(parts[:-1][::2], parts[:-1][1::2], strict=False))
    code = pairs.get("series", "")
    if code not in (data.SERIES | data.ELSEWHERE):
        return _xml(XML_ERROR.format(id=NOT_FOUND[0], key=NOT_FOUND[1], text=NOT_FOUND[2]))
    fields = [
        {"id": "IndicatorName", "value": data.label(code)},
        {"id": "License_Type", "value": "CC BY-4.0"},
        {"id": "Longdefinition", "value": f"Definition of {code}. Données d'après la source."},
        {"id": "Source", "value": "Made-up office of statistics"},
    ]
    concepts = [{"id": "Series", "variable": [{"id": code, "metatype": fields}]}]
    return _json(_new_header(len(fields), query) | {"source": [{"id": db, "name": NAMES[db], "concept": concepts}]})


def _pick(wanted: str, everything: list[str]) -> list[str]:
    return everything if wanted == "all" else [x for x in wanted.split(";") if x in everything]


def _values(state: State, db: str, pairs: dict[str, str], query: dict[str, str], fault: str) -> Answer:
    codes = pairs["series"].split(";")
    known = {*(data.ELSEWHERE if db == "3" else data.SERIES), data.NULL_SERIES}
    if data.DELETED_SERIES in codes:
        return message(DELETED)
    if any(code not in known for code in codes):
        return message(NOT_VALID) if state.unknown_as == "json" else _xml(
            XML_ERROR.format(id=NOT_FOUND[0], key=NOT_FOUND[1], text=NOT_FOUND[2])
        )  # fmt: skip
    version = pairs.get("version", "")
    if db == "57" and version not in data.VERSIONS:
        return _xml(XML_ERROR.format(id=NOT_FOUND[0], key=NOT_FOUND[1], text=NOT_FOUND[2]))
    economies = _pick(pairs["country"], [*data.ECONOMIES, *data.AGGREGATES])
    years = _pick(pairs["time"], _times(db, state))
    if not economies or not years:
        return message(NOT_VALID)
    economies = {"other-economy": [*economies, "USA"], "no-economy": economies[1:]}.get(fault, economies)
    years = {"other-year": [*years, "YR1999"], "no-year": years[1:], "mixed-periods": [*years, "2015Q1"]}.get(
        fault, years
    )
    per, page = int(query.get("per_page", 50)), int(query.get("page", 1))
    body = _page(
        db, tuple(codes), tuple(economies), tuple(years), version, state.release, per, page, fault, state.prints
    )
    return Answer(body)


@lru_cache(maxsize=2048)
def _page(
    db: str, codes: tuple[str, ...], economies: tuple[str, ...], years: tuple[str, ...],
    version: str, release: str, per: int, page: int, fault: str, prints: str,
) -> bytes:  # fmt: skip
    total = len(economies) * len(codes) * len(years)
    shown = page - 1 if fault in ("repeat", "repeat-whole") and page > 1 else page
    rows = [
        _row(code, economies[e], years[y], version, release, fault)
        for k in range((shown - 1) * per, min(shown * per, total))
        for e, s, y in [(k // (len(codes) * len(years)), k // len(years) % len(codes), k % len(years))]
        for code in [codes[s]]
    ]
    stated = total + 7 if fault == "total" else total
    head = {
        "page": shown if fault == "repeat-whole" else page,
        "pages": math.ceil(stated / per),
        "per_page": 0 if fault == "per-page-zero" else per,
        "total": stated,
        "lastupdated": release if not version else RELEASES[0],
    }
    if prints:
        del head["lastupdated"]
    if prints not in ("", "-"):
        head["lastupdated"] = json.loads(prints)
    start = json.dumps(head)[:-1]
    body = f'{start},"source":{{"id":"{db}","name":"{NAMES[db]}","data":[{",".join(rows)}]}}}}'
    return body.encode()


def _row(code: str, economy: str, year: str, version: str, release: str, fault: str) -> str:
    number = data.value(code, economy, int(year.removeprefix("YR")[:4]), version or release)
    value = "null" if number is None or fault == "null" else repr(number)
    if fault == "text-value":
        value = f'"{value}"'
    elif fault == "nan":
        value = "NaN"
    elif fault == "huge-number":
        value = "1" + "0" * 300
    spoilt = {"code-null": "null", "code-lower": '"kgz"', "code-two": '"KG"', "code-number": "417"}
    former = {"ROU": "ROM", "COD": "ZAR", "TLS": "TMP", "PSE": "WBG"} if fault == "old-codes" else {}
    who = spoilt.get(fault, '"KGZ"') if economy == "KGZ" else f'"{former.get(economy, economy)}"'
    extra = f',{{"concept":"Version","id":"{version}","value":"{data.VERSIONS[version]}"}}' if version else ""
    return (
        f'{{"variable":[{{"concept":"Country","id":{who},"value":"Economy {economy}"}},'
        f'{{"concept":"Series","id":"{code}","value":"{data.label(code)}"}},'
        f'{{"concept":"Time","id":"{year}","value":"{year[-4:]}"}}{extra}],"value":{value}}}'
    )


def _old_data(state: State, parts: list[str], query: dict[str, str]) -> Answer:
    code = parts[3]
    if code not in data.SERIES:
        return message(DELETED)
    economies = _pick(parts[1], [*data.ECONOMIES, *data.AGGREGATES])
    first, _, last = query.get("date", f"{data.FIRST_YEAR}:{data.LAST_YEAR}").partition(":")
    keys = [(c, y) for c in economies for y in range(int(last or first), int(first) - 1, -1) if y in data.YEARS]
    per, page = int(query.get("per_page", 50)), int(query.get("page", 1))
    head = f'{{"indicator":{{"id":"{code}","value":{json.dumps(data.label(code))}}},"country":'
    rows = [head + _old_row(code, c, y, state.release, query) for c, y in keys[(page - 1) * per : page * per]]
    header = _old_header(len(keys), query) | {"sourceid": "2", "lastupdated": state.release}
    return Answer(f"[{json.dumps(header)},[{','.join(rows)}]]".encode())


def _old_row(code: str, economy: str, year: int, release: str, query: dict[str, str]) -> str:
    """The rest of a record, after its indicator; text and not a dictionary, for speed."""
    number, text = data.value(code, economy, year, release), data.FOOTNOTES.get((economy, year), "")
    note = f',"footnote":{json.dumps(text)}' if query.get("footnote") == "y" else ""
    return (
        f'{{"id":"{economy[:2]}","value":"Economy {economy}"}},"countryiso3code":"{economy}","date":"{year}",'
        f'"value":{"null" if number is None else repr(number)},"unit":"",'
        f'"obs_status":"{"E" if text == "Estimate." else ""}","decimal":0{note}}}'
    )
