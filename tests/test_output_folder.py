"""What may be replaced: only what this program wrote and nobody changed; everything else is refused and named."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from data.bulk_files import baci

from eaeu_analysis import files, output_folder
from eaeu_analysis.cli import main
from eaeu_analysis.data.sources.bulk.flows import read_flows
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.kept_run import ReportRun

HERE = Path(__file__).parent
RUN = ReportRun(files={"report.json": b"{}", "tables/a.csv": b"a\n"}, claims=(), answers=("yes",), missing=())


def write(folder: Path, text: bytes = b"1", names: tuple[str, ...] = ("a", "sub/b"), kind: str = "report") -> None:
    with output_folder.output_folder(folder, kind) as stage:
        for name in names:
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_bytes(text)


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_an_empty_a_missing_and_an_own_folder_are_written(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    write(out)
    body = json.loads((out / "manifest.json").read_bytes())
    assert body["program"] == "eaeu_analysis"
    assert sorted(body["files"]) == ["a", "sub/b"]
    (out / "a").unlink()  # what the user removed is nothing to lose
    (out / ".DS_Store").write_bytes(b"made by a file manager")
    write(out, b"2", ("c",))
    assert sorted(tree(out)) == ["c", "manifest.json"]
    (tmp_path / "empty").mkdir(mode=0o750)
    write(tmp_path / "empty")
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o750
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "empty"]


def stranger(out: Path) -> str:
    (out / "thesis.tex").write_text("x")
    return "thesis.tex"


def edited(out: Path) -> str:
    (out / "sub" / "b").write_text("mine now")
    return "sub/b"


def photos(out: Path) -> str:
    (out / "photos").mkdir()
    return "photos"


def linked(out: Path) -> str:
    (out / "elsewhere").symlink_to(out.parent)
    return "elsewhere"


def swapped(out: Path) -> str:
    (out / "a").unlink()
    (out / "a").symlink_to("sub/b")
    return "a"


def pipe(out: Path) -> str:
    (out / "a").unlink()
    os.mkfifo(out / "a")
    return "a"


def other_program(out: Path) -> str:
    (out / "manifest.json").write_text('{"name": "my web site", "files": {}}')
    return "manifest.json"


@pytest.mark.parametrize("spoil", [stranger, edited, photos, linked, swapped, pipe, other_program])
def test_what_is_not_ours_is_named_and_stays(tmp_path: Path, spoil: object) -> None:
    out = tmp_path / "out"
    write(out)
    name = spoil(out)  # type: ignore[operator] # a callable of the list
    before = set(out.rglob("*"))
    with pytest.raises(BadInputError, match="an empty or a new folder") as caught:
        output_folder.require_output_folder(out, "report")
    assert repr(name) in str(caught.value)
    with pytest.raises(BadInputError):
        write(out, b"2")
    assert set(out.rglob("*")) == before


def test_a_result_of_another_kind_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "out", kind="pin of mine")
    with pytest.raises(BadInputError, match="it contains a 'pin of mine'"):
        write(tmp_path / "out")


def test_what_comes_during_the_work_is_kept(tmp_path: Path) -> None:
    def work() -> None:
        with output_folder.output_folder(tmp_path / "out", "report") as stage:
            (stage / "a").write_bytes(b"1")
            (tmp_path / "out").mkdir()
            (tmp_path / "out" / "late").write_text("x")

    with pytest.raises(BadInputError, match="'late'"):
        work()
    assert tree(tmp_path) == {"out/late": b"x"}


@pytest.mark.parametrize("command", ["report", "brief", "bulk", "pin", "notebooks"])
@pytest.mark.parametrize("mark", ["report.json", "brief.json", "flows.json", "datapackage.json", "x.ipynb"])
def test_every_command_leaves_a_folder_of_the_user_alone(
    tmp_path: Path, command: str, mark: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eaeu_analysis.report.write._run", lambda *_: pytest.fail("the work was begun"))
    monkeypatch.setattr("eaeu_analysis.report.brief.write.brief", lambda *_: pytest.fail("the work was begun"))
    monkeypatch.setattr("eaeu_analysis.notebook.execute", lambda *_: pytest.fail("the work was begun"))
    out = tmp_path / "d"
    out.mkdir()
    (out / "thesis.tex").write_text("years of work")
    (out / mark).write_text('{"resources": [], "name": "of somebody else"}')
    before = tree(out)
    table = tmp_path / "NE.TRD.GNFS.ZS.csv"
    table.write_text("iso3,year,value\nUZB,2015,1\n")
    given = {
        "report": ["report", "--jobs", "1"],
        "brief": ["brief"],
        "bulk": ["data", "bulk", "baci", str(baci(tmp_path / "baci"))],
        "pin": ["data", "pin", str(table)],
        "notebooks": ["notebooks", "run", "02"],
    }
    assert main([*given[command], "--out", str(out)]) == 2
    printed = capsys.readouterr().err
    assert "an empty or a new folder" in printed
    assert mark in printed or "thesis.tex" in printed
    assert tree(out) == before


SINGLE = {
    "check": ["check", "It rained.", "--html"],
    "summary": ["report", "--jobs", "1", "--summary"],
    "junit": ["report", "--jobs", "1", "--junit"],
    "schema": ["scenario", "schema", "--out"],
    "new": ["scenario", "new", "mine", "--economy", "UZB", "--out"],
    "copy": ["scenario", "copy", "uzb_wto"],
}


@pytest.mark.parametrize("command", SINGLE)
def test_a_file_of_the_user_is_never_overwritten(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eaeu_analysis.report.write._run", lambda *_: pytest.fail("the work was begun"))
    file = tmp_path / "article.html"
    file.write_text("years of work")
    assert main([*SINGLE[command], str(file)]) == 2
    error = capsys.readouterr().err
    assert "article.html' is there already" in error
    assert "remove it first" in error
    assert tree(tmp_path) == {"article.html": b"years of work"}


def test_a_single_file_of_ours_is_replaced_until_it_is_edited(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    output_folder.write_output_file(file, b"<p>one</p>\n")
    output_folder.write_output_file(file, b"<p>two</p>\n")
    assert file.read_bytes().startswith(b"<p>two</p>\n<!-- eaeu_analysis sha256 ")
    file.write_bytes(file.read_bytes().replace(b"two", b"mine"))
    with pytest.raises(BadInputError, match="not an unchanged file of this program"):
        output_folder.write_output_file(file, b"three")
    (tmp_path / "empty").touch()
    output_folder.write_output_file(tmp_path / "empty", b"four\n")
    with pytest.raises(BadInputError, match="it is a directory"):
        output_folder.require_output_file(tmp_path)


def test_a_link_is_followed_and_its_target_updated(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk/real")
    write(tmp_path / "out")
    write(tmp_path / "out", b"2")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk" / "real" / "a").read_bytes() == b"2"
    (tmp_path / "disk" / "real" / "mine").write_text("x")
    with pytest.raises(BadInputError, match="'mine'"):
        write(tmp_path / "out")
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(BadInputError):
        write(tmp_path / "round")
    (tmp_path / "file").symlink_to("disk/text")
    files.write_text(tmp_path / "file", "one")
    assert (tmp_path / "disk" / "text").read_text() == "one"


@pytest.mark.parametrize("where", ["mount", "here"])
def test_what_cannot_be_moved_is_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    if where == "mount":
        monkeypatch.setattr(files, "_mount_points", lambda: {str(out)})
    else:
        monkeypatch.chdir(out)
    number = out.stat().st_ino
    write(out)
    write(out, b"2", ("c", "sub/d"))
    assert out.stat().st_ino == number
    assert sorted(tree(out)) == ["c", "manifest.json", "sub/d"]
    assert sorted(p.name for p in out.iterdir()) == ["c", "manifest.json", "sub"]
    (out / "mine").write_text("x")
    with pytest.raises(BadInputError, match="'mine'"):
        write(out, b"3")
    (out / "mine").unlink()
    monkeypatch.setattr(files, "_fill", lambda *_: os._exit(1))  # killed before the first file is moved
    if (child := os.fork()) == 0:
        write(out, b"4", ("e",))
    os.waitpid(child, 0)
    monkeypatch.undo()
    (out / "c").write_bytes(b"4")  # or after some of them
    (out / "e").write_bytes(b"4")
    body = json.loads((out / "manifest.json").read_bytes())
    assert set(body["files"]) == {"c", "e", "sub/d"}


def test_bulk_flows_on_a_mount_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr(files, "_mount_points", lambda: {str(out)})
    table = baci(tmp_path / "baci")
    for _ in range(2):
        flows = read_flows("baci", table, out)
    assert set(flows.years["year"]) == {2019, 2020}
    assert sorted(tree(out)) == ["flows.json", "flows_2019.parquet", "flows_2020.parquet", "manifest.json"]


@pytest.mark.skipif(shutil.which("unshare") is None or os.name != "posix", reason="mounts of Linux")
def test_a_mount_point_of_the_same_disk(tmp_path: Path) -> None:
    """The report, twice, to a folder that is mounted there from the same disk."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").mkdir()
    code = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from test_output_folder import write
from pathlib import Path
write(Path({str(tmp_path / "out")!r}))
write(Path({str(tmp_path / "out")!r}), b"2")
"""
    script = f"mount --bind '{tmp_path}/disk' '{tmp_path}/out' && exec '{sys.executable}' -c \"$0\""
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script, code], capture_output=True, text=True)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no right to mount here")
    assert done.returncode == 0, done.stderr
    assert tree(tmp_path / "disk")["sub/b"] == b"2"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_bulk_reading_leaves_nothing_for_long(tmp_path: Path) -> None:
    table = baci(tmp_path / "baci")
    code = f"""
import os, signal
from eaeu_analysis.data.sources.bulk import flows
flows._write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
flows.read_flows("baci", {str(table)!r}, {str(tmp_path / "out")!r})
"""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert len([p for p in tmp_path.iterdir() if p.name.startswith(".eaeu-bulk")]) == 1
    assert main(["data", "bulk", "baci", str(table), "--out", str(tmp_path / "other")]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["baci", "other"]
