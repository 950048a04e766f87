"""Every change of state in this room: one function each, which locks, checks, writes and logs."""

from queueing.rules.arriving import (
    check_in,
    confirm_print,
    expire_unprinted,
    grant_priority,
    mark_no_shows,
    revive,
)
from queueing.rules.asking import note_inquiry, take_back_inquiry
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
from queueing.rules.confirming import confirm
from queueing.rules.correcting import change_service, reprint
from queueing.rules.day import close_day, close_past_days, pause, resume
from queueing.rules.devices import (
    answer_help,
    ask_reload,
    call_for_help,
    help_under_way,
    make_pairing_code,
    pair,
    report_trouble,
    unpair,
)
from queueing.rules.digesting import write_digests
from queueing.rules.displacing import close_and_move, rearrange
from queueing.rules.erasing import erase_visits
from queueing.rules.finding import open_with_code, send_code, send_link
from queueing.rules.kept import expire_kept
from queueing.rules.moving import bring_back, transfer, undo
from queueing.rules.moving_up import decline_offer, end_wish, pass_on, take_offer, wish_earlier
from queueing.rules.paper import Entered, PaperRow, enter_paper_day
from queueing.rules.printing import (
    join_the_line,
    look_at_printers,
    print_again,
    print_slip,
    reprints_left,
    slip_came_out,
    slip_did_not_come,
)
from queueing.rules.rebuilding import materialise
from queueing.rules.reporting import report_at_kiosk, shows_token
from queueing.rules.setting_up import import_setup, set_up
from queueing.rules.sitting import close_counter, open_counter, press
from queueing.rules.subscribing import subscribe, unsubscribe
from queueing.rules.telling import ask_how_it_was, tell_the_line
from queueing.rules.voice import drop_clip, keep_clip
from queueing.rules.walking_in import walk_in

__all__ = [
    "Entered",
    "PaperRow",
    "Wish",
    "absent",
    "answer_help",
    "ask_how_it_was",
    "ask_reload",
    "book",
    "bring_back",
    "call_chosen",
    "call_for_help",
    "call_next",
    "cancel",
    "cancel_visit",
    "change_service",
    "check_in",
    "close_and_move",
    "close_counter",
    "close_day",
    "close_past_days",
    "confirm",
    "confirm_print",
    "decline_offer",
    "drop_clip",
    "end",
    "end_and_call_next",
    "end_wish",
    "enter_paper_day",
    "erase_visits",
    "expire_kept",
    "expire_unprinted",
    "grant_priority",
    "help_under_way",
    "import_setup",
    "join_the_line",
    "keep_clip",
    "look_at_printers",
    "make_pairing_code",
    "mark_no_shows",
    "materialise",
    "note_inquiry",
    "open_counter",
    "open_with_code",
    "pair",
    "park",
    "pass_on",
    "pause",
    "press",
    "print_again",
    "print_slip",
    "rearrange",
    "recall",
    "report_at_kiosk",
    "report_trouble",
    "reprint",
    "reprints_left",
    "reschedule",
    "resume",
    "revive",
    "send_code",
    "send_link",
    "set_up",
    "shows_token",
    "slip_came_out",
    "slip_did_not_come",
    "start",
    "subscribe",
    "take_back_inquiry",
    "take_offer",
    "tell_the_line",
    "transfer",
    "undo",
    "undo_cancel",
    "unpair",
    "unsubscribe",
    "walk_in",
    "wish_earlier",
    "write_digests",
]
