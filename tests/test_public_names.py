"""What holds for every public name alike."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError

PUBLIC = {name: getattr(ea, name) for name in ea.__all__ if name != "__version__"}
ASK_A_PANEL = [
    function
    for function in PUBLIC.values()
    if inspect.isfunction(function) and str(inspect.signature(function)).startswith("(panel: 'Panel',")
]


@pytest.mark.parametrize("function", ASK_A_PANEL, ids=lambda function: function.__name__)
@pytest.mark.parametrize(
    "given", [pd.DataFrame({"trade": [1.0]}), ["trade"], None, "KGZ"], ids=lambda x: type(x).__name__
)
def test_what_is_no_panel_is_refused_with_how_to_become_one(function: Callable[..., Any], given: object) -> None:
    needed = [p for p in list(inspect.signature(function).parameters.values())[1:] if p.default is p.empty]
    values = {"outcome": "trade", "unit": "KGZ", "event": "2015-08-12"}
    with pytest.raises(BadInputError, match=r"panel must be a Panel, not \w+; Panel\.from_frame"):
        function(given, **{p.name: values[p.name] for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD})


def test_many_functions_ask_a_panel() -> None:
    assert len(ASK_A_PANEL) >= 12  # the list above is read from the signatures and must not run empty


FLOWS = pd.DataFrame({"exporter": ["A", "A", "B", "B"], "importer": ["A", "B"] * 2, "value": [1.0] * 4})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ea.ppml([1, 2], "y", ["x"], ["i"]), "data must be a DataFrame, not list"),
        (lambda: ea.Panel.from_frame([1]), "the data must be a DataFrame, not list"),
        (lambda: ea.flow_matrix("world"), "trade_panel must be a TradePanel or None for the pinned one, not str"),
        (lambda: ea.agreement_effects("world"), "trade_panel must be a TradePanel or None for the pinned one, not str"),
        (lambda: ea.pass_through("live"), "panel must be a Panel, not str"),
        (lambda: ea.load_panel(3), "indicators 3: expected a list of names or one name"),
        (
            lambda: ea.load_panel("trade", "KGZ", 2014),
            "years 2014: expected the first and the last",
        ),
        (lambda: ea.load_panel("trade", 3), "economies 3: expected a list"),
        (lambda: ea.claims(topic=3), "topic 3: expected a list of names or one name"),
        (lambda: ea.solve_equilibrium(FLOWS, sigma="five"), "sigma 'five': expected a number"),
        (lambda: ea.before_after(ea.load_panel("trade"), "trade", ["KGZ"], 2015), r"economy \['KGZ'\]: expected one"),
    ],
)
def test_what_is_of_another_kind_is_one_sentence(call: Callable[[], object], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        call()


def test_one_name_is_a_list_of_one() -> None:
    assert ea.load_panel("trade", "KGZ").units == ["KGZ"]
    assert ea.exposure("UZB", "RUS").table["partner"].tolist() == ["RUS"]
    alone, listed = ea.parallel_imports("KGZ").table, ea.parallel_imports(["KGZ"]).table
    pd.testing.assert_frame_equal(alone, listed)


def test_completion_offers_public_names_alone() -> None:
    assert set(dir(ea)) == set(ea.__all__)


@pytest.mark.parametrize(
    ("guess", "meant"),
    [("gravity", "ppml"), ("before_and_after", "before_after"), ("sythetic_control", "synthetic_control")],
)
def test_a_wrong_name_gets_the_near_match(guess: str, meant: str) -> None:
    with pytest.raises(AttributeError, match=rf"did you mean .*\b{meant}\b"):
        getattr(ea, guess)
    with pytest.raises(AttributeError, match=r"'xyzzy'$"):
        getattr(ea, "xyzzy")  # noqa: B009 - a name that is not there
