"""A picture of the report: an SVG file of its own, the same cut and coloured for the page, and its values as CSV."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...plots import style
from ...text import clean_text
from .downloads import csv_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


WIDTH, HEIGHT = 4.2, 2.9  # inches: text of 8 points is then read on a phone and on a desk


# Colours of the house style that the page sets by theme; a colour that is not here stays as it is drawn.
THEMED = {
    style.TREATED: "own",
    style.ACCENT: "accent",
    style.GREY: "grey",
    style.INK: "ink",
    style.SHADE: "shade",
    "#e3e6ea": "grid",
    "#5b616b": "label",
    "#000000": "ink",
    **{colour: f"c{i}" for i, colour in enumerate(style.PALETTE) if colour not in ("#000000", style.ACCENT)},
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


def inline(svg: str, box: tuple[float, ...]) -> str:
    """The SVG for the page: cut to ``box``, colours by theme, no title element (browsers show it over the values)."""
    head, rest = svg.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    head = re.sub(r'viewBox="[^"]*"', 'viewBox="' + " ".join(f"{v:.2f}" for v in box) + '"', head)
    rest = re.sub(r"<title>.*?</title>", "", rest, count=1, flags=re.S)
    rest = re.sub(r"<metadata>.*?</metadata>", "", rest, flags=re.S)
    for part in ("figure_title", "figure_sources"):
        rest = re.sub(rf'(<g id="[^"]*{part}")', r'\1 class="apart"', rest)
    coloured = re.sub(r"(?<=: )#[0-9a-f]{6}\b", lambda m: _themed(m.group()), rest)
    return f"{head}>{coloured}"


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
    title, alt = clean_text(title), clean_text(alt)
    figure = style.new_figure(*size)
    figure.get_layout_engine().set(w_pad=6 / 72)  # type: ignore[union-attr, call-arg]
    with style.styled():
        ax = figure.subplots()
        draw(ax)
        ax.set_title(textwrap.fill(title, round(13 * size[0])), fontsize=9, gid="figure_title")
        if provenance is not None:
            style.source_line(figure, provenance)
        style.plain_texts(ax)
        svg = style.svg(figure, alt)
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
