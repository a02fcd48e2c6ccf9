"""Writes what the package is made of (CycloneDX 1.5) to the path given: the lock, without clock or chance number."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def sbom() -> str:
    """JSON of every locked dependency of a default install with its version, its place and its hashes."""
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "export", "--frozen", "--no-dev", "--format", "cyclonedx1.5", "--quiet"]
    found = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    found["metadata"].pop("timestamp", None)
    found.pop("serialNumber", None)
    body = json.dumps(found, sort_keys=True)
    found["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, body)}"
    return json.dumps(found, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    out = Path(sys.argv[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(sbom(), encoding="utf-8")
    print(f"{out}: {len(json.loads(out.read_text(encoding='utf-8'))['components'])} components")
