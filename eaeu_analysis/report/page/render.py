"""Material -> the pages of the report and its Markdown: text in memory, nothing written here."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import html
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...data.freshness import newest_edition
from ...errors import BadInputError
from ...results import to_plain
from ...text import clean_text
from ..template_files import template_engine, template_file
from ..trace.known_numbers import known_of_drift
from ..trace.trace import require_traced, trace_html, trace_markdown
from ..wording import sentences
from ..wording.labels import readable
from ..wording.stated import day_text, translated
from ..wording.templates import bind, find_language, languages
from . import sections
from .chart import page_style
from .document import csv_tables
from .explore import insert_files
from .figures import draw_all
from .findings import findings_page, number_files
from .front import front
from .links import linked
from .parts import PageSection, tables_of
from .sections.drift import changed_section

if TYPE_CHECKING:
    from jinja2 import Environment

    from ..cards.findings import CardFinding
    from ..claims.claim import Claim
    from ..drift.changes import Drift
    from ..gather.content import Content
    from ..wording.templates import Language
    from .chart import Picture
    from .front import Front
    from .material import Material

BRIEF = "brief.pdf"  # the talking points next to the page
SHORT = {"en": "EN", "ru": "РУ", "uz": "O\u02bbZ"}
NAMES = {"en": "English", "ru": "Русский", "uz": "O\u02bbzbekcha"}
PAGES = ("index", "findings", *sections.PAGES)
ANSWER = "scenario.welfare"  # the claim that answers the question
COMPARED, ENDS = ("fared", "members"), ("first", "last")
BETWEEN_TAGS = re.compile(r">[^<>]*<")
CARD = re.compile(r'<a class="card-file"[^>]*>.*?</a>\n')


@lru_cache
def _engine() -> Environment:
    filters = {"cell": _cell, "plain": to_plain, "line": _line, "bound": _bound, "linked": linked}
    engine = template_engine(filters, finalize=_inert)
    engine.policies["json.dumps_function"] = _json
    return engine


def _inert(value: Any) -> Any:
    """What a template prints, without characters that act unseen; what is marked as safe is the program's own."""
    return clean_text(value) if type(value) is str else value


def _json(value: Any, **how: Any) -> str:
    """JSON with letters of every alphabet as they are, without characters that act unseen."""
    return clean_text(json.dumps(value, ensure_ascii=False, **how))


def _bound(text: Any) -> str:
    """Text whose numbers stay on one line with their unit: '33.7 %', 'p = 0.14'; without names of the program."""
    bound = re.sub(r"(\d) (?=(?:%|pp\b|bn\b|tn\b|m\b|million\b|billion\b))", "\\1\u00a0", readable(str(text)))
    return bind(re.sub(r"\bp = (?=\d)", "p\u00a0=\u00a0", bound))


def _line(text: Any) -> str:
    """Text for Markdown in which what is markup in a label stays text: HTML, emphasis, links, code, one line."""
    phrase = " ".join(str(text).split())
    for mark in ("\\", "`", "*", "_", "[", "]"):
        phrase = phrase.replace(mark, "\\" + mark)
    return phrase.replace("&", "&amp;").replace("<", "&lt;")


def _cell(text: Any) -> str:
    """The same for a table's cell, which a pipe would end."""
    return _line(text).replace("|", "\\|")


def report_date() -> str:
    """The day of SOURCE_DATE_EPOCH, nothing when it is not set: a report has no clock of its own.

    Raises BadInputError when it is set to what is no time.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not stated:
        return ""
    try:
        return dt.datetime.fromtimestamp(int(stated), dt.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise BadInputError(f"SOURCE_DATE_EPOCH is {stated!r}; expected seconds since 1970, as 1767225600") from None


def file_of(page: str, lang: str = "en") -> str:
    """The name of a page's file: "index.html", "index.ru.html"."""
    page = page if sections.in_language(page, lang) else "findings"
    return f"{page}.html" if lang == "en" else f"{page}.{lang}.html"


def language_of(name: str) -> str:
    """The language of a page by the name of its file."""
    part = name.split(".")[-2]
    return part if part in languages() else "en"


def card_of(lang: str) -> str:
    """The file of the picture that goes with a link to a page in that language."""
    return f"share/answer.{lang}.png"


@dataclass(frozen=True)
class Other:
    """The same page in another language, or another page, as a link."""

    id: str
    href: str
    name: str
    lang: str = "en"
    short: str = ""
    about: str = ""
    here: bool = False

    @property
    def code(self) -> str:
        return self.lang


@dataclass(frozen=True)
class Pages:
    """What all pages share: the material, its pictures by language and name, the sections by language and page."""

    material: Material
    pictures: Mapping[str, Mapping[str, Picture]]
    blocks: Mapping[str, Mapping[str, Sequence[PageSection]]]

    @property
    def day(self) -> str:
        return newest_edition(self.material.series)

    def shared(self, page: str, lang: str) -> dict[str, Any]:
        """What the layout of a page asks for."""
        words, content = find_language(lang, "page"), self.material.content
        member = {"economy": f"economy.{content.unit}"}

        def say(table: str, key: str, values: Any = None, given: Any = None) -> str:
            return words.say(table, key, values, {**member, **(given or {})})

        others = [Other(page, file_of(page, code), NAMES[code], code, SHORT[code]) for code in languages()]
        pages = [
            Other(
                name,
                file_of(name, lang),
                say("nav", name),
                lang,
                about="" if name == "index" else say("about", name),
                here=name == page,
            )
            for name in PAGES
            if sections.in_language(name, lang)
        ]
        return {
            "say": say,
            "lang": lang,
            "kind": page,
            "langs": others,
            "pages": pages,
            "findings": file_of("findings", lang),
            "checks": file_of("checks", lang),
            "version": __version__,
            "brief": BRIEF,
            "made_on": report_date(),
            "address": file_of(page, lang),
            "card": card_of(lang) if any(claim.id == ANSWER for claim in self.material.claims) else "",
            "images": "",
            "warning": f"{translated(words, sentences.fallback_sentence(content.substitutes))}."
            if content.substitutes
            else "",
            "missing": translated(
                words, self.material.missing.get("claims", "no claim is supported by the available data")
            ),
            "style": _slim_style(template_file("style.css") + page_style()),
            **_scripts([_slim(template_file("page.js"))]),
        }


def _slim(text: str) -> str:
    """A style sheet or a script without its indentation and its lines of comment: every page has a copy."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _slim_style(text: str) -> str:
    """A style sheet without the spaces that it does not need."""
    return re.sub(r"(?<=:) (?=[\w#-])|(?<=[{};,])\s+|\s+(?=[{}])", "", _slim(text))


def _short(page: str) -> str:
    """A page with quotes in its text as they are: only within a tag they must be escaped."""
    return BETWEEN_TAGS.sub(lambda text: text.group().replace("&#39;", "'").replace("&#34;", '"'), page)


def _scripts(texts: Sequence[str]) -> dict[str, Any]:
    """The scripts of a page, each once, with the hashes that alone may run."""
    held = list(dict.fromkeys(text for text in texts if text))
    return {"scripts": held, "hashes": [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in held]}


def prepare(
    material: Material, pictures: Mapping[str, Picture] | None = None, langs: Sequence[str] | None = None
) -> Pages:
    """The sections and pictures of the pages in these languages (all by default), made once."""
    langs = languages() if langs is None else langs
    drawn = {lang: draw_all(material, find_language(lang, "page")) if pictures is None else pictures for lang in langs}
    return Pages(material, drawn, {lang: sections.build_sections(material, drawn[lang], lang) for lang in langs})


def html_files(pages: Pages) -> dict[str, str]:
    """Every page of the prepared languages, and the pictures and tables that they show, by name; with the English
    pages what has no language."""
    made: dict[str, str] = {}
    for lang in pages.blocks:
        found = front(pages.material, lang, pages.day)
        made[file_of("index", lang)] = _front_html(pages, found)
        shown = [found.picture, *(door.picture for door in found.doors)]
        made |= picture_files([picture for picture in shown if picture is not None], "pictures")
        made[file_of("findings", lang)] = _findings_html(pages, lang)
    if "en" in pages.blocks:
        made |= number_files(pages.material.claims) | insert_files(pages.material)
    for lang, own in pages.blocks.items():
        made |= {file_of(name, lang): _reference_html(pages, name, lang) for name in own}
        made |= table_files([block for blocks in own.values() for block in blocks])
    return made


def picture_files(pictures: Iterable[Picture], folder: str = "figures") -> dict[str, str]:
    """Each picture and its values as files of that folder."""
    found: dict[str, str] = {}
    for picture in pictures:
        found |= {f"{folder}/{picture.id}.svg": picture.svg, f"{folder}/{picture.id}.csv": picture.csv}
    return found


def table_files(blocks: Sequence[PageSection]) -> dict[str, str]:
    """The tables of these sections as they are shown."""
    return {table.file: table.csv for block in blocks for table in tables_of(block.parts)}


def _front_html(pages: Pages, found: Front) -> str:
    shared = pages.shared("index", found.lang)
    about = " ".join(answer.text for answer in found.answers)
    values = {
        **shared,
        "style": f"{shared['style']}{_slim_style(template_file('explore.css'))}",
        **_scripts([*shared["scripts"], *(template_file("explore.js") for door in found.doors if door.insert)]),
        "front": found,
        "title": found.title,
        "heading": found.title,
        "about": about or found.lead,
        "lead": found.lead,
    }
    return _engine().get_template("front.html").render(values)


def _findings_html(pages: Pages, lang: str) -> str:
    shared = pages.shared("findings", lang)
    found = findings_page(pages.material, pages.pictures[lang], _places(pages, lang), lang)
    title, say = shared["say"]("page", "findings_title"), shared["say"]
    values = {
        **shared,
        "found": found,
        "title": f"{title}. {say('page', 'title')}",
        "heading": title,
        "about": found.balance,
        "lead": say("page", "findings_lead", {}, {"day": f"date.{pages.day}"}),
        "how": say("findings", "how"),
        "shown": say("findings", "shown", {}, {"shown": "=#", "all": f"={found.count}"}),
    }
    return _short(_engine().get_template("findings.html").render(values))


def _places(pages: Pages, lang: str) -> dict[str, str]:
    """The page that shows each picture, in that language."""
    places = {}
    for name, blocks in pages.blocks[lang].items():
        for block in blocks:
            for part in block.parts:
                for card in getattr(part, "cards", ()):
                    places[card.id] = file_of(name, lang)
    return {name: places[name] for name in pages.pictures[lang] if name in places}


def _reference_html(pages: Pages, page: str, lang: str) -> str:
    shared = pages.shared(page, lang)
    blocks, say = pages.blocks[lang][page], shared["say"]
    title, about = say("nav", page), say("about", page)
    day = f"{about[:1].upper()}{about[1:]}. {say('page', 'as_of', {}, {'day': f'date.{pages.day}'})}"
    values = {
        **shared,
        "blocks": blocks,
        "title": f"{title}. {say('page', 'title')}",
        "heading": title,
        "about": f"{about[:1].upper()}{about[1:]}.",
        "lead": _lead(pages.material.content, page, find_language(lang, "page")) if page in COMPARED else day,
    }
    return _engine().get_template("reference.html").render(values)


def _lead(content: Content, page: str, words: Language) -> str:
    """What a page compares, and of when the data are."""
    day = {"day": f"date.{newest_edition(content.series)}"}
    if page == "members":
        return words.say(page, "lead", {}, day)
    first = next(s.narrow for s in content.sections if s.narrow)
    spans = {"before": first.windows.before, "after": first.windows.after}
    years = {f"{name}_{end}": year for name, span in spans.items() for end, year in zip(ENDS, span, strict=True)}
    dates = sorted({info.vintage for info in content.series if info.vintage}) or [day["day"].partition(".")[2]]
    named = {
        "economy": f"economy.{content.unit}",
        "joined": f"={day_text(words, content.event)}",
        "skipped": f"={', '.join(map(str, first.windows.skipped))}",
        "oldest": f"={day_text(words, dates[0])}",
        "newest": f"={day_text(words, dates[-1])}",
    }
    return words.say("fared", "lead", years, {**day, **named})


def page_markdown(pages: Pages) -> str:
    """The whole report in Markdown, in English; figures are files next to it."""
    shared, content = pages.shared("index", "en"), pages.material.content
    answers = sentences.answers(content)
    values = {
        **shared,
        "title": f"{content.name} and the {content.bloc}: before and after",
        "lead": _lead(content, "fared", find_language("en", "page")),
        "answers": answers,
        "answers_title": f"The answer in {sentences.count(len(answers))} sentence{'s' if len(answers) != 1 else ''}",
        "found": findings_page(pages.material, pages.pictures["en"], _places(pages, "en"), "en"),
        "how": shared["say"]("findings", "how"),
        "owners": "; ".join(sorted({info.source for info in pages.material.series if info.source})),
        "blocks": [block for blocks in pages.blocks["en"].values() for block in blocks],
    }
    return _engine().get_template("page.md").render(values)


def data_tables(pages: Pages) -> dict[str, str]:
    """The tables of the report in full precision, by the name of their file."""
    return {f"tables/{name}": text for name, text in csv_tables(pages.material).items()}


# -- what depends on the call


def without_brief(page: str, lang: str) -> str:
    """A main page without the link to the talking points."""
    values = {"brief": BRIEF, "say": lambda table, key: find_language(lang, "page").say(table, key)}
    return _replaced(page, _part("talking_points.html", values), "")


def without_cards(page: str) -> str:
    """A page of findings without the links to their cards."""
    return CARD.sub("", page)


def with_site(page: str, site: str) -> str:
    """A page with the whole address of itself and of its picture, which services that show a link ask for."""
    return re.sub(r'(<meta property="og:(?:url|image)" content=")', rf"\g<1>{html.escape(site)}/", page)


def with_drift(name: str, page: str, drift: Drift, claims: Sequence[Claim]) -> str:
    """The page of changes, or the Markdown, with what changed since the accepted claims.

    UntracedError when a number of the section is not one of the comparison.
    """
    end = name.rpartition(".")[2]
    words = find_language(language_of(name), "page")
    before, now = (
        _part(f"section.{end}", {"block": changed_section(found, words, claims), "say": words.say})
        for found in (None, drift)
    )
    trace = {"html": trace_html, "md": trace_markdown}[end]
    require_traced(trace(now, known_of_drift(drift, claims, words.code)), name)
    return _replaced(page, before, now)


def finding_page(found: CardFinding, site: str = "") -> str:
    """The page of one finding next to its card: what a service shows of a link to it, and a link to the finding.

    ``site``: the address of the published report, for the tags that must have a whole address.
    """
    say, root = find_language(found.lang, "page").say, f"{site.rstrip('/')}/" if site else ""
    values = {
        "found": found,
        "say": say,
        "heading": say("page", "title"),
        "here": f"{root}cards/{found.lang}/{found.slug}.html" if root else f"{found.slug}.html",
        "picture": f"{root}cards/{found.lang}/{found.slug}.wide.png" if root else f"{found.slug}.wide.png",
        "finding": f"../../{file_of('findings', found.lang)}#{found.slug}",
        "home": f"../../{file_of('index', found.lang)}",
    }
    return _part("finding.html", values)


def drift_tables(drift: Drift, claims: Sequence[Claim]) -> dict[str, str]:
    """The tables of that section as files, in every language."""
    return table_files([changed_section(drift, find_language(lang, "page"), claims) for lang in languages()])


def _replaced(page: str, before: str, now: str) -> str:
    """The page with one part of it in place of another, which is there once."""
    if page.count(before) != 1:
        raise AssertionError(f"{page.count(before)} times in the page: {before[:80]!r}")
    return page.replace(before, now)


def _part(template: str, values: Mapping[str, Any]) -> str:
    return _engine().get_template(template).render(values)
