"""``eaeu data pull``, ``prune``, ``diff``: download series to the store, clean it up, compare two vintages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError, EaeuError, StoppedError, unknown
from . import output
from .options import Codes, Endpoint, Json, StoreAt, progress, split_list

if TYPE_CHECKING:
    from ..data.diff import Collection
    from ..data.sources.live.jobs import PullReport


def register(app: typer.Typer) -> None:
    """Add the commands to ``eaeu data``."""
    app.command(short_help="Download series to the store; an interrupted download resumes.")(pull)
    app.command(short_help="Remove older downloads and leftover files from the store.")(prune)
    app.command(short_help="Compare two vintages or pins.")(diff)


def pull(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            help="World Bank codes, CODE@2015-04, outcome names, or WITS.<indicator>.<product>.<reporter>; "
            "Default: all outcomes."
        ),
    ] = None,
    economies: Annotated[str, typer.Option(help="all, or economies separated by commas.")] = "all",
    years: Annotated[str | None, typer.Option(help="2015 or 2000-2019. Default: all years.")] = None,
    vintage: Annotated[str | None, typer.Option(help="An archived edition, such as 2015-04.")] = None,
    database: Annotated[
        str | None, typer.Option(help="Number of a World Bank database, such as 15 (Global Economic Monitor).")
    ] = None,
    latest: Annotated[
        bool, typer.Option("--latest", help="Ask for every series again, however recent the stored one is.")
    ] = False,
    store: StoreAt = None,
    endpoint: Endpoint = None,
    max_age: Annotated[
        float, typer.Option(help="Age in days up to which a stored series is not downloaded again.")
    ] = 1.0,
    concurrency: Annotated[int, typer.Option(help="Number of parallel requests, from 1 to 16.")] = 4,
    retries: Annotated[int | None, typer.Option(help="Number of attempts for each page.")] = None,
    timeout: Annotated[
        float | None, typer.Option(help="Seconds without a response after which a request fails.")
    ] = None,
    deadline: Annotated[
        float | None, typer.Option(help="Seconds for the whole run. Default: 7,200; the next run continues from there.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="worldbank, wits, comtrade, imts (IMF) or data360. Default: by the form of the codes."),
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit with code 4 when some series failed.")] = False,
    as_json: Json = False,
) -> None:
    """Download series from the World Bank to the store. Each is saved when complete; an interrupted run resumes.

    Examples: eaeu data pull trade remittances NE.TRD.GNFS.ZS@2015-04;
    eaeu data pull WITS.XPRT-TRD-VL.Total.UZB --years 2015-2020;
    eaeu data pull --source comtrade COMTRADE.M.TOTAL.UZB --years 2019-2023 (key in COMTRADE_API_KEY)
    """
    from ..data.sources.live import comtrade, data360, imts, wits
    from ..data.sources.live.http import HttpSettings
    from ..data.sources.live.pull import pull_series
    from ..data.store.store import Store

    services = {
        "wits": wits.SERVICE,
        "comtrade": comtrade.SERVICE,
        "imts": imts.SERVICE,
        "data360": data360.SERVICE,
    }
    if source is not None and source not in ("worldbank", *services):
        raise unknown("source", source, ["worldbank", *services])
    prefix = services[source].prefix if source in services else ""
    wanted = _codes([code if code.startswith(prefix) else prefix + code for code in codes or ()])
    if database is not None and not database.isdecimal():
        raise BadInputError(f"--database {database!r}: expected the number of a World Bank database, such as 15")
    if database is not None and vintage:
        raise BadInputError("--database and --vintage exclude each other: archived editions are database 57")
    max_age = 0.0 if latest else max_age
    own = next((name for name, by in services.items() if any(code.startswith(by.prefix) for code in wanted)), "")
    limits = HttpSettings() if deadline is None else HttpSettings(deadline=deadline)
    opened = Store(store)
    opened.check_writable()
    display = progress()
    try:
        if own:
            own_codes = all(code.startswith(services[own].prefix) for code in wanted)
            if not own_codes or vintage or economies != "all" or database:
                raise BadInputError(
                    f"codes of {own} name their economies and have no vintages: pull them by themselves"
                )
            report = services[own].pull(
                wanted, years, store=opened, endpoint=endpoint, max_age=max_age, settings=limits, progress=display
            )
        else:
            report = pull_series(
                wanted,
                "all" if economies == "all" else split_list(economies),
                years,
                store=opened,
                endpoint=endpoint,
                vintage=vintage,
                database=database,
                concurrency=concurrency,
                retries=retries,
                timeout=timeout,
                max_age=max_age,
                settings=limits,
                progress=display,
            )
    except KeyboardInterrupt:
        display.close()
        raise StoppedError("interrupted; finished series are kept, and the same command continues from there") from None
    finally:
        display.close()
    _print_report(report, strict, as_json)


def _print_report(report: PullReport, strict: bool, as_json: bool) -> None:
    """Print the report on standard output and the reason for a non-zero exit code on standard error."""
    document = {"endpoint": report.endpoint, "rows": output.rows(report.to_frame()), "damaged": report.damaged}
    output.print_document(document, as_json, report.summary)
    code = report.exit_code(strict)
    if not code:
        return
    if report.offline:
        last = f"no network; the shipped data can be used instead (--source pinned){_pinned_date()}"
    elif code == 3:
        last = "no series could be downloaded"
    else:
        last = f"{len(report.failed)} of {len(report.rows)} series could not be downloaded; the others are stored"
    typer.echo(f"eaeu: {last}", err=True)
    raise typer.Exit(code)


def prune(
    keep: Annotated[int, typer.Option(help="Number of downloads to keep of each series and vintage.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be removed.")] = False,
    store: StoreAt = None,
) -> None:
    """Remove older downloads of the same series and vintage, and leftover files of interrupted downloads.

    Example: eaeu data prune --keep 2 --dry-run
    """
    from ..data.store.store import Store

    if keep < 1:
        raise BadInputError(f"--keep {keep}: expected 1 or more, or nothing would be left")
    opened = Store.existing(store)
    gone = opened.prune(keep, dry_run=dry_run)
    for line in gone:
        typer.echo(line)
    if not gone:
        typer.echo(f"nothing to remove from {opened.root}")


def diff(
    a: Annotated[
        str, typer.Argument(help="pinned, store, a folder of pinned data, a file, or a vintage such as 2015-04.")
    ],
    b: Annotated[str, typer.Argument(help="What to compare it with: the same options.")],
    code: Codes = None,
    tolerance: Annotated[float, typer.Option(help="Relative difference up to which two values count as equal.")] = 0.0,
    store: StoreAt = None,
    endpoint: Endpoint = None,
    as_json: Json = False,
) -> None:
    """Compare two vintages or pins: rows added, removed and revised by series, largest revisions first.

    Example: eaeu data diff pinned store --code NE.TRD.GNFS.ZS
    """
    from ..data.diff import diff_vintages as compare

    left, vintage_a = _side(a, store, endpoint)
    right, vintage_b = _side(b, store, endpoint)
    found = compare(
        left, right, vintage_a=vintage_a, vintage_b=vintage_b, codes=code, names=(a, b), tolerance=tolerance
    )
    typer.echo(found.to_json() if as_json else found.summary())


def _side(name: str, store: Path | None, endpoint: str | None) -> tuple[Collection, str | None]:
    """One side of the comparison, and the vintage to read."""
    from ..data.load import open_source
    from ..data.store.source import StoreSource
    from ..data.store.store import Store

    if name == "pinned" or (Path(name).exists() and name not in ("store", "live")):
        return open_source(name), None
    if name not in ("store", "live") and not name[:4].isdigit():
        raise BadInputError(
            f"'{name}' not known: expected pinned, store, the path of a pin or file, or a vintage (2015-04)"
        )
    source = StoreSource(Store.existing(store), offline=True, endpoint=endpoint)
    vintage = None if name in ("store", "live") else name
    source.require(vintage)
    return source, vintage


def _codes(given: list[str] | None) -> list[str]:
    """World Bank codes for the given names: an outcome gives the codes that it is computed from.

    A name that looks like one of the catalogue but is unknown is refused at once. Any other code is passed on to the
    World Bank, which has thousands more.
    """
    from ..reference.catalogue import catalogue, indicator, outcome, outcomes

    known = outcomes().index
    codes: list[str] = []
    for name in given or list(known):
        bare, at, own = name.partition("@")
        if bare in known:
            codes += [f"{code}{at}{own}" for code in outcome(bare).codes]
            continue
        try:
            codes.append(f"{indicator(bare).code}{at}{own}")
        except EaeuError:
            if (bare == bare.lower() and "." not in bare) or " " in bare:  # World Bank codes look different
                labels = {str(code): str(label) for code, label in catalogue()["label"].items()}
                raise unknown("outcome or series", bare, [*known, *labels], labels) from None
            codes.append(name)
    return list(dict.fromkeys(codes))


def _pinned_date() -> str:
    from ..data.sources.pinned import PinnedSource

    dates = sorted({info.vintage for info in PinnedSource().entries() if info.vintage})
    return f", vintages {dates[0]} to {dates[-1]}" if dates else ""
