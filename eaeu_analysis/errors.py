"""Errors a user can meet: one clear sentence each, with what was given, what was expected and the near match.

Each class has the exit code of the command line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping

from .text import clean_text

LONGEST = 500  # characters of a sentence; of a longer one the middle is left out
_SPACE = re.compile(r"[\t\n]+")


class EaeuError(Exception):
    """Base class of every error that this package raises on purpose.

    Catch it to handle a user's mistake or missing data without catching programming errors.

    Parameters
    ----------
    text : str
        The message. It is shortened to one line of at most 500 characters without control characters.

    Attributes
    ----------
    exit_code : int
        Exit code of the command line for this error: 2 bad input, 3 no usable data, 4 partial data, 5 a conclusion
        differs from the accepted baseline or a text says what no finding does, 6 the system refused, 130 stopped by
        the user.

    See Also
    --------
    BadInputError, NoDataError, PartialDataError, DriftError, UntracedError, IntegrityError, NotConvergedError,
    SystemRefusedError, StoppedError

    Notes
    -----
    Subclasses are in ``eaeu_analysis.errors``. BadInputError is also a ValueError, NoDataError a LookupError and
    NotConvergedError an ArithmeticError.

    Examples
    --------
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
    """``text`` as one printable line: without escape sequences and control characters, a long text loses its middle."""
    line = _SPACE.sub(" ", clean_text(str(text))).strip()
    return line if len(line) <= LONGEST else f"{line[: LONGEST * 3 // 4]} ... {line[-LONGEST // 4 + 5 :]}"


class BadInputError(EaeuError, ValueError):
    """An argument, a file or a setting is not what was expected (exit code 2; also a ValueError)."""


class NoDataError(EaeuError, LookupError):
    """There are no usable data for the question (exit code 3; also a LookupError)."""

    exit_code = 3


class PartialDataError(EaeuError):
    """Some of the requested data are missing and the caller chose to be strict (exit code 4)."""

    exit_code = 4


class DriftError(EaeuError):
    """A conclusion differs from the accepted baseline (exit code 5)."""

    exit_code = 5


class UntracedError(EaeuError):
    """A number of a text that was to be written has no origin in a result (exit code 5); nothing was written."""

    exit_code = 5


class SystemRefusedError(EaeuError):
    """The operating system refused: no permission, a full or read-only disk (exit code 6); nothing was replaced."""

    exit_code = 6


class IntegrityError(EaeuError):
    """Stored data do not match their recorded hash; they are never treated as merely missing (exit code 3)."""

    exit_code = 3


class NotConvergedError(EaeuError, ArithmeticError):
    """A solver did not converge, and its numbers must not be used (exit code 3; also an ArithmeticError)."""

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
    """The user stopped a command; running it again continues where it stopped (exit code 130)."""

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


def require_option(
    what: str, given: object, options: Collection[str], labels: Mapping[str, str] | None = None, hint: str = ""
) -> None:
    """Raise the error of :func:`unknown` unless ``given`` is one of ``options``."""
    if given not in options:
        raise unknown(what, given, options, labels, hint)


def require_level(level: float) -> None:
    """BadInputError unless a confidence level is between 0 and 1."""
    if not 0 < level < 1:
        raise BadInputError(f"level {level:g} is not between 0 and 1; expected a share such as 0.9")


def require_least(what: str, given: int, least: int) -> None:
    """BadInputError unless a number is at least ``least``; True and False are no numbers."""
    if isinstance(given, bool) or not given >= least:
        raise BadInputError(f"{what} {given}: at least {least} {'is' if least == 1 else 'are'} needed")


def as_names(what: str, given: Iterable[str] | str) -> tuple[str, ...]:
    """Names as a tuple; one text counts as a list of one. BadInputError for anything that is not a list."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise BadInputError(f"{what} {given!r}: expected a list of names or one name")
    return tuple(given)
