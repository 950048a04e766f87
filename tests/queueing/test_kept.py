"""Places that the mall kept for people it moved: confirmed, changed, or free again in time."""

import datetime as dt

import pytest

from notifications.models import Message
from queueing import rules, tasks
from queueing.models import FreedSeat, QueueClosure, Ticket
from queueing.refusals import Refusal
from queueing.reminders import Move, Place
from queueing.rules import kept
from queueing.workflow import State
from tests.house import at, at_once
from tests.queueing.promises import keep_their_promises, must_break, refused, tally

MAIL = "a@contoh.id"


def close(house, *, days=2, last=None, now=None):
    """The queue C is closed from this day on: who is booked there is moved."""
    QueueClosure.objects.create(
        queue=house.queues["C"],
        first_date=at(0, days=days).date(),
        last_date=at(0, days=last or days).date(),
        reason="pelatihan",
    )
    return rules.rearrange(queues=[house.queues["C"]], at=now or at(8), reason="pelatihan")


def moved(house, *, told=True, **who):
    """Booked for Friday at nine, and moved to Monday by the mall; the ticket."""
    ticket = house.book("KK", 9, days=2, **{"email": MAIL, **who})
    close(house)
    if told:
        say_sent()
    return fresh(ticket)


def say_sent(**more):
    about = Message.objects.filter(kind="kept", state="due")
    about.update(state="sent", sent_at=at(8), ended_at=at(8), **more)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def place(days, hour):
    return Place(1, "C 001", at(hour, days=days), at(hour + 1, days=days))


def test_how_long_a_place_is_kept():
    def until(old, new, now):
        return kept.keep_until([Move(place(*old), place(*new))], now)

    assert until((2, 9), (5, 9), at(8)) == at(8, days=2)  # two days to answer
    assert until((1, 9), (2, 9), at(8)) == at(9, days=1)  # a day before, at the latest
    assert until((1, 9), (1, 20), at(8)) is None  # within 36 hours nobody has to answer
    assert until((3, 9), (3, 10), at(8)) is None  # hardly another hour
    assert until((3, 9), (3, 11), at(8)) == at(8, days=2)


def test_who_was_moved_is_asked_until_a_moment_that_the_message_names(house):
    ticket = house.book("KK", 9, days=2, email=MAIL)
    rules.confirm(visit_id=ticket.visit_id, at=at(7, 40))
    done = close(house)
    ticket = fresh(ticket)
    assert ticket.kept_until == at(8, days=2)
    assert ticket.confirmed_at is None
    told = Message.objects.get(kind="kept")
    assert told.context["kept_until"] == "Jumat, 27 November 2026 pukul 08.00"
    assert done.messages[0].drafts[0].context["kept_until"] == told.context["kept_until"]


def test_who_cannot_be_told_keeps_the_place(house):
    ticket = moved(house, email="")
    assert ticket.kept_until is None
    unsent = moved_again = house.book("KK", 10, days=6, email=MAIL)
    close(house, days=6)
    assert fresh(unsent).kept_until == at(8, days=2)
    assert rules.expire_kept(at=at(8, days=2)) == 0  # the message never left
    say_sent(report="undelivered")
    assert rules.expire_kept(at=at(8, days=2)) == 0  # it was lost on the way
    Message.objects.update(report="delivered")
    assert rules.expire_kept(at=at(8, days=2)) == 1
    assert fresh(moved_again).state == "cancelled"


def test_a_place_that_nobody_confirmed_is_free_again_and_they_are_told(house):
    ticket = moved(house)
    assert rules.expire_kept(at=at(7, 59, days=2)) == 0
    assert rules.expire_kept(at=at(8, days=2)) == 1
    assert rules.expire_kept(at=at(8, days=2)) == 0
    ticket = fresh(ticket)
    assert (ticket.state, ticket.seat) == ("cancelled", "")
    assert ticket.events.order_by("-pk").first().kind == "kept_expired"
    due = Message.objects.filter(state="due")
    assert [(m.kind, m.about) for m in due] == [("cancelled", str(ticket.public_id))]
    assert due[0].context["reason"] == "jadwal pindahan itu tidak dipastikan pada waktunya"
    assert house.window("C", 9, days=5).taken == 0
    with refused("undo_too_late"):
        rules.undo_cancel(visit_id=ticket.visit_id, at=at(8, days=2))
    with refused("nothing_to_confirm"):
        rules.confirm(visit_id=ticket.visit_id, at=at(8, days=2))
    keep_their_promises()


@pytest.mark.parametrize("answer", ["yes", "another hour", "no", "there already"])
def test_whoever_answers_is_asked_no_more(house, answer):
    ticket = moved(house)
    now = at(9)
    if answer == "yes":
        rules.confirm(visit_id=ticket.visit_id, at=now)
        assert fresh(ticket).confirmed_at == now
    elif answer == "another hour":
        window = house.window("C", 11, days=5)
        rules.reschedule(ticket_id=ticket.pk, window_id=window.pk, at=now)
    elif answer == "no":
        rules.cancel(ticket_id=ticket.pk, at=now)
    else:
        Ticket.objects.filter(pk=ticket.pk).update(state=State.WAITING, sort_at=now)
    if answer in {"yes", "another hour"}:
        assert fresh(ticket).kept_until is None
    assert rules.expire_kept(at=at(8, days=2)) == 0
    assert fresh(ticket).state == {"no": "cancelled", "there already": "waiting"}.get(
        answer, "booked"
    )
    keep_their_promises()


def test_of_two_numbers_the_whole_visit_is_kept_and_expires(house):
    wishes = [
        rules.Wish("KK", house.window("C", 9, days=2).pk),
        rules.Wish("PBB", house.window("T", 10, days=2).pk),
    ]
    rules.book(mall=house.mall, wishes=wishes, name="Siti", email=MAIL, at=at(7))
    close(house)
    say_sent()
    assert set(Ticket.objects.values_list("kept_until", flat=True)) == {at(8, days=2)}
    assert rules.expire_kept(at=at(8, days=2)) == 2
    assert Message.objects.filter(kind="cancelled").count() == 1
    keep_their_promises()


def test_a_message_that_left_late_leaves_half_a_day_to_answer(house):
    ticket = moved(house)
    Message.objects.filter(kind="kept").update(sent_at=at(3, days=2))
    assert rules.expire_kept(at=at(8, days=2)) == 0
    assert fresh(ticket).kept_until == at(15, days=2)
    assert rules.expire_kept(at=at(14, 59, days=2)) == 0
    assert rules.expire_kept(at=at(15, days=2)) == 1


def test_who_heard_of_it_shortly_before_the_hour_keeps_the_place(house):
    ticket = moved(house)
    Message.objects.filter(kind="kept").update(sent_at=at(22, days=4))
    assert rules.expire_kept(at=at(23, days=4)) == 0
    assert (fresh(ticket).kept_until, fresh(ticket).state) == (None, "booked")


def test_one_visit_that_is_held_does_not_stop_the_others(house, monkeypatch):
    tickets = [house.book("KK", 9, days=2, email=f"a{n}@contoh.id") for n in range(2)]
    close(house)
    say_sent()
    lock = kept.lock

    def busy(ids):
        if ids == [tickets[0].pk]:
            raise Refusal("busy")
        return lock(ids)

    monkeypatch.setattr(kept, "lock", busy)
    assert rules.expire_kept(at=at(8, days=2)) == 1
    assert [fresh(ticket).state for ticket in tickets] == ["booked", "cancelled"]


# -- races -----------------------------------------------------------------------------------------


def test_a_yes_in_the_second_in_which_the_place_expires_is_heard_or_refused(open_house):
    tickets = [open_house.book("KK", 9, days=2, email=f"a{n}@contoh.id") for n in range(4)]
    close(open_house)
    say_sent()

    def act(n):
        if n % 2:
            return rules.expire_kept(at=at(8, days=2))
        return rules.confirm(visit_id=tickets[n // 2 % 4].visit_id, at=at(8, days=2))

    outcomes = at_once(32, act)
    assert set(tally(outcomes)) <= {"ok", "nothing_to_confirm"}
    for ticket in map(fresh, tickets):
        yes = ticket.events.filter(kind="confirmed").exists()
        assert ticket.state == ("booked" if yes else "cancelled")
        assert ticket.events.filter(kind="kept_expired").count() == (not yes)
    assert not FreedSeat.objects.filter(state="taken").exists()
    keep_their_promises()


def test_without_the_lock_a_place_expires_under_a_yes(open_house, monkeypatch):
    def look_only(ids):
        rows = Ticket.objects.select_related("visit", "mall", "window", "queue")
        return list(rows.filter(pk__in=ids))

    monkeypatch.setattr(kept, "lock", look_only)
    tickets = [open_house.book("KK", 9 + n % 4, days=2, email=f"a{n}@contoh.id") for n in range(12)]
    close(open_house)
    say_sent()

    def attempt(n):
        ids = [ticket.pk for ticket in tickets[n % 12 :: 12]]
        Ticket.objects.exclude(pk__in=ids).update(kept_until=None)
        Ticket.objects.filter(pk__in=ids).update(
            kept_until=at(8, days=2), state=State.BOOKED, confirmed_at=None
        )
        at_once(
            8,
            lambda m: (
                rules.expire_kept(at=at(8, days=2))
                if m % 2
                else rules.confirm(visit_id=tickets[n % 12].visit_id, at=at(8, days=2))
            ),
        )
        ticket = fresh(tickets[n % 12])
        expired = ticket.events.filter(kind="kept_expired").count()
        return expired > 1 or (expired and ticket.confirmed_at is not None)

    must_break(attempt)


def test_all_in_a_day_of_the_worker(house):
    """The task calls the one function, and may run twice."""
    for task in 2 * (tasks.expire_kept, tasks.pass_on_freed_seats):
        task()
    assert dt.timedelta(0) < kept.LEFT_FOR_OTHERS < kept.TOO_SOON
