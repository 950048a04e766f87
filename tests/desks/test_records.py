"""Records are read within the office, contacts masked; a NIK opens once, with a reason."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from privacy.models import RevealLog
from queueing import rules
from queueing.models import Counter, CounterSession, Queue, QueueDay, Ticket, Visit, Window
from tests.house import TODAY, at

NIK = "3576014403910003"
RECORDS = [Visit, Ticket, Window, QueueDay, CounterSession]


def address(model, act, *args):
    return reverse(f"admin:queueing_{model._meta.model_name}_{act}", args=args)


@pytest.fixture
def ticket(house):
    ticket = house.book("KTP", 9, nik=NIK, phone="081234567890", email="siti@contoh.id")
    rules.check_in(visit_id=ticket.visit_id, at=at(9))
    officer, counter = house.people["officer"], house.counters[1].pk
    rules.open_counter(counter_id=counter, officer=officer, at=at(9))
    rules.call_next(counter_id=counter, officer=officer, at=at(9, 1))
    return ticket


def reveal(client, ticket, **form):
    return client.post(address(Visit, "reveal_nik", ticket.visit_id), form)


def test_the_front_desk_reads_a_visit_with_its_contact_masked(sign_in, ticket):
    client = sign_in("front_desk")
    for page in (address(Visit, "changelist"), address(Visit, "change", ticket.visit_id)):
        text = client.get(page).content.decode()
        assert "Siti Aminah" in text
        assert "+62812*****890" in text
        for secret in (NIK, "81234567890", "siti@contoh.id", ticket.visit.token):
            assert secret not in text


def test_a_ticket_is_shown_with_its_log_in_words(sign_in, ticket):
    text = sign_in("officer").get(address(Ticket, "change", ticket.pk)).content.decode()
    for word in (ticket.label, "nomor diambil", "lapor hadir", "dipanggil", "Loket 1"):
        assert word in text
    assert "Siti" not in text


@pytest.mark.parametrize("model", RECORDS)
def test_nobody_adds_changes_or_deletes_a_record(sign_in, house, ticket, model):
    client = sign_in("manager")
    row = model.objects.first()
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "change", row.pk), {"name": "x"}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    client.post(
        address(model, "changelist"),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", [Ticket, Window, QueueDay])
@pytest.mark.parametrize("who", ["foreign_officer", "foreign_head"])
def test_records_of_another_agency_are_not_there(sign_in, house, ticket, model, who):
    client = sign_in(who)
    row = model.objects.filter(queue=house.queues["C"]).first()
    page = client.get(address(model, "changelist"), {"hari": "semua"})
    assert page.status_code == 200
    assert all(r.queue.agency_id == house.tax.pk for r in page.context["cl"].result_list)
    assert client.get(address(model, "change", row.pk)).status_code == 302
    assert "Antrean C" not in page.content.decode()


@pytest.mark.parametrize("who", ["officer", "head", "liaison", "leader"])
def test_offices_of_one_agency_see_no_visits(sign_in, ticket, who):
    client = sign_in(who)
    assert client.get(address(Visit, "changelist")).status_code == 403
    assert client.get(address(Visit, "reveal_nik", ticket.visit_id)).status_code == 403


def test_a_list_shows_today_unless_more_is_asked(sign_in, house, ticket):
    client = sign_in("manager")
    tomorrow = house.book("AKTA", 9, days=1)

    def labels(**query):
        page = client.get(address(Ticket, "changelist"), query)
        return {row.label for row in page.context["cl"].result_list}

    assert labels() == labels(hari="pekan") == {ticket.label}
    assert labels(hari="depan") == {tomorrow.label}
    assert labels(hari="semua") == {ticket.label, tomorrow.label}
    assert labels(hari="semua", antrean=house.queues["D"].pk) == {tomorrow.label}
    assert labels(antrean="x' OR 1=1") == {ticket.label}
    assert labels(q=ticket.visit.short_code.lower()) == {ticket.label}


# -- opening a NIK --------------------------------------------------------------------------------


def test_the_manager_opens_a_nik_with_a_reason_and_the_look_is_written_down(sign_in, house, ticket):
    client = sign_in("manager")
    page = client.get(address(Visit, "reveal_nik", ticket.visit_id))
    assert NIK not in page.content.decode()
    opened = reveal(client, ticket, reason="mencocokkan berkas")
    assert NIK in opened.content.decode()
    assert "no-store" in opened["Cache-Control"]
    look = RevealLog.objects.get()
    assert (look.user, look.subject) == (house.people["manager"], "queueing.Visit.nik")
    assert look.reference == f"{TODAY} {ticket.visit.short_code}"
    assert NIK not in client.get(address(Visit, "reveal_nik", ticket.visit_id)).content.decode()


def test_a_nik_stays_shut_without_a_reason(sign_in, ticket):
    response = reveal(sign_in("manager"), ticket, reason="x")
    assert response.status_code == 422
    assert "Tulis alasan" in response.content.decode()
    assert NIK not in response.content.decode()
    assert not RevealLog.objects.exists()


def test_the_front_desk_does_not_open_a_nik(sign_in, ticket):
    client = sign_in("front_desk")
    assert reveal(client, ticket, reason="ingin tahu saja").status_code == 403
    assert "/nik/" not in client.get(address(Visit, "change", ticket.visit_id)).content.decode()
    assert not RevealLog.objects.exists()


def test_a_visit_without_a_nik_has_nothing_to_open(sign_in, house):
    ticket = house.book("AKTA", 9)
    response = reveal(sign_in("manager"), ticket, reason="mencocokkan berkas")
    assert "tidak menyimpan NIK" in response.content.decode()
    assert not RevealLog.objects.exists()


# -- lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", RECORDS)
def test_a_long_list_costs_no_more_queries_than_a_short_one(sign_in, house, ticket, model):
    client = sign_in("manager")

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page = client.get(address(model, "changelist"))
        return len(queries), len(page.context["cl"].result_list)

    cost()
    short, few = cost()
    crowd(house)
    long, many = cost()
    assert many >= few + 10
    assert long == short


def crowd(house):
    """Twelve more of everything: queues with their windows, open counters, visits."""
    queues = []
    for n in range(12):
        prefix = f"{'KL'[n // 10]}{n % 10}"
        queue = Queue.objects.create(
            mall=house.mall, agency=house.civil, prefix=prefix, name="x", book_ahead_days=0
        )
        counter = Counter.objects.create(mall=house.mall, number=50 + n)
        officer = User.objects.create(username=f"petugas{n}", is_staff=True)
        CounterSession.objects.create(
            counter=counter, officer=officer, date=TODAY, queue_ids=[queue.pk], opened_at=at(9)
        )
        queues.append(queue)
        rules.walk_in(mall=house.mall, services=["PBB"], at=at(9))
    rules.materialise(queues=queues, at=at(8))
