"""Every change of state in this room: one function each, which locks, checks, writes and logs."""

from queueing.rules.arriving import (
    check_in,
    confirm_print,
    expire_unprinted,
    grant_priority,
    mark_no_shows,
    revive,
)
from queueing.rules.booking import Wish, book
from queueing.rules.calling import (
    absent,
    call_chosen,
    call_next,
    end,
    end_and_call_next,
    park,
    recall,
    start,
)
from queueing.rules.changing import cancel, cancel_visit, reschedule, undo_cancel
from queueing.rules.day import (
    close_day,
    close_past_days,
    erase_visits,
    materialise,
    pause,
    rearrange,
    resume,
)
from queueing.rules.finding import open_with_code, send_code, send_link
from queueing.rules.moving import bring_back, transfer, undo
from queueing.rules.sitting import close_counter, open_counter, press
from queueing.rules.walking_in import walk_in

__all__ = [
    "Wish",
    "absent",
    "book",
    "bring_back",
    "call_chosen",
    "call_next",
    "cancel",
    "cancel_visit",
    "check_in",
    "close_counter",
    "close_day",
    "close_past_days",
    "confirm_print",
    "end",
    "end_and_call_next",
    "erase_visits",
    "expire_unprinted",
    "grant_priority",
    "mark_no_shows",
    "materialise",
    "open_counter",
    "open_with_code",
    "park",
    "pause",
    "press",
    "rearrange",
    "recall",
    "reschedule",
    "resume",
    "revive",
    "send_code",
    "send_link",
    "start",
    "transfer",
    "undo",
    "undo_cancel",
    "walk_in",
]
