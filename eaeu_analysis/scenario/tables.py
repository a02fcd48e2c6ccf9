"""The table of scenarios, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from .. import settings

UNCHECKED = "TO BE CHECKED"  # marks what a new file leaves to its author


@cache
def scenario_tables() -> dict[str, Any]:
    """The table ``scenario.toml``."""
    return tomllib.loads((settings.data_dir() / "tables" / "scenario.toml").read_text(encoding="utf-8"))
