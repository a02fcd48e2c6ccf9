"""What to pin: which series, from which file, of which source, vintage and licence; read from TOML."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .. import settings
from ..errors import BadInputError, unknown


@dataclass(frozen=True)
class Entry:
    """One series of a recipe. Empty fields are taken from the file; ``file`` empty means whichever file has it."""

    code: str
    file: str = ""
    source: str = ""
    vintage: str = ""
    vintage_note: str = ""
    retrieved: str = ""
    licence: str = ""
    via: str = ""
    note: str = ""
    default: bool = True


@dataclass(frozen=True)
class Recipe:
    """A selection: the package's title and description, the first year to keep, and the series."""

    title: str = "Pinned series"
    description: str = ""
    first_year: int = settings.FIRST_YEAR
    series: tuple[Entry, ...] = field(default=())


def read_recipe(path: str | Path) -> Recipe:
    """A recipe from TOML: keys of :class:`Recipe`, ``[defaults]`` for every series, ``[[series]]`` tables.

    Raises BadInputError for a file that cannot be read, an unknown key, a series named twice in one vintage.
    """
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadInputError(f"recipe {str(path)!r} cannot be read ({(error.strerror or '').lower()})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError(f"recipe {str(path)!r} is not TOML ({error})") from error
    shared, tables = given.pop("defaults", {}), given.pop("series", [])
    if not isinstance(shared, dict) or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise BadInputError(f"recipe {str(path)!r}: [defaults] is one table, [[series]] are tables")
    series = []
    for number, table in enumerate(tables, start=1):
        values = {**shared, **table}
        _known_keys(values, Entry, f"recipe {str(path)!r}, series {number}")
        if "code" not in values:
            raise BadInputError(f"recipe {str(path)!r}, series {number}: no code")
        series.append(Entry(**values))
    _known_keys(given, Recipe, f"recipe {str(path)!r}")
    if not series:
        raise BadInputError(f"recipe {str(path)!r} names no series ([[series]] tables with a code each)")
    codes = [entry.code for entry in series if entry.default]
    for code in sorted({entry.code for entry in series}):
        if codes.count(code) != 1:
            raise BadInputError(
                f"recipe {str(path)!r} has {codes.count(code)} default vintages of {code}; "
                "mark all but one with default = false"
            )
    keys = [(entry.code, entry.vintage) for entry in series if entry.vintage]
    for code, vintage in keys:
        if keys.count((code, vintage)) > 1:
            raise BadInputError(f"recipe {str(path)!r} names {code} twice in vintage {vintage}")
    return Recipe(**{**given, "series": tuple(series)})


def _known_keys(given: dict[str, Any], kind: type[Entry] | type[Recipe], where: str) -> None:
    options = {f.name: str(f.type) for f in fields(kind)}
    for key, value in given.items():
        if key not in options:
            raise BadInputError(f"{where}: {unknown('key', key, options)}")
        wanted = {"bool": bool, "int": int}.get(options[key], str)
        if type(value) is not wanted:
            raise BadInputError(f"{where}: {key} is {value!r}, expected {wanted.__name__}")
