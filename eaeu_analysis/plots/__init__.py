"""Result -> Axes: draws what a table holds and computes nothing. One module a stage; each registers its drawers."""

from __future__ import annotations

from . import answer, backtest, compare, impact, policy, remittances, scenario, trade
from .compare import event_position, lines, shown
from .impact import shown_effect
from .style import (
    ACCENT,
    GREY,
    INK,
    PALETTE,
    SHADE,
    STYLE,
    TREATED,
    draw,
    draw_by,
    drawer,
    end_labels,
    mark_event,
    new_figure,
    source_line,
    styled,
    svg,
)

__all__ = [
    "ACCENT",
    "GREY",
    "INK",
    "PALETTE",
    "SHADE",
    "STYLE",
    "TREATED",
    "answer",
    "backtest",
    "compare",
    "draw",
    "draw_by",
    "drawer",
    "end_labels",
    "event_position",
    "impact",
    "lines",
    "mark_event",
    "new_figure",
    "policy",
    "remittances",
    "scenario",
    "shown",
    "shown_effect",
    "source_line",
    "styled",
    "svg",
    "trade",
]
