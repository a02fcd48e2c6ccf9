"""What a file of a user may contain: escape sequences, formulas, depth, digits, names; each is inert or refused."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis import user_files
from eaeu_analysis.cli import main
from eaeu_analysis.data.pin import read_recipe
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.report.drift.baseline import read_baseline
from eaeu_analysis.report.page import downloads
from eaeu_analysis.results import Result, to_plain
from eaeu_analysis.series import SeriesInfo
from eaeu_analysis.settings import data_dir
from eaeu_analysis.text import clean_text

EVIL = "\x1b[31mred\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x9b2J\x90q\x9c\x08\x07\u202eturned\u2066\ud800\r\nend"
CLEAN = "redlinkturned\ufffd\nend"


def test_what_acts_unseen_is_cleaned_whole() -> None:
    assert clean_text(EVIL) == CLEAN
    for text in ("Кыргызстан", "Oʻzbekiston", "33.7\u00a0%", "a\tb\nc", "👩‍💻"):
        assert clean_text(text) == text
    start = time.monotonic()
    clean_text("\x1b]" * 200_000)
    assert time.monotonic() - start < 5


def test_a_series_is_clean_wherever_it_came_from() -> None:
    info = SeriesInfo("X", label=EVIL, unit=EVIL, source=EVIL, licence=EVIL, note=EVIL, vintage_note=EVIL)
    assert {info.label, info.unit, info.source, info.licence, info.note, info.vintage_note} == {CLEAN}
    assert info.with_(label=EVIL).label == CLEAN


class Evil(Result):
    provenance = None

    def summary(self) -> str:
        return EVIL

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame({EVIL[:-5].replace("\ud800", ""): [EVIL.replace("\ud800", "")]})


def test_notebook_json_and_csv_are_clean() -> None:
    for text in (str(Evil()), repr(Evil()), Evil()._repr_html_(), json.dumps(to_plain({"a": [EVIL]})),
                 downloads.csv_text([EVIL], [[EVIL]])):  # fmt: skip
        assert clean_text(text) == text


def test_terminal_and_log_are_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "MY.OWN.csv"
    table.write_text("iso3,year,value,\x1b[31mwarn\x9b2J\nUZB,2015,1,\n")
    logging.getLogger().handlers.clear()
    assert main(["data", "pin", str(table), "--out", str(tmp_path / "out")]) == 0
    package = tmp_path / "out" / "datapackage.json"
    shown = json.loads(package.read_text())
    for resource in shown["resources"]:
        resource |= {"label": EVIL.replace("\ud800", ""), "note": "\x1b[2J", "licence": "\x1b]0;x\x07"}
    package.write_text(json.dumps(shown))
    assert main(["data", "show", "MY.OWN", "--pinned", str(tmp_path / "out")]) == 0
    found = capsys.readouterr()
    for text in (found.out, found.err):
        assert clean_text(text) == text
    assert "redlinkturned" in found.out


@pytest.mark.parametrize("text", ["＝1+1", "x;=cmd", "x; @sum(a)", "＠x", "x\n=1", " =1", "－cmd", "a;＝1"])
def test_formulas_of_full_width_and_after_semicolons_are_inert(text: str) -> None:
    cell = downloads.safe(text)
    assert "'" in cell
    for part in cell.replace("\n", ";").split(";"):
        assert part.strip()[:1] not in "=+-@＝＋－＠"
    assert downloads.safe("1.2; -3.4 pp") == "1.2; -3.4 pp"


def test_a_dollar_sign_in_a_label_begins_no_formula() -> None:
    from matplotlib import pyplot as plt

    from eaeu_analysis.plots import style

    name = "$\\undefinedmacro$"

    def paint(ax: plt.Axes) -> None:
        ax.plot([1, 2], [1, 2], label=name)
        ax.set_title(name)
        ax.set_xlabel(f"{name} \x1b[31m")
        ax.set_yticks([1, 2], [name, name])
        ax.set_xscale("log")
        ax.legend()
        style.end_labels(ax, [(name, 1, 1, "#000000", False)])

    for given in (None, plt.subplots()[1]):
        ax = style.draw_by(paint, SimpleNamespace(), given)
        ax.get_figure().canvas.draw()
        assert ax.get_xlabel() == f"{name} "
        plt.close(ax.get_figure())


DEEP = {
    "dotted key": b"a." * 20_000 + b"b = 1",
    "spaced key": b"a . " * 20_000 + b"b = 1",
    "quoted key": b'"a b".' * 20_000 + b"b = 1",
    "heading": b"[" + b"a." * 20_000 + b"b]",
    "inline": b"x = {" + b"a." * 20_000 + b"b = 1}",
    "arrays": b"x = " + b"[" * 20_000,
    "tables": b"x = " + b"{a = " * 20_000,
    "digits": b"x = " + b"9" * 5_000,
    "fewer digits": b"x = " + b"9" * 4_000,
    "infinite": b"x = inf",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=list(DEEP))
def test_a_file_beyond_the_bounds_is_one_quick_sentence(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(text)
    start = time.process_time()
    with pytest.raises(BadInputError, match=r"x\.toml"):
        ea.load_scenario(path)
    with pytest.raises(BadInputError, match=r"x\.toml"):
        read_recipe(path)
    assert time.process_time() - start < 3


def test_ordinary_text_is_not_taken_for_depth() -> None:
    text = (
        b'note = "' + b"One. Two words. 1.5, 2.5. See e.g. a.b.c, i.e. x. " * 50 + b'"\nrow = [' + b"1.5," * 50 + b"]"
    )
    assert len(user_files.parse_toml(text, "here")["row"]) == 50


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="devices of POSIX")
def test_endless_files_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "pin").mkdir()
    (tmp_path / "pin" / "datapackage.json").symlink_to("/dev/zero")
    (tmp_path / "flows.json").symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), pipe):
        for read in (ea.load_scenario, read_baseline, read_recipe):
            with pytest.raises(BadInputError, match="device or a pipe"):
                read(path)
        with pytest.raises(BadInputError, match="device or a pipe"):
            ea.load_panel(source=path)
        with pytest.raises(BadInputError, match="no such file"):
            ea.read_flows("baci", path, tmp_path / "out")
    with pytest.raises(NoDataError, match="no pinned data"):
        PinnedSource(tmp_path / "pin").entries()
    with pytest.raises(NoDataError):
        ea.open_flows(tmp_path)


def test_odd_arguments_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = os.fsdecode(bytes(tmp_path) + b"/f\xff.csv")
    Path(bad).write_text("iso3,year,value\nUZB,2015,1\n")
    for arguments in (
        ["compare", "KGZ", "--source", bad],
        ["data", "pin", bad, "--out", os.fsdecode(bytes(tmp_path) + b"/\xff")],
        ["notebooks", "run", "02", "-p", "unit=" + "-" * 5_000],
        ["notebooks", "run", "02", "-p", "unit=" + "-" * 400 + "9" * 90, "-p", "nothing=1"],
    ):
        assert main(arguments) == 2
        printed = capsys.readouterr().err
        assert printed.startswith("eaeu: ")
        assert printed.count("\n") == 1


def test_an_unknown_failure_is_one_sentence_and_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("deep in a \x1b[31mdependency\nof ours")

    monkeypatch.setattr("eaeu_analysis.data.listing.list_entries", fail)
    monkeypatch.delenv("EAEU_DEBUG", raising=False)
    assert main(["data", "list"]) == 1
    printed = capsys.readouterr().err
    assert "unexpected failure (KeyError" in printed
    assert "--debug" in printed
    assert printed.count("\n") == 1
    for arguments, env in ((["--debug", "data", "list"], "0"), (["data", "list"], "1")):
        monkeypatch.setenv("EAEU_DEBUG", env)
        assert main(arguments) == 1
        printed = capsys.readouterr().err
        assert "Traceback (most recent call last)" in printed
        assert "\x1b" not in printed
    assert main(["data", "show", "nothing at all"]) == 2
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda b: next(iter(b["claims"].values())).update(tolerance=1e9), "has the tolerance 1e+09"),
        (lambda b: next(iter(b["claims"].values())).update(tolerance=-1.0), "has the tolerance -1"),
        (lambda b: next(iter(b["series"].values())).update(sha256=""), "which is no SHA-256"),
        (lambda b: b["settings"].update(LEVEL=10**40), "more than 30 digits"),
    ],
)
def test_a_baseline_that_would_let_everything_pass_is_refused(tmp_path: Path, change: object, sentence: str) -> None:
    body = json.loads((data_dir() / "baseline.json").read_text())
    change(body)  # type: ignore[operator] # a callable of the list
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps(body))
    with pytest.raises(BadInputError) as caught:
        read_baseline(path)
    assert sentence in str(caught.value)


def test_the_advice_of_pin_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    (tmp_path / "MY.OWN.csv").write_text("iso3,year,value\nUZB,2015,1\n")
    monkeypatch.chdir(tmp_path)
    assert main(["data", "pin", "MY.OWN.csv", "--out", "pinned"]) == 0
    assert "source='./pinned'" in capsys.readouterr().out
    assert ea.load_panel(source="./pinned").indicators == ["MY.OWN"]


def test_published_numbers_have_the_digits_that_do_not_hang_on_the_processor() -> None:
    third = 1 / 3
    assert to_plain({"a": [third, third * (1 + 4e-15)]})["a"] == [0.333333333333, 0.333333333333]
    assert to_plain([float("nan"), 5, True, 1e-300]) == [None, 5, True, 1e-300]


PROCESSORS = (
    {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "1"},
    {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "2"},
    {"OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "1"},
    {"OPENBLAS_CORETYPE": "Nehalem", "OMP_NUM_THREADS": "1", "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"},
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("gravity",),
        *(("scenario", "run", name, "--draws", "64") for name in ("uzb_eaeu", "kgz_2014", "uzb_wto")),
        ("scenario", "compare", "--draws", "64"),
        ("scenario", "sectors", "uzb_eaeu", "--draws", "16"),
    ],
    ids=lambda command: " ".join(command),
)
def test_the_same_bytes_on_other_processors_and_numbers_of_threads(command: tuple[str, ...]) -> None:
    found = set()
    for processor in PROCESSORS:
        asked = [sys.executable, "-m", "eaeu_analysis", *command, "--json"]
        found.add(subprocess.run(asked, env=os.environ | processor, capture_output=True, check=True).stdout)
    assert len(found) == 1
    assert len(found.pop()) > 1000
