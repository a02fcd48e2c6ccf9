"""Scenario files: what is bundled is sound, every mistake is one sentence with its line."""

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario import load
from eaeu_analysis.scenario.schema import json_schema

NEEDED = {
    "uzb_eaeu", "uzb_eaeu_tariffs_only", "uzb_observer", "uzb_wto", "uzb_eaeu_after_wto", "uzb_eaeu_rouble_shock",
    "kgz_2014", "arm_2014",
}  # fmt: skip
TEXT = ea.load_scenario("uzb_eaeu").to_toml()  # every number written out


def test_the_bundled_scenarios_are_there_and_say_where_every_number_is_from():
    assert set(load.scenarios()["name"]) >= NEEDED
    for name in load.bundled():
        scenario = ea.load_scenario(name)
        assert scenario.references
        for path, quantity in scenario.quantities().items():
            assert quantity.reference or not quantity.free, f"{name}: {path} has no reference"
        assert scenario.question in scenario.summary()


def test_a_copy_by_path_is_the_same_scenario(tmp_path):
    copy = tmp_path / "mine.toml"
    shutil.copy(load.scenarios_folder() / "uzb_wto.toml", copy)
    assert ea.load_scenario(copy) == ea.load_scenario("uzb_wto")
    assert ea.load_scenario(str(copy)) == ea.load_scenario("uzb_wto")


def test_the_json_schema_names_every_block():
    document = json.dumps(json_schema())
    for block in ("tariffs", "border_costs", "customs_revenue", "migration", "dynamic", "baseline", "elasticities"):
        assert f'"{block}"' in document


def edited(old, new, count=1):
    assert old in TEXT
    return TEXT.replace(old, new, count)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (edited("sd = 0.129", "sd = -0.129"), r"line \d+: border_costs.effect: sd -0.129 is negative"),
        (edited("[customs_revenue]", "[customs_revenue]\nothers = { RUS = 50, KAZ = 20 }"), "sum to 70, not to 100"),
        (edited("last = 8", "last = 0"), r"line \d+: tariffs.phase: the phase-in ends in year 0, before it starts"),
        (edited('schedule = "cet"', 'schedule = "cet"\nexempt_chapters = ["77"]'), "HS chapter '77' does not exist"),
        (edited("year = 2019", "year = 1066"), r"line \d+: baseline year 1066 has no trade matrix"),
        (edited('economy = "UZB"', 'economy = "KGZ"'), r"line \d+: KGZ is a member of EAEU already in 2019"),
        (edited("schedule =", "shedule ="), r"line \d+: unknown key 'tariffs.shedule'; did you mean 'schedule'\?"),
        (edited("[border_costs]", "[border_cost]"), r"unknown key 'border_cost'; did you mean 'border_costs'\?"),
        (edited("low = 3.5", "low = 0.5"), "sigma is 0.5 to 9.3; expected 1.01 to 50"),
        (edited("high = 7.06", "high = 150"), "share is 3.4 to 150; expected 0 to 100"),
        (edited("sent_home = {", "work_rights = 0.1\nsent_home = {"), "work_rights and migrants are alternatives"),
        (edited('economy = "UZB"', 'economy = "Uzbekistan"'), r"line \d+: economy 'Uzbekistan': write 'UZB'"),
        (edited('economy = "UZB"', 'economy = "Narnia"'), r"line \d+: economy 'Narnia' not known"),
        (edited('bloc = "EAEU"', 'bloc = "EUU"'), r"line \d+: bloc 'EUU' not known; did you mean 'EU'"),
        (edited("[customs_revenue]", "[customs_revenue]\nothers = { RUS = 150, KAZ = -50 }"), "share of KAZ is -50"),
        (
            edited("[customs_revenue]", "[customs_revenue]\nothers = { RUS = 90, XXX = 10 }"),
            r"line \d+: member of EAEU",
        ),
        ("this is no TOML", "is not TOML"),
        ("", "'name' is missing"),
    ],
)
def test_mistakes_get_one_sentence_with_the_line(tmp_path, text, sentence):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=sentence) as caught:
        ea.load_scenario(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        (["tariffs"], "the rates of schedule 'cet' are shipped for the EAEU alone, and the bloc is NAFTA"),
        (["customs_revenue"], "channel 'customs_revenue': duties by member are shipped for the EAEU alone"),
        (["migration"], "channel 'migration': work permits are shipped for the EAEU alone"),
    ],
)
def test_facts_of_the_union_never_stand_for_another_bloc(tmp_path, channels, sentence):
    path = tmp_path / "mine.toml"
    on = edited('channels = ["tariffs", "border_costs", "customs_revenue", "migration"]', f"channels = {channels}")
    path.write_text(on.replace('bloc = "EAEU"', 'bloc = "NAFTA"'), encoding="utf-8")
    with pytest.raises(BadInputError, match=rf"mine.toml line \d+: {sentence}"):
        ea.load_scenario(path)
    path.write_text(on, encoding="utf-8")
    moved = ea.load_scenario(path).model_copy(update={"bloc": "NAFTA"})
    with pytest.raises(BadInputError, match=sentence):
        ea.run_scenario(moved, draws=2)


def test_a_pool_needs_duties_that_are_stated(tmp_path):
    text = (load.scenarios_folder() / "kgz_2014.toml").read_text(encoding="utf-8")
    assert '"tariffs", "border_costs"' in text
    (tmp_path / "mine.toml").write_text(text.replace('"tariffs", "border_costs"', '"border_costs"'), encoding="utf-8")
    with pytest.raises(BadInputError, match="'customs_revenue' divides duties that channel 'tariffs' states"):
        ea.load_scenario(tmp_path / "mine.toml")


def test_notepad_and_capitals_are_read(tmp_path):
    path = tmp_path / "MINE.TOML"
    path.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert ea.load_scenario(str(path)) == ea.load_scenario("uzb_eaeu")


def test_two_scenarios_of_one_name_are_refused(tmp_path, monkeypatch):
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(load, "scenarios_folder", lambda: tmp_path)
    load.bundled.cache_clear()
    try:
        with pytest.raises(BadInputError, match=r"two scenarios are named 'uzb_eaeu': a\.toml and b\.toml"):
            load.bundled()
    finally:
        load.bundled.cache_clear()


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)), st.integers(0, len(TEXT)))
def test_junk_anywhere_is_one_sentence(tmp_path_factory, junk, at):
    path = tmp_path_factory.mktemp("junk") / "mine.toml"
    whole = TEXT.encode()
    path.write_bytes(whole[:at] + junk + whole[at:])
    try:
        ea.load_scenario(path)
    except ea.EaeuError as error:
        assert "\n" not in str(error).strip()  # noqa: PT017 - a file that stays sound is no error


def test_a_scenario_written_out_is_the_same_scenario(tmp_path):
    for name in ("uzb_eaeu", "kgz_2014", "uzb_observer", "arm_deep"):
        path = tmp_path / f"{name}.toml"
        path.write_text(ea.load_scenario(name).to_toml(), encoding="utf-8")
        assert ea.load_scenario(path) == ea.load_scenario(name)


def test_replace_takes_numbers_distributions_and_near_matches():
    scenario = ea.load_scenario("uzb_eaeu")
    changed = scenario.replace({"migration.permit_fee": 500, "sigma": "uniform(3,6)", "name": "mine"})
    assert changed.quantities()["migration.permit_fee"].centre == 500
    assert (changed.elasticities.sigma.low, changed.elasticities.sigma.high, changed.name) == (3, 6, "mine")
    assert scenario.elasticities.sigma.kind == "triangular"
    for changes, sentence in [
        ({"sigmaa": 3}, "did you mean 'sigma'"),
        ({"sigma": "unifrom(3,6)"}, "did you mean uniform\\(low, high\\)"),
        ({"sigma": "abc"}, "is no number of a scenario"),
        ({"sigma": "uniform(6,3)"}, "are not in order"),
        ({"customs_revenue.share": 150}, "share is 150; expected 0 to 100"),
        ({"exempt": "0.1, 0.2"}, "is no number"),
    ]:
        with pytest.raises(BadInputError, match=sentence):
            scenario.replace(changes)


@pytest.mark.parametrize("economy", ["TJK", "MDA", "GEO", "AZE"])
@pytest.mark.parametrize("name", ["uzb_eaeu", "uzb_wto"])
def test_the_tariff_of_another_economy_is_never_taken_as_zero(name, economy):
    moved = ea.load_scenario(name).replace({"economy": economy})
    with pytest.raises(BadInputError, match=f"the own tariff of {economy} is not shipped.*supply schedule = 'average'"):
        ea.run_scenario(moved, draws=2)
