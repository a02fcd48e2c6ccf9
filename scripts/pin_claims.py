"""Write data/results/claims.json: the claims of the pinned data, which `eaeu check` reads instead of computing them.

Run it after any change of the claims, before data/SHA256SUMS is made.
"""

from __future__ import annotations

import sys

import eaeu_analysis as ea
from eaeu_analysis import files
from eaeu_analysis.report.cache import shipped_claims_path
from eaeu_analysis.report.claims.shipped import claims_to_json


def main() -> int:
    """Write the file."""
    path = shipped_claims_path()
    made = ea.claims()
    files.write_bytes(path, claims_to_json(made))
    print(f"{len(made)} claims in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
