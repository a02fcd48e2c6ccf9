"""Sliders over a scenario's assumptions: the outcomes at once from the polynomial, and the whole model on request."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import BadInputError, require_option
from ..text import format_number
from . import display
from .schema import Scenario

if TYPE_CHECKING:
    from .result import ScenarioResult

STEPS = 100
SHOWN = ("welfare", "real_income", "price_index", "exports", "imports", "customs_receipts_of_gdp", "remittances_of_gdp")
WIDTH = 140  # pixels of the widest bar on either side of zero


@dataclass(eq=False)
class Sliders:
    """``values``: the assumptions, at their medians to begin with; ``outcomes``: which are shown.

    In Jupyter it shows itself as sliders that move over each assumption's 5 to 95 % (extra [notebooks]); where no
    kernel runs it shows the table of the present values.
    """

    result: ScenarioResult
    names: tuple[str, ...]
    outcomes: tuple[str, ...]
    values: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self.values = {name: self.result.surrogate.middle[name] for name in self.names}

    def set(self, **values: float) -> Sliders:
        """Move sliders by name, dots as underscores: ``set(customs_revenue_share=4)``. Returns itself."""
        known = {name.replace(".", "_"): name for name in self.names}
        for given, value in values.items():
            require_option("slider", given, known)
            self.values[known[given]] = float(value)
        return self

    def to_frame(self) -> pd.DataFrame:
        """The outcomes at ``values`` by the polynomial: outcome, value, unit."""
        at = pd.DataFrame({name: [value] for name, value in self.values.items()})
        found = [float(self.result.surrogate.predict(outcome, at)[0]) for outcome in self.outcomes]
        return pd.DataFrame(
            {
                "outcome": self.outcomes,
                "value": found,
                "unit": [display.outcome_measure(outcome) for outcome in self.outcomes],
            }
        )

    def scenario(self) -> Scenario:
        """The scenario with every number fixed: where the sliders are, and all others at their medians."""
        return self.result.scenario.at(self.values)

    def html(self) -> str:
        """The outcomes as a table with bars; a unit has one scale, and its bars grow from zero."""
        table = self.to_frame()
        most = table.assign(size=table["value"].abs()).groupby("unit")["size"].max()
        rows = "".join(
            f"<tr><td>{html.escape(display.outcome_label(r['outcome']))}</td><td style='text-align:right'><b>"
            f"{format_number(r['value'], signed=True)}</b></td><td>{html.escape(r['unit'])}</td>"
            f"<td>{_bar(r['value'], most[r['unit']])}</td></tr>"
            for r in table.to_dict("records")
        )
        return f"<table>{rows}</table>"

    def widget(self) -> Any:
        """The sliders as an ipywidgets box. Raises BadInputError when ipywidgets is not installed."""
        try:
            import ipywidgets
        except ImportError:
            raise BadInputError("sliders need ipywidgets: pip install 'eaeu-analysis[notebooks]'") from None
        picture = ipywidgets.HTML(self.html())
        rows = []
        for name in self.names:
            known, (low, high) = display.quantity_row(name), self.result.surrogate.ends[name]
            slider = ipywidgets.FloatSlider(
                value=self.values[name] * known["times"],
                min=low * known["times"],
                max=high * known["times"],
                step=(high - low) * known["times"] / STEPS,
                readout_format=".3g",
                layout=ipywidgets.Layout(width="22em"),
            )

            def moved(change: Mapping[str, Any], name: str = name, times: float = known["times"]) -> None:
                self.values[name] = float(change["new"]) / times
                picture.value = self.html()

            slider.observe(moved, names="value")
            label = ipywidgets.Label(display.axis(name), layout=ipywidgets.Layout(width="28em"))
            rows.append(ipywidgets.HBox([slider, label]))
        return ipywidgets.VBox([*rows, picture])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        values = "".join(
            f"<li>{html.escape(display.quantity_row(n)['label'])}: {html.escape(display.format_quantity(n, v))}</li>"
            for n, v in self.values.items()
        )
        shown = f"<p>Sliders (they move where a kernel runs), present values:</p><ul>{values}</ul>{self.html()}"
        bundle: dict[str, Any] = {"text/html": shown, "text/plain": self.to_frame().to_string(index=False)}
        try:
            bundle |= {k: v for k, v in self.widget()._repr_mimebundle_().items() if "widget" in k}
        except BadInputError:
            bundle["text/html"] += "<p>For sliders: pip install 'eaeu-analysis[notebooks]'</p>"
        return bundle


def sliders(result: ScenarioResult, names: Sequence[str] = (), outcomes: Sequence[str] = (), most: int = 6) -> Sliders:
    """Sliders over ``names``, the ``most`` important assumptions for real spending when empty.

    Raises BadInputError for a name that does not vary, and for an outcome that is not there.
    """
    surrogate = result.surrogate
    chosen = tuple(names) or tuple(str(n) for n in result.shares().head(most).index)
    for name in chosen:
        require_option("quantity that varies", name, surrogate.names)
    shown = tuple(outcomes) or tuple(o for o in SHOWN if o in surrogate.coefficients)
    for outcome in shown:
        result.value(outcome)
    return Sliders(result, chosen, shown)


def _bar(value: float, most: float) -> str:
    size = round(WIDTH * abs(value) / most) if most > 0 else 0
    left, colour = (WIDTH, "#0b3c5d") if value >= 0 else (WIDTH - size, "#d55e00")
    return (
        f"<div style='width:{2 * WIDTH}px;background:linear-gradient(#888,#888) center/1px 100% no-repeat'>"
        f"<div style='margin-left:{left}px;width:{size}px;height:0.9em;background:{colour}'></div></div>"
    )
