"""What a change of one country's tariffs does to its imports, revenue and consumers, product by product: WITS-SMART.

One importing market at a time, Armington varieties by partner, no income effects. Trade creation and diversion as in
Laird & Yeats (1986, "The UNCTAD Trade Policy Simulation Model", annex I) and Jammes & Olarreaga (2005, "Explaining
SMART and GSIM"); revenue with excise and value added tax on top of the duty as in TRIST (Brenton, Saborowski, Staritz
& von Uexkull 2009, World Bank Policy Research Working Paper 5045).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, require_option, unknown
from ...results import Check, Provenance, Result
from ..frames import need_columns
from .duties import check_code

REFERENCE = "Laird & Yeats (1986); Jammes & Olarreaga (2005); Brenton et al. (2009)"
DIVERSIONS = ("laird-yeats", "ces", "linear")
SUBSTITUTION = 1.5  # the default of WITS-SMART
COLUMNS = (
    "product", "partner", "imports_before", "tariff_before", "tariff_after", "creation", "diversion", "price_effect",
    "imports_after", "duty_change", "excise_change", "vat_change", "revenue_change", "consumer_surplus",
    "welfare_change",
)  # fmt: skip


@dataclass(frozen=True)
class PartialEquilibrium(Result):
    """Effects of a change of tariffs by product and partner; from ``partial_equilibrium``.

    Attributes
    ----------
    spec : mapping
        Elasticities, taxes and the rule of diversion.
    table : DataFrame
        A row per product and partner, columns :data:`COLUMNS`, values in the unit of the imports. ``diversion`` sums to
        zero over the partners of a product. ``consumer_surplus`` is what consumers gain from the change of prices;
        ``welfare_change`` adds the change of revenue, without the effects on home producers and foreign sellers.
    checks : tuple of Check
        Consistency of the result.
    provenance : Provenance
        Method and sources.
    """

    drawn_by = "trade_policy.draw_partial_equilibrium"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    checks: tuple[Check, ...]
    provenance: Provenance

    @property
    def creation(self) -> float:
        """Trade creation in all."""
        return float(self.table["creation"].sum())

    @property
    def diversion(self) -> float:
        """Imports that change partner, in all (the gains; the losses are as large)."""
        return float(self.table["diversion"].clip(lower=0).sum())

    @property
    def revenue_change(self) -> float:
        """Change of duty, excise and value added tax on imports, in all."""
        return float(self.table["revenue_change"].sum())

    @property
    def welfare_change(self) -> float:
        """Consumer surplus and revenue together, in all."""
        return float(self.table["welfare_change"].sum())

    def by(self, key: Literal["product", "partner"]) -> pd.DataFrame:
        """Sums by "product" or "partner"."""
        require_option("key", key, ("product", "partner"))
        values = [name for name in COLUMNS if name not in ("product", "partner", "tariff_before", "tariff_after")]
        return self.table.groupby(key)[values].sum()

    def summary(self) -> str:
        before = float(self.table["imports_before"].sum())
        lines = [
            f"Partial equilibrium (SMART): products {self.table['product'].nunique()}, "
            f"partners {self.table['partner'].nunique()}, imports {before:,.0f}",
            f"  trade creation {self.creation:+,.0f}, diverted between partners {self.diversion:,.0f}",
            f"  revenue {self.revenue_change:+,.0f} (duty {self.table['duty_change'].sum():+,.0f}, excise "
            f"{self.table['excise_change'].sum():+,.0f}, VAT {self.table['vat_change'].sum():+,.0f})",
            f"  consumer surplus {self.table['consumer_surplus'].sum():+,.0f}, welfare {self.welfare_change:+,.0f}",
        ]
        return self._ended(lines, sources=False)


def partial_equilibrium(
    imports: pd.DataFrame,
    tariff_change: pd.DataFrame,
    demand_elasticity: float | Mapping[str, float] = -1.0,
    substitution: float | Mapping[str, float] = SUBSTITUTION,
    *,
    supply_elasticity: float | Mapping[str, float] = float("inf"),
    vat: float | Mapping[str, float] = 0.0,
    excise: float | Mapping[str, float] = 0.0,
    diversion: Literal["laird-yeats", "ces", "linear"] = "laird-yeats",
) -> PartialEquilibrium:
    """Trade creation, diversion, revenue and welfare of a change of tariffs in one importing country (SMART).

    Parameters
    ----------
    imports : DataFrame
        ``product``, ``partner``, ``value`` at the border (c.i.f.) and optionally ``tariff``, the present rate (per
        cent).
    tariff_change : DataFrame
        ``after`` and, unless ``imports`` has the rates, ``before`` (per cent of the border value), by ``product`` and
        ``partner``. Without one of these two columns a row applies to all. Imports not named keep their rate.
    demand_elasticity : float or mapping of str to float, default -1.0
        Elasticity of import demand, negative; one number or one per product.
    substitution : float or mapping of str to float, default 1.5
        Elasticity of substitution between partners, positive; the default is that of WITS-SMART.
    supply_elasticity : float or mapping of str to float, default infinity
        Elasticity of export supply, positive.
    vat, excise : float or mapping of str to float, default 0.0
        Tax rates in per cent. Excise is due on value and duty, VAT on value, duty and excise.
    diversion : {"laird-yeats", "ces", "linear"}, default "laird-yeats"
        "laird-yeats": change of the relative price times the elasticity, bounded by actual trade. "ces": the exact
        shares of constant elasticity of substitution. "linear": Jammes and Olarreaga, bounded by actual trade.

    Returns
    -------
    PartialEquilibrium
        A table by product and partner, with totals and ``by("product")`` or ``by("partner")``.

    Raises
    ------
    BadInputError
        A column is missing, a row occurs twice, a product or partner of the change is not in the imports, a rate is
        negative, an elasticity has the wrong sign, or an option is not known.

    Notes
    -----
    A check fails when no tariff reaches 1 %, since shares may have been given for per cent. Laird and Yeats (1986) and
    Jammes and Olarreaga (2005) for creation and diversion; Brenton, Saborowski, Staritz and
    von Uexkull (2009) for revenue with excise and value added tax.

    Examples
    --------
    >>> import eaeu_analysis as ea, pandas as pd
    >>> imports = pd.DataFrame({"product": ["8703", "8703"], "partner": ["KOR", "CHN"], "value": [100.0, 50.0]})
    >>> change = pd.DataFrame({"product": ["8703"], "before": [30.0], "after": [15.0]})
    >>> found = ea.partial_equilibrium(imports, change)
    >>> round(float(found.revenue_change), 2), round(float(found.welfare_change), 2)
    (-19.9, 3.89)
    """
    require_option("diversion", diversion, DIVERSIONS)
    table, assumed = _read(imports, tariff_change)
    product = table["product"]
    em = _by_product("demand_elasticity", demand_elasticity, product, below=True)
    es = _by_product("substitution", substitution, product)
    mu = _by_product("supply_elasticity", supply_elasticity, product)
    rates = {
        name: _by_product(name, given, product, zero=True) / 100 for name, given in (("vat", vat), ("excise", excise))
    }
    result = effects(table, em, es, mu, rates["vat"], rates["excise"], diversion)
    spec = {
        "demand_elasticity": _plain(demand_elasticity),
        "substitution": _plain(substitution),
        "supply_elasticity": _plain(supply_elasticity),
        "vat": _plain(vat),
        "excise": _plain(excise),
        "diversion": diversion,
    }
    provenance = Provenance(method="SMART partial equilibrium", reference=REFERENCE, settings=spec)
    return PartialEquilibrium(spec, result, _checks(result, assumed), provenance)


def _plain(value: float | Mapping[str, float]) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _read(imports: pd.DataFrame, change: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """``product, partner, value, before, after`` sorted, and how many rows had no tariff given (taken as zero)."""
    imports = need_columns("imports", imports, ("product", "partner", "value"))
    change = need_columns("tariff_change", change, ("after",))
    table = imports[["product", "partner"]].astype(str)
    table["value"] = _rates_of(imports, "value", "imports")
    if table.duplicated(["product", "partner"]).any():
        twice = table[table.duplicated(["product", "partner"])].iloc[0]
        raise BadInputError(f"imports: {twice['product']} from {twice['partner']} is given more than once")
    digits = table["product"].map(lambda code: len(code) if code.isdigit() else 0)
    if (digits > 0).all():
        if digits.nunique() > 1:
            raise BadInputError("imports: product codes have several lengths; a leading zero may have been lost")
        check_code(table["product"].iloc[0], "imports")
    keys = [key for key in ("product", "partner") if key in change.columns]
    if not keys:
        raise BadInputError("tariff_change needs a column product or partner")
    new = change[keys].astype(str)
    new["after"] = _rates_of(change, "after", "tariff_change")
    if "before" in change.columns:
        new["before"] = _rates_of(change, "before", "tariff_change")
    if new.duplicated(keys).any():
        raise BadInputError(f"tariff_change: the same {' and '.join(keys)} is given more than once")
    for key in keys:
        bought = set(table[key])
        for name in pd.unique(new[key]):
            if name not in bought:
                raise unknown(f"tariff_change: {key}", name, sorted(bought))
    table = table.merge(new, on=keys, how="left")
    own = _rates_of(imports, "tariff", "imports") if "tariff" in imports.columns else np.full(len(table), np.nan)
    before = table["before"] if "before" in table else pd.Series(np.nan, index=table.index)
    table["before"] = before.where(before.notna(), own)
    assumed = int(table["before"].isna().sum())
    table["before"] = table["before"].fillna(0.0)
    table["after"] = table["after"].where(table["after"].notna(), table["before"])
    return table.sort_values(["product", "partner"]).reset_index(drop=True), assumed


def _rates_of(frame: pd.DataFrame, column: str, name: str) -> Array:
    try:
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise BadInputError(f"{name}: column {column!r} contains a value that is not a number") from None
    if not np.isfinite(values).all():
        raise BadInputError(f"{name}: column {column!r} has missing values; a missing value is not a zero")
    if (values < 0).any():
        raise BadInputError(f"{name}: column {column!r} has a value below zero ({values.min():g})")
    return np.asarray(values, dtype=np.float64)


def _by_product(
    name: str, given: float | Mapping[str, float], product: pd.Series, below: bool = False, zero: bool = False
) -> Array:
    """One value a row, of the right sign: below zero, zero or more, or above zero."""
    if isinstance(given, Mapping):
        missing = sorted(set(product) - set(given))
        if missing:
            raise BadInputError(f"{name}: no value for product {missing[0]}")
        values = np.asarray(product.map(given), dtype=np.float64)
    else:
        values = np.full(len(product), float(given))
    wrong = np.isnan(values) | ((values >= 0) if below else (values < 0) if zero else (values <= 0))
    if wrong.any():
        sign = "below zero" if below else "zero or more" if zero else "above zero"
        raise BadInputError(f"{name} must be {sign}, not {values[wrong][0]:g}")
    return values


def effects(table: pd.DataFrame, em: Array, es: Array, mu: Array, vat: Array, excise: Array, rule: str) -> pd.DataFrame:
    """Row by row: ``table`` has product (any key), partner, value, before, after; the arrays hold a value a row."""
    value, before, after = (table[name].to_numpy() for name in ("value", "before", "after"))
    t0, t1 = before / 100, after / 100
    raised = (t1 - t0) / (1 + t0)  # relative change of the domestic price at given world prices
    finite = np.isfinite(mu)
    world = np.where(finite, em * raised / (np.where(finite, mu, 1.0) - em), 0.0)  # relative change of the world price
    quantity = em * (raised + world)
    creation = value * quantity
    product = table["product"]
    diverted = _diverted(value, raised, es, product, rule)
    moved = value + creation + diverted
    price_effect = world * moved
    new = moved + price_effect
    out = table[["product", "partner"]].assign(imports_before=value, tariff_before=before, tariff_after=after)
    out = out.assign(creation=creation, diversion=diverted, price_effect=price_effect, imports_after=new)
    duty = (t0 * value, t1 * new)
    taxed = (excise * (1 + t0) * value, excise * (1 + t1) * new)
    added = (vat * (1 + excise) * (1 + t0) * value, vat * (1 + excise) * (1 + t1) * new)
    out = out.assign(duty_change=duty[1] - duty[0], excise_change=taxed[1] - taxed[0], vat_change=added[1] - added[0])
    out["revenue_change"] = out["duty_change"] + out["excise_change"] + out["vat_change"]
    load = (1 + excise) * (1 + vat)
    dearer = ((1 + t1) * (1 + world) - (1 + t0)) * load  # change of what consumers pay per unit worth one at the border
    out["consumer_surplus"] = -dearer * (value + 0.5 * creation)
    out["welfare_change"] = out["consumer_surplus"] + out["revenue_change"]
    return out[list(COLUMNS)]


def _diverted(value: Array, raised: Array, es: Array, product: pd.Series, rule: str) -> Array:
    """Change of each partner's imports at a given total, by product; sums to zero over a product's partners."""
    group = pd.factorize(product)[0]

    def total(values: Array) -> Array:
        return np.asarray(np.bincount(group, weights=values), dtype=np.float64)[group]

    whole = total(value)
    share = np.divide(value, whole, out=np.zeros_like(value), where=whole > 0)
    if rule == "linear":
        change = -es * value * (raised - total(share * raised))
        lost = np.minimum(change, 0.0)
        cut = np.maximum(lost, -value)
        scale = np.divide(total(cut), total(lost), out=np.ones_like(value), where=total(lost) < 0)
        return np.where(change > 0, change * scale, cut)
    if rule == "ces":
        pull = (1 + raised) ** -es
    else:
        # Laird & Yeats: a fall of the relative price by r draws by 1 + es * r; a rise is a fall for all the others
        pull = np.where(raised <= 0, 1 - es * raised, 1 / (1 + es * raised / (1 + raised)))
    weight = value * pull
    base = total(weight)
    return np.asarray(np.divide(whole * weight, base, out=np.zeros_like(value), where=base > 0) - value)


def _checks(table: pd.DataFrame, assumed: int) -> tuple[Check, ...]:
    gap = float(table.groupby("product")["diversion"].sum().abs().max())
    scale = float(table["imports_before"].max())
    negative = int((table["imports_after"] < 0).sum())
    checks = [
        Check("diversion sums to zero", gap <= 1e-9 * max(scale, 1.0), gap, 1e-9 * max(scale, 1.0),
              f"largest sum of diversion over a product's partners {gap:.1e}"),
        Check("no negative imports", negative == 0, float(negative), 0.0,
              f"{negative} flows fall below zero: the change is too large for constant slopes" if negative
              else "no flow falls below zero"),
    ]  # fmt: skip
    rates = table[["tariff_before", "tariff_after"]].to_numpy()
    if 0 < rates.max() < 1:
        checks.append(Check("unit of tariffs", False, float(rates.max()), 1.0,
                            f"the largest tariff is {rates.max():g} %: rates are in per cent, 20 for 20 %; were shares "
                            "given?"))  # fmt: skip
    if assumed:
        checks.append(Check("tariffs assumed", None, float(assumed), None,
                            f"{assumed} flows have no tariff given and count as free of duty"))  # fmt: skip
    return tuple(checks)
