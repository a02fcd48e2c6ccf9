"""How old the data are, and what a live pull would renew."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.data.freshness import data_as_of, edition_rhythms, freshness, newest_edition, outdated
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.series import SeriesInfo


def test_the_newest_year_its_age_and_who_is_missing() -> None:
    """Remittances of April 2026 end in 2024, two years before it; Kyrgyzstan and Turkmenistan have no value then."""
    source = PinnedSource()
    infos = [source.read("BX.TRF.PWKR.CD.DT").info, source.read("NY.GDP.MKTP.CD").info, FLOWS.info("russia_annual")]
    infos.append(SeriesInfo("MY.OWN", vintage="2025"))
    table = freshness(infos).set_index("code")
    assert newest_edition(infos) == "2026-04-08"
    assert table.loc["BX.TRF.PWKR.CD.DT", ["last_year", "age", "missing"]].tolist() == [2024, 2, "KGZ, TKM"]
    assert table.loc["trade/russia_annual", ["last_year", "age"]].tolist() == [2021, 5]
    assert table.loc["MY.OWN", ["last_year", "age"]].isna().all()  # not shipped: nothing is known, and none is not zero


def test_a_computed_share_is_as_new_as_its_newest_part() -> None:
    info = load_panel(["remittances"]).info("remittances")
    assert newest_edition([info]) == "2026-04-08"
    assert newest_edition([]) == data_as_of() == "2026-06-29"


def test_series_are_due_by_the_rhythm_of_their_source_and_when_a_newer_edition_is_known() -> None:
    table = outdated(dt.date(2026, 6, 29)).set_index("code")
    assert table.loc["BX.TRF.PWKR.DT.GD.ZS", "editions"] >= 10  # of May 2022
    assert table.loc["NE.TRD.GNFS.ZS", "editions"] == 1  # of April 2026: another series is of June
    assert "NV.IND.MANF.ZS" not in table.index  # of that very day
    assert not {"ILO.OUTPUT.PER.WORKER.2015USD", "BX.TRF.PWKR.CD.DT.ESTIMATE"} & set(table.index)  # not to be had live
    later = outdated(dt.date(2027, 6, 29)).set_index("code")["editions"]
    assert later["NV.IND.MANF.ZS"] == 3
    assert (later.reindex(table.index) >= table["editions"]).all()
    assert {rhythm.source for rhythm in edition_rhythms()} >= {"World Bank, World Development Indicators"}
    with pytest.raises(BadInputError, match="before 2026-06-29"):
        outdated(dt.date(2026, 1, 1))


def test_outdated_on_the_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["data", "outdated", "--on", "2026-11-28"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any("series to renew on 2026-11-28" in line for line in lines)
    assert main(["data", "outdated", "--on", "2026-11-28", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"code", "vintage", "last_year", "editions", "stored", "label"} == set(rows[0])
    assert main(["data", "outdated", "--on", "28 November"]) == 2
    assert "is not a day" in capsys.readouterr().err
