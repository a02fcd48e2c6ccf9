"""What a number is in its sentence: a bound, from, to or by, a share of something, in the unit of the next one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from .stated_number import Role, StatedNumber
from .vocabulary import FoundPhrase, Lang, TextToken

FROM = {"from", "с", "со", "от"}
TO = {"to", "до"}
BY = {"by", "на"}
WAS, BECAME = {"was", "were", "было", "была", "был", "были"}, {"now", "стало", "стала", "стал", "теперь"}
SIGNED = {"plus": 1, "minus": -1, "плюс": 1, "минус": -1, "plyus": 1}  # words before a number that are its sign
COMPARATIVES = {"больше", "выше", "меньше", "ниже", "above", "below", "over", "under"}
AFTER = {
    "when",
    "once",
    "as",
    "by",
    "during",
    "since",
    "когда",
    "после",
    "с",
    "со",
    "in",
    "в",
    "before",
    "earlier",
    "previously",
    "then",
    "after",
    "if",
}  # after a number that counts nothing
AGAINST = {
    "against",
    "versus",
    "vs",
    "with",
    "than",
    "from",
    "to",
    "до",
    "против",
    "—",
    "–",
    ":",
}  # before a number compared with another
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
THOUSAND = 1000  # from which a number is not of thousands or millions that the one before it counts
MIN_HALF = 0.5  # half of the last digit of a whole number; one with decimals has less
LINKED = 3  # tokens between two numbers of one unit
BOUND = {"about": 0, "over": 1, "under": -1}  # hedges of a number
BETWEEN = ("$", "us$", "the", "a", "an", "by", "to", "from", "на", "до", "с")  # between "more than" and a number
BASES = ("gdp", "imports", "exports", "revenue", "duties", "population")
SKIPPED = {"a", "an", "the", "only", "just", "merely", "barely", "well", "now", "still", "some", "as", "much", "little"}
SKIPPED |= {"average", "mean", "of"}
SKIPPED |= {"лишь", "всего", "только", "целых", "уже", "еще", "каких", "то", "level", "уровня", "аж"}


def find_base(
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
        if after < len(words) and words[after].text.startswith("доллар"):  # "каждый третий доллар киргизского ВВП"
            places = list(range(after, min(after + 3, len(words))))
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


def find_hedge(
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
        so = words[p.first].text in ("с", "or")  # "34 % с лишним", "150 or so"
        if p.first == after and (than or so):  # "34 foizdan ortiq"
            return BOUND[p.name] == 0, BOUND[p.name], lang == "uz"
    return False, 0, False


def find_role(words: Sequence[TextToken], hedges: Sequence[FoundPhrase], at: int, end: int, lang: Lang) -> Role:
    """What a number does in a change, by the preposition before it or, in Uzbek, by the ending after it."""
    if lang == "uz":
        following = [w.text for w in words[end : end + 2]]
        first = next((w for w in following if re.search("(dan|ga|gacha)$", w)), "")
        if first in ("dan", "ga", "gacha") or re.match("foiz|dollar", first):
            if first.endswith("dan"):
                return "from"
            return "to" if first.endswith("gacha") or "band" not in first else ""
        return ""
    changed = _changed(words, at)
    if changed:
        return changed
    place = at - 1
    while place >= 0:
        hedge = next((p for p in hedges if p.last == place + 1), None)
        if hedge is None and words[place].text not in SKIPPED and words[place].text not in ("$", "us$"):
            break
        place = hedge.first - 1 if hedge is not None else place - 1
    before = words[place].text if place >= 0 else ""
    if before == "→":
        return "to"
    rest = itertools.takewhile(lambda w: not w.is_number and w.text not in ",;:", words[end : end + 6])
    if any(w.text == "→" for w in rest):  # "3.4 % of GDP → 7.6 % of GDP"
        return "from"
    return "from" if before in FROM else "to" if before in TO else "by" if before in BY else ""


def _changed(words: Sequence[TextToken], at: int) -> Role:
    """ "from" or "to" for "was 8 %, now 2 %", "было 8 %, стало 2 %"; "" otherwise."""
    before = words[at - 1].text if at else ""
    if before in WAS and any(w.text in BECAME for w in words):
        return "from"
    return "to" if before in BECAME and any(w.text in WAS for w in words) else ""


def find_sign(words: Sequence[TextToken], at: int) -> int:
    """1 or -1 for a number with a sign right before it, 0 for one without or after another number ("6-11")."""
    before = words[at - 1] if at else None
    if before is not None and before.text in SIGNED:
        return SIGNED[before.text]
    if before is not None and before.text in ("$", "us$"):
        return find_sign(words, at - 1)
    if before is None or before.end != words[at].start or (at > 1 and words[at - 2].end == before.start):
        return 0
    return {"+": 1, "-": -1, "−": -1, "–": -1}.get(before.text, 0)


def share_units(words: Sequence[TextToken], found: list[StatedNumber], signs: set[int]) -> list[StatedNumber]:
    """Numbers without a unit take that of the next ("from 4.0 to 6.3 %", "6-11 %")."""
    out = list(found)
    for i in range(len(out) - 2, -1, -1):
        one, other = out[i], out[i + 1]
        if one.measure == "usd" and one.scale == 1 < other.scale and other.measure == "count":  # "$1.5-2.0bn"
            out[i + 1] = other = replace(other, measure="usd")
            one = replace(one, measure="none")
        places = range(one.place + len(one.text.split()), other.place)
        between = [words[at].text for at in places if at not in signs]  # "from a fall of 0.2 to a rise of 0.3 %"
        listed = (
            one.measure == "none" and one.half < MIN_HALF and other.measure == "percent"
        )  # "Russia 13.7, Armenia 8.6 %"
        if listed:
            out[i] = replace(one, measure=other.measure, base=other.base)
        open_ = one.measure == "none" or (one.measure == "count" and other.measure == "usd")
        if open_ and other.measure != "none" and 0 < len(between) <= LINKED + 2 and set(between) <= JOINING:
            scale = 1.0 if one.measure == "count" else other.scale
            out[i] = replace(
                one, measure=other.measure, base=other.base, value=one.value * scale, half=one.half * scale,
                role=one.role or ("from" if other.role == "to" else one.role),
            )  # fmt: skip
    for i, other in enumerate(out[1:], 1):  # "11 % in 2022 and 10 in 2023", "26 %, against 28"
        at, end = other.place, other.place + len(other.text.split())
        rest = words[end : end + 2]
        dated = len(rest) > 1 and rest[0].text in ("in", "в") and bool(re.fullmatch(r"(?:19|20)\d\d", rest[1].text))
        last = not rest or not rest[0].text.isalpha() or rest[0].text in AFTER  # not "from 9 partners"
        compared = (other.about or other.bound or words[at - 1].text in AGAINST) and last
        before = out[i - 1]
        exact = other.half < MIN_HALF and before.measure == "percent"
        if other.measure == "none" and before.measure in ("percent", "usd") and (dated or compared or exact):
            size = before.scale if before.measure == "usd" and other.value < THOUSAND else 1.0
            out[i] = replace(
                other, measure=before.measure, base=before.base, value=other.value * size, half=other.half * size,
                scale=size,
            )  # fmt: skip
    for i, (one, other) in enumerate(itertools.pairwise(out), 1):  # "lower on 19 % of imports, higher on 77 %"
        if one.base in ("imports", "exports") and not other.base and one.role == other.role == "by":
            out[i] = replace(other, base=one.base)
    return out


def pair_roles(
    words: Sequence[TextToken], found: list[StatedNumber], signs: set[int], lang: Lang
) -> list[StatedNumber]:
    """ "from" and "to" count in a pair, or with a direction next to them ("fell to 12 %", not "amounted to 12 %")."""
    if {"from", "to"} <= {n.role for n in found}:
        return found
    out = []
    for n in found:
        after = n.place + len(n.text.split())
        near = range(after, after + 2) if lang == "uz" else range(n.place - 3, n.place)
        out.append(n if n.role == "by" or signs & set(near) else replace(n, role=""))
    return out
