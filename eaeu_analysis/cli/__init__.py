"""The command line: each command parses its options, calls one function and prints. Heavy modules load on demand."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from typing import Annotated, Any

import typer

from .. import __version__
from ..errors import EaeuError, SystemRefusedError, one_line
from ..text import clean_text
from . import analysis, brief, check, data, impact, mcp, notebooks, report, scenario, trade
from .output import CleanFormatter, CleanStream

# Typer carries its own copy of click or uses the installed one, by version; both derive usage errors from this class.
ClickException: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

INTERRUPTED = 130
STOPPED = "interrupted; finished results are kept, and no file is incomplete"
UNEXPECTED = 1
DEBUG = "EAEU_DEBUG"  # of the environment: any text but "" and "0" is --debug

app = typer.Typer(
    name="eaeu",
    help="What does joining a trade bloc do to a country? Start with: eaeu report --out report",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
report.register(app)
analysis.register(app)
brief.register(app)
check.register(app)
impact.register(app)
trade.register(app)
mcp.register(app)
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
    debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an error too; also $EAEU_DEBUG=1.")
    ] = False,
) -> None:
    level = logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(CleanFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    _debug.append(debug)
    if not verbose:
        logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry that succeeds needs no message


_debug: list[bool] = []  # whether the command that runs was given --debug


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return the exit code; an error of the user is one sentence, without a traceback."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # gives back what it has freed, here and in workers
    for stream in (sys.stdout, sys.stderr):  # the output is always UTF-8
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _debug.clear()
    with contextlib.redirect_stdout(CleanStream(sys.stdout)):
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
        _print_traceback()
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
        _print_traceback()
        where = f" ({os.fsdecode(error.filename)})" if isinstance(error.filename, (str, bytes)) else ""
        return _print_error(f"the system refused: {error.strerror or error}{where}", SystemRefusedError.exit_code)
    except Exception as error:
        _print_traceback()
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        more = "" if _wants_debug() else "; eaeu --debug COMMAND shows where, for a report of the fault"
        return _print_error(f"unexpected failure ({one_line(reason)[:300]}){more}", UNEXPECTED)


def _wants_debug() -> bool:
    return any(_debug) or os.environ.get(DEBUG, "") not in ("", "0")


def _print_traceback() -> None:
    """The traceback of the current error, when it was asked for."""
    if _wants_debug():
        typer.echo(clean_text(traceback.format_exc()), err=True)


def _print_error(sentence: str, code: int) -> int:
    typer.echo(f"eaeu: {one_line(sentence)}", err=True)
    return code
