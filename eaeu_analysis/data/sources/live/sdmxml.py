"""SDMX-ML by way of sdmx1, over a session of ours: bounded, checked, and kept on disk while a pull is under way."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import requests

from .http import FetchError, GuardedSession
from .jobs import FetchContext


def fetch_year(session: SdmxSession, source: str, endpoint: str, dataflow: str, key: str, year: int) -> pd.DataFrame:
    """One year of a dataflow of sdmx1's source ``source``: a row per observation, key and attributes as text."""
    import sdmx

    client = sdmx.Client(source, session=session)
    client.source = replace(client.source, url=endpoint)  # a copy: sdmx shares its sources
    params = {"startPeriod": year, "endPeriod": year}
    with _readable(urlsplit(endpoint).netloc):
        message = client.get(resource_type="data", resource_id=dataflow, key=key, params=params, provider=None)
        return pd.DataFrame(_all_records(message))


def read_answer(body: bytes, host: str) -> list[dict[str, str]]:
    """The observations of an answer in SDMX-ML, a row each: key and attributes as text.

    The structure is not asked for: the names of the parts of a key are in the answer itself.
    """
    import sdmx

    check_sdmx(body, host)
    with _readable(host):
        return _all_records(sdmx.read_sdmx(io.BytesIO(body)))


@contextlib.contextmanager
def _readable(host: str) -> Iterator[None]:
    """What sdmx1 cannot read is one sentence; it prints and logs more."""
    import sdmx

    unreadable = (sdmx.exceptions.XMLParseError, sdmx.exceptions.ParseError, RuntimeError, AttributeError, KeyError)
    log = logging.getLogger("sdmx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except unreadable as error:
        raise FetchError(f"{host} sent SDMX that cannot be read", "body", again=False) from error
    finally:
        log.setLevel(level)


def _all_records(message: Any) -> list[dict[str, str]]:
    return [record for data in message.data for record in _records(data)]


def _records(data: Any) -> Iterator[dict[str, str]]:
    for observation in data.obs:
        key, attributes = observation.key.values, observation.attached_attribute  # noqa: PD011 - no frame
        fields = {name: str(part.value) for name, part in (key | attributes).items()}
        yield fields | {"OBS_VALUE": "" if observation.value is None else str(observation.value)}


class SdmxSession(GuardedSession):
    """The session sdmx is given: our rules, the pages kept on disk, and nothing let through that is not SDMX."""

    def __init__(self, under: FetchContext) -> None:
        super().__init__(under.transport.settings, under.transport.ends)
        self.spool = under.spool

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        url = str(request.url)
        body = self.spool.get(url)
        if body is None:
            body = super().send(request, **options).content
            check_sdmx(body, urlsplit(url).netloc)
            self.spool.put(url, body)
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = 200, url, request
        answer.headers["Content-Type"] = "application/vnd.sdmx.genericdata+xml;version=2.1"
        answer._content = body
        return answer


def check_sdmx(body: bytes, host: str) -> None:
    """Raise FetchError unless ``body`` is well-formed SDMX-ML data, without a document type or entities."""
    from lxml import etree  # type: ignore[import-untyped] # no stubs

    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise FetchError(f"{host} sent an empty answer", "body")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or not start.startswith(b"<"):
        html = re.search(rb"<!doctype html|<html", start, re.IGNORECASE)
        kind = "an HTML page" if html else "a document with entities" if start.startswith(b"<") else "text"
        raise FetchError(f"{host} sent {kind} where SDMX was asked for", "body")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        raise FetchError(f"{host} sent XML that breaks off or is not valid", "body") from None
    name = etree.QName(root)
    if name.localname not in ("GenericData", "StructureSpecificData") or "sdmx.org" not in (name.namespace or ""):
        raise FetchError(f"{host} sent XML that is not SDMX data", "body")
