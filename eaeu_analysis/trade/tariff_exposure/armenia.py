"""Armenia's accession of 2015 by heading: the estimate of docs/tariff_exposure.md and its alternatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from ...errors import EaeuError
from ...reference.catalogue import read_table, table_path
from ...reference.shipped_tables import FLOWS, TARIFFS
from ...results import Provenance
from ..flows.products import Direction, armenian_headings
from ..tariffs.schedule import sitc_section
from ..tariffs.steps import cet_2013_by_heading
from .companions import goods_exposure, stage_exposure
from .estimate import tariff_exposure
from .own_rates import OwnRates
from .result import TariffExposure, TariffExposureOptions

PLACEBO_YEARS = (2010, 2011, 2012, 2013)
QUICK = 499  # permutations of an alternative


@cache
def exposure_rules() -> dict[str, Any]:
    """The table ``tariff_exposure.toml``."""
    return dict(read_table(table_path("tariff_exposure"))["armenia"])


def armenian_tariff_exposure(alternatives: bool = True) -> TariffExposure:
    """Did imports of products with a high common tariff grow less after Armenia joined?

    Parameters
    ----------
    alternatives : bool, default True
        Also estimate the alternatives that the rule lists: windows, products, quantities, weights, placebo dates,
        exports.

    Returns
    -------
    TariffExposure
        With the field ``alternatives``: ``alternative, estimate, lower, upper, p_value, products, finding``.

    Raises
    ------
    IntegrityError
        If a shipped table was changed.

    Notes
    -----
    Imports by HS heading and month 2007-24 (ArmStat), the common tariff of 11 August 2013. Armenia's own rates by line
    are not known. The rule was written before the estimate was seen.

    Examples
    --------
    >>> from eaeu_analysis.trade.tariff_exposure.armenia import armenian_tariff_exposure
    >>> found = armenian_tariff_exposure(alternatives=False)
    >>> found.spec["fit_years"], found.spec["post_years"]
    ([2010, 2013], [2015, 2019])
    """
    main = _estimate()
    if not alternatives:
        return main
    rows = [_row(name, estimate) for name, estimate in _alternatives().items()]
    return replace(main, alternatives=pd.DataFrame(rows))


def heading_rates(complete: bool = True) -> pd.DataFrame:
    """The common tariff of 2013 by heading: ``product, new, lines``; NaN where the rule has no rate.

    ``complete``: only where the rate of every line is known; otherwise where any is.
    """
    table = cet_2013_by_heading()
    known = table["rate"].notna() & ((table["without_rate"] == 0) | (not complete))
    return pd.DataFrame(
        {"product": table.index.astype(str), "new": table["rate"].where(known), "lines": table["codes"]}
    ).reset_index(drop=True)


def heading_flows(direction: Direction = "imports", by_month: bool = False) -> pd.DataFrame:
    """Armenia's trade by heading and year, or month: ``product, year, usd, tonnes, weighed`` (US$ with a weight)."""
    months = armenian_headings(direction)
    months = months.assign(weighed=months["usd"].where(months["tonnes"].notna(), 0.0))
    sums = months.groupby(["heading", "year", *(["month"] if by_month else [])], as_index=False)[
        ["usd", "tonnes", "weighed"]
    ].sum()
    flows = sums.rename(columns={"heading": "product"})
    return flows.assign(section=_section(flows["product"]))


def quantities(flows: pd.DataFrame) -> pd.DataFrame:
    """Imports at the unit values of the years before (``quantity``), headings with errors of weight left out."""
    rules = exposure_rules()
    windows = [flows["year"].between(*rules[name]) for name in ("fit_years", "post_years")]
    before, after = (flows[window].groupby("product")[["usd", "tonnes", "weighed"]].sum() for window in windows)
    price = before["weighed"] / before["tonnes"].where(before["tonnes"] > 0)
    later = after["weighed"] / after["tonnes"].where(after["tonnes"] > 0)
    factor = (later / price).reindex(price.index)
    stable = factor.isna() | factor.between(1 / rules["unit_value_factor"], rules["unit_value_factor"])
    both = before.add(after, fill_value=0.0).reindex(price.index)
    weighed = both["weighed"] / both["usd"] >= 1 - rules["weight_missing"]
    good = price.index[price.notna() & stable & weighed]
    kept = flows[flows["product"].isin(good)]
    return kept.assign(quantity=kept["tonnes"] * kept["product"].map(price))


def _estimate(
    flows: pd.DataFrame | None = None,
    rates: pd.DataFrame | None = None,
    event: int | str | None = None,
    **changes: Any,
) -> TariffExposure:
    """The estimate of the rule with some of it changed."""
    rules = exposure_rules()
    own = rules["own_rates"]
    main = flows is None and rates is None and event is None and not changes
    options = TariffExposureOptions(
        minimum=float(rules["minimum_usd"]),
        leave_out=changes.pop("leave_out", rules["leave_out"]),
        lead_years=tuple(rules["lead_years"]) if main else None,
        permutations=TariffExposureOptions.permutations if main else QUICK,
        own_rates=OwnRates(low=own["low"], high=own["high"], average=own["average"], source=own["source"])
        if main
        else None,
        cluster=changes.pop("cluster", "chapter"),
    )
    windows: dict[str, Any] = {name: tuple(rules[name]) for name in ("fit_years", "post_years")}
    return tariff_exposure(
        heading_flows(by_month=True) if flows is None else flows,
        heading_rates() if rates is None else rates,
        rules["event"] if event is None else event,
        **{**windows, **changes},
        options=options,
        provenance=Provenance((FLOWS.info("armenia_headings"), TARIFFS.info("tariffs_cet_2013"))),
    )


def _alternatives() -> dict[str, Callable[[], TariffExposure]]:
    """The alternatives of the rule by name."""
    flows = heading_flows()
    every = heading_rates(complete=False)
    made: dict[str, Callable[[], TariffExposure]] = {
        "quantities at the unit values before": lambda: _estimate(quantities(flows), outcome="quantity"),
        "all headings with a rate": lambda: _estimate(flows, every),
        "all chapters": lambda: _estimate(flows, leave_out={}),
        "effects by SITC section and year": lambda: _estimate(flows, effects_by="section"),
        "equal weights, differences of logarithms": lambda: _estimate(flows, estimator="log_difference"),
        "errors by product": lambda: _estimate(flows, cluster="product"),
    }
    for before in ((2011, 2014), (2009, 2013)):
        made[f"before {before[0]}-{before[1]}"] = partial(_estimate, flows, fit_years=before)
    for after in ((2015, 2017), (2015, 2018)):
        made[f"after {after[0]}-{after[1]}"] = partial(_estimate, flows, post_years=after)
    for year in PLACEBO_YEARS:
        before, after = (year - 2, year - 1), (year, min(year + 1, 2013))
        made[f"placebo: as if in {year}"] = partial(_estimate, flows, event=year, fit_years=before, post_years=after)
    made["placebo: exports"] = lambda: _estimate(heading_flows("exports"))
    for economy in sorted(read_table(table_path("tariff_exposure"))["stages"]):
        made[f"companion: {economy} by stage of processing"] = partial(stage_exposure, economy)
    made["companion: KGZ, listed goods"] = goods_exposure
    return made


def _row(name: str, estimate: Callable[[], TariffExposure]) -> dict[str, Any]:
    """An alternative as a row; one that cannot be estimated says why."""
    try:
        found = estimate()
    except EaeuError as error:
        return {"alternative": name, "estimate": np.nan, "finding": f"not estimated: {error}"}
    return {
        "alternative": name,
        "estimate": found.estimate,
        "lower": found.interval[0],
        "upper": found.interval[1],
        "p_value": found.p_value,
        "products": found.spec["products"],
        "finding": found.finding,
    }


def _section(products: pd.Series[str]) -> pd.Series[str]:
    """SITC section of each heading; headings outside the Harmonized System have one of their own."""
    found = {}
    for code in products.unique():
        try:
            found[code] = sitc_section(code)
        except EaeuError:
            found[code] = "none"
    return products.map(found)
