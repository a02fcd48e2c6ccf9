"""Counts of a run of the tests in another environment, into tests/ELSEWHERE.json.

    PYTHON scripts/count_tests.py NAME JUNIT_FILE

PYTHON is that of the environment, so that its version and those of the main libraries are recorded with the counts;
JUNIT_FILE is what ``pytest --junitxml`` wrote. An earlier run of the same NAME is replaced.
"""

from __future__ import annotations

import json
import platform
import sys
import xml.etree.ElementTree as ET
from importlib.metadata import version
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "tests" / "ELSEWHERE.json"
LIBRARIES = ("numpy", "pandas", "scipy", "pyarrow", "pyfixest", "statsmodels", "matplotlib")


def counts(junit: Path) -> dict[str, int]:
    """Tests passed, failed and skipped."""
    suites = ET.parse(junit).getroot().iter("testsuite")  # noqa: S314 - a file that pytest wrote
    found = {"passed": 0, "failed": 0, "skipped": 0}
    for suite in suites:
        ran, failed, skipped = (int(suite.attrib[name]) for name in ("tests", "failures", "skipped"))
        failed += int(suite.attrib["errors"])
        found["passed"] += ran - failed - skipped
        found["failed"] += failed
        found["skipped"] += skipped
    return found


def main() -> None:
    name, junit = sys.argv[1:]
    kept = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.is_file() else {}
    libraries = {library: version(library) for library in LIBRARIES}
    kept[name] = {"python": platform.python_version(), "libraries": libraries, **counts(Path(junit))}
    TARGET.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
