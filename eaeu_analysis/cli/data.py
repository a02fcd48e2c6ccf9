"""``eaeu data``: list, verify and pin data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from ..errors import BadInputError, IntegrityError
from . import live, output
from .options import Codes, Json, StoreAt, split_list

if TYPE_CHECKING:
    import pandas as pd

    from ..data.sources.bulk.flows import Products
    from ..data.sources.bulk.layouts import Kind, Scale
    from ..data.sources.pinned import PinnedSource

app = typer.Typer(
    help="Data: what is included, whether it is intact, and how to add more.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

live.register(app)

COUNTED = ("economies", "aggregates", "observations", "zeros")

Stored = Annotated[bool, typer.Option("--stored", help="Use the store of downloaded series instead.")]
Pinned = Annotated[
    Path | None, typer.Option("--pinned", help="Folder of pinned data. Default: the data shipped with the package.")
]


@app.command("list", short_help="List all series, by vintage, and the trade tables.")
def list_(
    pinned: Pinned = None,
    missing: Annotated[bool, typer.Option("--live", help="List series that are only available live.")] = False,
    stored: Stored = False,
    store: StoreAt = None,
    as_json: Json = False,
) -> None:
    """List all series, with a line for each vintage, and the tables of trade and remittances.

    Example: eaeu data list
    """
    from ..data.listing import list_entries, only_live

    if stored or store:
        _list_store(store, as_json)
        return
    source = _open(pinned)
    if missing:
        lacking = only_live(source)
        if as_json:
            output.print_table(lacking, as_json)
        else:
            output.print_lines(lacking[["code", "label"]], "label")
        return
    frame = list_entries(source)
    if pinned is None:
        import pandas as pd

        from ..data.listing import list_tables

        frame = pd.concat([frame, list_tables()], ignore_index=True)
        counts = frame.columns.intersection(["first_year", "last_year", *COUNTED])
        frame[counts] = frame[counts].astype("Int64")
    if as_json:
        output.print_table(frame, as_json)
        return
    several = frame["code"].duplicated(keep=False)
    shown = frame[["code"]].assign(
        vintage=frame["vintage"].mask(several & frame["default"], frame["vintage"] + "*"),
        years=_spans(frame["first_year"], frame["last_year"]),
        label=frame["label"],
    )
    output.print_lines(shown, "label")
    typer.echo(f"{len(frame)} series and tables; all about one of them: eaeu data show CODE")
    if several.any():
        typer.echo("* leads; another edition is had as CODE@VINTAGE")


@app.command(short_help="Describe a series: meaning, pitfalls, vintages, coverage.")
def show(
    code: Annotated[str, typer.Argument(help="World Bank code, CODE@VINTAGE, or a table (trade/world_2019).")],
    pinned: Pinned = None,
    economies: Annotated[
        str | None, typer.Option(help="Economies whose coverage to show, separated by commas.")
    ] = None,
    stored: Stored = False,
    store: StoreAt = None,
    as_json: Json = False,
) -> None:
    """Describe a series: meaning, pitfalls, vintages and coverage; with --stored also notes and footnotes.

    Examples: eaeu data show NE.TRD.GNFS.ZS; eaeu data show trade/world_2019
    """
    chosen = split_list(economies) if economies else None
    if stored or store:
        from ..data.listing import describe_stored
        from ..data.store.store import Store

        found = describe_stored(Store.existing(store), code, chosen)
    elif pinned is None and _is_table(code):
        from ..data.listing import describe_table

        found = describe_table(code, chosen)
        typer.echo(output.to_json(found) if as_json else output.table_text(found), nl=False)
        return
    else:
        from ..data.listing import describe_series as describe

        found = describe(_open(pinned), code, chosen)
    typer.echo(output.to_json(found) if as_json else output.series_text(found), nl=False)


@app.command(short_help="Check all shipped files against their recorded hashes.")
def verify(
    pinned: Pinned = None,
    stored: Stored = False,
    store: StoreAt = None,
    as_json: Json = False,
) -> None:
    """Check all shipped files, or the tables of a pin, against their recorded hashes; exit with code 3 on a difference.

    Example: eaeu data verify
    """
    if stored or store:
        _verify_store(store, as_json)
        return
    source = _open(pinned)
    if pinned is None:  # every file that ships with the package
        from ..reference import shipped_tables as shipped

        count, problems = shipped.verify_tables()
        where = str(source.root.parent)
        if not any("'pinned/" in problem for problem in problems):
            problems += source.verify()
    else:
        count, problems, where = len(source.resources()), source.verify(), str(source.root)
    if as_json:
        typer.echo(output.to_json({"files": count, "problems": problems}), nl=False)
    if problems:
        more = f" (and {len(problems) - 1} more: see --json)" if len(problems) > 1 else ""
        raise IntegrityError(f"{problems[0]}{more}")
    if not as_json:
        typer.echo(f"{count} files in {where}: every hash, row count and key as recorded")


@app.command(short_help="List shipped series that a live pull would renew.")
def outdated(
    on: Annotated[str | None, typer.Option(help="The day to count to, YYYY-MM-DD. Default: today.")] = None,
    store: StoreAt = None,
    as_json: Json = False,
) -> None:
    """List the shipped series of which a newer edition has appeared, is due, or is in the store. Asks no network.

    Example: eaeu data outdated --on 2026-11-28
    """
    import datetime as dt

    from ..data.freshness import data_as_of
    from ..data.freshness import outdated as find_outdated
    from ..data.store.store import Store

    try:
        day = dt.date.fromisoformat(on) if on else dt.datetime.now(dt.UTC).date()
    except ValueError:
        raise BadInputError(f"--on {on!r} is not a day; write it as 2026-11-28") from None
    frame = find_outdated(day, Store(store))
    if as_json:
        output.print_table(frame, as_json)
        return
    if len(frame):
        shown = frame.assign(stored=frame["stored"].mask(frame["stored"] == "", "-"))
        output.print_lines(shown, "label")
    typer.echo(f"{len(frame)} series to renew on {day.isoformat()}: eaeu data pull CODE, or trade, remittances ...")
    typer.echo(f"shipped data as of {data_as_of()}; editions: how many have appeared since, by the")
    typer.echo("rhythm of the source (data/tables/editions.toml); stored: a newer one is here")


@app.command(short_help="Pin series from files, with vintage and hash.")
def pin(
    sources: Annotated[
        list[Path], typer.Argument(help="World Bank files (CSV, zip, Parquet) or folders with such files.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write; other tables in it are kept.")],
    select: Annotated[
        Path | None, typer.Option(help="TOML file that lists the series, with vintage and licence.")
    ] = None,
    code: Codes = None,
    retrieved: Annotated[str, typer.Option(help="Download date, where the file does not state it.")] = "",
    as_json: Json = False,
) -> None:
    """Pin series from files as Parquet tables with source, vintage, licence and SHA-256.

    Example: eaeu data pin API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.zip --out my-data
    """
    from ..data.pin import pin_series as pin_files

    frame = pin_files(sources, out, selection=select, codes=code, retrieved=retrieved)
    columns = ["code", "vintage", "default", "economies", "observations", "zeros"]
    output.print_table(frame if as_json else frame[columns], as_json)
    if not as_json:
        typer.echo(f"{len(frame)} series written to {out}; load them with source={_as_source(out)!r}")


@app.command(short_help="Convert bulk files of bilateral trade to one format.")
def bulk(
    kind: Annotated[str, typer.Argument(help="baci (CEPII), comtrade (UN) or imf (DOTS, IMTS).")],
    path: Annotated[
        Path, typer.Argument(help="The file as published (.csv, .csv.gz, .zip), or a folder of such files.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write; existing flows in it are replaced.")],
    products: Annotated[str, typer.Option(help="Product level: TOTAL, HS2, HS4 or HS6.")] = "HS2",
    years: Annotated[str | None, typer.Option(help="2019 or 2010-2019. Default: all years.")] = None,
    economies: Annotated[
        str | None, typer.Option(help="Keep only flows from or to these economies, separated by commas.")
    ] = None,
    scale: Annotated[
        str | None, typer.Option(help="units or millions, for IMF files; overrules what they state.")
    ] = None,
    memory: Annotated[
        str, typer.Option(help="Memory limit of the database; it uses temporary files next to --out.")
    ] = "2GB",
    as_json: Json = False,
) -> None:
    """Convert bulk files of bilateral trade to one format. Files may be larger than memory. Needs the extra "bulk".

    Example: eaeu data bulk baci BACI_HS92_V202601.zip --out flows --years 2010-2019
    """
    from ..data.sources.bulk.flows import read_flows
    from ..data.sources.live.request import request_years as years_of

    chosen = split_list(economies) if economies else None
    found = read_flows(
        cast("Kind", kind),  # read_flows refuses any other text, with the near match
        path,
        out,
        products=cast("Products", products),
        years=years_of(years),
        economies=chosen,
        scale=cast("Scale | None", scale),
        memory=memory,
    )
    document = {"folder": str(out), "rows": output.rows(found.years), "left_out": output.rows(found.left_out)}
    where = f"written to {out}; in Python: ea.open_flows({str(out)!r})"
    output.print_document(document, as_json, lambda: f"{found.summary()}\n{where}")


def _spans(first: pd.Series[Any], last: pd.Series[Any]) -> list[str]:
    """Years of each row as "1990-2024", one year alone, nothing where none is known."""
    known = first.notna()
    return [
        "" if not here else f"{start}" if start == end else f"{start}-{end}"
        for here, start, end in zip(known, first, last, strict=True)
    ]


def _list_store(store: Path | None, as_json: bool) -> None:
    from ..data.store.entry import listing
    from ..data.store.store import Store

    opened = Store(store)
    frame = listing(opened.entries())
    if frame.empty and not as_json:
        typer.echo(f"no series in the store {str(opened.root)!r}; download some with eaeu data pull")
        return
    columns = ["code", "vintage", "retrieved", "rows", "economies", "years", "footnotes", "host"]
    output.print_table(frame if as_json else frame[columns], as_json)


def _verify_store(store: Path | None, as_json: bool) -> None:
    from ..data.store.store import Store

    opened = Store.existing(store)
    problems = [problem.text for problem in opened.verify()]
    if as_json:
        typer.echo(output.to_json({"series": len(opened.entries()), "problems": problems}), nl=False)
    if problems:
        raise IntegrityError(problems[0])
    if not as_json:
        typer.echo(f"{len(opened.entries())} series in {opened.root}: every hash and row count as recorded")


def _as_source(out: Path) -> str:
    """The folder as ``source=`` takes it: "pinned" and "live" alone would mean something else."""
    return f"./{out}" if str(out) in ("pinned", "live") else str(out)


def _is_table(code: str) -> bool:
    """Whether the name is a shipped table or looks like one; World Bank codes have no slash."""
    from ..data.listing import has_table

    return "/" in code or has_table(code)


def _open(pinned: Path | None) -> PinnedSource:
    from ..data.sources.pinned import PinnedSource

    return PinnedSource(pinned)
