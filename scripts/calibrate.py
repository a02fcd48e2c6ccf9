"""Calibrate the tool and keep what was found: scripts/calibrate.py [--problems 1000] [--jobs 2] [--dask ADDRESS].

Writes data/results/placebos.parquet (how often its tests cry wolf on placebo countries at placebo dates) and
data/results/yardstick.json (the EU's rounds of 2004 and 2007 next to the literature), and
data/results/default_errors.parquet (false-positive rate and power of the default counterfactual; with --only-default
that alone, in five minutes). Twenty minutes of processor time; run again when data, estimators or checks change.
"""

from __future__ import annotations

import argparse
import sys

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.impact.validation.calibration import calibrate
from eaeu_analysis.impact.validation.default_errors import default_errors
from eaeu_analysis.impact.validation.shipped_results import write_calibration, write_default_errors, write_yardstick
from eaeu_analysis.impact.validation.yardstick import yardstick
from eaeu_analysis.reference.shipped_tables import write_hashes


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
    write_default_errors(errors)
    print(errors.summary())
    if asked.only_default:
        write_hashes()
        return
    found = calibrate(panel, problems=asked.problems, jobs=asked.jobs, dask=asked.dask, progress=progress)
    write_calibration(found)
    print(found.summary())
    known = yardstick(panel, jobs=asked.jobs)
    write_yardstick(known)
    write_hashes()
    print(known.summary())


if __name__ == "__main__":
    main()
