"""A scenario file as a table for Jupyter: every number with its unit, its range and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from ..text import format_number, format_stated
from .model.quantities import Quantity
from .tables import scenario_tables

if TYPE_CHECKING:
    from .schema import Scenario


# What the numbers and outcomes of a scenario are called in plain words, and how their values are written.


def quantity_row(path: str) -> dict[str, Any]:
    """``label, unit, times`` of a quantity: 'tariffs.exempt' is shown in per cent, times 100."""
    row: dict[str, Any] = scenario_tables()["quantities"][path]
    return {"label": row["label"], "unit": row["unit"], "times": row.get("times", 1)}


def format_quantity(path: str, number: float) -> str:
    """'4.8 %', '909 US$ a year', 'elasticity 5'."""
    known = quantity_row(path)
    text = format_stated(number * known["times"])
    return f"elasticity {text}" if known["unit"] == "elasticity" else f"{text} {known['unit']}"


def axis(path: str) -> str:
    """'Share of the union's pooled duties, %'."""
    known = quantity_row(path)
    return f"{known['label']}, {known['unit']}"


def outcome_label(name: str) -> str:
    """The short name of an outcome: 'Real spending'."""
    known = scenario_tables()["outcomes"][name]
    return str(known.get("short", known["label"]))


def outcome_measure(name: str) -> str:
    """The unit of an outcome: 'per cent', 'million US$'."""
    return str(scenario_tables()["outcomes"][name]["unit"])


def channel(name: str) -> str:
    """'Border costs', 'All together'."""
    return str(scenario_tables()["channels"][name])


def format_interval(row: Any, error: float = 0.0) -> str:
    """'+0.9 (+0.2 to +1.8)'; no digits finer than the Monte Carlo ``error`` of the median where that is given."""
    numbers = [float(row[name]) for name in ("estimate", "lower", "upper")]
    middle, low, high = round_to_error(numbers, error)
    return f"{middle} ({low} to {high})"


def round_to_error(numbers: Sequence[float], error: float) -> list[str]:
    """Signed numbers with the decimals that ``error`` allows, three significant digits of the largest at most."""
    finite = [abs(v) for v in numbers if math.isfinite(v) and v != 0]
    if not (math.isfinite(error) and error > 0 and finite):
        return [format_number(v, signed=True) for v in numbers]
    most = 2 - math.floor(math.log10(max(finite)))
    decimals = max(0, min(math.floor(-math.log10(error)), most))
    return [f"{round(v, decimals) + 0.0:+.{decimals}f}" if math.isfinite(v) else format_number(v) for v in numbers]


def scenario_html(scenario: Scenario) -> str:
    """Question, a table of the channels' numbers, what is left out; nothing in it is loaded from elsewhere."""
    parts = [f"<h4>{escape(scenario.title)} ({escape(scenario.name)})</h4><p>{escape(scenario.question)}</p>"]
    on = ", ".join(channel(c).lower() for c in scenario.channels) or "none"
    parts.append(
        f"<p>{escape(scenario.economy)} and {escape(scenario.bloc)}, baseline {scenario.baseline.year}; "
        f"channels: {escape(on)}</p>"
    )
    rows = "".join(_row(path, q) for path, q in scenario.quantities().items() if q.free or q.centre != 0)
    head = "<tr><th>number</th><th>value</th><th>from</th></tr>"
    parts.append(f"<table style='text-align:left'>{head}{rows}</table>")
    if scenario.notes:
        parts.append("<p>Left out:</p><ul>" + "".join(f"<li>{escape(n)}</li>" for n in scenario.notes) + "</ul>")
    return f"<div>{''.join(parts)}</div>"


def _row(path: str, quantity: Quantity) -> str:
    cells = (axis(path), _shown(path, quantity), quantity.reference)
    return "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _shown(path: str, quantity: Quantity) -> str:
    """The value or the distribution in the unit it is shown in: '3.5 to 9.3, most likely 5'."""
    times = quantity_row(path)["times"]

    def stated(value: float | None) -> str:
        return format_stated((value or 0.0) * times)

    if not quantity.free:
        return stated(quantity.centre)
    if quantity.kind == "normal":
        return f"{stated(quantity.mean)}, standard error {stated(quantity.sd)}"
    most = f", most likely {stated(quantity.mode)}" if quantity.kind == "triangular" else ""
    return f"{stated(quantity.low)} to {stated(quantity.high)}{most}"
