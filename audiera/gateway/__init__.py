"""The gateway: checks a licence, takes a voucher, writes both down, and grants the bytes."""

from audiera.gateway.app import create_app
from audiera.gateway.blocks import block_item, blocked_after, complain, complaints_after, unblock_item
from audiera.gateway.copying import Copied, copy_journal
from audiera.gateway.journal import editing_journal
from audiera.gateway.problems import Problem
from audiera.gateway.settings import (
    RELAYED,
    Limits,
    Noticing,
    Receiver,
    Relaying,
    Rules,
    Settings,
    Smtp,
    Uploading,
)
from audiera.gateway.settlement import Settler, Told, settling, unanswered

__all__ = [
    "RELAYED",
    "Copied",
    "Limits",
    "Noticing",
    "Problem",
    "Receiver",
    "Relaying",
    "Rules",
    "Settings",
    "Settler",
    "Smtp",
    "Told",
    "Uploading",
    "block_item",
    "blocked_after",
    "complain",
    "complaints_after",
    "copy_journal",
    "create_app",
    "editing_journal",
    "settling",
    "unanswered",
    "unblock_item",
]
