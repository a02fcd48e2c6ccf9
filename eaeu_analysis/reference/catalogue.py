"""The catalogue: World Bank indicators, and the named outcomes computed from them (``data/tables/*.toml``).

Every table of facts is read here: TOML in, frozen dataclasses out. A mistake in a table is reported in one sentence
that names the file, the entry and the nearest field or value. :mod:`economies` and :mod:`blocs` read their tables
through :func:`read_table` and :func:`parse`.

>>> import eaeu_analysis as ea
>>> ea.catalogue().loc["NE.TRD.GNFS.ZS", ["unit", "kind"]].tolist()
['% of GDP', 'share']
"""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, get_args, get_origin, get_type_hints

from .. import settings
from ..errors import BadInputError, NoDataError, near_matches, unknown

if TYPE_CHECKING:
    import pandas as pd


T = TypeVar("T")
Kind = Literal["level", "share", "rate", "index"]


class TableRow:
    """What a dataclass of rows is made from: a field that it does not have is a mistake in the table."""

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}


# -- tables ----------------------------------------------------------------------------------------------
def table_path(name: str) -> Path:
    """Where the table of that name is: ``data/tables/<name>.toml``."""
    return settings.data_dir() / "tables" / f"{name}.toml"


def read_table(path: Path) -> dict[str, Any]:
    """The TOML file as it is. NoDataError if it is absent, BadInputError if it is not TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise NoDataError(f"table {path} is missing: the installation is incomplete") from None
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except RecursionError:
        raise BadInputError(f"{path} is nested too deep to read") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(f"{path} is not valid TOML: {error}") from None


_PLAIN = (str, int, float, bool, dt.date)


@functools.lru_cache
def _hints(form: Any) -> dict[str, Any]:
    hints = get_type_hints(form)
    return {field.name: hints[field.name] for field in fields(form)}


def _exact(form: type[T], raw: Mapping[Any, Any]) -> T | None:
    """The instance when every value already has the type of its field; None otherwise, for pydantic to judge.

    All shipped tables pass here, so that reading them does not load pydantic (0.2 s).
    """
    anything: Any = form
    hints = _hints(anything)
    if not raw.keys() <= hints.keys():
        return None
    try:
        made: T = form(**{name: _as(hints[name], value) for name, value in raw.items()})
    except (TypeError, ValueError):
        return None
    return made


def _as(hint: Any, value: Any) -> Any:
    """``value`` if it has the type ``hint``, a list as a tuple; TypeError for another type or an unknown hint."""
    if hint in _PLAIN and type(value) is hint:
        return value
    if hint is float and type(value) is int:
        return float(value)
    kind, parts = get_origin(hint), get_args(hint)
    if kind is Literal and isinstance(value, str) and value in parts:
        return value
    if kind is tuple and parts == (str, ...) and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if kind is dict and parts[0] is str and isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _as(parts[1], part) for key, part in value.items()}
    if kind is UnionType and len(parts) == 2 and parts[1] is NoneType:
        return None if value is None else _as(parts[0], value)
    raise TypeError(f"{value!r} is not of the type {hint}")


@functools.lru_cache
def _adapter(form: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(form)


def parse(form: type[T], raw: object, where: str) -> T:
    """``raw`` as an instance of the dataclass ``form``; ``where`` names file and entry in the error."""
    if not isinstance(raw, Mapping):
        raise BadInputError(f"{where}: expected fields, got {raw!r}")
    exact = _exact(form, raw)
    if exact is not None:
        return exact
    from pydantic import ValidationError

    anything: Any = form
    try:
        made: T = _adapter(anything).validate_python(dict(raw))
    except ValidationError as error:
        raise BadInputError(_sentence(error.errors(), form, where)) from None
    return made


def _sentence(problems: list[Any], form: Any, where: str) -> str:
    """The first problem as a sentence; a misspelt field comes before the field that it leaves missing."""
    problems = sorted(problems, key=lambda p: p["type"] != "unexpected_keyword_argument")
    first = problems[0]
    name = ".".join(str(part) for part in first["loc"])
    known = [field.name for field in fields(form)]
    if first["type"] == "unexpected_keyword_argument":
        text = str(unknown("field", name, known))
    elif first["type"] == "missing":
        text = f"field '{name}' is missing"
    elif first["type"] == "literal_error":
        options = [part.strip(" '") for part in first["ctx"]["expected"].replace(" or ", ", ").split(",")]
        text = str(unknown(name, first["input"], options))
    elif first["type"] == "value_error":
        text = str(first["ctx"]["error"])
    else:
        text = f"field '{name}': {first['msg']}, got {first['input']!r}"
    return f"{where}: {text}"


# -- indicators ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Indicator(TableRow):
    """A World Bank series: its code, the number of its database, and how to read its values.

    ``sign`` states what a higher or positive value means, ``note`` the known pitfalls. ``live_code`` is set where the
    live service uses another code than the files.
    """

    code: str
    database: int
    label: str
    unit: str
    kind: Kind
    sign: str
    topic: str
    note: str = ""
    live_code: str = ""


@functools.lru_cache
def _indicators() -> dict[str, Indicator]:
    path = table_path("indicators")
    return {code: parse(Indicator, having(raw, code=code), _where(path, code)) for code, raw in _entries(path)}


def _entries(path: Path) -> list[tuple[str, Any]]:
    return list(read_table(path).items())


def having(raw: object, **more: object) -> object:
    """An entry with more fields; anything that is not an entry is returned unchanged, and :func:`parse` refuses it."""
    return {**raw, **more} if isinstance(raw, Mapping) else raw


@functools.lru_cache
def _by_name() -> dict[str, str]:
    """Code by code and by label, in any case."""
    table = _indicators()
    return {i.label.casefold(): c for c, i in table.items()} | {c.casefold(): c for c in table}


def indicator(code: str) -> Indicator:
    """The series of that World Bank code, or of that label, in any case; BadInputError with the near match."""
    found = _by_name().get(str(code).strip().casefold())
    if found is None:
        raise unknown("indicator", code, _indicators(), {c: i.label for c, i in _indicators().items()})
    return _indicators()[found]


def catalogue() -> pd.DataFrame:
    """The World Bank series that the package knows, one row each.

    Returns
    -------
    pandas.DataFrame
        Index ``code`` (World Bank code). Columns: ``database`` (number of the World Bank database), ``label``, ``unit``
        (unit of measurement), ``kind`` (level, share, rate or index), ``sign`` (what a higher value means), ``topic``,
        ``note`` (known pitfalls of the series) and ``live_code`` (the code of the live service where it differs).
        The frame is a copy and may be changed.

    Raises
    ------
    BadInputError
        The shipped table has a mistake; the message names the entry.
    NoDataError
        The shipped table is missing.

    See Also
    --------
    load_panel : loads the data of these series.

    Notes
    -----
    The table is ``data/tables/indicators.toml``. Labels and units are those of the World Development Indicators.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.catalogue().loc["NE.TRD.GNFS.ZS", ["label", "unit", "kind"]].tolist()
    ['Trade (% of GDP)', '% of GDP', 'share']
    """
    import pandas as pd

    return pd.DataFrame([asdict(i) for i in _indicators().values()]).set_index("code")


# -- outcomes --------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Outcome(TableRow):
    """An outcome with a name ("remittances"), and how it is computed from indicators.

    Either ``indicator`` is set, or both ``numerator`` and ``denominator``. The value is ``scale`` times the indicator,
    or ``scale`` times the quotient, for the same economy and year. If ``zero_is_missing``, a zero in the source
    means "not reported" (``zero_reason``), except for the economies in ``zero_true_for``. ``log``: levels are
    analysed in logarithms. ``direction`` states what a rise means.
    """

    name: str
    label: str
    short: str
    unit: str
    kind: Kind
    decimals: int
    zero_is_missing: bool
    zero_reason: str
    direction: str
    indicator: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    scale: float = 1.0
    zero_true_for: tuple[str, ...] = ()
    log: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        ratio = (self.numerator is not None, self.denominator is not None)
        if (self.indicator is None) != all(ratio) or (self.indicator is not None and any(ratio)) or not self.codes:
            raise ValueError("expected either 'indicator' or both 'numerator' and 'denominator'")
        if self.decimals < 0:
            raise ValueError(f"field 'decimals' must not be negative, got {self.decimals}")

    @property
    def codes(self) -> tuple[str, ...]:
        """The indicators needed: one, or numerator and denominator."""
        parts = (self.indicator,) if self.indicator else (self.numerator, self.denominator)
        return tuple(code for code in parts if code is not None)

    @property
    def formula(self) -> str:
        scale = "" if self.scale == 1 else f"{self.scale:g} x "
        return scale + " / ".join(self.codes)


@functools.lru_cache
def _outcomes() -> dict[str, Outcome]:
    """The table as it is; :func:`outcomes` checks it against the indicators, which take longer to read."""
    path = table_path("outcomes")
    return {name: parse(Outcome, having(raw, name=name), _where(path, name)) for name, raw in _entries(path)}


def _where(path: Path, name: str) -> str:
    return f"{path}, entry '{name}'"


def outcome_names() -> tuple[str, ...]:
    """The names of all outcomes."""
    return tuple(_outcomes())


def read_outcome(name: str, raw: object, where: str) -> Outcome:
    """One entry of outcomes.toml, checked against the indicators it names."""
    return _matched(parse(Outcome, having(raw, name=name), where), where)


def _matched(made: Outcome, where: str) -> Outcome:
    try:
        parts = [indicator(code) for code in made.codes]
    except BadInputError as error:
        raise BadInputError(f"{where}: {error}") from None
    for code, part in zip(made.codes, parts, strict=True):
        if code != part.code:
            raise BadInputError(f"{where}: name the indicator by its code '{part.code}', not as {code!r}")
    source = parts[0]
    if made.indicator and made.scale == 1 and (made.kind, made.unit) != (source.kind, source.unit):
        raise BadInputError(
            f"{where}: {made.kind} in {made.unit}, but {source.code} is a {source.kind} in {source.unit}"
        )
    return made


def outcome(name: str) -> Outcome:
    """The outcome of that name ("remittances"), in any case; BadInputError with the near match."""
    table = _outcomes()
    found = table.get(str(name).strip().casefold().replace("-", "_").replace(" ", "_"))
    if found is None:
        labels = {n: o.label for n, o in table.items()}
        hint = "" if near_matches(str(name), table, labels) else f"known: {', '.join(table)}"
        raise unknown("outcome", name, table, labels, hint)
    return found


def outcomes() -> pd.DataFrame:
    """The named outcomes, one row each: what ``load_panel`` and ``eaeu compare`` accept by name.

    Returns
    -------
    pandas.DataFrame
        Index ``outcome`` (the name). Columns ``label``, ``short``, ``unit`` (unit of measurement), ``kind``,
        ``formula`` (from indicators), ``decimals``, ``log`` (analysed in logarithms), ``zero_is_missing``,
        ``zero_reason``, ``direction`` (what a rise means) and ``note``.

    Raises
    ------
    BadInputError
        The shipped table has a mistake; the message names the entry.

    Notes
    -----
    The table is ``data/tables/outcomes.toml``.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.outcomes().loc["trade", ["unit", "formula"]].tolist()
    ['% of GDP', 'NE.TRD.GNFS.ZS']
    """
    return _outcome_table().copy(deep=False)


@functools.lru_cache
def _outcome_table() -> pd.DataFrame:
    import pandas as pd

    columns = ("label", "short", "unit", "kind", "formula", "decimals", "log", "zero_is_missing", "zero_reason")
    path = table_path("outcomes")
    known = [_matched(made, _where(path, name)) for name, made in _outcomes().items()]
    rows = [{"outcome": o.name} | {c: getattr(o, c) for c in (*columns, "direction", "note")} for o in known]
    return pd.DataFrame(rows).set_index("outcome")
