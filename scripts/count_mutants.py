"""Counts what the last ``make mutants`` found, by module, into tests/MUTANTS.json.

    python scripts/count_mutants.py [FOLDER ...]

A folder is that of mutmut ("mutants"); several are those of runs of a part of the modules each. A mutant is killed when
a test fails or runs out of time with it; one that no test reaches is not.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_RUN = None
KILLED = {1, 3, -9, -11, -24, 24, 36, 152, 255}  # codes of mutmut: a test failed, the process died, or its time was up


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]] or [ROOT / "mutants"]
    counts = {}
    for folder in folders:
        for meta in sorted(folder.rglob("*.py.meta")):
            codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"].values()
            if codes and all(code is not NOT_RUN for code in codes):
                name = str(meta.relative_to(folder)).removesuffix(".meta")
                counts[name] = {"made": len(codes), "killed": sum(code in KILLED for code in codes)}
    if not counts:
        raise SystemExit(f"no module in {', '.join(map(str, folders))} has all its mutants run; first: make mutants")
    target = ROOT / "tests" / "MUTANTS.json"
    target.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
