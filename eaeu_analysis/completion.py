"""Tab completion in IPython and Jupyter: names of outcomes, indicators, economies, blocs and scenarios in a call.

``ea.load_panel(["tr<Tab>`` offers "trade". IPython completes keys of mappings but no arguments of calls, so a matcher
of our own reads the call in which the cursor is. It is added when the package is imported in IPython or a notebook.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MOST_TEXT = 2000  # characters before the cursor that are read
CALL = re.compile(r"(?:\w+\.)*(\w+)\s*\Z")
NAMED = re.compile(r"\s*(\w+)\s*=(?!=)")


@dataclass
class _Call:
    """An open bracket: the function before it, the number of the argument, and where the argument begins."""

    function: str
    start: int
    argument: int = 0


@dataclass(frozen=True)
class Place:
    """Where the cursor is: the function, its argument by number or name, what is written of it, in which quote."""

    function: str
    argument: int
    name: str
    written: str
    quote: str


def place_of(text: str) -> Place | None:
    """The argument of a call in which a text ends; None where it ends in none, or in what is no text."""
    text = text[-MOST_TEXT:]
    calls: list[_Call] = []
    quote, begun, at = "", 0, 0
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote, begun = char, at + 1
        elif char == "#":
            at = text.find("\n", at)
            if at < 0:
                return None
        elif char in "([{":
            called = CALL.search(text[:at]) if char == "(" else None
            calls.append(_Call(called[1] if called else char, at + 1))
        elif char in ")]}" and calls:
            calls.pop()
        elif char == "," and calls:
            calls[-1].argument += 1
            calls[-1].start = at + 1
        at += 1
    inner = calls.pop() if calls and calls[-1].function in ("[", "(") else None
    if not calls or calls[-1].function in ("[", "{", "("):
        return None
    call = calls[-1]
    written = text[begun:] if quote else text[(inner or call).start :].lstrip()
    named = NAMED.match(text[call.start :])
    if named and inner is None and not quote:
        written = text[call.start + named.end() :].lstrip()
    return (
        Place(call.function, call.argument, named[1] if named else "", written, quote) if quote or not written else None
    )


def candidates(place: Place) -> list[str]:
    """The names that fit the argument and begin as what is written, whatever the case of letters."""
    import eaeu_analysis as ea

    function = getattr(ea, place.function, None) if place.function in ea.__all__ else None
    if not callable(function):
        return []
    parameters = list(inspect.signature(function).parameters)
    name = place.name or (parameters[place.argument] if place.argument < len(parameters) else "")
    begun = place.written.casefold()
    return [text for text in _names(OFFERED.get(name, "")) if text.casefold().startswith(begun)]


TAKING = {  # names of parameters by what they take
    "indicators": "indicators outcome outcomes",
    "economies": "economies economy unit donors comparators units partners",
    "blocs": "bloc name",
    "scenarios": "scenario name_or_path names",
}
OFFERED = {name: kind for kind, names in TAKING.items() for name in names.split()}


@lru_cache
def _names(kind: str) -> tuple[str, ...]:
    readers: dict[str, Callable[[], Iterator[str]]] = {
        "indicators": _indicators,
        "economies": _economies,
        "blocs": _blocs,
        "scenarios": _scenarios,
    }
    return tuple(readers[kind]()) if kind in readers else ()


def _indicators() -> Iterator[str]:
    from .reference.catalogue import catalogue, outcomes

    yield from map(str, outcomes().index)
    yield from map(str, catalogue().index)


def _economies() -> Iterator[str]:
    from .reference.economies import common_name, economies

    codes = [str(code) for code in economies().index]
    yield from codes
    yield from map(common_name, codes)


def _blocs() -> Iterator[str]:
    from .reference.blocs import blocs

    yield from map(str, blocs().index)


def _scenarios() -> Iterator[str]:
    from .scenario import scenarios

    yield from map(str, scenarios()["name"])


def offer_names() -> None:
    """Add the matcher to the running IPython, once; nothing without one."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    completer = getattr(shell, "Completer", None)
    matchers = getattr(completer, "custom_matchers", None)
    if matchers is None or any(getattr(m, "matcher_identifier", "") == IDENTIFIER for m in matchers):
        return
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier=IDENTIFIER)  # type: ignore[untyped-decorator] # IPython's
    def match(context: Any) -> dict[str, Any]:
        before = "\n".join(context.full_text.split("\n")[: context.cursor_line])
        place = place_of(f"{before}\n{context.text_until_cursor}")
        found = candidates(place) if place is not None else []
        texts = found if place is None or place.quote else [f'"{text}"' for text in found]
        return {
            "completions": [SimpleCompletion(text=text, type="name") for text in texts],
            "matched_fragment": place.written if place is not None else "",
            "suppress": bool(texts),
        }

    matchers.append(match)


IDENTIFIER = "eaeu_analysis.names"
