"""A picture in pixels: texts whose width is known before they are drawn, bars, dots and dashed lines."""

from __future__ import annotations

import functools
import io
from typing import Any, NamedTuple

from PIL import Image, ImageDraw, ImageFont

LEADING = 1.28  # height of a line, of its size
ASCENT = 0.98  # of the size, from the top of a line down to where the letters stand
COLOURS = 64  # of the palette: lines stay smooth, files stay small
FINE = 4  # a dot is drawn so many times larger and then reduced, so that its edge is smooth


class Box(NamedTuple):
    """A rectangle in pixels from the top left."""

    left: int
    top: int
    wide: int
    high: int


class Canvas:
    """A white picture to draw on; (0, 0) is its top left."""

    def __init__(self, wide: int, high: int) -> None:
        self.image = Image.new("RGB", (wide, high), "white")
        self.pen = ImageDraw.Draw(self.image)

    def text(
        self, text: str, x: float, y: float, size: int, colour: str, *, bold: bool = False, anchor: str = "ls"
    ) -> None:
        """One line of text. ``anchor``: "l", "m" or "r" for x, and "s" (where letters stand) or "m" for y."""
        self.pen.text((x, y), text, fill=colour, font=font(size, bold), anchor=anchor)

    def lines(self, lines: list[str], x: int, y: int, size: int, colour: str, *, bold: bool = False) -> int:
        """Lines of text below (x, y); the y below them."""
        for i, line in enumerate(lines):
            self.text(line, x, y + i * size * LEADING + ASCENT * size, size, colour, bold=bold)
        return y + height(lines, size)

    def bar(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """A filled rectangle between two x in any order."""
        left, right = sorted((round(left), round(right)))
        if right > left:
            self.pen.rectangle((left, round(top), right - 1, round(bottom) - 1), fill=colour)

    def dot(self, x: float, y: float, radius: int, colour: str) -> None:
        """A filled circle with a smooth edge."""
        side = 2 * radius * FINE
        mask = Image.new("L", (side, side), 0)
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        mask = mask.resize((2 * radius, 2 * radius), Image.Resampling.LANCZOS)
        self.image.paste(colour, (round(x) - radius, round(y) - radius), mask)

    def dashed(self, x: float, top: float, bottom: float, colour: str) -> None:
        """A dashed line from top to bottom."""
        for y in range(round(top), round(bottom), 14):
            self.bar(x - 1.5, y, x + 1.5, min(y + 9, bottom), colour)

    def paste(self, image: Image.Image, box: Box) -> None:
        """Another picture at the top left of the box."""
        self.image.paste(image, (box.left, box.top))

    def png(self) -> bytes:
        """The picture as PNG with a palette; no date and no program in it."""
        flat = self.image.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        buffer = io.BytesIO()
        flat.save(buffer, "PNG", compress_level=6)
        return buffer.getvalue()


@functools.lru_cache(maxsize=64)
def font(size: int, bold: bool = False) -> Any:
    """DejaVu Sans, which comes with matplotlib: every machine draws the same."""
    from matplotlib import get_data_path

    name = f"{get_data_path()}/fonts/ttf/DejaVuSans{'-Bold' if bold else ''}.ttf"
    return ImageFont.truetype(name, size, layout_engine=ImageFont.Layout.BASIC)


def width(text: str, size: int, bold: bool = False) -> float:
    """Pixels that a line of text takes."""
    return float(font(size, bold).getlength(text))


def height(lines: list[str], size: int) -> int:
    """Pixels that lines of that size take."""
    return round(len(lines) * size * LEADING)


def wrap(text: str, wide: int, size: int, bold: bool = False) -> list[str]:
    """The text in lines no wider than ``wide``, broken at spaces; a no-break space keeps words together."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and width(f"{lines[-1]} {word}", size, bold) <= wide:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fit(text: str, wide: int, room: int, sizes: tuple[int, ...]) -> tuple[int, list[str]]:
    """The first of the sizes in which the text fits, and its lines; the last size where none does."""
    for size in sizes:
        lines = wrap(text, wide, size)
        if height(lines, size) <= room and all(width(line, size) <= wide for line in lines):
            return size, lines
    return sizes[-1], wrap(text, wide, sizes[-1])
