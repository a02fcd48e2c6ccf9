"""Measure `eaeu check` on the sentences of tests/report/check, and write the tables into docs/check.md.

Run it after any change of the checker, its vocabulary or the claims.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "report" / "check"))

from measure import tables, written  # noqa: E402 - the path comes first

from eaeu_analysis import files  # noqa: E402 - the path comes first


def main() -> int:
    """Write the page, or print the tables with --print."""
    if "--print" in sys.argv:
        print(tables())
        return 0
    page = ROOT / "docs" / "check.md"
    files.write_text(page, written(page.read_text(encoding="utf-8"), tables()))
    print(f"tables of {page} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
