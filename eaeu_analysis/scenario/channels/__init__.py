"""The channels: each turns the numbers of a scenario into a shock to the world; what several share is in none twice.

A shock is a change of tariffs, of trade costs or of income from abroad. :func:`solve`
brings in each channel alone and all together; what the whole has beyond the parts is shown as interaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...arrays import Array


@dataclass(frozen=True)
class Shock:
    """``tariffs`` (B, m): rates after, per cent; ``factors`` (B, m): new over old t^(1 - sigma); ``transfers``: economy
    to (B,) million US$ a year; ``extra``: outcome to (B,) that the world model does not hold, unit in its name's table.
    None means that nothing of the kind changes."""

    tariffs: Array | None = None
    factors: Array | None = None
    transfers: dict[str, Array] = field(default_factory=dict)
    extra: dict[str, Array] = field(default_factory=dict)
