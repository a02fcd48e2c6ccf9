"""A figure loads the module that draws it and no other stage."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import eaeu_analysis
from eaeu_analysis.results import Result

OTHER_STAGES = ("trade", "remittances", "impact", "scenario", "report", "cli")


def loaded_by(code: str) -> set[str]:
    """Modules of the package that a fresh interpreter has loaded after ``code``."""
    before = "import sys, matplotlib; matplotlib.use('Agg')\nimport eaeu_analysis as ea\n"
    whole = f"{before}{code}\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", whole], capture_output=True, text=True, check=True).stdout
    return {name.partition(".")[2] for name in out.split() if name.startswith("eaeu_analysis.")}


def test_the_figure_of_a_before_after_result_loads_no_other_stage() -> None:
    found = loaded_by("ea.before_after(ea.load_panel(['trade']), 'trade', 'KGZ', '2015-08-12').plot()")
    assert {"plots.style", "plots.compare"} <= found
    assert {name for name in found if name.startswith("plots.")} == {"plots.style", "plots.compare"}
    assert not [name for name in found if name.split(".")[0] in OTHER_STAGES]


def test_every_drawer_named_by_a_result_exists() -> None:
    for info in pkgutil.walk_packages(eaeu_analysis.__path__, "eaeu_analysis."):
        if "__main__" not in info.name:
            importlib.import_module(info.name)
    classes, seen = [Result], set()
    while classes:
        classes += (cls := classes.pop()).__subclasses__()
        if cls.drawn_by and cls.__module__.startswith("eaeu_analysis"):  # other tests define results of their own
            seen.add(cls.drawn_by)
            module, _, function = cls.drawn_by.partition(".")
            assert callable(getattr(importlib.import_module(f"eaeu_analysis.plots.{module}"), function)), cls
    assert "compare.draw_before_after" in seen
