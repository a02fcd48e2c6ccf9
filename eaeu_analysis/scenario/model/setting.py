"""What every channel of a scenario works on: the world before, the cells that can change, who is who."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from ...arrays import Array
from ...reference.blocs import bloc
from ..schema import Scenario
from ..tables import scenario_tables
from .baseline_world import SECTIONS, BaselineWorld, TariffTable, baseline_world
from .tariff_rates import Rates, common_by_section, rates, regimes, require_known, union_members


@dataclass(frozen=True)
class Setting:
    """``world``: the baseline with its tariffs, million US$; ``cells``: exporter, importer, sector that can change, the
    imports of the economy first (``inward`` of them), then its exports to members; ``members``: of the bloc before."""

    scenario: Scenario
    world: BaselineWorld
    cells: pd.DataFrame
    inward: int
    members: tuple[str, ...]
    partners: dict[str, tuple[str, ...]]

    @property
    def economy(self) -> str:
        return self.scenario.economy

    @cached_property
    def exporters(self) -> tuple[str, ...]:
        """Who sells to the economy, in the order of ``cells``."""
        return tuple(self.cells["exporter"].iloc[: self.inward : len(SECTIONS)])

    @cached_property
    def imports(self) -> Array:
        """(exporters, 10): imports of the economy by exporter and section, million US$ at the border."""
        model = self.world.model
        j = self.world.economies.index(self.economy)
        rows = [self.world.economies.index(e) for e in self.exporters]
        return model.flows.value[: len(SECTIONS)][:, rows, j].T

    @cached_property
    def dutiable(self) -> Array:
        """(10,): imports of the economy from partners that pay duty."""
        regime = regimes(self.scenario)
        pays = np.array([regime.get(e, "mfn") != "free" for e in self.exporters])
        return np.asarray(self.imports[pays].sum(axis=0))

    @property
    def gdp(self) -> float:
        """GDP of the economy in the baseline year, million US$."""
        return float(self.world.gdp.loc[self.economy])

    @cached_property
    def middle(self) -> pd.DataFrame:
        """One draw with every quantity at its median."""
        return pd.DataFrame({name: [q.centre] for name, q in self.scenario.quantities().items()})

    def rates(self, values: pd.DataFrame) -> Rates:
        """Tariffs of every draw."""
        return rates(self.scenario, values, self.dutiable)

    def member_duties(self) -> dict[str, Array]:
        """(10,) duties that each member collects at the common tariff on goods from outside, million US$; goods of
        economies with free trade pay none."""
        free = _free_of_members(self.scenario)
        table = common_by_section() / 100
        value, names = self.world.model.flows.value, self.world.economies
        outside = [i for i, name in enumerate(names) if name not in free]
        return {m: value[: len(SECTIONS)][:, outside, names.index(m)].sum(axis=1) * table for m in self.members}


def _free_of_members(scenario: Scenario) -> set[str]:
    """Economies whose goods members do not charge: members, the economy in question, parties to the CIS agreement."""
    members = union_members(scenario.bloc, scenario.baseline.year)
    return {*members, scenario.economy, *bloc("CIS FTA").members(on="2014-12-31"), *_bilateral()}


def _bilateral() -> tuple[str, ...]:
    """Free trade with all members by treaties between two sides."""
    return tuple(scenario_tables()["free_with_members"]["economies"])


def setting(scenario: Scenario) -> Setting:
    """The setting of a scenario; kept for the process, because laying out the world takes seconds."""
    return _setting(scenario.model_dump_json())


@lru_cache(maxsize=8)
def _setting(document: str) -> Setting:
    scenario = Scenario.model_validate_json(document)
    require_known(scenario)
    year, economy = scenario.baseline.year, scenario.economy
    bare = baseline_world(year, economy)
    members = tuple(m for m in union_members(scenario.bloc, year, economy) if m in bare.economies)
    exporters = [e for e in bare.economies if e != economy]
    inward = [(e, economy, s) for e in exporters for s in SECTIONS]
    outward = [(economy, m, s) for m in members for s in SECTIONS]
    cells = pd.DataFrame(inward + outward, columns=["exporter", "importer", "sector"])
    partners = _partners(economy, bare.economies)
    first = Setting(scenario, bare, cells, len(inward), members, partners)
    return Setting(
        scenario, baseline_world(year, economy, tariffs=_before(first)), cells, len(inward), members, partners
    )


def _partners(economy: str, economies: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Partners shown apart: name -> economies."""
    named = scenario_tables()["partners"].get(economy, {"economies": []})["economies"]
    out: dict[str, tuple[str, ...]] = {p: (p,) for p in named if p in economies}
    for name, group in scenario_tables()["groups"].items():
        out[name] = tuple(e for e in bloc(group["bloc"]).members(on=group["on"]) if e in economies and e != economy)
    return out


def _before(at: Setting) -> TariffTable:
    """The economy's tariffs in the middle draw, the members' common tariff on outsiders; others' are not at hand."""
    found = at.rates(at.middle)
    rows = []
    for exporter in at.exporters:
        before = found.pair(exporter)[0][0]
        rows += [(exporter, at.economy, s, float(r)) for s, r in zip(SECTIONS, before, strict=True) if r > 0]
    free, table = _free_of_members(at.scenario), common_by_section()
    for member in at.members:
        for exporter in at.world.economies:
            if exporter not in free and exporter != member:
                rows += [(exporter, member, s, float(r)) for s, r in zip(SECTIONS, table, strict=True) if r > 0]
    return TariffTable(tuple(rows))
