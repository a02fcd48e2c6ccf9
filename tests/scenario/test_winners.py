"""Who gains and who loses: what sections do adds up to what the economy does, and jobs are those of the table."""

import numpy as np
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario.model.sectors import sector_changes
from eaeu_analysis.scenario.model.setting import setting
from eaeu_analysis.scenario.winners import jobs_by_section


@pytest.fixture(scope="module")
def result():
    return ea.run_scenario("uzb_eaeu", draws=3)


def test_sections_add_up_to_the_economy(result):
    at = setting(result.scenario)
    found = sector_changes(at, result.inputs)
    value, own = at.world.model.flows.value, at.world.economies.index("UZB")
    for name, before in (("exports", value[:, own].sum(1)), ("imports", value[:, :, own].sum(1))):
        abroad = (before - value[:, own, own])[:10]
        total = found[name][:, :10] @ abroad / abroad.sum()
        np.testing.assert_allclose(total, result.draws[("total", name)], atol=2e-4)


def test_jobs_are_those_of_the_table_and_none_is_made_of_nothing(result):
    found = result.sectors(draws=1)
    jobs = jobs_by_section("UZB")
    assert sum(jobs.values()) == pytest.approx(13_700, rel=0.05)  # thousand people, formal and informal
    moved = found.table[found.table["measure"] == "employment"]
    assert moved["estimate"].sum() == pytest.approx(0.0, abs=1e-6)
    assert moved["estimate"].abs().max() > 1
    listed = found.jobs()
    assert len(listed) == 136
    assert listed["change"].sum() / 1000 == pytest.approx(0.0, abs=1e-6)
    assert jobs_by_section("TJK") is None


def test_the_sentences_and_a_scenario_without_channels(result):
    found = result.sectors()
    assert (found.spec["draws"], len(found.sentences)) == (3, 5)
    assert "thousand jobs" in found.sentences[2]
    assert found.sentences[0] in found.summary()
    assert found.check("the tariff in two models").failed
    with pytest.raises(BadInputError, match="no channel is on"):
        ea.run_scenario("uzb_observer", draws=2).sectors()


def test_the_figure_names_the_section_that_falls_most(result):
    assert "falls most in gold" in result.sectors().plot().get_title(loc="left").replace("\n", " ")
