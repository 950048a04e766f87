"""The changes of state of the complaints desk."""

from complaints.rules.attaching import Received
from complaints.rules.erasing import erase_cases
from complaints.rules.filing import (
    LONGEST_NAME,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    Entry,
    Filed,
    file_case,
    read_report,
)
from complaints.rules.handling import (
    add_note,
    answer,
    ask_for_more,
    check,
    classify,
    close_unanswered,
    escalate,
    forward,
    merge,
    move_elsewhere,
    reject,
    respond,
    start_follow_up,
)
from complaints.rules.opening import PASS_S, TRIES, open_with_pass, open_with_pin, pass_for
from complaints.rules.replying import add, complete, object_to, rate, reopen, withdraw
from complaints.rules.steps import last_event

__all__ = [
    "LONGEST_NAME",
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "PASS_S",
    "TRIES",
    "Entry",
    "Filed",
    "Received",
    "add",
    "add_note",
    "answer",
    "ask_for_more",
    "check",
    "classify",
    "close_unanswered",
    "complete",
    "erase_cases",
    "escalate",
    "file_case",
    "forward",
    "last_event",
    "merge",
    "move_elsewhere",
    "object_to",
    "open_with_pass",
    "open_with_pin",
    "pass_for",
    "rate",
    "read_report",
    "reject",
    "reopen",
    "respond",
    "start_follow_up",
    "withdraw",
]
