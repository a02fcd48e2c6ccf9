"""``eaeu scenario``: list, show, run, sectors, compare, diff, new, copy, backtest, published, schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import BadInputError
from . import output
from .options import Dask, Jobs, Json

if TYPE_CHECKING:
    import pandas as pd

    from ..scenario import ScenarioResult
    from ..scenario.model.quantities import Quantity

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="What would joining do? Scenarios by name or from a file."
)

Name = Annotated[str, typer.Argument(help="Name of a bundled scenario, or path of a scenario file.")]
Draws = Annotated[int, typer.Option(help="Number of draws, from 1 to a million.")]
Seed = Annotated[int, typer.Option(help="Seed of the draws; the same seed gives the same numbers.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Another number or distribution; may be given several times."),
]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the bundled scenarios.

    Example: eaeu scenario list
    """
    from ..scenario import scenarios

    output.print_table(scenarios(), as_json)


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show a scenario: question, channels, all numbers with their references, and omissions.

    Example: eaeu scenario show uzb_eaeu
    """
    from ..scenario import load_scenario

    found = load_scenario(name)
    output.print_document(found.model_dump(mode="json"), as_json, found.summary)


@app.command()
def run(
    name: Name,
    draws: Draws = 1000,
    seed: Seed = 0,
    jobs: Jobs = 1,
    dask: Dask = None,
    changes: Set = None,
    as_json: Json = False,
) -> None:
    """Run a scenario: outcomes by channel with intervals, main assumptions, checks and backtest score.

    Examples: eaeu scenario run uzb_eaeu --draws 1000 --json; eaeu scenario run my.toml;
    eaeu scenario run uzb_eaeu --set migration.permit_fee=500 --set "sigma=uniform(3,6)"
    """
    from ..scenario import load_scenario, run_scenario

    asked = load_scenario(name)
    asked = asked.replace(_changes(changes)) if changes else asked
    output.print_result(run_scenario(asked, draws, seed, jobs, dask=dask), as_json)


def _changes(given: list[str]) -> dict[str, float | str | Quantity]:
    """PATH=VALUE, several times."""
    out: dict[str, float | str | Quantity] = {}
    for text in given:
        path, sign, value = text.partition("=")
        if not sign or not path.strip() or not value.strip():
            raise BadInputError(f"--set {text!r}: expected PATH=VALUE, as in sigma=5 or 'sigma=uniform(3,6)'")
        out[path.strip()] = value.strip()
    return out


@app.command()
def sectors(
    name: Name,
    draws: Annotated[int, typer.Option(help="Number of draws, each solved with every sector.")] = 64,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Who gains, who loses: output, jobs, exports, imports and prices by section, and five sentences.

    Example: eaeu scenario sectors uzb_eaeu
    """
    from ..scenario import run_scenario

    found = run_scenario(name, draws, seed).sectors(draws)
    document = {"sectors": output.rows(found.table), "sentences": list(found.sentences)}
    output.print_document(document, as_json, found.summary)


@app.command()
def compare(
    names: Annotated[
        list[str] | None, typer.Argument(help="Scenarios, by name or path. None: the options of Uzbekistan.")
    ] = None,
    draws: Draws = 1000,
    seed: Seed = 0,
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Compare options: outcomes with intervals, the probability of being the better option, failed checks.

    Example: eaeu scenario compare uzb_observer uzb_wto uzb_eaeu
    """
    from ..scenario import compare_scenarios

    output.print_result(compare_scenarios(names or [], draws, seed, jobs), as_json)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario; the file is NAME.toml unless --out is given.")],
    economy: Annotated[str, typer.Option(help="The economy that joins: ISO3 code or name.")],
    bloc: Annotated[str, typer.Option(help="The bloc that it joins.")] = "EAEU",
    out: Annotated[Path | None, typer.Option(help="File to write. Default: NAME.toml in this folder.")] = None,
) -> None:
    """Write a complete scenario file with what is known filled in and the rest marked TO BE CHECKED.

    Example: eaeu scenario new my_scenario --economy TJK --bloc EAEU
    """
    from ..scenario.new import new_scenario

    _write(out or Path(f"{name}.toml"), new_scenario(name, economy, bloc))


@app.command()
def copy(name: Name, file: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Copy a scenario to a file of your own, every number written out with its reference.

    Example: eaeu scenario copy uzb_eaeu mine.toml
    """
    from ..scenario import load_scenario

    _write(file, load_scenario(name).to_toml())


def _write(path: Path, text: str) -> None:
    _write_new(path, text)
    typer.echo(f"written: {path}; run it with: eaeu scenario run {path}")


def _write_new(path: Path, text: str) -> None:
    """A file that is new: one that is there with other content is never overwritten."""
    from .. import files as atomic

    data = text.encode("utf-8")
    if path.exists() and not (path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data):
        raise BadInputError(f"'{path}' is there already; give another file, or remove it first")
    atomic.write_bytes(path, data)


@app.command()
def diff(
    first: Annotated[str, typer.Argument(help="First scenario, by name or path.")],
    second: Annotated[str, typer.Argument(help="Second scenario, by name or path.")],
    draws: Draws = 1000,
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
    results = [run_scenario(s, draws, seed, jobs) for s in (one, two)]
    found = compare_scenarios(*results)
    checks = [(end, c) for end, r in zip("ab", results, strict=True) for c in r.checks]
    a, b = (s.name if s.name == given else f"{given} ({s.name})" for given, s in ((first, one), (second, two)))
    if as_json:
        judged = [{"scenario": end, "name": c.name, "passed": c.passed, "text": c.text} for end, c in checks]
        document = {"a": a, "b": b, "stated": output.rows(stated), "outcomes": output.rows(found), "checks": judged}
        typer.echo(output.to_json(document), nl=False)
        return
    typer.echo(f"a: {a}, {one.title}\nb: {b}, {two.title}\n\nstated differently:")
    typer.echo(stated.to_string(index=False) if len(stated) else "  nothing")
    typer.echo("\nall channels together, medians and intervals:")
    output.print_table(_shown(found, *results), False)
    typer.echo("\nchecks that failed:")
    failed = [f"  {end}: {c.name}: {c.text}" for end, c in checks if c.failed]
    typer.echo("\n".join(failed) if failed else "  none")


def _shown(found: pd.DataFrame, *results: ScenarioResult) -> pd.DataFrame:
    """The outcomes of two results as text, no digits finer than the Monte Carlo error."""
    import pandas as pd

    from ..scenario.display import round_to_error

    rows = []
    for row in found.to_dict("records"):
        name = row["outcome"]
        errors = [r.error(name) if ("total", name) in r.draws else 0.0 for r in results]
        parts = {"outcome": name, "unit": row["unit"]}
        for end, own in zip("ab", errors, strict=True):
            middle, low, high = (row[f"{which}_{end}"] for which in ("estimate", "lower", "upper"))
            known = middle == middle
            texts = round_to_error([middle, low, high], own) if known else []
            parts[end] = f"{texts[0]} ({texts[1]} to {texts[2]})" if known else ""
        gap = row["difference"]
        parts["difference of medians"] = round_to_error([gap], max(errors))[0] if gap == gap else ""
        rows.append(parts)
    return pd.DataFrame(rows)


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
def published(draws: Draws = 1000, seed: Seed = 0, jobs: Jobs = 1, as_json: Json = False) -> None:
    """Compare published estimates with the scenarios closest to their assumptions.

    Example: eaeu scenario published
    """
    from ..scenario import compare_with_published

    output.print_result(compare_with_published(draws=draws, seed=seed, jobs=jobs), as_json)


@app.command()
def schema(out: Annotated[Path | None, typer.Option(help="File to write. Default: standard output.")] = None) -> None:
    """Print the JSON Schema of scenario files, for editors.

    Example: eaeu scenario schema --out scenario.schema.json
    """
    from ..scenario.schema import json_schema

    text = output.to_json(json_schema())
    if out is None:
        typer.echo(text, nl=False)
        return
    _write_new(out, text)
    typer.echo(f"written: {out}")
