"""Migrants and remittances: corridors, the rouble's pass-through, and the response of remittances."""

from .passthrough import PassThrough, pass_through
from .response import RemittanceBaseline, RemittanceChange, remittance_baseline, remittance_change
from .shares import Corridors, Share, corridors
from .tables import known_by, patents

__all__ = [
    "Corridors",
    "PassThrough",
    "RemittanceBaseline",
    "RemittanceChange",
    "Share",
    "corridors",
    "known_by",
    "pass_through",
    "patents",
    "remittance_baseline",
    "remittance_change",
]
