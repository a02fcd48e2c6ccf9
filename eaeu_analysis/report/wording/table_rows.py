"""Numbers, dates and rows of the report's tables as plain strings, in the language of the page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...results import check_records, to_plain
from ...text import format_number
from .stated import localized
from .templates import Language

if TYPE_CHECKING:
    from ..gather.content import OutcomeSection


def number_text(words: Language, value: float, *, signed: bool = False) -> str:
    """A number of a table."""
    return words.word("number.none") if math.isnan(value) else localized(words, format_number(value, signed=signed))


def change_text(words: Language, value: float, measure: str) -> str:
    """A signed change with its unit: '-33.7 pp', '−33,7 п. п.'."""
    return f"{number_text(words, value, signed=True)} {words.word(f'short_unit.{measure}')}"


def span_text(words: Language, low: float, high: float) -> str:
    """An interval in a cell: '-40.5 to -26.9', 'от −40,5 до −26,9'; words where it has no ends."""
    if math.isnan(low) or math.isnan(high):
        return words.word("number.none")
    if math.isinf(low) or math.isinf(high):
        return words.say("range", "open")
    ends = (number_text(words, end, signed=True) for end in (low, high))
    return words.say("cell", "span", words=dict(zip(("low", "high"), (f"={end}" for end in ends), strict=True)))


def step_name(words: Language, step: str) -> str:
    """A step of a union: "customs union", "EAEU"; another as it is called."""
    return words.template("step", step) if words.has("step", step) else step


def outcome_label(words: Language, outcome: str, label: str) -> str:
    """The whole name of an outcome, with its unit, at the head of a row."""
    return words.template("label", outcome) if words.has("label", outcome) else label


def section_rows(section: OutcomeSection) -> dict[str, Any]:
    """One outcome for the JSON document."""
    from . import sentences as words

    base: dict[str, Any] = {
        "outcome": section.outcome,
        "label": section.label,
        "finding": words.before_after_finding(section),
    }
    if section.narrow is None:
        return {**base, "missing": section.missing}
    return {
        **base,
        "unit": section.narrow.outcome.unit,
        "rows": to_plain(section.narrow.to_frame().to_dict(orient="records")),
        "against_narrow": _test(section.narrow),
        "against_wide": _test(section.wide) if section.wide else {"missing": section.wide_missing},
        "checks": to_plain(check_records(section.narrow.checks)),
        "sources": section.narrow.provenance.lines(),
    }


def _test(result: Any) -> dict[str, Any]:
    d = result.difference
    if d is None:
        return {"missing": "no comparator has both windows"}
    found: dict[str, Any] = to_plain(
        {
            "pool": result.comparators.label,
            "economies": list(result.comparators.units),
            "treated": d.treated,
            "mean": d.mean,
            "median": d.median,
            "unit": d.measure,
            "difference": d.versus_mean,
            "p_two_sided": d.test.p_two_sided,
            "p_floor": d.test.floor,
            "interval": [d.test.lower, d.test.upper],
            "interval_unit": d.test_measure,
            "level": d.test.level,
        }
    )
    return found
