"""``eaeu data pull | prune | diff``: live data into the store, and what changed between two vintages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BadInputError
from . import output
from .analysis import Json, listed

if TYPE_CHECKING:
    from ..diff import Collection
    from ..sources.jobs import Progress

StoreAt = Annotated[Path | None, typer.Option("--store", help="Folder of the store; left out: the platform's cache.")]


def register(app: typer.Typer) -> None:
    """Add the commands to ``eaeu data``."""
    app.command()(pull)
    app.command()(prune)
    app.command()(diff)


def pull(
    codes: Annotated[
        list[str] | None,
        typer.Argument(help="World Bank codes, CODE@2015-04, or outcome names; left out: all outcomes."),
    ] = None,
    economies: Annotated[str, typer.Option(help="all, or economies by comma.")] = "all",
    years: Annotated[str | None, typer.Option(help="2015 or 2000:2019; left out: all.")] = None,
    vintage: Annotated[str | None, typer.Option(help="An archived month such as 2015-04: what was known then.")] = None,
    store: StoreAt = None,
    endpoint: Annotated[str | None, typer.Option(help="Another address of the World Bank's API, version 2.")] = None,
    max_age: Annotated[float, typer.Option(help="Days within which a stored series is not asked for again.")] = 1.0,
    concurrency: Annotated[int, typer.Option(help="Requests at once, 1 to 16.")] = 4,
    retries: Annotated[int | None, typer.Option(help="Tries of a page.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds without a byte before a request is given up.")] = None,
    strict: Annotated[bool, typer.Option(help="End with code 4 when some series failed.")] = False,
    as_json: Json = False,
) -> None:
    """Pull series from the World Bank into the store, each kept the moment it is whole; an interrupted pull resumes.

    Example: eaeu data pull trade remittances NE.TRD.GNFS.ZS@2015-04
    """
    from ..sources.pull import pull as pull_series
    from ..store.store import Store

    report = pull_series(
        _codes(codes),
        "all" if economies == "all" else listed(economies),
        years,
        store=Store(store),
        endpoint=endpoint,
        vintage=vintage,
        concurrency=concurrency,
        retries=retries,
        timeout=timeout,
        max_age=max_age,
        progress=_progress(),
    )
    if as_json:
        document = {"endpoint": report.endpoint, "rows": output.rows(report.to_frame()), "damaged": report.damaged}
        typer.echo(output.dump(document), nl=False)
    else:
        typer.echo(report.summary())
    code = report.exit_code(strict)
    if code:
        if report.offline:
            typer.echo(
                f"eaeu: no network: the shipped data can be used instead (--source pinned){_pinned_date()}", err=True
            )
        raise typer.Exit(code)


def prune(
    keep: Annotated[int, typer.Option(help="Retrievals to keep of each series and vintage.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    store: StoreAt = None,
) -> None:
    """Remove older retrievals of the same series and vintage, and leavings of interrupted pulls.

    Example: eaeu data prune --keep 2 --dry-run
    """
    from ..store.store import Store

    if keep < 1:
        raise BadInputError(f"--keep {keep}: expected 1 or more, or nothing would be left")
    for line in Store(store).prune(keep, dry_run=dry_run):
        typer.echo(line)


def diff(
    a: Annotated[str, typer.Argument(help="pinned, store, a pin's folder, a file, or a vintage such as 2015-04.")],
    b: Annotated[str, typer.Argument(help="The same, to compare with.")],
    code: Annotated[list[str] | None, typer.Option("--code", help="Only this series; repeatable.")] = None,
    tolerance: Annotated[float, typer.Option(help="Relative difference that still counts as the same.")] = 0.0,
    store: StoreAt = None,
    as_json: Json = False,
) -> None:
    """Compare two vintages or pins: rows added, removed and revised per series, the largest revisions first.

    Example: eaeu data diff pinned store --code NE.TRD.GNFS.ZS
    """
    from ..diff import diff as compare

    left, vintage_a = _side(a, store)
    right, vintage_b = _side(b, store)
    found = compare(
        left, right, vintage_a=vintage_a, vintage_b=vintage_b, codes=code, names=(a, b), tolerance=tolerance
    )
    typer.echo(found.to_json() if as_json else found.summary())


def _side(name: str, store: Path | None) -> tuple[Collection, str | None]:
    """A side of the comparison and the vintage it is read in."""
    from ..load import open_source
    from ..store.source import StoreSource
    from ..store.store import Store

    if name in ("store", "live"):
        return StoreSource(Store(store), offline=True), None
    if name == "pinned" or Path(name).exists():
        return open_source(name), None
    if name[:4].isdigit():
        return StoreSource(Store(store), offline=True), name
    raise BadInputError(
        f"'{name}' not known: expected pinned, store, the path of a pin or file, or a vintage (2015-04)"
    )


def _codes(given: list[str] | None) -> list[str]:
    """World Bank codes of what was asked for: codes as they are, outcomes by what they are computed of."""
    from ..catalogue import outcome, outcomes

    known = outcomes().index
    codes: list[str] = []
    for name in given or list(known):
        bare, at, own = name.partition("@")
        codes += [f"{code}{at}{own}" for code in outcome(bare).codes] if bare in known else [name]
    return list(dict.fromkeys(codes))


def _progress() -> Callable[[Progress], None]:
    """A bar on a terminal, a plain line per series elsewhere; always on standard error."""
    if not sys.stderr.isatty():
        return lambda p: typer.echo(
            f"{p.series_done}/{p.series_total} {p.code} {p.status} ({p.rows:,} rows so far{_left(p)})", err=True
        )
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), console=Console(stderr=True)
    )
    state: dict[str, Any] = {}

    def show(p: Progress) -> None:
        if not state:
            bar.start()
            state["task"] = bar.add_task("series", total=p.series_total, told="")
        told = f"{p.series_done}/{p.series_total}, {p.rows:,} rows{_left(p)}"
        bar.update(state["task"], completed=p.series_done, description=p.code, told=told)
        if p.series_done == p.series_total:
            bar.stop()

    return show


def _left(p: Progress) -> str:
    return "" if p.seconds_left is None else f", {p.seconds_left:.0f} s left"


def _pinned_date() -> str:
    from ..sources.pinned import PinnedSource

    dates = sorted({info.vintage for info in PinnedSource().entries() if info.vintage})
    return f", vintages {dates[0]} to {dates[-1]}" if dates else ""
