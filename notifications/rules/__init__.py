"""Every change of state of a message: written, voided, claimed, sent, reported, erased.

A message is sent at least once: a worker that dies between sending and marking sends again when its
lease is over, and the channel's stable reference lets the receiver drop the second copy.
"""

from notifications.rules.marking import retry
from notifications.rules.outbox import (
    Draft,
    channel_of,
    channels_of,
    composed,
    enqueue,
    known,
    revive,
    void,
)
from notifications.rules.reports import report, take_reports
from notifications.rules.sending import IN_FLIGHT, Done, claim, one_round, send_due
from notifications.rules.upkeep import backlog, costs, erase_ended, parked, troubled
from notifications.rules.withdrawing import withdraw
from notifications.rules.wording import keep_text, reset_text, try_out

__all__ = [
    "IN_FLIGHT",
    "Done",
    "Draft",
    "backlog",
    "channel_of",
    "channels_of",
    "claim",
    "composed",
    "costs",
    "enqueue",
    "erase_ended",
    "keep_text",
    "known",
    "one_round",
    "parked",
    "report",
    "reset_text",
    "retry",
    "revive",
    "send_due",
    "take_reports",
    "troubled",
    "try_out",
    "void",
    "withdraw",
]
