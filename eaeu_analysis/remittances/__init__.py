"""Migrants and remittances: corridors, the rouble's pass-through, work rights, patent fees, and the sum of them."""

from ..scenario.model.work_rights import (
    PatentSaving,
    WorkRights,
    claimed_fee,
    patent_saving,
    published_rights,
    work_rights,
)
from .passthrough import PassThrough, pass_through
from .response import RemittanceBaseline, RemittanceChange, remittance_baseline, remittance_change
from .shares import Corridors, Share, corridors
from .tables import known_by, patents

__all__ = [
    "Corridors",
    "PassThrough",
    "PatentSaving",
    "RemittanceBaseline",
    "RemittanceChange",
    "Share",
    "WorkRights",
    "claimed_fee",
    "corridors",
    "known_by",
    "pass_through",
    "patent_saving",
    "patents",
    "published_rights",
    "remittance_baseline",
    "remittance_change",
    "work_rights",
]
