"""At the front desk: a scanned ticket, a reprint, another service, a second number, a question."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.models import Inquiry, Ticket, TicketEvent, Visit, Window
from services.models import Mall
from tests.house import at

PAGE = reverse("desks:front_desk")
NUMBER = reverse("desks:front_desk_act", args=["nomor"])


@pytest.fixture
def desk(sign_in):
    return sign_in("front_desk")


def press(desk, act, visit, **more):
    address = reverse("desks:front_desk_act", args=[act])
    return desk.post(address, {"visit": visit.pk, **more}, follow=True)


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


# -- a scanner types the ticket's address ----------------------------------------------------------


def test_a_scanned_ticket_opens_the_visit_and_leaves_no_token_anywhere(desk, house, capfd):
    visit = house.book("AKTA", 9).visit
    for scanned in (
        f"http://portal.contoh/tiket/{visit.token}/",
        f"https://portal.contoh/tiket/{visit.token}/\n",
        f"/tiket/{visit.token}",
    ):
        response = desk.post(PAGE, {"q": scanned})
        assert [row.visit for row in response.context["found"]] == [visit]
        assert visit.token not in response.content.decode()
    written = capfd.readouterr()
    assert visit.token not in written.out + written.err


def test_a_scanned_ticket_of_another_day_says_which(desk, house):
    visit = house.book("AKTA", 9, days=1).visit
    response = desk.post(PAGE, {"q": f"https://portal.contoh/tiket/{visit.token}/"})
    assert response.context["found"] == []
    assert "Tiket ini untuk Kamis, 26 November 2026" in told(response)
    assert visit.token not in response.content.decode()


def test_a_scanned_ticket_of_another_mall_is_not_there(desk, house):
    visit = house.book("AKTA", 9).visit
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    Visit.objects.filter(pk=visit.pk).update(mall=other)
    response = desk.post(PAGE, {"q": f"https://portal.contoh/tiket/{visit.token}/"})
    assert response.context["found"] == []
    assert told(response) == ""


@pytest.mark.parametrize("text", ["c37", "C 037", "c-037", "C.037", "037", "37"])
def test_a_number_is_found_however_it_is_typed(desk, house, text):
    visit = house.book("KTP", 9).visit
    Ticket.objects.update(label="C 037", number=37)
    assert [row.visit for row in desk.post(PAGE, {"q": text}).context["found"]] == [visit]


def test_accents_do_not_hide_a_name_and_strange_bytes_break_nothing(desk, house):
    visit = house.book("KTP", 9, name="Désirée Müller").visit
    assert [row.visit for row in desk.post(PAGE, {"q": "desiree mu"}).context["found"]] == [visit]
    assert desk.post(PAGE, {"q": "\0' OR 1=1 --"}).status_code == 200


def test_fifty_found_cost_as_many_queries_as_one_and_twenty_are_shown(desk, house):
    def search():
        with CaptureQueriesContext(connection) as queries:
            response = desk.post(PAGE, {"q": "wartono"})
        return response.context, len(queries)

    Window.objects.update(seats=60, online_seats=0)
    rules.walk_in(mall=house.mall, services=["KTP"], at=at(9), name="Wartono")
    search()
    _context, alone = search()
    for _n in range(49):
        rules.walk_in(mall=house.mall, services=["KTP"], at=at(9), name="Wartono")
    context, crowd = search()
    assert (len(context["found"]), context["more"]) == (20, 30)
    assert crowd == alone
    with CaptureQueriesContext(connection) as queries:
        desk.get(PAGE)
    assert len(queries) <= 14


# -- the paper once more ---------------------------------------------------------------------------


def reprint(desk, visit, follow=True):
    return desk.post(reverse("desks:reprint"), {"visit": visit.pk}, follow=follow)


def test_a_reprint_is_written_down_and_shows_the_token_in_the_drawing_alone(desk, house):
    visit = house.book("AKTA", 9).visit
    response = reprint(desk, visit)
    page = response.content.decode()
    assert "<b>D</b> <span>012</span>" in page
    assert "<svg" in page
    assert visit.token not in page
    assert visit.token not in response.request["PATH_INFO"]
    event = TicketEvent.objects.get(kind="reprinted")
    assert event.officer == house.people["front_desk"]


@pytest.mark.parametrize("size", ["58mm", "80mm", "a6"])
def test_the_paper_comes_in_three_sizes_and_the_last_is_kept(desk, house, size):
    visit = house.book("AKTA", 9).visit
    reprint(desk, visit)
    address = reverse("desks:paper", args=[visit.pk])
    page = desk.get(address, {"ukuran": size}).content.decode()
    assert f"css/print-{size}.css" in page
    assert f"m-slip--{size}" in desk.get(address).content.decode()


def test_the_paper_is_there_only_for_who_asked_and_only_for_a_while(sign_in, house, clock):
    visit = house.book("AKTA", 9).visit
    address = reverse("desks:paper", args=[visit.pk])
    assert sign_in("front_desk").get(address).status_code == 404  # nothing was asked for
    reprint(sign_in("front_desk"), visit)
    assert sign_in("manager").get(address).status_code == 404
    clock.move_to(at(9, 16), tick=False)
    assert sign_in("front_desk").get(address).status_code == 404


def test_nothing_left_to_print_is_said_at_the_desk(desk, house):
    ticket = house.book("AKTA", 9)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    assert "Nomor di karcis ini tidak berlaku lagi" in told(reprint(desk, ticket.visit))


def test_a_visit_of_another_mall_is_not_printed(desk, house):
    visit = house.book("AKTA", 9).visit
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    Visit.objects.filter(pk=visit.pk).update(mall=other)
    assert reprint(desk, visit).status_code == 404
    assert not TicketEvent.objects.filter(kind="reprinted").exists()


# -- another service -------------------------------------------------------------------------------


def test_the_service_is_changed_with_one_press(desk, house):
    ticket = house.book("KTP", 9)
    page = desk.get(PAGE, {"kunjungan": ticket.visit_id}).content.decode()
    assert "Antrean yang sama, nomor tetap" in page
    answer = press(desk, "layanan", ticket.visit, ticket=ticket.pk, service="KK")
    assert f"{ticket.label} sekarang untuk Layanan KK" in told(answer)
    ticket.refresh_from_db()
    assert ticket.service_type.code == "KK"


def test_for_another_queue_a_booked_person_is_first_reported_present(desk, house):
    ticket = house.book("KTP", 9)
    answer = press(desk, "layanan", ticket.visit, ticket=ticket.pk, service="AKTA")
    assert "Laporkan hadir dahulu" in told(answer)
    press(desk, "hadir", ticket.visit)
    press(desk, "layanan", ticket.visit, ticket=ticket.pk, service="AKTA")
    assert Ticket.objects.get(state="waiting").queue == house.queues["D"]


# -- a number over the quota, a second number ------------------------------------------------------


def test_on_a_full_day_the_desk_opens_the_field_for_a_reason(desk, house):
    Window.objects.update(seats=0, online_seats=0)
    refused = desk.post(NUMBER, {"service": "PBB", "name": "Budi"})
    assert refused.status_code == 409
    assert refused.context["beyond"]
    reason = {"over_quota_reason": "datang dari pulau"}
    answer = desk.post(NUMBER, {"service": "PBB", "name": "Budi", **reason}, follow=True)
    ticket = Ticket.objects.get()
    assert f"Nomor {ticket.label} diberikan" in told(answer)
    assert (ticket.seat, ticket.state) == ("", "waiting")


def test_a_second_number_needs_the_card_seen_and_a_reason(desk, house):
    form = {"service": "PBB", "name": "Budi", "phone": "081234567890"}
    desk.post(NUMBER, form)
    assert desk.post(NUMBER, form).context["second"]
    reason = {"override_reason": "mengurus milik ibunya"}
    refused = desk.post(NUMBER, form | reason)
    assert (refused.status_code, refused.context["second"]) == (422, True)
    assert "Lihat KTP aslinya" in told(refused)
    desk.post(NUMBER, form | reason | {"card_seen": "1"})
    assert Ticket.objects.count() == 2


def test_before_giving_the_desk_sees_what_each_service_would_get(desk, house):
    house.waiting("KTP", 9, arrived=at(9))
    Window.objects.filter(queue=house.queues["T"], date=at(9).date()).update(
        seats=0, online_seats=0
    )
    rules.pause(queue_id=house.queues["D"].pk, reason="sistem pusat mati", at=at(9))
    notes = {c.service.code: c.note for c in desk.get(PAGE).context["choices"]}
    assert notes["KTP"].startswith("1 menunggu")
    assert notes["AKTA"] == "dijeda, lagi Kam 26 Nov"
    assert notes["PBB"] == "penuh, lagi Kam 26 Nov"
    Window.objects.filter(queue=house.queues["C"], starts_at__lt=at(13)).update(
        seats=0, online_seats=0, taken=0, taken_online=0
    )
    notes = {c.service.code: c.note for c in desk.get(PAGE).context["choices"]}
    assert notes["KTP"] == "13.00–14.00"


# -- who only asks ---------------------------------------------------------------------------------


def test_a_question_is_one_tap_and_can_be_taken_back(desk, house):
    answer = desk.post(reverse("desks:asked"), follow=True)
    assert "1 orang hanya bertanya hari ini" in told(answer)
    inquiry = Inquiry.objects.get()
    assert (inquiry.agency, inquiry.officer) == (None, house.people["front_desk"])
    assert answer.context["undoable"] == inquiry
    back = desk.post(reverse("desks:asked_undo"), {"inquiry": inquiry.pk}, follow=True)
    assert "diurungkan" in told(back)
    assert not Inquiry.objects.exists()


def test_a_question_about_one_agency_is_counted_there(desk, house):
    desk.post(reverse("desks:asked"), {"agency": "BPKPD"})
    assert Inquiry.objects.get().agency == house.tax
    assert desk.get(PAGE).context["today"]["asked"] == 1


def test_after_a_minute_the_question_stays(desk, house, clock):
    desk.post(reverse("desks:asked"))
    inquiry = Inquiry.objects.get()
    clock.move_to(at(9, 5) + timedelta(seconds=61), tick=False)
    assert desk.get(PAGE, {"tanya": inquiry.pk}).context["undoable"] is None
    answer = desk.post(reverse("desks:asked_undo"), {"inquiry": inquiry.pk}, follow=True)
    assert "Lebih dari 60 detik" in told(answer)
    assert Inquiry.objects.exists()


def test_the_manager_reads_the_count_and_an_agency_head_does_not(sign_in, house):
    sign_in("front_desk").post(reverse("desks:asked"))
    said = "1 orang hanya bertanya di meja depan"
    assert said in sign_in("manager").get("/dasbor/").content.decode()
    assert said not in sign_in("head").get("/dasbor/").content.decode()


@pytest.mark.parametrize("who", ["officer", "head", "leader"])
def test_other_offices_count_nothing_and_print_nothing(sign_in, house, who):
    visit = house.book("AKTA", 9).visit
    client = sign_in(who)
    for address in ("desks:asked", "desks:asked_undo", "desks:reprint"):
        assert client.post(reverse(address), {"visit": visit.pk}).status_code == 403
    for address in ("desks:day_list", "desks:paper_day"):
        assert client.get(reverse(address)).status_code == 403
    assert not Inquiry.objects.exists()
