"""Economies by any of their names: codes of two and three letters, former codes, names in English, Russian and Uzbek.

Names are tried in this order: codes; the names of data/tables/economies.toml and of CLDR, as a whole; official names of
states by their words in any order ("Iran (Islamic Republic of)"); last "Republic of" before a known name. An uncertain
name is an error with a near match, never a guess.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import BadInputError, most_like, unknown
from .catalogue import TableRow, having, parse, read_table, table_path

if TYPE_CHECKING:
    import pandas as pd


LANGUAGES = ("en", "ru", "uz", "uz_Cyrl")  # of CLDR, whose country names are understood
_LONGER = {"rep": "republic", "dem": "democratic", "isds": "islands", "is": "islands", "fed": "federated"}
_LITTLE = {"the", "of", "and"}  # words that no two economies differ by


@dataclass(frozen=True)
class Economy(TableRow):
    """An economy; ``region`` and ``income`` are codes of the World Bank, ``bank`` is false where it keeps no series."""

    iso3: str
    iso2: str
    name: str
    region: str
    income: str
    bank: bool = True


@dataclass(frozen=True)
class Dissolved(TableRow):
    """A state that is not one economy any more, and those that came after it."""

    name: str
    successors: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """economies.toml, checked: every code that it mentions is that of an economy."""

    economies: Mapping[str, Economy]
    regions: Mapping[str, str]
    incomes: Mapping[str, str]
    aggregates: Mapping[str, str]
    codes: Mapping[str, str]  # any code in capitals -> ISO3
    dissolved: Mapping[str, Dissolved]
    official: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]
    groups: Mapping[str, tuple[str, ...]]


@functools.lru_cache
def economy_tables() -> Tables:
    """The shipped table of economies."""
    path = table_path("economies")
    return read_tables(read_table(path), str(path))


def read_tables(raw: Mapping[str, Any], where: str) -> Tables:
    """economies.toml as read; BadInputError names section and entry of the first mistake."""
    named = ("official", "names", "groups")
    sections = ["regions", "incomes", "economies", "aggregates", "old_codes", "dissolved", *named]
    for section in sections:
        if not isinstance(raw.get(section), Mapping):
            raise BadInputError(f"{where}: section '{section}' is missing")
    for section in raw:
        if section not in sections:
            raise BadInputError(f"{where}: {unknown('section', section, sections)}")
    for section in ("regions", "incomes", "aggregates", "old_codes", *named):
        several = section in named
        for entry, value in raw[section].items():
            texts = value if several and isinstance(value, list) else [value]
            if several != isinstance(value, list) or not all(isinstance(text, str) for text in texts):
                raise BadInputError(f"{where}, {section} '{entry}': expected {'texts' if several else 'text'}")

    economies = {
        iso3: parse(Economy, having(entry, iso3=iso3), f"{where}, economy '{iso3}'")
        for iso3, entry in raw["economies"].items()
    }
    labels = {iso3: e.name for iso3, e in economies.items()}
    for iso3, economy in economies.items():
        for field, options in (("region", raw["regions"]), ("income", raw["incomes"])):
            if getattr(economy, field) not in options:
                raise BadInputError(f"{where}, economy '{iso3}': {unknown(field, getattr(economy, field), options)}")

    def known(section: str, entry: str, codes: Iterable[str]) -> tuple[str, ...]:
        for code in codes:
            if code not in economies:
                raise BadInputError(f"{where}, {section} '{entry}': {unknown('economy', code, economies, labels)}")
        return tuple(codes)

    codes = {iso3: iso3 for iso3 in economies}
    for old, iso3 in [*((e.iso2, e.iso3) for e in economies.values()), *raw["old_codes"].items()]:
        known("old code", old, [iso3])
        if codes.setdefault(old, iso3) != iso3:
            raise BadInputError(f"{where}: code '{old}' stands for both {codes[old]} and {iso3}")
    dissolved = {code: parse(Dissolved, entry, f"{where}, '{code}'") for code, entry in raw["dissolved"].items()}
    for code, state in dissolved.items():
        known("dissolved state", code, state.successors)
    for code in [*raw["aggregates"], *dissolved]:
        if code in codes:
            raise BadInputError(f"{where}: code '{code}' is both an economy's and another's")
    for section in ("official", "names"):
        known("section", section, raw[section])
    groups = {name: known("group", name, members) for name, members in raw["groups"].items()}
    official, spelt = ({iso3: tuple(entry) for iso3, entry in raw[part].items()} for part in ("official", "names"))
    return Tables(
        economies, raw["regions"], raw["incomes"], raw["aggregates"], codes, dissolved, official, spelt, groups
    )


# -- asked -----------------------------------------------------------------------------------------------
def resolve(name: str) -> str:
    """ISO3 code of the economy of that code or name; BadInputError with the near match if it is not certain.

    >>> resolve("Kirghizia"), resolve("uz"), resolve("ROM"), resolve("Türkiye")
    ('KGZ', 'UZB', 'ROU', 'TUR')
    """
    if not isinstance(name, str):
        raise BadInputError(f"economy {name!r} not understood: expected an ISO code or a name")
    return _resolve(name)


def resolve_many(names: str | Iterable[str]) -> list[str]:
    """ISO3 codes of all ``names`` (one name counts as a list of one), in their order."""
    return [resolve(name) for name in ([names] if isinstance(names, str) else names)]


def economy_name(code: str) -> str:
    """The World Bank's name of an economy or of an aggregate, from its code or another name."""
    found = economy_tables().economies.get(code)
    if found is not None:
        return found.name
    return economy_tables().aggregates.get(code) or economy_tables().economies[resolve(code)].name


def common_name(code: str, language: str = "en") -> str:
    """The name that people say (Kyrgyzstan, Russia), from CLDR; the World Bank's where CLDR has none."""
    from babel import Locale

    found = economy_tables().economies.get(code)
    if found is None:
        return economy_name(code)
    return str(Locale.parse(language).territories.get(found.iso2, found.name))


class CommonNames(Mapping[str, str]):
    """The common English names of economies by code, each looked up when it is asked for."""

    def __init__(self, codes: Iterable[str]) -> None:
        self._codes = dict.fromkeys(codes)

    def __getitem__(self, code: str) -> str:
        if code not in self._codes:
            raise KeyError(code)
        return common_name(code)

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


def is_aggregate(code: str) -> bool:
    """Whether the code is that of a sum over economies (World, Euro area ...) and not of an economy."""
    return str(code).strip().upper() in economy_tables().aggregates


def aggregate_code(text: str) -> str:
    """The code of a group of economies from its code or its name in the World Bank's words; "" when it is none.

    >>> aggregate_code("Euro area"), aggregate_code("wld"), aggregate_code("Kyrgyzstan")
    ('EMU', 'WLD', '')
    """
    code = text.strip().upper()
    return code if code in economy_tables().aggregates else _group_keys().get(_key(text), "")


def current_code(code: str) -> str:
    """A code of a source as used now: ROM is ROU, ZAR is COD; any that is not of a former name stays as it came."""
    tables = economy_tables()
    return code if code in tables.economies or code in tables.aggregates else tables.codes.get(code, code)


def economies() -> pd.DataFrame:
    """All economies: index ``economy`` (ISO3); ``iso2, name, region, income, bank`` and a true/false column per group.

    ``bank`` is false for Taiwan, of which the World Bank keeps no series.
    """
    return _economies().copy(deep=False)


@functools.lru_cache
def _economies() -> pd.DataFrame:
    import pandas as pd

    t = economy_tables()
    rows = [
        {
            "economy": e.iso3,
            "iso2": e.iso2,
            "name": e.name,
            "region": t.regions[e.region],
            "income": t.incomes[e.income],
            "bank": e.bank,
        }
        | {group: e.iso3 in members for group, members in t.groups.items()}
        for e in t.economies.values()
    ]
    return pd.DataFrame(rows).set_index("economy").sort_index()


def aggregates() -> pd.DataFrame:
    """All aggregates: index ``aggregate`` (code), ``name``."""
    import pandas as pd

    pairs = sorted(economy_tables().aggregates.items())
    return pd.DataFrame(pairs, columns=["aggregate", "name"]).set_index("aggregate")


def group(name: str) -> list[str]:
    """Sorted ISO3 codes of a pool of comparators ("central_asia", "cis", "former_soviet" ...)."""
    found = economy_tables().groups.get(str(name).strip().casefold().replace(" ", "_").replace("-", "_"))
    if found is None:
        raise unknown("group of economies", name, economy_tables().groups)
    return sorted(found)


# -- how a name is found ---------------------------------------------------------------------------------
def _key(text: str) -> str:
    """The text without case, accents, apostrophes and punctuation, one space between words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).casefold()
    plain = re.sub("['`´’‘ʻʼʹ]", "", plain).replace("&", " and ")
    return re.sub(r"\bst\b", "saint", " ".join(re.sub(r"[^\w]|_", " ", plain).split()))


@functools.lru_cache
def _keys() -> dict[str, str]:
    """Normalised full name -> ISO3; the table's names win over those of CLDR."""
    from babel import Locale

    t = economy_tables()
    found = {_key(e.name): iso3 for iso3, e in t.economies.items()}
    for listed in (t.official, t.names):
        for iso3, names in listed.items():
            found |= {_key(name): iso3 for name in names}
    for language in LANGUAGES:
        territories = Locale.parse(language).territories
        for e in t.economies.values():
            if e.iso2 in territories:
                found.setdefault(_key(territories[e.iso2]), e.iso3)
    return found | {_written_out(key): iso3 for key, iso3 in found.items()}


@functools.lru_cache
def _group_keys() -> dict[str, str]:
    """Normalised name of a group of economies -> its code, the first in the table where two have one name."""
    return {_key(label): code for code, label in reversed(list(economy_tables().aggregates.items()))}


@functools.lru_cache
def _official_words() -> dict[frozenset[str], str]:
    """The words of an official name, without the little ones -> ISO3."""
    return {_words(_key(name)): iso3 for iso3, names in economy_tables().official.items() for name in names}


def _words(key: str) -> frozenset[str]:
    return frozenset(_written_out(key).split()) - _LITTLE


def _written_out(key: str) -> str:
    """The key with the abbreviations of statistical offices written out, without "the" at either end."""
    text = " ".join(_LONGER.get(word, word) for word in key.split())
    return text.removeprefix("the ").removesuffix(" the")


@functools.lru_cache(maxsize=65536)
def _resolve(name: str) -> str:
    t = economy_tables()
    code = name.strip().upper()
    if code in t.codes:
        return t.codes[code]
    key = _key(name)
    for spelt in (key, _written_out(key)):
        if spelt in _keys():
            return _keys()[spelt]
    _refuse_groups(name, code, key)
    found = _official_words().get(_words(key)) or _republic(key)
    if found is None:
        raise _not_known(name, key)
    return found


def _republic(key: str) -> str | None:
    """The economy in "Republic of Kyrgyzstan", whose official name is another; None for any other text."""
    text = _written_out(key)
    for form in (r"republic of (?:the )?(.+)", r"(.+) republic(?: of)?(?: the)?"):
        found = re.fullmatch(form, text)
        if found and found[1] in _keys():
            return _keys()[found[1]]
    return None


def _refuse_groups(name: str, code: str, key: str) -> None:
    t = economy_tables()
    if group := aggregate_code(name):
        raise BadInputError(f"{_called(name, t.aggregates[group])} is a group of economies, not an economy")
    for old, state in t.dissolved.items():
        if code == old or key in {_key(n) for n in (state.name, *state.names)}:
            after = ", ".join(f"'{c}' ({t.economies[c].name})" for c in state.successors)
            raise BadInputError(f"{_called(name, state.name)} is not one economy today; name one of {after}")


def _called(name: str, label: str) -> str:
    return f"'{name}'" if _key(name) == _key(label) else f"'{name}' ({label})"


def _not_known(name: str, key: str) -> BadInputError:
    near = _near(key)
    text = f"economy {name!r} not known"
    if near:
        shown = " or ".join(f"'{iso3}' ({economy_tables().economies[iso3].name})" for iso3 in near)
        text += f"; did you mean {shown}?"
    else:
        text += ": expected an ISO code or a name in English, Russian or Uzbek"
    return BadInputError(text)


def _near(key: str) -> list[str]:
    """ISO3 codes of the names most like the text, best first: one if it stands out, else up to three."""
    short = len(key) <= 3
    spelt = {code.casefold(): iso3 for code, iso3 in economy_tables().codes.items()} if short else _keys()
    scores: dict[str, float] = {}
    for name, score in most_like(key, sorted(spelt), most=12, least=0.6 if short else 0.72).items():
        scores[spelt[name]] = max(score, scores.get(spelt[name], 0.0))
    if not short:
        scores |= {iso3: 0.9 for name, iso3 in spelt.items() if len(name) > 3 and f" {name} " in f" {key} "}
        scores |= {iso3: 0.95 for name, iso3 in spelt.items() if f" {key} " in f" {name} "}
    ranked = sorted(scores, key=lambda iso3: (-scores[iso3], iso3))
    if ranked and scores[ranked[0]] >= 0.8:
        ranked = [iso3 for iso3 in ranked if scores[iso3] >= scores[ranked[0]] - 0.05]
    return ranked[:3]
