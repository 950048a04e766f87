"""A change that affects people is shown first and saved only as it was confirmed."""

import datetime as dt
import re

import pytest
from django.urls import reverse

from notifications.models import Message
from queueing import rules
from queueing.models import Queue, QueueClosure, QueueHours, Ticket, Window
from services.models import Closure, Holiday, OpeningHours
from tests.house import TODAY, at

TOMORROW = TODAY + dt.timedelta(days=1)
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


def new_row(inline, queue, **row):
    return {f"{inline}-TOTAL_FORMS": 1, f"{inline}-0-queue": queue.pk} | {
        f"{inline}-0-{name}": value for name, value in row.items()
    }


def day_off(house, **more):
    form = {"mall": house.mall.pk, "reason": "upacara", "name": "Hari jadi", "kind": "local"}
    return form | dict.fromkeys(["first_date", "last_date", "date"], TOMORROW) | more


def asked(response):
    """The preview that came instead of the change."""
    assert response.status_code == 200, response
    assert "done" in (response.context or {}), told(response)
    return response.context["done"]


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


def confirmed(response):
    """What the browser sends when the button of the preview is pressed."""
    form: dict[str, list[str]] = {}
    for name, value in response.context["hidden"]:
        form.setdefault(name, []).append(value)
    return {**form, "plan": response.context["done"].fingerprint}


def press(client, page, form):
    """Send a form, see the preview, confirm it; the preview and the answer."""
    preview = client.post(page, form)
    asked(preview)
    return preview, client.post(page, confirmed(preview), follow=True)


def fresh(ticket):
    ticket.refresh_from_db()
    return ticket


@pytest.fixture
def booked(house):
    """Three with an address for tomorrow at nine, and a fourth without one."""
    people = [{"email": f"a{n}@contoh.id"} for n in range(3)] + [{"name": "Budi Santoso"}]
    Window.objects.filter(pk=house.window("C", 9, days=1).pk).update(online_seats=6)
    return [house.book("KK", 9, days=1, **who) for who in people]


# -- each kind of change --------------------------------------------------------------------------


def every_change(house):
    """(who, address, form): each form of the house that takes places away tomorrow."""
    queue = house.queues["C"]
    change = address(Queue, "change", queue.pk)
    thursday = OpeningHours.objects.get(weekday=3)
    hours = {"mall": house.mall.pk, "weekday": 3, "opens_at": "10:00", "closes_at": "15:00"}
    span = {"first_date": TOMORROW, "last_date": TOMORROW, "reason": "pelatihan"}
    chosen = {"action": "delete_selected", "_selected_action": [thursday.pk], "post": "yes"}
    return {
        "fewer seats": ("head", change, queue_form(queue, seats_per_hour=1)),
        "hours of the queue": (
            "head",
            change,
            queue_form(queue, **new_row("hours", queue, opens_at="10:00", closes_at="15:00")),
        ),
        "closure of the queue": (
            "head",
            change,
            queue_form(queue, **new_row("closures", queue, **span)),
        ),
        "closure of the agency": (
            "head",
            address(Closure, "add"),
            day_off(house, agency=house.civil.pk),
        ),
        "closure of the mall": ("manager", address(Closure, "add"), day_off(house)),
        "holiday": ("manager", address(Holiday, "add"), day_off(house)),
        "hours of the mall": (
            "manager",
            address(OpeningHours, "change", thursday.pk),
            hours,
        ),
        "hours deleted": (
            "manager",
            address(OpeningHours, "delete", thursday.pk),
            {"post": "yes"},
        ),
        "hours deleted in the list": ("manager", address(OpeningHours, "changelist"), chosen),
    }


CHANGES = [
    "fewer seats",
    "hours of the queue",
    "closure of the queue",
    "closure of the agency",
    "closure of the mall",
    "holiday",
    "hours of the mall",
    "hours deleted",
    "hours deleted in the list",
]


def rows():
    models = [Queue, QueueHours, QueueClosure, Closure, Holiday, OpeningHours]
    return [list(m.objects.order_by("pk").values()) for m in [*models, Window, Ticket, Message]]


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_saved_before_the_confirm_and_everything_with_it(sign_in, house, booked, change):
    who, page, form = every_change(house)[change]
    client, before = sign_in(who), rows()
    preview = client.post(page, form)
    done = asked(preview)
    assert rows() == before
    assert len(done.displaced) == (3 if change == "fewer seats" else 4)
    answer = client.post(page, confirmed(preview), follow=True)
    assert "nomor dipindahkan" in told(answer)
    assert rows()[0:6] != before[0:6]
    window = house.window("C", 9, days=1) if change == "fewer seats" else None
    for ticket in booked[1:]:
        assert fresh(ticket).window.starts_at > at(9, days=1)
    assert window is None or window.seats == 1
    moved = Message.objects.filter(kind__in=["moved", "kept"], state="due").count()
    assert moved == (2 if change == "fewer seats" else 3)


def test_a_queue_is_switched_off_when_its_services_stand_elsewhere(sign_in, house, booked):
    queue, client = house.queues["C"], sign_in("head")
    page = client.post(address(Queue, "change", queue.pk), queue_form(queue, active=""))
    assert "4 nomor" in " ".join(page.context["adminform"].form.non_field_errors())
    assert Queue.objects.get(pk=queue.pk).active
    queue.queue_services.update(queue=house.queues["D"])
    chosen = {"action": "switch_off", "_selected_action": [queue.pk]}
    _, answer = press(client, address(Queue, "changelist"), chosen)
    assert "Dimatikan: C Antrean C." in told(answer)
    assert {fresh(ticket).queue for ticket in booked} == {house.queues["D"]}
    chosen = {"action": "switch_on", "_selected_action": [queue.pk]}
    client.post(address(Queue, "changelist"), chosen)
    assert Queue.objects.get(pk=queue.pk).active


def test_what_affects_nobody_is_saved_at_once(sign_in, house, booked):
    queue, client = house.queues["D"], sign_in("head")
    answer = client.post(address(Queue, "change", queue.pk), queue_form(queue, seats_per_hour=1))
    assert answer.status_code == 302


# -- the page -------------------------------------------------------------------------------------


def test_the_page_says_who_moves_where_what_they_read_and_who_has_no_contact(
    sign_in, house, booked
):
    house.book("KTP", 9, days=1, name="Ann Lee", email="ann@contoh.id", language="en", nik="")
    page = sign_in("manager").post(address(Closure, "add"), day_off(house)).content.decode()
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "5 nomor pindah" in text
    assert re.search(r"Tanpa kontak, beri tahu sendiri: C 015 Budi ?\.", text)
    assert "Jadwal Anda di MPP Gajah Mada terpaksa kami pindahkan: upacara." in text
    assert "We had to move your visit to MPP Gajah Mada: upacara." in text
    assert "Terapkan untuk 5 nomor" in text
    assert "C Antrean C" in text
    assert "Santoso" not in page
    for visit in {ticket.visit for ticket in booked}:
        assert visit.token not in page


def test_kembali_brings_the_form_back_as_it_was_filled(sign_in, house, booked):
    queue, client = house.queues["C"], sign_in("head")
    page = address(Queue, "change", queue.pk)
    preview = client.post(page, queue_form(queue, seats_per_hour=1, name="Nama baru"))
    form = confirmed(preview)
    del form["plan"]
    back = client.post(page, form | {"_back": "1"})
    assert "Belum ada yang disimpan" in back.content.decode()
    assert 'value="Nama baru"' in back.content.decode()
    queue.refresh_from_db()
    assert (queue.name, queue.seats_per_hour) == ("Antrean C", 6)


def test_a_plan_that_changed_in_between_is_shown_again(sign_in, house, booked):
    client, page = sign_in("manager"), address(Closure, "add")
    preview = client.post(page, day_off(house))
    house.book("KTP", 10, days=1, email="baru@contoh.id")
    again = client.post(page, confirmed(preview))
    assert len(asked(again).displaced) == 5
    assert "Keadaan berubah" in again.content.decode()
    assert not Closure.objects.exists()
    client.post(page, confirmed(again))
    assert Closure.objects.count() == 1
    assert not Ticket.objects.filter(date=TOMORROW).exists()


def test_a_confirm_that_is_pressed_twice_is_saved_once(sign_in, house, booked):
    client, page = sign_in("manager"), address(Closure, "add")
    preview, _ = press(client, page, day_off(house))
    assert asked(client.post(page, confirmed(preview))).displaced == []
    assert Closure.objects.count() == 1


def test_when_nobody_can_be_placed_the_form_stays_open_and_says_so(sign_in, house, booked):
    client = sign_in("manager")
    form = day_off(house, last_date=TODAY + dt.timedelta(days=60))
    page = client.post(address(Closure, "add"), form)
    assert "4 nomor" in " ".join(page.context["adminform"].form.non_field_errors())
    assert not Closure.objects.exists()


def test_people_in_the_hall_are_named_and_stay(sign_in, house):
    ticket = house.waiting("KK", 9, arrived=at(9))
    client, page = sign_in("manager"), address(Closure, "add")
    form = day_off(house, first_date=TODAY, last_date=TODAY)
    preview, answer = press(client, page, form)
    assert f"<b>{ticket.label}</b>" in preview.content.decode()
    assert ticket.label in told(answer)
    assert fresh(ticket).state == "waiting"


# -- whose ----------------------------------------------------------------------------------------


def test_a_head_previews_only_the_own_agencys_changes(sign_in, house, booked):
    client, theirs = sign_in("foreign_head"), house.queues["C"]
    page = address(Queue, "change", theirs.pk)
    answer = client.post(page, queue_form(theirs, seats_per_hour=1) | {"plan": "x"})
    assert "done" not in (answer.context or {})
    answer = client.post(address(Closure, "add"), day_off(house, agency=house.civil.pk))
    assert "done" not in (answer.context or {})
    chosen = {"action": "switch_off", "_selected_action": [theirs.pk]}
    client.post(address(Queue, "changelist"), chosen)
    chosen["action"] = "pause_chosen"
    client.post(address(Queue, "changelist"), chosen | {"pausing": 1, "reason": "blangko habis"})
    theirs.refresh_from_db()
    assert (theirs.seats_per_hour, theirs.active) == (6, True)
    assert not theirs.days.exclude(paused_reason="").exists()
    assert not Closure.objects.exists()


def test_the_list_of_queues_does_not_delete(sign_in, house):
    page = sign_in("manager").get(address(Queue, "changelist")).content.decode()
    assert "delete_selected" not in page
    assert "switch_off" in page


# -- several tickets, several queues --------------------------------------------------------------


def test_the_message_of_a_visit_with_two_numbers_is_one(sign_in, house):
    wishes = [
        rules.Wish("KTP", house.window("C", 9, days=1).pk),
        rules.Wish("PBB", house.window("T", 10, days=1).pk),
    ]
    rules.book(mall=house.mall, wishes=wishes, name="Siti", email="s@contoh.id", at=at(7))
    press(sign_in("manager"), address(Closure, "add"), day_off(house))
    assert Message.objects.filter(kind__in=["moved", "kept"]).count() == 1
    assert len(set(Ticket.objects.values_list("date", flat=True))) == 1
