"""Inputs in turn. Ours: what brings a sentence not heard before is spoilt further; atheris: what reaches new lines."""

from __future__ import annotations

import hashlib
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from . import mutate
from .judge import SLOW, Verdict, judge, peak
from .target import Target

CORPUS = 4000  # inputs kept to be spoilt further
KEPT = 3  # inputs kept of one crash
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\([^()]*\)|\S*\d\S*|[^\x00-\x7f]+")


@dataclass
class Tally:
    """What became of the inputs of one target. ``kinds``: sentences that differ in more than names and numbers.
    ``crashes``: how often each came, by place; ``slow``: inputs that took over a second."""

    target: str
    inputs: int = 0
    results: int = 0
    refused: int = 0
    kinds: int = 0
    crashes: dict[str, int] = field(default_factory=dict)
    slow: int = 0
    slowest: float = 0.0
    peak: int = 0


@dataclass
class Sitting:
    """One target under one engine: judges, counts, keeps what crashed in ``place``; ``mark`` is given each input first,
    so that it outlives the process."""

    target: Target
    place: Path
    mark: Callable[[bytes], None] = lambda data: None
    tally: Tally = field(init=False)
    heard: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.tally = Tally(self.target.name)

    def try_(self, data: bytes) -> bool:
        """Judge one input; whether its like was not met before."""
        data = self.target.seal(data[: self.target.most])
        self.mark(data)
        verdict = judge(self.target, data)
        tally = self.tally
        tally.inputs += 1
        tally.results += verdict.what == "result"
        tally.refused += verdict.what == "refused"
        tally.slow += verdict.seconds > SLOW
        tally.slowest, tally.peak = max(tally.slowest, verdict.seconds), peak()
        if verdict.what == "crash":
            self._keep(data, verdict)
        kind = _QUOTED.sub("", f"{verdict.what} {verdict.message}")[:160]
        new = kind not in self.heard
        self.heard.add(kind)
        tally.kinds = len(self.heard)
        return new

    def _keep(self, data: bytes, verdict: Verdict) -> None:
        seen = self.tally.crashes.get(verdict.where, 0)
        self.tally.crashes[verdict.where] = seen + 1
        if seen < KEPT:
            keep(self.place, self.target.name, data, f"{verdict.where}\n{verdict.message}\n\n{verdict.trace}")


def keep(place: Path, name: str, data: bytes, report: str) -> Path:
    """The input of a crash, by its hash, and what is known of it in a file next to it."""
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}.bin"
    path.write_bytes(data)
    path.with_suffix(".txt").write_text(report, encoding="utf-8", errors="backslashreplace")
    return path


def spoilt(target: Target, data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """``data`` after one to eight changes, most of them such that it still parses."""
    for _ in range(1 + int(rng.expovariate(1.2)) % 8):
        way = target.form if rng.random() < 0.75 else mutate.spoil
        data = way(data, rng, others)
    return data


def own(sitting: Sitting, inputs: int, seed: int, until: float) -> None:
    """``inputs`` inputs, or as many as there is time for; the same seed gives the same."""
    rng = Random(f"{sitting.target.name} {seed}")
    seeds = list(sitting.target.seeds())
    corpus = list(seeds)
    for data in _first(seeds, corpus, sitting.target, rng):
        if sitting.tally.inputs >= inputs or time.monotonic() > until:
            return
        if sitting.try_(data) and len(corpus) < CORPUS and data not in seeds:
            corpus.append(data)


def _first(seeds: list[bytes], corpus: list[bytes], target: Target, rng: Random) -> Iterator[bytes]:
    yield from seeds
    while True:
        base = rng.choice(corpus) if rng.random() < 0.5 else rng.choice(seeds)
        yield spoilt(target, base, rng, corpus)


def covered(sitting: Sitting, inputs: int, seed: int, until: float, done: Callable[[], None]) -> None:
    """The same under atheris, which spoils further what reaches new lines; calls ``done`` and ends the process.

    The package and the parsers written in Python have to be imported under ``atheris.instrument_imports``.
    """
    import atheris

    seeds = list(sitting.target.seeds())
    corpus = sitting.place / f"corpus-{sitting.target.name}"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds:
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)

    def one(data: bytes) -> None:
        sitting.try_(data)
        if sitting.tally.inputs >= inputs or time.monotonic() > until:
            done()

    def change(data: bytes, most: int, number: int) -> bytes:
        return spoilt(sitting.target, data, Random(number), seeds)[:most]

    options: list[Any] = [f"-seed={seed + 1}", f"-max_len={sitting.target.most}", "-verbosity=0", "-rss_limit_mb=0"]
    atheris.Setup([sys.argv[0], *options, "-timeout=0", str(corpus)], one, custom_mutator=change)
    atheris.Fuzz()
