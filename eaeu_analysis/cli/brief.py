"""The commands brief and cards: talking points for an interview; pictures with captions to share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import output
from .options import Jobs, Json, Source, Topic, split_list


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(short_help="Talking points on two pages: for, against, and how certain the findings are.")(brief)
    app.command(no_args_is_help=False, short_help="A picture with a caption for each finding, to share.")(cards)


def brief(
    topic: Topic = None,
    lang: Annotated[str, typer.Option(help="Language: en, ru or uz.")] = "en",
    out: Annotated[Path | None, typer.Option(help="Folder for the files. Default: brief, or none with --json.")] = None,
    formats: Annotated[
        str | None, typer.Option("--format", help="Files to write: pdf,docx,md,html,json. Default: all.")
    ] = None,
    source: Source = "pinned",
    jobs: Jobs = 1,
    cache: Annotated[bool, typer.Option(help="Use claims of an earlier run with the same data and code.")] = True,
    as_json: Json = False,
) -> None:
    """Write the brief: the bottom line, points for and against, likely questions, numbers to say aloud.

    Each line has the seconds that it takes to say. The first run computes the claims, which takes about a minute; later
    runs take seconds.

    Examples: eaeu brief; eaeu brief --lang uz --out uz; eaeu brief --topic tariffs --format md,docx
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
    output.print_document(done.brief.document(), as_json, done.summary)


def cards(
    out: Annotated[Path, typer.Option(help="Folder for the cards; older cards there are replaced.")] = Path("cards"),
    lang: Annotated[str, typer.Option(help="Languages: en,ru,uz.")] = "en,ru,uz",
    topic: Topic = None,
    site: Annotated[
        str | None, typer.Option(help="Address of the published page, for the links in captions. Default: $EAEU_SITE.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a card for each finding: two pictures (1200x630 and 1080x1080 pixels) and a caption for a message.

    The findings are the shipped claims. Each card has the sentence, how sure it is, a picture, the source and the date
    of the data.

    Examples: eaeu cards; eaeu cards --topic tariffs --lang uz --out uz --site https://example.org/eaeu
    """
    from ..report.cards.findings import SITE
    from ..report.cards.write import write_cards
    from ..settings import site_address

    address = (site_address() or SITE) if site is None else site
    done = write_cards(out, langs=split_list(lang), topic=topic, site=address)
    output.print_document(done.document(), as_json, done.summary)
