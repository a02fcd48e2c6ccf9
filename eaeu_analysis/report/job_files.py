"""What a pipeline reads of a report: a summary as plain values and as Markdown, and a JUnit file of its claims."""

from __future__ import annotations

import collections
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree  # only written here, never parsed

from ..output_folder import write_output_file
from ..text import clean_text

if TYPE_CHECKING:
    from .write import Report

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"  # of the environment: the file to which a job adds its summary
MOST_ROWS = 50  # changes in the Markdown


def write_job_files(report: Report, summary: Path | None = None, junit: Path | None = None) -> dict[str, Any]:
    """Write the files that were asked for; the summary as plain values is returned."""
    claims = json.loads((report.folder / "report.json").read_bytes())["claims"]
    found = summary_document(report, claims)
    text = summary_markdown(found)
    if summary is not None:
        write_output_file(summary, text.encode("utf-8"))
    if junit is not None:
        write_output_file(junit, junit_xml(claims, report))
    if job := os.environ.get(STEP_SUMMARY):
        with Path(job).open("a", encoding="utf-8") as stream:
            stream.write(text)
    return found


def summary_document(report: Report, claims: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The main findings, what is missing and what changed, as plain values."""
    drift = report.drift
    return {
        "answers": list(report.answers),
        "claims": len(claims),
        "grades": dict(sorted(collections.Counter(claim["grade"] for claim in claims).items())),
        "sides": dict(sorted(collections.Counter(claim["side"] for claim in claims).items())),
        "missing": [{"name": name, "reason": why} for name, why in report.missing],
        "from_the_fallback": [{"series": name, "reason": why} for name, why in report.substitutes],
        "drift": None
        if drift is None
        else {
            "drifted": drift.drifted,
            "sentence": drift.sentence(),
            "changes": drift.table.to_dict("records"),
            "revised": drift.revised.to_dict("records"),
        },
        "folder": str(report.folder),
        "files": list(report.files),
    }


def summary_markdown(found: Mapping[str, Any]) -> str:
    """The same as Markdown for a job summary."""
    lines = ["## Report on membership", "", *(f"{i}. {text}" for i, text in enumerate(found["answers"], 1))]
    if found["missing"] or found["from_the_fallback"]:
        lines += ["", "### Data that are missing or not live", ""]
        lines += [f"- {row['name']}: {row['reason']}" for row in found["missing"]]
        lines += [f"- {row['series']}: {row['reason']}" for row in found["from_the_fallback"]]
    drift = found["drift"]
    if drift:
        lines += ["", "### What changed since last time", "", drift["sentence"]]
        rows = drift["changes"]
        if rows:
            lines += ["", "| claim | change | before | now | reason |", "|---|---|---|---|---|"]
            for row in rows[:MOST_ROWS]:
                lines.append(
                    "| " + " | ".join(_cell(row[k]) for k in ("claim", "change", "before", "now", "reason")) + " |"
                )
            if len(rows) > MOST_ROWS:
                lines.append(f"\n{len(rows) - MOST_ROWS} more changes are in report.json.")
        lines += [""] if drift["revised"] else []
        lines += [
            f"- revised: {row['series']}, {row['before']} to {row['now']}" for row in drift["revised"][:MOST_ROWS]
        ]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    return clean_text(str(value)).replace("|", "\\|").replace("\n", " ")


def junit_xml(claims: list[Mapping[str, Any]], report: Report) -> bytes:
    """A test case per claim, failed where the conclusion drifted; an error per outcome or section without data."""
    changes = collections.defaultdict(list)
    if report.drift is not None:
        for row in report.drift.table.to_dict("records"):
            changes[row["claim"]].append(row)
    names = [claim["id"] for claim in claims]
    gone = sorted(set(changes) - set(names))
    suite = ElementTree.Element(
        "testsuite", name="eaeu report", tests=str(len(names) + len(gone) + len(report.missing))
    )
    failures = 0
    for name, claim in [*((claim["id"], claim) for claim in claims), *((name, None) for name in gone)]:
        case = ElementTree.SubElement(suite, "testcase", classname=f"claims.{name.split('.')[0]}", name=name)
        drifted = [row for row in changes.get(name, ()) if row["change"] != "new"]
        if drifted:
            failures += 1
            text = "; ".join(f"{row['change']}: {row['before']} -> {row['now']} ({row['reason']})" for row in drifted)
            ElementTree.SubElement(case, "failure", message=clean_text(text), type="drift")
        if claim is not None:
            out = ElementTree.SubElement(case, "system-out")
            out.text = clean_text(f"{claim['sentence']} [grade {claim['grade']}, {claim['side']}] {claim['call']}")
    for name, why in report.missing:
        case = ElementTree.SubElement(suite, "testcase", classname="data", name=name)
        ElementTree.SubElement(case, "error", message=clean_text(why), type="missing")
    suite.set("failures", str(failures))
    suite.set("errors", str(len(report.missing)))
    ElementTree.indent(suite)
    document: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
    return document + b"\n"
