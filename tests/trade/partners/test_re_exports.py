"""Surges against a flow's own past, routes by both reporters, hubs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.partners.re_exports import both_reports, parallel_imports, surges


def series(jump: float, seed: int, exporter: str = "A") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    years = np.arange(2010, 2025)
    usd = 1e8 * np.exp(0.03 * (years - 2010) + rng.normal(0, 0.05, len(years)))
    usd[years >= 2022] *= jump
    return pd.DataFrame({"exporter": exporter, "importer": "B", "year": years, "usd": usd})


def test_a_jump_is_found_and_chance_is_not() -> None:
    quiet = pd.concat([series(1.0, seed, f"Q{seed:03d}") for seed in range(100)])
    found = surges(pd.concat([quiet, series(3.0, 1, "JUMP")]), fit_years=(2012, 2019))
    jumped = found.table[found.table["exporter"] == "JUMP"]
    assert jumped["surged"].all()
    assert jumped["ratio"].mean() == pytest.approx(3.0, rel=0.25)
    calm = found.table[found.table["exporter"] != "JUMP"]["surged"].mean()
    assert 0.01 < calm < 0.11  # 5 % of 300 by construction, years of one flow go together


def test_short_series_are_counted_and_windows_checked() -> None:
    short = series(1.0, 2, "S")
    short = short[short["year"] >= 2017]
    found = surges(pd.concat([series(1.0, 3), short]), trend=False)
    assert {c.name: c.value for c in found.checks}["left out"] == 1.0
    with pytest.raises(BadInputError, match="must come before"):
        surges(series(1.0, 3), fit_years=(2012, 2022))
    with pytest.raises(NoDataError, match="five years"):
        surges(short)
    assert "prediction interval" in found.summary()


def test_russia_to_armenia_surged_after_2022() -> None:
    flows = load_flows("armenia_annual")
    found = surges(flows[flows["basis"] == "importer_cif"])
    row = found.table.query("exporter == 'RUS' and year == 2024").iloc[0]
    assert row["surged"]
    assert row["ratio"] > 3


def test_a_route_shows_the_reporter_there_is() -> None:
    route = both_reports("CHN", "KGZ", load_flows("world_4yearly"), load_flows("world_2019"))
    assert route["importer_usd"].isna().all()
    assert set(route["known"]) == {"exporter"}
    other = both_reports("UZB", "RUS", load_flows("world_2019"), load_flows("russia_annual"))
    assert other.set_index("year").loc[2019, "known"] == "both"
    with pytest.raises(NoDataError, match="no report of XXX to KGZ"):
        both_reports("XXX", "KGZ", load_flows("world_2019"))


def test_a_route_is_looked_for_in_every_pinned_table() -> None:
    found = both_reports("Uzbekistan", "Russia")
    known = found.set_index("year")
    assert known.loc[2019, "known"] == "both"
    assert known.loc[2019, "importer_usd"] == pytest.approx(1.179e9, rel=0.01)  # data/README: 1,179 by the importer
    china = both_reports("CHN", "KGZ")
    assert len(set(china["exporter_source"])) > 1
    both = china[china["known"] == "both"].set_index("year")
    assert both.loc[2019, "exporter_usd"] > 3 * both.loc[2019, "importer_usd"]  # most of it is in no Kyrgyz record
    assert china["importer_source"].max() == "kyrgyzstan_statistics"


def test_parallel_imports_are_russias_alone() -> None:
    found = parallel_imports(["Armenia", "KGZ"])
    assert ((found.table["exporter"] == "RUS") | (found.table["importer"] == "RUS")).all()
    row = found.table.query("exporter == 'RUS' and importer == 'ARM' and year == 2024").iloc[0]
    assert row["surged"]
    assert row["observed"] > row["upper"] > row["expected"]
    assert [info.code for info in found.provenance.series] == ["trade/russia_imts"]


@pytest.mark.parametrize(
    ("args", "stated"),
    [
        (["--reports", "CHN"], "a seller and a buyer"),
        (["--reports", "CHN,Kirgizia"], "did you mean"),
        (["--surges", "--with", "Armnia"], "did you mean"),
        (["--with", "ARM"], "--with belongs to --surges"),
        (["--surges", "--agreements"], "one at a time"),
    ],
)
def test_commands_refuse_what_they_do_not_know(
    args: list[str], stated: str, capsys: pytest.CaptureFixture[str]
) -> None:
    from eaeu_analysis.cli import main

    assert main(["gravity", *args]) == 2
    assert stated in capsys.readouterr().err


def test_commands_show_routes_and_surges(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    from eaeu_analysis.cli import main

    assert main(["gravity", "--reports", "UZB,RUS", "--json"]) == 0
    assert any(row["known"] == "both" for row in json.loads(capsys.readouterr().out))
    assert main(["gravity", "--surges", "--with", "ARM"]) == 0
    shown = capsys.readouterr().out
    assert "above the 90% prediction interval" in shown
    assert "source: trade/russia_imts, IMF" in shown
    assert main(["gravity", "--reports", "UZB,RUS"]) == 0
    shown = capsys.readouterr().out
    assert [line.split(",")[0] for line in shown.splitlines() if line.startswith("source: ")] == [
        f"source: trade/{name}" for name in ("uzbekistan_annual", "russia_annual", "russia_imts")
    ]
