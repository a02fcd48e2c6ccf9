"""The pictures of the section on what joining would do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .. import plots
from .figures import WIDTH, Picture, picture

if TYPE_CHECKING:
    from ..scenario import ScenarioResult

CHANNELS, PATH = "scenario-channels", "scenario-path"


def titles(result: ScenarioResult) -> dict[str, str]:
    """What each figure says, by its name."""
    parts = plots.scenario.shown_channels(result)
    whole = parts.iloc[-1]
    path = plots.scenario.shown_path(result)
    first = path[path["lower"] > 0].index
    when = f"from year {first[0]} on its interval is above zero" if len(first) else "its interval never leaves zero out"
    told = f"{whole['estimate']:+.2f} % ({whole['lower']:+.2f} to {whole['upper']:+.2f})"
    found = {PATH: f"Real spending after accession: {path['estimate'].iloc[-1]:+.2f} % in the end; {when}"}
    if len(parts) > 1:
        largest = parts.iloc[:-1]["estimate"].abs().idxmax()
        found = {CHANNELS: f"Real spending of households {told}, most of it by: {str(largest).lower()}"} | found
    return found


def draw_scenario(result: ScenarioResult) -> dict[str, Picture]:
    """Real spending by channel and by year, by name."""
    told = titles(result)
    drawn = {
        PATH: picture(
            PATH,
            partial(plots.scenario.path, result),
            plots.scenario.shown_path(result),
            title=told[PATH],
            alt=f"A line with its {result.level:.0%} band by year after accession. {told[PATH]}.",
            lines=("estimate",),
        )
    }
    if CHANNELS in told:
        drawn[CHANNELS] = picture(
            CHANNELS,
            partial(plots.scenario.channels, result),
            plots.scenario.shown_channels(result),
            title=told[CHANNELS],
            alt=f"Points with {result.level:.0%} intervals, a row per channel. {told[CHANNELS]}.",
            axis="y",
            lines=("estimate",),
            size=(WIDTH, 3.1),
        )
    return drawn
