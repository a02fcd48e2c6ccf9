"""The record of a run: what a report was made from, with which program, and the call behind every claim.

``run.json`` has the SHA-256 of every input and output, of the code and of each claim's call; ``eaeu verify`` reads it.
``ro-crate-metadata.json`` describes the same run as a Process Run Crate, for repositories and journals that read it.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import __version__, settings
from ..errors import BadInputError, IntegrityError, NoDataError, PartialDataError
from ..output_folder import MANIFEST, manifest_gaps
from ..reference.shipped_tables import shipped_files
from ..results import Result
from ..user_files import parse_json, read_bytes
from . import cache

if TYPE_CHECKING:
    from ..data.sources import Source

RECORD, CRATE = "run.json", "ro-crate-metadata.json"
SCHEMA = 1
MOST_BYTES = 20_000_000
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
OUTPUT, INPUT, CODE, LIBRARY, PYTHON = "output", "input", "code", "library", "python"


def run_files(
    question: Mapping[str, Any], source: str | Path | Source, outputs: Mapping[str, bytes]
) -> dict[str, bytes]:
    """The two records of a run that made ``outputs``, by file name.

    ``question`` is what was asked (unit, bloc, source, formats, language). The calls are taken from the claims in
    the ``report.json`` among the outputs.
    """
    report = json.loads(outputs["report.json"])
    body: dict[str, Any] = {
        "schema": SCHEMA,
        "program": {"name": "eaeu_analysis", "version": __version__, "code": cache.code_digest()},
        "question": dict(question),
        "environment": {PYTHON: platform.python_version(), "libraries": cache.library_versions()},
        "inputs": {"shipped": shipped_digests(), "source": cache.source_digest(source)},
        "outputs": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(outputs.items())},
        "calls": {claim["id"]: claim["call"] for claim in report["claims"] if claim.get("call")},
    }
    return {RECORD: _json(body), CRATE: _json(_crate(body, outputs, report))}


def shipped_digests() -> dict[str, str]:
    """SHA-256 of every shipped file that a report may read, by name: all but the accepted baseline."""
    found = shipped_files(settings.data_dir())
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items() if name != "baseline.json"
    }


def _json(body: object) -> bytes:
    return (json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _crate(record: Mapping[str, Any], outputs: Mapping[str, bytes], report: Mapping[str, Any]) -> dict[str, Any]:
    """The run as a Process Run Crate (RO-Crate 1.1): the files, and the action that made them."""
    program = record["program"]
    files = [
        {
            "@id": name,
            "@type": "File",
            "name": name,
            "contentSize": str(len(data)),
            "encodingFormat": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "sha256": record["outputs"][name],
        }
        for name, data in sorted(outputs.items())
    ]
    series = [
        {
            "@id": f"#series-{row['code']}-{row['vintage']}",
            "@type": "Dataset",
            "name": f"{row['label']} ({row['code']})",
            "version": row["vintage"],
            "creditText": row["source"],
            "license": row["licence"] or "see data/LICENSES.md",
        }
        for row in report["series"]
    ]
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": "eaeu report",
        "description": ", ".join(f"{name}: {value}" for name, value in sorted(record["question"].items())),
        "instrument": {"@id": "#program"},
        "object": [{"@id": row["@id"]} for row in series],
        "result": [{"@id": row["@id"]} for row in files],
    }
    software = {
        "@id": "#program",
        "@type": "SoftwareApplication",
        "name": program["name"],
        "version": program["version"],
        "softwareVersion": program["version"],
        "identifier": f"sha256:{program['code']}",
        "softwareRequirements": [f"{n}=={v}" for n, v in sorted(record["environment"]["libraries"].items()) if v],
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Report on {report['question']['unit']} in the {report['question']['bloc']}",
        "description": " ".join(report["answers"]) or "Effects of membership in a trade bloc",
        "datePublished": _published(report),
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "conformsTo": {"@id": PROFILE},
        "hasPart": [{"@id": row["@id"]} for row in files],
        "mentions": {"@id": "#run"},
    }
    descriptor = {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": [{"@id": "https://w3id.org/ro/crate/1.1"}],
    }
    return {"@context": CONTEXT, "@graph": [descriptor, root, action, software, *files, *series]}


def _published(report: Mapping[str, Any]) -> str:
    """The day of ``$SOURCE_DATE_EPOCH``, else the newest vintage: the run itself reads no clock."""
    moment = os.environ.get("SOURCE_DATE_EPOCH", "")
    if moment.isdigit():
        return datetime.fromtimestamp(int(moment), UTC).date().isoformat()
    return max((str(row["vintage"])[:10] for row in report["series"] if row["vintage"]), default="1970-01-01")


@dataclass(frozen=True)
class Verification(Result):
    """What differs between a written report and its record.

    Parameters
    ----------
    folder : Path
        The folder that was verified.
    table : DataFrame
        One row for each difference: ``kind`` (output, input, code, library or python), ``name``, ``recorded``,
        ``found`` (shortened hashes or versions; "missing" and "not recorded" where there is none).
    outputs : int
        Number of output files in the record.
    inputs : int
        Number of shipped input files in the record.
    """

    folder: Path
    table: pd.DataFrame
    outputs: int
    inputs: int

    def summary(self) -> str:
        """One sentence, then a line for each difference."""
        counts = self.table["kind"].value_counts()
        altered = int(counts.get(OUTPUT, 0))
        first = (
            f"All {self.outputs} files in {self.folder} are as they were written."
            if not altered
            else f"{altered} of the files in {self.folder} are not as they were written."
        )
        other = len(self.table) - altered
        second = (
            f"Program, libraries and {self.inputs} shipped files are those of the run."
            if not other
            else f"{other} differences between this installation and the run; a new run may give other numbers."
        )
        rows = [f"  {r['kind']} {r['name']}: recorded {r['recorded']}, found {r['found']}" for r in self._rows()]
        return "\n".join([first, second, *rows])

    def require(self, *, strict: bool = False) -> None:
        """Raise an error when an output differs; with ``strict`` also when the installation differs.

        Raises
        ------
        IntegrityError
            An output file was changed, is missing or was added.
        PartialDataError
            With ``strict``: inputs, code or libraries differ from those of the run.
        """
        for row in self._rows():
            if row["kind"] == OUTPUT:
                raise IntegrityError(f"{row['name']!r} in {self.folder} is not as it was written ({row['found']})")
        if strict and not self.table.empty:
            raise PartialDataError(f"{len(self.table)} inputs, libraries or parts of the program differ from the run")

    def _rows(self) -> list[dict[str, Any]]:
        return [{str(name): value for name, value in row.items()} for row in self.table.to_dict("records")]


def verify_run(folder: str | Path) -> Verification:
    """Compare a written report, and this installation, with the record of the run. Reads no network.

    Raises
    ------
    NoDataError
        The folder has no record of a run.
    BadInputError
        The record is not one of this program.
    """
    place = Path(folder)
    if not (place / RECORD).is_file():
        raise NoDataError(f"'{folder}' has no {RECORD}; expected a folder that eaeu report wrote")
    body = parse_json(read_bytes(place / RECORD, "record of a run", MOST_BYTES), f"record '{place / RECORD}'")
    try:
        outputs, inputs = dict(body["outputs"]), dict(body["inputs"]["shipped"])
        code, environment = str(body["program"]["code"]), body["environment"]
        libraries, python = dict(environment["libraries"]), str(environment[PYTHON])
    except (KeyError, TypeError, ValueError):
        raise BadInputError(f"'{place / RECORD}' is not the record of a report of this program") from None
    there = {
        _name(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(place.rglob("*"))
        if path.is_file() and path != place / MANIFEST
    }
    records = {name: there.pop(name, "") for name in (RECORD, CRATE)}
    changed = [name for name in manifest_gaps(place, "report", {**there, **records}) if name in (*records, MANIFEST)]
    rows = [
        *_differences(OUTPUT, outputs, there),
        *_differences(OUTPUT, dict.fromkeys(changed, "otherwise"), {name: records.get(name) or "" for name in changed}),
        *_differences(INPUT, inputs, shipped_digests()),
        *_differences(CODE, {"eaeu_analysis": code}, {"eaeu_analysis": cache.code_digest()}),
        *_differences(LIBRARY, libraries, cache.library_versions()),
        *_differences(PYTHON, {PYTHON: python}, {PYTHON: platform.python_version()}),
    ]
    table = pd.DataFrame(rows, columns=["kind", "name", "recorded", "found"])
    return Verification(place, table, len(outputs), len(inputs))


def _differences(kind: str, recorded: Mapping[str, Any], found: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    names = sorted({*recorded, *found})
    return [
        {"kind": kind, "name": name, "recorded": _short(recorded.get(name), "not recorded"),
         "found": _short(found.get(name), "missing")}
        for name in names
        if recorded.get(name) != found.get(name)
    ]  # fmt: skip


def _name(path: Path) -> str:
    """The name as text that can be printed, also where it is no UTF-8."""
    return path.as_posix().encode("utf-8", "backslashreplace").decode()


def _short(value: object, absent: str) -> str:
    return absent if value is None else str(value)[:12] or "not installed"
