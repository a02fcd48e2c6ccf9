"""What every result shares: a check with a verdict, provenance, and one way to be shown."""

from __future__ import annotations

import html
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from .errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .series import SeriesInfo


@dataclass(frozen=True)
class Check:
    """A test of an estimate whose rule was fixed before the fit.

    ``passed`` is None when the check only informs. ``value`` is compared with ``threshold`` in the way
    that ``text`` states in words.
    """

    name: str
    passed: bool | None
    value: float | None
    threshold: float | None
    text: str

    @property
    def mark(self) -> str:
        return {True: "pass", False: "FAIL", None: "info"}[self.passed]


@dataclass(frozen=True)
class Provenance:
    """Where a number comes from: the series behind it, the method's name and its source, the settings."""

    series: tuple[SeriesInfo, ...] = ()
    method: str = ""
    reference: str = ""
    settings: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """A line per series, fit to stand under a figure."""
        return [info.source_line() for info in self.series]


class Result(ABC):
    """Base of every result: ``to_frame()`` and ``summary()`` are its own, the display is written once here.

    ``drawn_by`` names the function of ``plots`` that draws the result ("compare.draw_before_after"); only that module
    is loaded when ``plot()`` is called.
    """

    drawn_by: ClassVar[str] = ""

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """The result as a tidy frame."""

    @abstractmethod
    def summary(self) -> str:
        """The result in words and a small table; prints nothing, holds no clock."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result on ``ax`` (a new one when None) and return it."""
        if not self.drawn_by:
            raise BadInputError(f"no figure is defined for a {type(self).__name__}; use to_frame() or summary()")
        paint = _drawer(self.drawn_by)
        axes: Axes = _drawer("style.draw_by")(lambda at: paint(self, at), self, ax)
        return axes

    def _draw(self, drawn_by: str, ax: Axes | None, *arguments: Any) -> Axes:
        """Draw another figure of the result, by a function of ``plots`` that makes a new figure when ``ax`` is None."""
        axes: Axes = _drawer(drawn_by)(self, ax, *arguments)
        return axes

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "__repr__" not in cls.__dict__:  # a dataclass would show every field, tables and all
            cls.__repr__ = Result.__repr__  # type: ignore[method-assign]

    def __repr__(self) -> str:
        """Its kind and the first line of its summary."""
        return f"<{type(self).__name__}: {self.summary().split(chr(10), 1)[0].rstrip(':')}>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, float_format=lambda v: f"{v:,.3f}", na_rep="n/a")
        return f"<div><pre>{html.escape(self.summary())}</pre><details><summary>table</summary>{table}</details></div>"


def _drawer(name: str) -> Any:
    """A function of ``plots`` by its name, "compare.draw_before_after"; its module is loaded on first use."""
    module, _, function = name.partition(".")
    return getattr(import_module(f".plots.{module}", __package__), function)


def source_lines(provenance: Provenance, before: str = "") -> list[str]:
    """The lines that a summary ends with: a series each, and no more than it names."""
    return [f"{before}source: {line}" for line in dict.fromkeys(provenance.lines())]


def to_plain(value: Any) -> Any:
    """``value`` in types that JSON knows; what is missing or infinite becomes null."""
    if isinstance(value, Mapping):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(v) for v in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    if hasattr(value, "isoformat"):
        text = value.isoformat()
        return None if text == "NaT" else text
    return None if str(value) in ("<NA>", "NaT") else str(value)
