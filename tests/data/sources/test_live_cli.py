"""``eaeu data`` and ``--source live`` as a person and a job meet them, against the stand-in."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import server_data as world
from server import StandIn

from eaeu_analysis.cli import main
from eaeu_analysis.data.store import Store

CODE = "NE.TRD.GNFS.ZS"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EAEU_STORE", str(tmp_path / "store"))
    return tmp_path


@pytest.fixture
def live(bank: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setenv("EAEU_ENDPOINT", bank.endpoint)
    return bank


def eaeu(capsys: Any, *args: str) -> tuple[int, str, str]:
    code = main(list(args))
    stated = capsys.readouterr()
    assert "Traceback" not in stated.err
    return code, stated.out, stated.err


def test_pull_list_show_verify_diff_prune(live: StandIn, folder: Path, capsys: Any) -> None:
    code, out, err = eaeu(capsys, "data", "pull", "trade", f"{CODE}@2015-04", "SP.POP.TOTL")
    assert (code, "3 done" in out, "3/3 " in err) == (0, True, True)
    code, out, _ = eaeu(capsys, "data", "list", "--stored")
    assert code == 0
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [
        [CODE, "2015-04"],
        [CODE, "2026-04-08"],
        ["SP.POP.TOTL", "2026-04-08"],
    ]
    code, out, _ = eaeu(capsys, "data", "show", CODE, "--stored", "--economies", "Kyrgyzstan")
    assert f"footnote: KGZ 2015: {world.FOOTNOTES['KGZ', 2015]}" in out
    assert "1 more footnotes of other economies" in out
    assert "Source: Made-up office of statistics" in out
    assert "vintage 2026-04-08 (leads)" in out
    code, out, _ = eaeu(capsys, "data", "show", CODE, "--stored", "--json")
    shown = json.loads(out)["vintages"]
    assert [(v["vintage"], v["default"], v["last_year"]) for v in shown] == [
        ("2015-04", False, 2014),
        ("2026-04-08", True, 2024),
    ]
    assert eaeu(capsys, "data", "verify", "--stored")[:2] == (
        0,
        f"3 series in {folder / 'store'}: every hash and row count as recorded\n",
    )
    code, out, _ = eaeu(capsys, "data", "diff", "2015-04", "store")
    assert code == 0
    assert "1 changed, 1 only in B" in out
    assert "only in B: SP.POP.TOTL" in out
    assert eaeu(capsys, "data", "prune")[1] == f"nothing to remove from {folder / 'store'}\n"
    live.state.release = world.RELEASES[1]
    assert eaeu(capsys, "data", "pull", CODE, "--max-age", "0")[0] == 0
    assert f"series {CODE}@2026-04-08" in eaeu(capsys, "data", "prune", "--dry-run")[1]
    assert len(Store(folder / "store").entries()) == 4


def test_a_damaged_store_is_named_and_pulled_again(live: StandIn, folder: Path, capsys: Any) -> None:
    assert eaeu(capsys, "data", "pull", CODE)[0] == 0
    file = next((folder / "store" / "objects").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9] + b"123456789")
    code, _, err = eaeu(capsys, "data", "verify", "--stored")
    assert (code, f"'{CODE}@2026-04-08' is damaged" in err, "pull it again" in err) == (3, True, True)
    assert eaeu(capsys, "data", "pull", CODE)[1].splitlines()[0].endswith("1 done; 11,555 observations")
    assert eaeu(capsys, "data", "verify", "--stored")[0] == 0


MISTAKES = [
    (["pull", "remitances"], 2, "'remitances' not known; did you mean 'remittances'"),
    (["pull", "Trade (% of GPD)"], 2, f"did you mean '{CODE}'"),
    (["pull", "../../etc/passwd"], 2, "is not of the form of a code"),
    (["pull", "trade", "--endpoint", "nonsense"], 2, "endpoint 'nonsense' is not an address"),
    (["pull", "trade", "--endpoint", "ftp://x/v2"], 2, "is not an address"),
    (["pull", "trade", "--endpoint", "http://[x/v2"], 2, "is not an address"),
    (["pull", "trade", "--max-age", "-1"], 2, "a number of days from 0 on"),
    (["pull", "trade", "--years", "2024-2000"], 2, "run backwards"),
    (["pull", "trade", "--economies", "Kirgizia"], 2, "did you mean 'KGZ'"),
    (["pull", "trade", "--vintage", "lately"], 2, "neither a month of an archived release"),
    (["pull", "trade", "--concurrency", "99"], 2, "1 to 16 requests"),
    (["pull", "trade", "--store", "file"], 2, "is a file, not a directory"),
    (["pull", "NY.GDP.MKTP.CE"], 3, "no series could be downloaded"),
    (["pull", world.DELETED_SERIES], 3, "no series could be downloaded"),
    (["pull", world.NULL_SERIES], 3, "no series could be downloaded"),
    (
        ["pull", "trade", world.DELETED_SERIES, "--strict"],
        4,
        "1 of 2 series could not be downloaded; the others are stored",
    ),
    (["pull", "WITS.XPRT-TRD-VL.Total.UZB"], 2, "WITS wants the years"),
    (["pull", "WITS.XPRT-TRD-VL.Total.UZB", "trade", "--years", "2019"], 2, "pull them by themselves"),
    (["pull", "WITS.XPRT-TRD-VL.Total", "--years", "2019"], 2, "is not of the form WITS.<indicator>"),
    (["pull", "WITS.XPRT.Total.UZB", "--years", "2019"], 2, "did you mean 'XPRT-TRD-VL'"),
    (["pull", "WITS.AHS-WGHTD-AVRG.Total.KGZ", "--years", "2019"], 2, "Total.KGZ.WLD"),
    (["pull", "WITS.XPRT-TRD-VL.Total.Kirgizia", "--years", "2019"], 2, "did you mean 'KGZ'"),
    (["list", "--store", "file"], 2, "is a file, not a directory"),
    (["verify", "--store", "nowhere"], 3, "there is no store in 'nowhere'"),
    (["prune", "--store", "nowhere"], 3, "there is no store in 'nowhere'"),
    (["prune", "--keep", "0"], 2, "expected 1 or more"),
    (["show", CODE, "--store", "nowhere"], 3, "there is no store in 'nowhere'"),
    (["diff", "pinned", "store"], 3, "there is no store in"),
    (["diff", "pinned", "pinned", "--code", "NE.TRD.GNFS.Z"], 2, f"did you mean '{CODE}'"),
    (["diff", "pinned", "pinned", "--tolerance", "2"], 2, "a share from 0 to below 1"),
    (["diff", "pinned", "elsewhere"], 2, "'elsewhere' not known"),
]


@pytest.mark.parametrize(("args", "code", "sentence"), MISTAKES, ids=lambda value: None)
def test_a_mistake_is_one_sentence(
    live: StandIn, folder: Path, capsys: Any, args: list[str], code: int, sentence: str
) -> None:
    Path("file").write_text("")
    ended, _, err = eaeu(capsys, "data", *args)
    last = err.splitlines()[-1]
    assert (ended, sentence in last, last.startswith("eaeu: ")) == (code, True, True), err
    assert not Path("nowhere").exists()


def test_another_address_is_distinguished(bank: StandIn, folder: Path, capsys: Any) -> None:
    assert eaeu(capsys, "data", "pull", CODE, "--endpoint", bank.endpoint)[0] == 0
    code, _, err = eaeu(capsys, "data", "diff", "pinned", "store")
    assert (code, f"it has series of {bank.endpoint}: name one with --endpoint" in err) == (3, True)
    assert eaeu(capsys, "data", "diff", "pinned", "store", "--endpoint", bank.endpoint, "--code", CODE)[0] == 0


def test_wits_by_the_name_it_is_stored_under(bank: StandIn, folder: Path, capsys: Any) -> None:
    name = "WITS.reported.all.KGZ.RUS"
    code, out, _ = eaeu(capsys, "data", "pull", name, "--years", "2019-2020", "--endpoint", bank.wits, "--json")
    assert (code, json.loads(out)["rows"][0]["code"]) == (0, name)
    assert set(Store().get(name).frame["type"]) == {"pref"}
    assert "2019-2020, 4 values" in eaeu(capsys, "data", "show", name, "--stored")[1]


def test_live_options_are_for_live_alone(live: StandIn, folder: Path, capsys: Any) -> None:
    code, out, err = eaeu(capsys, "compare", "KGZ", "-o", "trade", "--max-age", "3")
    assert (code, out, "--max-age needs --source live, but the source is 'pinned'" in err) == (2, "", True)


def test_without_a_network_the_age_decides_and_the_sentence_says_so(
    live: StandIn, folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eaeu_analysis.cli.options import source_of

    assert eaeu(capsys, "data", "pull", "trade")[0] == 0
    live.__exit__()
    monkeypatch.setattr("eaeu_analysis.data.store.source.StoreSource.__init__", impatient(), raising=True)
    assert len(source_of("live", None, None).read(CODE).frame)  # type: ignore[union-attr] # a source is there
    code, out, err = eaeu(capsys, "compare", "KGZ", "-o", "trade", "--source", "live", "--max-age", "0")
    assert (code, out) == (3, "")
    assert "(a larger --max-age takes it); the shipped data can be used: --source pinned (data of " in err


def impatient() -> Any:
    from small import QUICK

    from eaeu_analysis.data.store.source import StoreSource

    real = StoreSource.__init__
    return lambda self, *args, **options: real(self, *args, **{"settings": QUICK, **options})


def test_a_bar_that_is_closed_early_gives_the_cursor_back(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.cli.options import Bar
    from eaeu_analysis.data.sources.live.jobs import Progress

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    bar = Bar()
    bar.close()  # not begun yet
    bar(Progress("A.B", "done", 1, 3, 1_000, 12.0))
    bar.close()
    bar.close()
    err = capsys.readouterr().err
    assert "1/3, 1,000 rows, 12 s left" in err
    assert (err.count("\x1b[?25l"), err.count("\x1b[?25h")) == (1, 1)


@pytest.fixture(scope="module")
def shipped() -> Iterator[str]:
    """A stand-in, in a process of its own, that serves the shipped values as live ones."""
    server = Path(__file__).parents[1] / "server.py"
    with subprocess.Popen([sys.executable, str(server), "--shipped"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield str(json.loads(process.stdout.readline())["endpoint"])
        finally:
            process.terminate()


def test_the_same_values_live_give_the_same_answer(
    shipped: str, folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAEU_ENDPOINT", shipped)
    asked = ["compare", "--bloc", "EAEU", "-o", "trade", "-o", "remittances", "--json"]
    code, out, err = eaeu(capsys, *asked, "--source", "live")
    assert code == 0, err
    assert "3/3 " in err
    live = json.loads(out)
    pinned = json.loads(eaeu(capsys, *asked)[1])
    assert live["rows"] == pinned["rows"]
    assert all(f"(as served by {shipped})" in line for line in live["sources"])
    again = eaeu(capsys, *asked, "--source", "live")
    assert (again[1], again[2]) == (out, "")  # from the store, in the same bytes, with nothing to tell


@pytest.mark.slow
def test_a_live_report_of_the_same_values_has_the_same_tables(
    shipped: str, folder: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAEU_ENDPOINT", shipped)
    assert eaeu(capsys, "report", "--source", "live", "--strict", "--out", "live")[0] == 0
    assert eaeu(capsys, "report", "--out", "pinned")[0] == 0
    tables, again = (sorted(path.name for path in Path(made, "tables").glob("*.csv")) for made in ("live", "pinned"))
    assert tables == again
    for name in tables:
        live, pinned = (pd.read_csv(Path(made, "tables", name)) for made in ("live", "pinned"))
        if name == "claims.csv":  # each says where its values are from, and the call that asks there
            assert live.pop("sources").str.contains(f"(as served by {shipped})", regex=False).any()
            assert live.pop("call").str.contains("source='live'").any()
            del pinned["sources"], pinned["call"]
        pd.testing.assert_frame_equal(live, pinned, check_exact=True)
