"""The pictures of the section on trade."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from .. import plots
from ..reference import economies
from .figures import WIDTH, Picture, picture

if TYPE_CHECKING:
    from ..trade.union.answer import TradeAnswer


def titles(answer: TradeAnswer) -> dict[str, str]:
    """What each figure says, by its name."""
    steps = plots.answer.shown_steps(answer)
    last = plots.answer.shown_years(answer).iloc[-1]
    own = plots.answer.shown_partners(answer).loc["EAEU"]
    clear = int(((steps["lower"] > 0) | (steps["upper"] < 0)).sum())
    beside = f", with neighbours that never joined {_percent(last['neighbours'])}" if "neighbours" in last else ""
    return {
        "trade-steps": (
            f"Trade among the founders in the years of the EAEU: {steps['percent'].min():+.0f} to "
            f"{steps['percent'].max():+.0f} % by specification; {clear} of {len(steps)} stand out"
        ),
        "trade-years": (
            f"Against what gravity expects, trade among the founders stood {_percent(last['founders'])} in {last.name} "
            f"beside the base year{beside}"
        ),
        "trade-partners": (
            f"{economies.spoken_name(answer.economy)}, {answer.exposure.year}: the union takes "
            f"{own['exports_share']:.0f} % of goods exports and sends {own['imports_share']:.0f} % of imports"
        ),
    }


def _percent(log: float) -> str:
    return f"{100 * math.expm1(log):+.0f} %"


def draw_trade(answer: TradeAnswer) -> dict[str, Picture]:
    """The effect by specification, the union by year, the economy's partners; by name."""
    told = titles(answer)
    tall = (WIDTH, 3.3)
    return {
        "trade-steps": picture(
            "trade-steps",
            partial(plots.answer.steps, answer),
            plots.answer.shown_steps(answer),
            title=told["trade-steps"],
            alt=f"Points with {answer.level:.0%} intervals, a row per specification. {told['trade-steps']}.",
            axis="y",
            lines=("percent",),
            size=tall,
        ),
        "trade-years": picture(
            "trade-years",
            partial(plots.draw, answer.union),
            plots.answer.shown_years(answer),
            title=told["trade-years"],
            alt=f"Lines by year, a line per group of pairs. {told['trade-years']}.",
            lines=tuple(c for c in plots.answer.shown_years(answer).columns if not str(c).startswith("founders_")),
        ),
        "trade-partners": picture(
            "trade-partners",
            partial(plots.answer.partners, answer),
            plots.answer.shown_partners(answer),
            title=told["trade-partners"],
            alt=f"Two points a partner: share of exports, share of imports. {told['trade-partners']}.",
            axis="y",
            size=tall,
        ),
    }
