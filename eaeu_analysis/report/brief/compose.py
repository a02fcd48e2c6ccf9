"""The brief: talking points for an interview, made from claims by rule (data/tables/brief.toml).

The bottom line, points for and against, how the member has fared, signs of dependence, how certain the findings are,
likely questions, numbers to say aloud and statements to avoid, each with the seconds that it takes to say. Every
number comes from a claim and is rounded for the ear; the sentences are those of ``report/wording/lang/brief``, written
for each language. This module writes no file; see :mod:`.write`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ... import __version__
from ...data.freshness import newest_edition
from ...reference.catalogue import TableRow, parse, read_table, table_path
from ...results import is_reliable, to_plain
from ...series import SeriesInfo
from ..claims.claim import Claim
from ..claims.partner_dependence import GOLD, is_directed
from ..claims.points import balance, points, unclear, unsupported_points
from ..wording import templates
from ..wording.spoken_numbers import seconds_to_say, spoken_number
from ..wording.templates import Language, bind

if TYPE_CHECKING:
    import pandas as pd


# data/tables/brief.toml, read and checked.


@dataclass(frozen=True)
class SpokenNumber(TableRow):
    """A number to read aloud: value of a claim (over another value of it), and its spoken form."""

    name: str
    claim: str
    value: str
    kind: Literal["share", "percent", "usd", "times"]
    over: str = ""
    signed: bool = False


@dataclass(frozen=True)
class LikelyQuestion(TableRow):
    """A likely question: the claims that its answer rests on, by the prefix of their fields."""

    name: str
    claims: Mapping[str, str]


@dataclass(frozen=True)
class BriefRules:
    """``points``, ``unclear``, ``heard``: how many of each at most; ``rates``: words a minute by language; ``small``:
    an effect on spending in per cent up to which it is called small; the others in the order of the brief."""

    points: int
    unclear: int
    heard: int
    rates: Mapping[str, float]
    small: float
    fared: tuple[str, ...]
    leaning: tuple[str, ...]
    aloud: tuple[SpokenNumber, ...]
    questions: tuple[LikelyQuestion, ...]


@functools.lru_cache
def load_brief_rules() -> BriefRules:
    """The table, read once. BadInputError names the entry that does not hold."""
    path = table_path("brief")
    raw = read_table(path)
    return BriefRules(
        **{name: int(raw["most"][name]) for name in ("points", "unclear", "heard")},
        rates={lang: float(rate) for lang, rate in raw["rates"]["words"].items()},
        small=float(raw["bottom"]["small"]),
        fared=tuple(raw["fared"]["outcomes"]),
        leaning=tuple(raw["leaning"]["claims"]),
        aloud=tuple(parse(SpokenNumber, row, f"{path}, aloud {row.get('name')!r}") for row in raw["aloud"]),
        questions=tuple(
            parse(LikelyQuestion, row, f"{path}, question {row.get('name')!r}") for row in raw["questions"]
        ),
    )


# A claim as the brief says it: the short sentence of its template, its caveat, the verdict of its test.


@dataclass(frozen=True)
class ClaimWriter:
    """Writes claims in one language, with numbers rounded for the ear."""

    lang: Language

    def sentence(self, claim: Claim) -> str:
        """The sentence as on the page; of what is often heard and not supported, why it is not.

        A published figure whose sentence names no year gets that of its source.
        """
        text = self.lang.say("claim", claim.template, claim.values, claim.words)
        year = YEAR.findall(str(claim.words.get("source", "")))
        if claim.template.startswith("published.") and year and not YEAR.search(text):
            return self.lang.say(
                "note", "of_year", words={"text": f"={text.removesuffix('.')}", "year": f"={year[-1]}"}
            )
        return text

    def caveat(self, claim: Claim) -> str:
        """The short caveat."""
        return self.lang.say("short_caveat", claim.caveat, claim.values, claim.words)

    def source(self, info: SeriesInfo) -> str:
        """A series in the small print: code and vintage, or the source of a table of published figures."""
        if info.code.startswith("tables/"):
            return info.source or info.code
        owner = "World Bank " if info.source.startswith("World Bank") else ""
        return f"{owner}{info.code}{f' ({info.vintage})' if info.vintage else ''}"

    def fared(self, seen: Claim, test: Claim | None) -> str:
        """What was seen, the year between where it lies outside the two means, and what the counterfactual found."""
        key = "percent" if seen.words.get("change_unit") == "unit.per cent" else "points"
        parts = [self.lang.say("fared", key, seen.values, seen.words)]
        values = dict(seen.values)
        ends = sorted((values["before"], values["after"]))
        left_out = values.get("left_out", math.nan)
        if left_out < ends[0] or left_out > ends[1]:
            parts.append(self.lang.say("fared", "left_out", seen.values, seen.words))
        return " ".join([*parts, self.verdict(test)])

    def verdict(self, test: Claim | None) -> str:
        """What a counterfactual found, as a sentence; one that was not asked found nothing."""
        if test is None:
            return self.lang.say("verdict", "untested")
        return self.lang.say("verdict", _verdict(test), test.values, test.words)

    def effect(self, claim: Claim) -> str:
        """The effect that a model finds, as a clause, or that it finds no clear one."""
        unclear = not is_reliable(claim.checks) or not math.isfinite(claim.lower) or claim.lower <= 0 <= claim.upper
        return self.lang.say("effect", "unclear" if unclear else "clear", claim.values, claim.words)

    def answer(self, name: str, claims: Mapping[str, Claim]) -> str:
        """The answer to a likely question, the fields of each claim by their prefix, ``verdict`` and ``effect`` too."""
        values = {f"{prefix}{key}": number for prefix, c in claims.items() for key, number in dict(c.values).items()}
        words: dict[str, Any] = {
            f"{prefix}{key}": text for prefix, c in claims.items() for key, text in c.words.items()
        }
        for prefix, claim in claims.items():
            if claim.finding:
                words[f"{prefix}verdict"] = f"={self.verdict(claim)}"
            elif claim.template.startswith("scenario."):
                words[f"{prefix}effect"] = f"={self.effect(claim)}"
        return self.lang.say("answer", name, values, words)


def _verdict(test: Claim) -> str:
    """The key of the verdict: that of the claim's template, which its finding and its checks decided."""
    return test.template.rpartition(".")[2]


def in_percent(claim: Claim) -> Claim:
    """A claim measured in log points with its estimates in per cent; any other as it is."""
    if claim.measure != LOG_POINTS:
        return claim
    return replace(
        claim,
        values={key: _percent(value) if key in IN_LOGS else value for key, value in dict(claim.values).items()},
        words={**claim.words, "unit": "unit.per cent"},
        value=_percent(claim.value),
        lower=_percent(claim.lower),
        upper=_percent(claim.upper),
        measure="per cent",
    )


def _percent(value: float) -> float:
    return 100 * math.expm1(value / 100) if math.isfinite(value) else value


HALF = 0.5  # share of tests that find an effect, from which one is fairly sure
YEAR = re.compile(r"(?:19|20)\d\d")
LOG_POINTS = "log points"
IN_LOGS = ("estimate", "lower", "upper", "strictest", "widest", "curve_median", "curve_low", "curve_high")


@dataclass(frozen=True)
class Line:
    """One sentence of the brief.

    Parameters
    ----------
    text : str
        The sentence.
    claims : tuple of str
        Ids of the claims behind it.
    caveat, title : str
        Its limitation, and the question that it answers or the statement that it refutes; may be empty.
    grade : str
        The weakest grade of its claims.
    marks : tuple of str
        Marks of its sources.
    seconds : int
        Seconds that the sentence takes to say, without its title and its caveat.
    """

    text: str
    claims: tuple[str, ...] = ()
    caveat: str = ""
    title: str = ""
    grade: str = ""
    marks: tuple[str, ...] = ()
    seconds: int = 0


@dataclass(frozen=True)
class Brief:
    """A brief in one language.

    Parameters
    ----------
    lang, topic, title, question : str
        The language, the topic ("" for all), the title and the question that the brief answers.
    parts : mapping of str to tuple of Line
        The lines of each part ("bottom", the bottom line, "for", "against", "fared", "leaning", "unclear", "sure",
        "questions", "aloud", "heard"). A part that the claims do not support is empty.
    notes : mapping of str to str
        Notes on a side that has fewer points than wanted.
    heads : mapping of str to str
        The heading of each part.
    small : tuple of str
        The small print.
    sources : tuple of (mark, short form, full line)
        The sources of the claims.
    ids : tuple of str
        Ids of the claims that the brief was made from.
    as_of, dated : str
        The day of the newest edition of the data behind the claims, and the same as a sentence.
    counts : mapping of str to int
        How many findings there are, by side and grade, and how many tests; the report has the same.
    words_per_minute : float
        The rate behind the seconds of each line.
    """

    lang: str
    topic: str
    title: str
    question: str
    parts: Mapping[str, tuple[Line, ...]]
    notes: Mapping[str, str]
    heads: Mapping[str, str]
    small: tuple[str, ...]
    sources: tuple[tuple[str, str, str], ...]
    ids: tuple[str, ...] = field(default=(), repr=False)
    as_of: str = ""
    dated: str = ""
    counts: Mapping[str, int] = field(default_factory=dict, repr=False)
    words_per_minute: float = math.nan

    def to_frame(self) -> pd.DataFrame:
        """One row for each line: ``part, title, text, caveat, grade, seconds, sources, claims``."""
        import pandas as pd

        rows = [
            {
                "part": part,
                "title": line.title,
                "text": line.text,
                "caveat": line.caveat,
                "grade": line.grade,
                "seconds": line.seconds,
                "sources": " ".join(line.marks),
                "claims": ", ".join(line.claims),
            }
            for part, lines in self.parts.items()
            for line in lines
        ]
        return pd.DataFrame(rows)

    def summary(self) -> str:
        """The bottom line, the points of both sides, and how certain they are."""
        out = [self.title, self.dated, "", *(line.text for line in self.parts["bottom"]), ""]
        for part in ("for", "against", "sure"):
            out += [self.heads[part], *(f"- {line.text}" for line in self.parts[part])]
            out += [self.notes[part]] if part in self.notes else []
            out.append("")
        return "\n".join(out).rstrip()

    def _repr_html_(self) -> str:
        from .render import fragment

        return fragment(self)

    def document(self) -> dict[str, Any]:
        """The brief as plain values, for JSON."""
        return {
            "kind": "eaeu_analysis brief",
            "version": __version__,
            "lang": self.lang,
            "topic": self.topic,
            "title": self.title,
            "question": self.question,
            "data_as_of": self.as_of,
            "dated": self.dated,
            "bottom_line": [line.text for line in self.parts["bottom"]],
            "words_per_minute": self.words_per_minute,
            "counts": dict(self.counts),
            "parts": {
                part: {
                    "head": self.heads[part],
                    "note": self.notes.get(part, ""),
                    "lines": [to_plain(asdict(line)) for line in lines],
                }
                for part, lines in self.parts.items()
            },
            "small_print": list(self.small),
            "sources_head": self.heads["sources"],
            "seconds_head": self.heads["seconds"],
            "sources": [{"mark": mark, "short": short, "source": line} for mark, short, line in self.sources],
        }


def compose(claims: Sequence[Claim], lang: str = "en", topic: str | None = None) -> Brief:
    """The brief that these claims make in that language; with a ``topic`` only what that topic supports.

    Raises BadInputError for a language that is not known.
    """
    return _Writer(claims, templates.find_language(lang, "brief"), topic or "").brief()


class _Writer:
    """Lines from claims, in one language, with one list of sources."""

    def __init__(self, claims: Sequence[Claim], lang: Language, topic: str) -> None:
        self.claims, self.exact, self.topic = [in_percent(claim) for claim in claims], lang, topic
        self.lang = replace(lang, spoken=True)
        self.by_id = {claim.id: claim for claim in self.claims}
        self.say = ClaimWriter(self.lang)
        self.counts = balance(claims)
        self.rate = load_brief_rules().rates[lang.code]
        self.sources: dict[tuple[str, ...], tuple[str, str, str]] = {}

    def brief(self) -> Brief:
        lang, table = self.lang, load_brief_rules()
        sides = points(self.claims, table.points)
        parts = {
            "bottom": self._bottom(),
            "for": self._points(sides["for"]),
            "against": self._points(sides["against"]),
            "fared": self._fared(),
            "leaning": self._known([self.by_id.get(name) for name in table.leaning], caveats=False),
            "unclear": self._known(unclear(self.claims, table.unclear) if self.topic else [], caveats=False),
            "sure": self._sure(),
            "questions": [line for asked in table.questions for line in self._answer(asked)],
            "aloud": [line for spoken in table.aloud for line in self._aloud(spoken)],
            "heard": [self._heard(claim) for claim in unsupported_points(self.claims, table.heard)],
        }
        notes = {side: self._note(len(parts[side]), table.points) for side in ("for", "against")}
        named = lang.say("title", "topic", words={"topic": f"brief_topic.{self.topic}"}) if self.topic else ""
        return Brief(
            lang=lang.code,
            topic=self.topic,
            title=named or lang.say("title", "brief"),
            question=lang.say("head", "question"),
            parts={name: tuple(lines) for name, lines in parts.items()},
            notes={side: note for side, note in notes.items() if note},
            heads={name: lang.say("head", name) for name in (*parts, "sources", "grade", "seconds")},
            small=self._small(),
            as_of=self._as_of(),
            dated=lang.say("note", "as_of", words={"day": f"date.{self._as_of()}"}),
            counts=self.counts,
            words_per_minute=self.rate,
            sources=tuple(self.sources.values()),
            ids=tuple(self.by_id),
        )

    def _points(self, chosen: Sequence[Claim]) -> list[Line]:
        return self._known(chosen, caveats=True)

    def _known(self, chosen: Sequence[Claim | None], caveats: bool) -> list[Line]:
        """A line per claim that is there."""
        return [
            self._line(self.say.sentence(claim), [claim], caveat=self.say.caveat(claim) if caveats else "")
            for claim in chosen
            if claim is not None
        ]

    def _line(self, text: str, claims: Sequence[Claim], **more: str) -> Line:
        marks = tuple(dict.fromkeys(mark for claim in claims for mark in self._mark(claim)))
        grade = max((claim.grade for claim in claims), default="")
        seconds = seconds_to_say(text, self.rate)
        names = tuple(claim.id for claim in claims)
        return Line(bind(text), names, grade=grade, marks=marks, seconds=seconds, **more)

    def _mark(self, claim: Claim) -> list[str]:
        """The mark of what the claim rests on; claims of the same series share one."""
        if not claim.series:
            return []
        key = tuple(info.source_line() for info in claim.series)
        if key not in self.sources:
            short = "; ".join(dict.fromkeys(self.say.source(part) for info in claim.series for part in info.origins()))
            self.sources[key] = (f"S{len(self.sources) + 1}", short, "; ".join(dict.fromkeys(key)))
        return [self.sources[key][0]]

    def _bottom(self) -> list[Line]:
        """A sentence on each question: what joining would do, how the member has fared, where trade is moving."""
        return [line for line in (self._bottom_joining(), self._bottom_fared(), self._bottom_leaning()) if line]

    def _bottom_joining(self) -> Line | None:
        claim = self.by_id.get("scenario.welfare")
        if claim is None:
            return None
        limits = (claim.lower, claim.upper)
        if is_reliable(claim.checks) and not limits[0] <= 0 <= limits[1]:
            key = "joining_higher" if claim.value > 0 else "joining_lower"
        else:
            key = "joining_small" if max(map(abs, limits)) < load_brief_rules().small else "joining_unclear"
        checks = self.lang.say("bottom", "checks_failed" if claim.failed else "checks_passed")
        words = {**claim.words, "checks": f"={checks}"}
        return self._line(self.lang.say("bottom", key, claim.values, words), [claim])

    def _bottom_fared(self) -> Line | None:
        tests = [c for c in self.claims if c.topic == "fared" and c.finding]
        event = next((c for c in self.claims if c.topic == "fared" and "event" in dict(c.values)), None)
        if not tests or event is None:
            return None
        counts = {name: float(self.counts[name]) for name in ("fared_tests", "fared_tests_found")}
        key = "fared_some" if counts["fared_tests_found"] else "fared_none"
        text = self.lang.say("bottom", key, {**dict(event.values), **counts}, event.words)
        return Line(bind(text), (event.id,), seconds=seconds_to_say(text, self.rate))

    def _bottom_leaning(self) -> Line | None:
        claims = [self.by_id.get(f"leaning.{name}") for name in ("exports.EAEU", "imports.EAEU", "exports.China")]
        known = [claim for claim in claims if claim is not None]
        if len(known) < len(claims):
            return None
        members, bought, china = known
        moved = {members.value > 0, bought.value > 0}
        key = "leaning_towards" if members.value > 0 else "leaning_away"
        if any(c.name == GOLD for c in members.failed):
            key = "leaning_gold"
        elif len(moved) > 1 or not is_directed(members):
            key = "leaning_mixed"
        values = {**dict(members.values), **{f"china_{name}": value for name, value in dict(china.values).items()}}
        return self._line(self.lang.say("bottom", key, values), known)

    def _fared(self) -> list[Line]:
        """What changed and what changed elsewhere, and whether a counterfactual finds an effect, outcome by outcome."""
        made = []
        for outcome in load_brief_rules().fared:
            seen = self.by_id.get(f"fared.{outcome}.before_after")
            test = self.by_id.get(f"fared.{outcome}.counterfactual")
            if seen is not None:
                plain = self.by_id.get(f"fared.{outcome}.dollars")
                text = self.say.fared(seen, test) + (f" {self.say.sentence(plain)}" if plain else "")
                made.append(self._line(text, [claim for claim in (seen, test, plain) if claim is not None]))
        return made

    def _sure(self) -> list[Line]:
        lang, claims = self.lang, [c for c in self.claims if c.topic != "unsupported"]  # those repeat others
        values = {name: float(count) for name, count in self.counts.items()}
        tests, found = values["tests"], values["tests_found"]
        key = "untested" if not tests else "none" if not found else "few" if found / tests < HALF else "most"
        lines = [lang.say("sure", key, values), lang.say("sure", "balance", values)]
        judged = next((c for c in claims if c.finding and "years" in dict(c.values)), None)
        if judged is not None:
            lines.append(lang.say("sure", "why", judged.values))
        if any(c.topic == "scenario" for c in claims):
            lines.append(lang.say("sure", "model"))
        return [self._line(text, []) for text in [*lines, lang.say("sure", "change")]]

    def _answer(self, asked: LikelyQuestion) -> list[Line]:
        """The answer; one whose claims are missing says so, and is left out of a brief on one topic."""
        title = self.lang.say("asked", asked.name)
        claims = {prefix: self.by_id.get(name) for prefix, name in asked.claims.items()}
        known = {prefix: claim for prefix, claim in claims.items() if claim is not None}
        if len(known) < len(claims):
            return [] if self.topic else [self._line(self.lang.say("note", "unanswered"), [], title=title)]
        text = self.say.answer(asked.name, known)
        return [self._line(text, list(known.values()), title=title)]

    def _aloud(self, spoken: SpokenNumber) -> list[Line]:
        claim = self.by_id.get(spoken.claim)
        if claim is None:
            return []
        numbers = dict(claim.values)
        value = numbers[spoken.value] / (numbers[spoken.over] if spoken.over else 1.0)
        if spoken.kind == "times" and value < 1:  # "one and a half times as high" cannot be turned round
            return []
        if spoken.signed and claim.lower <= 0 <= claim.upper:
            return []
        name = f"{spoken.name}_{'up' if value > 0 else 'down'}" if spoken.signed else spoken.name
        form = f"{spoken.kind}_whole" if spoken.kind == "share" and value.is_integer() else spoken.kind
        exact = self.exact.say("exact", form, {"value": abs(value)})
        aloud = spoken_number(value, spoken.kind, self.lang)
        words = {"spoken": f"={aloud}", "exact": f"={exact}"}
        text = self.lang.say("aloud", name, claim.values, words)
        return [self._line(text[:1].upper() + text[1:], [claim])]

    def _heard(self, claim: Claim) -> Line:
        name = claim.id.partition(".")[2]
        return self._line(self.say.sentence(claim), [claim], title=self.lang.say("heard", name))

    def _note(self, count: int, most: int) -> str:
        if count >= most:
            return ""
        return self.lang.say("note", "fewer" if count else "none", {"count": float(count), "most": float(most)})

    def _small(self) -> tuple[str, ...]:
        from ..page.render import report_date as made_on

        day = made_on()
        words = {"version": f"={__version__}", "day": f"date.{day}" if day else "="}
        made = self.lang.say("note", "made" if day else "undated", words=words)
        rate = self.lang.say("note", "rate", {"rate": self.rate})
        return (*(self.lang.say("note", key) for key in ("grades", "sides", "codes")), rate, made)

    def _as_of(self) -> str:
        return newest_edition(part for claim in self.claims for part in claim.series)
