"""What the numbers and outcomes of a scenario are called in plain words, and how their values are written."""

from __future__ import annotations

from typing import Any

from .rates import tables


def quantity(path: str) -> dict[str, Any]:
    """``label, unit, times`` of a quantity: 'tariffs.exempt' is shown in per cent, times 100."""
    row: dict[str, Any] = tables()["quantities"][path]
    return {"label": row["label"], "unit": row["unit"], "times": row.get("times", 1)}


def value(path: str, number: float) -> str:
    """'4.8 %', '909 US$ a year', 'elasticity 5'."""
    known = quantity(path)
    told = plain(number * known["times"])
    return f"elasticity {told}" if known["unit"] == "elasticity" else f"{told} {known['unit']}"


def axis(path: str) -> str:
    """'Share of the union's pooled duties, %'."""
    known = quantity(path)
    return f"{known['label']}, {known['unit']}"


def plain(number: float) -> str:
    """Three digits: '0.07', '4.8', '909', and never '-0'."""
    text = f"{number:,.0f}" if abs(number) >= 100 else f"{number:.2g}" if abs(number) < 1 else f"{number:.3g}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def signed(number: float) -> str:
    """'+0.91', '-6.5', '+1,234': two digits after the point below ten, one below a hundred; '0.00' has no sign."""
    digits = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    text = f"{number:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text


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
    return f"{signed(row['estimate'])} ({signed(row['lower'])} to {signed(row['upper'])})"
