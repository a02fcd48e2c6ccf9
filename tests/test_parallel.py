"""Workers of a Dask cluster: the same bits, nothing lost when one dies, one sentence when all fail."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("distributed", reason="the extra [dask] is not installed")
from distributed import KilledWorker, LocalCluster

import eaeu_analysis as ea
from eaeu_analysis import parallel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.parallel import one_blas_thread

QUIET: dict[str, Any] = {"dashboard_address": ":0", "silence_logs": 50, "memory_limit": None}
SLEEP = 0.2


def doubled(part: pd.DataFrame) -> pd.DataFrame:
    time.sleep(SLEEP)
    return 2 * part


def refuses(part: pd.DataFrame) -> pd.DataFrame:
    raise NoDataError("no trade matrix on this worker")


def refuses_the_third(part: pd.DataFrame) -> pd.DataFrame:
    if part["x"].iloc[0] == 20:
        raise NoDataError("no third part")
    return 2 * part


def breaks(part: pd.DataFrame) -> pd.DataFrame:
    raise ZeroDivisionError("a bug\nwith two lines")


def parts(count: int) -> list[pd.DataFrame]:
    return [pd.DataFrame({"x": np.arange(4.0) + 10 * k}) for k in range(count)]


@pytest.fixture(scope="module")
def threads() -> Iterator[LocalCluster]:
    """Workers inside this process: what is asked is how the client behaves."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", **QUIET) as cluster:
        yield cluster


def test_parts_come_back_in_their_order_and_the_client_is_closed(threads: LocalCluster) -> None:
    found = list(parallel.fan_out(doubled, parts(5), 1, threads.scheduler_address))
    for got, given in zip(found, parts(5), strict=True):
        pd.testing.assert_frame_equal(got, 2 * given)
    left = [name for name in threads.scheduler.clients if name != "fire-and-forget"]
    assert left == []
    assert not threads.scheduler.tasks


def test_a_sentence_of_the_package_comes_through_as_it_is(threads: LocalCluster) -> None:
    with pytest.raises(NoDataError, match=r"^no trade matrix on this worker$"):
        list(parallel.fan_out(refuses, parts(2), 1, threads.scheduler_address))


def test_anything_else_is_one_sentence_with_its_cause(threads: LocalCluster) -> None:
    with pytest.raises(NoDataError, match=r"gave up: ZeroDivisionError a bug$") as shown:
        list(parallel.fan_out(breaks, parts(2), 1, threads.scheduler_address))
    assert isinstance(shown.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        (CancelledError("scheduler-connection-lost"), "scheduler at .* has gone; give the same command again"),
        (KilledWorker("piece", None, 4), "workers at .* died over the same piece of work, most likely for want"),
    ],
)
def test_a_cluster_that_is_lost_is_one_sentence_and_none_of_its_log(
    threads: LocalCluster, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lost: Any, says: str
) -> None:
    def gone(*_: object) -> Any:
        logging.getLogger("distributed.client").error("Failed to reconnect\nTraceback")
        raise lost

    monkeypatch.setattr("distributed.Future.result", gone)
    with pytest.raises(NoDataError, match=says):
        list(parallel.fan_out(doubled, parts(2), 1, threads.scheduler_address))
    assert "Failed to reconnect" not in caplog.text


def test_another_version_on_a_worker_is_refused(threads: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two versions may compute two things; the version sent along is not that of the workers."""
    real = parallel._there
    monkeypatch.setattr(parallel, "_there", lambda work, item, own: real(work, item, "9.9"))
    with pytest.raises(BadInputError, match=r"has version \S+ of eaeu-analysis, and this is 9\.9"):
        list(parallel.fan_out(doubled, parts(1), 1, threads.scheduler_address))


@pytest.mark.parametrize("place", [{"jobs": 1}, {"jobs": 2}, {"jobs": 2, "threads": True}, {"dask": True}])
def test_the_same_answers_in_the_same_order_wherever_the_work_is_done(threads: LocalCluster, place: Any) -> None:
    place = {**place, "dask": threads.scheduler_address} if "dask" in place else place
    found = list(parallel.fan_out(doubled, parts(4), **place))
    assert [f["x"].iloc[0] for f in found] == [0, 20, 40, 60]


@pytest.mark.parametrize("reply", [None, 7, ("one",), ("one", "two"), ("one", None), [2, None], ("x", ValueError())])
def test_a_reply_that_is_no_answer_is_refused(
    threads: LocalCluster, monkeypatch: pytest.MonkeyPatch, reply: Any
) -> None:
    monkeypatch.setattr(parallel, "_there", lambda work, item, own: reply)
    with pytest.raises(NoDataError, match=r"sent something that is no answer; nothing of it is used"):
        list(parallel.fan_out(doubled, parts(2), 1, threads.scheduler_address, fits=lambda item, found: False))


def test_answers_of_a_cluster_are_checked_for_type_and_shape() -> None:
    from eaeu_analysis.impact.curve import run as curve
    from eaeu_analysis.impact.curve.estimates import Answered
    from eaeu_analysis.impact.members import effects
    from eaeu_analysis.scenario.model import solve

    draws = pd.DataFrame({"x": [1.0, 2.0]}, index=[4, 7])
    table = pd.DataFrame({("total", "exports"): [0.1, 0.2]})
    assert solve._fits(draws, table)
    for wrong in (None, "x", table.head(1), table.astype(object), table.to_numpy()):
        assert not solve._fits(draws, wrong)
    question: Any = None
    assert effects._fits(question, "no donor has the outcome")
    for other in (None, 7, b"x", [], {"estimate": 1.0}):
        assert not effects._fits(question, other)
    share: Any = [["a", "b"]]
    numbers = np.zeros((2, 3))
    right = Answered(({}, {}), numbers, numbers, numbers)
    assert curve._fits(3, share, [right])
    narrow = Answered(({}, {}), numbers[:, :2], numbers, numbers)
    few = Answered(({},), numbers, numbers, numbers)
    for wrong_one in (None, [], [right, right], (right,), [narrow], [few], [None]):
        assert not curve._fits(3, share, wrong_one)


def test_what_came_back_before_a_failure_is_the_callers(threads: LocalCluster) -> None:
    found: list[pd.DataFrame] = []
    with pytest.raises(NoDataError, match="no third part"):
        found.extend(parallel.fan_out(refuses_the_third, parts(4), 1, threads.scheduler_address))
    assert [f["x"].iloc[0] for f in found] == [0, 20]


@pytest.mark.parametrize("address", ["nonsense", "", "foo://host:1", "tcp://host"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(BadInputError, match="expected the address of a scheduler"):
        ea.run_scenario("uzb_observer", draws=2, dask=address)


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WAIT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BadInputError, match="no Dask scheduler answers at 'tcp://127"):
            ea.run_scenario("uzb_observer", draws=2, dask=address)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 400 Bad request\r\n\r\n", b"\0" * 64])
def test_somebody_else_at_the_address(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """A client of Dask waits for ever for a server that takes the call and says nothing."""
    monkeypatch.setattr(parallel, "WAIT", 0.5)
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                held.append(server.accept()[0])
            except OSError:
                return
            held[-1].sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(BadInputError, match="no Dask scheduler answers at 'tcp://127"):
            ea.run_scenario("uzb_observer", draws=2, dask=f"tcp://127.0.0.1:{server.getsockname()[1]}")
        assert time.monotonic() - began < 60
    for one in held:
        one.close()


def test_workers_beyond_the_work_are_not_started() -> None:
    assert list(parallel.fan_out(abs, [-1, -2, -3], 100_000)) == [1, 2, 3]


def test_a_cluster_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "WAIT", 2.0)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp://", **QUIET) as empty,
        pytest.raises(NoDataError, match="has no workers"),
    ):
        ea.run_scenario("uzb_observer", draws=2, dask=empty.scheduler_address)


def blas_threads() -> set[int]:
    from threadpoolctl import threadpool_info

    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_linear_algebra_is_on_one_thread_in_every_thread_until_the_last_has_left() -> None:
    """The thread that set a limit first is another than those that set it now, and not the last of them to leave."""
    before = blas_threads()
    with one_blas_thread():
        assert blas_threads() == {1}
    seen: list[set[int]] = []

    def within(seconds: float) -> None:
        for _ in range(3):
            with one_blas_thread():
                time.sleep(seconds)
                seen.append(blas_threads())

    threads = [threading.Thread(target=within, args=(seconds,)) for seconds in (0.01, 0.03, 0.05)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [{1}] * 9
    assert blas_threads() == before
    with one_blas_thread():
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_a_scenario_on_a_cluster_is_the_same_bits(threads: LocalCluster) -> None:
    there = ea.run_scenario("uzb_wto", draws=6, dask=threads.scheduler_address)
    assert there.draws.equals(ea.run_scenario("uzb_wto", draws=6).draws)


@pytest.mark.slow
def test_a_worker_killed_half_way_loses_no_draw_and_changes_no_bit() -> None:
    draws = 320  # five chunks
    here = ea.run_scenario("uzb_wto", draws=draws)
    two = ea.run_scenario("uzb_wto", draws=draws, jobs=2)
    assert here.draws.equals(two.draws)
    with LocalCluster(n_workers=2, threads_per_worker=1, **QUIET) as cluster:
        killed: list[int] = []

        def kill() -> None:
            """A worker that holds a finished chunk, as soon as there is one and others are still to be done."""
            while not killed:
                states = [task.state for task in list(cluster.scheduler.tasks.values())]
                holders = [w for w in list(cluster.scheduler.workers.values()) if w.has_what]
                if holders and "processing" in states:
                    pid = next(n.pid for n in cluster.workers.values() if n.worker_address == holders[0].address)
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
                time.sleep(0.01)

        killer = threading.Thread(target=kill, daemon=True)
        killer.start()
        there = ea.run_scenario("uzb_wto", draws=draws, dask=cluster.scheduler_address)
        killer.join(timeout=10)
    assert killed, "no worker was killed: the test has shown nothing"
    assert len(there.draws) == draws
    assert there.draws.equals(here.draws)
    assert there.table.equals(here.table)


def test_counterfactuals_and_the_curve_are_the_same_bits_on_a_cluster(threads: LocalCluster) -> None:
    panel = ea.load_panel(["trade", "SP.POP.TOTL"])
    address = threads.scheduler_address
    here = ea.union_effects(panel, ["trade"], units=["KGZ", "ARM"])
    there = ea.union_effects(panel, ["trade"], units=["KGZ", "ARM"], dask=address)
    pd.testing.assert_frame_equal(there.table, here.table, check_exact=True)
    one = ea.specification_curve(panel, "trade", "KGZ", 2015, limit=12)
    other = ea.specification_curve(panel, "trade", "KGZ", 2015, limit=12, dask=address)
    pd.testing.assert_frame_equal(other.table, one.table, check_exact=True)


def test_a_calibration_on_a_cluster_is_the_same_bits(threads: LocalCluster) -> None:
    panel = ea.load_panel(["trade", "SP.POP.TOTL"])
    here = ea.calibrate(panel, ["trade"], problems=3)
    there = ea.calibrate(panel, ["trade"], problems=3, dask=threads.scheduler_address)
    pd.testing.assert_frame_equal(there.to_frame(), here.to_frame(), check_exact=True)


@pytest.mark.slow
def test_a_report_made_on_a_cluster_is_the_same_bytes(tmp_path: Path) -> None:
    here = ea.write_report(tmp_path / "here", formats=["md", "json"], cache=False)
    with LocalCluster(n_workers=2, threads_per_worker=1, **QUIET) as cluster:
        there = ea.write_report(tmp_path / "there", formats=["md", "json"], cache=False, dask=cluster.scheduler_address)
    assert there.files == here.files
    for name in here.files:
        assert (there.folder / name).read_bytes() == (here.folder / name).read_bytes(), name
