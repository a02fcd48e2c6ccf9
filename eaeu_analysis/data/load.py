"""``load_panel``: names and codes -> sources -> one panel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import BadInputError, as_names, unknown
from ..reference.catalogue import catalogue, indicator, outcome, outcomes
from ..series import SeriesData
from . import corrections
from .panel import Panel
from .sources import Preparing, Source
from .sources.files.source import FileSource
from .sources.pinned import PinnedSource

CODE = re.compile(r"[A-Z]{2}(\.[A-Z0-9]+){1,6}")  # the form of a World Bank code


def load_panel(
    indicators: Sequence[str] | None = None,
    economies: Sequence[str] | None = None,
    years: tuple[int, int] | None = None,
    source: str | Path | Source = "pinned",
    vintage: str | None = None,
    **live: Any,
) -> Panel:
    """The panel of ``indicators`` (World Bank codes, ``CODE@VINTAGE``, or outcome names such as 'remittances').

    ``source``: "pinned" (shipped with the package), "live" (the store, pulling what is missing), the path of a World
    Bank file, a tidy file or a pin, or a source that is open already. ``vintage`` applies to every code that does not
    name its own. With "live": ``store`` (a folder), ``max_age`` (days after which a series is pulled anew; 30),
    ``offline``, ``endpoint`` and what else :class:`~eaeu_analysis.data.store.StoreSource` takes.
    Outcome names bring in the series they are computed from and are added as columns.
    Raises BadInputError for an unknown name, NoDataError when the source lacks it.

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(["remittances"], ["KGZ", "Tajikistan"], (2012, 2014))
    >>> panel.wide("remittances").round(1)
    economy   KGZ   TJK
    year
    2012     30.8  42.2
    2013     31.1  43.8
    2014     30.0  37.1
    """
    chosen = open_source(source, **live)
    wanted, computed = _codes(indicators, chosen)
    if isinstance(chosen, Preparing):
        chosen.prepare(wanted, vintage)  # in one go, so that they are pulled side by side
    items = []
    for code in wanted:
        bare, _, own = code.partition("@")
        item = corrections.apply(chosen.read(bare, own or vintage), corrections.load_corrections())
        items.append(SeriesData(item.info.with_(code=code), item.frame) if own else item)
    panel = Panel.from_series(items)
    if economies is not None or years is not None:
        panel = panel.select(None, economies, years)
    for name in computed:
        panel = panel.with_outcome(name)
    return panel


def open_source(source: str | Path | Source = "pinned", **live: Any) -> Source:
    """The source behind a name ("pinned", "live") or a path; ``live`` goes to the store's source."""
    if live and source != "live":
        raise BadInputError(f"{next(iter(live))!r} is an option of source='live', and the source is {str(source)!r}")
    if not isinstance(source, (str, Path)):
        return source
    if source == "pinned":
        return PinnedSource()
    if source == "live":
        from .store.source import StoreSource  # here, because it brings the network libraries

        return StoreSource(**live)
    path = Path(source)
    if not path.exists():
        raise BadInputError(f"source {str(source)!r} not known: expected 'pinned', 'live' or the path of a file or pin")
    if (path / "datapackage.json").is_file():
        return PinnedSource(path)
    if (path / "entries").is_dir() and (path / "objects").is_dir():
        raise BadInputError(
            f"{str(source)!r} is a store of pulled series: ask for the source 'live' (in data diff: 'store') with "
            f"--store {path}"
        )
    return FileSource(path)


def _codes(indicators: Sequence[str] | None, source: Source) -> tuple[list[str], list[str]]:
    """World Bank codes to read, and outcomes to compute from them."""
    have = list(dict.fromkeys(entry.code for entry in source.entries()))
    if indicators is None:
        return have, []
    codes: list[str] = []
    computed: list[str] = []
    known = set(outcomes().index)
    for name in as_names("indicators", indicators):
        bare = name.partition("@")[0]
        if bare in known:
            computed.append(bare)
            codes.extend(outcome(bare).codes)
        elif bare in have:
            codes.append(name)
        else:
            try:
                codes.append(indicator(bare).code + name[len(bare) :])
            except BadInputError:
                if CODE.fullmatch(bare) and _is_live(source):
                    codes.append(name)  # the World Bank has thousands of series that the catalogue does not list
                    continue
                labels = {str(c): str(label) for c, label in catalogue()["label"].items()}
                raise unknown("indicator", name, [*have, *known, *labels], labels) from None
    return list(dict.fromkeys(codes)), computed


def _is_live(source: Source) -> bool:
    if not isinstance(source, Preparing):
        return False
    from .store.source import StoreSource

    return isinstance(source, StoreSource)
