"""Corridors: shares by hand from the pins, the traps of the sources, what is known as of a year, pinning."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError, EaeuError, IntegrityError, NoDataError
from eaeu_analysis.reference.shipped_tables import REMITTANCES
from eaeu_analysis.remittances import corridors, tables
from eaeu_analysis.remittances.tables import load_remittance_table
from scripts.pins import remittances as pinning

ORIGINS = ("ARM", "AZE", "GEO", "KGZ", "MDA", "TJK", "UKR", "UZB")


# -- shares ------------------------------------------------------------------------------------------------------
def test_share_of_kyrgyzstan_is_that_of_the_matrix() -> None:
    found = corridors("KGZ", 2019)
    matrix = load_remittance_table("matrix_2017").query("origin == 'KGZ'").set_index("destination")["usd"]
    assert found.share().value == pytest.approx(matrix["RUS"] / matrix.sum())
    union = matrix[matrix.index.isin(["RUS", "KAZ", "BLR", "ARM"])].sum() / matrix.sum()
    assert found.share("EAEU").value == pytest.approx(union)
    assert found.share().high == pytest.approx(0.92)  # EDB 2013, of migrants: it widens the range and does not head it
    assert found.share().low < found.share().value < found.share().high


def test_uzbekistans_row_of_2017_is_no_share() -> None:
    """The whole inflow on Russia, nothing on Kazakhstan where 304,063 of its people live: never used: why."""
    whole = load_remittance_table("matrix_2017").query("origin == 'UZB'")
    assert whole["destination"].tolist() == ["RUS"]
    assert whole["usd"].iloc[0] == pytest.approx(2839e6, rel=0.001)  # World Bank, as PROVENANCE of the source states
    stock = load_remittance_table("stock_2017").query("origin == 'UZB'").set_index("destination")["persons"]
    assert stock["KAZ"] == 304_063
    for year in (None, 2019, 2017):
        found = corridors("UZB", year)
        assert found.share().high < 0.9
        assert found.to_frame()["remittances_usd"].isna().all()
        shown = found.sources[(found.sources["basis"] == "matrix") & (found.sources["group"] == "RUS")].iloc[0]
        assert shown["reason"] == "the World Bank put the whole inflow on Russia"
        assert not shown["used"]
        assert any(c.name == "artefact left out" for c in found.checks)


def test_a_counted_share_comes_first_and_the_rest_is_split_by_stocks() -> None:
    found = corridors("UZB")
    assert found.share().value == 0.77  # TASS, first half of 2024
    stock = (
        load_remittance_table("stock_undesa")
        .query("origin == 'UZB' and year == 2019")
        .set_index("destination")["persons"]
    )
    others = stock.drop("RUS")
    rest = others.reindex(["KAZ", "BLR", "ARM", "KGZ"]).sum() / others.sum()
    assert found.share("EAEU").value == pytest.approx(0.77 + 0.23 * rest)
    assert corridors("UZB", 2019).share().value == pytest.approx(stock["RUS"] / stock.sum())


def test_armenia_is_counted_by_its_central_bank() -> None:
    frame = load_remittance_table("armenia").query("type == 'non-commercial' and direction == 'inflow'")
    for year in (2013, 2015, 2019):
        of_year = frame[frame["year"] == year].set_index("destination")["usd"]
        found = corridors("ARM", year).share()
        assert found.value == pytest.approx(of_year["RUS"] / of_year["WLD"])
        assert found.source.startswith("Central Bank of Armenia")
    assert corridors("ARM", 2013).share().value == pytest.approx(0.859, abs=0.001)
    assert corridors("ARM", 2012).share().source.startswith("World Bank")


def test_a_partial_year_is_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.remittances import shares

    def cut(name: str) -> pd.DataFrame:
        frame = load_remittance_table(name)
        if name == "armenia":
            frame.loc[frame["year"] == 2019, "months"] = 9
        return frame

    whole = corridors("ARM", 2018).share().value
    monkeypatch.setattr(shares, "load_remittance_table", cut)
    shares._corridors.cache_clear()
    try:
        assert corridors("ARM", 2019).share().value == pytest.approx(whole)
    finally:
        shares._corridors.cache_clear()


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("year", [None, 2019, 2013])
def test_shares_are_shares(origin: str, year: int | None) -> None:
    found = corridors(origin, year)
    for group in ("RUS", "EAEU"):
        share = found.share(group)
        assert 0 < share.low <= share.value <= share.high <= 1
    assert found.share("EAEU").value >= found.share("RUS").value
    table = found.to_frame()
    assert table["stock_share"].sum() == pytest.approx(1)
    assert table["stock"].dropna().is_monotonic_decreasing
    assert not table["destination"].duplicated().any()
    assert (found.sources.groupby("group")["used"].sum() == 1).all()


@pytest.mark.parametrize("origin", ORIGINS)
def test_as_of_2013_no_later_figure_is_seen_and_hindsight_is_stated(origin: str) -> None:
    found = corridors(origin, 2013)
    assert found.sources["year"].max() <= 2013
    late = found.sources[found.sources["hindsight"]]
    assert set(late["pin"]) == ({"stock_undesa"} if origin == "UZB" else {"stock_undesa", "matrix_2010"})
    assert any(c.name == "hindsight" for c in found.checks)
    costs = load_remittance_table("costs").query("origin == @origin and destination == 'RUS' and year <= 2013")
    wanted = costs.sort_values("quarter")["percent"].tail(4).mean()
    row = found.to_frame().set_index("destination").loc["RUS"]
    assert row["cost_percent"] == pytest.approx(wanted)


def test_names_are_understood_and_the_result_is_shown() -> None:
    found = ea.corridors("Kyrgyz Republic", 2019)
    assert found.origin == "KGZ"
    assert "Russia: 77% (sources: 76% to 92%)" in found.summary()
    assert found.plot().get_title(loc="left").startswith("Where Kyrgyzstan's migrants live")
    found.table.loc[:, "stock"] = 0.0  # what a caller does to a result stays with the caller
    assert ea.corridors("KGZ", 2019).table["stock"].sum() > 0


@pytest.mark.parametrize(
    ("origin", "year", "sentence"),
    [
        ("France", None, "no corridors are pinned for France (FRA)"),
        ("Kirgizia", None, "did you mean"),
        ("KGZ", 1980, "no corridor of Kyrgyzstan (KGZ) is known from 1980 or before"),
    ],
)
def test_bad_origins_and_years(origin: str, year: int | None, sentence: str) -> None:
    with pytest.raises(EaeuError) as caught:
        corridors(origin, year)
    assert sentence in str(caught.value)


def test_an_unknown_group_of_destinations() -> None:
    with pytest.raises(BadInputError, match="group of destinations 'EU' not known"):
        corridors("KGZ").share("EU")


# -- the year of the matrix that prints none ---------------------------------------------------------------------
def test_the_older_matrix_is_nearest_to_2010() -> None:
    import numpy as np

    totals = load_remittance_table("matrix_2010").groupby("origin")["usd"].sum()
    column = ea.load_panel(["BX.TRF.PWKR.CD.DT"]).wide("BX.TRF.PWKR.CD.DT")[list(totals.index)]
    apart = np.log(column.where(column > 0)).sub(np.log(totals)).abs().median(axis=1).loc[2006:2014]
    assert apart.idxmin() == 2010


# -- pins --------------------------------------------------------------------------------------------------------
def test_every_pin_has_its_record_and_is_small() -> None:
    assert set(REMITTANCES.records()) == set(tables.remittance_tables()["pins"])
    assert sum(record["bytes"] for record in REMITTANCES.records().values()) < 300_000
    for name in REMITTANCES.records():
        info = REMITTANCES.info(name)
        assert info.source
        assert info.vintage
        assert info.licence
        assert len(load_remittance_table(name)) == REMITTANCES.records()[name]["rows"]


def test_a_changed_table_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(settings.data_dir() / "remittances", tmp_path / "remittances")
    shutil.copy(settings.data_dir() / "corrections.toml", tmp_path)
    path = tmp_path / "remittances" / "costs.parquet"
    path.write_bytes(path.read_bytes() + b"\0")
    monkeypatch.setattr(settings, "data_dir", lambda: tmp_path)
    with pytest.raises(IntegrityError, match=r"costs\.parquet does not match the SHA-256"):
        load_remittance_table("costs")
    (tmp_path / "remittances" / "armenia.parquet").unlink()
    with pytest.raises(NoDataError, match="'armenia' is missing"):
        load_remittance_table("armenia")
    with pytest.raises(BadInputError, match="did you mean 'matrix_2017'"):
        load_remittance_table("matrix_2018")


MATRIX = """sending,receiving,musd,sending_iso3,receiving_iso3
Russia,Kyrgyz Republic,10,RUS,KGZ
Namibia,Kyrgyz Republic,1,NAM,KGZ
Other North,Kyrgyz Republic,2,,KGZ
Other South,Kyrgyz Republic,3,,KGZ
Gibralter,Kyrgyz Republic,4,,KGZ
Kazakhstan,Kyrgyz Republic,0,KAZ,KGZ
Russia,France,9,RUS,FRA
"""


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small files in the form of the sources, and the table of pins that names them."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "matrix.csv").write_text(MATRIX)
    months = [(2013, m, "Russian Federation", "RUS", "Inflow", "total", 1.0) for m in range(1, 13)]
    months += [(2014, m, "Others", "", "Inflow", "total", 2.0) for m in (1, 2)]
    months += [(2013, 1, "Total", "", "Net inflow", "total", 5.0)]
    columns = ["year", "month", "country", "partner", "direction", "type", "K_USD"]
    pd.DataFrame(months, columns=columns).to_parquet(folder / "armenia.parquet")
    pins = tables.remittance_tables()["pins"]
    (folder / "knomad.csv").write_text(
        "iso3,year,flow,value_musd,obs_status,zero_is_missing\nKGZ,2022,inflow,3300.5,A,False\n"
        "KGZ,2023,outflow,40,E,False\nTKM,2022,inflow,0,A,True\n"
    )
    chosen = {
        "armenia_months": {**pins["armenia_months"], "file": "armenia.parquet"},
        "knomad": {**pins["knomad"], "file": "knomad.csv"},
        "matrix_2017": {**pins["matrix_2017"], "file": "matrix.csv"},
        "armenia": {**pins["armenia"], "file": "armenia.parquet"},
    }
    monkeypatch.setattr(pinning, "remittance_tables", lambda: {"pins": chosen})
    return folder


def test_pinning_keeps_what_is_followed_counts_the_rest_and_repeats_to_the_byte(sources: Path, tmp_path: Path) -> None:
    first = pinning.pin_remittances(sources, tmp_path / "one")
    pinning.pin_remittances(sources, tmp_path / "two")
    for name in ("matrix_2017.parquet", "armenia.parquet", "remittances.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert json.loads((tmp_path / "one" / "remittances.json").read_text()) == first
    table = pd.read_parquet(tmp_path / "one" / "matrix_2017.parquet")
    assert table.set_index("destination")["usd"].to_dict() == {"NAM": 1e6, "OTH": 5e6, "RUS": 10e6}
    assert first["matrix_2017"]["dropped"] == {
        "country of origin is not one that is followed": 1,
        "destination is no economy": 1,
        "zero": 1,
    }
    armenia = pd.read_parquet(tmp_path / "one" / "armenia.parquet")
    assert armenia[["destination", "year", "usd", "months"]].to_numpy().tolist() == [
        ["OTH", 2014, 4_000.0, 2],
        ["RUS", 2013, 12_000.0, 12],
    ]
    assert first["armenia"]["dropped"] == {"net inflow": 1}
    months = pd.read_parquet(tmp_path / "one" / "armenia_months.parquet")
    assert months.groupby("destination")["usd"].agg(["size", "sum"]).to_numpy().tolist() == [
        [2, 4_000.0],
        [12, 12_000.0],
    ]
    knomad = pd.read_parquet(tmp_path / "one" / "knomad.parquet")
    assert knomad.to_numpy().tolist() == [["KGZ", 2023, "paid", 40e6, True], ["KGZ", 2022, "received", 3300.5e6, False]]
    assert first["knomad"]["dropped"] == {"zero that means missing": 1}


def test_zeros_of_a_table_of_estimates_are_missing_and_payments_of_the_last_year_are_marked() -> None:
    table = tables.load_remittance_table("knomad")
    assert (table["usd"] > 0).all()
    assert not table.duplicated(["economy", "year", "flow"]).any()
    last = table[(table["flow"] == "paid") & (table["year"] == 2023)]
    assert last["estimate"].all()
    assert table.set_index(["economy", "year", "flow"])["usd"]["KGZ", 2023, "received"] == 2.85e9


def test_a_models_corridors_are_one_end_of_a_range() -> None:
    table = tables.load_remittance_table("corridors_2024").query("origin == 'UZB' and year == 2024")
    assert table.set_index("destination")["usd"]["RUS"] / table["usd"].sum() == pytest.approx(0.36, abs=0.005)


def test_pinning_refuses_what_it_cannot_read_and_writes_nothing(sources: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (sources / "matrix.csv").write_text(MATRIX + "Russia,Kyrgyz Republic,5,RUS,KGZ\n")
    with pytest.raises(BadInputError, match="KGZ to RUS 2017 comes more than once"):
        pinning.pin_remittances(sources, out)
    assert not (out / "remittances.json").exists()
    (sources / "matrix.csv").write_text(MATRIX)
    pinning.pin_remittances(sources, out)
    before = (out / "remittances.json").read_bytes()
    (sources / "matrix.csv").write_text(MATRIX.replace("musd", "usd_m"))
    with pytest.raises(BadInputError, match=r"matrix\.csv has no column 'musd'"):
        pinning.pin_remittances(sources, out)
    assert (out / "remittances.json").read_bytes() == before
    (sources / "matrix.csv").unlink()
    with pytest.raises(NoDataError, match=r"matrix\.csv is not in"):
        pinning.pin_remittances(sources, out)
    frame = pd.read_parquet(sources / "armenia.parquet").replace({"Others": "Somewhere"})
    frame.to_parquet(sources / "armenia.parquet")
    with pytest.raises(BadInputError, match="partner 'Somewhere' has no code"):
        pinning.pin_remittances(sources, out)


def test_a_model_of_corridors_is_one_end_of_the_range_and_never_the_value() -> None:
    found = corridors("UZB").sources.query("group == 'RUS'").set_index("basis")
    assert found.loc["model", "share"] == pytest.approx(0.36, abs=0.005)
    assert not found.loc["model", "used"]
    assert corridors("UZB").share().low == found.loc["model", "share"]
    assert "model" not in set(corridors("UZB", 2020).sources["basis"])
