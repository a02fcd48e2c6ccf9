"""What stands behind every finding: its checks with what they found, its method, and the call that reproduces it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...topics import TOPICS
from ...wording.stated import translated
from ..parts import Card, Cards, Code, Heading, PageSection, Text, check_items, check_name

if TYPE_CHECKING:
    from ...claims.claim import Claim
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material


def build(material: Material, pictures: Mapping[str, Picture], words: Language) -> PageSection:
    """A card for each finding under its topic, at the place that the page of findings links to."""
    title = words.say("nav", "checks")
    member = {"economy": f"economy.{material.content.unit}"}
    parts: list[Any] = []
    for topic in TOPICS:
        cards = tuple(_card(claim, words) for claim in material.claims if claim.topic == topic)
        if cards:
            parts += [Heading(f"topic-{topic}", words.say("topic", topic, words=member)), Cards(cards)]
    return PageSection("checks", title, title, tuple(parts))


def _card(claim: Claim, words: Language) -> Card:
    parts: list[Any] = [check_items(claim.failed, words)] if claim.failed else []
    passed = dict.fromkeys(check_name(check, words) for check in claim.checks if check.passed)
    parts += [Text(f"{words.say('findings', 'passed')}: {', '.join(passed)}.", "small")] if passed else []
    method = f"{words.say('findings', 'method')}: {translated(words, claim.method)}"
    papers = f" ({translated(words, claim.reference)})" if claim.reference else ""
    return Card(
        claim.slug, claim.text("sentence", words.code), (*parts, Text(f"{method}{papers}.", "small"), Code(claim.call))
    )
