"""What does joining a trade bloc do to a country?

Verbs are functions, nouns are frozen dataclasses; every result has ``to_frame()``, ``summary()`` and ``plot()``.
Public names are imported when first used, so that ``import eaeu_analysis`` costs nothing.

>>> import eaeu_analysis as ea
>>> ea.bloc("EAEU").accession("KGZ").isoformat()
'2015-08-12'
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

__version__ = "0.1.0"

_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")  # lists the public names, for type checkers too
_HOME: dict[str, str] = {name: home for home, name in re.findall(r"from \.([\w.]+) import (\w+)", _STUB)}

__all__ = [*sorted(_HOME), "__version__"]

_GUESSES = {  # what users tried first
    "before_and_after": ["before_after"],
    "compare": ["before_after", "compare_members"],
    "did": ["difference_in_differences"],
    "gravity": ["trade_answer", "ppml"],
    "impact": ["synthetic_control", "union_effects"],
    "remittances": ["corridors", "pass_through"],
    "sdid": ["synthetic_did"],
    "trade": ["trade_answer", "load_flows"],
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'eaeu_analysis' has no attribute {name!r}{_hint(name)}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def _hint(name: str) -> str:
    if name.startswith("_"):  # asked by interpreters and notebooks
        return ""
    import difflib

    near = _GUESSES.get(name) or [n for n in __all__ if name in n][:3] or difflib.get_close_matches(name, __all__, 2)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def __dir__() -> list[str]:
    return list(__all__)


if "IPython" in sys.modules:  # in a notebook or a shell, names of outcomes and economies complete in a call
    from .completion import offer_names as _offer_names

    _offer_names()
