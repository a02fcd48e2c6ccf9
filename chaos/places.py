"""The same question in odd places: locales, time zones, clocks, homes, paths, an install nobody may write to, offline.

The bytes of ``eaeu compare KGZ --json`` and of a small report (:data:`SMALL`) must be the same everywhere.
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
# Page, Markdown, figures, tables and JSON of a report without its two long sections, and three talking points of it.
SMALL = """
import sys
from pathlib import Path
from eaeu_analysis.report import evidence, write_report
from eaeu_analysis.report.brief_render import render
evidence._long = lambda wanted: {}
out = Path(sys.argv[1])
done = write_report(out, formats=["html", "md", "json", "csv"], cache=False)
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
    ``user``: who runs it. ``small``: whether the report is made too."""

    name: str
    env: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    folder: str = "plain"
    code: str = ""
    prefix: tuple[str, ...] = ()
    user: Mapping[str, Any] = field(default_factory=dict)
    installed: bool = False
    small: bool = True


def places(base: Path, nursery: Nursery, quick: bool) -> Iterator[Tally]:
    reference = _run(Where("here"), base)
    tallies: dict[str, Tally] = {}
    for group, where in _all(base, nursery, tallies):
        tally = tallies.setdefault(group, Tally(f"places: {group}"))
        if quick and tally.times:
            continue
        print(f"  {group}: {where.name}", file=sys.stderr, flush=True)
        got = _run(where, base)
        tally.tried([f"{where.name}: {text}" for text in _differences(reference, got, where.small)], _said(got))
    yield from tallies.values()


Got = tuple[Ended, Ended | None, dict[str, str]]


def _run(where: Where, base: Path) -> Got:
    at = base / "at" / where.folder
    shutil.rmtree(at, ignore_errors=True)
    at.mkdir(parents=True)
    if where.user:
        at.chmod(0o777)
    env = environment({"EAEU_CACHE": "off", "MPLCONFIGDIR": str(base / "mpl"), **where.env}, where.without)
    if where.installed:
        env.pop("PYTHONPATH")
    python = [*where.prefix, sys.executable, "-c"]
    compared = run([*python, where.code + EAEU[-1], "compare", "KGZ", "--json"], env, at, **where.user)
    if not where.small:
        return compared, None, {}
    small = run([*python, where.code + SMALL, str(at / "out")], env, at, **where.user)
    return compared, small, tree(at / "out")


def _differences(reference: Got, got: Got, small: bool) -> list[str]:
    found = [] if got[0].code == 0 else [f"compare ends with {got[0].code}: {got[0].sentence}"]
    found += [] if got[0].out == reference[0].out else ["compare gives other bytes"]
    if small and got[1] is not None and reference[1] is not None:
        found += [] if got[1].code == 0 else [f"the report ends with {got[1].code}: {got[1].sentence}"]
        found += [] if got[1].out == reference[1].out else ["the report says something else"]
        found += [f"other bytes: {n}" for n in sorted(reference[2]) if got[2].get(n) != reference[2][n]][:3]
    return found


def _said(got: Got) -> str:
    return next((e.sentence for e in got[:2] if e is not None and e.sentence), "")


def _all(base: Path, nursery: Nursery, tallies: dict[str, Tally]) -> Iterator[tuple[str, Where]]:
    made = base / "locales"
    made.mkdir()
    for name, source in LOCALES.items():
        if _localedef(source, made / name):
            yield "locales", Where(name, {"LC_ALL": name, "LANG": name, "LOCPATH": str(made), "LANGUAGE": name[:2]})
        else:
            _skip(tallies, "locales", f"{name}: localedef has no such source here")
    for name in ("C", "POSIX"):
        plain = {"LC_ALL": name, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        yield "locales", Where(name, plain)
    for zone in ZONES:
        yield "time zones", Where(zone, {"TZ": zone})
    yield "hash seeds", Where("hash seed 1", {"PYTHONHASHSEED": "1"})
    yield "hash seeds", Where("hash seed at random", {"PYTHONHASHSEED": "random"})
    if nursery.preload is None:
        _skip(tallies, "clocks", "no C compiler, so no clock to set")
    else:
        yield "clocks", Where("thirty years on", {"LD_PRELOAD": str(nursery.preload), "CHAOS_CLOCK": AHEAD})
        yield "clocks", Where("forty years ago", {"LD_PRELOAD": str(nursery.preload), "CHAOS_CLOCK": "-1300000000"})
    yield "paths", Where("in Cyrillic", folder="данные Бишкек")
    yield "paths", Where("with spaces and quotes", folder="two words 'and' \"quotes\" %20 #1")
    yield "no home", Where("no HOME", {"XDG_CACHE_HOME": ""}, without=("HOME", "XDG_CACHE_HOME", "USER", "LOGNAME"))
    yield "no home", Where("HOME that is not there", {"HOME": "/nonexistent", "EAEU_CACHE": "on"}, small=False)
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
    env = {"HOME": str(base / "home"), "TMPDIR": str(base / "open"), "MPLCONFIGDIR": "", "EAEU_CACHE": "on"}
    whole = Where("", env, code=code, folder="read-only", installed=True)
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
