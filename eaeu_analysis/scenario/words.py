"""What the numbers and outcomes of a scenario are called in plain words, and how their values are written."""

from __future__ import annotations

from typing import Any

from ..text import format_quantity, format_signed
from .rates import tables


def quantity(path: str) -> dict[str, Any]:
    """``label, unit, times`` of a quantity: 'tariffs.exempt' is shown in per cent, times 100."""
    row: dict[str, Any] = tables()["quantities"][path]
    return {"label": row["label"], "unit": row["unit"], "times": row.get("times", 1)}


def value(path: str, number: float) -> str:
    """'4.8 %', '909 US$ a year', 'elasticity 5'."""
    known = quantity(path)
    told = format_quantity(number * known["times"])
    return f"elasticity {told}" if known["unit"] == "elasticity" else f"{told} {known['unit']}"


def axis(path: str) -> str:
    """'Share of the union's pooled duties, %'."""
    known = quantity(path)
    return f"{known['label']}, {known['unit']}"


def outcome(name: str) -> str:
    """The short name of an outcome: 'Real spending'."""
    known = tables()["outcomes"][name]
    return str(known.get("short", known["label"]))


def unit(name: str) -> str:
    """The unit of an outcome: 'per cent', 'million US$'."""
    return str(tables()["outcomes"][name]["unit"])


def channel(name: str) -> str:
    """'Border costs', 'All together'."""
    return str(tables()["channels"][name])


def interval(row: Any) -> str:
    """'+0.91 (+0.16 to +1.77)'."""
    return f"{format_signed(row['estimate'])} ({format_signed(row['lower'])} to {format_signed(row['upper'])})"
