"""Sentences of the brief by language (``report/lang/brief/*.toml``), with the forms that a language needs.

Templates are those of :mod:`.language`, with four more forms after a field's colon. ``n.NOUN`` of a number: the noun of
table ``plural`` in the form that Babel's plural rule picks (the number itself is a field of its own). ``verb.WORD`` of
a number: "rose" or "fell" by its sign, in the gender of the word of that field, or in that of one letter (m, f, n, p).
``FORM`` of a word: from the table of that form, as ``{economy:of}`` from ``economy_of``; ``capital`` may follow a dot.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ..errors import BadInputError, unknown
from .language import Language, _Filler

FOLDER = ("lang", "brief")
UNITS = r"%|foiz|п\. п\.|лог\. п\.|гг?\.|млн|млрд|mln|mlrd|million|billion"
BOUND = re.compile(rf"(?<=\d) (?={UNITS})|(?<=\bp) (?==)|(?<=\bp[ \u00a0]=) (?=\d)")  # what no line may end in


@dataclass(frozen=True)
class _Word:
    """A field that names words: ``key`` of the language file, as ``economy.KGZ``, or text after an equals sign."""

    key: Any


@dataclass(frozen=True)
class Speech(Language):
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

    lang: Speech

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
def available() -> tuple[str, ...]:
    """The languages of the brief, English first."""
    folder = resources.files(__package__).joinpath(*FOLDER)
    codes = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: code != "en"))


@functools.lru_cache
def find(code: str) -> Speech:
    """The brief's texts in that language; BadInputError with what there is."""
    if code not in available():
        raise unknown("language", code, available())
    text = resources.files(__package__).joinpath(*FOLDER, f"{code}.toml").read_text(encoding="utf-8")
    return Speech(code, tomllib.loads(text))
