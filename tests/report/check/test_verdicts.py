"""The verdict on a statement, and the finding that it was compared with."""

from __future__ import annotations

import dataclasses

import pytest

import eaeu_analysis as ea
from eaeu_analysis.report.check.reading.sentence import read_sentence
from eaeu_analysis.report.check.reading.vocabulary import Lang
from eaeu_analysis.report.claims.shipped import shipped_claims

TRADE = "fared.trade.before_after"


def verdicts(text: str, lang: str | None = None) -> list[str]:
    return [s.verdict for s in ea.check_text(text, lang).statements]


def values(claim: str) -> dict[str, float]:
    return dict(next(c for c in shipped_claims() if c.id == claim).values)


@pytest.mark.parametrize(
    ("text", "lang", "causal"),
    [
        ("Kyrgyz exports were pushed down by accession.", "en", True),
        ("Kyrgyz exports to the union fell by 12 % in 2016.", "en", False),
        ("Exports bought by the union's members fell.", "en", False),
        ("Armenia owes the growth of its exports to the EAEU.", "en", True),
        ("Had it not joined, trade would not have fallen.", "en", True),
        ("Without the union's members trade fell.", "en", False),
        ("Если бы не союз, торговля не сократилась бы.", "ru", True),
        ("Вне союза торговля выросла.", "ru", False),
        ("В падении торговли виноват союз.", "ru", True),
        ("Ittifoqqa kirmaganida, eksport tushmas edi.", "uz", True),
        ("Ittifoqdan tashqarida eksport tushdi.", "uz", False),
        ("The union flooded Kyrgyzstan with imports.", "en", True),
        ("The union agreed on a tariff of 12 %.", "en", False),
        ("The union's exports expanded.", "en", False),
        ("Trade fell after accession, and because of it.", "en", True),
        ("The creation of the customs union led to less trade.", "en", True),
        ("ЕАЭС = рост торговли", "ru", True),
        ("Беднее Киргизию сделал именно союз.", "ru", True),
        ("Yerevan's gamble on the union paid off.", "en", True),
        ("После вступления, и именно из-за него, экспорт сократился.", "ru", True),
        ("После вступления, но не раньше, экспорт сократился.", "ru", False),
        ("Союз завалил рынки китайскими товарами.", "ru", True),
        ("Союз объединял пять стран.", "ru", False),
        ("Ittifoq Qirgʻiziston eksportini boʻgʻib qoʻydi.", "uz", True),
        ("Ittifoq bozorni xitoy tovarlariga toʻldirdi.", "uz", True),
        ("Ittifoq yangi tarifni qabul qildi.", "uz", False),
        ("Ittifoqqa kirgani uchun eksport tushdi.", "uz", True),
        ("Membership has gutted Kyrgyz exports.", "en", True),
        ("The union strangles Kyrgyz exports.", "en", True),
        ("The union is strangling Kyrgyz exports.", "en", True),
        ("What sank Kyrgyz trade was the union.", "en", True),
        ("Kyrgyz exports were choked by the union.", "en", True),
        ("Membership of the union, in force since 2015, covers trade.", "en", False),
        ("Trade among members of the union fell.", "en", False),
        ("By joining the union, Kyrgyzstan lost trade.", "en", True),
        ("Uzbekistan was praised for joining the WTO.", "en", False),
        ("Экспортный рост обеспечил Евразийский союз.", "ru", True),
        ("Членство в союзе обескровит экспорт.", "ru", True),
        ("Кыргызстан вступил в Евразийский экономический союз и увеличил экспорт.", "ru", False),
        ("Вступление в ВТО увеличит экспорт.", "ru", False),
        ("Союз включает пять стран.", "ru", False),
        ("Eksport oʻsishini Yevroosiyo ittifoqi taʼminladi.", "uz", True),
        ("Qirgʻiziston ittifoq bojlarini oladi.", "uz", False),
        ("JSTga kirish eksportni oshiradi.", "uz", False),
    ],
)
def test_the_union_as_a_cause_is_seen_however_it_is_put(text: str, lang: str, causal: bool) -> None:
    assert read_sentence(text, lang).causal is causal


def test_the_growth_of_exports_in_uzbek_is_not_a_share_of_them() -> None:
    grown, share = "Real eksportning 82 foizga oʻsishi", "Eksportning 82 foizi Xitoyga ketadi"
    assert [n.base for n in read_sentence(grown, "uz").numbers] == [""]
    assert [n.base for n in read_sentence(share, "uz").numbers] == ["exports"]


@pytest.mark.parametrize(
    "text",
    [
        "Joining would raise Uzbekistan's average tariff from {TV.own:.1f} to {TV.new:.1f} %.",  # the law itself
        "In {LXE.last:.0f} the union took {LXE.now:.1f} % of Uzbekistan's exports.",  # the union as a partner
    ],
)
def test_a_verb_of_the_union_is_not_always_a_cause(text: str) -> None:
    import re

    names = {"TV": values("tariffs.average"), "LXE": values("leaning.exports.EAEU")}
    filled = re.sub(r"\{(\w+)\.(\w+):(\.\d)f\}", lambda m: format(names[m[1]][m[2]], m[3] + "f"), text)
    assert verdicts(filled) == ["supported"]


def test_a_multiple_that_the_union_is_said_to_have_caused_is_answered_by_the_finding() -> None:
    found = ea.check_text("The union doubled Kyrgyz trade.").statements
    assert [s.verdict for s in found] == ["overstated"]
    assert found[0].claim is not None
    assert "trade" in found[0].claim.id
    assert verdicts("The union doubled crime in Kyrgyzstan.") == ["unsupported"]


def test_a_share_without_an_economy_is_of_the_one_before() -> None:
    tariff, china = values("tariffs.average"), values("leaning.exports.China")
    year, share, own = f"{china['last']:.0f}", f"{china['now']:.1f}", f"{tariff['own']:.1f}"
    text = (
        f"Средний тариф Узбекистана равен {own.replace('.', ',')} %. В {year} году на Китай пришлось {{}} % экспорта."
    )
    assert verdicts(text.format(share.replace(".", ",")), "ru") == ["supported", "supported"]
    assert verdicts(text.format("41,3"), "ru") == ["supported", "altered"]


def test_advice_on_a_cause_is_on_the_outcome_and_not_on_what_a_percentage_is_of() -> None:
    change = abs(values("fared.exports.before_after")["change"])
    found = ea.check_text(f"The union strangled Kyrgyz exports, which fell by {change:.1f} percentage points of GDP.")
    assert [s.verdict for s in found.statements] == ["overstated"]
    assert found.statements[0].claim is not None
    assert ".exports." in found.statements[0].claim.id


def test_what_would_be_without_the_union_names_it_as_the_cause_whatever_the_sign() -> None:
    change = abs(values("members.KAZ.trade")["change"])
    assert verdicts(f"Without the customs union, Kazakhstan's trade would be {change:.0f} points of GDP larger.") == [
        "overstated"
    ]


def test_a_supported_statement_has_its_finding() -> None:
    before, after = values(TRADE)["before"], values(TRADE)["after"]
    found = ea.check_text(f"Kyrgyzstan's trade fell from {before:.1f} to {after:.1f} % of GDP.").statements
    assert [s.verdict for s in found] == ["supported"]
    one = found[0]
    assert one.claim is not None
    assert (one.claim.id, one.grade, one.reason, one.instead) == (TRADE, one.claim.grade, "", "")
    assert one.caveat
    assert one.sources == tuple(one.claim.sources)


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("Kyrgyzstan's trade fell from {before:.1f} to {wrong:.1f} % of GDP.", "altered", "number"),
        ("Kyrgyzstan's trade rose by {change:.1f} percentage points of GDP.", "altered", "sign"),
        ("Kyrgyzstan's trade fell by {change:.1f} %.", "altered", "unit"),
        ("Kyrgyzstan's trade was {before:.1f} % of GDP in 2003.", "altered", "year"),
        ("Trade of Armenia fell from {before:.1f} to {after:.1f} % of GDP.", "altered", "economy"),
        ("Joining cut Kyrgyzstan's trade by {change:.1f} percentage points of GDP.", "overstated", "cause"),
        ("Kyrgyzstan built 4,500 bridges.", "unsupported", "none"),
    ],
)
def test_what_differs_is_named(text: str, verdict: str, reason: str) -> None:
    numbers = values(TRADE)
    filled = text.format(**{**numbers, "change": abs(numbers["change"]), "wrong": 0.7 * numbers["after"]})
    found = ea.check_text(filled).statements
    assert [(s.verdict, s.reason) for s in found] == [(verdict, reason)]
    assert found[0].instead
    assert found[0].why


def test_the_number_alone_does_not_pass() -> None:
    """The share of China stated as that of Turkey, of another flow, and of another economy."""
    share = values("leaning.exports.China")["now"]
    assert verdicts(f"China took {share:.1f} % of Uzbekistan's exports in 2021.") == ["supported"]
    for other in ("Turkey took {} % of Uzbekistan's exports", "China took {} % of Kazakhstan's exports"):
        assert verdicts(other.format(f"{share:.1f}") + " in 2021.") == ["altered"]
    assert verdicts(f"Tourists from China spend {share:.1f} % of Uzbekistan's hotel nights.") == ["unsupported"]


@pytest.mark.parametrize(
    ("lower", "text", "verdict", "reason"),
    [
        (0.2, "In a model, household spending in Uzbekistan would be 0.9 % higher.", "supported", ""),
        (0.2, "Household spending in Uzbekistan will be 0.9 % higher.", "overstated", "model"),
        (0.2, "Joining will lift household spending in Uzbekistan by 0.9 %.", "overstated", "model"),
        (-0.2, "In a model, household spending in Uzbekistan would be 0.9 % higher.", "overstated", "unclear"),
        (-0.2, "A model finds no clear effect on household spending in Uzbekistan (0.9 %).", "supported", ""),
    ],
)
def test_a_finding_of_a_model_is_told_as_such(lower: float, text: str, verdict: str, reason: str) -> None:
    claim = next(c for c in shipped_claims() if c.id == "scenario.welfare")
    numbers = {**claim.values, "estimate": 0.9, "lower": lower, "upper": 1.7}
    claim = dataclasses.replace(claim, value=0.9, lower=lower, upper=1.7, checks=(), values=numbers)
    found = ea.check_text(text, claims=[claim]).statements
    assert [(s.verdict, s.reason) for s in found] == [(verdict, reason)]


def test_no_clear_effect_may_be_said() -> None:
    assert verdicts("There is no clear effect of joining on Kyrgyz trade.") == ["supported"]
    assert verdicts("Trade with Kyrgyzstan: should it grow by 5 %?") == []


def test_a_sentence_takes_its_subject_from_the_one_before() -> None:
    level = values("fared.inflation.before_after")
    text = f"Kyrgyzstan joined the union in 2015. Inflation fell from {level['before']:.1f} to {level['after']:.1f} %."
    assert [s.evidence for s in ea.check_text(text).statements] == ["accession.KGZ", "fared.inflation.before_after"]


@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
def test_every_sentence_of_the_findings_is_supported_or_left_out(lang: str) -> None:
    """98 of 100, in each language."""
    stated = [c for c in shipped_claims() if c.topic != "unsupported"]
    bad = [c.id for c in stated if set(verdicts(c.text("sentence", lang), lang)) - {"supported"}]
    assert len(bad) <= 0.02 * len(stated), bad


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Kyrgyz trade lost {change:.0f} points of GDP.", "supported"),
        ("Kyrgyz trade lost {more:.0f} points of GDP.", "altered"),
        (
            "Kyrgyz trade fell from {before:.0f} % of GDP; in the comparison countries it rose by {most:.1f} points.",
            "supported",
        ),
        ("Kyrgyz trade fell by {most:.1f} points of GDP.", "altered"),  # what another country did
        ("Kyrgyz trade rose from {after:.0f} to {before:.0f} % of GDP.", "altered"),
        ("Trade of Kyrgyzstan was {after:.0f} % of GDP, and of Armenia {after:.0f} %.", "altered"),
    ],
)
def test_a_number_counts_for_what_it_is_in_its_claim(text: str, verdict: str) -> None:
    numbers = values(TRADE)
    change = abs(numbers["change"])
    filled = text.format(**{**numbers, "change": change, "more": 1.6 * change})
    assert verdicts(filled, "en") == [verdict]


def test_each_part_of_a_sentence_is_on_its_own_subject() -> None:
    """GDP per head of one and the trade of another, in points."""
    head, trade = values("members.ARM.gdp_per_head")["change"], values("members.ARM.trade")["change"]
    text = f"Armenian GDP per head rose by {head:.0f} %; trade widened too, by {{:.0f}} points of GDP."
    assert verdicts(text.format(trade)) == ["supported"]
    assert verdicts(text.format(2 * trade)) == ["altered"]


def test_what_a_tariff_is_today_is_not_outdated() -> None:
    """The other number is what it would be, not a newer one."""
    tariff = values("tariffs.average")
    text = f"The average tariff of Uzbekistan, today {tariff['own']:.1f} %, would become {tariff['new']:.1f} %."
    assert verdicts(text) == ["supported"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        (
            "en",
            "Uzbekistan is an observer. {:.0f} % of its imports came from China in {:.0f} and {:.0f} % from Russia.",
        ),
        ("ru", "Узбекистан — наблюдатель. {:.0f} % его импорта пришло в {:.0f} году из Китая, {:.0f} % — из России."),
    ],
)
def test_its_is_of_the_country_before_and_not_of_the_partner(lang: str, text: str) -> None:
    china, russia = values("leaning.imports.China"), values("leaning.imports.RUS")
    right = text.format(china["now"], china["last"], russia["now"])
    assert verdicts(right, lang)[-1] == "supported"
    assert verdicts(text.format(china["now"], china["last"], 2 * russia["now"]), lang)[-1] == "altered"


@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
def test_before_and_after_in_the_wrong_order_do_not_pass(lang: Lang) -> None:
    texts = {
        "en": "Before joining, trade of Kyrgyzstan was {} % of GDP, afterwards {} %.",
        "ru": "До вступления торговля Кыргызстана была {} % ВВП, потом {} %.",
        "uz": "Kirishdan oldin Qirgʻiziston savdosi YaIMning {} foizi, keyin {} foizi edi.",
    }
    known = values(TRADE)
    pair = [f"{known['before']:.0f}", f"{known['after']:.0f}"]
    assert verdicts(texts[lang].format(*pair), lang) == ["supported"]
    assert verdicts(texts[lang].format(*reversed(pair)), lang) == ["altered"]


def test_a_number_is_that_of_the_economy_of_its_part() -> None:
    known = values("members.published.members_knobel")
    text = "In a model, deep integration raises consumption in Armenia by {:.1f} % and in Belarus by {:.1f} %."
    assert verdicts(text.format(known["arm"], known["blr"])) == ["supported"]
    assert verdicts(text.format(known["blr"], known["arm"])) == ["altered"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "In Uzbekistan the share of China in imports went from {:.1f} % in 2009 to {:.1f} % in 2021."),
        ("en", "Chinese share of 🇺🇿 imports: {:.1f}% (2009) ➡️ {:.1f}% (2021)"),
        ("ru", "Доля Китая в импорте Узбекистана: {:.1f} % (2009) → {:.1f} % (2021)"),
    ],
)
def test_numbers_and_years_that_take_turns_are_pairs(lang: Lang, text: str) -> None:
    known = values("leaning.imports.China")
    assert verdicts(text.format(known["then"], known["now"]), lang) == ["supported"]
    assert verdicts(text.format(known["now"], known["then"]), lang) == ["altered"]


def test_a_cause_after_a_question_is_of_its_outcome() -> None:
    assert verdicts("So why did Kyrgyz trade fall? Because they joined the customs union.") == ["overstated"]


def test_arrows_are_directions() -> None:
    assert [read_sentence(f"Kyrgyz exports {arrow}", "en").sign for arrow in "📈↑📉🔻"] == [1, 1, -1, -1]


def test_a_flag_is_a_country() -> None:
    assert read_sentence("🇰🇬🇧🇾 2014", "en").entities == {"KGZ", "BLR"}


def test_the_smallest_change_of_others_is_not_that_of_the_country() -> None:
    least = abs(values("fared.gdp_per_head.before_after")["least"])
    assert verdicts(
        f"Kyrgyz GDP per head rose by {least:.1f} % after accession, and in comparable countries by 17.6."
    ) != ["supported"]


def test_a_round_number_may_be_rounded_and_another_one_may_not() -> None:
    low = values("revenue.duty")["low"] / 1e6
    text = "The common tariff would collect {:.0f} million dollars a year more than Uzbekistan's own."
    assert verdicts(text.format(round(low, -1))) == ["supported"]
    assert verdicts(text.format(1.3 * low)) == ["altered"]


def test_years_go_with_the_number_of_their_part_of_the_sentence() -> None:
    reading = read_sentence("Taxes brought 6.7 % of revenue in 2011 and 3.1 % in 2020.", "en")
    assert [set(reading.dates_of(n)[0]) for n in reading.numbers] == [{2011}, {2020}]


def test_a_cause_gets_the_finding_on_the_economy_that_is_named_and_a_paper_is_no_good() -> None:
    text = "Membership cut Kyrgyz trade by {:.0f} points of GDP, a deputy told this paper."
    (found,) = ea.check_text(text.format(abs(values(TRADE)["change"])), "en").statements
    assert (found.verdict, found.evidence) == ("overstated", "unsupported.trade_ruined")
    (other,) = ea.check_text("The tariff on paper in Uzbekistan is 77 %.", "en").statements
    assert other.verdict != "supported"


def test_a_date_of_joining_has_the_source_of_the_record() -> None:
    (found,) = ea.check_text("Kyrgyzstan joined the union in 2015.", "en").statements
    assert found.sources == (ea.bloc("EAEU").record("KGZ").source,)


def value(code: str, economy: str, year: int) -> float:
    return float(ea.load_panel([code]).frame[code][(economy, year)])


def test_every_kind_of_series_that_ships_can_be_stated() -> None:
    farmers = value("SL.AGR.EMPL.ZS", "KAZ", 2023)
    assert verdicts(f"In {2023} {farmers:.1f} % of jobs in Kazakhstan were in agriculture.") == ["supported"]
    assert verdicts(f"In {2023} {farmers + 9:.1f} % of jobs in Kazakhstan were in agriculture.") == ["altered"]
    debt = value("DT.DOD.DECT.GN.ZS", "KGZ", 2016)
    assert verdicts(f"Внешний долг Кыргызстана в 2016 году составлял {debt:.1f} % ВНД.") == ["supported"]
    poor = value("SI.POV.NAHC", "UZB", 2023)
    assert verdicts(f"Oʻzbekistonda 2023-yilda kambagʻallik {poor:.1f} foiz edi.") == ["supported"]


def test_the_mean_of_a_period_is_that_of_its_years() -> None:
    column = ea.load_panel(["inflation"]).frame["inflation"]
    mean = float(column.loc["MDA"].loc[2011:2014].mean())
    assert verdicts(f"Inflation in Moldova averaged {mean:.1f} % in 2011-2014.") == ["supported"]
    assert verdicts(f"Inflation in Moldova averaged {mean + 3:.1f} % in 2011-2014.") != ["supported"]


def test_one_economy_may_be_a_multiple_of_another() -> None:
    ratio = value("NY.GDP.MKTP.CD", "KAZ", 2024) / value("NY.GDP.MKTP.CD", "KGZ", 2024)
    text = "In 2024 the GDP of Kazakhstan was {:.0f} times that of Kyrgyzstan."
    assert verdicts(text.format(ratio)) == ["supported"]
    assert verdicts(text.format(2 * ratio)) != ["supported"]


def test_a_surplus_is_no_deficit() -> None:
    gap = value("BN.CAB.XOKA.GD.ZS", "UZB", 2023)
    assert gap < 0
    assert verdicts(f"Uzbekistan's current account deficit was {-gap:.1f} % of GDP in 2023.") == ["supported"]
    assert verdicts(f"Uzbekistan's current account surplus was {-gap:.1f} % of GDP in 2023.") == ["altered"]


def test_purchasing_power_and_prices_of_a_year_are_those_of_the_series() -> None:
    parity = value("NY.GDP.PCAP.PP.CD", "UZB", 2024)
    assert verdicts(f"Uzbekistan's GDP per head was {parity:,.0f} dollars in 2024 in 2015 prices.") != ["supported"]
    assert verdicts(f"Uzbekistan's GDP per head was {parity:,.0f} dollars in 2024 at purchasing power parity.") == [
        "supported"
    ]


def test_a_sentence_goes_on_with_the_one_before() -> None:
    grown = [value("NY.GDP.MKTP.KD.ZG", economy, 2024) for economy in ("GEO", "ARM")]
    text = "Georgia grew by {:.1f} % in 2024. Armenia by {:.1f} %."
    assert verdicts(text.format(*grown)) == ["supported", "supported"]
    assert verdicts(text.format(grown[0], grown[1] + 4))[1] != "supported"
    assert verdicts("When did Uzbekistan become an observer of the union? On 11 December 2020.") == ["supported"]
    assert verdicts("When did Uzbekistan become an observer of the union? On 11 December 2016.") == ["altered"]


def test_a_cause_may_be_a_pronoun_for_the_union_of_the_sentence_before() -> None:
    rise = values("fared.gdp_per_head.before_after")
    change = 100 * (rise["after"] / rise["before"] - 1)
    after = f"In Kyrgyzstan GDP per head is {change:.0f} % higher because of it."
    assert verdicts(f"The union is eight years old. {after}")[-1] == "overstated"


def test_an_estimate_may_be_called_uncertain_in_the_next_sentence() -> None:
    net = values("partners.founders.eaeu")["net"]
    text = f"Trade among the founders rose by {net:.1f} % net of neighbours in 2012-2016."
    assert verdicts(text) == ["overstated"]
    assert verdicts(f"{text} That estimate fails a check.") == ["supported"]


@pytest.mark.parametrize("order", [("ARM", "AZE", "GEO"), ("AZE", "ARM", "GEO"), ("GEO", "ARM", "AZE")])
def test_one_number_of_several_economies_is_that_of_each(order: tuple[str, ...]) -> None:
    names = {"ARM": "Armenia", "AZE": "Azerbaijan", "GEO": "Georgia"}
    rates = [value("FP.CPI.TOTL.ZG", economy, 2023) for economy in order]
    assert max(rates) > 3 > min(rates)
    first, second, third = (names[economy] for economy in order)
    assert verdicts(f"In {first}, {second} and {third} inflation was below 3 % in 2023.") == ["unsupported"]
