"""The command ``brief``: talking points for whoever sits before a microphone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import output
from .options import Json, Source, split_list


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="Talking points on two sides of A4: for, against, and how sure we are.")(brief)


def brief(
    topic: Annotated[str | None, typer.Option(help="One topic alone, as tariffs; left out: all.")] = None,
    lang: Annotated[str, typer.Option(help="en, ru or uz.")] = "en",
    out: Annotated[Path | None, typer.Option(help="Folder to write; left out: brief (nothing with --json).")] = None,
    formats: Annotated[str, typer.Option("--format", help="Any of pdf,md,html,json, by comma.")] = "pdf,md,html,json",
    source: Source = "pinned",
    jobs: Annotated[int, typer.Option(help="Workers; the result is the same for any number.")] = 1,
    cache: Annotated[bool, typer.Option(help="Take claims that an earlier run made of the same data and code.")] = True,
    as_json: Json = False,
) -> None:
    """Make the brief: five points for and five against, likely questions, numbers to say aloud, what not to say.

    A first run computes the claims, which takes about a minute; the next take seconds.
    Examples: eaeu brief; eaeu brief --lang uz --out uz; eaeu brief --topic tariffs --format md
    """
    from ..report.brief.write import brief as make
    from ..report.brief.write import write_brief

    if as_json and out is None:
        typer.echo(output.to_json(make(topic, lang, source=source, jobs=jobs, cache=cache).document()), nl=False)
        return
    folder = out or Path("brief")
    done = write_brief(
        folder, topic=topic, lang=lang, formats=split_list(formats), source=source, jobs=jobs, cache=cache
    )
    typer.echo(output.to_json(done.brief.document()) if as_json else done.summary(), nl=not as_json)
