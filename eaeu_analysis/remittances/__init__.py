"""Migrants and remittances: corridors, the rouble's pass-through, and the response of remittances."""

from .passthrough import PassThrough, pass_through
from .response import remittance_change, remittances_received
from .shares import Corridors, Share, corridors

__all__ = [
    "Corridors",
    "PassThrough",
    "Share",
    "corridors",
    "pass_through",
    "remittance_change",
    "remittances_received",
]
