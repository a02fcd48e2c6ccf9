"""What is on disk from before: the store, pinned packages, shipped records, results computed ahead."""

from __future__ import annotations

import functools
import hashlib
import json
from typing import Any

from eaeu_analysis import settings
from eaeu_analysis.data import listing as shelf
from eaeu_analysis.data.sources import pinned
from eaeu_analysis.data.sources.live.pages import Spool
from eaeu_analysis.data.sources.live.request import Request, digest
from eaeu_analysis.data.store import Store, StoreEntry, listing
from eaeu_analysis.data.store.entry import from_parquet, to_parquet
from eaeu_analysis.impact.validation import shipped_results
from eaeu_analysis.reference import shipped_tables
from eaeu_analysis.report.gather import curves
from eaeu_analysis.series import SeriesInfo

from .. import structure
from ..target import ROOM, Target
from . import promises
from .files import parquet

URL = "https://api.worldbank.org/v2/x"
CODE = "NY.GDP.MKTP.CD"


# -- the store -------------------------------------------------------------------------------------------
def _values() -> bytes:
    import pandas as pd

    return to_parquet(pd.DataFrame({"economy": ["KGZ", "UZB"], "year": [2019, 2019], "value": [8.8e9, 6e10]}))


def _entry(**more: Any) -> bytes:
    made = StoreEntry(
        request=Request("worldbank", CODE, "2", ("KGZ", "UZB"), (2019, 2020), endpoint="https://api.worldbank.org/v2"),
        info=SeriesInfo(CODE, "GDP", "US$", "level", "World Bank", "2026-04-08"),
        retrieved_at="2026-05-01T10:00:00.000+00:00",
        rows=2,
        sha256=hashlib.sha256(_values()).hexdigest(),
        size=len(_values()),
        notes={"IndicatorName": "GDP"},
        footnotes=(("KGZ", 2019, "E", "Estimate."),),
        **more,
    )
    return made.to_bytes()


def _entries() -> list[bytes]:
    return [_entry(), _entry(keys=("exporter", "importer", "year"), problems=("its notes could not be read",))]


def _digest_again(data: bytes) -> bytes:
    """A manifest entry closed by a valid digest, as one from a stranger would be."""
    try:
        record = json.loads(data)
        record.pop("digest")
        return json.dumps(record | {"digest": digest(record)}).encode()
    except Exception:  # no entry any more: as it is
        return data


def _read_entry(data: bytes) -> None:
    entry = StoreEntry.from_bytes(data)
    entry.to_bytes()
    _ = entry.id, entry.retrieved, entry.series


def _in_a_store(data: bytes) -> None:
    """The same through the store: damaged entries are set aside, values are checked."""
    root = ROOM.folder("store")
    (root / "entries").mkdir()
    (root / "entries" / "a.json").write_bytes(data)
    (root / "entries" / "b.json").write_bytes(_entry())
    body = _values()
    place = root / "objects" / hashlib.sha256(body).hexdigest()[:2]
    place.mkdir(parents=True)
    (place / f"{hashlib.sha256(body).hexdigest()}.parquet").write_bytes(body)
    store = Store(root)
    assert any(entry.code == CODE for entry in store.entries()), "a sound entry lost because of a damaged one"
    store.find(CODE)
    listing(store.entries())
    store.verify()


def _stored_values(data: bytes) -> None:
    """An object whose bytes are not what its entry promises, though the hash is right."""
    root = ROOM.folder("store")
    hashed = hashlib.sha256(data).hexdigest()
    record = json.loads(_entry())
    record |= {"sha256": hashed, "size": len(data)}
    (root / "entries").mkdir()
    (root / "entries" / "a.json").write_bytes(_digest_again(json.dumps(record).encode()))
    (root / "objects" / hashed[:2]).mkdir(parents=True)
    (root / "objects" / hashed[:2] / f"{hashed}.parquet").write_bytes(data)
    promises.series(Store(root).get(CODE).frame)


def _value_seeds() -> list[bytes]:
    rows: dict[str, list[Any]] = {"economy": ["KGZ", "UZB"], "year": [2019, 2020], "value": [1.5, 2.0]}
    odd: dict[str, list[Any]] = {"economy": ["KGZ", "KGZ"], "year": [2019, 2019], "value": [None, float("nan")]}
    return [_values(), parquet(rows), parquet(odd), parquet(rows | {"value": ["a", "b"]}), parquet({"a": [1, 2]}),
            parquet(rows | {"year": ["x", "y"]}), parquet(rows | {"economy": [1, 2]})]  # fmt: skip


def _parquet(data: bytes) -> None:
    from_parquet(data)


def _page(data: bytes) -> None:
    folder = ROOM.folder("spool")
    (folder / f"{hashlib.sha256(URL.encode()).hexdigest()[:40]}.page").write_bytes(data)
    Spool(folder).get(URL)


def _pages() -> list[bytes]:
    spool = Spool(ROOM.folder("spool"))
    spool.put(URL, b"[{}, []]")
    return [next(spool.folder.iterdir()).read_bytes()]


# -- pinned packages -------------------------------------------------------------------------------------
def _package() -> list[bytes]:
    whole = json.loads((settings.data_dir() / "pinned" / pinned.PACKAGE).read_text(encoding="utf-8"))
    few = [r for r in whole["resources"] if r["code"].startswith("BX.TRF.PWKR.DT.GD")]
    for resource in few:
        resource.pop("schema", None)
    return [json.dumps(whole | {"resources": few}).encode(), json.dumps({"resources": few}).encode()]


@functools.cache
def _tables() -> dict[str, bytes]:
    folder = settings.data_dir() / "pinned"
    return {path.name: path.read_bytes() for path in sorted(folder.glob("BX.TRF.PWKR.DT.GD*.parquet"))}


def _packaged(data: bytes) -> None:
    root = ROOM.folder("pinned")
    (root / pinned.PACKAGE).write_bytes(data)
    for name, table in _tables().items():
        (root / name).write_bytes(table)
    source = pinned.PinnedSource(root)
    for info in source.entries():
        source.vintages(info.code)
        source.resource(info.code, info.vintage)
    source.verify()
    source.read("BX.TRF.PWKR.DT.GD.ZS")


def _pinned_table(data: bytes) -> None:
    """A table other than its columns say, though the recorded hash is right."""
    root = ROOM.folder("pinned")
    (root / "a.parquet").write_bytes(data)
    record = {"code": CODE, "label": "", "vintage": "2026", "default": True, "path": "a.parquet"}
    record |= {"hash": f"sha256:{hashlib.sha256(data).hexdigest()}"}
    (root / pinned.PACKAGE).write_text(json.dumps({"resources": [record]}))
    source = pinned.PinnedSource(root)
    source.verify()
    promises.series(source.read(CODE).frame)


def _pinned_tables() -> list[bytes]:
    rows: dict[str, list[Any]] = {"economy": ["KGZ", "UZB"], "year": [2019, 2020], "value": [1.5, 2.0]}
    rows["aggregate"] = [False, False]
    return [parquet(rows), parquet(rows | {"value": [None, 1.0]}), parquet(rows | {"year": [None, 1]}),
            parquet(rows | {"year": ["x", "y"]}), parquet(rows | {"economy": ["KGZ", "KGZ"], "year": [2019, 2019]}),
            parquet(rows | {"aggregate": ["x", None]}), parquet(rows | {"value": [float("inf"), 1.0]})]  # fmt: skip


# -- what ships, what was computed ahead -----------------------------------------------------------------
def _shipped_records(data: bytes) -> None:
    root = ROOM.path / "shipped"
    for name in shipped_tables.FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "tables.json").write_bytes(data)
    if not (root / "trade" / "a.parquet").exists():
        for name in shipped_tables.FOLDERS:
            (root / name / "a.parquet").write_bytes(_values())
    shipped_tables.verify_tables(root)
    shelf.records(root)


def _records() -> list[bytes]:
    record = {"label": "A", "unit": "US$", "rows": 2, "bytes": 900, "source": "x", "years": [2019, 2020],
              "sha256": hashlib.sha256(_values()).hexdigest()}  # fmt: skip
    return [json.dumps({"a": record, "b": record}).encode()]


def _curves() -> list[bytes]:
    body = json.loads(curves.curves_path().read_text(encoding="utf-8"))
    return [json.dumps(body | {"curves": body["curves"][:2]}).encode()]


def _read_curves(data: bytes) -> None:
    for curve in curves.read_curves(ROOM.file("curves.json", data)):
        curve.share(1.0)


def _yardsticks() -> list[bytes]:
    return [shipped_results.results_path(shipped_results.YARDSTICK).read_bytes()]


def _read_yardstick(data: bytes) -> None:
    shipped_results.shipped_yardstick(ROOM.file("yardstick.json", data))


def _calibration(data: bytes) -> None:
    shipped_results.shipped_calibration(ROOM.file("placebos.parquet", data))


def _calibrations() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(shipped_results.results_path(shipped_results.PLACEBOS)).slice(0, 20)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="none")
    return [sink.getvalue().to_pybytes(), parquet({"a": [1]})]


def _json_as_calibration(data: bytes) -> None:
    """The question that a table of placebo problems carries."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = ROOM.path / "placebos.parquet"
    pq.write_table(pa.table({"p_value": [0.5]}).replace_schema_metadata({"calibration": data}), path)
    shipped_results.shipped_calibration(path)


def _questions() -> list[bytes]:
    import pyarrow.parquet as pq

    table = pq.read_table(shipped_results.results_path(shipped_results.PLACEBOS))
    body = json.loads(table.schema.metadata[b"calibration"])
    return [json.dumps(body | {"series": body["series"][:1]}).encode()]


_JSON = structure.json_document
TARGETS = (
    Target("store entry", _read_entry, _entries, _JSON, 10, seal=_digest_again),
    Target("store entry unsealed", _read_entry, _entries, _JSON, 4),
    Target("store folder", _in_a_store, _entries, _JSON, 0.5, seal=_digest_again),
    Target("store values", _stored_values, _value_seeds, structure.raw, 1),
    Target("store parquet", _parquet, _value_seeds, structure.raw, 3),
    Target("spool page", _page, _pages, structure.raw, 1),
    Target("pinned package", _packaged, _package, _JSON, 1),
    Target("pinned table", _pinned_table, _pinned_tables, structure.raw, 1),
    Target("shipped records", _shipped_records, _records, _JSON, 1),
    Target("curves ahead", _read_curves, _curves, _JSON, 2),
    Target("yardstick", _read_yardstick, _yardsticks, _JSON, 0.5),
    Target("calibration table", _calibration, _calibrations, structure.raw, 0.5),
    Target("calibration question", _json_as_calibration, _questions, _JSON, 0.5),
)
