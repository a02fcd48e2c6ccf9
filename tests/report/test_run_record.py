"""The record of a run: complete, the same for the same inputs, and every later change of a file is found."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError, PartialDataError
from eaeu_analysis.output_folder import output_folder
from eaeu_analysis.report import cache, run_record
from eaeu_analysis.report.drift.changes import COLUMNS, REVISED, Drift
from eaeu_analysis.report.job_files import feed_text, junit_xml, summary_document, summary_markdown, write_job_files
from eaeu_analysis.report.write import Report

CLAIM = {
    "id": "fared.trade.before_after",
    "sentence": "Trade fell by 33.7 points | of GDP.",
    "grade": "C",
    "side": "against",
    "call": "ea.before_after(...)",
}
REPORT = {
    "claims": [CLAIM],
    "series": [
        {"code": "X", "label": "X", "vintage": "2026-04-08", "source": "World Bank", "licence": "CC BY 4.0"},
        {"code": "Y", "label": "Y", "vintage": "2025-12-04", "source": "World Bank", "licence": ""},
    ],
    "answers": ["Trade fell."],
    "question": {"unit": "KGZ", "bloc": "EAEU"},
}
OUTPUTS = {"report.json": json.dumps(REPORT).encode(), "tables/claims.csv": b"a,b\n"}
QUESTION = {"unit": "KGZ", "bloc": "EAEU", "source": "pinned"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with output_folder(tmp_path / "r", "report") as stage:
        for name, data in {**OUTPUTS, **run_record.run_files(QUESTION, "pinned", OUTPUTS)}.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_bytes(data)
    return tmp_path / "r"


def test_a_record_has_every_hash_and_every_call(folder: Path) -> None:
    body = json.loads((folder / "run.json").read_bytes())
    assert body["outputs"]["tables/claims.csv"] == hashlib.sha256(b"a,b\n").hexdigest()
    assert body["calls"] == {CLAIM["id"]: CLAIM["call"]}
    assert body["program"]["code"] == cache.code_digest()
    assert body["inputs"]["shipped"]["tables/blocs.toml"]
    assert run_record.run_files(QUESTION, "pinned", OUTPUTS) == run_record.run_files(QUESTION, "pinned", OUTPUTS)


def test_the_crate_describes_each_file_and_the_run(folder: Path) -> None:
    crate = json.loads((folder / "ro-crate-metadata.json").read_bytes())
    nodes = {node["@id"]: node for node in crate["@graph"]}
    assert len(nodes) == len(crate["@graph"])
    assert nodes["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert {part["@id"] for part in nodes["./"]["hasPart"]} == set(OUTPUTS)
    assert nodes["./"]["datePublished"] == "2026-04-08"  # the newest vintage, no clock
    for part in (*nodes["#run"]["object"], *nodes["#run"]["result"], nodes["#run"]["instrument"]):
        assert part["@id"] in nodes


def test_an_untouched_report_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_record.verify_run(folder).table.empty
    assert main(["verify", str(folder), "--strict"]) == 0
    assert "as they were written" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["edited", "missing", "added"])
def test_a_changed_file_is_named(folder: Path, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = "tables/more.csv" if change == "added" else "tables/claims.csv"
    if change == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(b"a,c\n")
    found = run_record.verify_run(folder)
    assert found.table[["kind", "name"]].to_numpy().tolist() == [["output", name]]
    with pytest.raises(IntegrityError, match=name):
        found.require()
    assert main(["verify", str(folder)]) == 3
    assert name in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ro-crate-metadata.json", "manifest.json"])
@pytest.mark.parametrize("text", [None, "null", "{}", '{"program": [5]}'])
def test_a_changed_record_or_manifest_is_named(folder: Path, name: str, text: str | None) -> None:
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    assert run_record.verify_run(folder).table["name"].tolist() == [name]
    assert main(["verify", str(folder)]) == 3


def test_a_record_of_another_folder_is_not_taken_for_one_of_this(folder: Path) -> None:
    (folder / "tables" / "run.json").write_text("{}")
    (folder / "run.json").write_text((folder / "run.json").read_text() + " ")
    assert run_record.verify_run(folder).table["name"].tolist() == ["tables/run.json", "run.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="names of other systems are text")
def test_a_name_that_is_no_text_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / os.fsdecode(b"\xff.html")).touch()
    assert main(["verify", str(folder)]) == 3
    assert "ff.html" in capsys.readouterr().out.encode().decode()


def test_another_program_or_library_is_listed_and_fails_only_when_strict(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "code_digest", lambda: "0" * 64)
    monkeypatch.setattr(cache, "library_versions", lambda: {"numpy": "1.0"})
    found = run_record.verify_run(folder)
    assert {"code", "library"} == set(found.table["kind"])
    found.require()
    with pytest.raises(PartialDataError):
        found.require(strict=True)


@pytest.mark.parametrize("text", ["{", "[]", '{"outputs": 1}', '{"outputs": {}, "inputs": {}}', "[" * 5000])
def test_a_record_that_is_none_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "run.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"run\.json"):
        run_record.verify_run(folder)


def test_a_folder_without_a_record_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match=r"no run\.json"):
        run_record.verify_run(tmp_path)


def test_the_code_of_a_run_is_all_code_of_the_package() -> None:
    root = Path(cache.__file__).parents[1]
    found = {path.relative_to(root).as_posix() for path in cache.code_files(root)}
    assert {"data/load.py", "report/cache.py", "report/wording/lang/en.toml"} <= found
    assert not [name for name in found if "__pycache__" in name or name.startswith("_shipped/")]


def read_xml(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314 - our own bytes


def report(*changes: tuple[str, str]) -> Report:
    rows = [
        {
            "claim": name,
            "change": change,
            "before": "1 %",
            "now": "-1 %",
            "tolerance": 0.1,
            "reason": "data",
            "series": "",
        }
        for name, change in changes
    ]
    drift = Drift(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame([], columns=REVISED), "0.1", (), 1)
    return Report(Path("out"), ("report.json",), ("Trade fell.",), (("x", "no data"),), (), drift)


def test_a_drifted_claim_is_a_failure_and_a_new_one_is_not() -> None:
    root = read_xml(junit_xml([CLAIM], report((CLAIM["id"], "sign flipped"), ("gone.one", "gone"))))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "2", "1")
    root = read_xml(junit_xml([CLAIM], report((CLAIM["id"], "new"))))
    assert root.get("failures") == "0"
    assert not report((CLAIM["id"], "new")).drift.drifted


def test_the_markdown_keeps_its_table() -> None:
    found = summary_document(report((CLAIM["id"], "finding | changed")), [CLAIM])
    text = summary_markdown(found)
    assert r"finding \| changed" in text
    assert "1. Trade fell." in text
    assert "x: no data" in text
    assert "**A conclusion drifted from what was accepted. Some data are missing" in text
    assert "**No conclusion moved. " in summary_markdown(summary_document(report((CLAIM["id"], "new")), [CLAIM]))


def test_a_feed_has_each_changed_conclusion_once_and_a_new_claim_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = json.loads(feed_text(report((CLAIM["id"], "sign flipped"), ("gone.one", "gone")), [CLAIM], []))
    assert first["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in first["items"]] == [f"{CLAIM['id']}: sign flipped", "gone.one: gone"]
    assert CLAIM["sentence"] in first["items"][0]["content_text"]
    assert len({item["id"] for item in first["items"]}) == 2
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    again = json.loads(feed_text(report((CLAIM["id"], "sign flipped"), ("new.one", "new")), [CLAIM], first["items"]))
    assert again["items"] == first["items"]  # what was reported before is not reported again
    more = json.loads(feed_text(report((CLAIM["id"], "grade changed")), [CLAIM], first["items"]))
    assert more["items"][0]["title"] == f"{CLAIM['id']}: grade changed"
    assert more["items"][0]["date_published"] == "2026-01-01T00:00:00+00:00"
    assert more["items"][1:] == first["items"]


def test_what_is_no_feed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.json"
    path.write_text('{"mine": 1}', encoding="utf-8")
    done = dataclasses.replace(report(), folder=tmp_path)
    (tmp_path / "report.json").write_text('{"claims": []}', encoding="utf-8")
    with pytest.raises(BadInputError, match="is no JSON Feed"):
        write_job_files(done, feed=path)
    assert path.read_text(encoding="utf-8") == '{"mine": 1}'


def test_a_run_without_a_report_has_a_summary_that_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "job.md"))
    out, summary = str(tmp_path / "out"), tmp_path / "s.md"
    assert main(["report", "--out", out, "--check", str(tmp_path / "none.json"), "--summary", str(summary)]) == 2
    assert "**No report was made:** baseline" in summary.read_text(encoding="utf-8")
    job = (tmp_path / "job.md").read_text(encoding="utf-8")
    assert summary.read_bytes() == sealed(job)


def sealed(text: str) -> bytes:
    """A file as ``write_output_file`` leaves it."""
    mark = hashlib.sha256(text.encode()).hexdigest()
    return f"{text}<!-- eaeu_analysis sha256 {mark} -->\n".encode()


def test_the_summary_of_the_job_is_added_to_once_and_gets_no_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other steps add to it too, before and after: it is neither refused nor written over."""
    job = tmp_path / "job.md"
    job.write_text("## Tests\n\nAll passed.\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    baseline = str(tmp_path / "none.json")
    assert main(["report", "--out", str(tmp_path / "out"), "--check", baseline, "--summary", str(job)]) == 2
    text = job.read_text(encoding="utf-8")
    assert text.startswith("## Tests\n\nAll passed.\n## Report on membership\n")
    assert text.count("No report was made") == 1
    assert "sha256" not in text
