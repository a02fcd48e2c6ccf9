"""Before/after: one unit around one event against comparators, and all members of a bloc at once."""

from __future__ import annotations

from .members import Comparison, compare_members
from .result import BeforeAfter, Difference
from .run import before_after

__all__ = ["BeforeAfter", "Comparison", "Difference", "before_after", "compare_members"]
