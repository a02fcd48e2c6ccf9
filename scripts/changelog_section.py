"""Print the part of CHANGELOG.md on one version: python scripts/changelog_section.py 0.2.0."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def section(text: str, version: str) -> str:
    """The section whose heading begins with the version; ValueError where there is none."""
    for part in text.split("\n## ")[1:]:
        heading, _, body = part.partition("\n")
        if heading.split()[:1] == [version] and body.strip():
            return body.strip() + "\n"
    raise ValueError(f"CHANGELOG.md has no section on {version}")


if __name__ == "__main__":
    try:
        sys.stdout.write(section((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), sys.argv[1]))
    except (IndexError, ValueError) as error:
        sys.exit(str(error) or __doc__)
