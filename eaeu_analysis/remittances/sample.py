"""The panel that the pass-through is estimated on: remittances of corridor countries, the rouble, Russia's income."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ..arrays import Array, Ints
from ..data.panel import Panel
from ..errors import BadInputError, NoDataError, require_option
from ..reference import economies as names
from ..series import SeriesInfo
from .regression import Fit, least_squares
from .shares import corridors

REMITTANCES, RATE = "BX.TRF.PWKR.CD.DT", "PA.NUS.FCRF"
GDP_REAL, GDP_USD = "NY.GDP.MKTP.KD", "NY.GDP.MKTP.CD"
DESTINATION = "RUS"
DRIVERS: Mapping[str, Mapping[str, str]] = {
    "real": {"rouble": RATE, "income": GDP_REAL},
    "dollars": {"income_usd": GDP_USD},
}
MEANING = {
    "rouble": "roubles per US$, logarithm",
    "income": "Russia's GDP at constant prices, logarithm",
    "income_usd": "Russia's GDP in current US$, logarithm",
}
MIN_ORIGINS = 3


@dataclass(frozen=True)
class PassThroughSpec:
    """What is regressed: origins and their shares, years of the levels, drivers, form."""

    shares: Mapping[str, float]
    first_year: int
    last_year: int
    income: str = "real"
    levels: bool = False
    year_effects: bool = False
    lagged: bool = False

    @property
    def regressors(self) -> list[str]:
        now = list(DRIVERS[self.income])
        return now + [f"{name}, year before" for name in now] if self.lagged else now

    def but(self, **changes: Any) -> PassThroughSpec:
        return replace(self, **changes)


@dataclass(frozen=True)
class PassThroughSample:
    """``y`` (n,), ``x`` (n, k), codes of country and year (n,): logarithms, or their changes, x times the share."""

    y: Array
    x: Array
    country: Ints
    year: Ints
    origins: tuple[str, ...]
    regressors: tuple[str, ...]

    def fit(self, lags: int, year_effects: bool = False) -> Fit:
        return least_squares(self.y, self.x, self.country, self.year, lags, year_effects)


@dataclass(frozen=True)
class Logs:
    """Logarithms by year (rows, without gaps): ``remittances`` (year x economy), ``drivers`` (year x code) of Russia.

    A zero is not a reported value and is missing.
    """

    remittances: pd.DataFrame
    drivers: pd.DataFrame


def logs(panel: Panel, origins: Iterable[str], income: str) -> Logs:
    """Raises NoDataError for an economy that the panel lacks, BadInputError for a negative value, a missing series."""
    wanted = list(dict.fromkeys(origins))
    other = [name for name in DRIVERS if name != income]
    codes = list(DRIVERS[income].values())
    codes += [c for name in other for c in DRIVERS[name].values() if c in panel.indicators]
    drivers = pd.concat({code: _log(panel, code, [DESTINATION])[DESTINATION] for code in dict.fromkeys(codes)}, axis=1)
    return Logs(_log(panel, REMITTANCES, wanted), drivers)


def _log(panel: Panel, code: str, economies: list[str]) -> pd.DataFrame:
    column = panel.column(code)
    present = column.index.get_level_values(0)
    for economy in economies:
        if economy not in present:
            raise NoDataError(f"{names.common_name(economy)} ({economy}) has no {code} in this panel")
    table = column[present.isin(economies)].unstack(0)[economies]
    below = table.lt(0).to_numpy()
    if below.any():
        row, at = np.argwhere(below)[0]
        raise BadInputError(f"{code} of {economies[at]} is negative in {table.index[row]}: it has no logarithm")
    table = table.reindex(range(int(table.index.min()), int(table.index.max()) + 1))
    return pd.DataFrame(np.log(table.where(table > 0)))


def build_sample(data: Logs, question: PassThroughSpec) -> PassThroughSample:
    """Rows in order of country and year; a country-year without remittances is left out.

    Raises NoDataError for a driver that is missing in these years, and for too few years or countries.
    """
    years = range(question.first_year, question.last_year + 1)
    needed = DRIVERS[question.income]
    absent = [code for code in needed.values() if code not in data.drivers.columns]
    if absent:
        raise NoDataError(f"{absent[0]} of Russia is not in this panel")
    drivers = data.drivers[list(needed.values())]
    x = drivers.reindex(years).to_numpy()
    if question.lagged:
        x = np.hstack([x, drivers.reindex(range(years[0] - 1, years[-1])).to_numpy()])
    for column, code in enumerate([*needed.values()] * (2 if question.lagged else 1)):
        gaps = np.flatnonzero(np.isnan(x[:, column]))
        if len(gaps):
            raise NoDataError(f"{code} of Russia is missing in {years[gaps[0]]}, between {years[0]} and {years[-1]}")
    y = data.remittances[list(question.shares)].reindex(years).to_numpy()
    times = np.array(years, dtype=np.int64)
    if not question.levels:
        x, y, times = np.diff(x, axis=0), np.diff(y, axis=0), times[1:]
    origins = tuple(sorted(question.shares))
    shares = np.array([question.shares[o] for o in origins])
    y = y[:, [list(question.shares).index(o) for o in origins]].T  # origin x year
    here = np.isfinite(y)
    unit, place = np.nonzero(here)
    need = len(question.regressors) + 3
    counted = len(np.unique(place)), len(np.unique(unit))
    if counted[0] < need or counted[1] < MIN_ORIGINS:
        raise NoDataError(
            f"{counted[0]} years and {counted[1]} countries are left between {years[0]} and {years[-1]}; "
            f"a pass-through needs {need} years and {MIN_ORIGINS} countries"
        )
    return PassThroughSample(
        y[here],
        shares[unit][:, None] * x[place],
        unit.astype("int64"),
        times[place],
        origins,
        tuple(question.regressors),
    )


def shares_of(
    origins: Iterable[str], year: int, given: Mapping[str, float] | None = None
) -> tuple[dict[str, float], tuple[SeriesInfo, ...]]:
    """Russia's share by origin, the one given or that of the corridors as of ``year``, and the sources of the latter.

    Raises BadInputError for a share outside (0, 1], or given for a country that is not among the origins.
    """
    codes = [names.resolve(o) for o in origins]
    stated = {names.resolve(o): float(s) for o, s in (given or {}).items()}
    for code, value in stated.items():
        require_option("origin of a share", code, codes)
        if not 0 < value <= 1:
            raise BadInputError(f"share of Russia for {code} is {value:g}; expected above 0 and at most 1")
    twice = [c for i, c in enumerate(codes) if c in codes[:i]]
    if twice:
        raise BadInputError(f"origin {twice[0]} comes more than once")
    looked_up = {code: corridors(code, year) for code in codes if code not in stated}
    shares = {code: stated[code] if code in stated else looked_up[code].share().value for code in codes}
    infos = {info.key: info for info in (found.share_info() for found in looked_up.values())}
    return shares, tuple(infos[key] for key in sorted(infos))
