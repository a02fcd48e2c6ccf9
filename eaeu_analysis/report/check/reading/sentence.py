"""What a sentence states: numbers with their units and years, who and what it is about, direction, cause and hedges."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .amounts import find_numbers
from .cause import find_causes, is_acting, is_causal, is_conditional, is_pointing
from .comparisons import find_compared, find_hedging
from .dates import find_years, is_price_year
from .numerals import read_numeral
from .spelled_years import join_years
from .stated_number import StatedNumber
from .vocabulary import FoundPhrase, Lang, TextToken, load_vocabulary, tokens, vocabulary_table

CLAUSE = re.compile(  # after an item of a list, a bracket after a span of years, a comma, colon or dash, a conjunction
    r"\s(?:\d{1,2}\)|[•●▪])(?=\s)|(?<=[-–]\d{4}):(?=\s)|(?<=[-–]\d{4})\s\((?!\D{0,12}(?:19|20)\d\d)"
    r"|[,;](?=\s)|(?<!\d{4}):(?=\s)|(?<!\d{4})\s[–—](?=\s)(?!\s(?:ниже|выше|меньше|больше|lower|higher|less|more)\b)"
    r"|\s(?:and|while|whereas|but|against|versus|than|compared|instead|а|и|но|против|чем|вместо|va|esa|lekin|ammo)(?=\s)"
    r"(?!\s(?:19|20)\d\d)",
    re.IGNORECASE,
)
TAG = re.compile(  # after a statement: ", isn't it?"
    r"[,–—-]\s*(?:but so what|so what|and (?:then|what)|right|ok|okay|no|yes|eh|huh|see|you know|remember"
    r"|can you imagine|would you believe it|представляете|представьте"
    r"|(?:is|are|was|were|do|does|did|has|have|had)(?:n['’]t)? (?:it|they)|и что|ну и что|и что с того|да|правда|верно"
    r"|не правда ли|не так ли|так ведь|так|понимаете|toʻgʻrimi|shundaymi|shunday emasmi|xoʻsh nima)\s*\?\W*$",
    re.IGNORECASE,
)
PRONOUNS = {
    "en": {"it", "they", "its", "their"},
    "ru": {"он", "она", "оно", "они", "их", "его", "ее"},
    "uz": {"u", "ular", "uning", "ularning"},
}
YEARLY = re.compile(r"\b(a year|per year|annually|yearly|в год|ежегодно|годовых|yiliga|йилига)\b", re.IGNORECASE)
EXCEPT = {"without", "excluding", "except", "besides", "minus", "без", "кроме", "исключая"}  # before an economy
SECTORS = {"agriculture", "industry", "services"}  # in which people work
CLUBS = {"cis", "wto", "EU"}  # whose members may be named
FOUNDERS = re.compile("found|основ|asos")
OTHERS = {"CHN", "TUR", "EU", "RUS"}  # partners of others in most sentences
IMPOSSIBLE = re.compile("[a-z](?:a|i|)b bolma[ys]")  # "cannot be ...", in Uzbek
P_VALUE = re.compile(r"\bp\s*(?:-?value\s*)?(?:=|of|is)\s*0?[.,](\d+)", re.IGNORECASE)
PRICES = re.compile("price|цен|narx")
DATE = re.compile(r"(?:19|20)\d\d")
START = re.compile(
    r"\b(?:since|compared with|compared to|comparison with|с|по сравнению с)\s(?:the )?(?:year )?((?:19|20)\d\d)\b"
    r"|((?:19|20)\d\d)-yil(?:dan|ga nisbatan)",
    re.IGNORECASE,
)
SHORT_STEM = 3  # letters of a name of a currency that takes no ending
CHANCE = 0.1  # p-value above which an estimate is within chance


@dataclass(frozen=True)
class SentenceReading:
    """A sentence as it was read.

    ``entities``: economies and blocs; ``concepts``: what it is about; ``bases``: concepts that only name what a
    percentage is of; ``signs``: token, direction and clause of every direction; ``dates``: clause, first and last year
    and token of every year and span of years; ``steps``: clause, years and token of "a year earlier" than one of the
    sentence before; ``causal``: whether the union is named as the cause; ``acting``: as
    the subject; ``otherwise``: by what would be without it; ``pointing``: whether a pronoun is named as the cause;
    ``joining``: whether joining it is named; ``refers``: whether a pronoun points to the sentence before; ``parts``:
    economies and concepts with the clause that they are in; ``phases``: words for before, after and now;
    ``listed``: clauses that are no more than an economy.
    """

    text: str
    lang: Lang
    numbers: tuple[StatedNumber, ...] = ()
    entities: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    signs: tuple[tuple[int, int, int], ...] = ()
    dates: tuple[tuple[int, int, int, int], ...] = ()
    steps: tuple[tuple[int, int, int], ...] = ()
    hedges: frozenset[str] = frozenset()
    causal: bool = False
    acting: bool = False
    otherwise: bool = False
    pointing: bool = False
    joining: bool = False
    question: bool = False
    refers: bool = False
    parts: tuple[tuple[str, int], ...] = ()
    phases: tuple[tuple[str, int], ...] = ()
    listed: frozenset[int] = frozenset()

    def phase_of(self, number: StatedNumber) -> str:
        """Whether a number is of before or after joining, by the words of its own part of the sentence: "earlier",
        "later", or "" where there are none or both, or several numbers."""
        places = {number.clause} | {number.clause - 1} - {n.clause for n in self.numbers}  # "after it — 8 %"
        found = {name for name, place in self.phases if place in places} - {"now"}
        alone = sum(n.clause == number.clause for n in self.numbers) == 1 and len(self.numbers) > 1
        return found.pop() if alone and len(found) == 1 and not number.role else ""

    def is_now(self, number: StatedNumber) -> bool:
        """Whether a number is of today by its words: in its own part of a sentence, or else in one without a number."""
        places = {place for name, place in self.phases if name == "now"}
        return bool(places) and (number.clause in places or not places & {n.clause for n in self.numbers})

    def part_of(self, number: StatedNumber, topics: frozenset[str]) -> SentenceReading:
        """What is read in a number's own part of the sentence, or in the last one before it with one of the topics. Its
        economies are those of the sentence if it has none."""
        union = self.entities & {"EAEU"}
        for clause in range(number.clause, -1, -1):
            here = {name for name, place in self.parts if place == clause}
            here |= self.concepts & {"inflation"} if "prices" in here else set()
            if here & topics:
                here |= self.concepts & {"employment"} if here & SECTORS else set()
                economies = self.own_economies(number) or (self.economies & here) or (self.economies - OTHERS)
                return replace(self, concepts=self.concepts & here, entities=(economies or self.economies) | union)
        return self

    def own_economies(self, number: StatedNumber) -> frozenset[str]:
        """The economies that are named in a number's own part of the sentence, with those of a list that ends there, or
        else right before it."""
        own = self.economies & {name for name, place in self.parts if place == number.clause}
        place = number.clause - 1
        while own and place in self.listed:  # "in Armenia, Azerbaijan and Georgia inflation was below 3 %"
            own, place = own | {name for name, clause in self.parts if clause == place}, place - 1
        near = self.economies & self.near(number)
        return own or (near if len(near) == 1 else near - OTHERS)

    def near(self, number: StatedNumber) -> frozenset[str]:
        """What is named in a number's own part of the sentence and, if that has no other number, in the one before."""
        places = {number.clause} | {number.clause - 1} - {n.clause for n in self.numbers}
        return frozenset(name for name, place in self.parts if place in places)

    @property
    def economies(self) -> frozenset[str]:
        """The economies and groups, without the union itself."""
        return self.entities - {"EAEU"}

    def dates_of(self, number: StatedNumber | None = None) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
        """Years and spans of the sentence, or those that go with one of its numbers: of its own part of the sentence,
        or else of the parts without a number."""
        dates = self.dates if number is None else self._dates_of_numbers()
        own_date = self.date_in_turn(number)
        if own_date is not None:
            dates = own_date
        elif number is not None and len(self.numbers) > 1 and not self.is_pair:
            own = tuple(d for d in dates if d[0] == number.clause)
            others = {n.clause for n in self.numbers if n.measure != "times"}
            apart = tuple(d for d in dates if d[0] not in others)
            near = min((abs(d[0] - number.clause) for d in apart), default=0)
            dated = {d[0] for d in dates}
            earlier = len(dated) == 1 and max(dated) < number.clause and number.role != "from"
            before = dates if earlier else tuple(d for d in dates if d[0] < number.clause and number.role != "from")
            dates = own or tuple(d for d in apart if abs(d[0] - number.clause) == near) or before
        return (
            frozenset(first for _, first, last, _ in dates if first == last),
            frozenset((first, last) for _, first, last, _ in dates if first != last),
        )

    def _dates_of_numbers(self) -> tuple[tuple[int, int, int, int], ...]:
        """The dates without those of a status: "Uzbekistan, an observer since 2020, ..."."""
        status = {place for name, place in self.parts if name == "observer"} - {n.clause for n in self.numbers}
        return tuple(d for d in self.dates if d[0] not in status)

    def date_in_turn(self, number: StatedNumber | None) -> tuple[tuple[int, int, int, int], ...] | None:
        """The date of a number where numbers and dates take turns: "from 5 % in 2010 to 18 % in 2024"; None where they
        do not. Of "from" and "to" in two years, the earlier year is that of "from"; in one, it is that of "to"."""
        if number is None:
            return None
        start = START.search(self.text)
        since = int(start[1] or start[2]) if start else 0
        if len(self.numbers) > 1 and [d[1:3] for d in self.dates] == [(since, since)]:
            return self.dates if number.role == "from" else ()  # "since 2009 it has dropped by 5 points, to 20.6 %"
        ends = {n.role: n.place for n in self.numbers if n.role in ("from", "to")}
        if number.role in ends and len(ends) == 2 and all(d[1] == d[2] for d in self.dates):
            years = sorted(self.dates, key=lambda d: d[1])
            if len(years) == 2:  # "halved since 2010, from 25 to 10.5 % in 2024"
                return tuple(years[:1] if number.role == "from" else years[1:])
            if len(years) == 1 and number.role == "from" and not ends["from"] < years[0][3] < ends["to"]:
                return ()  # "grew in 2024, from 13.8 to 14.4 %"
        numbers = [n for n in self.numbers if n.clause == number.clause]
        dates = sorted((d for d in self.dates if d[0] == number.clause), key=lambda d: d[3])
        turns = sorted([(n.place, 0) for n in numbers] + [(d[3], 1) for d in dates])
        if len(numbers) != len(dates) or len(numbers) < 2 or any(a[1] == b[1] for a, b in itertools.pairwise(turns)):
            return None
        return (dates[[n.place for n in numbers].index(number.place)],)

    @property
    def is_pair(self) -> bool:
        """Whether its two numbers are those before and after."""
        return len(self.numbers) == 2 and {n.role for n in self.numbers} == {"from", "to"}

    def sign_near(self, number: StatedNumber) -> int:
        """The direction that is nearest to a number: 1, -1, or 0 without any. One in its own part of the sentence
        counts as nearer, and then one that follows; one of a later part with a number of its own is not of this."""
        others = {n.clause for n in self.numbers if n.clause > number.clause}
        others |= {place for name, place in self.parts if name == "peers" and place > number.clause}
        signs = [s for s in self.signs if s[2] not in others]
        if not signs:
            return 0
        at = number.place
        return min(signs, key=lambda s: (s[2] != number.clause, abs(s[0] - at), s[0] < at))[1]

    @property
    def sign(self) -> int:
        """The direction of the sentence; 0 where there is none or there are both."""
        found = {sign for _, sign, _ in self.signs}
        return found.pop() if len(found) == 1 else 0


def read_sentence(text: str, lang: Lang) -> SentenceReading:
    """A sentence, read by the vocabulary of its language."""
    words = join_years(tokens(text, lang), lang)
    phrases = load_vocabulary(lang).find(words)
    risen = [i for i in range(1, len(words)) if words[i].text == "to" and words[i - 1].text in ("up", "down")]
    risen = [i for i in risen if any(w.text == "from" for w in words[:i])]  # "from 4 % up to 6 %", no hedge
    phrases = [p for p in phrases if p.family != "hedge" or p.last - 1 not in risen]
    by = {family: [p for p in phrases if p.family == family] for family in ("entity", "concept", "sign", "hedge")}
    left_out = [p for p in by["entity"] if p.first and words[p.first - 1].text in EXCEPT]
    by["entity"] = [p for p in by["entity"] if p not in left_out] or left_out  # "without Kazakhstan"
    breaks = [m.start() for m in CLAUSE.finditer(text)]
    dates, taken, steps = find_years(text, words, phrases, lang)
    constant = {t for at in taken if is_price_year(words, at) for t in range(at - 2, at + 4)}  # "in 2015 prices"
    by["concept"] = [p for p in by["concept"] if p.name not in ("prices", "other") or p.first not in constant]
    numbers, based = find_numbers(words, phrases, taken, lang)
    ends = [(words[n.place].start, words[min(n.place + len(n.text.split()), len(words)) - 1].end) for n in numbers]
    breaks = [at for at in breaks if not any(start <= at < end for start, end in ends)]  # not in "seven and a half"
    numbers = [replace(n, clause=_clause(words, n.place, breaks)) for n in numbers]
    compared = find_compared(words, by["sign"], numbers) | find_hedging(words, by["hedge"], numbers, lang)
    cause = find_causes(words, phrases)
    acting = is_acting(words, phrases, cause, lang)
    concepts = frozenset(p.name for p in by["concept"] if p.first not in based) - {"none"}
    if any(p.name == "inflation" and PRICES.match(w.text) for p in by["concept"] for w in words[p.first : p.last]):
        concepts |= {"prices"}  # "consumer prices"
    growing = by["sign"] and any(n.measure == "percent" for n in numbers) and "other" not in concepts
    if "prices" in concepts and (YEARLY.search(text) or growing):  # "prices rose by 8 %"
        concepts |= {"inflation"}
    entities = frozenset(p.name for p in by["entity"]) - {"none"}
    if "exchange_rate" in concepts and not entities - OTHERS:  # "the tenge averaged 469 to the dollar"
        entities |= find_issuers(words, lang)
    members = any(p.name == "members" and not FOUNDERS.match(words[p.first].text) for p in by["concept"])
    return SentenceReading(
        text=text,
        lang=lang,
        numbers=tuple(numbers),
        entities=entities | ({"EAEU"} if members and not (concepts | entities) & CLUBS else set()),
        concepts=concepts,
        bases=frozenset(p.name for p in by["concept"] if p.first in based),
        signs=tuple(
            (p.first, 1 if p.name == "up" else -1, _clause(words, p.first, breaks))
            for p in by["sign"]
            if p.first not in compared and p.name != "none"
        ),
        dates=tuple((_clause(words, place, breaks), first, last, place) for place, first, last in dates),
        steps=tuple((_clause(words, place, breaks), step, place) for place, step in steps),
        hedges=frozenset(p.name for p in by["hedge"]) | _chance(text, words, lang),
        causal=acting or is_causal(words, phrases, cause, lang),
        acting=acting,
        otherwise=is_conditional(words, cause, lang),
        pointing=is_pointing(words, cause, lang),
        joining=any(p.family == "cause" and p.name == "agent" for p in phrases),
        refers=any(word.text in PRONOUNS[lang] for word in words),
        parts=tuple(
            (p.name, _clause(words, p.first, breaks)) for p in (*by["entity"], *by["concept"]) if p.first not in based
        ),
        phases=tuple(
            ("earlier" if _is_after_amount(words, p, lang) else p.name, _clause(words, p.first, breaks))
            for p in by["hedge"]
            if p.name in ("earlier", "later", "now") and not (p.first and words[p.first - 1].text in ("than", "чем"))
        ),
        listed=_listed(words, by["entity"], breaks),
        question=text.rstrip('"»”) ').endswith("?") and not TAG.search(text),
    )


def find_issuers(words: Sequence[TextToken], lang: Lang) -> frozenset[str]:
    """The economies whose currencies a sentence names."""
    stems: dict[str, str] = vocabulary_table()["currency"][lang]
    fits = ((owner, w.text, stem) for stem, owner in stems.items() for w in words)
    return frozenset(o for o, text, stem in fits if text == stem or (len(stem) > SHORT_STEM and text.startswith(stem)))


def _is_after_amount(words: Sequence[TextToken], phrase: FoundPhrase, lang: Lang) -> bool:
    """Whether "after" says what a number was before: "23 %, after 35 %", "35 foizdan keyin"."""
    later = words[phrase.first].text in ("after", "после", "keyin")
    following = words[phrase.last] if phrase.last < len(words) else None
    number = following is not None and not DATE.fullmatch(following.text)
    number = number and following is not None and (following.is_number or read_numeral(following.text, lang) > 0)
    uzbek = words[phrase.first].text == "keyin"
    return later and (phrase.first > 0 and words[phrase.first - 1].text == "foizdan" if uzbek else number)


def _listed(words: Sequence[TextToken], economies: Sequence[FoundPhrase], breaks: Sequence[int]) -> frozenset[int]:
    """The parts of a sentence that name an economy and have at most one other word: "in Armenia,"."""
    named = {_clause(words, p.first, breaks) for p in economies if p.name not in ("none", "EAEU")}
    taken = {at for p in economies for at in range(p.first, p.last)}
    others = [_clause(words, at, breaks) for at, w in enumerate(words) if w.text[0].isalnum() and at not in taken]
    joined = {"and", "и", "va"}  # a part begins with the word that parts it from the one before
    ands = [_clause(words, at, breaks) for at, w in enumerate(words) if w.text in joined]
    return frozenset(c for c in named if others.count(c) - ands.count(c) <= 1)


def _clause(words: Sequence[TextToken], place: int, breaks: Sequence[int]) -> int:
    """The part of the sentence that a token is in."""
    return sum(words[place].start > at for at in breaks)


def _chance(text: str, words: Sequence[TextToken], lang: Lang) -> frozenset[str]:
    """That an estimate is within chance, where a p-value says so; or, in Uzbek, that something cannot be stated."""
    found = P_VALUE.search(text)
    denied = lang == "uz" and IMPOSSIBLE.search(" ".join(w.text for w in words))
    return frozenset({"no_effect"}) if denied or (found and float(f"0.{found[1]}") > CHANCE) else frozenset()
