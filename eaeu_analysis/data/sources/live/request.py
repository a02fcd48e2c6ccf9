"""One request for one series: what was asked of which source, and the name it goes by on disk."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .... import settings
from ....errors import BadInputError

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,99}")


@dataclass(frozen=True)
class Request:
    """A series asked of a source; ``economies`` and ``years`` are None for all of them.

    ``version`` names an archived version (WDI Database Archives), ``endpoint`` the address that was asked.
    """

    source: str
    code: str
    database: str = ""
    economies: tuple[str, ...] | None = None
    years: tuple[int, ...] | None = None
    version: str = ""
    endpoint: str = ""

    def __post_init__(self) -> None:
        if not _CODE.fullmatch(self.code):
            raise BadInputError(
                f"series code {self.code!r} is not of the form of a code (letters, digits, '.', '_', '-', "
                "as in 'NY.GDP.MKTP.CD')"
            )

    @property
    def id(self) -> str:
        """A name made of a hash, safe as a file name whatever the request says."""
        return digest(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, record: dict[str, Any]) -> Request:
        return cls(
            source=str(record["source"]),
            code=str(record["code"]),
            database=str(record["database"]),
            economies=None if record["economies"] is None else tuple(map(str, record["economies"])),
            years=None if record["years"] is None else tuple(map(int, record["years"])),
            version=str(record["version"]),
            endpoint=str(record["endpoint"]),
        )

    def covers(self, other: Request) -> bool:
        """Whether an answer to this request has everything that ``other`` asks for."""
        same = (self.source, self.database, self.code, self.version, self.endpoint) == (
            other.source,
            other.database,
            other.code,
            other.version,
            other.endpoint,
        )
        return same and _within(other.economies, self.economies) and _within(other.years, self.years)


def _within(asked: tuple[Any, ...] | None, held: tuple[Any, ...] | None) -> bool:
    return held is None or (asked is not None and set(asked) <= set(held))


def digest(record: Any) -> str:
    """Forty hexadecimal digits of the SHA-256 of a record's canonical JSON."""
    text = json.dumps(record, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def address(given: str) -> str:
    """The address of a service without its last slash; raises BadInputError for what is no http(s) address.

    An address that is not encrypted is refused: whoever is on the way could change the data. One of this machine is
    accepted, and any where ``$EAEU_ALLOW_HTTP`` is 1.
    """
    text = given.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise BadInputError(f"endpoint {given!r} is not an address; expected the like of {settings.ENDPOINT}")
    if parts.scheme == "http" and not _of_this_machine(str(parts.hostname)) and not settings.allow_http():
        raise BadInputError(
            f"endpoint {given!r} is not encrypted, so its data could be changed on the way; expected https://, or "
            "EAEU_ALLOW_HTTP=1 in the environment to accept it"
        )
    return text


def _of_this_machine(host: str) -> bool:
    """Whether a host name or number is that of the loopback interface."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def request_years(years: Iterable[int] | int | str | None) -> tuple[int, ...] | None:
    """Years as given (``None``, ``2015``, ``"2000-2024"``, ``range``, a list) as a sorted tuple of years."""
    if years is None or years == "all":
        return None
    if isinstance(years, str):
        found = re.fullmatch(r"\s*(\d{4})\s*(?:[-:–]\s*(\d{4})\s*)?", years)
        if not found:
            raise BadInputError(f"years {years!r} are not a year or a span of years such as '2000-2024'")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise BadInputError(f"years {years!r} run backwards")
        return tuple(range(first, last + 1))
    try:
        listed = [years] if isinstance(years, int) else [int(y) for y in years]
    except (TypeError, ValueError):
        raise BadInputError(f"years {years!r} are not whole years") from None
    if isinstance(years, tuple) and len(listed) == 2 and listed[0] <= listed[1]:
        listed = list(range(listed[0], listed[1] + 1))  # a pair is a span, both ends in, as in Panel.select
    if not listed:
        raise BadInputError("no year was asked for; leave years out for all of them")
    outside = [y for y in listed if not 1900 <= y <= 2100]
    if outside:
        raise BadInputError(f"year {outside[0]} is outside 1900-2100")
    return tuple(sorted(set(listed)))
