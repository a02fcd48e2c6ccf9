"""Claims as plain JSON and back again, for the cache: numbers as they are, series with all that is known of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from ..errors import BadInputError
from ..results import Check
from ..series import SeriesInfo
from .claims import Claim


def dump(claims: Sequence[Claim]) -> bytes:
    """JSON text of the records. NaN and infinities are written as Python writes them: it is read back here alone."""
    return json.dumps([_plain(claim) for claim in claims], sort_keys=True, ensure_ascii=False).encode()


def load(data: bytes) -> list[Claim]:
    """The records again, equal to those that were written. BadInputError when the text is not one of claims."""
    try:
        return [_claim(row) for row in json.loads(data)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInputError(f"not a list of claims: {error}") from None


def _plain(claim: Claim) -> dict[str, Any]:
    row = {field.name: getattr(claim, field.name) for field in fields(claim)}
    return {
        **row,
        "values": {name: float(value) for name, value in claim.values.items()},
        "words": dict(claim.words),
        "checks": [vars(check) for check in map(_simple, claim.checks)],
        "series": [asdict(info) for info in claim.series],
    }


def _simple(check: Check) -> Check:
    passed = None if check.passed is None else bool(check.passed)
    value, threshold = (None if v is None else float(v) for v in (check.value, check.threshold))
    return Check(check.name, passed, value, threshold, check.text)


def _claim(row: Mapping[str, Any]) -> Claim:
    words = {name: tuple(text) if isinstance(text, list) else text for name, text in row["words"].items()}
    return Claim(
        **{
            **row,
            "words": words,
            "checks": tuple(Check(**check) for check in row["checks"]),
            "series": tuple(_info(info) for info in row["series"]),
        }
    )


def _info(row: Mapping[str, Any]) -> SeriesInfo:
    return SeriesInfo(**{**row, "derived_from": tuple(_info(part) for part in row["derived_from"])})
