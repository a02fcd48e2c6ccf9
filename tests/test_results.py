"""What all results share: the finding by rule, checks, text and tables, and values as plain JSON types."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from stated_checks import check

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.plots import style
from eaeu_analysis.results import (
    Check,
    Provenance,
    Result,
    TableResult,
    check_records,
    finding_of,
    is_reliable,
    json_text,
    source_lines,
    to_plain,
)
from eaeu_analysis.series import SeriesInfo

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("estimate", "interval", "p", "checks", "finding"),
    [
        (2.0, (1.0, 3.0), 0.02, (), "found"),
        (2.0, (1.0, 3.0), 0.10, (), "found"),
        (2.0, (1.0, 3.0), 0.02, (check("anything", None),), "found"),
        (2.0, (1.0, 3.0), 0.02, (check("leave-one-out", False),), "fragile"),
        (2.0, (1.0, 3.0), 0.02, (check("pre-period fit", False, role="fatal"),), "unreliable"),
        (2.0, (1.0, 3.0), 0.02, (check("anything", False, role="fatal"),), "unreliable"),
        (
            2.0,
            (1.0, 3.0),
            0.02,
            (check("pre-period fit", False, role="warning"),),
            "fragile",
        ),  # the role counts, not the name
        (2.0, (1.0, 3.0), 0.02, (check("pre-trend", False, role="fatal"), check("x", True)), "unreliable"),
        (2.0, (-1.0, 3.0), 0.3, (check("leave-one-out", False),), "none"),
        (2.0, (-INF, INF), 0.2, (), "none"),
        (2.0, (-1.0, 3.0), 0.05, (), "none"),  # the two must agree for an effect to be found
        (2.0, (1.0, 3.0), 0.3, (), "none"),
        (2.0, (NAN, NAN), NAN, (), "untested"),
        (2.0, (1.0, 3.0), NAN, (), "found"),
        (2.0, (-1.0, 3.0), NAN, (), "none"),
        (2.0, (NAN, NAN), 0.02, (), "found"),
        (2.0, (NAN, 3.0), NAN, (), "untested"),  # one end alone is no interval
        (2.0, (NAN, 3.0), 0.3, (), "none"),
        (2.0, (0.0, 3.0), 0.02, (), "none"),  # an interval that ends at zero includes it
        (-2.0, (-3.0, 0.0), 0.02, (), "none"),
        (2.0, (1.0, 3.0), 0.1 + 1e-12, (), "found"),
        (2.0, (1.0, 3.0), 0.1 + 1e-6, (), "none"),
        (NAN, (NAN, NAN), 0.02, (), "unreliable"),
        (INF, (1.0, 3.0), 0.02, (), "unreliable"),
        (NAN, (1.0, 3.0), 0.02, (check("x", False),), "unreliable"),
    ],
)
def test_the_finding_by_rule(estimate, interval, p, checks, finding):
    assert finding_of(estimate, interval, 0.9, p, checks) == finding


def test_a_check_that_is_not_judged_informs_and_nothing_else_does():
    assert check("x", None, role="fatal").role == "info"
    with pytest.raises(BadInputError, match="has the role 'info' and passed=True; expected passed=None"):
        check("x", True, role="info")
    with pytest.raises(BadInputError, match="role of a check 'fatl' not known; did you mean 'fatal'"):
        check("x", True, role="fatl")
    assert check("x", np.bool_(False)).failed
    assert check("x", False, 2.0, role="fatal").as_info() == check("x", None, 2.0)


def test_a_role_without_a_near_match_gets_the_list():
    with pytest.raises(BadInputError, match=r"role of a check 'zzz' not known.*fatal.*warning.*info"):
        Check("x", True, None, None, "", role="zzz")  # type: ignore[arg-type] # that is what is refused
    with pytest.raises(BadInputError, match=r"^check 'x' has the role 'info' and passed=False; expected passed=None$"):
        check("x", False, role="info")
    assert check("x", True).role == "warning"
    assert check("x", np.bool_(True)).passed is True


@pytest.mark.parametrize(
    ("passed", "role", "reliable"),
    [(False, "fatal", False), (True, "fatal", True), (None, "fatal", True), (False, "warning", True)],
)
def test_only_a_fatal_check_that_failed_makes_a_result_unreliable(passed, role, reliable):
    assert is_reliable([check("a", True), check("b", passed, role=role)]) is reliable


# -- the base of all results --------------------------------------------------------------------------------
SERIES = SeriesInfo("A", "A & B", "%", source="World Bank", vintage="2026-04-08")


@dataclasses.dataclass(frozen=True, eq=False)
class Made(TableResult):
    drawn_by = "made.draw_made"
    drawn_height = 4.0

    def summary(self) -> str:
        return self._ended(["A <title>:\x1b[31m", "  a line"])


class Plain(Made):
    drawn_by = ""


class Named(Made):
    def __repr__(self) -> str:
        return "by its own name"


def made(kind: type[Made] = Made) -> Made:
    table = pd.DataFrame({"unit": ["a<b", "c"], "value": [1234.5678, NAN]})
    checks = (Check("first", True, None, None, "it passed"), Check("second", False, None, None, "it did not"))
    return kind({}, table, 0.9, checks, Provenance((SERIES, SERIES)))


def test_a_result_as_text():
    lines = ["A <title>:", "  a line", "  [pass] first: it passed", "  [FAIL] second: it did not"]
    assert str(made()).split("\n") == [*lines, f"  source: {SERIES.source_line()}"]
    assert made()._ended(["x"], "--", sources=False).split("\n") == ["x", "--[pass] first: it passed",
                                                                     "--[FAIL] second: it did not"]  # fmt: skip
    assert repr(made()) == "<Made: A <title>>"
    assert repr(made(Named)) == "by its own name"
    assert made().check("second") == made().checks[1]
    assert made().check("third") is None
    assert source_lines(made().provenance, "> ") == [f"> source: {SERIES.source_line()}"]


def test_a_new_kind_of_result_is_shown_by_the_first_line_of_its_summary():
    @dataclasses.dataclass(frozen=True)
    class Later(Made):
        more: str = "x"

    @dataclasses.dataclass(frozen=True, repr=False)
    class Own(Made):
        def __repr__(self) -> str:
            return "own"

    assert repr(made(Later)) == "<Later: A <title>>"
    assert repr(made(Own)) == "own"


def test_a_result_without_checks_has_none_of_any_name():
    class Bare(Result):
        def summary(self) -> str:
            return "X:XX"

    assert Bare().check("any") is None
    assert repr(Bare()) == "<Bare: X:XX>"


def test_the_table_of_a_result_is_a_copy():
    found = made()
    copy = found.to_frame()
    copy.loc[0, "value"] = 0.0
    assert found.table.loc[0, "value"] == 1234.5678
    pd.testing.assert_frame_equal(found.to_frame(), found.table)


def test_a_result_in_a_notebook_is_inert_text_and_its_table():
    page = made()._repr_html_()
    assert page.startswith("<div><pre>A &lt;title&gt;:\n")
    assert page.endswith("</table></details></div>")
    assert "<td>a&lt;b</td>\n      <td>1,234.568</td>" in page
    assert "<td>n/a</td>" in page
    assert 'border="' not in page
    assert page.count("<tr") == 3
    assert page.count("<th>") == 2  # no index
    assert "\x1b" not in page


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """A module of ``plots`` that draws results of this file; what it was asked is kept."""
    import sys

    asked: list[tuple[Any, ...]] = []

    def draw_made(result: Made, ax: Any, *more: Any) -> Any:
        asked.append((result, ax, *more))
        return ax

    monkeypatch.setitem(
        sys.modules, "eaeu_analysis.plots.made", SimpleNamespace(draw_made=draw_made, draw_other=draw_made)
    )
    yield asked
    plt.close("all")


def test_a_result_is_drawn_by_its_function_on_the_axes_given(painter):
    found = made()
    _, ax = plt.subplots()
    assert found.plot(ax, title="Mine") is ax
    assert painter == [(found, ax)]
    assert ax.get_title(loc="left") == "Mine"
    assert found._draw("made.draw_other", ax, 1, "two") is ax
    assert painter[1:] == [(found, ax, 1, "two")]


def test_the_size_of_a_new_figure(painter, monkeypatch):
    asked = []

    def draw_by(paint: Any, result: Any, ax: Any, height: Any, *, title: Any, figsize: Any) -> Any:
        asked.append((paint("axes"), result, ax, height, title, figsize))
        return "drawn"

    monkeypatch.setattr(style, "draw_by", draw_by)
    found = made()
    assert found.plot() == "drawn"
    found.plot(figsize=(3.0, 2.0), title="T")
    found._painted("made.draw_other", "ax", None, None)  # type: ignore[arg-type] # passed on as it is
    assert asked == [
        ("axes", found, None, 4.0, None, None),
        ("axes", found, None, None, "T", (3.0, 2.0)),  # the size that was asked for, whatever the usual height
        ("axes", found, "ax", None, None, None),  # another figure has no usual height
    ]


def test_a_result_without_a_figure_says_so():
    with pytest.raises(BadInputError, match=r"for a Plain; use to_frame\(\) or summary\(\)"):
        made(Plain).plot()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({1: {"b", "a"}, "t": (1, True, None)}, {"1": ["a", "b"], "t": [1, True, None]}),
        (frozenset([10, 3, 8]), [3, 8, 10]),
        ([2, 1], [2, 1]),
        (np.float64(1 / 3), 0.333333333333),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array(2.5), 2.5),
        (INF, None),
        (NAN, None),
        ("red\x1b[31m", "red"),
        (dt.date(2015, 8, 12), "2015-08-12"),
        (pd.Timestamp("2015-08-12"), "2015-08-12T00:00:00"),
        (pd.NaT, None),
        (pd.NA, None),
        (pd.Period("2015-08", "M"), "2015-08"),
        (SimpleNamespace, str(SimpleNamespace)),
    ],
)
def test_values_as_plain_json(value, plain):
    assert to_plain(value) == plain
    assert type(to_plain(value)) is type(plain)


def test_an_array_of_numbers_is_no_single_number():
    assert to_plain(np.array([1.0, 2.0])) == "[1. 2.]"


@pytest.mark.parametrize(("limit", "passes"), [("at_least", [False, True, True]), ("at_most", [True, True, False])])
def test_a_check_against_a_limit_passes_at_the_limit(limit: str, passes: list[bool]) -> None:
    made = [getattr(Check, limit)("donors", value, 5.0, f"{value:g} donors") for value in (4.0, 5.0, 6.0)]
    assert [check.passed for check in made] == passes
    assert made[0] == Check("donors", passes[0], 4.0, 5.0, "4 donors")
    stated = getattr(Check, limit)("donors", 4.0, 5.0, "four", role="fatal", scope="exports")
    assert (stated.role, stated.scope) == ("fatal", "exports")


def test_records_of_checks_have_all_fields_but_the_scope_or_those_asked_for() -> None:
    check = Check("fit", False, 2.0, 1.0, "too far", role="fatal", scope="exports")
    whole = {"name": "fit", "role": "fatal", "passed": False, "value": 2.0, "threshold": 1.0, "text": "too far"}
    assert check_records([check]) == [whole]
    assert check_records([check, check], "name", "scope") == 2 * [{"name": "fit", "scope": "exports"}]


def test_json_text_has_sorted_keys_plain_letters_and_a_last_line_end() -> None:
    text = json_text({"b": np.float64(0.5), "a": ("ü", math.nan)})
    assert text == '{\n "a": [\n  "ü",\n  null\n ],\n "b": 0.5\n}\n'
    assert json_text({"b": 1}, indent=2) == '{\n  "b": 1\n}\n'
