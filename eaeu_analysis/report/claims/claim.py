"""A claim: one sentence with everything that stands behind it, and the rules by which it is graded and sided.

No number is typed into a sentence: a sentence is a template of ``wording/lang/*.toml`` whose fields are filled from
``values``, and ``values`` are taken from result objects by the makers (``claims_before_after.py`` and its like). The
page, the brief, the tracer and the drift check all read the same record.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...errors import BadInputError
from ...reference.catalogue import read_table, table_path
from ...results import Check, Provenance, to_plain
from ...series import SeriesInfo
from ..wording import templates

if TYPE_CHECKING:
    import pandas as pd


SIDES = ("for", "against", "context")
GRADES = ("A", "B", "C", "D")
KINDS = ("counterfactual", "descriptive", "model")
PLACEBO_P = 0.1  # grade A: the placebo p is below
SAME_SIGN = 0.8  # grade A: at least this share of specifications has the sign of the estimate

Words = str | tuple[str, ...]


def grade_of(kind: str, p_value: float = math.nan, same_sign: float = math.nan, checks: Sequence[Check] = ()) -> str:
    """The grade of evidence, by rule.

    A: a counterfactual with placebo p below 0.1 and the same sign in at least 80 % of specifications, no check failed
    (a failed check rewrites the sentence, and a sentence that finds nothing is no A); B: any other counterfactual;
    C: descriptive, against comparators; D: a model with stated assumptions. A share that is not known is no 80 %.
    """
    if kind not in KINDS:
        raise BadInputError(f"kind of evidence {kind!r} not known; known: {', '.join(KINDS)}")
    if kind != "counterfactual":
        return "C" if kind == "descriptive" else "D"
    strong = p_value < PLACEBO_P and same_sign >= SAME_SIGN
    return "A" if strong and not any(check.failed for check in checks) else "B"


def side_of(value: float, meaning: int) -> str:
    """The side of a number: its sign times what a rise means for those who live there (data/tables/claims.toml).

    "context" where a rise is neither good nor bad of itself (``meaning`` 0), or where there is no number.
    """
    if not math.isfinite(value) or value == 0 or meaning == 0:
        return "context"
    return "for" if value * meaning > 0 else "against"


@dataclass(frozen=True)
class Claim:
    """One claim and what it rests on.

    ``id``: stable and dotted (``fared.trade.before_after``). ``topic``, ``question``, ``template``, ``caveat`` and
    ``would_change`` are keys of the language files (``wording/lang/en.toml``: tables topic, question, claim, caveat,
    would_change); read them as text through :attr:`sentence` and :meth:`text`. ``side``: of the question whether to
    join: "for", "against" or "context", by :func:`side_of` (each maker says what it gives it). ``values``: every number
    that enters the sentence, by field, each from a result object. ``words``: the other fields, as keys of the language
    file (``"outcome.trade"``, several in a tuple), or text as it is after an equals sign (``"=HKG 0.29"``).

    ``value`` in ``unit`` is the number that the claim is about, with ``lower`` and ``upper`` at ``level`` (NaN where
    there is no interval, infinite where no value can be ruled out). ``grade``: by :func:`grade_of`. ``finding``:
    "found", "fragile", "none", "unreliable", "untested" of a counterfactual; "" of others. ``series``: with their
    vintages. ``method``, ``reference``: how, after whom. ``checks``: passed and failed. ``call``: Python that gives
    ``value`` again (``ea`` is this package; imports it needs come before the last semicolon); ``slow`` when it takes
    more than a few seconds. ``figure``: id of the
    figure on the page that shows it, "" for none.
    """

    id: str
    topic: str
    question: str
    side: str
    template: str
    values: Mapping[str, float]
    value: float
    unit: str
    grade: str
    caveat: str
    would_change: str
    call: str
    lower: float = math.nan
    upper: float = math.nan
    level: float = math.nan
    words: Mapping[str, Words] = field(default_factory=dict)
    series: tuple[SeriesInfo, ...] = ()
    method: str = ""
    reference: str = ""
    checks: tuple[Check, ...] = ()
    finding: str = ""
    slow: bool = False
    figure: str = ""

    def __post_init__(self) -> None:
        if self.side not in SIDES or self.grade not in GRADES:
            raise BadInputError(f"claim {self.id!r}: side {self.side!r}, grade {self.grade!r} not known")
        for name in ("value", "lower", "upper", "level"):  # plain numbers, whatever the maker took them from
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "values", {name: float(value) for name, value in self.values.items()})
        for name in ("caveat", "would_change", "question", "call"):
            if not getattr(self, name):
                raise BadInputError(f"claim {self.id!r} has no {name.replace('_', ' ')}")

    @property
    def sentence(self) -> str:
        """The claim in English."""
        return self.text("sentence")

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that did not pass (those that only inform are not among them)."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def sources(self) -> list[str]:
        """A line per series, with source and vintage."""
        return list(dict.fromkeys(info.source_line() for info in self.series))

    def text(self, part: str = "sentence", lang: str = "en") -> str:
        """``part`` in that language: "sentence", "question", "caveat", "would_change", "topic", "grade" or "side".

        Raises BadInputError for an unknown language or part, and for a template that asks for a number that the claim
        does not have.
        """
        tables = {
            "sentence": ("claim", self.template),
            "question": ("question", self.question),
            "caveat": ("caveat", self.caveat),
            "would_change": ("would_change", self.would_change),
            "topic": ("topic", self.topic),
            "grade": ("grade", self.grade),
            "side": ("side", self.side),
        }
        if part not in tables:
            raise BadInputError(f"a claim has no {part!r}; known: {', '.join(tables)}")
        return templates.find_language(lang).say(*tables[part], self.values, self.words)

    def document(self, lang: str = "en") -> dict[str, Any]:
        """The record as plain values, with its texts, for JSON."""
        texts = {part: self.text(part, lang) for part in ("sentence", "question", "caveat", "would_change")}
        body = {
            "id": self.id,
            "topic": self.topic,
            "side": self.side,
            "grade": self.grade,
            "finding": self.finding,
            "value": self.value,
            "unit": self.unit,
            "interval": [self.lower, self.upper],
            "level": self.level,
            "values": dict(self.values),
            "checks": [{"name": c.name, "role": c.role, "passed": c.passed, "text": c.text} for c in self.checks],
            "sources": self.sources,
            "method": self.method,
            "reference": self.reference,
            "call": self.call,
            "template": self.template,
        }
        return {**texts, **{key: to_plain(value) for key, value in body.items()}}


def state(
    name: str,
    kind: str,
    template: str,
    value: float,
    unit: str,
    call: str,
    provenance: Provenance,
    *,
    values: Mapping[str, float],
    rest: str = "",
    side: str = "context",
    p_value: float = math.nan,
    same_sign: float = math.nan,
    checks: Sequence[Check] = (),
    **more: Any,
) -> Claim:
    """A claim of that name: its topic is the name's first part, its grade follows from ``kind`` and the tests, its
    question, caveat and what would change it have the key ``rest`` (the topic when empty) where none is given."""
    topic = name.partition(".")[0]
    key = rest or topic
    texts = {part: more.pop(part, key) for part in ("question", "caveat", "would_change")}
    return Claim(
        id=name,
        topic=topic,
        side=side,
        template=template,
        values=dict(values),
        value=value,
        unit=unit,
        grade=grade_of(kind, p_value, same_sign, checks),
        call=call,
        series=provenance.series,
        method=provenance.method,
        reference=provenance.reference,
        checks=tuple(checks),
        **texts,
        **more,
    )


def to_frame(claims: Sequence[Claim], lang: str = "en") -> pd.DataFrame:
    """A row per claim: ``id, topic, side, grade, sentence, value, unit, lower, upper, level, finding, failed, caveat,
    would_change, sources, call``."""
    import pandas as pd

    rows = [
        {
            "id": claim.id,
            "topic": claim.topic,
            "side": claim.side,
            "grade": claim.grade,
            "sentence": claim.text("sentence", lang),
            "value": claim.value,
            "unit": claim.unit,
            "lower": claim.lower,
            "upper": claim.upper,
            "level": claim.level,
            "finding": claim.finding,
            "failed": ", ".join(check.name for check in claim.failed),
            "caveat": claim.text("caveat", lang),
            "would_change": claim.text("would_change", lang),
            "sources": "; ".join(claim.sources),
            "call": claim.call,
        }
        for claim in claims
    ]
    columns = [
        *("id", "topic", "side", "grade", "sentence", "value", "unit", "lower", "upper", "level"),
        *("finding", "failed", "caveat", "would_change", "sources", "call"),
    ]
    return pd.DataFrame(rows, columns=columns)


# The rules that makers of claims share: the meaning of a rise, words of a unit, checks as words.


@dataclass(frozen=True)
class ClaimRules:
    """data/tables/claims.toml."""

    meaning: Mapping[str, int]
    why: Mapping[str, str]
    told: Mapping[str, tuple[str, ...]]
    share: float
    least: float
    stated: tuple[float, ...]


@functools.lru_cache
def load_claim_rules() -> ClaimRules:
    """The table, read once. BadInputError when a meaning is not -1, 0 or 1."""
    path = table_path("claims")
    raw = read_table(path)
    for name, entry in raw["meaning"].items():
        if entry["sign"] not in (-1, 0, 1):
            raise BadInputError(f"{path}, meaning of '{name}': sign {entry['sign']!r}, expected -1, 0 or 1")
    return ClaimRules(
        meaning={name: int(entry["sign"]) for name, entry in raw["meaning"].items()},
        why={name: str(entry["why"]) for name, entry in raw["meaning"].items()},
        told={name: tuple(outcomes) for name, outcomes in raw["told"].items()},
        share=float(raw["tolerance"]["share"]),
        least=float(raw["tolerance"]["least"]),
        stated=tuple(float(number) for number in raw["stated"]["numbers"]),
    )


def meaning(name: str) -> int:
    """What a rise of that number means: 1 good, -1 bad, 0 neither; BadInputError where the table does not say."""
    found = load_claim_rules().meaning.get(name)
    if found is None:
        raise BadInputError(f"{table_path('claims')} does not say what a rise of '{name}' means")
    return found


def failed_words(checks: Iterable[Check]) -> tuple[str, ...]:
    """The failed checks as words of the language file, each once."""
    return tuple(dict.fromkeys(f"check.{check.name}" for check in checks if check.failed))


def load_call(names: Iterable[str], source: str) -> str:
    """Python that loads the panel of these outcomes from the same source."""
    where = "" if source == "pinned" else f", source={source!r}"
    return f"ea.load_panel({list(names)!r}{where})"


def years(prefix: str, window: tuple[int, int]) -> dict[str, float]:
    """A window as two numbers of a sentence: ``<prefix>_first`` and ``<prefix>_last``."""
    return {f"{prefix}_first": float(window[0]), f"{prefix}_last": float(window[1])}


def call(function: str, *arguments: Any, **named: Any) -> str:
    """A Python call as text, arguments by ``repr``."""
    shown = [*map(repr, arguments), *(f"{name}={value!r}" for name, value in named.items())]
    return f"{function}({', '.join(shown)})"
