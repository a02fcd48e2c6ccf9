"""What a unit of goods costs where the tariff asks for it, lines within and beyond tariff quotas, and raw sugar.

Values of a unit are those of Armenia's imports by heading (US$ over kilograms), the only member table available with
quantities; pairs of shoes are weighed with a stated range. Raw sugar is worked out from a quantity and the rates of its
lines, because an average over its chapter hides it. The assumptions are in ``tariffs.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..flows.products import armenian_headings
from .schedule import tariff_tables

PER_KILOGRAM = ("kg", "l")  # a litre is taken for a kilogram


def stated_unit_values(lines: pd.DataFrame) -> pd.DataFrame:
    """Values of a unit for the headings with a specific duty in ``lines``: ``code, unit, low, value, high`` in US$.

    ``low`` and ``high`` are those of the cheapest and the dearest year; of pairs also those of the lightest and the
    heaviest pair. Headings whose duty is by another unit (area, engine capacity, piece) have none.
    """
    stated = tariff_tables()["unit_values"]
    first, last = stated["years"]
    bought = armenian_headings("imports", range(first, last + 1)).dropna(subset=["tonnes"])
    yearly = bought.groupby(["heading", "year"])[["usd", "tonnes"]].sum()
    price = yearly["usd"] / yearly["tonnes"] / 1e3
    whole = yearly.groupby("heading").sum()
    mean = whole["usd"] / whole["tonnes"] / 1e3
    specific = lines[lines["rule"] == "specific"]
    pair = stated["kilograms_per_pair"]
    rows = []
    for heading, unit in sorted(set(zip(specific["code"].str[:4], specific["unit"], strict=True))):
        if heading not in mean.index or unit not in (*PER_KILOGRAM, "pair"):
            continue
        low, high = (float(f(price.loc[heading].min(), price.loc[heading].max())) for f in (min, max))
        weight = (pair["low"], pair["value"], pair["high"]) if unit == "pair" else (1.0, 1.0, 1.0)
        values = (low * weight[0], float(mean[heading]) * weight[1], high * weight[2])
        rows.append((heading, unit, *values, "USD"))
    return pd.DataFrame(rows, columns=["code", "unit", "low", "value", "high", "currency"])


def beyond_quota(lines: pd.DataFrame) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Masks of the lines beyond and within the tariff quotas of ``tariffs.toml``.

    Of the lines of one subheading (six digits) those at its lowest rate are within, the others beyond; a subheading
    with one rate is neither.
    """
    quota = lines["code"].str[:4].isin(tariff_tables()["quotas"]["headings"])
    rate = lines["ad_valorem"].groupby(lines["code"].str[:6])
    beyond = quota & (lines["ad_valorem"] > rate.transform("min"))
    within = quota & (lines["ad_valorem"] < rate.transform("max"))
    return beyond.to_numpy(), within.to_numpy()


@dataclass(frozen=True)
class SugarDuty:
    """Raw sugar: ``tonnes`` of ``year``, least and largest rate (US$ a tonne), and the duty that these come to."""

    tonnes: float
    year: int
    least_rate: float
    largest_rate: float

    @property
    def low(self) -> float:
        """US$ a year at the least rate."""
        return self.tonnes * self.least_rate

    @property
    def high(self) -> float:
        """US$ a year at the largest rate."""
        return self.tonnes * self.largest_rate


def sugar_duty(lines: pd.DataFrame) -> SugarDuty:
    """The duty on raw sugar: what Uzbekistan imports at the rates of the lines of raw sugar."""
    stated: dict[str, Any] = tariff_tables()["sugar"]
    raw = lines[lines["code"].str.startswith(tuple(stated["raw"])) & (lines["rule"] == "specific")]
    rates = raw["amount"] * 1e3  # US$ a kilogram in the lines
    return SugarDuty(float(stated["tonnes"]), int(stated["year"]), float(rates.min()), float(rates.max()))
