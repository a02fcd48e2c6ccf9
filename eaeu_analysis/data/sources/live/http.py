"""The one way out: every request of the package is sent, bounded and tried again here.

A :class:`GuardedSession` verifies TLS, honours the proxy variables, follows redirects on the same host only and
reads no more of a body than the bound. Each answer has a deadline, and so has the whole pull; whichever comes first
closes the connection (:mod:`.deadline`). :class:`Transport` adds the patience: tries again after what passes (429,
5xx, time-outs, dropped connections, a body that is not what was asked), with back-off and jitter, and gives up in one
sentence.
"""

from __future__ import annotations

import logging
import math
import re
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
import stamina
import urllib3

from .... import __version__
from ....errors import BadInputError, NoDataError
from .deadline import Deadline, DeadlineAdapter

log = logging.getLogger(__name__)
# Without a handler of its own, Python would print stamina's bare "retry_scheduled" on standard error.
logging.getLogger("stamina").addHandler(logging.NullHandler())

T = TypeVar("T")
MAX_HOPS = 5
LONGEST = 1_000_000  # seconds that a limit may have
OFFLINE_TRIES = 3
_CHUNK = 1 << 16
_ENCODING = "gzip"  # what is asked for, and all that is unpacked


@dataclass(frozen=True)
class HttpSettings:
    """Patience and bounds of one pull; seconds and bytes.

    ``connect`` and ``read`` are the waits for a connection and for the next bytes, ``total`` the limit of one whole
    answer, ``turn`` that of a wait for another process that pulls the same series, ``deadline`` that of the whole
    pull. ``attempts`` counts the first try. ``max_bytes`` bounds a body, before and after decompression.
    """

    connect: float = 10.0
    read: float = 60.0
    total: float = 300.0
    turn: float = 900.0
    deadline: float = 7200.0
    attempts: int = 6
    wait_initial: float = 0.5
    wait_max: float = 30.0
    retry_after_max: float = 120.0
    max_bytes: int = 64 << 20
    wrong: tuple[int, ...] = ()  # statuses that say that a request is wrong, and are not asked again
    user_agent: str = f"eaeu_analysis/{__version__} (economic research; python-requests/{requests.__version__})"

    def __post_init__(self) -> None:
        for name in ("connect", "read", "total", "turn", "deadline"):
            if not 0 < getattr(self, name) <= LONGEST:
                raise BadInputError(
                    f"{name} is {getattr(self, name):g}; expected seconds, above 0 and up to {LONGEST:,}"
                )


class FetchError(NoDataError):
    """A request that brought nothing usable (exit code 3).

    ``kind`` is one of unreachable, timeout, dropped, status, body, message, redirect, size, tls; ``again`` says
    whether another try may help; ``wait`` is the pause the server asked for, in seconds.
    """

    def __init__(self, text: str, kind: str, *, again: bool = True, wait: float | None = None, code: str = "") -> None:
        super().__init__(text)
        self.kind, self.again, self.wait, self.code = kind, again, wait, code


class _Late(Exception):
    """The deadline passed while an answer was unpacked."""


class Stopped(Exception):
    """The pull was stopped; nothing more is requested."""


class GuardedSession(requests.Session):
    """A session whose ``send`` keeps the rules whoever calls it; raises :class:`FetchError` for what it refuses.

    ``ends`` is when the pull ends, on the clock of ``time.monotonic``.
    """

    def __init__(
        self, settings: HttpSettings, ends: float = math.inf, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__()
        self.settings, self.ends = settings, ends
        self.headers.update(headers or {})
        self.headers["User-Agent"] = settings.user_agent
        self.headers["Accept-Encoding"] = _ENCODING
        for prefix in ("https://", "http://"):
            self.mount(prefix, DeadlineAdapter(max_retries=0))

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        """The answer with its whole body read; options of the caller (``verify``, redirects...) are not heeded."""
        with Deadline(min(time.monotonic() + self.settings.total, self.ends)) as deadline:
            for _hop in range(MAX_HOPS + 1):
                response = self._once(request, deadline)
                if not response.is_redirect:
                    return response
                request = self._followed(request, response)
        raise FetchError(f"{_host(request)} redirects in a circle", "redirect", again=False)

    def _once(self, request: requests.PreparedRequest, deadline: Deadline) -> requests.Response:
        url = str(request.url)
        kept = self.merge_environment_settings(url, {}, True, True, None)
        left = max(deadline.left, 0.001)
        waits = (min(self.settings.connect, left), min(self.settings.read, left))
        try:
            # The adapter, not Session.send: that one would read the whole body of a redirect, however large.
            response = self.get_adapter(url).send(
                request, stream=True, timeout=waits, proxies=kept["proxies"], verify=kept["verify"] or True
            )
            with response:
                response._content = _body(response, self.settings, deadline)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, _Late) as error:
            if deadline.passed:  # whatever the closed connection was taken for
                raise self._too_late(request) from error
            raise _as_fetch_error(error, request, self.settings) from error
        if response.status_code >= 400:
            raise _status_error(response, request, self.settings)
        return response

    def _too_late(self, request: requests.PreparedRequest) -> FetchError:
        late = f"{_host(request)} had not sent its whole answer"
        if time.monotonic() >= self.ends:
            return FetchError(f"{late} when {out_of_time(self.settings)}", "timeout", again=False)
        return FetchError(f"{late} after {self.settings.total:g} s", "timeout")

    def _followed(self, request: requests.PreparedRequest, response: requests.Response) -> requests.PreparedRequest:
        here, there = urlsplit(str(request.url)), urlsplit(urljoin(str(request.url), response.headers["Location"]))
        same = (here.hostname, here.port or _port(here.scheme)) == (there.hostname, there.port or _port(there.scheme))
        upgrade = (here.scheme, there.scheme) == ("http", "https") and here.hostname == there.hostname
        if not upgrade and not (same and here.scheme == there.scheme):
            raise FetchError(
                f"{here.netloc} redirects to another site ({there.scheme}://{there.netloc}); not followed",
                "redirect",
                again=False,
            )
        return self.prepare_request(requests.Request("GET", there.geturl()))


@dataclass
class Tally:
    """Requests sent for one series, those that failed among them."""

    requests: int = 0


@dataclass
class Transport:
    """Sessions (one a thread), the pause that all threads keep after a 429, and the retries.

    ``headers`` go with every request, never to another site: a key of a service.
    """

    settings: HttpSettings = field(default_factory=HttpSettings)
    stop: threading.Event = field(default_factory=threading.Event)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _not_before: float = 0.0
    _reached: bool = False
    _misses: int = 0
    ends: float = field(init=False)

    def __post_init__(self) -> None:
        self.ends = time.monotonic() + self.settings.deadline

    @property
    def session(self) -> GuardedSession:
        if not hasattr(self._local, "session"):
            self._local.session = GuardedSession(self.settings, self.ends, self.headers)
        session: GuardedSession = self._local.session
        return session

    def get(self, url: str, read: Callable[[bytes], T], tally: Tally | None = None) -> T:
        """``read`` of the body of ``url``; ``read`` raises :class:`FetchError` for a body to be asked for again."""
        return self.patiently(lambda: read(self._once(url)), tally)

    def _once(self, url: str) -> bytes:
        try:
            return self.session.get(url).content
        except requests.RequestException as error:  # before anything was sent: no such address
            raise FetchError(f"{url!r} is not an address to ask", "unreachable", again=False) from error

    def patiently(self, call: Callable[[], T], tally: Tally | None = None) -> T:
        """``call()``, again after what passes; the last error says how often it was tried."""
        count, s = tally or Tally(), self.settings
        tries = 0
        try:
            for attempt in stamina.retry_context(
                on=self._decide,
                attempts=s.attempts,
                timeout=None,
                wait_initial=s.wait_initial,
                wait_max=s.wait_max,
                wait_jitter=s.wait_initial,
            ):
                with attempt:
                    tries += 1
                    count.requests += 1
                    self._pause()
                    result = call()
                    self._reached = True
                    return result
        except FetchError as error:
            if tries > 1:
                phrase = f"{error} (tried {tries} times)"
                raise FetchError(phrase, error.kind, again=error.again, code=error.code) from error
            raise
        raise AssertionError("a retry context ends by returning or raising")

    def _decide(self, error: Exception) -> bool | float:
        if not isinstance(error, FetchError) or not error.again:
            return False
        if time.monotonic() + (error.wait or 0.0) >= self.ends:
            return False
        if error.kind == "unreachable" and not self._reached:
            self._misses += 1  # nothing was ever reached: there is no network, and patience would not bring one
            if self._misses >= OFFLINE_TRIES:
                return False
        log.info("trying again: %s", error)
        if error.wait is None:
            return True
        self._not_before = max(self._not_before, time.monotonic() + error.wait)
        return error.wait

    def _pause(self) -> None:
        while True:
            if self.stop.is_set():
                raise Stopped
            if time.monotonic() >= self.ends:
                raise FetchError(out_of_time(self.settings), "timeout", again=False)
            left = self._not_before - time.monotonic()
            if left <= 0:
                return
            self.stop.wait(min(left, 1.0))


def out_of_time(settings: HttpSettings) -> str:
    """The end of a sentence on what was not finished when the pull ended."""
    return f"the time limit of the pull was reached ({settings.deadline:,g} s); pull again to go on from there"


def _body(response: requests.Response, settings: HttpSettings, deadline: Deadline) -> bytes:
    """The decoded body, read as it comes so that neither a flood nor a drip gets past the bounds."""
    declared = response.headers.get("Content-Length", "")
    host = urlsplit(str(response.url)).netloc
    bound = settings.max_bytes / (1 << 20)
    too_large = FetchError(f"{host} sends more than {bound:g} MB in one answer; stopped reading", "size", again=False)
    if declared.isdigit() and int(declared) > settings.max_bytes:
        raise too_large
    unpack = _unpacker(response.headers.get("Content-Encoding", ""), host)
    chunks, raw, size = [], 0, 0
    while chunk := response.raw.read1(_CHUNK, decode_content=False):
        raw += len(chunk)
        for part in unpack(chunk):
            chunks.append(part)
            size += len(part)
            if size > settings.max_bytes:
                raise too_large
            if deadline.passed:
                raise _Late
        if raw > settings.max_bytes:
            raise too_large
        if deadline.passed:
            raise _Late
    if deadline.passed:
        raise _Late  # a connection that was shut down may look like one that ended
    return b"".join(chunks)


def _unpacker(encoding: str, host: str) -> Callable[[bytes], Iterator[bytes]]:
    """A function from the bytes as sent to the parts of the body; raises FetchError for an encoding not asked for."""
    named = encoding.strip().lower()
    if named in ("", "identity"):
        return lambda chunk: iter((chunk,))
    if named not in (_ENCODING, "x-gzip"):
        raise FetchError(f"{host} sent a body packed as {encoding[:40]!r}, which was not asked for", "body")
    return _Gunzip().parts


class _Gunzip:
    """gzip of any number of members, unpacked in parts of bounded size."""

    def __init__(self) -> None:
        self._member: Any = None

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        """The parts of the body that these bytes give; some are empty, for the caller to look at the clock.

        Raises urllib3's DecodeError for bytes that cannot be unpacked.
        """
        try:
            while True:
                if self._member is None:
                    chunk = chunk.lstrip(b"\0")  # padding between members
                    if not chunk:
                        return
                    self._member = zlib.decompressobj(zlib.MAX_WBITS | 16)
                part = self._member.decompress(chunk, _CHUNK)
                yield part
                if self._member.eof:
                    chunk, self._member = self._member.unused_data, None
                elif self._member.unconsumed_tail or len(part) == _CHUNK:
                    chunk = self._member.unconsumed_tail
                else:
                    return
        except zlib.error as error:
            raise urllib3.exceptions.DecodeError(str(error)) from error


def _as_fetch_error(error: Exception, request: requests.PreparedRequest, settings: HttpSettings) -> FetchError:
    host = _host(request)
    if isinstance(error, FetchError):
        return error
    if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
        return FetchError(f"the certificate of {host} is not valid; nothing was sent", "tls", again=False)
    if isinstance(error, requests.exceptions.ProxyError):
        return FetchError(f"the proxy on the way to {host} cannot be used", "unreachable")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return FetchError(f"{host} cannot be reached: no connection within {settings.connect:g} s", "unreachable")
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError | TimeoutError):
        return FetchError(f"{host} sent nothing for {settings.read:g} s", "timeout")
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, urllib3.exceptions.NameResolutionError):
        return FetchError(f"{host} cannot be reached: the name is not known here (no network?)", "unreachable")
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return FetchError(f"{host} cannot be reached: the connection is refused", "unreachable")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return FetchError(f"{request.url!r} is not an address to ask", "unreachable", again=False)
    if isinstance(error, urllib3.exceptions.DecodeError):
        return FetchError(f"{host} sent a body that cannot be decompressed", "body")
    if isinstance(error, OSError) and "CA certificate" in str(error):
        return FetchError("the certificates named in REQUESTS_CA_BUNDLE cannot be read", "tls", again=False)
    return FetchError(f"{host} dropped the connection", "dropped")


def _status_error(response: requests.Response, request: requests.PreparedRequest, settings: HttpSettings) -> FetchError:
    status = response.status_code
    text = f"{_host(request)} answered {status}" + (f" ({response.reason})" if response.reason else "")
    reason = _reason(response)
    wait = _retry_after(response.headers.get("Retry-After", "")) if status in (429, 503) else None
    if wait is None and status == 429 and (found := re.search(r"again in (\d{1,6}) second", reason)):
        wait = float(found[1])
    if status == 403 and (found := re.search(r"quota.*replenished in ([\d.:]{1,20}\d)", reason, re.IGNORECASE)):
        over = f"the quota of {_host(request)} is used up; it is renewed in {found[1]} (hours:minutes:seconds)"
        return FetchError(over, "quota", again=False, code="403")
    if wait is not None and wait > settings.retry_after_max:
        later = f"{text} and asks to wait {wait:,.0f} s; pull again then"
        return FetchError(later, "status", again=False, code=str(status))
    # 400 is among those that pass: the World Bank answers it for a while to requests that were right before.
    passing = (status >= 500 or status in (400, 408, 425, 429)) and status not in settings.wrong
    return FetchError(text, "status", again=passing, wait=wait, code=str(status))


def _reason(response: requests.Response) -> str:
    """What the JSON of a refusal says, as gateways of services write it; "" for any other body."""
    found = re.search(rb'"message"\s*:\s*"([^"]{1,300})"', response.content[:4000])
    return found[1].decode("utf-8", "replace") if found else ""


def _retry_after(text: str) -> float | None:
    """Seconds from a Retry-After header: a number, or a date."""
    if re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def _host(request: requests.PreparedRequest) -> str:
    return urlsplit(str(request.url)).netloc


def _port(scheme: str) -> int:
    return {"https": 443, "http": 80}.get(scheme, 0)
