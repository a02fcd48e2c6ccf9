"""Work rights: what joining did to members' remittances against a counterfactual, as a distribution in log points.

A member's migrants need no patent and no quota from the day of accession. Armenia and Kyrgyzstan are the members that
live on remittances. Their counterfactuals are drawn from former Soviet economies that went through the same fall of
the rouble, so that what is left is not the rouble; there are eight such donors, so the interval is
wide, and the estimate is used with that width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...data.panel import Panel
from ...errors import BadInputError, NoDataError, require_least
from ...reference import economies
from ...remittances.tables import remittance_tables
from ...results import Check, Provenance, TableResult

BLOC = "EAEU"


@dataclass(frozen=True, eq=False)
class WorkRights(TableResult):
    """Effect of joining on remittances, log points: normal with ``mean`` and ``sd``.

    ``table``: a row per member and pool, ``unit, name, pool, estimate, lower, upper, p_value, sd, weight, donors,
    finding``, in log points; ``weight`` is zero for the pool that is only shown.
    """

    drawn_by = "remittances.draw_work_rights"

    mean: float
    sd: float

    @property
    def used_level(self) -> float:
        """Of :attr:`interval`; ``level`` is that of the table."""
        return settings.LEVEL

    @property
    def interval(self) -> tuple[float, float]:
        """At ``settings.LEVEL``."""
        from scipy import stats

        z = float(stats.norm.ppf((1 + settings.LEVEL) / 2))
        return self.mean - z * self.sd, self.mean + z * self.sd

    def draws(self, n: int, seed: int | np.random.SeedSequence = 0) -> np.ndarray[Any, np.dtype[np.float64]]:
        """(n,) draws in log points."""
        require_least("draws", n, 1)
        return np.random.default_rng(seed).normal(self.mean, self.sd, n)

    def summary(self) -> str:
        low, high = self.interval
        word = "no clear effect" if low <= 0 <= high else "an effect"
        who = ", ".join(self.spec["members"])
        lines = [
            f"Work rights: what joining the {BLOC} did to remittances in US$ of {who}: {word}",
            f"  {self.mean:+.2f} log points, standard deviation {self.sd:.2f}, {settings.LEVEL:.0%} interval "
            f"[{low:.2f}, {high:.2f}]",
        ]
        for row in self.table.to_dict("records"):
            used = f"weight {row['weight']:.2f}" if row["weight"] else "shown only"
            lines.append(
                f"  {row['name']}, donors {row['pool']}: {row['estimate']:+.2f}, {self.level:.0%} interval "
                f"[{row['lower']:.2f}, {row['upper']:.2f}], p = {row['p_value']:.2f}; {used}"
            )
        return self._ended([*lines, ""], sources=False)


def work_rights(
    panel: Panel | None = None,
    *,
    members: Sequence[str] | None = None,
    last_year: int = settings.LAST_CLEAN_YEAR,
    seed: int = 0,
) -> WorkRights:
    """The effect of membership on remittances in US$ from the counterfactuals of ``members``, pooled.

    ``panel``: with the outcome's series and population; None loads the pinned ones. ``members``: None takes Armenia
    and Kyrgyzstan; in a backtest on one of them leave that one out, or it is judged by its own outcome.
    The interval of each is symmetric and taken as a normal one; members are weighted by their inverse variance, and
    the standard deviation is the weighted mean of theirs, as for errors that move together: same years, same donors.
    As of 2014 nothing can be had (no member had joined that lives on remittances): ``last_year`` before 2016 raises
    NoDataError. Raises BadInputError for a member that is none.
    """
    from scipy import stats

    from ...impact.members.effects import effects_plan as plan
    from ...impact.members.effects import union_effects

    fixed = remittance_tables()["rights"]
    if last_year < int(fixed["first_judged"]):
        raise NoDataError(
            f"no effect of work rights is known as of {last_year}: Armenia and Kyrgyzstan joined in 2015; state one "
            "with its reference"
        )
    codes = [economies.resolve(m) for m in (fixed["members"] if members is None else members)]
    if not codes:
        raise BadInputError("work rights need one member at least")
    level, used = float(fixed["level"]), str(fixed["pool"])
    panel = (panel or work_rights_panel()).select(None, None, (panel.years[0] if panel else 1990, last_year))
    effects = union_effects(
        panel, [fixed["outcome"]], BLOC, units=codes, pools=list(plan().pools), level=level, seed=seed
    )
    frame = effects.to_frame()
    failed = frame[(frame["pool"] == used) & (frame["reason"] != "")]
    if len(failed):
        raise NoDataError(f"no counterfactual of {failed['name'].iloc[0]}: {failed['reason'].iloc[0]}")
    table = frame[frame["reason"] == ""][
        ["unit", "name", "pool", "estimate", "lower", "upper", "p_value", "donors", "finding"]
    ].reset_index(drop=True)
    table[["estimate", "lower", "upper"]] /= 100
    z = float(stats.norm.ppf((1 + level) / 2))
    table["sd"] = (table["upper"] - table["lower"]) / (2 * z)
    chosen = table[table["pool"] == used]
    if not np.isfinite(chosen["sd"]).all():
        raise NoDataError(f"the donors of the pool {used!r} have no finite interval at {level:.0%}")
    weights = 1 / chosen["sd"] ** 2
    weights /= weights.sum()
    table["weight"] = weights.reindex(table.index).fillna(0.0)
    mean, sd = float((weights * chosen["estimate"]).sum()), float((weights * chosen["sd"]).sum())
    spec = {
        "members": codes,
        "outcome": fixed["outcome"],
        "pool": used,
        "level": level,
        "last_year": last_year,
        "seed": seed,
    }
    provenance = Provenance(effects.provenance.series, effects.provenance.method, "", spec)
    return WorkRights(spec, table, level, _checks(chosen, table, used, mean), provenance, mean, sd)


def published_rights() -> tuple[float, float]:
    """Log points by which work rights raised migrants' income in the study named in remittances.toml, low and high.

    Of households with a migrant in Russia, so for a share of one: times the share of Russia for all remittances. A
    narrow alternative to :func:`work_rights`, and of Armenian household income, not of remittances.
    """
    entry = remittance_tables()["rights"]["published"]
    return float(np.log1p(entry["low_percent"] / 100)), float(np.log1p(entry["high_percent"] / 100))


def work_rights_panel() -> Panel:
    """The pinned series that the counterfactuals are made of."""
    from ...data.load import load_panel

    return load_panel([remittance_tables()["rights"]["outcome"], "SP.POP.TOTL"])


def _checks(chosen: pd.DataFrame, table: pd.DataFrame, used: str, mean: float) -> tuple[Check, ...]:
    low = int((chosen["p_value"] <= 1 - settings.LEVEL).sum())
    apart = float(chosen["estimate"].max() - chosen["estimate"].min())
    spread = float(np.sqrt((chosen["sd"] ** 2).sum())) if len(chosen) > 1 else float("nan")
    other = table[table["pool"] != used]
    shown = ", ".join(f"{row['unit']} {row['estimate']:+.2f}" for row in other.to_dict("records"))
    members_agree_text = (
        f"the members' estimates lie {apart:.2f} apart, against {2 * spread:.2f}, twice their joint deviation"
    )
    return (
        Check("stands out", low > 0, float(low), 1.0, f"{low} of {len(chosen)} members stand out from placebos"),
        Check("members agree", None if len(chosen) < 2 else apart <= 2 * spread, apart, 2 * spread, members_agree_text),
        Check("other donors", None, None, None, f"donors that did not share the rouble give {shown}"),
        _published_check(mean),
    )


def _published_check(mean: float) -> Check:
    entry = remittance_tables()["rights"]["published"]
    low, high = published_rights()
    text = f"{entry['source']}: {low:+.2f} to {high:+.2f} for {entry['what']}; {entry['note']}; here {mean:+.2f}"
    return Check("against others", None, mean - (low + high) / 2, None, text)
