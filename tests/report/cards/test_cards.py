"""Cards: every finding has one in three languages, nothing is cut or covered, the same data give the same bytes."""

from __future__ import annotations

import io
import json
import re
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.cards import draw, layout
from eaeu_analysis.report.cards.canvas import Box, Canvas, fit, font, width, wrap
from eaeu_analysis.report.cards.findings import LANGUAGES, LONGEST, finding, picture_rule, picture_rules
from eaeu_analysis.report.cards.layout import SHAPES, card_png
from eaeu_analysis.report.cards.write import write_cards
from eaeu_analysis.report.claims.claim import GRADES
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.topics import TOPICS
from eaeu_analysis.report.wording.templates import find_language

ROOT = Path(__file__).resolve().parents[3]
CLAIMS = {claim.id: claim for claim in shipped_claims()}


def texts(lang: str) -> dict:
    path = ROOT / "eaeu_analysis" / "report" / "wording" / "lang" / "cards" / f"{lang}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_the_texts_of_the_cards_are_there_in_every_language_with_the_same_fields(lang: str) -> None:
    own, english = texts(lang), texts("en")
    assert own.keys() == english.keys()
    for table in english.keys() - {"plural"}:
        assert own[table].keys() == english[table].keys(), table
        for key, text in english[table].items():
            fields = [set(re.findall(r"\{(\w+)", shown)) for shown in (text, own[table][key])]
            assert fields[0] == fields[1], f"{table}.{key}"


def test_every_topic_and_grade_has_its_text() -> None:
    words = find_language("en", "cards")
    assert all(words.has("topic_head", topic) for topic in TOPICS)
    assert all(words.has("evidence", grade) for grade in GRADES)


def test_addresses_are_readable_and_each_is_of_one_finding() -> None:
    slugs = [claim.slug for claim in CLAIMS.values()]
    assert len(set(slugs)) == len(slugs)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in slugs)
    assert CLAIMS["fared.trade.before_after"].slug == "fared-trade-before-after"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_caption_has_the_sentence_how_sure_the_source_and_the_address(lang: str) -> None:
    for claim in CLAIMS.values():
        found = finding(claim, lang)
        text = found.caption("https://example.org/eaeu/")
        assert len(text) < LONGEST
        assert text.startswith(found.sentence)
        assert all(part in text for part in (found.sure, found.source, found.as_of))
        page = {"en": "findings.html", "ru": "findings.ru.html", "uz": "findings.uz.html"}[lang]
        assert text.endswith(f"https://example.org/eaeu/{page}#{claim.slug}")
        assert f" {claim.grade}." in found.sure


def test_a_failed_check_is_stated_first() -> None:
    failed = CLAIMS["fared.trade.before_after"]
    assert finding(failed).sure.startswith(f"{len(failed.failed)} checks failed. ")
    assert finding(failed, "ru").sure.startswith("Не пройдены 3 проверки. ")
    assert "failed" not in finding(CLAIMS["tariffs.free"]).sure


def test_a_source_is_named_once_and_in_short() -> None:
    assert finding(CLAIMS["fared.trade.before_after"]).source == "Source: World Bank."
    assert finding(CLAIMS["leaning.published.uzb_remittances_russia"]).source == "Source: TASS, 25 Jul 2024."
    assert finding(CLAIMS["scenario.welfare"]).source.endswith("and others.")


def test_every_rule_of_a_picture_names_values_of_its_claims() -> None:
    for claim in CLAIMS.values():
        rule, values = picture_rule(claim), dict(claim.values)
        named = [row.value for row in rule.rows] + [row.label[1:] for row in rule.rows if row.label[0] == "="]
        named += [name for name in (rule.value, rule.lower, rule.upper) if name]
        assert set(named) <= set(values), claim.id
    kinds = {picture_rule(claim).kind for claim in CLAIMS.values()}
    assert kinds == {"lines", "interval", "bars", "part", "chance", "date"}  # so every finding has a picture
    assert all(rule.kind == "none" or rule.kind in kinds for rule in picture_rules().values())


def test_a_published_number_is_drawn_with_no_more_digits_than_its_source_has() -> None:
    canvas, found = Written(1000, 400), finding(CLAIMS["leaning.published.uzb_poll"])
    draw.draw(canvas, found, Box(0, 0, 1000, 400))
    assert {"74\u00a0%", "78\u00a0%"} <= {text for text, _ in canvas.boxes}


def test_a_date_is_drawn_to_scale() -> None:
    """December 2020 on a line from January 2010 to the end of the year of the data."""
    canvas, found = Written(1700, 400), finding(CLAIMS["leaning.timeline.observer"])
    draw.draw(canvas, found, Box(0, 0, 1700, 400))
    last = int(found.as_of.rstrip(".").split()[-1])
    place = {text: (box[0] + box[2]) / 2 for text, box in canvas.boxes}
    assert place["2020"] == pytest.approx(1700 * (10 + 11 / 12) / (last + 1 - 2010), abs=3)
    assert {"2010", str(last)} <= place.keys()


def test_the_lines_are_those_of_the_comparison_that_the_claim_is_about() -> None:
    compared = [c for c in CLAIMS.values() if c.template.startswith("before_after.")]
    assert len(compared) > 20
    for claim in compared[::4]:
        found = draw.compared(claim)
        assert found.estimate == pytest.approx(claim.values["change"], rel=1e-9), claim.id
        assert found.difference.test.n - 1 == claim.values["comparators"]


class Written(Canvas):
    """A canvas that remembers where its texts are, and draws no lines."""

    def __init__(self, wide: int, high: int) -> None:
        super().__init__(wide, high)
        self.boxes: list[tuple[str, tuple[float, ...]]] = []

    def text(self, text, x, y, size, colour, *, bold=False, anchor="ls") -> None:
        box = self.pen.textbbox((x, y), text, font=font(size, bold), anchor=anchor)
        self.boxes.append((text, box))

    def png(self) -> bytes:
        canvases.append(self)
        return b""


canvases: list[Written] = []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_text_is_cut_or_covers_another(lang: str, monkeypatch) -> None:
    monkeypatch.setattr(layout, "Canvas", Written)
    monkeypatch.setattr(draw, "_line_chart", lambda result, box, words: Image.new("RGB", (box.wide, box.high)))
    for shape in SHAPES:
        for claim in CLAIMS.values():
            canvases.clear()
            card_png(finding(claim, lang), shape)
            boxes = canvases[0].boxes
            for i, (text, (left, top, right, bottom)) in enumerate(boxes):
                where = (claim.id, shape.name, text)
                assert min(left, top, shape.width - right, shape.height - bottom) >= 0, where
                for other, (l2, t2, r2, b2) in boxes[:i]:
                    apart = left >= r2 or l2 >= right or top >= b2 or t2 >= bottom
                    assert apart, (*where, other)


def test_the_sentence_is_large_enough_for_a_phone() -> None:
    """A card is seen 300 pixels wide: 32 pixels of 1,200 are then 8."""
    for lang in LANGUAGES:
        for claim in CLAIMS.values():
            found = finding(claim, lang)
            wide = SHAPES[0].width - 2 * layout.MARGIN
            column = round(layout.COLUMN * wide) + layout.GAP if draw.has_picture(found) else 0
            assert fit(found.sentence, wide - column, 340, layout.SIZES)[0] >= 32, (lang, claim.id)


def test_a_line_is_broken_by_its_width_and_keeps_a_number_with_its_unit() -> None:
    lines = wrap("Trade fell from 133.6 to 99.9\u00a0% of GDP", 300, 30)
    assert all(width(line, 30) <= 300 for line in lines)
    assert sum("99.9\u00a0%" in line for line in lines) == 1
    assert " ".join(lines) == "Trade fell from 133.6 to 99.9\u00a0% of GDP"


def test_a_bar_is_drawn_from_the_smaller_end_whatever_its_sign() -> None:
    canvas = Canvas(40, 20)
    canvas.bar(30, 5, 10, 15, "#000000")
    assert canvas.image.getpixel((20, 10)) == (0, 0, 0)
    assert canvas.image.getpixel((35, 10)) == (255, 255, 255)


def test_an_interval_is_drawn_to_scale() -> None:
    """From -10 to 30 around 10, zero a quarter of the way."""
    canvas, claim = Written(1000, 400), CLAIMS["scenario.imports_from_CHN"]
    found = finding(claim)
    draw.draw(canvas, found, Box(0, 0, 1000, 400))
    place = {text: (box[0] + box[2]) / 2 for text, box in canvases_texts(canvas).items()}
    low, middle, high = ("\u221210.2", "\u22126.0", "\u22122.8")
    assert {low, middle, high} <= place.keys()
    share = (place[middle] - place[low]) / (place[high] - place[low])
    assert share == pytest.approx((claim.value - claim.lower) / (claim.upper - claim.lower), abs=0.02)


def canvases_texts(canvas: Written) -> dict[str, tuple[float, ...]]:
    return dict(canvas.boxes)


def test_cards_are_written_with_their_hashes_and_the_same_bytes_every_time(tmp_path, capsys) -> None:
    out = tmp_path / "cards"
    assert main(["cards", "--out", str(out), "--topic", "revenue", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [row["lang"] for row in shown["findings"]] == ["en"] * 3 + ["ru"] * 3 + ["uz"] * 3
    kept = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert kept.keys() == {"manifest.json", *(name for row in shown["findings"] for name in row["files"].values())}
    sizes = {Image.open(io.BytesIO(data)).size for name, data in kept.items() if name.endswith(".png")}
    assert sizes == {(1200, 630), (1080, 1080)}
    assert "{site}/findings.html#revenue-duty" in kept["en/revenue-duty.txt"].decode()
    write_cards(out, topic="revenue")
    assert {name: (out / name).read_bytes() for name in kept} == kept
    (out / "en" / "revenue-duty.txt").write_text("mine")
    with pytest.raises(BadInputError, match="was changed since"):
        write_cards(out, topic="revenue")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--topic", "tarifs"], "did you mean 'tariffs'"),
        (["--lang", "de"], "language 'de' not known"),
        (["--site", "example.org"], "expected an address such as https://"),
    ],
)
def test_a_wrong_option_is_one_sentence(options: list[str], sentence: str, tmp_path, capsys) -> None:
    assert main(["cards", "--out", str(tmp_path / "cards"), *options]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "cards").exists()
