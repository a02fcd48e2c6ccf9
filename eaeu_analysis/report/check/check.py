"""``check_text``: every checkable statement of a text, with its verdict."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...errors import BadInputError
from ...results import Result, to_plain
from ...text import clean_text
from ..claims.claim import Claim
from ..claims.shipped import shipped_claims
from .advice import advise, find_check_language
from .agree import Reason
from .facts import KnownFact, PanelFacts, facts_of_claims
from .judge import Judgement, Verdict, judge, judge_as_before
from .reading.sentence import SentenceReading, read_sentence
from .reading.vocabulary import Lang, check_lang, sentences

if TYPE_CHECKING:
    import pandas as pd

MOST = 1_000_000  # characters of a text
BACK = 3  # sentences back in which a subject that is not named is looked for
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # in Markdown, which states nothing
ASIDE = re.compile(  # words that a speaker adds
    r",\s(?:you see|you know|mind you|believe me|I mean|to be honest|frankly|so to speak|by the way|of course"
    r"|no question|no doubt|знаете|видите ли|понимаете|кстати|честно говоря|конечно|bilasizmi|rostini aytsam|aytgancha)"
    r"(?:,|(?=[.!]))",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W\d_]{3,}")  # a sentence without one goes on with that before it: "2015: 131 %"
VAGUE = frozenset(
    ("merchandise", "outflow", "chapters", "levied", "gdp", "share", "members", "peers")
)  # concepts that do not say what a sentence is about
PARTNERS = frozenset(("CHN", "TUR", "EU", "RUS"))  # of others in most sentences, and seldom their subject
ORDER = ("supported", "overstated", "outdated", "altered", "unsupported")  # which reading of a sentence is taken
VERDICTS: tuple[Verdict, ...] = ("supported", "outdated", "altered", "overstated", "unsupported")
COLOURS = dict(zip(VERDICTS, ("green", "yellow", "red", "magenta", "red"), strict=True))  # on a terminal
SHADES = dict(zip(VERDICTS, ("#d8f0dd", "#fff1c2", "#fbd5d5", "#ecdcf7", "#fbd5d5"), strict=True))  # on a page
COLUMNS = ["text", "verdict", "evidence", "reason", "finding", "why", "instead", "grade", "caveat", "start", "end"]


@dataclass(frozen=True)
class CheckedStatement:
    """A statement of a text with its verdict.

    Parameters
    ----------
    text : str
        The sentence.
    verdict : {"supported", "outdated", "altered", "overstated", "unsupported"}
        See :func:`check_text`.
    claim : Claim, optional
        The claim that it was compared with; None where that is a series of the panel, or where there is none.
    evidence : str
        Id of the claim, or of the series; empty where there is none.
    reason : str
        What differs ("number", "sign", "unit", "year", "economy", "newer"), why it is overstated ("cause", "model",
        "unclear"), "none" for an unsupported one; empty for a supported one.
    finding : str
        The finding in one sentence, in the language of the text.
    why : str
        The verdict in one sentence.
    instead : str
        What may be said instead; empty for a supported statement.
    grade : str
        Grade of the finding; empty for a series.
    caveat : str
        Caveat of the finding.
    sources : tuple of str
        Sources of the finding, with vintages.
    start, end : int
        Place of the sentence in the text.
    """

    text: str
    verdict: Verdict
    claim: Claim | None
    evidence: str
    reason: Reason
    finding: str
    why: str
    instead: str
    grade: str
    caveat: str
    sources: tuple[str, ...]
    start: int
    end: int

    def document(self) -> dict[str, Any]:
        """The statement as plain values, for JSON."""
        row = {name: getattr(self, name) for name in COLUMNS}
        return {**row, "claim": self.claim.id if self.claim else None, "sources": list(self.sources)}


@dataclass(frozen=True, repr=False)
class TextCheck(Result):
    """The statements of a text that can be checked, with their verdicts; made by :func:`check_text`.

    Parameters
    ----------
    text : str
        The text.
    lang : {"en", "ru", "uz"}
        Its language.
    statements : tuple of CheckedStatement
        The statements in their order. Sentences in which nothing can be checked are left out.
    """

    text: str
    lang: Lang
    statements: tuple[CheckedStatement, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every statement is supported."""
        return all(s.verdict == "supported" for s in self.statements)

    def count(self, verdict: Verdict) -> int:
        """How many statements have that verdict."""
        return sum(s.verdict == verdict for s in self.statements)

    def to_frame(self) -> pd.DataFrame:
        """One row for each statement."""
        import pandas as pd

        return pd.DataFrame([s.document() for s in self.statements], columns=[*COLUMNS, "claim", "sources"])

    def blocks(self) -> list[tuple[Verdict, str, list[str]]]:
        """For each statement its verdict, its text and the lines below it, in the language of the text."""
        say = find_check_language(self.lang)
        out: list[tuple[Verdict, str, list[str]]] = []
        for s in self.statements:
            lines = [s.why]
            if s.instead and s.instead not in s.why:
                lines.append(f"{say.word('instead.heading')}: {s.instead}")
            if s.grade or s.caveat:
                grade = say.say("instead", "grade", words={"grade": f"={s.grade}"}) if s.grade else ""
                caveat = f"{say.word('instead.caveat')}: {s.caveat}" if s.caveat else ""
                lines.append("; ".join(part for part in (grade, caveat) if part))
            if s.sources:
                more = f" (+{len(s.sources) - 1})" if len(s.sources) > 1 else ""
                lines.append(f"{say.word('instead.source')}: {s.sources[0]}{more}")
            out.append((s.verdict, s.text, lines))
        return out

    def counts(self) -> str:
        """How many statements have which verdict, in one line."""
        say = find_check_language(self.lang)
        if not self.statements:
            return say.word("summary.none")
        return ", ".join(f"{say.word(f'verdict.{v}')}: {self.count(v)}" for v in VERDICTS if self.count(v))

    def summary(self) -> str:
        """The statements with their verdicts, what may be said instead, and how many there are of each."""
        say = find_check_language(self.lang)
        lines = []
        for verdict, text, below in self.blocks():
            lines += [f"[{say.word(f'verdict.{verdict}')}] {text}", *(f"    {line}" for line in below), ""]
        return "\n".join([*lines, self.counts()])

    def document(self) -> dict[str, Any]:
        """The check as plain values, for JSON."""
        body = {
            "kind": "eaeu_analysis check",
            "version": __version__,
            "lang": self.lang,
            "passed": self.passed,
            "counts": {v: self.count(v) for v in VERDICTS},
            "statements": [s.document() for s in self.statements],
        }
        plain: dict[str, Any] = to_plain(body)
        return plain

    def page(self) -> str:
        """The text as a page of HTML, its statements marked and explained below; nothing is loaded from elsewhere."""
        say = find_check_language(self.lang)
        title = html.escape(say.word("summary.title"))
        marked, at = [], 0
        for i, s in enumerate(self.statements, 1):
            marked.append(html.escape(clean_text(self.text[at : s.start])))
            name = html.escape(say.word(f"verdict.{s.verdict}"))
            body = html.escape(clean_text(self.text[s.start : s.end]))
            marked.append(f'<mark class="{s.verdict}" title="{name}">{body}</mark><sup><a href="#s{i}">{i}</a></sup>')
            at = s.end
        marked.append(html.escape(clean_text(self.text[at:])))
        notes = []
        for i, (verdict, text, below) in enumerate(self.blocks(), 1):
            name = html.escape(say.word(f"verdict.{verdict}"))
            lines = "".join(f"<br>{html.escape(clean_text(line))}" for line in below)
            notes.append(f'<li id="s{i}"><b class="{verdict}">{name}</b> {html.escape(clean_text(text))}{lines}</li>')
        shades = "".join(f".{v}{{background:{shade}}}" for v, shade in SHADES.items())
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><style>body{font:17px/1.5 sans-serif;'
            "max-width:46em;margin:2em auto;padding:0 1em;color:#1a1a1a}.text{white-space:pre-wrap}li{margin:.8em 0}"
            f"b,mark{{padding:0 .2em}}{shades}</style></head><body><h1>{title}</h1><p>{html.escape(self.counts())}</p>"
            f'<div class="text">{"".join(marked)}</div><ol>{"".join(notes)}</ol>'
            f"<p><small>{html.escape(say.say('summary', 'made', words={'version': f'={__version__}'}))}</small></p>"
            "</body></html>\n"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="background:{SHADES[v]}">{v}</td><td>{html.escape(clean_text(text))}<br><small>'
            f"{'<br>'.join(html.escape(clean_text(line)) for line in below)}</small></td></tr>"
            for v, text, below in self.blocks()
        )
        return f"<table>{rows}</table><p>{html.escape(self.counts())}</p>"


def check_text(text: str, lang: str | None = None, *, claims: Sequence[Claim] | None = None) -> TextCheck:
    """Check the statements of a text against the findings.

    A sentence is checked when it has a number on an economy or an outcome of the findings, names the union as the cause
    of something, or says when an economy joined. A verdict needs agreement in subject (economy, outcome, partner),
    unit, years and direction; the number alone does not count.

    Parameters
    ----------
    text : str
        A script, an article or a transcript.
    lang : {"en", "ru", "uz"}, optional
        English, Russian or Uzbek (Latin or Cyrillic letters). Default: by the letters and words of the text.
    claims : sequence of Claim, optional
        The findings. Default: the shipped ones, so that nothing is computed.

    Returns
    -------
    TextCheck
        The statements with their verdicts. "supported": a finding or a series says so. "outdated": there is a newer
        value. "altered": the number, sign, unit, year or economy differs from the finding. "overstated": the finding
        exists, but its evidence does not bear a cause, or an effect that is not distinguishable from zero is stated as
        one. "unsupported": no finding covers it.

    Raises
    ------
    BadInputError
        If the text is not text or too long, or the language is unknown.

    Notes
    -----
    Rules and word lists (``data/tables/vocabulary.toml``), no language model and no network. Error rates, measured on
    sentences that were not used in building it, are in ``docs/check.md``.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> done = ea.check_text("The union doubled trade among its founders. Kyrgyzstan joined the union in 2015.")
    >>> [(s.verdict, s.claim.id if s.claim else s.evidence) for s in done.statements]
    [('overstated', 'partners.founders.eaeu'), ('supported', 'accession.KGZ')]
    """
    if not isinstance(text, str):
        raise BadInputError(f"text must be a text, not {type(text).__name__}")
    if len(text) > MOST:
        raise BadInputError(f"the text has {len(text):,} characters; expected at most {MOST:,}: check it in parts")
    text = clean_text(text)
    prose = ASIDE.sub(lambda m: " " * len(m[0]), CODE.sub(lambda m: " " * len(m[0]), text))
    known = check_lang(lang, prose)
    facts = _shipped_facts() if claims is None else facts_of_claims(claims)
    panel = PanelFacts()
    judged: list[tuple[int, int, SentenceReading, Judgement]] = []
    before: list[SentenceReading] = []
    on_union = False  # whether the sentence before names the union
    for start, end in sentences(prose):
        read = read_sentence(prose[start:end], known)
        if read.pointing and on_union:  # "because of it"
            read = replace(read, causal=True)
        on_union = read.joining or "EAEU" in read.entities
        reading, judgement = _judge_in_context(read, before, facts, panel)
        if judgement is not None:
            last = judged[-1][3] if judged else None
            judged.append((start, end, reading, judge_as_before(reading, judgement, last) if last else judgement))
        elif judged and "no_effect" in reading.hedges and not reading.entities:  # "The estimate fails a check."
            first, until, hedged, _ = judged[-1]
            hedged = replace(hedged, hedges=hedged.hedges | {"no_effect"})
            again = judge(hedged, facts, panel)
            if again is not None and again.verdict == "supported":
                judged[-1] = (first, until, hedged, again)
        if reading.economies or reading.concepts - VAGUE:
            before = [reading, *before][:BACK]
    return TextCheck(text, known, tuple(_statement(text, *row, lang=known) for row in judged))


def _statement(
    text: str, start: int, end: int, reading: SentenceReading, judgement: Judgement, *, lang: Lang
) -> CheckedStatement:
    advice = advise(judgement, lang)
    fact = judgement.fact
    return CheckedStatement(
        text=" ".join(text[start:end].split()),
        verdict=judgement.verdict,
        claim=fact.claim if fact else None,
        evidence=fact.id if fact else "",
        reason=judgement.reason,
        finding=advice.finding,
        why=advice.why,
        instead=advice.instead,
        grade=fact.claim.grade if fact and fact.claim else "",
        caveat=advice.caveat,
        sources=advice.sources,
        start=start,
        end=end,
    )


def _judge_in_context(
    reading: SentenceReading, before: Sequence[SentenceReading], facts: Sequence[KnownFact], panel: PanelFacts
) -> tuple[SentenceReading, Judgement | None]:
    """The verdict on a sentence by itself, or with the economies, and after a pronoun the outcome, of one before it."""
    own = judge(reading, facts, panel)
    asked = bool(before) and before[0].question  # an answer may rest on what the question says
    final = ("supported",) if asked else ("supported", "overstated")
    if own is not None and reading.economies and own.verdict in final:
        return reading, own
    tried = [(reading, own)]
    settled = own is not None and bool(reading.economies) and own.reason not in ("none", "economy")
    for earlier in before:
        latest = earlier is before[0]
        for more in _in_contexts(reading, earlier, latest) if latest or not settled else ():
            found = judge(more, facts, panel)
            sure = not settled and more == _in_context(reading, earlier)
            answer = not settled and latest and (earlier.question or not WORD.search(reading.text))
            answer = answer or (own is None and latest and _continues(reading, earlier))
            if found is not None and (sure or answer or found.verdict == "supported"):
                tried.append((more, found))
    if settled:
        return min(tried, key=lambda pair: pair[1] is None or pair[1].verdict != "supported")
    if not reading.economies:  # of verdicts that are the same, the one with a subject
        tried = [*tried[1:], *(tried[:1] if all(found is None for _, found in tried[1:]) else [])]
    return min(tried, key=lambda pair: len(ORDER) if pair[1] is None else ORDER.index(pair[1].verdict))


def _continues(reading: SentenceReading, earlier: SentenceReading) -> bool:
    """Whether a sentence has numbers of its own but nothing that they are of, unlike the one before it."""
    bare = not reading.entities and not reading.concepts - VAGUE and not reading.bases - {"gdp"}
    stated = bool(reading.numbers) and all(n.measure in ("percent", "points", "usd") for n in reading.numbers)
    return bare and stated and bool(earlier.economies) and bool(earlier.concepts - VAGUE or earlier.signs)


def _in_contexts(reading: SentenceReading, earlier: SentenceReading, latest: bool) -> Iterator[SentenceReading]:
    """The sentence with what an earlier one may add to it: its subject, all that it names, or only its years."""
    same = _in_context(reading, earlier)
    if same != reading:
        yield same
    if not reading.numbers:
        return
    joined = _joined(reading, earlier)
    if same == reading or reading.concepts <= VAGUE or latest:  # "That is 59 % of all", where it is so
        yield joined
    if latest:
        yield replace(same, dates=joined.dates, signs=joined.signs)
        if reading.steps:  # "$2.4bn more than in the previous year"
            both = tuple((-1, first, last, -1) for _, first, last, _ in earlier.dates) + joined.dates
            yield replace(joined, dates=both)
        if reading.economies:  # "Armenia: 24 %."
            yield replace(joined, entities=reading.entities | (earlier.entities & {"EAEU"}))


def _joined(reading: SentenceReading, earlier: SentenceReading) -> SentenceReading:
    """The sentence with all that an earlier one names, and its years where it has none of its own."""
    grown = earlier.signs and not earlier.concepts - VAGUE  # "Georgia grew by 9.7 % in 2024."
    topics = reading.concepts | earlier.concepts | (frozenset({"growth"}) if grown else frozenset())
    base = next((last for _, first, last, _ in reversed(earlier.dates) if first == last), None)
    own = reading.dates + tuple((c, base + step, base + step, at) for c, step, at in reading.steps if base is not None)
    dated = {clause for clause, *_ in own}
    before = tuple((-1, first, last, -1) for _, first, last, _ in earlier.dates)
    own_dates = dated and (
        all(n.clause in dated for n in reading.numbers) or (reading.steps and len(reading.numbers) == 1)
    )
    dates = own if own_dates else before + own
    if "prices" in topics and reading.signs and any(n.measure == "percent" for n in reading.numbers):
        topics |= {"inflation"}
    direction = {sign for _, sign, _ in earlier.signs}
    signs = reading.signs or tuple((-1, sign, -1) for sign in direction if len(direction) == 1)
    more = replace(reading, entities=reading.entities | earlier.entities, concepts=topics, dates=dates, signs=signs)
    hedges = reading.hedges | (earlier.hedges & {"no_effect", "model"})
    return replace(more, bases=reading.bases | earlier.bases, hedges=hedges)


def _in_context(reading: SentenceReading, earlier: SentenceReading) -> SentenceReading:
    """The sentence with the subject of an earlier one, where it seems to have the same."""
    subject = earlier.economies - PARTNERS or earlier.economies
    answer = earlier.question and not reading.concepts - {"joined"}  # "When did it come in as an observer? In 2020."
    if (reading.concepts & {"observer", "joined"} or answer) and reading.dates and not reading.numbers:
        named = reading.economies or subject
        asked = earlier.concepts & {"observer"} if answer else frozenset()
        topics = (reading.concepts - {"joined"} if asked else reading.concepts) | asked
        return replace(reading, entities=named | {"EAEU"}, concepts=topics)
    flows = reading.bases & {"exports", "imports"}
    own = reading.concepts - VAGUE - ({"joined"} if reading.causal and not reading.dates else set())
    if own or flows or not (reading.refers or reading.causal):
        named = (reading.concepts - {"share", "members", "peers"}) | flows
        goods = {c for c in earlier.concepts if c.startswith("product_") and reading.concepts & {"tariff", "duties"}}
        more = replace(reading, entities=reading.entities | subject, concepts=reading.concepts | goods)
        return more if named else reading
    unclear = "no_effect" in reading.hedges
    if (reading.numbers or reading.causal or unclear) and reading.economies <= earlier.economies:
        entities = reading.entities | subject | (earlier.entities & {"EAEU"})
        return replace(reading, entities=entities, concepts=reading.concepts | earlier.concepts)
    return reading


@functools.lru_cache
def _shipped_facts() -> tuple[KnownFact, ...]:
    return tuple(facts_of_claims(shipped_claims()))
