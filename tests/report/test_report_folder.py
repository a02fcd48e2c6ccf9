"""Where a report is written: a place that cannot be written, a run that is stopped, and sections that cannot be had."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from eaeu_analysis.errors import (
    BadInputError,
    DriftError,
    NoDataError,
    NotConvergedError,
    PartialDataError,
    SystemRefusedError,
)
from eaeu_analysis.output_folder import MANIFEST, output_folder
from eaeu_analysis.report import write_report
from eaeu_analysis.report.drift.changes import COLUMNS, DATA, REVISED, Drift
from eaeu_analysis.report.gather import evidence as evidence_module
from eaeu_analysis.report.gather.evidence import evidence
from eaeu_analysis.report.kept_run import BRIEF, ReportRun
from eaeu_analysis.report.page import render
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.run_record import CRATE, RECORD
from eaeu_analysis.report.write import Report

FILES = {
    "report.json": b'{"claims": [], "series": [], "answers": [], "question": {"unit": "KGZ", "bloc": "EAEU"}}',
    "index.html": b"new",
    "report.md": b"new",
    "tables/a.csv": b"a\n",
    "tables/b.csv": b"b\n",
}


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report whose files are ready: what is tested is the writing."""
    run = ReportRun(files=FILES, claims=(), answers=("yes",), missing=())
    monkeypatch.setattr("eaeu_analysis.report.write._run", lambda *_: (run, {BRIEF: b"brief"}))


def old_report(folder: Path) -> dict[str, bytes]:
    with output_folder(folder, "report") as stage:
        (stage / "tables").mkdir(parents=True)
        (stage / "report.json").write_bytes(b'{"old": 1}')
        (stage / "index.html").write_bytes(b"old")
        (stage / "tables" / "gone.csv").write_bytes(b"old")
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != MANIFEST}


def test_the_new_report_takes_the_place_of_the_old_one_whole(at_once: None, tmp_path: Path) -> None:
    old_report(tmp_path / "out")
    write_report(tmp_path / "out")
    found = content(tmp_path / "out")
    assert {name: found.pop(name) for name in (RECORD, CRATE)}.keys() == {"run.json", "ro-crate-metadata.json"}
    assert found == {**FILES, BRIEF: b"brief"}
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_a_place_under_a_file_is_one_sentence(at_once: None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="a part of the path is not a directory") as caught:
        write_report(tmp_path / "file" / "report")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (errno.EACCES, "no permission to write there"),
        (errno.EROFS, "the file system is read-only"),
        (errno.ENOSPC, "the disk is full"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_sentence_and_keeps_the_old_report(
    at_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, says: str
) -> None:
    before = old_report(tmp_path / "out")

    def refuse(*_: object, **__: object) -> str:
        raise OSError(code, os.strerror(code), str(tmp_path))

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(SystemRefusedError, match=says) as caught:
        write_report(tmp_path / "out")
    assert str(tmp_path / "out") in str(caught.value)
    assert content(tmp_path / "out") == before


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights do not bind the superuser")
def test_a_folder_without_the_right_to_write(at_once: None, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(SystemRefusedError, match="no permission to write there"):
        write_report(closed / "report")


def test_an_interrupt_while_files_are_written_leaves_the_old_report(
    at_once: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old_report(tmp_path / "out")
    written: list[Path] = []
    write = Path.write_bytes

    def stop(self: Path, data: bytes) -> int:
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(self)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", stop)
    with pytest.raises(KeyboardInterrupt):
        write_report(tmp_path / "out")
    assert content(tmp_path / "out") == before
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]  # nothing half written next to it


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_run_that_is_killed_while_it_writes_leaves_the_old_report(tmp_path: Path) -> None:
    before = old_report(tmp_path / "out")
    code = f"""
import os, signal
from pathlib import Path
from eaeu_analysis.report import write, write_report
from eaeu_analysis.report.kept_run import ReportRun
write._run = lambda *_: (ReportRun(files={FILES!r}, claims=(), answers=(), missing=()), {{}})
left, put = [3], Path.write_bytes
def stop(self, data):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return put(self, data)
Path.write_bytes = stop
write_report({str(tmp_path / "out")!r})
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert content(tmp_path / "out") == before
    shutil.rmtree(tmp_path / "out")


def test_a_section_that_cannot_be_had_says_why_and_the_rest_stands(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(error: Exception) -> object:
        raise error

    tasks = {
        "trade": lambda: fail(NoDataError("the pinned flows are not there")),
        "scenario": lambda: fail(NotConvergedError("the equilibrium stopped early")),
    }
    monkeypatch.setattr(evidence_module, "_long", lambda *_: tasks)
    found = evidence(content=material.content)
    assert dict(found.missing)["trade"] == "the pinned flows are not there"
    assert found.trade is None
    assert found.scenario is None
    pages = render.html_files(render.prepare(Material(material.content, (), found, dict(found.missing)), {}))
    assert "Not in this report: the pinned flows are not there." in pages["trade.html"]
    assert "Not in this report: the equilibrium stopped early." in pages["joining.html"]
    none_supported = {
        "": "no claim is supported by the available data",
        ".ru": "доступные данные не подтверждают ни одного вывода",
        ".uz": "mavjud maʼlumotlar birorta xulosani tasdiqlamaydi",
    }
    for lang, text in none_supported.items():
        assert "the equilibrium stopped early" in pages[f"index{lang}.html"]
        assert text in pages[f"findings{lang}.html"]
    assert 'id="members-table"' in pages["members.html"]
    assert "no accepted state was named" in pages["changes.html"]


def test_without_counterfactuals_the_section_says_so(material: Material) -> None:
    bare = replace(material, content=replace(material.content, effects=None, effects_missing="none was asked for"))
    text = render.page_markdown(render.prepare(bare, {}))
    assert "## What would have happened without joining?\n\nNot in this report: none was asked for." in text


def test_strict_counts_a_missing_section_as_partial(
    material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = replace(material, missing={"trade": "the pinned flows are not there"})
    monkeypatch.setattr("eaeu_analysis.report.write.assemble", lambda *_: short)
    done = write_report(tmp_path / "out", formats=["md"])
    with pytest.raises(PartialDataError, match="trade: the pinned flows are not there"):
        done.require(complete=True, undrifted=True)


def test_partial_data_and_drift_are_both_stated_and_drift_goes_before() -> None:
    moved = pd.DataFrame([["fared.trade", "sign flipped", "1", "-1", "0.1", DATA, ""]], columns=COLUMNS)
    drift = Drift(moved, pd.DataFrame(columns=REVISED), "0.1.0", (DATA,), 99)
    both = Report(Path("out"), (), (), (("tariff", "no values"),), drift=drift)
    with pytest.raises(DriftError, match=r"(?s)accept.*tariff: no values"):
        both.require(complete=True, undrifted=True)
    with pytest.raises(PartialDataError, match=r"^1 of the outcomes"):
        both.require(complete=True, undrifted=False)
    both.require(complete=False, undrifted=False)
