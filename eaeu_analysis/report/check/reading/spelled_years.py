"""Years in words, as a transcript has them: "twenty ten", "в две тысячи десятом году", "ikki ming oʻninchi yil"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numerals import read_numeral
from .vocabulary import Lang, TextToken

CENTURIES = {"twenty": 2000, "nineteen": 1900}
THOUSANDS = {"en": ("two", "thousand"), "ru": ("две", "тысячи"), "uz": ("ikki", "ming")}
BEFORE_YEAR = {"in", "since", "until", "till", "from", "by", "to", "and", "of", "between", "through"}
JOINERS = {"to", "and", "through", "until", "till", "-", "–", "—", "−", "по", "до", "и", "va"}
BEFORE_ORDINAL = {"в", "к", "с", "со", "до", "по"}
COUNTED = re.compile("per|%|point|times|billion|million|thousand|hundred|year")  # after a number that is no year
ORDINAL = re.compile("(.+?)(?:ый|ий|ой|ого|его|ому|ему|ом|ем|ым|им|ых|ьем|ьего|ая|ую)")
ORDINALS = {
    **{"перв": 1, "втор": 2, "трет": 3, "четверт": 4, "пят": 5, "шест": 6, "седьм": 7, "восьм": 8, "девят": 9},
    **{"десят": 10, "одиннадцат": 11, "двенадцат": 12, "тринадцат": 13, "четырнадцат": 14, "пятнадцат": 15},
    **{"шестнадцат": 16, "семнадцат": 17, "восемнадцат": 18, "девятнадцат": 19, "двадцат": 20, "тридцат": 30},
}
FIRST, LAST = 10, 40  # years of this century that are named without it
OLDEST = 1990


def join_years(words: Sequence[TextToken], lang: Lang) -> list[TextToken]:
    """The tokens of a sentence, with a year in words as one token in digits."""
    out: list[TextToken] = []
    at = 0
    spelled: set[int] = set()  # places in ``out``
    while at < len(words):
        second = len(out) > 1 and len(out) - 2 in spelled and out[-1].text in JOINERS  # of "2010 to fourteen"
        year, last = _YEARS[lang](words, at, int(out[-2].text) if second else 0)
        if year:
            spelled.add(len(out))
            out.append(TextToken(str(year), words[at].start, words[last - 1].end))
        else:
            last = at + 1
            out.append(words[at])
        at = last
    return out


def _is_thousands(words: Sequence[TextToken], at: int, lang: Lang) -> bool:
    return tuple(w.text for w in words[at : at + 2]) == THOUSANDS[lang]


def _below_hundred(words: Sequence[TextToken], at: int, lang: Lang) -> tuple[int, int]:
    """A number below a hundred in words, and the token after it; 0 without one."""
    first = int(read_numeral(words[at].text, lang)) if at < len(words) and not words[at].is_number else 0
    more = int(read_numeral(words[at + 1].text, lang)) if first and at + 1 < len(words) else 0
    if first in (10, 20, 30, 90) and 0 < more < 10 and (first > 10 or lang == "uz"):
        return first + more, at + 2
    return (first, at + 1) if 0 < first < 100 else (0, at)


def _english(words: Sequence[TextToken], at: int, since: int) -> tuple[int, int]:
    text, before = words[at].text, words[at - 1].text if at else ""
    if _is_thousands(words, at, "en") and before in BEFORE_YEAR:
        joined = at + 2 + (at + 2 < len(words) and words[at + 2].text == "and")
        value, last = _below_hundred(words, joined, "en")
        return (2000 + value, last) if 0 < value < LAST and not _is_counted(words, last) else (0, at)
    if text in CENTURIES and at + 2 < len(words) and words[at + 1].text in ("oh", "o"):
        value, last = int(read_numeral(words[at + 2].text, "en")), at + 3
    else:
        value, last = _below_hundred(words, at + 1, "en") if text in CENTURIES else (0, at)
        value = value if value >= FIRST else 0
    year = CENTURIES.get(text, 0) + value
    if value and OLDEST <= year < 2000 + LAST and not _is_counted(words, last):
        return year, last
    value, last = _below_hundred(words, at, "en") if since else (0, at)
    dated = last < len(words) and words[last].text == "in"  # "from 34 % in 2009 to thirty-nine in 2021"
    later = since % 100 < value < LAST and not dated and not _is_counted(words, last)
    return (since // 100 * 100 + value, last) if later else (0, at)


def _is_counted(words: Sequence[TextToken], at: int) -> bool:
    return at < len(words) and bool(COUNTED.match(words[at].text))


def _russian(words: Sequence[TextToken], at: int, since: int) -> tuple[int, int]:
    if _is_thousands(words, at, "ru"):
        value, last = _ordinal(words, at + 2)
        return (2000 + value, last) if value else (0, at)
    value, last = _ordinal(words, at)
    following = words[last].text if last < len(words) else ""
    before = words[at - 1].text if at else ""
    named = following.startswith("год") or not following.isalpha() or bool(since)
    if FIRST <= value < LAST and named and (since or before in BEFORE_ORDINAL):
        return 2000 + value, last
    return 0, at


def _ordinal(words: Sequence[TextToken], at: int) -> tuple[int, int]:
    """An ordinal below a hundred in words, and the token after it; 0 without one."""
    tens = int(read_numeral(words[at].text, "ru")) if at < len(words) and not words[at].is_number else 0
    place = at + (tens in (20, 30))
    found = ORDINAL.fullmatch(words[place].text) if place < len(words) else None
    value = ORDINALS.get(found[1], 0) if found else 0
    if place > at:
        value = tens + value if 0 < value < 10 else 0
    return (value, place + 1) if value else (0, at)


def _uzbek(words: Sequence[TextToken], at: int, since: int) -> tuple[int, int]:
    start = at + 2 if _is_thousands(words, at, "uz") else at
    total, place = 0, start
    while place < min(start + 2, len(words)):
        text = words[place].text
        ended = text.endswith("nchi")
        stems = (text.removesuffix("nchi"), text.removesuffix("inchi"))  # "oltinchi", "oʻninchi"
        value = int(next((v for v in (read_numeral(stem, "uz") for stem in stems) if v), 0))
        if not value or (total and value >= 10):
            break
        total, place = total + value, place + 1
        if ended:
            yearly = place < len(words) and (words[place].text.startswith("yil") or words[place].text in JOINERS)
            return (2000 + total, place) if yearly and (start > at or since or FIRST <= total < LAST) else (0, at)
    return 0, at


_YEARS = {"en": _english, "ru": _russian, "uz": _uzbek}
