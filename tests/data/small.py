"""Pulls as the tests make them: small, impatient, from the stand-in."""

from __future__ import annotations

from dataclasses import dataclass

from server import StandIn
from server_data import SERIES

from eaeu_analysis.data.sources.live.http import HttpSettings
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store

CODES = list(SERIES)[:3]
QUICK = HttpSettings(wait_initial=0.01, wait_max=0.03, attempts=4, connect=5.0, read=5.0, total=20.0)


@dataclass(frozen=True)
class Clean:
    """What an undisturbed pull gives: the hash of each series' bytes and its rows."""

    sha256: dict[str, str]
    rows: dict[str, int]


def small_pull(bank: StandIn, store: Store, codes: list[str] | None = None, **options: object) -> PullReport:
    """Three series, 15 years, six pages each, without notes; impatient."""
    given: dict[str, object] = {"years": "2010-2024", "per_page": 600, "notes": False, "settings": QUICK, "max_age": 0}
    return pull_series(codes or CODES, store=store, endpoint=bank.endpoint, **(given | options))  # type: ignore[arg-type] # the options are of many types


def hashes(store: Store) -> dict[str, str]:
    return {entry.code: entry.sha256 for entry in store.entries()}
