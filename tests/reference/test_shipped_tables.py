"""Shipped tables against the World Bank's series: whole, or named in one sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from eaeu_analysis import settings
from eaeu_analysis.cli import main
from eaeu_analysis.reference import shipped_tables
from eaeu_analysis.scenario import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(settings.data_dir(), tmp_path / "data")
    (tmp_path / "notebooks").mkdir()
    for name, path in shipped_tables.shipped_files(settings.data_dir()).items():
        if name.startswith("notebooks/"):
            shutil.copy(path, tmp_path / name)
    return tmp_path / "data"


def test_every_file_that_ships_is_listed_and_is_as_recorded(capsys) -> None:
    """After a change in data/ or notebooks/: python scripts/list_hashes.py."""
    count, problems = shipped_tables.verify_tables()
    assert problems == []
    there = [p for p in settings.data_dir().rglob("*") if p.is_file() and p.name != shipped_tables.LIST]
    assert count == len(there) + len(list((settings.data_dir().parent / "notebooks").glob("[0-9]*.py")))
    assert main(["data", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": count, "problems": []}


def test_one_bit_in_any_file_that_ships_is_found(data: Path) -> None:
    names = shipped_tables.shipped_files(data)
    folders = {"tables", "scenarios", "scenarios/expected", "pinned", "trade", "remittances", "results", "notebooks"}
    assert folders <= {str(Path(name).parent) for name in names}
    assert {"corrections.toml", "baseline.json", "pin.toml", "pinned/datapackage.json", "trade/flows.json"} <= set(
        names
    )
    for path in names.values():
        whole = bytearray(path.read_bytes())
        whole[len(whole) // 2] ^= 1
        path.write_bytes(whole)
    problems = shipped_tables.verify_tables(data)[1]
    for name in names:
        assert any(f"{name!r}" in problem and "was changed" in problem for problem in problems), name
    assert any(problem.startswith("shipped scenario 'uzb_eaeu'") for problem in problems)


def test_a_changed_scenario_is_reported_when_it_is_loaded(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(load, "bundled", lambda: {"uzb_eaeu": data / "scenarios" / "uzb_eaeu.toml"})
    monkeypatch.setattr(settings, "data_dir", lambda: data)
    load.load_scenario("uzb_eaeu")
    assert caplog.text == ""
    with (data / "scenarios" / "uzb_eaeu.toml").open("a") as stream:
        stream.write("# mine\n")
    load.load_scenario("uzb_eaeu")
    assert "scenario 'uzb_eaeu' was changed" in caplog.text


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
        (lambda d: (d / shipped_tables.LIST).unlink(), "have no list of hashes"),
    ],
)
def test_what_is_not_as_recorded_is_named(data: Path, spoil, sentence: str) -> None:
    assert shipped_tables.verify_tables(data)[1] == []
    spoil(data)
    assert any(sentence in problem for problem in shipped_tables.verify_tables(data)[1])


def test_files_written_anew_are_listed_anew(data: Path) -> None:
    _append(data / "results" / "curves.json")
    shipped_tables.write_hashes(data)
    assert shipped_tables.verify_tables(data)[1] == []


def test_a_row_count_that_differs_is_named(data: Path) -> None:
    path = data / "remittances" / "remittances.json"
    record = json.loads(path.read_text())
    record["costs"]["rows"] += 1
    path.write_text(json.dumps(record))
    shipped_tables.write_hashes(data)
    assert "rows, not" in shipped_tables.verify_tables(data)[1][0]
