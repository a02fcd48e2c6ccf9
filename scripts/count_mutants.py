"""Counts what the last ``make mutants`` found, by module, into tests/MUTANTS.json.

    python scripts/count_mutants.py [FOLDER]

FOLDER is that of mutmut ("mutants"). A mutant is killed when a test fails or runs out of time with it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEFT, NOT_RUN = 0, None


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "mutants"
    counts = {}
    for meta in sorted(folder.rglob("*.py.meta")):
        codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].values()
        if codes and all(code is not NOT_RUN for code in codes):
            name = str(meta.relative_to(folder)).removesuffix(".meta")
            counts[name] = {"made": len(codes), "killed": sum(code != LEFT for code in codes)}
    if not counts:
        raise SystemExit(f"no module in {folder} has all its mutants run; first: make mutants")
    target = ROOT / "tests" / "MUTANTS.json"
    target.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
