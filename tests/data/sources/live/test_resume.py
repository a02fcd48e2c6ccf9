"""Interrupted at any point, a pull goes on where it was and ends in the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import server_data as world
from server import StandIn
from small import CODES, QUICK, Clean, hashes, small_pull

from eaeu_analysis.data.sources.live.jobs import WORKER
from eaeu_analysis.data.sources.live.pages import Spool
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store


def start(bank: StandIn, store: Store, codes: list[str], per_page: int, years: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys; from eaeu_analysis.data.sources.live.pull import pull_series\n"
        "from eaeu_analysis.data.store import Store\n"
        f"report = pull_series({codes!r}, years={years!r}, per_page={per_page}, store=Store({str(store.root)!r}),\n"
        f"              endpoint={bank.endpoint!r}, timeout=10, concurrency=2)\n"
        "sys.exit(len(report.failed))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)


def contents(store: Store) -> dict[str, object]:
    """Every byte of the values, and every field of the manifest but the time of retrieval."""
    values: dict[str, object] = {p.name: p.read_bytes() for p in (store.root / "objects").rglob("*.parquet")}
    entries = {e.id: (e.request, e.info, e.rows, e.sha256, e.notes, e.footnotes, e.problems) for e in store.entries()}
    return values | entries


def killed_at(points: int, tmp_path: Path, signal_: int, codes: list[str], per_page: int, years: str) -> None:
    """Kill a pull at random requests, a random moment after each; then let it end, and compare."""
    rng = random.Random(20150812)  # noqa: S311 - the points of a test, the same in every run
    with StandIn() as bank:
        whole = Store(tmp_path / "whole")
        assert start(bank, whole, codes, per_page, years).wait(120) == 0
        total = len(bank.seen)
        for point in range(points):
            store = Store(tmp_path / f"killed-{point}")
            bank.seen.clear()
            at, later = rng.randint(1, total), rng.random() * 0.02
            process = start(bank, store, codes, per_page, years)

            def before(
                count: int, process: subprocess.Popen[bytes] = process, at: int = at, later: float = later
            ) -> None:
                if count == at:
                    time.sleep(later)
                    process.send_signal(signal_)

            bank.before = before
            assert process.wait(120) != 0
            bank.before = None
            asked = len(bank.seen)
            assert store.verify() == []
            assert start(bank, store, codes, per_page, years).wait(120) == 0
            assert contents(store) == contents(whole), f"killed at request {at} of {total}"
            again = len(bank.seen) - asked
            assert again <= total - at + 2 * 2 + 1  # what two workers had under way, and the concepts
            assert not [p for p in (store.root / "partial").iterdir() if p.is_dir()]
            assert not list(store.root.rglob("*.part")) or signal_ == signal.SIGKILL


def test_killed_at_random_points_it_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    killed_at(2, tmp_path, signal.SIGKILL, CODES, 600, "2010-2024")


@pytest.mark.slow
def test_killed_at_twenty_random_points_it_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    killed_at(20, tmp_path, signal.SIGKILL, list(world.SERIES)[:8], 500, "1990-2024")


def heeding_ctrl_c() -> None:
    """In the command's process: whoever runs the tests in the background has it ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("at", [1, 6, 10])  # the first request, one in the middle, the last
def test_stopped_by_ctrl_c_the_command_ends_at_once_and_the_same_command_resumes(
    bank: StandIn, store: Store, clean: Clean, at: int
) -> None:
    """The request under way gets no answer before the command has ended: it must not wait for it, and cannot win."""
    command = [sys.executable, "-c", "from eaeu_analysis.cli import main; main()", "data", "pull", *CODES]
    command += ["--store", str(store.root), "--endpoint", bank.endpoint, "--years", "2010-2024", "--timeout", "300"]
    running: list[subprocess.Popen[bytes]] = []
    begun = threading.Event()

    def before(count: int) -> None:
        if count == at:
            begun.wait(60)
            running[0].send_signal(signal.SIGINT)
            running[0].wait(60)  # TimeoutExpired, and a failed test, when it does not end

    bank.before = before
    pipe = subprocess.PIPE
    running.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, preexec_fn=heeding_ctrl_c))
    begun.set()
    out, err = running[0].communicate(timeout=120)
    assert running[0].returncode == 130, err.decode()
    assert err.decode().splitlines()[-1] == (
        "eaeu: interrupted; finished series are kept, and the same command continues from there"
    )
    assert out == b""
    bank.before = None
    assert store.verify() == []
    asked = len(bank.seen)
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert hashes(store) == clean.sha256
    assert len(bank.seen) - asked <= 10 - at + 4  # what was left, and what the workers had under way
    assert not [p for p in (store.root / "partial").iterdir() if p.is_dir()]


def test_ctrl_c_in_a_session_stops_the_workers_too(
    bank: StandIn, store: Store, clean: Clean, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.fault("slow", seconds=0.05, times=10_000)

    def stop(progress: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small_pull(bank, store, progress=stop, concurrency=1)
    workers = [thread for thread in threading.enumerate() if thread.name == WORKER]
    for thread in workers:
        thread.join(60)  # what was under way ends, and nothing more is asked for
    assert not any(thread.is_alive() for thread in workers)
    assert bank.count(f"/series/{CODES[2]}/") == 0
    assert len(store.entries()) == 1
    bank.faults.clear()
    assert not small_pull(bank, store, max_age=1).failed
    assert hashes(store) == clean.sha256


def test_pages_of_an_older_release_are_thrown_away_on_resumption(bank: StandIn, store: Store) -> None:
    bank.fault("502", path=f"/series/{CODES[0]}/", page=4, times=99)
    assert small_pull(bank, store, CODES[:1]).failed
    bank.faults.clear()
    bank.state.release = world.RELEASES[1]
    report = small_pull(bank, store, CODES[:1])
    assert report.rows[0].vintage == world.RELEASES[1]
    whole = Store(store.root.parent / "new")
    small_pull(bank, whole, CODES[:1])
    assert hashes(store) == hashes(whole)


def test_a_page_damaged_on_disk_is_asked_for_again(bank: StandIn, store: Store, clean: Clean) -> None:
    bank.fault("502", path=f"/series/{CODES[0]}/", page=4, times=99)
    assert small_pull(bank, store, CODES[:1]).failed
    bank.faults.clear()
    kept = sorted(p for p in (store.root / "partial").rglob("*.page") if b'"lastupdated"' in p.read_bytes())
    assert len(kept) == 3
    data = kept[0].read_bytes()
    kept[0].write_bytes(data[:-50])
    kept[1].write_bytes(data)  # whole, but another page's
    asked = bank.count("/country/")
    assert not small_pull(bank, store, CODES[:1]).failed
    assert hashes(store)[CODES[0]] == clean.sha256[CODES[0]]
    assert bank.count("/country/") - asked >= 4


@pytest.fixture
def killed_when_stored(bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What lies there after a pull that was killed between its series in the store and its pages thrown away."""
    with monkeypatch.context() as patch:
        patch.setattr(Spool, "clear", lambda spool: None)
        assert not small_pull(bank, store, CODES[:1]).failed
    (left,) = [p for p in (store.root / "partial").iterdir() if p.is_dir()]
    return left


def test_pages_of_a_series_that_is_stored_are_not_gone_on_with(
    killed_when_stored: Path, bank: StandIn, store: Store
) -> None:
    bank.state.release = world.RELEASES[1]
    report = small_pull(bank, store, CODES[:1])
    assert report.rows[0].vintage == world.RELEASES[1]
    assert not killed_when_stored.exists()


def test_pages_of_a_series_that_is_stored_are_thrown_away_when_it_is_not_asked_for(
    killed_when_stored: Path, bank: StandIn, store: Store
) -> None:
    assert small_pull(bank, store, CODES[:1], max_age=1).rows[0].status == "cached"
    assert not killed_when_stored.exists()


def test_a_series_at_hand_needs_no_lock(bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that may only be read from serves what it holds."""
    assert not small_pull(bank, store, CODES[:1]).failed
    monkeypatch.setattr(Store, "series_lock", lambda *given: pytest.fail("a lock was asked for"))
    assert small_pull(bank, store, CODES[:1], max_age=1).rows[0].status == "cached"


def test_pages_of_an_earlier_day_are_asked_for_again(bank: StandIn, store: Store) -> None:
    bank.fault("502", path=f"/series/{CODES[0]}/", page=4, times=99)
    assert small_pull(bank, store, CODES[:1]).failed
    bank.faults.clear()
    for file in (store.root / "partial").rglob("*.page"):
        os.utime(file, (time.time() - 90_000,) * 2)
    asked = bank.count("/country/")
    assert not small_pull(bank, store, CODES[:1]).failed
    assert bank.count("/country/") - asked == 6


def test_a_page_is_kept_to_the_byte(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "pages")
    assert spool.get("http://x/1") is None
    spool.put("http://x/1", b"\n\x00body")
    assert spool.get("http://x/1") == b"\n\x00body"
    spool.clear()
    spool.clear()
    assert spool.get("http://x/1") is None


@pytest.mark.slow
def test_a_full_size_pull_with_one_page_in_ten_failing_equals_a_clean_one(tmp_path: Path) -> None:
    """40 series, 217 economies and 2 groups, 60 years."""
    codes = list(world.SERIES)
    with StandIn() as bank:
        clean_store, store = Store(tmp_path / "clean"), Store(tmp_path / "faults")
        assert not pull_series(codes, store=clean_store, endpoint=bank.endpoint, settings=QUICK, timeout=20).failed
        planned = [bank.fault(kind, one_in=80, seconds=0.05) for kind in ("502", "truncated", "reset", "html", "429")]
        planned += [bank.fault(kind, one_in=80) for kind in ("repeat", "cut", "total")]
        report = pull_series(
            codes, store=store, endpoint=bank.endpoint, settings=QUICK, timeout=20, retries=6, per_page=1000
        )
        assert not report.failed, report.summary()
        assert sum(sum(f._hits.values()) for f in planned) > 50
        assert contents(store) == contents(clean_store)
