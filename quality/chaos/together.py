"""Several processes at once: pulls into one store, reports into one folder, pins into one package."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .disk import begun, environ
from .network import PULL
from .processes import EAEU, Nursery, environment, run
from .tally import Tally
from .works import SERIES, StandIn, Work, asides, csv, pinned, stored, works

MANY = list(SERIES)[:6]


def together(folder: Path, nursery: Nursery, kept: Path, seed: int, quick: bool) -> Iterator[Tally]:
    for count in (2, 8):
        yield _pulls(folder / f"pull-{count}", nursery, count, 1 if quick else 3, seed)
    with works(folder / "works", nursery, kept) as all_works:
        for work in all_works:
            if work.name in ("report and --accept", "brief"):
                yield _same(work, folder / "at", nursery, 1 if quick else 5)
    yield _pins(folder / "pins", nursery, 1 if quick else 5)


def _pulls(folder: Path, nursery: Nursery, count: int, turns: int, seed: int) -> Tally:
    """Each asks for all series; one of eight is killed half way. Nothing twice, in the store or on the wire."""
    tally, rng = Tally(f"together: {count} pulls into one store"), random.Random(f"{seed} {count}")
    with StandIn() as bank:
        code = PULL.format(codes=MANY, per_page=600, endpoint=bank.endpoint, total=60.0)
        alone = folder / "alone"
        alone.mkdir(parents=True)
        begin = time.monotonic()
        assert nursery.run(code, alone).code == 0
        lasted = time.monotonic() - begin
        clean, asked = stored(alone), bank.count("/country/")
        for turn in range(turns):
            at = folder / str(turn)
            at.mkdir()
            bank.seen.clear()
            started = [nursery.start(code, at) for _ in range(count)]
            victim = started.pop() if count > 2 else None
            if victim is not None:
                time.sleep(lasted * rng.random())
                os.kill(victim[0], signal.SIGKILL)
                nursery.wait(victim)
            problems = []
            for one in started:
                ended = nursery.wait(one)
                problems += [] if ended.code == 0 else [f"one ends with {ended.code}: {ended.sentence} {ended.out}"]
            problems += [] if stored(at) == clean else ["not the bytes of one pull alone"]
            twice = bank.count("/country/") - asked
            allowed = 0 if victim is None else 6  # what the killed one had under way
            problems += [] if twice <= allowed else [f"{twice} pages asked for twice"]
            tally.tried([f"turn {turn}: {text}" for text in problems])
    check = run([*EAEU, "data", "verify", "--store", str(at / "store")], environment(), folder)
    tally.tried([] if check.code == 0 else [f"verify: {check.sentence}"])
    return tally


def _same(work: Work, at: Path, nursery: Nursery, turns: int) -> Tally:
    """Two of the same command into the same place: both do it, or one says why not; the place is whole throughout."""
    tally = Tally(f"together: {work.name}, twice at once")
    begun(work, at)
    assert nursery.run(work.argv(at), at, **environ(work, at)).code == 0
    new = work.read(at)
    for turn in range(turns):
        begun(work, at)
        started = [nursery.start(work.argv(at), at, **environ(work, at)) for _ in range(2)]
        ended = [nursery.wait(one) for one in started]
        problems = [f"one ends with {e.code}: {e.sentence}" for e in ended if e.code != 0]
        problems += [] if work.read(at) == new else ["not what one alone gives"]
        problems += [f"left aside: {left.name}" for left in asides(at)]
        tally.tried([f"turn {turn}: {text}" for text in problems])
    return tally


def _pins(folder: Path, nursery: Nursery, turns: int) -> Tally:
    """Two pins of other series into one package at once: both are there, or one says that it must be run again."""
    tally = Tally("together: two series pinned into one package at once")
    for turn in range(turns):
        shutil.rmtree(folder, ignore_errors=True)
        files = [csv(folder / "from", code, code) for code in ("MY.OLD", "MY.ONE", "MY.TWO")]
        argv = [["data", "pin", str(file), "--out", str(folder / "pin")] for file in files]
        assert nursery.run(argv[0], folder).code == 0
        ended = [nursery.wait(one) for one in [nursery.start(a, folder) for a in argv[1:]]]
        there = pinned(folder)
        codes = ["MY.OLD", *(code for code, e in zip(("MY.ONE", "MY.TWO"), ended, strict=True) if e.code == 0)]
        lost = [code for code in codes if f"{code}--2026-04-08.parquet" not in there]
        problems = [f"turn {turn}: {code} was pinned and is gone" for code in lost]
        problems += [f"turn {turn}: {e.code} {e.err}" for e in ended if e.code not in (0, 2)]
        tally.tried(problems, "; ".join(sorted({e.sentence for e in ended})))
    return tally
