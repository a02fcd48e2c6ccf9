"""Text files that a user brings (TOML, JSON): read within bounds of size, depth and digits, or refused."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from .errors import BadInputError
from .text import clean_text

MOST_BYTES = 1_000_000
MOST_LEVELS = 20  # of tables in tables; the files of this package have at most four
MOST_DIGITS = 30  # of a whole number
_JOINED = re.compile(r"[ \t]*\.[ \t]*")
_APART = re.compile(r"[\s,=\[\]{}]+")
_QUOTED = re.compile(r"[\"']\.[\"']")


def read_bytes(path: Path, what: str, most: int = MOST_BYTES) -> bytes:
    """The content of a file; BadInputError where it cannot be read, is no ordinary file, or has over ``most`` bytes."""
    try:
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or a pipe"
            raise BadInputError(f"{what} '{path}' is {kind}; expected a file")
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, BadInputError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInputError(f"{what} '{path}' cannot be read: {reason.lower()}") from None
    if len(data) > most:
        raise BadInputError(f"{what} '{path}' is larger than {most:,} bytes")
    return data


def parse_toml(data: bytes, where: str) -> dict[str, Any]:
    """TOML as plain values, texts cleaned of control characters; ``where`` names the file in errors."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{where} is not TOML: it is not UTF-8 text ({error})") from None
    for number, line in enumerate(text.splitlines(), 1):  # the parser's time grows with the square of the levels
        if line.count(".") > MOST_LEVELS:
            joined = _JOINED.sub(".", line)
            levels = max(*(part.count(".") for part in _APART.split(joined)), len(_QUOTED.findall(joined)))
            if levels > MOST_LEVELS:
                raise BadInputError(f"{where} line {number}: a key of more than {MOST_LEVELS} levels")
    try:
        given = tomllib.loads(text)
    except RecursionError:
        raise BadInputError(f"{where} is not TOML: it is nested too deep") from None
    except ValueError as error:  # tomllib's own, and Python's for a number of thousands of digits
        digits = "Exceeds the limit" in str(error)
        raise BadInputError(f"{where} is not TOML: {'a number has too many digits' if digits else error}") from None
    return dict(_bounded(given, where, 0))


def parse_json(data: bytes, where: str) -> Any:
    """JSON as plain values, without NaN and infinities; ``where`` names the file in errors."""
    try:
        return _bounded(json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant), where, 0)
    except UnicodeDecodeError:
        raise BadInputError(f"{where} is not UTF-8 text") from None
    except BadInputError:
        raise
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{where} is not JSON, or is cut short: {error}") from None


def _bounded(value: Any, where: str, level: int) -> Any:
    """``value`` with its texts cleaned; BadInputError where it is deeper or a number longer than any that is meant."""
    if level > MOST_LEVELS:
        raise BadInputError(f"{where} is nested in more than {MOST_LEVELS} levels")
    if isinstance(value, dict):
        return {clean_text(str(key)): _bounded(item, where, level + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_bounded(item, where, level + 1) for item in value]
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, int) and abs(value) >= 10**MOST_DIGITS:
        raise BadInputError(f"{where} has a number of more than {MOST_DIGITS} digits")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise BadInputError(f"{where} has a number that is not finite")
    return value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
