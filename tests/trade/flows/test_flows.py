"""Flows: the schema and its refusals, the pinned tables and the checks they must pass, both reporters side by side."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from flow_checks import apply_rule, check_flows
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError
from eaeu_analysis.reference import economies
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.trade.flows import flows as module
from eaeu_analysis.trade.flows.flows import (
    add_domestic,
    flow_names,
    group_members,
    load_flows,
    mirror_gap,
    side_by_side,
    trade_tables,
)


def flow(exporter: str, importer: str, year: int, usd: float, **more: str) -> dict:
    return {"exporter": exporter, "importer": importer, "year": year, "usd": usd, **more}


GOOD = pd.DataFrame([flow("RUS", "KAZ", 2015, 10e9), flow("KAZ", "RUS", 2015, 5e9), flow("CHN", "KAZ", 2015, 8e9)])


# -- what is pinned --------------------------------------------------------------------------------------------
def pinned(name: str, exporter: str, importer: str, year: int, basis: str = "exporter_fob") -> float:
    table = load_flows(name, [year])
    row = table[(table["exporter"] == exporter) & (table["importer"] == importer) & (table["basis"] == basis)]
    return float(row["usd"].iloc[0]) / 1e6


@pytest.mark.parametrize(
    ("name", "year", "musd"),
    [
        ("world_4yearly", 2012, 1584),
        ("world_sitc", 2015, 1289),
        ("world_2019", 2019, 1530),
        ("russia_imts", 2019, 1530),
    ],
)
def test_russia_to_kyrgyzstan_agrees_across_independent_files(name: str, year: int, musd: float) -> None:
    assert round(pinned(name, "RUS", "KGZ", year)) == musd


def test_the_mirror_gap_of_uzbekistan_and_russia_is_kept_and_shown() -> None:
    """2,067 million US$ by the exporter, 1,179 by the importer, 2019."""
    assert round(pinned("world_2019", "UZB", "RUS", 2019)) == 2067
    assert round(pinned("russia_annual", "UZB", "RUS", 2019, "importer_cif")) == 1181  # 1,179 at the United Nations
    both = side_by_side(load_flows("world_2019", [2019]), load_flows("russia_annual", [2019]))
    row = mirror_gap(both[(both["exporter"] == "UZB") & (both["importer"] == "RUS")]).iloc[0]
    assert row["known"] == "both"
    assert row["log_ratio"] == pytest.approx(np.log(1181 / 1.06 / 2067.4), abs=1e-3)


def test_every_pin_matches_its_hash_and_says_where_it_comes_from() -> None:
    folder = settings.data_dir() / "trade"
    for name, record in FLOWS.records().items():
        data = (folder / f"{name}.parquet").read_bytes()
        assert hashlib.sha256(data).hexdigest() == record["sha256"], name
        assert record["retrieved"] == "2026-11"
        for key in ("label", "source", "vintage", "licence", "unit"):
            assert record[key], (name, key)
        info = FLOWS.info(name)
        assert info.vintage in info.source_line()
    assert sum(record["bytes"] for record in FLOWS.records().values()) < 15e6
    assert set(FLOWS.records()) == set(trade_tables()["pins"])


def test_russian_customs_replace_a_table_that_was_wrong_before_2018() -> None:
    """Imports from China 2016 (38.0 billion US$, not 46.3), exports to Germany 2013 (37.1, not 23.0), Armenia."""
    assert pinned("russia_annual", "CHN", "RUS", 2016, "importer_cif") / 1e3 == pytest.approx(38.02, abs=0.01)
    assert pinned("russia_annual", "RUS", "DEU", 2013) / 1e3 == pytest.approx(37.05, abs=0.01)
    for year, musd in ((2012, 1634), (2015, 1304), (2019, 1563)):
        assert round(pinned("russia_annual", "RUS", "KGZ", year)) == musd
    assert pinned("russia_annual", "RUS", "ARM", 2014) > 0


@pytest.mark.parametrize(
    ("name", "year", "flow", "billion"),
    [
        ("russia_annual", 2019, "exporter_fob", 424.3),
        ("russia_annual", 2013, "importer_cif", 315.3),
        ("kyrgyzstan_annual", 1994, "exporter_fob", 0.341),
        ("kyrgyzstan_annual", 2021, "exporter_fob", 2.752),
        ("kazakhstan_annual", 2019, "exporter_fob", 58.07),
        ("kazakhstan_annual", 2019, "importer_cif", 39.71),
    ],
)
def test_partners_of_a_national_table_and_the_rest_add_up_to_its_total(
    name: str, year: int, flow: str, billion: float
) -> None:
    rows = load_flows(name, [year])
    assert rows.loc[rows["basis"] == flow, "usd"].sum() / 1e9 == pytest.approx(billion, rel=0.002)


def test_gold_without_a_partner_is_a_row_of_its_own() -> None:
    rows = load_flows("kyrgyzstan_annual", [2021])
    sold = rows[rows["basis"] == "exporter_fob"].set_index("importer")["usd"]
    assert sold["OTH"] / sold.sum() == pytest.approx(0.40, abs=0.005)
    assert not {"WLD", "CIS"} & set(sold.index)


def test_goods_with_services_are_never_taken_for_goods() -> None:
    rows = load_flows("uzbekistan_with_services")
    assert set(rows["product"]) == {"GOODS_AND_SERVICES"}
    sold = rows[(rows["importer"] == "RUS") & (rows["year"] == 2019)]["usd"].item()
    assert sold / 1e6 == pytest.approx(2532, abs=1)


@pytest.mark.parametrize(
    "name",
    [
        "world_4yearly",
        "world_2019",
        "russia_annual",
        "uzbekistan_annual",
        "russia_imts",
        "world_2023",
        "kyrgyzstan_annual",
        "kazakhstan_annual",
    ],
)
def test_pinned_flows_pass_the_schema(name: str) -> None:
    table = check_flows(load_flows(name))
    assert list(table.columns) == list(module.COLUMNS)
    assert (table["exporter"] != table["importer"]).all()


def test_pinned_sections_add_up_to_the_total() -> None:
    table = load_flows("world_sitc", [2015], products=None)
    wide = table.pivot_table(index=["exporter", "importer"], columns="product", values="usd", aggfunc="sum")
    large = wide[wide["TOTAL"] > 1e6]
    ratio = large.drop(columns="TOTAL").sum(axis=1) / large["TOTAL"]
    assert ratio.median() == pytest.approx(1.0, abs=1e-9)
    assert ((ratio - 1).abs() < 1e-6).mean() > 0.95


def test_missing_is_never_zero_in_the_table_of_uzbekistan() -> None:
    table = load_flows("uzbekistan_annual")
    assert (table["usd"] > 0).all()
    exports = table[(table["exporter"] == "UZB") & (table["importer"] == "AFG")]["year"]
    assert not set(range(1995, 2017)) & set(exports)
    imports = table[(table["exporter"] == "KAZ") & (table["importer"] == "UZB")]["year"]
    assert not set(range(2004, 2017)) & set(imports)


def test_estimates_partial_years_and_regimes_say_so() -> None:
    imts = load_flows("russia_imts")
    assert set(imts.loc[imts["year"] >= 2022, "status"]) == {"estimate"}
    assert set(imts.loc[imts["year"] < 2022, "status"]) == {""}
    uzbek = imts[((imts["exporter"] == "UZB") | (imts["importer"] == "UZB")) & (imts["year"] >= 2023)]
    assert uzbek.empty
    assert load_flows("armenia_annual")["status"].str.fullmatch(r"(\d+ of 12 months)?").all()
    regimes = load_flows("uzbekistan_imports_2025")
    assert set(regimes["status"]) == {"fta", "mfn", "full"}
    assert regimes.set_index("exporter")["status"]["RUS"] == "fta"


def test_partners_that_are_no_economy_are_gone() -> None:
    known = set(economies.economies().index)
    for name in ("russia_annual", "world_2019"):
        table = load_flows(name)
        strange = (set(table["exporter"]) | set(table["importer"])) - known
        assert len(strange) <= 6, strange  # dependencies without a World Bank code
    world = load_flows("world_4yearly")
    assert not {"SPE", "BUN", "UNS", "ROM", "BLX"} & (set(world["exporter"]) | set(world["importer"]))


def test_an_altered_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trade").mkdir()
    source = settings.data_dir() / "trade"
    (tmp_path / "corrections.toml").write_bytes((settings.data_dir() / "corrections.toml").read_bytes())
    (tmp_path / "trade" / "flows.json").write_bytes((source / "flows.json").read_bytes())
    (tmp_path / "trade" / "geography.parquet").write_bytes((source / "geography.parquet").read_bytes() + b" ")
    monkeypatch.setattr(settings, "data_dir", lambda: tmp_path)
    with pytest.raises(IntegrityError, match="SHA-256"):
        FLOWS.load("geography")
    with pytest.raises(NoDataError, match="'agreements' is missing"):
        FLOWS.load("agreements")


def test_names_that_are_not_known_get_a_near_match() -> None:
    with pytest.raises(BadInputError, match="'world_2091' not known; did you mean 'world_2019'"):
        load_flows("world_2091")
    with pytest.raises(BadInputError, match="is no table of flows"):
        load_flows("distances")
    with pytest.raises(NoDataError, match="has no flow for years"):
        load_flows("world_2019", [1999])
    with pytest.raises(BadInputError, match="group of partners 'Chna' not known; did you mean 'China'"):
        group_members("Chna")
    assert "world_4yearly" in flow_names()
    assert "distances" not in flow_names()
    assert len(group_members("EU")) == 28


# -- the schema ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("factor", "unit"), [(1e-3, "thousand US"), (1e-6, "million US"), (1e3, "a thousandth")])
def test_mixed_units_are_caught_by_the_anchors(factor: float, unit: str) -> None:
    table = load_flows("world_2019", [2019])
    with pytest.raises(BadInputError, match=f"RUS to KGZ in 2019 .* seem to be in {unit}"):
        check_flows(table.assign(usd=table["usd"] * factor))


def test_missing_domestic_trade_can_be_built() -> None:
    output = pd.Series(
        {("RUS", 2015): 30e9, ("KAZ", 2015): 4e9, ("CHN", 2015): 90e9, ("USA", 2015): 1e9, ("RUS", 2014): 9e9}
    )
    full, left = add_domestic(GOOD, output)
    own = full[full["exporter"] == full["importer"]].set_index("exporter")["usd"]
    assert own.to_dict() == {"RUS": 20e9, "CHN": 82e9}
    assert dict(zip(left["economy"], left["reason"].str[:7], strict=True)) == {"KAZ": "exports", "USA": "no expo"}


# -- both reporters ----------------------------------------------------------------------------------------------
def two_sides() -> pd.DataFrame:
    first = pd.DataFrame(
        [
            flow("A", "B", 2000, 100.0, product="TOTAL", basis="exporter_fob", source="a", status=""),
            flow("A", "C", 2000, 50.0, product="TOTAL", basis="exporter_fob", source="a", status=""),
        ]
    )
    second = pd.DataFrame(
        [
            flow("A", "B", 2000, 999.0, product="TOTAL", basis="exporter_fob", source="late", status=""),
            flow("A", "B", 2000, 130.0, product="TOTAL", basis="importer_cif", source="b", status="estimate"),
            flow("C", "B", 2000, 10.0, product="TOTAL", basis="importer_cif", source="b", status=""),
        ]
    )
    return side_by_side(first, second)


def test_the_first_source_of_a_side_wins_and_missing_stays_missing() -> None:
    table = two_sides().set_index(["exporter", "importer"])
    assert table.loc[("A", "B"), "exporter_usd"] == 100.0
    assert table.loc[("A", "B"), "importer_status"] == "estimate"
    assert np.isnan(table.loc[("A", "C"), "importer_usd"])
    assert np.isnan(table.loc[("C", "B"), "exporter_usd"])


@pytest.mark.parametrize(
    ("rule", "expected"), [("exporter", 100.0), ("importer", 130 / 1.3), ("larger", 100.0), ("mean", 100.0)]
)
def test_simple_rules_fall_back_on_the_report_there_is(rule: str, expected: float) -> None:
    flows = apply_rule(two_sides(), rule, rate=0.3).set_index(["exporter", "importer"])
    assert flows.loc[("A", "B"), "usd"] == pytest.approx(expected)
    assert flows.loc[("A", "C"), "usd"] == 50.0
    assert flows.loc[("C", "B"), "usd"] == pytest.approx(10 / 1.3)
    assert flows.loc[("C", "B"), "status"] == "importer only"
    assert set(flows["basis"]) == {f"rule_{rule}"}


def test_a_rate_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BadInputError, match="carriage adds to a value"):
        mirror_gap(two_sides(), -0.1)


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.floats(0, 0.5), st.floats(1, 1e9), st.floats(1, 1e9))
def test_the_gap_is_the_difference_and_the_log_ratio_its_sign(rate: float, sold: float, bought: float) -> None:
    side = pd.DataFrame({"exporter": ["A"], "importer": ["B"], "exporter_usd": [sold], "importer_usd": [bought]})
    row = mirror_gap(side, rate).iloc[0]
    assert row["gap_usd"] == pytest.approx(bought / (1 + rate) - sold, abs=1e-6)
    assert np.sign(np.round(row["log_ratio"], 12)) == np.sign(np.round(np.log(bought / (1 + rate) / sold), 12))


# -- pinning -----------------------------------------------------------------------------------------------------
def test_pinning_is_deterministic_and_counts_what_it_drops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scripts.pins import flows as pinning

    source = tmp_path / "in"
    source.mkdir()
    (source / "dots.csv").write_text(
        "exporter,importer,year,export_musd\nRUS,KGZ,2019,1530\nROM,RUS,2019,2\nROU,RUS,2019,3\nRUS,BUN,2019,7\nRUS,KAZ,2019,\n"
    )
    facts = {
        "pins": {"world_2019": {**trade_tables()["pins"]["world_2019"], "file": "dots.csv"}},
        "anchors": trade_tables()["anchors"],
    }
    monkeypatch.setattr(pinning, "trade_tables", lambda: facts)
    first = pinning.pin_flows(source, tmp_path / "one")
    pinning.pin_flows(source, tmp_path / "two")
    for name in ("world_2019.parquet", "flows.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    record = first["world_2019"]
    assert record["dropped"] == {
        "added to another row of the same economy": 1,
        "no value": 1,
        "partner is no economy": 1,
    }
    assert json.loads((tmp_path / "one" / "flows.json").read_text())["world_2019"]["sha256"] == record["sha256"]
    table = pd.read_parquet(tmp_path / "one" / "world_2019.parquet").set_index(["exporter", "importer"])["usd"]
    assert table.to_dict() == {("ROU", "RUS"): 5e6, ("RUS", "KGZ"): 1530e6}


def test_a_national_table_loses_its_sums_and_keeps_what_has_no_partner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files make Russia's table; a year's short months are marked; the rest of the total is OTH, not nothing."""
    from scripts.pins import flows as pinning

    (tmp_path / "years.csv").write_text(
        "reporter,partner,year,flow,value_musd\nRUS,WLD,2020,export,100\nRUS,_CIS,2020,export,40\nRUS,KGZ,2020,export,40\n"
        "RUS,WLD,2020,import,10\nRUS,KGZ,2020,import,10\n"
    )
    months = [("RUS", "CHN", 2020, m, "Exports", 2.0) for m in range(1, 7)] + [("RUS", "KGZ", 2020, 1, "Exports", 3.0)]
    columns = ["reporter", "partner", "year", "month", "flow", "musd"]
    pd.DataFrame(months, columns=columns).to_parquet(tmp_path / "months.parquet")
    files = {"file": ["years.csv", "months.parquet"]}
    facts = {"pins": {"russia_annual": {**trade_tables()["pins"]["russia_annual"], **files}}, "anchors": []}
    monkeypatch.setattr(pinning, "trade_tables", lambda: facts)
    record = pinning.pin_flows(tmp_path, tmp_path / "out")["russia_annual"]
    assert record["source_file"] == "years.csv, months.parquet"
    assert record["dropped"] == {"also in the table by year": 1, "sum of partners": 3}
    table = pd.read_parquet(tmp_path / "out" / "russia_annual.parquet")
    sold = table[table["basis"] == "exporter_fob"].set_index("importer")
    assert (sold["usd"] / 1e6).to_dict() == {"CHN": 12.0, "KGZ": 40.0, "OTH": 48.0}
    assert sold["status"].to_dict() == {"CHN": "6 of 12 months", "KGZ": "", "OTH": ""}
    assert table[table["basis"] == "importer_cif"]["exporter"].tolist() == ["KGZ"]


def test_pinning_refuses_a_missing_file_a_missing_column_and_wrong_units(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scripts.pins import flows as pinning

    facts = {
        "pins": {"world_2019": {**trade_tables()["pins"]["world_2019"], "file": "dots.csv"}},
        "anchors": trade_tables()["anchors"],
    }
    monkeypatch.setattr(pinning, "trade_tables", lambda: facts)
    with pytest.raises(NoDataError, match=r"dots\.csv is not in"):
        pinning.pin_flows(tmp_path, tmp_path / "out")
    (tmp_path / "dots.csv").write_text("exporter,importer,year,musd\nRUS,KGZ,2019,1530\n")
    with pytest.raises(BadInputError, match=r"dots\.csv has no column"):
        pinning.pin_flows(tmp_path, tmp_path / "out")
    (tmp_path / "dots.csv").write_text("exporter,importer,year,export_musd\nRUS,KGZ,2019,1530000\n")
    with pytest.raises(BadInputError, match="units look mixed"):
        pinning.pin_flows(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out" / "flows.json").exists()
