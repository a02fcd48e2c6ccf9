"""All findings in one language: each with its place, its grade, what stands behind it, and what one may filter by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...reference.economies import economy_tables
from ..claims.claim import GRADES, SIDES, Claim
from ..claims.points import balance
from ..topics import TOPICS
from ..wording.stated import translated
from ..wording.templates import Language, bind, find_language
from .downloads import csv_text
from .front import grade_mark
from .links import SourceLink, linked, owners_of
from .parts import check_name

if TYPE_CHECKING:
    from .chart import Picture
    from .material import Material

LISTED = 3  # sources; longer lists that findings share are shown once


@dataclass(frozen=True)
class FindingEntry:
    """A finding as the page shows it; ``countries``: codes of the economies that it is about."""

    slug: str
    topic: str
    side: str
    side_name: str
    grade: str
    countries: tuple[str, ...]
    sentence: str
    sure: str
    caveat: str
    would_change: str
    failed: tuple[str, ...]
    passed: tuple[str, ...]
    method: str
    sources: tuple[SourceLink, ...]
    call: str
    figure: str
    values: str


@dataclass(frozen=True)
class FindingGroup:
    """The findings of a topic."""

    topic: str
    head: str
    entries: tuple[FindingEntry, ...]


@dataclass(frozen=True)
class FindingsPage:
    """``choices``: what each filter offers, (value, label) by its name; ``balance``: counts in a sentence or two;
    ``methods``: the papers of each method that has some, numbered; ``lists``: long lists of sources that several
    findings share, shown once."""

    groups: tuple[FindingGroup, ...]
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    balance: str
    grades: tuple[tuple[str, str], ...]
    count: int
    methods: Mapping[str, tuple[int, tuple[SourceLink, ...]]]
    lists: Mapping[tuple[SourceLink, ...], int]


def findings_page(
    material: Material, pictures: Mapping[str, Picture], places: Mapping[str, str], lang: str
) -> FindingsPage:
    """The findings of this material; ``places``: the page that shows a picture, by its name."""
    words, card = find_language(lang, "page"), find_language(lang, "cards")
    member = {"economy": f"economy.{material.content.unit}"}
    made = [_entry(claim, places, pictures, words, card) for claim in material.claims]
    groups = []
    for topic in TOPICS:
        own = tuple(entry for entry in made if entry.topic == topic)
        if own:
            groups.append(FindingGroup(topic, words.say("topic", topic, words=member), own))
    codes = sorted({code for entry in made for code in entry.countries})
    counts = {name: float(n) for name, n in balance(material.claims).items()}
    times = Counter(entry.sources for entry in made if len(entry.sources) > LISTED)
    papers_of = {translated(words, claim.method): claim.reference for claim in material.claims if claim.reference}
    sentences = [words.say("findings", "balance", counts)] + (
        [words.say("findings", "heard", counts)] if counts["heard"] else []
    )
    return FindingsPage(
        groups=tuple(groups),
        choices={
            "topic": tuple((g.topic, g.head) for g in groups),
            "side": tuple((side, words.say("side", side)) for side in SIDES),
            "grade": tuple((grade, f"{grade}: {card.say('evidence', grade)}") for grade in GRADES),
            "country": tuple(sorted(((c, words.word(f"economy.{c}")) for c in codes), key=lambda row: row[1])),
        },
        balance=" ".join(sentences),
        grades=tuple((grade, words.say("grade", grade)) for grade in GRADES),
        count=len(made),
        methods={method: (place, linked(papers)) for place, (method, papers) in enumerate(papers_of.items(), 1)},
        lists={own: place for place, own in enumerate((own for own, n in times.items() if n > 1), 1)},
    )


def _entry(
    claim: Claim, places: Mapping[str, str], pictures: Mapping[str, Picture], words: Language, card: Language
) -> FindingEntry:
    failed = [f"{check_name(c, words)}: {translated(words, c.text)}" for c in claim.failed]
    passed = [check_name(c, words) for c in claim.checks if c.passed]
    figure = claim.figure if claim.figure in pictures else ""
    return FindingEntry(
        slug=claim.slug,
        topic=claim.topic,
        side=claim.side,
        side_name=words.say("side", claim.side),
        grade=claim.grade,
        countries=countries_of(claim),
        sentence=bind(claim.text("sentence", words.code)),
        sure=grade_mark(claim, card, words),
        caveat=bind(claim.text("caveat", words.code)),
        would_change=bind(claim.text("would_change", words.code)),
        failed=tuple(dict.fromkeys(failed)),
        passed=tuple(dict.fromkeys(passed)),
        method=translated(words, claim.method),
        sources=owners_of(claim.series, words),
        call=claim.call,
        figure=f"{places[figure]}#{figure}" if figure in places else "",
        values=numbers_file(claim),
    )


def numbers_file(claim: Claim) -> str:
    """The file of a finding's numbers."""
    return f"tables/findings/{claim.slug}.csv"


def number_files(claims: Sequence[Claim]) -> dict[str, str]:
    """The numbers of each finding, by file."""
    return {numbers_file(claim): csv_text(("number", "value"), _numbers(claim)) for claim in claims}


def _numbers(claim: Claim) -> Sequence[tuple[str, float]]:
    """The numbers of a finding with their names; the estimate and its interval first."""
    own = {"value": claim.value, "lower": claim.lower, "upper": claim.upper}
    return [(name, value) for name, value in {**own, **claim.values}.items() if value == value]


def countries_of(claim: Claim) -> tuple[str, ...]:
    """The economies that a finding is about: those of its words, those of its name, Uzbekistan where it would join."""
    names = [str(word) for word in claim.words.values() if isinstance(word, str)]
    found = [word.partition(".")[2] for word in names if word.startswith("economy.")]
    known = economy_tables().economies
    found += [part for whole in claim.id.split(".") for part in whole.split("_") if len(part) == 3 and part in known]
    upper = [part.upper() for part in claim.id.split(".")[-1].split("_") if len(part) == 3 and part.upper() in known]
    found += upper if claim.template.startswith("published.") else []
    if claim.topic in ("leaning", "tariffs", "scenario", "revenue") and not found:
        found.append("UZB")
    return tuple(dict.fromkeys(found))
