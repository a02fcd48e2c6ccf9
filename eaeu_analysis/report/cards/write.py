"""``write_cards``: make the cards and write their folder in one step."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInputError, as_names, require_option, unknown
from ...output_folder import output_folder, require_output_folder
from ..claims.claim import Claim
from ..claims.shipped import shipped_claims
from ..topics import TOPICS
from .findings import LANGUAGES, SITE, CardFinding, finding
from .layout import SHAPES, card_png

log = logging.getLogger(__name__)

KIND = "cards"
STEP = 60  # cards between two messages of the log


@dataclass(frozen=True)
class WrittenCards:
    """Cards that were written to disk.

    ``folder``: the folder; ``findings``: a finding for each language; ``site``: the address in the captions.
    """

    folder: Path
    findings: tuple[CardFinding, ...]
    site: str

    def document(self) -> dict[str, Any]:
        """The findings with their texts, addresses and files, for JSON."""
        return {
            "folder": str(self.folder),
            "findings": [
                {
                    "id": found.claim.id,
                    "slug": found.slug,
                    "lang": found.lang,
                    "topic": found.claim.topic,
                    "grade": found.claim.grade,
                    "sentence": found.sentence,
                    "link": found.link(self.site),
                    "files": card_files(found),
                }
                for found in self.findings
            ],
        }

    def summary(self) -> str:
        """How many cards there are, and where."""
        count, langs = len(self.findings), dict.fromkeys(found.lang for found in self.findings)
        text = f"{len(SHAPES) * count} pictures and {count} captions ({', '.join(langs)}) in {self.folder}"
        return text if self.site != SITE else f"{text}; --site URL puts the address of the page into the captions"


def card_files(found: CardFinding) -> dict[str, str]:
    """The names of a finding's files in a folder of cards: a picture for each shape, and the caption."""
    return {shape.name: f"{found.lang}/{found.slug}.{shape.name}.png" for shape in SHAPES} | {
        "caption": f"{found.lang}/{found.slug}.txt"
    }


def draw_cards(
    findings: Sequence[CardFinding], site: str = SITE, *, pages: bool = False
) -> Iterator[tuple[str, bytes]]:
    """The files of these findings, name by name; with ``pages`` also a page for each, for the report's folder of
    cards, which the captions then lead to."""
    for count, found in enumerate(findings, 1):
        names = card_files(found)
        for shape in SHAPES:
            yield names[shape.name], card_png(found, shape)
        yield names["caption"], (found.caption(site, own_page=pages) + "\n").encode()
        if pages:
            from ..page.render import finding_page

            yield f"{found.lang}/{found.slug}.html", finding_page(found, "" if site == SITE else site).encode()
        if count % STEP == 0:
            log.info("%d of %d cards", count, len(findings))


def card_findings(claims: Sequence[Claim], langs: Sequence[str] = LANGUAGES) -> tuple[CardFinding, ...]:
    """Every claim as a finding, in the order of the claims, language by language."""
    return tuple(finding(claim, lang) for lang in langs for claim in claims)


def write_cards(
    out: str | Path, *, langs: Sequence[str] = LANGUAGES, topic: str | None = None, site: str = SITE
) -> WrittenCards:
    """Write a card for each finding of the shipped claims: two pictures and a caption, in a folder for each language.

    Files are written only after all of them are made; the folder then replaces older cards in one step. The same data
    give the same bytes. ``topic``: one topic; all by default. ``site``: the address of the published page.

    Raises BadInputError for an unknown language or topic, a site that is no address, or a folder with other contents.
    """
    langs = tuple(dict.fromkeys(lang.lower() for lang in as_names("lang", langs)))
    for lang in langs or ("",):
        require_option("language", lang, LANGUAGES)
    if topic is not None and topic not in TOPICS:
        raise unknown("topic", topic, TOPICS)
    if site != SITE and not site.startswith(("https://", "http://")):
        raise BadInputError(f"site {site!r}: expected an address such as https://example.org/eaeu")
    folder = Path(out)
    require_output_folder(folder, KIND)
    claims = [claim for claim in shipped_claims() if topic in (None, claim.topic)]
    findings = card_findings(claims, langs)
    with output_folder(folder, KIND) as stage:
        for name, data in draw_cards(findings, site):
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_bytes(data)
    return WrittenCards(folder, findings, site)
