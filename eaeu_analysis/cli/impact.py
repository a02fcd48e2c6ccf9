"""``eaeu impact``: effects against a counterfactual, for one member and outcome in full or all members in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import BadInputError, NoDataError, unknown
from . import output
from .options import CountProgress, Dask, Jobs, Json, MaxAge, Source, StoreAt, source_of, split_list

if TYPE_CHECKING:
    from ..data.panel import Panel
    from ..data.sources import Source as SourceOfSeries


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
        typer.Option(
            help="Estimator: sc, sc-demeaned, augmented, sdid, difp, did, ife, mc, interrupted_series or segmented."
        ),
    ] = None,
    bloc: Annotated[str, typer.Option(help="Bloc whose accession date is the event.")] = "EAEU",
    pool: Annotated[
        str,
        typer.Option(
            help="Donors: alike (in income, size and openness), strict (within half the bounds), wide (all of a "
            "million people and more), rouble, exposure (matched on ties with Russia), or a list with commas."
        ),
    ] = "alike",
    fit_years: Annotated[
        str | None, typer.Option(help="Years fitted, FIRST-LAST. Default: 2002 to two years before the event.")
    ] = None,
    post_years: Annotated[
        str | None,
        typer.Option(help="Years judged, FIRST-LAST. Default: the four after the year of the event, to 2019."),
    ] = None,
    most_donors: Annotated[
        int | None, typer.Option(help="Largest number of donors, nearest first. Default: one per fit year.")
    ] = None,
    event: Annotated[
        str | None, typer.Option(help="Year or date to use instead of the accession date (one outcome).")
    ] = None,
    curve: Annotated[bool, typer.Option(help="Estimate the specification curve instead of one specification.")] = False,
    limit: Annotated[int | None, typer.Option(help="With --curve: number of specifications, drawn at random.")] = None,
    jobs: Jobs = 1,
    dask: Dask = None,
    seed: Annotated[int, typer.Option(help="Seed of the random draws.")] = 0,
    source: Source = "pinned",
    store: StoreAt = None,
    max_age: MaxAge = None,
    as_json: Json = False,
) -> None:
    """Estimate the effect of joining against a counterfactual built from economies that did not join.

    Examples: eaeu impact KGZ --outcome remittances --method sc --json; eaeu impact --bloc EAEU --outcome exports;
    eaeu impact KGZ --outcome trade --curve --jobs 2
    """
    from ..impact.members.effects import effects_plan as plan
    from ..impact.members.effects import union_effects

    if jobs < 1:
        raise BadInputError(f"--jobs {jobs}: expected a number of workers, 1 or more")
    if seed < 0:
        raise BadInputError(f"--seed {seed}: expected 0 or more")
    years = {name: _span(text, name) for name, text in (("fit_years", fit_years), ("post_years", post_years)) if text}
    asked = years | ({} if most_donors is None else {"most_donors": most_donors})
    if curve and (method is not None or pool != "alike" or asked):
        raise BadInputError(
            "--curve uses all methods, pools and years of its grid: leave out --method, --pool, --fit-years, "
            "--post-years and --most-donors"
        )
    if not curve and limit is not None:
        raise BadInputError("--limit belongs to --curve")
    if "," not in pool and pool not in plan().pools:
        raise unknown("donor pool", pool, plan().pools, hint="or at least two economies, separated by commas")
    chosen = outcome or list(plan().outcomes)
    opened = source_of(source, store, max_age)
    panel = _panel(chosen, opened, curve)
    if curve:
        from ..impact.curve.run import specification_curve
        from ..reference.blocs import bloc as find_bloc

        if unit is None or len(chosen) != 1:
            raise BadInputError("--curve needs one economy and one --outcome")
        day, shown = event or find_bloc(bloc).accession(unit), CountProgress("specifications")
        made = specification_curve(
            panel, chosen[0], unit, day, jobs=jobs, seed=seed, progress=shown, limit=limit, dask=dask
        )
        output.print_result(made, as_json)
        return
    if (event is not None or "," in pool or asked) and (unit is None or len(chosen) != 1):
        raise BadInputError(
            "--event, a list of donors, --fit-years, --post-years and --most-donors need one economy and one --outcome"
        )
    if unit is not None and len(chosen) == 1:
        _one(panel, chosen[0], unit, event, method, pool, bloc, seed, as_json, asked, opened)
        return
    units = None if unit is None else [unit]
    found = union_effects(
        panel, chosen, bloc, units=units, method=method, pools=[pool], seed=seed, jobs=jobs, dask=dask
    )
    found.require_some()
    output.print_result(found, as_json)


def _span(text: str, name: str) -> tuple[int, int]:
    """``2002-2013`` or one year, as the first and the last."""
    first, _, last = text.partition("-")
    if not first.strip().isdigit() or (last and not last.strip().isdigit()):
        raise BadInputError(f"--{name.replace('_', '-')} {text!r}: expected years as 2002-2013")
    return int(first), int(last or first)


def _one(
    panel: Panel,
    outcome: str,
    unit: str,
    event: str | None,
    method: str | None,
    pool: str,
    bloc: str,
    seed: int,
    as_json: bool,
    asked: dict[str, Any],
    source: str | SourceOfSeries,
) -> None:
    """One effect in full; for the default question also what other pools, years and specifications give."""
    from .. import settings
    from ..data.panel import event_year
    from ..impact import methods
    from ..impact.members.alternatives import alternative_lines, alternatives
    from ..impact.members.effects import EffectQuestion, answer, member_events, prepare
    from ..impact.members.effects import effects_plan as plan
    from ..remittances.ties_with_russia import with_exposure
    from ..report.gather.curves import curves_for_source

    estimator = methods.find_method(method or plan().method)
    day = event or member_events(panel, bloc, [unit])[0][1]
    prepared, columns = prepare(panel, [outcome])
    column = next(iter(columns.values()))
    code, year = prepared.resolve(unit), event_year(day)
    first, last = prepared.years
    if not first < year <= last:
        raise BadInputError(f"event {year} is outside the data: '{outcome}' runs {first}-{last}")
    if "," in pool:
        found = estimator(prepared, column, code, year, split_list(pool), seed=seed, **asked)
    elif plan().pools[pool].get("predictors"):
        question = EffectQuestion(code, day, next(iter(columns)), pool, estimator.name)
        made = answer(with_exposure(prepared), column, question, bloc, settings.LEVEL, seed, **asked)
        if isinstance(made, str):
            raise NoDataError(made)
        found = made
    else:
        found = estimator(prepared, column, code, year, pool, seed=seed, **asked)
    document = output.result_document(found) | {"pool": pool}
    lines: list[str] = []
    if pool == plan().headline and not asked:
        table = alternatives(prepared, column, code, day, method=method, level=found.level, seed=seed)
        curves = curves_for_source(code, str(day), [next(iter(columns))], source)
        document["alternatives"] = output.rows(table)
        lines = alternative_lines(table, found.measure)
        for curve in curves.values():
            document["curve"] = vars(curve)
            lines.insert(0, curve.line())
    other = "\n".join(["\n  other choices:", *(f"    {line}" for line in lines)]) if lines else ""
    output.print_document(document, as_json, lambda: found.summary() + other)


def _panel(outcomes: list[str], source: str | SourceOfSeries, curve: bool) -> Panel:
    from ..data.load import load_panel
    from ..reference.catalogue import outcome

    names = [outcome(name).name for name in outcomes]
    if curve:
        from ..impact.curve.grid import default_grid

        names = [series for name in names for series in default_grid().series(name)]
    return load_panel(list(dict.fromkeys(names)), source=source)
