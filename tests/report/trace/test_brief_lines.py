"""Every number of a brief is one of a claim of its own line; a brief with another number is not written."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import UntracedError
from eaeu_analysis.report.brief import write
from eaeu_analysis.report.brief.compose import Brief, compose
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.topics import TOPICS
from eaeu_analysis.report.trace.brief_lines import numbers_in, trace_brief

CLAIMS = list(shipped_claims())


@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
@pytest.mark.parametrize("topic", ["", *TOPICS])
def test_every_number_of_a_brief_is_traced(lang: str, topic: str) -> None:
    claims = [c for c in CLAIMS if topic in ("", c.topic)]
    assert trace_brief(compose(claims, lang, topic), claims) == []


@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
def test_a_changed_number_is_found_in_every_part(lang: str) -> None:
    brief = compose(CLAIMS, lang)
    seen = 0
    for part, lines in brief.parts.items():
        for i, line in enumerate(lines):
            for token, size, decimals in numbers_in(line.text, lang):
                if decimals:
                    changed = f"{size + 4.1 + 2 * size:.{decimals}f}"
                    changed = changed if lang == "en" else changed.replace(".", ",")
                    found = trace_brief(_with(brief, part, i, line.text.replace(token, changed)), CLAIMS)
                    assert found, (part, line.text, changed)
                    seen += 1
    assert seen > 40


def _with(brief: Brief, part: str, place: int, text: str) -> Brief:
    lines = list(brief.parts[part])
    lines[place] = dataclasses.replace(lines[place], text=text)
    return dataclasses.replace(brief, parts={part: (lines[place],)})


def test_a_brief_with_an_untraced_number_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def wrong(claims: object, lang: str = "en", topic: str | None = None) -> Brief:
        brief = compose(CLAIMS, lang, topic)
        return _with(brief, "for", 0, "Trade rose by 98.7 %.")

    monkeypatch.setattr(write, "compose", wrong)
    with pytest.raises(UntracedError, match=r"98\.7.*nothing was written"):
        write.traced_brief(CLAIMS)
    assert UntracedError.exit_code == 5


def test_the_brief_that_users_get_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.report.claims import collect

    seen = []
    monkeypatch.setattr(collect, "claims", lambda **_: CLAIMS)
    monkeypatch.setattr(collect, "claims_cached", lambda **_: True)
    monkeypatch.setattr(write, "traced_brief", lambda claims, *_: seen.append(len(claims)) or compose(claims))
    ea.brief()
    assert seen == [len(CLAIMS)]
