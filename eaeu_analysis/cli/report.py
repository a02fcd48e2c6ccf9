"""The commands report and verify: write the report for people and jobs; compare a written one with its record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..errors import EaeuError
from . import output
from .options import Dask, Fallback, Jobs, Json, MaxAge, Source, StoreAt, source_of, split_list
from .progress import shown_progress

JOBS = min(2, os.cpu_count() or 1)  # trade and the scenario take as long as everything else


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(no_args_is_help=False, short_help="The full report: page, talking points, tables.")(report)
    app.command(short_help="Compare a written report with the record of its run.")(verify)


def report(
    out: Annotated[Path, typer.Option(help="Folder for the report; an older report there is replaced.")] = Path(
        "report"
    ),
    source: Source = "pinned",
    unit: Annotated[str, typer.Option(help="Member that the report is about.")] = "KGZ",
    bloc: Annotated[str, typer.Option(help="Bloc that it joined.")] = "EAEU",
    formats: Annotated[
        str | None,
        typer.Option(
            "--format", help="Files to write: html,md,pdf,json,csv (pdf is the brief, extra pdf). Default: all."
        ),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of the brief: en, ru or uz. The page is in all three.")] = "en",
    strict: Annotated[
        bool,
        typer.Option(
            help="Exit with code 4 when data are missing or come from the fall-back (code 5 for drift comes first)."
        ),
    ] = False,
    jobs: Jobs = JOBS,
    dask: Dask = None,
    check: Annotated[
        Path | None,
        typer.Option(
            help="Baseline file of accepted claims, or 'shipped' for the one of the package; "
            "exit with code 5 when a conclusion drifted."
        ),
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
    summary: Annotated[
        Path | None,
        typer.Option(help="Write a summary in Markdown; it is also added to $GITHUB_STEP_SUMMARY where that is set."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write a JUnit file: a test case per claim, a failure where it drifted.")
    ] = None,
    feed: Annotated[
        Path | None,
        typer.Option(help="Add the conclusions that changed to a JSON Feed; needs --check to have any."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the report: a web page, Markdown, talking points as PDF, JSON and CSV tables.

    Examples: eaeu report --out report && open report/index.html;
    eaeu report --check shipped --summary summary.md --junit claims.xml
    """
    from ..report import write_report
    from ..report.job_files import require_job_files, write_failure, write_job_files

    require_job_files(summary, junit)
    chosen = source_of(source, store, max_age, fallback)
    try:
        with shown_progress():
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
    except EaeuError as error:
        write_failure(error, summary)
        raise
    document = write_job_files(done, summary, junit, feed)
    typer.echo(output.to_json(document).rstrip() if as_json else done.summary())
    done.require(complete=strict, undrifted=not accept)


def verify(
    folder: Annotated[Path, typer.Argument(help="Folder that eaeu report wrote.")],
    strict: Annotated[
        bool, typer.Option(help="Exit with code 4 when the program, a library or a shipped file differs from the run.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compare a written report and this installation with the record of the run, without a network.

    Exit code 3 when a file of the report was changed, added or is missing. Example: eaeu verify bld/report
    """
    from ..report.run_record import verify_run

    found = verify_run(folder)
    output.print_result(found, as_json)
    found.require(strict=strict)
