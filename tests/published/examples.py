"""Published panels with staggered events: a row per unit with its first treated period, 0 for never."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

import eaeu_analysis as ea


@lru_cache
def example(name: str) -> tuple[ea.Panel, dict[str, int]]:
    """The panel of the file ``name``, periods counted from one, and the first treated period by treated unit."""
    wide = pd.read_csv(Path(__file__).with_name(f"{name}.csv"), comment="#", index_col=["unit", "start"])
    times = [int(year) for year in wide.columns]
    starts = {
        str(unit): times.index(int(start)) + 1 for unit, start in wide.index if int(start) > 0 and int(start) in times
    }
    tidy = wide.droplevel("start").set_axis(range(1, len(times) + 1), axis=1).rename_axis(columns="time")
    panel = ea.Panel.from_frame(tidy.stack().rename("y").reset_index(), unit="unit", time="time")
    return panel, starts
