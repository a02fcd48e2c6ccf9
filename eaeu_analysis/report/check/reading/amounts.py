"""The numbers of a sentence that measure something, with their units."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from ....errors import require_option
from .dates import is_before_amount
from .numerals import find_shares, find_values, read_numeral, read_whole
from .roles import BOUND, MIN_HALF, find_base, find_hedge, find_role, find_sign, pair_roles, share_units
from .stated_number import UNITS, Measure, StatedNumber
from .vocabulary import FoundPhrase, Lang, TextToken

SINGLE = {"one", "один", "одна", "одно", "одной", "одну", "одного", "одному", "одним", "bir", "bitta"}
DAILY = re.compile(r"(?:poverty )?line\b|(?:a|per|в) (?:day|день|сутки)|runs|draws|simulations|прогон|розыгрыш|kuniga")
NARROW = 1.15  # times the lower end of a range that the upper end of a narrow one is at most
TIMED = re.compile("year|month|год|лет|месяц|yil|oy$")
LARGE = 1000  # a number without a unit from which it is a count, not a number of months or a place in a list
SHARES = ("as", "share", "relative", "как", "доля", "доли", "долю")  # "doubled as a share of GDP"
NEAR_OUTPUT = 5  # tokens after a multiple within which GDP may be named
LOOSE = 0.15  # the same where it is "almost doubled"
ONE = {"of", "a", "one", "одного"}  # between a fraction and its unit
EVERY = {"en": ("every", "each", "a", "per", "of"), "ru": ("каждых", "каждые", "из"), "uz": ("har",)}


def find_numbers(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], taken: set[int], lang: Lang
) -> tuple[list[StatedNumber], set[int]]:
    """The numbers of a sentence that measure something, and the tokens of what percentages are of."""
    units = {p.first: p for p in phrases if p.family == "unit"}
    scales = {p.first: p for p in phrases if p.family == "scale"}
    if lang == "uz":  # "bir yarim foiz" is one and a half
        phrases = [
            p for p in phrases if p.family != "part" or not (p.first and read_numeral(words[p.first - 1].text, lang))
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
    ratios = find_shares(words, units, taken | named | whole, lang)
    hundreds = {i for i in range(1, len(words)) if read_whole(words, i, lang) == 100}
    hundreds -= {i for i in hundreds if words[i + 1 : i + 2] and words[i + 1].text == "and"}  # "a hundred and thirty"
    hundreds -= {i for i in hundreds if i + 1 in scales or (i + 1 in units and units[i + 1].name == "percent")}
    every = {i for i in hundreds if words[i - 1].text in EVERY[lang]}
    rated = any(p.family == "concept" and p.name == "exchange_rate" for p in phrases)
    index = rated or any(p.family == "concept" and p.name == "gini" for p in phrases)
    sharing = any(p.family == "concept" and p.name == "share" for p in phrases) and not units
    parts = [p for p in phrases if p.family == "part" and _scale_after(words, scales, p)]
    apart = (
        taken
        | every
        | whole
        | {t for p in parts for t in (p.last, p.last + 1)}
        | {t for first, (last, _) in ratios.items() for t in range(first, last)}
    )
    for at, end, value, half, scale in _added_up(find_values(words, apart, lang), scales, words):
        unit, after = _unit(words, units, end, at)
        if unit == "" and scale == value == 1 and words[at].text in SINGLE:  # "according to one model"
            continue
        if _is_setting(words, at, after):
            continue
        if any(w.text == "p" for w in words[max(0, at - 3) : at]):  # "p = 0.56"
            continue
        unit, after = ("", end) if unit == "time" and scale > 1 else (unit, after)  # "90 млрд годом раньше"
        if unit == "time" or (unit == "" and _clock(words, at, end)):
            continue
        if every and unit in ("", "usd") and value < LARGE and scale == 1:  # "for every hundred dollars of GDP"
            unit = "percent"
        if sharing and unit == "" and scale == 1 and half < MIN_HALF:  # "the share, 34.7 to be exact"
            unit = "percent"
        priced = rated and words[end : end + 1] and words[end].text in ("per", "to", "за", "a")  # "152 per dollar"
        if index and (unit == "" or priced) and scale <= LARGE:  # "the rate averaged 469 per US dollar"
            unit = "count"
        if rated and unit == "usd" and value == 1:  # "one dollar"
            continue
        measure: Measure = unit or ("none" if scale == 1 else "count")
        place, base = find_base(words, concepts, at, after, lang) if measure in ("percent", "points") else (-1, "")
        based |= {place} if place >= 0 else set()
        about, bound, post = find_hedge(words, hedges, at, after, lang)
        found.append(
            StatedNumber(
                text=_text(words[at:after]),
                value=value * scale,
                measure=measure,
                half=half * scale,
                place=at,
                base=base,
                role="" if post else find_role(words, hedges, at, end, lang),
                about=about,
                bound=bound,
                sign=find_sign(words, at),
                scale=scale,
            )
        )
    found = _of_heading(words, phrases, found, concepts, based, lang)
    found = share_units(words, found, {t for p in phrases if p.family == "sign" for t in range(p.first, p.last)})
    found = pair_roles(words, found, {p.first for p in phrases if p.family == "sign"}, lang)
    used = {t for n in found for t in range(n.place + (n.measure != "times"), n.place + len(n.text.split()))}
    found += _in_words(words, [p for p in phrases if p.first not in used], concepts, based, lang)
    for first, (last, value) in ratios.items():
        place, base = find_base(words, concepts, first, last, lang)
        based |= {place} if place >= 0 else set()
        _, bound, _ = find_hedge(words, hedges, first, last, lang)
        text = _text(words[first:last])
        found.append(StatedNumber(text, value, "percent", 0.0, first, base=base, about=True, bound=bound))
    found = [_of_output(n, words, concepts) for n in found]
    found = _of_narrow_ranges(words, found)
    former = {p.first for p in phrases if p.family == "hedge" and p.name == "former"}
    found = [_of_former(n) if n.place + len(n.text.split()) in former else n for n in found]
    large = [n for n in found if n.measure != "none" or (n.value >= LARGE and float(n.value).is_integer())]
    large = [replace(n, measure="count") if n.measure == "none" else n for n in large]
    return sorted(large, key=lambda n: n.place), based


def _text(words: Sequence[TextToken]) -> str:
    """The tokens of a number with a space between each two; one with spaces in it ("1 316 569") without them."""
    return " ".join("".join(w.text.split()) for w in words)


def _is_setting(words: Sequence[TextToken], at: int, after: int) -> bool:
    """Whether a number is a poverty line ("4.20 dollars a day") or how often a model was run."""
    rest = " ".join(w.text for w in words[after : after + 2])
    return bool(DAILY.match(rest)) or (at > 0 and words[at - 1].text == "kuniga")


def _of_output(number: StatedNumber, words: Sequence[TextToken], concepts: dict[int, FoundPhrase]) -> StatedNumber:
    """A multiple of GDP as a percentage of it: "one and a half times GDP", "YaIMdan ikki barobar"."""
    end = number.place + len(number.text.split())
    near = range(end, min(end + NEAR_OUTPUT, len(words)))
    rest = itertools.takewhile(lambda t: words[t].text.isalpha() and words[t].text not in SHARES, near)
    places = [t for t in rest if t in concepts and concepts[t].name == "gdp"]
    before = number.place - 1 in concepts and words[number.place - 1].text.endswith("dan")
    verb = re.match(r"\w+(?:led|bled|pled)\b|удво|утро", number.text)  # "doubled its GDP"
    if verb or number.measure != "times" or number.value < 1 or not (places or before):
        return number
    return replace(number, value=100 * number.value, half=100 * number.half, measure="percent", base="gdp", role="")


def _of_narrow_ranges(words: Sequence[TextToken], found: Sequence[StatedNumber]) -> list[StatedNumber]:
    """Two numbers that say between what one is, as one: "between thirteen and fourteen per cent", "12-13 points"."""
    out: list[StatedNumber] = []
    for number in found:
        one = out[-1] if out else number
        between = [w.text for w in words[one.place + len(one.text.split()) : number.place]]
        joined = between[-1:] in (["-"], ["–"], ["to"]) or (
            between[-1:] in (["and"], ["и"], ["va"]) and words[max(one.place - 1, 0)].text in ("between", "между")
        )
        same = one.measure == number.measure and one.value < number.value <= NARROW * one.value
        if out and joined and same and len(between) == 1:
            middle, half = (one.value + number.value) / 2, (number.value - one.value) / 2 + number.half
            out[-1] = replace(one, value=middle, half=half, base=number.base or one.base, about=False, bound=0)
        else:
            out.append(number)
    return out


def _of_former(number: StatedNumber) -> StatedNumber:
    """A share of what something was, as a multiple: "a fifth of what it was" is a fall to five times less."""
    if number.measure != "percent" or not number.value:
        return number
    fall = number.value < 100
    ratio = 100 / number.value if fall else number.value / 100
    half, bound = ratio * number.half / number.value, -number.bound if fall else number.bound
    value = -ratio if fall else ratio
    return replace(number, measure="times", value=value, half=half, bound=bound, base="", role="", sign=-fall)


def _added_up(
    values: Sequence[tuple[int, int, float, float]], scales: dict[int, FoundPhrase], words: Sequence[TextToken]
) -> list[tuple[int, int, float, float, float]]:
    """Values with the token after them and their scales; one that follows thousands or millions is a part of them:
    "five thousand four hundred"."""
    found: list[tuple[int, int, float, float, float]] = []
    for at, last, value, half in values:
        more = (
            last + 2 if [w.text for w in words[last : last + 2]] == ["с", "лишним"] else last
        )  # "26 с лишним миллионов"
        size, end = (float(scales[more].name), scales[more].last) if more in scales else (1.0, last)
        first, before, total, _, scale = found[-1] if found else (0, 0, 0.0, 0.0, 1.0)
        joined = before == at and not (
            words[at].is_number and words[at].start > words[at - 1].end + 1
        )  # not "bn (77 %"
        timed = last < len(words) and bool(TIMED.match(words[last].text))  # "3.28bn two years earlier"
        if joined and not timed and value * size < scale >= LARGE:
            zeros = len(f"{value:.0f}") - len(f"{value:.0f}".rstrip("0"))
            found[-1] = (first, end, total + value * size / scale, 0.5 * 10**zeros * size / scale, scale)
        else:
            found.append((at, end, value, half, size))
    return found


def _of_heading(
    words: Sequence[TextToken],
    phrases: Sequence[FoundPhrase],
    found: list[StatedNumber],
    concepts: dict[int, FoundPhrase],
    based: set[int],
    lang: Lang,
) -> list[StatedNumber]:
    """Numbers without a unit take that of a heading: "Remittances, % of GDP: 17.2 in 2022", "GDP, $bn: Armenia 26"."""
    headings = [p for p in phrases if p.family == "unit" and p.name in ("percent", "usd")]
    first = min((n.place for n in found), default=0)
    ended = any(w.text == ":" for w in words[headings[0].last : first]) if headings else False
    headings = [p for p in headings if p.name == "percent" or ended]  # per cent may come last: "8.7 in 2024, %"
    if len(headings) != 1 or any(n.measure != "none" for n in found):
        return found
    place, base = find_base(words, concepts, headings[0].first, headings[0].last, lang)
    based |= {place} if place >= 0 else set()
    sizes = (float(p.name) for p in phrases if p.family == "scale" and headings[0].first in (p.first - 1, p.last))
    size = next(sizes, 1.0) if headings[0].name == "usd" else 1.0
    unit: Measure = "usd" if headings[0].name == "usd" else "percent"
    return [replace(n, measure=unit, base=base, value=n.value * size, half=n.half * size) for n in found]


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
            if is_before_amount(words, place):
                break  # of the next number
            if place > end and (unit.name != "usd" or words[end].is_number):
                break  # only "million US dollars" has a word between
            require_option("unit", unit.name, UNITS)
            return UNITS[unit.name], unit.last
    return "", end


def _clock(words: Sequence[TextToken], at: int, last: int) -> bool:
    """Whether a bare number is part of a time or a score ("3:2")."""
    before = at > 1 and words[at - 1].text == ":" and words[at - 2].is_number
    after = last + 1 < len(words) and words[last].text == ":" and words[last + 1].is_number
    return before or after


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
    scales = {p.first: p for p in phrases if p.family == "scale"}
    for p in phrases:
        added = [w.text for w in words[max(0, p.first - 2) : p.first]] == ["and", "a"]  # "a point and a half"
        if p.family in ("part", "multiple") and p.name != "0" and not added:
            value, part = float(p.name), p.family == "part"
            place, base = find_base(words, concepts, p.first, p.last, lang)
            if part and place >= 0:
                based.add(place)
            larger = _larger(words, concepts, p.last) if part and place < 0 else -1
            if larger >= 0:  # "a third more than GDP"
                value, base = 100 + value, "gdp"
                based.add(larger)
            measure: Measure = "percent" if part else "times"
            end = _of_one(words, units, p.last) if part else 0
            scale = _scale_after(words, scales, p)
            if part and scale is not None:  # "half a thousand firms"
                value, measure, base = value / 100 * float(scale.name), "count", ""
            if end:  # "a quarter of one per cent"
                value, measure = value / 100, UNITS[units[end].name]  # type: ignore[assignment] # of one unit
            last = units[end].last if end else p.last
            text = _text(words[p.first : last])
            loose, bound, _ = find_hedge(words, hedges, p.first, p.last, lang)
            half = LOOSE * abs(value) if loose and not part else 0.0
            role = find_role(words, hedges, p.first, p.last, lang) if lang != "uz" else ""
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


def _scale_after(words: Sequence[TextToken], scales: dict[int, FoundPhrase], part: FoundPhrase) -> FoundPhrase | None:
    """The scale that a fraction is of: "half a million"; None without one."""
    return scales.get(part.last + ([w.text for w in words[part.last : part.last + 1]] == ["a"]))


def _larger(words: Sequence[TextToken], concepts: dict[int, FoundPhrase], at: int) -> int:
    """The token of GDP in "more than the whole economy"; -1 without it."""
    if at < len(words) and words[at].text in ("more", "larger", "bigger", "greater", "больше"):
        return next(
            (t for t in range(at + 1, min(at + 7, len(words))) if t in concepts and concepts[t].name == "gdp"), -1
        )
    return -1


def _of_one(words: Sequence[TextToken], units: dict[int, FoundPhrase], at: int) -> int:
    """The token of the unit that a fraction is of: "half a point", "a quarter of one per cent", "четверть процента"."""
    while at < len(words) and words[at].text in ONE:
        at += 1
    return at if at in units and UNITS[units[at].name] in ("percent", "points") else 0
