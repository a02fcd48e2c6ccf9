"""``eaeu scenario``: list, show, run, diff, backtest, published, schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import output
from .options import Dask

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What would joining do? Scenarios by name or from a file."
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Draws = Annotated[int, typer.Option(help="Number of draws, from 1 to a million.")]
Seed = Annotated[int, typer.Option(help="Seed of the draws; the same seed gives the same numbers.")]
Jobs = Annotated[int, typer.Option(help="Number of worker processes; the result does not depend on it.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the bundled scenarios.

    Example: eaeu scenario list
    """
    from ..scenario import scenarios

    output.print_table(scenarios(), as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name of a bundled scenario, or path of a scenario file.")],
    as_json: Json = False,
) -> None:
    """Show a scenario: question, channels, all numbers with their references, and omissions.

    Example: eaeu scenario show uzb_eaeu
    """
    from ..scenario import load_scenario

    found = load_scenario(name)
    typer.echo(output.to_json(found.model_dump(mode="json")) if as_json else found.summary(), nl=not as_json)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="Name of a bundled scenario, or path of a scenario file.")],
    draws: Draws = 1000,
    seed: Seed = 0,
    jobs: Jobs = 1,
    dask: Dask = None,
    as_json: Json = False,
) -> None:
    """Run a scenario: outcomes by channel with intervals, main assumptions, checks and backtest score.

    Examples: eaeu scenario run uzb_eaeu --draws 1000 --json; eaeu scenario run my.toml
    """
    from ..scenario import run_scenario

    output.print_result(run_scenario(name, draws, seed, jobs, dask=dask), as_json)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="First scenario, by name or path.")],
    second: Annotated[str, typer.Argument(help="Second scenario, by name or path.")],
    draws: Draws = 256,
    seed: Seed = 0,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Compare two scenarios: their assumptions and their outcomes.

    Example: eaeu scenario diff uzb_wto uzb_eaeu_after_wto
    """
    from ..scenario import compare_results as compare_scenarios
    from ..scenario import load_scenario, run_scenario, stated_differences

    one, two = load_scenario(first), load_scenario(second)
    stated = stated_differences(one, two)
    found = compare_scenarios(run_scenario(one, draws, seed, jobs), run_scenario(two, draws, seed, jobs))
    a, b = (s.name if s.name == given else f"{given} ({s.name})" for given, s in ((first, one), (second, two)))
    if as_json:
        typer.echo(
            output.to_json({"a": a, "b": b, "stated": output.rows(stated), "outcomes": output.rows(found)}), nl=False
        )
        return
    typer.echo(f"a: {a}, {one.title}\nb: {b}, {two.title}\n\nstated differently:")
    typer.echo(stated.to_string(index=False) if len(stated) else "  nothing")
    typer.echo("\nall channels together, medians and intervals:")
    output.print_table(found, False)


@app.command()
def backtest(
    draws: Draws = 512,
    seed: Seed = 0,
    jobs: Jobs = 1,
    as_json: Json = False,
    write: Annotated[
        bool, typer.Option("--write", help="Store the score; it is printed with every scenario result.")
    ] = False,
) -> None:
    """Test the model on the past: scenarios of 2014 against actual outcomes in 2016-19.

    Example: eaeu scenario backtest --json
    """
    from ..scenario import backtest_scenarios

    found = backtest_scenarios(draws, seed, jobs)
    output.print_result(found, as_json)
    if write:
        typer.echo(f"written: {found.write()}", err=True)


@app.command()
def published(draws: Draws = 256, seed: Seed = 0, jobs: Jobs = 1, as_json: Json = False) -> None:
    """Compare published estimates with the scenarios closest to their assumptions.

    Example: eaeu scenario published
    """
    from ..scenario import compare_with_published as beside_others

    output.print_result(beside_others(draws=draws, seed=seed, jobs=jobs), as_json)


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None,
) -> None:
    """Print the JSON Schema of scenario files, for editors.

    Example: eaeu scenario schema --out scenario.schema.json
    """
    from ..scenario.schema import json_schema

    text = output.to_json(json_schema())
    if out is None:
        typer.echo(text, nl=False)
        return
    from .. import files as atomic

    atomic.write_bytes(out, text.encode("utf-8"))
    typer.echo(f"written: {out}")
