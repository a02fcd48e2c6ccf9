"""Choose the comparison oneself: the part of the page that asks for member, outcome, years and comparison countries.

The browser computes what :func:`eaeu_analysis.before_after` computes, from the same values. What is printed here is the
default question as the package answers it, which is also what stays where no script runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...compare import BeforeAfter
from ...errors import NoDataError
from ..template_files import template_engine
from ..wording.templates import UNITS, Language, bind, find_language
from .values import DATA_FOLDER, data_files, shared_tables

if TYPE_CHECKING:
    from ..gather.content import Content

# What the script needs of a language, to fill the same templates as wording/templates.py.
TABLES = (
    "number", "plural", "verb", "change", "degree", "range", "gender", "economy", "economy_of", "economy_in", "outcome",
    "unit", "unit_by", "unit_lead", "unit_from", "unit_to", "rule", "explore", "event_kind",
)  # fmt: skip
SENTENCES = ("rose", "fell", "rose_unclear", "fell_unclear")
START = "trade"


def members_explorer(content: Content, lang: str = "en") -> str:
    """The part on the members, in that language: a fragment of a page.

    Raises NoDataError where no member can be compared.
    """
    words = find_language(lang, "explore")
    result = start(content)
    sentences = describe_comparison(result, words)
    tables = shared_tables(content)
    first = {"unit": result.unit, "event": str(result.spec["event"]), "outcome": outcome_of(result)}
    settled = {
        **tables,
        "start": {**first, "with": list(result.comparators.units)},
        "folder": DATA_FOLDER,
        "source": "" if content.source == "pinned" else f", source={content.source!r}",
        "language": _language(words, tables),
    }
    cases = [
        {"value": f"{c['unit']} {c['event']}", "label": words.say("explore", "case", {"year": c["year"]}, _about(c))}
        for c in tables["cases"]
    ]
    outcomes = [
        {"value": name, "label": words.say("explore", "outcome", {}, _outcome_words(name, known["unit"]))}
        for name, known in tables["outcomes"].items()
    ]
    return template_engine().get_template("explore.html").render(
        words=words.tables["explore"],
        sentences={name: bind(text) for name, text in sentences.items()},
        cases=cases,
        outcomes=outcomes,
        first=first,
        data=as_data(settled),
    )  # fmt: skip


def first_sentences(content: Content, lang: str) -> list[str]:
    """The sentences on the question shown first; none where no member can be compared."""
    try:
        return list(describe_comparison(start(content), find_language(lang, "explore")).values())
    except NoDataError:
        return []


def explore_files(content: Content) -> dict[str, str]:
    """The files that the part reads when it is used, by name: the values of each outcome."""
    return {f"{DATA_FOLDER}/{name}": text for name, text in data_files(content).items()}


def start(content: Content) -> BeforeAfter:
    """The question shown first: trade of the page's member, or its first outcome that can be compared."""
    able = {
        s.outcome: s.narrow
        for s in content.sections
        if s.narrow is not None and s.narrow.treated["available"] and s.narrow.difference is not None
    }
    if not able:
        raise NoDataError(f"no outcome of {content.name} can be compared")
    return able.get(START) or next(iter(able.values()))


def outcome_of(result: BeforeAfter) -> str:
    """The name of the outcome that was asked for."""
    return str(result.spec["outcome"])


def describe_comparison(result: BeforeAfter, lang: Language) -> dict[str, str]:
    """What one comparison says: ``change``, ``difference``, ``chance`` and ``checks``, as the page prints them.

    ``lang`` has the texts of part "explore". Without a comparison there is ``change`` alone, which says so.
    """
    row, gap, spec = result.treated, result.difference, result.windows
    words: dict[str, Any] = {
        "economy": f"economy.{result.unit}",
        **_outcome_words(outcome_of(result), result.outcome.unit),
        "change_unit": f"unit.{result.change_measure}",
        "gap_unit": "unit.percentage points" if result.relative else f"unit.{result.change_measure}",
    }
    if not row["available"] or gap is None:
        return {"change": lang.say("explore", "nothing", {}, words)}
    failed = list(dict.fromkeys(f"rule.{check.name}" for check in result.checks if check.failed))
    test = gap.test
    values = {
        "before": float(row["mean_before"]),
        "after": float(row["mean_after"]),
        "change": float(row["change"]),
        "comparators": float(test.n - 1),
        "economies": float(test.n),
        "comparators_mean": gap.mean,
        "difference": gap.versus_mean,
        "extreme": float(round(test.p_two_sided * test.n)),
        "p": test.p_two_sided,
        "needed": float(math.floor(1 / (1 - result.level) - 1e-9)),
        "failed_count": float(len(failed)),
        "before_first": float(spec.before[0]),
        "before_last": float(spec.before[1]),
        "after_first": float(spec.after[0]),
        "after_last": float(spec.after[1]),
    }
    moved = "rose" if row["change"] >= 0 else "fell"
    bar = 1 - result.level + 1e-12
    verdict = "few" if test.floor > bar else "within" if test.p_two_sided > bar else "doubtful" if failed else "rare"
    checks = "failed" if failed else "passed"
    return {
        "change": lang.say("claim", f"before_after.{moved}{'_unclear' if failed else ''}", values, words),
        "difference": lang.say("explore", f"difference_{'up' if gap.versus_mean >= 0 else 'down'}", values, words),
        "chance": " ".join(lang.say("explore", key, values, words) for key in ("chance", f"chance_{verdict}")),
        "checks": lang.say("explore", checks, values, {**words, "failed": failed}),
    }


def _about(case: Mapping[str, Any]) -> dict[str, str]:
    return {"economy": f"economy.{case['unit']}"}


def _outcome_words(name: str, unit: str) -> dict[str, str]:
    return {"outcome": f"outcome.{name}", "unit": f"unit.{unit}"}


def _language(lang: Language, tables: Mapping[str, Any]) -> dict[str, Any]:
    """The words of a language that the script fills sentences with, and how it writes a number."""
    used = {c["unit"] for c in tables["cases"]} | set(tables["names"])
    found: dict[str, Any] = {name: lang.tables[name] for name in TABLES if name in lang.tables}
    found["economy"] = {code: lang.word(f"economy.{code}") for code in sorted(used)}
    found["claim"] = {name: lang.template("claim", f"before_after.{name}") for name in SENTENCES}
    for name in ("unit", "unit_by", "unit_lead", "unit_from", "unit_to"):
        if name in found:
            found[name] = {key: text for key, text in found[name].items() if key in tables["units"]}
    found["outcome"] = {name: text for name, text in found["outcome"].items() if name in tables["outcomes"]}
    return {**number_marks(lang.code), "units": UNITS, "words": found}


def number_marks(lang: str) -> dict[str, str]:
    """How a language writes a number."""
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return {"code": lang, "decimal": get_decimal_symbol(lang), "group": get_group_symbol(lang)}


def as_data(data: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False).replace("</", "<\\/")
