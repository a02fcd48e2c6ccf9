"""The one default question of panels of economies: its years, number of donors, and the measure of the outcome.

The rule is data ([default] in data/tables/impact.toml, [likeness] in data/tables/comparators.toml) and was written down
before its results were seen; docs/methods.md gives the reasons, after Abadie (2021).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...reference.catalogue import TableRow, outcomes, parse, read_table, table_path

if TYPE_CHECKING:
    from ...data.panel import Panel


@dataclass(frozen=True)
class DefaultRule(TableRow):
    """[default] of impact.toml."""

    method: str
    fit_first: int
    min_fit: int
    anticipation: int
    post: int
    donors_per_fit_year: float
    share: float

    def fit_window(self, event: int, foreseen: int | None = None) -> tuple[int, int]:
        """First and last fit year; ``foreseen``: years before the event that are not fitted."""
        last = event - 1 - (self.anticipation if foreseen is None else foreseen)
        return min(self.fit_first, last - self.min_fit + 1), last

    def most_donors(self, fit: Sequence[int]) -> int:
        return int(self.donors_per_fit_year * len(fit) + 1e-9)


@functools.lru_cache
def default_rule() -> DefaultRule:
    """The rule; BadInputError names the entry of the first mistake."""
    path = table_path("impact")
    return parse(DefaultRule, read_table(path).get("default", {}), f"{path}, default")


def analysed(panel: Panel, outcome: str) -> tuple[Panel, str]:
    """The panel and the column that is analysed: of a panel of economies, the logarithm of an outcome in levels."""
    if not panel.world:
        return panel, outcome
    known = outcomes()
    if outcome not in known.index:
        return panel, outcome
    panel = panel.with_outcome(outcome)
    if not bool(known.loc[outcome, "log"]):
        return panel, outcome
    return panel.log(outcome), f"log({outcome})"


def base_name(outcome: str) -> str:
    """The outcome behind a column of :func:`analysed`: ``log(gdp_per_head)`` -> ``gdp_per_head``."""
    return outcome[4:-1] if outcome.startswith("log(") and outcome.endswith(")") else outcome
