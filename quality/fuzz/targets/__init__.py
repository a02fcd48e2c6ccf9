"""Every target by name."""

from __future__ import annotations

from ..target import Target
from . import bulk, files, given, kept, live, report, tables

TARGETS: dict[str, Target] = {
    target.name: target for module in (live, files, bulk, tables, kept, report, given) for target in module.TARGETS
}
