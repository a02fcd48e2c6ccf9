"""Numbers of the brief: as people say them, in each language, and each from a claim of its own line."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from brief_sheets import LANGS, lines, plain, text_of

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.brief.compose import Brief, ClaimWriter, compose, load_brief_rules
from eaeu_analysis.report.brief.render import FORMATS, render_brief
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.topics import TOPICS
from eaeu_analysis.report.trace.brief_lines import numbers_in
from eaeu_analysis.report.wording import templates
from eaeu_analysis.report.wording.spoken_numbers import seconds_to_say, spoken_number


def sentences(text: str) -> list[str]:
    """A text cut after each full stop that a new sentence follows; one of an abbreviation is none."""
    return re.split(r"(?<=[.!?])(?<!долл\.)\s+(?=[A-ZА-ЯЁ“«\d])", plain(text))


def test_every_likely_question_is_answered_in_two_sentences(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        assert len(brief.parts["questions"]) == len(load_brief_rules().questions) >= 10
        for line in brief.parts["questions"]:
            assert len(sentences(line.text)) == 2, line.text
            assert line.text.endswith(".")
            assert len(line.text.split()) <= 70
            assert line.title.endswith("?")
            assert line.claims


def test_a_question_without_its_claims_is_answered_so(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    few = [c for c in claims if c.topic != "scenario"]
    answers = {line.title: line.text for line in compose(few).parts["questions"]}
    assert len(answers) == len(briefs["en"].parts["questions"])
    assert answers["What would Uzbekistan gain?"] == "The data included here cannot answer this."


def test_a_number_to_say_aloud_comes_with_its_year(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        assert len(brief.parts["aloud"]) >= 6
        for line in brief.parts["aloud"]:
            assert re.search(r"\b(19|20)\d\d\b", line.text), line.text


@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_everything_in_a_brief_can_be_read_aloud(topic: str, claims: list[Claim]) -> None:
    """No p-value, no log points, no sign in front of a number, and few digits."""
    for lang in LANGS:
        brief = compose([c for c in claims if topic in ("", c.topic)], lang, topic)
        for part, rows in brief.parts.items():
            for text in (t for line in rows for t in (line.title, line.text, line.caveat)):
                assert not re.search(r"\bp\s*[=<>≤]|\blog\b|\bлог\.|log points|(?<![\d\w–])[-+−]\d|±", text, re.I), text
                if part != "aloud":  # which has the exact number after the one to say
                    for token, size, decimals in numbers_in(text, lang):
                        assert decimals == 0 or size < 10, (token, text)
                        assert decimals < 2 or size < 1, (token, text)


def test_the_seconds_are_those_of_the_words_at_the_stated_rate(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    assert seconds_to_say("one two three, four", 60) == 4
    assert seconds_to_say("34.7 % of it", 60) == 6  # three, four, seven, per cent, of, it
    assert seconds_to_say("2010–2014 — so", 60) == 9
    for lang, brief in briefs.items():
        rate = load_brief_rules().rates[lang]
        assert f" {rate:.0f} " in plain(" ".join(brief.small))
        for line in (line for rows in brief.parts.values() for line in rows):
            assert line.seconds >= 60 * len(re.findall(r"[^\W\d_][\w'’ʻʼ-]*", line.text)) / rate / 1.5
            assert line.seconds <= 60, line.text
    longer = [dataclasses.replace(c, caveat="tariffs_law") if c.id == "tariffs.fall" else c for c in claims]
    assert [x.seconds for x in compose(longer).parts["for"]] == [x.seconds for x in briefs["en"].parts["for"]]


def test_log_points_are_stated_in_per_cent(claims: list[Claim]) -> None:
    income = next(c for c in claims if c.id == "fared.gdp_per_head.counterfactual")
    found = dataclasses.replace(
        income,
        finding="found",
        template="counterfactual.higher",
        values={**income.values, "estimate": 40.0},
        measure="log points",
        words={**income.words, "unit": "unit.log points"},
    )
    made = compose([found if c is income else c for c in claims])
    line = next(line for line in made.parts["fared"] if income.id in line.claims)
    assert "49 % above" in line.text.replace("\u00a0", " ")  # exp(0.4) is 1.49


def test_a_published_figure_without_a_year_gets_that_of_its_source(claims: list[Claim]) -> None:
    model = next(c for c in claims if c.id == "members.published.members_knobel")
    assert not re.search(r"(19|20)\d\d", model.text())
    assert ClaimWriter(templates.find_language("en", "brief")).sentence(model).endswith(" (2019).")


@pytest.mark.parametrize(
    ("value", "kind", "printed"),
    [
        (33.7, "share", "about a third"),
        (-33.7, "share", "about a third"),
        (34.7, "share", "about a third"),
        (36, "share", "a little over a third"),
        (18.6, "share", "a little under a fifth"),
        (50, "share", "about half"),
        (77, "share", "about three quarters"),
        (26.4, "share", "a little over a quarter"),
        (28.2, "share", "about 28 per cent"),
        (97, "share", "a little over nine tenths"),
        (5.6, "share", "about 5.6 per cent"),
        (1.9, "percent", "about 1.9 per cent"),
        (2.04, "percent", "about 2 per cent"),
        (0.87, "percent", "about 0.9 per cent"),
        (0.055, "percent", "a little under 0.06 per cent"),
        (0, "percent", "about 0 per cent"),
        (1.57, "times", "about one and a half times"),
        (2.1, "times", "about twice"),
        (7, "times", "about 7 times"),
        (625.5e6, "usd", "about 600 million dollars"),
        (1.26e9, "usd", "about 1.3 billion dollars"),
        (96e6, "usd", "about 100 million dollars"),
        (847.9e6, "usd", "a little over 800 million dollars"),
        (4_100, "usd", "about 4 thousand dollars"),
        (720, "usd", "about 720 dollars"),
    ],
)
def test_a_number_is_stated_as_people_say_it(value: float, kind: str, printed: str) -> None:
    assert plain(spoken_number(value, kind, templates.find_language("en", "brief"))) == printed


@pytest.mark.parametrize(
    ("lang", "value", "kind", "printed"),
    [
        ("ru", 33.7, "share", "около трети"),
        ("ru", 18.6, "share", "чуть меньше пятой части"),
        ("ru", 21, "percent", "около 21 процента"),
        ("ru", 22, "percent", "около 22 процентов"),
        ("ru", 0.87, "percent", "около 0,9 процента"),
        ("ru", 1e6, "usd", "около 1 миллиона долларов"),
        ("ru", 3e6, "usd", "около 3 миллионов долларов"),
        ("ru", 1.26e9, "usd", "около 1,3 миллиарда долларов"),
        ("ru", 2.1, "times", "примерно вдвое"),
        ("ru", 7, "times", "примерно в 7 раз"),
        ("uz", 33.7, "share", "taxminan uchdan biri"),
        ("uz", 18.6, "share", "beshdan biridan sal kamrogʻi"),
        ("uz", 28.2, "share", "taxminan 28 foizi"),
        ("uz", 0.87, "percent", "taxminan 0,9 foiz"),
        ("uz", 3e6, "usd", "taxminan 3 million dollar"),
    ],
)
def test_numbers_are_stated_in_the_forms_of_each_language(lang: str, value: float, kind: str, printed: str) -> None:
    assert plain(spoken_number(value, kind, templates.find_language(lang, "brief"))) == printed


def test_what_is_stated_is_never_further_off_than_the_words_allow() -> None:
    from eaeu_analysis.report.wording.spoken_numbers import FRACTIONS

    english = templates.find_language("en", "brief")
    sizes = {english.template("fraction", name): size for name, size in FRACTIONS.items()}
    for step in range(1, 1000):
        value = step / 10
        text = spoken_number(value, "share", english)
        if text.endswith("per cent"):
            shown = float(re.search(r"[\d.]+", text).group())
            assert abs(value / shown - 1) < 0.12
            continue
        fraction = text.removeprefix("about ").removeprefix("a little over ").removeprefix("a little under ")
        off = value / sizes[fraction] - 1
        assert abs(off) <= (0.05 if text.startswith("about") else 0.12) + 1e-9
        assert not text.startswith("a little over") or off > 0.05
        assert not text.startswith("a little under") or off < -0.05


@pytest.mark.parametrize(("value", "kind"), [(math.nan, "share"), (math.inf, "usd"), (1.0, "furlongs")])
def test_what_cannot_be_stated_is_refused(value: float, kind: str) -> None:
    with pytest.raises(BadInputError, match="cannot be read aloud"):
        spoken_number(value, kind, templates.find_language("en", "brief"))


def test_the_exact_number_comes_with_the_one_that_is_stated(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    by_id = {c.id: c for c in claims}
    shown = briefs["en"].parts["aloud"]
    assert len(shown) >= 6
    free = next(line for line in shown if line.claims == ("tariffs.free",))
    assert f"{by_id['tariffs.free'].values['share']:.1f}" in free.text
    assert free.text.startswith("About a third of")


def test_a_number_whose_interval_includes_zero_is_not_stated_by_its_sign(claims: list[Claim]) -> None:
    wide = [dataclasses.replace(c, lower=-1.0, upper=2.0) if c.id == "scenario.welfare" else c for c in claims]
    assert all(line.claims != ("scenario.welfare",) for line in compose(wide).parts["aloud"])


def test_what_not_to_say_comes_with_why(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        assert len(brief.parts["heard"]) >= 6
        for line in brief.parts["heard"]:
            assert line.title
            assert re.search(r"\d", line.text), line


NUMBER = re.compile(
    r"(?<![\w.,])[-+−]?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|(?<![\w.,])[-+−]?\d+(?:[.,]\d+)?(?!\d)"
)
SCALES = (1.0, 1e6, 1e9)


def numbers(text: str, lang: str) -> list[tuple[float, int, bool]]:
    """Size, decimals and whether it has a minus of each number of a text in that language."""
    from babel.numbers import parse_decimal

    found = []
    for match in NUMBER.finditer(text):
        before = text[: match.start()]
        token = match.group() if not before[-1:].isdigit() else match.group().lstrip("-+−")
        plain = token.lstrip("-+−").replace("\u202f", "\u00a0")
        mark = "." if lang == "en" else ","
        size = float(parse_decimal(plain, locale=lang))
        found.append((size, len(plain.partition(mark)[2]), token[0] in "-−"))
    return found


def untraced(text: str, sources: list[Claim], lang: str) -> list[float]:
    """Numbers of a text that none of these claims holds, as printed."""
    held = [v for c in sources for v in [*dict(c.values).values(), c.value, c.lower, c.upper] if math.isfinite(v)]
    held += [100 * (math.exp(c.values["estimate"] / 100) - 1) for c in sources if c.measure == "log points"]
    words = [str(word) for c in sources for word in c.words.values()]
    named = [float(n) for word in words for n in re.findall(r"\d+", word.partition(".")[2] + word.partition("=")[2])]
    short = [float(n) for n in re.findall(r"\d{4}", " ".join(c.text(part) for c in sources for part in ("sentence",)))]
    out = []
    for size, decimals, _ in numbers(text, lang):
        half = 0.5 * 10.0**-decimals + 1e-9
        shown = any(abs(abs(v) - size * scale) <= half * scale for v in held for scale in SCALES)
        if not shown and size not in named and size not in short and abs(size - 2015) > 0:
            out.append(size)
    return out


@pytest.mark.parametrize("lang", LANGS)
def test_every_number_comes_from_a_claim_of_its_own_line(
    lang: str, claims: list[Claim], briefs: dict[str, Brief]
) -> None:
    by_id = {c.id: c for c in claims}
    checked = 0
    for part in ("for", "against", "fared", "leaning", "questions", "heard"):
        for line in briefs[lang].parts[part]:
            sources = [by_id[name] for name in line.claims]
            for text in (line.text, line.caveat, line.title):
                assert untraced(text, sources, lang) == [], text
                checked += len(numbers(text, lang))
    assert checked > 150


def test_the_tracer_of_these_tests_finds_a_number_that_is_false(claims: list[Claim]) -> None:
    trade = next(c for c in claims if c.id == "fared.trade.before_after")
    assert untraced("Trade fell from 133.6 to 99.9 % of GDP.", [trade], "en") == []
    assert untraced("Trade fell from 133.6 to 99.8 % of GDP.", [trade], "en") == [99.8]
    assert untraced("Торговля снизилась с 133,6 до 98,9 % ВВП.", [trade], "ru") == [98.9]


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "json"])
@pytest.mark.parametrize("lang", LANGS)
def test_the_numbers_of_each_format_are_those_of_the_brief(
    lang: str, form: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    brief = briefs[lang]
    body = text_of(pdfs[lang] if form == "pdf" else render_brief(brief, form), form)
    body = re.split(rf"{brief.heads['sources']}\W+S1|{brief.small[0][:12]}", body)[0]
    rows = [line for part in brief.parts.values() for line in part]
    size = r"\d+(?:[.,]\d+)*"
    spoken = {number for text in lines(brief) for number in re.findall(size, text)}
    others = {str(line.seconds) for line in rows} | {str(i + 1) for i in range(load_brief_rules().points)}
    found = re.findall(size, re.sub(r"S\d+|\d/\d", " ", body))  # marks of sources, numbers of pages
    assert len(found) > 100
    assert set(found) - spoken - others == set()
    assert spoken - set(found) - set(re.findall(size, " ".join(brief.small))) == set()
