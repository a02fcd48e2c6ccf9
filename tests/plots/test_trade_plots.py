"""Pictures of trade: drawn for every result, their titles say what the tables say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.plots import style as plots
from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.flows.union_panel import TradePanel
from eaeu_analysis.trade.partners.exposure import exposure
from eaeu_analysis.trade.partners.matrix import flow_matrix
from eaeu_analysis.trade.partners.re_exports import surges
from eaeu_analysis.trade.tariffs.gap import tariff_gap
from eaeu_analysis.trade.tariffs.partial_equilibrium import partial_equilibrium


def title_of(result: object) -> str:
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    with plots.styled():
        ax = result.plot(figure.subplots())
    figure.canvas.draw()
    return str(ax.get_title(loc="left"))


def panel(**change: float) -> TradePanel:
    """Three economies, two years; flows grow by the factors given as A_B."""
    rows = [
        (a, b, year, 1e9 * (change.get(f"{a}_{b}", 1.0) if year == 2016 else 1.0))
        for a in ("RUS", "KAZ", "CHN")
        for b in ("RUS", "KAZ", "CHN")
        if a != b
        for year in (2008, 2016)
    ]
    flows = pd.DataFrame(rows, columns=["exporter", "importer", "year", "usd"])
    return TradePanel("small", "small", flows, pd.DataFrame(), (2008, 2016))


GROUPS = {"union": ["RUS", "KAZ"], "China": ["CHN"]}


def test_a_matrix_sums_flows_known_in_both_years() -> None:
    grown = panel(RUS_KAZ=3.0, CHN_RUS=2.0)
    table = flow_matrix(grown, groups=GROUPS)
    inside = table.table.set_index(["exporter", "importer"]).loc[("union", "union")]
    assert inside[["before", "after", "percent"]].tolist() == [2e9, 4e9, 100.0]
    assert table.world_percent == pytest.approx(50.0)  # 6 to 9
    lost = grown.flows.drop(grown.flows.index[(grown.flows["exporter"] == "RUS") & (grown.flows["year"] == 2008)][:1])
    from dataclasses import replace

    cut = flow_matrix(replace(grown, flows=lost), groups=GROUPS)
    row = cut.table.query("exporter == 'union' and importer == 'union'").iloc[0]
    assert (row["before"], row["after"], row["flows"], row["left_out"]) == (1e9, 1e9, 1, 1)


def test_a_matrix_refuses_what_it_cannot_tell() -> None:
    with pytest.raises(BadInputError, match="year 2010 is not in the panel"):
        flow_matrix(panel(), years=(2008, 2010))
    with pytest.raises(BadInputError, match="RUS is in two groups"):
        flow_matrix(panel(), groups={"a": ["RUS"], "b": ["Russia"]})


def test_the_pinned_matrix_and_its_title() -> None:
    table = flow_matrix()
    members = list(table.groups[:5])
    inside = table.table[table.table["exporter"].isin(members) & table.table["importer"].isin(members)]
    change = 100 * (inside["after"].sum() / inside["before"].sum() - 1)
    assert f"{change:+.0f} %" in title_of(table)
    assert np.isfinite(table.wide("before").loc["Russia", "Kazakhstan"])


def test_titles_of_exposure_and_tariffs_are_the_tables() -> None:
    lean = exposure("UZB")
    union = lean.table.set_index("partner").loc["EAEU"]
    assert f"{union['exports_share']:.0f} % of exports" in title_of(lean)
    gap = tariff_gap()
    assert f"{int(gap.totals().loc['rise', 'chapters'])} chapters" in title_of(gap)
    assert gap.table["name"].ne("").all()


def test_a_gain_is_titled_as_a_gain() -> None:
    names = ["KAZ", "RUS", "UZB"]
    value = np.array([[50.0, 5, 5], [10, 200, 20], [5, 10, 40]])
    flows = pd.DataFrame(
        [(a, b, value[i, j]) for i, a in enumerate(names) for j, b in enumerate(names)],
        columns=["exporter", "importer", "value"],
    )
    cheaper = pd.DataFrame([("RUS", "UZB", 1.3), ("UZB", "RUS", 1.3)], columns=["exporter", "importer", "factor"])
    result = solve_equilibrium(flows, cheaper)
    assert f"Uzbekistan changes most: {result.to_frame().loc['UZB', 'welfare']:+.2f} %" in title_of(result)


def test_one_market_and_its_surges() -> None:
    imports = pd.DataFrame({"product": "870323", "partner": ["CHN", "RUS"], "value": [300.0, 200], "tariff": 20.0})
    result = partial_equilibrium(imports, pd.DataFrame({"partner": ["RUS"], "after": [0.0]}))
    assert f"Created {result.creation:+,.3g}" in title_of(result)
    flows = load_flows("russia_imts")
    found = surges(flows[flows["basis"] == "exporter_fob"], fit_years=(2016, 2021), trend=False)
    assert title_of(found).startswith(f"{int(found.table['surged'].sum())} of {len(found.table)}")
    assert [info.code for info in found.provenance.series] == ["trade/russia_imts"]
