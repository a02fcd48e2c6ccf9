"""The figures of a scenario's result as its methods; each delegates to ``plots.scenario``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Pictures(Result):
    """What a ScenarioResult can be drawn as. ``ax``: where to draw; when None on a new figure with its sources."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Real spending channel by channel, see :meth:`plot_waterfall`."""
        return self.plot_waterfall(ax=ax)

    def plot_waterfall(self, outcome: str = "welfare", ax: Axes | None = None) -> Axes:
        """Channel by channel to all together, with its interval."""
        from ..plots import scenario

        return scenario.waterfall(self, ax, outcome)

    def plot_tornado(self, outcome: str = "welfare", ax: Axes | None = None, most: int = 7) -> Axes:
        """The outcome with each assumption at its low and high end, the ``most`` important first."""
        from ..plots import scenario

        return scenario.tornado(self, ax, outcome, most)

    def plot_path(self, outcome: str = "welfare", ax: Axes | None = None) -> Axes:
        """Year by year after accession, as the parts are phased in."""
        from ..plots import scenario

        return scenario.fan(self, ax, outcome)

    def plot_partners(self, channel: str = "total", ax: Axes | None = None) -> Axes:
        """Imports by partner with their intervals; ``channel``: one channel alone, or 'total'."""
        from ..plots import scenario

        return scenario.partners(self, ax, channel)

    def plot_break_even(
        self, first: str | None = None, second: str | None = None, outcome: str = "welfare", ax: Axes | None = None
    ) -> Axes:
        """A map over two assumptions and the line on which the sign flips; the two that matter most unless named."""
        from ..plots import scenario

        return scenario.break_even(self, ax, first, second, outcome)
