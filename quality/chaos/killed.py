"""kill -9 at seeded random moments of pull, pin, bulk and report; then the same command again, to the same bytes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .disk import aged, begun, environ, judged, resumed
from .processes import Ended, Nursery
from .tally import Tally
from .works import Work, asides, works

KILLS = {"pull": 20, "pin": 10, "bulk": 12, "report and --accept": 20}
AGAIN = 8  # times that a moment is drawn anew because the run had ended before it


def killed(folder: Path, nursery: Nursery, kept: Path, seed: int, quick: bool) -> Iterator[Tally]:
    with works(folder, nursery, kept) as all_works:
        for work in all_works:
            if work.name in KILLS:
                yield _killed(work, folder / "at", nursery, 3 if quick else KILLS[work.name], seed)


def _killed(work: Work, at: Path, nursery: Nursery, kills: int, seed: int) -> Tally:
    tally, rng = Tally(f"kill -9: {work.name}"), random.Random(f"{seed} {work.name}")
    begun(work, at)
    old = work.read(at)
    lasted = []
    for _ in range(3):
        begun(work, at)
        start = time.monotonic()
        undisturbed = nursery.run(work.argv(at), at, **environ(work, at))
        lasted.append(time.monotonic() - start)
        assert undisturbed.code == 0, undisturbed.err
    new = work.read(at)
    for number in range(kills):
        begun(work, at)
        for _ in range(AGAIN):
            ended, share = _kill(work, at, nursery, rng.random() * min(lasted))
            if ended.code == -signal.SIGKILL:
                break
            begun(work, at)
        else:
            tally.skip(f"kill {number}: {AGAIN} times the run had ended before its moment")
            continue
        most = len(asides(at))
        problems = judged(work, at, old, new, ended, "torn")
        problems += [] if most <= 3 else [f"{most} places left aside by one run"]
        aged(at)
        work.again(at)
        problems += resumed(work, at, new, nursery.run(work.argv(at), at, **environ(work, at)))
        problems += [f"still left aside: {left.name}" for left in asides(at)]
        tally.tried([f"kill {number} at {share:.3f} s: {text}" for text in problems], "nothing: the process is dead")
    return tally


def _kill(work: Work, at: Path, nursery: Nursery, moment: float) -> tuple[Ended, float]:
    started = nursery.start(work.argv(at), at, **environ(work, at))
    time.sleep(moment)
    os.kill(started[0], signal.SIGKILL)  # a child that has ended is still there until it is waited for
    return nursery.wait(started), moment
