"""32,550 World Bank observations from a local server to a frame, a store and a panel, beside ``wbgapi.data.DataFrame``.

Both ask the same server (a process of its own, its pages made beforehand), by turns; figures are medians and the
ratio is the median of the ratios within a turn. ``--full`` also pulls 40 series x 217 economies x 60 years.
Run ``python benchmarks/data.py [--turns N] [--full]`` or ``make bench-data``.
"""

# ruff: noqa: E402 - the stand-in lives with the tests

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVER = ROOT / "tests" / "sources" / "server.py"
sys.path.insert(0, str(SERVER.parent))

import pandas as pd
import server_data as world
import wbgapi

from eaeu_analysis.panel import Panel
from eaeu_analysis.sources import worldbank
from eaeu_analysis.sources.http import Transport
from eaeu_analysis.sources.pull import pull
from eaeu_analysis.sources.request import Request
from eaeu_analysis.store import Store

CODES = list(world.SERIES)[:5]
ECONOMIES = tuple(world.ECONOMIES)
YEARS = tuple(range(1995, 2025))
PER_PAGE = 10_000
EXPECTED = len(CODES) * len(ECONOMIES) * len(YEARS)


@contextmanager
def serving() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None  # noqa: S101
        yield str(json.loads(process.stdout.readline())["endpoint"])
    finally:
        process.terminate()
        process.wait()


def by_wbgapi(endpoint: str) -> pd.DataFrame:
    wbgapi.endpoint = endpoint
    return wbgapi.data.DataFrame(CODES, ECONOMIES, YEARS)


def to_frame(endpoint: str) -> pd.DataFrame:
    """Long frame: every page verified, nothing written."""
    transport = Transport()
    parts = []
    for code in CODES:
        request = Request("worldbank", code, "2", ECONOMIES, YEARS, endpoint=endpoint)
        call = worldbank.Call(transport, endpoint, per_page=PER_PAGE)
        parts.append(worldbank.fetch(request, call, notes=False).frame.assign(code=code))
    return pd.concat(parts, ignore_index=True)


def to_panel(endpoint: str, notes: bool = False) -> pd.DataFrame:
    """Pulled into an empty store on disk, read back, made into a panel."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        report = pull(
            CODES, ECONOMIES, YEARS, store=store, endpoint=endpoint, notes=notes, per_page=PER_PAGE, max_age=0
        )
        if report.failed:
            raise SystemExit(report.summary())
        return Panel.from_series([store.get(code) for code in CODES]).frame


def timed(call: Callable[[], pd.DataFrame]) -> tuple[float, pd.DataFrame]:
    begun = time.perf_counter()
    made = call()
    return time.perf_counter() - begun, made


def same(wide: pd.DataFrame, long: pd.DataFrame, panel: pd.DataFrame) -> None:
    """The three hold the same values, to the last bit."""
    theirs = wide.rename(columns=lambda name: int(str(name)[2:])).stack().dropna()
    theirs.index.names = ["economy", "code", "year"]
    ours = long.set_index(["economy", "code", "year"])["value"]
    pd.testing.assert_series_equal(theirs.sort_index(), ours.sort_index(), check_names=False, check_index_type=False)
    stacked = panel.rename_axis(columns="code").stack().dropna().reorder_levels(["economy", "code", "year"])
    pd.testing.assert_series_equal(stacked.sort_index(), ours.sort_index(), check_names=False, check_index_type=False)


def compare(endpoint: str, turns: int) -> None:
    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "wbgapi.data.DataFrame": lambda: by_wbgapi(endpoint),
        "to a frame": lambda: to_frame(endpoint),
        "to a panel, by way of the store": lambda: to_panel(endpoint),
        "the same with notes and footnotes": lambda: to_panel(endpoint, notes=True),
    }
    for name in list(ways)[1:]:
        ways[name]()  # the server makes its pages once, and modules load
    wbgapi.endpoint = endpoint
    assert sum(1 for _ in wbgapi.data.fetch(CODES, ECONOMIES, YEARS)) == EXPECTED  # noqa: S101
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    frames: dict[str, pd.DataFrame] = {}
    for turn in range(turns):
        order = list(ways) if turn % 2 == 0 else list(ways)[::-1]
        for name in order:
            took, frames[name] = timed(ways[name])
            seconds[name].append(took)
    same(*[frames[name] for name in list(ways)[:3]])
    print(f"{EXPECTED:,} observations, {turns} turns, medians")
    base = seconds["wbgapi.data.DataFrame"]
    for name, took in seconds.items():
        ratio = statistics.median(b / t for b, t in zip(base, took, strict=True))
        print(f"  {name:36} {statistics.median(took):8.3f} s   {ratio:6.1f}x")


def full(endpoint: str) -> None:
    codes = list(world.SERIES)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        begun, worked = time.perf_counter(), time.process_time()
        report = pull(codes, store=store, endpoint=endpoint)
        pulled = time.perf_counter()
        panel = Panel.from_series([store.get(code) for code in codes])
        loaded, worked = time.perf_counter(), time.process_time() - worked
    rows, failed = sum(row.rows for row in report.rows), len(report.failed)
    print(f"{len(codes)} series x 219 economies and groups x 60 years: {rows:,} values, {failed} series failed")
    print(f"  pulled with notes and stored in {pulled - begun:.1f} s, made a panel in {loaded - pulled:.1f} s", end="")
    print(f" ({len(panel.frame):,} rows); {worked:.1f} s of processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    with serving() as endpoint:
        if given.turns:
            compare(endpoint, given.turns)
        if given.full:
            full(endpoint)


if __name__ == "__main__":
    main()
