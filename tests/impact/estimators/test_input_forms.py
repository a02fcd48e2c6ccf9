"""What people hand in: numbers as units, Series of events, other tables, odd cells, a single series."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import typst
from simulated_panels import as_panel, factor_model

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, EaeuError

Y = factor_model(np.random.default_rng(5), 9, 20)
QUICK = ea.SyntheticControlOptions(checks=False)


def frame_of(y: np.ndarray = Y) -> pd.DataFrame:
    rows = [(unit, 2000 + t, value) for unit, row in enumerate(y) for t, value in enumerate(row)]
    return pd.DataFrame(rows, columns=["id", "year", "y"])


def numbered() -> ea.Panel:
    return ea.Panel.from_frame(frame_of(), unit="id")


@pytest.mark.parametrize("unit", [1, np.int64(1), 1.0, "1"])
@pytest.mark.parametrize("event", [2014, 2014.0, np.float64(2014), "2014-05-01", pd.Period("2014", "Y")])
def test_numbers_name_units_and_events(unit: Any, event: Any) -> None:
    effect = ea.synthetic_control(numbered(), "y", unit, event, [2, np.int64(3), "4", 5.0], options=QUICK)
    assert effect.units == ["1"]
    assert effect.spec["donors"] == ["2", "3", "4", "5"]
    assert repr(effect.event) == "2014"


def test_units_that_are_floats_because_of_a_join_are_the_same_units() -> None:
    panel = ea.Panel.from_frame(frame_of().astype({"id": float}), unit="id")
    assert panel.units[:2] == ["0", "1"]


def test_a_series_gives_each_unit_its_date() -> None:
    events = pd.Series({0: 2012, 1: 2014})
    by_series = ea.difference_in_differences(numbered(), "y", [0, 1], events)
    by_mapping = ea.difference_in_differences(numbered(), "y", ["0", "1"], {"0": 2012, "1": 2014})
    assert by_series.estimate == by_mapping.estimate


@pytest.mark.parametrize("make", [ea.synthetic_did, ea.difference_in_differences, ea.matrix_completion])
@pytest.mark.parametrize("event", [2013, {"U00": 2012, "U01": 2014}])
def test_the_question_can_be_asked_again_and_cohorts_have_errors(make: Any, event: Any) -> None:
    panel = as_panel(Y)
    effect = make(panel, "y", ["U00", "U01"], event, draws=99)
    keys = ("outcome", "unit", "event", "donors", "fit_years", "post_years")
    again = make(panel, **{key: effect.spec[key] for key in keys}, draws=99)
    assert again.estimate == effect.estimate
    assert effect.cohorts["event"].tolist() == sorted({event} if isinstance(event, int) else set(event.values()))
    assert np.average(effect.cohorts["estimate"], weights=effect.cohorts["cells"]) == pytest.approx(effect.estimate)
    assert (effect.cohorts["se"] > 0).all()
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate, abs=0.2)


def test_unit_and_time_may_be_the_index() -> None:
    indexed = frame_of().set_index(["id", "year"])
    pd.testing.assert_frame_equal(ea.Panel.from_frame(indexed, unit="id").frame, numbered().frame)
    named = frame_of().set_index("year")
    pd.testing.assert_frame_equal(ea.Panel.from_frame(named, unit="id").frame, numbered().frame)


@pytest.mark.parametrize(
    "other", [pa.Table.from_pandas, pl.from_pandas, lambda d: pl.from_pandas(d).lazy()], ids=["arrow", "polars", "lazy"]
)
def test_other_tables_are_as_good_as_a_frame(other: Any) -> None:
    found = ea.Panel.from_frame(other(frame_of()), unit="id")
    pd.testing.assert_frame_equal(found.frame, numbered().frame)
    months = frame_of().assign(
        year=lambda d: [dt.date(2000 + (t - 2000) // 12, (t - 2000) % 12 + 1, 1) for t in d["year"]]
    )
    expected = ea.Panel.from_frame(months, unit="id", time="year")
    pd.testing.assert_frame_equal(ea.Panel.from_frame(other(months), unit="id", time="year").frame, expected.frame)


def test_odd_polars_tables_are_one_sentence() -> None:
    table = pl.from_pandas(frame_of())
    text = pl.when(pl.int_range(pl.len()) == 5).then(pl.lit("..")).otherwise(pl.col("y").cast(pl.String)).alias("y")
    for given, says in (
        (table.with_columns(text), "'y' in row 6: '..' is not a number"),
        (pl.concat([table, table.head(1)]), "more than once"),
        (table["y"], "must be a DataFrame, not polars.Series"),
        (
            table.lazy().with_columns(pl.col("none")),
            "cannot be made a pandas table: ColumnNotFoundError",
        ),
        (table.with_columns(pl.col("year").cast(pl.Int128)), "cannot be made a pandas table: ArrowInvalid"),
        (table.with_columns(pl.lit([1, 2]).alias("z")), "'z' in row 1: array([1, 2]) is not a number"),
    ):
        with pytest.raises(EaeuError, match=re.escape(says)):
            ea.Panel.from_frame(given, unit="id")


def test_names_and_events_from_polars() -> None:
    panel = numbered()
    plain = ea.synthetic_control(panel, "y", "0", 2010, ["2", "3", "4"], options=QUICK)
    found = ea.synthetic_control(panel, "y", 0, pl.Series([2010])[0], pl.Series([2, 3, 4]), options=QUICK)
    assert found.estimate == plain.estimate


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda d: d.set_index(pd.Index([f"r{i}" for i in range(len(d))])),
            "'y' in row 4 (index r3): '..' is not a number",
        ),
        (lambda d: d.set_index(pd.date_range("2000", periods=len(d))), "(index 2000-01-04T00:00:00): '..'"),
        (lambda d: d.set_index(["id", "year"], drop=False), "row 4 (index 0, 2003): '..'"),
        (lambda d: d.sort_values("year"), "(index 3): '..'"),
        (lambda d: pd.concat([d, d[["y"]]], axis=1), "column 'y' occurs 2 times"),
        (lambda d: pd.concat([d, d[["id"]]], axis=1), "column 'id' occurs 2 times"),
        (lambda d: d.assign(y=1.0, year=pd.Timestamp("2000").value // 10**6 + d["year"] * 86_400_000), "unit='ms'"),
        (lambda d: d.assign(y=pd.Timestamp("2000")), "has dates where numbers are expected"),
        (lambda d: d.to_dict(), "must be a DataFrame, not dict"),
    ],
)
def test_odd_tables_are_one_sentence(change: Any, says: str) -> None:
    table = frame_of().astype({"y": object})
    table.loc[3, "y"] = ".."
    with pytest.raises(BadInputError) as caught:
        ea.Panel.from_frame(change(table), unit="id")
    assert says in str(caught.value)


def test_column_names_that_are_numbers_are_read() -> None:
    table = frame_of()
    table.columns = [0, 1, 2]
    assert ea.Panel.from_frame(table, unit=0, time=1).indicators == ["2"]  # type: ignore[arg-type] # wrong on purpose


def test_a_single_series_needs_no_donors() -> None:
    panel = as_panel(Y[:1])
    alone = ea.interrupted_series(panel, "y", "U00", 2014, regressors="none")
    assert np.isfinite(alone.estimate)
    assert ea.break_date(panel, "y", "U00", 2014, draws=99).time in range(2000, 2020)
    with pytest.raises(ea.EaeuError, match="take regressors='none'"):
        ea.interrupted_series(panel, "y", "U00", 2014)


@pytest.mark.parametrize("method", ["structural", "segmented"])
def test_a_comparator_that_is_constant_before_the_event_is_left_out_by_name(method: Any) -> None:
    y = Y[:4].copy()
    y[2, :14] = 0.0
    effect = ea.interrupted_series(as_panel(y), "y", "U00", 2014, method=method, regressors="each", draws=99)
    assert effect.dropped == {"U02": "constant before the event"}
    assert effect.spec["donors"] == ["U01", "U03"]
    only = as_panel(y[[0, 2]])
    for regressors in ("mean", "each"):
        with pytest.raises(BadInputError, match="constant before the event"):
            ea.interrupted_series(only, "y", "U00", 2014, method=method, regressors=regressors, draws=99)


def test_large_negative_weights_are_shown() -> None:
    y = Y.copy()
    y[0] += 40
    effect = ea.augmented_synthetic_control(as_panel(y), "y", "U00", 2014, options=ea.AugmentedOptions(penalty=1e-3))
    line = next(text for text in effect.summary().splitlines() if "donors:" in text)
    assert effect.weights is not None
    largest = effect.weights.abs().idxmax()
    assert f"{largest} {effect.weights[largest]:.3f}" in line.split(",")[0]
    negative = int((effect.weights < -0.0005).sum())
    assert negative > 0
    assert f"{negative} negative" in line


@pytest.mark.parametrize("kind", ["path", "gap", "placebo", "weights", "event_study"])
def test_every_figure_of_an_effect(kind: Any) -> None:
    from matplotlib import pyplot as plt

    one = ea.synthetic_control(as_panel(Y), "y", "U00", 2014, options=QUICK)
    several = ea.synthetic_did(as_panel(Y), "y", ["U00", "U01"], {"U00": 2012, "U01": 2014})
    for effect in (one, several):
        ax = effect.plot(kind=kind, title="a title", figsize=(8, 3))
        assert ax.get_title(loc="left") == "a title"
        assert tuple(ax.get_figure().get_size_inches()) == (8, 3)
        plt.close("all")


def test_figures_show_every_treated_unit_and_refuse_what_is_not_there() -> None:
    from matplotlib import pyplot as plt

    effect = ea.difference_in_differences(as_panel(Y), "y", ["U00", "U01"], {"U00": 2012, "U01": 2014})
    texts = [text.get_text() for text in effect.plot().texts]
    assert {"U00", "U01"} <= set(texts)
    ax = effect.plot(kind="event_study")
    assert effect.event_study is not None
    np.testing.assert_allclose(ax.lines[0].get_ydata(), effect.event_study["estimate"])
    with pytest.raises(BadInputError, match="no weights"):
        effect.plot(kind="weights")
    with pytest.raises(BadInputError, match="no placebos"):
        effect.plot(kind="placebo")
    with pytest.raises(BadInputError, match="did you mean 'gap'"):
        effect.plot(kind="gaps")  # type: ignore[arg-type] # wrong on purpose
    plt.close("all")


def test_tables_for_latex_typst_and_word_by_the_protocol_of_maketables() -> None:
    maketables = pytest.importorskip("maketables")
    effect = ea.synthetic_did(as_panel(Y), "y", "U00", 2014)
    table = maketables.ETable([effect], coef_fmt="b:.3f \n (se:.3f)")
    word = table.make(type="docx").tables[0]
    texts = {
        "tex": table.make(type="tex"),
        "typst": table.make(type="typst"),
        "docx": "\n".join(cell.text for row in word.rows for cell in row.cells),
    }
    for text in texts.values():
        assert f"{effect.estimate:.3f}" in text
        assert f"{effect.se:.3f}" in text
        assert "U00" in text
    assert typst.compile(texts["typst"].encode(), format="pdf").startswith(b"%PDF")


def test_economies_alike_are_chosen_by_every_estimator() -> None:
    """The rule of data/tables/comparators.toml, by name and by default; the result says who was chosen."""
    world = ea.load_panel(["trade"], None, (2000, 2019))
    chosen = {}
    for make in (ea.difference_in_differences, ea.interactive_fixed_effects, ea.staggered_did):
        for pool in (None, "alike", "strict"):
            effect = make(world, "trade", "KGZ", 2015, pool, draws=99)
            assert "alike in income, size and openness" in effect.donor_rule
            chosen.setdefault(pool, set()).add(tuple(sorted(effect.spec["donors"])))
    assert chosen[None] == chosen["alike"]
    assert len(chosen["alike"]) == 1
    assert set(*chosen["strict"]) < set(*chosen["alike"])


def test_a_column_named_by_a_number_is_asked_for_as_text() -> None:
    panel = ea.Panel.from_frame(frame_of().rename(columns={"y": 5}), unit="id")
    with pytest.raises(BadInputError, match="write '5', not 5"):
        ea.synthetic_control(panel, 5, 1, 2014)  # type: ignore[arg-type] # wrong on purpose
    assert ea.synthetic_control(panel, "5", 1, 2014, options=QUICK).units == ["1"]
