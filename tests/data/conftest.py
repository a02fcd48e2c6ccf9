"""The misbehaving World Bank, stores to pull into, and the fault table at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import wbgapi
from hypothesis import settings
from server import StandIn
from small import Clean, hashes, small_pull

from eaeu_analysis.data.store import Store

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no user's store, and wbgapi as it is when first imported."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "EAEU_STORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wbgapi.source, "_concepts", {})


@pytest.fixture
def bank() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Clean:
    store = Store(tmp_path_factory.mktemp("clean"))
    with StandIn() as bank:
        assert not small_pull(bank, store).failed
    return Clean(hashes(store), {entry.code: entry.rows for entry in store.entries()})


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The fault table: fault, what the user sees, exit code, rows kept."""
    lines = []
    for report in terminalreporter.stats.get("passed", []):
        lines += [value for name, value in getattr(report, "user_properties", []) if name == "fault"]
    if lines:
        terminalreporter.section("fault table: fault | what the user sees | exit code (strict) | rows kept", "-")
        for line in lines:
            terminalreporter.write_line(line)
