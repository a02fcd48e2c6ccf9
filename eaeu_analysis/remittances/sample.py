"""The panel that the pass-through is estimated on: remittances of corridor countries, the rouble, Russia's income."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import names
from ..errors import BadInputError, NoDataError, unknown
from ..series import SeriesInfo
from .regression import Array, Codes, Fit, least_squares
from .shares import corridors

if TYPE_CHECKING:
    from ..panel import Panel

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
class Question:
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

    def but(self, **changes: Any) -> Question:
        return replace(self, **changes)


@dataclass(frozen=True)
class Sample:
    """``y`` (n,), ``x`` (n, k), codes of country and year (n,): logarithms, or their changes, x times the share."""

    y: Array
    x: Array
    unit: Codes
    year: Codes
    origins: tuple[str, ...]
    regressors: tuple[str, ...]

    def fit(self, lags: int, year_effects: bool = False) -> Fit:
        return least_squares(self.y, self.x, self.unit, self.year, lags, year_effects)


def sample(panel: Panel, question: Question) -> Sample:
    """Rows in order of country and year; a country-year without remittances, or a zero, is left out.

    Raises BadInputError for too few years, NoDataError where the panel lacks the drivers or the origins.
    """
    years = range(question.first_year, question.last_year + 1)
    drivers = {}
    for name, code in DRIVERS[question.income].items():
        series = logs(panel, code, DESTINATION).reindex(range(question.first_year - 2, question.last_year + 1))
        drivers[name] = series
        if question.lagged:
            drivers[f"{name}, year before"] = series.shift(1)
        gap = [t for t in years if np.isnan(series[t])]
        if gap:
            raise NoDataError(f"{code} of Russia is missing in {gap[0]}, between {years[0]} and {years[-1]}")
    parts = []
    for origin, share in question.shares.items():
        y = logs(panel, REMITTANCES, origin).reindex(years)
        part = pd.DataFrame({"y": y, **{name: share * drivers[name].reindex(years) for name in question.regressors}})
        part = part if question.levels else part.diff()
        parts.append(part.dropna().assign(origin=origin))
    frame = pd.concat(parts)
    need = len(question.regressors) + 3
    if frame.index.nunique() < need or frame["origin"].nunique() < MIN_ORIGINS:
        raise NoDataError(
            f"{frame.index.nunique()} years and {frame['origin'].nunique()} countries are left between "
            f"{years[0]} and {years[-1]}; a pass-through needs {need} years and {MIN_ORIGINS} countries"
        )
    origins = tuple(sorted(set(frame["origin"])))
    return Sample(
        frame["y"].to_numpy(dtype="float64"),
        frame[question.regressors].to_numpy(dtype="float64"),
        frame["origin"].map({o: i for i, o in enumerate(origins)}).to_numpy(dtype="int64"),
        frame.index.to_numpy(dtype="int64"),
        origins,
        tuple(question.regressors),
    )


def logs(panel: Panel, code: str, economy: str) -> pd.Series[Any]:
    """Logarithm of a series by year; zeros are not reported values and become missing."""
    column = panel.column(code)
    if economy not in column.index.get_level_values(0):
        raise NoDataError(f"{names.spoken_name(economy)} ({economy}) has no {code} in this panel")
    values = column.xs(economy, level=0)
    if (values < 0).any():
        raise BadInputError(f"{code} of {economy} is negative in {values.index[values < 0][0]}: it has no logarithm")
    found: pd.Series[Any] = np.log(values.where(values > 0))
    return found


def shares_of(
    origins: Iterable[str], year: int, given: Mapping[str, float] | None = None
) -> tuple[dict[str, float], tuple[SeriesInfo, ...]]:
    """Russia's share by origin, the one given or that of the corridors as of ``year``, and the sources of the latter.

    Raises BadInputError for a share outside (0, 1], or given for a country that is not among the origins.
    """
    codes = [names.resolve(o) for o in origins]
    told = {names.resolve(o): float(s) for o, s in (given or {}).items()}
    for code, value in told.items():
        if code not in codes:
            raise unknown("origin of a share", code, codes)
        if not 0 < value <= 1:
            raise BadInputError(f"share of Russia for {code} is {value:g}; expected above 0 and at most 1")
    twice = [c for i, c in enumerate(codes) if c in codes[:i]]
    if twice:
        raise BadInputError(f"origin {twice[0]} comes more than once")
    looked_up = {code: corridors(code, year) for code in codes if code not in told}
    shares = {code: told[code] if code in told else looked_up[code].share().value for code in codes}
    infos = {info.key: info for info in (found.share_info() for found in looked_up.values())}
    return shares, tuple(infos[key] for key in sorted(infos))
