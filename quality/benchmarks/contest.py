"""What every benchmark shares: a contest of two sides by turns, a peer in an interpreter of its own, one record a row.

A contest alternates: one turn of each side, the first to go changing from turn to turn; its ratio is the median of the
ratios within a turn. A peer is a process that waits for its next turn, in an environment that uv makes once under
bld/peers, so that its start and its imports are not counted and its libraries do not meet ours. Each row carries what
was compared too: a faster answer that is not the same answer does not count.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "benchmarks" / "data"  # published inputs that may not be shipped; optional
PEERS = ROOT / "bld" / "peers"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
os.environ.update(ONE_THREAD)  # this module is imported before numpy, so that both sides have one thread of algebra

PRELUDE = """
import json, os, resource, sys, time, warnings
warnings.simplefilter("ignore")
_answers = os.fdopen(os.dup(1), "w")
sys.stdout = open(os.devnull, "w")
os.environ["MPLBACKEND"] = "Agg"
def timed(call):
    clock, cpu = time.perf_counter(), sum(os.times()[:4])
    answer = call()
    return answer, {"clock": time.perf_counter() - clock, "cpu": max(sum(os.times()[:4]) - cpu, 1e-3)}
"""
LOOP = """
for _line in sys.stdin:
    _answer = turn(**json.loads(_line))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _answer["peak_mb"] = peak / (1024 if sys.platform != "darwin" else 1e6)
    print(json.dumps(_answer), file=_answers, flush=True)
"""


@dataclass(frozen=True)
class Row:
    """One figure. ``ours`` and ``theirs`` are seconds a turn, in the same order; ``by`` says of which clock.

    ``reached``: whether the target of ``at_least`` (ratio) or ``at_most`` (seconds) is reached and ``same`` is true.
    """

    group: str
    what: str
    ours: list[float]
    peer: str = ""
    theirs: list[float] = field(default_factory=list)
    by: str = "processor"
    at_least: float | None = None
    at_most: float | None = None
    same: bool = True
    compared: str = ""
    peak_mb: float | None = None
    peak_mb_theirs: float | None = None
    peak_mb_at_most: float | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        return [b / a for a, b in zip(self.ours, self.theirs, strict=True)] if self.theirs else []

    @property
    def reached(self) -> bool:
        fast = self.at_least is None or statistics.median(self.ratios) >= self.at_least
        quick = self.at_most is None or statistics.median(self.ours) <= self.at_most
        small = self.peak_mb_at_most is None or (self.peak_mb or 0.0) <= self.peak_mb_at_most
        return self.same and fast and quick and small

    def line(self) -> str:
        mine = f"{self.what}: {_seconds(statistics.median(self.ours))} of {self.by} time"
        if self.theirs:
            middle, low, high = statistics.median(self.ratios), min(self.ratios), max(self.ratios)
            mine += (
                f", {self.peer} {_seconds(statistics.median(self.theirs))}: {middle:,.2f}x ({low:,.2f} to {high:,.2f})"
            )
        verdict = "reached" if self.reached else "NOT REACHED"
        return f"{mine}; {self.compared or 'nothing to compare'}; {verdict}"


def _seconds(value: float) -> str:
    return f"{1000 * value:.2f} ms" if value < 0.1 else f"{value:.2f} s"


class Peer:
    """A peer's process. ``code`` defines ``turn(**question) -> dict``; it may use ``timed``."""

    def __init__(self, python: str, code: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [python, "-c", PRELUDE + code + LOOP, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def turn(self, **question: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(question), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the peer ended with {self._process.wait()}; its words are above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def environment(*packages: str) -> str:
    """The python of an environment that has just ``packages``; made once, under bld/peers."""
    place = PEERS / "-".join(p.replace("==", "_") for p in packages)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (place / ".ready").is_file():
        shutil.rmtree(place, ignore_errors=True)
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(place)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *packages], check=True)
        (place / ".ready").touch()
    return str(python)


def timed(call: Callable[[], Any], repeat: int = 1) -> tuple[Any, dict[str, float]]:
    """The last answer, and seconds a call; a peer's also count the processes it starts and waits for."""
    clock, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        answer = call()
    return answer, {
        "clock": (time.perf_counter() - clock) / repeat,
        "cpu": (time.process_time() - cpu) / repeat,
    }


def alternate(turns: int, ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[list[Any], list[Any]]:
    """The answer of each side, turn by turn; who goes first changes."""
    answers: tuple[list[Any], list[Any]] = ([], [])
    for turn in range(turns):
        sides = ((0, ours), (1, theirs)) if turn % 2 == 0 else ((1, theirs), (0, ours))
        for place, call in sides:
            answers[place].append(call())
    return answers


def peak_mb() -> float:
    """Of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def finish(rows: Sequence[Row], path: Path | None) -> int:
    """Print the rows, write them to ``path``; 1 if a target is missed."""
    for row in rows:
        print(row.line(), flush=True)
    if path is not None:
        path.write_text(
            json.dumps([asdict(row) for row in rows], indent=1, default=lambda value: value.item()) + "\n",
            encoding="utf-8",
        )
    return 0 if all(row.reached for row in rows) else 1
