"""What a pipeline reads of a report: a summary as values and Markdown, JUnit of its claims, a feed of changes."""

from __future__ import annotations

import collections
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree  # nosec B405

from .. import files
from ..errors import BadInputError, EaeuError
from ..output_folder import require_output_file, write_output_file
from ..text import clean_text
from ..user_files import parse_json, read_bytes

if TYPE_CHECKING:
    from .write import Report

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"  # of the environment: the file to which a job adds its summary
MOST_ROWS = 50  # changes in the Markdown
FEED = "https://jsonfeed.org/version/1.1"
MOST_ITEMS, MOST_FEED_BYTES = 500, 5_000_000  # the oldest items go first


def require_job_files(summary: Path | None = None, junit: Path | None = None) -> None:
    """BadInputError for a summary or a JUnit file that may not be written: see :mod:`eaeu_analysis.output_folder`.

    The job's own summary, to which other steps have added theirs, is only ever added to.
    """
    for file in (None if _is_job_summary(summary) else summary, junit):
        if file is not None:
            require_output_file(file)


def write_job_files(
    report: Report, summary: Path | None = None, junit: Path | None = None, feed: Path | None = None
) -> dict[str, Any]:
    """Write the files that were asked for; the summary as plain values is returned.

    BadInputError when ``feed`` exists and is no JSON Feed.
    """
    claims = json.loads((report.folder / "report.json").read_bytes())["claims"]
    found = summary_document(report, claims)
    text = summary_markdown(found)
    _write_summary(summary, text)
    if junit is not None:
        write_output_file(junit, junit_xml(claims, report))
    if feed is not None:
        files.write_text(feed, feed_text(report, claims, _items(feed)))
    return found


def write_failure(error: EaeuError, summary: Path | None = None) -> None:
    """The summary of a run without a report: why there is none."""
    text = f"## Report on membership\n\n**No report was made:** {clean_text(str(error))}\n"
    _write_summary(summary, text)


def _write_summary(summary: Path | None, text: str) -> None:
    """The text as a sealed file of its own, and at the end of the job's summary, which gets no seal."""
    if summary is not None and not _is_job_summary(summary):
        write_output_file(summary, text.encode("utf-8"))
    if job := os.environ.get(STEP_SUMMARY):
        with Path(job).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _is_job_summary(path: Path | None) -> bool:
    job = os.environ.get(STEP_SUMMARY)
    return bool(job) and path is not None and files.followed(path) == files.followed(str(job))


def outcome(found: Mapping[str, Any]) -> str:
    """In a sentence or two: whether a conclusion moved, and whether data are missing."""
    texts = []
    if found["drift"]:
        moved = found["drift"]["drifted"]
        texts.append("A conclusion drifted from what was accepted." if moved else "No conclusion moved.")
    if found["missing"] or found["from_the_fallback"]:
        texts.append("Some data are missing or come from the fall-back.")
    return " ".join(texts)


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
    first = outcome(found)
    lines = ["## Report on membership", "", *([f"**{first}**", ""] if first else [])]
    lines += [*(f"{i}. {text}" for i, text in enumerate(found["answers"], 1))]
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


def feed_text(report: Report, claims: list[Mapping[str, Any]], earlier: list[Any]) -> str:
    """The conclusions that changed as a JSON Feed, newest first, with the items of earlier runs after them."""
    sentences = {claim["id"]: claim["sentence"] for claim in claims}
    moment = os.environ.get("SOURCE_DATE_EPOCH", "")
    dated = {"date_published": datetime.fromtimestamp(int(moment), UTC).isoformat()} if moment.isdigit() else {}
    items = []
    for row in report.drift.table.to_dict("records") if report.drift is not None else ():
        if row["change"] == "new":  # no conclusion changed
            continue
        change = f"{row['before']} -> {row['now']} ({row['reason']})"
        mark = hashlib.sha256(f"{row['claim']} {row['change']} {change}".encode()).hexdigest()[:16]
        items.append(
            {
                "id": f"{row['claim']}#{mark}",
                "title": clean_text(f"{row['claim']}: {row['change']}"),
                "content_text": clean_text(f"{change}. {sentences.get(row['claim'], '')}").strip(),
                "tags": [row["change"], row["reason"]],
                **dated,
            }
        )
    known = {item["id"] for item in earlier}
    body = {
        "version": FEED,
        "title": "Conclusions of eaeu_analysis that changed",
        "items": [*(item for item in items if item["id"] not in known), *earlier][:MOST_ITEMS],
    }
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _items(path: Path) -> list[Any]:
    """The items of a feed on disk, none where there is no file."""
    if not path.exists():
        return []
    body = parse_json(read_bytes(path, "feed", MOST_FEED_BYTES), f"feed '{path}'")
    items = body.get("items") if isinstance(body, dict) and str(body.get("version", "")).startswith(FEED[:27]) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) and "id" in item for item in items):
        raise BadInputError(f"'{path}' is no JSON Feed; expected one that an earlier run wrote, or no file")
    return items


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
