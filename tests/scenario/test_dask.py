"""Workers of a Dask cluster: the same bits, nothing lost when one dies, one sentence when all fail."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("distributed", reason="the extra [dask] is not installed")
from distributed import LocalCluster

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.scenario import workers
from eaeu_analysis.threads import one_blas_thread

QUIET: dict[str, Any] = {"dashboard_address": ":0", "silence_logs": 50, "memory_limit": None}
SLEEP = 0.2


def doubled(scenario: Any, part: pd.DataFrame) -> pd.DataFrame:
    time.sleep(SLEEP)
    return 2 * part


def refuses(scenario: Any, part: pd.DataFrame) -> pd.DataFrame:
    raise NoDataError("no trade matrix on this worker")


def breaks(scenario: Any, part: pd.DataFrame) -> pd.DataFrame:
    raise ZeroDivisionError("a bug\nwith two lines")


def parts(count: int) -> list[pd.DataFrame]:
    return [pd.DataFrame({"x": np.arange(4.0) + 10 * k}) for k in range(count)]


@pytest.fixture(scope="module")
def threads() -> Iterator[LocalCluster]:
    """Workers inside this process: what is asked is how the client behaves."""
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", **QUIET) as cluster:
        yield cluster


@pytest.fixture
def scenario() -> Any:
    return ea.load_scenario("uzb_observer")


def test_parts_come_back_in_their_order_and_the_client_is_closed(threads: LocalCluster, scenario: Any) -> None:
    found = workers.spread(doubled, scenario, parts(5), 1, threads.scheduler_address)
    for got, given in zip(found, parts(5), strict=True):
        pd.testing.assert_frame_equal(got, 2 * given)
    left = [name for name in threads.scheduler.clients if name != "fire-and-forget"]
    assert left == []
    assert not threads.scheduler.tasks


def test_a_sentence_of_the_package_comes_through_as_it_is(threads: LocalCluster, scenario: Any) -> None:
    with pytest.raises(NoDataError, match=r"^no trade matrix on this worker$"):
        workers.spread(refuses, scenario, parts(2), 1, threads.scheduler_address)


def test_anything_else_is_one_sentence_with_its_cause(threads: LocalCluster, scenario: Any) -> None:
    with pytest.raises(NoDataError, match=r"gave up: ZeroDivisionError a bug$") as told:
        workers.spread(breaks, scenario, parts(2), 1, threads.scheduler_address)
    assert isinstance(told.value.__cause__, ZeroDivisionError)


def test_another_version_on_a_worker_is_refused(
    threads: LocalCluster, scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two versions may compute two things; the workers of this cluster see the name that is changed here too."""
    with pytest.raises(BadInputError, match=r"has version \S+ of eaeu-analysis, and this is 9\.9"):
        workers._there(doubled, scenario, parts(1)[0], "9.9")


@pytest.mark.parametrize("address", ["nonsense", "", "foo://host:1", "tcp://host"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(BadInputError, match="expected the address of a scheduler"):
        ea.run_scenario("uzb_observer", draws=2, dask=address)


def test_nobody_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WAIT", 0.5)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(BadInputError, match="no Dask scheduler answers at 'tcp://127"):
            ea.run_scenario("uzb_observer", draws=2, dask=address)


def test_a_cluster_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WAIT", 2.0)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp://", **QUIET) as empty,
        pytest.raises(NoDataError, match="has no workers"),
    ):
        ea.run_scenario("uzb_observer", draws=2, dask=empty.scheduler_address)


def test_linear_algebra_is_on_one_thread_until_the_last_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    import threadpoolctl

    done: list[str] = []

    class Limits:
        def __init__(self, limits: int, user_api: str) -> None:
            done.append(f"{user_api} {limits}")

        def restore_original_limits(self) -> None:
            done.append("restored")

    monkeypatch.setattr(threadpoolctl, "threadpool_limits", Limits)
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert done == ["blas 1"]
    second.__exit__(None, None, None)
    assert done == ["blas 1", "restored"]


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
