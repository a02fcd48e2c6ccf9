"""What belongs to somebody else: files in an output folder, modules in the current folder; wrong clocks, changed bits.

Nothing of the user is lost, nothing foreign is run, nothing stale is used, and no changed file passes as shipped.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from eaeu_analysis import settings
from eaeu_analysis.output_folder import MANIFEST
from eaeu_analysis.reference import shipped_tables
from eaeu_analysis.text import clean_text

from .disk import begun, environ
from .network import PULL
from .processes import EAEU, ROOT, Ended, Nursery, environment, run
from .tally import Tally
from .works import CODES, StandIn, Work, bulk_argv, csv, stored, tree, works

FOLDERS = {"pin": "pin", "bulk": "flows", "report and --accept": "report", "brief": "brief"}
MODULES = ("queue", "lzma", "bz2", "ssl", "pickle", "numpy", "pandas", "typer", "joblib", "secrets")
AHEAD = "from datetime import UTC, datetime\nfrom eaeu_analysis.data import store\n"
AHEAD += "real = store.Store\nstore.Store = lambda at: real(at, clock=lambda: datetime(2099, 1, 1, tzinfo=UTC))\n"
ACTS = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202eturned"


def foreign(folder: Path, nursery: Nursery, kept: Path, seed: int, quick: bool) -> Iterator[Tally]:
    with works(folder / "works", nursery, kept) as all_works:
        yield _strange_files(all_works, folder / "at", nursery)
        yield _links_and_mounts(folder / "linked", folder / "works" / "from" / "baci")
    yield _modules(folder / "trap")
    yield _clock(folder / "clock", nursery)
    yield _bits(folder / "bits", seed, quick)
    yield _acting_text(folder / "text")


def _stranger(out: Path) -> str:
    (out / "thesis.tex").write_text("years of work")
    return "thesis.tex"


def _edited(out: Path) -> str:
    name = sorted(p.name for p in out.iterdir() if p.name not in (MANIFEST, "datapackage.json"))[0]
    (out / name).write_text("mine now")
    return name


def _subfolder(out: Path) -> str:
    (out / "photos").mkdir()
    (out / "photos" / "one.jpg").write_text("x")
    return "photos/one.jpg"


def _other_program(out: Path) -> str:
    for name in (MANIFEST, "datapackage.json"):
        (out / name).write_text('{"name": "my web site", "resources": []}')
    return MANIFEST


SPOILS: tuple[Callable[[Path], str], ...] = (_stranger, _edited, _subfolder, _other_program)


def _strange_files(all_works: list[Work], at: Path, nursery: Nursery) -> Tally:
    """Every command that writes a folder refuses one with a foreign file before it works, and names the file."""
    tally = Tally("foreign: an output folder with files of somebody else")
    for work in all_works:
        for spoil in SPOILS if work.name in FOLDERS else ():
            begun(work, at)
            name = spoil(at / FOLDERS[work.name])
            before = tree(at)
            ended = nursery.run(work.argv(at), at, **environ(work, at))
            tally.tried([f"{work.name}, {name}: {text}" for text in _refused(ended, name, before, at)], ended.sentence)
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir()
    (at / "article.html").write_text("an article")
    for argv in (["check", "It rained.", "--html", "article.html"], ["scenario", "schema", "--out", "article.html"],
                 ["scenario", "copy", "uzb_wto", "article.html"]):  # fmt: skip
        before = tree(at)
        ended = nursery.run(argv, at)
        tally.tried([f"{argv}: {text}" for text in _refused(ended, "article.html", before, at)], ended.sentence)
    return tally


def _refused(ended: Ended, name: str, before: dict[str, str], at: Path) -> list[str]:
    found = [] if ended.code == 2 else [f"it ends with {ended.code}"]
    found += [] if ended.sentence.startswith("eaeu: ") and name in ended.sentence else [f"says {ended.sentence!r}"]
    return found + ([] if tree(at) == before else ["a file of the user was changed"])


def _links_and_mounts(at: Path, source: Path) -> Tally:
    """A link stays a link and its target is updated; a mount point is written into. Each twice."""
    tally = Tally("foreign: an output folder that is a link or a mount point")
    for kind in ("link", "mount"):
        real, out = at / kind / "real", at / kind / "out"
        real.mkdir(parents=True)
        if kind == "link":
            out.symlink_to(real)
        else:
            out.mkdir()
            if subprocess.run(["mount", "--bind", str(real), str(out)], capture_output=True, check=False).returncode:
                tally.skip("a mount point: no right to mount one")
                continue
        try:
            ended = [run([*EAEU, *bulk_argv(source, out)], environment(), at) for _ in range(2)]
        finally:
            if kind == "mount":
                subprocess.run(["umount", str(out)], check=True)
        problems = [f"it ends with {e.code}: {e.sentence}" for e in ended if e.code != 0]
        problems += [] if (real / "flows.json").is_file() else ["nothing was written there"]
        problems += [] if out.is_symlink() == (kind == "link") else ["the link was replaced"]
        problems += [f"left aside: {p.name}" for p in (at / kind).rglob(".*")]
        tally.tried([f"{kind}: {text}" for text in problems])
    return tally


def _modules(trap: Path) -> Tally:
    """Modules of other people's names in the current folder: neither the command nor its workers import one."""
    tally = Tally("foreign: modules in the current folder")
    trap.mkdir()
    sprung = trap / "SPRUNG"
    for name in MODULES:
        (trap / f"{name}.py").write_text(f"open({str(sprung)!r}, 'a').write({name!r} + ' ')\n")
    script = trap.parent / "eaeu"
    script.write_text("from eaeu_analysis.cli import main\nif __name__ == '__main__':\n    main()\n")
    curve = ["impact", "KGZ", "-o", "trade", "--curve", "--limit", "8", "--jobs", "2"]
    for argv in (["compare", "KGZ", "-o", "trade"], curve, ["check", "Trade of Kyrgyzstan fell by 33.7 points."]):
        ended = run([sys.executable, script, *argv], environment(without=("PYTHONSAFEPATH",)), trap)
        problems = [] if ended.code in (0, 5) else [f"it ends with {ended.code}: {ended.sentence}"]
        problems += [f"run: {sprung.read_text()}"] if sprung.exists() else []
        sprung.unlink(missing_ok=True)
        tally.tried([f"{argv}: {text}" for text in problems])
    return tally


def _clock(at: Path, nursery: Nursery) -> Tally:
    """A pull with a clock in 2099, and a later one with the right clock: the later asks again, and its answer leads."""
    tally = Tally("foreign: a pull with a clock that was wrong")
    with StandIn() as bank:
        code = PULL.format(codes=CODES, per_page=600, endpoint=bank.endpoint, total=60.0)
        for turn in range(2):
            place = at / str(turn)
            place.mkdir(parents=True)
            wrong = nursery.run(AHEAD + code, place)
            before = bank.count("/country/")
            right = nursery.run(code, place)
            asked = bank.count("/country/") - before
            problems = [f"it ends with {e.code}: {e.sentence}" for e in (wrong, right) if e.code != 0]
            problems += [] if asked else ["what was retrieved in the future was taken for fresh"]
            pruned = run([*EAEU, "data", "prune", "--store", place / "store"], environment(), place)
            problems += [] if pruned.code == 0 and len(stored(place)) == len(CODES) else ["prune removed what leads"]
            tally.tried(problems)
    return tally


def _bits(at: Path, seed: int, quick: bool) -> Tally:
    """One bit of each shipped file, one at a time: the verification names the file."""
    tally, rng = Tally("foreign: one bit of a shipped file"), random.Random(f"{seed} bits")
    data = at / "data"
    shutil.copytree(settings.data_dir(), data)
    if (ROOT / shipped_tables.NOTEBOOKS).is_dir():
        shutil.copytree(ROOT / shipped_tables.NOTEBOOKS, at / shipped_tables.NOTEBOOKS)
    shipped_tables.write_hashes(data)
    files = list(shipped_tables.shipped_files(data).items())
    for name, path in files[:: 20 if quick else 1]:
        whole = path.read_bytes()
        spoilt = bytearray(whole)
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
        path.write_bytes(spoilt)
        found = shipped_tables.verify_tables(data)[1]
        path.write_bytes(whole)
        tally.tried([] if any(name in text for text in found) else [f"{name}: a changed bit was not found"])
    return tally


def _acting_text(at: Path) -> Tally:
    """Labels and notes with escape sequences reach neither the terminal nor a file of JSON."""
    tally = Tally("foreign: text that acts on a terminal")
    file = csv(at / "from", "MY.OWN", "Own")
    done = run([*EAEU, "data", "pin", file, "--out", at / "pin"], environment(), at)
    assert done.code == 0, done.err
    package = at / "pin" / "datapackage.json"
    body = json.loads(package.read_text())
    for resource in body["resources"]:
        resource |= {"label": ACTS, "note": ACTS, "licence": ACTS, "unit": ACTS, "source": ACTS}
    package.write_text(json.dumps(body))
    for argv in (["data", "show", "MY.OWN", "--pinned", at / "pin"], ["data", "list", "--pinned", at / "pin"],
                 ["data", "show", "MY.OWN", "--pinned", at / "pin", "--json"], ["data", "show", ACTS],
                 ["compare", ACTS]):  # fmt: skip
        ended = run([*EAEU, *argv], environment(), at)
        clean = all(clean_text(text) == text for text in (ended.out, ended.err))
        problems = [] if clean else ["it reached the terminal"]
        problems += [] if ended.code in (0, 2, 3) and "Traceback" not in ended.err else [f"it ends with {ended.code}"]
        tally.tried([f"{argv[:2]}: {text}" for text in problems])
    return tally
