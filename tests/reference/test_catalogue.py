"""The catalogue: true codes, one unit and kind each, outcomes that can be had, and one sentence for a mistake."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.reference import catalogue

WDI = Path(__file__).resolve().parents[3] / "shared" / "data" / "wdi"
TOPICS = {
    "trade",
    "direction of trade",
    "tariffs",
    "remittances",
    "migration",
    "macro",
    "structure",
    "social",
    "external",
    "prices",
    "fiscal",
    "governance",
}


def message(call) -> str:
    with pytest.raises(BadInputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


# -- indicators ------------------------------------------------------------------------------------------
def test_the_catalogue_is_complete_and_typed() -> None:
    table = catalogue.catalogue()
    assert len(table) >= 65
    assert table.index.is_unique
    assert list(table.columns[:7]) == ["database", "label", "unit", "kind", "sign", "topic", "note"]
    assert set(table["topic"]) == TOPICS
    assert set(table["kind"]) == {"level", "share", "rate", "index"}
    assert not table["label"].duplicated().any()
    assert (table[["label", "unit", "kind", "sign", "topic", "note"]] != "").all().all()


def test_codes_have_the_form_of_world_bank_codes() -> None:
    wdi = re.compile(r"[A-Z]{2}(\.[A-Z0-9]{2,4}){1,5}")
    table = catalogue.catalogue()
    assert set(table.index[table["database"] == 0]) == {"BX.TRF.PWKR.CD.DT.ESTIMATE", "ILO.OUTPUT.PER.WORKER.2015USD"}
    table = table[table["database"] != 0]
    assert all(wdi.fullmatch(code) for code in table.index)
    governance = table[table["topic"] == "governance"]
    assert (governance["database"] == 3).all()
    assert (governance["live_code"] == "GOV_WGI_" + governance.index).all()
    assert (table.drop(governance.index)["database"] == 2).all()


def test_the_unit_agrees_with_the_world_banks_label() -> None:
    """The label of a series states its unit in parentheses; ours must not contradict it."""
    table = catalogue.catalogue()
    for ending, unit in [
        ("(% of GDP)", "% of GDP"),
        ("current US$)", "current US$"),
        ("(constant 2015 US$)", "constant 2015 US$"),
        ("(annual %)", "% a year"),
        ("(2015 = 100)", "index, 2015 = 100"),
        ("(% of GNI)", "% of GNI"),
    ]:
        mine = table[table["label"].str.endswith(ending)]
        assert len(mine) >= 2, ending
        assert mine["unit"].str.removesuffix(" per head").eq(unit).all(), ending
    assert (table[table["unit"].str.startswith("% of")]["kind"].isin(["share", "rate"])).all()
    assert (table[table["unit"].str.contains("US\\$$")]["kind"] == "level").all()


def test_both_directions_of_trade_have_the_same_partners() -> None:
    codes = [c for c in catalogue.catalogue().index if c[3:].startswith("VAL.MRCH.") and c[12:14] != "XD"]
    exports, imports = ({c[3:] for c in codes if c.startswith(side)} for side in ("TX", "TM"))
    assert exports == imports
    assert {f"VAL.MRCH.{group}.ZS" for group in ("R1", "R2", "R3", "R4", "R5", "R6", "HI", "OR", "AL", "RS")} <= exports


@pytest.mark.skipif(not WDI.is_dir(), reason="the World Bank files to compare with are not next to the project")
def test_every_file_of_real_data_is_catalogued() -> None:
    names = {path.stem.split("__")[0] for path in WDI.glob("*.csv")} - {"ECONOMIES", "PROVENANCE"}
    known = set(catalogue.catalogue().index)
    assert known & names
    assert names - known == set()


@pytest.mark.skipif(not WDI.is_dir(), reason="the World Bank files to compare with are not next to the project")
@pytest.mark.parametrize(
    ("code", "iso3", "years"),
    [
        ("TM.TAX.MRCH.WM.AR.ZS", "KGZ", [1995]),
        ("TM.TAX.MRCH.WM.AR.ZS", "TKM", [1998]),
        ("BX.TRF.PWKR.CD.DT", "TKM", list(range(2005, 2023))),
        ("NE.GDI.TOTL.ZS", "ETH", list(range(1990, 2011))),
    ],
)
def test_zeros_named_in_the_notes_are_in_the_data(code: str, iso3: str, years: list[int]) -> None:
    import pandas as pd

    data = pd.read_csv(WDI / f"{code}.csv", keep_default_na=False)
    zero = data[(data["iso3"] == iso3) & (data["value"].astype(float) == 0)]
    assert sorted(zero["year"]) == years
    name = {"KGZ": "Kyrgyzstan", "TKM": "Turkmenistan", "ETH": "Ethiopia"}[iso3]
    assert f"{name}" in catalogue.indicator(code).note


def test_an_indicator_is_found_by_code_and_label_in_any_case() -> None:
    found = catalogue.indicator("NE.TRD.GNFS.ZS")
    assert (found.unit, found.kind, found.database) == ("% of GDP", "share", 2)
    assert catalogue.indicator(" ne.trd.gnfs.zs ") is found
    assert catalogue.indicator("trade (% OF gdp)") is found
    for code in catalogue.catalogue().index:
        assert catalogue.indicator(code).code == code


def test_an_unknown_indicator_names_the_near_match() -> None:
    assert "did you mean 'NE.TRD.GNFS.ZS' (Trade (% of GDP))" in message(lambda: catalogue.indicator("NE.TRD.GNFS.SZ"))
    assert "NE.TRD.GNFS.ZS" in message(lambda: catalogue.indicator("Trade (% of GPD)"))
    assert message(lambda: catalogue.indicator("quite another thing")) == "indicator 'quite another thing' not known"
    message(lambda: catalogue.indicator(None))  # type: ignore[arg-type] # wrong on purpose


def test_the_frame_is_the_callers_own() -> None:
    mine = catalogue.catalogue()
    mine["unit"] = "apples"
    assert "apples" not in set(catalogue.catalogue()["unit"])


# -- outcomes --------------------------------------------------------------------------------------------
def test_the_outcomes_that_the_comparison_needs_exist() -> None:
    table = catalogue.outcomes()
    assert {
        "trade", "exports", "imports", "real_exports", "real_imports", "exports_per_head", "fdi", "remittances",
        "remittances_published", "remittances_usd", "tariff", "customs_duties", "gdp_per_head", "gdp_per_head_ppp",
        "gdp_growth", "inflation", "current_account", "exchange_rate", "reserves", "merchandise_trade",
    } <= set(table.index)  # fmt: skip
    assert (table["short"].str.len() <= 34).all()
    assert table["direction"].str.startswith("a rise means ").all()
    assert (table["zero_reason"] != "").all()


def test_outcomes_take_unit_and_kind_from_their_series() -> None:
    for name in catalogue.outcomes().index:
        outcome = catalogue.outcome(name)
        parts = [catalogue.indicator(code) for code in outcome.codes]
        if len(parts) == 1:
            assert (outcome.unit, outcome.kind) == (parts[0].unit, parts[0].kind)
        else:
            assert [p.kind for p in parts] == ["level", "level"]
        if outcome.log:
            assert outcome.kind == "level"
            assert outcome.zero_is_missing  # a logarithm of zero does not exist


def test_remittances_are_dollars_over_gdp_in_per_cent() -> None:
    computed = catalogue.outcome("remittances")
    assert computed.codes == ("BX.TRF.PWKR.CD.DT", "NY.GDP.MKTP.CD")
    assert computed.scale == 100
    assert computed.formula == "100 x BX.TRF.PWKR.CD.DT / NY.GDP.MKTP.CD"
    assert catalogue.outcome("Remittances-Published").formula == "BX.TRF.PWKR.DT.GD.ZS"
    assert catalogue.outcome("exports per head").formula == "BX.GSR.GNFS.CD / SP.POP.TOTL"


def test_an_unknown_outcome_names_the_near_match_or_all() -> None:
    assert "did you mean 'remittances'" in message(lambda: catalogue.outcome("remitances"))
    assert "known: trade, exports" in message(lambda: catalogue.outcome("qqqq"))


# -- tables with mistakes --------------------------------------------------------------------------------
ENTRY = {"database": 2, "label": "L", "unit": "% of GDP", "kind": "share", "sign": "s", "topic": "trade"}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({**ENTRY, "code": "X", "lable": "L"}, "field 'lable' not known; did you mean 'label'?"),
        ({k: v for k, v in ENTRY.items() if k != "unit"} | {"code": "X"}, "field 'unit' is missing"),
        ({**ENTRY, "code": "X", "kind": "sahre"}, "kind 'sahre' not known; did you mean 'share'"),
        ({**ENTRY, "code": "X", "database": "two"}, "field 'database'"),
        ("text", "expected fields, got 'text'"),
    ],
)
def test_a_mistake_in_a_table_is_one_sentence(entry: object, expected: str) -> None:
    text = message(lambda: catalogue.parse(catalogue.Indicator, entry, "indicators.toml, entry 'X'"))
    assert text.startswith("indicators.toml, entry 'X': ")
    assert expected in text


OUTCOME = {
    "label": "L", "short": "l", "unit": "% of GDP", "kind": "share", "decimals": 1,
    "zero_is_missing": False, "zero_reason": "r", "direction": "a rise means more",
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "expected either 'indicator' or both 'numerator' and 'denominator'"),
        ({"indicator": "NE.TRD.GNFS.ZS", "numerator": "NE.TRD.GNFS.ZS"}, "expected either"),
        ({"numerator": "NY.GDP.MKTP.CD"}, "expected either"),
        ({"indicator": "NE.TRD.GNFS.SZ"}, "did you mean 'NE.TRD.GNFS.ZS'"),
        ({"indicator": "ne.trd.gnfs.zs"}, "name the indicator by its code 'NE.TRD.GNFS.ZS'"),
        ({"indicator": "NY.GDP.MKTP.CD"}, "share in % of GDP, but NY.GDP.MKTP.CD is a level in current US$"),
        ({"indicator": "NE.TRD.GNFS.ZS", "decimals": -1}, "must not be negative"),
    ],
)
def test_an_outcome_that_cannot_be_had_is_refused(more: dict[str, object], expected: str) -> None:
    assert expected in message(lambda: catalogue.read_outcome("o", {**OUTCOME, **more}, "outcomes.toml, entry 'o'"))


def test_a_table_that_is_not_toml_or_not_there(tmp_path: Path) -> None:
    broken = tmp_path / "indicators.toml"
    broken.write_text('["X"]\nlabel = "no end\n', encoding="utf-8")
    assert "indicators.toml is not valid TOML" in message(lambda: catalogue.read_table(broken))
    broken.write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in message(lambda: catalogue.read_table(broken))
    with pytest.raises(NoDataError, match="is missing"):
        catalogue.read_table(tmp_path / "absent.toml")


# -- house -----------------------------------------------------------------------------------------------
def test_importing_the_readers_is_cheap() -> None:
    code = "import sys\nfrom eaeu_analysis.reference import blocs, catalogue, economies\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "pydantic", "wbgapi", "babel", "requests"} & set(done.stdout.split())
