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
def test_what_is_no_panel_is_refused_and_told_how_to_become_one(function: Callable[..., Any], given: object) -> None:
    needed = [p for p in list(inspect.signature(function).parameters.values())[1:] if p.default is p.empty]
    values = {"outcome": "trade", "unit": "KGZ", "event": "2015-08-12"}
    with pytest.raises(BadInputError, match=r"panel must be a Panel, not \w+; Panel\.from_frame"):
        function(given, **{p.name: values[p.name] for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD})


def test_many_functions_ask_a_panel() -> None:
    assert len(ASK_A_PANEL) >= 12  # the list above is read from the signatures and must not run empty
