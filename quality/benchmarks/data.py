"""32,550 World Bank observations from a local server to a frame, a store and a panel, and by ``wbgapi.data.DataFrame``.

Both ask the same server (a process of its own, its pages made beforehand), by turns, on the clock of the wall, because
waiting is part of it. ``--full`` also pulls 40 series x 217 economies x 60 years.
Run ``python quality/benchmarks/data.py [--turns N] [--full] [--json F]`` or ``make bench-data``.
"""

# ruff: noqa: E402 - the stand-in lives with the tests

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "tests" / "data" / "server.py"
sys.path.insert(0, str(SERVER.parent))

import pandas as pd
import server_data as world
import wbgapi
from contest import Row, finish, peak_mb

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.data.sources.live import worldbank
from eaeu_analysis.data.sources.live.http import Transport
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.sources.live.request import Request
from eaeu_analysis.data.store import Store

PEER = f"wbgapi {wbgapi.__version__} data.DataFrame"
CODES = list(world.SERIES)[:5]
ECONOMIES = tuple(world.ECONOMIES)
YEARS = tuple(range(1995, 2025))
PER_PAGE = 10_000
EXPECTED = len(CODES) * len(ECONOMIES) * len(YEARS)


@contextmanager
def serving() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, str(SERVER)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
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
        report = pull_series(
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


def compare(endpoint: str, turns: int) -> list[Row]:
    ways: dict[str, Callable[[], pd.DataFrame]] = {
        "to a frame": lambda: to_frame(endpoint),
        "to a panel, by way of the store": lambda: to_panel(endpoint),
        "to a panel, with notes and footnotes": lambda: to_panel(endpoint, notes=True),
    }
    for call in ways.values():
        call()  # the server makes its pages once, and modules load
    wbgapi.endpoint = endpoint
    assert sum(1 for _ in wbgapi.data.fetch(CODES, ECONOMIES, YEARS)) == EXPECTED
    base, seconds = [], {name: [] for name in ways}
    frames: dict[str, pd.DataFrame] = {}
    for turn in range(turns):
        both: list[str | None] = [None, *ways]
        for name in both if turn % 2 == 0 else both[::-1]:
            if name is None:
                took, wide = timed(lambda: by_wbgapi(endpoint))
                base.append(took)
            else:
                took, frames[name] = timed(ways[name])
                seconds[name].append(took)
    same(wide, frames["to a frame"], frames["to a panel, by way of the store"])
    return [
        Row(
            "data", f"{EXPECTED:,} World Bank observations {name}", took, PEER, base, by="clock",
            at_least=30.0 if "notes" not in name else None, compared="values equal to the last bit", peak_mb=peak_mb(),
        )
        for name, took in seconds.items()
    ]  # fmt: skip


def full(endpoint: str) -> Row:
    codes = list(world.SERIES)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        begun = time.perf_counter()
        report = pull_series(codes, store=store, endpoint=endpoint)
        panel = Panel.from_series([store.get(code) for code in codes])
        took = time.perf_counter() - begun
    values, failed = sum(row.rows for row in report.rows), len(report.failed)
    return Row(
        "data", f"{len(codes)} series x 217 economies x 60 years pulled with notes, stored and loaded", [took],
        by="clock", at_most=60.0, same=not failed, peak_mb=peak_mb(),
        compared=f"{values:,} values, {len(panel.frame):,} rows, {failed} series failed",
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--json", type=Path, help="write the rows there too")
    given = parser.parse_args()
    with serving() as endpoint:
        rows = compare(endpoint, given.turns) if given.turns else []
        rows += [full(endpoint)] if given.full else []
    return finish(rows, given.json)


if __name__ == "__main__":
    sys.exit(main())
