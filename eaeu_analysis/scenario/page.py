"""A scenario file as a table for Jupyter: every number with its unit, its range and where it comes from."""

from __future__ import annotations

from html import escape

from ..text import format_quantity
from . import words
from .quantities import Quantity
from .schema import Scenario


def scenario_html(scenario: Scenario) -> str:
    """Question, a table of the channels' numbers, what is left out; nothing in it is loaded from elsewhere."""
    parts = [f"<h4>{escape(scenario.title)} ({escape(scenario.name)})</h4><p>{escape(scenario.question)}</p>"]
    on = ", ".join(words.channel(c).lower() for c in scenario.channels) or "none"
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
    cells = (words.axis(path), _shown(path, quantity), quantity.reference)
    return "<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _shown(path: str, quantity: Quantity) -> str:
    """The value or the distribution in the unit it is shown in: '3.5 to 9.3, most likely 5'."""
    times = words.quantity(path)["times"]

    def told(value: float | None) -> str:
        return format_quantity((value or 0.0) * times)

    if not quantity.free:
        return told(quantity.centre)
    if quantity.kind == "normal":
        return f"{told(quantity.mean)}, standard error {told(quantity.sd)}"
    most = f", most likely {told(quantity.mode)}" if quantity.kind == "triangular" else ""
    return f"{told(quantity.low)} to {told(quantity.high)}{most}"
