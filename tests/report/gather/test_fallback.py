"""Live data with the shipped ones behind them: whole series from one or the other, and which is named everywhere."""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path

import pandas as pd
import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.data.store.source import FallbackSource, StoreSource
from eaeu_analysis.errors import NoDataError
from eaeu_analysis.series import SeriesData, SeriesInfo


def nowhere() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v2"


class Partly(StoreSource):
    """A live source that has one series and says why it has no other."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(tmp_path / "store", offline=True)
        frame = pd.DataFrame({"economy": ["KGZ"], "year": [2014], "value": [1.0]})
        self.held = SeriesData(SeriesInfo("NE.TRD.GNFS.ZS", unit="% of GDP", kind="share", vintage="2026-11-01"), frame)

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        if code == self.held.info.code:
            return self.held
        raise NoDataError(f"series '{code}' cannot be had live: page 3 came as HTML")


def test_a_series_comes_whole_from_one_of_the_two_and_the_other_is_named(tmp_path: Path) -> None:
    source = FallbackSource(Partly(tmp_path), PinnedSource())
    panel = load_panel(["NE.TRD.GNFS.ZS", "NE.EXP.GNFS.ZS"], source=source)
    assert panel.info("NE.TRD.GNFS.ZS").vintage == "2026-11-01"
    assert panel.wide("NE.TRD.GNFS.ZS").count().sum() == 1  # nothing of the pinned series is mixed in
    pinned = load_panel(["NE.EXP.GNFS.ZS"])
    assert panel.info("NE.EXP.GNFS.ZS").vintage == pinned.info("NE.EXP.GNFS.ZS").vintage
    assert source.taken == {"NE.EXP.GNFS.ZS": "series 'NE.EXP.GNFS.ZS' cannot be had live: page 3 came as HTML"}
    neither = FallbackSource(Partly(tmp_path), Partly(tmp_path), "another")
    with pytest.raises(NoDataError, match="page 3 came as HTML; nor from another"):
        neither.read("NE.EXP.GNFS.ZS")


def test_without_a_network_it_asks_once_and_takes_the_second(tmp_path: Path) -> None:
    live = StoreSource(tmp_path / "store", endpoint=nowhere(), retries=1)
    source = FallbackSource(live, PinnedSource())
    asked: list[int] = []
    prepare = live.prepare
    live.prepare = lambda *a, **k: asked.append(1) or prepare(*a, **k)  # type: ignore[method-assign] # counted
    panel = load_panel(["NE.TRD.GNFS.ZS", "NE.EXP.GNFS.ZS"], source=source)
    pinned = load_panel(["NE.TRD.GNFS.ZS", "NE.EXP.GNFS.ZS"])
    pd.testing.assert_frame_equal(panel.wide("NE.TRD.GNFS.ZS"), pinned.wide("NE.TRD.GNFS.ZS"))
    assert len(asked) == 1
    assert set(source.taken) == {"NE.TRD.GNFS.ZS", "NE.EXP.GNFS.ZS"}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A pin of three outcomes' series, so that a report takes seconds."""
    root = tmp_path / "pin"
    shutil.copytree(Path(PinnedSource().root), root)
    package = json.loads((root / "datapackage.json").read_text())
    wanted = {"NE.TRD.GNFS.ZS", "SP.POP.TOTL"}
    package["resources"] = [r for r in package["resources"] if r["code"] in wanted]
    (root / "datapackage.json").write_text(json.dumps(package))
    return root


def test_the_page_says_that_it_rests_on_the_fall_back_and_strict_ends_with_4(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EAEU_ENDPOINT", nowhere())
    monkeypatch.setenv("EAEU_CACHE", "off")
    tasks = {"trade": _not_there, "scenario": _not_there}
    monkeypatch.setattr("eaeu_analysis.report.gather.evidence._long", lambda *_: tasks)
    store = ["--store", str(tmp_path / "store")]
    command = ["report", "--out", str(tmp_path / "out"), "--source", "live", "--fallback", str(small), *store]
    assert main([*command, "--strict", "--format", "html,md"]) == 4
    shown = capsys.readouterr()
    assert "the rest of the report was written" in shown.err
    assert "could not be had live and are those of the fall-back" in shown.out
    for name, stated in (
        ("index.html", "NE.TRD.GNFS.ZS) could not be had live"),
        ("index.uz.html", "NE.TRD.GNFS.ZS); ilova qilinganlari ishlatilgan"),
        ("fared.html", "NE.TRD.GNFS.ZS) could not be had live"),
        ("report.md", "NE.TRD.GNFS.ZS) could not be had live"),
    ):
        assert stated in (tmp_path / "out" / name).read_text(encoding="utf-8")
    document = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert "NE.TRD.GNFS.ZS" in document["from_the_fallback"]


def _not_there() -> None:
    raise NoDataError("not there")


def test_fallback_without_live_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--out", str(tmp_path / "out"), "--fallback", "pinned"]) == 2
    assert "--fallback needs --source live" in capsys.readouterr().err
    assert main(["report", "--out", str(tmp_path / "out"), "--source", "live", "--fallback", "nowhere"]) == 2
    assert "'nowhere' not known" in capsys.readouterr().err
