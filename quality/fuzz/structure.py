"""Documents spoilt where they still parse, so that readers get past their first check: JSON, TOML, CSV, XML, zip."""

from __future__ import annotations

import copy
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from . import mutate, odd

Form = Callable[[bytes, Random, Sequence[bytes]], bytes]


def raw(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """No form known: bytes alone."""
    return mutate.spoil(data, rng, others)


def parts(form: Form, between: bytes) -> Form:
    """Several documents in turn: one of them spoilt, dropped, twice, or in another place."""

    def spoil(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
        found = data.split(between)
        at = rng.randrange(len(found))
        chance = rng.random()
        if chance < 0.05:
            del found[at]
        elif chance < 0.1:
            found.insert(at, found[rng.randrange(len(found))])
        elif chance < 0.15:
            rng.shuffle(found)
        else:
            found[at] = form(found[at], rng, others)
        return between.join(found)

    return spoil


# -- JSON ------------------------------------------------------------------------------------------------
def json_document(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One node of a JSON document taken out, put in, renamed, moved, doubled, or of another type."""
    try:
        holder = [json.loads(data)]
    except (ValueError, RecursionError):
        return mutate.spoil(data, rng, others)
    _spoil_node(holder, rng)
    if rng.random() < 0.3:
        _spoil_node(holder, rng)
    try:
        return json.dumps(holder[0], ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):
        return data


def _spoil_node(holder: list[Any], rng: Random) -> None:
    place, key = _walk(holder, rng)
    old = place[key]
    match rng.randrange(10):
        case 0 | 1 | 2:
            place[key] = _odd(rng)
        case 3:
            place[key] = _near(old, rng)
        case 4:
            place[key] = [old] if rng.random() < 0.5 else {"a": old}
        case 5:
            other, there = _walk(holder, rng)
            place[key] = json.loads(json.dumps(other[there]))
        case 6 if place is not holder:
            del place[key]
        case 7 if isinstance(place, dict):
            place[_near(key, rng)] = old
        case 8 if isinstance(place, list) and place is not holder:
            place.insert(rng.randrange(len(place) + 1), json.loads(json.dumps(old)))
        case 9 if isinstance(old, list):
            rng.shuffle(old)
        case _:
            place[key] = rng.choice(odd.TEXTS)


def _walk(holder: list[Any], rng: Random) -> tuple[Any, Any]:
    """A container and a key in it, at a random depth."""
    place, key = holder, 0
    while isinstance(place[key], list | dict) and place[key] and rng.random() < 0.85:
        place = place[key]
        key = rng.randrange(len(place)) if isinstance(place, list) else rng.choice(list(place))
    return place, key


def _odd(rng: Random) -> Any:
    return copy.deepcopy(rng.choice(odd.VALUES))  # a copy: what is put into a document is spoilt further there


def _near(value: Any, rng: Random) -> Any:
    """The like of a value: another number, a text that is slightly off, the same as text."""
    if isinstance(value, bool) or value is None:
        return _odd(rng)
    if isinstance(value, int | float):
        return rng.choice((-value, value + 1, value * 10, str(value), 0, value * 1.5))
    if isinstance(value, str):
        at = rng.randrange(len(value) + 1)
        return value[:at] + rng.choice(odd.TEXTS) + value[at + rng.randrange(2) :]
    return _odd(rng)


# -- TOML ------------------------------------------------------------------------------------------------
_KEY = re.compile(rb"^(\s*[\w.\"'-]+\s*=\s*)(.*)$")
_INNER = re.compile(rb"""("[^"\n]*"|-?\d[\d._eE+-]*|true|false)""")


def toml(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One line of a TOML document with another value, another key, dropped, twice, or from elsewhere."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    found = _KEY.match(lines[at])
    match rng.randrange(8):
        case 0 | 1 if found:
            lines[at] = found[1] + rng.choice(odd.TOML).encode()
        case 2 | 3 if found and (inner := list(_INNER.finditer(found[2]))):
            one = rng.choice(inner)
            new = rng.choice(odd.TOML).encode()
            lines[at] = found[1] + found[2][: one.start()] + new + found[2][one.end() :]
        case 4 if found:
            key = _near(found[1].decode("utf-8", "replace").split("=")[0].strip(), rng)
            quoted = json.dumps(key) if rng.random() < 0.5 else key
            lines[at] = str(quoted).encode("utf-8", "replace") + b" = " + found[2]
        case 5:
            del lines[at]
        case 6:
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(rng.choice(others).split(b"\n")))
        case 7 if lines[at].startswith(b"["):
            lines[at] = rng.choice((lines[at].strip(b"[]").join((b"[", b"]")), b"[[" + lines[at].strip(b"[]") + b"]]"))
        case _:
            return mutate.spoil(data, rng, others)
    return b"\n".join(lines)


# -- CSV -------------------------------------------------------------------------------------------------
def csv(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One cell or column of a CSV table spoilt."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines)) if rng.random() < 0.85 else 0
    cells = lines[at].split(b",")
    cell = rng.randrange(len(cells))
    match rng.randrange(8):
        case 0 | 1:
            cells[cell] = rng.choice(odd.NUMBERS).encode()
        case 2 | 3:
            cells[cell] = rng.choice(odd.TEXTS).encode("utf-8", "surrogatepass")
        case 4:
            other = rng.choice(lines).split(b",")
            cells[cell] = rng.choice(other)
        case 5:
            del cells[cell]
        case 6:
            cells.insert(cell, rng.choice(cells))
        case _:
            return mutate.spoil(data, rng, others)
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


# -- XML -------------------------------------------------------------------------------------------------
_ATTRIBUTE = re.compile(rb'="([^"]*)"')
_TAG = re.compile(rb"<(/?)([\w:.-]+)([^<>]*)>")


def xml(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One attribute with another value, one element dropped, twice, or under another name."""
    match rng.randrange(6):
        case 0 | 1 | 2 if found := list(_ATTRIBUTE.finditer(data)):
            one = rng.choice(found)
            value = rng.choice((*odd.NUMBERS, *odd.TEXTS)).encode("utf-8", "replace")
            value = rng.choice((value, rng.choice(found)[1]))
            for sign, name in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b'"', b"&quot;")):
                value = value.replace(sign, name)
            return data[: one.start(1)] + value.replace(b"\0", b"") + data[one.end(1) :]
        case 3 | 4 if found := list(_TAG.finditer(data)):
            one = rng.choice(found)
            closing = data.find(b"</" + one[2] + b">", one.start())
            end = one.end() if one[3].endswith(b"/") or closing < 0 else closing + len(one[2]) + 3
            whole = data[one.start() : end]
            return data[: one.start()] + whole * rng.choice((0, 2, 3)) + data[end:]
        case 5 if found := list(_TAG.finditer(data)):
            old, new = rng.choice(found)[2], rng.choice(found)[2]
            return data.replace(b"<" + old, b"<" + new).replace(b"</" + old, b"</" + new)
    return mutate.spoil(data, rng, others)


# -- zip -------------------------------------------------------------------------------------------------
def zipped(form: Form) -> Form:
    """A zip spoilt as bytes, or packed anew with a member spoilt, renamed, twice or under other flags."""

    def spoil(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
        if rng.random() < 0.4:
            return mutate.spoil(data, rng, others)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [(m.filename, archive.read(m)) for m in archive.infolist()[:20] if m.file_size < 1 << 20]
        except Exception:  # spoilt before
            return mutate.spoil(data, rng, others)
        if not members:
            members = [("a.csv", b"")]
        at = rng.randrange(len(members))
        name, body = members[at]
        match rng.randrange(5):
            case 0:
                members[at] = (str(_near(name, rng)).replace("\ud800", "") or "a", body)
            case 1:
                members.insert(at, members[at])
            case 2:
                del members[at]
            case _:
                members[at] = (name, form(body, rng, [m[1] for m in members]))
        return pack(members, rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2)))

    return spoil


def pack(members: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members, without a clock."""
    import warnings

    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # a name twice is meant
        for name, body in members:
            info = zipfile.ZipInfo(name, (2026, 4, 8, 0, 0, 0))
            info.compress_type = method
            archive.writestr(info, body)
    return buffer.getvalue()
