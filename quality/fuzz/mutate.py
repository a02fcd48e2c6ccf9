"""Bytes spoilt without regard to what they mean; ``rng`` makes every choice, so that a seed gives the same inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from . import odd

Spoil = Callable[[bytes, Random, Sequence[bytes]], bytes]
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def spoil(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One change of ``data``; ``others`` are inputs to splice with."""
    return rng.choice(_WAYS)(data, rng, others)


def span(data: bytes, rng: Random) -> tuple[int, int]:
    """A short stretch, now and then a long one."""
    start = rng.randrange(len(data) + 1)
    most = len(data) - start if rng.random() < 0.1 else min(len(data) - start, 32)
    return start, start + rng.randint(0, most)


def _bit(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b"\0"
    out = bytearray(data)
    out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def _byte(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    if not data:
        return b"\xff"
    out = bytearray(data)
    out[rng.randrange(len(out))] = rng.choice((0, 1, 9, 10, 13, 32, 34, 39, 44, 46, 127, 128, 255, rng.randrange(256)))
    return bytes(out)


def _cut(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _behead(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    return data[rng.randrange(len(data) + 1) :]


def _delete(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    first, last = span(data, rng)
    return data[:first] + data[last:]


def _again(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    first, last = span(data, rng)
    return data[:last] + data[first:last] * rng.choice((1, 1, 2, 30)) + data[last:]


def _move(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    first, last = span(data, rng)
    rest = data[:first] + data[last:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + data[first:last] + rest[at:]


def _insert(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(odd.TOKENS) + data[at:]


def _overwrite(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    first, last = span(data, rng)
    return data[:first] + rng.choice(odd.TOKENS) + data[last:]


def _number(data: bytes, rng: Random, _: Sequence[bytes]) -> bytes:
    found = _NUMBER.search(data, rng.randrange(len(data) + 1)) or _NUMBER.search(data)
    if found is None:
        return data
    return data[: found.start()] + rng.choice(odd.NUMBERS).encode() + data[found.end() :]


def _line(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A line dropped, twice, moved, cut, or from elsewhere."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(rng.randrange(len(lines) + 1), lines[at])
        case 2:
            lines.insert(rng.randrange(len(lines)), lines.pop(at))
        case 3:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        case _:
            lines.insert(at, rng.choice(rng.choice(others).split(b"\n")))
    return b"\n".join(lines)


def _splice(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    other = rng.choice(others)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


_WAYS: tuple[Spoil, ...] = (
    *(_bit, _byte, _cut, _behead, _delete, _again, _move, _insert, _overwrite, _number, _line, _splice),
    *(_number, _overwrite),
)
