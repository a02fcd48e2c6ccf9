"""Migrants and remittances: corridors, the rouble's pass-through, work rights, patent fees, and the sum of them."""

from .passthrough import PassThrough, pass_through
from .patents import PatentSaving, claimed_fee, patent_saving
from .response import Baseline, RemittanceChange, baseline, remittance_change
from .rights import WorkRights, work_rights
from .shares import Corridors, Share, corridors

__all__ = [
    "Baseline",
    "Corridors",
    "PassThrough",
    "PatentSaving",
    "RemittanceChange",
    "Share",
    "WorkRights",
    "baseline",
    "claimed_fee",
    "corridors",
    "pass_through",
    "patent_saving",
    "remittance_change",
    "work_rights",
]
