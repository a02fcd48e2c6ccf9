"""Numbers and spans as text: one rule for summaries, tables, pages and messages."""

from __future__ import annotations

import math
import re


def year_span(window: tuple[int, int]) -> str:
    """'2010-14' within a century, '1998-2002' across two, '2014' for one year."""
    first, last = window
    if first == last:
        return str(first)
    return f"{first}-{last % 100:02d}" if first // 100 == last // 100 and first >= 1000 else f"{first}-{last}"


def format_number(value: float, *, signed: bool = False, digits: int = 2) -> str:
    """A number as text: two decimals below ten, one below a thousand, none above; from a million on in m, bn and tn.

    Below 0.1 it has two significant digits, so that a small number does not read as zero; below 0.0001 it is '0.00'.
    ``signed`` adds the plus sign; zero has no sign. ``digits``: decimals from one to ten, 1 in running text
    ('4.8' instead of '4.83'). NaN is 'n/a'.

    >>> [format_number(v) for v in (-33.7012, 4.83, 0.78, 0.0412, 2486.3, 1.84e9)]
    ['-33.7', '4.83', '0.78', '0.041', '2,486', '1.84 bn']
    >>> format_number(4.83, signed=True), format_number(0.0, signed=True), format_number(4.83, digits=1)
    ('+4.83', '0.00', '4.8')
    """
    if not math.isfinite(value):
        return "n/a" if math.isnan(value) else "+inf" if value > 0 else "-inf"
    size = abs(value)
    if size < SMALLEST:
        return "0.00"
    sign = "+" if signed else "-"
    for limit, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " m")):
        if size >= limit:
            return f"{value / limit:{sign},.2f}{name}"
    if size >= 10:
        return f"{value:{sign},.{1 if size < 1000 else 0}f}"
    if size >= 1:
        return f"{value:{sign}.{digits}f}"
    return f"{value:{sign}.2f}" if size >= 0.1 else f"{value:{sign}.2g}"


def format_stated(value: float) -> str:
    """The same for a number that somebody stated or assumed, without zeros at its end: '5', '4.8', '0.07', '909'."""
    head, space, unit = format_number(value).partition(" ")
    head = head.rstrip("0").rstrip(".") if "." in head and "e" not in head else head
    return head + space + unit


def format_percent(share: float) -> str:
    """'60 %' of 0.6."""
    return f"{100 * share:.0f} %"


SMALLEST = 1e-4  # what is smaller reads as zero
SHORT_MEASURES = {"percentage points": "pp", "per cent": "%", "log points": "log points"}


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
    text = format_p(p_value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


# Escape sequences of terminals, whole: CSI, then OSC, DCS and the like up to their end, then those of two or three.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)"
    "|\x1b[ -/]*[0-~]"
)
_KEPT = "\t\n"
_UNSEEN: dict[int, str | None] = {
    **dict.fromkeys([code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in _KEPT]),
    ord("\r"): "\n",
    0x2028: " ",
    0x2029: " ",
    # soft hyphen, marks of direction, embeddings, overrides, isolates, invisible operators, byte order mark, tags
    **dict.fromkeys([0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070)]),
    **dict.fromkeys([0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)]),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


def clean_text(text: str) -> str:
    """Text from data or files without what acts unseen: escape sequences, control characters, marks of direction.

    Tabs and line ends stay; half a character becomes the replacement character.

    >>> clean_text("GDP\\x1b[31m in red\\x07, \\u202ereversed")
    'GDP in red, reversed'
    """
    if text.isprintable():
        return text
    return _ESCAPES.sub("", text).replace("\r\n", "\n").translate(_UNSEEN)


def higher_or_lower(value: float) -> str:
    """A difference in per cent in words: "27.3 % lower"; "no different" where it is zero as shown."""
    if not math.isfinite(value):
        return format_number(value)
    size = format_number(abs(value))
    if not size.strip("0.,"):
        return "no different"
    return f"{size} % {'higher' if value > 0 else 'lower'}"
