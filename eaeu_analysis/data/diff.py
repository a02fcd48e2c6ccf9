"""What changed between two vintages: rows added, removed, revised by series, the largest revisions, who is touched."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from ..errors import BadInputError, NoDataError, unknown
from ..results import Result
from ..series import SeriesData, SeriesInfo, period_text

LARGEST = 5
_NOT_KEYS = ("value", "status")
_COLUMNS = ["code", "economy", "year", "kind", "old", "new", "change", "percent"]


@runtime_checkable
class Readable(Protocol):
    """A source, as :class:`Source` has it."""

    def entries(self) -> list[SeriesInfo]: ...

    def read(self, code: str, vintage: str | None = None) -> SeriesData: ...


Collection = Readable | Mapping[str, SeriesData] | Iterable[SeriesData]


@dataclass(frozen=True)
class SeriesDiff:
    """One series: counts of observations, ``economies`` touched, and ``changes`` (a row per observation that differs:
    its keys, kind added/removed/revised, old, new, change, percent of the old value)."""

    code: str
    label: str
    vintage_a: str
    vintage_b: str
    rows_a: int
    rows_b: int
    added: int
    removed: int
    revised: int
    economies: tuple[str, ...]
    changes: pd.DataFrame = field(repr=False)
    unit_a: str = ""
    unit_b: str = ""

    @property
    def status(self) -> str:
        """only in A, only in B, same, or changed."""
        if not self.rows_a or not self.rows_b:
            return "only in B" if not self.rows_a else "only in A"
        return "changed" if self.added or self.removed or self.revised or self.unit_a != self.unit_b else "same"

    def largest(self, count: int = LARGEST) -> pd.DataFrame:
        """The ``count`` largest revisions by per cent of the old value; where that is zero, they come first."""
        revised = self.changes[self.changes["kind"] == "revised"]
        size = revised["percent"].abs().fillna(math.inf)
        order = revised.assign(_size=-size).sort_values(["_size", "economy", "year"], kind="stable")
        return order.drop(columns="_size").head(count)


@dataclass(frozen=True)
class VintageDiff(Result):
    """``a`` and ``b`` name the two sides; ``series`` has every series of either, by code."""

    a: str
    b: str
    series: tuple[SeriesDiff, ...]

    @property
    def changed(self) -> tuple[SeriesDiff, ...]:
        return tuple(s for s in self.series if s.status != "same")

    @property
    def economies(self) -> tuple[str, ...]:
        """Every economy with an observation that differs."""
        return tuple(sorted({e for s in self.series for e in s.economies}))

    @property
    def revisions(self) -> pd.DataFrame:
        """A row for each observation that differs: code, economy, year, kind, old, new, change, percent."""
        parts = [s.changes for s in self.series if len(s.changes)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)

    def to_frame(self) -> pd.DataFrame:
        """A row per series: status, vintages, rows, counts of what differs, largest revision in per cent."""
        columns = ["code", "status", "vintage_a", "vintage_b", "rows_a", "rows_b", "added", "removed", "revised"]
        rows = []
        for s in self.series:
            top = s.largest(1)
            percent = float(top["percent"].iloc[0]) if len(top) else math.nan
            rows.append([*(getattr(s, name) for name in columns), len(s.economies), percent])
        return pd.DataFrame(rows, columns=[*columns, "economies", "largest_percent"])

    def to_json(self, largest: int = LARGEST) -> str:
        """The table, the economies and the largest revisions of each series; keys sorted, missing as null."""
        table = self.to_frame().to_dict("records")
        for record, s in zip(table, self.series, strict=True):
            record["economies"] = list(s.economies)
            record["label"] = s.label
            record["units"] = sorted({s.unit_a, s.unit_b} - {""})
            record["largest"] = s.largest(largest).drop(columns="code").to_dict("records")
        whole = _plain({"a": self.a, "b": self.b, "economies": list(self.economies), "series": table})
        return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)

    def summary(self) -> str:
        """In words: how many series changed, then each with its largest revisions."""
        counts = {
            kind: sum(s.status == kind for s in self.series) for kind in ("changed", "same", "only in A", "only in B")
        }
        text = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n) or "nothing to compare"
        lines = [f"A: {self.a}", f"B: {self.b}", f"{len(self.series)} series: {text}"]
        for kind in ("only in A", "only in B"):
            codes = [s.code for s in self.series if s.status == kind]
            lines += [f"{kind}: {', '.join(codes)}"] if codes else []
        for s in self.series:
            if s.status != "changed":
                continue
            lines.append(
                f"{s.code} ({s.label or 'no label'}): {s.vintage_a or '?'} -> {s.vintage_b or '?'}; {s.rows_a:,} -> "
                f"{s.rows_b:,} rows, {s.added:,} added, {s.removed:,} removed, {s.revised:,} revised; "
                f"{len(s.economies)} {'economy' if len(s.economies) == 1 else 'economies'} touched"
            )
            if s.rows_a and s.rows_b and s.unit_a != s.unit_b:
                lines.append(
                    f"    unit changed: {s.unit_a or 'none'} -> {s.unit_b or 'none'}; the values do not compare"
                )
            lines += [_revision(row) for row in s.largest(3).to_dict("records")]
        return "\n".join(lines)


def diff_vintages(
    a: Collection,
    b: Collection,
    *,
    vintage_a: str | None = None,
    vintage_b: str | None = None,
    codes: Sequence[str] | None = None,
    names: tuple[str, str] = ("A", "B"),
    tolerance: float = 0.0,
) -> VintageDiff:
    """Compare two collections of series: sources, stores' sources, mappings or lists of SeriesData.

    Of a source, ``codes`` (or all it has) are read in the vintage given (or the latest). ``tolerance`` is the
    relative difference up to which a value counts as the same; 0 compares to the last bit. Raises NoDataError when
    there is no series on either side.
    """
    if not 0 <= tolerance < 1:
        raise BadInputError(f"tolerance is {tolerance}; a share from 0 to below 1 was expected")
    left, right = collect(a, vintage_a, codes), collect(b, vintage_b, codes)
    for code in codes or ():
        if code not in left and code not in right:
            _absent(code, a, b)
    if not left and not right:
        raise NoDataError("there is no series on either side to compare")
    codes_of_both = sorted({*left, *right})
    found = [_series_diff(code, _dated(left.get(code)), _dated(right.get(code)), tolerance) for code in codes_of_both]
    return VintageDiff(names[0], names[1], tuple(found))


def _absent(code: str, *sides: Collection) -> None:
    """Raise the error for a series asked for that is on neither side."""
    have = {i.code: i for side in sides if isinstance(side, Readable) for i in side.entries()}
    if code in have:
        raise NoDataError(f"series '{code}' is on neither side in the vintage asked for")
    raise unknown("series", code, have, {c: info.label for c, info in have.items()})


def collect(given: Collection, vintage: str | None = None, codes: Sequence[str] | None = None) -> dict[str, SeriesData]:
    """Series by code; of a source those it has in ``vintage`` (its latest when None)."""
    if isinstance(given, Mapping):
        listed = list(given.values())
    elif isinstance(given, Readable):
        held = [info for info in given.entries() if vintage is None or info.vintage.startswith(vintage)]
        wanted = sorted({info.code for info in held} & (set(codes) if codes is not None else {i.code for i in held}))
        listed = [given.read(code, vintage) for code in wanted]
    else:
        listed = list(given)
    found: dict[str, SeriesData] = {}
    for item in listed:
        code = item.info.code
        if codes is not None and code not in codes:
            continue
        if code in found:
            raise BadInputError(f"series '{code}' is twice on one side ({found[code].info.key} and {item.info.key})")
        found[code] = item
    return found


def _series_diff(code: str, a: SeriesData | None, b: SeriesData | None, tolerance: float) -> SeriesDiff:
    one, other = (a or b), (b or a)
    if one is None or other is None:
        raise NoDataError(f"series '{code}' is on neither side")
    if one.freq != other.freq:
        raise BadInputError(f"series '{code}' has periods of {one.freq} on one side and {other.freq} on the other")
    keys = [c for c in one.frame.columns if c not in _NOT_KEYS]
    if keys != [c for c in other.frame.columns if c not in _NOT_KEYS]:
        raise BadInputError(f"series '{code}' has other keys on one side than on the other")
    empty = one.frame.iloc[:0]
    left = (a.frame if a else empty).set_index(keys)["value"].rename("old")
    right = (b.frame if b else empty).set_index(keys)["value"].rename("new")
    both = pd.concat([left, right], axis=1).sort_index()
    old, new = both["old"], both["new"]
    apart = (new - old).abs() > tolerance * pd.concat([old.abs(), new.abs()], axis=1).max(axis=1)
    kind = pd.Series("same", index=both.index, dtype="object")
    kind[old.isna()], kind[new.isna()] = "added", "removed"
    kind[old.notna() & new.notna() & apart] = "revised"
    changes = both.assign(kind=kind, change=new - old, percent=100 * (new - old) / old.abs().where(old != 0))
    changes = changes[kind != "same"].reset_index()
    changes.insert(0, "code", code)
    economy = next((c for c in ("economy", "exporter") if c in keys), None)
    counts = kind.value_counts()
    return SeriesDiff(
        code=code,
        label=other.info.label,
        vintage_a=a.info.vintage if a else "",
        vintage_b=b.info.vintage if b else "",
        rows_a=len(left),
        rows_b=len(right),
        added=int(counts.get("added", 0)),
        removed=int(counts.get("removed", 0)),
        revised=int(counts.get("revised", 0)),
        economies=tuple(sorted(changes[economy].unique())) if economy else (),
        changes=changes[[*["code"], *keys, "kind", "old", "new", "change", "percent"]],
        unit_a=a.info.unit if a else "",
        unit_b=b.info.unit if b else "",
    )


def _dated(data: SeriesData | None) -> SeriesData | None:
    """The series with months and quarters as texts (2015-02, 2015Q1), which sort as they do."""
    if data is None or data.freq == "Y" or "year" not in data.frame:
        return data
    return replace(data, frame=data.frame.assign(year=[period_text(data.freq, n) for n in data.frame["year"]]))


def _revision(row: Mapping[Any, Any]) -> str:
    percent = f" ({row['percent']:+,.2f} %)" if math.isfinite(row["percent"]) else ""
    return f"    {row['economy']} {row['year']}: {row['old']:,.6g} -> {row['new']:,.6g}{percent}"


def _plain(value: Any) -> Any:
    """Numbers as JSON has them, what is not finite as null."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
