"""A wheel, installed in an empty environment elsewhere, makes the same report as the checkout."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from eaeu_analysis.report import write_report

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not UV.exists(), reason="uv is not in this environment")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run([UV, "build", "--wheel", "--quiet", "--out-dir", out, ROOT], check=True)
    return next(out.glob("*.whl"))


def test_the_wheel_holds_package_data_and_templates_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"eaeu_analysis", next(t for t in tops if t.endswith(".dist-info"))}
    assert "eaeu_analysis/_shipped/pinned/datapackage.json" in names
    lines = zipfile.ZipFile(wheel).read("eaeu_analysis/_shipped/SHA256SUMS").decode().splitlines()
    listed = {f"eaeu_analysis/_shipped/{line.partition('  ')[2]}" for line in lines}
    assert {n for n in names if n.startswith("eaeu_analysis/_shipped/") and not n.endswith("/SHA256SUMS")} == listed
    assert "eaeu_analysis/report/templates/page.html" in names
    assert "eaeu_analysis/py.typed" in names
    assert not [
        n for n in names if Path(n).name.startswith("test_") or "/tests/" in n or n.endswith((".ipynb", ".pyc"))
    ]


def test_it_makes_the_same_report_outside_a_checkout(wheel: Path, tmp_path: Path) -> None:
    env = tmp_path / "env"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, env], check=True)
    versions = tmp_path / "versions.txt"  # a newer release of a library is in run.json, and may draw text otherwise
    versions.write_text("\n".join(f"{d.name}=={d.version}" for d in distributions() if d.name != "eaeu-analysis"))
    into = ["--quiet", "--python", env / "bin" / "python", "--constraints", versions]
    subprocess.run([UV, "pip", "install", *into, f"{wheel}[pdf]"], check=True)
    subprocess.run([env / "bin" / "eaeu", "report", "--out", "there"], check=True, cwd=tmp_path, capture_output=True)
    write_report(tmp_path / "here")
    for path in sorted(p for p in (tmp_path / "here").rglob("*") if p.suffix in {".html", ".json", ".md"}):
        other = tmp_path / "there" / path.relative_to(tmp_path / "here")
        if path.suffix == ".json":
            assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(other.read_bytes()).digest()
        assert other.is_file()
