"""report.page.picture."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ... import plots
from .downloads import csv_text, inert
from .figures import inline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


WIDTH, HEIGHT = 4.2, 2.9  # inches: text of 8 points is then read on a phone and on a desk


# Colours of the house style that the page sets by theme; a colour that is not here stays as it is drawn.
THEMED = {
    plots.TREATED: "own",
    plots.ACCENT: "accent",
    plots.GREY: "grey",
    plots.INK: "ink",
    plots.SHADE: "shade",
    "#e3e6ea": "grid",
    "#5b616b": "label",
    "#000000": "ink",
    **{colour: f"c{i}" for i, colour in enumerate(plots.PALETTE) if colour not in ("#000000", plots.ACCENT)},
}


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    ``svg``: whole, with title and sources, a file of its own. ``inline``: for the page, which says both itself.
    ``csv``: the values drawn; the first column is the axis that ``geometry["axis"]`` names, the others are lines.
    ``geometry``: the axes' box (left, top, width, height) in the SVG's units and the limits of x and y.
    """

    id: str
    svg: str
    inline: str
    csv: str
    alt: str
    geometry: dict[str, Any]


def picture(
    name: str,
    draw: Callable[[Axes], Any],
    values: pd.DataFrame,
    *,
    title: str,
    alt: str,
    provenance: Any = None,
    axis: str = "x",
    lines: Sequence[str] | None = None,
    size: tuple[float, float] = (WIDTH, HEIGHT),
) -> Picture:
    """Draw one figure of one axes.

    ``values``: what is drawn, its index along ``axis``: years for "x"; for "y" the labels of the rows from the top.
    ``lines``: the columns that are drawn as lines or points, all when None.
    """
    title, alt = inert(title), inert(alt)
    figure = plots.new_figure(*size)
    figure.get_layout_engine().set(w_pad=6 / 72)  # type: ignore[union-attr, call-arg]
    with plots.styled():
        ax = figure.subplots()
        draw(ax)
        ax.set_title(textwrap.fill(title, round(13 * size[0])), fontsize=9, gid="figure_title")
        if provenance is not None:
            plots.source_line(figure, provenance)
        svg = plots.svg(figure, alt)
        box, geometry = _measure(figure, ax, axis)
    geometry["lines"] = list(values.columns if lines is None else lines)
    header = [str(values.index.name or "year"), *map(str, values.columns)]
    rows = [[label, *line] for label, line in zip(values.index, values.to_numpy(), strict=True)]
    return Picture(name, svg, inline(svg, box), csv_text(header, rows), alt, geometry)


def _measure(figure: Canvas, ax: Axes, axis: str) -> tuple[tuple[float, ...], dict[str, Any]]:
    """What the drawing covers without title and sources, and where its axes are, in points from the top left."""
    wide, high = (72 * v for v in figure.get_size_inches())
    place = ax.get_position()
    ax.set_title("")
    scale = 72 / figure.dpi
    tight = ax.get_tightbbox()
    assert tight is not None  # noqa: S101
    left, right = tight.x0 * scale - 7, tight.x1 * scale + 3  # paths of letters are a little wider than measured
    top, bottom = max(high - tight.y1 * scale - 2, 0), min(high - tight.y0 * scale + 2, high)
    geometry = {
        "axis": axis,
        "box": [round(v, 2) for v in (place.x0 * wide, (1 - place.y1) * high, place.width * wide, place.height * high)],
        "x": [round(float(v), 6) for v in ax.get_xlim()],
        "y": [round(float(v), 6) for v in ax.get_ylim()],
        "view": [round(v, 2) for v in (left, top, right - left, bottom - top)],
    }
    return (left, top, right - left, bottom - top), geometry


def _themed(colour: str) -> str:
    name = THEMED.get(colour)
    return f"var(--fig-{name}, {colour})" if name else colour
