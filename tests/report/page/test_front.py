"""The main page: every sentence by rule, the same numbers in every language, easy to read; what is missing is named."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from page_numbers import numbers_of

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.claims.points import points
from eaeu_analysis.report.page.chart import Caption, ChartLine, ChartRow, YearMarks, line_picture, row_picture
from eaeu_analysis.report.page.findings import countries_of, findings_page
from eaeu_analysis.report.page.front import DOORS, Front, door_rules, front
from eaeu_analysis.report.page.links import address_of
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.series import SeriesInfo

LANGS = ("en", "ru", "uz")


@pytest.fixture(scope="module")
def fronts(material: Material) -> dict[str, Front]:
    return {lang: front(material, lang, "2026-06-18") for lang in LANGS}


def texts_of(page: Front) -> list[str]:
    """Every text of the page in its order."""
    stated = [*(answer.text for answer in page.answers), page.sure.text if page.sure else ""]
    for door in page.doors:
        stated += [door.question, door.answer.text, door.sure.text]
        stated += [text for side in door.sides for point in side.points for text in (point.text, point.caveat)]
        stated += [text for point in door.heard for text in (point.title, point.text)]
        stated += [door.picture.alt if door.picture else ""]
    return [*stated, page.picture.alt if page.picture else ""]


@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_the_numbers_of_the_languages_are_equal(fronts: dict[str, Front], lang: str) -> None:
    english, other = texts_of(fronts["en"]), texts_of(fronts[lang])
    assert len(english) == len(other) > 60
    for one, two in zip(english, other, strict=True):
        assert Counter(numbers_of(one, "en")) == Counter(numbers_of(two, lang)), (one, two)


@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_the_numbers_of_the_findings_are_equal(material: Material, lang: str) -> None:
    """Sentence by sentence, in the order of the page."""
    pages = {code: findings_page(material, {}, {}, code) for code in ("en", lang)}
    held = {code: [e for group in page.groups for e in group.entries] for code, page in pages.items()}
    assert len(held["en"]) == len(held[lang]) == len(material.claims)
    for one, two in zip(held["en"], held[lang], strict=True):
        assert one.slug == two.slug
        assert Counter(numbers_of(one.sentence, "en")) == Counter(numbers_of(two.sentence, lang)), one.slug


def syllables(word: str) -> int:
    """Groups of vowels, a silent e at the end left out."""
    plain = re.sub(r"[^a-z]", "", word.lower())
    if not plain:
        return 1
    return max(1, len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^l])e$", "", plain))))


def reading_ease(text: str) -> float:
    """Flesch (1948): 100 is easy, 0 is hard."""
    words = re.findall(r"[A-Za-z'\u2019]+|\d[\d.,-]*", text)
    sentences = max(1, len(re.findall(r"[.!?](?=\s|$)", text)))
    return 206.835 - 1.015 * len(words) / sentences - 84.6 * sum(map(syllables, words)) / len(words)


def test_the_answers_are_easy_to_read_and_short_to_say(fronts: dict[str, Front]) -> None:
    page = fronts["en"]
    assert reading_ease(" ".join(answer.text for answer in page.answers)) >= 50
    for door in page.doors:
        assert reading_ease(door.answer.text) >= 50, door.answer.text
        assert len(door.answer.text.split()) <= 40
    assert len(" ".join(answer.text for answer in page.answers).split()) < 100  # well under a minute aloud


def test_no_sign_stands_where_a_verb_should_be(fronts: dict[str, Front]) -> None:
    for page in fronts.values():
        stated = [answer.text for answer in page.answers]
        stated += [t for d in page.doors for t in (d.question, d.answer.text, d.sure.text)]
        stated += [p.text for d in page.doors for s in d.sides for p in s.points]
        for text in stated:
            assert not re.search(r"(?<![\w\d])[+\u2212-]\d", text), text
            assert "{" not in text


def test_the_points_for_and_against_are_those_of_the_brief(fronts: dict[str, Front], material: Material) -> None:
    rule = door_rules()["joining"]
    chosen = points([c for c in material.claims if c.topic in rule.topics], 3)
    door = next(door for door in fronts["en"].doors if door.id == "joining")
    assert [[p.slug for p in side.points] for side in door.sides] == [
        [claim.slug for claim in chosen[side]] for side in ("for", "against")
    ]


def test_every_claim_that_the_doors_name_is_there(material: Material) -> None:
    ids = {claim.id for claim in material.claims}
    for name, rule in door_rules().items():
        assert name in DOORS
        assert {*rule.first, *rule.second, *rule.heard} <= ids


def with_claim(material: Material, name: str, **changes: object) -> Material:
    found = [replace(c, **changes) if c.id == name else c for c in material.claims]
    return replace(material, claims=tuple(found))


def answer_of(material: Material, place: int = 0) -> str:
    return front(material, "en", "2026-06-18").answers[place].text


def test_the_first_sentence_follows_the_interval_and_the_checks(material: Material) -> None:
    """Small and unclear as it is; then a clear gain, a clear loss, a wide interval, and no failed check."""
    assert "Any gain would be small" in answer_of(material)
    clear = with_claim(material, "scenario.welfare", value=2.0, lower=1.5, upper=2.5)
    assert re.search(r"would add 2(\.0)? per cent", answer_of(clear))
    assert "possible" not in answer_of(clear)
    loss = with_claim(material, "scenario.welfare", value=-2.0, lower=-2.5, upper=-1.5)
    assert "would cost" in answer_of(loss)
    wide = with_claim(material, "scenario.welfare", value=0.5, lower=-3.0, upper=4.0)
    assert "small" not in answer_of(wide)
    assert "a loss is possible too" in answer_of(wide)
    assert "fails" in answer_of(material)
    assert "fails" not in answer_of(with_claim(material, "scenario.welfare", checks=()))


def test_the_second_sentence_names_trade_only_where_it_brings_the_change(material: Material) -> None:
    assert "not from trade" in answer_of(material, 1)
    trade = with_claim(material, "scenario.tariffs.welfare", value=5.0)
    assert "the common tariff" in answer_of(trade, 1)
    assert "not from trade" not in answer_of(trade, 1)


def test_the_first_door_turns_round_with_the_shares(material: Material) -> None:
    def stated(changed: Material) -> str:
        return front(changed, "en", "2026-06-18").doors[0].answer.text

    assert "no clear answer" in stated(material)  # without the buyers of gold the share of exports rises
    own = next(c for c in material.claims if c.id == "leaning.exports.EAEU")
    plain = with_claim(material, own.id, checks=())
    assert stated(plain).startswith("Not in its trade")
    risen = with_claim(plain, own.id, value=8.0, values={**own.values, "then": 20.0, "now": 28.0, "change": 8.0})
    assert stated(risen).startswith("The signs differ")  # imports still fell
    both = with_claim(risen, "leaning.imports.EAEU", value=3.0)
    assert stated(both).startswith("In its trade, yes")


def test_a_door_without_its_findings_says_why(material: Material) -> None:
    page = front(
        replace(material, claims=(), missing={"scenario": "the equilibrium stopped early"}), "en", "2026-06-18"
    )
    assert page.answers == ()
    assert "the equilibrium stopped early" in page.doors[1].answer.text
    assert "no claim is supported" in page.doors[2].answer.text


def test_countries_of_a_finding(material: Material) -> None:
    found = {claim.id: countries_of(claim) for claim in material.claims}
    assert found["members.ARM.trade"] == ("ARM",)
    assert set(found["partners.KGZ_RUS.eaeu"]) == {"KGZ", "RUS"}
    assert found["tariffs.average"] == ("UZB",)
    assert "ARM" in found["members.published.arm_migrants"]


def test_series_have_public_addresses() -> None:
    trade = SeriesInfo("NE.TRD.GNFS.ZS", source="World Bank, World Development Indicators")
    assert address_of(trade) == "https://data.worldbank.org/indicator/NE.TRD.GNFS.ZS"
    passed_on = SeriesInfo("trade/x", source="ArmStat (github.com/tavad/tvyal_newsletter)")
    assert address_of(passed_on) == "https://github.com/tavad/tvyal_newsletter"
    assert address_of(SeriesInfo("tables/x", source="a newspaper")) == ""


def test_a_row_picture_puts_its_marks_where_its_axis_says() -> None:
    import pandas as pd

    rows = [ChartRow("one", ((0.5, "own"),), (0.0, 1.0)), ChartRow("two", ((-1.0, "other"),), (-2.0, 2.0))]
    table = pd.DataFrame({"estimate": [0.5, -1.0]}, index=["one", "two"])
    made = row_picture("x", rows, "axis", Caption("title", "alt"), table)
    shown = dict(vars(made)["values"])
    left, _, wide, _ = shown["box"]
    low, high = shown["x"]
    places = [float(x) for x in re.findall(r'<circle[^>]* cx="([\d.]+)"', made.inline)]
    assert places == pytest.approx([left + wide * (v - low) / (high - low) for v in (0.5, -1.0)], abs=0.06)
    ends = re.findall(r'<line class="line own" x1="([\d.]+)"[^>]*x2="([\d.]+)"', made.inline)
    assert [float(x) for x in ends[0]] == pytest.approx(
        [left + wide * (v - low) / (high - low) for v in (0.0, 1.0)], abs=0.06
    )


def test_a_line_picture_leaves_a_gap_where_a_value_is_missing() -> None:
    import pandas as pd

    table = pd.DataFrame({"a": [1.0, 2.0, None, 4.0, 5.0]}, index=pd.Index(range(2001, 2006), name="year"))
    made = line_picture(
        "x", table, [ChartLine("a", "A", "own")], "unit", Caption("t", "alt"), YearMarks(2003.0, "event")
    )
    assert len(re.findall(r'<path class="line own"', made.inline)) == 2
    assert dict(vars(made)["values"])["rows"][2] == [2003, None]
    assert made.csv.splitlines()[0] == "year,A"
    assert 'class="event"' in made.inline


def test_a_door_that_is_written_wrongly_is_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.report.page import front as module

    path = tmp_path / "page.toml"
    path.write_text('[doors.leaning]\nheads = ["towards", "away"]\nfirts = ["x"]\n', encoding="utf-8")
    monkeypatch.setattr(module, "table_path", lambda _: path)
    module.door_rules.cache_clear()
    with pytest.raises(BadInputError, match=r"door 'leaning'.*firts"):
        module.door_rules()
    module.door_rules.cache_clear()
