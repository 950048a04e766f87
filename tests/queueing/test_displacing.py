"""The house changes: everybody booked gets a place kept and is told, all of them or nobody."""

import datetime as dt

import pytest
from django.db import connection, transaction

from notifications.models import Message
from queueing import rules
from queueing.models import QueueService, Ticket, TicketEvent, Visit, Window
from queueing.refusals import Refusal
from queueing.rules import displacing
from queueing.rules.room import Room
from services.models import Closure, OpeningHours
from tests.house import TODAY, at, at_once
from tests.queueing.promises import (
    keep_their_promises,
    must_break,
    refused,
    seats,
    tally,
    without_constraints,
)

TOMORROW = TODAY + dt.timedelta(days=1)
MAIL = {"email": "siti@contoh.id"}


def closed(house, *, days=1, until=None, agency=None, reason="Pelatihan petugas"):
    first = TODAY + dt.timedelta(days=days)
    last = TODAY + dt.timedelta(days=until or days)
    return Closure.objects.create(
        mall=house.mall, agency=agency, first_date=first, last_date=last, reason=reason
    )


def rearrange(house, *prefixes, now=None, **more):
    queues = [house.queues[prefix] for prefix in prefixes or house.queues]
    return rules.rearrange(queues=queues, at=now or at(7, 40), **more)


def closes_at(house, hour, *, weekday=3):
    OpeningHours.objects.filter(mall=house.mall, weekday=weekday).update(closes_at=dt.time(hour))


def fresh(*tickets):
    for ticket in tickets:
        ticket.refresh_from_db()
    return tickets if len(tickets) > 1 else tickets[0]


def hour_of(house, ticket):
    return f"{fresh(ticket).window.starts_at.astimezone(house.mall.zone):%d %H}"


def book_two(house, first=("KTP", "C", 9), second=("AKTA", "D", 10), *, days=1, **who):
    wishes = [
        rules.Wish(code, house.window(prefix, hour, days=days).pk)
        for code, prefix, hour in (first, second)
    ]
    visit = rules.book(
        mall=house.mall, wishes=wishes, at=at(7, 30), **{"name": "Siti Aminah", **MAIL, **who}
    )
    return visit.new_tickets


def nap(seconds):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def everything():
    """All that a refused or previewed change must leave alone."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (Window, Ticket, Visit, TicketEvent, Message)
    ]


# -- where the place is kept ----------------------------------------------------------------------


def test_the_same_day_comes_first_at_or_after_the_old_hour(house):
    tickets = [house.book("KK", 9, days=1, email=f"a{n}@contoh.id") for n in range(3)]
    house.queues["C"].seats_per_hour = 2
    done = rearrange(house, "C")
    assert [hour_of(house, t) for t in tickets] == ["26 09", "26 09", "26 10"]
    (moved,) = done.displaced
    assert (moved.old.label, moved.new.label) == ("C 014", tickets[2].label)
    assert moved.old.label != moved.new.label
    keep_their_promises()


def test_the_next_open_day_follows_at_the_old_hour(house):
    ticket = house.book("KK", 14, days=2, **MAIL)
    closed(house, days=2)
    rearrange(house)
    assert hour_of(house, ticket) == "30 14"  # the weekend lies between
    assert ticket.visit.__class__.objects.get(pk=ticket.visit_id).date == ticket.date
    keep_their_promises()


def test_an_earlier_hour_is_taken_only_on_another_day(house):
    ticket = house.book("KK", 14, days=1, **MAIL)
    closes_at(house, 12)
    closes_at(house, 12, weekday=4)
    rearrange(house)
    assert hour_of(house, ticket) == "27 11"


def test_earlier_bookings_choose_first_and_nobody_gets_a_seat_that_is_taken(house):
    seats(house.window("C", 9, days=1), 6)
    for n in range(6):
        house.book("KK", 9, days=1, email=f"a{n}@contoh.id", now=at(7, n))
    for n in range(2):
        house.book("KK", 9, days=2, email=f"b{n}@contoh.id")
    closed(house)
    done = rearrange(house)
    assert [f"{one.new.starts_at:%d %H}" for one in done.displaced] == ["27 09"] * 4 + ["27 10"] * 2
    keep_their_promises()


def test_the_online_share_may_be_exceeded_for_them_but_never_the_seats(house):
    tickets = [house.book("KK", 9, days=1, email=f"a{n}@contoh.id") for n in range(3)]
    for n in range(3):
        house.book("KK", 9, days=2, email=f"b{n}@contoh.id")
    online = house.window("C", 9, days=2).online_seats
    closed(house)
    rearrange(house)
    assert {hour_of(house, t) for t in tickets} == {"27 09"}
    window = house.window("C", 9, days=2)
    assert (window.taken, window.taken_online) == (6, online)
    assert "walk_in" in [t.seat for t in tickets]
    keep_their_promises()


def test_a_week_more_is_opened_when_everything_that_may_be_booked_is_full(house):
    for queue in house.queues.values():
        queue.book_ahead_days = 2
        queue.save()
    Window.objects.filter(date__gt=TODAY + dt.timedelta(days=2)).delete()
    Window.objects.filter(date=TODAY + dt.timedelta(days=2)).update(seats=0, online_seats=0)
    OpeningHours.objects.filter(mall=house.mall, weekday=4).delete()
    ticket = house.book("KK", 9, days=1, **MAIL)
    closed(house)
    rearrange(house)
    assert hour_of(house, ticket) == "30 09"
    keep_their_promises()


def test_a_service_that_stands_in_another_queue_now_takes_its_people_along(house):
    ticket = house.book("KK", 9, days=1, **MAIL)
    QueueService.objects.filter(service_type__code="KK").update(queue=house.queues["D"])
    house.queues["C"].active = False
    house.queues["C"].save()
    rearrange(house, "C")
    assert fresh(ticket).queue == house.queues["D"]
    assert ticket.label.startswith("D ")
    keep_their_promises()


def test_a_person_gets_no_second_number_of_a_service_on_one_day(house):
    thursday = house.book("KK", 9, days=1, **MAIL)
    house.book("KK", 9, days=2, **MAIL)
    closed(house)
    rearrange(house)
    assert hour_of(house, thursday) == "30 09"
    keep_their_promises()


def test_a_services_own_limit_of_a_day_is_kept(house):
    kk = house.services["KK"]
    kk.seats = 1
    kk.save()
    first, second = house.book("KK", 9, days=1, **MAIL), house.book("KK", 9, days=2, name="Budi")
    closed(house)
    rearrange(house)
    assert (hour_of(house, first), hour_of(house, second)) == ("30 09", "27 09")


def test_a_day_that_is_paused_or_closed_keeps_no_places(house):
    ticket = house.book("KK", 9, **MAIL, now=at(7))
    rules.pause(queue_id=house.queues["C"].pk, reason="blangko habis", at=at(7, 35))
    OpeningHours.objects.filter(mall=house.mall, weekday=2).update(opens_at=dt.time(10))
    rearrange(house)
    assert hour_of(house, ticket) == "26 09"


# -- several tickets ------------------------------------------------------------------------------


def test_tickets_of_a_visit_stay_on_one_day_without_overlap(house):
    ktp, akta = book_two(house)
    closed(house, agency=house.civil)
    rearrange(house)
    assert (hour_of(house, ktp), hour_of(house, akta)) == ("27 09", "27 10")
    keep_their_promises()


def test_the_second_number_goes_along_to_another_day_even_of_another_agency(house):
    ktp, pbb = book_two(house, second=("PBB", "T", 10))
    closed(house, agency=house.civil)
    done = rearrange(house, "C", "D")
    assert (hour_of(house, ktp), hour_of(house, pbb)) == ("27 09", "27 10")
    assert len(done.displaced) == 2
    assert len(done.messages) == 1
    assert house.window("T", 10, days=1).taken == 0
    keep_their_promises()


def test_within_the_day_the_other_hour_is_walked_around(house):
    book_two(house, ("KTP", "C", 9), ("AKTA", "D", 10), email="lain@contoh.id")
    ktp, akta = book_two(house, name="Budi")
    house.queues["C"].seats_per_hour = 1
    rearrange(house, "C")
    assert (hour_of(house, ktp), hour_of(house, akta)) == ("26 11", "26 10")
    keep_their_promises()


def test_who_is_in_the_hall_stays_and_is_named(house):
    waits = house.waiting("KK", 9, arrived=at(8, 45), **MAIL)
    booked = house.book("KK", 13, phone="081234567899")
    closed(house, days=0)
    done = rearrange(house, now=at(9))
    assert done.present == [waits.label]
    assert fresh(waits).state == "waiting"
    assert hour_of(house, booked) == "26 13"
    keep_their_promises()


def test_a_visit_under_way_is_not_torn_apart(house):
    ktp, akta = book_two(house, second=("AKTA", "D", 14), days=0)
    rules.check_in(visit_id=ktp.visit_id, at=at(8, 45))
    Ticket.objects.filter(pk=akta.pk).update(state="booked", sort_at=None)
    closed(house, days=0, agency=house.civil)
    done = rearrange(house, now=at(9))
    assert done.displaced == []
    assert sorted(done.present) == sorted([ktp.label, akta.label])
    keep_their_promises()


# -- what they are told ---------------------------------------------------------------------------


def test_one_message_a_visit_names_the_old_and_the_new_hour_the_reason_and_no_service(house):
    ktp, akta = book_two(house)
    closed(house, agency=house.civil)
    done = rearrange(house, reason="Pelatihan petugas")
    message = Message.objects.get(kind="kept", state="due")
    (told,) = done.messages
    assert (told.channel, told.language) == (message.channel, "id")
    assert f"Semula: Kamis, 26 November 2026, jam 09.00–10.00, nomor {ktp.label}." in told.body
    new = fresh(ktp).label
    assert f"Sekarang: Jumat, 27 November 2026, jam 09.00–10.00, nomor {new}." in told.body
    assert akta.label in told.body
    assert "terpaksa kami pindahkan: Pelatihan petugas." in told.body
    assert "Layanan" not in told.body
    assert Visit.objects.get().token not in told.body
    assert Visit.objects.get().token in message.context["link"]
    kinds = Message.objects.filter(state="due").values_list("kind", flat=True)
    assert sorted(kinds) == ["kept", "reminder_day", "reminder_hours"]
    assert TicketEvent.objects.get(ticket=ktp, kind="displaced").note == "Pelatihan petugas"


def test_what_is_told_of_other_numbers_of_the_visit_is_not_taken_back(house):
    ktp, akta = book_two(house, ("KTP", "C", 9), ("AKTA", "D", 10))
    rules.cancel(ticket_id=akta.pk, at=at(7, 35))
    closed(house, agency=house.civil)
    rearrange(house)
    about = dict(Message.objects.filter(state="due").values_list("kind", "about"))
    assert about["cancelled"] == str(akta.public_id)
    assert about["kept"] == str(ktp.public_id)


def test_an_english_visit_is_told_in_english(house):
    house.book("KK", 9, days=1, language="en", **MAIL)
    closed(house)
    (told,) = rearrange(house).messages
    assert told.subject == "We had to move your visit, please answer"
    assert "Thursday, 26 November 2026" in told.body


def test_who_left_no_contact_is_counted(house):
    house.book("KK", 9, days=1, name="Budi Santoso")
    closed(house)
    done = rearrange(house)
    assert [one.first_name for one in done.unreached] == ["Budi"]
    assert done.messages == []
    assert not Message.objects.exists()


def test_what_remains_of_the_days_is_counted(house):
    house.book("KK", 14, days=1, **MAIL)
    closes_at(house, 12)
    left = {(day.queue.prefix, day.date): (day.windows, day.seats) for day in rearrange(house).days}
    assert left["C", TOMORROW] == (4, 24)
    assert left["C", TOMORROW + dt.timedelta(days=1)] == (7, 41)


# -- all or nothing -------------------------------------------------------------------------------


def test_when_one_of_three_finds_no_place_nothing_at_all_is_changed(house):
    for n in range(3):
        house.book("KK", 9, days=1, email=f"a{n}@contoh.id")
    house.queues["C"].seats_per_hour = 1
    closes_at(house, 10, weekday=4)
    closed(house)
    closed(house, days=3, until=60)
    before = everything()
    with refused("no_room") as no:
        rearrange(house, "C")
    assert "1 nomor" in no.value.message
    assert everything() == before


def test_a_preview_is_the_same_run_taken_back(house):
    house.book("KK", 9, days=1, **MAIL)
    closed(house)
    before = everything()
    with transaction.atomic():
        seen = rearrange(house)
        transaction.set_rollback(True)
    assert everything() == before
    done = rearrange(house)
    assert done.fingerprint == seen.fingerprint
    assert done.displaced == seen.displaced


def test_another_booking_in_between_changes_what_the_preview_stands_for(house):
    house.book("KK", 9, days=1, **MAIL)
    closed(house)
    with transaction.atomic():
        seen = rearrange(house).fingerprint
        transaction.set_rollback(True)
    house.book("KTP", 10, days=1, name="Budi")
    assert rearrange(house).fingerprint != seen


# -- while others book the kept seats -------------------------------------------------------------


@pytest.fixture
def slowly(monkeypatch):
    """Between finding the places and writing them there is time for others to book."""
    write = Room.write

    def later(room):
        nap(0.3)
        write(room)

    monkeypatch.setattr(Room, "write", later)


def move_while_others_book(house):
    """Thursday closes, and its four take seats of Friday, where eight more book meanwhile."""
    for n in range(4):
        house.book("KK", 9, days=1, email=f"a{n}@contoh.id")
    closed(house)

    def act(i):
        if i == 0:
            return rearrange(house, "C")
        nap(0.1)
        return house.book("KK", 9, days=2, email=f"b{i}@contoh.id")

    return at_once(9, act)


def test_nothing_is_oversold_while_others_book_the_kept_seats(open_house, slowly):
    outcomes = move_while_others_book(open_house)
    assert set(tally(outcomes)) <= {"ok", "full"}
    assert not isinstance(outcomes[0], Refusal)
    assert not Ticket.objects.filter(date=TOMORROW).exists()
    keep_their_promises()


def test_without_its_locks_the_kept_seats_are_sold_again(open_house, slowly, monkeypatch):
    monkeypatch.setattr(displacing, "lock_days_and_windows", lambda queues, first: None)

    def attempt(n):
        move_while_others_book(open_house)
        window = open_house.window("C", 9, days=2)
        return window.taken != window.tickets.exclude(seat="").count()

    constraints = ["never_more_taken_than_seats", "one_label_per_mall_and_date"]
    with without_constraints(*constraints, "never_more_online_than_its_share"):
        must_break(attempt, tries=1)


# -- closing a day and moving its bookings --------------------------------------------------------


def test_a_closed_day_moves_who_is_still_to_come(house):
    waits = house.waiting("KK", 9, arrived=at(8, 45))
    late, comes = house.book("KTP", 8, name="Budi"), house.book("KK", 13, **MAIL)
    done, ended = rules.close_and_move(
        mall=house.mall, date=TODAY, at=at(10), reason="listrik padam"
    )
    assert (fresh(waits).state, fresh(late).state, fresh(comes).state) == (
        "unserved",
        "no_show",
        "booked",
    )
    assert ended == 2
    assert hour_of(house, comes) == "26 13"
    assert [one.ticket_id for one in done.displaced] == [comes.pk]
    assert done.present == [waits.label]
    assert Message.objects.filter(kind="moved", state="due").count() == 1
    keep_their_promises()


def test_a_day_is_not_closed_when_somebody_finds_no_place(house):
    house.book("KK", 13, **MAIL)
    OpeningHours.objects.exclude(weekday=2).delete()
    closed(house, days=1, until=60)
    rearrange(house)
    before = everything()
    with refused("no_room"):
        rules.close_and_move(mall=house.mall, date=TODAY, at=at(10), reason="listrik padam")
    assert everything() == before
    assert not house.queues["C"].days.filter(closed_at__isnull=False).exists()


# -- pauses ---------------------------------------------------------------------------------------


def test_a_pause_tells_who_comes_before_it_ends_once(house):
    soon, later = house.book("KK", 9, **MAIL), house.book("KK", 13, email="b@contoh.id")
    queue = house.queues["C"].pk
    pause = {"queue_id": queue, "reason": "blangko habis", "expected_back_at": at(10, 30)}
    rules.pause(**pause, at=at(8))
    message = Message.objects.get(kind="paused")
    assert message.about == str(soon.public_id)
    assert message.context["back_at"] == "10.30"
    rules.resume(queue_id=queue, at=at(8, 5))
    assert Message.objects.get(kind="paused").state == "voided"
    rules.pause(**pause, at=at(8, 10))
    assert Message.objects.get(kind="paused").state == "due"
    left = {"state": "sent", "sent_at": at(8, 11), "ended_at": at(8, 11)}
    Message.objects.filter(kind="paused").update(**left)
    rules.resume(queue_id=queue, at=at(8, 20))
    rules.pause(**pause, at=at(8, 30))
    assert Message.objects.get(kind="paused").state == "sent"
    assert str(later.public_id) != message.about


def test_without_an_expected_return_everybody_of_the_day_is_told(house):
    house.book("KK", 9, **MAIL)
    house.book("KK", 13, email="b@contoh.id")
    house.book("KK", 13, days=1, email="c@contoh.id")
    rules.pause(queue_id=house.queues["C"].pk, reason="blangko habis", at=at(8))
    assert Message.objects.filter(kind="paused").count() == 2


def test_a_ready_reason_is_told_in_the_visits_language(house):
    house.book("KK", 9, language="en", **MAIL)
    rules.pause(queue_id=house.queues["C"].pk, reason="blangko habis", at=at(8))
    assert Message.objects.get(kind="paused").context["reason"] == "out of blank forms"
