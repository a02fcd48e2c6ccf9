"""What the report reads back: the accepted baseline, and what the cache keeps."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eaeu_analysis import settings
from eaeu_analysis.report import cache, kept_run
from eaeu_analysis.report.claims import shipped
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.drift import baseline

from .. import structure
from ..target import ROOM, Target

MARK = "f" * 64


def _baselines() -> list[bytes]:
    whole: dict[str, Any] = json.loads((settings.data_dir() / "baseline.json").read_text(encoding="utf-8"))
    few = {name: dict(list(whole[name].items())[:3]) for name in ("claims", "series", "settings")}
    return [json.dumps(whole | few).encode(), json.dumps(whole | {"claims": {}, "series": {}}).encode()]


def _baseline(data: bytes) -> None:
    baseline.text(baseline.read_baseline(ROOM.file("baseline.json", data)))


@contextmanager
def _place() -> Iterator[None]:
    """A cache of our own."""
    before = os.environ.get("EAEU_STORE")
    os.environ["EAEU_STORE"] = str(ROOM.path / "cache")
    try:
        cache.cache_folder().mkdir(parents=True, exist_ok=True)
        yield
    finally:
        os.environ.pop("EAEU_STORE")
        if before is not None:
            os.environ["EAEU_STORE"] = before


def _facts() -> list[bytes]:
    facts = {"answers": ["Yes."], "missing": [["a", "b"]], "substitutes": [["c", "d"]]}
    return [json.dumps(facts).encode(), json.dumps(facts | {"missing": []}).encode()]


def _run(data: bytes) -> None:
    """Facts of a run under a valid seal."""
    with _place():
        kept = {kept_run.FACTS: data, shipped.CLAIMS: b"[]", f"{kept_run.FOLDER}report.json": b"{}"}
        cache.store_cached(kept_run.KIND, MARK, kept)
        found = kept_run.load_run(MARK)
    if found is not None:
        kept_run.requested_files(found, ("json",))


def _archive() -> list[bytes]:
    with _place():
        cache.store_cached("claims", MARK, {"a.txt": b"one", "b/c.bin": bytes(range(64))})
        return [cache._place("claims", MARK).read_bytes()]


def _load(data: bytes) -> None:
    with _place():
        cache._place("claims", MARK).write_bytes(data)
        cache.load_cached("claims", MARK)


def _sealed(data: bytes) -> bytes:
    """A kept zip whose head states the hashes that its members have."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        head = json.loads(files[cache.HEAD])
        head["sha256"] = {name: cache._sha(body) for name, body in files.items() if name != cache.HEAD}
        return structure.pack(
            [*((n, b) for n, b in files.items() if n != cache.HEAD), (cache.HEAD, json.dumps(head).encode())]
        )
    except Exception:  # no such zip any more: as it is
        return data


def _claims() -> list[bytes]:
    claim = Claim(
        id="fared.trade",
        topic="fared",
        template="fared",
        value=1.0,
        lower=0.5,
        upper=1.5,
        level=0.9,
        measure="%",
        grade="A",
        side="context",
        caveat="fared",
        would_change="fared",
        question="fared",
        call="ea.compare()",
        values={"a": 1.0},
        words={"w": "x", "v": ("a", "b")},
        series=(),
    )
    return [shipped.claims_to_json([claim])]


def _read_claims(data: bytes) -> None:
    for claim in shipped.claims_from_json(data):
        _ = claim.failed, claim.sources


_JSON = structure.json_document
TARGETS = (
    Target("baseline", _baseline, _baselines, _JSON, 4),
    Target("cache zip", _load, _archive, structure.zipped(structure.raw), 2),
    Target("cache zip sealed", _load, _archive, structure.zipped(structure.raw), 1, seal=_sealed),
    Target("cache run", _run, _facts, _JSON, 0.3),
    Target("cache claims", _read_claims, _claims, _JSON, 4),
)
