"""Where series come from: one module a source, all behind one small protocol.

A source hands out :class:`~eaeu_analysis.series.SeriesData` and knows nothing of panels.
Only the modules of ``live`` go online.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ...series import SeriesData, SeriesInfo


class Source(Protocol):
    """``entries()`` lists what can be read; ``read`` returns one series whole or raises."""

    def entries(self) -> list[SeriesInfo]: ...

    def read(self, code: str, vintage: str | None = None) -> SeriesData: ...


@runtime_checkable
class Preparing(Protocol):
    """A source that fetches before it reads: series asked for in one go come side by side."""

    def prepare(self, codes: Sequence[str], vintage: str | None = None) -> None: ...
