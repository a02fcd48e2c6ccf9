"""``eaeu scenario``: what a person in an empty folder types, what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis.cli import main
from eaeu_analysis.scenario import display

DRAWS = "16"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_new_file_runs_and_says_that_it_is_a_draft(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "new", "mine", "--economy", "Tajikistan", "--bloc", "EAEU"]) == 0
    assert main(["scenario", "run", "mine.toml", "--draws", DRAWS]) == 0
    printed = capsys.readouterr().out
    assert "eaeu scenario run mine.toml" in printed
    assert "[FAIL] numbers checked by the author" in printed


def test_a_copy_runs_as_the_original_and_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "copy", "uzb_wto", "mine.toml"]) == 0
    Path("mine.toml").write_text("# changed\n" + Path("mine.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["scenario", "copy", "uzb_wto", "mine.toml"]) == 2
    capsys.readouterr()
    found = []
    for name in ("uzb_wto", "mine.toml"):
        assert main(["scenario", "run", name, "--draws", DRAWS, "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["rows"])
    assert found[0] == found[1]


def test_a_number_of_the_user_replaces_that_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["--set", "migration.permit_fee=500", "--set", "sigma=uniform(3,6)"]
    assert main(["scenario", "run", "uzb_eaeu", "--draws", DRAWS, "--json", *changes]) == 0
    rows = {(r["outcome"], r["channel"]): r for r in json.loads(capsys.readouterr().out)["rows"]}
    changed = ea.load_scenario("uzb_eaeu").replace({"migration.permit_fee": 500, "sigma": "uniform(3, 6)"})
    expected = ea.run_scenario(changed, draws=int(DRAWS)).value("welfare")
    assert rows["welfare", "total"]["estimate"] == pytest.approx(expected["estimate"], rel=1e-9)


def test_a_difference_has_its_checks_and_no_digit_finer_than_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "diff", "uzb_observer", "uzb_eaeu", "--draws", DRAWS]) == 0
    printed = capsys.readouterr().out
    result = ea.run_scenario("uzb_eaeu", draws=int(DRAWS))
    assert display.format_interval(result.value("exports"), result.error("exports")) in printed
    assert "b: the tariff in two models" in printed
    assert "tariffs.schedule" in printed


def test_options_are_compared_with_the_backtest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "compare", "uzb_observer", "uzb_wto", "--draws", DRAWS]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("2 options for Uzbekistan")
    assert "forecast of no change" in lines[1]
    exports = lines.index("Exports of goods, per cent")
    assert lines[exports + 1].strip() == "Stay an observer: no change"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "uzb_eau"], "did you mean 'uzb_eaeu'"),
        (["run", "nowhere.toml"], "no such file"),
        (["run", "uzb_eaeu", "--set", "permit_fe=5"], "did you mean 'permit_fee'"),
        (["run", "uzb_eaeu", "--set", "sigma=unifrom(3,6)"], "did you mean uniform(low, high)"),
        (["run", "uzb_eaeu", "--set", "sigma=uniform(6,3)"], "elasticities.sigma: low 6, high 3 are not in order"),
        (["run", "uzb_eaeu", "--set", "sigma"], "expected PATH=VALUE"),
        (["run", "uzb_eaeu", "--set", "economy=TJK"], "the own tariff of TJK is not shipped"),
        (["new", "NAME", "--economy", "TJK"], "as in 'name'"),
        (["new", "mine", "--economy", "KGZ"], "is a member of EAEU already"),
        (["compare", "uzb_eaeu", "kgz_2014"], "options must have one economy"),
        (["diff", "uzb_eaeu", "uzb_eeau"], "did you mean"),
    ],
)
def test_a_mistake_is_one_sentence_and_code_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenario", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("change", ["sigma=1.01", "tariffs.ceiling=0.08", "migration.migrants=10"])
def test_an_implausible_number_is_warned_about_before_the_results(
    change: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenario", "run", "uzb_eaeu", "--draws", DRAWS, "--set", change]) == 0
    printed = capsys.readouterr().out
    path = change.partition("=")[0]
    assert (
        f"{path} is {float(change.partition('=')[2]):g};" in printed[: printed.index("\nReal spending of households")]
    )
