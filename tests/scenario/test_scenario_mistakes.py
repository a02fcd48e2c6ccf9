"""What a scenario file must not say: each mistake with the line, what came, what is expected and the near match."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario import load
from eaeu_analysis.scenario.schema import Scenario

SMALL = """\
name = "mine"
title = "A title"
question = "What then?"
economy = "UZB"
channels = ["tariffs", "customs_revenue"]
references = ["somebody 2020"]

[baseline]
year = 2019

[elasticities]
sigma = 5
[tariffs]
schedule = "own"
phase = { first = 1, last = 2 }

[customs_revenue]
  share = 5
  follows = { kind = "uniform", low = 0, high = 1, reference = "r" }
[customs_revenue.phase]
first = 2
last = 3

[[joint]]
of = ["tariffs.exempt", "tariffs.position"]
correlation = 0.5
"""
SOUND = SMALL[: SMALL.index("\n[[joint]]")]


def read(tmp_path: Path, text: str, name: str = "mine.toml") -> Scenario:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return ea.load_scenario(path)


def test_the_file_without_mistakes(tmp_path):
    found = read(tmp_path, SOUND)
    assert (found.name, found.economy, found.bloc, found.baseline.year) == ("mine", "UZB", "EAEU", 2019)
    assert found.customs_revenue is not None
    assert (found.customs_revenue.phase.first, found.customs_revenue.phase.last) == (2, 3)
    alone = SOUND[: SOUND.index("\n[customs_revenue]")].replace(', "customs_revenue"', "")
    assert read(tmp_path, alone, "alone.toml").customs_revenue is None


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('title = "A title"\n', "", "mine.toml: 'title' is missing"),
        ("year = 2019\n", "", "mine.toml line 8: 'baseline.year' is missing"),
        ("sigma = 5\n", "", "mine.toml line 11: 'elasticities.sigma' is missing"),
        ("sigma = 5", "sigma = 0", r"mine.toml line 11: elasticities: sigma is 0; expected 1.01 to 50"),
        ("  share = 5", "  share = 101", r"mine.toml line 17: customs_revenue: share is 101; expected 0 to 100"),
        ("last = 2 }", "last = 0 }", r"mine.toml line 15: tariffs.phase: the phase-in ends in year 0"),
        ("last = 3", "last = 1", r"mine.toml line 20: customs_revenue.phase: the phase-in ends in year 1"),
        ("low = 0", "low = 2", r"mine.toml line 19: customs_revenue.follows: low 2, high 1 are not in order"),
        ("first = 2", "frist = 2", r"line 21: unknown key 'customs_revenue.phase.frist'; did you mean 'first'\?$"),
        ("first = 2", "zzz = 2", r"line 21: unknown key 'customs_revenue.phase.zzz'; known: first, last$"),
        ("year = 2019", "year = 2019\nyaer = 1", r"line 10: unknown key 'baseline.yaer'; did you mean 'year'\?$"),
        ("  share = 5", "  shar = 5", r"line 18: unknown key 'customs_revenue.shar'; did you mean 'share'\? \(and 1"),
        ("low = 0", "lowest = 0", r"line 19: unknown key 'customs_revenue.follows.lowest'; did you mean 'low'\?"),
        ('name = "mine"', 'name = "Mine"', r"mine.toml line 1: name: string should match pattern"),
        ('title = "A title"', "title = 5", r"mine.toml line 2: title: input should be a valid string$"),
        ("[baseline]\n", "", r"mine.toml line 8: unknown key 'year'; known: name, title.*\(and 1 more\)$"),
        ('"customs_revenue"]', '"customs"]', r"mine.toml line 5: channels.1: input should be 'tariffs'"),
        ('"customs_revenue"]', '"migration"]', r"^mine.toml: channel 'migration' is on, and there is no block"),
        ('"customs_revenue"]', '"tariffs"]', r"^mine.toml: a channel is named twice$"),
        ('economy = "UZB"', 'economy = "uzb"', r"^mine.toml line 4: economy 'uzb': write 'UZB'$"),
        ('economy = "UZB"', 'economy = "KGZ"',
         r"^mine.toml line 4: KGZ is a member of EAEU already in 2019, the year of the baseline$"),
        ("year = 2019", "year = 2018",
         r"^mine.toml line 9: baseline year 2018 has no trade matrix; years included: 20\d\d(, 20\d\d)+$"),
        ('economy = "UZB"', 'economy = "UZB"\nbloc = "Narnia"', r"^mine.toml line 5: bloc 'Narnia' not known"),
        ("  share = 5", "  share = 5\n  others = { RUS = 90, KGZZ = 10 }",
         r"^mine.toml line 19: member of EAEU 'KGZZ' not known; did you mean 'KGZ'\?$"),
        ('economy = "UZB"', 'economy = "TJK"', r"^mine.toml line 5: the own tariff of TJK is not shipped"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_line(tmp_path, old, new, sentence):
    assert old in SOUND
    with pytest.raises(BadInputError, match=sentence):
        read(tmp_path, SOUND.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("", "", r"^mine.toml: joint: 'tariffs.exempt' is not normal$"),
        ("tariffs.exempt", "tariffs.exemp", r"^mine.toml: joint: 'tariffs.exemp' is no quantity of this scenario$"),
        ("correlation = 0.5", "correlation = 1.5",
         r"^mine.toml line 26: joint.0.correlation: input should be less than or equal to 1$"),
        ("correlation = 0.5", "corelation = 0.5",
         r"^mine.toml line 26: unknown key 'joint.0.corelation'; did you mean 'correlation'\? \(and 1 more\)$"),
    ],
)  # fmt: skip
def test_mistakes_in_a_list_of_tables(tmp_path, old, new, sentence):
    assert old in SMALL
    with pytest.raises(BadInputError, match=sentence):
        read(tmp_path, SMALL.replace(old, new, 1))


def test_an_economy_that_stays_outside_may_be_a_member(tmp_path):
    member = SOUND.replace('economy = "UZB"', 'economy = "KGZ"').replace('"own"', '"average"\naverage_before = 5')
    member = member.replace("average_before = 5", "average_before = 5\naverage_after = 6")
    with pytest.raises(BadInputError, match="KGZ is a member of EAEU already in 2019"):
        read(tmp_path, member)
    assert read(tmp_path, "joins = false\n" + member).joins is False
    assert read(tmp_path, member.replace("year = 2019", "year = 2012")).baseline.year == 2012  # it joined in 2015


# -- where scenarios are ------------------------------------------------------------------------------------
def test_a_name_without_near_match_points_to_files(tmp_path, monkeypatch):
    with pytest.raises(BadInputError, match=r"^scenario 'uzb_eauu' not known; did you mean 'uzb_eaeu'.*\.toml file$"):
        ea.load_scenario("uzb_eauu")
    with pytest.raises(BadInputError, match=r"^scenario 'zzz' not known; or give the path of a \.toml file$"):
        ea.load_scenario("zzz")


@pytest.mark.parametrize("given", ["nothing.toml", "NOTHING.TOML", "a/b", Path("a")])
def test_what_is_a_path_and_not_a_name(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match=f"^scenario file '{given}' cannot be read: "):
        ea.load_scenario(given)


def test_a_file_has_its_largest_size(tmp_path):
    assert read(tmp_path, SOUND + "#" * (200_000 - len(SOUND))).name == "mine"
    with pytest.raises(BadInputError, match=r"^scenario file '.*mine.toml' is larger than 200,000 bytes"):
        read(tmp_path, SOUND + "#" * (200_001 - len(SOUND)))
    with pytest.raises(BadInputError, match=f"^'{re.escape(str(tmp_path))}/mine.toml' is not TOML"):
        read(tmp_path, "]")


def test_the_list_of_scenarios():
    table = load.scenarios().set_index("name")
    assert list(table.columns) == ["title", "economy", "bloc", "year", "channels"]
    assert table.loc["kgz_2014"].to_list() == [
        "Kyrgyzstan joins, as it could be seen in 2014",
        "KGZ",
        "EAEU",
        2012,
        "tariffs, border_costs, customs_revenue, migration",
    ]
    assert load.scenarios_folder() == settings.data_dir() / "scenarios"


def test_a_shipped_scenario_that_was_changed_is_reported(monkeypatch, caplog):
    changed = {"uzb_wto.toml"}
    monkeypatch.setattr(load, "differs_from_shipped", lambda path: path.name in changed)
    with caplog.at_level(logging.WARNING):
        assert ea.load_scenario("uzb_eaeu").name == "uzb_eaeu"
        assert not caplog.records
        assert ea.load_scenario("uzb_wto").name == "uzb_wto"
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "scenario 'uzb_wto' was changed since it was shipped"
    ]
