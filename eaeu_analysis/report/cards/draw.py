"""The picture of a card: lines, an interval, bars or a part of a whole, from the numbers of the claim.

Labels are large and few, so that they are read on a phone. Nothing is computed here; the lines are those of the
comparison that the claim is about.
"""

from __future__ import annotations

import datetime as dt
import functools
from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator
from PIL import Image

from ...data.freshness import newest_edition
from ...plots import style
from ...plots.compare import before_after_data
from ...plots.style import ACCENT, GREY, INK, SHADE, TREATED
from ...reference.blocs import bloc
from ..wording.templates import Language, find_language
from .canvas import Box, Canvas, width, wrap
from .findings import CardFinding, PictureRule, picture_rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ...compare import BeforeAfter
    from ..claims.claim import Claim

NUMBER, LABEL, LEGEND = 30, 23, 23  # pixels of the texts in a picture
LARGE = 44  # of the number that a picture is about
PALE = "#5b616b"
BAND = "#b9c3cd"  # an interval that does not rule out zero
CLEAR = "#7f9db3"  # one that does
FIRST = 2005  # the first year of the lines
DATED_FROM = 2010  # the first year of a line with a date on it, where the date is not earlier
NARROW = 0.25  # an interval narrower than this share of its distance from zero is drawn without the zero
DPI = 100


def has_picture(finding: CardFinding) -> bool:
    """Whether a picture belongs to the finding."""
    return picture_rule(finding.claim).kind != "none"


def draw(canvas: Canvas, finding: CardFinding, box: Box) -> None:
    """Draw the picture of the finding into the box."""
    rule, words = picture_rule(finding.claim), find_language(finding.lang, "cards")
    paint = {"lines": _lines, "interval": _interval, "chance": _interval, "bars": _bars, "part": _part, "date": _date}
    paint[rule.kind](canvas, finding.claim, rule, words, box)


def _legend(canvas: Canvas, rows: list[tuple[str, str]], box: Box) -> Box:
    """Lines of coloured text at the top of the box; what is left of it."""
    top = box.top
    for text, colour in rows:
        top = canvas.lines(wrap(text, box.wide, LEGEND, bold=True), box.left, top, LEGEND, colour, bold=True)
    top += 12 if rows else 0
    return Box(box.left, top, box.wide, box.top + box.high - top)


# Lines of the economy and of its comparison countries.


def compared(claim: Claim) -> BeforeAfter:
    """The comparison behind a claim on an outcome of an economy."""
    words, values = dict(claim.words), dict(claim.values)
    outcome = str(words.get("outcome") or "outcome.trade").partition(".")[2]
    unit = str(words["economy"]).partition(".")[2]
    year = values.get("event") or values.get("d_event")
    return _compared(outcome, unit, int(year) if year else bloc("EAEU").accession(unit).year)


@functools.lru_cache(maxsize=64)
def _compared(outcome: str, unit: str, event: int) -> BeforeAfter:
    from ...compare import before_after
    from ...data.load import load_panel

    return before_after(load_panel([outcome]), outcome, unit, event)


def _lines(canvas: Canvas, claim: Claim, rule: PictureRule, words: Language, box: Box) -> None:
    result = compared(claim)
    first, last = result.windows.before
    unit = (
        words.say("picture", "index", {"first": float(first), "last": float(last)})
        if result.relative
        else words.word(f"unit.{result.outcome.unit}")
    )
    box = _legend(
        canvas,
        [
            (f"{words.word(f'economy.{result.unit}')}, {unit}", TREATED),
            (words.say("picture", "others"), PALE),
            (words.say("picture", "accession", {"year": float(result.windows.event)}), ACCENT),
        ],
        box,
    )
    canvas.paste(_line_chart(result, box, words), box)


def _line_chart(result: BeforeAfter, box: Box, words: Language) -> Image.Image:
    table = before_after_data(result)[0]
    event = result.windows.event
    table = table[table.index >= min(FIRST, result.windows.before[0])].dropna(how="all")
    with style.styled():
        figure = _figure(box.wide, box.high)
        ax = figure.axes[0]
        for drawn in list(ax.lines):
            drawn.remove()
        for code in table.columns:
            values, own = table[code].dropna(), code == result.unit
            ax.plot(
                values.index, values.to_numpy(), color=TREATED if own else GREY, alpha=1 if own else 0.55,
                linewidth=4.5 if own else 1.6, zorder=3 if own else 2,
            )  # fmt: skip
        ax.axvline(event, color=ACCENT, linewidth=2.2, linestyle=(0, (4, 2)), zorder=1)
        ends = (int(table.index[0]), int(table.index[-1]))
        ax.set_xlim(ends[0] - 0.4, ends[1] + 0.4)
        ax.set_xticks([ends[0], event, ends[1]], [str(ends[0]), str(event), str(ends[1])])
        low, high = _padded(float(table.min().min()), float(table.max().max()), 0.06)
        places = [float(v) for v in MaxNLocator(3).tick_values(low, high) if low <= v <= high]
        ax.set_yticks(places, [words.number(v, "0") for v in places])
        ax.set_ylim(low, high)
        figure.canvas.draw()
        pixels = figure.canvas.buffer_rgba()  # type: ignore[attr-defined] # of Agg
    return Image.frombuffer("RGBA", (box.wide, box.high), pixels).convert("RGB")


@functools.lru_cache(maxsize=32)
def _figure(wide: int, high: int) -> Figure:
    """One figure of that size with its axes, drawn on again and again."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(wide / DPI, high / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    left, right, foot = 74, 40, 40
    ax = figure.add_axes((left / wide, foot / high, (wide - left - right) / wide, (high - foot - 6) / high))
    ax.tick_params(labelsize=LABEL * 72 / DPI, length=0)
    return figure


def _padded(low: float, high: float, share: float) -> tuple[float, float]:
    room = share * (high - low or 1.0)
    return low - room, high + room


# An estimate and its interval on one axis with its zero.


def _interval(canvas: Canvas, claim: Claim, rule: PictureRule, words: Language, box: Box) -> None:
    values, chance = dict(claim.values), rule.kind == "chance"
    low, high = (values[rule.lower], values[rule.upper]) if chance else (claim.lower, claim.upper)
    middle = values[rule.value] if chance else claim.value
    fields = {"level": 100 * claim.level}, {"unit": f"unit.{claim.measure}"}
    legend = [(words.say("picture", "chance") if chance else words.say("picture", "estimate", *fields), TREATED)]
    far = high - low < NARROW * max(abs(low), abs(high))  # the zero would press the interval into a point
    legend += [] if far else [(f"\u2506 {words.say('picture', 'none')}", ACCENT)]
    box = _legend(canvas, legend, box)
    texts = [words.number(v, rule.form or "signed") for v in (low, middle, high)]
    side = max(width(texts[0], NUMBER), width(texts[2], NUMBER)) / 2 + 4
    ends = (low, high) if far else (min(low, middle, 0.0), max(high, middle, 0.0))
    scale = (box.wide - 2 * side) / (ends[1] - ends[0] or 1.0)

    def at(value: float) -> float:
        return box.left + side + (value - ends[0]) * scale

    y = box.top + box.high // 2
    if not far:
        canvas.dashed(at(0), box.top, box.top + box.high, ACCENT)
    clear = (low > 0 or high < 0) and not chance
    canvas.bar(at(low), y - 13, at(high), y + 13, CLEAR if clear else BAND)
    canvas.dot(at(middle), y, 15, TREATED)
    half = width(texts[1], LARGE, bold=True) / 2
    place = min(max(at(middle), box.left + half), box.left + box.wide - half)
    canvas.bar(place - half, y - 32 - LARGE, place + half, y - 22, "white")  # the zero does not cross the number
    canvas.text(texts[1], place, y - 32, LARGE, TREATED, bold=True, anchor="ms")
    wide = [width(texts[0], NUMBER) / 2, width(texts[2], NUMBER) / 2]
    apart = at(high) - at(low) - sum(wide) - 16
    push = max(0.0, -apart / 2)  # the two ends never touch
    canvas.text(texts[0], max(at(low) - push, box.left + wide[0]), y + 52, NUMBER, INK, anchor="ms")
    canvas.text(texts[2], min(at(high) + push, box.left + box.wide - wide[1]), y + 52, NUMBER, INK, anchor="ms")


# Bars, and a part of a whole.


def _bars(canvas: Canvas, claim: Claim, rule: PictureRule, words: Language, box: Box) -> None:
    values = dict(claim.values)
    percent = "\u00a0%" if rule.unit.startswith("%") else ""
    rows = [(_row_label(row.label, values, words), values[row.value]) for row in rule.rows]
    form = rule.form or ("0" if all(float(value).is_integer() for _, value in rows) else "1")
    texts = [words.number(value, form) + percent for _, value in rows]
    box = _legend(canvas, [] if rule.unit == "%" else [(words.word(f"unit.{rule.unit}"), PALE)], box)
    low, high = min(0.0, *(v for _, v in rows)), max(0.0, *(v for _, v in rows))
    room = max(width(text, NUMBER, bold=True) for text in texts) + 12
    left, right = room if low < 0 else 0.0, room if high > 0 else 4.0
    scale = (box.wide - left - right) / (high - low or 1.0)
    zero = box.left + left - low * scale
    step = min(box.high / len(rows), 150.0)
    thick = step - LABEL * 1.5 - 10
    for place, ((label, value), text) in enumerate(zip(rows, texts, strict=True)):
        top = box.top + place * step + LABEL * 1.5
        colour = TREATED if place == len(rows) - 1 else GREY
        canvas.text(label, box.left, top - 9, LABEL, INK)
        canvas.bar(zero, top, zero + value * scale, top + thick, colour)
        canvas.bar(zero - 1, top - 4, zero + 1, top + thick + 4, INK)
        end, anchor = (zero + value * scale + 8, "lm") if value >= 0 else (zero + value * scale - 8, "rm")
        shade = TREATED if colour == TREATED else PALE
        canvas.text(text, end, top + thick / 2, NUMBER, shade, bold=True, anchor=anchor)


def _row_label(label: str, values: dict[str, float], words: Language) -> str:
    return words.number(values[label[1:]], "year") if label.startswith("=") else words.word(label)


def _part(canvas: Canvas, claim: Claim, rule: PictureRule, words: Language, box: Box) -> None:
    share = dict(claim.values)[rule.value]
    text = f"{words.number(share, '0')}\u00a0%"
    y = box.top + round(0.42 * box.high)
    end = box.left + box.wide * share / 100
    canvas.bar(box.left, y, box.left + box.wide, y + 72, SHADE)
    canvas.bar(box.left, y, end, y + 72, TREATED)
    canvas.text(text, box.left, y - 18, LARGE + 12, TREATED, bold=True)
    canvas.lines(wrap(words.word(f"part.{rule.of}"), box.wide, LABEL), box.left, y + 84, LABEL, INK)


# A date on a line of years.


def _date(canvas: Canvas, claim: Claim, rule: PictureRule, words: Language, box: Box) -> None:
    day = dt.date.fromisoformat(str(claim.words["date"]).partition(".")[2])
    last = int(newest_edition(claim.series)[:4])
    first = min(DATED_FROM, day.year)
    y = box.top + round(0.5 * box.high)
    at = box.left + box.wide * (day.year + (day.month - 1) / 12 - first) / (last + 1 - first)
    canvas.bar(box.left, y - 4, box.left + box.wide, y + 4, GREY)
    for year in range(first, last + 2):
        x = box.left + box.wide * (year - first) / (last + 1 - first)
        canvas.bar(x - 1, y - 12, x + 1, y + 12, GREY)
    canvas.dot(at, y, 18, TREATED)
    text = words.number(float(day.year), "year")
    half = width(text, LARGE, bold=True) / 2
    canvas.text(
        text, min(max(at, box.left + half), box.left + box.wide - half), y - 34, LARGE, TREATED, bold=True, anchor="ms"
    )
    canvas.text(str(first), box.left, y + 46, NUMBER, PALE, anchor="ls")
    canvas.text(str(last), box.left + box.wide, y + 46, NUMBER, PALE, anchor="rs")
