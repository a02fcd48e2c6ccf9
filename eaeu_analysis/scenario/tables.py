"""scenario.tables."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from .. import settings


@cache
def scenario_tables() -> dict[str, Any]:
    """The table ``scenario.toml``."""
    return tomllib.loads((settings.data_dir() / "tables" / "scenario.toml").read_text(encoding="utf-8"))
