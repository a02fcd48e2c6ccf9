"""Move the assumptions of the options: what each option does where the reader knows better, with its interval.

The browser computes :meth:`eaeu_analysis.scenario.assumptions.OptionDraws.given` from the draws that are shipped. What
is printed here is the table of options with nothing taken as known, which is also what stays where no script runs.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ...scenario.assumptions import OUTCOMES, OptionDraws, shipped_option_draws
from ...scenario.display import outcome_measure, quantity_row
from ...scenario.model.spread import round_outcome
from ...scenario.options import shipped_options
from ...scenario.tables import scenario_tables
from ..template_files import template_engine
from ..wording.templates import UNITS, Language, bind, find_language
from .members import as_data, number_marks
from .values import DATA_FOLDER

MOST, LEAST = 8, 0.01  # sliders at most, and what an assumption carries at least of the largest variance
START, JOINING = "welfare", "uzb_eaeu"
TINY = 0.005  # what would be printed as zero
PADDING = 0.06  # of the width of the scale, at either end
TABLES = ("number", "plural", "verb", "change", "degree", "range", "gender", "assume")


def options_explorer(lang: str = "en") -> str:
    """The part on the options, in that language: a fragment of a page, empty where no draws are shipped."""
    drawn = shipped_option_draws()
    if drawn is None:
        return ""
    words = find_language(lang, "explore")
    rows = drawn.given({}, START)
    sentences = [describe_option(row, START, words) for row in rows.to_dict("records")]
    sentence = describe_joining(rows, START, words, drawn.level)
    labels, failed = option_labels(lang, drawn), _failed(drawn, words)
    low, high = _scale(rows)
    bars = [
        {
            "name": row["option"],
            "label": labels[row["option"]],
            **text,
            "failed": failed.get(f"{row['option']} {START}", ""),
            **{k: f"{100 * (row[k] - low) / (high - low):.2f}%" for k in ("estimate", "lower", "upper")},
            "zero": f"{-100 * low / (high - low):.2f}%",
        }
        for row, text in zip(rows.to_dict("records"), sentences, strict=True)
    ]
    quantities = sliders(drawn, words)
    data = {
        "options": [{"name": o, "label": labels[o]} for o in drawn.options],
        "outcomes": {o: _unit_of(o) for o in OUTCOMES},
        "good": {o: int(scenario_tables()["outcomes"][o].get("good", 0)) for o in OUTCOMES},
        "quantities": quantities,
        "failed": failed,
        "joining": JOINING,
        "level": drawn.level,
        "start": START,
        "folder": DATA_FOLDER,
        "padding": PADDING,
        "tiny": TINY,
        "language": {**number_marks(lang), "units": UNITS, "words": _words(words)},
    }
    return template_engine().get_template("explore_options.html").render(
        words=words.tables["assume"],
        sentence=bind(sentence),
        bars=bars,
        quantities=quantities,
        outcomes=[{"value": o, "label": words.say("assume", "outcome", {}, _outcome_words(o))} for o in OUTCOMES],
        first=START,
        note=_note(drawn, words),
        data=as_data(data),
    )  # fmt: skip


def first_options(lang: str) -> list[str]:
    """The sentences on the options with nothing taken as known; none where no draws are shipped."""
    drawn, words = shipped_option_draws(), find_language(lang, "explore")
    if drawn is None:
        return []
    rows = drawn.given({}, START)
    sentences = [text for row in rows.to_dict("records") for text in describe_option(row, START, words).values()]
    return [describe_joining(rows, START, words, drawn.level), _note(drawn, words), *sentences]


def option_files() -> dict[str, str]:
    """The file that the part reads when it is used: draws, assumptions and polynomials of the options."""
    drawn = shipped_option_draws()
    if drawn is None:
        return {}
    columns: dict[str, str] = {}
    options = {}
    for option in drawn.options:
        surrogate, places = drawn.surrogates[option], {}
        for name in surrogate.names:
            packed = floats(drawn.inputs[option][name].to_numpy(), np.float32)
            key = name if columns.setdefault(name, packed) == packed else f"{option}|{name}"
            columns[key], places[name] = packed, key
        answers = [o for o in OUTCOMES if (option, o) in drawn.draws and drawn.answers(option, o)]
        options[option] = {
            "names": list(surrogate.names),
            "columns": places,
            "bases": [[b.mean, b.sd, b.slope, b.scale] for b in surrogate.bases],
            "terms": ["".join(map(str, row)) for row in surrogate.terms.tolist()],
            "coefficients": {o: floats(round_outcome(surrogate.coefficients[o]), np.float64) for o in answers},
            "draws": {o: floats(drawn.draws[(option, o)].to_numpy(), np.float32) for o in answers},
        }
    body = json.dumps({"columns": columns, "options": options}, sort_keys=True)
    return {f"{DATA_FOLDER}/options.js": f"(window.eaeuExplore ??= {{}}).options = {body};\n"}


def floats(values: np.ndarray[Any, Any], kind: Any) -> str:
    """Numbers as little-endian bytes in base 64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<")).tobytes()).decode()


def describe_option(row: Mapping[Any, Any], outcome: str, lang: Language) -> dict[str, str]:
    """One option: ``band`` and ``better``, as the page prints them. ``row``: of :meth:`OptionDraws.given`."""
    if max(abs(row["lower"]), abs(row["upper"])) < 1e-9:
        return {"band": lang.say("assume", "still"), "better": ""}
    values, tiny = _values(row), max(abs(row["lower"]), abs(row["upper"])) < TINY
    return {
        "band": lang.say("assume", "tiny" if tiny else "band", values, _outcome_words(outcome)),
        "better": lang.say("assume", "better", values),
    }


def describe_joining(rows: pd.DataFrame, outcome: str, lang: Language, level: float) -> str:
    """What joining does under these assumptions, in one sentence."""
    row = rows.set_index("option").loc[JOINING].to_dict()
    return lang.say("assume", "sentence", {**_values(row), "level": 100 * level}, _outcome_words(outcome))


def option_labels(lang: str, drawn: OptionDraws) -> dict[str, str]:
    """What the options are called."""
    page = find_language(lang, "page")
    return {option: page.word(f"option.{option}") for option in drawn.options}


def sliders(drawn: OptionDraws, lang: Language) -> list[dict[str, Any]]:
    """The assumptions that can be moved: label, unit, ends and median, and how a value is shown."""
    found = []
    for name in drawn.important(START, LEAST)[:MOST]:
        known = quantity_row(name)
        low, high = drawn.ends(name)
        logs = known["unit"] == "log points"
        found.append(
            {
                "name": name,
                "label": lang.word(f"quantity.{name}"),
                "unit": lang.word(f"quantity_unit.{'%' if logs else known['unit']}"),
                "times": known["times"],
                "log": logs,
                "low": low,
                "high": high,
                "middle": drawn.middle(name),
            }
        )
    return found


def _values(row: Mapping[Any, Any]) -> dict[str, float]:
    return {**{k: float(row[k]) for k in ("estimate", "lower", "upper")}, "better": 100 * float(row["better"])}


def _outcome_words(outcome: str) -> dict[str, str]:
    return {"outcome": f"scenario_outcome.{outcome}", "unit": f"unit.{_unit_of(outcome)}"}


def _unit_of(outcome: str) -> str:
    return outcome_measure(outcome)


def _words(lang: Language) -> dict[str, Any]:
    """The tables of a language that the script fills the sentences with."""
    found: dict[str, Any] = {name: lang.tables[name] for name in TABLES if name in lang.tables}
    units = {_unit_of(o) for o in OUTCOMES}
    for name in ("unit", "unit_by"):
        if name in lang.tables:
            found[name] = {key: text for key, text in lang.tables[name].items() if key in units}
    found["scenario_outcome"] = {o: lang.word(f"scenario_outcome.{o}") for o in OUTCOMES}
    return found


def _failed(drawn: OptionDraws, lang: Language) -> dict[str, str]:
    """What to say of an option and outcome of which a check fails, by both names."""
    table = shipped_options()
    if table is None:
        return {}
    rows = table.table.drop_duplicates(["outcome", "scenario"]).set_index(["outcome", "scenario"])["failed_checks"]
    failed = rows.to_dict()
    out = {}
    for option in drawn.options:
        for outcome in OUTCOMES:
            names = [n for n in str(failed[outcome, option]).split(", ") if n]
            if names:
                keys = [f"check.{name}" for name in names]
                out[f"{option} {outcome}"] = lang.say("assume", "failed", {}, {"failed": keys})
    return out


def _note(drawn: OptionDraws, lang: Language) -> str:
    counts = {"level": 100 * drawn.level, "missed": _missed(drawn), "runs": float(len(drawn.draws))}
    return lang.say("assume", "note", counts)


def _missed(drawn: OptionDraws) -> float:
    """Per cent of the variance that the polynomials miss at most, over outcomes that vary."""
    return 100 * max(1 - s.r2[o] for name, s in drawn.surrogates.items() for o in OUTCOMES if drawn.answers(name, o))


def _scale(rows: pd.DataFrame) -> tuple[float, float]:
    low, high = min(0.0, float(rows["lower"].min())), max(0.0, float(rows["upper"].max()))
    pad = PADDING * ((high - low) or 1.0)
    return low - pad, high + pad
