"""The calendar of a panel: years, quarters, months, weeks, days, or plain numbers.

Years and plain numbers are whole numbers. Other periods are pandas Periods; where arithmetic is done they are counted
from 1970 (pandas' ordinals), so that neighbours differ by one. Numbers that look like codes of months, quarters, weeks
or days (201201, 20121) are refused until the frequency is declared: read as plain numbers they are unevenly spaced.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from ..arrays import Ints
from ..errors import BadInputError, unknown

Freq = Literal["Y", "Q", "M", "W", "D"]
WORDS = {"": "period", "Y": "year", "Q": "quarter", "M": "month", "W": "week", "D": "day"}
EXAMPLES = {"Y": "2012", "Q": "'2012Q3'", "M": "'2012-07'", "W": "'2012-W27'", "D": "'2012-07-15'"}
CODES = {"M": "YYYYMM", "Q": "YYYYQ", "W": "YYYYWW", "D": "YYYYMMDD"}
PANDAS = {"Y": "Y", "Q": "Q-DEC", "M": "M", "W": "W-SUN", "D": "D"}
YEARS = (1500, 2200)  # plain numbers in between are called years
SPARSE = 100_000  # periods from first to last, above which a panel that has few of them is taken for miscoded
TEXTS = {
    "Q": re.compile(r"(?P<y>\d{4})[-./ ]?[QqKk](?P<p>[1-4])|[Qq](?P<p2>[1-4])[-./ ]?(?P<y2>\d{4})"),
    "M": re.compile(r"(?P<y>\d{4})(?:[-./ ]?[Mm]|[-./])(?P<p>\d{1,2})"),
    "W": re.compile(r"(?P<y>\d{4})[-./ ]?[Ww](?P<p>\d{1,2})"),
}


@dataclass(frozen=True)
class Calendar:
    """What the periods of a panel are: ``letter`` Y, Q, M, W or D, or "" for plain numbers."""

    letter: str

    @classmethod
    def of(cls, index: pd.Index[Any]) -> Calendar:
        """The calendar of an index or column of times, as :func:`read_times` makes them."""
        if isinstance(index.dtype, pd.PeriodDtype):
            return cls(_letter(index.dtype))
        if len(index) and YEARS[0] <= index.min() and index.max() <= YEARS[1]:
            return cls("Y")
        return cls("")

    @property
    def counted(self) -> bool:
        """Whether periods are whole numbers as they are: years and plain numbers."""
        return self.letter in ("", "Y")

    def words(self, count: int = 2) -> str:
        """ "month" for one, "months" for several."""
        return WORDS[self.letter] + ("" if count == 1 else "s")

    def ordinals(self, index: pd.Index[Any]) -> Ints:
        """Whole numbers of the periods; neighbours differ by one."""
        return np.asarray(index if self.counted else pd.PeriodIndex(index).asi8, dtype=np.int64)

    def index(self, ordinals: Iterable[int]) -> pd.Index[Any]:
        """The periods of these whole numbers: an int64 index or a PeriodIndex."""
        numbers = np.asarray(list(ordinals), dtype=np.int64)
        return pd.Index(numbers) if self.counted else from_ordinals(numbers, self.letter)

    def label(self, ordinal: int) -> str:
        """Text that :meth:`ordinal` reads: 2012, 2012Q3, 2012-07, 2012-W27, 2012-07-15."""
        if self.counted:
            return str(int(ordinal))
        period = pd.Period(ordinal=int(ordinal), freq=PANDAS[self.letter])
        if self.letter == "W":
            year, week, _ = period.start_time.isocalendar()
            return f"{year}-W{week:02d}"
        return str(period)

    def plain(self, ordinal: int) -> Any:
        """The period in a spec: a whole number, or its label."""
        return int(ordinal) if self.counted else self.label(ordinal)

    def ordinal(self, value: object, what: str = "event") -> int:
        """The period that ``value`` names or lies in: a number, a date, a Period, a text.

        BadInputError where it is none, or is coarser than the panel (a year in a panel of months).
        """
        try:
            found = self._read(value)
        except (ValueError, TypeError, OverflowError):
            found = None
        if found is None:
            expected = {"": "a whole number", "Y": "2015 or '2015-08-12'"}.get(self.letter)
            kind = {"": "a period of this panel", "Y": "a year or a date"}.get(self.letter, f"a {self.words(1)}")
            if expected is None:
                code = CODES[self.letter]
                expected = f"{EXAMPLES[self.letter]}, a date or {code}"
            raise BadInputError(f"{what} {value!r} is not {kind}; expected {expected}")
        return found

    def _read(self, value: object) -> int | None:
        if isinstance(value, bool):
            return None
        number = _whole(value)
        if number is not None:
            return number if self.counted else _from_code(number, self.letter)
        if isinstance(value, str):
            value = value.strip()
            own = _from_text(value, self.letter)
            if own is not None:
                return own
        if isinstance(value, str) and re.fullmatch(r"\d{4}([-./]\d{1,2})?", value):
            return int(value[:4]) if self.letter == "Y" else None  # a month in a panel of days
        if self.letter == "":
            return None
        if isinstance(value, pd.Period):
            stamp = value.start_time
            if pd.isna(stamp) or value.end_time > pd.Period(stamp, freq=PANDAS[self.letter]).end_time:
                return None  # a year in a panel of months
        else:
            stamp = _naive(pd.Timestamp(cast(Any, value)))
        if pd.isna(stamp):
            return None
        return int(stamp.year) if self.letter == "Y" else int(stamp.to_period(PANDAS[self.letter]).ordinal)

    def bounds(self, first: object, last: object, what: str = "years") -> tuple[int, int]:
        """The ordinals of the first and the last period of a range; a year stands for all its periods."""
        if self.counted:
            return self.ordinal(first, what), self.ordinal(last, what)
        ends = []
        for value, how in ((first, "start"), (last, "end")):
            year = Calendar("Y")._read(value) if re.fullmatch(r"\d{4}", str(value)) else None
            if year is not None and YEARS[0] <= year <= YEARS[1]:
                whole = pd.Period(year=year, freq="Y")
                ends.append(int(whole.asfreq(PANDAS[self.letter], how=how).ordinal))  # type: ignore[arg-type] # a known letter
            else:
                ends.append(self.ordinal(value, what))
        return ends[0], ends[1]

    def listed(self, ordinals: Iterable[int]) -> str:
        """Periods as short text: the first and the last of an unbroken run, or up to four of them."""
        found = list(ordinals)
        if not found:
            return ""
        if len(found) > 2 and found[-1] - found[0] == len(found) - 1:
            return self.span(found[0], found[-1])
        shown = ", ".join(map(self.label, found[:4]))
        return shown + (f" and {len(found) - 4} more" if len(found) > 4 else "")

    def span(self, first: int, last: int) -> str:
        """2002-2014; with other periods than years 2010-01 to 2012-06."""
        join = "-" if self.counted and first >= 0 else " to "
        return f"{self.label(first)}{join}{self.label(last)}" if first != last else self.label(first)


def from_ordinals(numbers: Ints, letter: str) -> pd.PeriodIndex:
    """Periods from whole numbers counted from 1970."""
    return cast(pd.PeriodIndex, cast(Any, pd.PeriodIndex).from_ordinals(numbers, freq=PANDAS[letter]))


def read_times(values: pd.Series[Any], freq: Freq | None = None, what: str = "time") -> pd.Index[Any]:
    """Times as years or plain numbers (int64 index) or as a PeriodIndex, in the order of ``values``.

    ``freq`` declares what codes and dates stand for; by default dates become the coarsest periods that keep the times
    of each ``values.index`` apart (the index names the unit), and whole numbers stay what they are. BadInputError names
    the first value that cannot be read, and what to do about codes.
    """
    if freq is not None and freq not in PANDAS:
        raise unknown("freq", freq, PANDAS, {key: WORDS[key] + "s" for key in PANDAS})
    if values.isna().any():
        raise BadInputError(f"{what} is missing")
    if isinstance(values.dtype, pd.PeriodDtype):
        return _from_periods(pd.PeriodIndex(values), freq)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _from_stamps(values, freq, what)
    if values.dtype == object or pd.api.types.is_string_dtype(values):
        kinds = {type(value) for value in values}
        if kinds == {pd.Period}:
            return _from_periods(pd.PeriodIndex(values), freq)
        if all(issubclass(kind, (dt.date, np.datetime64)) for kind in kinds):
            naive = [_naive(pd.Timestamp(value)) for value in values]
            return _from_stamps(pd.Series(naive, index=values.index, dtype="datetime64[ns]"), freq, what)
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all():
        return _from_numbers(numbers, freq, what)
    return _from_texts(values.astype(str), freq, what)


def _from_periods(index: pd.PeriodIndex, freq: Freq | None) -> pd.Index[Any]:
    letter = _letter(index.dtype)
    if letter not in PANDAS:
        raise BadInputError(f"periods of frequency '{index.freqstr}': expected years, quarters, months, weeks or days")
    if freq is not None and list(PANDAS).index(freq) > list(PANDAS).index(letter):
        raise BadInputError(f"freq {freq!r}: the times are {WORDS[letter]}s, which cannot be divided")
    return _as_index(index.asfreq(PANDAS[freq or letter], how="END"), freq or letter)


def _from_stamps(values: pd.Series[Any], freq: Freq | None, what: str) -> pd.Index[Any]:
    if values.dt.tz is not None:
        values = values.dt.tz_localize(None)  # the day on the wall where it was taken
    days = values.dt.normalize()
    letter = freq or _coarsest(days)
    if (values != days).any() and days.groupby(level=0).value_counts().max() > 1:
        raise BadInputError(f"{what} has several times a day; sum or average them by day first")
    return _as_index(pd.PeriodIndex(days, freq=PANDAS[letter]), letter)


def _coarsest(days: pd.Series[Any]) -> str:
    """The coarsest of years, quarters, months, weeks and days that keeps the dates of every unit apart."""
    table = pd.DataFrame({"unit": days.index, "day": days.to_numpy()}).drop_duplicates().sort_values(["unit", "day"])
    same = table["unit"].eq(table["unit"].shift())
    gaps = table["day"].diff().dt.days[same]
    for letter, least in (("Y", 300), ("Q", 75), ("M", 25)):
        if len(gaps) and gaps.min() < least:
            continue
        periods = pd.PeriodIndex(table["day"], freq=PANDAS[letter])
        if not pd.DataFrame({"unit": table["unit"].to_numpy(), "period": periods.asi8}).duplicated().any():
            return letter
    return "W" if (gaps % 7 == 0).all() else "D"


def _from_numbers(numbers: pd.Series[Any], freq: Freq | None, what: str) -> pd.Index[Any]:
    values = numbers.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        raise BadInputError(f"{what} has an infinite value")
    broken = values != np.round(values)
    if broken.any():
        if freq in ("Q", "M"):
            parts = {"Q": 4, "M": 12}[freq]
            place = np.round((values - np.floor(values)) * parts)
            if np.abs((values - np.floor(values)) * parts - place).max() < 0.1:
                return _as_index(_steps(np.floor(values) * parts + place, parts, freq), freq)
        bad = values[int(np.argmax(broken))]
        cure = "" if freq else "; for decimal quarters or months (2012.25) give freq='Q' or freq='M'"
        raise BadInputError(f"{what} {bad:g} is not a whole number of a period{cure}")
    whole = values.astype(np.int64)
    if freq is None or freq == "Y":
        _refuse_codes(np.unique(whole), freq, what)
        return pd.Index(whole)
    unique = np.unique(whole)
    found = [_from_code(int(code), freq) for code in unique]
    for code, ordinal in zip(unique, found, strict=True):
        if ordinal is None:
            raise BadInputError(
                f"{what} {code} is not a {WORDS[freq]} ({CODES[freq]}), which freq={freq!r} expects; give "
                "another freq, or make the column dates"
            )
    places = np.searchsorted(unique, whole)
    return from_ordinals(np.array(found, dtype=np.int64)[places], freq)


def _steps(count: Any, parts: int, freq: str) -> pd.PeriodIndex:
    return from_ordinals(np.asarray(count, dtype=np.int64) - 1970 * parts, freq)


def _refuse_codes(unique: Ints, freq: Freq | None, what: str) -> None:
    """BadInputError when all of ``unique`` are codes of months, quarters, weeks or days, or too far apart to count."""
    low, high = int(unique[0]), int(unique[-1])
    shown = ", ".join(map(str, unique[:3])) + (", ..." if len(unique) > 3 else "")
    if len(unique) > 1 and low > YEARS[1]:
        for letter in ("M", "W", "Q", "D"):
            if all(_from_code(int(code), letter) is not None for code in unique):
                raise BadInputError(
                    f"{what} {shown} looks like codes of {WORDS[letter]}s ({CODES[letter]}), which are not evenly "
                    f"spaced as numbers; give freq={letter!r} to read them so, or number the periods 0, 1, 2, ..."
                )
    if high - low > SPARSE and high - low > 50 * len(unique):
        dates = "; for times since 1970 use pandas.to_datetime(column, unit='ms' or 's')" if low > 1e8 else ""
        raise BadInputError(
            f"{what} runs from {low} to {high} with {len(unique)} values: too far apart to be periods; give dates, or "
            f"number the periods 0, 1, 2, ...{dates}"
        )
    if freq == "Y" and (low < -9999 or high > 9999):
        raise BadInputError(f"{what} {high if high > 9999 else low} is not a year, which freq='Y' expects")


def _from_code(code: int, letter: str) -> int | None:
    """The ordinal of a code such as 201207 (M), 20123 (Q), 201227 (W), 20120715 (D); None where it is none."""
    size = {"M": 100, "Q": 10, "W": 100, "D": 10_000}[letter]
    year, part = divmod(code, size)
    if not YEARS[0] <= year <= YEARS[1]:
        return None
    try:
        return _part(year, part, letter)
    except ValueError:
        return None


def _part(year: int, part: int, letter: str) -> int:
    """The ordinal of the ``part``-th month, quarter or week of a year, or of MMDD; ValueError where there is none."""
    if letter in ("M", "Q"):
        parts = {"M": 12, "Q": 4}[letter]
        if not 1 <= part <= parts:
            raise ValueError(part)
        return (year - 1970) * parts + part - 1
    day = dt.date.fromisocalendar(year, part, 1) if letter == "W" else dt.date(year, part // 100, part % 100)
    days = (day - dt.date(1970, 1, 1)).days
    return days if letter == "D" else int(pd.Timestamp(day).to_period(PANDAS["W"]).ordinal)


def _from_text(text: str, letter: str) -> int | None:
    """The ordinal of a text in the notation of its own frequency: 2012Q3, 2012M07, 2012-07, 2012-W27, 2012."""
    if letter in ("", "Y"):
        return int(text) if re.fullmatch(r"-?\d+", text) else None
    if re.fullmatch(r"\d{5,8}", text):
        return _from_code(int(text), letter)
    found = TEXTS[letter].fullmatch(text) if letter in TEXTS else None
    if found is None:
        return None
    groups = {key[0]: value for key, value in found.groupdict().items() if value is not None}
    try:
        return _part(int(groups["y"]), int(groups["p"]), letter)
    except ValueError:
        return None


def _from_texts(texts: pd.Series[Any], freq: Freq | None, what: str) -> pd.Index[Any]:
    unique = texts.str.strip().unique()
    for letter in [freq] if freq in TEXTS else list(TEXTS):
        found = [_from_text(text, str(letter)) for text in unique]
        if all(ordinal is not None for ordinal in found):
            own = dict(zip(unique, found, strict=True))
            index = from_ordinals(np.array([own[text] for text in texts.str.strip()], dtype=np.int64), str(letter))
            return _from_periods(index, freq)
    on_the_wall = texts.str.strip().str.replace(r"(?<=:\d\d)(\.\d+)?\s*(Z|[+-]\d\d:?\d\d)$", "", regex=True)
    stamps = pd.to_datetime(on_the_wall, format="ISO8601", errors="coerce")
    if stamps.isna().any():
        bad = texts[stamps.isna().to_numpy()].iloc[0]
        raise BadInputError(
            f"{what} {bad!r} is not a whole number of a period, nor a date; expected 2012, '2012-07', '2012Q3', "
            "'2012-W27' or '2012-07-15'"
        )
    return _from_stamps(stamps, freq, what)


def _as_index(index: pd.PeriodIndex, letter: str) -> pd.Index[Any]:
    return pd.Index(np.asarray(index.year, dtype=np.int64)) if letter == "Y" else index


def _letter(dtype: Any) -> str:
    return str(dtype.freq.freqstr).partition("-")[0].rstrip("E")


def _whole(value: object) -> int | None:
    """A whole number from 2010, 2010.0 or their numpy kin; None for anything else."""
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        if float(value).is_integer():
            return int(value)
        raise ValueError(value)
    return None


def _naive(stamp: Any) -> Any:
    return stamp.tz_localize(None) if getattr(stamp, "tzinfo", None) is not None else stamp
