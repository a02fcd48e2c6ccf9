"""What every channel of a scenario works on: the world before, the cells that can change, who is who."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import NoDataError
from ...reference.blocs import bloc
from ...trade.equilibrium.world_model import WorldModel
from ..schema import Scenario
from ..tables import scenario_tables
from . import duties
from .baseline_world import SECTIONS, SECTORS, BaselineWorld, TariffTable, baseline_world, world_flows
from .partners import UNION, free_with, freed, merging, regimes, union_members
from .tariff_rates import Rates, average_on_dutiable, common_by_section, rates, require_known


@dataclass(frozen=True, eq=False)
class Setting:
    """``world``: the baseline with its tariffs, million US$; ``cells``: exporter, importer, sector that can change, the
    imports of the economy first (``inward`` of them), then its exports to ``buyers``; ``members``: of the bloc before;
    ``partners``: name to those shown apart; ``regime``: how an exporter's goods are treated (mfn where not named);
    ``charged`` (buyers, 10): what buyers charge on the economy's goods before, per cent; ``freed``: members that
    charge nothing after."""

    scenario: Scenario
    world: BaselineWorld
    cells: pd.DataFrame
    inward: int
    buyers: tuple[str, ...]
    members: tuple[str, ...]
    partners: dict[str, tuple[str, ...]]
    regime: dict[str, str]
    charged: Array
    freed: tuple[str, ...]

    @property
    def economy(self) -> str:
        return self.scenario.economy

    @property
    def common_tariff(self) -> bool:
        """Whether the bloc's common tariff is shipped."""
        return bloc(self.scenario.bloc).code == UNION

    def regime_of(self, exporter: str) -> str:
        """'free', 'mfn', 'full' (with a surcharge before) or 'freed' by joining."""
        return self.regime.get(exporter, "mfn")

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
        pays = np.array([self.regime_of(e) != "free" for e in self.exporters])
        return np.asarray(self.imports[pays].sum(axis=0))

    @property
    def gdp(self) -> float:
        """GDP of the economy in the baseline year, million US$."""
        return float(self.world.gdp.loc[self.economy])

    @cached_property
    def middle(self) -> pd.DataFrame:
        """One draw with every quantity at its median."""
        return pd.DataFrame({name: [q.centre] for name, q in self.scenario.quantities().items()})

    def law(self, values: pd.DataFrame) -> Rates:
        """Tariffs of every draw as the law has them."""
        return rates(self.scenario, values, self.dutiable)

    def rates(self, values: pd.DataFrame) -> Rates:
        """Tariffs of every draw as they are paid."""
        return duties.paid(self, values, self.law(values))

    @cached_property
    def alike(self) -> WorldModel:
        """The same world with one elasticity for all goods, gold among them."""
        model = self.world.model
        theta = np.full_like(model.world.theta, self.scenario.elasticities.sigma.centre - 1)
        return replace(model, world=replace(model.world, theta=theta))

    @cached_property
    def laid(self) -> Array:
        """(m,): rates of the cells in the world that was laid out."""
        found = self.rates(self.middle)
        inward = [found.pair(self.regime_of(e))[0][0] for e in self.exporters]
        return np.concatenate([*inward, *self.charged]) if len(self.charged) else np.concatenate(inward)

    def member_duties(self) -> dict[str, Array]:
        """(10,) duties in law that each member has on goods from outside, million US$, where the common tariff is
        known; goods of its free-trade partners pay none."""
        if not self.common_tariff:
            return {}
        table, names = common_by_section() / 100, self.world.economies
        value = self.world.model.flows.value[: len(SECTIONS)]
        out = {}
        for m in self.members:
            free = self.free_in(m)
            outside = [i for i, name in enumerate(names) if name not in free]
            out[m] = value[:, outside, names.index(m)].sum(axis=1) * table
        return out

    def free_in(self, member: str) -> set[str]:
        """Whose goods a member does not charge before."""
        return {*self.members, *free_with(member, self.world.year)}


def setting(scenario: Scenario) -> Setting:
    """The setting of a scenario; kept for the process, because laying out the world takes a second."""
    return _setting(scenario.model_dump_json())


@lru_cache(maxsize=16)
def _setting(document: str) -> Setting:
    scenario = Scenario.model_validate_json(document)
    require_known(scenario)
    year, economy = scenario.baseline.year, scenario.economy
    flows = world_flows(year, economy)
    named, apart = _partners(economy)
    groups = merging(scenario, flows.table, set(named), apart)
    bare = baseline_world(flows, economy, groups, sigma=_middle_elasticity(scenario))
    members = tuple(m for m in union_members(scenario.bloc, year, economy) if m in bare.economies)
    exporters = [e for e in bare.economies if e != economy]
    access = scenario.market_access if scenario.on("market_access") else None
    extra = {groups[e] for e in bloc(access.of).members(on=f"{year}-12-31") if e in groups} if access else set()
    buyers = (*members, *sorted(extra - {economy, *members}))
    inward = [(e, economy, s) for e in exporters for s in SECTIONS]
    outward = [(economy, b, s) for b in buyers for s in SECTIONS]
    cells = pd.DataFrame(inward + outward, columns=["exporter", "importer", "sector"])
    partners: dict[str, tuple[str, ...]] = {name: (name,) for name in named if name in bare.economies}
    for name, those in apart.items():
        partners[name] = tuple(sorted({groups[e] for e in those if e in groups and e != economy}))
    new = freed(scenario, members) if scenario.on("tariffs") else ()
    treated = {groups[code]: kind for code, kind in regimes(economy, year).items() if code in groups}
    treated |= dict.fromkeys(new, "freed")
    charged = _charged(scenario, buyers, new, flows.table)
    first = Setting(scenario, bare, cells, len(inward), buyers, members, partners, treated, charged, new)
    world = baseline_world(flows, economy, groups, _before(first), _middle_elasticity(scenario))
    return Setting(scenario, world, cells, len(inward), buyers, members, partners, treated, charged, new)


def _middle_elasticity(scenario: Scenario) -> dict[str, float]:
    """By sector, at the medians: the slope at which the solver starts; draws have their own."""
    block = scenario.elasticities
    out = dict.fromkeys(SECTORS, block.sigma.centre)
    if block.world_priced is not None:
        out |= dict.fromkeys(scenario_tables()["world_priced"]["sections"], block.world_priced.centre)
    return out


def _partners(economy: str) -> tuple[list[str], dict[str, set[str]]]:
    """Partners shown apart by themselves, and groups of them."""
    tables = scenario_tables()
    named = list(tables["partners"].get(economy, tables["partners"]["others"])["economies"])
    groups = {name: set(bloc(g["bloc"]).members(on=g["on"])) for name, g in tables["groups"].items()}
    return [n for n in named if n != economy], groups


def _charged(scenario: Scenario, buyers: tuple[str, ...], new: tuple[str, ...], flows: pd.DataFrame) -> Array:
    """(buyers, 10): tariffs on the economy's goods before: of members that joining frees, and of market access."""
    out = np.zeros((len(buyers), len(SECTIONS)))
    block = scenario.tariffs
    if new and bloc(scenario.bloc).code == UNION:
        out[[buyers.index(m) for m in new]] = common_by_section()
    elif new and block is not None:
        given = None if block.members_average is None else block.members_average.centre
        for member in new:
            out[buyers.index(member)] = _average_of(member, scenario.baseline.year, flows) if given is None else given
    if scenario.on("market_access") and scenario.market_access is not None:
        access = scenario.market_access
        members = set(union_members(scenario.bloc, scenario.baseline.year))
        for k, buyer in enumerate(buyers):
            if buyer not in members:
                out[k] = np.where(np.isin(SECTIONS, access.sections), access.before.centre, 0.0)
    return out


def _average_of(member: str, year: int, flows: pd.DataFrame) -> float:
    """What a member charges on goods that pay duty; without an average one sentence says what to supply."""
    try:
        return average_on_dutiable(member, year, flows)[0]
    except NoDataError as error:
        raise NoDataError(f"{error}, and joining frees trade with it; give tariffs.members_average, per cent") from None


def _before(at: Setting) -> TariffTable:
    """Tariffs before, as they are paid in the middle draw: the economy's, what buyers charge on its goods, and the
    members' common tariff on outsiders where it is known; others' are not in the model."""
    found = at.rates(at.middle)
    rows = []
    for exporter in at.exporters:
        before = found.pair(at.regime_of(exporter))[0][0]
        rows += [(exporter, at.economy, s, float(r)) for s, r in zip(SECTIONS, before, strict=True) if r > 0]
    for buyer, table in zip(at.buyers, at.charged, strict=True):
        rows += [(at.economy, buyer, s, float(r)) for s, r in zip(SECTIONS, table, strict=True) if r > 0]
    if at.common_tariff:
        table = common_by_section() * float(duties.members_paid_share(at, at.middle)[0])
        for member in at.members:
            free = at.free_in(member)
            for exporter in at.world.economies:
                if exporter not in free and exporter not in (member, at.economy):
                    rows += [(exporter, member, s, float(r)) for s, r in zip(SECTIONS, table, strict=True) if r > 0]
    return TariffTable(tuple(rows))
