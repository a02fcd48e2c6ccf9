"""What a sentence states: numbers with their units and years, who and what it is about, direction, cause and hedges."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...errors import require_option
from .vocabulary import APOSTROPHES, FoundPhrase, Lang, TextToken, load_vocabulary, tokens

Measure = Literal["percent", "points", "usd", "times", "count", "none"]
UNITS: dict[str, Measure | Literal["time"]] = {  # units of vocabulary.toml
    "percent": "percent",
    "log": "percent",
    "points": "points",
    "usd": "usd",
    "times": "times",
    "time": "time",
}
Role = Literal["", "from", "to", "by"]
CLAUSE = re.compile(
    r"[,;:](?=\s)|\s[–—](?=\s)|\s(?:and|while|whereas|but|а|и|но|va|esa|lekin|ammo)(?=\s)"
    r"(?!\s(?:19|20)\d\d)",
    re.IGNORECASE,
)
PRONOUNS = {
    "en": {"it", "they", "its", "their"},
    "ru": {"он", "она", "оно", "они", "их", "его", "ее"},
    "uz": {"u", "ular", "uning", "ularning"},
}
POINTERS = {
    "en": {"it", "that", "this"},
    "ru": {"него", "нее", "этого", "нему", "ней", "этому"},
    "uz": {"shu", "shuning", "buning", "uning", "aynan"},
}
ACTS = {  # verbs by their form: past tense in English, past and future in Russian, the causative in Uzbek
    "en": re.compile("[a-z]{2}ed$"),
    "ru": re.compile("[а-я]{2}(л|ла|ло|[еиюя]т)$"),
    "uz": re.compile("[a-z]{2}(tir|dir|ir|giz|qaz|t)(di|adi|gan|gani|moqda|ib|ishi|ar|mish)$"),
}
BE = {"is", "are", "was", "were", "been", "being", "be"}  # before a participle
MODALS = {"will", "would", "could", "might", "may", "can", "has", "have", "had", "did", "does", "to"}  # a verb follows
ACTED_ON = {"trade", "exports", "imports", "remittances", "fdi", "gdp", "richer", "inflation", "prices"}  # not adopted
RELATIVE = {"that", "which", "который", "которая", "которое", "что"}  # "it is the union that raised"
REFLEXIVE = re.compile("(обер|сказал|отраз|окуп|вылил|аукнул|зверш|заверш|кончил)")  # such verbs name an effect
AUXILIARIES = MODALS | {"also", "already", "itself", "alone", "уже", "также", "и", "бы", "сам", "само", "сама"}
SHORT_OBJECT = 4  # letters of the shortest pronouns and the like that end as an object does, in Uzbek
OF = {"of", "in", "to", "into", "with", "the", "в", "во", "к", "с", "со", "при"}  # before what the subject is of
YEARLY = re.compile(r"\b(a year|per year|annually|yearly|в год|ежегодно|годовых|yiliga|йилига)\b", re.IGNORECASE)
OTHERS = {"CHN", "TUR", "EU", "RUS"}  # partners of others in most sentences
FIRST_YEAR, LAST_YEAR = 1900, 2050
FROM = {"from", "с", "со", "от"}
TO = {"to", "до"}
BY = {"by", "на"}
SIGNED = {"plus": 1, "minus": -1, "плюс": 1, "минус": -1, "plyus": 1}  # words before a number that are its sign
COMPARATIVES = {"больше", "выше", "меньше", "ниже", "above", "below", "over", "under"}
AFTER = {"in", "в", "before", "earlier", "previously", "then", "after", "if"}  # after a number that counts nothing
AGAINST = {"against", "versus", "vs", "with", "than", "from", "to", "против"}  # before a number compared with another
JOINING = {
    "to",
    "and",
    "of",
    "a",
    "на",
    "by",
    "per",
    "nearly",
    "about",
    "almost",
    "почти",
    "примерно",
    "the",
    "из",
    "or",
    "-",
    "–",
    "—",
    "−",
    "до",
    "и",
    "или",
    "по",
    "dan",
    "va",
    "ga",
    "yoki",
    "+",
    "→",
    *SIGNED,
}
MIN_HALF = 0.5  # half of the last digit of a whole number; one with decimals has less
LINKED = 3  # tokens between two numbers of one unit
IMPOSSIBLE = re.compile("[a-z](?:a|i|)b bolma[ys]")  # "cannot be ...", in Uzbek
P_VALUE = re.compile(r"\bp\s*(?:-?value\s*)?(?:=|of|is)\s*0?[.,](\d+)", re.IGNORECASE)
NEAR = 4  # tokens from a link to the cause it names
BEFORE_WTO = 2  # tokens between "joining" and "WTO"
PRICES = re.compile("price|цен|narx")
CHANCE = 0.1  # p-value above which an estimate is within chance
FAR = 7  # tokens from a cause to its verb
APART = 16  # tokens between "owes" or "to blame" and the cause
WOULD = {"would", "бы", "edi"}
BOUND = {"about": 0, "over": 1, "under": -1}  # hedges of a number
HALF_MORE = {"en": ("and", "a", "half"), "ru": ("с", "половиной"), "uz": ("yarim",)}
UZBEK_ENDING = re.compile("(?:ta|tasi|tasini|tasiga|tadan|nafari|nafardan|si|i|dan|ga|ni|ning|sini)$")
BETWEEN = ("the", "a", "an", "by", "to", "from", "на", "до", "с")  # between "more than" and a number
BASES = ("gdp", "imports", "exports", "revenue", "duties", "population")
LARGE = 1000  # a number without a unit from which it is a count, not a number of months or a place in a list
TELLING = 100  # half units of its last digit from which a number is telling
ROUND = 0.02  # share by which a number that ends in zero may differ
LOOSE = 0.15  # the same where it is "almost doubled"
MORE = 0.2  # the same where it is "more than" or "less than"
WHOLES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 100)  # in "three in four", "six of every ten"
ONE = {"of", "a", "one", "одного"}  # between a fraction and its unit
OUT_OF = {"en": ("in", "of", "out", "every", "each"), "ru": ("из", "каждых", "каждые"), "uz": ()}
EVERY = {"en": ("every", "each"), "ru": ("каждых", "каждые"), "uz": ("har",)}
SKIPPED = {"a", "an", "the", "only", "just", "merely", "barely", "well", "now", "still", "some", "as", "much", "little"}
SKIPPED |= {"лишь", "всего", "только", "целых", "уже", "еще", "каких", "то", "level", "уровня", "аж"}
ABOUT = {True: 0.12, False: 0.05}  # share by which a fraction or multiple in words may differ, and an "about" number


@dataclass(frozen=True)
class StatedNumber:
    """A number of a sentence. ``half``: half a unit of its last digit; ``clause``: the part of the sentence
    that it is in; ``base``: what a percentage is of, "" when not
    stated; ``place``: its token; ``about``: stated as approximate, or as a fraction in words; ``bound``: 1 for
    "more than", -1 for "less than"; ``sign``: of a number with "+" or "-" before it."""

    text: str
    value: float
    measure: Measure
    half: float
    place: int
    clause: int = 0
    base: str = ""
    role: Role = ""
    about: bool = False
    bound: int = 0
    sign: int = 0
    scale: float = 1.0

    @property
    def telling(self) -> bool:
        """Whether it has three significant digits, so that it seldom equals another number by chance."""
        return not self.about and not self.bound and self.half > 0 and abs(self.value) >= TELLING * self.half

    def equals(self, value: float) -> bool:
        """Whether a value, without its sign, is stated by this number, rounded as it is printed."""
        if self.bound:
            more = (abs(value) - abs(self.value)) * self.bound
            return -self.half <= more <= max(MORE * abs(self.value), 2 * self.half)
        slack = max(self.half, ABOUT[self.half == 0] * abs(value) if self.about else 0.0)
        return abs(abs(value) - abs(self.value)) <= slack * (1 + 1e-6) + 1e-12


@dataclass(frozen=True)
class SentenceReading:
    """A sentence as it was read.

    ``entities``: economies and blocs; ``concepts``: what it is about; ``bases``: concepts that only name what a
    percentage is of; ``signs``: token, direction and clause of every direction; ``dates``: clause, first and last year
    of every year and span of years; ``causal``: whether the union is said to be the cause; ``acting``: as the subject;
    ``otherwise``: by what would be without it;
    ``joining``: whether joining it is named; ``refers``: whether a pronoun points to the sentence before;
    ``parts``: economies and concepts with the clause that they are in; ``phases``: words for before and after.
    """

    text: str
    lang: Lang
    numbers: tuple[StatedNumber, ...] = ()
    entities: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    signs: tuple[tuple[int, int, int], ...] = ()
    dates: tuple[tuple[int, int, int], ...] = ()
    hedges: frozenset[str] = frozenset()
    causal: bool = False
    acting: bool = False
    otherwise: bool = False
    joining: bool = False
    question: bool = False
    refers: bool = False
    parts: tuple[tuple[str, int], ...] = ()
    phases: tuple[tuple[str, int], ...] = ()

    def phase_of(self, number: StatedNumber) -> str:
        """Whether a number is of before or after joining, by the words of its own part of the sentence: "earlier",
        "later", or "" where there are none or both, or several numbers."""
        found = {name for name, place in self.phases if place == number.clause}
        alone = sum(n.clause == number.clause for n in self.numbers) == 1 and len(self.numbers) > 1
        return found.pop() if alone and len(found) == 1 and not number.role else ""

    def part_of(self, number: StatedNumber, topics: frozenset[str]) -> SentenceReading:
        """What is read in a number's own part of the sentence, or in the last one before it with one of the topics. Its
        economies are those of the sentence if it has none."""
        union = self.entities & {"EAEU"}
        for clause in range(number.clause, -1, -1):
            here = {name for name, place in self.parts if place == clause}
            here |= self.concepts & {"inflation"} if "prices" in here else set()
            if here & topics:
                economies = self.own_economies(number) or (self.economies & here) or (self.economies - OTHERS)
                return replace(self, concepts=self.concepts & here, entities=(economies or self.economies) | union)
        return self

    def own_economies(self, number: StatedNumber) -> frozenset[str]:
        """The economies that are named in a number's own part of the sentence."""
        return self.economies & {name for name, place in self.parts if place == number.clause}

    @property
    def economies(self) -> frozenset[str]:
        """The economies and groups, without the union itself."""
        return self.entities - {"EAEU"}

    def dates_of(self, number: StatedNumber | None = None) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
        """Years and spans of the sentence, or those that go with one of its numbers: of its own part of the sentence,
        or else of the parts without a number."""
        dates = self.dates
        if number is not None and len(self.numbers) > 1 and not self.is_pair:
            own = tuple(d for d in dates if d[0] == number.clause)
            others = {n.clause for n in self.numbers}
            apart = tuple(d for d in dates if d[0] not in others)
            near = min((abs(d[0] - number.clause) for d in apart), default=0)
            dated = {d[0] for d in dates}
            earlier = len(dated) == 1 and max(dated) < number.clause and number.role != "from"
            before = dates if earlier else ()
            dates = own or tuple(d for d in apart if abs(d[0] - number.clause) == near) or before
        return (
            frozenset(first for _, first, last in dates if first == last),
            frozenset((first, last) for _, first, last in dates if first != last),
        )

    @property
    def is_pair(self) -> bool:
        """Whether its two numbers are those before and after."""
        return len(self.numbers) == 2 and [n.role for n in self.numbers] == ["from", "to"]

    def sign_near(self, number: StatedNumber) -> int:
        """The direction that is nearest to a number: 1, -1, or 0 without any. One in its own part of the sentence
        counts as nearer, and then one that follows."""
        if not self.signs:
            return 0
        at = number.place
        return min(self.signs, key=lambda s: (s[2] != number.clause, abs(s[0] - at), s[0] < at))[1]

    @property
    def sign(self) -> int:
        """The direction of the sentence; 0 where there is none or there are both."""
        found = {sign for _, sign, _ in self.signs}
        return found.pop() if len(found) == 1 else 0


def read_sentence(text: str, lang: Lang) -> SentenceReading:
    """A sentence, read by the vocabulary of its language."""
    words = tokens(text, lang)
    phrases = load_vocabulary(lang).find(words)
    by = {family: [p for p in phrases if p.family == family] for family in ("entity", "concept", "sign", "hedge")}
    breaks = [m.start() for m in CLAUSE.finditer(text)]
    dates, taken = _years(text, words, phrases)
    constant = {t for at in taken if _of_prices(words, at) for t in range(at - 2, at + 4)}  # "in 2015 prices"
    by["concept"] = [p for p in by["concept"] if p.name != "prices" or p.first not in constant]
    numbers, based = _numbers(words, phrases, taken, lang)
    numbers = [replace(n, clause=_clause(words, n.place, breaks)) for n in numbers]
    compared = _compared(words, by["sign"], numbers) | _hedging(words, by["hedge"], numbers, lang)
    cause = _causes(words, phrases)
    acting = _acting(words, phrases, cause, lang)
    concepts = frozenset(p.name for p in by["concept"] if p.first not in based) - {"none"}
    if any(p.name == "inflation" and PRICES.match(w.text) for p in by["concept"] for w in words[p.first : p.last]):
        concepts |= {"prices"}  # "consumer prices"
    growing = by["sign"] and any(n.measure == "percent" for n in numbers) and "other" not in concepts
    if "prices" in concepts and (YEARLY.search(text) or growing):  # "prices rose by 8 %"
        concepts |= {"inflation"}
    return SentenceReading(
        text=text,
        lang=lang,
        numbers=tuple(numbers),
        entities=frozenset(p.name for p in by["entity"]) - {"none"},
        concepts=concepts,
        bases=frozenset(p.name for p in by["concept"] if p.first in based),
        signs=tuple(
            (p.first, 1 if p.name == "up" else -1, _clause(words, p.first, breaks))
            for p in by["sign"]
            if p.first not in compared and p.name != "none"
        ),
        dates=tuple((_clause(words, place, breaks), first, last) for place, first, last in dates),
        hedges=frozenset(p.name for p in by["hedge"]) | _chance(text, words, lang),
        causal=acting or _causal(words, phrases, cause, lang),
        acting=acting,
        otherwise=_otherwise(words, cause, lang),
        joining=any(p.family == "cause" and p.name == "agent" for p in phrases),
        refers=any(word.text in PRONOUNS[lang] for word in words),
        parts=tuple(
            (p.name, _clause(words, p.first, breaks)) for p in (*by["entity"], *by["concept"]) if p.first not in based
        ),
        phases=tuple(
            (p.name, _clause(words, p.first, breaks))
            for p in by["hedge"]
            if p.name in ("earlier", "later") and not (p.first and words[p.first - 1].text in ("than", "чем"))
        ),
        question=text.rstrip('"»”) ').endswith("?"),
    )


# -- numbers ---------------------------------------------------------------------------------------------
def _clause(words: Sequence[TextToken], place: int, breaks: Sequence[int]) -> int:
    """The part of the sentence that a token is in."""
    return sum(words[place].start > at for at in breaks)


def _years(
    text: str, words: Sequence[TextToken], phrases: Sequence[FoundPhrase]
) -> tuple[list[tuple[int, int, int]], set[int]]:
    """Token, first and last year of every year and span of years; and the tokens that they take up."""
    dates: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    units = {p.first for p in phrases if p.family in ("unit", "scale") and p.name != "time"}
    at = 0
    while at < len(words):
        year = _year(words[at], text)
        if year is not None and _of_prices(words, at):
            taken.add(at)
            year = None
        amount = _before_amount(words, at + 1)
        if year is None or (at + 1 in units and not amount) or (at and words[at - 1].text == "$"):
            at += 1
            continue
        last = None
        if at + 2 < len(words) and words[at + 1].text in ("-", "–", "—", "−") and words[at + 2].is_number:
            other = words[at + 2].text
            short = len(other) == 2 and other.isdigit() and int(other) > year % 100
            last = year // 100 * 100 + int(other) if short else _year(words[at + 2], text)
        if last is not None and last > year:
            dates.append((at, year, last))
            taken |= {at, at + 2}
            at += 3
        else:
            dates.append((at, year, year))
            taken.add(at)
            at += 1
    return dates, taken


def _of_prices(words: Sequence[TextToken], at: int) -> bool:
    """Whether a year only says in whose prices something is ("US$ of 2015", "2015-yil narxlarida")."""
    before = [w.text for w in words[max(0, at - 2) : at]]
    after = [w.text for w in words[at + 1 : at + 4]]
    return (
        before in (["us$", "of"], ["prices", "of"], ["dollars", "of"])
        or after[:1] in (["prices"], ["dollars"])
        or before[-1:] in (["ценах"], ["constant"])
        or (
            any(re.fullmatch("narx(lari)?da", text) for text in after) and any(text.startswith("yil") for text in after)
        )
    )


def _year(word: TextToken, text: str) -> int | None:
    """The year that a token is: four digits, or two after an apostrophe ("'19")."""
    if re.fullmatch(r"\d\d", word.text) and APOSTROPHES.fullmatch(text[word.start - 1 : word.start]):
        return 2000 + int(word.text) if int(word.text) <= LAST_YEAR % 100 else 1900 + int(word.text)
    return int(word.text) if re.fullmatch(r"\d{4}", word.text) and FIRST_YEAR <= int(word.text) <= LAST_YEAR else None


def _numbers(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], taken: set[int], lang: Lang
) -> tuple[list[StatedNumber], set[int]]:
    """The numbers of a sentence that measure something, and the tokens of what percentages are of."""
    units = {p.first: p for p in phrases if p.family == "unit"}
    scales = {p.first: p for p in phrases if p.family == "scale"}
    if lang == "uz":  # "bir yarim foiz" is one and a half
        phrases = [
            p for p in phrases if p.family != "part" or not (p.first and _numeral(words[p.first - 1].text, lang))
        ]
    hedges = [p for p in phrases if p.family == "hedge" and p.name in BOUND]
    concepts = {p.first: p for p in phrases if p.family == "concept"}
    if lang == "uz":  # "olib kiradigan tovarlarning 77 foizi": by the last word too
        concepts |= {p.last - 1: p for p in phrases if p.family == "concept"}
    found: list[StatedNumber] = []
    based: set[int] = set()
    named = {t for p in phrases if p.family in ("part", "multiple") for t in range(p.first, p.last)}
    ends = {p: _of_one(words, units, p.last) for p in phrases if p.family == "part"}
    whole = {t for p, end in ends.items() if end for t in range(p.first, units[end].last)}  # "half of one per cent"
    ratios = _ratios(words, units, taken | named | whole, lang)
    every = {i for i in range(1, len(words)) if words[i - 1].text in EVERY[lang] and _whole(words, i, lang) == 100}
    apart = taken | every | whole | {t for first, (last, _) in ratios.items() for t in range(first, last)}
    for at, last, value, half in _values(words, apart, lang):
        end, scale = last, 1.0
        if end in scales:
            scale, end = float(scales[end].name), scales[end].last
        unit, after = _unit(words, units, end, at)
        if unit == "time" or (unit == "" and _clock(words, at, last)):
            continue
        if every and unit == "" and value < 100 and scale == 1:
            unit = "percent"
        measure: Measure = unit or ("none" if scale == 1 else "count")
        place, base = _base(words, concepts, at, after, lang) if measure in ("percent", "points") else (-1, "")
        based |= {place} if place >= 0 else set()
        about, bound, post = _hedged(words, hedges, at, after, lang)
        found.append(
            StatedNumber(
                text=" ".join(w.text for w in words[at:after]),
                value=value * scale,
                measure=measure,
                half=half * scale,
                place=at,
                base=base,
                role="" if post else _role(words, hedges, at, end, lang),
                about=about,
                bound=bound,
                sign=_sign(words, at),
                scale=scale,
            )
        )
    found = _share_units(words, found, {t for p in phrases if p.family == "sign" for t in range(p.first, p.last)})
    found = _paired(words, found, {p.first for p in phrases if p.family == "sign"}, lang)
    used = {t for n in found for t in range(n.place + (n.measure != "times"), n.place + len(n.text.split()))}
    found += _in_words(words, [p for p in phrases if p.first not in used], concepts, based, lang)
    for first, (last, value) in ratios.items():
        place, base = _base(words, concepts, first, last, lang)
        based |= {place} if place >= 0 else set()
        _, bound, _ = _hedged(words, hedges, first, last, lang)
        text = " ".join(w.text for w in words[first:last])
        found.append(StatedNumber(text, value, "percent", 0.0, first, base=base, about=True, bound=bound))
    large = [n for n in found if n.measure != "none" or (n.value >= LARGE and float(n.value).is_integer())]
    large = [replace(n, measure="count") if n.measure == "none" else n for n in large]
    return sorted(large, key=lambda n: n.place), based


def _values(words: Sequence[TextToken], taken: set[int], lang: Lang) -> list[tuple[int, int, float, float]]:
    """Every number in digits or words: first token, token after it, value, half of its last digit."""
    found = []
    at = 0
    while at < len(words):
        spelled = 0 if at in taken or words[at].is_number else _numeral(words[at].text, lang)
        if words[at].is_number and at not in taken:
            value, half = _value(words[at].text, lang)
            found.append((at, at + 1, value, half))
        elif spelled:
            total, last = spelled, at + 1
            while last < len(words) and last not in taken and 0 < _numeral(words[last].text, lang) < _tail(total, lang):
                total, last = total + _numeral(words[last].text, lang), last + 1
            end, more = _half_more(words, last, lang)
            found.append((at, end, total + more, 0.25 if more or total % 1 else 0.5))
            at = end
            continue
        at += 1
    return found


def _numeral(text: str, lang: Lang) -> float:
    """The number that a word is, in Uzbek with its endings; 0 for another word."""
    numerals = load_vocabulary(lang).numerals
    if lang == "uz" and text not in numerals:
        text = UZBEK_ENDING.sub("", text)
    return numerals.get(text, 0)


def _tail(total: float, lang: Lang) -> int:
    """Below what a word adds to a number in words: "hundred thirty", "thirty four", in Uzbek "ten one"."""
    return 100 if total >= 100 else 10 if total >= (10 if lang == "uz" else 20) and total % 10 == 0 else 0


def _half_more(words: Sequence[TextToken], at: int, lang: Lang) -> tuple[int, float]:
    """The token after "and a half", and 0.5; without it the token itself, and 0."""
    phrase = HALF_MORE[lang]
    return (at + len(phrase), 0.5) if tuple(w.text for w in words[at : at + len(phrase)]) == phrase else (at, 0.0)


def _whole(words: Sequence[TextToken], at: int, lang: Lang) -> int:
    """The whole number at a token, in digits or words; 0 without one."""
    if not 0 <= at < len(words):
        return 0
    text = words[at].text
    return int(text) if text.isdigit() else int(_numeral(text, lang))


def _ratios(
    words: Sequence[TextToken], units: dict[int, FoundPhrase], taken: set[int], lang: Lang
) -> dict[int, tuple[int, float]]:
    """Shares such as "three in four", "шесть из десяти", "har toʻrt kishidan uchi": by their first token, the token
    after them and the per cent."""
    found: dict[int, tuple[int, float]] = {}
    for at in range(len(words)):
        one = _whole(words, at, lang)
        if not one or at in taken:
            continue
        last = at + 1
        if lang == "uz":  # the whole comes first
            more = range(last, min(last + 2, len(words)))  # "har toʻrt kishidan uchi"
            last = next((i + 1 for i in more if words[i].text.endswith("dan") and i not in units), last)
            if not words[last - 1].text.endswith("dan") or last - 1 in units:
                continue
            whole, one = one, _whole(words, last, lang)
        else:
            while last < len(words) and words[last].text in OUT_OF[lang]:
                last += 1
            whole = _whole(words, last, lang) if last > at + 1 else 0
        plain = last + 1 not in units or UNITS[units[last + 1].name] == "usd"  # "one in seven dollars"
        if whole in WHOLES and 0 < one < whole and last not in taken and plain:
            found[at] = (last + 1, 100.0 * one / whole)
    return found


def _value(text: str, lang: Lang) -> tuple[float, float]:
    plain = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain) and (lang == "en" or plain.count(",") > 1):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    decimals = len(plain.partition(".")[2])
    value, half = float(plain), 0.5 * 10.0**-decimals
    if not decimals and plain.endswith("0"):  # "640 million": rounded to tens, but not so far as to be another number
        half = max(half, min(ROUND * value, 0.5 * 10.0 ** (len(plain) - len(plain.rstrip("0")))))
    return value, half


def _unit(
    words: Sequence[TextToken], units: dict[int, FoundPhrase], end: int, at: int
) -> tuple[Measure | Literal["", "time"], int]:
    """The unit after a number, or "$" before it, and the token after it; "" without one."""
    if at and words[at - 1].text in ("$", "us$"):
        return "usd", end
    for place in range(end, min(end + 2, len(words))):
        if place in units:
            unit = units[place]
            follows = units.get(unit.last)
            if unit.name == "percent" and follows is not None and follows.name == "points":
                unit = follows
            if _before_amount(words, place):
                break  # of the next number
            if place > end and (unit.name != "usd" or words[end].is_number):
                break  # only "million US dollars" has a word between
            require_option("unit", unit.name, UNITS)
            return UNITS[unit.name], unit.last
    return "", end


def _before_amount(words: Sequence[TextToken], at: int) -> bool:
    """Whether a token is the "$" right before a number."""
    amount = at + 1 < len(words) and words[at].text in ("$", "us$") and words[at + 1].is_number
    return amount and words[at].end == words[at + 1].start


def _clock(words: Sequence[TextToken], at: int, last: int) -> bool:
    """Whether a bare number is part of a time or a score ("3:2")."""
    around = (words[at - 1].text if at else "", words[last].text if last < len(words) else "")
    return ":" in around


def _base(
    words: Sequence[TextToken], concepts: dict[int, FoundPhrase], at: int, after: int, lang: Lang
) -> tuple[int, str]:
    """What a percentage is of: after "of" in English, right after the unit in Russian, before the number in Uzbek."""
    if lang == "uz" and after and words[after - 1].text.endswith("lik"):
        places: list[int] = []  # "eksportining 82 foizlik oʻsishi"
    elif lang == "uz" and after < len(words) and re.search("[ai]?shi(ni|ga|da|dan|ning)?$", words[after].text):
        places = []  # "eksportining 12 foizga oshishi": the growth of exports, not a share of them
    elif lang == "uz":
        places = [p for p in range(at - 1, max(at - 3, -1), -1) if p >= 0]
        places = places if not places or re.search("(ning|ga)$", words[places[0]].text) or _nisbatan(words, at) else []
    elif lang == "en":
        of = after < len(words) and words[after].text == "of"
        places = list(range(after + 1, min(after + 4, len(words)))) if of else []
    else:
        places = list(range(after, min(after + 2, len(words))))
        places = [p for p in places if not re.fullmatch("(экс|им)порт", words[p].text)]  # "на 82 % экспорт вырос"
        if after < len(words) and words[after].text in ("того", "всего"):  # "77 % того, что страна ввозит"
            places = list(range(after + 1, min(after + 6, len(words))))
    for place in places:
        if place in concepts and concepts[place].name in BASES:
            return concepts[place].first, concepts[place].name
        if words[place].is_number:
            break
    return -1, ""


def _nisbatan(words: Sequence[TextToken], at: int) -> bool:
    return at > 0 and words[at - 1].text == "nisbatan"


def _hedged(
    words: Sequence[TextToken], hedges: Sequence[FoundPhrase], at: int, after: int, lang: Lang
) -> tuple[bool, int, bool]:
    """Whether a number is approximate, whether it is a bound, and whether a word after it says so."""
    before = {at, at - 1} if at and words[at - 1].text in BETWEEN else {at}
    moved = at > 1 and words[at - 1].text in BY and words[at - 2].text in COMPARATIVES  # "lower by 12 %"
    for p in hedges:
        if (
            p.last in before
            and not (moved and p.last == at - 1)
            and not (lang == "uz" and p.first and words[p.first - 1].text.endswith("dan"))
        ):
            return BOUND[p.name] == 0, BOUND[p.name], False
    for p in hedges:
        than = lang == "uz" and (BOUND[p.name] == 0 or words[after - 1].text.endswith("dan"))
        if p.first == after and (than or words[p.first].text == "с"):  # "34 foizdan ortiq", "34 % с лишним"
            return BOUND[p.name] == 0, BOUND[p.name], lang == "uz"
    return False, 0, False


def _role(words: Sequence[TextToken], hedges: Sequence[FoundPhrase], at: int, end: int, lang: Lang) -> Role:
    """What a number does in a change, by the preposition before it or, in Uzbek, by the ending after it."""
    if lang == "uz":
        following = [w.text for w in words[end : end + 2]]
        first = next((w for w in following if re.search("(dan|ga|gacha)$", w)), "")
        if first in ("dan", "ga", "gacha") or re.match("foiz|dollar", first):
            if first.endswith("dan"):
                return "from"
            return "to" if first.endswith("gacha") or "band" not in first else ""
        return ""
    place = at - 1
    while place >= 0:
        hedge = next((p for p in hedges if p.last == place + 1), None)
        if hedge is None and words[place].text not in SKIPPED and words[place].text not in ("$", "us$"):
            break
        place = hedge.first - 1 if hedge is not None else place - 1
    before = words[place].text if place >= 0 else ""
    if "→" in (before, *(w.text for w in words[end : end + 2])):
        return "to" if before == "→" else "from"
    return "from" if before in FROM else "to" if before in TO else "by" if before in BY else ""


def _sign(words: Sequence[TextToken], at: int) -> int:
    """1 or -1 for a number with a sign right before it, 0 for one without or after another number ("6-11")."""
    before = words[at - 1] if at else None
    if before is not None and before.text in SIGNED:
        return SIGNED[before.text]
    if before is None or before.end != words[at].start or (at > 1 and words[at - 2].end == before.start):
        return 0
    return {"+": 1, "-": -1, "−": -1, "–": -1}.get(before.text, 0)


def _share_units(words: Sequence[TextToken], found: list[StatedNumber], signs: set[int]) -> list[StatedNumber]:
    """Numbers without a unit take that of the next ("from 4.0 to 6.3 %", "6-11 %")."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        one, other = out[i], out[i + 1]
        places = range(one.place + 1, other.place)
        between = [words[at].text for at in places if at not in signs]  # "from a fall of 0.2 to a rise of 0.3 %"
        open_ = one.measure == "none" or (one.measure == "count" and other.measure == "usd")
        if open_ and other.measure != "none" and 0 < len(between) <= LINKED + 2 and set(between) <= JOINING:
            scale = 1.0 if one.measure == "count" else other.scale
            out[i] = replace(
                one, measure=other.measure, base=other.base, value=one.value * scale, half=one.half * scale,
                role=one.role or ("from" if other.role == "to" else one.role),
            )  # fmt: skip
    for i, other in enumerate(out[1:], 1):  # "11 % in 2022 and 10 in 2023", "26 %, against 28"
        at = other.place
        rest = words[at + 1 : at + 3]
        dated = len(rest) > 1 and rest[0].text in ("in", "в") and bool(re.fullmatch(r"(?:19|20)\d\d", rest[1].text))
        last = not rest or not rest[0].text.isalpha() or rest[0].text in AFTER  # not "from 9 partners"
        compared = (other.about or other.bound or words[at - 1].text in AGAINST) and last
        if other.measure == "none" and out[i - 1].measure == "percent" and (dated or compared or other.half < MIN_HALF):
            out[i] = replace(other, measure="percent", base=out[i - 1].base)
    for i, (one, other) in enumerate(itertools.pairwise(out), 1):  # "lower on 19 % of imports, higher on 77 %"
        if one.base in ("imports", "exports") and not other.base and one.role == other.role == "by":
            out[i] = replace(other, base=one.base)
    return out


def _paired(words: Sequence[TextToken], found: list[StatedNumber], signs: set[int], lang: Lang) -> list[StatedNumber]:
    """ "from" and "to" count in a pair, or with a direction next to them ("fell to 12 %", not "amounted to 12 %")."""
    if {"from", "to"} <= {n.role for n in found}:
        return found
    out = []
    for n in found:
        after = n.place + len(n.text.split())
        near = range(after, after + 2) if lang == "uz" else range(n.place - 3, n.place)
        out.append(n if n.role == "by" or signs & set(near) else replace(n, role=""))
    return out


def _in_words(
    words: Sequence[TextToken],
    phrases: Sequence[FoundPhrase],
    concepts: dict[int, FoundPhrase],
    based: set[int],
    lang: Lang,
) -> list[StatedNumber]:
    """Fractions and multiples in words, which are approximate."""
    found = []
    hedges = [p for p in phrases if p.family == "hedge" and p.name in BOUND]
    signs = {p.first for p in phrases if p.family == "sign"}
    units = {p.first: p for p in phrases if p.family == "unit"}
    for p in phrases:
        added = [w.text for w in words[max(0, p.first - 2) : p.first]] == ["and", "a"]  # "a point and a half"
        if p.family in ("part", "multiple") and p.name != "0" and not added:
            value, part = float(p.name), p.family == "part"
            place, base = _base(words, concepts, p.first, p.last, lang)
            if part and place >= 0:
                based.add(place)
            measure: Measure = "percent" if part else "times"
            end = _of_one(words, units, p.last) if part else 0
            if end:  # "a quarter of one per cent"
                value, measure = value / 100, UNITS[units[end].name]  # type: ignore[assignment]
            last = units[end].last if end else p.last
            text = " ".join(w.text for w in words[p.first : last])
            loose, bound, _ = _hedged(words, hedges, p.first, p.last, lang)
            half = LOOSE * abs(value) if loose and not part else 0.0
            role = _role(words, hedges, p.first, p.last, lang) if lang != "uz" else ""
            if lang == "uz" and re.search("(ga|ka|kka)$", words[p.last - 1].text) and p.last in signs:
                role = "by"  # "chorakka kamaydi"
            if text.startswith("на") and not place >= 0:
                role = "by"
            found.append(
                StatedNumber(
                    text, value, measure, half, p.first, base=base if part else "", role=role, about=True, bound=bound
                )
            )
    return found


def _of_one(words: Sequence[TextToken], units: dict[int, FoundPhrase], at: int) -> int:
    """The token of the unit that a fraction is of: "half a point", "a quarter of one per cent", "четверть процента"."""
    while at < len(words) and words[at].text in ONE:
        at += 1
    return at if at in units and UNITS[units[at].name] in ("percent", "points") else 0


# -- direction and cause ---------------------------------------------------------------------------------
def _chance(text: str, words: Sequence[TextToken], lang: Lang) -> frozenset[str]:
    """That an estimate is within chance, where a p-value says so; or, in Uzbek, that something cannot be stated."""
    found = P_VALUE.search(text)
    denied = lang == "uz" and IMPOSSIBLE.search(" ".join(w.text for w in words))
    return frozenset({"no_effect"}) if denied or (found and float(f"0.{found[1]}") > CHANCE) else frozenset()


def _compared(words: Sequence[TextToken], signs: Sequence[FoundPhrase], numbers: Sequence[StatedNumber]) -> set[int]:
    """Tokens of "less than the 17.6 %" and the like, which compare and are no direction."""
    places = {n.place for n in numbers}
    found = set()
    for p in signs:
        rest = [w.text for w in words[p.last : p.last + 2]]
        if rest[:1] in (["than"], ["чем"]) and places & {p.last + 1, p.last + 2}:
            found.add(p.first)
    return found


def _hedging(
    words: Sequence[TextToken], hedges: Sequence[FoundPhrase], numbers: Sequence[StatedNumber], lang: Lang
) -> set[int]:
    """Tokens of "more than", "чуть больше" and the like next to a number, which are no direction."""
    places = {n.place for n in numbers}
    ends = {n.place + len(n.text.split()) for n in numbers} if lang == "uz" else set()
    after = {e for e in ends if words[e - 1].text.endswith("dan")}  # "2 foizdan kam", not "2 foiz kam"
    moved = {i for i, w in enumerate(words) if i and w.text in BY and words[i - 1].text in COMPARATIVES}
    near = []
    for p in (p for p in hedges if p.name in BOUND):
        before = places & ({p.last} if p.last in moved else {p.last, p.last + 1})
        if before or p.first in (ends if p.name == "about" else after):
            near.append(p)
    return {at for p in near for at in range(p.first, p.last)}


def _causes(words: Sequence[TextToken], phrases: Sequence[FoundPhrase]) -> dict[str, list[FoundPhrase]]:
    """What is said of causes, by kind. Joining the WTO is not joining the union, nor is "down to 12 %" a cause."""
    moves = {p.first for p in phrases if p.family == "sign"}
    found: dict[str, list[FoundPhrase]] = {}
    wto = [p for p in phrases if p.family == "concept" and p.name == "wto"]
    unions = [p for p in phrases if p.family == "entity" and p.name == "EAEU"]
    for phrase in phrases:
        if phrase.family != "cause":
            continue
        number = any(w.is_number for w in words[phrase.last : phrase.last + LINKED])
        if phrase.name in ("link", "blame") and phrase.first in moves and number:
            continue
        other = any(_gap(phrase, p) <= BEFORE_WTO for p in wto)
        if phrase.name in ("agent", "subject") and other and not any(_gap(phrase, p) <= 1 for p in unions):
            continue
        found.setdefault(phrase.name, []).append(phrase)
    return found


def _causal(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]], lang: Lang
) -> bool:
    """Whether the union or joining it is said to be the cause other than as a subject: by a link, as the agent of a
    passive, as what is to blame, or as that without which things would be otherwise."""
    if cause.get("itself") or _pointed(words, cause, lang):
        return True
    for link in cause.get("link", ()):
        for agent in cause.get("agent", ()):
            gap = link.first - agent.last if lang == "uz" else agent.first - link.last
            if 0 <= gap <= NEAR:
                return True
    if any(_gap(blame, agent) <= APART for blame in cause.get("blame", ()) for agent in cause.get("agent", ())):
        return True
    if _otherwise(words, cause, lang):
        return True
    return lang == "en" and _passive(words, phrases, cause)


def _acting(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]], lang: Lang
) -> bool:
    """Whether the union or joining it is the subject of a verb that acts: one of the vocabulary's, or one that by its
    form, its place or its object acts and is not among what a union does by itself."""
    before = {p.last for p in cause.get("preposition", ())}
    idle = {p.first for p in cause.get("idle", ())}
    objects = _objects(words, phrases) if lang == "uz" else set()
    own = {p.first for p in cause.get("verb", ())}
    plain = lang != "ru"
    verbs = {at for at in own if plain or not words[at].text.endswith(("ся", "сь")) or REFLEXIVE.match(words[at].text)}
    heads = {p.last: p.first for p in cause.get("head", ())}
    unions = [p for p in phrases if p.family == "entity"]
    led = [p for p in cause.get("agent", ()) if p.first in before and p.first - 1 in heads]  # "access to the market"
    for subject in (*cause.get("subject", ()), *led):
        named = next((p for p in unions if p.first <= subject.first < p.last and p.name == "EAEU"), subject)
        first = min(named.first, subject.first)
        first -= first > 0 and words[first - 1].text in ("the", "this", "its")
        if first in before:
            if first - 1 not in heads:
                continue
            first = heads[first - 1]  # "access to the common market"
        if lang == "uz" and _attribute(words, phrases, subject.last):
            continue
        comma = next((at for at in range(subject.last, len(words)) if words[at].text in ",;:–—"), len(words))
        reach = len(words) if lang == "uz" else min(comma, subject.last + FAR + 1)
        if any(subject.last <= at < reach for at in verbs - idle):
            return True
        rest = range(subject.last, reach - 1)
        agents = {p.first for p in phrases if p.family == "cause" and p.name == "agent"}
        doing = (at + 1 for at in rest if words[at].text == "for" and words[at + 1].text.endswith("ing"))
        if lang == "en" and any(at not in agents for at in doing):
            return True  # "is praised for raising"
        if lang == "uz":
            rest = range(subject.last, len(words))
            if subject.last == len(words) - 1 - (words[-1].text == ".") and not idle & set(rest):
                rest = range(len(words))  # the object before the subject
            if any(ACTS[lang].search(words[at].text) and at not in idle for at in rest):
                return True
            changed = objects | {
                at for at in rest if len(words[at].text) > SHORT_OBJECT and words[at].text.endswith("ni")
            }
            if changed and not idle & set(rest):
                return True
            continue
        at, modal = _next_verb(words, unions, max(named.last, subject.last))
        if at in verbs or (at < len(words) and at not in idle and (modal or _is_verb(words, phrases, at, lang))):
            return True
        if lang == "ru" and first and first - 1 not in idle and words[first - 1].text not in ("был", "было", "была"):
            formed = first - 1 in verbs or ACTS[lang].search(words[first - 1].text)
            if formed and not words[first - 1].text.endswith(("ся", "сь")):  # "рост обеспечил союз"
                return True
    return False


def _is_verb(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], at: int, lang: Lang) -> bool:
    """Whether a token after a subject is a verb by its form: "strangled", "is strangling", "strangles"."""
    text = words[at].text
    if ACTS[lang].search(text):
        return True
    if lang != "en":
        return False
    if text in BE and at + 1 < len(words):
        return words[at + 1].text.endswith("ing")
    noun = any(p.first <= at < p.last for p in phrases if p.family in ("concept", "entity"))
    return not noun and text not in BE and bool(re.search("[a-z]{2}[^s]s$", text))


def _attribute(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], at: int) -> bool:
    """Whether a noun before a token only says whose it is, in Uzbek: "ittifoq bojlari"."""
    named = next((p for p in phrases if p.family == "concept" and p.first <= at < p.last), None)
    if named is None:
        return False
    ending = "(ning|iga|ida|idan)$" if named.last > at + 1 else "((?<!n)i|ini|ning|iga|ida|idan)$"
    return bool(re.search(ending, words[named.last - 1].text))


def _objects(words: Sequence[TextToken], phrases: Sequence[FoundPhrase]) -> set[int]:
    """Tokens of outcomes, economies and units that are objects by their ending, in Uzbek."""
    named = [p for p in phrases if p.family in ("unit", "entity") or (p.family == "concept" and p.name in ACTED_ON)]
    return {at for p in named for at in range(p.first, p.last) if words[at].text.endswith("ni")}


def _next_verb(words: Sequence[TextToken], entities: Sequence[FoundPhrase], at: int) -> tuple[int, bool]:
    """The token after a subject, what it is of ("of Kyrgyzstan in the union"), its adverbs and auxiliary verbs; and
    whether a modal verb came last."""
    modal = False
    while at < len(words):
        inside = next((p.last for p in entities if p.first <= at < p.last), 0)
        if inside:
            at = inside
        elif words[at].text in OF and words[at].text not in MODALS:
            at += 1
        elif words[at].text == "," and at + 1 < len(words) and words[at + 1].text in RELATIVE:
            at += 2
        elif words[at].text in RELATIVE and words[at].text != "что":
            at += 1
        elif words[at].text in AUXILIARIES or words[at].text.endswith("ly"):
            modal = words[at].text in MODALS or (modal and words[at].text.endswith("ly"))
            at += 1
        else:
            break
    return at, modal


def _pointed(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> bool:
    """Whether a link has a pronoun for the union named before: "after accession, and because of it"."""
    for link in cause.get("link", ()):
        at = link.first - 1 if lang == "uz" else link.last
        if 0 <= at < len(words) and words[at].text in POINTERS[lang]:
            return any(agent.last <= link.first for agent in cause.get("agent", ()))
    return False


def _gap(one: FoundPhrase, other: FoundPhrase) -> int:
    """Tokens between two phrases, in whatever order they come."""
    return max(one.first, other.first) - min(one.last, other.last)


def _otherwise(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> bool:
    """Whether a conditional sentence is on what would be without the union: "but for the union", "had it not"."""
    if not any(w.text in WOULD or re.fullmatch("[a-z]+(ar|mas)di", w.text) for w in words):
        return False
    if cause.get("unjoined"):
        return True
    for without in cause.get("without", ()):
        for agent in cause.get("agent", ()):
            gap = without.first - agent.last if lang == "uz" else agent.first - without.last
            if 0 <= gap <= NEAR:
                return True
    return False


def _passive(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]]) -> bool:
    """Whether something was done "by the union", or "what" did it "was the union", in English; what its members do is
    not done by it."""
    idle = {p.first for p in cause.get("idle", ())}
    acts = {p.last for p in (*cause.get("verb", ()), *(p for p in phrases if p.family == "sign"))}
    acts |= {at + 1 for at, w in enumerate(words) if ACTS["en"].search(w.text) and at not in idle}
    acts |= {at + 2 for at, w in enumerate(words) if w.text in BE and at + 1 not in idle}
    concepts = {p.first for p in phrases if p.family == "concept"}
    for agent in cause.get("agent", ()):
        at = agent.first - 1
        at -= at >= 0 and words[at].text in ("the", "its")
        by = at >= 0 and words[at].text == "by" and agent.last not in concepts
        if by and any(0 <= at - act <= APART for act in acts):
            return True
        if at > 0 and words[at].text in ("is", "was", "were") and any(w.text == "what" for w in words[:at]):
            return True
    return False
