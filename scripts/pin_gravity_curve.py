"""Write data/results/gravity_curve.json: the specification curve of gravity and the prior that follows from it.

    python scripts/pin_gravity_curve.py

To be run again when the flows, the macro series or the equations change; a test recomputes one row.
"""

from __future__ import annotations

import json

from eaeu_analysis import settings
from eaeu_analysis.files import write_text
from eaeu_analysis.trade.union.curve import SHIPPED, gravity_curve

DIGITS = 6


def main() -> None:
    """Estimate, round and write."""
    curve = gravity_curve()
    rows = curve.table.round(DIGITS).to_dict(orient="records")
    text = json.dumps(
        {"prior": {k: round(v, DIGITS) for k, v in curve.prior.items()}, "level": curve.level, "table": rows},
        indent=1,
        sort_keys=True,
    )
    write_text(settings.data_dir() / "results" / SHIPPED, text + "\n")


if __name__ == "__main__":
    main()
