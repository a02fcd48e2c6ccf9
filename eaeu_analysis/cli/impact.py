"""``eaeu impact``: effects against a counterfactual, for one member and outcome in full or all members in a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError, unknown
from . import output
from .options import CountProgress, Dask, Json, MaxAge, Source, StoreAt, source_of, split_list

if TYPE_CHECKING:
    from ..data.panel import Panel
    from ..data.sources import Source as SourceOfSeries
    from ..impact.members.effects import UnionEffects


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="The effect of joining, against a counterfactual.")(impact)


def impact(
    unit: Annotated[
        str | None, typer.Argument(help="Member, by name or code (KGZ, Kyrgyzstan). Default: all members.")
    ] = None,
    outcome: Annotated[
        list[str] | None,
        typer.Option("--outcome", "-o", help="Outcome; may be repeated. Default: the seven main outcomes."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Estimator: sc, sc-demeaned, augmented, sdid, difp, did, mc, series or segmented."),
    ] = None,
    bloc: Annotated[str, typer.Option(help="Bloc whose accession date is the event.")] = "EAEU",
    pool: Annotated[
        str,
        typer.Option(
            help="Donors: wide, rouble, both, exposure (matched on ties with Russia), or economies separated by commas."
        ),
    ] = "both",
    event: Annotated[
        str | None, typer.Option(help="Year or date to use instead of the accession date (one outcome).")
    ] = None,
    curve: Annotated[bool, typer.Option(help="Estimate the specification curve instead of one specification.")] = False,
    limit: Annotated[int | None, typer.Option(help="With --curve: number of specifications, drawn at random.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="With --curve: file for the results; a second run continues from it.")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Number of worker processes; the result does not depend on it.")] = 1,
    dask: Dask = None,
    seed: Annotated[int, typer.Option(help="Seed of the random draws.")] = 0,
    source: Source = "pinned",
    store: StoreAt = None,
    max_age: MaxAge = None,
    as_json: Json = False,
) -> None:
    """Estimate the effect of joining against a counterfactual built from economies that did not join.

    Examples: eaeu impact KGZ --outcome remittances --method sc --json; eaeu impact --bloc EAEU --outcome exports;
    eaeu impact KGZ --outcome trade --curve --jobs 2 --keep curve.parquet
    """
    from ..impact.members.effects import effects_plan as plan
    from ..impact.members.effects import union_effects

    if jobs < 1:
        raise BadInputError(f"--jobs {jobs}: expected a number of workers, 1 or more")
    if seed < 0:
        raise BadInputError(f"--seed {seed}: expected 0 or more")
    if curve and (method is not None or pool != "both"):
        raise BadInputError("--curve uses all methods and pools of its grid: leave out --method and --pool")
    if not curve and (limit is not None or keep is not None):
        raise BadInputError("--limit and --keep belong to --curve")
    pools_known = ("both", *plan().pools)
    if "," not in pool and pool not in pools_known:
        raise unknown("donor pool", pool, pools_known, hint="or at least two economies, separated by commas")
    chosen = outcome or list(plan().outcomes)
    panel = _panel(chosen, source_of(source, store, max_age), curve)
    if curve:
        _curve(panel, chosen, unit, event, bloc, (jobs, dask), seed, limit, keep, as_json)
        return
    if event is not None or "," in pool:
        _one(panel, chosen, unit, event, method, pool, bloc, seed, as_json)
        return
    pools = None if pool == "both" else [pool]
    units = None if unit is None else [unit]
    found = union_effects(panel, chosen, bloc, units=units, method=method, pools=pools, seed=seed, jobs=jobs, dask=dask)
    found.require_some()
    if unit is not None and len(chosen) == 1 and len(found.effects) == len(found.table):
        _in_full(found, as_json)
        return
    output.print_result(found, as_json)


def _in_full(found: UnionEffects, as_json: bool) -> None:
    """The complete effect for each donor pool, under the name of the pool."""
    from ..impact.members.effects import effects_plan as plan

    if as_json:
        documents = [output.result_document(effect) | {"pool": asked.pool} for asked, effect in found.effects.items()]
        typer.echo(output.to_json(documents[0] if len(documents) == 1 else documents), nl=False)
        return
    shown = [
        f"Donors: {plan().pools[asked.pool].get('label', asked.pool)}\n{effect.summary()}"
        for asked, effect in found.effects.items()
    ]
    typer.echo("\n\n".join(shown))


def _one(
    panel: Panel,
    chosen: list[str],
    unit: str | None,
    event: str | None,
    method: str | None,
    pool: str,
    bloc: str,
    seed: int,
    as_json: bool,
) -> None:
    from ..data.panel import event_year
    from ..impact import methods
    from ..impact.members.effects import donor_pool, prepare
    from ..impact.members.effects import effects_plan as plan
    from ..reference.blocs import bloc as find_bloc

    if unit is None or len(chosen) != 1:
        raise BadInputError("--event and a list of donors need one economy and one --outcome")
    day = event or find_bloc(bloc).accession(unit)
    prepared, columns = prepare(panel, chosen)
    code = prepared.resolve(unit)
    if "," in pool:
        donors = split_list(pool)
    else:
        donors = donor_pool(prepared, "wide" if pool == "both" else pool, code, bloc, event_year(day))
    found = methods.find_method(method or plan().method)(prepared, columns[chosen[0]], code, day, donors, seed=seed)
    output.print_result(found, as_json)


def _curve(
    panel: Panel,
    chosen: list[str],
    unit: str | None,
    event: str | None,
    bloc: str,
    workers: tuple[int, str | None],
    seed: int,
    limit: int | None,
    keep: Path | None,
    as_json: bool,
) -> None:
    from ..impact.curve.run import specification_curve
    from ..reference.blocs import bloc as find_bloc

    if unit is None or len(chosen) != 1:
        raise BadInputError("--curve needs one economy and one --outcome")
    day = event or find_bloc(bloc).accession(unit)
    progress = CountProgress("specifications")
    jobs, dask = workers
    made = specification_curve(
        panel, chosen[0], unit, day, jobs=jobs, seed=seed, store=keep, progress=progress, limit=limit, dask=dask
    )
    output.print_result(made, as_json)


def _panel(outcomes: list[str], source: str | SourceOfSeries, curve: bool) -> Panel:
    from ..data.load import load_panel
    from ..reference.catalogue import outcome

    names = [outcome(name).name for name in outcomes]
    if curve:
        from ..impact.curve.grid import default_grid

        names = [series for name in names for series in default_grid().series(name)]
    return load_panel(list(dict.fromkeys(names)), source=source)
