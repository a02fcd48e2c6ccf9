"""The words by which a text is read: tokens of a sentence, and the phrases of ``data/tables/vocabulary.toml``."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ....errors import unknown
from ....reference.catalogue import read_table, table_path
from ....reference.economies import economy_tables
from ...wording.templates import find_language

Lang = Literal["en", "ru", "uz"]
LANGS: tuple[Lang, ...] = get_args(Lang)
FAMILIES = ("entity", "concept", "sign", "cause", "hedge", "unit", "scale", "part", "multiple")
OVERLAPPING = ("cause", "hedge")  # families whose names may share words
APART = 3  # words that a star may cover
SHORT = 3  # letters of a word of a phrase that may be the beginning of another
SHORTEST = 4  # letters of a country's name that may be inflected

APOSTROPHES = re.compile("['`´’‘ʻʼʹ]")
TOKEN = re.compile(
    r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?(?!\d)|\d{1,3}(?: \d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?"
    r"|us\$|[^\W\d_]+|[%$+:,;=\-–—−→↑↓]"
)
ENDING = re.compile(
    r"(?<=[.!?…])[\"»”)]*\s+(?=[\"«“(]*[A-ZА-ЯЁЎҚҒҲ0-9])|\n\s*\n|\n(?=\s*(?:[-*#|•●▪]|\d+[.):/]))"
    r"|\s+(?=[•●▪] (?:[^\s•●▪]+\s+){4}[^\s•●▪])"  # items of some length
)
NO_ENDING = re.compile(
    r"(?:\b(?:п|млн|млрд|тыс|долл|руб|ул|mln|mlrd|vs|no|mr|mrs|dr|st|approx|e\.g|i\.e|u\.s)\.)$", re.IGNORECASE
)
SIGNS = dict.fromkeys("📈⬆🔺🔼", "↑") | dict.fromkeys("📉⬇🔻🔽", "↓")
ARROWS = "➡➜➔⟶⇒➝"
LISTED = re.compile(r"(?:^|(?<=\s))(\d{1,2})\)\s")  # of an item of a list: "1) Russia 2) Armenia"
FIRST_LETTER = 0x1F1E6  # of flags, which are two letters of a country's code
FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
NEGATED = re.compile("(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need|ca)nt")  # without "'"
UZBEK = re.compile(r"[ўқғҳ]|\b(?:йил|фоиз|ва|билан|учун|эди|савдо)\w*", re.IGNORECASE)
UZBEK_LATIN = re.compile(
    r"\b[og]['`’‘ʻʼ]|\b(?:va|foiz\w*|yil\w*|uchun|bilan|savdo\w*|eksport\w*|kirish|ittifoq\w*|bo\w?ldi)\b",
    re.IGNORECASE,
)
TO_LATIN = {
    **dict(zip("абвгдезийклмнопрстуфхъыьэў", ["a", "b", "v", "g", "d", "e", "z", "i", "y", "k", "l", "m", "n", "o", "p",
        "r", "s", "t", "u", "f", "x", "", "i", "", "e", "o"], strict=True)),
    **{"ё": "yo", "ж": "j", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya"},
    **{"қ": "q", "ғ": "g", "ҳ": "h"},
}  # fmt: skip


@dataclass(frozen=True)
class TextToken:
    """A word, number or sign: ``text`` without case and accents, its place in the sentence, whether it began with a
    capital, and whether it is all capitals."""

    text: str
    start: int
    end: int
    capital: bool = False
    upper: bool = False

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


@dataclass(frozen=True)
class FoundPhrase:
    """A phrase of the vocabulary: its family and name, and the tokens from ``first`` to before ``last``."""

    family: str
    name: str
    first: int
    last: int


def find_lang(text: str) -> Lang:
    """The language of a text, by its letters and commonest words."""
    cyrillic = len(re.findall("[а-яёўқғҳ]", text, re.IGNORECASE))
    if cyrillic > len(re.findall("[a-z]", text, re.IGNORECASE)):
        return "uz" if UZBEK.search(text) else "ru"
    return "uz" if UZBEK_LATIN.search(text) else "en"


def check_lang(given: str | None, text: str) -> Lang:
    """The language that was given, or that of the text; BadInputError for one that is not known."""
    if given is None:
        return find_lang(text)
    for lang in LANGS:
        if given == lang:
            return lang
    raise unknown("language", given, LANGS)


def sentences(text: str) -> list[tuple[int, int]]:
    """Begin and end of every sentence."""
    cuts = [0]
    for match in ENDING.finditer(text):
        if not NO_ENDING.search(text[cuts[-1] : match.start()].rstrip('"»”)')):
            cuts.append(match.end())
    found = []
    for first, last in zip(cuts, [*cuts[1:], len(text)], strict=True):
        body = text[first:last]
        left, right = len(body) - len(body.lstrip()), len(body.rstrip())
        if right > left:
            found.append((first + left, first + right))
    return found


def tokens(text: str, lang: Lang) -> list[TextToken]:
    """The tokens of a sentence. Uzbek in Cyrillic letters is read as Latin."""
    plain, places = _plain(text, lang)
    found = []
    listed = {m.start(1) for m in LISTED.finditer(plain)}
    for m in TOKEN.finditer(plain):
        if m.start() in listed:
            continue
        start, end = places[m.start()], places[m.end() - 1] + 1
        short = NEGATED.fullmatch(m.group()) if lang == "en" else None  # "don't"
        parts = (("cannot",) if short[1] == "ca" else (short[1], "not")) if short else (m.group(),)
        found += [TextToken(part, start, end, text[start].isupper(), text[start:end].isupper()) for part in parts]
    return found


def _plain(text: str, lang: Lang) -> tuple[str, list[int]]:
    """The text without case, accents and apostrophes, and the place of each of its characters in the text given."""
    letters: list[str] = []
    places: list[int] = []
    flags = _flags(text)
    for place, char in enumerate(text):
        if APOSTROPHES.match(char):
            continue
        if char in "-\u2011" and text[place - 1 : place].isalnum() and text[place + 1 : place + 2].isalpha():
            char = " "
        char = SIGNS.get(char, char)
        if char in ARROWS or text[place : place + 2] in ("->", "=>"):
            char = "→"
        if place in flags:  # of a country, as a word: "flagkg"
            letters += flags[place]
            places += [place] * len(flags[place])
            continue
        low = char.casefold()
        if lang == "uz" and low in TO_LATIN:
            low = TO_LATIN[low]
        elif low not in "йў":
            low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c)) or low
        for c in low:
            letters.append(" " if c == "\t" else c)
            places.append(place)
    return "".join(letters), places


def _flags(text: str) -> dict[int, str]:
    """The two letters of every flag of a country, by their places, as the beginning and end of a word."""
    found: dict[int, str] = {}
    for match in FLAG.finditer(text):
        first, second = (chr(ord("a") + ord(char) - FIRST_LETTER) for char in match.group())
        found |= {match.start(): f" flag{first}", match.start() + 1: f"{second} "}
    return found


# -- phrases ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Phrase:
    family: str
    name: str
    words: tuple[str, ...]
    capital: bool = False
    upper: bool = False

    def match(self, found: Sequence[TextToken], at: int) -> int:
        """The token after the phrase when it begins at that token; 0 when it does not."""
        if (self.capital and not found[at].capital) or (self.upper and not found[at].upper):
            return 0
        place, gap = at, 0
        for word in self.words:
            if word in ("*", "**"):
                gap = APART if word == "*" else len(found)
                continue
            if at < place < len(found) and found[place].text == ",":
                place += 1
            limit = min(len(found), place + gap + 1)
            while place < limit and not self._fits(word, found[place].text):
                place += 1
            if place >= limit:
                return 0
            place, gap = place + 1, 0
        return place

    def _fits(self, word: str, token: str) -> bool:
        owner = self.family == "entity" and token == f"{word[:-1]}s"  # "Tashkent's"
        return owner or _fits(word, token)


def _fits(word: str, token: str) -> bool:
    return token == word[:-1] if word.endswith(".") and len(word) > 1 else token.startswith(word)


@dataclass(frozen=True)
class Vocabulary:
    """The phrases of one language, by the first two letters of their first word; longest first."""

    lang: Lang
    phrases: Mapping[str, tuple[_Phrase, ...]]
    numerals: Mapping[str, float]

    def find(self, found: Sequence[TextToken], families: Sequence[str] = FAMILIES) -> list[FoundPhrase]:
        """The phrases of a sentence. Of most families a token belongs to one phrase only, the longest."""
        taken: dict[str, set[int]] = {}
        out = []
        for at, token in enumerate(found):
            for phrase in self._starting(token.text):
                own = taken.setdefault(phrase.family + (phrase.name if phrase.family in OVERLAPPING else ""), set())
                if phrase.family in families and at not in own and (last := phrase.match(found, at)):
                    own |= set(range(at, last))
                    out.append(FoundPhrase(phrase.family, phrase.name, at, last))
        return out

    def _starting(self, text: str) -> Iterator[_Phrase]:
        yield from self.phrases.get(text[:2], ())
        if len(text) > 1:
            yield from self.phrases.get(text[:1], ())


@functools.lru_cache
def load_vocabulary(lang: Lang) -> Vocabulary:
    """The vocabulary of one language."""
    raw = vocabulary_table()
    made: list[_Phrase] = []
    for family in FAMILIES:
        for name, entry in raw[family].items():
            made += [_Phrase(family, name, tuple(_split(text, lang))) for text in entry[lang]]
    made += [*_other_economies(lang, set(raw["entity"])), *_goods(lang)]
    by_start: dict[str, list[_Phrase]] = {}
    for phrase in sorted(made, key=lambda p: (-len(p.words), -len("".join(p.words)), p.name)):
        first = phrase.words[0]
        by_start.setdefault(first[: 1 if len(first.rstrip(".")) < 2 else 2], []).append(phrase)
    return Vocabulary(lang, {start: tuple(rows) for start, rows in by_start.items()}, dict(raw["numeral"][lang]))


@functools.lru_cache
def vocabulary_table() -> dict[str, Any]:
    """data/tables/vocabulary.toml."""
    return read_table(table_path("vocabulary"))


def _split(text: str, lang: Lang) -> list[str]:
    """The words of a phrase; those of one or two letters are whole words, but in Uzbek, whose stems are short."""
    return [f"{word}." if lang != "uz" and word.isalpha() and len(word) < SHORT else word for word in text.split()]


def _goods(lang: Lang) -> list[_Phrase]:
    """Names of chapters of goods as the brief has them; the ends of words may be inflected."""
    found = []
    for code, name in find_language(lang).tables["chapter"].items():
        words = [token.text for token in tokens(str(name), lang) if len(token.text) > 2]
        stems = tuple(_stem(word, lang) for word in words)
        found.append(_Phrase("concept", f"product_{code}", stems))
    return found


def _stem(word: str, lang: Lang) -> str:
    if lang == "ru":
        return re.sub("[аяьйиеуыоюё]$", "", word)
    return word.removesuffix("s" if lang == "en" else "lar") if len(word) > SHORTEST else word


def _other_economies(lang: Lang, known: set[str]) -> list[_Phrase]:
    """Names of the other economies from CLDR; the last word may be inflected."""
    from babel import Locale

    territories = Locale.parse(lang).territories
    found = []
    for iso3, economy in economy_tables().economies.items():
        found.append(_Phrase("entity", iso3, (f"flag{economy.iso2.lower()}",)))
        if iso3 in known:
            found += [_Phrase("entity", iso3, (f"{c.lower()}.",), upper=True) for c in (economy.iso2, iso3)]
        for name in {territories.get(economy.iso2, economy.name), economy.name if lang == "en" else ""}:
            words = [token.text for token in tokens(str(name).partition("(")[0].partition(",")[0], lang)]
            if iso3 in known or not words or len("".join(words)) < SHORTEST:
                continue
            stem = re.sub("[аяьйиеуы]$", "", words[-1]) if lang == "ru" else words[-1]
            words[-1] = stem if len(stem) > SHORTEST or len(words) > 1 else f"{words[-1]}."
            found.append(_Phrase("entity", iso3, tuple(words), capital=True))
    return found
