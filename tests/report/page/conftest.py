"""The report's pages on disk, made once, and a browser to open them in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import CHROMIUM, FLAGS, at, opened_at

from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.write import render_report


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, material: Material) -> Path:
    out = tmp_path_factory.mktemp("page") / "report"
    for name, text in render_report(material).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return out / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def kept(browser: Any, report: Path) -> Iterator[Any]:
    """The page of outcomes on a desk, for tests that leave it as they found it."""
    page = opened_at(browser, at(report, "fared.html"))
    yield page
    page.context.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """The page of outcomes, of its own."""
    opened = opened_at(browser, at(report, "fared.html"))
    yield opened
    opened.context.close()
