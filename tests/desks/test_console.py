"""The counter's page: every act by its form, refusals as a sentence, own counters only."""

import datetime as dt

import pytest
from django.urls import reverse

from queueing import rules
from queueing.models import (
    CounterAssignment,
    CounterSession,
    QueueDay,
    Ticket,
)
from queueing.workflow import State
from tests.house import TODAY, at


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


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


def test_a_pause_names_the_hour_of_return_unless_it_has_passed(desk, house):
    queue = house.queues["C"]
    desk.act("jeda", queue=queue.pk, reason="blangko habis", back_at="10:30")
    assert QueueDay.objects.get(queue=queue, date=TODAY).expected_back_at == at(10, 30)
    told = desk.act("jeda", queue=queue.pk, reason="blangko habis", back_at="08:30")
    assert "sudah lewat" in told[-1]
    assert QueueDay.objects.get(queue=queue, date=TODAY).expected_back_at is None


def test_a_pause_without_a_reason_is_refused(desk, house):
    assert "alasannya" in desk.act("jeda", queue=house.queues["C"].pk, reason="x")[0]
    assert not QueueDay.objects.exclude(paused_reason="").exists()


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
    assert desk.act("panggil") == []
    assert "sedang dibuka officer" in desk.page().content.decode()
    assert desk.state(desk.first) == State.WAITING


def test_priority_is_granted_with_a_reason_and_moves_the_ticket_up(desk):
    assert "Beri prioritas" in desk.page().content.decode()
    assert "alasannya" in desk.act("prioritas", ticket=desk.second.pk, reason="x")[0]
    desk.act("prioritas", ticket=desk.second.pk, reason="memakai kursi roda")
    assert [ticket for ticket, _why, _minutes in desk.page().context["waiting"]] == [
        desk.second,
        desk.first,
    ]
    assert "prioritas" in desk.page().context["waiting"][0][1]


@pytest.mark.parametrize("act", ["prioritas", "kembalikan"])
def test_a_ticket_of_another_agency_is_not_found_here(desk, house, act):
    other = house.waiting("PBB", 9, arrived=at(8, 50))
    told = desk.act(act, ticket=other.pk, reason="memakai kursi roda")
    assert "tidak ditemukan" in told[0]
    other.refresh_from_db()
    assert not other.priority


@pytest.mark.parametrize("outcome", ["served", "documents_missing", "information_only", "referred"])
def test_each_outcome_ends_the_service(desk, outcome):
    desk.act("panggil")
    desk.act("mulai")
    assert desk.act("selesai", outcome=outcome, missing="KK asli") == []
    assert Ticket.objects.get(pk=desk.first.pk).outcome == outcome


def test_who_brings_the_missing_papers_comes_back_the_same_day(desk):
    desk.act("panggil")
    desk.act("mulai")
    desk.act("selesai", outcome="documents_missing", missing="KK asli")
    assert "Berkas kurang" in desk.page().content.decode()
    desk.act("kembalikan", ticket=desk.first.pk)
    assert desk.state(desk.first) == State.WAITING


def test_an_unknown_outcome_and_a_step_out_of_turn_are_refused(desk):
    assert desk.act("mulai") == ["Tidak ada nomor di loket ini."]
    desk.act("panggil")
    assert "berstatus dipanggil" in desk.act("selesai", outcome="served")[-1]
    desk.act("mulai")
    assert "dari daftar" in desk.act("selesai", outcome="x")[-1]
    assert "tidak perlu dipindahkan" in desk.act("pindah", ticket=desk.first.pk, service="KK")[-1]


def test_acts_are_posts_and_known(desk, client):
    known = reverse("desks:act", args=[desk.counter.pk, "panggil"])
    assert client.get(known).status_code == 405
    unknown = reverse("desks:act", args=[desk.counter.pk, "hapus"])
    assert client.post(unknown).status_code == 404
    assert desk.state(desk.first) == State.WAITING


def test_why_people_stand_where_they_stand_is_told_in_the_malls_own_time(desk, house):
    house.mall.time_zone = "Asia/Makassar"
    house.mall.save(update_fields=["time_zone"])
    late = house.book("KTP", 8, name="Terlambat", now=at(7))
    rules.check_in(visit_id=late.visit_id, at=at(9, 10))
    reasons = {ticket.label: reason for ticket, reason, _minutes in desk.page().context["waiting"]}
    assert reasons[desk.first.label] == "jadwal 10.00–11.00"
    assert reasons[late.label] == "terlambat, urut kedatangan"


def test_the_list_has_todays_counters_and_their_queues(client, house):
    client.force_login(house.people["officer"])
    CounterAssignment.objects.filter(counter=house.counters[3]).update(weekday=0)
    shown = client.get(reverse("desks:counters")).context["counters"]
    assert [(c.number, [q.prefix for q in queues]) for c, _session, queues, _label in shown] == [
        (1, ["C"]),
        (2, ["C", "D"]),
    ]


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
