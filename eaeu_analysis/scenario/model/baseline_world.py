"""The world before a scenario: goods by SITC section and services, domestic sales, tariffs, inputs.

Trade between economies is that of the baseline year where a world matrix of the year is available; its split over SITC
sections is that of the nearest year with a matrix by section. The economy in question is corrected by its own reports,
because the world matrices estimate it badly. Which matrix serves which year, and whose reports correct it, is in
data/tables/scenario.toml. Domestic sales of goods are gross output less exports, gross output being
a multiple of value added (``trade.flows.domestic``); they are spread over sections as the economy's own
trade is, half by its exports and half by its imports, but for an economy with an input-output table, which has its own
spread. Services are everything else in GDP and are not traded. All of this is assumption, and the result says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from ...errors import NoDataError
from ...reference.shipped_tables import FLOWS, TARIFFS
from ...results import Check
from ...series import SeriesInfo
from ...trade.equilibrium.input_output import uzbekistan_inputs
from ...trade.equilibrium.world_model import WorldModel, world_model
from ...trade.flows.domestic import INDICATORS, RATIO, goods_output
from ...trade.flows.flows import load_flows, trade_tables
from ...trade.tariffs.schedule import tariff_tables as tables
from ..tables import scenario_tables

SERVICES = "services"
SECTIONS = tuple(str(k) for k in range(10))
SECTORS = (*SECTIONS, SERVICES)
LEAST_HOME = 0.1  # of an economy's purchases of goods come from home at least, where output less exports says less
GOLD = "9"  # the section of gold: it is in an economy's exports and hardly in its shops


@dataclass(frozen=True)
class BaselineWorld:
    """``model``: laid out for the solver, values in million US$; ``gdp`` (million US$, by economy); ``filled``: pairs
    whose value was carried from the year of the sections; ``series``: what it rests on."""

    year: int
    model: WorldModel
    gdp: pd.Series[float]
    filled: int
    checks: tuple[Check, ...]
    series: tuple[SeriesInfo, ...]

    @property
    def economies(self) -> tuple[str, ...]:
        return self.model.flows.economies

    def flow(self, exporter: str, importer: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Trade by sector, million US$."""
        i, j = self.economies.index(exporter), self.economies.index(importer)
        return np.asarray(self.model.flows.value[:, i, j])


@dataclass(frozen=True, eq=False)
class WorldFlows:
    """Trade and domestic sales of a year, million US$ (exporter, importer, sector, value), and GDP by economy."""

    year: int
    table: pd.DataFrame
    gdp: pd.Series[float]
    filled: int
    short: int


def matrices() -> dict[int, tuple[str, int]]:
    """Baseline years: the matrix of totals, and the year of the matrix by section."""
    return {int(year): (m["totals"], int(m["sections"])) for year, m in scenario_tables()["matrices"].items()}


def cif() -> float:
    """Goods on arrival over goods on departure."""
    return 1 + float(trade_tables()["cif"]["rate"])


@lru_cache(maxsize=4)
def world_flows(year: int, economy: str) -> WorldFlows:
    """The flows of ``year`` around ``economy``. Raises NoDataError for a year without a world matrix."""
    if year not in matrices():
        raise NoDataError(f"baseline year {year}: no world trade matrix; years included: {_listed(matrices())}")
    totals, filled = _totals(year, economy)
    goods = _by_section(totals, matrices()[year][1])
    macro = _macro(year)
    goods = goods[goods["exporter"].isin(macro.index) & goods["importer"].isin(macro.index)]
    table, short = _with_home(goods, macro, year)
    if economy not in set(table["exporter"].unique()):
        raise NoDataError(
            f"{economy} is not in the trade matrix of {year}, or has no GDP by sector in that year; years included: "
            f"{_listed(matrices())}"
        )
    return WorldFlows(year, table, macro["gdp"].reindex(sorted(set(table["exporter"].unique()))), filled, short)


def baseline_world(
    flows: WorldFlows,
    economy: str,
    groups: Mapping[str, str] | None = None,
    tariffs: TariffTable | None = None,
    sigma: float | Mapping[str, float] = 5.0,
) -> BaselineWorld:
    """The baseline around ``economy``; ``groups``: economy to the group that represents it (all alone where None);
    ``tariffs``: rates before, see :class:`TariffTable`."""
    table, gdp = flows.table, flows.gdp
    if groups is not None:
        table = table.assign(exporter=table["exporter"].map(groups), importer=table["importer"].map(groups))
        table = table.groupby(["exporter", "importer", "sector"])["value"].sum().reset_index()
        gdp = gdp.groupby(gdp.index.map(groups)).sum()
    model = world_model(
        table,
        sigma,
        tariffs=None if tariffs is None else tariffs.frame(),
        input_output=_inputs(),
        deficits="fixed",
        negative_demand="absorb",
    )
    gdp = gdp.reindex(list(model.flows.economies))
    checks = _checks(model, gdp, economy, flows, len(flows.gdp))
    return BaselineWorld(flows.year, model, gdp, flows.filled, checks, _series(flows.year, economy))


@dataclass(frozen=True)
class TariffTable:
    """Tariffs before, hashable: (exporter, importer, sector, per cent) rows; pairs left out pay nothing."""

    rows: tuple[tuple[str, str, str, float], ...]

    def frame(self) -> pd.DataFrame:
        table = pd.DataFrame(list(self.rows), columns=["exporter", "importer", "sector", "before"])
        return table.assign(after=table["before"])


def _listed(years: Any) -> str:
    return ", ".join(str(y) for y in sorted(years))


def _totals(year: int, economy: str) -> tuple[pd.DataFrame, int]:
    """exporter, importer, musd of the year; pairs of economies that the matrix lacks are carried from the year of the
    sections by the growth of all other trade."""
    name, other = matrices()[year]
    flows = load_flows(name, years=[year])[["exporter", "importer", "usd"]]
    if name != "world_sitc":
        old = load_flows("world_sitc", years=[other])[["exporter", "importer", "usd"]]
        both = flows.merge(old, on=["exporter", "importer"], suffixes=("", "_old"))
        growth = float(both["usd"].sum() / both["usd_old"].sum())
        traders = set(flows["exporter"].unique())
        buyers = set(flows["importer"].unique())
        lacking = old[~(old["exporter"].isin(traders) & old["importer"].isin(buyers))]
        lacking = lacking.assign(usd=lacking["usd"] * growth)
        flows = pd.concat([flows, lacking], ignore_index=True)
    else:
        lacking = flows.iloc[:0]
    flows = flows[flows["exporter"] != flows["importer"]].groupby(["exporter", "importer"])["usd"].sum().reset_index()
    flows = _own_reports(_mirrored(flows, year), economy, year)
    out = flows.assign(musd=flows["usd"] / 1e6)[["exporter", "importer", "musd"]]
    out.attrs["year"] = year
    return out, len(lacking)


def _mirrored(flows: pd.DataFrame, year: int) -> pd.DataFrame:
    """Flows that the exporter is known to overstate, divided by the factor of the table."""
    out = flows.copy()
    for entry in scenario_tables()["mirror"]:
        if year >= entry["from"]:
            pair = (out["exporter"] == entry["exporter"]) & (out["importer"] == entry["importer"])
            out.loc[pair, "usd"] /= float(entry["factor"])
    return out


def _own_reports(flows: pd.DataFrame, economy: str, year: int) -> pd.DataFrame:
    """The economy's own figures in place of its partners' and of estimates, where it reported."""
    reports = scenario_tables()["own_reports"]
    if economy not in reports:
        return flows
    own = load_flows(reports[economy])
    own = own[own["year"] == year]
    own = own[
        own["basis"].isin(["exporter_fob", "importer_cif"])
        & ((own["exporter"] == economy) | (own["importer"] == economy))
    ]
    if own.empty:
        return flows
    own = own.assign(usd=own["usd"].where(own["importer"] != economy, own["usd"] / cif()))
    own = own.groupby(["exporter", "importer"])["usd"].sum().reset_index()
    mine = (flows["exporter"] == economy) | (flows["importer"] == economy)
    merged = pd.concat([flows[~mine], own], ignore_index=True)
    return merged.sort_values(["exporter", "importer"], kind="stable", ignore_index=True)


def _by_section(totals: pd.DataFrame, year: int) -> pd.DataFrame:
    """exporter, importer, sector, value: each total split as the pair's trade was in ``year``, as the exporter's was
    where the pair had none, as the world's was where the exporter had none; but for what the table knows better."""
    table = load_flows("world_sitc", years=[year], products=None)
    table = table[table["product"] != "TOTAL"].assign(sector=lambda t: t["product"].str.removeprefix("SITC"))
    pair = table.pivot_table(
        index=["exporter", "importer"], columns="sector", values="usd", aggfunc="sum", fill_value=0.0
    )
    exporter = pair.groupby(level="exporter").sum()
    everyone = exporter.sum()
    keys = pd.MultiIndex.from_frame(totals[["exporter", "importer"]])
    shares = _shares(pair.reindex(keys))
    fallbacks = (exporter.reindex(totals["exporter"]), pd.DataFrame([everyone.to_numpy()] * len(totals)))
    for fallback in fallbacks:
        gone = np.isnan(shares).any(axis=1)
        shares[gone] = _shares(fallback)[gone]
    for entry in scenario_tables()["known_section"]:
        if totals.attrs["year"] >= entry["from"]:
            at = (keys.get_level_values(0) == entry["exporter"]) & (keys.get_level_values(1) == entry["importer"])
            shares[at] *= 1 - entry["share"]
            shares[at, list(pair.columns).index(entry["section"])] += entry["share"]
    value = shares * totals["musd"].to_numpy()[:, None]
    wide = pd.DataFrame(value, columns=list(pair.columns), index=keys)
    return wide.melt(ignore_index=False, var_name="sector", value_name="value").reset_index()


def _shares(frame: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    values = frame.to_numpy(dtype=np.float64)
    total = values.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, values / total, np.nan)


def _macro(year: int) -> pd.DataFrame:
    """By economy: GDP, gross output of goods, value added in services, million US$."""
    from ...data.load import load_panel

    panel = load_panel(list(INDICATORS), years=(year, year))
    gdp = panel.column(INDICATORS[0]).xs(year, level=1)
    output = goods_output(panel).xs(year, level=1)
    table = pd.DataFrame({"gdp": gdp / 1e6, "output": output / 1e6}).dropna()
    return table.assign(services=(table["gdp"] - table["output"] / RATIO).clip(lower=0.05 * table["gdp"]))


def _inputs() -> pd.DataFrame:
    """Uzbekistan's coefficients of 2022 for everybody; gold and what is not classified (section 9) uses no inputs."""
    return uzbekistan_inputs().assign(economy="*")


def _with_home(goods: pd.DataFrame, macro: pd.DataFrame, year: int) -> tuple[pd.DataFrame, int]:
    """Domestic sales of goods by section and of services added; how many economies have the least there can be."""
    traders = sorted(set(goods["exporter"].unique()) & set(goods["importer"].unique()))
    goods = goods[goods["exporter"].isin(traders) & goods["importer"].isin(traders)]
    sold = goods.pivot_table(index="exporter", columns="sector", values="value", aggfunc="sum", fill_value=0.0)
    bought = goods.pivot_table(index="importer", columns="sector", values="value", aggfunc="sum", fill_value=0.0)
    sold, bought = sold.reindex(traders), bought.reindex(traders)
    least = LEAST_HOME * bought.sum(axis=1) / (1 - LEAST_HOME)
    output = macro["output"].reindex(traders)
    total = (output - sold.sum(axis=1)).clip(lower=least)
    short = int((output - sold.sum(axis=1) < least).sum())
    out, into = sold.drop(columns=GOLD), bought.drop(columns=GOLD)
    spread = (out.div(out.sum(axis=1), axis=0).fillna(0) + into.div(into.sum(axis=1), axis=0).fillna(0)) / 2
    if (owner := scenario_tables()["own_table"]["economy"]) in spread.index:
        spread.loc[owner] = _own_spread(sold.T[owner], float(output[owner]))
    home = spread.mul(total, axis=0)
    home = home.melt(ignore_index=False, var_name="sector", value_name="value").reset_index()
    services = _service_output(macro["services"].reindex(traders))
    rows = [
        goods,
        home.assign(importer=home["exporter"]),
        pd.DataFrame({"exporter": traders, "importer": traders, "sector": SERVICES, "value": services.to_numpy()}),
    ]
    table = pd.concat(rows, ignore_index=True)
    return table[table["value"] > 0].reset_index(drop=True), short


def _own_spread(sold: pd.Series[float], output: float) -> pd.Series[float]:
    """Shares of sections in what the economy with an input-output table sells to itself: output less exports."""
    place = {prefix: name for name, codes in tables()["cpa_sitc"].items() for prefix in codes}
    made = TARIFFS.load("inputoutput_uzb_sectors")
    section = [place[max((p for p in place if code.startswith(p)), key=len)] for code in made["sector"]]
    shares = made["output"].groupby(np.asarray(section)).sum().reindex(sold.index).fillna(0.0)
    own = output * shares / shares.sum()
    home = (own - sold).clip(lower=0.1 * own).drop(GOLD)
    return home / home.sum()


def _service_output(value_added: pd.Series[float]) -> pd.Series[float]:
    """Gross output of services: value added over what inputs leave of it."""
    table = uzbekistan_inputs()
    taken = float(table.loc[table["sector"] == SERVICES, "coefficient"].sum())
    return value_added / (1 - taken)


def _checks(model: WorldModel, gdp: pd.Series[float], economy: str, flows: WorldFlows, count: int) -> tuple[Check, ...]:
    at = model.flows.economies.index(economy)
    made = float(model.world.factor_income[at])
    gap = made / float(gdp.loc[economy]) - 1
    return (
        Check("GDP of the baseline", abs(gap) < 0.1, gap, 0.1,
              f"value added in the model is {made:,.0f} million US$, GDP {gdp.loc[economy]:,.0f} ({gap:+.1%})",
              role="fatal"),
        Check("carried flows", None, float(flows.filled), None,
              f"{flows.filled} flows of economies that the matrix lacks are carried from the year before"),
        Check("home sales at the least", None, float(flows.short), None,
              f"in {flows.short} of {count} economies home sales are set to the least, {LEAST_HOME:.0%} of purchases"),
        *model.checks,
    )  # fmt: skip


def _series(year: int, economy: str) -> tuple[SeriesInfo, ...]:
    names = dict.fromkeys([matrices()[year][0], "world_sitc"])
    report = scenario_tables()["own_reports"].get(economy)
    if report and (load_flows(report)["year"] == year).any():
        names[report] = None
    return (
        *(FLOWS.info(name) for name in names),
        TARIFFS.info("inputoutput_uzb"),
        TARIFFS.info("inputoutput_uzb_sectors"),
    )
