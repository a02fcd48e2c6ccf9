"""Days as people write them, and what an inexact one is worth."""

from __future__ import annotations

import calendar
import datetime as dt

from ...errors import BadInputError


def as_date(value: object, argument: str = "date", *, end: bool = False) -> dt.date:
    """A day from a date, ``"2015-08-12"``, ``"2015-08"``, ``"2015"`` or ``2015``.

    A month or year stands for its first day, with ``end`` for its last. BadInputError names ``argument``.
    """
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    wrong = BadInputError(f"{argument} {value!r} not understood: expected a day (2015-08-12), a month or a year")
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    parts = text.split("-")
    if not (1 <= len(parts) <= 3 and all(p.isascii() and p.isdigit() for p in parts) and len(parts[0]) == 4):
        raise wrong
    try:
        year, month, day = [int(p) for p in parts] + [None] * (3 - len(parts))
        if month is None:
            return dt.date(year or 0, 12, 31) if end else dt.date(year or 0, 1, 1)
        last = calendar.monthrange(year or 0, month)[1] if 1 <= month <= 12 else 0
        return dt.date(year or 0, month, day if day is not None else (last if end else 1))
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        raise wrong from None


def over(date: dt.date, precision: str) -> dt.date:
    """The first day on which something dated that inexactly has certainly happened."""
    text = date.isoformat()
    return date if precision == "day" else as_date(text[:4] if precision == "year" else text[:7], end=True)
