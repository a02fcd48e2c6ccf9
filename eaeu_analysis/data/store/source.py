"""The store behind the source protocol: what is missing or too old is pulled, the rest is read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ... import settings
from ...errors import BadInputError, EaeuError, IntegrityError, NoDataError, one_line, unknown
from ...series import SeriesData, SeriesInfo
from ..sources import Source
from ..sources.live.jobs import Progress
from ..sources.live.pull import pull_series
from ..sources.live.request import address
from .entry import KEYS
from .store import Store

MAX_AGE_DAYS = 30.0
OPTIONS = frozenset(inspect.signature(pull_series).parameters) - {
    "codes",
    "economies",
    "years",
    "store",
    "vintage",
    "max_age",
}


class StoreSource:
    """Live data by way of a store, from one address (the World Bank's unless ``endpoint`` says otherwise).

    ``store``: one that is open, its folder, or None for the platform's cache. ``max_age``: days after which a series
    is pulled anew (None: any age will do); ``offline`` reads what is there and asks nobody; other ``options``
    (concurrency, retries, timeout, notes...) go to ``pull``. Raises BadInputError for an option it does not have.
    """

    name = "live"

    def __init__(
        self,
        store: Store | Path | str | None = None,
        *,
        max_age: float | None = MAX_AGE_DAYS,
        offline: bool = False,
        progress: Callable[[Progress], None] | None = None,
        **options: Any,
    ) -> None:
        self.store = store if isinstance(store, Store) else Store(store)
        for option in set(options) - OPTIONS:
            raise unknown("option of source='live'", option, OPTIONS | {"store", "max_age", "offline", "progress"})
        self.max_age, self.offline, self.progress, self.options = max_age, offline, progress, options
        self.endpoint = address(options.get("endpoint") or settings.endpoint())
        self.options["endpoint"] = self.endpoint
        self.failed: dict[tuple[str, str], str] = {}  # why a series could not be had, by code and vintage
        self._ready: set[tuple[str, str]] = set()

    def entries(self) -> list[SeriesInfo]:
        """The series in the store that a panel can take, in all their vintages."""
        return [e.series for e in self.store.entries() if e.keys == KEYS and e.request.endpoint == self.endpoint]

    def prepare(self, codes: Sequence[str], vintage: str | None = None) -> None:
        """Pull those of ``codes`` that are missing or too old, in one go and once; failures are reported by ``read``.

        Raises NoDataError when the source cannot be reached at all.
        """
        wanted = [code for code in codes if _key(code, vintage) not in self._ready]
        if self.offline or not wanted:
            return
        report = pull_series(
            wanted, store=self.store, vintage=vintage, max_age=self.max_age, progress=self.progress, **self.options
        )
        if report.offline:
            row = report.failed[0]
            raise NoDataError(f"live data cannot be had: {row.sentence}{self._instead(row.code)}")
        self._ready |= {_key(code, vintage) for code in wanted}
        for code, row in zip(dict.fromkeys(wanted), report.rows, strict=True):
            if row.status == "failed":
                self.failed[_key(code, vintage)] = row.sentence

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        """One series, pulled first when it is missing or too old; raises NoDataError when it could not be had."""
        self.prepare([code], vintage)
        why = self.failed.get(_key(code, vintage))
        if why is not None:
            raise NoDataError(f"series '{code}' cannot be had live: {why}")
        return self.store.get(code, vintage, self.endpoint)

    def require(self, vintage: str | None = None) -> None:
        """Raise NoDataError that says what there is, when nothing of ``vintage`` (None: any) is stored."""
        held = self.entries()
        if any(vintage is None or info.vintage.startswith(vintage) for info in held):
            return
        if held:
            there = ", ".join(sorted({info.vintage for info in held}))
            raise NoDataError(f"the store {str(self.store.root)!r} has nothing of vintage {vintage}; it has {there}")
        others = sorted({e.request.endpoint for e in self.store.entries() if e.keys == KEYS} - {self.endpoint})
        text = f"; it has series of {' and '.join(others)}: name one with --endpoint" if others else ""
        raise NoDataError(f"the store {str(self.store.root)!r} has no series of {self.endpoint}{text}")

    def _instead(self, code: str) -> str:
        """What can be used without a network."""
        held = [e for e in self.store.entries(code.partition("@")[0]) if e.request.endpoint == self.endpoint]
        kept = f"; the store has it as of {held[-1].retrieved_at[:10]} (a larger --max-age takes it)" if held else ""
        return f"{kept}; the shipped data can be used: --source pinned{_pinned_date()}"


def _key(code: str, vintage: str | None) -> tuple[str, str]:
    bare, _, own = code.partition("@")
    return bare, own or vintage or ""


def _pinned_date() -> str:
    """The date of the shipped data in brackets, where it can be read."""
    from ..sources import pinned

    try:
        dates = sorted({info.vintage for info in pinned.PinnedSource().entries() if info.vintage})
    except EaeuError:
        return ""
    return f" (data of {dates[-1]})" if dates else ""


# What a live source may raise where something cannot be had: no network, a damaged or a locked store, no disk.
_FAILURES = (NoDataError, IntegrityError, BadInputError, OSError)

# Two sources as one: what the first cannot give is taken from the second, and it is kept which series and why.


class FallbackSource:
    """Live data, and another source for the series that cannot be had live.

    ``taken``: why, by the code of each series that came from ``second``. A series is taken whole from one of the two;
    its vintage and source, which travel with it, say which. Where ``second`` lacks it too, NoDataError names both.
    """

    def __init__(self, first: StoreSource, second: Source, second_name: str = "pinned") -> None:
        self.first, self.second, self.second_name = first, second, second_name
        self.taken: dict[str, str] = {}
        self._down = ""  # why nothing can be had live at all

    @property
    def name(self) -> str:
        return f"{self.first.name}, {self.second_name} where it cannot be had"

    def entries(self) -> list[SeriesInfo]:
        """The series of both."""
        own = self.first.entries()
        have = {info.code for info in own}
        return [*own, *(info for info in self.second.entries() if info.code not in have)]

    def prepare(self, codes: Sequence[str], vintage: str | None = None) -> None:
        """Pull what is missing or too old; where nothing can be had live, everything is taken from the second."""
        if self._down:
            return
        try:
            self.first.prepare(codes, vintage)
        except _FAILURES as error:
            self._down = one_line(str(error))

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        """One series, live or else from the second; NoDataError when neither has it."""
        self.prepare([code], vintage)
        why = self._down
        if not why:
            try:
                return self.first.read(code, vintage)
            except _FAILURES as error:
                why = one_line(str(error))
        try:
            item = self.second.read(code, vintage)
        except NoDataError as error:
            raise NoDataError(f"{why}; nor from {self.second_name}: {error}") from error
        self.taken[code] = why
        return item
