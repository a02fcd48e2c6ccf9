"""How a result reaches standard output: as a table for a person, as JSON for a program."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from ..results import Result


def plain(value: Any) -> Any:
    """``value`` in types that JSON knows; what is missing or infinite becomes null."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        return None if text == "NaT" else text
    return None if str(value) in ("<NA>", "NaT") else str(value)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as a list of records."""
    return [plain(record) for record in frame.to_dict(orient="records")]


def dump(document: Any) -> str:
    """JSON text: sorted keys, two spaces, a newline at the end."""
    return json.dumps(plain(document), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def document(result: Result) -> dict[str, Any]:
    """A result as a document: its rows, its words, its checks, its sources."""
    provenance = getattr(result, "provenance", None)
    checks = getattr(result, "checks", ())
    return {
        "summary": result.summary(),
        "rows": rows(result.to_frame()),
        "checks": [
            {"name": c.name, "passed": c.passed, "value": c.value, "threshold": c.threshold, "text": c.text}
            for c in checks
        ],
        "sources": provenance.lines() if provenance else [],
        "method": provenance.method if provenance else "",
        "settings": provenance.settings if provenance else {},
    }


def show(result: Result, as_json: bool) -> None:
    """Print a result."""
    typer.echo(dump(document(result)) if as_json else result.summary(), nl=not as_json)


def table(frame: pd.DataFrame, as_json: bool) -> None:
    """Print a frame: aligned columns for a person, records for a program."""
    if as_json:
        typer.echo(dump(rows(frame)), nl=False)
        return
    typer.echo(frame.to_string(index=False, na_rep="", float_format=lambda v: f"{v:,.2f}"))
