"""What results and shipped data state in English, as the pages of a language word it.

The check of a rule, the reason why data are missing, the event of a country and the label of a series are written in
English where they arise. ``lang/results`` has them by language: on the left the English text with its fields, on the
right a template of :mod:`.templates`. A field of the left side is ``{name:kind}``: a number where no kind is named,
``year``, ``years`` ("2010-14"), ``day``, ``p`` ("= 0.14"), ``economy`` (its code), ``measure``, ``unit``, ``outcome``,
``plain`` (kept as it is), ``text`` (worded itself) and ``list`` (texts with commas between). A number ``a`` is also
there as ``a_size``, as printed without its sign, and as ``a_value`` for the forms by sign. Parts with semicolons
between them are worded one by one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from ...reference.economies import economy_tables
from .templates import Language, find_language

CODE = re.compile(r"(?<![\w.])[A-Z]{3}(?![\w.])")  # of an economy, not within the code of a series
SCALES = {"m": "million", "bn": "billion", "tn": "trillion"}
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
KINDS = {
    "number": r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]\d+)?",
    "year": r"\d{4}",
    "years": r"\d{4}(?:-\d{2,4})?",
    "day": r"\d{4}-\d{2}(?:-\d{2})?",
    "p": r"[=<>] [\d.]+",
    "economy": r"[A-Z]{3}",
    "measure": r"percentage points|per cent|log points",
    "outcome": r"[a-z]\w*",
    "unit": r"[^;:]+",
    "plain": r"[\w., -]+",
    "text": r".+?",
    "list": r".+?",
}


def localized(words: Language, text: str) -> str:
    """A number as the language writes it: '2.59 bn' as '2,59 млрд'."""
    if words.code == "en":
        return text
    head, _, scale = text.partition(" ")
    local = head.translate({ord(","): "\u00a0", ord("."): ",", ord("-"): "\u2212"})
    return f"{local} {words.word(f'number.{SCALES[scale]}')}" if scale else local


def day_text(words: Language, stated: str) -> str:
    """A day or a month as the language writes it; what is neither, a year or words, stays."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", stated):
        return words.word(f"date.{stated}")
    return words.word(f"month.{stated}-01") if re.fullmatch(r"\d{4}-\d{2}", stated) else stated


def with_names(words: Language, text: str) -> str:
    """The text with the names of economies in place of their codes."""
    known = economy_tables().economies
    return CODE.sub(lambda code: words.word(f"economy.{code[0]}") if code[0] in known else code[0], text)


def translated(words: Language, text: str) -> str:
    """A text of the results or of the shipped data as the pages word it.

    What no template knows, as in data of the reader's own, stays in English, with names in place of codes.
    """
    return _worded(words.code, text)


@functools.lru_cache(maxsize=8192)
def _worded(code: str, text: str) -> str:
    for words in (find_language(code, "page"), find_language(code, "results")):
        if words.has("text", text):
            return words.template("text", text)
    for must, pattern, kinds, key in _patterns(code):
        if must in text and (found := pattern.fullmatch(text)):
            return _filled(words, key, kinds, found.groupdict())
    parts = _parts(text)
    if len(parts) > 1:
        return "; ".join(_worded(code, part) for part in parts)
    return text if code == "en" else with_names(words, text)


@functools.lru_cache
def _patterns(code: str) -> tuple[tuple[str, re.Pattern[str], Mapping[str, str], str], ...]:
    """Each text with fields in the order of the file: its longest part without a field, a pattern, kinds of fields."""
    found = []
    for key in find_language(code, "results").tables["text"]:
        kinds = {name: kind or "number" for name, kind in FIELD.findall(key)}
        if kinds:
            pieces = re.split(r"\{(\w+)(?::\w+)?\}", key)
            texts = (f"(?P<{p}>{KINDS[kinds[p]]})" if i % 2 else re.escape(p) for i, p in enumerate(pieces))
            found.append((max(pieces[::2], key=len), re.compile("".join(texts)), kinds, key))
    return tuple(found)


def _filled(words: Language, key: str, kinds: Mapping[str, str], given: Mapping[str, str]) -> str:
    values: dict[str, float] = {}
    named: dict[str, Any] = {}
    for name, text in given.items():
        if kinds[name] == "number":
            values[f"{name}_value"] = float(text.replace(",", ""))
            named[f"{name}_size"] = f"={localized(words, text.lstrip('+-'))}"
            named[name] = f"={localized(words, text)}"
        else:
            named[name] = FORMS[kinds[name]](words, text)
    return words.say("text", key, values, named)


def _outcome(words: Language, text: str) -> str:
    return f"outcome.{text}" if words.has("outcome", text) else f"={text}"


def _span(words: Language, text: str) -> str:
    return f"={text}" if words.code == "en" else "=" + text.replace("-", "\u2013")


FORMS: Mapping[str, Callable[[Language, str], str]] = {
    "year": lambda words, text: f"={text}",
    "years": _span,
    "day": lambda words, text: f"={day_text(words, text)}",
    "p": lambda words, text: f"={text[:2]}{localized(words, text[2:])}",
    "economy": lambda words, text: f"economy.{text}" if text in economy_tables().economies else f"={text}",
    "measure": lambda words, text: f"unit.{text}",
    "outcome": _outcome,
    "unit": lambda words, text: f"unit.{text}" if words.has("unit", text) else f"={_worded(words.code, text)}",
    "plain": lambda words, text: f"={text}",
    "text": lambda words, text: f"={_worded(words.code, text)}",
    "list": lambda words, text: f"={', '.join(_worded(words.code, part) for part in text.split(', '))}",
}


def _parts(text: str) -> list[str]:
    """The text in parts at its semicolons outside brackets."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and text.startswith("; ", place):
            parts.append(text[start:place])
            start = place + 2
    return [*parts, text[start:]]
