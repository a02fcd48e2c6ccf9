"""Scenario files: found by name or path, read, checked; each mistake in one sentence with its line where known."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from .. import settings
from ..errors import BadInputError, near_matches, require_option
from ..reference.blocs import bloc
from ..reference.economies import resolve
from ..reference.shipped_tables import differs_from_shipped
from ..user_files import parse_toml, read_bytes
from .model.baseline_world import matrices
from .model.tariff_rates import require_known
from .schema import Scenario

log = logging.getLogger(__name__)

MOST_BYTES = 200_000


def scenarios_folder() -> Path:
    """Where the bundled scenarios are."""
    return settings.data_dir() / "scenarios"


@lru_cache
def bundled() -> dict[str, Path]:
    """Bundled scenarios by the name in the file. Raises BadInputError when two have one name."""
    found: dict[str, Path] = {}
    for path in sorted(scenarios_folder().glob("*.toml")):
        name = read_scenario(path).name
        if name in found:
            raise BadInputError(f"two scenarios are named {name!r}: {found[name].name} and {path.name}")
        found[name] = path
    return found


def scenarios() -> pd.DataFrame:
    """The bundled scenarios, one row each.

    Returns
    -------
    pandas.DataFrame
        Columns ``name`` (for :func:`load_scenario`), ``title``, ``economy`` (ISO3), ``bloc``, ``year`` (of the
        baseline) and ``channels`` (what changes, separated by commas).

    Raises
    ------
    BadInputError
        A shipped file has a mistake, or two files have one name.

    Notes
    -----
    The files are in ``data/scenarios``; each number in them has its reference.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.scenarios().set_index("name").loc["uzb_eaeu", ["economy", "bloc"]].tolist()
    ['UZB', 'EAEU']
    """
    rows = [read_scenario(path) for path in bundled().values()]
    return pd.DataFrame(
        [{"name": s.name, "title": s.title, "economy": s.economy, "bloc": s.bloc, "year": s.baseline.year,
          "channels": ", ".join(s.channels)} for s in rows]
    )  # fmt: skip


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a bundled scenario by name, or a scenario file by path.

    Parameters
    ----------
    name_or_path : str or Path
        A name of :func:`scenarios`, or the path of a ``.toml`` file.

    Returns
    -------
    Scenario
        The checked question with all its assumptions.

    Raises
    ------
    BadInputError
        An unknown name (with the nearest one), a file that is not TOML, an unknown key, a number out of its range.
        The message names the file and, where it is known, the line.

    Notes
    -----
    Every assumption in a file is a number or a distribution with its reference; see the bundled files for examples.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.load_scenario("uzb_eaeu").title
    'Uzbekistan joins the Eurasian Economic Union'
    """
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.lower().endswith(".toml") or "/" in text:
        return read_scenario(Path(name_or_path))
    require_option("scenario", text, bundled(), hint="or give the path of a .toml file")
    if differs_from_shipped(bundled()[text]):
        log.warning("scenario %r was changed since it was shipped; eaeu data verify lists what differs", text)
    return read_scenario(bundled()[text])


def read_scenario(path: Path) -> Scenario:
    """The scenario in a file."""
    return _scenario(path, read_bytes(path, "scenario file", MOST_BYTES))


@lru_cache(maxsize=64)
def _scenario(path: Path, data: bytes) -> Scenario:
    """The scenario in the bytes of a file, which a report asks for many times."""
    given = parse_toml(data, f"'{path}'")
    text = data.decode("utf-8-sig")
    try:
        scenario = Scenario.model_validate(given)
    except ValidationError as error:
        raise BadInputError(_sentence(path, text, error)) from None
    _possible(scenario, path, text)
    return scenario


def _possible(scenario: Scenario, path: Path, text: str) -> None:
    """What the tables know of the economy and the bloc: names, membership, an available baseline."""
    with _at(path, text, ("economy",)):
        if (code := resolve(scenario.economy)) != scenario.economy:
            raise BadInputError(f"economy {scenario.economy!r}: write {code!r}")
    with _at(path, text, ("bloc",)):
        members = bloc(scenario.bloc).members(on=f"{scenario.baseline.year}-12-31")
    with _at(path, text, ("customs_revenue", "others")):
        for name in scenario.customs_revenue.others if scenario.customs_revenue else ():
            require_option(f"member of {scenario.bloc}", name, members)
    if scenario.joins and scenario.economy in members:
        raise BadInputError(
            f"{path.name}{_line(text, ('economy',))}: {scenario.economy} is a member of {scenario.bloc} already in "
            f"{scenario.baseline.year}, the year of the baseline"
        )
    if scenario.baseline.year not in matrices():
        years = ", ".join(str(y) for y in sorted(matrices()))
        raise BadInputError(
            f"{path.name}{_line(text, ('baseline', 'year'))}: baseline year {scenario.baseline.year} has no trade "
            f"matrix; years included: {years}"
        )
    with _at(path, text, ("channels",)):
        require_known(scenario)


@contextmanager
def _at(path: Path, text: str, where: tuple[str, ...]) -> Iterator[None]:
    """Puts the file and the line of that key before the sentence of an error."""
    try:
        yield
    except BadInputError as error:
        raise BadInputError(f"{path.name}{_line(text, where)}: {error}") from None


def _sentence(path: Path, text: str, error: ValidationError) -> str:
    found = error.errors(include_url=False)
    first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])  # the missing key may be misspelt
    where = tuple(str(part) for part in first["loc"])
    place = f"{path.name}{_line(text, where)}"
    name = ".".join(where)
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    if first["type"] == "extra_forbidden":
        known = list(_fields(where[:-1]))
        near = near_matches(where[-1], known)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
        return f"{place}: unknown key {name!r}; {hint}{more}"
    if first["type"] == "missing":
        return f"{place}: {name!r} is missing{more}"
    message = str(first["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:] if message[1:2].islower() else message
    return f"{place}: {name + ': ' if name else ''}{message}{more}"


def _fields(where: tuple[str, ...]) -> dict[str, Any]:
    """Keys of the block at ``where``."""
    model: Any = Scenario
    for part in where:
        if part.isdigit():  # the place in a list of blocks
            continue
        field = getattr(model, "model_fields", {}).get(part)
        if field is None:
            return {}
        model = _model_of(field.annotation)
    return dict(getattr(model, "model_fields", {}))


def _model_of(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_of, getattr(annotation, "__args__", ())) if m is not None), None)


def _line(text: str, where: tuple[str, ...]) -> str:
    """' line 12', found by the deepest key of ``where`` that is in the text; empty when none is."""
    lines = text.splitlines()
    for depth in range(len(where), 0, -1):
        table, key = where[: depth - 1], where[depth - 1]
        section: tuple[str, ...] = ()
        for number, line in enumerate(lines, 1):
            stripped = line.strip()
            if heading := re.match(r"\[+\s*([\w.]+)\s*\]+", stripped):
                section = tuple(heading.group(1).split("."))
                if section == where[:depth]:
                    return f" line {number}"
            elif re.match(rf"{re.escape(key)}\s*=", stripped) and section == table[: len(section)]:
                return f" line {number}"
    return ""
