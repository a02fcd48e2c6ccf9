"""The table of collected duties: every row has a source, and the computed ones follow from the shipped series."""

import pytest

import eaeu_analysis as ea
from eaeu_analysis.reference.catalogue import read_table, table_path
from eaeu_analysis.reference.economies import economies

TABLE = read_table(table_path("duties_collected"))
ROWS = TABLE["duties"]


def test_every_row_has_a_known_source_and_confidence():
    for row in ROWS:
        assert row["source"] in TABLE["sources"], row
        assert row["who"] in {"EAEU", *economies().index}, row
        assert row["unit"] == "million US$"
        assert row["value"] > 0
        assert (row["confidence"] == "computed") == ("series" in TABLE["sources"][row["source"]]), row
    keys = [(row["year"], row["who"], row["what"]) for row in ROWS]
    assert len(set(keys)) == len(keys)


def test_computed_rows_follow_from_the_shipped_series():
    codes = sorted({code for source in TABLE["sources"].values() for code in source.get("series", [])})
    frame = ea.load_panel(codes).frame
    share = frame["GC.TAX.IMPT.ZS"] * frame["GC.TAX.TOTL.GD.ZS"] / 1e4 * frame["NY.GDP.MKTP.CD"] / 1e6
    amount = frame["GC.TAX.INTT.CN"] / frame["PA.NUS.FCRF"] / 1e6
    computed = [row for row in ROWS if row["confidence"] == "computed"]
    assert len(computed) > 40
    for row in computed:
        value = (share if row["source"] == "wdi_share" else amount).loc[(row["who"], row["year"])]
        assert row["value"] == pytest.approx(value, abs=0.51), row


def test_the_two_figures_of_uzbekistan_and_the_published_pool_of_2019():
    at = {(row["who"], row["what"]): row["value"] for row in ROWS if row["year"] == 2019}
    assert at["UZB", "import duties"] == 306
    assert at["UZB", "taxes on international trade"] == 328
    assert at["EAEU", "import duties shared out"] == 12700
    members = sum(value for (who, what), value in at.items() if what == "import duties" and who != "UZB")
    assert members == pytest.approx(13570, abs=5)
