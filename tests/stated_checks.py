"""Checks in tests: one without a rule, and what a check states but its words."""

from __future__ import annotations

from typing import Any

from texts import numbers

from eaeu_analysis.results import Check, CheckRole


def check(name: str, passed: bool | None, value: float | None = None, role: CheckRole = "warning") -> Check:
    return Check(name, passed, value, None, "", role=role)


def facts(check: Check) -> tuple[Any, ...]:
    """Everything but the words."""
    return check.name, check.passed, check.value, check.threshold, check.role, numbers(check.text)
