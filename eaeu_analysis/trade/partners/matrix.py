"""Who trades with whom, before and after: flows between members, neighbours and the large outsiders in two years."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ...errors import BadInputError, NoDataError
from ...reference import economies
from ...reference.shipped_tables import FLOWS
from ...results import Provenance, Result
from ..flows.flows import group_members
from ..flows.union_panel import TradePanel, all_goods, member_groups

OTHERS = ("neighbours", "Ukraine", "China", "Turkey", "EU")
WORLD = "rest of the world"


@dataclass(frozen=True)
class FlowMatrix(Result):
    """Change of goods trade between groups of economies; from ``flow_matrix``.

    Attributes
    ----------
    table : DataFrame
        A row per exporting and importing group: ``exporter``, ``importer``, ``before``, ``after`` (US$, over the flows
        known in both years), ``percent`` (change), ``against_world`` (change less that of all trade, percentage
        points), ``flows`` (number of flows), ``left_out`` (flows known in one of the years only).
    groups : tuple of str
        Names of the groups, in the order given.
    years : tuple of int
        The two years.
    world_percent : float
        Change of all trade, per cent.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_flow_matrix"

    table: pd.DataFrame
    groups: tuple[str, ...]
    years: tuple[int, int]
    world_percent: float
    provenance: Provenance = field(default_factory=Provenance)

    def wide(self, column: str = "percent") -> pd.DataFrame:
        """One column as a matrix, exporters down, importers across."""
        order = list(self.groups)
        return self.table.pivot(index="exporter", columns="importer", values=column).loc[order, order]

    def summary(self) -> str:
        shown = self.wide().round(0).to_string(na_rep="", float_format=lambda v: f"{v:+.0f}")
        return (
            f"Change of goods trade {self.years[0]} to {self.years[1]}, per cent of US$, exporters down, importers "
            f"across; all trade {self.world_percent:+.0f} %\n{shown}"
        )


def flow_matrix(
    trade_panel: TradePanel | None = None,
    *,
    years: tuple[int, int] = (2008, 2016),
    groups: Mapping[str, Sequence[str]] | None = None,
) -> FlowMatrix:
    """Compare goods flows between groups of economies in two years, in current US$.

    Parameters
    ----------
    trade_panel : TradePanel, optional
        Flows by exporter, importer and year. None takes the pinned panel with its gaps filled.
    years : tuple of int, default (2008, 2016)
        The two years; both must be in the panel.
    groups : mapping of str to sequence of str, optional
        Economies (codes or names) by name of the group. None takes each member of the union, the neighbours that never
        joined, Ukraine, China, Turkey and the EU. All other economies are the rest of the world: they count in
        ``world_percent`` but have no row.

    Returns
    -------
    FlowMatrix
        The changes by pair of groups, with ``wide()`` for a matrix and ``plot()`` for a figure.

    Raises
    ------
    BadInputError
        An economy is in two groups or not known, a year is not in the panel, or ``trade_panel`` is of another type.
    NoDataError
        No flow is known in both years.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> groups = {"Kyrgyzstan": ["KGZ"], "Russia": ["RUS"], "China": ["CHN"]}
    >>> change = ea.flow_matrix(years=(2012, 2016), groups=groups).table.set_index(["exporter", "importer"])
    >>> round(float(change.loc[("Russia", "Kyrgyzstan"), "against_world"]), 1)
    -9.6
    """
    panel = all_goods() if trade_panel is None else trade_panel
    if not isinstance(panel, TradePanel):
        raise BadInputError(f"trade_panel must be a TradePanel or None for the pinned one, not {type(panel).__name__}")
    for year in years:
        if year not in panel.years:
            raise BadInputError(f"year {year} is not in the panel ({', '.join(map(str, panel.years))})")
    if groups is None:
        groups = {economies.common_name(code): [code] for code in member_groups()["members"]}
        groups |= {name: group_members(name) for name in OTHERS}
    place: dict[str, str] = {}
    for name, members in groups.items():
        for code in (economies.resolve(m) for m in members):
            if code in place:
                raise BadInputError(f"{code} is in two groups, {place[code]!r} and {name!r}")
            place[code] = name
    before, after = (
        panel.flows[panel.flows["year"] == year].set_index(["exporter", "importer"])["usd"] for year in years
    )
    pairs = pd.DataFrame({"before": before, "after": after}).reset_index()
    for side in ("exporter", "importer"):
        pairs[side] = pairs[side].map(place).fillna(WORLD)
    both = pairs[pairs[["before", "after"]].notna().all(axis=1)]
    if both.empty:
        raise NoDataError(f"no flow is known in both {years[0]} and {years[1]}")
    keys = ["exporter", "importer"]
    order = pd.MultiIndex.from_product([list(groups)] * 2, names=keys)
    sums = both.groupby(keys)[["before", "after"]].sum().reindex(order)
    count = both.groupby(keys).size().reindex(order).fillna(0).astype("int64")
    known = pairs.groupby(keys).size().reindex(order).fillna(0).astype("int64")
    world = float(100 * (both["after"].sum() / both["before"].sum() - 1))
    percent = 100 * (sums["after"] / sums["before"].where(sums["before"] > 0) - 1)
    table = sums.assign(percent=percent, against_world=percent - world, flows=count, left_out=known - count)
    return FlowMatrix(
        table.reset_index(),
        tuple(groups),
        years,
        world,
        Provenance(
            series=tuple(FLOWS.info(n) for n in ("world_4yearly", "russia_annual", "armenia_annual")),
            method="sums of flows known in both years, current US$",
        ),
    )
