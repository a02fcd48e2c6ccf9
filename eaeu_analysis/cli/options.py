"""Options that several commands share."""

from __future__ import annotations

import atexit
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BadInputError

if TYPE_CHECKING:
    from ..data.sources import Source as SourceOfSeries
    from ..data.sources.live.jobs import Progress

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Source = Annotated[
    str, typer.Option(help="Data source: pinned (shipped data), live (store and World Bank), or a path.")
]
StoreAt = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store. Default: $EAEU_STORE or the cache of the platform.")
]
Endpoint = Annotated[
    str | None,
    typer.Option(
        "--endpoint", help="Address of the World Bank API (version 2). Default: $EAEU_ENDPOINT or the official address."
    ),
]
MaxAge = Annotated[
    float | None,
    typer.Option("--max-age", help="With --source live: age in days after which a stored series is downloaded again."),
]
Jobs = Annotated[int, typer.Option(help="Number of worker processes; the result does not depend on it.")]
Topic = Annotated[str | None, typer.Option(help="One topic, such as tariffs. Default: all topics.")]
Codes = Annotated[list[str] | None, typer.Option("--code", help="Only this series; may be repeated.")]
Dask = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler (tcp://host:port) to use instead of --jobs.")
]
Fallback = Annotated[
    str | None,
    typer.Option(
        "--fallback",
        help="With --source live: pinned or a path, for series that are not available live; the page lists them.",
    ),
]


def split_list(text: str) -> list[str]:
    """The parts of a list separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def source_of(
    name: str, store: Path | None, max_age: float | None, fallback: str | None = None
) -> str | SourceOfSeries:
    """The source for ``load_panel``: the name or path as given, or for "live" the store with a progress display.

    With ``fallback``, series that are not available live come from that source.
    """
    if name != "live":
        for option, value in (("--store", store), ("--max-age", max_age), ("--fallback", fallback)):
            if value is not None:
                raise BadInputError(f"{option} needs --source live, but the source is {name!r}")
        return name
    from ..data.store.source import MAX_AGE_DAYS, StoreSource

    age = MAX_AGE_DAYS if max_age is None else max_age
    live = StoreSource(store, max_age=age, progress=progress(cached=False))
    if fallback is None:
        return live
    if fallback == "live":
        raise BadInputError("--fallback live: expected pinned or the path of a file or pin, for --source live")
    from ..data.load import open_source
    from ..data.store.source import FallbackSource

    return FallbackSource(live, open_source(fallback), fallback)


class Lines:
    """One line on standard error for each series; with ``cached`` also for stored series."""

    def __init__(self, cached: bool) -> None:
        self.cached = cached

    def __call__(self, p: Progress) -> None:
        if self.cached or p.status != "cached":
            line = f"{p.series_done}/{p.series_total} {p.code} {p.status} ({p.rows:,} rows so far{_left(p)})"
            typer.echo(line, err=True)

    def close(self) -> None:
        """Do nothing: no resource is open."""


class Bar:
    """A progress bar on standard error, from the first series to the last or until ``close``."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, p: Progress) -> None:
        if self.bar is None:
            self._begin(p.series_total)
        state = f"{p.series_done}/{p.series_total}, {p.rows:,} rows{_left(p)}"
        self.bar.update(self.task, completed=p.series_done, description=p.code, state=state)
        if p.series_done == p.series_total:
            self.close()

    def _begin(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
        self.bar = Progress(*columns, console=Console(stderr=True))
        self.task = self.bar.add_task("series", total=total, state="")
        atexit.register(self.close)  # a bar left open would leave the terminal without its cursor
        self.bar.start()

    def close(self) -> None:
        """Remove the bar and restore the terminal."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


class CountProgress:
    """Progress of a long calculation: a line on standard error after each 5 per cent."""

    def __init__(self, what: str) -> None:
        self.what, self.shown = what, 0

    def __call__(self, done: int, total: int) -> None:
        if 20 * done // total > self.shown:
            self.shown = 20 * done // total
            typer.echo(f"{done:,} of {total:,} {self.what}", err=True)


def progress(cached: bool = True) -> Lines | Bar:
    """The progress display: a bar on a terminal, plain lines elsewhere."""
    return Bar() if sys.stderr.isatty() else Lines(cached)


def _left(p: Progress) -> str:
    return "" if p.seconds_left is None or p.series_done == p.series_total else f", {p.seconds_left:.0f} s left"
