"""Calibrate the tool and keep what was found.

python -m scripts.calibrate [--problems 1000] [--jobs 2] [--dask ADDRESS]

Writes data/results/placebos.parquet (how often its tests cry wolf on placebo countries at placebo dates) and
data/results/yardstick.json (the EU's rounds of 2004 and 2007 next to the literature), and
data/results/default_errors.parquet (false-positive rate and power of the default counterfactual; with --only-default
that alone, in five minutes). Twenty minutes of processor time; run again when data, estimators or checks change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eaeu_analysis import files
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.impact.validation.calibration import Calibration, calibrate
from eaeu_analysis.impact.validation.shipped_results import PLACEBOS, YARDSTICK, results_path
from eaeu_analysis.impact.validation.yardstick import Yardstick, yardstick
from eaeu_analysis.reference.shipped_tables import write_hashes
from eaeu_analysis.results import Provenance, to_plain

from .default_errors import DEFAULT, default_errors

KEPT = ["outcome", "unit", "event", "estimator", "test", "donors", "p_value", "least_p", "finding", "failed"]


def write_problems(frame: pd.DataFrame, spec: Mapping[str, Any], provenance: Provenance, path: Path) -> None:
    """Placebo problems with their question, replaced as a whole; the same ones give the same bytes."""
    stated = {"spec": to_plain(spec), "series": [asdict(info) for info in provenance.series]}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({"calibration": json.dumps(stated, sort_keys=True)})
    with files.replacing(path) as aside:
        pq.write_table(table, aside, compression="zstd", compression_level=15)


def write_calibration(found: Calibration, path: Path) -> None:
    """The p-values of a calibration."""
    write_problems(found.table[KEPT], found.spec, found.provenance, path)


def write_yardstick(found: Yardstick, path: Path) -> None:
    """Its tables as sorted JSON, replaced as a whole."""
    tables = {
        "entrants": found.table,
        "rounds": found.rounds,
        "by_estimator": found.by("estimator").reset_index(),
        "literature": found.literature,
    }
    body = {
        "spec": to_plain(found.spec),
        "measure_unit": found.measure_unit,
        **{name: to_plain(table.to_dict("records")) for name, table in tables.items()},
        "agrees": {str(year): bool(agrees) for year, agrees in found.agrees.items()},
    }
    files.write_text(path, json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def progress(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"{done} of {total}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--dask", help="address of a Dask scheduler, used instead of --jobs for the placebo problems")
    parser.add_argument("--only-default", action="store_true")
    asked = parser.parse_args()
    panel = load_panel()
    errors = default_errors(panel, jobs=asked.jobs)
    write_problems(errors.table, errors.spec, errors.provenance, results_path(DEFAULT))
    print(errors.summary())
    if asked.only_default:
        write_hashes()
        return
    found = calibrate(panel, problems=asked.problems, jobs=asked.jobs, dask=asked.dask, progress=progress)
    write_calibration(found, results_path(PLACEBOS))
    print(found.summary())
    known = yardstick(panel, jobs=asked.jobs)
    write_yardstick(known, results_path(YARDSTICK))
    write_hashes()
    print(known.summary())


if __name__ == "__main__":
    main()
