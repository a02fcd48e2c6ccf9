"""Sentences by language: templates of ``report/wording/lang/*.toml``, numbers and months by Babel.

A template is written like a Python format string. A field that names a number takes what follows the colon:
nothing (as many decimals as people say), a count of decimals (``{change:1}``), ``abs`` (without its sign, after
"fell by"), ``signed``, ``year`` (no thousands mark), ``usd`` (million or billion), or two of them joined by a dot
(``{change:abs.1}``). A field that names words is looked up in the tables of the same file.
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

from ...errors import BadInputError, unknown

LANGUAGE_FOLDER = "lang"
DATES = {"en": ("d MMMM y", "MMMM y"), "uz": ("y-'yil' d-MMMM", "y-'yil' MMMM")}  # where CLDR's are not those used here
SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))


@dataclass(frozen=True)
class Language:
    """``tables``: the file as it is, a table per kind of text."""

    code: str
    tables: Mapping[str, Mapping[str, Any]]

    def say(
        self, table: str, key: str, values: Mapping[str, float] | None = None, words: Mapping[str, Any] | None = None
    ) -> str:
        """The text of ``table.key`` with its fields filled; BadInputError where the file lacks it or a field."""
        filler = _Filler(self, values or {}, words or {}, f"{table}.{key}")
        return str(filler.format(self.template(table, key)))

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
        if found is None and table in ("check", "measure"):
            return str(name)
        if found is None and table == "chapter":
            return self.say("form", "chapter", words={"code": f"={name}"})
        return str(found) if found is not None else self.template(table, name)

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
        """A number as it is said in this language; see the module's text for ``spec``."""
        from babel.numbers import format_decimal

        parts = [part for part in spec.split(".") if part]
        for part in parts:
            if not part.isdigit() and part not in ("abs", "signed", "year", "usd"):
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
        pattern = "#,##0" + (f".{'0' * digits}" if digits else "")
        text = str(format_decimal(shown, format=pattern, locale=self.code))
        if text.strip("-−0.,") == "":
            text = text.lstrip("-−")
        elif "signed" in parts and shown > 0:
            text = f"+{text}"
        return f"{text}{scale}"


def decimals(value: float) -> int:
    """Decimals that a number is said with: none from 1,000 on, one from 1 on, two below, more where all were zeros."""
    size = abs(value)
    if size >= 1000 or size == 0:
        return 0
    if size >= 1:
        return 1
    return 2 if size >= 0.1 else min(10, 1 - math.floor(math.log10(size)))


class _Filler(string.Formatter):
    """Fields of a template, filled from numbers and words."""

    def __init__(self, lang: Language, values: Mapping[str, float], words: Mapping[str, Any], where: str) -> None:
        self.lang, self.values, self.words, self.where = lang, values, words, where

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        name = str(key)
        if name in self.values:
            return float(self.values[name])
        if name in self.words:
            return self.lang.word(self.words[name])
        raise BadInputError(f"text {self.where} of language {self.lang.code!r} asks for {name!r}, which is not there")

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, float):
            return self.lang.number(value, format_spec)
        text = str(value)
        return text[:1].upper() + text[1:] if format_spec == "capital" else text


@functools.lru_cache
def languages() -> tuple[str, ...]:
    """The languages that there are files for, English first."""
    folder = resources.files(__package__) / LANGUAGE_FOLDER
    codes = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


@functools.lru_cache
def find_language(code: str) -> Language:
    """The language of that code; BadInputError with what there is."""
    if code not in languages():
        raise unknown("language", code, languages())
    text = (resources.files(__package__) / LANGUAGE_FOLDER / f"{code}.toml").read_text(encoding="utf-8")
    return Language(code, tomllib.loads(text))


# Sentences of the brief by language (``report/wording/lang/brief/*.toml``), with the forms that a language needs.
#
# Templates are those of :mod:`.language`, with four more forms after a field's colon. ``n.NOUN`` of a number: the noun
# of
# table ``plural`` in the form that Babel's plural rule picks (the number itself is a field of its own). ``verb.WORD``
# of
# a number: "rose" or "fell" by its sign, in the gender of the word of that field, or in that of one letter (m, f, n,
# p).
# ``FORM`` of a word: from the table of that form, as ``{economy:of}`` from ``economy_of``; ``capital`` may follow a
# dot.

BRIEF_FOLDER = ("lang", "brief")
UNITS = r"%|foiz|п\. п\.|лог\. п\.|гг?\.|млн|млрд|mln|mlrd|million|billion"
BOUND = re.compile(rf"(?<=\d) (?={UNITS})|(?<=\bp) (?==)|(?<=\bp[ \u00a0]=) (?=\d)")  # what no line may end in


@dataclass(frozen=True)
class _Word:
    """A field that names words: ``key`` of the language file, as ``economy.KGZ``, or text after an equals sign."""

    key: Any


@dataclass(frozen=True)
class BriefLanguage(Language):
    """The texts of the brief in one language."""

    def say(
        self, table: str, key: str, values: Mapping[str, float] | None = None, words: Mapping[str, Any] | None = None
    ) -> str:
        """The text of ``table.key`` with its fields filled; BadInputError where the file lacks it or a field."""
        filler = _Forms(self, values or {}, words or {}, f"{table}.{key}")
        return BOUND.sub("\u00a0", str(filler.format(self.template(table, key))))

    def number(self, value: float, spec: str = "") -> str:
        """A number as :meth:`.language.Language.number` writes it, with a minus sign in place of a hyphen."""
        return super().number(value, spec).replace("-", "−")

    def has(self, table: str, key: str) -> bool:
        """Whether the file has that text."""
        return key in self.tables.get(table, {})

    def noun(self, name: str, count: float) -> str:
        """The noun as it stands after that number, by Babel's plural rule."""
        forms = self.tables.get("plural", {}).get(name)
        if not isinstance(forms, Mapping):
            raise BadInputError(f"language {self.code!r} has no noun plural.{name}")
        return str(forms.get(_plural(self.code)(_printed(count)), forms["other"]))

    def verb(self, name: str, gender: str = "") -> str:
        """The verb in that gender, where the language has genders."""
        forms = self.tables.get("verb", {}).get(name)
        if isinstance(forms, Mapping):
            return str(forms.get(gender or "n", forms.get("n", "")))
        return str(forms)

    def formed(self, key: Any, form: str) -> str:
        """The words of that key in that form."""
        if isinstance(key, (tuple, list)):
            return ", ".join(self.formed(part, form) for part in key)
        if not form or str(key).startswith("="):
            return self.word(key)
        table, _, name = str(key).partition(".")
        return self.template(f"{table}_{form}", name)


class _Forms(_Filler):
    """Fields of a template of the brief."""

    lang: BriefLanguage

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        name = str(key)
        if name not in self.values and name in self.words:
            return _Word(self.words[name])
        return super().get_value(key, args, kwargs)

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, _Word):
            parts = [part for part in format_spec.split(".") if part]
            text = self.lang.formed(value.key, next((part for part in parts if part != "capital"), ""))
            return text[:1].upper() + text[1:] if "capital" in parts else text
        head, _, rest = format_spec.partition(".")
        if head == "n":
            return self.lang.noun(rest, abs(value))
        if head == "verb":
            known = self.lang.tables.get("gender", {})
            gender = rest if len(rest) == 1 else known.get(self.words.get(rest, ""), "")
            return self.lang.verb("rose" if value > 0 else "fell", gender)
        return super().format_field(value, format_spec)


def _printed(count: float) -> Any:
    """The number as a plural rule wants it: whole numbers as such."""
    from decimal import Decimal

    return int(count) if float(count).is_integer() else Decimal(f"{count:.2f}")


@functools.lru_cache
def _plural(code: str) -> Any:
    from babel import Locale

    return Locale.parse(code).plural_form


@functools.lru_cache
def brief_languages() -> tuple[str, ...]:
    """The languages of the brief, English first."""
    folder = resources.files(__package__).joinpath(*BRIEF_FOLDER)
    codes = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


@functools.lru_cache
def find_brief_language(code: str) -> BriefLanguage:
    """The brief's texts in that language; BadInputError with what there is."""
    if code not in brief_languages():
        raise unknown("language", code, brief_languages())
    text = resources.files(__package__).joinpath(*BRIEF_FOLDER, f"{code}.toml").read_text(encoding="utf-8")
    return BriefLanguage(code, tomllib.loads(text))


CARD_FOLDER = ("lang", "cards")


@functools.lru_cache
def find_card_language(code: str) -> BriefLanguage:
    """The brief's texts with those of the cards, table by table; BadInputError with what there is."""
    brief = find_brief_language(code)
    text = resources.files(__package__).joinpath(*CARD_FOLDER, f"{code}.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)
    return BriefLanguage(code, {**brief.tables, **{name: {**brief.tables.get(name, {}), **own[name]} for name in own}})
