"""What a card shows: the texts of a finding in one language, and which picture stands for it.

Every claim is a finding and has a card; the sentences are those of the page and of the brief. The address of a finding
follows from the id of its claim alone, so that it stays when the sentence or the number changes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ...data.freshness import newest_edition
from ...errors import BadInputError
from ...reference.catalogue import TableRow, parse, read_table, table_path
from ...series import SeriesInfo
from ..wording.templates import Language, bind, find_language

if TYPE_CHECKING:
    from ..claims.claim import Claim

LANGUAGES = ("en", "ru", "uz")
SITE = "{site}"  # in a caption, where the address of the published page is not known
LONGEST = 1024  # characters of a caption
OWNERS = 2  # sources that a card names
OWNER_ENDS = re.compile(r", | \(| through ")  # after them a source names the series or who passed it on


@dataclass(frozen=True)
class BarRow(TableRow):
    """A bar: the key of its label, or after an equals sign the value that is its year; and the value that it shows."""

    label: str
    value: str


@dataclass(frozen=True)
class PictureRule(TableRow):
    """How a claim is drawn, by data/tables/cards.toml. ``value``, ``lower`` and ``upper`` name values of the
    claim; ``of``: what a part is a part of; ``form``: how
    numbers are written."""

    kind: Literal["lines", "interval", "bars", "part", "chance", "date", "none"] = "none"
    rows: tuple[BarRow, ...] = ()
    unit: str = ""
    value: str = ""
    lower: str = ""
    upper: str = ""
    of: str = ""
    form: str = ""


@functools.lru_cache
def picture_rules() -> Mapping[str, PictureRule]:
    """The rules by template, read once. BadInputError names the entry that is wrong."""
    path = table_path("cards")
    return {name: parse(PictureRule, raw, f"{path}, {name!r}") for name, raw in read_table(path).items()}


def picture_rule(claim: Claim) -> PictureRule:
    """How the claim is drawn: by the table, else its estimate with its interval where it has one, else the outcome."""
    found = picture_rules().get(claim.template)
    if found is not None:
        return found
    if all(map(_finite, (claim.value, claim.lower, claim.upper))):
        return PictureRule("interval")
    return PictureRule("lines") if {"economy", "outcome"} <= claim.words.keys() else PictureRule()


def _finite(number: float) -> bool:
    return abs(number) < float("inf")


@dataclass(frozen=True)
class CardFinding:
    """A claim as its card shows it, in one language.

    ``head``: its topic. ``sentence``: that of the claim. ``sure``: how sure it is, failed checks first. ``source`` and
    ``as_of``: where it is from, and how new the data are.
    """

    claim: Claim
    lang: str
    head: str
    sentence: str
    sure: str
    source: str
    as_of: str
    caveat: str = field(repr=False)

    @property
    def slug(self) -> str:
        """The address of the finding on the page."""
        return self.claim.slug

    def link(self, site: str = SITE, *, own_page: bool = False) -> str:
        """The address of the finding on the published site, in its language: its place on the page of all findings, or
        the page of its own that a report with cards has."""
        if own_page:
            return f"{site.rstrip('/')}/cards/{self.lang}/{self.slug}.html"
        page = "findings.html" if self.lang == LANGUAGES[0] else f"findings.{self.lang}.html"
        return f"{site.rstrip('/')}/{page}#{self.slug}"

    def caption(self, site: str = SITE, *, own_page: bool = False) -> str:
        """What goes with the picture in a message, at most 1,024 characters; the caveat goes first where it is long."""
        parts = [
            self.sentence,
            self.sure,
            self.caveat,
            f"{self.source} {self.as_of}",
            self.link(site, own_page=own_page),
        ]
        text = "\n\n".join(parts)
        if len(text) > LONGEST:
            text = "\n\n".join(part for part in parts if part is not self.caveat)
        if len(text) > LONGEST:
            raise BadInputError(
                f"the caption of {self.slug!r} has {len(text)} characters; at most {LONGEST} are allowed"
            )
        return text


def finding(claim: Claim, lang: str = "en") -> CardFinding:
    """The texts of a claim's card. BadInputError for a language or a sentence that is not there."""
    words = find_language(lang, "cards")
    owners, more = _owners(claim, words)
    return CardFinding(
        claim=claim,
        lang=words.code,
        head=words.say("topic_head", claim.topic),
        sentence=bind(claim.text("sentence", words.code)),
        sure=how_sure(claim, words),
        source=words.say("card", "source_more" if more else "source", words={"owners": f"={owners}"}),
        as_of=words.say("card", "as_of", words={"day": f"date.{newest_edition(claim.series)}"}),
        caveat=words.say("short_caveat", claim.caveat, claim.values, claim.words),
    )


def how_sure(claim: Claim, words: Language) -> str:
    """The grade and what it means in a few words, failed checks first."""
    failed = len(claim.failed)
    kind = "dated" if "date" in claim.words else claim.grade
    grade = {"evidence": f"evidence.{kind}", "grade": f"={claim.grade}"}
    return words.say("card", "sure_failed" if failed else "sure", {"count": float(failed)}, grade)


def _owners(claim: Claim, words: Language) -> tuple[str, bool]:
    """Who published the figures: at most two names, and whether there are more. A table of published figures is named
    in full."""
    found = dict.fromkeys(_owner(info) for series in claim.series for info in series.origins())
    names = [name for name in found if name]
    return ", ".join(names[:OWNERS]), len(names) > OWNERS


def _owner(info: SeriesInfo) -> str:
    if info.code.startswith("tables/"):
        return info.source
    name = OWNER_ENDS.split(info.source)[0]
    return "" if name.startswith("github.com/") else name
