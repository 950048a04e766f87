"""The front desk finds who came today and helps with one press; others do not enter."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from privacy.models import RevealLog
from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket, TicketEvent, Visit
from services.models import Mall, Officer
from tests.house import at

PAGE = reverse("desks:front_desk")


@pytest.fixture
def desk(sign_in):
    return sign_in("front_desk")


def search(desk, text):
    return [row.visit for row in desk.post(PAGE, {"q": text}).context["found"]]


def press(desk, act, visit, **more):
    address = reverse("desks:front_desk_act", args=[act])
    return desk.post(address, {"visit": visit.pk, **more}, follow=True)


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


# -- who may --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["front_desk", "manager"])
def test_the_front_desk_and_the_manager_enter(sign_in, who):
    response = sign_in(who).get(PAGE)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("who", ["officer", "head", "liaison", "complaints_desk", "leader"])
def test_other_offices_do_not_enter(sign_in, house, who):
    visit = house.book("AKTA", 9).visit
    client = sign_in(who)
    assert client.get(PAGE).status_code == 403
    assert press(client, "hadir", visit).status_code == 403
    assert not visit.tickets.exclude(state="booked").exists()


def test_who_is_no_staff_or_a_stranger_is_sent_to_the_door(client, sign_in, house):
    assert client.get(PAGE).status_code == 302
    assert sign_in("helper").get(PAGE).status_code == 302


def test_a_visit_of_another_mall_is_not_there(desk, house):
    visit = house.book("AKTA", 9).visit
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    Visit.objects.filter(pk=visit.pk).update(mall=other)
    assert search(desk, visit.short_code) == []
    assert press(desk, "hadir", visit).status_code == 404
    assert desk.get(PAGE, {"mal": "lain"}).status_code == 404
    assert desk.get(PAGE, {"kunjungan": visit.pk}).context["found"] == []


def test_who_keeps_two_desks_chooses_the_mall(desk, house):
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    Officer.objects.create(user=house.people["front_desk"], mall=other, role="front_desk")
    assert desk.get(PAGE, {"mal": "lain"}).context["mall"] == other


# -- finding --------------------------------------------------------------------------------------


def test_a_visit_is_found_by_number_code_name_and_last_digits_of_the_phone(desk, house):
    visit = house.book("AKTA", 10, name="M. Nur'aini Dewi", phone="081234567890").visit
    house.book("PBB", 9, name="Budi Santoso", phone="081298765432")
    number = visit.tickets.get().number
    code = visit.short_code
    for text in (
        f"D {number:03d}",
        f"d{number}",
        f"D-{number:03d}",
        code.lower(),
        f"{code[:3]} {code[3:]}",
        "nuraini",
        "dewi m",
        "7890",
        "0812-3456-7890",
    ):
        assert search(desk, text) == [visit], text
    assert search(desk, "tidak ada") == []
    assert search(desk, "") == []


def test_a_number_without_its_letter_finds_every_queue(desk, house):
    first, second = house.book("AKTA", 8), house.book("PBB", 8)
    assert first.number == second.number
    assert search(desk, f"{first.number:03d}") == [first.visit, second.visit]


def test_visits_of_another_day_are_not_found(desk, house):
    visit = house.book("AKTA", 9, days=1, name="Rahayu").visit
    assert search(desk, "rahayu") == search(desk, visit.short_code) == []


def test_the_page_shows_no_nik_no_whole_phone_no_token(desk, house):
    visit = house.book("KTP", 10, nik="3576014403910003", phone="081234567890").visit
    page = desk.post(PAGE, {"q": visit.short_code}).content.decode()
    for secret in ("3576014403910003", "1234567890", visit.token):
        assert secret not in page
    assert hall_code(mall_id=house.mall.pk, at=at(9, 5)) in page
    assert not RevealLog.objects.exists()


def test_many_found_visits_cost_no_more_queries_than_one(desk, house):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = search(desk, "siti")
        return len(found), len(queries)

    house.book("AKTA", 9)
    cost()
    alone = cost()
    for service, hour in (("AKTA", 9), ("AKTA", 10), ("PBB", 9), ("PBB", 10), ("KTP", 10)):
        house.book(service, hour, phone=f"08123456789{hour}{len(service)}"[:12])
    crowd = cost()
    assert (alone[0], crowd[0]) == (1, 6)
    assert alone[1] == crowd[1]


# -- acts -----------------------------------------------------------------------------------------


def test_checking_in_puts_a_visit_into_the_line(desk, house):
    visit = house.book("AKTA", 9).visit
    response = press(desk, "hadir", visit)
    assert "Lapor hadir tercatat" in told(response)
    assert visit.tickets.get().state == "waiting"
    assert [row.visit for row in response.context["found"]] == [visit]
    event = TicketEvent.objects.get(kind="checked_in", ticket__visit=visit)
    assert event.officer == house.people["front_desk"]


def test_checking_in_hours_early_is_refused_with_the_time(desk, house):
    visit = house.book("AKTA", 13).visit
    assert "mulai pukul 12.30" in told(press(desk, "hadir", visit))
    assert visit.tickets.get().state == "booked"


def test_an_absent_person_comes_back_once(desk, house, clock):
    ticket = house.waiting("PBB", 9, arrived=at(9))
    officer, counter = house.people["foreign_officer"], house.counters[4].pk
    rules.open_counter(counter_id=counter, officer=officer, at=at(9))
    for minute, expected in ((15, "kembali ke antrean"), (30, "sudah pernah kembali")):
        now = at(9, minute)
        rules.call_next(counter_id=counter, officer=officer, at=now)
        rules.absent(counter_id=counter, officer=officer, at=now)
        clock.move_to(now, tick=False)
        answer = told(press(desk, "kembalikan", ticket.visit, ticket=ticket.pk))
        assert expected in answer


def test_cancelling_frees_the_number_and_is_refused_at_a_counter(desk, house):
    ticket = house.waiting("PBB", 9, arrived=at(9))
    officer, counter = house.people["foreign_officer"], house.counters[4].pk
    rules.open_counter(counter_id=counter, officer=officer, at=at(9))
    rules.call_next(counter_id=counter, officer=officer, at=at(9, 1))
    assert "tidak dapat dibatalkan" in told(press(desk, "batal", ticket.visit, ticket=ticket.pk))
    rules.absent(counter_id=counter, officer=officer, at=at(9, 2))
    answer = press(desk, "batal", ticket.visit, ticket=ticket.pk, reason="pulang")
    assert f"{ticket.label} dibatalkan" in told(answer)
    assert TicketEvent.objects.get(kind="cancelled").note == "pulang"


def test_a_ticket_of_another_visit_is_not_cancelled(desk, house):
    mine, other = house.book("AKTA", 9), house.book("PBB", 9)
    for ticket in (other.pk, "", "x", "9" * 40):
        answer = told(press(desk, "batal", mine.visit, ticket=ticket))
        assert "tidak ditemukan" in answer
    assert not Ticket.objects.exclude(state="booked").exists()


def test_priority_needs_a_reason(desk, house):
    visit = house.book("AKTA", 9).visit
    assert "Tulis alasannya" in told(press(desk, "prioritas", visit, reason="x"))
    assert "Prioritas diberikan" in told(press(desk, "prioritas", visit, reason="memakai tongkat"))
    assert visit.tickets.get().priority


def test_an_unprinted_paper_lives_again_and_others_do_not(desk, house):
    visit = rules.walk_in(mall=house.mall, services=["PBB"], at=at(9), printing=True)
    rules.expire_unprinted(at=at(9, 3))
    page = desk.post(PAGE, {"q": visit.short_code}).content.decode()
    assert "hidupkan lagi" in page
    assert "nomor yang sama" in told(press(desk, "hidupkan", visit))
    assert visit.tickets.get().state == "waiting"
    assert "tidak dapat dipakai lagi" in told(press(desk, "hidupkan", visit))


def test_a_walk_in_gets_one_number_however_often_the_button_is_pressed(desk, house):
    form = {"service": "PBB", "name": "Budi", "key": "4b8e1a52-0c0b-4f8e-9f0e-0f9a9b3f2a11"}
    for _press in range(2):
        response = desk.post(reverse("desks:front_desk_act", args=["nomor"]), form, follow=True)
    ticket = Ticket.objects.get()
    assert f"Nomor {ticket.label} diberikan" in told(response)
    assert (ticket.visit.channel, ticket.state) == ("front_desk", "waiting")
    assert ticket.visit.booked_by == house.people["front_desk"]


def test_a_refused_walk_in_keeps_what_was_typed_and_passes_with_a_reason(desk, house):
    address = reverse("desks:front_desk_act", args=["nomor"])
    form = {"service": "PBB", "name": "Budi", "phone": "081234567890", "priority": "elderly"}
    desk.post(address, form)
    again = desk.post(address, form)
    assert again.status_code == 409
    assert "Sudah ada nomor aktif" in told(again)
    assert 'value="Budi"' in again.content.decode()
    reason = {"override_reason": "mengurus milik ibunya"}
    assert "Lihat KTP aslinya" in told(desk.post(address, form | reason))
    desk.post(address, form | reason | {"card_seen": "1"})
    assert Ticket.objects.filter(priority=True).count() == 2


def test_a_walk_in_without_a_service_or_with_nonsense_is_refused_in_words(desk, house):
    address = reverse("desks:front_desk_act", args=["nomor"])
    assert "paling sedikit satu layanan" in told(desk.post(address, {}))
    assert desk.post(address, {"service": "TIDAK-ADA"}).status_code == 404
    assert desk.post(address, {"service": "PBB", "priority": "raja"}).status_code == 422
    assert not Ticket.objects.exists()


def test_acts_are_posts_and_known(desk, house):
    visit = house.book("AKTA", 9).visit
    assert desk.get(reverse("desks:front_desk_act", args=["hadir"])).status_code == 405
    assert press(desk, "lompat", visit).status_code == 404


def test_needs_are_taken_at_the_desk_and_shown_with_the_visit(desk, house):
    form = {"service": "PBB", "name": "Budi", "needs": ["wheelchair", "reading"]}
    page = desk.post(reverse("desks:front_desk_act", args=["nomor"]), form, follow=True)
    assert "kursi roda, dibacakan dan dituliskan" in page.content.decode()
    refused = desk.post(reverse("desks:front_desk_act", args=["nomor"]), form | {"service": ""})
    assert 'value="wheelchair" checked' in refused.content.decode()
