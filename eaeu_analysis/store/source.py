"""The store behind the source protocol: what is missing or too old is pulled, the rest is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..errors import EaeuError, NoDataError
from ..series import SeriesData, SeriesInfo
from ..sources.pull import Progress, pull
from ..sources.worldbank import ENDPOINT
from .entry import KEYS
from .store import Store

MAX_AGE_DAYS = 30.0


class StoreSource:
    """Live data by way of a store, from one address (the World Bank's unless ``endpoint`` says otherwise).

    ``max_age`` in days; ``offline`` reads what is there and asks nobody; ``options`` go to ``pull``.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        max_age: float | None = MAX_AGE_DAYS,
        offline: bool = False,
        progress: Callable[[Progress], None] | None = None,
        **options: Any,
    ) -> None:
        self.store = store or Store()
        self.max_age, self.offline, self.progress, self.options = max_age, offline, progress, options
        self.endpoint = str(options.get("endpoint") or ENDPOINT).rstrip("/")
        self.failed: dict[tuple[str, str], str] = {}  # why a series could not be had, by code and vintage
        self._ready: set[tuple[str, str]] = set()

    def entries(self) -> list[SeriesInfo]:
        """The series in the store that a panel can take, in all their vintages."""
        return [e.series for e in self.store.entries() if e.keys == KEYS and e.request.endpoint == self.endpoint]

    def prepare(self, codes: Sequence[str], vintage: str | None = None) -> None:
        """Pull those of ``codes`` that are missing or too old, in one go and once; failures are told by ``read``.

        Raises NoDataError when the source cannot be reached at all.
        """
        wanted = [code for code in codes if _key(code, vintage) not in self._ready]
        if self.offline or not wanted:
            return
        report = pull(
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
