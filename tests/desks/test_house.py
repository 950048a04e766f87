"""Changing the house rebuilds its days, or is refused with the bookings named and nothing saved."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.models import (
    Counter,
    CounterAssignment,
    CounterSession,
    DailyStatistic,
    Queue,
    QueueClosure,
    QueueDay,
    QueueHours,
    QueueService,
    Window,
)
from services.models import Closure, Holiday, OpeningHours, ServiceType
from tests.house import TODAY, at

INLINES = ["queue_services", "hours", "closures", "assignments"]
FIELDS = [
    "mall",
    "agency",
    "prefix",
    "name",
    "window_minutes",
    "seats_per_hour",
    "online_share",
    "book_ahead_days",
    "early_minutes",
    "late_minutes",
    "boost_minutes",
    "priority_per_day",
    "max_recalls",
]


def address(model, act, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def queue_form(queue, **changes):
    form = {name: queue.serializable_value(name) for name in FIELDS} | {"active": "on"}
    for inline in INLINES:
        form |= {f"{inline}-TOTAL_FORMS": 0, f"{inline}-INITIAL_FORMS": 0}
    return form | changes


def save(client, queue, **changes):
    return client.post(address(Queue, "change", queue.pk), queue_form(queue, **changes))


def refusal_on(response):
    assert response.status_code == 200, response
    return " ".join(response.context["adminform"].form.non_field_errors())


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


def seats(queue, hour, days=1):
    return Window.objects.get(queue=queue, starts_at=at(hour, days=days)).seats


# -- queues ---------------------------------------------------------------------------------------


def test_more_seats_reach_the_windows_that_stand(sign_in, house):
    queue = house.queues["C"]
    assert save(sign_in("head"), queue, seats_per_hour=9).status_code == 302
    assert seats(queue, 9) == 9
    assert seats(house.queues["D"], 9) == 6


def test_a_new_length_of_the_windows_cuts_the_days_anew(sign_in, house):
    queue = house.queues["C"]
    save(sign_in("head"), queue, window_minutes=30)
    assert Window.objects.filter(queue=queue, starts_at=at(9, 30, days=1)).exists()


def test_fewer_seats_than_bookings_are_refused_with_the_numbers_and_nothing_is_saved(
    sign_in, house
):
    queue = house.queues["C"]
    tickets = [house.book("KK", 9, days=1, phone=f"08123456789{n}") for n in range(3)]
    page = save(sign_in("head"), queue, seats_per_hour=1, name="Nama baru")
    answer = refusal_on(page)
    assert tickets[-1].label in answer
    assert tickets[0].label not in answer
    assert 'value="Nama baru"' in page.content.decode()
    queue.refresh_from_db()
    assert (queue.seats_per_hour, queue.name, seats(queue, 9)) == (6, "Antrean C", 6)


def test_a_closure_on_a_booked_day_is_refused_and_on_a_free_day_empties_it(sign_in, house):
    queue, client = house.queues["C"], sign_in("head")
    ticket = house.book("KK", 9, days=1)
    for days in (1, 2):
        date = TODAY + dt.timedelta(days=days)
        closure = {
            "closures-TOTAL_FORMS": 1,
            "closures-0-first_date": date,
            "closures-0-last_date": date,
            "closures-0-reason": "pemeliharaan",
            "closures-0-queue": queue.pk,
        }
        page = save(client, queue, **closure)
        if days == 1:
            assert ticket.label in refusal_on(page)
            assert not QueueClosure.objects.exists()
    assert QueueClosure.objects.get().first_date == TODAY + dt.timedelta(days=2)
    assert not Window.objects.filter(queue=queue, date=TODAY + dt.timedelta(days=2)).exists()
    assert seats(queue, 9) == 6


def test_hours_of_a_queue_replace_those_of_its_agency(sign_in, house):
    queue = house.queues["C"]
    hours = {"hours-TOTAL_FORMS": 1, "hours-0-queue": queue.pk}
    hours |= {"hours-0-opens_at": "10:00", "hours-0-closes_at": "12:00"}
    assert save(sign_in("head"), queue, **hours).status_code == 302
    tomorrow = Window.objects.filter(queue=queue, date=TODAY + dt.timedelta(days=1))
    assert sorted(w.starts_at for w in tomorrow) == [at(10, days=1), at(11, days=1)]
    assert QueueHours.objects.get().queue == queue


def test_a_queue_that_has_given_numbers_keeps_its_prefix(sign_in, house):
    queue = house.queues["C"]
    house.book("KK", 9)
    save(sign_in("head"), queue, prefix="K", name="Nama baru")
    queue.refresh_from_db()
    assert (queue.prefix, queue.name) == ("C", "Nama baru")


def test_a_new_queue_has_its_windows_at_once(sign_in, house):
    form = queue_form(house.queues["C"], prefix="K", name="Baru")
    assert sign_in("head").post(address(Queue, "add"), form).status_code == 302
    assert seats(Queue.objects.get(prefix="K"), 9) == 6


def test_a_service_of_another_agency_does_not_stand_in_the_queue(sign_in, house):
    queue = house.queues["C"]
    pasport = ServiceType.objects.get(code="PASPOR")
    service = {"queue_services-TOTAL_FORMS": 1, "queue_services-0-queue": queue.pk}
    service |= {"queue_services-0-service_type": pasport.pk}
    for who in ("head", "manager"):
        assert save(sign_in(who), queue, **service).status_code == 200
    assert not QueueService.objects.filter(service_type=pasport).exists()


# -- whose ----------------------------------------------------------------------------------------


def test_a_head_reaches_only_the_own_agencys_queues(sign_in, house):
    client, theirs = sign_in("head"), house.queues["T"]
    page = client.get(address(Queue, "changelist")).content.decode()
    assert "Antrean C" in page
    assert "Antrean T" not in page
    for act in ("change", "pause"):
        response = client.post(address(Queue, act, theirs.pk), queue_form(theirs, name="Direbut"))
        assert response.status_code in (302, 403, 404)
    theirs.refresh_from_db()
    assert theirs.name == "Antrean T"
    assert not QueueDay.objects.exclude(paused_reason="").exists()


def test_the_manager_reaches_every_queue_and_counter(sign_in, house):
    client = sign_in("manager")
    assert "Antrean T" in client.get(address(Queue, "changelist")).content.decode()
    assert client.get(address(Counter, "changelist")).status_code == 200


@pytest.mark.parametrize("who", ["officer", "front_desk", "liaison", "leader", "complaints_desk"])
def test_others_arrange_nothing(sign_in, house, who):
    client, queue = sign_in(who), house.queues["C"]
    for model in (Queue, Counter, OpeningHours, Closure, Holiday):
        assert client.get(address(model, "changelist")).status_code == 403
        assert client.get(address(model, "add")).status_code == 403
    assert client.get(address(Queue, "close_day")).status_code == 403
    assert client.get(address(Queue, "pause", queue.pk)).status_code in (403, 404)


def test_a_head_assigns_own_queues_to_shared_desks_but_opens_no_list_of_desks(sign_in, house):
    client, queue, counter = sign_in("head"), house.queues["C"], house.counters[4]
    row = {"assignments-TOTAL_FORMS": 1, "assignments-0-counter": counter.pk}
    row |= {"assignments-0-queue": queue.pk, "assignments-0-position": 2}
    assert save(client, queue, **row).status_code == 302
    assert CounterAssignment.objects.filter(counter=counter, queue=queue).exists()
    assert client.get(address(Counter, "changelist")).status_code == 403


# -- counters -------------------------------------------------------------------------------------


def test_an_open_counter_calls_from_newly_assigned_queues_at_once(sign_in, house):
    counter = house.counters[1]
    rules.open_counter(counter_id=counter.pk, officer=house.people["officer"], at=at(9))
    form = {"mall": house.mall.pk, "number": 1, "floor": "2", "zone": "timur", "active": "on"}
    form |= {"assignments-TOTAL_FORMS": 2, "assignments-INITIAL_FORMS": 1}
    old = counter.assignments.get()
    for i, queue in enumerate((house.queues["C"], house.queues["D"])):
        form |= {f"assignments-{i}-queue": queue.pk, f"assignments-{i}-position": i + 1}
        form |= {f"assignments-{i}-counter": counter.pk}
    form |= {"assignments-0-id": old.pk}
    response = sign_in("manager").post(address(Counter, "change", counter.pk), form)
    assert response.status_code == 302
    wanted = [house.queues["C"].pk, house.queues["D"].pk]
    assert CounterSession.objects.get().queue_ids == wanted


def test_a_queue_that_is_switched_off_leaves_the_open_counter(sign_in, house):
    queue = house.queues["C"]
    rules.open_counter(counter_id=house.counters[2].pk, officer=house.people["officer"], at=at(9))
    save(sign_in("head"), queue, active="")
    assert CounterSession.objects.get().queue_ids == [house.queues["D"].pk]


# -- hours, closures and holidays of the mall and of agencies -------------------------------------


def test_a_closure_of_an_agency_empties_its_days_and_no_others(sign_in, house):
    form = {"mall": house.mall.pk, "agency": house.civil.pk, "reason": "pindah ruang"}
    form |= dict.fromkeys(["first_date", "last_date"], TODAY + dt.timedelta(days=1))
    assert sign_in("head").post(address(Closure, "add"), form).status_code == 302
    assert not Window.objects.filter(queue=house.queues["C"], starts_at=at(9, days=1)).exists()
    assert seats(house.queues["T"], 9) == 6


@pytest.mark.parametrize("model", [Closure, Holiday])
def test_a_day_off_with_bookings_is_refused_by_their_numbers(sign_in, house, model):
    ticket = house.book("PBB", 9, days=1)
    tomorrow = TODAY + dt.timedelta(days=1)
    form = {"mall": house.mall.pk, "reason": "upacara", "name": "Hari jadi", "kind": "local"}
    form |= dict.fromkeys(["first_date", "last_date", "date"], tomorrow)
    assert ticket.label in refusal_on(sign_in("manager").post(address(model, "add"), form))
    assert not model.objects.exists()


def test_hours_cannot_be_deleted_from_under_a_booking(sign_in, house):
    ticket, client = house.book("PBB", 9, days=1), sign_in("manager")
    thursday, friday = (OpeningHours.objects.get(weekday=n) for n in (3, 4))
    page = client.post(address(OpeningHours, "delete", thursday.pk), {"post": "yes"}, follow=True)
    assert ticket.label in told(page)
    chosen = {"action": "delete_selected", "_selected_action": [thursday.pk, friday.pk]}
    page = client.post(address(OpeningHours, "changelist"), chosen | {"post": "yes"}, follow=True)
    assert ticket.label in told(page)
    assert OpeningHours.objects.count() == 5
    client.post(address(OpeningHours, "delete", friday.pk), {"post": "yes"})
    assert OpeningHours.objects.count() == 4
    assert not Window.objects.filter(starts_at=at(9, days=2)).exists()


def test_hours_moved_to_another_agency_rebuild_both(sign_in, house):
    hours = OpeningHours.objects.create(
        mall=house.mall, agency=house.civil, opens_at=dt.time(10), closes_at=dt.time(12)
    )
    rules.rearrange(queues=list(Queue.objects.all()), at=at(8))
    form = {"mall": house.mall.pk, "agency": house.tax.pk, "opens_at": "10:00"}
    form |= {"closes_at": "12:00"}
    client = sign_in("manager")
    assert client.post(address(OpeningHours, "change", hours.pk), form).status_code == 302
    counts = {
        prefix: Window.objects.filter(queue=queue, date=TODAY + dt.timedelta(days=1)).count()
        for prefix, queue in house.queues.items()
    }
    assert counts == {"C": 7, "D": 7, "T": 2}


# -- today ----------------------------------------------------------------------------------------


def test_a_queue_is_paused_with_a_ready_sentence_and_goes_on(sign_in, house):
    client, queue = sign_in("head"), house.queues["C"]
    page = address(Queue, "pause", queue.pk)
    form = {"reason": "blangko habis", "back_at": "10:30"}
    assert "dijeda" in told(client.post(page, form, follow=True))
    day = QueueDay.objects.get(queue=queue, date=TODAY)
    assert (day.paused_reason, day.expected_back_at) == ("blangko habis", at(10, 30))
    assert "blangko habis" in client.get(page).content.decode()
    assert "berjalan lagi" in told(client.post(page, {"resume": "1"}, follow=True))
    day.refresh_from_db()
    assert day.paused_reason == ""


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"reason": "other", "words": "x"}, "Tulis alasannya"),
        ({"reason": "blangko habis", "back_at": "08:00"}, "sudah lewat"),
        ({}, "m-error"),
    ],
)
def test_a_pause_without_a_reason_or_with_a_past_return_is_refused(sign_in, house, form, words):
    response = sign_in("head").post(address(Queue, "pause", house.queues["C"].pk), form | {"x": 1})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not QueueDay.objects.exclude(paused_reason="").exists()


def test_the_manager_closes_the_day_after_one_confirmation(sign_in, house):
    client, page = sign_in("manager"), address(Queue, "close_day")
    ticket = house.waiting("PBB", 9, arrived=at(9))
    assert client.get(page).context["malls"][0][1] == {"unserved": 1, "serving": 0, "booked": 0}
    assert client.post(page, {"mall": house.mall.pk}).status_code == 422
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    answer = client.post(page, {"mall": house.mall.pk, "sure": "on"}, follow=True)
    assert "1 nomor diakhiri" in told(answer)
    ticket.refresh_from_db()
    assert ticket.state == "unserved"
    assert DailyStatistic.objects.get().unserved == 1


def test_a_head_or_a_manager_elsewhere_does_not_close_the_day(sign_in, house):
    client, page = sign_in("head"), address(Queue, "close_day")
    ticket = house.waiting("PBB", 9, arrived=at(9))
    response = client.post(page, {"mall": house.mall.pk, "sure": "on"})
    assert response.status_code == 403
    assert sign_in("manager").post(page, {"mall": "abc", "sure": "on"}).status_code == 422
    ticket.refresh_from_db()
    assert ticket.state == "waiting"


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Queue, Counter])
def test_a_list_of_fifty_costs_no_more_queries_than_a_list_of_one(sign_in, house, model):
    client = sign_in("manager")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(model, "changelist")).status_code == 200
        return len(queries)

    CounterAssignment.objects.all().delete()
    Counter.objects.exclude(number=1).delete()
    Window.objects.all().delete()
    QueueDay.objects.all().delete()
    Queue.objects.exclude(prefix="C").delete()
    cost()
    alone = cost()
    for n in range(50):
        Counter.objects.create(mall=house.mall, number=n + 10)
        Queue.objects.create(
            mall=house.mall, agency=house.civil, prefix=f"{'ABDEF'[n // 10]}{n % 10}", name="x"
        )
    assert cost() == alone
