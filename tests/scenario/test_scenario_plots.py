"""Figures of a scenario: what is drawn is what the result says, in words that a person reads."""

from __future__ import annotations

from typing import Any, get_args

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.plots.scenario import sign_flip_sentence
from eaeu_analysis.plots.style import styled
from eaeu_analysis.scenario import display, schema
from eaeu_analysis.scenario.model.quantities import Quantity
from eaeu_analysis.scenario.tables import scenario_tables
from eaeu_analysis.text import format_number, format_stated


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


def texts(ax: Any) -> str:
    return "\n".join([ax.get_title(loc="left"), ax.get_xlabel(), ax.get_ylabel(), *(t.get_text() for t in ax.texts)])


def bars(ax: Any) -> list[tuple[float, float]]:
    return [(round(p.get_x(), 9), round(p.get_x() + p.get_width(), 9)) for p in ax.patches]


def test_parts_of_the_waterfall_add_up_to_the_mean_of_the_whole(made_up: Any) -> None:
    parts = made_up.contributions()
    whole = made_up.draws[("total", "welfare")].mean()
    assert parts["end"].iloc[-1] == pytest.approx(whole, abs=1e-12)
    assert list(parts["start"].iloc[1:]) == pytest.approx(list(parts["end"].iloc[:-1]))
    assert parts.set_index("channel")["mean"]["migration"] == pytest.approx(
        made_up.draws[("migration", "welfare")].mean()
    )


def test_the_waterfall_draws_those_bars_and_the_interval_of_the_whole(made_up: Any) -> None:
    ax = made_up.plot()
    parts, row = made_up.contributions(), made_up.value("welfare")
    shown = parts[parts["mean"].abs() >= 0.005]
    drawn = [(min(r.start, r.end), max(r.start, r.end)) for r in shown.itertuples()]
    found = [(min(pair), max(pair)) for pair in bars(ax)]
    assert np.allclose(found[:-1], drawn, atol=1e-8)
    assert any(np.allclose(line.get_xdata(), [row["lower"], row["upper"]]) for line in ax.lines)
    stated = texts(ax)
    assert "Migrants and remittances" in stated
    assert display.format_interval(row) in stated
    assert "90%" in stated
    assert "largest part: migrants" in stated.replace("\n", " ")
    assert "made/up" in ax.get_figure().get_supxlabel()


def test_parts_that_do_not_add_up_are_refused(made_up: Any) -> None:
    with pytest.raises(BadInputError, match=r"'break_even_share' has no parts that add up; known: welfare"):
        made_up.plot_waterfall("break_even_share")


def test_the_tornado_names_what_carries_the_outcome_and_the_ends_of_it(made_up: Any) -> None:
    ax = made_up.plot_tornado(most=3)
    stated = texts(ax)
    title = ax.get_title(loc="left").replace("\n", " ")
    assert title == "What carries the uncertainty of real spending: part of the saved fee that is sent home"
    assert "5 %" in stated
    assert "95 %" in stated
    first = made_up.tornado().iloc[0]
    middle = made_up.surrogate.predict("welfare", made_up.inputs.iloc[:1].assign(**made_up.surrogate.middle).drop(
        columns=[c for c in made_up.inputs if c not in made_up.surrogate.names]))[0]  # fmt: skip
    assert sorted(bars(ax)[0]) == pytest.approx(sorted([first["at_low"], middle]), abs=1e-8)
    assert len(ax.patches) == 6


def test_the_path_starts_at_nothing_and_ends_at_the_whole(made_up: Any) -> None:
    ax = made_up.plot_path()
    middle = next(line for line in ax.lines if line.get_linewidth() > 2)
    assert middle.get_ydata()[0] == 0
    assert middle.get_ydata()[-1] == pytest.approx(made_up.estimate)
    assert {"median", "5%", "95%"} <= {t.get_text() for t in ax.texts}


def test_partners_are_distinguished_by_whether_their_sign_is_clear(made_up: Any) -> None:
    ax = made_up.plot_partners()
    title = ax.get_title(loc="left").replace("\n", " ")
    assert title == "Imports: rise from members; fall from China; the sign is not clear for Russia"
    alone = made_up.plot_partners("tariffs").get_title(loc="left").replace("\n", " ")
    assert alone == "Imports: rise from Russia and members; fall from China"
    with pytest.raises(BadInputError, match="channel"):
        made_up.plot_partners("tarrifs")


def test_the_map_draws_the_line_where_the_formula_has_its_zero(made_up: Any) -> None:
    ax = made_up.plot_break_even("migration.sent_home", "customs_revenue.share")
    lines = [c for c in ax.collections if np.allclose(getattr(c, "levels", [1]), [0.0])]
    points = np.vstack([p.vertices for p in lines[0].get_paths()])
    middle = made_up.surrogate.middle
    rest = -2.0 * middle["tariffs.exempt"] - 0.1 + 2.0 * middle["border_costs.effect"]
    at_line = rest + 0.2 * (points[:, 1] - 5.0) + 1.5 * points[:, 0] / 100
    assert np.abs(at_line).max() < 0.01
    assert "zero: the sign flips here" in texts(ax)
    assert "Part of the saved fee that is sent home, %" in ax.get_xlabel()


def test_the_map_takes_the_two_that_matter_most(made_up: Any) -> None:
    first, second = made_up.shares().index[:2]
    ax = made_up.plot_break_even()
    assert display.quantity_row(first)["label"] in ax.get_xlabel().replace("\n", " ")
    assert display.quantity_row(second)["label"] in ax.get_ylabel().replace("\n", " ")
    with pytest.raises(BadInputError, match="did you mean"):
        made_up.plot_break_even("migration.sent_hom")


@pytest.mark.parametrize(
    ("corners", "stated"),
    [
        ([[1, 2], [3, 4]], "Trade stays above zero over the ranges of both assumptions"),
        ([[-1, 2], [3, 4]], "Trade falls below zero only with a low price and a low share"),
        ([[1, 2], [3, -4]], "Trade falls below zero only with a high price and a high share"),
        ([[1, -2], [3, -4]], "Trade falls below zero with a high price"),
        ([[-1, -2], [3, 4]], "Trade falls below zero with a low share"),
        ([[-1, -2], [-3, 4]], "Trade rises above zero only with a high price and a high share"),
        ([[-1, 2], [3, -4]], "Trade changes its sign with price and share together"),
        ([[-1, -2], [-3, -4]], "Trade stays below zero over the ranges of both assumptions"),
    ],
)
def test_the_corners_of_the_map_in_a_sentence(corners: list[list[float]], stated: str) -> None:
    assert sign_flip_sentence("Trade", np.array(corners, dtype=float), ("Price", "Share")) == stated


def test_a_title_fits_a_phone(made_up: Any) -> None:
    for width in (3.6, 6.4):
        figure = Figure(figsize=(width, 6.0), layout="constrained")
        with styled():
            ax = figure.add_subplot()
            made_up.plot_tornado(ax=ax)
            figure.canvas.draw()
        edge = figure.bbox.x1
        assert ax._left_title.get_window_extent().x1 <= edge
        assert all(t.get_window_extent().x1 <= edge for t in ax.texts)


def test_a_scenario_without_channels_says_so() -> None:
    ax = ea.run_scenario("uzb_observer", draws=2).plot()
    assert "nothing moves" in texts(ax)


def kinds(annotation: Any) -> set[Any]:
    """Everything an annotation is made of."""
    return {annotation, *(k for inner in get_args(annotation) for k in kinds(inner))}


def test_every_number_a_file_may_hold_has_its_words() -> None:
    expected = set()
    for name, field in schema.Scenario.model_fields.items():
        for block in kinds(field.annotation):
            if isinstance(block, type) and issubclass(block, schema.SchemaBlock) and name not in ("joint", "baseline"):
                expected |= {
                    f"{name}.{key}" for key, f in block.model_fields.items() if Quantity in kinds(f.annotation)
                }
    assert len(expected) > 15
    assert set(scenario_tables()["quantities"]) == expected


@pytest.mark.parametrize(
    ("number", "stated"),
    [(0.0, "0.00"), (-1e-9, "0.00"), (0.914, "+0.91"), (-6.5, "-6.50"), (28.42, "+28.4"), (1234.5, "+1,234")],
)
def test_numbers_are_written_with_their_sign_and_zero_without(number: float, stated: str) -> None:
    assert format_number(number, signed=True) == stated


def test_values_are_shown_in_their_unit() -> None:
    assert display.format_quantity("tariffs.exempt", 0.285) == "28.5 %"
    assert display.format_quantity("migration.permit_fee", 909) == "909 US$ a year"
    assert display.format_quantity("elasticities.sigma", 5.0) == "elasticity 5"
    assert format_stated(-0.0001 * 0) == "0"


def test_a_scenario_shows_itself_as_a_table() -> None:
    shown = ea.load_scenario("uzb_eaeu")._repr_html_()
    assert "<td style='text-align:left'>3.5 to 9.3, most likely 5</td>" in shown
    assert "0 to 30" in shown  # exemptions in per cent
    assert "-0.022, standard error 0.13" in shown
    assert "<script" not in shown
