"""Numbers and spans as text: one rule for summaries, tables, pages and messages."""

from __future__ import annotations

import math


def year_span(window: tuple[int, int]) -> str:
    """'2010-14' within a century, '1998-2002' across two, '2014' for one year."""
    first, last = window
    if first == last:
        return str(first)
    return f"{first}-{last % 100:02d}" if first // 100 == last // 100 and first >= 1000 else f"{first}-{last}"


def format_percent(share: float) -> str:
    """'60 %' of 0.6."""
    return f"{100 * share:.0f} %"


SHORT_MEASURES = {"percentage points": "pp", "per cent": "%", "log points": "log points"}


def format_number(value: float, signed: bool = False) -> str:
    """Four figures at most: '133.7', '-33.7', '2,486', '1.84 bn'; 'n/a' for NaN."""
    if not math.isfinite(value):
        return "n/a" if math.isnan(value) else "+inf" if value > 0 else "-inf"
    sign = "+" if signed else "-"
    size = abs(value)
    for limit, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m")):
        if size >= limit:
            return f"{value / limit:{sign},.2f}{name}"
    if size >= 1000:
        return f"{value:{sign},.0f}"
    if size >= 10:
        return f"{value:{sign}.1f}"
    return f"{value:{sign}.2f}" if size >= 0.1 or size == 0 else f"{value:{sign}.2g}"


def format_change(value: float, unit: str) -> str:
    """A signed change with its unit: '-33.7 pp', '+12.0 %'."""
    return f"{format_number(value, signed=True)} {SHORT_MEASURES.get(unit, unit)}"


def format_p(p_value: float) -> str:
    """``0.043``, to three decimals; ``< 0.001`` where these would be zero."""
    if math.isnan(p_value):
        return "n/a"
    return f"{p_value:.3f}" if p_value >= 0.001 else "< 0.001"


def format_p_equals(p_value: float) -> str:
    """``p = 0.043`` or ``p < 0.001``."""
    told = format_p(p_value)
    return f"p {told}" if told.startswith("<") else f"p = {told}"


def format_significant(number: float) -> str:
    """Three digits: '0.07', '4.8', '909', and never '-0'."""
    text = f"{number:,.0f}" if abs(number) >= 100 else f"{number:.2g}" if abs(number) < 1 else f"{number:.3g}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text


def format_signed(number: float) -> str:
    """'+0.91', '-6.5', '+1,234': two digits after the point below ten, one below a hundred; '0.00' has no sign."""
    digits = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    text = f"{number:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text
