"""A finding -> a picture file: where the texts and the picture of a card stand.

The sentence gets the largest type that fits: a card is mostly seen 300 pixels wide.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...plots import style
from . import draw
from .canvas import Box, Canvas, fit, height, wrap
from .findings import CardFinding

MARGIN, EDGE = 56, 14
SIZES = (72, 66, 60, 56, 52, 48, 44, 41, 38, 36, 34, 32, 30)  # pixels of the sentence
HEAD, SURE, SOURCE = 30, 27, 21  # pixels of the other texts
COLUMN, GAP = 0.42, 36  # of the width, for a picture next to the sentence; and pixels between them
SENTENCE = 0.5  # of the height, where the picture is below it


@dataclass(frozen=True)
class Shape:
    """A form of the card; with ``side_by_side`` the picture is next to the sentence and not below it."""

    name: str
    width: int
    height: int
    side_by_side: bool


SHAPES = (Shape("wide", 1200, 630, True), Shape("square", 1080, 1080, False))


def card_png(finding: CardFinding, shape: Shape) -> bytes:
    """The card as PNG; the same bytes for the same finding."""
    canvas = Canvas(shape.width, shape.height)
    canvas.bar(0, 0, EDGE, shape.height, style.TREATED)
    whole = shape.width - 2 * MARGIN
    bottom = _foot(canvas, finding, whole, shape.height - MARGIN + 14)
    head, lines = fit(finding.head, whole, round(2 * HEAD), (HEAD, 26, 23))
    top = canvas.lines(lines, MARGIN, MARGIN - 10, head, style.ACCENT, bold=True) + 14
    pictured = draw.has_picture(finding)
    column = round(COLUMN * whole) if pictured and shape.side_by_side else 0
    room = bottom - top if column or not pictured else round(SENTENCE * (bottom - top))
    size, lines = fit(finding.sentence, whole - (column + GAP if column else 0), room, SIZES)
    below = canvas.lines(lines, MARGIN, top, size, style.INK) + 22
    if column:
        draw.draw(canvas, finding, Box(shape.width - MARGIN - column, top + 6, column, bottom - top - 6))
    elif pictured:
        draw.draw(canvas, finding, Box(MARGIN, below, whole, bottom - below))
    return canvas.png()


def _foot(canvas: Canvas, finding: CardFinding, whole: int, bottom: int) -> int:
    """How sure it is, the source and the date, above ``bottom``; the y that is left for the rest."""
    small = wrap(f"{finding.source} {finding.as_of} eaeu_analysis", whole, SOURCE)
    sure = wrap(finding.sure, whole, SURE, bold=True)
    top = bottom - height(small, SOURCE) - height(sure, SURE) - 8
    below = canvas.lines(sure, MARGIN, top, SURE, style.INK, bold=True)
    canvas.lines(small, MARGIN, below + 8, SOURCE, draw.PALE)
    canvas.bar(MARGIN, top - 18, MARGIN + whole, top - 16, style.SHADE)
    return top - 32
