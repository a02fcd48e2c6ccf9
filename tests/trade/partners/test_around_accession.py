"""Trade by partner around an accession: recomputed from the shipped tables, gold apart, both reports, placebo ranks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.partners.around_accession import PartnerChanges, _rank
from eaeu_analysis.trade.partners.partner_years import by_matrices, difference, partner_rules

TRADE = settings.data_dir() / "trade"


@pytest.fixture(scope="module")
def kyrgyz() -> PartnerChanges:
    return ea.partner_changes("Kyrgyzstan")


def own_mean(exporter: str | None, importer: str | None, first: int, last: int) -> float:
    table = pd.read_parquet(TRADE / "kyrgyzstan_annual.parquet").astype({"exporter": str, "importer": str})
    rows = table[table["year"].between(first, last)]
    for column, code in (("exporter", exporter), ("importer", importer)):
        rows = rows if code is None else rows[rows[column] == code]
    return float(rows["usd"].sum()) / 1e6 / (last - first + 1)


def test_means_are_those_of_the_shipped_table(kyrgyz: PartnerChanges) -> None:
    table = kyrgyz.table.set_index(["flow", "partner"])
    for flow, partner, sides in (
        ("imports", "RUS", ("RUS", "KGZ")),
        ("imports", "China", ("CHN", "KGZ")),
        ("exports", "KAZ", ("KGZ", "KAZ")),
        ("exports", "all", ("KGZ", None)),
        ("imports", "all", (None, "KGZ")),
    ):
        row = table.loc[(flow, partner)]
        assert row["before"] == pytest.approx(own_mean(*sides, 2010, 2014))
        assert row["after"] == pytest.approx(own_mean(*sides, 2016, 2019))
        assert row["change"] == pytest.approx(100 * (row["after"] / row["before"] - 1))
    assert kyrgyz.spec["before"] == (2010, 2014)
    assert kyrgyz.spec["after"] == (2016, 2019)


def test_partners_add_up_to_all_and_gold_is_apart(kyrgyz: PartnerChanges) -> None:
    table = kyrgyz.table.set_index("partner")
    exports, imports = (table[table["flow"] == flow] for flow in ("exports", "imports"))
    for column in ("before", "after"):
        named = exports.drop(["all", "all without gold"])
        assert named[column].sum() == pytest.approx(exports.loc["all", column])
        assert imports.drop("all")[column].sum() == pytest.approx(imports.loc["all", column])
    gold = own_mean("KGZ", "CHE", 2016, 2019) + own_mean("KGZ", "GBR", 2016, 2019) + own_mean("KGZ", "OTH", 2016, 2019)
    assert exports.loc["gold and unnamed", "after"] == pytest.approx(gold)
    assert exports.loc["EU without gold", "change"] < 20  # with Britain's gold of 2018-19 it would be +727


def test_the_partner_reports_are_next_to_the_own_ones(kyrgyz: PartnerChanges) -> None:
    rows = kyrgyz.table.set_index(["flow", "partner"])
    china = rows.loc[("imports", "China")]
    assert 3 < china["mirror_after"] < 5  # China reports about four times what Kyrgyzstan records
    assert rows.loc[("imports", "RUS"), "mirror_before"] == pytest.approx(1.0, abs=0.1)
    assert rows.loc[("imports", "RUS"), "mirror_years"] == "2010-2014; 2016-2019"
    assert kyrgyz.reliability.set_index("reporter").loc["KGZ", "sigma"] > 0


def test_trade_with_russia_is_set_against_russias_other_partners(kyrgyz: PartnerChanges) -> None:
    table = pd.read_parquet(TRADE / "russia_annual.parquet").astype({"exporter": str, "importer": str})
    wide = np.log(table[table["exporter"] == "RUS"].pivot_table(index="year", columns="importer", values="usd"))
    change = wide.loc[2016:2019].mean() - wide.loc[2010:2014].mean()
    others = partner_rules()["russia"]["comparators"]
    row = kyrgyz.with_russia.set_index("flow").loc["imports from Russia"]
    assert row["percent"] == pytest.approx(100 * np.expm1(change["KGZ"] - change[others].mean()))
    members = ea.bloc("EAEU").members()
    assert not set(others) & {*members, "UKR", "USA", "DEU", "JPN", "VNM"}
    assert row["lower"] < row["percent"] < row["upper"]
    assert kyrgyz.by_year["year"].max() == settings.LAST_CLEAN_YEAR


def test_trade_with_kazakhstan_and_china_is_set_against_their_other_partners(kyrgyz: PartnerChanges) -> None:
    """By separate arithmetic on the shipped matrices: 2016 and 2019 against 2012, less the mean of the others."""
    four = pd.read_parquet(TRADE / "world_4yearly.parquet").astype({"exporter": str, "importer": str})
    last = pd.read_parquet(TRADE / "world_2019.parquet").astype({"exporter": str, "importer": str})
    flows = pd.concat([four[four["year"].isin([2008, 2012, 2016])], last[last["year"] == 2019]])
    table = kyrgyz.by_year.set_index(["flow", "year"])
    assert set(kyrgyz.by_year["partner"]) == {"RUS", "KAZ", "CHN"}
    for flow, side, other, partner in (
        ("imports from Kazakhstan", "exporter", "importer", "KAZ"),
        ("exports to Kazakhstan", "importer", "exporter", "KAZ"),
        ("imports from China", "exporter", "importer", "CHN"),
        ("exports to China", "importer", "exporter", "CHN"),
    ):
        positive = flows[(flows[side] == partner) & (flows["usd"] > 0)]
        logs = np.log(positive.pivot_table(index="year", columns=other, values="usd"))
        known = [c for c in partner_rules()["russia"]["comparators"] if c in logs and logs[c].notna().all()]
        assert table.loc[(flow, 2016), "others"] == len(known) >= 3
        for year in (2008, 2016, 2019):
            change = logs.loc[year] - logs.loc[2012]
            assert table.loc[(flow, year), "percent"] == pytest.approx(
                100 * np.expm1(change["KGZ"] - change[known].mean())
            )
            assert (
                table.loc[(flow, year), "lower"] < table.loc[(flow, year), "percent"] < table.loc[(flow, year), "upper"]
            )


def test_what_moves_all_of_a_partners_trade_drops_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice all exports of Kazakhstan in 2016 changes nothing; twice those to Kyrgyzstan alone doubles its effect."""
    from eaeu_analysis.trade.partners import partner_years

    real = partner_years.load_flows
    before = by_matrices("KGZ", 0.9).set_index(["flow", "year"])["percent"]
    found = []
    for whom in (None, "KGZ"):

        def shocked(name: str, years: list[int], whom: str | None = whom) -> pd.DataFrame:
            flows = real(name, years=years)
            hit = (flows["exporter"] == "KAZ") & (flows["year"] == 2016)
            hit &= True if whom is None else flows["importer"] == whom
            return flows.assign(usd=flows["usd"].where(~hit, 2 * flows["usd"]))

        monkeypatch.setattr(partner_years, "load_flows", shocked)
        found.append(by_matrices("KGZ", 0.9).set_index(["flow", "year"])["percent"][("imports from Kazakhstan", 2016)])
    was = before[("imports from Kazakhstan", 2016)]
    assert found[0] == pytest.approx(was)
    assert 1 + found[1] / 100 == pytest.approx(2 * (1 + was / 100))


def test_kyrgyz_exports_to_russia_had_fallen_before_and_the_check_says_so(kyrgyz: PartnerChanges) -> None:
    check = kyrgyz.check("placebo in time, exports")
    assert check is not None
    assert check.failed
    assert check.value < -50


def test_what_one_report_alone_shows_does_not_pass_the_check_of_both() -> None:
    found = ea.partner_changes("ARM")
    imports = found.with_russia.set_index("flow").loc["imports from Russia"]
    assert imports["lower"] > 0  # by Russia's reports beyond the interval
    check = found.check("both reports, imports")
    assert check is not None
    assert check.failed  # by Armenia's own within it
    assert check.value < imports["percent"] / 1.5


def test_rank_and_interval_by_hand() -> None:
    values = pd.Series({"A": 5.0, "B": 0.0, "C": 1.0, "D": -1.0})
    assert _rank(values, "A", ["B", "C", "D"]) == 0.25
    assert _rank(values, "B", ["A", "C", "D"]) == 0.75
    assert _rank(values, "C", ["A", "B", "D"]) == 1.0  # the nearest to the mean of the rest
    gap, half = difference(values, "A", ["B", "C", "D"], 0.9)
    assert gap == 5.0
    assert half == pytest.approx(2.9200 * np.sqrt(1 + 1 / 3), abs=1e-3)


def test_another_economy_is_one_sentence() -> None:
    with pytest.raises(BadInputError, match="there is one for ARM, KGZ"):
        ea.partner_changes("RUS")
    with pytest.raises(BadInputError, match="level"):
        ea.partner_changes("KGZ", level=1.0)


def test_the_command_shows_it_for_a_member_and_dependence_for_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "KGZ", "--partners"]) == 0
    assert "2016-19 against 2010-14" in capsys.readouterr().out
    assert main(["compare", "UZB", "--partners"]) == 0
    assert "by partner, 2019 (shares in per cent)" in capsys.readouterr().out


def test_the_figure_has_a_row_for_each_partner_that_matters(kyrgyz: PartnerChanges) -> None:
    from eaeu_analysis.plots.trade_policy import partner_changes_data

    shown = partner_changes_data(kyrgyz)
    assert ("exports", "ARM") not in shown.index
    labels = [text.get_text() for text in kyrgyz.plot().get_yticklabels()]
    assert labels == [f"{flow}: {ea_name(partner)}" for flow, partner in shown.index]


def ea_name(partner: str) -> str:
    from eaeu_analysis.plots.trade_policy import _name

    return _name(partner)
