"""Answers that never end, or not in time, each within the rules of HTTP: bytes to send, one piece after another."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
_GZIP = _HEAD + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
_MEMBERS = gzip.compress(b"", mtime=0) * 400
_BLOCKS = b"\x00\x00\x00\xff\xff" * 4000  # of deflate, stored, without a byte


def _for_ever(start: bytes, piece: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain((start,), itertools.repeat(piece))


def _byte_by_byte(text: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (text[k : k + 1] for k in range(len(text)))


# What is sent, and the seconds between two pieces.
SLOW: dict[str, tuple[Callable[[], Iterator[bytes]], float]] = {
    "silence": (_for_ever(b"", b""), 0.2),
    "drip-status": (_byte_by_byte(b"HTTP/1.1 200 " + b"O" * 50_000), 0.2),
    "drip-headers": (_byte_by_byte(_HEAD + b"X-Long: " + b"x" * 50_000), 0.2),
    "drip-header-lines": (_for_ever(_HEAD, b"X-A: b\r\n"), 0.2),
    "drip-body": (_for_ever(_HEAD + b"Content-Length: 1000000\r\n\r\n", b" "), 0.2),
    "drip-chunks": (_for_ever(_CHUNKED, b"1\r\n \r\n"), 0.2),
    "drip-chunk-size": (_for_ever(_CHUNKED, b"0"), 0.2),
    "drip-chunk-extension": (_for_ever(_CHUNKED + b"1;a=", b"b"), 0.2),
    "drip-trailers": (_for_ever(_CHUNKED + b"2\r\n[]\r\n0\r\n", b"X-A: b\r\n"), 0.2),
    "drip-continue": (_for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), 0.2),
    "endless-continue": (_for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), 0.0),
    "gzip-blocks": (_for_ever(_GZIP + gzip.compress(b"")[:10], _BLOCKS), 0.01),
    "gzip-members": (_for_ever(_GZIP, _MEMBERS), 0.01),
    "gzip-drip": (_for_ever(_GZIP, _MEMBERS[:20]), 0.2),
}
