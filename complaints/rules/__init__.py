"""The changes of state of the complaints desk."""

from complaints.rules.erasing import erase_cases
from complaints.rules.filing import (
    LONGEST_NAME,
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    Filed,
    file_case,
    promise_text,
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
    start_follow_up,
)
from complaints.rules.opening import TRIES, open_with_pin
from complaints.rules.replying import complete, object_to, rate, reopen, withdraw
from complaints.rules.steps import last_event

__all__ = [
    "LONGEST_NAME",
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "TRIES",
    "Filed",
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
    "open_with_pin",
    "promise_text",
    "rate",
    "read_report",
    "reject",
    "reopen",
    "start_follow_up",
    "withdraw",
]
