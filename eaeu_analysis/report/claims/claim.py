"""A claim: one sentence with its evidence, and the rules for its grade and its side.

No number is typed into a sentence. A sentence is a template of ``wording/lang/*.toml``; its fields are filled from
``values``, which are taken from results (``before_after.py`` and the other modules of this folder). The page, the
brief, the tracer and the drift check all read the same record.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from ...errors import BadInputError
from ...reference.catalogue import read_table, table_path
from ...results import Check, Provenance, check_records, to_plain
from ...series import SeriesInfo
from ..wording import templates

if TYPE_CHECKING:
    import pandas as pd


Side = Literal["for", "against", "context"]
Grade = Literal["A", "B", "C", "D", "E", "F", "X"]
Kind = Literal["counterfactual", "compared", "descriptive", "published", "model"]
ClaimPart = Literal["sentence", "question", "caveat", "would_change", "topic", "grade", "side"]
SIDES, GRADES, KINDS = get_args(Side), get_args(Grade), get_args(Kind)
PLACEBO_P = 0.1  # grade A: the placebo p is below
OTHERS: Mapping[str, Grade] = {"compared": "C", "descriptive": "D", "published": "E", "model": "F"}
SAME_SIGN = 0.8  # grade A: at least this share of specifications has the sign of the estimate

Words = str | tuple[str, ...]


def grade_of(kind: Kind, p_value: float = math.nan, same_sign: float = math.nan, checks: Sequence[Check] = ()) -> Grade:
    """The grade of the evidence, by rule.

    A: a credible counterfactual: a placebo p-value below 0.1, the same sign in at least 80 % of specifications and no
    failed check. B: a weaker one that fails no check. C: a description with comparators. D: a description alone. E: a
    figure published by others. F: a model with stated assumptions. X: a counterfactual that fails a check, which is
    quoted as such and is no evidence. An unknown share of specifications does not count as 80 %; a counterfactual
    without a check that was judged is never an A.
    """
    if kind not in KINDS:
        raise BadInputError(f"kind of evidence {kind!r} not known; known: {', '.join(KINDS)}")
    if kind != "counterfactual":
        return OTHERS[kind]
    if any(check.failed for check in checks):
        return "X"
    judged = any(check.passed is not None for check in checks)
    return "A" if judged and p_value < PLACEBO_P and same_sign >= SAME_SIGN else "B"


def side_of(value: float, meaning: int) -> Side:
    """The side of a number: its sign times the meaning of a rise for residents (data/tables/claims.toml).

    "context" where a rise is neither good nor bad (``meaning`` 0), and where there is no number.
    """
    if not math.isfinite(value) or value == 0 or meaning == 0:
        return "context"
    return "for" if value * meaning > 0 else "against"


@dataclass(frozen=True)
class Claim:
    """One claim and the evidence for it.

    ``topic``, ``question``, ``template``, ``caveat`` and ``would_change`` are keys of the language files
    (``wording/lang/en.toml``); :attr:`sentence` and :meth:`text` give them as text.

    Parameters
    ----------
    id : str
        Stable dotted name ("fared.trade.before_after").
    topic : str
        One of the topics of :func:`eaeu_analysis.claims`.
    question : str
        Key of the question that the claim answers.
    side : {"for", "against", "context"}
        What the claim says on the question whether to join; see :func:`side_of`.
    template : str
        Key of the sentence.
    values : mapping of str to float
        All numbers of the sentence by field, each taken from a result.
    value : float
        The number that the claim is about.
    measure : str
        Its unit of measurement ("percentage points", "per cent").
    grade : {"A", "B", "C", "D", "E", "F", "X"}
        Quality of the evidence; see :func:`grade_of`.
    caveat, would_change : str
        Keys of the caveat, and of the text on what evidence would change the claim.
    call : str
        Python code that reproduces ``value``, with ``ea`` for this package; imports come before the last semicolon.
    lower, upper : float, optional
        Ends of the interval: NaN without an interval, infinite where no value can be ruled out.
    level : float, optional
        Coverage of the interval (0.9).
    words : mapping of str to str or tuple of str, optional
        The other fields of the sentence: keys of the language file ("outcome.trade"), or text after an equals sign
        ("=HKG 0.29").
    series : tuple of SeriesInfo, optional
        The data series with their vintages.
    method, reference : str, optional
        The method and the publication that it follows.
    checks : tuple of Check, optional
        All checks, passed or failed.
    finding : str, optional
        For a counterfactual "found", "fragile", "none", "unreliable" or "untested"; otherwise empty.
    slow : bool, default False
        Whether ``call`` takes more than a few seconds.
    figure : str, optional
        Id of the figure on the page that shows the claim.

    Raises
    ------
    BadInputError
        If the side or the grade is unknown, or a text is missing.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> claim = ea.claims(topic="leaning")[0]
    >>> claim.side, claim.measure, [check.name for check in claim.failed]
    ('against', 'percentage points', ['coverage', 'totals'])
    """

    id: str
    topic: str
    question: str
    side: Side
    template: str
    values: Mapping[str, float]
    value: float
    measure: str
    grade: Grade
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
    def slug(self) -> str:
        """The name of the claim in an address: "fared-trade-before-after"."""
        return self.id.replace(".", "-").replace("_", "-").lower()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed; those that only inform are not included."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def sources(self) -> list[str]:
        """One line for each series, with source and vintage."""
        return list(dict.fromkeys(info.source_line() for info in self.series))

    def text(self, part: ClaimPart = "sentence", lang: str = "en") -> str:
        """One text of the claim.

        Parameters
        ----------
        part : {"sentence", "question", "caveat", "would_change", "topic", "grade", "side"}, default "sentence"
            Which text.
        lang : str, default "en"
            The language.

        Returns
        -------
        str
            The text, with numbers in the format of the language.

        Raises
        ------
        BadInputError
            If the language or the part is unknown, or a template needs a number that the claim does not have.
        """
        if (part, lang) not in self._texts:
            self._texts[part, lang] = self._filled(part, lang)
        return self._texts[part, lang]

    @functools.cached_property
    def _texts(self) -> dict[tuple[str, str], str]:
        """Texts by part and language, each filled once: pages, tables and the tracer ask for the same ones."""
        return {}

    def _filled(self, part: ClaimPart, lang: str) -> str:
        if part not in get_args(ClaimPart):
            raise BadInputError(f"a claim has no {part!r}; known: {', '.join(get_args(ClaimPart))}")
        say = templates.find_language(lang)
        table, key = ("claim", self.template) if part == "sentence" else (part, str(getattr(self, part)))
        text = say.say(table, key, self.values, self.words)
        if part == "caveat" and self.words.get("failed"):
            return f"{text} {say.say('form', 'failed', words=self.words)}"
        if part == "sentence" and self.topic == "unsupported":
            heard = f"heard.{self.id.partition('.')[2]}"
            return say.say("form", "unsupported", words={"heard": heard, "why": f"={text}"})
        return text

    def document(self, lang: str = "en") -> dict[str, Any]:
        """The claim with its texts as plain values, for JSON."""
        texts = {part: self.text(part, lang) for part in get_args(ClaimPart)[:4]}
        body = {
            "id": self.id,
            "topic": self.topic,
            "side": self.side,
            "grade": self.grade,
            "finding": self.finding,
            "value": self.value,
            "unit": self.measure,
            "interval": [self.lower, self.upper],
            "level": self.level,
            "values": dict(self.values),
            "checks": check_records(self.checks, "name", "role", "passed", "text"),
            "sources": self.sources,
            "method": self.method,
            "reference": self.reference,
            "call": self.call,
            "template": self.template,
        }
        return {**texts, **{key: to_plain(value) for key, value in body.items()}}


def state(
    name: str,
    value: float,
    measure: str,
    call: str,
    provenance: Provenance,
    *,
    values: Mapping[str, float],
    kind: Kind = "descriptive",
    template: str = "",
    rest: str = "",
    side: Side = "context",
    p_value: float = math.nan,
    same_sign: float = math.nan,
    checks: Sequence[Check] = (),
    **more: Any,
) -> Claim:
    """A claim with that name.

    The topic is the first part of the name, the template has the name unless it is given; the grade follows from
    ``kind`` and the tests. The question, the caveat and what would change the claim have the key ``rest`` (by default
    the topic) unless they are given.
    """
    topic = name.partition(".")[0]
    key = rest or topic
    texts = {part: more.pop(part, key) for part in ("question", "caveat", "would_change")}
    return Claim(
        id=name,
        topic=topic,
        side=side,
        template=template or name,
        values=dict(values),
        value=value,
        measure=measure,
        grade=grade_of(kind, p_value, same_sign, checks),
        call=call,
        series=provenance.series,
        method=provenance.method,
        reference=provenance.reference,
        checks=tuple(checks),
        **texts,
        **more,
    )


def way(finding: str, value: float) -> str:
    """The end of a template's key: "higher" or "lower" where an effect was found, else the finding."""
    return finding if finding != "found" else "higher" if value > 0 else "lower"


def estimated(
    name: str,
    template: str,
    estimate: tuple[float, float, float],
    level: float,
    finding: str,
    checks: Sequence[Check],
    call: str,
    provenance: Provenance,
    *,
    good: str,
    values: Mapping[str, float],
    words: Mapping[str, Words],
    measure: str = "per cent",
    slow: bool = True,
    **more: Any,
) -> Claim:
    """The claim of an estimate with its interval and its finding; ``good`` names what says whether a rise is good."""
    value, lower, upper = estimate
    (first, number), *rest = values.items()
    values = {first: number, "lower": lower, "upper": upper, **dict(rest), "level_percent": 100 * level}
    words = {"failed": failed_words(checks), **words}
    side = side_of(value, meaning(good)) if finding == "found" else "context"
    more |= {"lower": lower, "upper": upper, "level": level, "checks": checks, "finding": finding, "slow": slow}
    return state(
        name,
        value,
        measure,
        call,
        provenance,
        kind="counterfactual",
        template=template,
        values=values,
        words=words,
        side=side,
        **more,
    )


def to_frame(claims: Sequence[Claim], lang: str = "en") -> pd.DataFrame:
    """A table of claims.

    Parameters
    ----------
    claims : sequence of Claim
        The claims.
    lang : str, default "en"
        The language of the texts.

    Returns
    -------
    DataFrame
        One row for each claim, with the columns ``id, topic, side, grade, sentence, value, unit, lower, upper, level,
        finding, failed, caveat, would_change, sources, call``.
    """
    import pandas as pd

    columns = [
        *("id", "topic", "side", "grade", "sentence", "value", "unit", "lower", "upper", "level"),
        *("finding", "failed", "caveat", "would_change", "sources", "call"),
    ]
    rows = []
    for claim in claims:
        texts: dict[str, Any] = {part: claim.text(part, lang) for part in ("sentence", "caveat", "would_change")}
        texts |= {"unit": claim.measure, "sources": "; ".join(claim.sources)}
        texts["failed"] = ", ".join(check.name for check in claim.failed)
        rows.append([texts[name] if name in texts else getattr(claim, name) for name in columns])
    return pd.DataFrame(rows, columns=columns)


# Rules that all claims share: the meaning of a rise, names of measures, names of checks.


@dataclass(frozen=True)
class ClaimRules:
    """data/tables/claims.toml."""

    meaning: Mapping[str, int]
    why: Mapping[str, str]
    reported: Mapping[str, tuple[str, ...]]
    share: float
    least: float
    stated: tuple[float, ...]
    stale_years: int
    stale_figures: Mapping[str, str]
    refuted: Mapping[str, Mapping[str, Any]]


@functools.lru_cache
def load_claim_rules() -> ClaimRules:
    """The rules. BadInputError when a meaning is not -1, 0 or 1."""
    path = table_path("claims")
    raw = read_table(path)
    for name, entry in raw["meaning"].items():
        if entry["sign"] not in (-1, 0, 1):
            raise BadInputError(f"{path}, meaning of '{name}': sign {entry['sign']!r}, expected -1, 0 or 1")
    return ClaimRules(
        meaning={name: int(entry["sign"]) for name, entry in raw["meaning"].items()},
        why={name: str(entry["why"]) for name, entry in raw["meaning"].items()},
        reported={name: tuple(outcomes) for name, outcomes in raw["reported"].items()},
        share=float(raw["tolerance"]["share"]),
        least=float(raw["tolerance"]["least"]),
        stated=tuple(float(number) for number in raw["stated"]["numbers"]),
        stale_years=int(raw["stale"]["years"]),
        stale_figures={name: str(year) for name, year in raw["stale"]["figures"].items()},
        refuted=raw["refuted"],
    )


def with_age(claim: Claim, newest: int) -> Claim:
    """The claim with the check "stale" where it says how things are: is its figure new enough in the year ``newest``?

    ``newest`` is the year of the newest edition of the data. The rule is in data/tables/claims.toml.
    """
    rules = load_claim_rules()
    numbers = dict(claim.values)
    year = numbers.get(rules.stale_figures.get(claim.template, ""), math.nan)
    if not math.isfinite(year):
        return claim
    age = newest - round(year)
    text = f"the figure is of {year:.0f}, {age} years before the newest data; {rules.stale_years} are allowed"
    check = Check("stale", age <= rules.stale_years, float(age), float(rules.stale_years), text)
    return replace(claim, checks=(*claim.checks, check))


def meaning(name: str) -> int:
    """Whether a rise is good (1), bad (-1) or neither (0); BadInputError for a name that the table lacks."""
    found = load_claim_rules().meaning.get(name)
    if found is None:
        raise BadInputError(f"{table_path('claims')} does not state what a rise of '{name}' means")
    return found


def failed_words(checks: Iterable[Check]) -> tuple[str, ...]:
    """Keys of the language file for the failed checks, without repetition."""
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
