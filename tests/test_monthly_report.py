"""The monthly job: what its script runs exists, and its exit code and comment are those of the command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "scripts" / "monthly_report.sh"
WORKFLOW = ROOT / ".github" / "workflows" / "report.yml"

STAND_IN = """#!{python}
import os, pathlib, sys
arguments = sys.argv[1:]
out = pathlib.Path(arguments[arguments.index("--out") + 1])
out.parent.joinpath("asked.txt").write_text(" ".join(arguments) + " " + os.environ["SOURCE_DATE_EPOCH"])
pathlib.Path(arguments[arguments.index("--summary") + 1]).write_text("**A sentence.**")
print("1. The answer.")
print("3/20 NE.TRD.GNFS.ZS failed", file=sys.stderr)
sys.exit(int(os.environ["ENDS_WITH"]))
"""


def run(tmp_path: Path, code: int, **more: str) -> tuple[int, Path, str]:
    """The script with a stand-in for ``eaeu`` that ends with ``code``, in an empty folder."""
    stand_in = tmp_path / "eaeu"
    stand_in.write_text(STAND_IN.format(python=sys.executable), encoding="utf-8")
    stand_in.chmod(0o755)
    out = tmp_path / "monthly"
    env = {**os.environ, "EAEU": str(stand_in), "OUT": str(out), "ENDS_WITH": str(code), **more}
    done = subprocess.run(["bash", str(SCRIPT)], env=env, capture_output=True, text=True, cwd=tmp_path)
    return done.returncode, out, done.stdout


@pytest.mark.parametrize("code", [0, 3, 4, 5])
def test_the_code_and_the_comment_are_those_of_the_command(tmp_path: Path, code: int) -> None:
    ended, out, shown = run(tmp_path, code)
    assert ended == code
    assert (out / "changed.md").read_text(encoding="utf-8") == shown == "**A sentence.**"
    assert (out / "report.log").read_text(encoding="utf-8") == "3/20 NE.TRD.GNFS.ZS failed\n"


def test_it_asks_for_live_data_with_the_shipped_ones_behind_them(tmp_path: Path) -> None:
    _, out, _ = run(tmp_path, 0, SOURCE_DATE_EPOCH="1767225600", BASELINE="mine.json")
    asked = (out / "asked.txt").read_text(encoding="utf-8")
    assert "--source live --fallback pinned --strict --check mine.json" in asked
    assert asked.endswith(" 1767225600")


def test_the_day_on_the_page_is_todays_at_midnight_so_that_a_second_run_gives_the_same_bytes(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "SOURCE_DATE_EPOCH"}
    assert run(tmp_path, 0, **{k: v for k, v in env.items() if k == "PATH"})[0] == 0
    epoch = int((tmp_path / "monthly" / "asked.txt").read_text(encoding="utf-8").split()[-1])
    if "SOURCE_DATE_EPOCH" not in os.environ:
        assert epoch % 86400 == 0


def test_every_option_of_the_script_is_one_of_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "eaeu_analysis", "report", "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    command = re.search(r'"\$EAEU" report (.*?)>', SCRIPT.read_text(encoding="utf-8"), flags=re.S)
    assert command is not None
    options = set(re.findall(r"--[a-z-]+", command.group(1)))
    assert len(options) >= 6
    assert options <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_the_workflow_runs_the_script_keeps_the_report_and_comments() -> None:
    flow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert flow[True]["schedule"][0]["cron"].split()[2:] == ["4", "*", "*"]  # YAML reads `on` as true
    steps = flow["jobs"]["report"]["steps"]
    assert any("scripts/monthly_report.sh" in step.get("run", "") for step in steps)
    assert any("pip install" in step.get("run", "") for step in steps)  # no checkout's environment
    kept = next(step for step in steps if "upload-artifact" in step.get("uses", ""))
    assert kept["with"]["path"] == "bld/monthly"
    comment = steps[-1]
    assert "cancelled" in comment["if"]
    assert "changed.md" in comment["run"]
    assert flow["permissions"] == {"contents": "read", "actions": "read", "issues": "write"}
