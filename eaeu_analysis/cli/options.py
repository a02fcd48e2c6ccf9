"""Options that several commands share, and what they stand for."""

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
Source = Annotated[str, typer.Option(help="pinned (shipped data), live (store and World Bank), or a path.")]
StoreAt = Annotated[
    Path | None, typer.Option("--store", help="Folder of the store; left out: $EAEU_STORE or the platform's cache.")
]
Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", help="Another address of the World Bank's API, version 2; also $EAEU_ENDPOINT."),
]
MaxAge = Annotated[
    float | None, typer.Option("--max-age", help="With --source live: days after which a stored series is pulled anew.")
]
Dask = Annotated[str | None, typer.Option(help="Address of a Dask scheduler, tcp://host:port, instead of --jobs.")]
Fallback = Annotated[
    str | None,
    typer.Option(
        "--fallback",
        help="With --source live: pinned or a path, for series that cannot be had live; the page says which and why.",
    ),
]


def split_list(text: str) -> list[str]:
    """The parts of a list written by comma."""
    return [part.strip() for part in text.split(",") if part.strip()]


def source_of(
    name: str, store: Path | None, max_age: float | None, fallback: str | None = None
) -> str | SourceOfSeries:
    """What ``load_panel`` takes as its source: the name or path as it is, or for ``live`` the store, with progress.

    With a ``fallback`` the store has that source behind it.
    """
    if name != "live":
        for option, value in (("--store", store), ("--max-age", max_age), ("--fallback", fallback)):
            if value is not None:
                raise BadInputError(f"{option} is for --source live, and the source is {name!r}")
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
    """A plain line on standard error for each series (those at hand already too, when ``cached``)."""

    def __init__(self, cached: bool) -> None:
        self.cached = cached

    def __call__(self, p: Progress) -> None:
        if self.cached or p.status != "cached":
            told = f"{p.series_done}/{p.series_total} {p.code} {p.status} ({p.rows:,} rows so far{_left(p)})"
            typer.echo(told, err=True)

    def close(self) -> None:
        """Nothing is open."""


class Bar:
    """A bar on the terminal (standard error), begun with the first series, ended with the last or by ``close``."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.task: Any = None

    def __call__(self, p: Progress) -> None:
        if self.bar is None:
            self._begin(p.series_total)
        told = f"{p.series_done}/{p.series_total}, {p.rows:,} rows{_left(p)}"
        self.bar.update(self.task, completed=p.series_done, description=p.code, told=told)
        if p.series_done == p.series_total:
            self.close()

    def _begin(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
        self.bar = Progress(*columns, console=Console(stderr=True))
        self.task = self.bar.add_task("series", total=total, told="")
        atexit.register(self.close)  # a bar left open would leave the terminal without its cursor
        self.bar.start()

    def close(self) -> None:
        """Give the terminal back."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


class CountProgress:
    """How far a long calculation is: a line on standard error with every twentieth that is done."""

    def __init__(self, what: str) -> None:
        self.what, self.said = what, 0

    def __call__(self, done: int, total: int) -> None:
        if 20 * done // total > self.said:
            self.said = 20 * done // total
            typer.echo(f"{done:,} of {total:,} {self.what}", err=True)


def progress(cached: bool = True) -> Lines | Bar:
    """How a pull is told: a bar on a terminal, plain lines elsewhere."""
    return Bar() if sys.stderr.isatty() else Lines(cached)


def _left(p: Progress) -> str:
    return "" if p.seconds_left is None or p.series_done == p.series_total else f", {p.seconds_left:.0f} s left"
