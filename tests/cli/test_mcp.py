"""The server for other programs, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import pytest

from eaeu_analysis.report.claims.shipped import shipped_claims

mcp = pytest.importorskip("mcp")


def ask(*calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """The answers of one server process to several calls; an error as its text."""

    async def run() -> list[Any]:
        server = mcp.StdioServerParameters(command=sys.executable, args=["-m", "eaeu_analysis", "mcp"])
        async with mcp.Client(server, read_timeout_seconds=120) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert {"find_findings", "finding", "series", "list_scenarios", "run_scenario", "check"} <= tools
            return [await client.call_tool(name, given) for name, given in calls]

    return asyncio.run(run())


def text_of(answer: Any) -> str:
    return "".join(part.text for part in answer.content)


def test_a_client_gets_findings_with_their_grade_and_is_refused_the_rest() -> None:
    known = shipped_claims()[0]
    found, one, unknown, series, economy, later, checked, draws = ask(
        ("find_findings", {"query": "remittances Kyrgyzstan", "most": 3}),
        ("finding", {"id": known.id}),
        ("finding", {"id": "fared.happiness.before_after"}),
        ("series", {"code": "remittances", "economies": ["KGZ"], "first": 2019, "last": 2019}),
        ("series", {"code": "remittances", "economies": ["Kirgizia"]}),
        ("series", {"code": "remittances", "economies": ["KGZ"], "first": 2090}),
        ("check", {"text": "Trade of Kyrgyzstan rose by 91.7 % of GDP after joining the union.", "lang": "en"}),
        ("run_scenario", {"name": "uzb_eaeu", "draws": 100000}),
    )
    for row in found.structured_content["result"]:
        assert {"id", "sentence", "grade", "caveat", "sources", "call"} <= row.keys()
    assert len(found.structured_content["result"]) == 3
    assert json.loads(text_of(one))["sentence"] == known.sentence
    assert unknown.is_error
    assert "is not a finding" in text_of(unknown)
    (row,) = json.loads(text_of(series))["values"]
    assert (row["economy"], row["year"]) == ("KGZ", 2019)
    assert row["value"] == pytest.approx(28.8, abs=0.1)
    assert economy.is_error
    assert "did you mean 'KGZ'" in text_of(economy)
    assert later.is_error
    assert "has no value in 2090 to 2100; it has some in 1993 to 2022" in text_of(later)
    (statement,) = checked.structured_content["result"]
    assert statement["verdict"] in {"altered", "unsupported"}
    assert draws.is_error
    assert "expected 2 to" in text_of(draws)
