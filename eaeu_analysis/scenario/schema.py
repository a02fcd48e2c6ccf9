"""What a scenario file may say: blocks, keys and their meaning, checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import BadInputError, require_option, unknown
from .model.quantities import Number, Quantity, read_quantity

Channel = Literal["tariffs", "border_costs", "customs_revenue", "migration", "market_access", "dynamic"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
SECTION_NAMES = tuple(str(k) for k in range(10))
FIXED = Quantity(value=0.0)
SHARE, RATE = (0.0, 1.0), (0.0, 500.0)
LATER = ("migration.rouble_trade",)


class SchemaBlock(BaseModel):
    """Base of the blocks: unknown keys are errors, and a number outside ``BOUNDS`` (lowest, highest) is one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    BOUNDS: ClassVar[dict[str, tuple[float, float]]] = {}

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        for name, (lowest, highest) in self.BOUNDS.items():
            quantity = getattr(self, name)
            if quantity is None:
                continue
            low, high = quantity.ppf_ends
            if low < lowest or high > highest:
                came = f"{low:g}" if low == high else f"{low:g} to {high:g}"
                upper = f" to {highest:g}" if highest < float("inf") else " or more"
                raise ValueError(f"{name} is {came}; expected {lowest:g}{upper}")
        return self


class Phase(SchemaBlock):
    """When a change comes in: nothing before ``first``, all of it from ``last`` on, a straight line between."""

    first: int = Field(default=1, ge=0, description="Year after accession in which the change begins")
    last: int = Field(default=1, ge=0, description="Year after accession from which the change is complete")

    @model_validator(mode="after")
    def _in_order(self) -> Phase:
        if self.last < self.first:
            raise ValueError(f"the phase-in ends in year {self.last}, before it starts in year {self.first}")
        return self

    def share(self, year: int) -> float:
        """How much of the change is there in a year after accession."""
        if year < self.first:
            return 0.0
        return min(1.0, (year - self.first + 1) / (self.last - self.first + 1))


class BaselineBlock(SchemaBlock):
    """The world before: which year's trade, how many years ahead to show."""

    year: int = Field(description="Year of the trade matrix")
    horizon: int = Field(10, ge=1, le=40, description="Years after accession that are shown")
    accession: int | None = Field(
        None, ge=1990, le=2100, description="Year of accession, in fact or assumed; left out: years are counted only"
    )
    note: str = Field("", description="What the baseline is made of")


class Elasticities(SchemaBlock):
    """How strongly trade answers to costs."""

    BOUNDS = {"sigma": (1.01, 50.0), "world_priced": (1.01, 200.0), "demand": (0.0, 10.0),
              "substitution": (0.0, 50.0)}  # fmt: skip

    sigma: Number = Field(description="Elasticity of substitution between origins; the trade elasticity is sigma - 1")
    world_priced: Number | None = Field(
        None, description="The same for gold, whose price the world sets; left out: that of all other goods"
    )
    demand: Number = Field(
        Quantity(value=1.0), description="Multiple of the import-demand elasticities by section (partial model)"
    )
    substitution: Number = Field(
        Quantity(value=1.5), description="Elasticity of substitution between partners (partial model)"
    )


class Tariffs(SchemaBlock):
    """From the economy's own tariff to another."""

    BOUNDS = {"position": SHARE, "exempt": SHARE, "ceiling": RATE, "average_before": RATE, "average_after": RATE,
              "members_average": RATE, "collected": (0.0, 1e7), "exemptions_end": SHARE}  # fmt: skip

    schedule: Literal["cet", "ceiling", "cet_within_ceiling", "own", "average", "sections"] = Field(
        description="The common external tariff, a ceiling on the own one, the common one within it, the own one kept, "
        "averages, or a table of rates by section"
    )
    position: Number = Field(
        Quantity(value=0.5), description="Where in the range of ad valorem equivalents: 0 lowest, 1 highest"
    )
    ceiling: Number | None = Field(None, description="Highest rate by chapter, per cent")
    average_before: Number | None = Field(None, description="Average tariff before, per cent (schedule 'average')")
    average_after: Number | None = Field(None, description="Average tariff after, per cent (schedule 'average')")
    exempt: Number = Field(FIXED, description="Share of the rise that lasting exemptions take away, 0 to 1")
    exempt_chapters: tuple[str, ...] = Field((), description="HS chapters that keep their own tariff")
    sections: dict[str, tuple[float, float]] = Field(
        default_factory=dict, description="Rates before and after by SITC section, per cent (schedule 'sections')"
    )
    members_average: Number | None = Field(
        None, description="Average tariff of members on the economy's goods before, per cent; left out: World Bank"
    )
    collected: Number | None = Field(
        None, description="Duties collected before, million US$ a year; left out: all duties in law are paid"
    )
    exemptions_end: Number = Field(
        FIXED, description="How far exemptions from duty end: 0 not at all, 1 as far as in the members"
    )
    phase: Phase = Phase()

    @model_validator(mode="after")
    def _complete(self) -> Tariffs:
        if "ceiling" in self.schedule and self.ceiling is None:
            raise ValueError(f"schedule {self.schedule!r} needs a ceiling")
        if self.schedule == "average" and (self.average_before is None or self.average_after is None):
            raise ValueError("schedule 'average' needs average_before and average_after")
        if self.schedule == "sections":
            lacking = [name for name in SECTION_NAMES if name not in self.sections]
            if lacking:
                raise ValueError(f"schedule 'sections' needs rates for SITC sections 0 to 9; {lacking[0]} is missing")
            if any(not 0 <= rate <= RATE[1] for pair in self.sections.values() for rate in pair):
                raise ValueError(f"a rate in [tariffs.sections] is outside 0 to {RATE[1]:g} per cent")
        for chapter in self.exempt_chapters:
            if not (len(chapter) == 2 and chapter.isdigit() and 1 <= int(chapter) <= 97 and chapter != "77"):
                raise ValueError(f"HS chapter {chapter!r} does not exist; chapters are '01' to '97' without '77'")
        return self


class BorderCosts(SchemaBlock):
    """What falls between members apart from tariffs: customs posts, inspections, differing rules."""

    BOUNDS = {"effect": (-3.0, 3.0), "cost": SHARE, "removed": SHARE}

    source: Literal["estimated", "survey"] = Field(description="From the estimated union effect, or from surveys")
    effect: Number = Field(
        FIXED, description="Union effect on trade with members, log points (estimated): sets t^(1 - sigma)"
    )
    cost: Number = Field(FIXED, description="Cost of barriers, share of export value, 0 to 1 (survey)")
    removed: Number = Field(FIXED, description="Share of that cost which membership takes away, 0 to 1 (survey)")
    phase: Phase = Phase()


class CustomsRevenue(SchemaBlock):
    """Own duties before; a share of the members' pooled duties after."""

    BOUNDS = {"share": (0.0, 100.0), "follows": SHARE, "pool": (0.0, 1e7)}

    share: Number = Field(description="Negotiated share of the pool, per cent")
    follows: Number = Field(
        FIXED, description="How far the share follows what the economy would collect: 0 not at all, 1 in proportion"
    )
    pool: Number | None = Field(None, description="Duties that members collect, million US$ a year; left out: table")
    others: dict[str, float] = Field(
        default_factory=dict, description="Shares of the members today, per cent; empty: the table of duty shares"
    )
    phase: Phase = Phase()

    @model_validator(mode="after")
    def _adds_up(self) -> CustomsRevenue:
        for member, share in self.others.items():
            if not share >= 0:
                raise ValueError(f"the share of {member} is {share:g}; a share is zero or more")
        if self.others and abs(sum(self.others.values()) - 100) > 0.011:
            raise ValueError(f"the members' shares sum to {sum(self.others.values()):g}, not to 100")
        return self


class Migration(SchemaBlock):
    """Migrants' incomes and what they send home; see ``remittances``."""

    BOUNDS = {"russian_share": SHARE, "sent_home": SHARE, "migrants": (0.0, 10.0), "permit_fee": (0.0, 10_000.0),
              "rouble": (-3.0, 3.0), "russian_income": (-1.0, 1.0), "work_rights": (-5.0, 5.0), "wage": (0.0, 1e6),
              "firms": SHARE, "fees_counted": (0.0, 1e6), "rouble_trade": (0.0, 5.0)}  # fmt: skip

    rouble: Number = Field(
        FIXED, description="Change of the rouble per dollar, log points: above zero is a cheaper rouble"
    )
    russian_income: Number = Field(FIXED, description="Change of Russia's real GDP, log points")
    rouble_trade: Number = Field(
        FIXED, description="Elasticity of trade with Russia to roubles per dollar: exports fall, imports rise"
    )
    pass_through_rouble: Number = Field(
        FIXED, description="Elasticity of remittances from Russia to roubles per dollar"
    )
    pass_through_income: Number = Field(FIXED, description="Elasticity of remittances from Russia to its real GDP")
    russian_share: Number = Field(FIXED, description="Share of remittances that comes from Russia, 0 to 1")
    work_rights: Number = Field(FIXED, description="Effect of the right to work on remittances, log points")
    migrants: Number = Field(FIXED, description="People who stop paying for a work permit, million")
    permit_fee: Number = Field(FIXED, description="What a migrant pays for permits, US$ a year")
    wage: Number = Field(FIXED, description="Wage of migrants, US$ a year; income tax on it is credited with the fee")
    firms: Number = Field(FIXED, description="Share of migrants whose employer withholds income tax, 0 to 1")
    fees_counted: Number = Field(
        FIXED, description="All that they pay for permits as counted, million US$ a year: the cap; 0: no cap"
    )
    sent_home: Number = Field(FIXED, description="Share of the fee saved that is sent home, 0 to 1")
    phase: Phase = Phase()

    @model_validator(mode="after")
    def _one_of_two(self) -> Migration:
        if (self.work_rights.free or self.work_rights.centre != 0) and (
            self.migrants.free or self.migrants.centre != 0
        ):
            raise ValueError("work_rights and migrants are alternatives: the first includes the saved fee already")
        return self


class MarketAccess(SchemaBlock):
    """What a group of buyers outside the bloc charges on the economy's goods."""

    BOUNDS = {"before": RATE, "after": RATE}

    of: str = Field(description="The bloc whose members are the buyers")
    sections: tuple[str, ...] = Field(min_length=1, description="SITC sections that the tariff is on")
    before: Number = Field(description="Average tariff on these sections before, per cent")
    after: Number = Field(description="Average tariff on these sections after, per cent")
    phase: Phase = Phase()

    @model_validator(mode="after")
    def _known_sections(self) -> MarketAccess:
        for name in self.sections:
            if name not in SECTION_NAMES:
                raise ValueError(f"SITC section {name!r} does not exist; sections are '0' to '9'")
        return self


class Dynamic(SchemaBlock):
    """Stated, and off unless asked for: nothing here is estimated."""

    BOUNDS = {"investment": (-50.0, 50.0), "services": (-50.0, 50.0), "rules_of_origin": SHARE}

    investment: Number = Field(FIXED, description="More income from investment, per cent of GDP")
    services: Number = Field(FIXED, description="More income from services trade, per cent of GDP")
    rules_of_origin: Number = Field(FIXED, description="Cost of proving origin that falls away, share of export value")
    phase: Phase = Phase()


class Joint(SchemaBlock):
    """Two normal quantities that were estimated together."""

    of: tuple[str, str] = Field(description="Their paths, as in migration.pass_through_rouble")
    correlation: float = Field(ge=-1, le=1)


class Scenario(SchemaBlock):
    """A question about an economy and a bloc, complete enough to be run again. Read by :func:`load_scenario`.

    Attributes
    ----------
    name, title, question : str
        Short name, title and the question in a sentence.
    economy : str
        ISO3 code of the economy.
    bloc : str, default "EAEU"
        The bloc that it joins, or whose members are its partners when ``joins`` is False.
    channels : tuple of {"tariffs", "border_costs", "customs_revenue", "migration", "market_access", "dynamic"}
        The channels that are on. Each needs its block of the same name.
    baseline, elasticities : BaselineBlock, Elasticities
        The world before the change, and how strongly trade responds to costs.
    tariffs, border_costs, customs_revenue, migration, market_access, dynamic : block or None
        The assumptions of each channel.
    joint : tuple of Joint
        Pairs of correlated normal assumptions.
    references, notes : tuple of str
        Sources, and what the scenario leaves out.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> scenario = ea.load_scenario("uzb_eaeu")
    >>> scenario.economy, scenario.bloc, scenario.baseline.year
    ('UZB', 'EAEU', 2019)
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    question: str
    economy: str = Field(description="The economy that joins")
    bloc: str = Field("EAEU", description="The bloc that it joins")
    joins: bool = Field(True, description="False where the economy does not become a member")
    channels: tuple[Channel, ...] = Field(description="Which channels are on")
    references: tuple[str, ...] = Field(min_length=1)
    notes: tuple[str, ...] = Field((), description="What the scenario leaves out")
    baseline: BaselineBlock
    elasticities: Elasticities
    tariffs: Tariffs | None = None
    border_costs: BorderCosts | None = None
    customs_revenue: CustomsRevenue | None = None
    migration: Migration | None = None
    market_access: MarketAccess | None = None
    dynamic: Dynamic | None = None
    joint: tuple[Joint, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        for channel in self.channels:
            if getattr(self, channel) is None:
                raise ValueError(f"channel {channel!r} is on, and there is no block [{channel}]")
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("a channel is named twice")
        known = self.quantities()
        for pair in self.joint:
            for path in pair.of:
                if path not in known:
                    raise ValueError(f"joint: {path!r} is no quantity of this scenario")
                if known[path].kind != "normal":
                    raise ValueError(f"joint: {path!r} is not normal")
        return self

    def on(self, channel: str) -> bool:
        """Whether the channel is on: a block of one that is off is read and changes nothing."""
        return channel in self.channels

    def quantities(self) -> dict[str, Quantity]:
        """Every number of the blocks that are on, by its path ('elasticities.sigma')."""
        out: dict[str, Quantity] = {}
        for block in ("elasticities", *self.channels):
            part = getattr(self, block)
            for field in type(part).model_fields:
                value = getattr(part, field)
                if isinstance(value, Quantity):
                    out[f"{block}.{field}"] = value
        return out

    def at(self, values: Mapping[str, float] | None = None) -> Scenario:
        """A copy in which every number is fixed: at ``values`` (by path), and all others at their medians.

        Raises BadInputError for a path that is not in the scenario, ValueError (pydantic) for a number out of place.
        """
        known, given = self.quantities(), dict(values or {})
        for path in given:
            require_option(f"quantity of {self.name}", path, known)
        document = self.model_dump()
        for path, quantity in known.items():
            block, field = path.split(".")
            fixed = {"value": float(given.get(path, quantity.centre)), "reference": quantity.reference}
            document[block][field] = {"kind": "fixed", **fixed}
        return type(self).model_validate(document | {"joint": ()})

    def replace(self, changes: Mapping[str, float | str | Quantity]) -> Scenario:
        """A copy with other numbers or other plain settings.

        Parameters
        ----------
        changes : mapping
            Path to a number, a distribution as text or a :class:`Quantity`: ``{"migration.permit_fee": 500,
            "sigma": "uniform(3, 6)"}``. The name of a number is enough without its block. ``name``, ``title``,
            ``economy`` and ``bloc`` can be given too.

        Returns
        -------
        Scenario
            The changed scenario, checked as a whole.

        Raises
        ------
        BadInputError
            A path that no block has (with the near match), a value that is no number or distribution, or a number
            outside its range.

        Examples
        --------
        >>> import eaeu_analysis as ea
        >>> changed = ea.load_scenario("uzb_eaeu").replace({"sigma": "uniform(3, 6)"})
        >>> changed.quantities()["elasticities.sigma"].text()
        '3 to 6'
        """
        document = self.model_dump()
        for given, value in changes.items():
            if given in ("name", "title", "question", "economy", "bloc"):
                document[given] = value
                continue
            block, field = self._path(given).split(".")
            if isinstance(value, Quantity):
                document[block][field] = value.model_dump()
            elif field in ("schedule", "source", "of"):
                document[block][field] = value
            else:
                document[block][field] = read_quantity(str(value), "set by the user")
        try:
            return type(self).model_validate(document)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            text = str(first["msg"]).removeprefix("Value error, ")
            raise BadInputError(f"{where}: {text}" if where else text) from None

    def _path(self, given: str) -> str:
        """The path of a number of the blocks that this scenario has, by its path or its last part."""
        known = [p for p in (*every_path(), "tariffs.schedule", "border_costs.source", "market_access.of")
                 if getattr(self, p.split(".")[0]) is not None]  # fmt: skip
        if given in known:
            return given
        for path in known:
            if path.split(".")[1] == given:  # no two blocks have a name in common
                return path
        raise unknown(f"quantity of {self.name}", given, [*known, *(p.split(".")[1] for p in known)])

    def to_toml(self) -> str:
        """The scenario as the text of a file, every number with its distribution and reference.

        Returns
        -------
        str
            TOML that :func:`load_scenario` reads back as the same scenario.

        Examples
        --------
        >>> import eaeu_analysis as ea
        >>> print(ea.load_scenario("uzb_wto").to_toml().splitlines()[0])
        name = "uzb_wto"
        """
        from .write import scenario_toml

        return scenario_toml(self)

    def label(self, path: str) -> str:
        """What a quantity means."""
        block, field = path.split(".")
        return str(type(getattr(self, block)).model_fields[field].description)

    def _repr_html_(self) -> str:
        from .display import scenario_html

        return scenario_html(self)

    def summary(self) -> str:
        """The scenario as text: question, channels, every number with its reference, what is left out."""
        lines = [
            f"{self.name}: {self.title}",
            self.question,
            f"baseline {self.baseline.year}, {self.economy} and {self.bloc}",
        ]
        for block in ("elasticities", *self.channels):
            lines.append(f"[{block}]")
            for path, quantity in self.quantities().items():
                if path.startswith(block + ".") and (quantity.free or quantity.centre != 0):
                    source = f"  ({quantity.reference})" if quantity.reference else ""
                    lines.append(f"  {path.split('.')[1]}: {quantity.text()}  {self.label(path)}{source}")
        lines += [f"left out: {note}" for note in self.notes]
        lines += [f"reference: {text}" for text in self.references]
        return "\n".join(lines)


def draw_order() -> list[str]:
    """The numbers that have a place each in one sequence of draws, so that scenarios share their draws.

    A number that came later is drawn from a sequence of its own: all other draws stay what they were.
    """
    return [path for path in every_path() if path not in LATER]


def every_path() -> list[str]:
    """The path of every number that a scenario can have, in the order of the blocks."""
    blocks: dict[str, type[SchemaBlock]] = {
        "elasticities": Elasticities, "tariffs": Tariffs, "border_costs": BorderCosts,
        "customs_revenue": CustomsRevenue, "migration": Migration, "market_access": MarketAccess, "dynamic": Dynamic,
    }  # fmt: skip
    return [f"{block}.{name}" for block, model in blocks.items() for name, field in model.model_fields.items()
            if "Quantity" in str(field.annotation)]  # fmt: skip


def json_schema() -> dict[str, object]:
    """The JSON Schema of a scenario file, for editors."""
    return Scenario.model_json_schema()
