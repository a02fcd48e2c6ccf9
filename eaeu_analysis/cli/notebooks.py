"""``eaeu notebooks``: list, run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import BadInputError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="List the notebooks and run them.")


@app.command("list")
def list_() -> None:
    """List the notebooks and their parameters.

    Example: eaeu notebooks list
    """
    from ..notebook import declared, notebooks

    for name, path in notebooks().items():
        text = ", ".join(f"{p}={v!r}" for p, v in declared(path).items())
        typer.echo(f"{name}{f'  (-p {text})' if text else ''}")


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Names or numbers of notebooks. Default: all.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the notebooks with their outputs.")] = Path("notebooks_run"),
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter", "-p", help="name=value; may be repeated. Runs the notebooks that have this parameter."
        ),
    ] = None,
) -> None:
    """Run notebooks and save them with their outputs.

    Examples: eaeu notebooks run --out bld/notebooks; eaeu notebooks run 02 -p unit=ARM
    """
    from ..notebook import run_notebooks

    given = {}
    for pair in parameter or ():
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise BadInputError(f"parameter {pair!r}: expected name=value, as in unit=ARM")
        given[name] = value
    for done in run_notebooks(out, names, given):
        typer.echo(f"{done.path}: {done.cells} cells run")
