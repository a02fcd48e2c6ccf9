"""Shipped tables of trade and remittances are listed and shown like series: what, whence, which years, which traps."""

from __future__ import annotations

import hashlib
import json

import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.data.listing import describe_table, list_tables, records
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.settings import data_dir
from eaeu_analysis.trade.flows.flows import load_flows

TABLES = sorted(records())


def test_every_pinned_flow_and_tariff_is_listed() -> None:
    listed = set(list_tables()["code"])
    assert {f"trade/{name}" for name in FLOWS.records()} <= listed
    assert "trade/tariffs_cet" in listed
    assert listed == {
        p.relative_to(data_dir()).with_suffix("").as_posix()
        for f in ("trade", "remittances")
        for p in (data_dir() / f).glob("*.parquet")
    }


@pytest.mark.parametrize("code", TABLES)
def test_every_table_says_where_it_comes_from(code: str) -> None:
    found = describe_table(code)
    for fact in ("label", "unit", "source", "vintage", "licence", "retrieved"):
        assert found[fact], fact
    assert found["sha256"] == hashlib.sha256((data_dir() / f"{code}.parquet").read_bytes()).hexdigest()


def test_coverage_counts_the_flows_of_each_side() -> None:
    row = next(r for r in describe_table("trade/world_4yearly", ["Uzbekistan"])["coverage"] if r["side"] == "exporter")
    assert row["rows"] == 0  # Uzbekistan never reports there
    flows = load_flows("world_2019")
    mine = flows[flows["exporter"] == "KGZ"]
    row = next(r for r in describe_table("world_2019", ["KGZ"])["coverage"] if r["side"] == "exporter")
    assert (row["rows"], row["zeros"], row["partners"]) == (len(mine), (mine["usd"] == 0).sum(), 75)


def test_shown_for_a_person_and_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", "world_4yearly", "--economies", "UZB"]) == 0
    stated = capsys.readouterr().out
    assert "a missing row is not a zero" in stated
    assert "as exporter: 0 rows" in stated
    assert main(["data", "show", "trade/tariffs_cet", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left_out"]["rule: specific"] == 613
    assert main(["data", "list", "--json"]) == 0
    codes = [row["code"] for row in json.loads(capsys.readouterr().out)]
    assert set(TABLES) <= set(codes)


def test_a_table_that_is_not_there_has_a_near_match(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInputError, match="did you mean 'trade/world_2019'"):
        describe_table("trade/world_219")
    assert main(["data", "show", "trade/wrld_sitc"]) == 2
    assert "trade/world_sitc" in capsys.readouterr().err


def test_the_list_fits_a_terminal_of_80_columns_and_marks_the_edition_that_leads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in ([], ["--live"]):
        assert main(["data", "list", *arguments]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert len(lines) > 20
    assert main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("BX.TRF.PWKR.CD.DT ")] == ["2026-04-08*", "2023-10-26"]
    assert any(line.startswith("trade/armenia_headings") and "2007-2024" in line for line in lines)


def test_a_series_shows_its_editions_and_which_leads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "show", "BX.TRF.PWKR.CD.DT"]) == 0
    shown = capsys.readouterr().out
    assert "vintage 2026-04-08 (leads): 1990-2024, 198 economies" in shown
    assert "vintage 2023-10-26: 1990-2022" in shown
    assert "KGZ Kyrgyz Republic: 1993-2022 (30 values)" in shown
