"""``eaeu gravity``: the effect of the union on bilateral trade."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import BadInputError
from . import output
from .options import Json, split_list


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="The effect of the union on bilateral trade.")(gravity)


def gravity(
    agreements: Annotated[
        bool,
        typer.Option(
            "--agreements", help="Estimate a coefficient for each trade agreement instead of the steps of the union."
        ),
    ] = False,
    curve: Annotated[
        bool,
        typer.Option(
            "--curve", help="Estimate under every choice of neighbours, goods, domestic trade and border trends."
        ),
    ] = False,
    path: Annotated[
        bool, typer.Option("--path", help="Show the founders' trade by year, with the matrices of 2019 and 2023.")
    ] = False,
    bias_correction: Annotated[
        bool, typer.Option(help="Three-way bias correction of Weidner and Zylkin (2021).")
    ] = True,
    reports: Annotated[
        str | None,
        typer.Option(
            "--reports", help="Compare the reports of both partners on one route instead: seller,buyer (CHN,KGZ)."
        ),
    ] = None,
    surges: Annotated[
        bool, typer.Option("--surges", help="Show Russia's trade by partner after 2022 against 2016-21 instead.")
    ] = False,
    tariff_exposure: Annotated[
        bool,
        typer.Option(
            "--tariff-exposure",
            help="Compare Armenia's imports of products with a high and a low common tariff instead.",
        ),
    ] = False,
    partners: Annotated[
        str | None, typer.Option("--with", help="With --surges: partners to show, separated by commas.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Estimate the trade effects of the customs union and the EAEU with structural gravity (PPML) on shipped data.

    Examples: eaeu gravity --json; eaeu gravity --agreements; eaeu gravity --curve; eaeu gravity --reports CHN,KGZ;
    eaeu gravity --surges --with ARM,KGZ,KAZ; eaeu gravity --tariff-exposure
    """
    asked = [
        name
        for name, given in (
            ("--reports", reports),
            ("--surges", surges),
            ("--agreements", agreements),
            ("--curve", curve),
            ("--path", path),
            ("--tariff-exposure", tariff_exposure),
        )
        if given
    ]
    if len(asked) > 1:
        raise BadInputError(f"{' and '.join(asked)} are different questions; ask one at a time")
    if partners is not None and not surges:
        raise BadInputError("--with belongs to --surges")
    if reports is not None:
        from ..trade.partners.re_exports import both_reports, reports_notes

        route = split_list(reports)
        if len(route) != 2:
            raise BadInputError(f"--reports {reports!r} names {len(route)} economies; a seller and a buyer by comma")
        found = both_reports(route[0], route[1])
        output.print_table(found, as_json)
        if not as_json:
            typer.echo("\n" + "\n".join(reports_notes(found)))
    elif surges:
        from ..trade.partners.re_exports import parallel_imports

        output.print_result(parallel_imports(split_list(partners) if partners else None), as_json)
    elif tariff_exposure:
        from ..trade.tariff_exposure.armenia import armenian_tariff_exposure

        output.print_result(armenian_tariff_exposure(), as_json)
    elif curve:
        from ..trade.union.curve import gravity_curve

        output.print_result(gravity_curve(), as_json)
    elif path:
        from ..trade.union.later import union_path

        output.print_result(union_path(bias_correction=bias_correction), as_json)
    elif agreements:
        from ..trade.union.each_agreement import agreement_effects

        output.print_result(agreement_effects(bias_correction=bias_correction), as_json)
    else:
        from ..trade.union.estimate import union_trade_effect as union_effect

        output.print_result(union_effect(bias_correction=bias_correction), as_json)
