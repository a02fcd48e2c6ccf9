"""Claims as JSON and back, with full precision and the metadata of their series; and the claims that ship.

This module loads no analysis: the check of a text reads the shipped claims in a moment.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from ...errors import BadInputError, NoDataError
from ...results import Check
from ...series import SeriesInfo
from .. import cache as store
from .claim import Claim

CLAIMS = "claims.json"


def claims_to_json(claims: Sequence[Claim]) -> bytes:
    """The claims as JSON. NaN and infinities are written as Python writes them; only this module reads them back."""
    rows = (json.dumps(_plain(claim), sort_keys=True, ensure_ascii=False) for claim in claims)
    return ("[" + ",\n".join(rows) + "]\n").encode()


def claims_from_json(data: bytes) -> list[Claim]:
    """The claims that were written. BadInputError when the text is not a list of claims."""
    try:
        return [_claim(row) for row in json.loads(data)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInputError(f"not a list of claims: {error}") from None


def _plain(claim: Claim) -> dict[str, Any]:
    row = {field.name: getattr(claim, field.name) for field in fields(claim)}
    return {
        **row,
        "values": dict(claim.values),
        "words": dict(claim.words),
        "checks": [vars(check) for check in claim.checks],
        "series": [asdict(info) for info in claim.series],
    }


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


@functools.lru_cache
def shipped_claims() -> tuple[Claim, ...]:
    """The claims of the pinned data as they ship (``data/results/claims.json``, written by ``scripts/pin_claims.py``).

    NoDataError when the file is missing.
    """
    path = store.shipped_claims_path()
    try:
        return tuple(claims_from_json(path.read_bytes()))
    except FileNotFoundError:
        raise NoDataError(f"{path} is missing: the installation is incomplete") from None
