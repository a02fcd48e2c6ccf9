"""The main page: a question, three sentences, a picture, and three doors; every sentence is filled by rule from claims.

Which claims stand behind a door is in data/tables/page.toml, the words in ``report/wording/lang/page``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...reference.catalogue import TableRow, parse, read_table, table_path
from ..claims.partner_dependence import GOLD, is_directed
from ..claims.points import points
from ..wording.spoken_numbers import spoken_number
from ..wording.stated import translated
from ..wording.templates import Language, bind, find_language
from .chart import spark
from .explore import insert
from .front_pictures import front_pictures
from .links import SourceLink, owners_of

if TYPE_CHECKING:
    from ..claims.claim import Claim
    from .chart import Picture
    from .material import Material

DOORS = ("leaning", "joining", "fared")
MOST = 3  # points of a column
ENOUGH = 0.8  # share of a change that the channels named for it make up
TRADE = frozenset({"tariffs", "border_costs"})  # channels that are trade
MARKS: Mapping[str, int] = {"A": 4, "B": 3, "C": 2, "D": 2, "E": 2, "F": 1, "X": 1}
ROUBLE = 2015  # the year in whose months the rouble fell
SMALL = 1.0  # per cent of spending, below which both ends of an interval are called small
WORDY = (0.08, 0.96)  # per cent that are written as a part of one per cent


@dataclass(frozen=True)
class DoorRule(TableRow):
    """A door of data/tables/page.toml."""

    heads: tuple[str, ...]
    first: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


@functools.lru_cache
def door_rules() -> Mapping[str, DoorRule]:
    """The doors, read once. BadInputError names the entry that is wrong."""
    path = table_path("page")
    return {name: parse(DoorRule, raw, f"{path}, door {name!r}") for name, raw in read_table(path)["doors"].items()}


@dataclass(frozen=True)
class Sure:
    """How sure an answer is: a mark of 1 to 4, its word, and why."""

    mark: int
    word: str
    text: str

    @property
    def dots(self) -> str:
        return "\u25cf" * self.mark + "\u25cb" * (max(MARKS.values()) - self.mark)


@dataclass(frozen=True)
class DoorPoint:
    """A finding in one line, with what opens under it."""

    text: str
    slug: str
    sure: str
    caveat: str
    sources: tuple[SourceLink, ...]
    call: str
    title: str = ""


@dataclass(frozen=True)
class Side:
    """Points under one head; ``none`` says that there are none."""

    head: str
    points: tuple[DoorPoint, ...]


@dataclass(frozen=True)
class Answer:
    """A sentence with the findings that it rests on."""

    text: str
    slugs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Door:
    """A question with its answer, and what opens under it."""

    id: str
    question: str
    answer: Answer
    sure: Sure
    sides: tuple[Side, ...]
    heard: tuple[DoorPoint, ...]
    more: tuple[str, ...]
    picture: Picture | None
    insert: str
    spark: str = ""


@dataclass(frozen=True)
class Front:
    """The main page in one language."""

    lang: str
    title: str
    lead: str
    answers: tuple[Answer, ...]
    sure: Sure | None
    picture: Picture | None
    doors: tuple[Door, ...]


def front(material: Material, lang: str, day: str) -> Front:
    """The main page of this material in that language; ``day``: that of the newest data."""
    return _Writer(material, lang).front(day)


class _Writer:
    """Sentences of the page from claims."""

    def __init__(self, material: Material, lang: str) -> None:
        self.material = material
        self.words, self.card = find_language(lang, "page"), find_language(lang, "cards")
        self.brief = find_language(lang, "brief")
        self.claims = {claim.id: claim for claim in material.claims}
        self.member = {"economy": f"economy.{material.content.unit}"}
        self.pictures = front_pictures(material, self.words)

    def front(self, day: str) -> Front:
        words = self.words
        made = (self._gain(), self._source(), self._member())
        welfare = self.claims.get("scenario.welfare")
        return Front(
            lang=words.code,
            title=words.say("page", "title"),
            lead=self._lead(day),
            answers=tuple(answer for answer in made if answer is not None),
            sure=self._sure("answer", welfare, {"level": 100 * welfare.level}) if welfare else None,
            picture=self.pictures.get("options"),
            doors=tuple(self._door(name) for name in DOORS),
        )

    # -- the three sentences at the top

    def _gain(self) -> Answer | None:
        claim = self.claims.get("scenario.welfare")
        if claim is None:
            return None
        key = f"gain_{'up' if claim.value >= 0 else 'down'}"
        if claim.lower <= 0 <= claim.upper:
            key += "_small" if max(-claim.lower, claim.upper) < SMALL else "_unclear"
        failed = {"failed": float(len(claim.failed))}
        model = self.words.say("model", "fails" if claim.failed else "passes", failed)
        return self._answer(key, [claim], {}, {"model": f"={model}", "spoken": f"={self._spoken(claim.value)}"})

    def _spoken(self, value: float) -> str:
        """A per cent in everyday words: a part of one per cent where it is less, and where a fraction is near."""
        size = abs(value)
        if WORDY[0] <= size <= WORDY[1]:
            words = spoken_number(100 * size, "share", self.brief)
            if not any(letter.isdigit() for letter in words):
                return self.words.say("spoken", "part", words={"spoken": f"={words}"})
        return self.words.say("spoken", "percent", {"value": size})

    def _source(self) -> Answer | None:
        """The channels of which the change is made, the largest first, until they make up enough of it."""
        whole = self.claims.get("scenario.welfare")
        if whole is None:
            return None
        names = ("tariffs", "border_costs", "customs_revenue", "migration")
        found = {
            name: self.claims[f"scenario.{name}.welfare"] for name in names if f"scenario.{name}.welfare" in self.claims
        }
        sign = math.copysign(1, whole.value)
        same = sorted(((sign * c.value, name) for name, c in found.items() if sign * c.value > 0), reverse=True)
        chosen: list[str] = []
        for _, name in same:
            if sum(size for size, other in same if other in chosen) >= ENOUGH * sum(size for size, _ in same):
                break
            chosen.append(name)
        if not chosen:
            return None
        key = "source" if TRADE & set(chosen) else "source_not_trade"
        parts = self._joined([self.words.say("part", name) for name in chosen])
        return self._answer(key, [found[name] for name in chosen], {}, {"parts": f"={parts}"})

    def _joined(self, texts: Sequence[str]) -> str:
        made = texts[0]
        for i, text in enumerate(texts[1:], 2):
            key = "and" if i == len(texts) else "list"
            made = self.words.say("join", key, words={"first": f"={made}", "second": f"={text}"})
        return made

    def _tested(self) -> tuple[list[Claim], dict[str, float]]:
        """The counterfactuals of the member, and how many of them find an effect."""
        tests = [c for c in self.material.claims if c.topic == "fared" and c.finding]
        found = [c for c in tests if c.finding == "found" and not c.failed]
        return tests, {"tests": float(len(tests)), "found": float(len(found))}

    def _year(self) -> float:
        return float(self.material.content.event[:4])

    def _member(self) -> Answer | None:
        tests, counts = self._tested()
        if not tests:
            return None
        rouble = "_rouble" if self._year() == ROUBLE else ""
        key = "member_found" if counts["found"] else f"member_none{rouble}"
        return self._answer(key, tests, {**counts, "year": self._year()}, self.member)

    def _answer(
        self, key: str, claims: Sequence[Claim], values: Mapping[str, float], words: Mapping[str, Any]
    ) -> Answer:
        text = bind(self.words.say("answer", key, values, words))
        return Answer(text[:1].upper() + text[1:], tuple(claim.slug for claim in claims))

    # -- the doors

    def _door(self, name: str) -> Door:
        rule = door_rules()[name]
        answer = {"leaning": self._leaning, "joining": self._joining, "fared": self._fared}[name]()
        sides: Mapping[str, Sequence[Claim | None]]
        if rule.topics:
            sides = points([c for c in self.material.claims if c.topic in rule.topics], MOST)
        else:
            lists = zip(rule.heads, (rule.first, rule.second), strict=True)
            sides = {head: [self.claims.get(i) for i in ids] for head, ids in lists}
        return Door(
            id=name,
            question=self.words.say("question", name, {"year": self._year()}, self.member),
            answer=answer[0],
            sure=answer[1],
            sides=tuple(
                Side(self.words.say("head", head), tuple(self._point(c) for c in chosen if c is not None)[:MOST])
                for head, chosen in sides.items()
            ),
            heard=tuple(self._heard(self.claims[i]) for i in rule.heard if i in self.claims),
            more=rule.more,
            picture=self.pictures.get(name),
            insert=insert(self.material, name, self.words.code),
            spark=spark(self.pictures[name]) if name in self.pictures else "",
        )

    def _lead(self, day: str) -> str:
        """The newest table, and where the trade by country ends."""
        trade = self.claims.get("leaning.exports.EAEU")
        values = {"last": trade.values["last"]} if trade else {}
        return self.words.say("page", "lead" if trade else "lead_undated", values, {"day": f"date.{day}"})

    def _leaning(self) -> tuple[Answer, Sure]:
        own, other = self.claims.get("leaning.exports.EAEU"), self.claims.get("leaning.imports.EAEU")
        china = self.claims.get("leaning.exports.China")
        if own is None or china is None:
            return self._none("leaning")
        values = {**own.values, **{f"c_{k}": v for k, v in china.values.items()}}
        key = "away" if own.value < 0 else "towards"
        if other is not None:
            values |= {f"i_{k}": v for k, v in other.values.items()}
            key = "mixed" if other.value * own.value < 0 else key
        if not is_directed(own):
            key = "gold" if any(c.name == GOLD for c in own.failed) else "unclear"
        claims = [c for c in (own, china, other) if c is not None]
        return self._answer(f"leaning_{key}", claims, values, {}), self._sure("leaning", own, own.values)

    def _joining(self) -> tuple[Answer, Sure]:
        tariff, whole = self.claims.get("tariffs.average"), self.claims.get("scenario.welfare")
        if tariff is None:
            return self._none("joining")
        sources = {"migration": "scenario.migration.welfare", "budget": "scenario.customs_receipts_of_gdp"}
        gains = {k: self.claims[i] for k, i in sources.items() if i in self.claims and self.claims[i].side == "for"}
        way = "up" if tariff.values["change"] > 0 else "down"
        words = {"gainers": f"={self._joined([self.words.say('gainer', k) for k in gains])}"} if gains else {}
        key = f"joining_{way}" if gains else f"joining_only_{way}"
        answer = self._answer(key, [tariff, *gains.values()], tariff.values, words)
        return answer, self._sure("joining", whole or tariff, (whole or tariff).values)

    def _fared(self) -> tuple[Answer, Sure]:
        seen, (tests, counts) = self.claims.get("fared.trade.before_after"), self._tested()
        if seen is None or not tests:
            return self._none("fared")
        key = "fared_found" if counts["found"] else "fared_none"
        answer = self._answer(key, [seen, *tests], {**seen.values, **counts}, self.member)
        judged = next((c for c in tests if "years" in c.values), tests[0])
        return answer, self._sure("fared", judged, {"years": 0.0, **judged.values})

    def _none(self, name: str) -> tuple[Answer, Sure]:
        """A door whose claims are not there says why."""
        why = dict(self.material.missing)
        reasons = {"leaning": "trade", "joining": "scenario", "fared": "claims"}
        text = why.get(reasons[name], "no claim is supported by the available data")
        phrase = self.words.say("page", "missing", words={"why": f"={translated(self.words, text)}"})
        return Answer(phrase), Sure(1, self.words.say("mark", "1"), "")

    def _sure(self, key: str, claim: Claim, values: Mapping[str, float]) -> Sure:
        mark = 1 if claim.failed else MARKS[claim.grade]
        text = self.words.say("sure", key, {**claim.values, **values}, self.member)
        if claim.failed:
            text += " " + self.words.say("sure", "failed", {"failed": float(len(claim.failed))})
        return Sure(mark, self.words.say("mark", str(mark)), bind(text))

    def _point(self, claim: Claim) -> DoorPoint:
        words = self.words
        return DoorPoint(
            text=bind(claim.text("sentence", words.code)),
            slug=claim.slug,
            sure=grade_mark(claim, self.card, words),
            caveat=bind(claim.text("caveat", words.code)),
            sources=owners_of(claim.series, words),
            call=claim.call,
        )

    def _heard(self, claim: Claim) -> DoorPoint:
        own = self._point(claim)
        say = self.words.say("claim", claim.template, claim.values, claim.words)
        title = self.words.say("heard", claim.id.partition(".")[2])
        return DoorPoint(bind(say), own.slug, own.sure, own.caveat, own.sources, own.call, title)


def grade_mark(claim: Claim, card: Language, words: Language) -> str:
    """How sure a finding is in a few words: failed checks first, then what kind of evidence it is."""
    phrase = card.say("evidence", claim.grade)
    if claim.failed:
        phrase = words.say("sure", "fails" if len(claim.failed) > 1 else "fails_one", words={"evidence": f"={phrase}"})
    return phrase[:1].upper() + phrase[1:]
