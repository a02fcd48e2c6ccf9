"""What holds for every test: the live services are asked only when the command line says so, and tests compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from eaeu_analysis.report.brief.compose import Brief
    from eaeu_analysis.report.claims.claim import Claim
    from eaeu_analysis.report.page.material import Material


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """``-m network`` runs the tests of the live services; a selection that does not speak of them skips them.

    What rests on ``material`` comes first and by one worker, so that it is computed once; the rest goes file by file.
    """
    items.sort(key=lambda item: "material" not in getattr(item, "fixturenames", ()))
    for item in items:
        whole = "material" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("material" if whole else str(item.path)))
    if "network" in config.option.markexpr:
        return
    off = pytest.mark.skip(reason="asks the live services; run with -m network")
    for item in items:
        if "network" in item.keywords:
            item.add_marker(off)


@pytest.fixture(scope="session", autouse=True)
def nothing_kept() -> Iterator[None]:
    """No cache of reports in this session, nor in the processes it starts, unless a test asks for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EAEU_CACHE", "off")
        yield


@pytest.fixture(scope="session")
def material() -> Material:
    """All that a report rests on, computed once a session: about a minute of processor time."""
    from eaeu_analysis.report.page.material import assemble

    return assemble()


@pytest.fixture
def kept_claims(material: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The claims of ``material`` in a cache that this test and the processes it starts read."""
    from eaeu_analysis.report.claims.collect import cache_claims as keep

    monkeypatch.setenv("EAEU_CACHE", "on")
    monkeypatch.setenv("EAEU_STORE", str(tmp_path / "store"))
    keep(material.claims, "KGZ", "EAEU", "pinned")


@pytest.fixture(scope="session")
def all_claims(material: Material) -> list[Claim]:
    """Every claim of it."""
    return list(material.claims)


@pytest.fixture(scope="session")
def claims(all_claims: list[Claim]) -> list[Claim]:
    """The same, by the name that most tests use."""
    return all_claims


@pytest.fixture(scope="session")
def briefs(all_claims: list[Claim]) -> dict[str, Brief]:
    """The brief in each language."""
    from brief_sheets import LANGS

    from eaeu_analysis.report.brief.compose import compose

    return {lang: compose(all_claims, lang) for lang in LANGS}


@pytest.fixture(scope="session")
def pdfs(briefs: dict[str, Brief]) -> dict[str, bytes]:
    """Each as a PDF."""
    from eaeu_analysis.report.brief.render import render_brief as render

    return {lang: render(brief, "pdf") for lang, brief in briefs.items()}
