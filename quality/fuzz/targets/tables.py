"""TOML: scenarios, recipes, corrections, and the tables of facts that ship."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eaeu_analysis import settings
from eaeu_analysis.compare import comparators
from eaeu_analysis.data import pin
from eaeu_analysis.impact.curve import grid
from eaeu_analysis.reference import blocs, corrections, economies
from eaeu_analysis.reference.blocs import record
from eaeu_analysis.reference.catalogue import _by_name, _indicators, indicator, read_outcome, read_table
from eaeu_analysis.scenario import load as scenarios

from .. import structure
from ..target import ROOM, Target

SHIPPED = settings.data_dir()
CORRECTIONS = b"""[[correction]]
series = "BX.TRF.PWKR.DT.GD.ZS"
economy = "KGZ"
year = 2019
old = 25.7
new = 28.8
reason = "a misprint"
source = "National Bank, table 3"

[[correction]]
series = "SP.POP.TOTL"
economy = "UZB"
year = 2020
old = "missing"
new = 34232050
reason = "left out"
source = "Statistics Agency"
"""
RECIPE = b"""title = "Pinned"
first_year = 1990
[defaults]
source = "World Bank"
licence = "CC-BY-4.0"
[[series]]
code = "NY.GDP.MKTP.CD"
vintage = "2026-04-08"
[[series]]
code = "NY.GDP.MKTP.CD"
vintage = "2025-01-28"
default = false
"""
ECONOMIES = b"""[regions]
ECS = "Europe & Central Asia"
[incomes]
LMC = "Lower middle income"
[economies.KGZ]
iso2 = "KG"
name = "Kyrgyz Republic"
region = "ECS"
income = "LMC"
[aggregates]
WLD = "World"
[old_codes]
KIR = "KGZ"
[dissolved.SUN]
name = "Soviet Union"
successors = ["KGZ"]
[names]
KGZ = ["Kirghizia"]
[groups]
"Central Asia" = ["KGZ"]
"""


def _table(name: str, lines: int = 60) -> Callable[[], list[bytes]]:
    """A shipped table, cut to its first tables so that thousands a second can be read."""

    @functools.cache
    def seeds() -> list[bytes]:
        text = (SHIPPED / "tables" / f"{name}.toml").read_text(encoding="utf-8").splitlines()
        ends = [k for k, line in enumerate(text) if k and line.startswith("[") and k >= lines]
        return ["\n".join(text[: ends[0] if ends else len(text)]).encode()]

    return seeds


def _scenarios() -> list[bytes]:
    return [path.read_bytes() for path in sorted((SHIPPED / "scenarios").glob("*.toml"))]


def _path(read: Callable[[Path], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        read(ROOM.file("table.toml", data))

    return run


def _scenario(data: bytes) -> None:
    found = scenarios.read_scenario(ROOM.file("scenario.toml", data))
    found.summary()
    found.at()


def _economies(path: Path) -> None:
    economies.read_tables(read_table(path), "economies.toml")


def _outcomes(path: Path) -> None:
    for name, raw in read_table(path).items():
        read_outcome(name, raw, f"outcomes.toml, entry '{name}'")


def _as_shipped(name: str, read: Callable[[], object], *caches: Any) -> Callable[[bytes], None]:
    """The table in the place of the shipped one, read by what reads that."""

    def run(data: bytes) -> None:
        root = ROOM.path / "data"
        if not root.exists():
            shutil.copytree(SHIPPED / "tables", root / "tables")
        here = root / "tables" / f"{name}.toml"
        here.write_bytes(data)
        kept, settings.data_dir = settings.data_dir, lambda: root
        try:
            for cache in caches:
                cache.cache_clear()
            read()
        finally:
            settings.data_dir = kept
            for cache in caches:
                cache.cache_clear()

    return run


def _first_indicator() -> object:
    return indicator("NE.TRD.GNFS.ZS")


TARGETS = (
    Target("toml scenario", _scenario, _scenarios, structure.toml, 1.5),
    Target("toml recipe", _path(pin.read_recipe), lambda: [RECIPE], structure.toml, 5),
    Target("toml corrections", _path(corrections.load_corrections), lambda: [CORRECTIONS], structure.toml, 3),
    Target("toml blocs", _path(blocs.read_blocs), _table("blocs"), structure.toml, 0.7),
    Target("toml economies", _path(_economies), lambda: [ECONOMIES], structure.toml, 3),
    Target("toml outcomes", _path(_outcomes), _table("outcomes", 20), structure.toml, 1),
    Target("toml duty shares", _path(record.read_periods), _table("duty_shares"), structure.toml, 2),
    Target("toml grid", _path(grid.read_grid), _table("grid"), structure.toml, 1),
    Target(
        "toml indicators",
        _as_shipped("indicators", _first_indicator, _indicators, _by_name),
        _table("indicators", 30),
        structure.toml,
        0.8,
    ),
    Target("toml timeline", _as_shipped("timeline", record.timeline, record._events), _table("timeline", 30),
           structure.toml, 0.5),
    Target("toml tariff changes", _as_shipped("tariff_changes", record.tariff_changes), _table("tariff_changes"),
           structure.toml, 0.5),
    Target("toml comparators", _as_shipped("comparators", comparators.pool_definitions, comparators.pool_definitions),
           _table("comparators", 40), structure.toml, 0.7),
    Target("toml own events", _as_shipped("comparators", comparators.recorded_own_events,
           comparators.recorded_own_events),
           lambda: [b"\n".join(_treated())], structure.toml, 0.7),
)  # fmt: skip


def _treated() -> list[bytes]:
    lines = (SHIPPED / "tables" / "comparators.toml").read_bytes().splitlines()
    starts = [k for k, line in enumerate(lines) if line.startswith(b"[[treated")]
    return lines[starts[0] : starts[0] + 30] if starts else []
