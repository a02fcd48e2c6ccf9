"""Compute the specification curves of the report and pin them: python scripts/pin_curves.py [--jobs 2].

Writes data/results/curves.json from the pinned data. Takes minutes; run again when data, grid or estimators change.
"""

from __future__ import annotations

import argparse

from eaeu_analysis.errors import NoDataError
from eaeu_analysis.impact.members.effects import effects_plan
from eaeu_analysis.reference.blocs import bloc
from eaeu_analysis.reference.shipped_tables import write_hashes
from eaeu_analysis.report.gather.curves import compute, curves_path, read_curves, write_curves


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--unit", default="KGZ")
    asked = parser.parse_args()
    event = bloc("EAEU").accession(asked.unit).isoformat()
    found = []
    for outcome in effects_plan().outcomes:
        try:
            found.append(compute(outcome, asked.unit, event, jobs=asked.jobs))
        except NoDataError as error:  # such an outcome has no curve, and its claim is at most of grade B
            print(error, flush=True)
            continue
        print(f"{outcome}: {found[-1].positive:.0%} of {found[-1].specifications} positive", flush=True)
    write_curves(curves_path(), [*(c for c in read_curves(curves_path()) if c.unit != asked.unit), *found])
    write_hashes()


if __name__ == "__main__":
    main()
