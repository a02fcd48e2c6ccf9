"""``eaeu gravity``: what the union did to who trades with whom."""

from __future__ import annotations

from typing import Annotated

import typer

from . import output
from .options import Json


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="What the union did to who trades with whom.")(gravity)


def gravity(
    agreements: Annotated[
        bool, typer.Option("--agreements", help="A coefficient per trade agreement instead of the union's steps.")
    ] = False,
    bias_correction: Annotated[
        bool, typer.Option(help="Three-way bias correction of Weidner and Zylkin (2021).")
    ] = True,
    as_json: Json = False,
) -> None:
    """Estimate the trade effects of the customs union and the EAEU by structural gravity (PPML) on the shipped flows.

    Example: eaeu gravity --json
    """
    if agreements:
        from ..trade.each_agreement import agreement_effects

        output.show(agreement_effects(bias_correction=bias_correction), as_json)
        return
    from ..trade.union import union_effect

    output.show(union_effect(bias_correction=bias_correction), as_json)
