"""The result of a before/after comparison: its table, its test, and how it is said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..errors import NoDataError
from ..results import Check, Provenance, Result
from ..series import SeriesInfo
from ..text import span
from .comparators import Pool
from .windows import Permutation, Windows

LATE = "holds the pandemic and the sanctions years"


@dataclass(frozen=True)
class Difference:
    """The treated unit's change against the comparators' changes.

    ``unit``: of ``treated``, ``mean`` and ``median`` (of the comparators) and the two differences.
    ``test``: the exact permutation test, made on ``scale``: log points where changes are relative, ``unit`` otherwise.
    """

    unit: str
    treated: float
    mean: float
    median: float
    scale: str
    test: Permutation

    @property
    def versus_mean(self) -> float:
        return self.treated - self.mean

    @property
    def versus_median(self) -> float:
        return self.treated - self.median


@dataclass(frozen=True, eq=False)
class BeforeAfter(Result):
    """What changed in one unit around an event, beside comparators.

    ``spec``: the question, complete enough to ask again. ``table``: a row per unit, see :meth:`to_frame`.
    ``observed``: (time x unit) values of the outcome, the treated unit first. ``difference`` is None where the treated
    unit has no change to compare or no comparators were wanted. ``pool``: who stood beside it, by which rule, and who
    was left out. ``estimate`` and ``interval`` are the treated unit's change; ``p_value`` is two-sided.
    """

    spec: Mapping[str, Any]
    windows: Windows
    outcome: SeriesInfo
    kind: str
    relative: bool
    change_unit: str
    names: Mapping[str, str]
    table: pd.DataFrame
    observed: pd.DataFrame
    difference: Difference | None
    pool: Pool
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance

    def require_some(self) -> BeforeAfter:
        """Itself; NoDataError with the reason when the treated unit lacks a window."""
        if not self.treated["available"]:
            who, what = self.names[self.unit], self.spec["outcome"]
            raise NoDataError(f"'{what}' of {who} cannot be compared: {self.treated['reason']}")
        return self

    @property
    def unit(self) -> str:
        return str(self.spec["unit"])

    @property
    def treated(self) -> pd.Series[Any]:
        """The treated unit's row of the table."""
        return self.table.iloc[0]

    @property
    def estimate(self) -> float:
        return float(self.treated["change"])

    @property
    def interval(self) -> tuple[float, float]:
        return float(self.treated["lower"]), float(self.treated["upper"])

    @property
    def p_value(self) -> float:
        return self.difference.test.p_two_sided if self.difference else math.nan

    @property
    def latest_label(self) -> str:
        """The years of the columns ``to_latest_...`` and why they stand apart; '' where there are none."""
        return f"{span(self.windows.latest)}, {LATE}" if self.windows.latest else ""

    def to_frame(self) -> pd.DataFrame:
        """A row per unit, the treated one first, then the comparators in the order of the pool.

        ``unit, name, role, mean_before, mean_after, change, change_unit`` (percentage points, the outcome's own units,
        or per cent for levels and indices), ``log_change`` (100 ln(after / before), levels and indices only), ``lower,
        upper`` (Newey-West interval of ``change`` at ``level``), ``sd_before, sd_after``, ``growth_before,
        growth_after`` (annualised, in ``growth_unit``), ``years_before, years_after`` (years present), ``available,
        reason``, and apart, for the years after settings.LAST_CLEAN_YEAR: ``to_latest_mean, to_latest_change`` (against
        ``mean_before``), ``to_latest_years, to_latest_window``. NaN where a window is not available.
        """
        return self.table.copy()

    def summary(self) -> str:
        from .words import before_after_summary

        return before_after_summary(self)
