"""A Dask cluster of real processes that loses a worker, its memory or its scheduler while a scenario runs on it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .processes import EAEU, Ended, environment, run
from .tally import Tally

DRAWS = 192  # three chunks of the scenario
WAIT = 180.0  # seconds within which a run on a cluster that has gone must end


@dataclass
class Cluster:
    """A scheduler and its workers, each a process group that we started."""

    folder: Path
    port: int
    scheduler: subprocess.Popen[bytes] = field(init=False)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def schedule(self) -> None:
        arguments = ["--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show"]
        self.scheduler = self._start("dask_scheduler", arguments)

    def work(self, count: int = 1, memory: str = "0") -> None:
        arguments = [self.address, "--nworkers", "1", "--nthreads", "1", "--memory-limit", memory, "--no-dashboard"]
        arguments += ["--local-directory", str(self.folder), "--death-timeout", "60"]
        self.workers += [self._start("dask_worker", arguments) for _ in range(count)]

    def _start(self, module: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{module}-{time.monotonic_ns()}.log").open("wb")
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{module}", *arguments],
            stdout=log, stderr=log, env=environment(), cwd=self.folder, start_new_session=True,
        )  # fmt: skip

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def state(self) -> dict[str, Any]:
        """Addresses and processes of the workers, and the states of the tasks, as the scheduler has them."""
        from distributed import Client

        def state(dask_scheduler: Any) -> dict[str, Any]:
            states = [task.state for task in dask_scheduler.tasks.values()]
            return {"workers": len(dask_scheduler.workers), "states": states}

        with Client(self.address, timeout=30, set_as_default=False) as client:
            return dict(client.run_on_scheduler(state))

    def until(self, ready: Any, seconds: float = 120.0) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, TimeoutError):
                if ready(self.state()):
                    return True
            time.sleep(0.2)
        return False


@contextlib.contextmanager
def started(folder: Path, workers: int, memory: str = "0") -> Iterator[Cluster]:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    cluster = Cluster(folder, port)
    cluster.schedule()
    try:
        cluster.work(workers, memory)
        yield cluster
    finally:
        for process in (*cluster.workers, cluster.scheduler):
            cluster.kill(process)


def cluster(folder: Path, quick: bool) -> Iterator[Tally]:
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError:
        missing = Tally("cluster: Dask")
        missing.skip("the extra [dask] is not installed")
        yield missing
        return
    here = run([*EAEU, *argv()], environment(), folder)
    assert here.code == 0, here.err
    yield _whole(folder, here)
    yield _worker_killed(folder, here)
    yield _out_of_memory(folder, here)
    yield _scheduler_gone(folder, here)


def argv() -> list[str]:
    return ["scenario", "run", "uzb_wto", "--draws", str(DRAWS), "--json"]


def begin(address: str, folder: Path) -> subprocess.Popen[bytes]:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*EAEU, *argv(), "--dask", address]
    return subprocess.Popen(command, env=environment(), cwd=folder, **pipes)


def end(process: subprocess.Popen[bytes]) -> Ended:
    try:
        out, err = process.communicate(timeout=WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Ended("hangs", out.decode(), err.decode())
    return Ended(process.returncode, out.decode(), err.decode())


def same(here: Ended, there: Ended) -> list[str]:
    if there.code != 0:
        return [f"it ends with {there.code}: {there.err[-300:]}"]
    return [] if json.loads(there.out) == json.loads(here.out) and there.out == here.out else ["other bytes"]


def clear_end(there: Ended) -> list[str]:
    """One sentence, of what failed and where; no traceback, no log of the library's."""
    lines = there.err.strip().splitlines()
    found = [] if there.code == 3 else [f"it ends with {there.code}: {there.err[-300:]}"]
    return found + (
        [] if len(lines) == 1 and lines[0].startswith("eaeu: ") else [f"not one sentence: {there.err[-600:]}"]
    )


def _whole(folder: Path, here: Ended) -> Tally:
    tally = Tally("cluster: nothing goes wrong")
    with started(folder, 2) as up:
        tally.tried(same(here, end(begin(up.address, folder))))
    return tally


def _worker_killed(folder: Path, here: Ended) -> Tally:
    """With its nanny, as a machine that dies; when it has a chunk that is done and others are still to be done."""
    tally = Tally("cluster: a worker killed half way")
    with started(folder, 2) as up:
        process = begin(up.address, folder)
        if not up.until(lambda s: "memory" in s["states"] and "processing" in s["states"]):
            tally.skip("no chunk was done before all were: nothing to kill")
        for victim in up.workers:
            up.kill(victim)
            break
        tally.tried(same(here, end(process)))
    return tally


def _out_of_memory(folder: Path, here: Ended) -> Tally:
    tally = Tally("cluster: workers out of memory, then others")
    with started(folder, 1, "220MB") as up:
        process = begin(up.address, folder)
        there = end(process)
        tally.tried(clear_end(there), there.sentence)
        for worker in up.workers:
            up.kill(worker)
        up.work(2)
        up.until(lambda s: s["workers"] == 2)
        tally.tried(same(here, end(begin(up.address, folder))))
    return tally


def _scheduler_gone(folder: Path, here: Ended) -> Tally:
    tally = Tally("cluster: scheduler killed, then a new one")
    for again in (False, True):  # gone for good; or restarted at once, at the same address
        with started(folder, 2) as up:
            process = begin(up.address, folder)
            up.until(lambda s: "processing" in s["states"])
            up.kill(up.scheduler)
            if again:
                up.schedule()
            there = end(process)
            tally.tried(clear_end(there), there.sentence)
            if not again:
                up.schedule()
            up.work(2)
            up.until(lambda s: s["workers"] >= 2)
            tally.tried(same(here, end(begin(up.address, folder))))
    return tally
