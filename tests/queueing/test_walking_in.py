"""Taking a number in the hall: kiosk, front desk, priority."""

import datetime as dt

from queueing import rules
from queueing.models import QueueDay, Ticket, Visit, Window
from services.models import ServiceType
from tests.house import at
from tests.queueing.promises import keep_their_promises, refused, seats


def walk_in(house, *services, now=None, **more):
    return rules.walk_in(mall=house.mall, services=services, at=now or at(9, 10), **more)


def test_a_walk_in_takes_the_first_window_with_a_seat_and_waits_at_once(house):
    ticket = walk_in(house, "KTP").new_tickets[0]
    assert (ticket.label, ticket.state, ticket.seat) == ("C 012", "waiting", "walk_in")
    assert ticket.sort_at == at(9) + dt.timedelta(milliseconds=12)
    assert list(ticket.events.values_list("kind", flat=True)) == ["issued", "checked_in"]
    keep_their_promises()


def test_a_walk_in_of_a_later_window_is_booked_and_scans_again(house):
    seats(house.window("C", 9), 0)
    ticket = walk_in(house, "KTP").new_tickets[0]
    assert (ticket.state, ticket.sort_at, ticket.window_id) == (
        "booked",
        None,
        house.window("C", 10).pk,
    )
    rules.check_in(visit_id=ticket.visit_id, at=at(9, 40))
    ticket.refresh_from_db()
    assert ticket.state == "waiting"


def test_within_the_early_minutes_a_walk_in_waits_at_once(house):
    seats(house.window("C", 9), 0)
    assert walk_in(house, "KTP", now=at(9, 30)).new_tickets[0].state == "waiting"


def test_walk_ins_use_seats_that_online_booking_did_not(house):
    window = seats(house.window("C", 9), 2, online=0)
    walk_in(house, "KTP")
    walk_in(house, "KTP")
    assert walk_in(house, "KTP").new_tickets[0].window_id != window.pk


def test_two_services_at_once_get_windows_that_do_not_overlap(house):
    first, second = walk_in(house, "KTP", "PBB").new_tickets
    assert first.window.starts_at == at(9)
    assert second.window.starts_at == at(10)


def test_a_walk_in_only_service_is_taken_in_the_hall(house):
    assert walk_in(house, "SIDANG").new_tickets[0].label == "T 012"


def test_an_online_only_service_is_not_taken_at_the_kiosk(house):
    ServiceType.objects.filter(code="KTP").update(booking_mode="online_only")
    with refused("online_only"):
        walk_in(house, "KTP")
    assert walk_in(house, "KTP", channel="front_desk").new_tickets


def test_priority_people_take_no_seat_and_stand_before_those_of_their_time(house):
    ordinary = walk_in(house, "KTP", now=at(9, 10)).new_tickets[0]
    elder = walk_in(house, "KTP", now=at(9, 15), priority="elderly").new_tickets[0]
    assert (elder.seat, elder.window_id, elder.state) == ("", None, "waiting")
    assert elder.number > ordinary.number
    assert elder.sort_at < ordinary.sort_at
    assert house.window("C", 9).taken == 1
    assert QueueDay.objects.get(queue=house.queues["C"], date=elder.date).priority_taken == 1
    keep_their_promises()


def test_priority_people_come_in_when_the_day_is_full(house):
    Window.objects.update(seats=0, online_seats=0)
    with refused("day_full"):
        walk_in(house, "KTP")
    assert walk_in(house, "KTP", priority="pregnant").new_tickets


def test_priority_without_a_seat_has_a_daily_cap(house):
    house.queues["C"].priority_per_day = 1
    house.queues["C"].save(update_fields=["priority_per_day"])
    walk_in(house, "KTP", priority="elderly")
    with refused("priority_cap"):
        walk_in(house, "KTP", priority="elderly")


def test_the_front_desk_may_override_one_number_per_person_with_a_reason(house):
    nik = "3576011201900001"
    walk_in(house, "KTP", nik=nik)
    with refused("already_booked"):
        walk_in(house, "KTP", nik=nik)
    with refused("reason_needed"):
        walk_in(house, "KTP", nik=nik, override_reason="ya")
    visit = walk_in(house, "KTP", nik=nik, override_reason="berkas anaknya")
    assert visit.new_tickets[0].events.first().note == "berkas anaknya"


def test_a_double_tap_on_the_last_seat_prints_the_same_ticket(house):
    Window.objects.update(seats=0, online_seats=0)
    seats(house.window("C", 14), 1)
    first = walk_in(house, "KTP", request_key="tap", printing=True)
    again = walk_in(house, "KTP", request_key="tap", printing=True)
    assert again.pk == first.pk
    with refused("day_full"):
        walk_in(house, "KTP", request_key="other", printing=True)
    with refused("request_reused"):
        walk_in(house, "KK", request_key="tap", printing=True)
    assert Ticket.objects.count() == 1


def test_what_is_chosen_wrongly_is_refused(house):
    with refused("nothing_chosen"):
        walk_in(house)
    with refused("same_service_twice"):
        walk_in(house, "KTP", "KTP")
    with refused("too_many_tickets"):
        walk_in(house, *"ABCDEF")
    with refused("bad_priority"):
        walk_in(house, "KTP", priority="vip")
    with refused("unknown_service"):
        walk_in(house, "TIDAK-ADA")
    with refused("external"):
        walk_in(house, "PASPOR")
    assert not Visit.objects.exists()


def test_the_hall_says_no_as_the_gate_does(house):
    with refused("past"):
        walk_in(house, "KTP", now=at(15, 30))
    with refused("closed"):
        walk_in(house, "KTP", now=at(9, days=3))  # a Saturday
    QueueDay.objects.update(last_ticket_at=at(14))
    with refused("last_ticket_passed"):
        walk_in(house, "KTP", now=at(14, 5))
    rules.pause(queue_id=house.queues["C"].pk, reason="Sistem pusat padam", at=at(9))
    with refused("paused") as no:
        walk_in(house, "KTP")
    assert "Sistem pusat padam" in no.value.message


def test_two_services_that_only_collide_with_each_other_are_full_for_the_day(house):
    for prefix in "CT":
        for hour in range(8, 14):
            seats(house.window(prefix, hour), 0)
    with refused("day_full"):
        walk_in(house, "KTP", "PBB")


# -- over the quota --------------------------------------------------------------------------------

REASON = "datang dari pulau, kapal hanya hari ini"


def over_quota(house, *services, reason=REASON, **more):
    more = {"channel": "front_desk", "officer_id": house.people["front_desk"].pk} | more
    return walk_in(house, *services, over_quota_reason=reason, **more)


def test_a_full_day_gives_a_number_without_a_seat_for_a_reason(house):
    seats(house.window("C", 9), 1)
    Window.objects.exclude(pk=house.window("C", 9).pk).update(seats=0, online_seats=0)
    ordinary = walk_in(house, "KTP").new_tickets[0]
    ticket = over_quota(house, "KTP", now=at(9, 20)).new_tickets[0]
    assert (ticket.window, ticket.seat, ticket.state) == (None, "", "waiting")
    assert (
        ticket.number == QueueDay.objects.get(queue=ticket.queue, date=ticket.date).overflow_first
    )
    assert ticket.sort_at == at(9, 20) + dt.timedelta(milliseconds=ticket.number)
    assert ticket.sort_at > ordinary.sort_at
    assert ticket.events.get(kind="issued").note == REASON
    keep_their_promises()


def test_while_there_is_a_seat_the_reason_is_not_needed_and_not_kept(house):
    ticket = over_quota(house, "KTP").new_tickets[0]
    assert ticket.seat == "walk_in"
    assert ticket.events.get(kind="issued").note == ""


def test_one_service_over_the_quota_and_another_within_it(house):
    Window.objects.filter(queue=house.queues["C"]).update(seats=0, online_seats=0)
    first, second = over_quota(house, "KTP", "PBB").new_tickets
    assert (first.window, second.window) == (None, house.window("T", 9))
    keep_their_promises()


def test_the_services_own_limit_is_a_quota_too(house):
    ServiceType.objects.filter(code="KTP").update(seats=1)
    walk_in(house, "KTP")
    with refused("day_full"):
        walk_in(house, "KTP")
    assert over_quota(house, "KTP").new_tickets[0].seat == ""


def test_going_over_the_quota_is_the_front_desks_alone_and_needs_a_reason(house):
    Window.objects.update(seats=0, online_seats=0)
    for channel in ("kiosk", "web"):
        with refused("not_allowed"):
            over_quota(house, "KTP", channel=channel)
    with refused("not_allowed"):
        over_quota(house, "KTP", officer_id=None)
    with refused("reason_needed"):
        over_quota(house, "KTP", reason="ya")
    assert not Ticket.objects.exists()


def test_a_reason_opens_no_paused_and_no_closed_day(house):
    Window.objects.update(seats=0, online_seats=0)
    rules.pause(queue_id=house.queues["C"].pk, reason="sistem pusat mati", at=at(9))
    with refused("paused"):
        over_quota(house, "KTP")
    rules.close_day(mall=house.mall, date=at(9).date(), at=at(9, 1))
    with refused("past"):
        over_quota(house, "PBB", now=at(9, 2))
