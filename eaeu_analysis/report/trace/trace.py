"""Every number of a rendered text, traced to where it comes from; what cannot be traced is returned.

A number is traced when it stands in a text that a result carries word for word (a claim's sentence, a check, a source
line), when it is a date, a year or part of a code, or when a number of its own place rounds to it as printed: within a
claim's card only that claim's numbers count, within a section that section's results. A text that restates a known one
with another number is altered: that number is untraced, whatever else it may be equal to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import numpy as np

from ...errors import UntracedError
from .known_numbers import PLACE, SIZE, Known, filled, normal

NUMBER = re.compile(
    r"(?<![\w.,])[-+−]?\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?(?![\w])|(?<![\w.,])[-+−]?\d+(?:\.\d+)?(?![\w])"
)
SCALES = {"tn": 1e12, "trillion": 1e12, "bn": 1e9, "billion": 1e9, "m": 1e6, "million": 1e6, "thousand": 1e3,
          "трлн": 1e12, "млрд": 1e9, "млн": 1e6, "trln": 1e12, "mlrd": 1e9, "mln": 1e6}  # fmt: skip
# dates, years, spans of years, references, addresses, codes: what names and does not measure
NAMES = re.compile(
    r"https?://\S+|www\.\S+|\bdoi\.org/\S+|\b10\.\d{4,}/\S+"
    r"|\b(?:19|20)\d\d-\d\d(?:-\d\d)?(?:T[\d:]+Z?)?\b"  # 2015-08-12, 2010-14, 2024-12
    r"|\b\d+\.\d+\.\d+\b"  # of a program
    r"|\b(?:19|20)\d\d[-–](?:19|20)\d\d\b"
    r"|\b\d{1,2}(?:/\d{1,2})? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? (?:19|20)\d\d\b"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}, (?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d\b(?![.,]\d)"
    r"|\S*[A-Za-z_]\S*[./_@#:-]\S*\d\S*|\S*\d\S*[./_@#:-]\S*[A-Za-z_]\S*"  # NE.TRD@2026, WT/TPR/S/170, path-1/x
)
FIRST, LAST = 1900, 2035  # years that a report may name
SKIPPED = ("script", "style", "template", "noscript", "svg", "output")  # nobody reads them, or a result draws them
BLOCKS = (
    *("p", "li", "td", "th", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "figcaption"),
    *("summary", "pre", "title", "desc", "text", "option", "label", "div", "section", "article", "header"),
    *("footer", "nav", "table", "tr", "thead", "tbody", "ul", "ol", "dl", "main", "details", "figure", "body"),
    *("html", "br", "small"),
)


@dataclass(frozen=True)
class Untraced:
    """A number without an origin: as printed, the text around it, and the place on the page."""

    number: str
    around: str
    scope: str


def require_traced(found: Sequence[Untraced], what: str) -> None:
    """UntracedError, which names the first, when a number of a text has no origin."""
    if found:
        first = found[0]
        raise UntracedError(
            f"{what}: {len(found)} numbers have no origin in a result, the first being {first.number!r} in "
            f"{first.around!r}; nothing was written"
        )


def trace_html(page: str, known: Known) -> list[Untraced]:
    """The untraced numbers of an HTML page, its scripts and styles left out."""
    reader = _Reader(known)
    reader.feed(page)
    reader.close()
    return [found for scope, text in reader.blocks() for found in trace_text(text, known, scope)]


def trace_markdown(text: str, known: Known) -> list[Untraced]:
    """The untraced numbers of a Markdown text, a block at a time; targets of links are left out."""
    plain = re.sub(r"\]\([^)\s]*\)", "]", text)
    plain = re.sub(r"\\([\\`*_\[\]|])", r"\1", plain).replace("&lt;", "<").replace("&amp;", "&")
    out: list[Untraced] = []
    for line in plain.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            scope = cells[0] if cells[0] in known.scopes else ""
            out += [u for cell in cells for u in trace_text(cell, known, scope)]
        else:
            bare = re.sub(r"^\s*(?:\d+\.|[-*#>]+)\s+", "", line).replace("**", "")
            out += trace_text(bare, known)
    return out


def numbers_of(text: str) -> list[re.Match[str]]:
    """The numbers of a text that measure something: dates, years and codes are left out."""
    names = [match.span() for match in NAMES.finditer(text) if _named(match.group())]
    return [m for m in NUMBER.finditer(text) if not any(a <= m.start() and m.end() <= b for a, b in names)]


def trace_text(text: str, known: Known, scope: str = "") -> list[Untraced]:
    """The untraced numbers of one text; ``scope`` names the place whose numbers count ("" counts those of all)."""
    left = normal(text)
    if not re.search(r"\d", left) or left in known.codes or (scope, left) in known.traced:
        return []
    whole, found = left, []
    bare, printed = SIZE.sub(PLACE, left), SIZE.findall(left)
    for frame in known.frames_in(bare):
        while (at := bare.rfind(frame)) >= 0:
            first = bare.count(PLACE, 0, at)
            own = printed[first : first + frame.count(PLACE)]
            expected = known.printed_as(frame, own, scope)
            found += [Untraced(a, filled(frame, own), scope) for a, b in zip(own, expected, strict=True) if a != b]
            del printed[first : first + len(own)]
            bare = f"{bare[:at]} ¶ {bare[at + len(frame) :]}"
    left = filled(bare, printed)
    for short in known.texts_in(left):
        left = left.replace(short, " ¶ ")
    left = NAMES.sub(lambda m: " ¶ " if _named(m.group()) else m.group(), left)
    if known.comma:
        left = re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", left))
    pool = known.pool(scope)
    for match in NUMBER.finditer(left):
        if not _among(match.group(), left[match.end() : match.end() + 14], pool):
            around = left[max(0, match.start() - 60) : match.end() + 40]
            found.append(Untraced(match.group(), around.strip(), scope))
    if not found:
        known.traced.add((scope, whole))
    return found


def _named(token: str) -> bool:
    """Whether what looks like a name is one: not a number with a sign or a unit stuck to it, nor a year that nobody
    tells of, nor a span that ends before it begins."""
    years = [int(y) for y in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", token)]
    span = re.fullmatch(r"((?:19|20)\d\d)[-–](\d\d)", token)
    if span and int(span.group(2)) > 12 and int(span.group(2)) <= int(span.group(1)) % 100:
        return False
    if any(not FIRST <= year <= LAST for year in years) or years != sorted(years):
        return False
    return not re.fullmatch(r"[(\[]?[-+−]?[\d.,]+%?[)\],.;:]*", token) or bool(re.fullmatch(r"(?:19|20)\d\d", token))


def _among(token: str, after: str, numbers: np.ndarray[Any, Any]) -> bool:
    """Whether a number of the pool is printed so: its size, rounded to the token's decimals, in the token's scale."""
    plain = re.sub(r"[,\u202f]", "", token).lstrip("-+−")
    if re.match(r"0\d", plain):
        return False  # no number is printed so
    decimals = len(plain.partition(".")[2])
    size, half = float(plain), 0.5 * 10.0**-decimals
    word = re.match(r"\s*(%|[^\W\d_]+)", after)
    unit = word.group(1) if word else ""
    scales = [SCALES.get(unit, 1.0)] if unit in SCALES else [1.0, 0.01] if unit == "%" else [1.0]
    for scale in scales:
        low, high = (size - half) * scale, (size + half) * scale
        slack = 1e-9 * max(abs(high), 1e-300)
        left, right = np.searchsorted(numbers, [low - slack, high + slack])
        if right > left:
            return True
    return False


class _Reader(HTMLParser):
    """Text by block, each with the nearest place around it that the known numbers are grouped by."""

    def __init__(self, known: Known) -> None:
        super().__init__(convert_charrefs=True)
        self.known = known
        self.skip = 0
        self.open: list[tuple[str, str]] = []  # tag, scope
        self.parts: list[tuple[str, str]] = []  # scope, text; a pair of empty texts ends a block

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in SKIPPED:
            self.skip += 1
        self.parts.append((self._scope(), "\0" if tag in BLOCKS else " "))
        names = (given.get("data-finding"), given.get("id"), given.get("aria-labelledby"))
        scope = next((str(name) for name in names if self.known.known_place(name)), self._scope())
        if tag not in ("br", "img", "meta", "link", "input", "hr", "col", "path", "use", "rect", "circle", "line"):
            self.open.append((tag, scope))
        for name in ("alt", "title", "aria-label"):
            if given.get(name) and not self.skip:
                self.parts += [(scope, "\0"), (scope, str(given[name])), (scope, "\0")]

    def handle_endtag(self, tag: str) -> None:
        if tag in SKIPPED:
            self.skip = max(0, self.skip - 1)
        if tag in BLOCKS:
            self.parts.append((self._scope(), "\0"))
        for i in range(len(self.open) - 1, -1, -1):
            if self.open[i][0] == tag:
                del self.open[i:]
                break

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.parts.append((self._scope(), "\0"))

    def handle_data(self, data: str) -> None:
        if self.skip:
            return
        self._row(normal(data))
        self.parts.append((self._scope(), data))

    def _row(self, head: str) -> None:
        """The head of a row narrows what counts in it: to a claim, an outcome, or an economy of the section."""
        inside = next((i for i in range(len(self.open) - 1, -1, -1) if self.open[i][0] == "tr"), None)
        if inside is None:
            return
        for name in (f"{self._scope()}/{head}", head):
            if name in self.known.scopes:
                self.open[inside:] = [(tag, name) for tag, _ in self.open[inside:]]
                return

    def _scope(self) -> str:
        return self.open[-1][1] if self.open else ""

    def blocks(self) -> Iterator[tuple[str, str]]:
        """Scope and text of each block."""
        scope, held = "", ""
        for place, text in [*self.parts, ("", "\0")]:
            if text == "\0":
                if held.strip():
                    yield scope, held
                held = ""
            else:
                scope, held = place, held + text
