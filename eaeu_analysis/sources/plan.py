"""From a code as a user gives it to a request, and from an answer to the series' record."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from .. import settings
from ..errors import BadInputError, EaeuError
from ..reference import economies as names
from ..reference.catalogue import indicator
from ..series import SeriesInfo
from . import archives, worldbank
from .jobs import Task
from .request import Request, years_of

log = logging.getLogger(__name__)
NAMES = {
    worldbank.WDI: "World Bank, World Development Indicators",
    worldbank.ARCHIVES: "World Bank, WDI Database Archives",
}


def task_for(
    given: str,
    economies: str | Sequence[str],
    years: Iterable[int] | int | str | None,
    endpoint: str,
    vintage: str | None,
    database: str | None,
) -> Task:
    """The task for one code as the caller gave it; raises BadInputError for what makes no sense."""
    code, _, own = given.partition("@")
    wanted = own or vintage or ""
    archived = archives.is_archived(wanted)
    if wanted and not archived and len(wanted) != 10:
        raise BadInputError(f"vintage {wanted!r} is neither a month of an archived release (2015-04) nor a day")
    request = Request(
        source="worldbank",
        code=code,
        database=worldbank.ARCHIVES if archived else database or _database(code),
        economies=_economies(economies),
        years=years_of(years),
        version=archives.vintage_of(wanted) if archived else "",
        endpoint=endpoint.rstrip("/"),
    )
    return Task(request, wanted)


def _economies(given: str | Sequence[str]) -> tuple[str, ...] | None:
    if given == "all":
        return None
    listed = [given] if isinstance(given, str) else list(given)
    if not listed:
        raise BadInputError("no economy was asked for; 'all' asks for every one")
    return tuple(sorted({names.resolve(name) for name in listed}))


def _database(code: str) -> str:
    """The database that holds a series of the catalogue; the WDI for any other code."""
    try:
        return str(indicator(code).database or worldbank.WDI)
    except EaeuError:
        return worldbank.WDI


def live_code(code: str) -> str:
    """The code by which the live service knows a series, where the catalogue says that it differs."""
    try:
        return indicator(code).live_code or code
    except EaeuError:
        return code


def series_info(request: Request, fetched: worldbank.Fetched, vintage: str, vintage_note: str) -> SeriesInfo:
    """The series' record: unit and kind from the catalogue where it is there, else what the source says."""
    unit, kind, label = fetched.notes.get("Unitofmeasure", ""), "unknown", fetched.label
    try:
        known = indicator(request.code)
        unit, kind, label = known.unit, known.kind, known.label or label
    except EaeuError:
        log.debug("series %s is not in the catalogue", request.code)
    name = {
        worldbank.WDI: "World Bank, World Development Indicators",
        worldbank.ARCHIVES: "World Bank, WDI Database Archives",
    }
    source = name.get(request.database, f"World Bank, database {request.database}")
    if request.endpoint != settings.ENDPOINT:
        source += f" (as served by {request.endpoint})"
    licence = fetched.notes.get("License_Type", "") or ("CC BY 4.0" if request.database in NAMES else "")
    partial = "only part of the economies or years was asked for" if request.economies or request.years else ""
    other = live_code(request.code)
    renamed = f"the live service's code is {other}" if other != request.code and not request.version else ""
    return SeriesInfo(
        code=request.code,
        label=label or request.code,
        unit=unit,
        kind=kind,
        source=source,
        vintage=vintage,
        vintage_note=vintage_note,
        licence=licence,
        note="; ".join(filter(None, [partial, renamed])),
    )
