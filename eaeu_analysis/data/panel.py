"""Panel: (economy, year) x indicator, each column with its unit, source and vintage.

The index is unique and sorted; aggregates (World, Central Asia...) are kept apart from economies;
what is missing is NaN and never zero.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from ..errors import BadInputError, NoDataError, as_names, require_frame, unknown
from ..series import SeriesData, SeriesInfo
from . import transforms


@dataclass(frozen=True)
class Panel:
    """Annual (or other whole-numbered period) data on units.

    ``frame``: float64 columns by indicator, MultiIndex of (unit, time), unique and sorted.
    ``series``: a :class:`SeriesInfo` per column. ``names``: display name per unit. ``aggregates``: same form
    as ``frame`` for groups of economies. ``world``: units are economies known by ISO3, so names are resolved.

    >>> import eaeu_analysis as ea, pandas as pd
    >>> ea.load_panel(["trade"], ["KGZ"], (2012, 2014)).wide("trade").round(1)
    economy    KGZ
    year
    2012     139.7
    2013     134.0
    2014     125.1
    >>> mine = pd.DataFrame({"unit": ["A", "A", "B"], "time": [1, 2, 1], "sales": [10.0, 12.0, 8.0]})
    >>> ea.Panel.from_frame(mine, unit="unit", time="time")
    <Panel: unit 2, time 1-2, indicators 1>
    """

    frame: pd.DataFrame
    series: Mapping[str, SeriesInfo]
    names: Mapping[str, str] = field(default_factory=dict)
    aggregates: pd.DataFrame | None = None
    world: bool = False

    # -- made from ---------------------------------------------------------------------------------------
    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        unit: str = "economy",
        time: str = "year",
        *,
        series: Mapping[str, SeriesInfo] | None = None,
        units: Mapping[str, str] | None = None,
    ) -> Panel:
        """Anybody's data: a long frame with a column of units, one of whole-numbered periods, the others indicators.

        ``units`` gives the unit of measurement per indicator ("US$"), ``series`` a full record instead.
        Raises BadInputError for a missing column, a duplicate key, text among numbers, an infinite value.
        """
        clean = _validated(df, unit, time)
        infos: dict[str, SeriesInfo] = {}
        for column in clean.columns:
            known = (series or {}).get(column)
            infos[column] = known or SeriesInfo(code=column, label=column, unit=(units or {}).get(column, ""))
        codes = clean.index.get_level_values(0).unique()
        return cls(clean, infos, {str(c): str(c) for c in codes})

    @classmethod
    def from_series(cls, data: Iterable[SeriesData], *, keyed: bool = False) -> Panel:
        """World panel from series as sources hand them out; ``keyed`` names columns ``code@vintage``."""
        from ..reference import economies as names

        columns: dict[str, pd.Series[Any]] = {}
        infos: dict[str, SeriesInfo] = {}
        for item in data:
            key = item.info.key if keyed else item.info.code
            if key in columns:
                raise BadInputError(
                    f"series '{key}' came twice (vintages {infos[key].vintage or '?'} and {item.info.vintage or '?'}); "
                    "two vintages are never spliced: name one as CODE@VINTAGE"
                )
            columns[key] = item.frame.set_index(["economy", "year"])["value"].astype("float64")
            infos[key] = item.info
        if not columns:
            raise NoDataError("no series were given: a panel needs at least one")
        frame = pd.DataFrame(columns).sort_index()
        frame.index.names = ["economy", "year"]
        frame.columns.name = None
        codes = frame.index.get_level_values(0)
        is_group = codes.map({c: names.is_aggregate(c) for c in codes.unique()}).to_numpy(dtype=bool)
        economies = frame[~is_group]
        labels = {c: names.common_name(c) for c in economies.index.get_level_values(0).unique()}
        return cls(economies, infos, labels, frame[is_group], world=True)

    # -- asked -------------------------------------------------------------------------------------------
    @property
    def unit_name(self) -> str:
        return str(self.frame.index.names[0])

    @property
    def time_name(self) -> str:
        return str(self.frame.index.names[1])

    @property
    def units(self) -> list[str]:
        return [str(u) for u in self.frame.index.get_level_values(0).unique()]

    @property
    def indicators(self) -> list[str]:
        return [str(c) for c in self.frame.columns]

    @property
    def years(self) -> tuple[int, int]:
        """First and last period of the index."""
        times = self.frame.index.get_level_values(1)
        return int(times.min()), int(times.max())

    def resolve(self, unit: str) -> str:
        """The unit's code in this panel, from a code, an ISO2 code or a name; near match in the error."""
        present = self.frame.index.get_level_values(0)
        if not isinstance(unit, Hashable):
            raise BadInputError(f"{self.unit_name} {unit!r}: expected one, not a list")
        if unit in present:
            return unit
        if self.world:
            from ..reference import economies as names

            code = names.resolve(unit)
            if code in present:
                return code
            raise NoDataError(f"{names.economy_name(code)} ({code}) has no data in this panel")
        raise unknown(self.unit_name, unit, self.units, dict(self.names))

    def info(self, indicator: str) -> SeriesInfo:
        self._need(indicator)
        return self.series[indicator]

    def column(self, indicator: str) -> pd.Series[Any]:
        self._need(indicator)
        return self.frame[indicator]

    def wide(self, indicator: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """One indicator as a (time x unit) frame with every period between the first and the last."""
        table = self.column(indicator).unstack(0)
        first, last = self.years
        table = table.reindex(range(first, last + 1))
        table.index.name, table.columns.name = self.time_name, self.unit_name
        return table if units is None else table[[self.resolve(u) for u in units]]

    def select(
        self,
        indicators: Sequence[str] | None = None,
        economies: Sequence[str] | None = None,
        years: tuple[int, int] | None = None,
    ) -> Panel:
        """A smaller panel; unknown names raise with a near match. ``years`` is inclusive at both ends."""
        chosen = self.indicators if indicators is None else list(as_names("indicators", indicators))
        for name in chosen:
            self._need(name)

        def cut(frame: pd.DataFrame) -> pd.DataFrame:
            frame = frame[[c for c in chosen if c in frame.columns]]  # outcomes are not computed for aggregates
            if years is not None:
                times = frame.index.get_level_values(1)
                frame = frame[(times >= years[0]) & (times <= years[1])]
            return frame

        if years is not None and (isinstance(years, str) or not isinstance(years, Sequence) or len(years) != 2):
            raise BadInputError(f"years {years!r}: expected the first and the last, as (2010, 2019)")
        if years is not None and years[0] > years[1]:
            raise BadInputError(f"years {years[0]} to {years[1]}: the first is after the last")
        frame = cut(self.frame)
        if economies is not None:
            codes = list(dict.fromkeys(self.resolve(e) for e in as_names("economies", economies)))
            frame = frame[frame.index.get_level_values(0).isin(codes)]
        if frame.empty:
            raise NoDataError(
                f"nothing is left of the panel for economies {economies or 'all'}, years {years or 'all'}"
            )
        groups = None if self.aggregates is None else cut(self.aggregates)
        return replace(self, frame=frame, series={c: self.series[c] for c in chosen}, aggregates=groups)

    def coverage(self, units: Sequence[str] | None = None) -> pd.DataFrame:
        """A row per indicator and unit: first and last period, number present, missing inside, zeros."""
        rows = []
        for code in self.indicators:
            table = self.wide(code, units)
            for unit in table.columns:
                values = table[unit].dropna()
                first = int(values.index[0]) if len(values) else None
                last = int(values.index[-1]) if len(values) else None
                inside = 0 if first is None or last is None else last - first + 1 - len(values)
                rows.append((code, unit, first, last, len(values), inside, int((values == 0).sum())))
        names = ["indicator", self.unit_name, "first", "last", "present", "missing_inside", "zeros"]
        return pd.DataFrame(rows, columns=names).astype({"first": "Int64", "last": "Int64"})

    def to_frame(self) -> pd.DataFrame:
        """Long form: unit, time, then a column per indicator."""
        return self.frame.reset_index()

    # -- changed (each returns a new panel with one more column, which carries its unit) --------------------
    def with_column(self, code: str, values: pd.Series[Any], info: SeriesInfo) -> Panel:
        frame = self.frame.assign(**{code: values.reindex(self.frame.index).astype("float64")})
        return replace(self, frame=frame, series={**self.series, code: info})

    def log(self, indicator: str) -> Panel:
        """Natural logarithm; refused where a value is zero or negative."""
        return transforms.log(self, indicator)

    def per_head(self, indicator: str) -> Panel:
        """Divided by population (SP.POP.TOTL); for levels only."""
        return transforms.per_head(self, indicator)

    def share_of_gdp(self, indicator: str) -> Panel:
        """Per cent of GDP in the same prices (current or constant 2015 US$)."""
        return transforms.share_of_gdp(self, indicator)

    def index(self, indicator: str, base: int) -> Panel:
        """Index, the base year of each unit being 100; units without that year become missing and are named."""
        return transforms.index(self, indicator, base)

    def real(self, indicator: str) -> Panel:
        """Current US$ into constant 2015 US$ by the economy's own GDP deflator in dollars."""
        return transforms.real(self, indicator)

    def with_outcome(self, name: str) -> Panel:
        """Adds an outcome of the catalogue ('remittances') under its name; a column of that name is left as is."""
        return transforms.add_outcome(self, name)

    def _need(self, indicator: str) -> None:
        if indicator not in self.frame.columns:
            labels = {c: i.label for c, i in self.series.items() if i.label}
            raise unknown("indicator", indicator, self.indicators, labels)

    def _repr_html_(self) -> str:
        first, last = self.years
        head = f"Panel: {len(self.units)} {self.unit_name} x {first}-{last} x {len(self.indicators)} indicators"
        rows = [(c, i.label, i.unit, i.vintage, int(self.frame[c].notna().sum())) for c, i in self.series.items()]
        table = pd.DataFrame(rows, columns=["indicator", "label", "unit", "vintage", "values"])
        return f"<p>{head}</p>{table.to_html(index=False, border=0)}"

    def __repr__(self) -> str:
        first, last = self.years
        size = f"{self.unit_name} {len(self.units)}, {self.time_name} {first}-{last}"
        return f"<Panel: {size}, indicators {len(self.indicators)}>"


def require_panel(given: object) -> None:
    """BadInputError unless it is a :class:`Panel`, saying how to make one."""
    if not isinstance(given, Panel):
        hint = "Panel.from_frame(frame) makes one of a DataFrame, load_panel([...]) loads one"
        raise BadInputError(f"panel must be a Panel, not {type(given).__name__}; {hint}")


def event_year(event: object) -> int:
    """The first treated period from 2015, "2015", "2015-08-12" or a date."""
    if isinstance(event, (int, np.integer)) and not isinstance(event, bool):
        return int(event)
    if isinstance(event, float):
        raise BadInputError(f"event {event!r} is not a year or a date; expected 2015 or '2015-08-12'")
    text = event.isoformat() if hasattr(event, "isoformat") else str(event).strip()
    try:
        year = int(text) if text.lstrip("-").isdigit() else pd.Timestamp(text).year
        if year == year:  # NaT has no year
            return int(year)
    except (ValueError, TypeError):
        pass
    raise BadInputError(f"event {event!r} is not a year or a date; expected 2015 or '2015-08-12'")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _validated(df: pd.DataFrame, unit: str, time: str) -> pd.DataFrame:
    """The pandera schema on the way in; its first failure becomes one sentence."""
    import pandera.pandas as pa

    require_frame("the data", df)
    for role, column in (("unit", unit), ("time", time)):
        if column not in df.columns:
            raise unknown(f"{role} column", column, map(str, df.columns))
    values = [c for c in df.columns if c not in (unit, time)]
    if not values:
        raise BadInputError(f"no indicator column beside {unit!r} and {time!r}")
    if df.empty:
        raise NoDataError("the frame has no row")
    table = df.rename(columns=str)
    number = pa.Check(lambda s: np.isfinite(s) | s.isna(), error="is infinite")
    whole = pa.Check(lambda s: pd.to_numeric(s, errors="coerce") % 1 == 0, error="is not a whole number of a period")
    schema = pa.DataFrameSchema(
        {
            unit: pa.Column(str, coerce=True, nullable=False),
            time: pa.Column(checks=whole, nullable=False),
            **{str(c): pa.Column(float, number, nullable=True, coerce=True) for c in values},
        },
        strict=True,
    )
    if table[unit].isna().any():
        raise BadInputError(f"column {unit!r} is missing in row {int(np.argmax(table[unit].isna().to_numpy())) + 1}")
    if pd.api.types.is_datetime64_any_dtype(table[time]):
        table = table.assign(**{time: table[time].dt.year})
    try:
        table = schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as caught:
        case = caught.failure_cases.iloc[0]
        what = "is not a number" if "coerce" in str(case["check"]) or "dtype" in str(case["check"]) else case["check"]
        row = f" in row {int(case['index']) + 1}" if pd.notna(case["index"]) else ""
        raise BadInputError(f"column {case['column']!r}{row}: {_plain(case['failure_case'])} {what}") from None
    table = table.assign(**{time: pd.to_numeric(table[time]).astype("int64")})
    twice = table.duplicated([unit, time])
    if twice.any():
        first = table[twice].iloc[0]
        raise BadInputError(
            f"{unit} {first[unit]!r} has {time} {first[time]} more than once ({int(twice.sum())} duplicate rows)"
        )
    return table.set_index([unit, time]).sort_index()
