"""``eaeu brief``: talking points for an interview."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import output
from .options import Json, Source, split_list


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="Talking points on two pages: for, against, and how certain the findings are.")(brief)


def brief(
    topic: Annotated[str | None, typer.Option(help="One topic, such as tariffs. Default: all topics.")] = None,
    lang: Annotated[str, typer.Option(help="Language: en, ru or uz.")] = "en",
    out: Annotated[Path | None, typer.Option(help="Folder for the files. Default: brief, or none with --json.")] = None,
    formats: Annotated[
        str | None, typer.Option("--format", help="Files to write: pdf,md,html,json. Default: all.")
    ] = None,
    source: Source = "pinned",
    jobs: Annotated[int, typer.Option(help="Number of worker processes; the result does not depend on it.")] = 1,
    cache: Annotated[bool, typer.Option(help="Use claims of an earlier run with the same data and code.")] = True,
    as_json: Json = False,
) -> None:
    """Write the brief: points for and against, likely questions, numbers to say aloud, statements to avoid.

    The first run computes the claims, which takes about a minute; later runs take seconds.

    Examples: eaeu brief; eaeu brief --lang uz --out uz; eaeu brief --topic tariffs --format md
    """
    from ..report.brief.write import brief as make
    from ..report.brief.write import write_brief

    if as_json and out is None:
        typer.echo(output.to_json(make(topic, lang, source=source, jobs=jobs, cache=cache).document()), nl=False)
        return
    folder = out or Path("brief")
    done = write_brief(
        folder,
        topic=topic,
        lang=lang,
        formats=None if formats is None else split_list(formats),
        source=source,
        jobs=jobs,
        cache=cache,
    )
    typer.echo(output.to_json(done.brief.document()) if as_json else done.summary(), nl=not as_json)
