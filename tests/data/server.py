"""A World Bank that misbehaves on request: API v2 data, archives and metadata, and WITS, on a local port.

``with StandIn() as bank: bank.fault("502", page=2)``; by hand ``python tests/data/server.py --port 8000
--fault 502:page=2 --fault slow:seconds=3``, then pull with ``--endpoint http://127.0.0.1:8000/v2``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import server_answers as answers
from server_answers import Answer
from server_slow import SLOW

KINDS = (
    "slow", "drip", "reset", "truncated", "cut", "xml", "html", "empty", "total", "repeat", "repeat-whole",
    "unknown", "deleted", "busy", "null", "redirect", "redirect-same", "huge", "huge-declared", "deep", "new-release",
    "text-value", "nan", "per-page-zero", "bomb", "entity", "429", "400", "401", "403", "404", "500", "502", "503",
    "504",
    "code-null", "code-lower", "code-two", "code-number", "other-economy", "other-year", "no-economy", "no-year",
    "huge-number", "packed", "old-codes", "mixed-periods", "rate", "quota", "key", "silent", "breakdowns",
    "unknown-parameter", *SLOW,
)  # fmt: skip


@dataclass
class Fault:
    """``kind`` on requests whose path holds ``path`` (and, when given, of that page), the first ``times`` of them."""

    kind: str
    path: str = "/series/"
    page: int | None = None
    times: int = 1
    seconds: float = 0.0
    one_in: int = 1
    host: str = "localhost"
    _hits: dict[str, int] = field(default_factory=dict)

    def applies(self, path: str, page: int, url: str) -> bool:
        if self.path not in path or (self.page is not None and page != self.page):
            return False
        if self.one_in > 1 and int(hashlib.sha256(f"{self.kind} {url}".encode()).hexdigest(), 16) % self.one_in:
            return False
        key = url if self.one_in > 1 else ""
        if self._hits.get(key, 0) >= self.times:
            return False
        self._hits[key] = self._hits.get(key, 0) + 1
        return True


class StandIn:
    """A threaded server on 127.0.0.1; ``endpoint`` for the World Bank half, ``wits`` for the other."""

    def __init__(self, port: int = 0, tls: Any = None) -> None:
        self.state = answers.State()
        self.faults: list[Fault] = []
        self.seen: list[str] = []
        self.keys: list[str | None] = []
        self.before: Callable[[int], None] | None = None
        self._lock = threading.Lock()
        self._http = _Http(("127.0.0.1", port), _handler(self))
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.scheme = "https" if tls is not None else "http"
        self.port = self._http.server_address[1]

    @property
    def base(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> str:
        return f"{self.base}/v2"

    @property
    def wits(self) -> str:
        return f"{self.base}/API/V1/SDMX/V21/rest"

    def fault(self, kind: str, **plan: Any) -> Fault:
        if kind not in KINDS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(KINDS)}")
        fault = Fault(kind, **plan)
        self.faults.append(fault)
        return fault

    def count(self, text: str = "/series/") -> int:
        return sum(text in url for url in self.seen)

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, url: str) -> tuple[Answer, Fault | None]:
        parts = urlsplit(url)
        query = {k: v[-1] for k, v in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        page = int(query.get("page", 1))
        with self._lock:
            self.seen.append(url)
            if self.before is not None:
                self.before(len(self.seen))
            fault = next((f for f in self.faults if f.applies(path, page, url)), None)
            if fault is not None and fault.kind == "new-release":
                self.state.release = answers.RELEASES[1]
        return answers.respond(self.state, path, query, fault.kind if fault else ""), fault


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of the game; anything else is a bug of the stand-in."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError | ValueError):
            super().handle_error(request, client_address)


def _handler(bank: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            bank.keys.append(self.headers.get("Ocp-Apim-Subscription-Key"))
            answer, fault = bank.answer(self.path)
            kind = fault.kind if fault else ""
            if fault is not None and kind == "slow":
                time.sleep(fault.seconds)
            with contextlib.suppress(ConnectionError):
                _send(self, answer, kind, fault)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


def _send(handler: BaseHTTPRequestHandler, answer: Answer, kind: str, fault: Fault | None) -> None:
    if kind == "reset":
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()
        return
    headers = dict(answer.headers)
    if fault is not None and kind == "429":
        headers["Retry-After"] = f"{fault.seconds:g}"
    if fault is not None and kind == "redirect":
        headers["Location"] = f"http://{fault.host}:{handler.server.server_address[1]}{handler.path}"  # type: ignore[index] # an address with a port
    if kind == "redirect-same":
        headers["Location"] = handler.path + "&again=1"
    if kind in SLOW:
        _for_long(handler, kind)
        return
    if kind in ("huge", "huge-declared"):
        _flood(handler, declared=kind == "huge-declared")
        return
    body = answer.body
    head = f"HTTP/1.1 {answer.status} {answer.reason}\r\nContent-Length: {len(body)}\r\n"
    head += "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    if kind == "cut":
        body = body[: len(body) // 2]
        handler.close_connection = True
    if fault is not None and kind == "drip":
        handler.wfile.write(head.encode())
        for k in range(len(body)):
            handler.wfile.write(body[k : k + 1])
            time.sleep(fault.seconds)
        return
    handler.wfile.write(head.encode() + body)


def _for_long(handler: BaseHTTPRequestHandler, kind: str, seconds: float = 60.0) -> None:
    """An answer that is too slow, until the client goes away."""
    handler.close_connection = True
    pieces, pause = SLOW[kind]
    ends = time.monotonic() + seconds
    for piece in pieces():
        if time.monotonic() > ends:
            return
        handler.wfile.write(piece)
        if pause:
            time.sleep(pause)


def _flood(handler: BaseHTTPRequestHandler, declared: bool, total: int = 2 << 30) -> None:
    """Two gigabytes of JSON-looking text, or as much of it as the client takes."""
    handler.close_connection = True
    size = f"Content-Length: {total}\r\n" if declared else "Connection: close\r\n"
    handler.wfile.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{size}\r\n".encode())
    chunk = b'{"page":1,' + b" " * 65526
    for _ in range(total // len(chunk)):
        handler.wfile.write(chunk)


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _planned(text: str) -> tuple[str, dict[str, Any]]:
    kind, _, rest = text.partition(":")
    plan: dict[str, Any] = {}
    for item in filter(None, rest.split(",")):
        key, _, value = item.partition("=")
        plan[key] = float(value) if key == "seconds" else int(value) if re.fullmatch(r"\d+", value) else value
    return kind, plan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND[:page=2,times=3,one_in=10,seconds=5]")
    parser.add_argument("--shipped", action="store_true", help="serve the values that ship with the toolkit too")
    given = parser.parse_args()
    if given.shipped:
        answers.data.ship()
    with StandIn(given.port) as bank:
        for text in given.fault:
            kind, plan = _planned(text)
            bank.fault(kind, **plan)
        print(json.dumps({"endpoint": bank.endpoint, "wits": bank.wits}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
