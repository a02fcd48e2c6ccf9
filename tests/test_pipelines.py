"""What pipelines run: actions pinned by commit, and an action whose exit code is that of the command."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from eaeu_analysis.report.write import FORMATS as REPORT_FORMATS
from scripts.changelog_section import section
from scripts.make_recipe import recipe

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STAND_IN = """#!{python}
import os, pathlib, sys
pathlib.Path(os.environ["ASKED"]).write_text(" ".join(sys.argv[1:]))
sys.exit(int(os.environ["ENDS_WITH"]))
"""


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    used = re.findall(r"uses: (\S+)(.*)", text)
    for name, comment in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), name


def test_workflows_ask_for_no_more_rights_than_to_read() -> None:
    assert len(WORKFLOWS) >= 5
    for path in WORKFLOWS:
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"]["contents"] == "read", path.name


@pytest.mark.skipif(os.name != "posix", reason="bash")
@pytest.mark.parametrize("code", [0, 4, 5])
def test_the_action_ends_with_the_code_of_the_report(tmp_path: Path, code: int) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "report"]
    stand_in = tmp_path / "eaeu"
    stand_in.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    stand_in.chmod(0o755)
    given = {"OUT": "r", "SOURCE": "live", "CHECK": "shipped", "STRICT": "true"}
    assert set(given) == set(step["env"])
    env = {
        **os.environ, **given, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ENDS_WITH": str(code),
        "GITHUB_OUTPUT": str(tmp_path / "output"), "ASKED": str(tmp_path / "asked"),
    }  # fmt: skip
    done = subprocess.run(["bash", "-e", "-c", step["run"]], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "output").read_text() == f"code={code}\n"
    asked = (tmp_path / "asked").read_text()
    assert asked == "report --out r --source live --junit r-claims.xml --fallback pinned --check shipped --strict"


@pytest.mark.skipif(os.name != "posix", reason="bash")
def test_the_site_has_the_page_three_briefs_the_cards_and_the_documentation(tmp_path: Path) -> None:
    """The folder that the workflow publishes, made by a stand-in that writes a file where it is asked to."""
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8"))
    build, deploy = flow["jobs"]["build"], flow["jobs"]["deploy"]
    assert flow[True]["push"] == {"branches": ["main"]}  # YAML reads `on` as true
    (upload,) = [step for step in build["steps"] if "upload-pages-artifact" in step.get("uses", "")]
    assert any("EAEU_SITE=" in step.get("run", "") for step in build["steps"])
    (step,) = [step for step in build["steps"] if "build_site.sh" in step.get("run", "")]
    assert deploy["permissions"] == {"pages": "write", "id-token": "write"}
    stand_in = tmp_path / "eaeu"
    stand_in.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\na = sys.argv\nout = pathlib.Path(a[a.index('--out') + 1])\n"
        "out.mkdir(parents=True)\n(out / f'{a[1]}.txt').write_text(' '.join(a[1:]))\n",
        encoding="utf-8",
    )
    stand_in.chmod(0o755)
    (tmp_path / "bld" / "site").mkdir(parents=True)
    (tmp_path / "bld" / "site" / "index.html").write_text("documentation")
    (tmp_path / upload["with"]["path"]).mkdir()
    (tmp_path / upload["with"]["path"] / "old.html").write_text("of an earlier run")
    script = ROOT / step["run"].removeprefix("bash ")
    env = {**os.environ, "EAEU": str(stand_in)}
    done = subprocess.run(["bash", str(script)], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    site = tmp_path / upload["with"]["path"]
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    assert names == [*(f"brief/{lang}/brief.txt" for lang in ("en", "ru", "uz")), "docs/index.html", "report.txt"]
    formats = (site / "report.txt").read_text().partition("--format ")[2].split(",")
    assert {"html", "pdf", "cards"} <= set(formats) <= set(REPORT_FORMATS)


def test_a_release_has_its_part_of_the_changelog() -> None:
    text = "# Changelog\n\n## 0.2.0\n- New.\n\n## 0.1.0 (first)\n- Old.\n"
    assert section(text, "0.2.0") == "- New.\n"
    assert section(text, "0.1.0") == "- Old.\n"
    with pytest.raises(ValueError, match=r"no section on 0\.3"):
        section(text, "0.3")


def test_the_recipe_for_conda_has_the_dependencies_and_the_hash_of_the_archive(tmp_path: Path) -> None:
    archive = tmp_path / "eaeu_analysis.tar.gz"
    archive.write_bytes(b"source")
    body = yaml.safe_load(recipe(archive))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert body["source"]["sha256"] == hashlib.sha256(b"source").hexdigest()
    assert body["context"]["version"] == project["version"]
    run = [re.match(r"[\w.-]+", row).group() for row in body["requirements"]["run"]]
    assert len(run) == len(project["dependencies"]) + 1
    assert {"python", "pandas", "matplotlib-base", "wbgapi"} <= set(run)
    assert body["build"]["python"]["entry_points"] == ["eaeu = eaeu_analysis.cli:main"]


def test_binder_installs_what_the_notebooks_need() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (line,) = (ROOT / ".binder" / "requirements.txt").read_text(encoding="utf-8").split()
    assert line == ".[notebooks]"
    assert any(name.startswith("jupyterlab") for name in extras["notebooks"])
    assert any(name.startswith("typst") for name in extras["notebooks"])  # notebook 06 makes the brief
