"""Shipped tables beside the World Bank's series: whole, or named in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from eaeu_analysis import settings
from eaeu_analysis.cli import main
from eaeu_analysis.reference import shipped_tables


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for folder in (*shipped_tables.FOLDERS, shipped_tables.RESULTS):
        shutil.copytree(settings.data_dir() / folder, tmp_path / folder)
    return tmp_path


def test_every_table_that_ships_has_a_record_and_is_as_recorded(capsys) -> None:
    count, problems = shipped_tables.verify_tables()
    assert problems == []
    tables = sum(1 for f in shipped_tables.FOLDERS for _ in (settings.data_dir() / f).glob("*.parquet"))
    results = {path.name for path in (settings.data_dir() / shipped_tables.RESULTS).iterdir()} - {shipped_tables.LIST}
    assert results
    assert count == tables + len(results)
    assert main(["data", "verify", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    pinned = json.loads((settings.data_dir() / "pinned" / "datapackage.json").read_text())["resources"]
    assert told == {"tables": count + len(pinned), "problems": []}


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda d: _append(d / "remittances" / "matrix_2017.parquet"), "'remittances/matrix_2017.parquet' was changed"),
        (lambda d: (d / "trade" / "world_2019.parquet").unlink(), "'trade/world_2019.parquet' is missing"),
        (lambda d: (d / "trade" / "more.parquet").touch(), "has no record in trade"),
        (lambda d: (d / "remittances" / "remittances.json").write_text("["), "no JSON record"),
        (lambda d: (d / "remittances" / "remittances.json").unlink(), "has no record of its tables"),
        (lambda d: _append(d / "results" / "curves.json"), "'results/curves.json' was changed"),
        (lambda d: (d / "results" / "placebos.parquet").unlink(), "'results/placebos.parquet' is missing"),
        (lambda d: (d / "results" / "more.json").touch(), "'results/more.json' is not in"),
        (lambda d: (d / "results" / shipped_tables.LIST).unlink(), "has no list of hashes"),
    ],
)
def test_what_is_not_as_recorded_is_named(data: Path, spoil, sentence: str) -> None:
    assert shipped_tables.verify_tables(data)[1] == []
    spoil(data)
    assert sentence in shipped_tables.verify_tables(data)[1][0]


def test_results_written_anew_are_listed_anew(data: Path) -> None:
    _append(data / "results" / "curves.json")
    shipped_tables.list_results(data / "results")
    assert shipped_tables.verify_tables(data)[1] == []


def test_a_row_count_that_differs_is_named(data: Path) -> None:
    path = data / "remittances" / "remittances.json"
    record = json.loads(path.read_text())
    record["costs"]["rows"] += 1
    path.write_text(json.dumps(record))
    assert "rows, not" in shipped_tables.verify_tables(data)[1][0]
