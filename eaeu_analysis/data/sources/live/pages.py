"""What the World Bank sends, judged before it is believed: form, messages, paging.

Nothing here goes online. A body that is not what was asked raises :class:`FetchError` with ``again`` set, for the
page to be asked for again; pages that contradict each other raise one of kind ``paging`` or ``release``, for the
whole series to be asked for again.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import math
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from .... import files
from .http import FetchError

MAX_ROWS = 5_000_000  # of one series; no database of the World Bank has a tenth of that
PASSING_MESSAGES = {"105", "199"}  # "service unavailable", "unknown error"
_XML_MESSAGE = re.compile(rb'<wb:message id="(\d{1,4})"(?: key="([^"]{0,200})")?>([^<]{0,400})')


def read_json(body: bytes, host: str) -> Any:
    """The JSON of an answer; raises FetchError for anything else, with the service's own message where there is one.

    Depth is bounded by the parser, which refuses a nesting of about two hundred; NaN and Infinity are not JSON.
    """
    start = body[:2000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise FetchError(f"{host} sent an empty answer", "body")
    if start.startswith(b"<"):
        found = _XML_MESSAGE.search(start)
        if found:
            raise message_error(host, *(part.decode("utf-8", "replace") for part in found.groups(b"")))
        kind = "an HTML page" if re.search(rb"<!doctype html|<html", start, re.IGNORECASE) else "XML"
        raise FetchError(f"{host} sent {kind} where JSON was asked for", "body")
    try:
        with _no_collection():  # a page is a few hundred thousand containers without a cycle
            return from_json(body.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)
    except ValueError as error:
        if "recursion limit" in str(error):
            raise FetchError(f"{host} sent JSON nested too deep to read", "body", again=False) from None
        raise FetchError(f"{host} sent JSON that breaks off or is not valid", "body") from None


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """No search for cycles meanwhile: it would walk everything made so far, again and again."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def message_error(host: str, number: str, key: str, text: str) -> FetchError:
    """The service's own message as an error; ``code`` is its number."""
    reason = f"{key.strip().rstrip('.')}: {text.strip().rstrip('.')}".strip(": ")
    return FetchError(
        f"{host} says: {reason} (message {number})", "message", again=number in PASSING_MESSAGES, code=number
    )


def header_and_rows(answer: Any, host: str) -> tuple[dict[str, Any], list[Any]]:
    """Header and records of either form of the API; raises FetchError for a message or a form that is neither."""
    head = answer[0] if isinstance(answer, list) and answer else answer
    if not isinstance(head, dict):
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    if head.get("message"):
        message = head["message"][0] if isinstance(head["message"], list) else {}
        if not isinstance(message, dict):
            message = {}
        raise message_error(
            host, str(message.get("id", "?")), str(message.get("key", "")), str(message.get("value", ""))
        )
    rows: Any = None
    if isinstance(answer, list):
        rows = answer[1] if len(answer) > 1 else None
        rows = [] if rows is None and _number(head.get("total")) == 0 else rows
    elif isinstance(answer.get("source"), dict):
        rows = answer["source"].get("data")
    elif isinstance(answer.get("source"), list) and answer["source"]:
        rows = answer["source"]
    if not isinstance(rows, list):
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    return head, rows


def _number(value: Any) -> int:
    """A count in a header, which the API writes as a number or as text; -1 when it is neither."""
    text = str(value)
    return int(text) if re.fullmatch(r"\d{1,12}", text) else -1


@dataclass
class Ledger:
    """The pages of one series so far, so that the next can be held against them.

    ``total`` rows are promised, ``rows`` came; ``lastupdated`` is the release, the same on every page.
    """

    host: str
    total: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    lastupdated: str = ""
    _first_keys: dict[str, dict[str, int]] = field(default_factory=dict)

    def read(self, body: bytes, page: int, per_page: int) -> Any:
        """The JSON of page ``page`` (from 1), checked against its header."""
        answer = read_json(body, self.host)
        head, rows = header_and_rows(answer, self.host)
        total = _number(head.get("total"))
        if total > MAX_ROWS:
            raise FetchError(f"{self.host} announces {total:,} rows for one series; not read", "size", again=False)
        if total == 0 and not rows:  # the header of an empty answer counts from nought, and its rows may be null
            return [head, []] if isinstance(answer, list) else answer
        if _number(head.get("page")) != page or _number(head.get("per_page")) != per_page:
            raise FetchError(f"{self.host} sent another page than page {page}", "body")
        if _is_listing(answer):
            return answer
        due = max(0, min(per_page, total - (page - 1) * per_page))
        if total < 0 or _number(head.get("pages")) != math.ceil(total / per_page) or len(rows) != due:
            raise FetchError(f"{self.host} sent {len(rows):,} rows on page {page} where {due:,} are due", "body")
        _check_rows(rows, self.host)
        return answer

    def enter(self, answer: Any, base: str, page: int) -> None:
        """Hold a page that is right in itself against those before it; raises FetchError of kind paging or release."""
        head, rows = header_and_rows(answer, self.host)
        if _is_listing(answer):
            return
        total = _number(head["total"])
        if self.total.setdefault(base, total) != total:
            phrase = f"{self.total[base]:,} rows on one page and {total:,} on another"
            raise FetchError(f"{self.host} promises {phrase}", "paging", again=False)
        release = str(head.get("lastupdated") or "")
        if self.lastupdated and release and release != self.lastupdated:
            changed = f"{self.host} went from release {self.lastupdated} to {release} while it was being read"
            raise FetchError(changed, "release", again=False)
        self.lastupdated = self.lastupdated or release
        if rows:
            key = json.dumps({k: v for k, v in rows[0].items() if k != "value"}, sort_keys=True)
            before = self._first_keys.setdefault(base, {}).setdefault(key, page)
            if before != page:
                raise FetchError(f"{self.host} sent page {before} again as page {page}", "paging", again=False)
        self.rows[base] = self.rows.get(base, 0) + len(rows)

    def close(self) -> None:
        """After the last page: the rows that came are the rows that were promised."""
        for base, total in self.total.items():
            if self.rows.get(base, 0) != total:
                phrase = f"{total:,} rows and sent {self.rows.get(base, 0):,}"
                raise FetchError(f"{self.host} promised {phrase}", "paging", again=False)


def release_day(printed: str, today: date | None = None) -> tuple[str, str]:
    """The day of a release as the service prints it ("2026-04-08"), and why it is none: one of the two is "".

    A day after tomorrow is none: it would pass for the newest release for ever. ``today``: in UTC.
    """
    if not printed:
        return "", "the source gave no release date"
    try:
        day = date.fromisoformat(printed) if len(printed) == 10 else None
    except ValueError:
        day = None
    if day is None:
        return "", f"the source gave {printed[:40]!r} as its release date, which is no date"
    if day > (today or datetime.now(UTC).date()) + timedelta(days=1):  # its today may have begun before ours
        return "", f"the source gave {printed} as its release date, which is in the future"
    return printed, ""


def _is_listing(answer: Any) -> bool:
    """Concepts, codes or notes: their header counts something other than the records shown."""
    return isinstance(answer, dict) and isinstance(answer.get("source"), list)


def _check_rows(rows: list[Any], host: str) -> None:
    """Every row is a record; where rows are observations, each value is a number or nothing."""
    if {type(row) for row in rows} - {dict}:
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    if not rows or not ({"variable", "indicator"} & set(rows[0])):
        return  # a listing, not observations
    values = [row.get("value", "") for row in rows]
    if not {type(value) for value in values} <= {int, float, type(None)}:
        raise FetchError(f"{host} sent text where numbers are due", "body")
    given = [value for value in values if value is not None]
    if given and max(max(given), -min(given)) > sys.float_info.max:
        raise FetchError(f"{host} sent a value that is not finite", "body")


# Pages of a series that is not whole yet, kept on disk so that an interrupted pull goes on where it was.

OLDEST = 86_400.0  # seconds; pages of an earlier day are asked for again, or they would pass as retrieved today
CLOCKS = 60.0  # seconds by which the clock of the file system may be ahead
_MARK = b"eaeu page 1\n"


@dataclass(frozen=True)
class Spool:
    """A folder of page bodies, each named by the hash of its address and sealed by that of address and bytes."""

    folder: Path

    def _file(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.page"

    def get(self, url: str) -> bytes | None:
        """The body kept for ``url``, or None; one that is damaged, of an earlier day or of the future is removed."""
        file = self._file(url)
        try:
            age = time.time() - file.stat().st_mtime
            kept = file.read_bytes()
        except FileNotFoundError:
            return None
        if not -CLOCKS <= age <= OLDEST:
            self.drop(url)
            return None
        head, body = kept[: len(_MARK) + 65], kept[len(_MARK) + 65 :]
        if head == _seal(url, body):
            return body
        self.drop(url)
        return None

    def put(self, url: str, body: bytes) -> None:
        files.write_bytes(self._file(url), _seal(url, body) + body, durable=False)

    def drop(self, url: str) -> None:
        self._file(url).unlink(missing_ok=True)

    def newest(self) -> float:
        """When the last page came, in seconds since the epoch; 0 when there is none."""
        return max((file.stat().st_mtime for file in self.folder.glob("*.page")), default=0.0)

    def clear(self) -> None:
        """Remove the folder and all in it."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)


def _seal(url: str, body: bytes) -> bytes:
    return _MARK + hashlib.sha256(url.encode() + b"\n" + body).hexdigest().encode() + b"\n"
