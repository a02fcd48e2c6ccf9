"""What all results share: checks with a verdict, provenance, and one way to be displayed."""

from __future__ import annotations

import html
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from .errors import BadInputError, require_option
from .text import clean_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .series import SeriesInfo

PUBLISHED_DIGITS = 12  # significant ones of a number in JSON: the last four of sixteen depend on the processor


CheckRole = Literal["fatal", "warning", "info"]
Finding = Literal["unreliable", "untested", "none", "fragile", "found"]


@dataclass(frozen=True)
class Check:
    """A test of an estimate, with a rule that was fixed before the fit.

    A verdict depends on the roles of the failed checks, never on their names: after a failed "fatal" check the result
    is unreliable, after a failed "warning" it is fragile.

    Parameters
    ----------
    name : str
        Short name, unique within a result ("pre-period fit").
    passed : bool or None
        Whether the check passed; None for information that is not judged.
    value : float or None
        The number that is compared with ``threshold``, in the way that ``text`` states.
    threshold : float or None
        The limit; None where there is none.
    text : str
        One sentence with the numbers and the rule.
    role : {"fatal", "warning", "info"}, default "warning"
        What a failure means. A check that is not judged (``passed`` is None) always has the role "info".
    scope : str, default ""
        The part of the result that the check applies to (a panel, a channel); empty for all of it.

    Raises
    ------
    BadInputError
        If the role is unknown, or is "info" for a check that passed or failed.

    Examples
    --------
    >>> from eaeu_analysis.results import Check
    >>> check = Check("pre-period fit", False, 2.1, 1.5, "root mean squared gap 2.1, at most 1.5", role="fatal")
    >>> check.mark, check.failed
    ('FAIL', True)
    >>> check.as_info().role
    'info'
    """

    name: str
    passed: bool | None
    value: float | None
    threshold: float | None
    text: str
    role: CheckRole = field(default="warning", kw_only=True)
    scope: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        require_option("role of a check", self.role, get_args(CheckRole))
        for name in ("value", "threshold"):  # plain numbers, whatever the rule took them from
            if (number := getattr(self, name)) is not None:
                object.__setattr__(self, name, float(number))
        if self.passed is None:
            object.__setattr__(self, "role", "info")
        elif self.role == "info":
            raise BadInputError(
                f"check {self.name!r} has the role 'info' and passed={self.passed}; expected passed=None"
            )
        else:
            object.__setattr__(self, "passed", bool(self.passed))  # numpy's False is not the object False

    @classmethod
    def at_least(cls, name: str, value: float, least: float, text: str, **more: Any) -> Check:
        """A check that passes where the value is ``least`` or more; ``more``: role and scope."""
        return cls(name, value >= least, value, least, text, **more)

    @classmethod
    def at_most(cls, name: str, value: float, most: float, text: str, **more: Any) -> Check:
        """A check that passes where the value is ``most`` or less; ``more``: role and scope."""
        return cls(name, value <= most, value, most, text, **more)

    @property
    def line(self) -> str:
        """The check in a summary."""
        return f"[{self.mark}] {self.name}: {self.text}"

    @property
    def mark(self) -> str:
        """The label in a summary: "pass", "FAIL" or "info"."""
        return {True: "pass", False: "FAIL", None: "info"}[self.passed]

    @property
    def failed(self) -> bool:
        """Whether the check was judged and did not pass."""
        return self.passed is False

    def as_info(self) -> Check:
        """The same numbers and text as information that is not judged."""
        return replace(self, passed=None)


def is_reliable(checks: Iterable[Check]) -> bool:
    """Whether no fatal check failed."""
    return not any(check.failed and check.role == "fatal" for check in checks)


def check_records(checks: Iterable[Check], *fields: str) -> list[dict[str, Any]]:
    """These fields of each check; by default all but the scope."""
    names = fields or ("name", "role", "passed", "value", "threshold", "text")
    return [{name: getattr(check, name) for name in names} for check in checks]


def finding_of(
    estimate: float, interval: tuple[float, float], level: float, p_value: float, checks: tuple[Check, ...]
) -> Finding:
    """The rule of the verdict, in this order:

    "unreliable": a fatal check failed or the estimate is not finite; "untested": no p-value and no interval;
    "none": p above 1 - level, or the interval includes zero; "fragile": otherwise, with any failed check; "found":
    otherwise.
    """
    if not math.isfinite(estimate) or not is_reliable(checks):
        return "unreliable"
    has_interval = not any(math.isnan(end) for end in interval)
    if math.isnan(p_value) and not has_interval:
        return "untested"
    if p_value > 1 - level + 1e-9 or (has_interval and interval[0] <= 0 <= interval[1]):
        return "none"
    return "fragile" if any(check.failed for check in checks) else "found"


@dataclass(frozen=True)
class Provenance:
    """Where a number comes from.

    Parameters
    ----------
    series : tuple of SeriesInfo
        The data series that were used, with source and vintage.
    method : str
        Name of the method.
    reference : str
        The publication that the method follows.
    settings : dict
        Settings of the run, as plain values.
    """

    series: tuple[SeriesInfo, ...] = ()
    method: str = ""
    reference: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One line for each series, for the foot of a figure or table."""
        return [info.source_line() for info in self.series]


class Result(ABC):
    """Base class of all results: a table, a summary, a figure and a display in notebooks.

    ``drawn_by`` names the function of ``plots`` that draws the result ("compare.draw_before_after"); only that module
    is loaded when ``plot()`` is called.
    """

    drawn_by: ClassVar[str] = ""
    drawn_height: ClassVar[float | None] = None  # inches of a new figure without its sources; None: the usual

    def to_frame(self) -> pd.DataFrame:
        """The result as a tidy table, one row for each observation: a copy of ``table``."""
        table: pd.DataFrame = vars(self)["table"]
        return table.copy()

    @abstractmethod
    def summary(self) -> str:
        """The result as text: findings, a small table, checks and sources. Nothing is printed."""

    def check(self, name: str) -> Check | None:
        """The check of that name; None where the result has none."""
        checks: Iterable[Check] = getattr(self, "checks", ())
        return next((check for check in checks if check.name == name), None)

    def plot(
        self, ax: Axes | None = None, *, title: str | None = None, figsize: tuple[float, float] | None = None
    ) -> Axes:
        """Draw the result.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            The axes to draw on; a new figure by default.
        title : str, optional
            Title in place of the figure's own.
        figsize : tuple of float, optional
            Width and height of a new figure in inches.

        Returns
        -------
        matplotlib Axes
            The axes with the figure.

        Raises
        ------
        BadInputError
            If no figure is defined for this kind of result.
        """
        if not self.drawn_by:
            raise BadInputError(f"no figure is defined for a {type(self).__name__}; use to_frame() or summary()")
        return self._painted(self.drawn_by, ax, title, figsize)

    def _painted(self, drawn_by: str, ax: Axes | None, title: str | None, figsize: tuple[float, float] | None) -> Axes:
        """A figure by a function of ``plots`` that draws on given axes, in the house style."""
        paint = _drawer(drawn_by)
        height = self.drawn_height if figsize is None and drawn_by == self.drawn_by else None
        draw = _drawer("style.draw_by")
        axes: Axes = draw(lambda at: paint(self, at), self, ax, height, title=title, figsize=figsize)
        return axes

    def _ended(self, lines: Sequence[str], indent: str = "  ", *, sources: bool = True) -> str:
        """The text of a summary: these lines, then the checks and the sources."""
        mine: Any = self  # every result has both, as fields or as properties
        ends = [check.line for check in mine.checks]
        ends += source_lines(mine.provenance) if sources else []
        return "\n".join([*lines, *(f"{indent}{end}" for end in ends)])

    def _draw(self, drawn_by: str, ax: Axes | None, *arguments: Any) -> Axes:
        """Draw another figure of the result, by a function of ``plots`` that makes a new figure when ``ax`` is None."""
        axes: Axes = _drawer(drawn_by)(self, ax, *arguments)
        return axes

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # a dataclass would show every field, tables and all
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign] # that is meant

    def __repr__(self) -> str:
        """The class and the first line of the summary."""
        return f"<{type(self).__name__}: {clean_text(self.summary()).split(chr(10), 1)[0].rstrip(':')}>"

    def __str__(self) -> str:
        return clean_text(self.summary())

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, float_format=lambda v: f"{v:,.3f}", na_rep="n/a")
        text, table = html.escape(clean_text(self.summary())), clean_text(table)
        return f"<div><pre>{text}</pre><details><summary>table</summary>{table}</details></div>"


def _drawer(name: str) -> Any:
    """A function of ``plots`` by its name, "compare.draw_before_after"; its module is loaded on first use."""
    module, _, function = name.partition(".")
    return getattr(import_module(f".plots.{module}", __package__), function)


@dataclass(frozen=True, eq=False)
class TableResult(Result):
    """A result with a table of its own: the question as plain values, the table, the level of its intervals, checks and
    provenance."""

    spec: Mapping[str, Any]
    table: pd.DataFrame
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance


def source_lines(provenance: Provenance, before: str = "") -> list[str]:
    """The source lines at the end of a summary, one for each series, without repetition."""
    return [f"{before}source: {line}" for line in dict.fromkeys(provenance.lines())]


def round_published(value: float) -> float:
    """``value`` as it is published: to the digits that every processor and number of threads agrees on."""
    return float(f"{value:.{PUBLISHED_DIGITS}g}")


def json_text(document: Any, indent: int = 1) -> str:
    """JSON text: plain types, sorted keys, a newline at the end."""
    return json.dumps(to_plain(document), indent=indent, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def to_plain(value: Any) -> Any:
    """The value as plain JSON types: numbers rounded, texts cleaned, missing and infinite numbers null."""
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return round_published(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, (int, bool)):
        return value
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        return None if text == "NaT" else text
    return None if str(value) in ("<NA>", "NaT") else str(value)
