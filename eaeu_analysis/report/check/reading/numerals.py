"""Numbers in digits and in words, and shares such as "three in four"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .stated_number import UNITS
from .vocabulary import FoundPhrase, Lang, TextToken, load_vocabulary

HALF_MORE = {"en": ("and", "a", "half"), "ru": ("с", "половиной"), "uz": ("yarim",)}
THIRDS = {"third": 1 / 3, "quarter": 0.25, "fifth": 0.2}  # after "one and a"
UZBEK_ENDING = re.compile("(?:ta|tasi|tasini|tasiga|tadan|nafari|nafardan|si|i|dan|ga|ni|ning|sini)$")
LARGE_WORDS = ("thousand", "million", "billion", "trillion")
HUNDRED = 100
ROUGH = 20  # from which a number of tens in words ("thirty per cent") is a rough one
ROUND = 0.02  # share by which a number that ends in zero may differ
WHOLES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 100)  # in "three in four", "six of every ten"
OUT_OF = {"en": ("in", "of", "out", "every", "each"), "ru": ("из", "каждых", "каждые"), "uz": ()}


def find_values(words: Sequence[TextToken], taken: set[int], lang: Lang) -> list[tuple[int, int, float, float]]:
    """Every number in digits or words: first token, token after it, value, half of its last digit."""
    found = []
    at = 0
    while at < len(words):
        pronoun = [w.text for w in words[at : at + 2]] == ["one", "of"]  # "from a tariff of 6.1 % to one of 10.8 %"
        spelled = 0 if at in taken or words[at].is_number or pronoun else read_numeral(words[at].text, lang)
        if words[at].is_number and at not in taken:
            value, half = _value(words[at].text, lang)
            found.append((at, at + 1, value, half))
        elif at not in taken and words[at].text == "a" and at + 1 < len(words) and words[at + 1].text in LARGE_WORDS:
            found.append((at, at + 1, 1.0, ROUND))  # "a thousand"
        elif spelled or (at not in taken and _is_zero(words, at, lang)):
            total, last = spelled, at + 1
            if 0 < total < HUNDRED and lang != "ru" and read_whole(words, last, lang) == HUNDRED:  # "twelve hundred"
                total, last = HUNDRED * total, last + 1
            while last < len(words) and last not in taken:
                joined = lang == "en" and total % HUNDRED == 0 and words[last].text == "and"  # "a hundred and thirty"
                part = read_whole(words, last + joined, lang)
                if not 0 < part < _tail(total, lang):
                    break
                total, last = total + part, last + joined + 1
                if (
                    lang == "en" and total < HUNDRED and read_whole(words, last, lang) == HUNDRED
                ):  # "thirty-one hundred"
                    total, last = HUNDRED * total, last + 1
            unit, whole = _after_tenths(words, last)
            if unit:
                found.append((at, unit, total / whole, 0.5 / whole))
                at = unit
                continue
            end, more = _half_more(words, last, lang)
            hundreds = lang == "en" and total >= 10 * HUNDRED  # "thirty-one hundred"
            half = 0.25 if more or total % 1 else 1.0 if total >= ROUGH and total % 10 == 0 else 0.5
            if hundreds or (total >= HUNDRED and total % 10 == 0):  # "eight hundred and ninety" is rounded as 890 is
                zeros = len(f"{total:.0f}") - len(f"{total:.0f}".rstrip("0"))
                half = HUNDRED / 2 if hundreds else max(half, min(ROUND * total, 0.5 * 10.0**zeros))
            if not more:
                end, more, half = _decimals(words, last, lang, half)
            found.append((at, end, total + more, half))
            at = end
            continue
        at += 1
    return found


def _is_zero(words: Sequence[TextToken], at: int, lang: Lang) -> bool:
    """Whether decimals in words begin at a token: "zero point four", "ноль целых четыре десятых"."""
    named = (
        words[at].text in {"en": ("zero", "nought", "naught"), "ru": ("ноль", "нуль", "нулем"), "uz": ("nol",)}[lang]
    )
    return named and _decimals(words, at + 1, lang, 0.0)[0] > at + 1


def read_numeral(text: str, lang: Lang) -> float:
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
    rest = tuple(w.text for w in words[at : at + len(phrase)])
    part = THIRDS.get(rest[-1], 0.0) if lang == "en" and rest[:2] == phrase[:2] else 0.0  # "one and a third"
    return (at + len(phrase), 0.5) if rest == phrase else (at + 3, part) if part else (at, 0.0)


def _after_tenths(words: Sequence[TextToken], at: int) -> tuple[int, int]:
    """The token of the unit of which tenths or hundredths are counted, and 10 or 100: "two tenths of a percent", "две
    сотых процента"; or 0."""
    text = words[at].text if at < len(words) else ""
    whole = 10 if text.startswith(("tenths", "десят")) else 100 if text.startswith(("hundredths", "сот")) else 0
    unit = next((i for i in range(at + 1, min(at + 4, len(words))) if words[i].text not in ("of", "a", "one")), 0)
    of_unit = words[unit].text.startswith(("percent", "per", "point", "процент", "пункт"))
    return (unit, whole) if whole and of_unit else (0, 1)


def _decimals(words: Sequence[TextToken], at: int, lang: Lang, half: float) -> tuple[int, float, float]:
    """The token after decimals in words, what they add, and half of the last digit: "point four", "целых четыре
    десятых", "butun oʻndan toʻrt"."""
    rest = [w.text for w in words[at : at + 4]]
    digits: list[int] = []
    if lang == "en" and rest[:1] == ["point"]:
        for text in rest[1:]:
            value = 0.0 if text in ("zero", "oh") else read_numeral(text, lang)
            if not (text in ("zero", "oh") or 0 < value < 10):
                break
            digits.append(int(value))
        size, end = len(digits), at + 1 + len(digits)
        added = float(f"0.{''.join(map(str, digits))}") if digits else 0.0
    elif lang != "en" and len(rest) > 2 and rest[0] in ("целых", "целая", "и", "butun"):
        part, number = (rest[2], rest[1]) if lang == "ru" else (rest[1], rest[2])
        size = 1 if part.startswith(("десят", "ondan")) else 2 if part.startswith(("сот", "yuzdan")) else 0
        added, end = read_numeral(number, lang) / 10**size, at + 3
    else:
        size, added, end = 0, 0.0, at
    return (end, added, 0.5 * 10.0**-size) if size else (at, 0.0, half)


def read_whole(words: Sequence[TextToken], at: int, lang: Lang) -> int:
    """The whole number at a token, in digits or words; 0 without one."""
    if not 0 <= at < len(words):
        return 0
    text = words[at].text
    return int(text) if text.isdigit() else int(read_numeral(text, lang))


def find_shares(
    words: Sequence[TextToken], units: dict[int, FoundPhrase], taken: set[int], lang: Lang
) -> dict[int, tuple[int, float]]:
    """Shares such as "three in four", "шесть из десяти", "har toʻrt kishidan uchi": by their first token, the token
    after them and the per cent."""
    found: dict[int, tuple[int, float]] = {}
    for at in range(len(words)):
        one = read_whole(words, at, lang)
        if not one or at in taken:
            continue
        last = at + 1
        if lang == "uz":  # the whole comes first
            more = range(last, min(last + 3, len(words)))  # "har toʻrt kishidan uchi"
            last = next((i + 1 for i in more if words[i].text.endswith("dan") and i not in units), last)
            if not words[last - 1].text.endswith("dan") or last - 1 in units:
                continue
            last += words[last : last + 1] != [] and words[last].text in ("qariyb", "deyarli", "taxminan")
            whole, one = one, read_whole(words, last, lang)
        else:
            nouns = range(last, min(last + 3, len(words)))  # "nine Kyrgyz goods in ten"
            preposition = next((i for i in nouns if words[i].text in OUT_OF[lang][:3]), last)
            nouns = range(last, preposition)  # dollars among them: "one dollar in seven"
            plain = all(words[i].text.isalpha() and (i not in units or units[i].name == "usd") for i in nouns)
            start = last = preposition if plain else last
            while last < len(words) and words[last].text in OUT_OF[lang]:
                last += 1
            whole = read_whole(words, last, lang) if last > start else 0
        plain = last + 1 not in units or UNITS[units[last + 1].name] in ("usd", "count")  # "one in seven dollars"
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
