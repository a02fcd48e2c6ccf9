"""From flows and tariffs by product to the units of the estimate: windows, exclusions, exposure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NoDataError, unknown
from ..frames import need_columns

Years = tuple[int, int]
HIGHEST = 200.0  # per cent; a mean rate above is a unit mistaken
EARLY_JANUARY = 15  # an event up to this day of January treats the whole year


@dataclass(frozen=True)
class ExposureSample:
    """What the estimate is made on.

    Attributes
    ----------
    panel : DataFrame
        A row per unit and year: ``unit, product, group, cluster, x, year, value``; a flow that is absent counts zero.
    units : DataFrame
        Index ``unit``: ``product, group, cluster, x, before, after`` (means per year).
    dropped : DataFrame
        Products that are left out: ``reason, products, share`` (of the value before).
    fit_years, post_years : tuple of int
        The windows.
    rise_known : bool
        Whether the exposure is the rise; False when own rates are not known and it is the new tariff.
    months : DataFrame or None
        Trade by unit (rows as in ``units``) and (year, month), where the flows have months.
    """

    panel: pd.DataFrame
    units: pd.DataFrame
    dropped: pd.DataFrame
    fit_years: Years
    post_years: Years
    rise_known: bool
    months: pd.DataFrame | None = None

    def totals(self) -> tuple[Array, Array]:
        """(P,) sums over the two windows: the estimate on them is the one on all their periods."""
        spans = (self.fit_years, self.post_years)
        before, after = (
            self.units[name].to_numpy(dtype=np.float64) * (last - first + 1)
            for name, (first, last) in zip(("before", "after"), spans, strict=True)
        )
        return before, after

    def by_year(self) -> pd.DataFrame:
        """Trade of the units by year: rows as in ``units``, a column per year of the flows."""
        wide: pd.DataFrame = self.panel.pivot(index="unit", columns="year", values="value").loc[self.units.index]
        return wide


def event_year(event: int | str) -> tuple[int, bool]:
    """The year of the event, and whether all of it is treated."""
    text = str(event).strip()
    try:
        if len(text) == 4:
            return int(text), True
        if len(text) == 7:
            return int(text[:4]), dt.date.fromisoformat(f"{text}-01").month == 1
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"event {event!r}: expected a year, a month (2015-01) or a date (2015-01-02)") from None
    return day.year, day.month == 1 and day.day <= EARLY_JANUARY


def take_exposure_sample(
    flows: pd.DataFrame,
    tariffs: pd.DataFrame,
    outcome: str,
    fit_years: Years,
    post_years: Years,
    effects_by: str | None,
    cluster: str,
    minimum: float,
    leave_out: Mapping[str, str],
    both_windows: bool,
) -> ExposureSample:
    """The sample, or one sentence on what is wrong with the question.

    ``leave_out``: reason by first digits of a product code. ``minimum``: mean value per year before below which a
    product is thin, as it is when a year before has no flow. ``both_windows``: also leave out units with no flow after.
    """
    rates, known = _rates(tariffs)
    frame = _flows(flows, outcome, effects_by)
    years = sorted(int(y) for y in frame["year"].unique())
    for name, (first, last) in (("fit_years", fit_years), ("post_years", post_years)):
        lost = [y for y in range(first, last + 1) if y not in years]
        if lost:
            raise NoDataError(f"{name} {first}-{last}: the flows have no year {lost[0]} ({years[0]}-{years[-1]})")
    _same_level(frame, rates)
    panel = frame.groupby(["unit", "product", "group", "origin", "year"], observed=True)["value"].sum()
    wide = panel.unstack("year").fillna(0.0)
    units = wide.index.to_frame(index=False).set_index("unit")
    twice = units.index[units.index.duplicated()]
    if len(twice):
        raise BadInputError(f"flows: {twice[0]!r} has several values of {effects_by!r}; expected one for each product")
    wide.index = units.index
    before = wide[list(range(fit_years[0], fit_years[1] + 1))]
    after = wide[list(range(post_years[0], post_years[1] + 1))].mean(axis=1)
    units = units.assign(before=before.mean(axis=1), after=after)
    units = units.join(rates, on=[str(name) for name in rates.index.names])
    units["cluster"] = _cluster_of(units, cluster)
    reason = pd.Series("", index=units.index)
    reason[units["x"].isna()] = "no rate"
    for digits, why in sorted(leave_out.items()):
        reason[units["product"].str.startswith(digits)] = why
    thin = (units["before"] < minimum) | (before <= 0).any(axis=1)
    reason[(reason == "") & thin] = "thin before"
    if both_windows:
        reason[(reason == "") & ~(units["after"] > 0)] = "no flow after"
    kept = units[reason == ""].sort_index()
    _require_enough(kept, units)
    left = units.assign(reason=reason)[reason != ""].groupby("reason")["before"].agg(["size", "sum"])
    dropped = pd.DataFrame({"products": left["size"], "share": left["sum"] / units["before"].sum()}).reset_index()
    tall = wide.loc[kept.index].rename_axis(columns="year").melt(value_name="value", ignore_index=False).reset_index()
    tall = tall.join(kept[["product", "group", "cluster", "x"]], on="unit")
    months = None
    if "month" in frame:
        months = frame.pivot_table(
            index="unit", columns=["year", "month"], values="value", aggfunc="sum", fill_value=0.0
        )
        months = months.reindex(kept.index)
    return ExposureSample(tall, kept, dropped, fit_years, post_years, known, months)


def _rates(tariffs: pd.DataFrame) -> tuple[pd.DataFrame, bool]:
    """``x`` by product (and origin): the log rise, or the log of the new tariff when there is no column ``old``."""
    tariffs = need_columns("tariffs", tariffs, ["product", "new"])
    known = "old" in tariffs.columns
    keys = ["product", *(["origin"] if "origin" in tariffs.columns else [])]
    frame = tariffs[keys].astype(str)
    parts: list[Array] = []
    for name in ["new", *(["old"] if known else [])]:
        rate = pd.to_numeric(tariffs[name], errors="coerce").to_numpy(dtype=np.float64)
        text = ~np.isfinite(rate) & tariffs[name].notna().to_numpy()
        if text.any():
            raise BadInputError(f"tariffs: {name} {tariffs[name][text].iloc[0]!r} is not a number; expected per cent")
        bad = np.isfinite(rate) & ((rate < 0) | (rate > HIGHEST))
        if bad.any():
            place = int(np.argmax(bad))
            raise BadInputError(
                f"tariffs: {name} of product {frame['product'].iloc[place]!r} is {rate[place]:g}; expected per cent "
                f"from 0 to {HIGHEST:g}"
            )
        parts.append(np.log1p(rate / 100))
    highest = pd.to_numeric(tariffs["new"], errors="coerce").max()
    if highest < 1:
        raise BadInputError(
            f"tariffs: the highest new tariff is {highest:g} %; expected per cent (5 for 5 %), not shares"
        )
    frame = frame.assign(x=parts[0] - parts[1] if known else parts[0])
    if "lines" in tariffs.columns:
        frame["lines"] = pd.to_numeric(tariffs["lines"]).to_numpy(dtype=np.float64)
    twice = frame.duplicated(keys)
    if twice.any():
        raise BadInputError(f"tariffs: product {frame.loc[twice, 'product'].iloc[0]!r} occurs more than once")
    return frame.set_index(keys), known


def _flows(flows: pd.DataFrame, outcome: str, effects_by: str | None) -> pd.DataFrame:
    flows = need_columns("flows", flows, ["product", "year", outcome])
    value = pd.to_numeric(flows[outcome], errors="coerce").to_numpy(dtype=np.float64)
    if not np.isfinite(value).all() or (value < 0).any():
        place = int(np.argmax(~np.isfinite(value) | (value < 0)))
        row = flows.iloc[place]
        raise BadInputError(
            f"flows: {outcome} of product {row['product']!r} in {row['year']} is {row[outcome]!r}; expected zero or "
            "more (leave a missing flow out)"
        )
    year = pd.to_numeric(flows["year"], errors="coerce")
    if year.isna().any() or (year % 1 != 0).any():
        wrong = flows["year"][year.isna() | (year % 1 != 0)].iloc[0]
        raise BadInputError(f"flows: year {wrong!r} is not a year; months are added up by year")
    product = flows["product"].astype(str)
    side = next((name for name in ("origin", "exporter") if name in flows.columns), None)
    if "importer" in flows.columns and flows["importer"].nunique() > 1:
        raise BadInputError(f"flows have {flows['importer'].nunique()} importers; select the one that joined")
    origin = flows[side].astype(str) if side else pd.Series("", index=flows.index)
    if effects_by is not None and effects_by not in flows.columns:
        raise unknown("column of flows", effects_by, map(str, flows.columns))
    group = origin if effects_by is None else origin + "|" + flows[effects_by].astype(str)
    made = pd.DataFrame(
        {
            "unit": product + ("|" + origin if side else ""),
            "product": product,
            "group": group,
            "origin": origin,
            "year": year.astype(int),
            "value": value,
        }
    )
    if "month" in flows.columns:
        month = pd.to_numeric(flows["month"], errors="coerce")
        wrong = ~month.isin(range(1, 13))
        if wrong.any():
            raise BadInputError(f"flows: month {flows['month'][wrong].iloc[0]} is not 1 to 12")
        made["month"] = month.astype(int)
    return made


def _same_level(flows: pd.DataFrame, rates: pd.DataFrame) -> None:
    priced = rates.index.get_level_values("product")
    if not flows["product"].isin(priced).any():
        raise BadInputError(
            f"no product of the flows ({flows['product'].iloc[0]!r}, ...) has a tariff ({priced[0]!r}, ...): give both "
            "at the same level, with leading zeros"
        )


def _cluster_of(units: pd.DataFrame, cluster: str) -> pd.Series[Any]:
    if cluster == "product":
        return units["product"]
    wrong = ~units["product"].str.fullmatch(r"\d{4,}")
    if wrong.any():
        raise BadInputError(
            f"cluster 'chapter' needs product codes of the Harmonized System with four digits or more, not "
            f"{units['product'][wrong].iloc[0]!r}; use cluster='product'"
        )
    return units["product"].str[:2]


def _require_enough(kept: pd.DataFrame, units: pd.DataFrame) -> None:
    groups = kept["cluster"].nunique()
    if groups < 4:
        raise NoDataError(
            f"{len(kept)} of {len(units)} products in {groups} clusters are left: at least 4 clusters are needed"
        )
