"""Agreements from DESTA: entries, accessions, withdrawals, the union's own steps, one effect each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference import blocs
from eaeu_analysis.trade.flows.agreements import (
    agreement_dummy,
    border_dummies,
    pair_spells,
    stage_dummies,
    stage_members,
)
from eaeu_analysis.trade.union.each_agreement import shrink


def treaty(
    number: str, base: int, name: str, kind: str, member: int, signed: int, entered: float, who: str
) -> pd.DataFrame:
    members = who.split()
    return pd.DataFrame(
        {
            "base_treaty": base,
            "number": number,
            "name": name,
            "entry_type": kind,
            "typememb": member,
            "signed": pd.array([signed] * len(members), dtype="Int16"),
            "entered": pd.array([pd.NA if np.isnan(entered) else int(entered)] * len(members), dtype="Int16"),
            "iso3": members,
        }
    )


NAN = float("nan")


def spans(*parts: pd.DataFrame) -> dict[tuple[str, str], tuple[int, int]]:
    table = pair_spells(pd.concat(parts))
    return {(r.a, r.b): (r.start, r.end) for r in table.itertuples()}


def test_entry_accession_and_withdrawal() -> None:
    union = treaty("1", 1, "Trade Pact", "base_treaty", 2, 1993, 1995, "FRA ITA GBR")
    joins = treaty("1+1", 1, "Trade Pact Spain accession", "accession", 5, 2000, NAN, "FRA ITA GBR ESP")
    leaves = treaty("1_1", 1, "Trade Pact withdrawal UK", "withdrawal", 7, 2010, NAN, "FRA ITA GBR ESP")
    found = spans(union, joins, leaves)
    assert found["FRA", "ITA"] == (1995, 9999)
    assert found["ESP", "FRA"] == (2001, 9999)  # an accession counts from the year after signature
    assert found["FRA", "GBR"] == (1995, 2010)
    assert found["ESP", "GBR"] == (2001, 2010)


def test_treaties_that_never_entered_do_not_count() -> None:
    paper = treaty("2", 2, "Paper", "base_treaty", 1, 1999, NAN, "KAZ RUS")
    talks = treaty("3", 3, "Talks", "negotiation", 1, 1999, 2000, "ARM RUS")
    kept = treaty("4", 4, "Kept", "base_treaty", 1, 1999, 2001, "ARM KAZ")
    assert set(spans(paper, talks, kept)) == {("ARM", "KAZ")}


def test_a_region_with_a_third_country_makes_no_pair_inside_the_region() -> None:
    region = treaty("1", 1, "EC Maastricht", "base_treaty", 2, 1992, 1993, "FRA ITA")
    third = treaty("5", 5, "EC Turkey", "base_treaty", 3, 1995, 1996, "FRA ITA TUR")
    blocs_alone = treaty("6", 6, "EC with another bloc", "base_treaty", 4, 1995, 1996, "FRA ITA BRA ARG")
    table = pair_spells(pd.concat([region, third, blocs_alone]))
    inside = table[(table["a"] == "FRA") & (table["b"] == "ITA")]
    assert list(inside["treaty"]) == [1]
    assert list(inside["family"]) == ["EU"]
    assert {("FRA", "TUR"), ("ARG", "ITA")} <= set(zip(table["a"], table["b"], strict=True))


def test_a_withdrawal_that_names_no_member_is_refused() -> None:
    base = treaty("1", 1, "Pact", "base_treaty", 2, 1993, 1995, "FRA ITA")
    with pytest.raises(BadInputError, match="names none of its members"):
        pair_spells(
            pd.concat([base, treaty("1_1", 1, "Pact withdrawal Ruritania", "withdrawal", 7, 2000, NAN, "FRA ITA")])
        )
    with pytest.raises(BadInputError, match="column of treaties 'iso3' not known"):
        pair_spells(base.drop(columns="iso3"))


def in_force(a: str, b: str, year: int, family: str = "") -> float:
    frame = pd.DataFrame({"exporter": [a], "importer": [b], "year": [year]})
    spells = pair_spells()
    return float(agreement_dummy(frame, spells[spells["family"] == family] if family else spells).iloc[0])


@pytest.mark.parametrize(
    ("a", "b", "year", "expected"),
    [
        ("DEU", "POL", 2004, 1.0),  # enlargement of 2004
        ("GBR", "FRA", 2019, 1.0),
        ("GBR", "FRA", 2020, 0.0),  # the United Kingdom has left
        ("USA", "CHN", 2015, 0.0),
        ("KAZ", "RUS", 1999, 1.0),
        ("NOR", "GBR", 1990, 1.0),  # Norway with the EC since 1973, after EFTA
    ],
)
def test_agreements_everybody_knows(a: str, b: str, year: int, expected: float) -> None:
    assert in_force(a, b, year) == in_force(b, a, year) == expected


def test_uzbekistan_left_the_eurasian_community_in_2008() -> None:
    assert in_force("UZB", "BLR", 2007, "434") == 1.0
    assert in_force("UZB", "BLR", 2008, "434") == 0.0


def test_the_steps_follow_the_table_of_blocs() -> None:
    union = blocs.bloc("EAEU")
    assert stage_members(2012) == {"customs_union": ["BLR", "KAZ", "RUS"], "eaeu": []}
    assert "KGZ" not in stage_members(2015)["eaeu"]  # a member from 12 August: less than half of the year
    assert stage_members(2016)["eaeu"] == union.members(on=dt.date(2016, 7, 1))
    frame = pd.DataFrame(
        [
            ("RUS", "KAZ", 2008),
            ("RUS", "KAZ", 2012),
            ("RUS", "KAZ", 2016),
            ("RUS", "KGZ", 2012),
            ("KGZ", "RUS", 2016),
            ("RUS", "RUS", 2016),
        ],
        columns=["exporter", "importer", "year"],
    )
    steps = stage_dummies(frame)
    assert list(steps["customs_union"]) == [0, 1, 1, 0, 0, 0]
    assert list(steps["eaeu"]) == [0, 0, 1, 0, 1, 0]
    first = pair_spells().query("a == 'KAZ' and b == 'RUS'").set_index("family")["start"]
    assert first["customs_union"] == 2010
    assert first["eaeu"] == 2015


def test_border_dummies_need_domestic_trade() -> None:
    frame = pd.DataFrame({"exporter": ["A", "A", "A"], "importer": ["B", "A", "B"], "year": [2000, 2004, 2004]})
    assert list(border_dummies(frame)["border_2004"]) == [0, 0, 1]
    with pytest.raises(BadInputError, match="need domestic trade"):
        border_dummies(frame.iloc[[0, 2]])
    with pytest.raises(BadInputError, match="base year 1999"):
        border_dummies(frame, base=1999)


# -- shrinkage -------------------------------------------------------------------------------------------------
def test_shrinkage_beats_the_raw_estimates_and_finds_the_spread() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0.2, 0.3, 400)
    se = rng.uniform(0.1, 0.8, 400)
    estimate = truth + rng.normal(0, se)
    table = shrink(pd.Series(estimate), pd.Series(se))
    assert table.attrs["spread"] == pytest.approx(0.3, abs=0.06)
    assert table.attrs["mean"] == pytest.approx(0.2, abs=0.06)
    assert np.mean((table["shrunk"] - truth) ** 2) < 0.6 * np.mean((estimate - truth) ** 2)
    assert np.mean((truth > table["lower"]) & (truth < table["upper"])) == pytest.approx(0.9, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 2)), min_size=3, max_size=20))
def test_shrunk_effects_lie_between_the_estimate_and_the_mean(pairs: list[tuple[float, float]]) -> None:
    coef, se = (pd.Series(values) for values in zip(*pairs, strict=True))
    table = shrink(coef, se)
    mean = table.attrs["mean"]
    low, high = np.minimum(coef, mean), np.maximum(coef, mean)
    assert table["shrunk"].between(low - 1e-9, high + 1e-9).all()
    assert (table["shrunk_se"] <= se + 1e-12).all()


def test_equal_effects_shrink_to_their_mean_and_few_are_refused() -> None:
    table = shrink(pd.Series([0.3, 0.3, 0.3]), pd.Series([0.1, 0.2, 0.3]))
    assert table.attrs["spread"] == 0.0
    np.testing.assert_allclose(table["shrunk"], 0.3)
    with pytest.raises(BadInputError, match="2 effects are too few"):
        shrink(pd.Series([0.3, 0.1]), pd.Series([0.1, 0.2]))
    with pytest.raises(BadInputError, match="missing, zero or negative"):
        shrink(pd.Series([0.3, 0.1, 0.2]), pd.Series([0.1, 0.2, 0.0]))
