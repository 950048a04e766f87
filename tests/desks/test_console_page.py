"""What the counter's page shows, and the acts beside the one likely step; how many queries."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.admin.console_page import lasted
from queueing.models import Queue, QueueDay, Ticket, TicketEvent
from queueing.workflow import State
from services.models import Paper, ServiceStandard
from tests.house import TODAY, at


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


def test_as_many_queries_for_three_waiting_as_for_sixty(client, desk, house):
    """Of the page, of the small one, and of one press of "finish and call the next"."""

    def served():
        desk.act("mulai")
        fetch = {"X-Requested-With": "fetch"}
        seen = client.get(page, headers=fetch).context["seen"]
        counts = []
        for ask in (
            lambda: client.get(page),
            lambda: client.get(reverse("desks:small", args=[desk.counter.pk]), headers=fetch),
            lambda: client.post(press, {"seen": seen}, headers=fetch),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert ask().status_code == 200
            counts.append(len(queries))
        return counts

    page = reverse("desks:counter", args=[desk.counter.pk])
    press = reverse("desks:act", args=[desk.counter.pk, "selesai-panggil"])
    house.waiting("KTP", 9, arrived=at(8, 56))
    house.waiting("KTP", 9, arrived=at(8, 57), name="Cici")
    desk.act("panggil")
    few = served()
    Queue.objects.update(priority_per_day=100)
    for i in range(60):
        rules.walk_in(
            mall=house.mall, services=["AKTA"], at=at(9), priority="elderly", name=f"W{i}"
        )
    many = served()
    assert few == many
    assert many[0] <= 20
    assert many[1] <= 12
    assert many[2] <= 36


def test_a_number_is_called_out_of_turn_with_a_reason(desk):
    number = desk.second.label
    assert "alasannya" in desk.act("panggil-nomor", number=number, reason="x")[0]
    for unknown in ("", "Z 900", "abc", "C 900"):
        told = desk.act("panggil-nomor", number=unknown, reason="berkasnya sudah siap")
        assert "nomor itu" in told[-1].lower(), unknown
    desk.page()  # which shows what was told
    assert desk.act("panggil-nomor", number=number.lower(), reason="berkasnya sudah siap") == []
    assert desk.state(desk.second) == State.CALLED
    note = TicketEvent.objects.get(ticket=desk.second, kind="called").note
    assert note == "berkasnya sudah siap"


@pytest.mark.parametrize("typed", ["{prefix}{number:03d}", "{number}", " {prefix}  {number:03d} "])
def test_a_number_is_typed_as_people_type_it(desk, typed):
    number = typed.format(prefix=desk.second.label[0], number=desk.second.number)
    assert desk.act("panggil-nomor", number=number, reason="berkasnya sudah siap") == []
    assert desk.state(desk.second) == State.CALLED


def test_the_next_service_of_the_visit_comes_first_and_need_not_wait(desk, house):
    visit = rules.book(
        mall=house.mall,
        wishes=[
            rules.Wish("KTP", house.window("C", 9).pk),
            rules.Wish("PBB", house.window("T", 10).pk),
        ],
        at=at(7, 30),
        name="Dewi",
    )
    rules.check_in(visit_id=visit.pk, at=at(8, 45))
    here, following = visit.new_tickets
    desk.act("panggil-nomor", number=here.label, reason="dua layanan, didahulukan")
    assert "Lanjut ke layanan berikutnya" not in desk.page().content.decode()
    desk.act("mulai")
    assert f"Layanan PBB ({following.label})" in desk.page().content.decode()
    assert desk.act("lanjut-kunjungan") == []
    here = Ticket.objects.get(pk=here.pk)
    assert (here.state, here.released_at) == (State.DONE, None)
    counter, officer = house.counters[4], house.people["foreign_officer"]
    rules.open_counter(counter_id=counter.pk, officer=officer, at=at(9))
    assert rules.call_next(counter_id=counter.pk, officer=officer, at=at(9)).pk == following.pk


def test_where_somebody_is_sent_is_kept_for_them(desk):
    desk.act("panggil")
    desk.act("mulai")
    assert desk.act("selesai", outcome="referred", where="Kantor Kelurahan Balongsari") == []
    assert TicketEvent.objects.get(kind="ended").note == "Kantor Kelurahan Balongsari"


@pytest.fixture
def papers(house):
    ServiceStandard.objects.filter(service_type=house.services["KTP"]).update(
        requirements=["Surat kehilangan: asli", "KK: 1 fotokopi"]
    )
    Paper.objects.create(mall=house.mall, name="KK", where="Minta di loket Kartu Keluarga")


def test_what_is_missing_is_said_and_printed_with_where_to_get_it(desk, client, papers):
    desk.act("panggil")
    desk.act("mulai")
    page = desk.page().content.decode()
    assert "Surat kehilangan: asli" in page
    assert "Tandai berkas" in desk.act("selesai", outcome="documents_missing")[0]
    desk.act(
        "selesai",
        outcome="documents_missing",
        missing="KK: 1 fotokopi",
        other_missing="tanda tangan saksi",
    )
    assert TicketEvent.objects.get(kind="ended").note == "KK: 1 fotokopi; tanda tangan saksi"
    slip = reverse("desks:missing_slip", args=[desk.counter.pk, desk.first.pk])
    assert slip in desk.page().content.decode()
    printed = client.get(slip).content.decode()
    assert "Minta di loket Kartu Keluarga" in printed
    assert "Tanda tangan saksi" in printed
    assert "Surat kehilangan" not in printed
    assert desk.first.visit.token not in printed
    assert desk.first.visit.name not in printed


def test_before_the_end_the_slip_has_all_that_is_asked_for(desk, client, papers):
    slip = client.get(reverse("desks:missing_slip", args=[desk.counter.pk, desk.first.pk]))
    assert "Surat kehilangan" in slip.content.decode()


def test_no_slip_of_another_agencys_number(desk, client, house):
    other = house.waiting("PBB", 9, arrived=at(8, 50))
    slip = reverse("desks:missing_slip", args=[desk.counter.pk, other.pk])
    assert client.get(slip).status_code == 404


def test_absent_is_offered_after_the_second_call(desk):
    desk.act("panggil")
    assert not desk.page().context["may_be_absent"]
    assert "setelah 2 panggilan" in desk.page().content.decode()
    desk.act("panggil-ulang")
    assert desk.page().context["may_be_absent"]


def test_who_was_absent_twice_is_not_offered_to_come_back(desk):
    for _ in range(2):
        assert desk.act("panggil-nomor", number=desk.first.label, reason="uji dua kali") == []
        desk.act("tidak-hadir")
        if not desk.page().context["aside"]:
            break
        desk.act("kembalikan", ticket=desk.first.pk)
    assert desk.page().context["aside"] == []


def test_the_colleagues_of_the_queue_and_their_numbers_are_seen(desk, house):
    colleague, counter = house.people["colleague"], house.counters[1]
    rules.open_counter(counter_id=counter.pk, officer=colleague, at=at(8, 59))
    called = rules.call_next(counter_id=counter.pk, officer=colleague, at=at(9))
    [(session, label)] = desk.page().context["colleagues"]
    assert (session.counter, session.officer, label) == (counter, colleague, called.label)
    foreign = house.people["foreign_officer"]
    rules.open_counter(counter_id=house.counters[4].pk, officer=foreign, at=at(8, 59))
    assert len(desk.page().context["colleagues"]) == 1


def test_the_own_open_counter_comes_first_on_the_list(desk, client):
    desk.act("panggil")
    counter, _session, _queues, label = client.get(reverse("desks:counters")).context["own"]
    assert (counter, label) == (desk.counter, desk.first.label)


def test_the_pause_is_seen_with_its_hour_and_ends_with_one_press(desk, house):
    desk.act("jeda", queue=house.queues["C"].pk, reason="blangko habis", back_at="10:30")
    page = desk.page().content.decode()
    assert "Antrean C dijeda:" in page
    assert "Perkiraan kembali 10.30." in page
    own = {"reason": "blangko habis", "words": "  petugas di lapangan "}
    desk.act("jeda", queue=house.queues["C"].pk, **own)
    assert QueueDay.objects.get(queue=house.queues["C"], date=TODAY).paused_reason == (
        "petugas di lapangan"
    )


def test_yesterdays_seat_is_nobodys_today(desk, client, house, clock):
    clock.move_to(at(8, days=1), tick=False)
    client.force_login(house.people["officer"])
    assert desk.page().context["place"].how == "closed"


def test_a_span_is_told_in_words():
    assert lasted(dt.timedelta(seconds=42)) == "42 detik"
    assert lasted(dt.timedelta(minutes=12, seconds=2)) == "12 menit 2 detik"
