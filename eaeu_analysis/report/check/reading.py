"""What a sentence states: numbers with their units and years, who and what it is about, direction, cause and hedges."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ...errors import require_option
from .vocabulary import FoundPhrase, Lang, TextToken, load_vocabulary, tokens

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
ACTS = {  # verbs by their form: past tense in English and Russian, the causative in Uzbek
    "en": re.compile("[a-z]{2}ed$"),
    "ru": re.compile("[а-я]{2}(л|ла|ло)$"),
    "uz": re.compile("[a-z]{2}(tir|dir|ir|giz|qaz)(di|adi|gan|gani|moqda|ib)$"),
}
ACTED_ON = {"trade", "exports", "imports", "remittances", "fdi", "gdp", "richer", "inflation", "prices"}  # not adopted
AUXILIARIES = {"has", "have", "had", "also", "already", "уже", "также", "и"}
YEARLY = re.compile(r"\b(a year|per year|annually|yearly|в год|ежегодно|годовых|yiliga|йилига)\b", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1900, 2050
FROM = {"from", "с", "со", "от"}
TO = {"to", "до"}
BY = {"by", "на"}
JOINING = {"to", "and", "of", "the", "из", "or", "-", "–", "—", "−", "до", "и", "или", "по", "dan", "va", "ga", "yoki"}
LINKED = 3  # tokens between two numbers of one unit
NEAR = 4  # tokens from a link to the cause it names
FAR = 7  # tokens from a cause to its verb
APART = 16  # tokens between "owes" or "to blame" and the cause
WOULD = {"would", "бы", "edi"}
BASES = ("gdp", "imports", "exports", "revenue", "duties")
LARGE = 1000  # a number without a unit from which it is a count, not a number of months or a place in a list
LOOSE = 0.15  # the same where it is "almost doubled"
ABOUT = {True: 0.1, False: 0.05}  # share by which a fraction or multiple in words may differ, and an "about" number


@dataclass(frozen=True)
class StatedNumber:
    """A number of a sentence. ``half``: half a unit of its last digit; ``clause``: the part of the sentence
    that it is in; ``base``: what a percentage is of, "" when not
    stated; ``place``: its token; ``about``: stated as approximate, or as a fraction in words; ``sign``:
    of a number with "+" or "-" before it."""

    text: str
    value: float
    measure: Measure
    half: float
    place: int
    clause: int = 0
    base: str = ""
    role: Role = ""
    about: bool = False
    sign: int = 0
    scale: float = 1.0

    def equals(self, value: float) -> bool:
        """Whether a value, without its sign, is stated by this number, rounded as it is printed."""
        slack = max(self.half, ABOUT[self.half == 0] * abs(value) if self.about else 0.0)
        return abs(abs(value) - abs(self.value)) <= slack * (1 + 1e-6) + 1e-12


@dataclass(frozen=True)
class SentenceReading:
    """A sentence as it was read.

    ``entities``: economies and blocs; ``concepts``: what it is about; ``bases``: concepts that only name what a
    percentage is of; ``signs``: directions by token; ``dates``: clause, first and last year of
    every year and span of years; ``causal``: whether the union is said to be the cause; ``acting``: as the subject;
    ``otherwise``: by what would be without it;
    ``joining``: whether joining it is named; ``refers``: whether a pronoun points to the sentence before.
    """

    text: str
    lang: Lang
    numbers: tuple[StatedNumber, ...] = ()
    entities: frozenset[str] = frozenset()
    concepts: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()
    signs: tuple[tuple[int, int], ...] = ()
    dates: tuple[tuple[int, int, int], ...] = ()
    hedges: frozenset[str] = frozenset()
    causal: bool = False
    acting: bool = False
    otherwise: bool = False
    joining: bool = False
    question: bool = False
    refers: bool = False

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
            dates = own or tuple(d for d in dates if d[0] not in others)
        return (
            frozenset(first for _, first, last in dates if first == last),
            frozenset((first, last) for _, first, last in dates if first != last),
        )

    @property
    def is_pair(self) -> bool:
        """Whether its two numbers are those before and after."""
        return len(self.numbers) == 2 and [n.role for n in self.numbers] == ["from", "to"]

    def sign_near(self, place: int) -> int:
        """The direction that is nearest to a token: 1, -1, or 0 without any. One that follows counts as nearer."""
        if not self.signs:
            return 0
        return min(self.signs, key=lambda s: (abs(s[0] - place), s[0] < place))[1]

    @property
    def sign(self) -> int:
        """The direction of the sentence; 0 where there is none or there are both."""
        found = {sign for _, sign in self.signs}
        return found.pop() if len(found) == 1 else 0


def read_sentence(text: str, lang: Lang) -> SentenceReading:
    """A sentence, read by the vocabulary of its language."""
    words = tokens(text, lang)
    phrases = load_vocabulary(lang).find(words)
    by = {family: [p for p in phrases if p.family == family] for family in ("entity", "concept", "sign", "hedge")}
    breaks = [m.start() for m in CLAUSE.finditer(text)]
    dates, taken = _years(words, phrases)
    numbers, based = _numbers(words, phrases, taken, lang)
    numbers = [replace(n, clause=_clause(words, n.place, breaks)) for n in numbers]
    compared = _compared(words, by["sign"], numbers)
    cause = _causes(phrases)
    acting = _acting(words, phrases, cause, lang)
    concepts = frozenset(p.name for p in by["concept"] if p.first not in based) - {"none"}
    if "prices" in concepts and YEARLY.search(text):  # "prices rose by 8 % a year"
        concepts |= {"inflation"}
    return SentenceReading(
        text=text,
        lang=lang,
        numbers=tuple(numbers),
        entities=frozenset(p.name for p in by["entity"]) - {"none"},
        concepts=concepts,
        bases=frozenset(p.name for p in by["concept"] if p.first in based),
        signs=tuple((p.first, 1 if p.name == "up" else -1) for p in by["sign"] if p.first not in compared),
        dates=tuple((_clause(words, place, breaks), first, last) for place, first, last in dates),
        hedges=frozenset(p.name for p in by["hedge"]),
        causal=acting or _causal(words, phrases, cause, lang),
        acting=acting,
        otherwise=_otherwise(words, cause, lang),
        joining=any(p.family == "cause" and p.name == "agent" for p in phrases),
        refers=any(word.text in PRONOUNS[lang] for word in words),
        question=text.rstrip('"»”) ').endswith("?"),
    )


# -- numbers ---------------------------------------------------------------------------------------------
def _clause(words: Sequence[TextToken], place: int, breaks: Sequence[int]) -> int:
    """The part of the sentence that a token is in."""
    return sum(words[place].start > at for at in breaks)


def _years(words: Sequence[TextToken], phrases: Sequence[FoundPhrase]) -> tuple[list[tuple[int, int, int]], set[int]]:
    """Token, first and last year of every year and span of years; and the tokens that they take up."""
    dates: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    units = {p.first for p in phrases if p.family in ("unit", "scale") and p.name != "time"}
    at = 0
    while at < len(words):
        year = _year(words[at])
        if year is not None and _of_prices(words, at):
            taken.add(at)
            year = None
        if year is None or at + 1 in units or (at and words[at - 1].text == "$"):
            at += 1
            continue
        last = None
        if at + 2 < len(words) and words[at + 1].text in ("-", "–", "—", "−") and words[at + 2].is_number:
            other = words[at + 2].text
            short = len(other) == 2 and other.isdigit() and int(other) > year % 100
            last = year // 100 * 100 + int(other) if short else _year(words[at + 2])
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
        or before[-1:] in (["ценах"], ["constant"])
        or (any(text.startswith("narx") for text in after) and any(text.startswith("yil") for text in after))
    )


def _year(word: TextToken) -> int | None:
    return int(word.text) if re.fullmatch(r"\d{4}", word.text) and FIRST_YEAR <= int(word.text) <= LAST_YEAR else None


def _numbers(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], taken: set[int], lang: Lang
) -> tuple[list[StatedNumber], set[int]]:
    """The numbers of a sentence that measure something, and the tokens of what percentages are of."""
    units = {p.first: p for p in phrases if p.family == "unit"}
    scales = {p.first: p for p in phrases if p.family == "scale"}
    about = {p.last for p in phrases if p.family == "hedge" and p.name == "about"}
    concepts = {p.first: p for p in phrases if p.family == "concept"}
    found: list[StatedNumber] = []
    based: set[int] = set()
    for at, last, value, half in _values(words, taken, lang):
        end, scale = last, 1.0
        if end in scales:
            scale, end = float(scales[end].name), scales[end].last
        unit, after = _unit(words, units, end, at)
        if unit == "time" or (unit == "" and _clock(words, at, last)):
            continue
        measure: Measure = unit or ("none" if scale == 1 else "count")
        place, base = _base(words, concepts, at, after, lang) if measure in ("percent", "points") else (-1, "")
        based |= {place} if place >= 0 else set()
        found.append(
            StatedNumber(
                text=" ".join(w.text for w in words[at:after]),
                value=value * scale,
                measure=measure,
                half=half * scale,
                place=at,
                base=base,
                role=_role(words, at, end, lang),
                about=at in about or (at - 1 in about and words[at - 1].text in ("the", "a")),
                sign=_sign(words, at),
                scale=scale,
            )
        )
    found = _share_units(words, found)
    found = _paired(words, found, {p.first for p in phrases if p.family == "sign"}, lang)
    found += _in_words(words, phrases, concepts, based, lang)
    large = [n for n in found if n.measure != "none" or (n.value >= LARGE and float(n.value).is_integer())]
    large = [replace(n, measure="count") if n.measure == "none" else n for n in large]
    return sorted(large, key=lambda n: n.place), based


def _values(words: Sequence[TextToken], taken: set[int], lang: Lang) -> list[tuple[int, int, float, float]]:
    """Every number in digits or words: first token, token after it, value, half of its last digit."""
    numerals = load_vocabulary(lang).numerals
    found = []
    at = 0
    while at < len(words):
        if words[at].is_number and at not in taken:
            value, half = _value(words[at].text, lang)
            found.append((at, at + 1, value, half))
        elif words[at].text in numerals:
            total, last = numerals[words[at].text], at + 1
            if total >= 20 and last < len(words) and 0 < numerals.get(words[last].text, 0) < 10:
                total, last = total + numerals[words[last].text], last + 1
            found.append((at, last, float(total), 0.5))
            at = last
            continue
        at += 1
    return found


def _value(text: str, lang: Lang) -> tuple[float, float]:
    plain = text.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain) and (lang == "en" or plain.count(",") > 1):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    decimals = len(plain.partition(".")[2])
    return float(plain), 0.5 * 10.0**-decimals


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
            if place > end and (unit.name != "usd" or words[end].is_number):
                break  # only "million US dollars" has a word between
            require_option("unit", unit.name, UNITS)
            return UNITS[unit.name], unit.last
    return "", end


def _clock(words: Sequence[TextToken], at: int, last: int) -> bool:
    """Whether a bare number is part of a time or a score ("3:2")."""
    around = (words[at - 1].text if at else "", words[last].text if last < len(words) else "")
    return ":" in around


def _base(
    words: Sequence[TextToken], concepts: dict[int, FoundPhrase], at: int, after: int, lang: Lang
) -> tuple[int, str]:
    """What a percentage is of: after "of" in English, right after the unit in Russian, before the number in Uzbek."""
    if lang == "uz" and after < len(words) and re.search("[ai]?shi(ni|ga|da|dan|ning)?$", words[after].text):
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
    for place in places:
        if place in concepts and concepts[place].name in BASES:
            return place, concepts[place].name
        if words[place].is_number:
            break
    return -1, ""


def _nisbatan(words: Sequence[TextToken], at: int) -> bool:
    return at > 0 and words[at - 1].text == "nisbatan"


def _role(words: Sequence[TextToken], at: int, end: int, lang: Lang) -> Role:
    before = words[at - 1].text if at else ""
    if lang == "uz":
        following = [w.text for w in words[end : end + 2]]
        first = next((w for w in following if re.search("(dan|ga)$", w)), "")
        if first in ("dan", "ga") or re.match("foiz", first):
            return "from" if first.endswith("dan") else "to" if first.endswith("ga") and "band" not in first else ""
        return ""
    return "from" if before in FROM else "to" if before in TO else "by" if before in BY else ""


def _sign(words: Sequence[TextToken], at: int) -> int:
    """1 or -1 for a number with a sign right before it, 0 for one without or after another number ("6-11")."""
    before = words[at - 1] if at else None
    if before is None or before.end != words[at].start or (at > 1 and words[at - 2].end == before.start):
        return 0
    return {"+": 1, "-": -1, "−": -1, "–": -1}.get(before.text, 0)


def _share_units(words: Sequence[TextToken], found: list[StatedNumber]) -> list[StatedNumber]:
    """Numbers without a unit take that of the next ("from 4.0 to 6.3 %", "6-11 %")."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        one, other = out[i], out[i + 1]
        between = [w.text for w in words[one.place + 1 : other.place]]
        open_ = one.measure == "none" or (one.measure == "count" and other.measure == "usd")
        if open_ and other.measure != "none" and 0 < len(between) <= LINKED and set(between) <= JOINING:
            scale = 1.0 if one.measure == "count" else other.scale
            out[i] = replace(
                one, measure=other.measure, base=other.base, value=one.value * scale, half=one.half * scale,
                role=one.role or ("from" if other.role == "to" else one.role),
            )  # fmt: skip
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
    for p in phrases:
        if p.family in ("part", "multiple") and p.name != "0":
            value, part = float(p.name), p.family == "part"
            place, base = _base(words, concepts, p.first, p.last, lang)
            if part and place >= 0:
                based.add(place)
            text = " ".join(w.text for w in words[p.first : p.last])
            measure: Measure = "percent" if part else "times"
            loose = any(q.family == "hedge" and q.name == "about" and q.last == p.first for q in phrases)
            half = LOOSE * abs(value) if loose else 0.0
            found.append(StatedNumber(text, value, measure, half, p.first, base=base if part else "", about=True))
    return found


# -- direction and cause ---------------------------------------------------------------------------------
def _compared(words: Sequence[TextToken], signs: Sequence[FoundPhrase], numbers: Sequence[StatedNumber]) -> set[int]:
    """Tokens of "less than the 17.6 %" and the like, which compare and are no direction."""
    places = {n.place for n in numbers}
    found = set()
    for p in signs:
        rest = [w.text for w in words[p.last : p.last + 2]]
        if rest[:1] in (["than"], ["чем"]) and places & {p.last + 1, p.last + 2}:
            found.add(p.first)
    return found


def _causes(phrases: Sequence[FoundPhrase]) -> dict[str, list[FoundPhrase]]:
    """What is said of causes, by kind."""
    found: dict[str, list[FoundPhrase]] = {}
    for phrase in phrases:
        if phrase.family == "cause":
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
    form has an object and is not among what a union does by itself."""
    before = {p.last for p in cause.get("preposition", ())}
    idle = {p.first for p in cause.get("idle", ())}
    acted = [p for p in phrases if p.family == "concept" and p.name in ACTED_ON]
    objects = [at for p in acted for at in range(p.first, p.last) if words[at].text.endswith("ni")]  # in Uzbek
    verbs = {
        v.first for v in cause.get("verb", ()) if lang != "ru" or not words[v.last - 1].text.endswith(("ся", "сь"))
    }
    for subject in cause.get("subject", ()):
        article = subject.first and words[subject.first - 1].text in ("the", "this", "its")
        if (subject.first - 1 if article else subject.first) in before:
            continue
        if any(0 <= at - subject.last <= (len(words) if lang == "uz" else FAR) for at in verbs):
            return True
        formed = range(subject.last, len(words)) if lang == "uz" else _next_verbs(words, subject.last)
        if any(ACTS[lang].search(words[at].text) and at not in idle for at in formed):
            return True
        if lang == "uz" and any(at >= subject.last for at in objects):
            return True
    return False


def _next_verbs(words: Sequence[TextToken], at: int) -> list[int]:
    """The token after a subject, its adverbs and auxiliary verbs; none where these end the sentence."""
    while at < len(words) and (words[at].text in AUXILIARIES or words[at].text.endswith("ly")):
        at += 1
    return [at] if at < len(words) else []


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
    if not WOULD & {w.text for w in words}:
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
    """Whether something was done "by the union", in English; what its members do is not done by it."""
    acts = [*cause.get("verb", ()), *(p for p in phrases if p.family == "sign")]
    concepts = {p.first for p in phrases if p.family == "concept"}
    for agent in cause.get("agent", ()):
        at = agent.first - 1
        at -= at >= 0 and words[at].text in ("the", "its")
        by = at >= 0 and words[at].text == "by" and agent.last not in concepts
        if by and any(0 <= at - act.last <= APART for act in acts):
            return True
    return False
