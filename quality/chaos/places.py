"""The same question in odd places: locales, time zones, clocks, homes, paths, an install nobody may write to, offline.

The bytes of ``eaeu compare KGZ --json``, of a small report (:data:`SMALL`) and of a brief in Russian must be the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .processes import EAEU, ROOT, Ended, Nursery, environment, run
from .tally import Tally
from .works import tree

LOCALES = {"tr_TR.UTF-8": "tr_TR", "ru_RU.UTF-8": "ru_RU"}  # made with localedef into a folder of the experiment's
ZONES = ("Asia/Tashkent", "Pacific/Kiritimati", "America/St_Johns", "UTC")
AHEAD = "1000000000"  # seconds: thirty-one years
# A report without the three sections that take a minute: JSON and tables, or the page and its figures too.
SMALL = """
import sys
from pathlib import Path
from eaeu_analysis.report.gather import content, evidence
from eaeu_analysis.report.write import write_report
evidence._long = lambda *_: {}
content._effects = lambda *_: (None, "left out here")
out = Path(sys.argv[1])
done = write_report(out, formats=sys.argv[2].split(","), cache=False)
print(done.summary().replace(str(out), "OUT"))
"""
NO_NETWORK = """
import socket, sys
def refuse(*_, **__): raise OSError(101, "Network is unreachable")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
"""


@dataclass(frozen=True)
class Where:
    """``prefix``: a command in front; ``code``: Python before the command; ``folder``: name of the working folder;
    ``user``: who runs it. ``drawn``: the small report with its figures, which take long; ``installed``: not this tree's
    package. ``brief``: that too, from claims that are kept."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    folder: str = "plain"
    code: str = ""
    prefix: tuple[str, ...] = ()
    user: Mapping[str, Any] = field(default_factory=dict)
    installed: bool = False
    brief: bool = True
    drawn: bool = False


def places(base: Path, nursery: Nursery, kept: Path, quick: bool) -> Iterator[Tally]:
    reference = {drawn: _run(Where("here", drawn=drawn), base, kept) for drawn in (True, False)}
    if wrong := [f"{ended.code} {ended.err}" for ended in reference[True][0] if ended.code != 0]:
        raise SystemExit(f"the questions cannot be asked here: {wrong[0]}")
    tallies: dict[str, Tally] = {}
    for group, where in _all(base, nursery, tallies):
        tally = tallies.setdefault(group, Tally(f"places: {group}"))
        if quick and tally.times:
            continue
        ended, files = _run(where, base, kept)
        tally.tried(
            [f"{where.name}: {text}" for text in _differences(reference[where.drawn], (ended, files), where)],
            _messages(ended),
        )
    yield from tallies.values()


Got = tuple[list[Ended], dict[str, str]]


def _run(where: Where, base: Path, kept: Path) -> Got:
    """How the commands ended, and the files that they wrote."""
    at = base / "at" / where.folder
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir(parents=True)
    if where.user:
        at.chmod(0o777)
    own = {"EAEU_STORE": str(kept), "MPLCONFIGDIR": str(base / "mpl")}
    env = environment({**own, **where.env}, where.without)
    if where.installed:
        env.pop("PYTHONPATH")
    python = [*where.prefix, sys.executable, "-c"]
    forms = "html,md,json,csv" if where.drawn else "json,csv"
    commands = [
        [*python, where.code + EAEU[-1], "compare", "KGZ", "--json"],
        [*python, where.code + SMALL, str(at / "out" / "report"), forms],
    ]
    if where.brief:
        brief = ["brief", "--lang", "ru", "--out", str(at / "out" / "brief")]
        commands.append([*python, where.code + EAEU[-1], *brief])
    return [run(command, env, at, **where.user) for command in commands], tree(at / "out")


def _differences(reference: Got, got: Got, where: Where) -> list[str]:
    found = [f"{e.code}: {e.sentence}" for e in got[0] if e.code != 0]
    found += [] if got[0][0].out == reference[0][0].out else ["compare gives other bytes"]
    files = {n: v for n, v in reference[1].items() if n.startswith("report/") or where.brief}
    return found + [f"other bytes: {n}" for n in sorted({*files, *got[1]}) if got[1].get(n) != files.get(n)][:3]


def _messages(ended: list[Ended]) -> str:
    return next((e.sentence for e in ended if e.sentence.startswith("eaeu: ")), "")


def _all(base: Path, nursery: Nursery, tallies: dict[str, Tally]) -> Iterator[tuple[str, Where]]:
    made = base / "locales"
    made.mkdir()
    for name, source in LOCALES.items():
        if _localedef(source, made / name):
            yield (
                "locales",
                Where(
                    name,
                    {"LC_ALL": name, "LANG": name, "LOCPATH": str(made), "LANGUAGE": name[:2]},
                    drawn=name == "tr_TR.UTF-8",
                ),
            )
        else:
            _skip(tallies, "locales", f"{name}: localedef has no such source here")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for name in ("C", "POSIX"):
        yield "locales", Where(name, {**plain, "LC_ALL": name})
    for zone in ZONES:
        yield "time zones", Where(zone, {"TZ": zone}, drawn=zone == ZONES[1])
    yield "hash seeds", Where("hash seed 1", {"PYTHONHASHSEED": "1"})
    yield "hash seeds", Where("hash seed at random", {"PYTHONHASHSEED": "random"})
    if nursery.preload is None:
        _skip(tallies, "clocks", "no C compiler, so no clock to set")
    else:
        yield "clocks", Where("thirty years on", {"LD_PRELOAD": str(nursery.preload), "CHAOS_CLOCK": AHEAD}, drawn=True)
        yield "clocks", Where("forty years ago", {"LD_PRELOAD": str(nursery.preload), "CHAOS_CLOCK": "-1300000000"})
    yield "paths", Where("in Cyrillic", folder="данные Бишкек", drawn=True)
    yield "paths", Where("in Cyrillic under the locale C", plain, folder="данные Бишкек")
    yield "paths", Where("with spaces and quotes", folder="two words 'and' \"quotes\" %20 #1")
    yield (
        "no home",
        Where(
            "no HOME",
            {"EAEU_STORE": ""},
            brief=False,
            without=("HOME", "XDG_CACHE_HOME", "USER", "LOGNAME"),
            drawn=True,
        ),
    )
    yield "no home", Where("HOME that is not there", {"HOME": "/proc/nowhere", "EAEU_STORE": ""}, brief=False)
    yield "offline", Where("no network at all", code=NO_NETWORK)
    yield from _installed(base, tallies)


def _skip(tallies: dict[str, Tally], group: str, why: str) -> None:
    tallies.setdefault(group, Tally(f"places: {group}")).skip(why)


def _localedef(source: str, target: Path) -> bool:
    if shutil.which("localedef") is None:
        return False
    command = ["localedef", "-i", source, "-f", "UTF-8", str(target)]
    subprocess.run(command, capture_output=True, check=False)  # warnings make it end with 1
    return (target / "LC_CTYPE").is_file()


def _installed(base: Path, tallies: dict[str, Tally]) -> Iterator[tuple[str, Where]]:
    """The wheel in a folder where nobody may write, used by a user who owns nothing and has no home."""
    group = "a wheel in a read-only install"
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    built = run([uv, "build", "--wheel", "--quiet", "--out-dir", base / "dist", ROOT], environment(), base)
    wheels = list((base / "dist").glob("*.whl"))
    if built.code != 0 or not wheels:
        _skip(tallies, group, f"the wheel cannot be built here: {built.sentence}")
        return
    site = base / "site"
    shutil.unpack_archive(wheels[0], site, "zip")
    for path in (site, *site.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    code = f"import sys; sys.path.insert(0, {str(site)!r}); sys.dont_write_bytecode = False\n"
    code += "import eaeu_analysis; assert eaeu_analysis.__file__.startswith(sys.path[0]), eaeu_analysis.__file__\n"
    for name, mode in (("open", 0o777), ("home", 0o555)):
        (base / name).mkdir()
        (base / name).chmod(mode)
    env = {"HOME": str(base / "home"), "TMPDIR": str(base / "open"), "MPLCONFIGDIR": ""}
    whole = Where("", env, code=code, folder="read-only", installed=True, brief=False)
    nobody = {"user": 65534, "group": 65534, "extra_groups": []}
    bound = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")
    if os.geteuid() != 0:
        yield group, replace(whole, name="as its owner")
        return
    for folder in (base, base.parent):
        folder.chmod(0o755)
    if shutil.which(bound[0]):
        yield group, replace(whole, name="the superuser without its rights over files", prefix=bound)
    if _may_start(nobody):
        yield group, replace(whole, name="a user who owns nothing", user=nobody)
    else:
        _skip(tallies, group, "as another user: this interpreter lies in a folder closed to others")


def _may_start(user: Mapping[str, Any]) -> bool:
    try:
        return subprocess.run([sys.executable, "-c", ""], check=False, capture_output=True, **user).returncode == 0
    except PermissionError:
        return False
