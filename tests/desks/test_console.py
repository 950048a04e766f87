"""The counter's page: every act by its form, refusals as a sentence, own counters only."""

import datetime as dt

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.models import CounterSession, QueueDay, Ticket
from queueing.workflow import State
from tests.house import TODAY, at


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


@pytest.fixture
def desk(client, house):
    """The officer's open counter 2 (queues C and D) with two people waiting."""

    class Desk:
        counter = house.counters[2]
        first = house.waiting("KTP", 9, arrived=at(8, 50))
        second = house.waiting("KK", 9, arrived=at(8, 55), name="Budi Santoso")

        def act(self, name, **fields):
            answer = client.post(reverse("desks:act", args=[self.counter.pk, name]), fields)
            assert answer.status_code == 302, answer.content[:500]
            return [str(message) for message in get_messages(answer.wsgi_request)]

        def page(self):
            return client.get(reverse("desks:counter", args=[self.counter.pk]))

        def state(self, ticket):
            return Ticket.objects.get(pk=ticket.pk).state

    client.force_login(house.people["officer"])
    desk = Desk()
    assert desk.act("buka") == []
    return desk


def test_a_person_is_called_served_and_ended_and_the_next_one_called(desk):
    desk.act("panggil")
    assert desk.state(desk.first) == State.CALLED
    assert desk.first.label in desk.page().content.decode().replace("</b> <span>", " ")
    desk.act("mulai")
    assert desk.state(desk.first) == State.SERVING
    assert desk.act("selesai-panggil", outcome="served") == []
    assert desk.state(desk.first) == State.DONE
    assert desk.state(desk.second) == State.CALLED


def test_nobody_waits(desk):
    for _ in range(2):
        desk.act("panggil")
        desk.act("tidak-hadir")
    assert desk.act("panggil") == ["Tidak ada yang menunggu."]


def test_a_second_call_while_one_is_here_is_refused_with_a_sentence(desk):
    desk.act("panggil")
    assert desk.act("panggil") == ["Masih ada nomor di loket. Selesaikan dahulu."]
    assert desk.state(desk.second) == State.WAITING


def test_recall_stops_at_the_queues_limit(desk):
    desk.act("panggil")
    assert desk.act("panggil-ulang") == desk.act("panggil-ulang") == []
    assert "Tandai tidak hadir" in desk.act("panggil-ulang")[0]


def test_an_absent_person_comes_back(desk):
    desk.act("panggil")
    desk.act("tidak-hadir")
    assert "Kembalikan" in desk.page().content.decode()
    desk.act("kembalikan", ticket=desk.first.pk)
    assert desk.state(desk.first) == State.WAITING


def test_park_needs_a_reason(desk):
    desk.act("panggil")
    assert "alasannya" in desk.act("tunda", reason="x")[0]
    desk.act("tunda", reason="menunggu fotokopi")
    assert desk.state(desk.first) == State.PARKED


def test_transfer_to_another_agency(desk):
    desk.act("panggil")
    desk.act("pindah", ticket=desk.first.pk, service="PBB")
    assert desk.state(desk.first) == State.TRANSFERRED
    assert Ticket.objects.get(label=desk.first.label, state=State.WAITING).queue.prefix == "T"


def test_collect_later_needs_its_date(desk):
    desk.act("panggil")
    desk.act("mulai")
    assert "tanggal pengambilan" in desk.act("selesai", outcome="collect_later")[0]
    tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
    desk.act("selesai", outcome="collect_later", collect_on=tomorrow)
    assert desk.state(desk.first) == State.DONE


def test_the_last_act_is_undone_within_a_minute(desk, clock):
    desk.act("panggil")
    assert "Urungkan" in desk.page().content.decode()
    desk.act("urungkan")
    assert desk.state(desk.first) == State.WAITING
    desk.act("panggil")
    clock.move_to(at(9, 2), tick=False)
    assert "Urungkan" not in desk.page().content.decode()
    assert "60 detik" in desk.act("urungkan")[0]


def test_a_queue_is_paused_and_goes_on(desk, house):
    queue = house.queues["C"]
    desk.act("jeda", queue=queue.pk, reason="blangko habis")
    assert QueueDay.objects.get(queue=queue, date=TODAY).paused_reason == "blangko habis"
    desk.act("lanjut", queue=queue.pk)
    assert QueueDay.objects.get(queue=queue, date=TODAY).paused_reason == ""


def test_another_agencys_queue_is_not_paused_from_here(desk, house):
    assert desk.act("jeda", queue=house.queues["T"].pk, reason="blangko habis") == [
        "Anda tidak berwenang untuk itu."
    ]


def test_the_counter_closes_when_nobody_is_here(desk):
    desk.act("panggil")
    assert "Masih ada nomor" in desk.act("tutup")[0]
    desk.act("tidak-hadir")
    desk.act("tutup")
    assert not CounterSession.objects.filter(closed_at__isnull=True).exists()


def test_a_taken_counter_says_who_sits_there(desk, client, house):
    client.force_login(house.people["colleague"])
    assert "sedang dibuka officer" in desk.page().content.decode()
    assert desk.act("panggil") == ["Anda tidak berwenang untuk itu."]


@pytest.mark.parametrize("who", ["foreign_officer", "head", "front_desk", "liaison", "leader"])
def test_who_does_not_call_here_finds_no_counter(client, house, who):
    client.force_login(house.people[who])
    assert client.get(reverse("desks:counter", args=[house.counters[2].pk])).status_code == 404
    assert client.post(reverse("desks:act", args=[house.counters[2].pk, "buka"])).status_code == 404


def test_a_stranger_is_sent_to_log_in(client, house):
    answer = client.get(reverse("desks:counter", args=[house.counters[2].pk]))
    assert answer.status_code == 302
    assert "/admin/login/" in answer["Location"]


def test_no_contact_and_no_nik_on_the_page(client, desk, house):
    marked = house.waiting(
        "KTP", 9, arrived=at(8, 58), name="Tiga", phone="081255501234", nik="3576010101900001"
    )
    for _ in range(3):
        desk.act("panggil")
        if desk.state(marked) == State.CALLED:
            break
        desk.act("tidak-hadir")
    page = desk.page().content.decode()
    assert "55501234" not in page
    assert "3576010101900001" not in page
    assert marked.visit.token not in page


def test_as_many_queries_for_one_waiting_as_for_many(client, desk, house):
    desk.act("panggil")
    with CaptureQueriesContext(connection) as few:
        desk.page()
    for i in range(12):
        rules.walk_in(
            mall=house.mall, services=["AKTA"], at=at(9), priority="elderly", name=f"W{i}"
        )
    with CaptureQueriesContext(connection) as many:
        desk.page()
    assert len(few) == len(many) <= 20
