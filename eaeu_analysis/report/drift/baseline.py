"""The accepted state of the claims, in one JSON file: what later runs are compared with.

Of each claim its value, interval, grade, side and tolerance; of each series behind them a hash of its values; the
settings and the code that made them. Read strictly: what is not such a file is one sentence, not a guess.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ... import __version__, files, settings
from ...errors import BadInputError, EaeuError
from ...reference.catalogue import TableRow, parse
from ...results import json_text, round_published
from ...series import SeriesInfo
from ...user_files import parse_json, read_bytes
from ..cache import code_digest
from ..claims.claim import Claim, load_claim_rules

if TYPE_CHECKING:
    from ...data.sources import Source

SCHEMA = 1
MOST_BYTES = 20_000_000  # of a baseline, which has some hundred thousand
TABLES = ("trade/", "remittances/", "tables/")  # codes of shipped files that are no series of a panel


@dataclass(frozen=True)
class Accepted(TableRow):
    """One claim as it was accepted. ``tolerance``: how far ``value`` may move, in its unit, and be the same."""

    value: float
    unit: str
    lower: float | None
    upper: float | None
    grade: str
    side: str
    finding: str
    tolerance: float
    series: tuple[str, ...]

    @property
    def sign(self) -> int:
        return sign_of(self.value)


@dataclass(frozen=True)
class SeriesFingerprint(TableRow):
    """One series behind the claims: its vintage and a hash of its values."""

    vintage: str
    sha256: str


@dataclass(frozen=True)
class ClaimsBaseline(TableRow):
    """``question``: unit, bloc and source of the run; ``settings``: the numbers of settings.py; ``version``, ``code``:
    of the package; ``series`` by code; ``claims`` by id."""

    schema: int
    version: str
    code: str
    question: Mapping[str, str]
    settings: Mapping[str, float]
    series: Mapping[str, SeriesFingerprint]
    claims: Mapping[str, Accepted]


def baseline_of(claims: Sequence[Claim], question: Mapping[str, str], source: str | Path | Source) -> ClaimsBaseline:
    """The state of these claims, made with that source."""
    return ClaimsBaseline(
        schema=SCHEMA,
        version=__version__,
        code=code_digest(),
        question=dict(question),
        settings=numbers_of_settings(),
        series=series_fingerprints(claims, source),
        claims={claim.id: accept_claim(claim) for claim in claims},
    )


def accept_claim(claim: Claim) -> Accepted:
    """A claim as it is accepted, with its tolerance by the rule of data/tables/claims.toml."""
    ends = (("lower", claim.lower), ("upper", claim.upper))
    finite = {name: round_published(v) if math.isfinite(v) else None for name, v in ends}
    return Accepted(
        value=round_published(claim.value),
        unit=claim.measure,
        grade=claim.grade,
        side=claim.side,
        finding=claim.finding,
        tolerance=round_published(tolerance(claim.value)),
        series=tuple(sorted({origin.code for info in claim.series for origin in info.origins()})),
        **finite,
    )


def tolerance(value: float) -> float:
    """How far a claim of this value may move and be the same, by the rule of data/tables/claims.toml."""
    return max(load_claim_rules().least, load_claim_rules().share * abs(value))


def series_fingerprints(claims: Sequence[Claim], source: str | Path | Source) -> dict[str, SeriesFingerprint]:
    """Vintage and hash of every series behind the claims, by code; "" where the source cannot be read for it."""
    found: dict[str, SeriesFingerprint] = {}
    infos = {origin.code: origin for claim in claims for info in claim.series for origin in info.origins()}
    for code in sorted(infos):
        found[code] = SeriesFingerprint(infos[code].vintage, series_hash(infos[code], source))
    return found


def series_hash(info: SeriesInfo, source: str | Path | Source) -> str:
    """SHA-256 of the values of one series, whatever file has it; of the file for tables that ship."""
    if info.code.startswith(TABLES):
        folder, _, name = info.code.partition("/")
        stem = name.partition("/")[0]
        path = settings.data_dir() / folder / (f"{stem}.toml" if folder == "tables" else f"{stem}.parquet")
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    from ...data.load import open_source

    try:
        frame = open_source(source).read(info.code, info.vintage or None).frame
    except EaeuError:
        return ""
    rows = "\n".join(f"{e},{y},{v!r}" for e, y, v in frame[["economy", "year", "value"]].itertuples(index=False))
    return hashlib.sha256(rows.encode()).hexdigest()


def numbers_of_settings() -> dict[str, float]:
    """The numbers of settings.py, which every result shares."""
    found = sorted((name, value) for name, value in vars(settings).items() if name.isupper())
    return {name: float(value) for name, value in found if isinstance(value, (int, float))}


def sign_of(value: float) -> int:
    """-1, 0 or 1."""
    return (value > 0) - (value < 0)


def write_baseline(path: str | Path, state: ClaimsBaseline) -> None:
    """The baseline as JSON; written aside and renamed."""
    files.write_text(path, text(state))


def text(state: ClaimsBaseline) -> str:
    """The baseline as JSON text, sorted."""
    body = {
        **{name: getattr(state, name) for name in ("schema", "version", "code")},
        "question": dict(state.question),
        "settings": dict(state.settings),
        "series": {code: vars(row) for code, row in state.series.items()},
        "claims": {name: vars(row) for name, row in state.claims.items()},
    }
    return json_text(body)


def read_baseline(path: str | Path) -> ClaimsBaseline:
    """The baseline in a file.

    Raises BadInputError, in one sentence, when there is no such file, when it is no JSON (or cut short), is of another
    schema, lacks a field, has one too many or one of the wrong type.
    """
    place = Path(path)
    try:
        there = place.exists()
    except (OSError, ValueError):
        there = True  # the reader says what is wrong
    if not there:
        raise BadInputError(f"baseline '{place}' does not exist; make one with --check '{place}' --accept")
    raw = parse_json(read_bytes(place, "baseline", MOST_BYTES), f"baseline '{place}'")
    if not isinstance(raw, dict) or "schema" not in raw:
        raise BadInputError(f"'{place}' is no baseline of claims: it has no field 'schema'")
    if raw["schema"] != SCHEMA:
        raise BadInputError(
            f"baseline '{place}' is of schema {raw['schema']!r}, this version reads {SCHEMA}; accept it anew"
        )
    state = parse(ClaimsBaseline, raw, f"baseline '{place}'")
    _require_strict(state, f"baseline '{place}'")
    return state


def _require_strict(state: ClaimsBaseline, where: str) -> None:
    """BadInputError for a tolerance that the rule does not give, or a hash that is none: every change would pass."""
    for name, claim in state.claims.items():
        if not 0 <= claim.tolerance <= tolerance(claim.value) * (1 + 1e-9):
            raise BadInputError(
                f"{where}: claim {name!r} has the tolerance {claim.tolerance:g}; expected at most "
                f"{tolerance(claim.value):g}, by the rule of claims.toml; accept the baseline anew"
            )
    for code, series in state.series.items():
        if not re.fullmatch("[0-9a-f]{64}", series.sha256):
            raise BadInputError(f"{where}: series {code!r} has the hash {series.sha256!r}, which is no SHA-256")
