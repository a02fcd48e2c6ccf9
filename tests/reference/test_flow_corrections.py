"""Corrections of tables of flows: made in the open, refused once the source has changed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eaeu_analysis.data.listing import describe_table
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.corrections import FlowCorrection, apply_to_flows, load_flow_corrections
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.trade.flows.flows import flow_names, load_flows

TABLE = pd.DataFrame(
    {
        "exporter": ["UZB", "UZB", "UZB", "ROU"],
        "importer": ["KAZ", "ROU", "RUS", "UZB"],
        "year": [2011, 2011, 2010, 2011],
        "product": "TOTAL",
        "usd": [5.0, 3297.0, 2958.0, 7.0],
        "basis": ["exporter_fob"] * 3 + ["importer_cif"],
        "source": "made up",
        "status": "",
    }
)
MOVED = FlowCorrection(
    "trade/made_up", "exporter_fob", "why", "who", old={"UZB ROU 2011": 3297.0}, new={"UZB RUS 2011": 3297.0}
)
ENTRY = """
[[flows]]
table = "trade/made_up"
basis = "exporter_fob"
reason = "why"
source = "who"
[flows.old]
"UZB ROU 2011" = 3297
[flows.new]
"UZB RUS 2011" = 3297
"""


def values(frame: pd.DataFrame) -> dict[tuple[str, str, int, str], float]:
    keys = frame[["exporter", "importer", "year", "basis"]].itertuples(index=False, name=None)
    return dict(zip(keys, frame["usd"], strict=True))


def test_a_flow_booked_under_another_partner_is_moved_and_marked() -> None:
    made = apply_to_flows(TABLE, [MOVED])
    assert values(made) == {
        ("UZB", "KAZ", 2011, "exporter_fob"): 5.0,
        ("UZB", "RUS", 2010, "exporter_fob"): 2958.0,
        ("UZB", "RUS", 2011, "exporter_fob"): 3297.0,
        ("ROU", "UZB", 2011, "importer_cif"): 7.0,
    }
    assert made["status"].tolist() == ["", "", "", "corrected"]
    assert list(made.columns) == list(TABLE.columns)
    assert (made.dtypes == TABLE.dtypes).all()


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (TABLE.replace(3297.0, 33.0), "the source has changed: UZB ROU 2011 is 33, not 3297"),
        (TABLE.replace({"year": {2010: 2011}}), "the source has changed: UZB RUS 2011 is 2958, not missing"),
        (TABLE[TABLE["importer"] != "ROU"], "UZB ROU 2011 is missing, not 3297"),
        (pd.concat([TABLE, TABLE.assign(product="HS01")]), "UZB ROU 2011 has several rows"),
    ],
)
def test_a_source_that_has_changed_is_refused(source: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        apply_to_flows(source.reset_index(drop=True), [MOVED])


def test_an_entry_is_read_and_belongs_to_its_table_alone(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(ENTRY, encoding="utf-8")
    assert load_flow_corrections("trade/made_up", tmp_path / "c.toml") == (MOVED,)
    assert load_flow_corrections("trade/another", tmp_path / "c.toml") == ()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (('"UZB RUS 2011" = 3297', '"UZB ROU 2011" = 3297'), "old and new of UZB ROU 2011 are the same"),
        (('"UZB RUS 2011"', '"UZB RUS"'), "'UZB RUS' is not a flow"),
        (('"UZB RUS 2011" = 3297', '"UZB RUS 2011" = -1'), "zero or more"),
        (('"UZB RUS 2011" = 3297', '"UZB RUS 2011" = nan'), "zero or more"),
        (('"UZB RUS 2011" = 3297', '"UZB RUS 2011" = "much"'), "new"),
        (('reason = "why"', 'reason = " "'), "states its reason and its source"),
        (("basis", "base"), "base"),
        (("[[flows]]", "[[flow]]"), "'flow' is not a"),
        ((ENTRY, ENTRY + ENTRY), "UZB ROU 2011 of trade/made_up is corrected twice"),
        ((ENTRY, "flows = 3"), r"write \[\[flows\]\]"),
    ],
)
def test_a_mistake_in_an_entry_is_one_sentence(tmp_path: Path, spoil: tuple[str, str], sentence: str) -> None:
    (tmp_path / "c.toml").write_text(ENTRY.replace(*spoil), encoding="utf-8")
    with pytest.raises(BadInputError, match=sentence):
        load_flow_corrections("trade/made_up", tmp_path / "c.toml")


def test_every_shipped_correction_is_of_a_shipped_table_and_shown_with_it() -> None:
    corrected = {name: FLOWS.corrections(name) for name in flow_names() if FLOWS.corrections(name)}
    assert set(corrected) == {"uzbekistan_annual"}
    for name, entries in corrected.items():
        shown = describe_table(name)
        assert [one["flows"] for one in shown["corrections"]] == [one.rows() for one in entries]
        assert shown["statuses"]["corrected"] == sum(len(one.new) for one in entries)
        assert "flows are corrected" in FLOWS.info(name).note


def test_russia_is_no_longer_booked_under_romania() -> None:
    """Uzbek exports to Russia of 2011-15 against Russian customs and the table with services; Romania has none left."""
    source, table = FLOWS.as_published("uzbekistan_annual"), load_flows("uzbekistan_annual")
    years = list(range(2011, 2016))
    for own, other in (("exporter", "importer"), ("importer", "exporter")):
        sides = []
        for frame in (source, table):
            ours = frame[(frame[own] == "UZB") & frame["year"].isin(years)]
            sides.append(ours.pivot_table(index="year", columns=other, values="usd", aggfunc="sum"))
        before, after = sides
        assert "RUS" not in before
        assert "ROU" not in after
        assert after["RUS"].tolist() == before["ROU"].tolist()
        assert after.sum().sum() == before.sum().sum()
    services = load_flows("uzbekistan_with_services", years)
    bought = services[services["importer"] == "UZB"].pivot_table(index="year", columns="exporter", values="usd")
    ratio = after["RUS"] / bought["RUS"]
    assert ratio.between(1.0, 1.25).all()  # in 2016, booked under Russia by both, it is 1.26
    assert (bought["ROU"] < 0.02 * bought["RUS"]).all()
