"""The report: claims, sentences, pages and tables made from results. No statistic is computed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .write import Report as Report
    from .write import write_report as write_report

__all__ = ["Report", "write_report"]


def __getattr__(name: str) -> Any:
    """Public names are loaded when first used: the check of a text needs no analysis."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import write

    return getattr(write, name)
