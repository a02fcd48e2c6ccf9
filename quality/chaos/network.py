"""A World Bank that misbehaves (the plan of faults of tests/data/server.py) under pulls of several series."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .processes import Nursery
from .tally import Tally
from .works import CODES, SLOW_KINDS, StandIn, State, stored

# What passes: asked again, and the user is not bothered.
PASSING = (
    "reset", "cut", "truncated", "xml", "html", "empty", "500", "502", "503", "504", "400", "429", "busy", "total",
    "repeat", "repeat-whole", "per-page-zero", "text-value", "nan", "redirect-same",
)  # fmt: skip
# An answer that drips or never ends, within a time limit of TOTAL seconds for each try.
TOTAL = 2.0
TRIES, START = 6, 20.0  # of an answer; seconds for a process to begin and for the other series
# What does not: one series fails with a sentence, the others are kept, and a later pull brings it.
LASTING = ("reset", "truncated", "html", "502", "404", "403", "unknown", "deleted", "null", "redirect", "nan", "empty",
           "code-null", "code-lower", "code-two", "code-number", "packed")  # fmt: skip
PULL = """
import sys
from eaeu_analysis.data.sources.live.http import HttpSettings
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store
quick = HttpSettings(wait_initial=0.01, wait_max=0.03, attempts=6, connect=5.0, read=20.0, total={total})
report = pull_series({codes!r}, years="2010-2024", per_page={per_page}, store=Store("store"), endpoint={endpoint!r},
                     settings=quick, notes=False, max_age=1, concurrency=4)
print("; ".join(row.sentence for row in report.failed))
sys.exit(report.exit_code(strict=True))
"""


def network(folder: Path, nursery: Nursery, seed: int, quick: bool) -> Iterator[Tally]:
    rng = random.Random(f"{seed} network")
    passing, many, lasting = (
        Tally("network: a fault that passes"),
        Tally("network: one page in ten"),
        Tally("network: a fault that lasts, then a later pull"),
    )
    slow = Tally("network: an answer that is too slow ends in its time, then a later pull")
    with StandIn() as bank:
        clean = _pull(folder / "clean", bank, nursery, [])[0]
        few = slice(0, 4 if quick else None)
        for kind in PASSING[few]:
            plan = {"kind": kind, "page": rng.randint(1, 5), "path": f"/series/{rng.choice(CODES)}/", "seconds": 0.1}
            state, code, message = _pull(folder / f"passing-{kind}", bank, nursery, [plan])
            passing.tried(_problems(kind, state == clean, code == 0, message), message)
        for turn in range(1 if quick else 5):
            kinds = ("502", "truncated", "reset", "html", "429", "repeat-whole", "cut", "empty")
            plans = [{"kind": kind, "one_in": 10 * len(kinds) + turn, "seconds": 0.05} for kind in kinds]
            state, code, message = _pull(folder / f"many-{turn}", bank, nursery, plans, per_page=50)
            many.tried(_problems(f"turn {turn}", state == clean, code == 0, message), message)
        for kind in LASTING[few]:
            hit = rng.choice(CODES)
            place = folder / f"lasting-{kind}"
            state, code, message = _pull(
                place, bank, nursery, [{"kind": kind, "path": f"/series/{hit}/", "times": 999}]
            )
            others = {name: value for name, value in clean.items() if not name.startswith(f"{hit} ")}
            found = _problems(kind, state == others, code == 4 and bool(message), message)
            state, code, _ = _pull(place, bank, nursery, [])
            lasting.tried(found + _problems(f"{kind}, later", state == clean, code == 0, ""), message)
        for kind in SLOW_KINDS[few]:
            hit, place = rng.choice(CODES), folder / f"slow-{kind}"
            begun = time.monotonic()
            plans = [{"kind": kind, "path": f"/series/{hit}/", "times": 999}]
            state, code, message = _pull(place, bank, nursery, plans, total=TOTAL)
            others = {name: value for name, value in clean.items() if not name.startswith(f"{hit} ")}
            found = _problems(kind, state == others, code == 4 and bool(message), message)
            if time.monotonic() - begun > TRIES * (TOTAL + 2.0) + START:
                found.append(f"{kind}: not ended in its time")
            state, code, _ = _pull(place, bank, nursery, [])
            slow.tried(found + _problems(f"{kind}, later", state == clean, code == 0, ""), message)
    yield from (passing, many, lasting, slow)


def _pull(
    place: Path, bank: StandIn, nursery: Nursery, plans: list[dict[str, Any]], per_page: int = 600, total: float = 60.0
) -> tuple[State, int | str, str]:
    """What is stored after a pull under these faults, the exit code, and its messages on what failed."""
    place.mkdir(parents=True, exist_ok=True)
    bank.faults.clear()
    for plan in plans:
        bank.fault(**plan)
    ended = nursery.run(PULL.format(codes=CODES, per_page=per_page, endpoint=bank.endpoint, total=total), place)
    if "Traceback" in ended.err:
        return {}, ended.code, ended.sentence
    return stored(place), ended.code, ended.out.strip()


def _problems(what: str, same: bool, ended_well: bool, message: str) -> list[str]:
    found = [] if same else [f"{what}: not the bytes of a clean pull"]
    return found + ([] if ended_well else [f"{what}: it ends otherwise than it should: {message}"])
