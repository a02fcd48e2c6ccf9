"""What a number may come from: the texts and numbers that results carry, by the place where they are shown."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from ... import settings
from ...data.freshness import freshness
from ...errors import BadInputError
from ...plots.scenario import path_data
from ...plots.trade_policy import tariff_exposure_data, tariff_exposure_title
from ...reference.catalogue import outcome, read_table, table_path
from ...scenario import ScenarioResult
from ...scenario.options import shipped_options
from ..claims.claim import GRADES, PLACEBO_P, SAME_SIGN, SIDES, Claim, ClaimPart, load_claim_rules
from ..claims.designs import TARIFF
from ..claims.points import balance, is_point
from ..explore.members import first_sentences
from ..explore.options import first_options
from ..page.front_pictures import option_name
from ..wording.labels import labels, readable
from ..wording.stated import translated, with_names
from ..wording.templates import find_language, languages

if TYPE_CHECKING:
    from ...trade.tariff_exposure.result import TariffExposure
    from ...trade.union.answer import TradeAnswer
    from ..drift.changes import Drift
    from ..page.material import Material

PARTS = get_args(ClaimPart)
# parts of results that hold thousands of numbers of which none is shown
SKIPPED_FIELDS = (
    "observed", "values", "draws", "panel", "fit", "extra", "surrogate", "spec", "world", "windows_all",
    "placebos", "placebo_gaps", "event_study", "leave_one_out", "cross_validation", "cohorts", "predictor_balance",
    "time_weights", "p_by_period", "prediction", "search", "scm_weights", "variance_shares", "hac_interval",
    "refit", "covariance",
)  # fmt: skip
DEEP = 9
SIZE = re.compile(r"\d+(?:[.,]\d+)*")
PLACE = "\0"  # of a number in a text without its numbers
SPACE = re.compile(r"[\s\u00a0\u202f\u2009]+")
NUMERAL = re.compile(r"\d+(?:\.\d+)?")
LETTERS = 5  # that a text has at least: a bare number is no text
LONG = 40  # letters of a text without its numbers from which it is known again


@dataclass(frozen=True)
class Known:
    """``texts``: as they are shown, white space made one; ``numbers``: sizes by place, sorted; "" has those that count
    everywhere. A place that is not among them counts the numbers of all. ``codes``: chapters of goods, each of which
    may stand alone in a cell. ``own``: the texts of each claim, which in its card count alone. ``comma``: whether the
    language writes decimals after a comma. A place may be several names with spaces between: then all of them count."""

    texts: tuple[str, ...]
    numbers: Mapping[str, np.ndarray[Any, Any]]
    codes: frozenset[str] = frozenset()
    own: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    comma: bool = False

    @functools.cached_property
    def scopes(self) -> frozenset[str]:
        """The places that have numbers of their own."""
        return frozenset(name for name in self.numbers if name)

    @functools.cached_property
    def traced(self) -> set[tuple[str, str]]:
        """Places and texts that were traced: pages share many."""
        return set()

    def pool(self, scope: str) -> np.ndarray[Any, Any]:
        """The numbers that count there."""
        if scope not in self._pools and " " in scope and self.known_place(scope):
            return np.unique(np.concatenate([self._pools[name] for name in scope.split()]))
        return self._pools.get(scope, self._all)

    def known_place(self, scope: str | None) -> bool:
        """Whether a place, or each of several, has numbers of its own."""
        return bool(scope) and (scope in self.numbers or all(name in self.numbers for name in str(scope).split()))

    @functools.cached_property
    def _pools(self) -> dict[str, np.ndarray[Any, Any]]:
        common = self.numbers.get("", np.array([]))
        return {name: np.unique(np.concatenate([own, common])) for name, own in self.numbers.items() if name}

    @functools.cached_property
    def _all(self) -> np.ndarray[Any, Any]:
        return np.unique(np.concatenate([np.array([]), *self.numbers.values()]))

    @functools.cached_property
    def _by_word(self) -> dict[str, list[str]]:
        """Texts by one of their words, the longest, so that few are looked for in a block."""
        found: dict[str, list[str]] = {}
        for text in self.texts:
            if len(SIZE.sub(PLACE, text)) < LONG:
                found.setdefault(max(text.split(), key=len), []).append(text)
        return found

    def frames_in(self, bare: str) -> list[str]:
        """The known texts without their numbers that stand in a block without its own; the longest first."""
        found = [frame for word, frames in self._by_frame.items() if word in bare for frame in frames if frame in bare]
        return sorted(found, key=len, reverse=True)

    def printed_as(self, frame: str, numbers: Sequence[str], scope: str = "") -> list[str]:
        """The numbers of the known text of that frame that is nearest to these, of the place's own if it has such."""
        texts = self._by_frame[_longest(frame)][frame]
        own = [text for text in texts if text in self.own.get(scope, frozenset())]
        return min((SIZE.findall(text) for text in own or texts), key=lambda n: _differ(n, numbers))

    @functools.cached_property
    def _by_frame(self) -> dict[str, dict[str, list[str]]]:
        """Texts of some length by what is left of them without numbers, and these by their longest word."""
        frames: dict[str, list[str]] = {}
        for text in self.texts:
            frames.setdefault(SIZE.sub(PLACE, text), []).append(text)
        found: dict[str, dict[str, list[str]]] = {}
        for frame, texts in frames.items():
            if len(frame) >= LONG and _longest(frame):
                found.setdefault(_longest(frame), {})[frame] = texts
        return found

    def texts_in(self, block: str) -> list[str]:
        """The known texts too short for a frame that stand in the block, the longest first."""
        found = [text for word, texts in self._by_word.items() if word in block for text in texts if text in block]
        return sorted(found, key=len, reverse=True)


@dataclass(frozen=True)
class ResultLeaves:
    """Texts, numbers by place, and chapters of goods in the results of a report."""

    texts: Sequence[str]
    numbers: Mapping[str, np.ndarray[Any, Any]]
    codes: frozenset[str]


def _longest(frame: str) -> str:
    """The longest word without a number."""
    return max((word for word in frame.split() if PLACE not in word), key=len, default="")


def _differ(first: Sequence[str], second: Sequence[str]) -> int:
    return sum(a != b for a, b in zip(first, second, strict=True))


def filled(frame: str, numbers: Sequence[str]) -> str:
    """A text without its numbers, with these in their places."""
    parts = frame.split(PLACE)
    return parts[0] + "".join(number + part for number, part in zip(numbers, parts[1:], strict=True))


def normal(text: str) -> str:
    """White space of every kind made one space."""
    return SPACE.sub(" ", text).strip()


def known_of_claims(claims: Sequence[Claim], lang: str = "en") -> Known:
    """What a text made of claims alone may say, in that language."""
    return dataclasses.replace(_known(*_of_claims(claims, lang)), own=_own(claims, lang), comma=lang != "en")


def known_of(material: Material, lang: str = "en", results: ResultLeaves | None = None) -> Known:
    """What the report's page may say: its claims, its results by section, and how many of each there are.
    ``results``: those of :func:`results_of`, so that a page in several languages walks through them once."""
    of_results = results if results is not None else results_of(material)
    texts, numbers = _of_claims(material.claims, lang)
    numbers["claims"] = np.concatenate([own for name, own in numbers.items() if name])
    texts += [*of_results.texts, *explored(material, lang), *_reworded(lang)]
    words = find_language(lang, "page")
    stated = [text for text in dict.fromkeys(texts) if re.search(r"\d", text)]
    texts += [own for text in stated if (own := translated(words, text)) not in (text, with_names(words, text))]
    known = _known(texts, {**numbers, **of_results.numbers})
    own_texts = _own(material.claims, lang)
    return dataclasses.replace(known, codes=of_results.codes, own=own_texts, comma=lang != "en")


def results_of(material: Material) -> ResultLeaves:
    """The texts and numbers of the report's results, which no language changes."""
    content, found = material.content, material.evidence
    effects_table = content.effects.table if content.effects is not None else pd.DataFrame()
    texts: list[str] = []
    numbers: dict[str, np.ndarray[Any, Any]] = {}
    for section in content.sections:
        gaps = [r.difference for r in (section.narrow, section.wide) if r is not None and r.difference is not None]
        derived = [n for g in gaps for n in (g.versus_mean, g.versus_median, g.test.n - 1, g.test.n)]
        own, own_texts = _leaves([section])
        numbers[section.outcome] = np.concatenate([own, np.array(derived, dtype=np.float64)])
        texts += [*own_texts, *(section.label.rsplit(end, 1)[0] for end in (",", " ("))]  # as in titles
        if section.narrow is not None:
            for row in section.narrow.table.to_dict("records"):
                numbers[f"{section.outcome}/{row['name']}"] = _numbers([row])
    for table in (content.members.table, effects_table):
        for label, rows in table.groupby("label") if len(table) else ():
            numbers[str(label)] = np.concatenate([numbers.get(str(label), np.array([])), _numbers([rows])])
    shown = [r for s in content.sections for r in (s.narrow, s.wide) if r is not None]
    heads = [[r.treated.to_dict(), r.difference, r.difference.test.n - 1 if r.difference else 0] for r in shown]
    heads += [[r.treated.to_dict()] for r in content.dollars.values()]
    numbers["answer"] = _numbers([heads, len(content.sections), len(effects_table)])
    effects = content.effects
    if effects is not None:
        for question, effect in effects.effects.items():
            place = f"effect-{question.outcome}"
            own = _numbers([effect, effect.post.mean(numeric_only=True), effect.pre_mspe**0.5])
            numbers[place] = np.concatenate([numbers.get(place, np.array([])), own, 100 * own])
    places: dict[str, list[Any]] = {
        "effects": [effects],
        "members": [content.members],
        "partners": [
            found.trade,
            _design(found.tariff_exposure),
            found.gap.totals() if found.gap is not None else None,
        ],
        "scenario": _scenario(found.scenario) if found.scenario is not None else [],
        "limits": list(content.limits),
        "method": [load_claim_rules().stated],
        "glossary": [load_claim_rules().stated, PLACEBO_P, 100 * SAME_SIGN],
    }
    for place, results in places.items():
        numbers[place], found_texts = _leaves(results)
        texts += found_texts
    texts += _strings([list(content.substitutes), [row.missing for row in content.sections], dict(material.missing)])
    if (options := shipped_options()) is not None and found.scenario is not None:
        for lang in languages():
            words = find_language(lang, "page")
            for name, rows in options.table.groupby("scenario"):
                numbers[f"scenario/{option_name(str(name), words)}"] = _numbers([rows, 100 * rows["better"]])
    if found.gap is not None:
        numbers |= {f"partners/{code}": _numbers([row.to_dict()]) for code, row in found.gap.table.iterrows()}
    if found.trade is not None:
        numbers["partners"] = np.concatenate([numbers["partners"], _percent(found.trade)])
    infos = _strings([*content.series, *(claim.series for claim in material.claims)])
    ages = freshness(material.series)[["last_year", "age"]].stack().to_numpy(dtype=np.float64)
    numbers["series"] = np.concatenate([[float(n) for text in infos for n in NUMERAL.findall(text)], ages])
    texts += [*infos, *_strings([*content.limits, read_table(table_path("glossary"))])]
    codes = frozenset(map(str, found.gap.table.index)) if found.gap is not None else frozenset()
    return ResultLeaves(texts, numbers, codes)


def known_of_drift(drift: Drift, claims: Sequence[Claim] = (), lang: str = "en") -> Known:
    """What the section on what changed may say in a language: the comparison, and the sentences of these claims."""
    results = [drift, drift.sentence(), *_strings([claim.series for claim in claims]), *labels().values()]
    results += [claim.text("sentence", lang) for claim in claims]
    texts, words = _strings(results), find_language(lang, "page")
    states = _strings([drift.table[["before", "now"]]])
    printed = np.array([float(n) for text in states for n in NUMERAL.findall(text)], dtype=np.float64)
    own = np.concatenate([_numbers(results), printed])
    known = _known([*texts, *(translated(words, text) for text in texts)], {"changed": own})
    return dataclasses.replace(known, comma=lang != "en")


def _design(found: TariffExposure | None) -> list[Any]:
    """What the page says of the comparison across products: its years in per cent, the headline, the checks."""
    if found is None:
        return []
    data = tariff_exposure_data(found)
    return [tariff_exposure_title(found), found.percent, data, list(data.index), TARIFF, list(found.checks)]


def _percent(answer: TradeAnswer) -> np.ndarray[Any, Any]:
    """Log points of the trade estimates in per cent, as a page shows them."""
    ends = [100 * np.expm1(t[c].to_numpy(dtype=float)) for t, c in _ends(answer)]
    return np.concatenate([np.array([]), *ends])


def _ends(answer: TradeAnswer) -> Iterator[tuple[pd.DataFrame, str]]:
    for table in (answer.effects, answer.diversion, answer.pairs, answer.findings, answer.union.steps):
        for column in ("estimate", "lower", "upper", "chance_lower", "chance_upper"):
            if column in table:
                yield table, column


def _scenario(result: ScenarioResult) -> list[Any]:
    """What a page says of a scenario: its table, notes, the chance of a gain, what carries it."""
    printed: list[Any] = [result.table, list(result.scenario.notes), 100 * result.probability()]
    printed.append([int(year) for year in path_data(result).index])
    if (options := shipped_options()) is not None:
        printed += [options.table, 100 * options.table[["better", "best"]], options.spec["draws"]]
    try:
        surface, shares = result.surface(), result.shares()
    except BadInputError:  # no polynomial: no shares are shown
        return printed
    misses = [100 * (1 - fit) for fit in surface["r2"].values()]
    return [*printed, surface["quantities"], 100 * shares, len(shares), misses]


def _reworded(lang: str) -> list[str]:
    """Shipped notes and labels as the pages word them in a language, where their numbers are those shipped."""
    tables = find_language(lang, "page").tables
    pairs = [*tables.get("text", {}).items(), *find_language(lang, "results").tables["text"].items()]
    pairs += [(outcome(name).label, own) for name, own in tables.get("label", {}).items()]
    return [own for shipped, own in pairs if _sizes(shipped) == _sizes(own)]


def _sizes(text: str) -> list[str]:
    return sorted(NUMERAL.findall(re.sub(r"(?<=\d),(?=\d)", ".", text)))


def explored(material: Material, lang: str) -> list[str]:
    """What the parts where the reader chooses say before anything is chosen."""
    sentences = first_sentences(material.content, lang) if material.content.panel is not None else []
    return sentences + (first_options(lang) if material.evidence.scenario is not None else [])


def _own(claims: Sequence[Claim], lang: str) -> dict[str, frozenset[str]]:
    found = {claim.id: frozenset(map(normal, _texts(claim, lang))) for claim in claims}
    return found | {claim.slug: found[claim.id] for claim in claims}


def _texts(claim: Claim, lang: str) -> list[str]:
    """Every text of a claim."""
    texts = [claim.text(part, lang) for part in PARTS]
    names = (claim.call, claim.method, claim.reference, claim.id)
    return [*texts, *claim.sources, *names, *_strings([claim.checks])]


def _of_claims(claims: Sequence[Claim], lang: str) -> tuple[list[str], dict[str, np.ndarray[Any, Any]]]:
    texts: list[str] = []
    numbers: dict[str, np.ndarray[Any, Any]] = {}
    for claim in claims:
        texts += _texts(claim, lang)
        own = [*dict(claim.values).values(), claim.value, claim.lower, claim.upper, len(claim.failed)]
        numbers[claim.id] = numbers[claim.slug] = np.array(own, dtype=np.float64)
    counts = [len(claims), *(sum(c.side == s for c in claims) for s in SIDES)]
    counts += [sum(c.side == s and is_point(c) == clear for c in claims) for s in SIDES for clear in (True, False)]
    first_hand = [c for c in claims if c.topic != "unsupported"]  # a brief does not count the repetitions
    counts += [
        len(first_hand),
        *(sum(c.grade == g for c in some) for some in (claims, first_hand) for g in GRADES),
        *balance(claims).values(),
        sum(bool(c.finding) for c in claims if c.topic == "fared"),
    ]
    numbers[""] = np.array([*counts, 100 * settings.LEVEL, 100 * (1 - settings.LEVEL)], dtype=np.float64)
    return texts, numbers


def _known(texts: Iterable[str], numbers: Mapping[str, np.ndarray[Any, Any]]) -> Known:
    english = find_language("en")
    plain = {normal(shown) for text in set(texts) for shown in (text, readable(text), with_names(english, text))}
    kept = sorted(text for text in plain if re.search(r"\d", text) and len(re.findall(r"[^\W\d_]", text)) >= LETTERS)
    sizes = {name: np.unique(np.abs(own[np.isfinite(own)])) for name, own in numbers.items()}
    return Known(tuple(kept), sizes)


def _numbers(results: Iterable[Any]) -> np.ndarray[Any, Any]:
    return _leaves(results)[0]


def _strings(results: Iterable[Any]) -> list[str]:
    return _leaves(results)[1]


def _leaves(results: Iterable[Any]) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Every number and every text in results."""
    numbers: list[float] = []
    texts: list[str] = []
    for result in results:
        _collect(result, DEEP, numbers, texts)
    return np.array(numbers, dtype=np.float64), texts


def _collect(item: Any, deep: int, numbers: list[float], texts: list[str]) -> None:
    """Add the numbers and texts of a result, its tables by cell; fields that are never quoted are not entered."""
    if item is None or isinstance(item, bool) or deep == 0:
        return
    if isinstance(item, str):
        texts.append(item)
    elif isinstance(item, (int, float, np.integer, np.floating)):
        numbers.append(float(item))
    elif isinstance(item, pd.Series):
        if isinstance(item.dtype, np.dtype) and item.dtype.kind in "iuf" and deep > 1:
            numbers.extend(item.to_numpy(dtype=np.float64).tolist())
        elif item.dtype.kind != "b":
            _collect_all(item.tolist(), deep - 1, numbers, texts)
    elif isinstance(item, pd.DataFrame):
        _collect_all((column for _, column in item.items()), deep - 1, numbers, texts)
    elif isinstance(item, Mapping):
        _collect_all(item.values(), deep - 1, numbers, texts)
    elif isinstance(item, (list, tuple, set, frozenset)):
        _collect_all(item, deep - 1, numbers, texts)
    elif dataclasses.is_dataclass(item):
        fields = (f.name for f in dataclasses.fields(item) if f.name not in SKIPPED_FIELDS)
        _collect_all((getattr(item, name) for name in fields), deep - 1, numbers, texts)


def _collect_all(items: Iterable[Any], deep: int, numbers: list[float], texts: list[str]) -> None:
    """The same of several; most of them are plain texts and numbers, which need no further look."""
    if deep == 0:
        return
    for item in items:
        kind = type(item)
        if kind is str:
            texts.append(item)
        elif kind is float or kind is int:
            numbers.append(float(item))
        else:
            _collect(item, deep, numbers, texts)
