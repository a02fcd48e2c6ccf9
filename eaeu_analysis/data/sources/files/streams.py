"""From a stream of CSV bytes, or a Parquet file, to checked observations, in bounded memory.

Arrow parses a few megabytes at a time as text; DuckDB keeps the wanted series, turns years from columns into
rows and checks every cell; one bad cell stops the reading at once and is named with its row. Rows are counted
as in the file, the header included, so that they match what an editor or a spreadsheet shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from typing import IO, Any

from ....errors import BadInputError
from .observations import Loader, Reading, internal, is_footer
from .shapes import FileShape, not_utf8

BLOCK_BYTES = 4 * 2**20


def read_csv(
    stream: IO[bytes],
    shape: FileShape,
    where: str,
    wanted: Collection[str] | None,
    code: str,
    plain: Callable[[str], str],
) -> Reading:
    """Read the data lines of ``stream``, which stands at the first of them.

    ``wanted`` are the codes to keep (None: all; empty: only list the codes), ``code`` is that of a table
    without a code column, ``plain`` turns a code as the file writes it into the World Bank's form.
    Raises :class:`BadInputError` for a cell, a row or a key that is wrong.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    skipped: list[Any] = []
    columns = [internal(position) for position in range(len(shape.columns))]

    def on_invalid(row: Any) -> str:
        skipped.append(row)
        return "skip" if is_footer(row.text) else "error"

    try:
        reader = arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(column_names=columns, use_threads=False, block_size=BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(invalid_row_handler=on_invalid, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                include_columns=_needed(shape, wanted),
                strings_can_be_null=False,
            ),
        )
        with Loader(shape, where, wanted, code, plain) as loader:
            rows = 0
            for batch in reader:
                loader.add(pa.Table.from_batches([batch]), _line_numbers(rows, batch.num_rows, skipped, shape))
                rows += batch.num_rows
            loader.footers(row.text for row in skipped)
            return loader.finish()
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise BadInputError(f"{where} has a header and no data") from error
        if skipped and not is_footer(skipped[-1].text):
            row = skipped[-1]
            line = shape.header_lines + row.number if row.number else "?"
            raise BadInputError(
                f"{where}, row {line}: {row.actual_columns} columns where the header has {row.expected_columns}"
            ) from error
        if "UTF8" in str(error):
            raise _EncodingError(str(error)) from error
        raise BadInputError(f"{where} cannot be read as CSV ({str(error)[:120]})") from error


def read_parquet(
    path: str, shape: FileShape, where: str, wanted: Collection[str] | None, code: str, plain: Callable[[str], str]
) -> Reading:
    """The same for a tidy Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    positions = [p for p in (shape.economy, shape.code, shape.year, shape.value) if p is not None]
    with pq.ParquetFile(path) as file, Loader(shape, where, wanted, code, plain) as loader:
        rows = 0
        for batch in file.iter_batches(batch_size=100_000, columns=[shape.columns[p] for p in positions]):
            columns = {}
            for position in positions:
                column = batch.column(batch.schema.names.index(shape.columns[position]))
                name = shape.columns[position]
                try:
                    column.validate(full=True)  # text that is not UTF-8 passes Arrow and brings duckdb down
                except pa.ArrowInvalid as error:
                    raise BadInputError(f"{where}: column {name!r} has text that is not UTF-8") from error
                try:
                    columns[internal(position)] = column.cast(pa.string()).fill_null("")
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                    raise BadInputError(f"{where}: column {name!r} has {column.type}, not text or numbers") from error
            loader.add(pa.table(columns), pa.array(range(rows + 1, rows + batch.num_rows + 1), pa.int64()))
            rows += batch.num_rows
        return loader.finish()


class _EncodingError(Exception):
    """Not UTF-8 somewhere; the caller, who can read the bytes again, finds the line."""


def find_bad_byte(stream: IO[bytes], where: str) -> BadInputError:
    """The error that names the first line of ``stream`` (read from its start) that is not UTF-8."""
    for number, line in enumerate(stream, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as error:
            return not_utf8(where, number, line[error.start])
    return BadInputError(f"{where} is not UTF-8")


def _needed(shape: FileShape, wanted: Collection[str] | None) -> list[str]:
    listing = wanted is not None and not wanted
    positions = [shape.economy, shape.economy_name, shape.code, shape.label]
    if shape.economy is None:
        positions.append(shape.year)  # it says which rows are data
    if not listing:
        positions += [shape.year, shape.value, shape.multiplier, *shape.breakdowns, *shape.across]
    return [internal(p) for p in dict.fromkeys(p for p in positions if p is not None)]


def _line_numbers(rows: int, count: int, skipped: list[Any], shape: FileShape) -> Any:
    import numpy as np
    import pyarrow as pa

    numbers = np.arange(rows + 1, rows + count + 1, dtype=np.int64)
    for row in skipped:  # a skipped row pushes the later ones down by one
        if row.number:
            numbers[numbers >= row.number] += 1
    return pa.array(numbers + shape.header_lines)


@contextlib.contextmanager
def bad_bytes_named(again: Callable[[], contextlib.AbstractContextManager[IO[bytes]]], where: str) -> Iterator[None]:
    """Turn an encoding fault of the body into the error that names the line, reading the bytes ``again``."""
    try:
        yield
    except _EncodingError as error:
        with again() as stream:
            raise find_bad_byte(stream, where) from error
