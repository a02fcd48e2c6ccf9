"""The command mcp: findings, series, scenarios and the check of a text for other programs (Model Context Protocol).

Every answer has its grade, caveat, source and call. What is not a finding is refused, not guessed. The server speaks on
standard input and output, opens no port and reads no network.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import typer

from .. import __version__
from ..errors import BadInputError, EaeuError, NoDataError
from ..results import to_plain
from .output import result_document

if TYPE_CHECKING:
    from mcp.server import MCPServer

MOST_ROWS, MOST_DRAWS, MOST_TEXT = 500, 200, 100_000
INSTRUCTIONS = (
    "Graded findings on what membership in the Eurasian Economic Union did to its members and would do to Uzbekistan. "
    "Quote a finding with its grade, caveat and year. A number that no tool returns is not a finding of this package."
)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(short_help="Serve findings, series and scenarios to other programs (Model Context Protocol).")(mcp)


def mcp() -> None:
    """Serve findings, series, scenarios and the check of a text on standard input and output.

    Needs the extra: pip install 'eaeu-analysis[mcp]'. Example of a client's entry: {"command": "eaeu", "args": ["mcp"]}
    """
    make_server().run("stdio")


def make_server() -> MCPServer[Any]:
    """The server with its tools; BadInputError when the extra is not installed."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ImportError:
        raise BadInputError("the server needs the package mcp: pip install 'eaeu-analysis[mcp]'") from None
    server: MCPServer[Any] = MCPServer(
        "eaeu_analysis", version=__version__, instructions=INSTRUCTIONS, log_level="ERROR"
    )
    for tool in (find_findings, finding, series, list_scenarios, run_scenario, check):
        server.tool(name=tool.__name__, description=tool.__doc__)(_refusing(tool, ToolError))
    return server


def _refusing(tool: Any, refusal: type[Exception]) -> Any:
    """The tool with each error of the package as a refusal in one sentence."""

    @functools.wraps(tool)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except EaeuError as error:
            raise refusal(str(error)) from None

    return answer


def find_findings(query: str = "", topic: str = "", side: str = "", most: int = 10) -> list[dict[str, Any]]:
    """Findings on a subject, each with sentence, grade, caveat, sources and the call that reproduces it.

    topic: leaning, fared, members, rerouting, partners, tariffs, revenue, scenario ... ; side: for, against, context.
    An empty list means that this package has no finding on the subject.
    """
    from ..report.claims.shipped import shipped_claims
    from ..report.lookup import find_claims

    return find_claims(shipped_claims(), query, topic, side, most)


def finding(id: str) -> dict[str, Any]:
    """One finding by its id, with all its numbers and checks."""
    from ..report.claims.shipped import shipped_claims
    from ..report.lookup import find_claim, summary_of

    claim = find_claim(shipped_claims(), id)
    return {**summary_of(claim), "checks": claim.document()["checks"], "values": dict(claim.values)}


def series(code: str, economies: list[str], first: int = 1990, last: int = 2100) -> dict[str, Any]:
    """Values of a World Bank series or a named outcome of this package (trade, remittances ...), with its source."""
    from ..data.load import load_panel

    panel = load_panel([code], list(economies))
    (name,) = [column for column in panel.frame.columns if column.casefold() == code.strip().casefold()]
    info = panel.info(name)
    long = panel.frame[name].dropna().rename_axis(["economy", "year"]).rename("value").reset_index()
    rows = long[long["year"].between(first, last)]
    if rows.empty and len(long):
        there = f"{long['year'].min()} to {long['year'].max()}"
        raise NoDataError(f"{name} of these economies has no value in {first} to {last}; it has some in {there}")
    return {
        "label": info.label, "unit": info.unit, "source": info.source, "vintage": info.vintage, "licence": info.licence,
        "values": to_plain(rows.head(MOST_ROWS).to_dict("records")), "left_off": max(0, len(rows) - MOST_ROWS),
    }  # fmt: skip


def list_scenarios() -> list[dict[str, Any]]:
    """The shipped scenarios of joining: name, title, economy, bloc, year of the baseline, channels."""
    from ..scenario import scenarios

    return list(to_plain(scenarios().to_dict("records")))


def run_scenario(name: str, draws: int = 100) -> dict[str, Any]:
    """The result of a shipped scenario: outcomes by channel with intervals, and its checks. A model, not evidence."""
    from ..scenario import run_scenario as run
    from ..scenario.load import bundled

    if name not in bundled():
        raise BadInputError(f"scenario {name!r} is not shipped; known: {', '.join(bundled())}")
    if not 2 <= draws <= MOST_DRAWS:
        raise BadInputError(f"draws is {draws}; expected 2 to {MOST_DRAWS}")
    return result_document(run(name, draws=draws))


def check(text: str, lang: str = "") -> list[dict[str, Any]]:
    """Each checkable statement of a text: supported, outdated, altered, overstated or unsupported; what may be used."""
    from ..report.check.check import check_text

    if len(text) > MOST_TEXT:
        raise BadInputError(f"the text has {len(text)} characters; expected at most {MOST_TEXT}")
    return list(to_plain(check_text(text, lang or None).to_frame().to_dict("records")))
