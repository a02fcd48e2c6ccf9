"""A process a target: its memory is its own, and a reader that brings the process down is counted like any other."""

from __future__ import annotations

import json
import mmap
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .engine import Tally, keep

STILL = 120  # seconds without a new input, after which a process is taken for hung
START = 600  # seconds until the first
LOOK = 0.05  # seconds between two looks
DEATHS = 20  # times that a target may bring its process down before it is given up
ROOT = Path(__file__).resolve().parents[2]
_HEAD = 16  # bytes of a slate: inputs begun, length of the present one


@dataclass(frozen=True)
class Order:
    """What one process is to do; times are seconds."""

    target: str
    inputs: int
    seed: int
    engine: str
    seconds: float
    place: str


class Slate:
    """The input under way, in a file shared with the parent, that outlives the process."""

    def __init__(self, path: Path, size: int = 1 << 18) -> None:
        if not path.exists():
            path.write_bytes(bytes(size))
        self._file = path.open("r+b")
        self._map = mmap.mmap(self._file.fileno(), 0)
        self.begun = 0

    def write(self, data: bytes) -> None:
        self.begun += 1
        room = len(self._map) - _HEAD
        self._map[:_HEAD] = self.begun.to_bytes(8, "little") + min(len(data), room).to_bytes(8, "little")
        self._map[_HEAD : _HEAD + min(len(data), room)] = data[:room]

    def read(self) -> tuple[int, bytes]:
        """How many inputs were begun, and the last of them."""
        begun, length = (int.from_bytes(self._map[k : k + 8], "little") for k in (0, 8))
        return begun, self._map[_HEAD : _HEAD + length]

    def close(self) -> None:
        self._map.close()
        self._file.close()


def run(orders: list[Order], jobs: int, report: Callable[[Tally], None]) -> list[Tally]:
    """Every order, ``jobs`` at a time, in their order; ``report`` of each as it ends."""

    def one(order: Order) -> Tally:
        tally = _followed(order)
        report(tally)
        return tally

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, orders))


def _followed(order: Order) -> Tally:
    """One order to its end, begun again with another seed after each death of its process."""
    whole = Tally(order.target)
    begun = time.monotonic()
    for death in range(DEATHS):
        left = order.seconds - (time.monotonic() - begun)
        if whole.inputs >= order.inputs or left <= 0:
            break
        seed = order.seed + 1_000_003 * death
        part, fault = _process(Order(order.target, order.inputs - whole.inputs, seed, order.engine, left, order.place))
        whole = _sum(whole, part)
        if not fault:
            break
        whole.crashes[fault] = whole.crashes.get(fault, 0) + 1
    return whole


def _process(order: Order) -> tuple[Tally, str]:
    """What a process did; with the fault, when it did not end by itself."""
    with tempfile.TemporaryDirectory(prefix="eaeu-fuzz-") as folder:
        slate_file, out = Path(folder) / "slate", Path(folder) / "tally.json"
        slate = Slate(slate_file)
        child = subprocess.Popen(
            [sys.executable, "-m", "quality.fuzz.worker", json.dumps(asdict(order)), str(slate_file), str(out)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "TMPDIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=(log := (Path(folder) / "log").open("w+b")),
        )
        fault = _watched(child, slate)
        begun, data = slate.read()
        slate.close()
        log.seek(0)
        output = log.read()[-3000:].decode("utf-8", "replace")
        log.close()
        if out.exists():
            return Tally(**json.loads(out.read_text())), ""
        if not begun:
            raise RuntimeError(f"target {order.target} did not begin: {output}")
        keep(Path(order.place), order.target, data, f"{fault}\n\n{output}")
        return Tally(order.target, inputs=begun), fault


def _watched(child: subprocess.Popen[bytes], slate: Slate) -> str:
    """Wait for the process; how it ended, when not by itself. Looks are counted, so that a machine that sleeps is no
    hang."""
    last, looks = 0, 0
    while child.poll() is None:
        time.sleep(LOOK)
        begun = slate.read()[0]
        last, looks = begun, looks + 1 if begun == last else 0
        if looks * LOOK > (STILL if begun else START):
            child.kill()
            child.wait()
            return f"hang: no end after {STILL} s"
    if child.returncode == 0:
        return ""
    name = signal.Signals(-child.returncode).name if child.returncode < 0 else f"exit {child.returncode}"
    return f"the process died: {name}"


def _sum(one: Tally, other: Tally) -> Tally:
    made = Tally(one.target)
    for item in fields(Tally):
        a, b = getattr(one, item.name), getattr(other, item.name)
        if item.name == "crashes":
            made.crashes = {where: a.get(where, 0) + b.get(where, 0) for where in {**a, **b}}
        elif item.name != "target":
            setattr(made, item.name, max(a, b) if item.name in ("kinds", "slowest", "peak") else a + b)
    return made
