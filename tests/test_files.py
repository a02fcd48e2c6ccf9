"""What is on disk is whole: the old bytes or the new ones, never a part, and failures are one sentence."""

import errno
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from eaeu_analysis import files
from eaeu_analysis.errors import BadInputError, SystemRefusedError


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_write_makes_parents_and_replaces(tmp_path):
    files.write_text(tmp_path / "a" / "b.txt", "одна\n")
    files.write_text(tmp_path / "a" / "b.txt", "две\n")
    assert tree(tmp_path) == {"a/b.txt": "две\n".encode()}


@pytest.mark.skipif(os.name != "posix", reason="locales of POSIX")
def test_a_name_in_cyrillic_is_usable_under_a_locale_of_ascii(tmp_path):
    code = "import sys; from eaeu_analysis import files; files.write_text(files.followed(sys.argv[1]), 'x')"
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "данные" / "b.txt")], env=os.environ | ascii_only, check=True
    )
    assert tree(tmp_path) == {"данные/b.txt": b"x"}


def test_usual_rights_and_kept_rights(tmp_path):
    reference = tmp_path / "reference"
    reference.write_bytes(b"")
    written = files.write_bytes(tmp_path / "x", b"1")
    assert written.stat().st_mode == reference.stat().st_mode
    written.chmod(0o600)
    files.write_bytes(written, b"2")
    assert written.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_threads_that_write_at_once_leave_the_mask_of_the_process_alone(tmp_path):
    before = os.umask(0o027)
    try:
        with ThreadPoolExecutor(8) as pool:
            written = list(pool.map(lambda k: files.write_bytes(tmp_path / str(k), b"1"), range(200)))
        mask = os.umask(0o027)
    finally:
        os.umask(before)
    assert mask == 0o027
    assert {path.stat().st_mode & 0o777 for path in written} == {0o640}


@pytest.mark.parametrize("write", ["replacing", "replacing_files", "directory"])
def test_an_error_in_the_middle_leaves_all_as_it_was(tmp_path, write):
    target = tmp_path / "out"
    if write == "replacing":
        target.write_bytes(b"old")
    else:
        files.write_bytes(target / "one", b"old")
    before = tree(tmp_path)

    def fail_half_way():
        with getattr(files, write)(target) as aside:
            (aside if write == "replacing" else aside / "one").write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert tree(tmp_path) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_directory_takes_the_place_of_the_whole(tmp_path):
    files.write_bytes(tmp_path / "out" / "gone", b"1")
    with files.directory(tmp_path / "out") as new:
        (new / "sub").mkdir()
        (new / "sub" / "kept").write_bytes(b"2")
        assert tree(tmp_path / "out") == {"gone": b"1"}  # nothing moves before the end
    assert tree(tmp_path) == {"out/sub/kept": b"2"}


def test_files_replace_together_and_leave_the_others(tmp_path):
    files.write_bytes(tmp_path / "other", b"0")
    files.write_bytes(tmp_path / "a", b"1")
    with files.replacing_files(tmp_path) as new:
        (new / "a").write_bytes(b"2")
        (new / "b").write_bytes(b"3")
    assert tree(tmp_path) == {"a": b"2", "b": b"3", "other": b"0"}


def test_files_come_back_when_a_rename_fails(tmp_path):
    files.write_bytes(tmp_path / "a", b"1")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "inside").write_bytes(b"2")
    (tmp_path / "c").write_bytes(b"in the way")

    def write():
        with files.replacing_files(tmp_path) as new:
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
        files.write_bytes(target, b"1")
    assert str(target) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_closed_disk_is_one_sentence_and_the_old_file_stays(tmp_path, monkeypatch, number):
    target = tmp_path / "x"
    target.write_bytes(b"old")

    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SystemRefusedError, match=r"disk is full|no permission|read-only"):
        files.write_bytes(target, b"new")
    assert tree(tmp_path) == {"x": b"old"}


def test_an_error_about_another_file_keeps_its_own_words(tmp_path):
    with pytest.raises(FileNotFoundError), files.replacing(tmp_path / "deep" / "x"):
        Path("/nowhere/at/all").read_bytes()


def old_part(path: Path) -> Path:
    """Left aside an hour ago by a run that was killed."""
    (path / "new").mkdir(parents=True) if path.name.startswith(".out") else path.write_bytes(b"half")
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def test_what_a_killed_run_left_aside_is_removed_by_the_next_and_what_is_in_use_is_not(tmp_path):
    left = [old_part(tmp_path / ".out.abc.part"), old_part(tmp_path / ".x.abc.part")]
    other = old_part(tmp_path / ".other.abc.part")
    with files.directory(tmp_path / "out") as first, files.replacing(tmp_path / "x") as second:
        assert not any(part.exists() for part in left)
        first.joinpath("a").write_bytes(b"1")
        for part in (first.parent, second):
            os.utime(part, (time.time() - 3600,) * 2)
        files.write_bytes(tmp_path / "x", b"between")
        with files.directory(tmp_path / "out") as again:
            again.joinpath("b").write_bytes(b"2")
        second.write_bytes(b"last")
    assert tree(tmp_path) == {"out/a": b"1", "x": b"last", other.name: b"half"}


@pytest.mark.parametrize("write", [files.directory, files.directory_lock])
def test_what_a_run_had_moved_aside_when_it_was_killed_comes_back(tmp_path, write):
    target = tmp_path / "out"
    left = write_dir(tmp_path / ".out.abc.part" / "old", b"only copy").parent
    (left / "new").mkdir()
    os.utime(left, (time.time() - 3600,) * 2)
    with pytest.raises(ZeroDivisionError), write(target):
        raise ZeroDivisionError
    assert tree(tmp_path) == {"out/a": b"only copy", "out/b": b"only copy"}
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("in_one_step", [True, False])
def test_a_directory_is_never_missing_or_mixed_while_others_write_it(tmp_path, monkeypatch, in_one_step):
    """Two threads write it in turn; a third reads. Without the one step a reader may find nothing, never a mixture."""
    target = tmp_path / "out"
    if not in_one_step:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    elif not files._exchange(*(write_dir(tmp_path / name, b"0") for name in ("p", "q"))):
        pytest.skip("no such step on this system")
    write_dir(target, b"0")

    def write(text: bytes) -> None:
        for _ in range(15):
            write_dir(target, text)

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, text) for text in (b"1", b"2")]
        seen = []
        while not all(writer.done() for writer in writers):
            try:
                handle: int | None = os.open(target, os.O_RDONLY)
            except FileNotFoundError:
                assert not in_one_step
                handle = None
            if handle is not None:
                seen.append(handle)
                os.close(handle)
        for writer in writers:
            writer.result()
    assert len({data for name, data in tree(target).items()}) == 1
    assert sorted(tree(target)) == ["a", "b"]
    assert not list(tmp_path.glob(".*"))
    assert seen


def write_dir(target: Path, text: bytes) -> Path:
    with files.directory(target) as new:
        for name in ("a", "b"):
            (new / name).write_bytes(text)
    return target


def test_a_turn_waits_for_the_other_and_sees_what_it_put_there(tmp_path, monkeypatch):
    target = tmp_path / "new" / "out"

    def add(name: str) -> None:
        with files.directory_lock(target):
            there = tree(target)
            time.sleep(0.05)
            with files.directory(target) as new:
                for file, data in (there | {name: b"1"}).items():
                    (new / file).write_bytes(data)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, "abcd"))
    assert sorted(tree(target)) == ["a", "b", "c", "d"]
    monkeypatch.setattr(files, "WAIT", 0.1)
    with (
        files.directory_lock(target),
        pytest.raises(SystemRefusedError, match="in use by another process"),
        files.directory_lock(target),
    ):
        pass


def test_a_turn_that_wrote_nothing_leaves_no_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), files.directory_lock(tmp_path / "out"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
