"""Two sources as one: what the first cannot give is taken from the second, and it is kept which series and why."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import NoDataError
from ..series import SeriesData, SeriesInfo
from ..sources import Source
from .source import StoreSource


class FallbackSource:
    """Live data, and another source for the series that cannot be had live.

    ``taken``: why, by the code of each series that came from ``second``. A series is taken whole from one of the two;
    its vintage and source, which travel with it, say which. Where ``second`` lacks it too, NoDataError names both.
    """

    def __init__(self, first: StoreSource, second: Source, second_name: str = "pinned") -> None:
        self.first, self.second, self.second_name = first, second, second_name
        self.taken: dict[str, str] = {}
        self._offline = ""

    @property
    def name(self) -> str:
        return f"{self.first.name}, {self.second_name} where it cannot be had"

    def entries(self) -> list[SeriesInfo]:
        """The series of both."""
        own = self.first.entries()
        have = {info.code for info in own}
        return [*own, *(info for info in self.second.entries() if info.code not in have)]

    def prepare(self, codes: Sequence[str], vintage: str | None = None) -> None:
        """Pull what is missing or too old; without a network everything is taken from the second."""
        if self._offline:
            return
        try:
            self.first.prepare(codes, vintage)
        except NoDataError as error:
            self._offline = str(error)

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        """One series, live or else from the second; NoDataError when neither has it."""
        self.prepare([code], vintage)
        why = self._offline
        if not why:
            try:
                return self.first.read(code, vintage)
            except NoDataError as error:
                why = str(error)
        try:
            item = self.second.read(code, vintage)
        except NoDataError as error:
            raise NoDataError(f"{why}; nor from {self.second_name}: {error}") from error
        self.taken[code] = why
        return item
