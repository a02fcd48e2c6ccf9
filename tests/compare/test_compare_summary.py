"""What a before/after says next to its numbers: on what scale it compares, by what checks, of whom, at what level."""

from __future__ import annotations

import pandas as pd
import pytest

from eaeu_analysis.compare import before_after
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.series import SeriesInfo

CHECKS = ["contamination", "pre-trend comparability", "pre-level comparability", "outlier comparator"]


def panel(kind: str, unit: str) -> Panel:
    """A treated unit and twelve others with steps of their own in 2015."""
    rows = [
        (f"u{n:02d}", year, 50.0 + n + (step if year >= 2015 else 0.0))
        for n, step in enumerate([10.0, *(0.5 * i for i in range(12))])
        for year in range(2008, 2020)
    ]
    df = pd.DataFrame(rows, columns=["who", "year", "y"])
    names = {"u00": "The treated one"}
    made = Panel.from_frame(df, "who", "year", series={"y": SeriesInfo("y", "An outcome", unit, kind)})
    return Panel(made.frame, made.series, {**made.names, **names})


@pytest.mark.parametrize(
    ("kind", "unit", "shown", "scale"),
    [
        ("share", "% of GDP", "percentage points", "percentage points"),
        ("level", "US$", "per cent", "log points"),
        ("rate", "US$ per hour", "US$ per hour", "US$ per hour"),
    ],
)
def test_the_scale_of_the_test_and_the_unit_of_the_change(kind: str, unit: str, shown: str, scale: str) -> None:
    found = before_after(panel(kind, unit), "y", "u00", 2015)
    assert (found.difference.measure, found.difference.test_measure) == (shown, scale)
    assert set(found.table["change_unit"]) == {shown}
    assert set(found.table["growth_unit"]) == {f"{shown} a year"}
    assert all(scale in check.text for check in found.checks if check.name == "outlier comparator")


def test_units_have_their_names_and_no_column_twice() -> None:
    table = before_after(panel("share", "%"), "y", "u00", 2015).table
    assert table["name"].tolist()[:2] == ["The treated one", "u01"]
    assert table["role"].tolist() == ["treated", *["comparator"] * 12]
    assert table.columns.is_unique
    assert table.columns.tolist().count("available") == 1
    assert set(table["to_latest_window"]) == {""}, "the data end before a later window begins"


def test_the_interval_is_at_the_level_asked_for() -> None:
    wide, narrow = (before_after(panel("share", "%"), "y", "u00", 2015, level=level) for level in (0.9, 0.6))
    assert narrow.difference.test.upper - narrow.difference.test.lower < (
        wide.difference.test.upper - wide.difference.test.lower
    )
    assert (wide.level, narrow.level) == (0.9, 0.6)


def test_every_check_is_there_in_its_order() -> None:
    own = before_after(panel("share", "%"), "y", "u00", 2015)
    assert [check.name for check in own.checks] == ["window completeness", *CHECKS, "repeated values", "zeros"]
    world = before_after(load_panel("trade"), "trade", "KGZ", "2015-08-12")
    assert [check.name for check in world.checks] == [
        *("window completeness", "window before the pandemic", "other events of its own"),
        *CHECKS,
        *("repeated values", "zeros"),
    ]
    nobody = before_after(panel("share", "%"), "y", "u00", 2015, comparators=[])
    assert [check.name for check in nobody.checks] == ["window completeness", "repeated values", "zeros"]


def test_the_treated_unit_is_none_of_the_comparators_that_are_judged() -> None:
    found = before_after(load_panel("trade"), "trade", "KGZ", "2015-08-12", comparators=["TJK", "UZB"])
    contamination = next(check for check in found.checks if check.name == "contamination")
    assert "of 2;" in contamination.text
    assert "KGZ" not in contamination.text


@pytest.mark.parametrize(
    ("event", "shown"), [(2015, 2015), ("2015", 2015), (" 2015 ", 2015), ("2015-08-12", "2015-08-12")]
)
def test_the_event_is_stated_as_it_was_given(event: object, shown: object) -> None:
    assert before_after(panel("share", "%"), "y", "u00", event).spec["event"] == shown
