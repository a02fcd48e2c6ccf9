"""The brief: points by rule, both sides, two sides of A4, three languages, numbers that come from claims."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import re
from pathlib import Path

import pypdf
import pytest

import eaeu_analysis as ea
from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report import brief_words, brief_write
from eaeu_analysis.report.brief import Brief, compose
from eaeu_analysis.report.brief_aloud import aloud
from eaeu_analysis.report.brief_points import is_point, points
from eaeu_analysis.report.brief_render import FORMATS, render
from eaeu_analysis.report.brief_rules import rules
from eaeu_analysis.report.brief_say import FAMILIES
from eaeu_analysis.report.claim_rules import TOPICS
from eaeu_analysis.report.claims import Claim

LANGS = brief_words.available()
NASTY = "<script>alert(1)</script> \"=cmd|' /C calc'!A0\" #typst *bold* [link](x) $x$ @y"


@pytest.fixture(scope="module")
def claims(all_claims: list[Claim]) -> list[Claim]:
    return all_claims


@pytest.fixture(scope="module")
def briefs(claims: list[Claim]) -> dict[str, Brief]:
    return {lang: compose(claims, lang) for lang in LANGS}


@pytest.fixture(scope="module")
def pdfs(briefs: dict[str, Brief]) -> dict[str, bytes]:
    return {lang: render(brief, "pdf") for lang, brief in briefs.items()}


def lines(brief: Brief) -> list[str]:
    """Every sentence of a brief, sources left out."""
    heads = [brief.heads[name] for name, rows in brief.parts.items() if rows]
    made = [part for rows in brief.parts.values() for line in rows for part in (line.title, line.text, line.caveat)]
    return [text for text in [brief.title, brief.question, *heads, *made, *brief.small] if text]


# --- points


def claim(name: str, side: str = "for", grade: str = "C", finding: str = "", failed: bool = False) -> Claim:
    from eaeu_analysis.results import Check

    checks = (Check("c", False, None, None, ""),) if failed else ()
    return Claim(
        id=name,
        topic=name.partition(".")[0],
        question="q",
        side=side,
        template="t",
        values={},
        value=1.0,
        unit="%",
        grade=grade,
        caveat="c",
        would_change="w",
        call="c",
        checks=checks,
        finding=finding,
    )


def test_a_side_takes_the_best_of_each_topic_first_then_the_next_best() -> None:
    made = [
        claim("tariffs.a"),
        claim("tariffs.b"),
        claim("tariffs.c"),
        claim("leaning.a", grade="D"),
        claim("partners.a", grade="B", finding="found"),
    ]
    assert [c.id for c in points(made, 3)["for"]] == ["partners.a", "tariffs.a", "leaning.a"]
    assert [c.id for c in points(made, 4)["for"]] == ["partners.a", "tariffs.a", "tariffs.b", "leaning.a"]


@pytest.mark.parametrize(
    ("more", "stands"),
    [
        ({}, True),
        ({"failed": True}, False),
        ({"side": "context"}, False),
        ({"finding": "found"}, True),
        *(({"finding": finding}, False) for finding in ("none", "fragile", "unreliable", "untested")),
    ],
)
def test_what_found_nothing_or_failed_a_check_is_a_point_for_nobody(more: dict, stands: bool) -> None:
    assert is_point(claim("tariffs.a", **more)) is stands


def test_a_side_is_never_filled_up(claims: list[Claim]) -> None:
    few = [c for c in claims if c.side != "against"] + [c for c in claims if c.id == "tariffs.average"]
    brief = compose(few)
    assert len(brief.parts["against"]) == 1
    assert brief.notes["against"] == "The evidence holds 1 point on this side, not 5."
    none = compose([c for c in claims if c.side != "against"])
    assert none.parts["against"] == ()
    assert none.notes["against"] == "The evidence at hand holds no point on this side."


def test_both_sides_have_five_points_each_with_caveat_grade_and_source(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        for side in ("for", "against"):
            assert len(brief.parts[side]) == rules().points == 5
            for line in brief.parts[side]:
                assert line.caveat
                assert line.grade in "ABCD"
                assert line.marks
        assert not brief.notes


def test_no_point_is_stronger_than_its_check(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    by_id = {c.id: c for c in claims}
    for side in ("for", "against"):
        for line in briefs["en"].parts[side]:
            assert all(is_point(by_id[name]) and by_id[name].side == side for name in line.claims)


def test_the_member_is_told_in_four_sentences_with_the_verdict_of_the_test(
    claims: list[Claim], briefs: dict[str, Brief]
) -> None:
    unclear = {"en": "no clear effect", "ru": "явного", "uz": "aniq"}
    by_id = {c.id: c for c in claims}
    for lang, brief in briefs.items():
        assert len(brief.parts["fared"]) == 4
        for line in brief.parts["fared"]:
            if by_id[line.claims[-1]].finding != "found":
                assert unclear[lang] in line.text


def test_a_test_that_found_an_effect_is_told_so_and_one_that_did_not_is_not(claims: list[Claim]) -> None:
    def first(finding: str, template: str) -> str:
        changed = [
            dataclasses.replace(c, finding=finding, template=template) if c.id == "fared.trade.counterfactual" else c
            for c in claims
        ]
        return compose(changed).parts["fared"][0].text

    assert "joining lowered it, by 6.4" in first("found", "counterfactual.lower")
    for finding in ("none", "fragile", "unreliable"):
        assert "no clear effect" in first(finding, f"counterfactual.{finding}")


# --- questions, numbers, what not to say


def test_ten_questions_with_answers_of_at_most_sixty_words(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        assert len(brief.parts["questions"]) == 10
        for line in brief.parts["questions"]:
            assert 15 <= len(line.text.split()) <= 60, line.text
            assert line.title.endswith("?")


def test_a_question_without_its_claims_is_answered_so(claims: list[Claim]) -> None:
    few = [c for c in claims if c.topic != "scenario"]
    answers = {line.title: line.text for line in compose(few).parts["questions"]}
    assert len(answers) == 10
    assert answers["What would Uzbekistan gain?"] == "The data at hand cannot answer this."


@pytest.mark.parametrize(
    ("value", "kind", "said"),
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
def test_a_number_is_said_as_people_say_it(value: float, kind: str, said: str) -> None:
    assert plain(aloud(value, kind, brief_words.find("en"))) == said


@pytest.mark.parametrize(
    ("lang", "value", "kind", "said"),
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
def test_numbers_are_said_in_the_forms_of_each_language(lang: str, value: float, kind: str, said: str) -> None:
    assert plain(aloud(value, kind, brief_words.find(lang))) == said


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_what_is_said_is_never_further_off_than_the_words_allow() -> None:
    from eaeu_analysis.report.brief_aloud import FRACTIONS

    english = brief_words.find("en")
    sizes = {english.template("fraction", name): size for name, size in FRACTIONS.items()}
    for step in range(1, 1000):
        value = step / 10
        text = aloud(value, "share", english)
        if text.endswith("per cent"):
            told = float(re.search(r"[\d.]+", text).group())
            assert abs(value / told - 1) < 0.12
            continue
        fraction = text.removeprefix("about ").removeprefix("a little over ").removeprefix("a little under ")
        off = value / sizes[fraction] - 1
        assert abs(off) <= (0.05 if text.startswith("about") else 0.12) + 1e-9
        assert not text.startswith("a little over") or off > 0.05
        assert not text.startswith("a little under") or off < -0.05


@pytest.mark.parametrize(("value", "kind"), [(math.nan, "share"), (math.inf, "usd"), (1.0, "furlongs")])
def test_what_cannot_be_said_is_refused(value: float, kind: str) -> None:
    with pytest.raises(BadInputError, match="cannot be said aloud"):
        aloud(value, kind, brief_words.find("en"))


def test_the_exact_number_stands_beside_the_one_that_is_said(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    by_id = {c.id: c for c in claims}
    told = briefs["en"].parts["aloud"]
    assert len(told) >= 6
    free = next(line for line in told if line.claims == ("tariffs.free",))
    assert f"{by_id['tariffs.free'].values['share']:.1f}" in free.text
    assert free.text.startswith("About a third (exactly")


def test_a_number_whose_interval_holds_zero_is_not_told_by_its_sign(claims: list[Claim]) -> None:
    wide = [dataclasses.replace(c, lower=-1.0, upper=2.0) if c.id == "scenario.welfare" else c for c in claims]
    assert all(line.claims != ("scenario.welfare",) for line in compose(wide).parts["aloud"])


def test_what_not_to_say_comes_with_why(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        assert len(brief.parts["heard"]) >= 6
        for line in brief.parts["heard"]:
            assert line.title
            assert re.search(r"\d", line.text), line


# --- numbers

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
    words = [str(word) for c in sources for word in c.words.values()]
    named = [float(n) for word in words for n in re.findall(r"\d+", word.partition(".")[2] + word.partition("=")[2])]
    short = [float(n) for n in re.findall(r"\d{4}", " ".join(c.text(part) for c in sources for part in ("sentence",)))]
    out = []
    for size, decimals, _ in numbers(text, lang):
        half = 0.5 * 10.0**-decimals + 1e-9
        told = any(abs(abs(v) - size * scale) <= half * scale for v in held for scale in SCALES)
        if not told and size not in named and size not in short and abs(size - 2015) > 0:
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


@pytest.mark.parametrize("form", ["md", "html", "pdf"])
def test_the_tracer_of_the_report_finds_every_number(form: str, claims: list[Claim], briefs: dict[str, Brief]) -> None:
    import numpy as np

    from eaeu_analysis.report.brief_aloud import _leading
    from eaeu_analysis.report.trace import trace_html, trace_markdown, trace_text
    from eaeu_analysis.report.trace_known import known_of_claims

    by_id = {c.id: dict(c.values) for c in claims}
    billions = [1e9 * values["billion"] for values in by_id.values() if "billion" in values]
    ratio = by_id["tariffs.average"]["new"] / by_id["tariffs.average"]["own"]
    said = 1e6 * _leading(by_id["revenue.duty"]["value"] / 1e6, 1)  # "about 600 million", the exact one beside it
    known = known_of_claims(claims)
    extra = np.sort(np.concatenate([known.numbers[""], [*billions, ratio, said]]))
    known = dataclasses.replace(known, numbers={**known.numbers, "": extra})
    body = render(briefs["en"], form)
    if form == "pdf":
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
        found = trace_text(text.partition("Grades: A")[0], known)  # the sources that follow are names
    else:
        found = {"md": trace_markdown, "html": trace_html}[form](body.decode(), known)
    assert found == []
    changed = trace_text(briefs["en"].parts["for"][0].text.replace("6 to 11", "6 to 12.7"), known)
    assert [untold.number for untold in changed] == ["12.7"]


@pytest.mark.parametrize("lang", LANGS)
def test_the_numbers_of_the_pdf_are_those_of_the_brief(
    lang: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    pages = pypdf.PdfReader(io.BytesIO(pdfs[lang])).pages
    body = letters(" ".join(page.extract_text() for page in pages).partition(briefs[lang].small[0][:12])[0])
    marks = r"\[[^\]]*\]|\d/\d"
    brief = briefs[lang]
    told = letters(" ".join(lines(brief)))
    left = re.sub(marks, " ", body)
    for number in re.findall(r"\d+(?:[.,]\d+)*", left):
        assert number in told, number


# --- languages


def flat(table: dict, place: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= flat(value, f"{place}{key}.") if isinstance(value, dict) else {f"{place}{key}": value}
    return found


FORMS = ("plural", "verb", "gender")  # whose keys follow the language's grammar


def texts(lang: str) -> dict[str, str]:
    tables = brief_words.find(lang).tables
    return flat({name: rows for name, rows in tables.items() if name not in FORMS and not _form(name)})


def _form(table: str) -> bool:
    """A table of another form of words, as economy_of."""
    return table.rpartition("_")[0] in ("economy", "outcome", "partner", "flow", "group", "panel", "chapter", "unit")


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_no_text_is_missing_in_any_language(lang: str) -> None:
    assert texts(lang).keys() == texts("en").keys()


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_numbers_of_a_text_are_those_of_the_english_one(lang: str) -> None:
    """Field by field: what measures is told in each language, and no digit is typed into a text."""

    def measured(text: str) -> set[str]:
        fields = re.findall(r"\{(\w+)(?::([^}]*))?\}", text)
        return {name for name, spec in fields if not spec.startswith(("n.", "verb")) and name not in WORDS}

    for key, text in texts(lang).items():
        assert measured(text) == measured(texts("en")[key]), key


WORDS = ("economy", "outcome", "partner", "flow", "group", "panel", "pool", "measure", "change")


@pytest.mark.parametrize("lang", LANGS)
def test_no_number_is_typed_into_a_text(lang: str) -> None:
    for key, text in texts(lang).items():
        if key.partition(".")[0] not in ("unit",):
            assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", text)), key


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_no_english_sentence_is_left(lang: str, briefs: dict[str, Brief]) -> None:
    english = {text for text in lines(briefs["en"]) if " " in text}
    assert not english & set(lines(briefs[lang]))
    common = re.compile(r"\b(the|of|and|with|would|which|from|that|is|are|by|what|than)\b", re.IGNORECASE)
    for text in lines(briefs[lang]):
        assert not common.search(text), text


def test_every_claim_with_a_side_has_its_sentence_in_every_language(claims: list[Claim]) -> None:
    for lang in LANGS:
        known = brief_words.find(lang)
        for c in claims:
            if c.topic != "unsupported":
                assert known.has("say", FAMILIES.get(c.template, c.template)), (lang, c.id, c.template)
                assert known.has("caveat", c.caveat), (lang, c.id, c.caveat)
            else:
                assert known.has("heard", c.id.partition(".")[2]), (lang, c.id)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_topic_makes_a_brief_in_every_language(lang: str, topic: str, claims: list[Claim]) -> None:
    brief = compose([c for c in claims if c.topic == topic], lang, topic)
    assert brief.topic == topic
    assert all(name.startswith(f"{topic}.") for rows in brief.parts.values() for line in rows for name in line.claims)
    assert "{" not in " ".join(lines(brief))


def test_nouns_follow_the_plural_rules_of_the_language() -> None:
    english = brief_words.find("en")
    assert [english.noun("years", n) for n in (1, 2, 4, 5)] == ["year", "years", "years", "years"]
    russian = brief_words.find("ru")
    told = [russian.noun("years", n) for n in (1, 2, 4, 5, 11, 21, 22, 1.5)]
    assert told == ["год", "года", "года", "лет", "лет", "год", "года", "года"]
    with pytest.raises(BadInputError, match=r"no noun plural\.tables"):
        russian.noun("tables", 2)


def test_verbs_agree_with_what_rose_or_fell(briefs: dict[str, Brief]) -> None:
    told = [plain(line.text) for line in briefs["ru"].parts["fared"]]
    assert told[0].startswith("Торговля (экспорт плюс импорт) снизилась с ")
    assert told[1].startswith("Переводы мигрантов выросли с ")
    assert told[2].startswith("ВВП на душу населения вырос с ")


# --- formats


@pytest.mark.parametrize("lang", LANGS)
def test_the_pdf_has_two_sides_of_a4_and_all_the_text(
    lang: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdfs[lang]))
    assert len(reader.pages) <= 2
    for page in reader.pages:
        assert [round(float(v)) for v in page.mediabox[2:]] == [595, 842]
    seen = letters(" ".join(page.extract_text() for page in reader.pages))
    for text in lines(briefs[lang]):
        assert letters(text) in seen, text


def test_a_number_below_zero_has_a_minus_sign_and_no_hyphen(briefs: dict[str, Brief], pdfs: dict[str, bytes]) -> None:
    """A hyphen is given back as a soft one by some readers of PDF, and the sign would be lost."""
    for lang, brief in briefs.items():
        assert not re.search(r"(?<![\w–])-\d", " ".join(lines(brief)))
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdfs[lang])).pages)
        assert "−33" in text


def letters(text: str) -> str:
    """Text without spaces, hyphens and line ends, as a PDF gives it back."""
    return re.sub(r"[\s\u00a0\u00ad\u202f-]+", "", text)


@pytest.mark.parametrize("lang", LANGS)
def test_the_same_brief_has_the_same_bytes_and_no_clock(
    lang: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    assert render(briefs[lang], "pdf") == pdfs[lang]
    facts = pypdf.PdfReader(io.BytesIO(pdfs[lang])).metadata
    assert "/CreationDate" not in facts
    assert "/ModDate" not in facts
    assert facts.title == briefs[lang].title


@pytest.mark.parametrize("lang", LANGS)
def test_the_fonts_are_embedded_and_hold_every_letter(lang: str, pdfs: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdfs[lang]))
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all("Libertinus" in font["/BaseFont"] for font in fonts)
    assert "\ufffd" not in "".join(page.extract_text() for page in reader.pages)


def test_the_day_is_that_of_the_environment_and_no_other(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    told = {lang: compose(claims, lang).small[-1] for lang in LANGS}
    assert told["en"].startswith("Made on 1 January 2026 from eaeu_analysis")
    assert "1 января 2026" in told["ru"]
    assert "2026-yil 1-yanvar" in told["uz"]


def test_labels_are_inert_in_every_format(claims: list[Claim]) -> None:
    from eaeu_analysis.series import SeriesInfo

    nasty = dataclasses.replace(
        next(c for c in claims if c.id == "tariffs.most.rise"),
        words={"chapter": f"={NASTY}", "code": "=02"},
        series=(SeriesInfo(code="x", source=NASTY),),
        grade="A",
    )
    brief = compose([nasty], "en", "tariffs")
    page = render(brief, "html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    text = render(brief, "md").decode()
    assert "<script>" not in re.sub(r"\\\\", "", text).replace("\\<", "")
    assert not re.search(r"(?<!\\)(\*bold|\[link|\]\(x)", text)
    assert not re.search(r"^\s*[=+@#]\w*cmd", text, re.MULTILINE)
    pages = pypdf.PdfReader(io.BytesIO(render(brief, "pdf"))).pages
    seen = letters(" ".join(page.extract_text() for page in pages))
    assert letters("<script>alert(1)</script>").replace("-", "") in seen
    assert letters("#typst *bold* [link](x) $x$ @y") in seen
    assert json.loads(render(brief, "json"))["parts"]["against"]["lines"][0]["text"].count(NASTY) == 1


def test_the_page_asks_nobody_for_anything(briefs: dict[str, Brief]) -> None:
    for lang, brief in briefs.items():
        page = render(brief, "html").decode()
        assert f'<html lang="{lang}">' in page
        assert not re.search(r"<(script|link|img|iframe)\b", page)
        assert not re.search(r'(src|href)=(?!"#)', page)
        assert "url(" not in page
        assert "prefers-color-scheme: dark" in page
        marks = set(re.findall(r'href="#(S\d+)"', page))
        assert marks
        assert marks == {mark for mark, _, _ in brief.sources} == set(re.findall(r'id="(S\d+)"', page))


# --- writing


@pytest.fixture
def at_hand(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims as if they had been computed before."""
    from eaeu_analysis.report import collect

    def some(*_: object, topic: str | None = None, **__: object) -> list[Claim]:
        wanted = collect._topics(topic)
        return [c for c in claims if c.topic in wanted]

    monkeypatch.setattr(collect, "claims", some)
    monkeypatch.setattr(collect, "at_hand", lambda **_: True)


@pytest.mark.usefixtures("at_hand")
def test_a_brief_is_written_whole_and_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    out = tmp_path / "brief"
    done = ea.write_brief(out)
    assert done.files == tuple(f"brief.{form}" for form in FORMATS)
    assert "For joining" in done.summary()
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    again = ea.write_brief(out, formats=["md"])
    assert sorted(p.name for p in out.iterdir()) == ["brief.json", "brief.md"]
    assert again.files == ("brief.md", "brief.json")
    assert (out / "brief.md").read_bytes() == first["brief.md"]


@pytest.mark.usefixtures("at_hand")
def test_a_folder_that_is_no_brief_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(BadInputError, match="holds other things than a brief"):
        ea.write_brief(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    with pytest.raises(BadInputError, match="it is a file"):
        ea.write_brief(tmp_path / "mine" / "thesis.txt")


@pytest.mark.usefixtures("at_hand")
def test_a_run_that_fails_leaves_the_old_brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "brief"
    ea.write_brief(out, formats=["md"])
    before = (out / "brief.md").read_bytes()

    def broken(*_: object) -> bytes:
        raise OSError("broken")

    monkeypatch.setattr(brief_write, "render", broken)
    with pytest.raises(OSError, match="broken"):
        ea.write_brief(out, formats=["md"])
    assert (out / "brief.md").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--topic", "tarifs"], "topic 'tarifs' not known; did you mean 'tariffs'?"),
        (["--lang", "kk"], "language 'kk' not known; known: en, ru, uz"),
        (["--format", "docx"], "format 'docx' not known"),
        (["--format", ""], "format '' not known"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["brief", "--out", str(tmp_path / "out"), *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_cold_run_says_how_long_it_takes(
    claims: list[Claim], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from eaeu_analysis.report import collect

    monkeypatch.setattr(collect, "claims", lambda **_: claims)
    ea.brief()  # the tests keep nothing
    assert "a minute" in caplog.text
    assert "next brief" not in caplog.text
    caplog.clear()
    monkeypatch.setenv("EAEU_CACHE", "on")
    monkeypatch.setattr(collect, "at_hand", lambda **_: False)
    ea.brief()
    assert "the next brief on the same data takes seconds" in caplog.text
    caplog.clear()
    monkeypatch.setattr(collect, "at_hand", lambda **_: True)
    ea.brief()
    assert not caplog.text


@pytest.mark.usefixtures("at_hand")
def test_the_command_writes_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["brief", "--topic", "tariffs", "--out", str(out), "--format", "md,html"]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["brief.html", "brief.json", "brief.md"]
    assert "Against joining" in capsys.readouterr().out
    assert main(["brief", "--topic", "tariffs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["topic"] == "tariffs"
