"""Content -> JSON for programs and CSV in full precision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...data.freshness import freshness, newest_edition
from ...plots.compare import before_after_data
from ...results import to_plain
from ..claims.claim import to_frame
from ..claims.points import balance
from ..wording import sentences
from ..wording.table_rows import section_rows
from .downloads import csv_records

if TYPE_CHECKING:
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
    return _text(body)


def document_with_drift(text: str, found: Drift) -> str:
    """The document with what changed since the baseline."""
    drift = {
        "baseline": found.baseline,
        "drifted": found.drifted,
        "changed": list(found.changed),
        "claims": found.table.to_dict(orient="records"),
        "series": found.revised.to_dict(orient="records"),
    }
    return _text({**json.loads(text), "drift": drift})


def _text(body: Any) -> str:
    return json.dumps(to_plain(body), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def csv_tables(material: Material) -> dict[str, str]:
    """CSV text by file name: before/after, members, effects, trade, scenario, claims, the values behind the figures."""
    content = material.content
    units, values = [], []
    for section in content.sections:
        if section.narrow is None:
            continue
        units += [{"outcome": section.outcome, **row} for row in section.narrow.to_frame().to_dict(orient="records")]
        table, unit = before_after_data(section.narrow)
        for year, line in table.iterrows():
            for economy, value in line.dropna().items():
                values.append(
                    {"outcome": section.outcome, "economy": economy, "year": year, "value": value, "unit": unit}
                )
    members = content.members.to_frame().to_dict(orient="records")
    found = {
        "before_after.csv": csv_records(units),
        "members.csv": csv_records(members),
        "figures.csv": csv_records(values),
    }
    more = {"effects": content.effects, "union_trade": material.evidence.trade, "scenario": material.evidence.scenario}
    for name, result in more.items():
        if result is not None:
            found[f"{name}.csv"] = csv_records(result.to_frame().to_dict(orient="records"))
    if material.claims:
        found["claims.csv"] = csv_records(to_frame(material.claims).to_dict(orient="records"))
    return dict(sorted(found.items()))
