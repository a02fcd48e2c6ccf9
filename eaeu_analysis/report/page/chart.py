"""Pictures of the page as SVG with real text, drawn for a phone: lines by year, and points with their intervals by row.

Nothing is computed here but places. A picture is 360 units wide, so that its text is read on a small screen; colours
are classes that the page's style sheet sets by theme, and that a file of its own brings with it.
"""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...results import round_published
from ...text import clean_text
from .downloads import csv_text

if TYPE_CHECKING:
    import pandas as pd

    from .links import SourceLink

WIDTH, SIZE, SMALL = 360, 12.0, 11.0  # units; those of text
LETTER = 0.61  # of the size, that a letter takes on average
LEFT, FOOT = 34, 24  # room for the numbers of the axes
LEADING = 14
LONGEST = 96  # room for the names at the ends of lines
SIGNIFICANT = 5  # digits of the values that the page reads aloud
STYLE = (
    "svg{--own:#0b3c5d;--accent:#b84a00;--other:#8a8f98;--ink:#22262b;--label:#59606a;--grid:#e3e6ea;--shade:#eef1f5;"
    "--band:#d3dde6;--paper:#fff;--second:#00705a;background:var(--paper)}"
    "@media(prefers-color-scheme:dark){svg{--own:#8fc3ff;--accent:#ff9d5c;--other:#7d858f;--ink:#e6e8eb;--label:#a9b1bb;"
    "--grid:#2d343c;--shade:#22282f;--band:#2c3f54;--paper:#15181c;--second:#35c79a}}"
)
RULES = (
    "text{font:12px system-ui,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;fill:var(--ink)}"
    ".small{font-size:11px;fill:var(--label)}.strong{font-weight:700}.head{font-size:14px;font-weight:700}"
    ".t-own{fill:var(--own);font-weight:700}.t-accent{fill:var(--accent);font-weight:700}.t-second{fill:var(--second);font-weight:700}"
    ".t-other{fill:var(--label);font-size:11px}"
    ".line{fill:none;stroke-linejoin:round;stroke-linecap:round;stroke-width:1.2}"
    ".own{stroke:var(--own);stroke-width:3}.accent{stroke:var(--accent);stroke-width:2.4}.second{stroke:var(--second);stroke-width:2.4}"
    ".other{stroke:var(--other);stroke-opacity:.75}.dash{stroke-dasharray:5 3}"
    ".dot{stroke:none}.dot.own{fill:var(--own)}.dot.accent{fill:var(--accent)}.dot.second{fill:var(--second)}.dot.other{fill:var(--other)}"
    ".grid{stroke:var(--grid);stroke-width:1}.zero{stroke:var(--ink);stroke-width:1}"
    ".event{stroke:var(--accent);stroke-dasharray:4 3}"
    ".shade{fill:var(--shade)}.band{fill:var(--band)}"
)


@dataclass(frozen=True)
class Picture:
    """A figure of the report.

    ``svg``: whole, with title and sources, a file of its own. ``inline``: the drawing alone, for a page that says both.
    ``csv``: the values drawn. ``view``: what the drawing covers in the file. ``values``: what the page's script reads:
    the box of the axes, their limits, and the rows.
    """

    id: str
    svg: str
    inline: str
    csv: str
    title: str
    alt: str
    view: tuple[float, float, float, float]
    values: Mapping[str, Any]
    sources: tuple[SourceLink, ...] = ()


@dataclass(frozen=True)
class ChartLine:
    """A line by year: the column of its values, its name at its end, and "own", "accent", "second" or "other"."""

    column: str
    label: str
    role: str = "other"
    dashed: bool = False


@dataclass(frozen=True)
class ChartRow:
    """A row of points: its label, its marks (value, role), its interval, and the numbers as text."""

    label: str
    marks: tuple[tuple[float, str], ...]
    interval: tuple[float, float] | None = None
    text: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Caption:
    """What stands around a picture: the finding as its title, what it shows in words, its sources in one line."""

    title: str
    alt: str
    source: str = ""
    links: tuple[SourceLink, ...] = ()


Numbers = Callable[[float, int], str]


def plain_number(value: float, digits: int) -> str:
    """A number of an axis in English, large ones in billions or millions."""
    for limit, name in ((1e9, "bn"), (1e6, "m")):
        if abs(value) >= limit:
            return f"{value / limit:,.{0 if value % limit == 0 else 1}f} {name}"
    return f"{value:,.{digits}f}".replace("-", "\u2212")


# -- lines by year


@dataclass(frozen=True)
class YearMarks:
    """What is marked on the years: the event with its name, shaded windows, the years from which lines are thin, and
    a band between two columns."""

    event: float | None = None
    event_label: str = ""
    windows: tuple[tuple[int, int], ...] = ()
    band: tuple[str, str] | None = None


def line_picture(
    name: str,
    table: pd.DataFrame,
    lines: Sequence[ChartLine],
    unit: str,
    caption: Caption,
    marks: YearMarks = YearMarks(),
    numbers: Numbers = plain_number,
    height: int = 250,
) -> Picture:
    """Lines of ``table`` (years by column), the own one over the others, each with its name at its end."""
    drawn = [line for line in lines if table[line.column].notna().any()]
    columns = [line.column for line in drawn] + list(marks.band or ())
    there = table[columns].dropna(how="all").index
    values = table.loc[(table.index >= there.min()) & (table.index <= there.max()), columns]
    low, high = _limits(values.min().min(), values.max().max())
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])
    digits = _digits(ticks)
    texts = [numbers(tick, digits) for tick in ticks]
    left = max(LEFT, 8 + max(_wide(text, SMALL) for text in texts))
    named = {line.column: _wrapped(line.label, LONGEST, SIZE if line.role != "other" else SMALL) for line in drawn}
    right = 10 + max(_wide(part, SIZE, line.role != "other") for line in drawn for part in named[line.column])
    top = 12 + LEADING * len(_wrapped(unit, WIDTH - 8, SMALL)) + (LEADING if marks.event_label else 0)
    box = (left, top, WIDTH - left - right, height - top - FOOT)
    first, last = float(values.index.min()), float(values.index.max())

    def across(year: Any) -> float:
        return box[0] + box[2] * (float(year) - first) / ((last - first) or 1)

    def down(value: float) -> float:
        return box[1] + box[3] * (1 - (value - low) / ((high - low) or 1))

    parts = _texts(_wrapped(unit, WIDTH - 8, SMALL), 4, 11, "small")
    for window in marks.windows:
        begin, end = max(window[0] - 0.5, first), min(window[1] + 0.5, last)
        if end > begin:
            parts.append(
                f'<rect class="shade" x="{across(begin):.1f}" y="{box[1]:.1f}" '
                f'width="{across(end) - across(begin):.1f}" height="{box[3]:.1f}"/>'
            )
    for tick, text in zip(ticks, texts, strict=True):
        kind = "zero" if tick == 0 else "grid"
        parts.append(_segment(kind, box[0], down(tick), box[0] + box[2], down(tick)))
        parts.append(_text(text, box[0] - 5, down(tick) + 4, "small", "end"))
    if marks.band is not None:
        own = values[list(marks.band)].dropna()
        if len(own):
            upper = [(across(y), down(v)) for y, v in own[marks.band[1]].items()]
            lower = [(across(y), down(v)) for y, v in own[marks.band[0]].items()]
            parts.append(f'<path class="band" d="M{_path([*upper, *reversed(lower)])}Z"/>')
    for year in _years(first, last, marks.event):
        parts.append(_text(f"{year:.0f}", across(year), box[1] + box[3] + 16, "small", "middle"))
    if marks.event is not None and first <= marks.event <= last:
        at = across(marks.event)
        parts.append(_segment("event", at, box[1] - 4, at, box[1] + box[3]))
        anchor = "start" if at < WIDTH / 2 else "end"
        parts.append(_text(marks.event_label, at + (3 if anchor == "start" else -3), box[1] - 8, "t-accent", anchor))
    for line in sorted(drawn, key=lambda row: row.role != "other"):
        series = values[line.column]
        for run in _runs([(across(y), down(v)) for y, v in series.items()]):
            kind = f"line {line.role}{' dash' if line.dashed else ''}"
            parts.append(f'<path class="{kind}" d="M{_path(run)}"/>')
    parts += _names(drawn, named, values, down, box)
    inside = "".join(parts)
    rows = [
        [int(year), *(_short(row[line.column]) for line in drawn)]
        for year, row in zip(values.index, values.to_dict("records"), strict=True)
    ]
    geometry = {
        "axis": "x",
        "box": [round(v, 1) for v in box],
        "x": [first, last],
        "y": [low, high],
        "head": ["", *(line.label for line in drawn)],
        "roles": [line.role for line in drawn],
        "rows": rows,
    }
    header = [str(values.index.name or "year"), *(line.label for line in drawn), *(marks.band or ())]
    text = csv_text(header, [[year, *line] for year, line in zip(values.index, values.to_numpy(), strict=True)])
    return _picture(name, inside, height, text, caption, geometry)


def _names(
    drawn: Sequence[ChartLine],
    named: Mapping[str, list[str]],
    values: pd.DataFrame,
    down: Callable[[float], float],
    box: tuple[float, ...],
) -> list[str]:
    """The names at the ends of the lines, pushed apart where they would touch."""
    ends = sorted((down(values[line.column].dropna().iloc[-1]), i) for i, line in enumerate(drawn))
    high = [LEADING * len(named[drawn[i].column]) for _, i in ends]
    places: list[float] = []
    for (y, _), tall in zip(ends, high, strict=True):
        top = y - tall / 2
        places.append(max(top, places[-1] + high[len(places) - 1]) if places else max(top, 2.0))
    over = places[-1] + high[-1] - (box[1] + box[3] + 8) if places else 0.0
    for i in reversed(range(len(places))):  # from the bottom up, as far as is needed
        limit = (places[i + 1] - high[i]) if i + 1 < len(places) else places[i] - max(over, 0)
        places[i] = min(places[i], limit)
    parts: list[str] = []
    for place, (_, i) in zip(places, ends, strict=True):
        line = drawn[i]
        parts += _texts(named[line.column], box[0] + box[2] + 6, place + 11, f"t-{line.role}")
    return parts


# -- points with intervals by row


def row_picture(
    name: str,
    rows: Sequence[ChartRow],
    axis: str,
    caption: Caption,
    values: pd.DataFrame,
    numbers: Numbers = plain_number,
) -> Picture:
    """A row for each thing: its name and numbers above, its interval as a bar with its points below."""
    found = [v for row in rows for v in (*(m for m, _ in row.marks), *(row.interval or ()))]
    found = [0.0, *(v for v in found if math.isfinite(v))]
    low, high = _limits(min(found), max(found))
    ticks = [tick for tick in _ticks(low, high) if low <= tick <= high]
    digits = _digits(ticks)
    edge = 14.0

    def across(value: float) -> float:
        return edge + (WIDTH - 2 * edge) * (min(max(value, low), high) - low) / ((high - low) or 1)

    parts: list[str] = []
    heads, y = [], 2.0
    for row in rows:
        room = WIDTH - 12 - (_wide(row.text, SMALL) + 10 if row.text else 0)
        label = _wrapped(row.label, room, SIZE * (1.13 if row.strong else 1))
        heads.append((label, y))
        y += LEADING * len(label) + 20
    bottom = y + 2
    for tick in ticks:
        parts.append(_segment("zero" if tick == 0 else "grid", across(tick), 2, across(tick), bottom))
        parts.append(_text(numbers(tick, digits), across(tick), bottom + 14, "small", "middle"))
    places = []
    for row, (label, top) in zip(rows, heads, strict=True):
        wide = 1.08 * max(_wide(text, SIZE, row.strong) for text in label) + 4
        parts.append(
            f'<rect class="paper" x="2" y="{top:.1f}" width="{wide:.1f}" height="{LEADING * len(label):.1f}"/>'
        )
        parts += _texts(label, 4, top + 11, "t-own" if row.strong else "")
        if row.text:
            wide = _wide(row.text, SMALL) + 6
            parts.append(
                f'<rect class="paper" x="{WIDTH - 4 - wide:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{LEADING}"/>'
            )
            parts.append(_text(row.text, WIDTH - 4, top + 11, "small", "end"))
        middle = top + LEADING * len(label) + 8
        places.append(round(middle, 1))
        if row.interval is not None and all(map(math.isfinite, row.interval)):
            begin, end = map(across, row.interval)
            kind = row.marks[0][1] if row.marks else "other"
            parts.append(_segment(f"line {kind}", begin, middle, end, middle))
        for value, role in row.marks:
            if math.isfinite(value):
                parts.append(f'<circle class="dot {role}" cx="{across(value):.1f}" cy="{middle:.1f}" r="5"/>')
    below = _wrapped(axis, WIDTH - 8, SMALL)
    parts += _texts(below, 4, bottom + 30, "small")
    height = bottom + 24 + LEADING * len(below)
    geometry = {
        "axis": "y",
        "box": [edge, 2, WIDTH - 2 * edge, bottom],
        "x": [low, high],
        "places": places,
        "head": ["", *map(str, values.columns)],
        "rows": [[row.label, *map(_short, line)] for row, line in zip(rows, values.to_numpy(), strict=True)],
    }
    header = [str(values.index.name or ""), *map(str, values.columns)]
    text = csv_text(header, [[row.label, *line] for row, line in zip(rows, values.to_numpy(), strict=True)])
    return _picture(name, "".join(parts), height, text, caption, geometry)


# -- what both share


def _picture(name: str, inside: str, height: float, csv: str, caption: Caption, values: Mapping[str, Any]) -> Picture:
    title, alt, source = (clean_text(text) for text in (caption.title, caption.alt, caption.source))
    head = _wrapped(title, WIDTH - 8, 14 * 1.13)
    foot = _wrapped(source, WIDTH - 8, SMALL) if source else []
    above = 18 * len(head) + 8
    whole = above + height + (LEADING * len(foot) + 6 if foot else 0)
    around = _texts(head, 4, 16, "head", 18) + _texts(foot, 4, above + height + 12, "small")
    named = f'role="img" aria-label="{html.escape(alt)}"'
    plain = f'viewBox="0 0 {WIDTH} {height:.0f}" {named}'
    file = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole:.0f}" width="{2 * WIDTH}" {named}>'
        f"<title>{html.escape(title)}</title><style>{STYLE}{RULES}.paper{{fill:var(--paper)}}</style>"
        f'<rect class="paper" width="{WIDTH}" height="{whole:.0f}"/>{"".join(around)}'
        f'<g transform="translate(0 {above})">{inside}</g></svg>\n'
    )
    return Picture(
        name,
        file,
        f"<svg {plain}>{inside}</svg>",
        csv,
        title,
        alt,
        (0, above, WIDTH, round(height)),
        {**values, "view": [WIDTH, round(height)]},
        caption.links,
    )


SPARK = (120, 36)  # units of a small picture without text


def spark(picture: Picture) -> str:
    """The own and the accented line of a picture, or its rows from zero, as a small drawing without text."""
    data, (wide, high) = picture.values, SPARK  # noqa: PD011 - no frame
    rows, parts = data["rows"], []
    if data["axis"] == "y":
        ends = [0.0, *(row[1] for row in rows)]
        low, span = min(ends), (max(ends) - min(ends)) or 1

        def across(value: float) -> float:
            return float(2 + (wide - 4) * (value - low) / span)

        step = high / len(rows)
        parts.append(f'<path class="zero" d="M{across(0):.1f} 0V{high}"/>')
        for i, row in enumerate(rows):
            parts.append(f'<path class="line own" d="M{across(0):.1f} {(i + 0.5) * step:.1f}H{across(row[1]):.1f}"/>')
    else:
        shown = [(i, role) for i, role in enumerate(data["roles"], 1) if role != "other"]
        found = [row[i] for row in rows for i, _ in shown if row[i] is not None]
        low, span, (first, last) = min(found), (max(found) - min(found)) or 1, data["x"]
        for i, role in shown:
            points = [
                (
                    2 + (wide - 4) * (row[0] - first) / ((last - first) or 1),
                    math.nan if row[i] is None else 2 + (high - 4) * (1 - (row[i] - low) / span),
                )
                for row in rows
            ]
            parts += [f'<path class="line {role}" d="M{_path(run)}"/>' for run in _runs(points)]
    return f'<svg class="spark" viewBox="0 0 {wide} {high}" aria-hidden="true">{"".join(parts)}</svg>'


def page_style() -> str:
    """The rules of the drawings for a page's style sheet, which sets the colours by theme."""
    rules = RULES.replace("}", "}\n").strip().splitlines()
    return "\n".join(f".plot svg {rule}" for rule in rules)


def _text(text: str, x: float, y: float, kind: str, anchor: str = "") -> str:
    end = f' text-anchor="{anchor}"' if anchor else ""
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{end}>{html.escape(clean_text(text))}</text>'


def _texts(lines: Sequence[str], x: float, y: float, kind: str, leading: float = LEADING) -> list[str]:
    return [_text(line, x, y + i * leading, kind) for i, line in enumerate(lines)]


def _segment(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _runs(points: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """The points without a gap, run by run; a single one is drawn as a short stroke."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if math.isfinite(y):
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    return [run if len(run) > 1 else [run[0], (run[0][0] + 0.1, run[0][1])] for run in runs if run]


def _wide(text: str, size: float, bold: bool = False) -> float:
    """About how wide a text is: narrow and wide letters counted as such."""
    units = sum(
        0.3 if c in " .,:;'|!il()-" else 0.86 if c in "mwMW%@ШЩЖМЮФщшжмюф" else LETTER + 0.1 * c.isupper() for c in text
    )
    return size * units * (1.13 if bold else 1.0)


def _wrapped(text: str, wide: float, size: float) -> list[str]:
    """The text in lines of about that width, broken at spaces."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and _wide(f"{lines[-1]} {word}", size) <= wide:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _limits(low: float, high: float) -> tuple[float, float]:
    room = 0.04 * ((high - low) or abs(high) or 1.0)
    return round_published(low - room if low != 0 else 0.0), round_published(high + room if high != 0 else 0.0)


def _ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers that cover the span, four or five of them."""
    span = (high - low) or 1.0
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if span / (factor * power) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)] or [low, high]


def _digits(ticks: Sequence[float]) -> int:
    step = min((abs(b - a) for a, b in itertools.pairwise(ticks)), default=1.0)
    digits = max(0, -math.floor(math.log10(step))) if step else 0
    return digits if all(abs(round(t, digits) - t) < 1e-9 for t in ticks) else digits + 1


def _years(first: float, last: float, event: float | None) -> list[float]:
    """The years named on the axis: the first and the last, and the event unless it is near one of them."""
    near = (last - first) / 8
    years = [first, last]
    if event is not None and first + near < event < last - near:
        years.append(float(math.floor(event)))
    return sorted(years)


def _short(value: Any) -> Any:
    """A value as the page's script gets it."""
    if not isinstance(value, (int, float)):
        return str(value)
    return float(f"{value:.{SIGNIFICANT}g}") if math.isfinite(value) else None
