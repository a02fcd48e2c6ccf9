"""``load_panel``: series and outcomes from a source as one panel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import BadInputError, as_names, unknown
from ..reference import corrections
from ..reference.catalogue import catalogue, indicator, outcome, outcome_names
from .panel import Panel
from .sources import Preparing, Source
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
    """Load World Bank series and named outcomes as a panel of economies.

    Parameters
    ----------
    indicators : Sequence[str], optional
        World Bank codes ("NE.TRD.GNFS.ZS"), labels, codes with a vintage ("CODE@2025-07-19"), or outcomes
        ("remittances"). An outcome also loads the series it is computed from. Default: every series of the source.
    economies : Sequence[str], optional
        ISO3 or ISO2 codes or names. Default: all economies of the data.
    years : tuple[int, int], optional
        First and last year, both included. Default: all.
    source : {"pinned", "live"}, path or Source, default "pinned"
        "pinned": the data shipped with the package, no network. "live": the World Bank's service, through a local
        store. A path: a World Bank download, a tidy CSV or Parquet file, a folder of them, or a pin.
    vintage : str, optional
        Date of the edition for every code that does not name its own. Default: the default edition of the source.
    **live
        With ``source="live"`` only: ``store`` (folder), ``max_age`` (days after which a series is fetched again,
        default 30), ``offline``, ``endpoint``, and the other options of
        :class:`~eaeu_analysis.data.store.StoreSource`.

    Returns
    -------
    Panel
        Indexed by economy (ISO3) and year, one column per indicator and outcome, aggregates apart.

    Raises
    ------
    BadInputError
        Unknown indicator, economy, source or option; the message has the near match.
    NoDataError
        The source lacks a series, or nothing is left for these economies and years.
    IntegrityError
        A pinned table does not match its recorded hash.

    See Also
    --------
    catalogue : the series that can be named.
    Panel.from_frame : a panel of your own data.

    Notes
    -----
    Sources and dates of the pinned tables are in ``data/pinned/datapackage.json``. Two vintages of a series are never
    joined. Corrections (``data/corrections.toml``) are applied and stated in the note of the series.

    Examples
    --------
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
        chosen.prepare(wanted, vintage)  # all at once, so that they are fetched in parallel
    items = []
    for code in wanted:
        bare, _, own = code.partition("@")
        item = corrections.apply(chosen.read(bare, own or vintage), corrections.load_corrections())
        items.append(replace(item, info=item.info.with_(code=code)) if own else item)
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
    try:
        str(path).encode("utf-8")
    except UnicodeEncodeError:
        raise BadInputError(f"the name of source {str(source)!r} is not UTF-8 text; rename the file") from None
    if not path.exists():
        raise BadInputError(f"source {str(source)!r} not known: expected 'pinned', 'live' or the path of a file or pin")
    if (path / "datapackage.json").is_file():
        return PinnedSource(path)
    if (path / "entries").is_dir() and (path / "objects").is_dir():
        raise BadInputError(
            f"{str(source)!r} is a store of pulled series: use the source 'live' (in data diff: 'store') with "
            f"--store {path}"
        )
    from .sources.files.source import FileSource  # here, because the shipped data do without

    return FileSource(path)


def _codes(indicators: Sequence[str] | None, source: Source) -> tuple[list[str], list[str]]:
    """World Bank codes to read, and outcomes to compute from them."""
    known = outcome_names()
    asked = () if indicators is None else as_names("indicators", indicators)
    have: list[str] = []
    if indicators is None or any(name.partition("@")[0] not in known for name in asked):
        have = list(dict.fromkeys(entry.code for entry in source.entries()))
    if indicators is None:
        return have, []
    codes: list[str] = []
    computed: list[str] = []
    for name in asked:
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
