"""Front desk and kiosk at the same moment, 32 at once; and the same without the guard."""

from queueing import issuing, rules
from queueing.models import QueueDay, Ticket, Window
from tests.house import TODAY, at, at_once
from tests.queueing.promises import (
    keep_their_promises,
    must_break,
    seats,
    sit,
    tally,
    without_constraints,
)
from tests.queueing.test_races import nap, take_seats_by_reading_first


def only_seats_of(house, hour, number, *, days=0):
    """The day of queue C has these seats at this hour, and none before or after."""
    date = house.window("C", hour, days=days).date
    Window.objects.filter(queue=house.queues["C"], date=date).update(seats=0, online_seats=0)
    return seats(house.window("C", hour, days=days), number, taken=0, taken_online=0)


def desk_or_kiosk(house, n, *, days=0, **more):
    """A walk-in at the front desk (even) or at a kiosk (odd)."""
    desk = n % 2 == 0
    return rules.walk_in(
        mall=house.mall,
        services=["KTP"],
        at=at(8, 45, days=days),
        channel="front_desk" if desk else "kiosk",
        officer_id=house.people["front_desk"].pk if desk else None,
        **(more if desk else {}),
    )


def test_the_last_seat_goes_to_the_front_desk_or_to_one_kiosk(open_house):
    window = only_seats_of(open_house, 9, 1)
    outcomes = at_once(32, lambda n: desk_or_kiosk(open_house, n))
    assert tally(outcomes) == {"ok": 1, "day_full": 31}
    window.refresh_from_db()
    assert (window.taken, window.seats) == (1, 1)
    keep_their_promises()


def test_read_check_write_gives_the_last_seat_to_both(open_house, monkeypatch):
    monkeypatch.setattr(issuing, "take_seats", take_seats_by_reading_first)
    with without_constraints("never_more_taken_than_seats", "one_label_per_mall_and_date"):

        def attempt(n):
            only_seats_of(open_house, 9 + n % 6, 1, days=1)
            outcomes = at_once(8, lambda m: desk_or_kiosk(open_house, m, days=1))
            return tally(outcomes)["ok"] > 1

        must_break(attempt)


def test_over_the_quota_everybody_at_the_desk_gets_a_number_of_their_own(open_house):
    window = only_seats_of(open_house, 9, 1)
    outcomes = at_once(
        32, lambda n: desk_or_kiosk(open_house, n, over_quota_reason="datang dari pulau")
    )
    given = tally(outcomes)
    assert given["ok"] in {16, 17}  # sixteen desks, and the seat may have gone to a kiosk
    assert given["ok"] + given["day_full"] == 32
    assert Ticket.objects.exclude(window=None).count() == 1
    window.refresh_from_db()
    assert window.taken == 1
    keep_their_promises()


def test_numbers_over_the_quota_counted_without_a_lock_come_twice(open_house, monkeypatch):
    def next_by_reading_first(day_id):
        day = QueueDay.objects.get(pk=day_id)
        nap()
        QueueDay.objects.filter(pk=day_id).update(overflow_issued=day.overflow_issued + 1)
        return day.overflow_first + day.overflow_issued

    monkeypatch.setattr(issuing, "lock_days", lambda ids: None)
    monkeypatch.setattr(issuing, "next_overflow_number", next_by_reading_first)
    only_seats_of(open_house, 9, 0)
    with without_constraints("one_label_per_mall_and_date"):

        def attempt(_n):
            outcomes = at_once(
                8, lambda m: desk_or_kiosk(open_house, 2 * m, over_quota_reason="dari pulau")
            )
            labels = [visit.new_tickets[0].label for visit in outcomes]
            return len(set(labels)) < len(labels)

        must_break(attempt)


def test_two_desks_change_one_service_once_and_a_call_is_not_lost(open_house):
    ticket = open_house.waiting("KTP", 9, arrived=at(8, 50))
    officer, place = open_house.people["front_desk"], sit(open_house, 1)

    def act(n):
        if n == 0:
            return rules.call_next(**place, at=at(9))
        service = ("KK", "AKTA")[n % 2]
        return rules.change_service(ticket_id=ticket.pk, service=service, officer=officer, at=at(9))

    outcomes = tally(at_once(9, act))
    assert set(outcomes) <= {"ok", "wrong_state"}
    assert Ticket.objects.exclude(state="transferred").count() == 1
    assert Ticket.objects.get(pk=ticket.pk).events.filter(kind="service_changed").count() <= 1
    keep_their_promises()


def test_a_sheet_of_paper_sent_by_sixteen_is_entered_once(open_house):
    rows = [
        rules.PaperRow(
            key=f"b{n}",
            paper=f"C K{n:02d}",
            service="KTP",
            result="served",
            arrived="9.00",
            called="9.10",
            ended="9.20",
        )
        for n in range(5)
    ]
    officer = open_house.people["front_desk"]
    outcomes = at_once(
        16,
        lambda _n: rules.enter_paper_day(
            mall=open_house.mall, date=TODAY, rows=rows, officer=officer, at=at(10)
        ),
    )
    assert tally(outcomes) == {"ok": 16}
    assert sum(done.walk_ins for done in outcomes) == 5
    assert Ticket.objects.count() == 5
    keep_their_promises()
