"""Sentences by language: templates of ``report/wording/lang/*.toml``, numbers, months and plurals by Babel.

A template is written like a Python format string. What follows the colon of a field says in which form it is wanted.

A number: nothing (as many decimals as people say), a count of decimals (``{change:1}``), ``abs`` (without its sign,
after "fell by"), ``signed``, ``year`` (no thousands mark), ``usd`` (million or billion), or several joined by dots
(``{change:abs.1}``). ``n.NOUN``: the noun of table ``plural`` in the form that the number asks for (the number itself
is a field of its own). ``verb.WORD``, ``change``, ``degree``, ``more``: "rose", "a rise of", "higher" or "more" by its
sign, a verb in the gender of the word of that field or in that of one letter (m, f, n, p). ``range.OTHER.UNIT``: the
interval from this number to the other one as words without signs, in the unit of that field (per cent where none is
named).

Words: a key of the same file ("outcome.trade") or text after an equals sign; ``FORM`` takes them from the table of that
form (``{economy:of}`` from ``economy_of``), ``capital`` starts them with a capital letter.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ...errors import BadInputError, require_option

LANGUAGE_FOLDER = "lang"
DATES = {"en": ("d MMMM y", "MMMM y"), "uz": ("y-'yil' d-MMMM", "y-'yil' MMMM")}  # where CLDR's are not those used here
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
NUMBER_FORMS = ("abs", "signed", "year", "usd")
SPACES = re.compile(" {2,}")
BY_SIGN = ("verb", "change", "degree", "more")
UNITS = r"%|US\$|foiz|п\. п\.|гг?\.|млн|млрд|долл|mln|mlrd|million|billion"
BOUND = re.compile(
    rf"(?<=\d) (?={UNITS})|(?<=\bp) (?==)|(?<=\bp[ \u00a0]=) (?=\d)|(?<=\bп\.) (?=п\.)"
)  # what no line may end in


@dataclass(frozen=True)
class _Word:
    """A field that names words: ``key`` of the language file, as ``economy.KGZ``, or text after an equals sign."""

    key: Any


@dataclass(frozen=True)
class Language:
    """``tables``: the file as it is, a table per kind of text. ``spoken``: numbers are rounded for the ear."""

    code: str
    tables: Mapping[str, Mapping[str, Any]]
    spoken: bool = False

    def say(
        self, table: str, key: str, values: Mapping[str, float] | None = None, words: Mapping[str, Any] | None = None
    ) -> str:
        """The text of ``table.key`` with its fields filled; BadInputError where the file lacks it or a field."""
        filler = _Filler(self, values or {}, words or {}, f"{table}.{key}")
        text = SPACES.sub(" ", str(filler.format(self.template(table, key)))).strip()
        return text.replace("..", ".")  # after "2020 г."

    def has(self, table: str, key: str) -> bool:
        """Whether the file has that text."""
        return key in self.tables.get(table, {})

    def template(self, table: str, key: str) -> str:
        """The text as it stands in the file."""
        found = self.tables.get(table, {}).get(key)
        if not isinstance(found, str):
            raise BadInputError(f"language {self.code!r} has no text {table}.{key}")
        return found

    def word(self, key: Any) -> str:
        """The words of ``"table.key"``; several, joined by commas, for a tuple; as it is after an equals sign."""
        if isinstance(key, (tuple, list)):
            return ", ".join(self.word(part) for part in key)
        if key.startswith("="):
            return str(key[1:])
        table, _, name = key.partition(".")
        if table in ("date", "month"):
            return self._date(name, table == "date")
        found = self.tables.get(table, {}).get(name)
        if found is None and table == "economy":
            from ...reference.economies import common_name

            return str(common_name(name, self.code))
        if found is None and table == "check":
            return self._check(name)
        if found is None and table == "measure":
            return str(name)
        if found is None and table == "chapter":
            return self.say("form", "chapter", words={"code": f"={name}"})
        return str(found) if found is not None else self.template(table, name)

    def formed(self, key: Any, form: str) -> str:
        """The words of that key in that form; an economy without one in that of its name alone."""
        if isinstance(key, (tuple, list)):
            return ", ".join(self.formed(part, form) for part in key)
        table, _, name = str(key).partition(".")
        if not form or str(key).startswith("=") or (table == "economy" and not self.has(f"{table}_{form}", name)):
            return self.word(key)
        return self.template(f"{table}_{form}", name)

    def noun(self, name: str, count: float) -> str:
        """The noun as it stands after that number, by Babel's plural rule."""
        forms = self.tables.get("plural", {}).get(name)
        if not isinstance(forms, Mapping):
            raise BadInputError(f"language {self.code!r} has no noun plural.{name}")
        return str(forms.get(_plural(self.code)(_printed(count)), forms["other"]))

    def as_printed(self, count: float) -> float:
        """A size as it is printed, for the noun after it: rounded where numbers are spoken."""
        return round(count, _spoken_decimals(count, decimals(count))) if self.spoken else count

    def by_sign(self, table: str, value: float, gender: str = "") -> str:
        """ "rose" or "fell", "a rise of" or "a fall of"; a verb in that gender, where the language has genders."""
        forms = {} if math.isnan(value) else self.tables.get(table, {}).get("up" if value > 0 else "down", "")
        return str(forms.get(gender or "n", "")) if isinstance(forms, Mapping) else str(forms)

    def interval(self, lower: float, upper: float, unit: str) -> str:
        """An interval as words without signs: "from a fall of 3 to a rise of 5 %"."""
        if math.isnan(lower) or math.isnan(upper):
            return self.template("range", "none")
        if math.isinf(lower) or math.isinf(upper):
            return self.template("range", "open")
        key = "mixed" if lower < 0 < upper else "down" if upper <= 0 else "up"
        ends = sorted((abs(lower), abs(upper))) if key != "mixed" else [-lower, upper]
        low, high = (self.number(end, "abs") for end in ends)
        if low == high and key != "mixed":
            key = f"{key}_same"
        return self.say("range", key, words={"low": f"={low}", "high": f"={high}", "unit": f"={unit}"})

    def _check(self, name: str) -> str:
        """The name of a check: in English as it is, else that of the file, without what it is about after a comma."""
        plain = name.partition(",")[0]
        return (
            name
            if self.code == "en"
            else str(self.tables.get("check", {}).get(plain) or self.template("check", "other"))
        )

    def _date(self, iso: str, exact: bool) -> str:
        """A day, or a month of a year, as it is written in this language."""
        from babel.dates import format_date, format_skeleton

        day = dt.date.fromisoformat(iso)
        if self.code in DATES:
            return str(format_date(day, format=DATES[self.code][not exact], locale=self.code))
        if exact:
            return str(format_date(day, format="long", locale=self.code))
        return str(format_skeleton("yMMMM", dt.datetime(day.year, day.month, 1), locale=self.code))

    def number(self, value: float, spec: str = "") -> str:
        """A number as it is written in this language; see the module's text for ``spec``."""
        parts = [part for part in spec.split(".") if part]
        for part in parts:
            if not part.isdigit() and part not in NUMBER_FORMS:
                raise BadInputError(f"form of a number {spec!r} not known")
        if math.isnan(value):
            return self.word("number.none")
        if math.isinf(value):
            return self.word("number.infinite" if value > 0 else "number.minus_infinite")
        shown = abs(value) if "abs" in parts else value
        if "year" in parts:
            return str(round(shown))
        scale = ""
        if "usd" in parts:
            for limit, name in SCALES:
                if abs(shown) >= limit:
                    shown, scale = shown / limit, f" {self.word(f'number.{name}')}"
                    break
        fixed = next((int(part) for part in parts if part.isdigit()), None)
        digits = decimals(shown) if fixed is None else fixed
        if self.spoken:
            digits = _spoken_decimals(shown, digits)
        pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
        text = _formatted(shown, pattern, self.code).replace("-", "−")
        if text.strip("−0.,") == "":
            text = text.lstrip("−")
        elif "signed" in parts and shown > 0:
            text = f"+{text}"
        return f"{text}{scale}"


@functools.lru_cache(maxsize=65536)
def _formatted(value: float, pattern: str, code: str) -> str:
    from babel.numbers import format_decimal

    return str(format_decimal(value, format=pattern, locale=code))


def decimals(value: float) -> int:
    """Decimals of a number in writing: none from 1,000 on, one from 1 on, two below, more where all were zeros."""
    size = abs(value)
    if size >= 1000 or size == 0:
        return 0
    if size >= 1:
        return 1
    return 2 if size >= 0.1 else min(10, 1 - math.floor(math.log10(size)))


def _spoken_decimals(value: float, most: int) -> int:
    """Decimals that a number is read aloud with, at most so many: none from 10 on, and none that would be a zero."""
    digits = 0 if abs(value) >= 10 else min(most, decimals(value))
    while digits and round(value, digits) == round(value, digits - 1):
        digits -= 1
    return digits


class _Filler(string.Formatter):
    """Fields of a template, filled from numbers and words."""

    def __init__(self, lang: Language, values: Mapping[str, float], words: Mapping[str, Any], where: str) -> None:
        self.lang, self.values, self.words, self.where = lang, values, words, where

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        name = str(key)
        if name in self.values:
            return float(self.values[name])
        if name in self.words:
            return _Word(self.words[name])
        raise BadInputError(f"text {self.where} of language {self.lang.code!r} asks for {name!r}, which is not there")

    def format_field(self, value: Any, format_spec: str) -> str:
        parts = [part for part in format_spec.split(".") if part]
        if isinstance(value, _Word):
            text = self.lang.formed(value.key, next((part for part in parts if part != "capital"), ""))
            return text[:1].upper() + text[1:] if "capital" in parts else text
        head, rest = (parts[0], parts[1:]) if parts else ("", [])
        if head == "n":
            return self.lang.noun(rest[0], self.lang.as_printed(abs(value)))
        if head in BY_SIGN:
            return self.lang.by_sign(head, value, self._gender(rest[0]) if rest else "")
        if head == "range":
            unit = self.words.get(rest[1], "=") if len(rest) > 1 else "unit.per cent"
            return self.lang.interval(value, self.get_value(rest[0], (), {}), self.lang.formed(unit, self._unit_form()))
        return self.lang.number(value, format_spec)

    def _gender(self, name: str) -> str:
        return name if len(name) == 1 else str(self.lang.tables.get("gender", {}).get(self.words.get(name, ""), ""))

    def _unit_form(self) -> str:
        """The form of a unit after a size, where the language has one."""
        return "by" if "unit_by" in self.lang.tables else ""


def bind(text: str) -> str:
    """The text with no-break spaces between a number and its unit, for pages with lines that end."""
    return BOUND.sub("\u00a0", text)


def _printed(count: float) -> Any:
    """The number as a plural rule wants it: whole numbers as such."""
    from decimal import Decimal

    return int(count) if float(count).is_integer() else Decimal(f"{count:.2f}")


@functools.lru_cache
def _plural(code: str) -> Any:
    from babel import Locale

    return Locale.parse(code).plural_form


@functools.lru_cache
def languages() -> tuple[str, ...]:
    """The languages that there are files for, English first."""
    folder = resources.files(__package__) / LANGUAGE_FOLDER
    codes = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


@functools.lru_cache
def find_language(code: str, part: str = "") -> Language:
    """The language of that code, with the texts of a ``part`` ("brief", "check", "cards").

    BadInputError with the languages that there are."""
    require_option("language", code, languages())
    folder = resources.files(__package__) / LANGUAGE_FOLDER
    tables = tomllib.loads((folder / f"{code}.toml").read_text(encoding="utf-8"))
    if part:
        own = tomllib.loads((folder / part / f"{code}.toml").read_text(encoding="utf-8"))
        tables = {**tables, **{name: {**tables.get(name, {}), **table} for name, table in own.items()}}
    return Language(code, tables)
