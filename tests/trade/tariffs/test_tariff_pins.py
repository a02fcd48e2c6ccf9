"""The pinned tariff tables: their record, a changed byte, pinning twice."""

import json
import shutil

import pandas as pd
import pytest

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError
from eaeu_analysis.reference.shipped_tables import TARIFFS
from eaeu_analysis.trade.tariffs.schedule import tariff_tables
from scripts.pins.tariffs import MEASURES, pin_tariffs

PINS = settings.data_dir() / "trade"


# -- pins ------------------------------------------------------------------------------------------------------------
def test_pins_match_their_record_and_say_where_they_are_from():
    manifest = TARIFFS.records()
    assert set(manifest) == set(tariff_tables()["pins"])
    for name, record in manifest.items():
        table = TARIFFS.load(name)
        assert list(table.columns) == record["columns"]
        assert len(table) == record["rows"]
        assert record["retrieved"] == "2026-11"
        info = TARIFFS.info(name)
        assert info.licence
        assert info.vintage
        assert info.source


def test_a_changed_pin_is_noticed(tmp_path):
    for name in ("tariffs.json", "tariffs_cet.parquet"):
        shutil.copy(PINS / name, tmp_path / name)
    assert len(TARIFFS.load("tariffs_cet", tmp_path)) == 13_319
    (tmp_path / "tariffs_cet.parquet").write_bytes((tmp_path / "tariffs_cet.parquet").read_bytes() + b" ")
    with pytest.raises(IntegrityError, match="does not match the SHA-256"):
        TARIFFS.load("tariffs_cet", tmp_path)
    with pytest.raises(NoDataError, match="is missing"):
        TARIFFS.load("tariffs_uzb", tmp_path)
    with pytest.raises(NoDataError, match="no tariffs are pinned"):
        TARIFFS.records(tmp_path / "elsewhere")
    with pytest.raises(BadInputError, match="did you mean 'tariffs_cet'"):
        TARIFFS.load("tariffs_cets")


def source_files(folder):
    """Small files of the sources' form."""
    (folder / "tariff_eaeu_cet_hs10_2026.csv").write_text(
        "hs_code,duty_rate,ad_valorem_pct,ad_valorem_part_pct,kind,hs2,hs6,section\n"
        "2902200000,0.0,0.0,0.0,ad_valorem,29,290220,VI\n2902200000,3%,3.0,3.0,ad_valorem,29,290220,VI\n"
        "0406900000,8.0,8.0,8.0,ad_valorem,04,040690,I\n0406900100,15%,15,15,ad_valorem,04,040690,I\n"
        "6666,10,10.0,10.0,ad_valorem,66,6666,XII\n1001110000,5,5.0,5.0,ad_valorem,10,100111,II\n"
    )
    (folder / "tariff_uzb_vs_eaeu_section_chapter.csv").write_text(
        "level,code,uz_avg_mfn_pct,uz_avg_applied_pct,uz_import_kusd,import_demand_elasticity\n"
        "hs2,01,0.05,0.05,144718.65,0.38\nhs2,77,,,,\n"
    )
    (folder / "uzb_import_partners_regime_2025.csv").write_text(
        "name,regime,import_usd,import_share\nКитай,mfn,14362594.16,0.3\nРоссийская Федерация,fta,8287295.98,0.2\n"
    )
    (folder / "tariff_wdi_averages_2005_2024.csv").write_text(
        "iso3,year,series,series_label,pct\nRUS,2020,TM.TAX.MRCH.WM.FN.ZS,x,4.87\n"
    )
    (folder / "io_uzb_2022_Z_136x136.csv").write_text(
        ',А01.13,"C10.8\n (без 10.81)"\nА01.13,1.5,0\n"C10.8\n (без 10.81)",2,3\n'
    )
    (folder / "io_uzb_2022_sectors.csv").write_text(
        'code,name,output,imports,gva\nА01.13,Овощи,10,1,6\n"C10.8\n (без 10.81)",Прочие,20,2,9\n'
    )
    (folder / "io_uzb_2022_employment_136.csv").write_text(
        "code,emp_total,emp_formal,emp_informal\nА01.13,582741,79102,503639\n"
    )
    (folder / "tariff_eaeu_cet_base2013_hs.csv").write_text(
        "hs_code,kind,ad_valorem_pct,min_specific_eur,per,partial\n"
        "0103,excluded,,,,False\n020410,combined,15.0,0.15,kg,False\n080810100,specific_or_other,,,,False\n"
    )
    pd.DataFrame(
        [
            ("KGZ", "import", "Raw materials", 2014, 900.0, "2022-11"),
            ("KGZ", "tariff_ahs_weighted", "Raw materials", 2014, 2.74, "2022-11"),
            ("KGZ", "export", "Animal", 2014, 1.0, "2022-11"),
            ("WLD", "import", "All Products", 2014, 1.0, "2022-11"),
            *(("KGZ", name, "All Products", 2014, 1.0, "2022-11") for name in MEASURES),
        ],
        columns=["iso3", "indicator", "product", "year", "value", "vintage"],
    ).to_parquet(folder / "trade_tariff_wits_summary_product_groups_1988_2019.parquet")
    return folder


def test_pinning_twice_gives_the_same_bytes(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    source_files(source)
    for out in ("a", "b"):
        pin_tariffs(source, tmp_path / out)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()
    table = TARIFFS.load("tariffs_cet", tmp_path / "a").set_index(["code", "wording"])["status"]
    assert table["2902200000", "3%"] == "line"
    assert table["2902200000", "0.0"] == "duplicate"
    assert table["0406900000", "8.0"] == table["6666", "10"] == "not a line"
    assert table["1001110000", "5"] == "line, other wording"
    partners = TARIFFS.load("tariffs_uzb_partners", tmp_path / "a")
    assert partners["partner"].tolist() == ["CHN", "RUS"]
    assert partners["imports_usd"].iloc[0] == 14362594160.0  # the source counts in thousands
    sectors = TARIFFS.load("inputoutput_uzb_sectors", tmp_path / "a")["sector"].tolist()
    assert sectors == ["A01.13", "C10.8 (without 10.81)"]  # Latin letters, one line
    schedule = TARIFFS.load("tariffs_cet_2013", tmp_path / "a")
    assert schedule["kind"].tolist() == ["excluded", "combined", "specific"]
    assert schedule["ad_valorem"].tolist()[1:2] == [15.0]
    assert schedule["ad_valorem"].isna().tolist() == [True, False, True]  # no rate is not a rate of zero
    stages = TARIFFS.load("tariffs_by_stage", tmp_path / "a").set_index("stage")
    assert stages.loc["raw", ["imports_musd", "tariff"]].tolist() == [900.0, 2.74]
    assert TARIFFS.load("inputoutput_uzb_employment", tmp_path / "a")["total"].tolist() == [582741]
    manifest = json.loads((tmp_path / "a" / "tariffs.json").read_text())
    assert manifest["tariffs_by_stage"]["counts"]["left out: not an economy"] == 1
    assert manifest["tariffs_cet"]["counts"]["status: duplicate"] == 1


def test_pinning_from_a_folder_that_lacks_a_file(tmp_path):
    source_files(tmp_path)
    (tmp_path / "io_uzb_2022_sectors.csv").unlink()
    with pytest.raises(NoDataError, match=r"io_uzb_2022_sectors.csv is not in"):
        pin_tariffs(tmp_path, tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_pinning_a_file_without_its_columns(tmp_path):
    source_files(tmp_path)
    (tmp_path / "tariff_eaeu_cet_hs10_2026.csv").write_text("code,rate\n1,2\n")
    with pytest.raises(BadInputError, match=r"tariff_eaeu_cet_hs10_2026\.csv has no column"):
        pin_tariffs(tmp_path, tmp_path / "out")


def test_the_script_writes_a_kind_of_tables_or_names_what_is_missing(tmp_path, capsys):
    from scripts.pins.__main__ import main

    assert main(["flows", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "is needed for the pin 'agreements'" in capsys.readouterr().err
    assert not (tmp_path / "out" / "flows.json").exists()
    source_files(tmp_path)
    assert main(["tariffs", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    assert "tariffs_averages: 1 rows" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["tariffs", str(tmp_path / "a"), str(tmp_path / "b")])
    assert "unrecognized arguments" in capsys.readouterr().err
