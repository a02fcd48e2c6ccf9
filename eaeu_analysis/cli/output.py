"""Print results on standard output: text and tables for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import logging
import os
import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

import typer

from ..results import Result, check_records, json_text, to_plain
from ..text import clean_text

if TYPE_CHECKING:
    import pandas as pd


class CleanStream:
    """A text stream through which no escape sequence or control character of the data reaches a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, cleaned."""
        return self._stream.write(clean_text(text))

    def write_coloured(self, text: str, colour: str) -> None:
        """Write the text, cleaned, in that colour: the only escape sequences that pass are our own."""
        self._stream.write(typer.style(clean_text(text), fg=colour, bold=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def echo_coloured(text: str, colour: str) -> None:
    """Print text without a line end, in that colour on a terminal unless $NO_COLOR is set."""
    stream = sys.stdout
    if isinstance(stream, CleanStream) and stream.isatty() and not os.environ.get("NO_COLOR"):
        stream.write_coloured(text, colour)
    else:
        typer.echo(text, nl=False)


class CleanFormatter(logging.Formatter):
    """Log lines without escape sequences and control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, cleaned."""
        return clean_text(super().format(record))


LEAST_ROOM = 12  # characters of the last column of a list, however narrow the terminal

# Fields that a JSON document includes where the result has them.
FIELDS = ("spec", "estimate", "interval", "level", "p_value", "difference", "verdict", "finding", "method", "measure")


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as a list of records."""
    return [to_plain(record) for record in frame.to_dict(orient="records")]


def to_json(document: Any) -> str:
    """JSON text with two spaces, as the program prints it."""
    return json_text(document, 2)


def _fields(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def result_document(result: Result) -> dict[str, Any]:
    """A result as plain values: rows, summary, checks and sources."""
    provenance = getattr(result, "provenance", None)
    checks = getattr(result, "checks", ())
    more = {name: _fields(getattr(result, name)) for name in FIELDS if getattr(result, name, None) is not None}
    return more | {
        "summary": result.summary(),
        "rows": rows(result.to_frame()),
        "checks": check_records(checks),
        "sources": provenance.lines() if provenance else [],
        "method": provenance.method if provenance else "",
        **({} if "spec" in more or not provenance else {"settings": provenance.settings}),
    }


def print_document(document: Any, as_json: bool, text: Callable[[], str]) -> None:
    """The document as JSON, or else the text."""
    typer.echo(to_json(document) if as_json else text(), nl=not as_json)


def print_result(result: Result, as_json: bool) -> None:
    """Print a result as text or JSON."""
    typer.echo(to_json(result_document(result)) if as_json else result.summary(), nl=not as_json)


def print_table(frame: pd.DataFrame, as_json: bool) -> None:
    """Print a table: aligned columns, or a list of records as JSON."""
    if as_json:
        typer.echo(to_json(rows(frame)), nl=False)
        return
    typer.echo(frame.to_string(index=False, na_rep="", float_format=lambda v: f"{v:,.2f}"))


def print_lines(frame: pd.DataFrame, last: str) -> None:
    """Print a line for each row no wider than the terminal: columns to the left, and ``last`` cut to the room left."""
    left = frame.drop(columns=last).astype(object).where(frame.drop(columns=last).notna(), "").astype(str)
    widths = {name: max(len(str(name)), int(left[name].str.len().max())) for name in left.columns}
    room = max(shutil.get_terminal_size().columns - sum(widths.values()) - len(widths), LEAST_ROOM)
    lines: list[dict[Any, Any]] = [{name: name for name in left.columns}, *left.to_dict("records")]
    for row, text in zip(lines, [last, *frame[last].astype(str)], strict=True):
        cells = " ".join(str(row[name]).ljust(width) for name, width in widths.items())
        shown = text if len(text) <= room else text[: room - 3].rstrip() + "..."
        typer.echo(f"{cells} {shown}".rstrip())


def series_text(found: dict[str, Any]) -> str:
    """A description of a series (``data.listing.describe_series``) as text."""
    lines = [f"{found['code']}: {found['label']}", f"  unit: {found['unit']} ({found['kind']})"]
    lines += [f"  {name}: {found[name]}" for name in ("sign", "note") if found.get(name)]
    lines.append(f"  {found['sentence']}")
    for vintage in found["vintages"]:
        who = (
            f", {vintage['economies']} economies and {vintage['aggregates']} aggregates" if vintage["coverage"] else ""
        )
        zeros = f", {vintage['zeros']} zeros" if "zeros" in vintage else ""
        lines += [
            "",
            f"  vintage {vintage['vintage'] or 'undated'}{' (leads)' if vintage['default'] else ''}: "
            f"{vintage['first_year']}-{vintage['last_year']}{who}, {vintage['observations']} values{zeros}",
            f"    source: {vintage['source']}, retrieved {vintage['retrieved'] or 'not stated'}"
            f"{', ' + vintage['licence'] if vintage['licence'] else ''}",
        ]
        lines += [
            f"    {name.replace('_', ' ')}: {vintage[name]}"
            for name in ("asked", "vintage_note", "note", "hash")
            if vintage.get(name)
        ]
        lines += [f"    {name}: {text}" for name, text in vintage.get("notes", {}).items()]
        lines += [f"    problem: {text}" for text in vintage.get("problems", [])]
        lines += [
            f"    footnote: {e} {y}: {text}{f' ({s})' if s else ''}" for e, y, s, text in _some_footnotes(vintage)
        ]
        for row in vintage["coverage"]:
            years = f"{row['first']}-{row['last']}" if row["present"] else "none"
            gaps = f", {row['missing_inside']} missing inside" if row["missing_inside"] else ""
            zeros = f", {row['zeros']} zeros" if row["zeros"] else ""
            lines.append(f"    {row['economy']} {row['name']}: {years} ({row['present']} values{gaps}{zeros})")
        more = len(vintage.get("footnotes", [])) - len(_some_footnotes(vintage))
        lines += [f"    {more} more footnotes of other economies: see --json"] if more else []
    return "\n".join(lines) + "\n"


def _some_footnotes(vintage: dict[str, Any]) -> list[list[Any]]:
    """Footnotes of the economies whose coverage is shown."""
    shown = {row["economy"] for row in vintage["coverage"]}
    return [note for note in vintage.get("footnotes", []) if note[0] in shown]


def table_text(found: dict[str, Any]) -> str:
    """A description of a shipped table (``data.listing.describe_table``) as text."""
    years = f"{found['years'][0]}-{found['years'][1]}" if found["years"] else "no years"
    lines = [
        f"{found['code']}: {found['label']}",
        f"  unit: {found['unit']}",
        *([f"  note: {found['note']}"] if found["note"] else []),
        f"  {found['rows']:,} rows, {years}; columns: {', '.join(found['columns'])}",
        f"  source: {found['source']}, vintage {found['vintage']}, retrieved {found['retrieved']}",
        f"  licence: {found['licence']}",
        f"  sha256 {found['sha256']} ({found['bytes']:,} bytes)",
        f"  made from a file with sha256 {found['source_sha256']}",
    ]
    for key, word in (
        ("left_out", "of the source"),
        ("products", "products"),
        ("bases", "basis"),
        ("statuses", "status"),
    ):
        if found[key]:
            lines.append(f"  {word}: " + ", ".join(f"{name} {count:,}" for name, count in found[key].items()))
    for one in found["corrections"]:
        lines.append(f"  corrected ({one['basis']}): {one['reason']} ({one['source']})")
        lines += [f"    {flow}: {_amount(old)} -> {_amount(new)}" for flow, old, new in one["flows"]]
    for row in found["coverage"]:
        when = f", {row['first']}-{row['last']}" if row.get("first") else ""
        whom = f", {row['partners']} partners" if row.get("partners") else ""
        zeros = f", {row['zeros']} zeros" if row.get("zeros") else ""
        lines.append(f"    {row['economy']} {row['name']} as {row['side']}: {row['rows']:,} rows{when}{whom}{zeros}")
    return "\n".join(lines) + "\n"


def _amount(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:,.0f}"
