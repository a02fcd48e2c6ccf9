"""Another economy or bloc: an answer with what was known filled in, or one sentence that says what is missing."""

import numpy as np
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario.model.baseline_world import world_flows
from eaeu_analysis.scenario.model.partners import dutiable_part
from eaeu_analysis.scenario.model.setting import setting
from eaeu_analysis.scenario.model.solve import chunk
from eaeu_analysis.scenario.model.tariff_rates import average_on_dutiable
from eaeu_analysis.scenario.new import new_scenario


def solved(path, economy, bloc, year=2023):
    text = new_scenario("mine", economy, bloc)
    assert "year = 2023" in text
    path.write_text(text.replace("year = 2023", f"year = {year}"), encoding="utf-8")
    scenario = ea.load_scenario(path)
    at = setting(scenario)
    return scenario, at, chunk(scenario, at.middle).iloc[0]


def test_tajikistan_has_no_tariffs_to_be_freed_and_a_pool_that_it_pays_into(tmp_path):
    """It traded free of duty with every member; duties collected are a tenth of what members share."""
    scenario, at, found = solved(tmp_path / "a.toml", "Tajikistan", "EAEU")
    assert (scenario.economy, at.freed) == ("TJK", ())
    assert 0.1 < scenario.customs_revenue.share.centre < 3
    assert abs(found[("total", "welfare")]) < 2


def test_britain_in_the_pacific_frees_trade_with_those_it_had_no_agreement_with(tmp_path):
    """In 2019, with the agreements of the European Union: not with Australia, New Zealand and Vietnam."""
    scenario, at, found = solved(tmp_path / "b.toml", "GBR", "CPTPP", 2019)
    assert at.freed == ("AUS", "NZL", "VNM")
    assert "customs_revenue" not in scenario.channels
    assert abs(found[("tariffs", "exports_to_members")]) > 0.1
    assert any("common tariff" in note for note in scenario.notes)
    assert np.isfinite(found[("total", "welfare")])


def test_uzbek_goods_pay_duty_in_bolivia(tmp_path):
    _, at, found = solved(tmp_path / "c.toml", "UZB", "MERCOSUR")
    assert at.freed == ("ARG", "BRA", "PRY", "URY")
    assert found[("tariffs", "exports_to_members")] > 10


def test_a_member_without_data_is_named(tmp_path):
    """New Zealand's GDP of 2023 is not in the data: it is no silent outsider."""
    path = tmp_path / "d.toml"
    path.write_text(new_scenario("mine", "GBR", "CPTPP"), encoding="utf-8")
    checks = {check.name: check for check in ea.run_scenario(path, draws=2).checks}
    assert checks["all members in the baseline"].passed is False
    assert "NZL" in checks["all members in the baseline"].text
    own = {check.name for check in ea.run_scenario("uzb_eaeu", draws=2).checks}
    assert "all members in the baseline" not in own


def test_the_average_is_of_goods_that_pay_duty():
    """World Bank: Moldova applies 1.16 % to all imports, of which a fifth pays duty; EU members share one tariff."""
    flows = world_flows(2023, "UZB").table
    assert dutiable_part("MDA", 2023, flows) == pytest.approx(0.2, abs=0.02)
    assert average_on_dutiable("MDA", 2023, flows)[0] == pytest.approx(1.16 / dutiable_part("MDA", 2023, flows))
    assert average_on_dutiable("KOR", 2023, flows) == (8.67, "most-favoured-nation average, 2022 (World Bank)")
    assert average_on_dutiable("DEU", 2023, flows)[0] == pytest.approx(2.68, abs=0.5)  # the rate of Poland


def test_a_partner_without_trade_is_no_failed_draw_and_a_share_by_collection_is_neutral(tmp_path):
    """Georgia: flows that are zero have no per cent; who receives what it would collect gains nothing by the pool."""
    path = tmp_path / "e.toml"
    path.write_text(new_scenario("mine", "GEO", "EAEU"), encoding="utf-8")
    result = ea.run_scenario(path, draws=2)
    assert result.check("every draw solved").passed
    assert result.table["estimate"].notna().all()
    assert abs(result.value("welfare", "customs_revenue")["estimate"]) < 0.01


def test_a_border_effect_of_the_union_is_not_that_of_another_bloc(tmp_path):
    path = tmp_path / "f.toml"
    path.write_text(new_scenario("mine", "UKR", "EU"), encoding="utf-8")
    found = ea.run_scenario(path, draws=2)
    assert found.check("border costs of this bloc").passed is False
    assert any("the table of agreements ends there" in note for note in found.scenario.notes)
    own = found.scenario.replace({"border_costs.effect": 0.3})
    assert ea.run_scenario(own, draws=2).check("border costs of this bloc") is None


def test_a_new_file_is_a_draft_until_its_references_are_filled_in(tmp_path):
    path = tmp_path / "g.toml"
    path.write_text(new_scenario("mine", "TJK", "EAEU"), encoding="utf-8")
    assert ea.run_scenario(path, draws=2).check("numbers checked by the author").passed is False
    path.write_text(path.read_text(encoding="utf-8").replace("TO BE CHECKED", "seen"), encoding="utf-8")
    assert ea.run_scenario(path, draws=2).check("numbers checked by the author") is None


@pytest.mark.parametrize(
    ("name", "economy", "sentence"),
    [("NAME", "TJK", "as in 'name'"), ("my file", "TJK", "as in 'my_file'"), ("2x", "TJK", "as in 'scenario_2x'"),
     ("mine", "KGZ", "a member of EAEU already"), ("mine", "Tajikstan", "did you mean 'TJK'")],
)  # fmt: skip
def test_a_new_file_that_cannot_be_is_refused_in_one_sentence(name, economy, sentence):
    with pytest.raises(BadInputError, match=sentence):
        new_scenario(name, economy, "EAEU")


def test_a_result_that_nobody_should_quote_has_failed_checks(tmp_path):
    """Syria exported a tenth of what it imported in 2019: the fixed deficit turns a small change into +70 %."""
    path = tmp_path / "h.toml"
    path.write_text(new_scenario("mine", "SYR", "EAEU"), encoding="utf-8")
    result = ea.run_scenario(path, draws=2)
    assert result.value("exports")["estimate"] > 30
    assert result.check("exports that pay for imports").passed is False
    assert result.check("plausible exports").passed is False
    own = {check.name for check in ea.run_scenario("uzb_eaeu", draws=2).checks}
    assert not own & {"exports that pay for imports", "plausible exports"}
