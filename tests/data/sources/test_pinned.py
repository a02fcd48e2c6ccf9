"""The shipped data: intact, complete, and holding the identities and published figures they must."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from eaeu_analysis import settings
from eaeu_analysis.data import listing
from eaeu_analysis.data.pin import read_recipe
from eaeu_analysis.data.sources.pinned import PACKAGE, PinnedSource
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError
from eaeu_analysis.reference import economies as names
from eaeu_analysis.reference.catalogue import catalogue, indicator

SOURCE = PinnedSource()
NEIGHBOURS = ["KGZ", "ARM", "BLR", "KAZ", "RUS", "UZB", "TJK", "MDA", "GEO", "AZE", "UKR"]


def values(code: str, vintage: str | None = None) -> pd.Series:
    """Economies only, indexed by (economy, year)."""
    series = SOURCE.read(code, vintage).frame.set_index(["economy", "year"])["value"]
    return series[[not names.is_aggregate(economy) for economy in series.index.get_level_values(0)]]


def gap(a: pd.Series, b: pd.Series) -> pd.Series:
    return (a - b).dropna().abs()


# -- the package


def test_the_package_is_in_order():
    assert SOURCE.verify() == []


def test_it_holds_what_the_recipe_says_and_no_more():
    recipe = read_recipe(settings.data_dir() / "pin.toml")
    assert {(e.code, e.vintage, e.default) for e in recipe.series} == {
        (r["code"], r["vintage"], r["default"]) for r in SOURCE.resources()
    }
    for entry in recipe.series:
        resource = SOURCE.resource(entry.code, entry.vintage)
        printed = ("source", "vintage_note", "retrieved", "licence", "via", "note")
        assert {n: resource[n] for n in printed} == {n: getattr(entry, n) for n in printed}
        assert resource["vintage"]
        assert resource["via"].startswith("github.com/")
        assert resource["licence"] == "CC-BY-4.0"
        assert resource["retrieved"] == "2026-11"


def test_labels_units_and_kinds_are_those_of_the_catalogue():
    for info in SOURCE.entries():
        known = indicator(info.code)
        assert (info.code, info.label, info.unit, info.kind) == (known.code, known.label, known.unit, known.kind)


def test_it_is_a_frictionless_data_package():
    package = json.loads((SOURCE.root / PACKAGE).read_text("utf-8"))
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    named = [resource["name"] for resource in package["resources"]]
    assert len(set(named)) == len(named) == 79
    for resource in package["resources"]:
        assert set(resource["name"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")
        assert resource["schema"]["primaryKey"] == ["economy", "year"]
        assert [f["name"] for f in resource["schema"]["fields"]] == ["economy", "year", "value", "aggregate"]
        assert resource["hash"].startswith("sha256:")


def test_the_counts_that_a_validator_of_data_packages_makes_are_those_of_the_tables():
    """The reference validator counts rows and fields of a Parquet table, and no bytes: a byte count fails there."""
    package = json.loads((SOURCE.root / PACKAGE).read_text("utf-8"))
    for resource in package["resources"]:
        table = pq.read_metadata(SOURCE.root / resource["path"])
        assert (resource["rows"], resource["fields"]) == (table.num_rows, table.num_columns)
        assert resource["rows"] == resource["observations"]
        assert "bytes" not in resource
        found = hashlib.sha256((SOURCE.root / resource["path"]).read_bytes()).hexdigest()
        assert resource["hash"] == f"sha256:{found}"


def test_a_wrong_count_of_rows_is_found(tmp_path):
    package = json.loads((SOURCE.root / PACKAGE).read_text("utf-8"))
    package["resources"] = package["resources"][:1]
    table = package["resources"][0]["path"]
    (tmp_path / table).write_bytes((SOURCE.root / table).read_bytes())
    (tmp_path / PACKAGE).write_text(json.dumps(package))
    assert PinnedSource(tmp_path).verify() == []
    package["resources"][0]["rows"] += 1
    (tmp_path / PACKAGE).write_text(json.dumps(package))
    assert "rows of 4 fields, not as recorded" in PinnedSource(tmp_path).verify()[0]


def test_data_stay_under_fifteen_megabytes():
    assert sum(p.stat().st_size for p in settings.data_dir().rglob("*") if p.is_file()) < 15e6


def test_population_covers_the_217_economies_from_1990():
    population = values("SP.POP.TOTL").unstack()
    assert len(population) == 217
    assert population.columns.min() == 1990
    known = names.economies()
    assert set(population.index) == set(known.index[known["bank"]])


def test_every_code_is_that_of_an_economy_or_an_aggregate():
    economies, groups = set(names.economies().index), set(names.aggregates().index)
    for info in SOURCE.entries():
        frame = SOURCE.read(info.code, info.vintage).frame
        assert set(frame["economy"]) <= economies | groups, info.key
        assert frame["year"].min() >= 1990


# -- identities between series, within what their editions allow (measured on the data, stated here)


def test_exports_and_imports_add_to_trade_and_differ_by_the_balance():
    exports, imports = values("NE.EXP.GNFS.ZS"), values("NE.IMP.GNFS.ZS")
    assert gap(exports + imports, values("NE.TRD.GNFS.ZS")).max() < 2e-5
    assert gap(exports - imports, values("NE.RSB.GNFS.ZS")).max() < 2e-5
    assert len(gap(exports + imports, values("NE.TRD.GNFS.ZS"))) == 5888


def test_growth_is_that_of_the_level():
    for level, growth, within in (
        ("NY.GDP.MKTP.KD", "NY.GDP.MKTP.KD.ZG", 1e-9),
        ("NY.GDP.PCAP.KD", "NY.GDP.PCAP.KD.ZG", 2e-5),
    ):
        table = values(level).unstack()
        computed = (table / table.shift(axis=1) * 100 - 100).stack()
        assert gap(computed, values(growth)).max() < within


def test_real_gdp_per_head_is_gdp_over_population_save_where_territory_differs():
    ratio = values("NY.GDP.PCAP.KD") / (values("NY.GDP.MKTP.KD") / values("SP.POP.TOTL"))
    off = ratio[(ratio - 1).abs() > 0.001].dropna()
    assert set(off.index.get_level_values(0)) & set(NEIGHBOURS) == {"RUS", "UKR"}
    assert off.loc["UKR"].index.min() == off.loc["RUS"].index.min() == 2014
    assert ratio.loc["UKR"].loc[2014:].between(1.05, 1.08).all()
    assert ratio.loc["RUS"].loc[2014:].between(0.982, 0.986).all()


def test_imports_in_dollars_over_gdp_are_the_share_save_for_revisions():
    gdp = values("NY.GDP.MKTP.CD")
    apart = gap(values("NE.IMP.GNFS.CD") / gdp * 100, values("NE.IMP.GNFS.ZS"))
    assert apart.median() < 1e-5
    revised = apart[apart > 0.05].loc[lambda s: s.index.get_level_values(0).isin(NEIGHBOURS)]
    assert {e for e, _ in revised.index} == {"ARM", "KAZ", "GEO"}
    assert revised.max() < 2.2


def test_external_balance_of_services_and_goods_is_exports_less_imports():
    apart = gap(values("BX.GSR.GNFS.CD") - values("BM.GSR.GNFS.CD"), values("BN.GSR.GNFS.CD"))
    gdp = values("NY.GDP.MKTP.CD").reindex(apart.index)
    assert (apart / gdp > 1e-3).sum() < 0.02 * len(apart)  # revised between October and November 2024


def test_sectors_leave_room_for_taxes_on_products():
    total = values("NV.AGR.TOTL.ZS") + values("NV.IND.TOTL.ZS") + values("NV.SRV.TOTL.ZS")
    neighbours = total.dropna().loc[NEIGHBOURS]
    assert neighbours[neighbours.index.get_level_values(1) >= 1994].max() <= 100.001
    assert (total.dropna() <= 100.001).mean() > 0.94  # subsidies exceed taxes on products in oil economies


def test_shares_of_the_world_bank_index_are_relative_to_2015():
    for code in ("TX.VAL.MRCH.XD.WD", "TM.VAL.MRCH.XD.WD", "TT.PRI.MRCH.XD.WD"):
        assert np.allclose(values(code).xs(2015, level=1), 100)


# -- remittances: three figures of one year, each of its own edition


def test_kyrgyz_remittances_of_2019_depend_on_the_edition():
    computed = values("BX.TRF.PWKR.CD.DT", "2023-10-26") / values("NY.GDP.MKTP.CD") * 100
    assert round(computed["KGZ", 2019], 1) == 25.7
    assert round(values("BX.TRF.PWKR.DT.GD.ZS", "2022-05-25")["KGZ", 2019], 1) == 27.2
    assert round(values("BX.TRF.PWKR.DT.GD.ZS", "2026-06-11")["KGZ", 2019], 1) == 28.8
    assert [round(values("BX.TRF.PWKR.DT.GD.ZS", "2026-06-11")["KGZ", y], 1) for y in (2020, 2021)] == [31.8, 32.6]
    assert [round(computed["KGZ", y], 1) for y in (2020, 2021)] == [29.3, 30.2]


def test_the_leading_remittances_give_the_shares_of_gdp_that_were_published_after_them():
    """Dollars of April 2026 over GDP of December 2025, against the shares of June 2026."""
    leading = SOURCE.read("BX.TRF.PWKR.CD.DT")
    assert leading.info.vintage == "2026-04-08"
    assert SOURCE.vintages("BX.TRF.PWKR.CD.DT") == ["2026-04-08", "2023-10-26"]
    computed = values("BX.TRF.PWKR.CD.DT") / values("NY.GDP.MKTP.CD") * 100
    assert gap(computed, values("BX.TRF.PWKR.DT.GD.ZS", "2026-06-11")).max() < 0.0051
    assert [round(computed["UZB", y], 1) for y in (2022, 2023, 2024)] == [17.2, 13.8, 14.4]


def test_withdrawn_estimates_are_a_series_of_their_own():
    kept = values("BX.TRF.PWKR.CD.DT.ESTIMATE")
    assert [kept["KGZ", 2023], kept["KGZ", 2024]] == [2.85e9, 3.10e9]
    leading = values("BX.TRF.PWKR.CD.DT")
    assert not set(kept.index) & set(leading.index)
    assert leading.loc["KGZ"].index.max() == 2022
    info = SOURCE.read("BX.TRF.PWKR.CD.DT.ESTIMATE").info
    assert "estimate" in info.label
    assert "withdrawn" in info.label


def test_employment_of_armenia_and_uzbekistan_is_not_pinned():
    for code in ("SL.AGR.EMPL.ZS", "SL.IND.EMPL.ZS", "SL.SRV.EMPL.ZS", "SL.EMP.SELF.ZS"):
        assert not {"ARM", "UZB"} & set(values(code).index.get_level_values(0))
    shares = values("SL.AGR.EMPL.ZS") + values("SL.IND.EMPL.ZS") + values("SL.SRV.EMPL.ZS")
    assert np.allclose(shares, 100, atol=0.01)


def test_before_2019_the_editions_agree_for_kyrgyzstan_and_tajikistan():
    old, new = values("BX.TRF.PWKR.DT.GD.ZS", "2022-05-25"), values("BX.TRF.PWKR.DT.GD.ZS", "2026-06-11")
    for economy in ("KGZ", "TJK"):
        assert gap(old.loc[economy].loc[2009:2018], new.loc[economy].loc[2009:2018]).max() < 0.006  # two decimals


def test_zeros_that_mean_missing_are_kept_and_counted():
    older = "2023-10-26"
    assert SOURCE.resource("BX.TRF.PWKR.CD.DT", older)["zeros"] == 199
    assert (values("BX.TRF.PWKR.CD.DT", older).loc["TKM"].loc[2005:2022] == 0).all()
    assert SOURCE.resource("BX.TRF.PWKR.CD.DT")["zeros"] == 0
    assert (values("BX.TRF.PWKR.DT.GD.ZS").loc["TKM"].loc[2006:2017] > 0).all()
    assert (values("NE.GDI.TOTL.ZS").loc["ETH"] == 0).sum() == 21


# -- traps the notes speak of: should an edition cure one, its note has to go


def test_what_the_notes_say_is_so():
    gdp = values("NY.GDP.MKTP.CD")
    assert round(values("NE.EXP.GNFS.ZS")["KGZ", 2022], 1) == 46.3
    assert round((values("BX.GSR.GNFS.CD") / gdp * 100)["KGZ", 2022], 1) == 29.9
    real = (values("NE.IMP.GNFS.KD") / values("NY.GDP.MKTP.KD") * 100).loc["KGZ"]
    assert [round(real[y]) for y in (2022, 2023, 2024)] == [122, 154, 140]
    flat = values("NE.EXP.GNFS.KD").loc["TJK"]
    assert flat[2013] == flat[2014] == flat[2015]
    older = values("NY.GDP.PCAP.CD") / (gdp / values("SP.POP.TOTL"))
    assert round(older["ARM", 2023], 2) == 1.07
    assert round(older["KGZ", 2023], 2) == 0.92
    purchasing = values("NY.GDP.PCAP.PP.KD") / (values("NY.GDP.MKTP.PP.KD") / values("SP.POP.TOTL"))
    assert round(purchasing["UZB", 2010], 2) == 1.10
    assert sorted(values("SM.POP.NETM").index.get_level_values(1).unique()) == [1992, 1997, 2002, 2007, 2012, 2017]


def test_the_applied_tariff_of_2019_is_out_of_line():
    table = values("TM.TAX.MRCH.WM.AR.ZS").unstack()
    jumps = {}
    for year in range(2012, 2022):
        both = table[[year - 1, year]].dropna()
        both = both[both[year - 1] > 0]
        jumps[year] = float((both[year] / both[year - 1] > 1.4).mean())
    assert max(jumps, key=jumps.get) == 2019
    assert jumps[2019] > 1.4 * max(share for year, share in jumps.items() if year != 2019)


# -- asked and answered


def test_default_vintage_is_marked_and_others_are_named():
    assert SOURCE.vintages("BN.CAB.XOKA.GD.ZS") == ["2025-07-19", "2022-05-25"]
    assert SOURCE.read("BN.CAB.XOKA.GD.ZS").info.vintage == "2025-07-19"
    assert SOURCE.read("BN.CAB.XOKA.GD.ZS@2022-05-25").info.key == "BN.CAB.XOKA.GD.ZS@2022-05-25"
    with pytest.raises(NoDataError, match="pinned in vintage 2025-07-19, 2022-05-25, not in '1999-01-01'"):
        SOURCE.read("BN.CAB.XOKA.GD.ZS", "1999-01-01")


def test_two_vintages_share_no_value_by_splicing():
    """Each keeps its own years: neither holds an observation of the other's edition."""
    old = SOURCE.read("BX.TRF.PWKR.DT.GD.ZS", "2022-05-25").frame
    new = SOURCE.read("BX.TRF.PWKR.DT.GD.ZS", "2026-06-11").frame
    assert old["year"].max() == 2020
    assert sorted(new["economy"].unique()) == ["KGZ", "TJK", "UZB"]


@pytest.mark.parametrize("code", ["NE.TRD.GNFS.XS", "trade (% of gpd)", "zzz"])
def test_an_unknown_series_has_a_near_match_or_says_what_is_known(code):
    with pytest.raises(BadInputError, match="not known") as caught:
        SOURCE.read(code)
    if code != "zzz":
        assert "did you mean 'NE.TRD.GNFS.ZS'" in str(caught.value)


def test_a_label_or_another_case_is_understood():
    assert SOURCE.read("ne.trd.gnfs.zs").info.code == SOURCE.read("Trade (% of GDP)").info.code == "NE.TRD.GNFS.ZS"


def test_a_series_of_the_catalogue_that_is_only_live_says_so():
    lacking = listing.only_live(SOURCE)
    assert len(lacking) > 20
    with pytest.raises(NoDataError, match="not among the pinned data, it is only to be had live"):
        SOURCE.read(lacking["code"].iloc[0])
    assert set(lacking["code"]) | {i.code for i in SOURCE.entries()} == set(catalogue().index)


def test_listing_has_a_row_per_table():
    table = listing.list_entries(SOURCE)
    assert len(table) == 79
    assert table.groupby("code")["default"].sum().eq(1).all()
    assert list(table.columns[:4]) == ["code", "vintage", "default", "label"]


def test_describe_says_that_vintages_are_never_spliced():
    shown = listing.describe_series(SOURCE, "BX.TRF.PWKR.DT.GD.ZS")
    json.dumps(shown)  # plain
    assert "2 vintages of BX.TRF.PWKR.DT.GD.ZS, never spliced" in shown["sentence"]
    assert [v["vintage"] for v in shown["vintages"]] == ["2022-05-25", "2026-06-11"]
    kgz = shown["vintages"][1]["coverage"][0]
    assert (kgz["economy"], kgz["name"]) == ("KGZ", "Kyrgyz Republic")
    counts = ("first", "last", "present", "missing_inside", "zeros")
    assert [kgz[name] for name in counts] == [2009, 2022, 14, 0, 0]
    assert listing.describe_series(SOURCE, "SP.POP.TOTL")["sentence"] == "one vintage of SP.POP.TOTL: 2026-03-25"
    tariff = listing.describe_series(SOURCE, "TM.TAX.MRCH.WM.AR.ZS", ["Uzbekistan"])["vintages"][0]["coverage"][0]
    assert (tariff["economy"], tariff["present"]) == ("UZB", 10)


# -- tampering


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SOURCE.root, tmp_path / "pinned"))


def table_of(root: Path, code: str) -> Path:
    return root / PinnedSource(root).resource(code)["path"]


def test_one_changed_byte_stops_the_reading_and_names_the_table(copy):
    path = table_of(copy, "SP.POP.TOTL")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(
        IntegrityError, match=r"'SP.POP.TOTL--2026-03-25.parquet' \(SP.POP.TOTL\) was changed"
    ) as caught:
        PinnedSource(copy).read("SP.POP.TOTL")
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    assert [p for p in PinnedSource(copy).verify() if "was changed" in p]


def test_missing_extra_and_miscounted_are_found(copy):
    table_of(copy, "SP.POP.TOTL").unlink()
    (copy / "stray.parquet").write_bytes(b"x")
    package = json.loads((copy / PACKAGE).read_text("utf-8"))
    package["resources"][0]["zeros"] = 7
    (copy / PACKAGE).write_text(json.dumps(package), "utf-8")
    problems = PinnedSource(copy).verify()
    assert len(problems) == 3
    assert any("is missing" in p for p in problems)
    assert any("'stray.parquet' is not listed" in p for p in problems)
    assert any("has zeros 0, recorded is 7" in p for p in problems)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: "{", "is not a list of pinned tables"),
        (lambda p: json.dumps({"resources": [{"code": "x"}]}), "is not a list of pinned tables"),
        (lambda p: json.dumps(p).replace('"path": "SP.POP', '"path": "../SP.POP'), "not a table of the package"),
        (lambda p: json.dumps(p).replace('"default": false', '"default": true'), "2 default vintages of BN.CAB"),
    ],
)
def test_a_broken_list_is_one_sentence(copy, change, expected):
    package = json.loads((copy / PACKAGE).read_text("utf-8"))
    (copy / PACKAGE).write_text(change(package), "utf-8")
    with pytest.raises(IntegrityError, match=expected) as caught:
        PinnedSource(copy).entries()
    assert "\n" not in str(caught.value)


def test_no_package_is_no_data(tmp_path):
    with pytest.raises(NoDataError, match="no pinned data in"):
        PinnedSource(tmp_path).entries()
