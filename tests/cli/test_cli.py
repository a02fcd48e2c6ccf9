"""The command line as a person and as a job meet it: exit codes, sentences, no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eaeu_analysis.cli import main


def eaeu(*args: str, **env: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; from eaeu_analysis.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, env={**os.environ, **env}, encoding="utf-8"
    )


COMMANDS = [
    [],
    ["report"],
    ["compare"],
    ["data"],
    ["data", "list"],
    ["data", "show"],
    ["data", "pin"],
    ["data", "verify"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command: list[str], capsys) -> None:
    assert main([*command, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Usage:" in text
    if len(command) != (1 if command == ["data"] else 0):
        assert "eaeu" in text.split("Options:")[0].split("Usage:")[1].split("\n", 1)[1]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["compare", "Kirgizia"], 2, "did you mean 'KGZ' (Kyrgyz Republic)?"),
        (["compare", "KGZ", "-o", "remitances"], 2, "did you mean 'remittances'"),
        (["compare", "KGZ", "--bloc", "EAUE"], 2, "did you mean 'EAEU'"),
        (["compare", "KGZ", "-o", "trade", "--bloc", "EUEA"], 2, "did you mean 'EAEU'"),
        (["compare", "UZB", "-o", "trade", "--bloc", "EAEU"], 2, "UZB"),
        (["compare", "KGZ", "-o", "customs_duties"], 3, "1 of 5 years present"),
        (["compare", "KGZ", "-o", "trade", "-o", "fdi", "--event", "2050"], 3, "2 tried: event 2050 is outside"),
        (["gravity", "--surges", "--tariff-exposure"], 2, "are different questions"),
        (["compare", "UZB", "--partners", "-o", "trade"], 2, "give the economy alone"),
        (["compare", "UZB", "--stacked"], 2, "ARM and KGZ together, not UZB"),
        (["compare", "KGZ", "--stacked", "--partners"], 2, "--partners and --stacked: give one"),
        (["compare", "KGZ", "--stacked", "--event", "2012"], 2, "its own windows"),
        (["compare", "KGZ", "--transfers"], 2, "--transfers is on Armenia"),
        (["compare", "KGZ", "-o", "trade", "--event", "soon"], 2, "not a year or a date"),
        (["compare", "KGZ", "-o", "trade", "--event", "1850"], 2, "outside the data"),
        (["compare", "KGZ", "-o", "trade", "--pre", "0"], 2, "pre 0"),
        (["compare", "KGZ", "-o", "trade", "--comparators", "KGZ,TJK"], 2, "KGZ"),
        (["compare", "KGZ", "-o", "trade", "--comparators", "roubel"], 2, "did you mean 'rouble'"),
        (["compare", "--event", "2015"], 2, "--event needs an economy"),
        (["compare", "KGZ", "--source", "/no/such/file"], 2, "'/no/such/file' not known"),
        (["data", "show", "NE.TRD.GNFS.Z"], 2, "did you mean 'NE.TRD.GNFS.ZS'"),
        (["data", "show", "TX.VAL.MRCH.R1.ZS"], 3, "only to be had live"),
        (["data", "verify", "--pinned", "/no/such/folder"], 3, "/no/such/folder"),
        (["data", "pin", "/no/such/file", "--out", "x"], 2, "/no/such/file"),
        (["nonsense"], 2, "No such command"),
        (["report", "--format", "htm"], 2, "did you mean 'html'"),
        (["report", "--jobs", "0"], 2, "jobs 0"),
    ],
)
def test_a_mistake_gets_one_sentence_and_an_exit_code(args: list[str], code: int, says: str, tmp_path, capsys) -> None:
    old = Path.cwd()
    os.chdir(tmp_path)
    try:
        assert main(args) == code
    finally:
        os.chdir(old)
    shown = capsys.readouterr()
    assert says in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_compare_as_json_is_json_and_nothing_else() -> None:
    done = eaeu("compare", "Kyrgyzstan", "-o", "trade", "--json", LC_ALL="C.UTF-8", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    first = shown["rows"][0]
    assert first["unit"] == "KGZ"
    assert first["change"] == pytest.approx(first["mean_after"] - first["mean_before"])
    assert any("NE.TRD.GNFS.ZS" in line for line in shown["sources"])
    assert {check["name"] for check in shown["checks"]} >= {"window completeness", "contamination"}


def test_without_a_bloc_the_one_that_the_economy_joined_is_named() -> None:
    done = eaeu("compare", "CRO", "-o", "trade")
    assert done.returncode == 0, done.stderr
    assert "bloc: EU" in done.stderr
    assert "Croatia" in done.stdout


def test_the_designs_print_the_numbers_of_python() -> None:
    import eaeu_analysis as ea

    for args, found, column in (
        (["KGZ", "--stacked", "-o", "trade"], ea.stacked_members(["trade"]), "estimate"),
        (["ARM", "--transfers"], ea.armenian_transfers(), "difference"),
    ):
        done = eaeu("compare", *args, "--json")
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout)
        assert [row[column] for row in shown["rows"]] == pytest.approx(found.table[column].tolist())
        assert [check["name"] for check in shown["checks"]] == [check.name for check in found.checks]


def test_compare_of_the_whole_bloc() -> None:
    done = eaeu("compare", "--bloc", "EAEU", "-o", "trade", "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert {row["unit"] for row in rows} == {"ARM", "BLR", "KAZ", "KGZ", "RUS"}


def test_an_interrupted_command_says_so_and_leaves_no_worker(tmp_path: Path) -> None:
    """Ctrl-C on the command alone, as a CI runner sends it, while workers sleep for a minute."""
    script = """
import time
from functools import partial
from eaeu_analysis.cli import main
from eaeu_analysis.report.gather import evidence

def stop(*_):
    raise KeyboardInterrupt

evidence._long = lambda *_: {"trade": partial(time.sleep, 60), "scenario": partial(time.sleep, 60)}
evidence.gather = stop
raise SystemExit(main(["brief", "--jobs", "2", "--out", "brief"]))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=40)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.count("eaeu: interrupted;") == 1
    assert list(tmp_path.iterdir()) == []


def test_data_list_show_verify(capsys) -> None:
    assert main(["data", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) >= 60
    assert main(["data", "show", "BX.TRF.PWKR.DT.GD.ZS"]) == 0
    assert "never spliced" in capsys.readouterr().out
    assert main(["data", "verify"]) == 0
    assert "every hash" in capsys.readouterr().out


def test_verify_ends_with_3_and_names_the_tampered_table(tmp_path: Path, capsys) -> None:
    import shutil

    from eaeu_analysis.settings import data_dir

    shutil.copytree(data_dir() / "pinned", tmp_path / "pinned")
    table = next((tmp_path / "pinned").glob("SP.POP.TOTL*.parquet"))
    table.write_bytes(table.read_bytes() + b"x")
    assert main(["data", "verify", "--pinned", str(tmp_path / "pinned")]) == 3
    assert table.name in capsys.readouterr().err


def test_pin_then_compare_from_the_pin(tmp_path: Path, capsys) -> None:
    rows = "\n".join(
        f"{e},{y},{50 + i + (y - 2010) * (i + 1)}"
        for i, e in enumerate(["KGZ", "TJK", "UZB", "GEO", "MDA", "AZE", "UKR"])
        for y in range(2008, 2020)
    )
    (tmp_path / "NE.TRD.GNFS.ZS.csv").write_text(f"iso3,year,value\n{rows}\n")
    out = tmp_path / "mine"
    assert main(["data", "pin", str(tmp_path / "NE.TRD.GNFS.ZS.csv"), "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["compare", "KGZ", "-o", "trade", "--source", str(out), "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert row["change"] == pytest.approx(5.5)  # means of 2010-14 and 2016-19, one point a year


def test_a_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from eaeu_analysis.cli import main; main(['data', 'list', '--json'])"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        shown = process.stderr.read().decode()
    assert shown == ""
    assert process.returncode == 0


def test_without_a_network_live_says_so_and_offers_the_pinned_data(tmp_path: Path, capsys) -> None:
    args = [
        "data",
        "pull",
        "SP.POP.TOTL",
        "--store",
        str(tmp_path),
        "--endpoint",
        "http://127.0.0.1:9",
        "--retries",
        "1",
    ]
    assert main(args) == 3
    shown = capsys.readouterr()
    assert "cannot be reached" in shown.out
    assert "--source pinned" in shown.err


def test_as_a_module_too() -> None:
    done = subprocess.run([sys.executable, "-m", "eaeu_analysis", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout.startswith("eaeu_analysis ")) == (0, True)


def test_diff_of_two_pins(tmp_path: Path, capsys) -> None:
    for name, value in (("a", 1.0), ("b", 2.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "X.Y.csv").write_text(f"iso3,year,value\nKGZ,2014,{value}\nKGZ,2015,3\n")
    a, b = (str(tmp_path / name / "X.Y.csv") for name in "ab")
    assert main(["data", "diff", a, b, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert "X.Y" in json.dumps(found)
    assert main(["data", "diff", a, b]) == 0
    assert "revised" in capsys.readouterr().out
    assert main(["data", "diff", a, "nowhere"]) == 2
    assert "'nowhere' not known" in capsys.readouterr().err
