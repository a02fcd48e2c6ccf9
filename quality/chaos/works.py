"""What is disturbed: each command that writes, with the state it begins from and the state that it must leave."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from eaeu_analysis.output_folder import output_folder, write_output_file

from .processes import ROOT, Nursery

sys.path.insert(0, str(ROOT / "tests" / "data"))
from bulk_files import baci
from server import StandIn
from server_data import SERIES
from server_slow import SLOW

CODES = list(SERIES)[:3]
SLOW_KINDS = tuple(SLOW)
BASELINE = ROOT / "data" / "baseline.json"
CSV = (
    '"Data Source","World Development Indicators",\n\n"Last Updated Date","2026-04-08",\n\n'
    '"Country Name","Country Code","Indicator Name","Indicator Code","2014","2015",\n'
    '"Kyrgyz Republic","KGZ","{label}","{code}","125.06","110.9",\n"Uzbekistan","UZB","{label}","{code}","36.4","",\n'
)

State = dict[str, str]  # a hash, or what is known of it, by the name of what can be read


@dataclass(frozen=True)
class Work:
    """``begin`` lays the state before into a folder; ``argv`` makes the command for it; ``read`` tells what stands
    there, and raises when it cannot be read. ``free``: the command may leave part of the new with all of the old
    (a store), else it is all old or all new. ``quiet``: a fault costs nothing, in silence. ``again``: what to lay
    out before the same command is given once more."""

    name: str
    begin: Callable[[Path], None]
    argv: Callable[[Path], Sequence[str] | str]
    read: Callable[[Path], State]
    free: bool = False
    quiet: bool = False
    env: dict[str, str] = field(default_factory=dict)
    again: Callable[[Path], object] = id


def tree(folder: Path) -> State:
    """Every file but what lies aside."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not hidden(p.relative_to(folder)))
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def asides(folder: Path) -> list[Path]:
    """What writers left aside."""
    return sorted(p for p in folder.rglob(".*.part"))


def stored(folder: Path) -> State:
    """Every series of a store with the hash of its values, all of them checked."""
    from eaeu_analysis.data.store import Store

    store = Store(folder / "store")
    entries = store.entries()
    for entry in entries:
        store.read(entry)
    if store.problems:
        raise ValueError(str(store.problems[0].text))
    names = [f"{e.code} {e.vintage}" for e in entries]
    if len(set(names)) != len(names):
        raise ValueError("a series is stored twice")
    return {name: f"{e.sha256} {e.rows}" for name, e in zip(names, entries, strict=True)}


def pinned(folder: Path) -> State:
    from eaeu_analysis.data.sources.pinned import PinnedSource

    if problems := PinnedSource(folder / "pin").verify():
        raise ValueError(problems[0])
    return tree(folder / "pin")


def held(folder: Path, mark: str) -> State:
    """What is found in the cache under that key."""
    from eaeu_analysis.report import cache

    with mock.patch.dict(os.environ, {"EAEU_STORE": str(folder / "cache")}):
        found = cache.load_cached("claims", mark) or {}
    return {name: hashlib.sha256(data).hexdigest() for name, data in found.items()}


def csv(folder: Path, code: str, label: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{code}.csv"
    file.write_text(CSV.format(code=code, label=label), encoding="utf-8")
    return file


def copied(template: Path) -> Callable[[Path], None]:
    def copy(folder: Path) -> None:
        shutil.copytree(template, folder, dirs_exist_ok=True)

    return copy


def pulling(codes: Sequence[str], store: Path, endpoint: str, *more: str) -> list[str]:
    where = ["--store", str(store), "--endpoint", endpoint, "--years", "2010-2024"]
    return ["data", "pull", *codes, *where, *more]


KEEP = """
from pathlib import Path
from eaeu_analysis.report import cache
files = {{"a": b"new " * 3000, "b": b"more"}}
print(cache.store_cached("claims", {mark!r}, files))
assert cache.load_cached("claims", {mark!r}) in (None, files, {{"a": b"old"}})
"""


@contextlib.contextmanager
def works(folder: Path, nursery: Nursery, kept: Path) -> Iterator[list[Work]]:
    """The works, each with its state before laid out once; ``kept``: cache of the report that :func:`warm` made."""
    names = ("pull", "pin", "bulk", "report", "brief", "file", "cache")
    before = {name: folder / "before" / name for name in names}
    for place in before.values():
        place.mkdir(parents=True)
    warm_env = {"EAEU_STORE": str(kept)}
    with StandIn() as bank:
        endpoint = bank.endpoint

        def done(argv: Sequence[str] | str, root: Path, **env: str) -> None:
            ended = nursery.run(argv, root, **env)
            if ended.code != 0:
                raise SystemExit(f"the state before cannot be made: {argv} ends with {ended.code}\n{ended.err}")

        done(pulling(CODES[:1], before["pull"] / "store", endpoint), before["pull"])
        done(["data", "pin", str(csv(folder / "from", "MY.OLD", "Old")), "--out", str(before["pin"] / "pin")], folder)
        csv(folder / "from", "MY.NEW", "New")
        own_folder(before["report"] / "report", "report", "report.json", "gone.csv")
        shutil.copy(BASELINE, before["report"] / "baseline.json")
        own_folder(before["brief"] / "brief", "brief", "brief.json")
        own_folder(before["bulk"] / "flows", "flows", "flows.json", "flows_1999.parquet")
        baci(folder / "from" / "baci")
        write_output_file(before["file"] / "checked.html", b"old")
        mark = "0" * 64
        old = f"from eaeu_analysis.report import cache; cache.store_cached('claims', {mark!r}, {{'a': b'old'}})"
        done(old, before["cache"], EAEU_STORE=str(before["cache"] / "cache"))
        yield [
            Work("pull", copied(before["pull"]),
                 lambda at: pulling(CODES, at / "store", endpoint, "--concurrency", "1"), stored, free=True),
            Work("pin", copied(before["pin"]),
                 lambda at: ["data", "pin", str(folder / "from" / "MY.NEW.csv"), "--out", str(at / "pin")], pinned),
            Work("bulk", copied(before["bulk"]), lambda at: bulk_argv(folder / "from" / "baci", at / "flows"),
                 lambda at: tree(at / "flows")),
            Work("report and --accept", copied(before["report"]), report_argv, reported, free=True, env=warm_env,
                 again=lambda at: shutil.copy(BASELINE, at / "baseline.json")),
            Work("brief", copied(before["brief"]),
                 lambda at: ["brief", "--out", str(at / "brief"), "--format", "md,html,json"],
                 lambda at: tree(at / "brief"), env=warm_env),
            Work("a single file", copied(before["file"]),
                 lambda at: ["check", "It rained.", "--html", str(at / "checked.html")], tree),
            Work("cache of the report", copied(before["cache"]), lambda at: KEEP.format(mark=mark),
                 lambda at: held(at, mark), quiet=True),
        ]  # fmt: skip


def own_folder(folder: Path, kind: str, *names: str) -> None:
    """An output folder of that kind as an earlier run of the program left it."""
    with output_folder(folder, kind) as stage:
        for name in names:
            (stage / name).write_text('{"old": 1}')


def bulk_argv(source: Path, out: Path) -> list[str]:
    return ["data", "bulk", "baci", str(source), "--out", str(out)]


def report_argv(at: Path) -> list[str]:
    return ["report", "--out", str(at / "report"), "--check", str(at / "baseline.json"), "--accept"]


def reported(at: Path) -> State:
    """The report as one thing, and the accepted state as another."""
    whole = hashlib.sha256(repr(sorted(tree(at / "report").items())).encode()).hexdigest()
    from eaeu_analysis.report.drift import baseline

    baseline.read_baseline(at / "baseline.json")
    return {"report": whole, "baseline": hashlib.sha256((at / "baseline.json").read_bytes()).hexdigest()}


def warm(kept: Path, folder: Path, nursery: Nursery) -> Path:
    """Fill the cache ``kept`` with the report and its claims, so that what is tried afterwards is the writing."""
    at = folder / "warm"
    at.mkdir(parents=True)
    shutil.copy(BASELINE, at / "baseline.json")
    ended = nursery.wait(nursery.start(report_argv(at), at, EAEU_STORE=str(kept)), 1800)
    if ended.code != 0:
        raise SystemExit(f"the report cannot be made: {ended.err}")
    return kept
