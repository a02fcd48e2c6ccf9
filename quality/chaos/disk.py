"""A disk that is full, read-only, fails on fsync, or loses its process in the middle of a write, around every write."""

from __future__ import annotations

import os
import random
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .processes import EAEU, Ended, Nursery, environment, run
from .tally import Tally
from .works import BASELINE, State, Work, asides, own_folder, tree, works

# Fault, and the changes it can strike: o create, w write, f fsync, r rename, d mkdir, u unlink, c chmod or truncate.
KINDS = {"full": "owd", "readonly": "owfrdu", "fsync": "f", "io": "owrd", "torn": "owfrdu", "short": "w"}
TITLES = {
    "full": "disk full",
    "readonly": "disk turns read-only",
    "fsync": "fsync fails",
    "io": "one write fails",
    "torn": "killed in a write",
    "short": "short write",
}
TRIES, QUICK = 8, 2  # of each fault on each work: first and last change, and a seeded choice between


def disk(folder: Path, nursery: Nursery, kept: Path, seed: int, tries: int) -> Iterator[Tally]:
    tallies = {kind: Tally(f"disk: {title}") for kind, title in TITLES.items()}
    tallies["apart"] = Tally("disk: killed where folders cannot trade places")
    if nursery.preload is None:
        for tally in tallies.values():
            tally.skip("no C compiler, so nothing to preload")
    else:
        with works(folder, nursery, kept) as all_works:
            for work in all_works:
                _one(work, folder, nursery, tallies, random.Random(f"{seed} {work.name}"), tries)
                if work.name in ("pin", "report and --accept", "brief"):
                    _apart(work, folder / "at", nursery, tallies["apart"])
    yield from tallies.values()
    yield _small(folder, kept)
    yield _standard_output(folder)


def _one(work: Work, folder: Path, nursery: Nursery, tallies: dict[str, Tally], rng: random.Random, tries: int) -> None:
    at = folder / "at"
    old, new, trace = _clean(work, at, nursery)
    for kind, letters in KINDS.items():
        places = [n for n, letter in enumerate(trace) if letter in letters]
        for place in _some(places, tries, rng):
            begun(work, at)
            ended = nursery.run(work.argv(at), at, kind, place, **environ(work, at))
            where = f"{work.name}, {kind} at change {place} of {len(trace)} ({trace[place]})"
            problems = judged(work, at, old, new, ended, kind)
            work.again(at)
            again = nursery.run(work.argv(at), at, **environ(work, at))
            problems += resumed(work, at, new, again)
            tallies[kind].tried([f"{where}: {text}" for text in problems], seen(ended))


def _apart(work: Work, at: Path, nursery: Nursery, tally: Tally) -> None:
    """Killed at each rename on a file system without the exchange: a folder may be missing until the next run."""
    env = {"CHAOS_NO_EXCHANGE": "1"}
    _, new, trace = _clean(work, at, nursery, **env)
    for place in [n for n, letter in enumerate(trace) if letter == "r"]:
        begun(work, at)
        ended = nursery.run(work.argv(at), at, "torn", place, **env, **environ(work, at))
        problems = [] if ended.code == -9 else [f"it was not killed ({ended.code})"]
        aged(at)
        work.again(at)
        problems += resumed(work, at, new, nursery.run(work.argv(at), at, **env, **environ(work, at)))
        problems += [f"still left aside: {left.name}" for left in asides(at)]
        tally.tried([f"{work.name}, rename {place}: {text}" for text in problems], seen(ended))


def environ(work: Work, at: Path) -> dict[str, str]:
    return {"EAEU_STORE": str(at / "cache"), **work.env}


def begun(work: Work, at: Path) -> None:
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir(parents=True)
    work.begin(at)


def _clean(work: Work, at: Path, nursery: Nursery, **env: str) -> tuple[State, State, str]:
    """State before, state after an undisturbed run, and the changes on disk that it made."""
    begun(work, at)
    old = work.read(at)
    ended = nursery.run(work.argv(at), at, **env, **environ(work, at))
    if ended.code != 0 or asides(at):
        raise SystemExit(f"{work.name} fails undisturbed ({ended.code}): {ended.err} {asides(at)}")
    new = work.read(at)
    if new == old or not ended.trace:
        raise SystemExit(f"{work.name} changes nothing that is seen: the experiment would show nothing")
    return old, new, ended.trace


def _some(places: list[int], count: int, rng: random.Random) -> list[int]:
    if len(places) <= count:
        return places
    ends = [places[0], places[-1]][:count]
    return sorted({*ends, *rng.sample(places[1:-1], count - len(ends))})


def judged(work: Work, at: Path, old: State, new: State, ended: Ended, kind: str) -> list[str]:
    """What is wrong: something lost, mixed or unreadable; no clear sentence; an exit code that says otherwise."""
    try:
        state = work.read(at)
    except Exception as error:  # whatever it is, it cannot be read
        return [f"what stood there cannot be read: {type(error).__name__} {error}"]
    problems = []
    if work.free:
        bad = [name for name in old if state.get(name) not in (old[name], new.get(name))]
        bad += [name for name in state if state[name] not in (old.get(name), new.get(name))]
        problems += [f"{bad[0]} is neither the old nor the new"] if bad else []
    elif state not in (old, new):
        problems.append("what stands there is neither the old nor the new")
    if ended.code == "hangs":
        return [*problems, "it hangs"]
    if "Traceback" in ended.err or "Exception ignored" in ended.err:
        return [*problems, f"a traceback: {ended.sentence}"]
    if kind == "torn":
        return problems + ([] if ended.code == -9 else [f"it was not killed ({ended.code})"])
    if kind != "torn" and asides(at) and kind not in ("readonly", "io"):
        problems.append(f"left aside: {asides(at)[0].name}")
    if work.quiet or kind == "short":
        done = ended.code == 0 and (work.quiet or state == new)
        return problems + ([] if done else [f"it should have passed: {ended.code}, {ended.sentence}"])
    if ended.code == 0:
        return problems + ([] if state == new else ["it says that all is well, and it is not"])
    if ended.code not in ((4, 6) if work.name == "pull" else (6,)):  # 4: a series failed; 6: nothing could be begun
        problems.append(f"it ends with {ended.code}")
    if not ended.sentence.startswith("eaeu: "):
        problems.append(f"no sentence: {ended.sentence!r}")
    return problems


def resumed(work: Work, at: Path, new: State, again: Ended) -> list[str]:
    """The same command once more, undisturbed, does it; and what was left aside is gone once it has settled."""
    problems = [] if again.code == 0 else [f"the same command again ends with {again.code}: {again.sentence}"]
    try:
        problems += [] if work.read(at) == new else ["the same command again gives other bytes"]
    except Exception as error:
        problems.append(f"after the same command again: {error}")
    return problems


def aged(at: Path) -> None:
    """What lies aside has been there for an hour."""
    then = time.time() - 3600
    for left in asides(at):
        os.utime(left, (then, then))


def seen(ended: Ended) -> str:
    if ended.code == -9:
        return "nothing: the process is dead"
    refusals = [line.strip() for line in ended.out.splitlines() if "cannot be written" in line]
    return "; ".join([*refusals[:1], ended.sentence if ended.sentence.startswith("eaeu: ") else ""]).strip("; ")


def _small(folder: Path, kept: Path) -> Tally:
    """A real disk of 64 kB, and one mounted read-only; needs the right to mount."""
    tally = Tally("disk: a real one, 64 kB or read-only")
    for name, options in (("full", "size=64k"), ("readonly", "size=4m")):
        place = folder / f"disk-{name}"
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            tally.skip(f"a disk of its own ({name}): no right to mount one")
            continue
        try:
            own_folder(place / "report", "report", "report.json")
            before = tree(place)
            if name == "readonly":
                subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
            argv = ["report", "--out", str(place / "report"), "--check", str(BASELINE)]
            ended = run([*EAEU, *argv], environment({"EAEU_STORE": str(kept)}), folder)
            problems = [] if ended.code == 6 and ended.sentence.startswith("eaeu: ") else [f"{ended.code} {ended.err}"]
            if tree(place) != before or asides(place):
                problems.append(f"not as it was: {[p.name for p in place.rglob('*')]}")
            tally.tried(problems, ended.sentence)
        finally:
            subprocess.run(["umount", str(place)], check=True)
    return tally


def _standard_output(folder: Path) -> Tally:
    """Standard output into a full disk, and a file that may not grow."""
    tally = Tally("disk: standard output full")
    for argv in (["compare", "KGZ", "--json"], ["compare", "KGZ"], ["data", "list"], ["--version"]):
        with Path("/dev/full").open("wb") as full:
            command = [*EAEU, *argv]
            done = subprocess.run(
                command, env=environment(), cwd=folder, stdout=full, stderr=subprocess.PIPE, check=False
            )
        err = done.stderr.decode()
        last = (err.strip().splitlines() or [""])[-1]
        ok = done.returncode == 6 and last.startswith("eaeu: ") and "Traceback" not in err and "ignored" not in err
        tally.tried([] if ok else [f"{argv}: {done.returncode} {err}"], last)
    limit = folder / "limited.json"

    def no_growth() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    argv = ["scenario", "schema", "--out", str(limit)]
    ended = run([*EAEU, *argv], environment(), folder, preexec_fn=no_growth)
    ok = ended.code == 6 and ended.sentence.startswith("eaeu: ") and not limit.exists() and not asides(folder)
    tally.tried([] if ok else [f"{argv}: {ended.code} {ended.err}"], ended.sentence)
    return tally
