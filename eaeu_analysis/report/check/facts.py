"""What is known: the numbers of claims and of the pinned panel, each with its subject, unit, years and direction.

Grades, units and values are those of the typed claim; its sentence is never read for them. What a claim is about comes
from its fields (economy, outcome, partner) and from ``data/tables/vocabulary.toml``.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...reference.blocs import bloc
from ...reference.catalogue import outcome
from ...results import is_reliable
from ..claims.claim import Claim
from .reading.roles import BASES
from .reading.sentence import read_sentence
from .reading.stated_number import Measure
from .reading.vocabulary import vocabulary_table

UNCLEAR = ("none", "fragile", "unreliable", "untested")  # findings of no effect
COUNTS = {"asked", "firms", "patents", "partners", "chapters", "all", "comparators", "economies", "years", "draws"}
COUNTS |= {"pairs", "origins"}
STATED_COUNTS = {"asked", "firms", "patents", "chapters", "all"}  # counts that a text may state
SKIPPED = {"p", "floor", "failed_count", "level_percent", "specifications", *COUNTS} - STATED_COUNTS
LEVELS = ("before", "after", "law_before", "law_after", "left_out", "peak", "then", "value")  # fields in the unit
# changes
BESIDE = ("change", "comparators_mean", "difference", "least", "most", "median", "without_low", "without_high", "fall")
DOLLARS = {"billion": 1e9, "total": 1e9, "usd_low": 1e9, "usd_high": 1e9, "imports": 1.0}  # fields and their scale
BILLIONS = ("before", "low", "later", "last")  # fields in billions of dollars next to the field "billion"
CHANGES = {
    "change",
    "comparators_mean",
    "difference",
    "least",
    "most",
    "median",
    "without_low",
    "without_high",
    "fall",
    "trend",
    "estimate",
    "lower",
    "upper",
    "net",
    "raw",
    "near",
    "excess",
    "percent",
    "value",
    "uncontrolled",
    "lowest",
    "highest",
    "remainder",
    "expected",
    "early",
    "income",
    "wage",
    "capital",
}
ESTIMATES = {"estimate", "lower", "upper", "low", "high", "uncontrolled", "lowest", "highest"}
CHANNEL_WORDS = ("tariff", "duties", "migrants", "remittances", "customs_receipts", "prices")
EARLIER = {"before": "after", "then": "now", "first": "last", "own": "new", "law_before": "law_after"}
EARLIER |= {"gold_then": "gold_now"}  # of shares without the countries that buy gold
YEAR_OF = {"then": "first", "now": "last", "first": "first_year", "last": "last_year", "peak": "at"}
YEAR_FIELD = re.compile(r"^(?:[a-z]_)?(?:\w+_)?(?:first|last|year|event|at)$")
PARTNERS = {"China": "CHN", "Turkey": "TUR", "EU": "EU", "EAEU": "EAEU", "RUS": "RUS"}
MEMBER_FIELDS = ("ARM", "BLR", "KAZ", "KGZ", "RUS", "UZB")  # of claims with a number for each member
FIRST, LAST = 1900, 2100
GROWTH = ("gdp_growth", "NY.GDP.MKTP.KD.ZG", "NY.GDP.PCAP.KD.ZG")  # series whose sign is a direction
BY_LAW = ("tariffs.average", "tariffs.rise", "tariffs.fall", "tariffs.most", "tariffs.law", "revenue.duty")
MANIFOLD = 40  # per cent of change from which a text may state it as a multiple
RECENT = 10  # years back in which a number without a year is looked for


@dataclass(frozen=True)
class KnownNumber:
    """A number that is known.

    ``role`` is "before", "after", "change" or "level"; ``years``: years of its own, empty where those of the fact
    count; ``newer``: the value that replaced it; ``of``: its economy where the fact has one number for each;
    ``revised``: what older editions of the series have instead; ``span``: first and last year of a mean.
    """

    name: str
    value: float
    measure: Measure
    base: str = ""
    role: str = "level"
    years: frozenset[int] = frozenset()
    newer: float | None = None
    of: str = ""
    revised: tuple[float, ...] = ()
    span: tuple[float, ...] = ()

    @property
    def sign(self) -> int:
        return (self.value > 0) - (self.value < 0) if self.role == "change" else 0


@dataclass(frozen=True)
class KnownFact:
    """A claim, or a series of the panel (``code``) in one economy, with what it is about.

    ``entities``: one of each group must be named; ``allowed``: may be named too; ``concepts``: one of each group must
    be named, ``extra`` may be; ``sign``: of what the share is; ``years`` and ``spans`` that it is about.
    """

    id: str
    numbers: tuple[KnownNumber, ...]
    entities: tuple[frozenset[str], ...]
    concepts: tuple[frozenset[str], ...]
    allowed: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    sign: int = 0
    years: frozenset[int] = frozenset()
    spans: frozenset[tuple[int, int]] = frozenset()
    claim: Claim | None = None
    code: str = ""
    latest: int = 0
    economy: str = field(default="")
    unit: str = ""

    @functools.cached_property
    def named(self) -> frozenset[str]:
        """Every economy and group that may be named with this fact."""
        return frozenset().union(*self.entities, self.allowed)

    @functools.cached_property
    def topics(self) -> frozenset[str]:
        """Every concept that may be named with this fact."""
        return frozenset().union(*self.concepts, self.extra)

    @property
    def clear(self) -> bool:
        """Whether the evidence bears a statement that something changed an outcome: a counterfactual that found an
        effect, a model whose interval excludes zero and whose checks passed, or the law itself, of tariffs."""
        claim = self.claim
        if claim is None or claim.finding in UNCLEAR or not is_reliable(claim.checks):
            return False
        if self.modelled:
            return claim.lower > 0 or claim.upper < 0
        if self.id.startswith(BY_LAW):
            return True
        return claim.finding == "found" or (claim.grade == "D" and ".published." in claim.id)

    @property
    def modelled(self) -> bool:
        """Whether the claim is the effect of a scenario of a model."""
        return self.claim is not None and "channel" in self.claim.words and not self.id.endswith("break_even_share")

    @property
    def tested(self) -> bool:
        """Whether the claim answers the question of an effect."""
        return self.claim is not None and (bool(self.claim.finding) or self.modelled)


# -- claims ----------------------------------------------------------------------------------------------
def facts_of_claims(claims: Sequence[Claim]) -> list[KnownFact]:
    """What claims state, in their order, and when members joined."""
    return [*map(_fact, claims), *_accessions()]


def _fact(claim: Claim) -> KnownFact:
    entities, concepts, allowed, extra, sign = _subject(claim)
    years, spans = _years(claim.values, claim)
    return KnownFact(
        id=claim.id,
        numbers=tuple(_numbers(claim)),
        entities=entities,
        concepts=concepts,
        allowed=allowed,
        extra=extra,
        sign=sign,
        years=years,
        spans=spans,
        claim=claim,
    )


def _subject(claim: Claim) -> tuple[Any, ...]:
    """Entities and concepts that must be named, those that may be, and the direction of a share."""
    table = vocabulary_table()
    tokens: list[str] = []
    prefixes = [name for name in table["subject"] if claim.id == name or claim.id.startswith(f"{name}.")]
    if prefixes:
        tokens += table["subject"][max(prefixes, key=len)]
    # what the outcome adds to
    specified = any(not _is_entity(token) and token not in ("up", "down") for token in tokens)
    for name, word in claim.words.items():
        for key in (word,) if isinstance(word, str) else word:
            kind, _, value = key.partition(".")
            if kind == "economy" and name in ("economy", "law_economy", "first_economy", "second_economy"):
                tokens.append(value)
            elif kind == "economy" and name == "other":
                tokens.append(f"~{value}")
            elif kind in ("outcome", "scenario_outcome") and name == "outcome" and not specified:
                tokens += table["outcome"].get(value, [])
            elif kind == "partner" and name in ("partner", "outsider"):
                tokens += PARTNERS.get(value, "EAEU ~KAZ" if value.startswith("EAEU") else value).split()
            elif kind == "flow" and name == "flow":
                tokens.append({"imports": "imports|bought"}.get(value.partition("_")[0], value.partition("_")[0]))
            elif kind == "chapter" and name == "chapter":
                tokens.append(f"product_{value}")
            elif kind == "channel":
                tokens += [f"+{concept}" for concept in CHANNEL_WORDS]
                if value == "migration":
                    tokens.append("migrants|remittances")
    entities: list[frozenset[str]] = []
    concepts: list[frozenset[str]] = []
    allowed: set[str] = set()
    extra: set[str] = set()
    sign = 0
    for entry in dict.fromkeys(tokens):
        options = frozenset(entry.lstrip("~+").split("|"))
        if entry in ("up", "down"):
            sign = {"up": 1, "down": -1}[entry]
        elif entry[0] == "~":
            allowed |= options
        elif entry[0] == "+":
            extra |= options
        elif _is_entity(entry):
            entities.append(options)
        else:
            concepts.append(options)
    if any("gold" in name for name in claim.values):
        extra.add("gold")
    if not concepts:  # what its English sentence is about, as that of any other text
        found = read_sentence(claim.sentence, "en")
        concepts = [found.concepts - {"members", "share"}] if found.concepts - {"members", "share"} else []
        entities = entities or ([found.economies] if found.economies else [])
        extra |= found.concepts - frozenset().union(*concepts)
    return tuple(entities), tuple(concepts), frozenset(allowed), frozenset(extra), sign


def _is_entity(token: str) -> bool:
    return any(option.isupper() for option in token.split("|"))


def _years(values: Mapping[str, float], claim: Claim) -> tuple[frozenset[int], frozenset[tuple[int, int]]]:
    years = {int(v) for k, v in values.items() if YEAR_FIELD.match(k) and FIRST < v < LAST}
    spans = set()
    for name, value in values.items():
        if name.endswith("first") and f"{name[:-5]}last" in values and FIRST < value < LAST:
            spans.add((int(value), int(values[f"{name[:-5]}last"])))
    for word in claim.words.values():
        if isinstance(word, str) and word.startswith(("date.", "month.")):
            years.add(int(word.partition(".")[2][:4]))
    return frozenset(years), frozenset(spans)


def _numbers(claim: Claim) -> Iterator[KnownNumber]:
    values = claim.values
    for name, value in values.items():
        dated = YEAR_FIELD.match(name) and FIRST < value < LAST
        if name in SKIPPED or dated or not math.isfinite(value):
            continue
        bare = name[2:] if re.match(r"[a-z]_", name) else name
        measure, base, scale = _measure(claim, bare, value)
        if math.isnan(scale):
            continue
        later = EARLIER.get(bare)
        role = "before" if later in values else "after" if bare in EARLIER.values() else "level"
        level = "scenario_outcome.break_even_share" in claim.words.values()
        role = "change" if bare in CHANGES and measure in ("percent", "points", "usd") and not level else role
        dated_by = YEAR_OF.get(name, f"{name}_year")
        own = frozenset({int(values[dated_by])}) if dated_by in values else frozenset()
        newer = values.get(later) if later and bare != "own" else None  # "own": what a tariff is, "new": would be
        if "excess" in values and name in ("low", "high"):  # what chance does to other pairs
            name = {"low": "lower", "high": "upper"}[name]
        if "trend" in values and bare == "low":  # of some year, unlike the high
            name = "lower"
        of = name.upper() if name.upper() in MEMBER_FIELDS else ""
        if name == "own" and "others" in values:  # by how much an economy's own trade changed
            role = "change"
        if name in ("change", "own", "percent", "excess") and role == "change" and abs(value) >= MANIFOLD:
            yield _times(f"{name}_ratio", max(1 + value / 100, 1e-9))
        if claim.measure == "log points" and name in ("estimate", "value"):  # as a text may say it in per cent
            yield KnownNumber(f"{name}_percent", 100 * math.expm1(value / 100), "percent", role="change")
        span = tuple(values[f"{name}_{end}"] for end in ("first", "last") if f"{name}_{end}" in values)
        yield KnownNumber(name, value * scale, measure, base, role, own, newer, of, span=span)
        if role == "before" and value > 0 and later is not None:
            yield _times(f"{name}_ratio", values[later] / value)
            yield KnownNumber(f"{name}_growth", 100 * (values[later] / value - 1), "percent", role="change")
            if measure == "usd":
                yield KnownNumber(f"{name}_rise", (values[later] - value) * scale, measure, role="change")
    if not values and math.isfinite(claim.value) and not FIRST < claim.value < LAST:
        measure, base, scale = _measure(claim, "value", claim.value)
        yield KnownNumber("value", claim.value * scale, measure, base)
    if values.get("weight", 0) > 0 and values.get("share", 0) > 0:  # "four times its weight in the combined GDP"
        yield _times("weight_ratio", values["share"] / values["weight"])
    for name in ("raw", "net"):
        if name in values:
            yield _times(f"{name}_ratio", 1 + values[name] / 100)


def _times(name: str, ratio: float) -> KnownNumber:
    """A ratio as a text says it: "2 times" for a rise, "-2 times" for a fall to a half."""
    return KnownNumber(name, ratio if ratio >= 1 else -1 / max(ratio, 1e-9), "times", role="change")


def _measure(claim: Claim, name: str, value: float) -> tuple[Measure, str, float]:
    """The unit of a field, what it is a share of, and its scale; a scale of NaN for what is no number to state."""
    if name in STATED_COUNTS or (name == "total" and "patents" in claim.values):
        return "count", "", 1.0
    if name in DOLLARS and (name != "imports" or abs(value) > 1000):
        return "usd", "", DOLLARS[name] if name == "imports" or abs(value) < 1e5 else 1.0
    if name in ("before", "after") and "unit" not in claim.words and abs(value) > 1e5:
        return "usd", "", 1.0
    if name in BILLIONS and "billion" in claim.values:
        return "usd", "", 1e9
    if name in LEVELS and "unit" in claim.words and not claim.id.endswith(".counterfactual"):
        return parse_measure(_unit(claim, "unit"))
    if name in BESIDE and "change_unit" in claim.words:
        measure, _, scale = parse_measure(_unit(claim, "change_unit"))  # points of what the level is a share of
        base = parse_measure(_unit(claim, "unit"))[1] if measure == "points" and "unit" in claim.words else ""
        return measure, base, scale
    if name == "fall":
        return parse_measure(claim.measure)
    if "flow" in claim.words and name.endswith(("then", "now", "low", "high")):
        return "percent", str(claim.words["flow"]).partition(".")[2], 1.0
    if name in ESTIMATES or value == claim.value:
        return parse_measure(claim.measure)
    if name == "change" and claim.measure == "percentage points":
        return "points", "", 1.0
    if claim.measure.startswith("%") and name in ("own", "member", "share"):
        return parse_measure(claim.measure)
    if name == "weight":
        return "percent", "gdp", 1.0
    return "percent", {"revenue.budget": "revenue"}.get(claim.id, ""), 1.0


def _unit(claim: Claim, word: str) -> str:
    return str(claim.words[word]).partition(".")[2]


def parse_measure(measure: str) -> tuple[Measure, str, float]:
    """A unit of measurement as a kind, what it is a share of, and its scale."""
    base = next((name for name in BASES if re.search(rf"% of (?:\w+ )?{_BASE_WORDS[name]}", measure)), "")
    if "US$" in measure or "$" in measure:
        return "usd", "", 1e6 if measure.startswith("million") else 1.0
    if measure == "percentage points" or measure.startswith("percentage point"):
        return "points", "", 1.0
    if "%" in measure or measure in ("per cent", "log points"):
        return "percent", base, 1.0
    if measure == "year":
        return "none", "", math.nan
    return "count" if measure == "" else "percent", "", 1.0


_BASE_WORDS = {
    **{"gdp": "(?:GDP|GNI)", "imports": "imports", "exports": "exports", "revenue": "revenue"},
    **{"duties": "(?:duties|pool)", "population": "population"},
}


def _accessions() -> Iterator[KnownFact]:
    """When members joined the union."""
    union = bloc("EAEU")
    for economy in union.members():
        date = union.accession(economy)
        yield KnownFact(
            id=f"accession.{economy}",
            numbers=(),
            entities=(frozenset({economy}), frozenset({"EAEU"})),
            concepts=(frozenset({"joined"}),),
            years=frozenset({date.year}),
            economy=economy,
        )


# -- the panel -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class PanelFacts:
    """The series by which a description of one economy in one year is checked; read when first asked for."""

    source: str = "pinned"

    def find(self, economy: str, concepts: frozenset[str]) -> list[KnownFact]:
        """The series of an economy on those concepts, as facts with a value for each year."""
        return [_series_fact(name, economy, self.source) for name in _series_on(concepts)]


@functools.lru_cache(maxsize=1024)
def _series_fact(name: str, economy: str, source: str) -> KnownFact:
    """The series of an economy, as a fact with a value for each year."""
    unit, column, must, extra = _series(name)
    measure, base, scale = parse_measure(unit)
    if name in ("exchange_rate", "SI.POV.GINI") or unit in ("people", "persons"):
        measure, base, scale = "count", "", 1.0
    values = dict(_values(name, source).get(economy, {}))
    older: dict[int, list[float]] = {}
    for is_older, other in _editions(name, source):
        for year, value in other.get(economy, {}).items():
            if is_older and year in values:
                older.setdefault(year, []).append(value * scale)
            elif not is_older:
                values.setdefault(year, value)  # a year that the default edition does not have yet
    role = "change" if name in GROWTH else "level"
    numbers = tuple(
        KnownNumber(column, value * scale, measure, base, role, frozenset({year}), revised=tuple(older.get(year, ())))
        for year, value in sorted(values.items())
    )
    return KnownFact(
        id=f"series.{name}.{economy}",
        numbers=numbers,
        entities=(frozenset({economy}),),
        concepts=must,
        extra=extra,
        years=frozenset(values),
        code=name,
        latest=max(values, default=0),
        economy=economy,
        unit=unit,
    )


@functools.lru_cache(maxsize=1024)
def _series_on(concepts: frozenset[str]) -> tuple[str, ...]:
    table = vocabulary_table()["series"]
    found = []
    for name in [*table["outcomes"], *table["more"]]:
        _, _, must, _ = _series(name)
        if all(group & concepts for group in must):
            found.append(name)
    return tuple(found)


@functools.lru_cache
def _series(name: str) -> tuple[str, str, tuple[frozenset[str], ...], frozenset[str]]:
    """Unit, column, concepts that must be named and those that may be."""
    from ...reference.catalogue import indicator

    table = vocabulary_table()
    tokens = table["series"]["more"].get(name) or table["outcome"][name]
    unit = outcome(name).unit if name in table["series"]["outcomes"] else indicator(name).unit
    must = tuple(frozenset(t.split("|")) for t in tokens if t[0] != "+")
    return unit, name, must, frozenset(t[1:] for t in tokens if t[0] == "+")


@functools.lru_cache
def _values(name: str, source: str) -> dict[str, dict[int, float]]:
    """Values of a series by economy and year."""
    from ...data.load import load_panel

    return _by_economy(load_panel([name], source=source).frame[name].dropna())


def _by_economy(column: Any) -> dict[str, dict[int, float]]:
    """The values of a column of a panel, by economy and year."""
    index = column.index
    economies, years = (level.tolist() for level in index.levels)
    found: dict[str, dict[int, float]] = {}
    for economy, year, value in zip(*index.codes, column.tolist(), strict=True):
        found.setdefault(str(economies[economy]), {})[int(years[year])] = float(value)
    return found


@functools.lru_cache
def _editions(name: str, source: str) -> tuple[tuple[bool, dict[str, dict[int, float]]], ...]:
    """The other editions of a series, and whether each is older than the default one; of a quotient, those of its
    numerator over the default denominator."""
    from ...data.load import load_panel, open_source

    known = outcome(name) if name in vocabulary_table()["series"]["outcomes"] else None
    code = name if known is None else known.indicator or known.numerator or name
    default, *others = [info.vintage for info in open_source(source).entries() if info.code == code] or [""]
    found = []
    for vintage in others:
        column = load_panel([code], source=source, vintage=vintage).frame[code]
        if known is not None and known.denominator is not None:
            column = column / load_panel([known.denominator], source=source).frame[known.denominator]
        scaled = column.dropna() * (known.scale if known is not None else 1.0)
        found.append((vintage < default, _by_economy(scaled)))
    return tuple(found)


@functools.lru_cache
def series_source(name: str, source: str = "pinned") -> tuple[str, ...]:
    """Source lines of a series."""
    from ...data.load import load_panel

    panel = load_panel([name], source=source)
    return (panel.info(name).source_line(),)
