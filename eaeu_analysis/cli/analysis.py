"""Commands that answer a question: report, compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError
from . import output
from .options import Dask, Fallback, Json, MaxAge, Source, StoreAt, source_of, split_list

if TYPE_CHECKING:
    from ..data.panel import Panel
    from ..data.sources import Source as SourceOfSeries

JOBS = min(2, os.cpu_count() or 1)  # the report's own: trade and the scenario take as long as all the rest


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(no_args_is_help=False)(report)
    app.command(short_help="Before and after it joined, beside economies that did not.")(compare)


def report(
    out: Annotated[Path, typer.Option(help="Folder to write; replaced as a whole when the report is complete.")] = Path(
        "report"
    ),
    source: Source = "pinned",
    unit: Annotated[str, typer.Option(help="The member the page is about.")] = "KGZ",
    bloc: Annotated[str, typer.Option(help="The bloc it joined.")] = "EAEU",
    formats: Annotated[
        str | None,
        typer.Option("--format", help="Any of html,md,pdf,json,csv, by comma; pdf is the brief. Left out: all."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the brief: en, ru or uz; the page is English.")] = "en",
    strict: Annotated[
        bool, typer.Option(help="End with code 4 when data were missing or from the fall-back; drift (5) goes before.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Workers; the result is the same for any number.")] = JOBS,
    dask: Dask = None,
    check: Annotated[
        Path | None, typer.Option(help="Accepted state of the claims; end with code 5 when a conclusion drifted.")
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="Write the present state to the file of --check.")] = False,
    old_data: Annotated[
        Path | None, typer.Option(help="The data of the accepted state, to tell their revision from other reasons.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Take what an earlier run made of the same data and code.")] = True,
    store: StoreAt = None,
    max_age: MaxAge = None,
    fallback: Fallback = None,
) -> None:
    """Make the report: a page, Markdown, talking points as PDF, JSON and CSV tables.

    Examples: eaeu report --out report && open report/index.html;
    eaeu report --check data/baseline.json
    """
    from ..report import write_report

    chosen = source_of(source, store, max_age, fallback)
    done = write_report(
        out,
        unit=unit,
        bloc=bloc,
        source=chosen,
        formats=None if formats is None else split_list(formats),
        lang=lang,
        jobs=jobs,
        dask=dask,
        check=check,
        accept=accept,
        old_data=old_data,
        cache=cache,
    )
    typer.echo(done.summary())
    done.require(complete=strict, undrifted=not accept)


def compare(
    unit: Annotated[str | None, typer.Argument(help="Economy: KGZ, Kyrgyzstan. Left out: every member.")] = None,
    bloc: Annotated[str, typer.Option(help="Bloc whose accession date is the event.")] = "EAEU",
    outcome: Annotated[
        list[str] | None, typer.Option("--outcome", "-o", help="Outcome name or World Bank code; repeatable.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Year or date instead of the accession date.")] = None,
    pre: Annotated[int, typer.Option(help="Years before the event.")] = 5,
    post: Annotated[int, typer.Option(help="Years after it.")] = 4,
    skip: Annotated[int, typer.Option(help="Years left out from the event on.")] = 1,
    comparators: Annotated[
        str | None, typer.Option(help="A pool (rouble, wide) or economies by comma; default: rouble.")
    ] = None,
    partners: Annotated[
        bool, typer.Option("--partners", help="Whom it trades with, and how far it leans to each, instead.")
    ] = False,
    source: Source = "pinned",
    store: StoreAt = None,
    max_age: MaxAge = None,
    as_json: Json = False,
) -> None:
    """Compare an economy before and after it joined, beside economies that did not.

    Examples: eaeu compare KGZ; eaeu compare --bloc EAEU; eaeu compare ARM -o remittances --json;
    eaeu compare UZB --partners
    """
    if partners:
        if outcome or event is not None or comparators is not None or source != "pinned":
            raise BadInputError("--partners reads the shipped flows of goods: give the economy alone, or with --json")
        from ..trade.partners.exposure import exposure

        output.print_result(exposure(unit or "UZB"), as_json)
        return
    from ..compare import before_after, compare_members
    from ..reference.blocs import bloc as find_bloc

    panel, chosen = _panel(outcome, source_of(source, store, max_age))
    pool: str | list[str] | None = split_list(comparators) if comparators and "," in comparators else comparators
    if unit is None:
        if event is not None:
            raise BadInputError("--event needs an economy; members of a bloc have their own accession dates")
        found = compare_members(panel, chosen, bloc, pre=pre, post=post, skip=skip, comparators=pool)
        output.print_result(found.require_some(), as_json)
    elif len(chosen) == 1:
        day = event or find_bloc(bloc).accession(unit)
        one = before_after(panel, chosen[0], unit, day, pre, post, skip, pool, bloc=bloc)
        output.print_result(one.require_some(), as_json)
    else:
        found = compare_members(
            panel, chosen, bloc, units=[unit], event=event, pre=pre, post=post, skip=skip, comparators=pool
        )
        output.print_result(found.require_some(), as_json)


def _panel(outcomes: list[str] | None, source: str | SourceOfSeries) -> tuple[Panel, list[str]]:
    """The panel that holds the outcomes asked for, all of the catalogue's when none is."""
    from ..data.load import load_panel
    from ..reference.catalogue import outcomes as known

    chosen = outcomes or list(known().index)
    return load_panel(chosen, source=source), chosen
