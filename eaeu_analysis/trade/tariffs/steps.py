"""Tariffs around the accessions: the common tariff of August 2013 by code, applied averages by stage of processing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...errors import NoDataError
from ...reference import economies as names
from ...reference.shipped_tables import TARIFFS


def cet_2013() -> pd.DataFrame:
    """The common external tariff in force on 11 August 2013: base rates of the EAEU's agreement with Viet Nam.

    Columns ``code`` (HS 2012, 4 to 10 digits; a short code means all lines below it), ``kind`` (ad_valorem, combined,
    specific, excluded), ``ad_valorem`` (per cent; of a combined duty its ad valorem part, a lower bound; NaN where the
    agreement has no rate), ``minimum_eur`` and ``unit`` of a combined duty, ``part_of_code`` (the rate is of a part of
    the code, the rest is excluded).
    """
    return TARIFFS.load("tariffs_cet_2013")


def cet_2013_by_heading() -> pd.DataFrame:
    """The tariff of :func:`cet_2013` averaged by HS heading: means over subheadings of the means of their codes.

    Index ``heading``. ``rate``: per cent over codes with a rate, NaN where none has one; ``codes``; ``without_rate``:
    codes excluded from the agreement or specific, which ``rate`` leaves out; ``combined``: codes that count with the
    ad valorem part of a combined duty, so that ``rate`` is a lower bound.
    """
    lines = cet_2013()
    lines = lines.assign(heading=lines["code"].str[:4], subheading=lines["code"].str[:6])
    means = lines.groupby(["heading", "subheading"])["ad_valorem"].mean()
    table = pd.DataFrame({"rate": means.groupby(level="heading").mean()})
    by_heading = lines.groupby("heading")
    table["codes"] = by_heading.size()
    table["without_rate"] = by_heading["ad_valorem"].agg(lambda rate: int(rate.isna().sum()))
    table["combined"] = by_heading["kind"].agg(lambda kind: int((kind == "combined").sum()))
    return table


def tariffs_by_stage(economies: Sequence[str] | None = None, years: Sequence[int] | None = None) -> pd.DataFrame:
    """Imports and applied tariffs by stage of processing, as WITS has them, 1988-2019.

    Columns ``economy``, ``stage`` (all, capital, consumer, intermediate, raw), ``year``, ``vintage``, ``imports_musd``,
    ``tariff`` (import-weighted average of applied rates, per cent), and for all goods alone ``tariff_simple``,
    ``tariff_largest``, ``duty_free_lines`` (per cent of lines). What the source lacks is NaN.

    ``carried`` marks a year whose tariffs repeat the year before in every stage (Kyrgyzstan 2013).
    Raises BadInputError for an unknown economy, NoDataError when no row is left.
    """
    frame = TARIFFS.load("tariffs_by_stage")
    frame = frame.assign(carried=_carried(frame))
    if economies is not None:
        frame = frame[frame["economy"].isin([names.resolve(code) for code in economies])]
    if years is not None:
        frame = frame[frame["year"].isin(list(years))]
    if frame.empty:
        raise NoDataError(f"no tariff by stage of processing for {economies} in {years}; there is none for Uzbekistan")
    return frame.reset_index(drop=True)


def _carried(frame: pd.DataFrame) -> pd.Series[bool]:
    """Whether all averages of an economy's year are those of its year before: no new schedule was read."""
    stages = frame[frame["stage"] != "all"]
    wide = stages.pivot_table(index=["economy", "year"], columns="stage", values="tariff")
    before = wide.rename(index=lambda year: year + 1, level="year").reindex(wide.index)
    same = pd.Series(np.isclose(wide, before, rtol=0, atol=1e-9, equal_nan=False).all(axis=1), index=wide.index)
    keys = pd.MultiIndex.from_frame(frame[["economy", "year"]])
    return pd.Series(same.reindex(keys, fill_value=False).to_numpy(), index=frame.index)
