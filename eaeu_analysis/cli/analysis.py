"""The command compare: before and after joining."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError
from ..results import Result
from . import output
from .options import Json, MaxAge, Source, StoreAt, source_of, split_list

if TYPE_CHECKING:
    from ..data.panel import Panel
    from ..data.sources import Source as SourceOfSeries


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(short_help="Before and after joining, compared with economies that did not join.")(compare)


def compare(
    unit: Annotated[
        str | None, typer.Argument(help="Economy, by name or code (KGZ, Kyrgyzstan). Default: all members.")
    ] = None,
    bloc: Annotated[
        str | None,
        typer.Option(
            help="Bloc that it joined or left. Default: EAEU for its members, else the union it joined or left last."
        ),
    ] = None,
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
        typer.Option(
            help="Comparison countries: rouble, alike, nearest, wide, or a list with commas. Default: rouble for "
            "members of the EAEU, alike for others."
        ),
    ] = None,
    partners: Annotated[
        bool,
        typer.Option(
            "--partners",
            help="Show trade by partner instead: before and after joining (KGZ, ARM), or how far it depends on each.",
        ),
    ] = False,
    stacked: Annotated[
        bool,
        typer.Option(
            "--stacked", help="Estimate Kyrgyzstan and Armenia together, with exposure to the rouble as control."
        ),
    ] = False,
    transfers: Annotated[
        bool,
        typer.Option("--transfers", help="Show money sent to Armenia by month, from Russia and from other countries."),
    ] = False,
    source: Source = "pinned",
    store: StoreAt = None,
    max_age: MaxAge = None,
    as_json: Json = False,
) -> None:
    """Compare an economy before and after joining with economies that did not join.

    Examples: eaeu compare KGZ; eaeu compare --bloc EAEU; eaeu compare ARM -o remittances --json;
    eaeu compare KGZ --partners; eaeu compare UZB --partners; eaeu compare KGZ --stacked; eaeu compare ARM --transfers
    """
    designs = {"--partners": partners, "--stacked": stacked, "--transfers": transfers}
    chosen_designs = [name for name, wanted in designs.items() if wanted]
    if len(chosen_designs) > 1:
        raise BadInputError(f"{' and '.join(chosen_designs)}: give one of them")
    if chosen_designs:
        (design,) = chosen_designs
        if event is not None or comparators is not None or (not stacked and (outcome or source != "pinned")):
            raise BadInputError(
                f"{design} has its own windows, comparators and data: give the economy alone, or --json"
            )
        output.print_result(_design(design, unit, bloc, outcome, source_of(source, store, max_age)), as_json)
        return
    from ..compare import before_after, compare_members
    from ..compare.membership import FALLBACK, event_in_bloc, home_bloc

    panel, chosen = _panel(outcome, source_of(source, store, max_age))
    pool: str | list[str] | None = split_list(comparators) if comparators and "," in comparators else comparators
    named = bloc
    bloc = bloc or (FALLBACK if unit is None else home_bloc(panel.resolve(unit), panel.years))
    if unit is not None and named is None and event is None and not as_json:
        typer.echo(f"bloc: {bloc} (another with --bloc)", err=True)
    if unit is None:
        if event is not None:
            raise BadInputError("--event needs an economy; members of a bloc have their own accession dates")
        found = compare_members(panel, chosen, bloc, pre=pre, post=post, skip=skip, comparators=pool)
        output.print_result(found.require_some(), as_json)
    elif len(chosen) == 1:
        day = event or event_in_bloc(panel.resolve(unit), bloc, panel.years)
        one = before_after(panel, chosen[0], unit, day, pre, post, skip, pool, bloc=bloc)
        output.print_result(one.require_some(), as_json)
    else:
        found = compare_members(
            panel, chosen, bloc, units=[unit], event=event, pre=pre, post=post, skip=skip, comparators=pool
        )
        output.print_result(found.require_some(), as_json)


def _design(
    design: str, unit: str | None, bloc: str | None, outcomes: list[str] | None, source: str | SourceOfSeries
) -> Result:
    """The result of a comparison that has a design of its own."""
    from ..reference.economies import resolve

    joined = bloc or "EAEU"
    if design == "--partners":
        from ..trade.partners.around_accession import has_partner_changes, partner_changes
        from ..trade.partners.exposure import exposure

        asked = unit or "UZB"
        return partner_changes(asked, joined) if has_partner_changes(asked, joined) else exposure(asked)
    if design == "--stacked":
        from ..data.load import load_panel
        from ..impact.members.stacked import MEMBERS, OUTCOMES, RATE, stacked_members

        if unit is not None and resolve(unit) not in MEMBERS:
            raise BadInputError(f"--stacked estimates {' and '.join(MEMBERS)} together, not {unit}")
        chosen = tuple(outcomes or OUTCOMES)
        return stacked_members(chosen, bloc=joined, panel=load_panel([*chosen, RATE], source=source))
    from ..remittances.armenian_months import armenian_transfers

    if (unit is not None and resolve(unit) != "ARM") or joined != "EAEU":
        raise BadInputError("--transfers is on Armenia: no other member has monthly transfers by origin in the data")
    return armenian_transfers()


def _panel(outcomes: list[str] | None, source: str | SourceOfSeries) -> tuple[Panel, list[str]]:
    """A panel of the requested outcomes; by default all outcomes of the catalogue."""
    from ..data.load import load_panel
    from ..reference.catalogue import outcomes as known

    chosen = outcomes or list(known().index)
    return load_panel(chosen, source=source), chosen
