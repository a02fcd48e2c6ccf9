"""Migrants and remittances: corridors, the rouble's pass-through, work rights, patent fees, and the sum of them."""

from .fees import PatentSaving, claimed_fee, patent_saving
from .passthrough import PassThrough, pass_through
from .response import Baseline, RemittanceChange, baseline, remittance_change
from .rights import WorkRights, published_rights, work_rights
from .shares import Corridors, Share, corridors
from .tables import known_by, patents

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
    "known_by",
    "pass_through",
    "patent_saving",
    "patents",
    "published_rights",
    "remittance_change",
    "work_rights",
]
