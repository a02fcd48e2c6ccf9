"""Errors a user can meet: one clear sentence each, with what came, what was expected, the near match.

Each class carries the exit code the command line ends with.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

LONGEST = 500  # characters of a sentence; of a longer one the middle is left out
_UNSAID = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class EaeuError(Exception):
    """Base of every error this package raises on purpose; ``exit_code`` is for the command line.

    Its text is one line of bounded length without control characters, whatever the input it quotes.

    >>> import eaeu_analysis as ea
    >>> try:
    ...     ea.load_panel(["trade"], ["Uzbekstan"])
    ... except ea.EaeuError as error:
    ...     print(error, error.exit_code, sep="; code ")
    economy 'Uzbekstan' not known; did you mean 'UZB' (Uzbekistan)?; code 2
    """

    exit_code = 2

    def __init__(self, text: str = "") -> None:
        super().__init__(one_line(text))


def one_line(text: str) -> str:
    """``text`` fit to be printed: line ends and control characters as spaces, the middle of a long one left out."""
    said = _UNSAID.sub(" ", str(text)).strip()
    return said if len(said) <= LONGEST else f"{said[: LONGEST * 3 // 4]} ... {said[-LONGEST // 4 + 5 :]}"


class BadInputError(EaeuError, ValueError):
    """An argument, a file or a setting is not what was expected (exit code 2)."""


class NoDataError(EaeuError, LookupError):
    """Nothing usable is at hand for the question (exit code 3)."""

    exit_code = 3


class PartialDataError(EaeuError):
    """Some of the data asked for are missing and the caller asked to be strict (exit code 4)."""

    exit_code = 4


class DriftError(EaeuError):
    """A conclusion differs from the accepted baseline (exit code 5)."""

    exit_code = 5


class IntegrityError(EaeuError):
    """Stored data do not match their recorded hash; never passed over as merely missing (exit code 3)."""

    exit_code = 3


class NotConvergedError(EaeuError, ArithmeticError):
    """A solver stopped before its condition held; its numbers are not to be used (exit code 3)."""

    exit_code = 3


def likeness(one: str, other: str) -> float:
    """From 0 to 1: the share of letters in the same order; at least 0.85 for the same letters in another order."""
    ratio = difflib.SequenceMatcher(None, one, other).ratio()
    return 0.85 + 0.15 * ratio if sorted(one) == sorted(other) else ratio


def most_like(wanted: str, options: Iterable[str], most: int, least: float) -> dict[str, float]:
    """Up to ``most`` options whose :func:`likeness` is ``least`` or more, best first, in their order where equal."""
    near = dict.fromkeys(difflib.get_close_matches(wanted, options := list(options), n=2 * most, cutoff=least))
    near |= dict.fromkeys(option for option in options if sorted(option) == sorted(wanted))
    scores = {option: likeness(option, wanted) for option in near}
    return dict(sorted(scores.items(), key=lambda scored: -scored[1])[:most])


class StoppedError(EaeuError):
    """The user stopped a command that goes on where it was when it is given again (exit code 130)."""

    exit_code = 130


def near_matches(given: str, options: Iterable[str], labels: Mapping[str, str] | None = None) -> list[str]:
    """Up to three options that look like ``given``, best first; labels (option -> name) are searched too."""
    wanted = str(given).casefold()
    keyed: dict[str, str] = {}
    for option in options:
        keyed.setdefault(str(option).casefold(), str(option))
        if labels and option in labels:
            keyed.setdefault(labels[option].casefold(), str(option))
    found = list(most_like(wanted, keyed, most=6, least=0.6))
    if len(wanted) >= 4:  # shorter fragments occur in too many names to be a hint
        found += sorted(key for key in keyed if wanted in key and key not in found)
    return list(dict.fromkeys(keyed[key] for key in found))[:3]


def unknown(
    what: str, given: object, options: Iterable[str], labels: Mapping[str, str] | None = None, hint: str = ""
) -> BadInputError:
    """The error for a name that is not known: ``economy 'Kirgizia' not known; did you mean 'KGZ' (...)?``."""
    options = list(options)
    near = near_matches(str(given), options, labels)
    text = f"{what} {given!r} not known"
    if near:
        shown = [f"{n!r} ({labels[n]})" if labels and n in labels else repr(n) for n in near]
        text += f"; did you mean {' or '.join(shown)}?"
    elif 0 < len(options) <= 12:
        text += f"; known: {', '.join(map(str, options))}"
    if hint:
        text += f" {hint}" if text.endswith("?") else f"; {hint}"
    return BadInputError(text)


def as_names(what: str, given: Iterable[str] | str) -> tuple[str, ...]:
    """A list of names as a tuple; a text alone is a list of one. BadInputError for what is no list."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise BadInputError(f"{what} {given!r}: expected a list of names or one name")
    return tuple(given)


def require_frame(what: str, given: object) -> None:
    """BadInputError unless it is a DataFrame."""
    import pandas as pd

    if not isinstance(given, pd.DataFrame):
        raise BadInputError(f"{what} must be a DataFrame, not {type(given).__name__}")
