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

JOBS = min(2, os.cpu_count() or 1)  # for the report: trade and the scenario take as long as everything else


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(no_args_is_help=False, short_help="The full report: page, talking points, tables.")(report)
    app.command(short_help="Before and after joining, compared with economies that did not join.")(compare)


def report(
    out: Annotated[Path, typer.Option(help="Folder for the report; an older report there is replaced.")] = Path(
        "report"
    ),
    source: Source = "pinned",
    unit: Annotated[str, typer.Option(help="Member that the report is about.")] = "KGZ",
    bloc: Annotated[str, typer.Option(help="Bloc that it joined.")] = "EAEU",
    formats: Annotated[
        str | None,
        typer.Option("--format", help="Files to write: html,md,pdf,json,csv (pdf is the brief). Default: all."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the brief: en, ru or uz. The page is in English.")] = "en",
    strict: Annotated[
        bool,
        typer.Option(
            help="Exit with code 4 when data are missing or come from the fall-back (code 5 for drift comes first)."
        ),
    ] = False,
    jobs: Annotated[int, typer.Option(help="Number of worker processes; the result does not depend on it.")] = JOBS,
    dask: Dask = None,
    check: Annotated[
        Path | None, typer.Option(help="Baseline file of accepted claims; exit with code 5 when a conclusion drifted.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept the present claims: write them to the file of --check.")
    ] = False,
    old_data: Annotated[
        Path | None, typer.Option(help="Data of the baseline, to separate data revisions from other reasons.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Use results of an earlier run with the same data and code.")] = True,
    store: StoreAt = None,
    max_age: MaxAge = None,
    fallback: Fallback = None,
) -> None:
    """Write the report: a web page, Markdown, talking points as PDF, JSON and CSV tables.

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
    unit: Annotated[
        str | None, typer.Argument(help="Economy, by name or code (KGZ, Kyrgyzstan). Default: all members.")
    ] = None,
    bloc: Annotated[str, typer.Option(help="Bloc whose accession date is the event.")] = "EAEU",
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", "-o", help="Outcome or World Bank code; may be repeated. Default: all outcomes."),
    ] = None,
    event: Annotated[str | None, typer.Option(help="Year or date to use instead of the accession date.")] = None,
    pre: Annotated[int, typer.Option(help="Number of years before the event.")] = 5,
    post: Annotated[int, typer.Option(help="Number of years after it.")] = 4,
    skip: Annotated[int, typer.Option(help="Number of years to leave out, from the event year on.")] = 1,
    comparators: Annotated[
        str | None,
        typer.Option(help="Comparison countries: rouble, wide, or economies separated by commas. Default: rouble."),
    ] = None,
    partners: Annotated[
        bool, typer.Option("--partners", help="Show trade by partner instead, and dependence on each.")
    ] = False,
    source: Source = "pinned",
    store: StoreAt = None,
    max_age: MaxAge = None,
    as_json: Json = False,
) -> None:
    """Compare an economy before and after joining with economies that did not join.

    Examples: eaeu compare KGZ; eaeu compare --bloc EAEU; eaeu compare ARM -o remittances --json;
    eaeu compare UZB --partners
    """
    if partners:
        if outcome or event is not None or comparators is not None or source != "pinned":
            raise BadInputError("--partners uses the shipped trade flows: give the economy alone, or with --json")
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
    """A panel of the requested outcomes; by default all outcomes of the catalogue."""
    from ..data.load import load_panel
    from ..reference.catalogue import outcomes as known

    chosen = outcomes or list(known().index)
    return load_panel(chosen, source=source), chosen
