"""``eaeu check``: the statements of a text against the findings."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError, DriftError
from . import output
from .options import Json

if TYPE_CHECKING:
    from ..report.check.check import TextCheck

NOT_SUPPORTED = DriftError.exit_code  # 5: the text says what the findings do not
EXPECTED = "name a file, write the text itself, or - for standard input"
MOST_BYTES = 4_000_000
FILE_NAME = re.compile(r"\S+")
PAGE = re.compile(r"\s*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)  # how a page begins
CUE = re.compile(r"^\s*(?:WEBVTT.*|\d+|(?:\d+:)?\d\d:\d\d[.,]\d+ -->.*)\s*$", re.MULTILINE)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="Check the statements of a text, in English, Russian or Uzbek, against the findings.")(check)


def check(
    text: Annotated[str, typer.Argument(help="The text, a file (txt, md, html, srt, vtt), or - for standard input.")],
    lang: Annotated[str | None, typer.Option(help="Language: en, ru or uz. Default: found from the text.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="File to write: a page with the marked text.")] = None,
    as_json: Json = False,
) -> None:
    """Mark every checkable statement of a text: supported, outdated, altered, overstated or unsupported.

    Each has the finding with its grade, caveat and source, and what may be said instead. Offline, by rules: no language
    model. The exit code is 0 when every statement is supported (or none can be checked), and 5 when one is not.

    Examples: eaeu check "Joining raised Kyrgyz exports."; eaeu check article.md --html checked.html; eaeu check -
    """
    from ..output_folder import require_output_file, write_output_file
    from ..report.check.check import check_text
    from ..report.check.reading.vocabulary import find_lang

    if html is not None:
        require_output_file(html)
    given = _read(text)
    done = check_text(given, lang)
    likely = find_lang(given)
    if likely != done.lang and not done.statements:  # else nothing would be checked, and a pipeline would go on
        raise BadInputError(
            f"nothing can be checked in {done.lang!r}, and the text looks like {likely!r}; leave out --lang, or give "
            f"--lang {likely}"
        )
    if html is not None:
        write_output_file(html, done.page().encode("utf-8"))
    if as_json:
        typer.echo(output.to_json(done.document()), nl=False)
    else:
        _print(done)
    if not done.passed:
        raise typer.Exit(NOT_SUPPORTED)


def _print(done: TextCheck) -> None:
    """The statements, their verdicts in colour on a terminal."""
    from ..report.check.advice import find_check_language
    from ..report.check.check import COLOURS

    say = find_check_language(done.lang)
    for verdict, text, below in done.blocks():
        output.echo_coloured(f"[{say.word(f'verdict.{verdict}')}]", COLOURS[verdict])
        typer.echo(f" {text}")
        for line in below:
            typer.echo(f"    {line}")
        typer.echo()
    typer.echo(done.counts())


def _read(given: str) -> str:
    """The text itself, of a file, or of standard input."""
    from ..user_files import read_bytes

    if given == "-":
        data = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise BadInputError(f"the text on standard input is larger than {MOST_BYTES:,} bytes; check it in parts")
        text = _decode(data, "the text on standard input")
        return _text_of_html(text) if PAGE.match(text) else _some(text)
    _some(given)
    path = Path(given)
    try:
        there = len(given) < 1000 and path.exists()
    except (OSError, ValueError):
        there = False
    if not there:
        if FILE_NAME.fullmatch(given):  # one word is no statement
            raise BadInputError(f"file '{given}' does not exist; {EXPECTED}")
        return given
    text = _some(_decode(read_bytes(path, "text", MOST_BYTES), f"'{path}'"), f"file '{path}'")
    if path.suffix.lower() in (".html", ".htm"):
        return _text_of_html(text)
    return CUE.sub("", text) if path.suffix.lower() in (".srt", ".vtt") else text


def _decode(data: bytes, what: str) -> str:
    try:
        text = data.decode("utf-8-sig")
        at = data.find(0)
    except UnicodeDecodeError as error:
        at = error.start
    if at >= 0:
        raise BadInputError(f"{what} is not UTF-8 text (byte {at}); save it as UTF-8")
    return text


def _some(text: str, what: str = "the text") -> str:
    """The text; BadInputError when it is empty."""
    if not text.strip():
        raise BadInputError(f"{what} is empty; {EXPECTED}")
    return text


class _TextOfPage(HTMLParser):
    """The text of a page: scripts and styles left out, blocks apart."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skip += tag in ("script", "style")
        if tag not in ("a", "b", "i", "em", "strong", "span", "sup", "sub", "mark"):
            self.parts.append("\n\n")

    def handle_endtag(self, tag: str) -> None:
        self.skip -= tag in ("script", "style") and self.skip > 0

    def handle_data(self, data: str) -> None:
        if not self.skip:
            self.parts.append(re.sub(r"\s+", " ", data))


def _text_of_html(page: str) -> str:
    reader = _TextOfPage()
    reader.feed(page)
    reader.close()
    return re.sub(r"\n\s*\n", "\n\n", "".join(reader.parts)).strip()
