"""Panel: (economy, year) x indicator, each column with its unit of measurement, source and vintage.

Periods are years, plain whole numbers, or pandas Periods of quarters, months, weeks or days (:mod:`.frequency`). The
index is unique and sorted. Aggregates (World, Central Asia...) are kept apart from economies. A missing value is
NaN, never zero.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from ..errors import BadInputError, NoDataError, as_names, unknown
from ..series import SeriesData, SeriesInfo
from . import transforms
from .frequency import Calendar, Freq
from .tidy import tidy_frame, unit_text


@dataclass(frozen=True)
class Panel:
    """Data on units (economies, states, firms) by year, quarter, month, week, day or another period.

    Made by :func:`load_panel` (World Bank data) or :meth:`from_frame` (any other data). Methods never change a panel:
    they return a new one.

    Parameters
    ----------
    frame : pandas.DataFrame
        One float64 column per indicator; MultiIndex (unit, time), unique and sorted. Years and plain numbers are int64,
        other periods pandas Periods.
    series : Mapping[str, SeriesInfo]
        Label, unit of measurement, source and vintage of each column.
    names : Mapping[str, str]
        Display name of each unit.
    aggregates : pandas.DataFrame, optional
        Groups of economies (World, Euro area), in the form of ``frame``.
    world : bool, default False
        True if units are economies by ISO3; names and ISO2 codes are then resolved.

    See Also
    --------
    load_panel : World Bank data as a panel.
    before_after, synthetic_control : analyses that take a panel.

    Examples
    --------
    >>> import eaeu_analysis as ea, pandas as pd
    >>> ea.load_panel(["trade"], ["KGZ"], (2012, 2014)).wide("trade").round(1)
    economy    KGZ
    year
    2012     139.7
    2013     134.0
    2014     125.1
    >>> rows = [("A", 1, 10.0), ("A", 2, 12.0), ("B", 1, 8.0)]
    >>> mine = pd.DataFrame(rows, columns=["unit", "time", "sales"])
    >>> ea.Panel.from_frame(mine, unit="unit", time="time")
    <Panel: unit 2, time 1-2, indicators 1>
    """

    frame: pd.DataFrame
    series: Mapping[str, SeriesInfo]
    names: Mapping[str, str] = field(default_factory=dict)
    aggregates: pd.DataFrame | None = None
    world: bool = False

    # -- constructors ------------------------------------------------------------------------------------
    @classmethod
    def from_frame(
        cls,
        df: Any,
        unit: str = "economy",
        time: str = "year",
        *,
        freq: Freq | None = None,
        series: Mapping[str, SeriesInfo] | None = None,
        units: Mapping[str, str] | None = None,
    ) -> Panel:
        """A panel of your own data.

        Parameters
        ----------
        df : pandas.DataFrame, polars.DataFrame or pyarrow.Table
            Long form: one row per unit and period. All columns except ``unit`` and ``time`` are indicators and must
            be numeric; missing values are allowed.
        unit : str, default "economy"
            Column of the units: any text or numbers, which become text; codes are not resolved.
        time : str, default "year"
            Column of the periods: whole numbers, dates, pandas Periods, or texts such as "2012-07", "2012Q3" and
            "2012-W27". Dates become years, quarters, months, weeks or days: the coarsest that keep the dates of every
            unit apart.
        freq : {"Y", "Q", "M", "W", "D"}, optional
            What the periods are, where ``time`` has codes (201207 is July 2012 under "M", 20123 the third quarter under
            "Q", 201227 a week under "W", 20120715 a day under "D") or dates finer than that.
        series : Mapping[str, SeriesInfo], optional
            Full record per indicator.
        units : Mapping[str, str], optional
            Unit of measurement per indicator ("US$"), where ``series`` has no record.

        Returns
        -------
        Panel
            Sorted by unit and period.

        Raises
        ------
        BadInputError
            A column is missing, a unit and period occur twice, a value is text or infinite, or times look like codes
            and ``freq`` is not given. The message names the column and the row.
        NoDataError
            The frame has no row.

        Examples
        --------
        >>> import eaeu_analysis as ea, pandas as pd
        >>> sales = pd.DataFrame({"state": ["A", "A", "B"], "year": [2001, 2002, 2001], "sales": [10.0, 12.0, 8.0]})
        >>> ea.Panel.from_frame(sales, unit="state", units={"sales": "US$"}).info("sales").unit
        'US$'
        >>> monthly = pd.DataFrame({"state": "A", "month": [201211, 201212, 201301], "sales": [10.0, 12.0, 11.0]})
        >>> ea.Panel.from_frame(monthly, unit="state", time="month", freq="M")
        <Panel: state 1, month 2012-11 to 2013-01, indicators 1>
        """
        clean = tidy_frame(df, unit, time, freq)
        infos: dict[str, SeriesInfo] = {}
        for column in clean.columns:
            known = (series or {}).get(column)
            infos[column] = known or SeriesInfo(code=column, label=column, unit=(units or {}).get(column, ""))
        codes = clean.index.get_level_values(0).unique()
        return cls(clean, infos, {str(c): str(c) for c in codes})

    @classmethod
    def from_csv(cls, path: str | Path, unit: str | None = None, time: str | None = None) -> Panel:
        """A panel from a file: CSV, Excel, Parquet or a World Bank zip.

        Parameters
        ----------
        path : str or Path
            The file. Without ``unit`` and ``time`` it is read as a table of economies, in any form that
            :func:`load_panel` knows: World Bank and DataBank downloads, Data360, tables written by wbgapi, wbdata,
            pandas-datareader, R's WDI or Our World in Data, or columns ``iso3, year, value``.
        unit : str, optional
            Column of the units. Given this or ``time``, the file must be a CSV in long form; its other columns are the
            indicators, as in :meth:`from_frame`. Default with ``time``: "economy".
        time : str, optional
            Column of the periods. Default with ``unit``: "year".

        Returns
        -------
        Panel
            Of economies (ISO3) without ``unit`` and ``time``, else of any units.

        Raises
        ------
        BadInputError
            No such file, or its content is not such a table; the message names the row and the way out.
        NoDataError
            The file has no value.

        See Also
        --------
        from_frame : a panel of a data frame.
        load_panel : chosen series of a file or a folder.

        Examples
        --------
        >>> import eaeu_analysis as ea, pathlib, tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> file = pathlib.Path(folder.name, "sales.csv")
        >>> _ = file.write_text("country,year,sales\\nKyrgyzstan,2014,1.5\\nKyrgyzstan,2015,2\\n")
        >>> ea.Panel.from_csv(file)
        <Panel: economy 1, year 2014-2015, indicators 1>
        >>> _ = file.write_text("shop,week,sales\\nA,1,1.5\\nA,2,2\\n")
        >>> ea.Panel.from_csv(file, unit="shop", time="week")
        <Panel: shop 1, week 1-2, indicators 1>
        >>> folder.cleanup()
        """
        from .sources.files.source import FileSource, read_long

        if unit is None and time is None:
            source = FileSource(path)
            return cls.from_series([source.read(info.code, info.vintage or None) for info in source.entries()])
        return cls.from_frame(read_long(path), "economy" if unit is None else unit, "year" if time is None else time)

    @classmethod
    def from_series(cls, data: Iterable[SeriesData], *, keyed: bool = False) -> Panel:
        """A panel of economies from series of a source.

        Parameters
        ----------
        data : Iterable[SeriesData]
            The series; aggregates are separated from economies.
        keyed : bool, default False
            Name columns ``CODE@VINTAGE`` instead of ``CODE``, so that two vintages of a series can be compared.

        Returns
        -------
        Panel
            With ``world=True``.

        Raises
        ------
        BadInputError
            A series occurs twice.
        NoDataError
            No series was given.
        """
        from ..reference.economies import CommonNames, is_aggregate

        tables: dict[str, pd.DataFrame] = {}
        infos: dict[str, SeriesInfo] = {}
        letters: dict[str, str] = {}
        for item in data:
            key = item.info.key if keyed else item.info.code
            if key in tables:
                raise BadInputError(
                    f"series '{key}' was given twice (vintages {infos[key].vintage or '?'} and "
                    f"{item.info.vintage or '?'}); two vintages are never spliced: name one as CODE@VINTAGE"
                )
            tables[key] = item.frame
            infos[key], letters[key] = item.info, item.freq
        if not tables:
            raise NoDataError("no series were given: a panel needs at least one")
        if len(set(letters.values())) > 1:
            shown = ", ".join(f"{key}: {Calendar(letter).words()}" for key, letter in list(letters.items())[:4])
            raise BadInputError(f"series of different frequencies make no panel ({shown}); load them separately")
        frame = _side_by_side(tables)
        calendar = Calendar(next(iter(letters.values())))
        if not calendar.counted:
            times = calendar.index(frame.index.get_level_values(1))
            frame.index = pd.MultiIndex.from_arrays([frame.index.get_level_values(0), times])
        frame.index.names = ["economy", "year" if calendar.counted else calendar.words(1)]
        frame.columns.name = None
        index = cast(pd.MultiIndex, frame.index)
        is_group = np.array([is_aggregate(str(code)) for code in index.levels[0]], dtype=bool)[index.codes[0]]
        economies = frame[~is_group]
        labels = CommonNames(str(c) for c in economies.index.get_level_values(0).unique())
        return cls(economies, infos, labels, frame[is_group], world=True)

    # -- access ------------------------------------------------------------------------------------------
    @property
    def unit_name(self) -> str:
        """Name of the unit level of the index ("economy")."""
        return str(self.frame.index.names[0])

    @property
    def time_name(self) -> str:
        """Name of the time level of the index ("year")."""
        return str(self.frame.index.names[1])

    @property
    def units(self) -> list[str]:
        """Codes of the units, sorted."""
        return [str(u) for u in self._present]

    @cached_property
    def _present(self) -> pd.Index[Any]:
        """The units of the index, in their order."""
        return self.frame.index.get_level_values(0).unique()

    @cached_property
    def _tables(self) -> dict[str, tuple[pd.Series[Any], pd.DataFrame]]:
        """What :meth:`wide` made before, by indicator: a comparison of members asks for each a dozen times."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again from the rest, so that workers are sent no more than they need."""
        return {name: value for name, value in vars(self).items() if name not in ("_present", "_tables")}

    @property
    def indicators(self) -> list[str]:
        """Names of the columns."""
        return [str(c) for c in self.frame.columns]

    @property
    def years(self) -> tuple[Any, Any]:
        """First and last period of the index: whole numbers, or pandas Periods."""
        times = self.frame.index.get_level_values(1)
        low, high = times.min(), times.max()
        return (int(low), int(high)) if self.calendar.counted else (low, high)

    @property
    def calendar(self) -> Calendar:
        """What the periods are, and how they are read and written."""
        return Calendar.of(cast(pd.MultiIndex, self.frame.index).levels[1])

    @property
    def freq(self) -> str | None:
        """ "Y", "Q", "M", "W" or "D"; None for plain numbers."""
        return self.calendar.letter or None

    def resolve(self, unit: object) -> str:
        """The code of a unit in this panel.

        Parameters
        ----------
        unit : str or int
            A code of the panel; with economies also an ISO2 code or a name ("Kyrgyzstan", "Киргизия").

        Returns
        -------
        str
            The code (ISO3 for economies).

        Raises
        ------
        BadInputError
            Unknown unit; the message has the near match.
        NoDataError
            An economy that is not in this panel.
        """
        present = self._present
        if not isinstance(unit, Hashable):
            raise BadInputError(f"{self.unit_name} {unit!r}: expected one, not a list")
        if unit in present:
            return str(unit)
        if isinstance(unit, (int, float, np.number)) and (text := unit_text(unit)) in present:
            return text
        unit = unit if isinstance(unit, str) else str(unit)
        if self.world:
            from ..reference.economies import economy_name
            from ..reference.economies import resolve as resolve_economy

            code = resolve_economy(unit)
            if code in present:
                return code
            raise NoDataError(f"{economy_name(code)} ({code}) has no data in this panel")
        raise unknown(self.unit_name, unit, self.units, dict(self.names))

    def info(self, indicator: str) -> SeriesInfo:
        """Label, unit of measurement, source and vintage of a column; BadInputError if there is no such column."""
        self._need(indicator)
        return self.series[indicator]

    def column(self, indicator: str) -> pd.Series[Any]:
        """The values of a column, indexed by (unit, time); BadInputError if there is no such column."""
        self._need(indicator)
        return self.frame[indicator]

    def wide(self, indicator: str, units: Sequence[str] | None = None) -> pd.DataFrame:
        """One indicator as a table of periods by units.

        Parameters
        ----------
        indicator : str
            A column of the panel.
        units : Sequence[str], optional
            Units to keep, in this order; codes or names. Default: all.

        Returns
        -------
        pandas.DataFrame
            Index: every period between the first and the last of the panel. Columns: unit codes. Missing values are
            NaN.

        Raises
        ------
        BadInputError
            Unknown indicator or unit.
        NoDataError
            An economy that is not in this panel.
        """
        column = self.column(indicator)
        before, table = self._tables.get(indicator, (None, None))
        if before is None or table is None or not column.equals(before):
            table = self._wide(indicator)  # asked for the first time, or the frame has changed since
            self._tables[indicator] = (column.copy(), table)
        table = table.copy(deep=False)
        return table if units is None else table[[self.resolve(u) for u in units]]

    def _wide(self, indicator: str) -> pd.DataFrame:
        table = self.column(indicator).unstack(0).sort_index()  # unstack leaves periods as they first appear
        calendar = self.calendar
        times = calendar.ordinals(table.index)
        if int(times[-1] - times[0]) + 1 != len(times):
            table = table.reindex(calendar.index(range(int(times[0]), int(times[-1]) + 1)))
        table.index.name, table.columns.name = self.time_name, self.unit_name
        return table

    def select(
        self,
        indicators: Sequence[str] | None = None,
        economies: Sequence[str] | None = None,
        years: tuple[Any, Any] | None = None,
    ) -> Panel:
        """A smaller panel.

        Parameters
        ----------
        indicators : Sequence[str], optional
            Columns to keep. Default: all.
        economies : Sequence[str], optional
            Units to keep; codes or names. Default: all.
        years : tuple, optional
            First and last period, both included, such as ``(2010, 2019)`` or ``("2010-07", "2012-06")``. Default: all.

        Returns
        -------
        Panel
            Aggregates are kept for the same columns and periods.

        Raises
        ------
        BadInputError
            Unknown indicator or unit (with the near match), or ``years`` is not a pair in order.
        NoDataError
            No row is left.
        """
        chosen = self.indicators if indicators is None else list(as_names("indicators", indicators))
        for name in chosen:
            self._need(name)

        def cut(frame: pd.DataFrame) -> pd.DataFrame:
            frame = frame[[c for c in chosen if c in frame.columns]]  # outcomes are not computed for aggregates
            if ends is not None:
                times = calendar.ordinals(frame.index.get_level_values(1))
                frame = frame[(times >= ends[0]) & (times <= ends[1])]
            return frame

        if years is not None and (isinstance(years, str) or not isinstance(years, Sequence) or len(years) != 2):
            raise BadInputError(f"years {years!r}: expected the first and the last, as (2010, 2019)")
        calendar = self.calendar
        ends = None if years is None else calendar.bounds(years[0], years[1])
        if ends is not None and ends[0] > ends[1]:
            raise BadInputError(
                f"years {calendar.label(ends[0])} to {calendar.label(ends[1])}: the first is after the last"
            )
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
        """How complete the data are.

        Parameters
        ----------
        units : Sequence[str], optional
            Units to report. Default: all.

        Returns
        -------
        pandas.DataFrame
            One row per indicator and unit: ``first`` and ``last`` period with a value, number of values ``present``,
            ``missing_inside`` (gaps between first and last) and ``zeros``.
        """
        rows = []
        calendar = self.calendar
        for code in self.indicators:
            table = self.wide(code, units)
            times = calendar.ordinals(table.index)
            for unit in table.columns:
                known = table[unit].notna().to_numpy()
                values, at = table[unit].to_numpy()[known], times[known]
                first = calendar.plain(at[0]) if len(at) else None
                last = calendar.plain(at[-1]) if len(at) else None
                inside = int(at[-1] - at[0]) + 1 - len(at) if len(at) else 0
                rows.append((code, unit, first, last, len(values), inside, int((values == 0).sum())))
        names = ["indicator", self.unit_name, "first", "last", "present", "missing_inside", "zeros"]
        found = pd.DataFrame(rows, columns=names)
        return found.astype({"first": "Int64", "last": "Int64"}) if calendar.counted else found

    def to_frame(self) -> pd.DataFrame:
        """The data in long form (pandas.DataFrame): unit, time, then one column per indicator; default index."""
        return self.frame.reset_index()

    # -- transforms: each returns a new panel with one more column and its record --------------------------
    def with_column(self, code: str, values: pd.Series[Any], info: SeriesInfo) -> Panel:
        """A panel with one more column.

        Parameters
        ----------
        code : str
            Name of the column; an existing one is replaced.
        values : pandas.Series
            Indexed by (unit, time); rows that the panel lacks are dropped.
        info : SeriesInfo
            Its label, unit of measurement and source.

        Returns
        -------
        Panel
        """
        frame = self.frame.assign(**{code: values.reindex(self.frame.index).astype("float64")})
        return replace(self, frame=frame, series={**self.series, code: info})

    def log(self, indicator: str) -> Panel:
        """Adds ``log(indicator)``, the natural logarithm.

        Raises BadInputError for values at or below zero and for rates; unknown columns as in :meth:`info`.
        """
        return transforms.log(self, indicator)

    def per_head(self, indicator: str) -> Panel:
        """Adds ``per_head(indicator)``, the level divided by population (SP.POP.TOTL).

        Raises BadInputError for anything but a level, NoDataError if the panel has no population.
        """
        return transforms.per_head(self, indicator)

    def share_of_gdp(self, indicator: str) -> Panel:
        """Adds ``share_of_gdp(indicator)``, per cent of GDP in the same prices (current or constant 2015 US$).

        Raises BadInputError for another unit of measurement, NoDataError if the panel lacks that GDP series.
        """
        return transforms.share_of_gdp(self, indicator)

    def index(self, indicator: str, base: object) -> Panel:
        """Adds ``index(indicator,base)``: the value of each unit in the period ``base`` (2010, "2010-07") is 100.

        Units without a value in that year become missing and are listed in the note of the column. Raises BadInputError
        for values at or below zero or a base outside the panel, NoDataError if no unit has the base year.
        """
        return transforms.index(self, indicator, base)

    def real(self, indicator: str) -> Panel:
        """Adds ``real(indicator)``: current US$ in constant 2015 US$, by the economy's own GDP deflator in dollars.

        The deflator is NY.GDP.MKTP.CD over NY.GDP.MKTP.KD. Raises BadInputError for another unit of measurement,
        NoDataError if the panel lacks these two series.
        """
        return transforms.real(self, indicator)

    def with_outcome(self, name: str) -> Panel:
        """Adds a named outcome of the catalogue ('remittances'); an existing column of that name is left as it is.

        Raises BadInputError for an unknown outcome, NoDataError if the panel lacks a series it is computed from.
        """
        return transforms.add_outcome(self, name)

    def _need(self, indicator: str) -> None:
        if indicator not in self.frame.columns:
            if str(indicator) in self.frame.columns:
                raise BadInputError(
                    f"columns of a panel are named by text: write {str(indicator)!r}, not {indicator!r}"
                )
            labels = {c: i.label for c, i in self.series.items() if i.label}
            raise unknown("indicator", indicator, self.indicators, labels)

    def _repr_html_(self) -> str:
        head = f"Panel: {len(self.units)} {self.unit_name} x {self._span()} x {len(self.indicators)} indicators"
        rows = [(c, i.label, i.unit, i.vintage, int(self.frame[c].notna().sum())) for c, i in self.series.items()]
        table = pd.DataFrame(rows, columns=["indicator", "label", "unit", "vintage", "values"])
        return f"<p>{head}</p>{table.to_html(index=False, border=0)}"

    def __repr__(self) -> str:
        size = f"{self.unit_name} {len(self.units)}, {self.time_name} {self._span()}"
        return f"<Panel: {size}, indicators {len(self.indicators)}>"

    def _span(self) -> str:
        first, last = self.calendar.ordinals(pd.Index(self.years))
        return f"{first}-{last}" if self.calendar.counted else self.calendar.span(int(first), int(last))


def _side_by_side(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row per economy and period, sorted, and a column per table of ``economy, year, value``."""
    together = pd.concat([table[["economy", "year"]] for table in tables.values()], ignore_index=True)
    places, levels = zip(*(pd.factorize(together[name], sort=True) for name in ("economy", "year")), strict=True)
    rows, place = np.unique(places[0] * len(levels[1]) + places[1], return_inverse=True)
    values, first = np.full((len(rows), len(tables)), np.nan), 0
    for column, (name, table) in enumerate(tables.items()):
        cells = place[first : first + len(table)]
        if len(np.unique(cells)) < len(cells):
            raise BadInputError(f"{name} has two values of an economy in a year")
        values[cells, column] = table["value"].to_numpy(dtype=np.float64)
        first += len(table)
    codes: Any = np.divmod(rows, len(levels[1]))
    index = pd.MultiIndex(levels=levels, codes=codes, names=["economy", "year"])
    return pd.DataFrame(values, index, pd.Index(tables))


def require_panel(given: object) -> None:
    """BadInputError unless it is a :class:`Panel`, saying how to make one."""
    if not isinstance(given, Panel):
        hint = "Panel.from_frame(frame) makes one from a DataFrame, load_panel([...]) loads one"
        raise BadInputError(f"panel must be a Panel, not {type(given).__name__}; {hint}")


def require_years(given: object, what: str) -> None:
    """BadInputError unless it is a :class:`Panel` of years (or plain numbers), which ``what`` takes."""
    require_panel(given)
    calendar = cast(Panel, given).calendar
    if not calendar.counted:
        raise BadInputError(f"{what} takes a panel of years, and this one has {calendar.words()}; average it by year")


def event_year(event: object) -> int:
    """The first treated year from 2015, "2015", "2015-08-12" or a date."""
    return Calendar("Y").ordinal(event)
