"""Compare the numbers of two folders of JSON output; texts are ignored.

A file, a key or a row that only one folder has counts as a difference where it contains numbers. Exit status: 0 when
all numbers agree, 1 when any differ, 2 when a path is not a folder with JSON files.

    python scripts/compare_numbers.py outputs/before outputs/after
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHOWN = 20  # differences listed for each file


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every number, truth value and null of a JSON value, with its path. A null is NaN."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from numbers(item, f"{path}[{place}]")
    elif value is None:
        yield path, math.nan
    elif isinstance(value, (bool, int, float)):
        yield path, float(value)


def differ(first: float, second: float, tolerance: float) -> bool:
    """Whether two numbers differ by more than the relative tolerance. Two NaN agree."""
    if math.isnan(first) or math.isnan(second):
        return math.isnan(first) != math.isnan(second)
    return not math.isclose(first, second, rel_tol=tolerance, abs_tol=1e-300)


def compare_documents(first: Any, second: Any, tolerance: float) -> list[str]:
    """One line for each number that differs or that only one document has."""
    before, after = dict(numbers(first)), dict(numbers(second))
    lines = [
        f"{path}: {before[path]!r} became {after[path]!r}"
        for path in before
        if path in after and differ(before[path], after[path], tolerance)
    ]
    lines += [f"{path}: {value!r} is missing in the second" for path, value in before.items() if path not in after]
    lines += [f"{path}: {value!r} is new in the second" for path, value in after.items() if path not in before]
    return lines


def documents(folder: Path) -> dict[str, Path]:
    """JSON files below the folder, by their relative path."""
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.json"))}


def compare_folders(first: Path, second: Path, tolerance: float) -> dict[str, list[str]]:
    """Differences by file; a file without any is left out."""
    before, after = documents(first), documents(second)
    found = {name: ["only in the first folder"] for name in before if name not in after}
    found |= {name: ["only in the second folder"] for name in after if name not in before}
    for name in sorted(before.keys() & after.keys()):
        try:
            pair = [json.loads(path.read_text(encoding="utf-8")) for path in (before[name], after[name])]
        except ValueError:
            found[name] = ["not JSON in one folder or in both"]
            continue
        lines = compare_documents(*pair, tolerance)
        if lines:
            found[name] = lines
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the numbers of two folders of JSON output.")
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--tolerance", type=float, default=1e-9, help="relative difference that is allowed")
    given = parser.parse_args()
    for folder in (given.first, given.second):
        if not folder.is_dir() or not documents(folder):
            print(f"'{folder}' is not a folder with JSON files", file=sys.stderr)
            return 2
    found = compare_folders(given.first, given.second, given.tolerance)
    for name, lines in found.items():
        print(f"{name}: {len(lines)} differences")
        print("\n".join(f"  {line}" for line in lines[:SHOWN]))
        if len(lines) > SHOWN:
            print(f"  ... and {len(lines) - SHOWN} more")
    every = documents(given.first).keys() | documents(given.second).keys()
    print(f"{len(every) - len(found)} files with the same numbers, {len(found)} that differ")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
