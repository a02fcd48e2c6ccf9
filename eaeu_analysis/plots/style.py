"""One style for every figure, and what all of them share: names at line ends, the event, the source.

Colours are Okabe and Ito's, which the colour-blind can tell apart; the treated unit also differs by width and
darkness, so that a figure survives greyscale. Lines carry their name at their end instead of a legend.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from ..text import clean_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TREATED = "#0b3c5d"
ACCENT = "#d55e00"
GREY = "#8a8f98"
INK = "#22262b"
SHADE = "#e9edf2"
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f6a00", "#000000")

STYLE: dict[Any, Any] = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 100,
    "savefig.bbox": None,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "eaeu_analysis",
    "svg.fonttype": "path",
}


def draw_by(
    paint: Callable[[Axes], None],
    result: Any,
    ax: Axes | None = None,
    height: float | None = None,
    *,
    title: str | None = None,
    figsize: tuple[float, float] | None = None,
) -> Axes:
    """``paint`` in the house style on ``ax``; when None on a new figure of pyplot with the result's sources.

    ``height``: inches of the figure without its sources; what they need over two lines is added. ``title`` and
    ``figsize`` (inches of a new figure) take the place of the figure's own."""
    with mpl.rc_context(STYLE):
        if ax is None:
            from matplotlib import pyplot as plt

            figure, ax = plt.subplots(layout="constrained", figsize=figsize)
            if height is not None:
                figure.set_figheight(height)
            sources = getattr(result, "drawn_from", None) or getattr(result, "provenance", None)
            if sources is not None and sources.series:
                lines = source_line(figure, sources)
                if height is not None:
                    figure.set_figheight(height + 0.115 * max(0, lines - 2))
        paint(ax)
        if title is not None:
            set_title(ax, title)
        plain_texts(ax)
        live = mpl.is_interactive()  # the backend of a notebook sets it on the first figure
    mpl.interactive(live)  # else leaving the style would undo it, and no later figure would show
    return ax


def plain_texts(ax: Axes) -> None:
    """Labels of data stay text on the figure: a dollar sign begins no formula, and nothing in them acts unseen."""
    from matplotlib.text import Text

    figure = ax.get_figure()
    for shown in (figure if figure is not None else ax).findobj(Text):
        text = shown.get_text() if isinstance(shown, Text) else ""
        if isinstance(shown, Text) and not text.isprintable():
            shown.set_text(clean_text(text))
        if isinstance(shown, Text) and "$" in text and "\\mathdefault" not in text:  # which is matplotlib's own
            shown.set_parse_math(False)


def fill(ax: Axes, text: str, size: float) -> str:
    """``text`` in lines that fit the width of the axes, at ``size`` points (bold ones are a tenth wider)."""
    figure = ax.get_figure()
    inches = figure.get_figwidth() * ax.get_position().width if figure is not None else 6.4  # type: ignore[union-attr] # a subfigure has none
    return textwrap.fill(text, max(24, round(118 * inches / size)))


def set_title(ax: Axes, text: str) -> None:
    """A title in lines that fit the figure, whatever its width."""
    ax.set_title(fill(ax, text, 10.5 * 1.05))


def styled() -> AbstractContextManager[None]:
    """The house style, for those who draw on axes of their own."""
    return mpl.rc_context(STYLE)


def source_line(figure: Figure, provenance: Any) -> int:
    """Series and vintages in small type under the figure; how many lines they take."""
    parts = {part.key: part for info in provenance.series for part in info.origins()}.values()
    by_owner: dict[str, list[str]] = {}
    for p in parts:
        owner = p.source.partition(" (github.com/")[0]  # who made the figures; the record names who passed them on
        by_owner.setdefault(owner, []).append(f"{p.code}, vintage {p.vintage}" if p.vintage else p.code)
    text = "; ".join(f"{owner}: {'; '.join(codes)}" if owner else "; ".join(codes) for owner, codes in by_owner.items())
    text = f"Source: {text}"
    wide = round(18.75 * figure.get_figwidth())
    lines = textwrap.wrap(text, wide)
    figure.supxlabel("\n".join(lines), x=0.01, ha="left", fontsize=6.5, gid="figure_sources")
    return len(lines)


def label_rows(ax: Axes, labels: Sequence[str], above: float) -> None:
    """A row per label, top down, the words above the row's bar or point."""
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
    for place, label in enumerate(labels):
        at, words = (0, place - above), fill(ax, label, 8)
        ax.annotate(words, at, xycoords=("axes fraction", "data"), va="bottom", fontsize=8, zorder=2.5, bbox=box)
    ax.set_yticks([])
    ax.set_ylim(len(labels) - 0.55, -0.75)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")


def named_rows(ax: Axes, places: Sequence[float] | np.ndarray[Any, Any], names: Sequence[str], size: float = 8) -> None:
    """Rows from the top, each with its name, and grid lines of the horizontal axis alone."""
    ax.set_yticks(places, names, fontsize=size)
    ax.set_ylim(max(places, default=0) + 0.6, -0.6)
    ax.set_axisbelow(True)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")


def end_labels(ax: Axes, ends: Sequence[tuple[str, float, float, str, bool]], size: float = 8) -> None:
    """Names at the ends of lines, pushed apart so that none covers another.

    ``ends``: (name, x, y, colour, bold) per line.
    """
    if not ends:
        return
    low, high = ax.get_ylim()
    height_points = ax.get_window_extent().height * 72 / ax.get_figure().dpi  # type: ignore[union-attr] # axes have one
    gap = (high - low) * (size * 1.15) / max(height_points, 1)
    order = sorted(range(len(ends)), key=lambda i: (ends[i][2], ends[i][0]))
    places = np.array([ends[i][2] for i in order])
    for _ in range(200):
        moved = False
        for j in range(len(places) - 1):
            overlap = gap - (places[j + 1] - places[j])
            if overlap > 1e-9 * max(abs(gap), 1e-300):
                places[j] -= overlap / 2
                places[j + 1] += overlap / 2
                moved = True
        if not moved:
            break
    for place, i in zip(places, order, strict=True):
        name, x, _, colour, bold = ends[i]
        ax.annotate(
            name,
            (x, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=colour,
            fontweight="bold" if bold else "normal",
            annotation_clip=False,
        )


def mark_event(ax: Axes, event: float, text: str) -> None:
    """A dashed line at the event with its name at the top."""
    ax.axvline(event, color=ACCENT, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
    ax.annotate(
        text,
        (event, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        fontsize=7.5,
        color=ACCENT,
        va="top",
    )
