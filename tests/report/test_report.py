"""The report: same bytes, numbers that are the results', nothing lost, and a page that stands alone."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from eaeu_analysis.compare import before_after
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError, PartialDataError
from eaeu_analysis.report import write_report
from eaeu_analysis.report.kept_run import ReportRun, as_requested, run_key, store_run
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.run_record import CRATE, RECORD
from eaeu_analysis.report.wording import sentences as report_words
from eaeu_analysis.settings import data_dir
from eaeu_analysis.text import format_number


def digest(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, material: Material) -> Path:
    out = tmp_path_factory.mktemp("report") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("eaeu_analysis.report.write.assemble", lambda *_: material)
        write_report(out)
    return out


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, material: Material) -> None:
    """Trade and scenario as they were computed once: they rest on shipped tables whatever the source is."""
    parts = {"trade": material.evidence.trade, "scenario": material.evidence.scenario}
    tasks = {name: (lambda part=part: part) for name, part in parts.items()}
    monkeypatch.setattr("eaeu_analysis.report.gather.evidence._long", lambda *_: tasks)


@pytest.fixture(scope="module")
def document(folder: Path) -> dict:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_the_same_inputs_give_the_same_bytes_in_other_processes_and_another_locale(
    folder: Path, tmp_path: Path
) -> None:
    env = {
        **os.environ,
        "LC_ALL": "C.UTF-8",
        "PYTHONIOENCODING": "ascii",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "7",
    }
    command = [sys.executable, "-m", "eaeu_analysis", "report", "--jobs", "2", "--out", str(tmp_path / "b")]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert digest(tmp_path / "b") == digest(folder)


def test_a_date_is_written_only_where_source_date_epoch_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.report.page.render import report_date as made_on

    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert made_on() == ""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    assert made_on() == "2026-01-01"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BadInputError, match="expected seconds since 1970"):
        made_on()


def test_no_clock_and_no_path_of_this_machine_in_any_file(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", errors="replace")  # brief.pdf is no text
            assert str(Path.home()) not in text
            assert str(folder.parent) not in text


def pages_of(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))}


def test_every_figure_has_its_source_under_it(folder: Path) -> None:
    """In a card, or in the figure itself: a link to the public address of what it rests on."""
    count = 0
    for page in pages_of(folder).values():
        boxes = [card for card in re.findall(r"<article.*?</article>", page, re.DOTALL) if "<figure" in card]
        boxes += re.findall(r'<figure id="picture-.*?</figure>', page, re.DOTALL)
        assert len(boxes) == page.count("<figure") - page.count('class="explore-figure"')  # the reader's own comparison
        for box in boxes:
            assert re.search(r'</div>.*<a href="https?://[^"]+">', box, re.DOTALL), box[:200]
        count += len(boxes)
    assert count > 30


def test_the_five_sentences_carry_the_numbers_of_before_after(document: dict) -> None:
    assert len(document["answers"]) == 5
    panel = load_panel(["trade", "exports", "imports", "gdp_per_head"])
    trade = before_after(panel, "trade", "KGZ", "2015-08-12")
    assert f"from {format_number(trade.treated['mean_before'], digits=1)} to" in document["answers"][0]
    wide = panel.wide("NE.TRD.GNFS.ZS")["KGZ"]  # and these are means anybody can take
    assert trade.treated["mean_before"] == pytest.approx(wide.loc[2010:2014].mean())
    assert trade.treated["mean_after"] == pytest.approx(wide.loc[2016:2019].mean())
    for name, place in (("exports", 1), ("imports", 1), ("gdp_per_head", 3)):
        result = before_after(panel, name, "KGZ", "2015-08-12")
        assert report_words.size(result.estimate) in document["answers"][place]


def test_every_number_in_the_answers_is_a_number_of_the_results(document: dict) -> None:
    """Each decimal number in the five sentences is found, as printed, among the numbers of the JSON document."""

    def numbers(value: object) -> list[float]:
        if isinstance(value, dict):
            return [n for v in value.values() for n in numbers(v)]
        if isinstance(value, list):
            return [n for v in value for n in numbers(v)]
        return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []

    printed = {report_words.size(n) for n in numbers(document["outcomes"])}
    printed |= {report_words.format_number(abs(n)) for n in numbers(document["outcomes"])}
    printed |= {f"{abs(n):.2f}" for n in numbers(document["outcomes"])}
    printed |= {report_words.format_number(abs(n)) for n in numbers(document["in_dollars"])}
    for sentence in document["answers"]:
        text = re.sub(r"\d{4}-\d\d\b|constant \d{4}", "", sentence)
        for found in re.findall(r"\d[\d,]*\.\d+", text):
            assert found in printed, (found, sentence)


def test_a_balance_keeps_its_sign(document: dict) -> None:
    """Kyrgyzstan's current account was negative in both windows; a sentence that drops the sign says the opposite."""
    row = next(r for r in document["outcomes"] if r["outcome"] == "current_account")
    assert row["rows"][0]["mean_before"] < 0
    assert f"from {format_number(row['rows'][0]['mean_before'], digits=1)} to -" in row["finding"]


def test_all_members_and_the_outcomes_asked_for_are_there(document: dict) -> None:
    events = {(row["unit"], row["event"]) for row in document["members"]}
    assert {("KGZ", "2015-08-12"), ("ARM", "2015-01-02")} <= events
    for member in ("BLR", "KAZ", "RUS"):
        assert {event[:4] for unit, event in events if unit == member} == {"2010", "2015"}
    outcomes = {row["outcome"] for row in document["outcomes"]}
    assert outcomes >= {
        "trade",
        "exports",
        "imports",
        "real_exports",
        "real_imports",
        "exports_per_head",
        "fdi",
        "remittances",
        "remittances_usd",
        "remittances_published",
        "tariff",
        "customs_duties",
        "gdp_growth",
        "inflation",
        "current_account",
        "exchange_rate",
    }


def test_the_talking_points_lie_next_to_the_page(folder: Path) -> None:
    assert (folder / "brief.pdf").read_bytes().startswith(b"%PDF-")
    for name, page in pages_of(folder).items():
        assert page.count('href="brief.pdf"') == 1, name


def test_csv_tables_read_back(folder: Path, document: dict) -> None:
    with (folder / "tables" / "members.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(document["members"])
    for row, origin in zip(rows, document["members"], strict=True):
        assert row["unit"] == origin["unit"]
        if origin["change"] is not None:
            assert float(row["change"]) == pytest.approx(origin["change"], rel=1e-9)


def test_every_page_asks_for_nothing_from_elsewhere_and_every_link_has_its_place(folder: Path) -> None:
    pages = pages_of(folder)
    assert {"index.html", "index.ru.html", "index.uz.html", "findings.ru.html", "data.html", "changes.html"} <= set(
        pages
    )
    ids = {name: re.findall(r'\sid="([^"]+)"', page) for name, page in pages.items()}
    for name, page in pages.items():
        assert not re.findall(r"""\ssrc\s*=\s*["'](?!figures/)""", page)
        assert "url(http" not in page
        scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.S)
        allowed = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
        assert re.findall(r"'sha256-([^']+)'", page) == allowed  # and no other script may run
        assert len(ids[name]) == len(set(ids[name]))
        for target in re.findall(r'\s(?:href|src)="([^"]+)"', page):
            file, _, place = target.partition("#")
            if file.startswith(("https://", "http://", "data:")):
                continue
            assert not file or (folder / file).is_file(), (name, target)
            if place and not place.startswith("svgView"):
                assert place in ids[file or name], (name, target)
        for tag in re.findall(r"<svg[^>]*>", page):
            assert 'role="img" aria-label="' in tag or 'aria-hidden="true"' in tag, tag


def test_the_report_is_light(folder: Path) -> None:
    """A page is read before its pictures are there; pages, pictures and tables of a language are under three megabytes,
    and with what is only read when a reader chooses comparisons under four."""
    pages = {path.name: path.stat().st_size for path in folder.glob("*.html")}
    assert max(pages.values()) < 300 * 1024, pages
    texts = ("report.json", "report.md", "manifest.json", RECORD, CRATE)  # for programs
    sizes = {p.relative_to(folder).as_posix(): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    for lang in ("en", "ru", "uz"):
        others = {other for other in ("en", "ru", "uz") if other != lang}
        translated = {name.replace(f".{lang}.", ".") for name in sizes if f".{lang}." in name}  # read in its place
        left = {*texts, *translated}
        shown = {n: size for n, size in sizes.items() if n not in left and not others & set(re.split(r"[./]", n))}
        assert sum(size for name, size in shown.items() if not name.startswith("explore/")) < 3_000_000, lang
        assert sum(shown.values()) < 4_000_000, lang


def test_a_link_shows_a_sentence_and_a_picture_where_it_is_sent(
    folder: Path, document: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, page in pages_of(folder).items():
        found = dict(re.findall(r'<meta property="og:([a-z]+)" content="([^"]*)">', page))
        assert found["title"]
        assert len(found["description"]) > 10
        assert found["url"] == name
        assert (folder / found["image"]).read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("EAEU_SITE", "https://example.org/eaeu/")
    made = as_requested({"index.html": pages_of(folder)["index.html"]}, ("html", "pdf"), None)["index.html"]
    assert '<meta property="og:url" content="https://example.org/eaeu/index.html">' in made
    assert '<meta property="og:image" content="https://example.org/eaeu/share/answer.en.png">' in made


def test_cards_lie_next_to_the_page_where_they_are_asked_for(
    folder: Path, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(material, claims=tuple(c for c in material.claims if c.topic in ("tariffs", "scenario")))
    monkeypatch.setattr("eaeu_analysis.report.write.assemble", lambda *_: few)
    write_report(tmp_path / "out", formats=["html", "cards"])
    page = (tmp_path / "out" / "findings.ru.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(cards/[^"]+)"', page)
    assert len(links) == len(few.claims)
    for link in links:
        page = (tmp_path / "out" / link).read_text(encoding="utf-8")
        pictures = set(re.findall(r'"([\w-]+\.(?:wide|square)\.png)"', page))
        assert len(pictures) == 2
        assert all((tmp_path / "out" / link).with_name(p).read_bytes().startswith(b"\x89PNG") for p in pictures)
    assert "cards/" not in pages_of(folder)["findings.ru.html"]


def test_a_folder_that_is_no_report_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(BadInputError, match="which this program did not write"):
        write_report(tmp_path)
    assert (tmp_path / "thesis.docx").read_text() == "years of work"
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(BadInputError, match="it is a file"):
        write_report(file)


def test_a_failed_run_leaves_the_old_report(folder: Path, material: Material, tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "out"
    shutil.copytree(folder, out)
    before = digest(out)
    monkeypatch.setattr("eaeu_analysis.report.write.assemble", lambda *_: material)
    monkeypatch.setattr("eaeu_analysis.report.page.render.page_markdown", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(out)
    assert digest(out) == before
    assert list(tmp_path.iterdir()) == [out]


def test_a_kept_report_serves_any_format_language_and_comparison(
    folder: Path, material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EAEU_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("EAEU_CACHE", "on")
    texts = {name: data for name, data in content(folder).items() if name != "brief.pdf"}
    run = ReportRun(texts, material.claims, ("yes",), ())
    store_run(run_key({"unit": "KGZ", "bloc": "EAEU", "source": "pinned"}, "pinned"), run)
    monkeypatch.setattr("eaeu_analysis.report.write.assemble", lambda *_: pytest.fail("the analyses run again"))

    write_report(tmp_path / "all")
    assert {n: d for n, d in content(tmp_path / "all").items() if n != "brief.pdf"} == texts
    write_report(tmp_path / "md", formats=["md"])
    few = {name for name in texts if name.startswith(("figures/", "report."))}
    assert content(tmp_path / "md") == {name: texts[name] for name in few}
    write_report(tmp_path / "csv", formats=["csv"])
    assert {name.partition("/")[0] for name in content(tmp_path / "csv")} == {"report.json", "tables"}
    write_report(tmp_path / "ru", formats=["pdf", "html"], lang="ru")
    assert (tmp_path / "ru" / "index.html").read_bytes() == texts["index.html"]
    assert (tmp_path / "ru" / "brief.pdf").read_bytes() != (tmp_path / "all" / "brief.pdf").read_bytes()

    accepted = tmp_path / "accepted.json"
    write_report(tmp_path / "checked", formats=["html", "md"], check=accepted, accept=True)
    body = json.loads(accepted.read_text(encoding="utf-8"))
    body["claims"]["tariffs.average"]["value"] = 9.0
    accepted.write_text(json.dumps(body), encoding="utf-8")
    done = write_report(tmp_path / "checked", formats=["html", "md"], check=accepted)
    assert done.drift is not None
    assert done.drift.drifted
    found = content(tmp_path / "checked")
    assert json.loads(found["report.json"])["drift"]["drifted"]
    sentence = next(c["sentence"] for c in json.loads(found["report.json"])["claims"] if c["id"] == "tariffs.average")
    for name in ("changes.html", "report.md"):
        text = html.unescape(found[name].decode()).replace("\u00a0", " ")
        assert "1 of " in text
        assert sentence in text
        assert "no accepted state was named" not in text
    assert not [name for name, data in found.items() if name.endswith(".html") and b"brief.pdf" in data]
    assert b'href="findings.html#tariffs-average"' in found["changes.html"]
    assert sentence.encode() in found["tables/shown/changed-claims.csv"].replace(b'""', b'"')


def content(folder: Path) -> dict[str, bytes]:
    """The files of a report by name, without its records."""
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    return {name: data for name, data in found.items() if name not in ("manifest.json", RECORD, CRATE)}


def test_a_tampered_table_stops_the_report_and_is_named(folder: Path, tmp_path: Path) -> None:
    pinned = tmp_path / "pinned"
    shutil.copytree(data_dir() / "pinned", pinned)
    table = next(pinned.glob("NE.TRD.GNFS.ZS--*.parquet"))
    table.write_bytes(table.read_bytes()[:-9] + b"tampered!")
    with pytest.raises(IntegrityError, match=re.escape(table.name)):
        write_report(tmp_path / "out", source=pinned)
    assert not (tmp_path / "out").exists()


def test_partial_data_are_stated_and_strict_refuses(quick: None, tmp_path: Path) -> None:
    pinned = tmp_path / "pinned"
    shutil.copytree(data_dir() / "pinned", pinned)
    package = json.loads((pinned / "datapackage.json").read_text())
    dropped = [r for r in package["resources"] if r["code"] == "TM.TAX.MRCH.WM.AR.ZS"]
    package["resources"] = [r for r in package["resources"] if r not in dropped]
    (pinned / "datapackage.json").write_text(json.dumps(package))
    report = write_report(tmp_path / "out", source=pinned)
    assert [name for name, _ in report.missing] == ["tariff"]
    assert "tariff" in report.summary()
    page = (tmp_path / "out" / "fared.html").read_text(encoding="utf-8")
    assert "not available" in page
    with pytest.raises(PartialDataError, match="tariff"):
        report.require_complete()


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"unit": "Kirgizia"}, BadInputError, "did you mean 'KGZ'"),
        ({"unit": "UZB"}, BadInputError, "UZB"),
        ({"bloc": "EAUE"}, BadInputError, "did you mean 'EAEU'"),
        ({"formats": ["htm"]}, BadInputError, "did you mean 'html'"),
        ({"formats": []}, BadInputError, "format '' not known"),
        ({"formats": ["pdf"], "unit": "ARM"}, BadInputError, "about KGZ in the EAEU; not ARM"),
        ({"lang": "kk"}, BadInputError, "language 'kk' not known"),
        ({"source": "nowhere"}, BadInputError, "'nowhere' not known"),
    ],
)
def test_bad_input_gets_one_sentence_and_writes_nothing(tmp_path: Path, change: dict, error: type, says: str) -> None:
    with pytest.raises(error) as caught:
        write_report(tmp_path / "out", **change)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_source_without_any_outcome_says_so(tmp_path: Path) -> None:
    file = tmp_path / "XX.YY.csv"
    file.write_text("iso3,year,value\nKGZ,2014,1\n")
    with pytest.raises(NoDataError):
        write_report(tmp_path / "out", source=file)
