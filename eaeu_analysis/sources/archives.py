"""What was known then: the WDI Database Archives (database 57), one version for each past release."""

from __future__ import annotations

import re
from dataclasses import dataclass

import wbgapi

from ..errors import NoDataError
from . import worldbank
from .worldbank import ARCHIVES, Call

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, order=True)
class Version:
    """An archived release: ``vintage`` as year and month ("2015-04"), the service's ``id`` and ``label``."""

    vintage: str
    id: str
    label: str = ""


def is_archived(vintage: str) -> bool:
    """Whether a vintage names a month ("2015-04", "201504"), as archived versions do, and not a day."""
    return re.fullmatch(r"\d{4}-?(0[1-9]|1[0-2])", vintage) is not None


def vintage_of(id_: str, label: str = "") -> str:
    """Year and month of a version from its id ("201504") or, when that is no date, its label ("2015 Apr")."""
    found = re.fullmatch(r"(\d{4})-?(0[1-9]|1[0-2])", id_)
    if found:
        return f"{found[1]}-{found[2]}"
    found = re.fullmatch(r"\s*(\d{4})\s+([A-Za-z]{3})[a-z]*\.?\s*", label)
    if found and found[2].lower() in _MONTHS:
        return f"{found[1]}-{_MONTHS.index(found[2].lower()) + 1:02d}"
    return ""


def versions(call: Call) -> list[Version]:
    """Every archived version that carries a date, oldest first."""
    worldbank.concepts(ARCHIVES, call)
    with worldbank.calling(call):
        rows = list(wbgapi.source.features("version", db=int(ARCHIVES)))
        found = [(str(row["id"]), str(row.get("value", ""))) for row in rows]
    return sorted(Version(vintage_of(i, label), i, label) for i, label in found if vintage_of(i, label))


def find(vintage: str, call: Call) -> Version:
    """The version of a month; raises NoDataError that names the nearest before and after."""
    wanted = vintage_of(vintage)
    known = versions(call)
    for version in known:
        if version.vintage == wanted:
            return version
    earlier = [v.vintage for v in known if v.vintage < wanted][-1:]
    later = [v.vintage for v in known if v.vintage > wanted][:1]
    near = " and ".join(earlier + later) or "none"
    raise NoDataError(f"no WDI release of {wanted} is archived; the nearest: {near}")
