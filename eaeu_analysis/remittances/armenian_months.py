"""Money sent to Armenia from Russia and from elsewhere, month by month around the rouble's fall and the accession.

The rouble fell in November and December 2014, Armenia joined on 2 January 2015. Transfers from other origins saw what
happened in Armenia, not what happened to the rouble. Rule, fixed before the figures were seen: non-commercial transfers
received; other origins are all that sent at least 100,000 US$ a month on average in 2013 and something in every month,
except members of the union (whose currencies fell too), Ukraine (at war) and partners without a name. Each window is
set against the same months of 2013. What the rouble and Russian income would do is taken from the pass-through
estimated on years before 2014, so that nothing after accession is in it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .. import settings
from ..errors import NoDataError, require_level
from ..reference.blocs import bloc as find_bloc
from ..reference.shipped_tables import REMITTANCES
from ..results import Check, Provenance, TableResult
from ..text import format_number, format_p_equals
from .passthrough import pass_through, pass_through_panel
from .sample import DESTINATION, DRIVERS
from .tables import OTHERS, WORLD, load_remittance_table

TABLE, FLOW, KIND = "armenia_months", "inflow", "non-commercial"
BASE = 2013
LEAST_USD = 100_000.0
AT_WAR = "UKR"
LAST_BEFORE = 2013  # of the years that the pass-through is estimated on
DRAWS = 4000
# name -> years, months; the rouble fell in November 2014; the last is the window after of a before/after comparison
BEFORE, CRASH = "January to October 2014", "November and December 2014"
AFTER = f"2016 to {settings.LAST_CLEAN_YEAR}"
WINDOWS: dict[str, tuple[range, range]] = {
    BEFORE: (range(2014, 2015), range(1, 11)),
    CRASH: (range(2014, 2015), range(11, 13)),
    **{str(year): (range(year, year + 1), range(1, 13)) for year in range(2015, settings.LAST_CLEAN_YEAR + 1)},
    AFTER: (range(2016, settings.LAST_CLEAN_YEAR + 1), range(1, 13)),
}


@dataclass(frozen=True, eq=False)
class ArmenianTransfers(TableResult):
    """Transfers to Armenia from Russia against other origins; from ``armenian_transfers``.

    Attributes
    ----------
    spec : mapping
        Base year, origins and level.
    table : DataFrame
        A row per window: ``window, russia, others, difference`` (per cent against the same months of 2013, the second a
        mean over origins with equal weights), ``p_value`` (rank of Russia among the origins); for whole years
        ``expected, expected_lower, expected_upper`` (what the rouble and Russian income would do) and ``remainder,
        remainder_lower, remainder_upper`` (the difference that they leave), per cent.
    level : float
        Level of the intervals.
    checks : tuple of Check
        Whether Russia already moved differently before the rouble fell.
    provenance : Provenance
        Series and method.
    """

    drawn_by = "remittances.draw_armenian_transfers"

    def summary(self) -> str:
        """A sentence per window, checks, sources."""
        lines = [
            f"Transfers to Armenia from Russia against {len(self.spec['origins'])} other origins, change from the same "
            f"months of {self.spec['base']}"
        ]
        for row in self.table.to_dict("records"):
            text = (
                f"  {row['window']}: Russia {format_number(row['russia'], signed=True)} %, others "
                f"{format_number(row['others'], signed=True)} %, difference "
                f"{format_number(row['difference'], signed=True)} % ({format_p_equals(row['p_value'])})"
            )
            if np.isfinite(row["expected"]):
                text += (
                    f"; the rouble and Russian income would give {format_number(row['expected'], signed=True)} %, left "
                    f"{format_number(row['remainder'], signed=True)} % ({self.level:.0%} interval "
                    f"{format_number(row['remainder_lower'], signed=True)} to "
                    f"{format_number(row['remainder_upper'], signed=True)} %)"
                )
            lines.append(text)
        return self._ended([*lines, ""])


def armenian_transfers(*, level: float = settings.LEVEL) -> ArmenianTransfers:
    """Compare money sent to Armenia from Russia with money from other origins, around the rouble's fall and accession.

    Parameters
    ----------
    level : float, default 0.9
        Level of the intervals, between 0 and 1.

    Returns
    -------
    ArmenianTransfers
        Changes by window, what the rouble and Russian income explain, and what they leave.

    Raises
    ------
    BadInputError
        If the level is out of range.
    NoDataError
        If the shipped table lacks a month.

    Notes
    -----
    What is left is the part of the change that the rouble and Russian income do not explain; rights to work in Russia
    from 2015 on are in it, with everything else that concerned Armenians in Russia alone.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.armenian_transfers()
    >>> found.table["window"].head(2).tolist()
    ['January to October 2014', 'November and December 2014']
    """
    require_level(level)
    months = _months()
    origins = _origins(months)
    months = months[[DESTINATION, *origins]]
    explained = _explained(level)
    rows = []
    for name, (span, within) in WINDOWS.items():
        change = (_mean(months, span, within) / _mean(months, range(BASE, BASE + 1), within)).map(math.log)
        own, others = float(change[DESTINATION]), float(change[origins].mean())
        gap = own - others
        expected, low, high = explained.get(name, (np.nan, np.nan, np.nan))
        rows.append(
            {
                "window": name,
                "russia": _percent(own),
                "others": _percent(others),
                "difference": _percent(gap),
                "p_value": _rank(change, origins),
                "expected": _percent(expected),
                "expected_lower": _percent(low),
                "expected_upper": _percent(high),
                "remainder": _percent(gap - expected),
                "remainder_lower": _percent(gap - high),
                "remainder_upper": _percent(gap - low),
            }
        )
    table = pd.DataFrame(rows)
    before = table[table["window"] == BEFORE].to_dict("records")[0]
    text = (
        f"{BEFORE}: transfers from Russia moved by {before['difference']:+.1f} % against other origins, "
        f"{format_p_equals(float(before['p_value']))}; passes at 0.10 and above"
    )
    check = Check.at_least("before the rouble fell", before["p_value"], 0.10, text, role="fatal")
    panel = pass_through_panel()
    drivers = tuple(panel.info(code) for code in DRIVERS["real"].values())
    spec = {"base": BASE, "origins": origins, "level": level, "elasticities_to": LAST_BEFORE, "draws": DRAWS}
    method = "change against other origins; elasticities of years before accession"
    return ArmenianTransfers(
        spec, table, level, (check,), Provenance((REMITTANCES.info(TABLE), *drivers), method, "", spec)
    )


def _months() -> pd.DataFrame:
    """US$ by (year, month) and origin; NaN where the table has no record."""
    table = load_remittance_table(TABLE)
    rows = table[(table["direction"] == FLOW) & (table["type"] == KIND)]
    return rows.pivot_table(index=["year", "month"], columns="destination", values="usd", aggfunc="sum")


def _origins(months: pd.DataFrame) -> list[str]:
    """The other origins, by the rule."""
    kept = months.loc[BASE : settings.LAST_CLEAN_YEAR]
    always = (kept.fillna(0.0) > 0).all()
    large = months.loc[BASE].mean() >= LEAST_USD
    out = {DESTINATION, OTHERS, WORLD, AT_WAR, *find_bloc("EAEU").members()}
    found = sorted(str(code) for code in months.columns[always & large] if code not in out)
    if len(found) < 5:
        raise NoDataError(f"{len(found)} other origins send money to Armenia in every month; at least 5 are needed")
    return found


def _mean(months: pd.DataFrame, span: range, within: range) -> pd.Series[Any]:
    """US$ a year in those months, by origin."""
    wanted = [(year, month) for year in span for month in within]
    if lost := sorted(set(wanted) - set(months.index)):
        raise NoDataError(f"the table {TABLE!r} lacks a month of {lost[0][0]}")
    return months.loc[wanted].sum() / len(span)


def _rank(change: pd.Series[Any], origins: list[str]) -> float:
    """Share of origins at least as far from the mean of the rest as Russia, which counts among them."""
    every = [DESTINATION, *origins]
    values = change[every].to_numpy(dtype=float)
    apart = np.abs(values - (values.sum() - values) / len(origins))
    return float((apart >= apart[0] - 1e-12).mean())


def _explained(level: float) -> dict[str, tuple[float, float, float]]:
    """By window of whole years: the log change since the base year that the rouble and Russian income would give, with
    its interval."""
    fit = pass_through(last_year=LAST_BEFORE)
    panel = pass_through_panel()
    logs = pd.DataFrame({name: np.log(panel.wide(code)[DESTINATION]) for name, code in DRIVERS["real"].items()})
    draws = fit.draws(DRAWS)
    found = {}
    for name, (span, within) in WINDOWS.items():
        if len(within) < 12:
            continue
        change = logs.loc[list(span)].mean() - logs.loc[BASE]
        drawn = draws[list(change.index)].to_numpy() @ change.to_numpy()
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        centre = fit.coef[list(change.index)].to_numpy(dtype=float) @ change.to_numpy(dtype=float)
        found[name] = (float(centre), float(low), float(high))
    return found


def _percent(log: float) -> float:
    return float(100 * np.expm1(log))
