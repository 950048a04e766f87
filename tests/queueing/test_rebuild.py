"""Hours, seats and closures change: free windows follow, nobody who is booked is forgotten."""

import datetime as dt

from queueing import rules
from queueing.models import QueueClosure, QueueDay, QueueHours, Ticket, Window
from services.models import Closure, Holiday, OpeningHours
from tests.house import TODAY, at
from tests.queueing.promises import keep_their_promises, refused, seats

TOMORROW = TODAY + dt.timedelta(days=1)


def spans(house, *, days=1, prefix="C"):
    windows = Window.objects.filter(
        queue=house.queues[prefix], date=TODAY + dt.timedelta(days=days)
    ).order_by("starts_at")
    zone = house.mall.zone
    return [
        f"{w.starts_at.astimezone(zone):%H:%M}-{w.ends_at.astimezone(zone):%H:%M}/{w.seats}"
        for w in windows
    ]


def hours(house, *, days=1, prefix="C", **columns):
    """The queue's own hours on one date."""
    date = TODAY + dt.timedelta(days=days)
    return QueueHours.objects.create(
        queue=house.queues[prefix],
        weekday=date.weekday(),
        valid_from=date,
        valid_to=date,
        **{"opens_at": dt.time(8), "closes_at": dt.time(12), **columns},
    )


def rearrange(house, prefix="C", now=None):
    return rules.rearrange(queues=[house.queues[prefix]], at=now or at(7))


def test_days_are_made_as_far_ahead_as_they_may_be_booked(house):
    days = QueueDay.objects.filter(queue=house.queues["C"]).order_by("date")
    assert days.first().date == TODAY
    assert days.last().date <= TODAY + dt.timedelta(days=house.queues["C"].book_ahead_days)
    assert spans(house) == [f"{h:02d}:00-{h + 1:02d}:00/6" for h in range(8, 15)]
    assert spans(house, days=3) == []  # Saturday


def test_making_windows_again_changes_nothing(house):
    house.book("KTP", 9, days=1)
    before = list(Window.objects.order_by("pk").values())
    again = rules.materialise(queues=list(house.queues.values()), at=at(7))
    assert (again.made, again.removed, again.changed, again.in_the_way) == (0, 0, 0, [])
    assert list(Window.objects.order_by("pk").values()) == before


def test_numbers_of_a_rebuilt_day_start_from_one_when_none_is_out(house):
    hours(house)
    rearrange(house)
    assert spans(house) == ["08:00-09:00/6", "09:00-10:00/6", "10:00-11:00/6", "11:00-12:00/6"]
    firsts = Window.objects.filter(queue=house.queues["C"], date=TOMORROW).order_by("starts_at")
    assert list(firsts.values_list("first_number", flat=True)) == [1, 12, 23, 34]
    assert QueueDay.objects.get(queue=house.queues["C"], date=TOMORROW).overflow_first == 45


def test_longer_hours_get_numbers_above_those_that_are_out(house):
    ticket = house.book("KTP", 9, days=1)
    hours(house, closes_at=dt.time(17))
    rearrange(house)
    ticket.refresh_from_db()
    assert ticket.label == "C 012"
    assert house.book("KTP", 16, days=1).number > 77
    assert len(spans(house)) == 9
    keep_their_promises()


def test_after_overflow_numbers_new_windows_never_repeat_one(house):
    window = seats(house.window("C", 9, days=1), 100)
    for _n in range(15):
        house.book("KTP", 9, days=1)
    hours(house, closes_at=dt.time(17))
    house.queues["C"].seats_per_hour = 100
    rearrange(house)
    window.refresh_from_db()
    for hour in (9, 15, 16, 15, 16, 9):
        house.book("KTP", hour, days=1)
    labels = list(Ticket.objects.values_list("label", flat=True))
    assert len(set(labels)) == len(labels) == 21
    keep_their_promises()


def test_shorter_hours_leave_who_is_booked_inside_and_move_the_others(house):
    early, late = house.book("KTP", 9, days=1), house.book("KK", 14, days=1)
    thursday = OpeningHours.objects.filter(mall=house.mall, weekday=TOMORROW.weekday())
    thursday.update(closes_at=dt.time(12))
    done = rearrange(house)
    assert [one.ticket_id for one in done.displaced] == [late.pk]
    early.refresh_from_db()
    assert early.label == "C 012"
    assert [s for s in spans(house) if not s.endswith("/0")][-1] == "11:00-12:00/6"
    keep_their_promises()


def test_bookings_beyond_the_days_that_may_be_booked_are_moved_too(house):
    ticket = house.book("KTP", 9, days=6)
    house.queues["C"].book_ahead_days = 2
    date = TODAY + dt.timedelta(days=6)
    QueueClosure.objects.create(
        queue=house.queues["C"], first_date=date, last_date=date, reason="Pelatihan"
    )
    rearrange(house)
    ticket.refresh_from_db()
    assert ticket.date > date
    keep_their_promises()


def test_a_queue_that_is_switched_off_has_no_windows_and_gets_them_back(house):
    queue = house.queues["C"]
    before = spans(house)
    queue.active = False
    rearrange(house)
    assert spans(house) == []
    queue.active = True
    rearrange(house)
    assert spans(house) == before


def test_a_holiday_that_appears_stops_selling_and_names_who_is_booked(house):
    ticket = house.book("KTP", 9, days=1)
    Holiday.objects.create(mall=house.mall, date=TOMORROW, name="Cuti bersama")
    done = rules.materialise(queues=[house.queues["C"]], at=at(7))
    assert done.in_the_way == [ticket.label]
    assert spans(house) == ["09:00-10:00/1"]
    with refused("full"):
        house.book("KTP", 9, days=1)
    assert rules.materialise(queues=[house.queues["C"]], at=at(7)).changed == 0
    keep_their_promises()


def test_a_closure_of_the_mall_removes_free_windows(house):
    Closure.objects.create(
        mall=house.mall, first_date=TOMORROW, last_date=TOMORROW, reason="Renovasi"
    )
    done = rearrange(house)
    assert (done.removed, spans(house)) == (7, [])
    rearrange(house)


def test_friday_has_a_longer_break(house):
    OpeningHours.objects.filter(mall=house.mall, weekday=4).update(
        break_starts_at=dt.time(11, 30), break_ends_at=dt.time(13), last_ticket_at=dt.time(14)
    )
    rearrange(house)
    assert spans(house, days=2) == [
        "08:00-09:00/6",
        "09:00-10:00/6",
        "10:00-11:00/6",
        "11:00-11:30/3",
        "13:00-14:00/6",
        "14:00-15:00/6",
    ]
    friday = QueueDay.objects.get(queue=house.queues["C"], date=TODAY + dt.timedelta(days=2))
    assert friday.last_ticket_at == at(14, days=2)
    with refused("last_ticket_passed"):
        house.book("KTP", 14, days=2, now=at(14, days=2))


def test_fewer_seats_follow_even_when_nothing_is_online(house):
    queue = house.queues["C"]
    queue.online_share = 0
    rearrange(house)
    queue.seats_per_hour = 4
    rearrange(house)
    assert {s.split("/")[1] for s in spans(house)} == {"4"}


def test_the_nightly_making_of_windows_moves_nobody_and_names_the_numbers_beyond(house):
    labels = [house.book("KTP", 9, days=1).label for _n in range(3)]
    queue = house.queues["C"]
    queue.seats_per_hour = 2
    done = rules.materialise(queues=[queue], at=at(7))
    assert done.in_the_way == labels[2:]
    assert house.window("C", 9, days=1).seats == 3
    keep_their_promises()


def test_the_past_of_today_stays_as_it_was(house):
    for _n in range(3):
        house.waiting("KTP", 8, arrived=at(8))
    queue = house.queues["C"]
    queue.seats_per_hour = 2
    rearrange(house, now=at(9, 30))
    assert house.window("C", 8).seats == 6
    assert house.window("C", 10).seats == 2
    keep_their_promises()


def test_a_window_whose_people_left_keeps_its_count(house):
    ticket = house.book("KTP", 14, days=1)
    rules.cancel(ticket_id=ticket.pk, at=at(7))
    hours(house)
    rearrange(house)
    assert spans(house)[-1] == "14:00-15:00/0"
    keep_their_promises()


def test_windows_of_another_length_stand_beside_those_in_peoples_hands(house):
    house.book("KTP", 9, days=1)
    queue = house.queues["C"]
    queue.window_minutes = 30
    rearrange(house)
    assert spans(house)[:4] == ["08:00-08:30/3", "08:30-09:00/3", "09:00-10:00/6", "10:00-10:30/3"]
    keep_their_promises()
