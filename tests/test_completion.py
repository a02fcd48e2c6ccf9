"""Tab completion as IPython's own completer gives it: public names, and names of data inside a call."""

from __future__ import annotations

from typing import Any

import pytest

import eaeu_analysis as ea
from eaeu_analysis import completion
from eaeu_analysis.completion import place_of

interactive = pytest.importorskip("IPython.core.interactiveshell")


@pytest.fixture(scope="module")
def shell() -> Any:
    """A shell in which the package is imported as a user would."""
    made = interactive.InteractiveShell.instance()
    made.Completer.use_jedi = False
    made.push({"ea": ea, "load_panel": ea.load_panel})
    completion.offer_names()
    completion.offer_names()  # a second import adds no second matcher
    yield made
    interactive.InteractiveShell.clear_instance()


def offered(shell: Any, text: str) -> list[str]:
    return list(shell.Completer.complete(line_buffer=text)[1])


def test_public_names_alone_are_offered(shell: Any) -> None:
    found = {name.removeprefix("ea.").removeprefix(".") for name in offered(shell, "ea.")}
    assert found == {name for name in ea.__all__ if not name.startswith("_")}


@pytest.mark.parametrize(
    ("text", "some", "none"),
    [
        ('ea.load_panel(["tr', {"trade"}, {"exports", "KGZ"}),
        ('ea.load_panel(["trade", "NE.TRD', {"NE.TRD.GNFS.ZS"}, {"trade"}),
        ("load_panel(['ex", {"exports", "exchange_rate"}, {"trade"}),
        ('ea.load_panel(["trade"], ["KG', {"KGZ"}, {"trade"}),
        ('ea.load_panel(["trade"], economies=["kyr', {"Kyrgyzstan"}, {"KGZ"}),
        ('ea.load_panel("inf', {"inflation"}, {"trade"}),
        ('ea.before_after(panel, "tra', {"trade"}, {"KGZ"}),
        ('ea.before_after(panel, "trade", "UZ', {"UZB"}, {"trade"}),
        ('ea.bloc("EA', {"EAEU"}, {"trade"}),
        ('ea.run_scenario("uz', {"uzb_eaeu"}, {"UZB"}),
        ('print("tr', set(), {"trade"}),
    ],
)
def test_names_complete_in_a_call(shell: Any, text: str, some: set[str], none: set[str]) -> None:
    found = set(offered(shell, text))
    assert some <= found
    assert not none & found


def test_without_a_quote_the_names_come_in_quotes(shell: Any) -> None:
    assert '"trade"' in offered(shell, "ea.load_panel([")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('f("a", ["b', ("f", 1, "", "b")),
        ('f(x, y="b', ("f", 1, "y", "b")),
        ('f(g(1, 2), ["a,(b", "c', ("f", 1, "", "c")),
        ('f("a") + ["b', None),
        ('x = ["b', None),
        ('# f("b', None),
        ("f(12", None),
    ],
)
def test_the_place_of_the_cursor(text: str, expected: tuple[str, int, str, str] | None) -> None:
    found = place_of(text)
    assert (None if found is None else (found.function, found.argument, found.name, found.written)) == expected
