"""Changing the house rebuilds its days; what affects people is asked first (test_preview.py)."""

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
    Queue,
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
    "ahead_notice",
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


def test_hours_that_nobody_booked_are_deleted_at_once(sign_in, house):
    client = sign_in("manager")
    friday = OpeningHours.objects.get(weekday=4)
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
