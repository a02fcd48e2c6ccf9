"""Content -> JSON for programs and CSV in full precision."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...data.freshness import freshness, newest_edition
from ...plots.compare import before_after_data
from ...results import json_text, to_plain
from ..claims.claim import to_frame
from ..claims.points import balance
from ..wording import sentences
from ..wording.table_rows import section_rows
from .downloads import csv_records

if TYPE_CHECKING:
    import pandas as pd

    from ..drift.changes import Drift
    from .material import Material


def report_document(material: Material) -> str:
    """The same as JSON, for programs."""
    content = material.content
    ages = freshness(material.series).astype(object).where(lambda table: table.notna(), None).to_dict("records")
    body = {
        "version": __version__,
        "question": {"unit": content.unit, "bloc": content.bloc, "event": content.event, "source": content.source},
        "answers": sentences.answers(content),
        "outcomes": [section_rows(section) for section in content.sections],
        "in_dollars": {name: to_plain(found.treated.to_dict()) for name, found in content.dollars.items()},
        "effects": to_plain(content.effects.to_frame().to_dict(orient="records")) if content.effects else [],
        "members": to_plain(content.members.to_frame().to_dict(orient="records")),
        "balance": balance(material.claims),
        "claims": [claim.document() for claim in material.claims],
        "from_the_fallback": dict(content.substitutes),
        "not_in_the_report": dict(material.missing),
        "drift": None,  # put in where a comparison is asked for
        "limits": [vars(limit) for limit in content.limits],
        "data_as_of": newest_edition(material.series),
        "series": [
            {
                "code": info.code,
                "label": info.label,
                "unit": info.unit,
                "source": info.source,
                "vintage": info.vintage,
                "vintage_note": info.vintage_note,
                "retrieved": info.retrieved,
                "licence": info.licence,
                "last_year": age["last_year"],
                "age": age["age"],
                "missing_in_last_year": age["missing"].split(", ") if age["missing"] else [],
            }
            for info, age in zip(material.series, ages, strict=True)
        ],
    }
    return json_text(body)


def document_with_drift(text: str, found: Drift) -> str:
    """The document with what changed since the baseline."""
    drift = {
        "baseline": found.baseline,
        "drifted": found.drifted,
        "changed": list(found.changed),
        "claims": found.table.to_dict(orient="records"),
        "series": found.revised.to_dict(orient="records"),
    }
    return json_text({**json.loads(text), "drift": drift})


def csv_names(material: Material) -> list[str]:
    """The files of :func:`csv_tables`."""
    return sorted(f"{name}.csv" for name in ("before_after", "members", "figures", *_results(material)))


def csv_tables(material: Material) -> dict[str, str]:
    """CSV text by file name: before/after, members, effects, trade, scenario, claims, the values behind the figures."""
    units, values = [], []
    for section in material.content.sections:
        if section.narrow is None:
            continue
        units += [{"outcome": section.outcome, **row} for row in section.narrow.to_frame().to_dict(orient="records")]
        table, unit = before_after_data(section.narrow)
        for year, line in zip(table.index, table.to_numpy(), strict=True):
            for economy, value in zip(table.columns.tolist(), line.tolist(), strict=True):
                if value == value:
                    one = {"outcome": section.outcome, "economy": economy, "year": year, "value": value, "unit": unit}
                    values.append(one)
    found: dict[str, Sequence[Mapping[Any, Any]]] = {"before_after": units, "figures": values}
    found["members"] = _records(material.content.members.to_frame())
    found |= {name: _records(make()) for name, make in _results(material).items()}
    return {f"{name}.csv": csv_records(found[name]) for name in sorted(found)}


def _results(material: Material) -> dict[str, Callable[[], pd.DataFrame]]:
    """The tables of results that a report may lack."""
    content, found = material.content, material.evidence
    more = {"effects": content.effects, "union_trade": found.trade, "scenario": found.scenario}
    made: dict[str, Callable[[], pd.DataFrame]] = {n: r.to_frame for n, r in more.items() if r is not None}
    return made | ({"claims": lambda: to_frame(material.claims)} if material.claims else {})


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.to_dict(orient="records")
