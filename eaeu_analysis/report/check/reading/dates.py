"""Years and spans of years of a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .numerals import read_whole
from .vocabulary import APOSTROPHES, FoundPhrase, Lang, TextToken

FIRST_YEAR, LAST_YEAR = 1900, 2050
YEARS_LATER = re.compile(r"(?:через )?(\w+) (?:years later|года спустя|лет спустя|yil(?:dan)? (?:keyin|song))")
YEARS_EARLIER = re.compile(
    r"(?:за )?(\w+) (?:years (?:earlier|previously|ago|before(?! (?:\w+ ){0,3}(?:join|acced|enter|member|union)))"
    r"|года? (?:ранее|раньше|до этого|назад)|лет (?:ранее|раньше|до этого|назад)|годами (?:ранее|раньше)"
    r"|yil (?:oldin|avval|ilgari))"
)
YEARS_AFTER = re.compile(  # the years after one that is named: "in each of the next two years"
    r"(?:next|following|subsequent|следующи\w+|последующи\w+|keyingi) (\w+) (?:years|год\w*|лет|yil\w*)"
)
WITHIN = {"in", "over", "during", "across", "of", "for"}  # before a span of years
DECADE = (
    (-10, re.compile(r"a decade (?:earlier|before|previously|ago)|десятилетием (?:ранее|раньше)")),
    (10, re.compile(r"a decade (?:later|on)|десятилетие спустя")),
)
NEXT_TO = (  # of a year named before: "a year earlier", "the following year"
    (
        -1,
        re.compile(
            r"(?:twelve|12) months (?:earlier|before|previously)|(?:a|one) year (?:earlier|previously)"
            r"|(?:a|the) year before(?! \w)|the (?:previous|preceding) year"
        ),
    ),
    (
        -1,
        re.compile(r"годом (?:ранее|раньше)|в (?:предыдущем|предшествующем) году|bir yil (?:oldin|avval|ilgari)"),
    ),
    (-1, re.compile(r"(?:oldingi|avvalgi) yil\w*")),
    (
        1,
        re.compile(
            r"(?:twelve|12) months (?:later|on)|(?:a|one) year (?:later|on(?! top))"
            r"|(?:a|the) year after(?! \w)|the (?:very )?(?:following|next) year|годом позже"
            r"|в следующем году|на следующий год|через год|(?<!\d )год спустя|bir yil(?:dan)? (?:keyin|song)"
            r"|(?:keyingi|kelasi) yil\w*"
        ),
    ),
)


def find_years(
    text: str, words: Sequence[TextToken], phrases: Sequence[FoundPhrase], lang: Lang
) -> tuple[list[tuple[int, int, int]], set[int], list[tuple[int, int]]]:
    """Token, first and last year of every year and span of years; the tokens that they take up; and token and step of
    what is counted from a year of the sentence before: "A year earlier it was 13.8 %"."""
    dates: list[tuple[int, int, int]] = []
    taken: set[int] = set()
    units = {p.first for p in phrases if p.family in ("unit", "scale") and p.name != "time"}
    at = 0
    while at < len(words):
        year = _year(words[at], text)
        if year is not None and is_price_year(words, at):
            taken.add(at)
            year = None
        amount = is_before_amount(words, at + 1)
        if year is not None and _is_decade(words, at):
            taken.add(at)
            year = None
        paid = at > 0 and words[at - 1].text == "$" and words[at - 1].end == words[at].start
        if year is None or (at + 1 in units and not amount) or paid:
            at += 1
            continue
        last = None
        if at + 2 < len(words) and words[at + 1].text in ("-", "–", "—", "−") and words[at + 2].is_number:
            other = words[at + 2].text
            short = len(other) == 2 and other.isdigit() and int(other) > year % 100
            last = year // 100 * 100 + int(other) if short else _year(words[at + 2], text)
        within = at > 0 and words[at - 1].text in WITHIN and at + 2 < len(words) and words[at + 1].text == "to"
        last = _year(words[at + 2], text) if last is None and within else last  # "in 2010 to 2014"
        if last is not None and last > year:
            dates.append((at, year, last))
            taken |= {at, at + 2}
            at += 3
        else:
            dates.append((at, year, year))
            taken.add(at)
            at += 1
    more, steps = _next_to(words, dates, lang)
    return dates + more, taken, steps


def _is_decade(words: Sequence[TextToken], at: int) -> bool:
    """Whether a year names a decade: "the late 2000s", "2010-х", "2010-yillarda"."""
    rest = words[at + 1].text if at + 1 < len(words) else ""
    span = at > 1 and words[at - 1].text in ("-", "–", "—", "−") and words[at - 2].is_number
    return words[at].text.endswith("0") and (rest in ("s", "х") or (rest.startswith("yillar") and not span))


def _next_to(
    words: Sequence[TextToken], dates: Sequence[tuple[int, int, int]], lang: Lang
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """Years that are named by the one before them, or else by the first: "17.2 % in 2022 and 13.8 % a year later"; and
    token and step of those at the beginning, which are named by the sentence before."""
    starts, text = [], ""
    for word in words:
        starts.append(len(text))
        text += f"{word.text} "
    years = [d for d in dates if d[1] == d[2]]
    found: list[tuple[int, int, int]] = []
    steps = []
    for step, pattern in (*NEXT_TO, *DECADE):
        for match in pattern.finditer(text):
            place = starts.index(match.start()) if match.start() in starts else -1
            first = years[0] if years and place else None  # at the beginning it is of the sentence before
            near = next((d for d in reversed(years) if d[0] < place), first)
            if place >= 0 and near is not None:
                found.append((place, near[1] + step, near[1] + step))
            elif place >= 0:
                steps.append((place, step))
    for way, pattern in ((1, YEARS_LATER), (-1, YEARS_EARLIER), (0, YEARS_AFTER)):  # "twelve years later" than a year
        for match in pattern.finditer(text):
            place = starts.index(match.start()) if match.start() in starts else -1
            near = next((d for d in reversed(years) if d[0] < place), None)
            step = read_whole(words, starts.index(match.start(1)), lang) if match.start(1) in starts else 0
            if step > 1 and near is not None:
                ahead = range(1, step + 1) if way == 0 else [way * step]
                found += [(place, near[1] + more, near[1] + more) for more in ahead]
            elif step > 1 and way and place >= 0:
                steps.append((place, way * step))
    return found, steps


def is_price_year(words: Sequence[TextToken], at: int) -> bool:
    """Whether a year only says in whose prices something is ("US$ of 2015", "2015-yil narxlarida")."""
    before = [w.text for w in words[max(0, at - 2) : at]]
    after = [w.text for w in words[at + 1 : at + 4]]
    return (
        before in (["us$", "of"], ["prices", "of"], ["dollars", "of"])
        or after[:1] in (["prices"], ["dollars"])
        or (after[:1] in (["$"], ["us$"]) and not "".join(after[1:2])[:1].isdigit())
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


def is_before_amount(words: Sequence[TextToken], at: int) -> bool:
    """Whether a token is the "$" right before a number."""
    amount = at + 1 < len(words) and words[at].text in ("$", "us$") and words[at + 1].is_number
    return amount and words[at + 1].start <= words[at].end + (words[at].text == "us$")
