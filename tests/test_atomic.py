"""What is on disk is whole: the old bytes or the new ones, never a part, and failures are one sentence."""

import errno
import os
from pathlib import Path

import pytest

from eaeu_analysis import atomic
from eaeu_analysis.errors import BadInputError


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_write_makes_parents_and_replaces(tmp_path):
    atomic.write_text(tmp_path / "a" / "b.txt", "одна\n")
    atomic.write_text(tmp_path / "a" / "b.txt", "две\n")
    assert tree(tmp_path) == {"a/b.txt": "две\n".encode()}


def test_usual_rights_and_kept_rights(tmp_path):
    reference = tmp_path / "reference"
    reference.write_bytes(b"")
    written = atomic.write_bytes(tmp_path / "x", b"1")
    assert written.stat().st_mode == reference.stat().st_mode
    written.chmod(0o600)
    atomic.write_bytes(written, b"2")
    assert written.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", ["replacing", "files", "directory"])
def test_an_error_in_the_middle_leaves_all_as_it_was(tmp_path, write):
    target = tmp_path / "out"
    if write == "replacing":
        target.write_bytes(b"old")
    else:
        atomic.write_bytes(target / "one", b"old")
    before = tree(tmp_path)

    def fail_half_way():
        with getattr(atomic, write)(target) as aside:
            (aside if write == "replacing" else aside / "one").write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert tree(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_directory_takes_the_place_of_the_whole(tmp_path):
    atomic.write_bytes(tmp_path / "out" / "gone", b"1")
    with atomic.directory(tmp_path / "out") as new:
        (new / "sub").mkdir()
        (new / "sub" / "kept").write_bytes(b"2")
        assert tree(tmp_path / "out") == {"gone": b"1"}  # nothing moves before the end
    assert tree(tmp_path) == {"out/sub/kept": b"2"}


def test_files_replace_together_and_leave_the_others(tmp_path):
    atomic.write_bytes(tmp_path / "other", b"0")
    atomic.write_bytes(tmp_path / "a", b"1")
    with atomic.files(tmp_path) as new:
        (new / "a").write_bytes(b"2")
        (new / "b").write_bytes(b"3")
    assert tree(tmp_path) == {"a": b"2", "b": b"3", "other": b"0"}


def test_files_come_back_when_a_rename_fails(tmp_path):
    atomic.write_bytes(tmp_path / "a", b"1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "inside").write_bytes(b"2")
    (tmp_path / "c").write_bytes(b"in the way")

    def write():
        with atomic.files(tmp_path) as new:
            (new / "a").write_bytes(b"new")
            (new / "b").write_bytes(b"new")
            (new / "c").mkdir()
            (new / "c" / "d").write_bytes(b"new")

    with pytest.raises(BadInputError, match="cannot write"):
        write()
    assert tree(tmp_path) == {"a": b"1", "b/inside": b"2", "c": b"in the way"}


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: p.mkdir(), "it is a directory"),
        (lambda p: None, "a part of the path is not a directory"),
    ],
)
def test_one_sentence_for_a_place_that_cannot_be_written(tmp_path, make, reason):
    (tmp_path / "file").write_bytes(b"")
    target = tmp_path / "out" if "it is" in reason else tmp_path / "file" / "out"
    make(target)
    with pytest.raises(BadInputError, match=reason) as caught:
        atomic.write_bytes(target, b"1")
    assert str(target) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_closed_disk_is_one_sentence_and_the_old_file_stays(tmp_path, monkeypatch, number):
    target = tmp_path / "x"
    target.write_bytes(b"old")

    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BadInputError, match=r"disk is full|no permission|read-only"):
        atomic.write_bytes(target, b"new")
    assert tree(tmp_path) == {"x": b"old"}


def test_an_error_about_another_file_keeps_its_own_words(tmp_path):
    with pytest.raises(FileNotFoundError), atomic.replacing(tmp_path / "deep" / "x"):
        Path("/nowhere/at/all").read_bytes()
