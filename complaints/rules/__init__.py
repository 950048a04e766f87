"""The changes of state of the complaints desk."""

from complaints.rules.alarms import raise_overdue
from complaints.rules.attaching import Received
from complaints.rules.entering import (
    LONGEST_ACCOUNT,
    LONGEST_PERMALINK,
    Entered,
    enter_case,
)
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
    name_about,
    reject,
    respond,
    start_follow_up,
)
from complaints.rules.linking import (
    LONGEST_LAPOR_ID,
    LONGEST_LAPOR_STATUS,
    link_to_lapor,
    read_lapor_id,
    read_lapor_status,
)
from complaints.rules.opening import PASS_S, TRIES, open_with_pass, open_with_pin, pass_for
from complaints.rules.publishing import names_known, publish, unpublish
from complaints.rules.replying import add, complete, object_to, rate, reopen, withdraw
from complaints.rules.revealing import Identity, reveal_identity
from complaints.rules.steps import last_event

__all__ = [
    "LONGEST_ACCOUNT",
    "LONGEST_LAPOR_ID",
    "LONGEST_LAPOR_STATUS",
    "LONGEST_NAME",
    "LONGEST_PERMALINK",
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "PASS_S",
    "TRIES",
    "Entered",
    "Entry",
    "Filed",
    "Identity",
    "Received",
    "add",
    "add_note",
    "answer",
    "ask_for_more",
    "check",
    "classify",
    "close_unanswered",
    "complete",
    "enter_case",
    "erase_cases",
    "escalate",
    "file_case",
    "forward",
    "last_event",
    "link_to_lapor",
    "merge",
    "move_elsewhere",
    "name_about",
    "names_known",
    "object_to",
    "open_with_pass",
    "open_with_pin",
    "pass_for",
    "publish",
    "raise_overdue",
    "rate",
    "read_lapor_id",
    "read_lapor_status",
    "read_report",
    "reject",
    "reopen",
    "respond",
    "reveal_identity",
    "start_follow_up",
    "unpublish",
    "withdraw",
]
