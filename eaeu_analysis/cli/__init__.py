"""The command line: each command parses its options, calls one function and prints. Heavy modules load on demand."""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated, Any

import typer

from .. import __version__
from ..errors import EaeuError
from . import analysis, brief, data, impact, notebooks, scenario, trade

# Typer carries its own copy of click or uses the installed one, by version; both derive usage errors from this class.
ClickException: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

INTERRUPTED = 130
STOPPED = "interrupted; finished results are kept, and no file is incomplete"

app = typer.Typer(
    name="eaeu",
    help="What does joining a trade bloc do to a country? Start with: eaeu report --out report",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
analysis.register(app)
brief.register(app)
impact.register(app)
trade.register(app)
app.add_typer(data.app, name="data", short_help="Data: list, show, verify, pull, pin and compare series.")
app.add_typer(scenario.app, name="scenario", short_help="Scenarios of joining: list, show, run, diff, backtest.")
app.add_typer(notebooks.app, name="notebooks", short_help="Notebooks: list and run.")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"eaeu_analysis {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Write a log to standard error.")] = False,
) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    if not verbose:
        logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry that succeeds needs no message


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code; an error of the user is one sentence, without a traceback."""
    for stream in (sys.stdout, sys.stderr):  # the output is always UTF-8
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _run(argv)
    if argv is None:
        sys.exit(code)
    return code


def _run(argv: list[str] | None) -> int:
    try:
        outcome = app(args=argv, standalone_mode=False)
        if outcome == INTERRUPTED:  # Typer's exit code for Ctrl-C
            return _print_error(STOPPED, INTERRUPTED)
        return outcome if isinstance(outcome, int) else 0
    except EaeuError as error:
        return _print_error(str(error), error.exit_code)
    except typer.Exit as stop:
        return stop.exit_code
    except ClickException as error:
        error.show()
        return int(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _print_error(STOPPED, INTERRUPTED)
    except BrokenPipeError:  # the reader stopped, as in `eaeu ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return _print_error(f"the system refused: {error.strerror or error}{where}", 2)


def _print_error(sentence: str, code: int) -> int:
    typer.echo(f"eaeu: {sentence}", err=True)
    return code
