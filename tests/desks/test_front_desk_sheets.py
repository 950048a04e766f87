"""Sheets for a day without the system: printed ahead, entered afterwards, nothing retyped."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.models import DailyStatistic, Ticket, Visit
from queueing.templatetags.people import brief_name
from services.models import Mall, Officer
from tests.house import TODAY, at

LIST, DAY = reverse("desks:day_list"), reverse("desks:paper_day")


@pytest.fixture
def desk(sign_in):
    return sign_in("front_desk")


def told(response):
    return " ".join(str(message) for message in response.context["messages"])


# -- printed ahead ---------------------------------------------------------------------------------


def test_the_next_open_day_is_listed_by_queue_in_the_order_of_the_windows(desk, house):
    later = house.book("KTP", 10, days=1, name="Siti Aminah Rahayu")
    first = house.book("KTP", 9, days=1, name="Budi", phone="081234567890")
    house.book("PBB", 9, days=1)
    response = desk.get(LIST)
    sheets = {sheet.queue.prefix: sheet for sheet in response.context["sheets"]}
    assert set(sheets) == {"C", "D", "T"}
    assert sheets["C"].tickets == [first, later]
    page = response.content.decode()
    assert "Siti A." in page
    for secret in ("Aminah", "Rahayu", "1234567890", later.visit.short_code, later.visit.token):
        assert secret not in page


def test_blank_rows_carry_numbers_that_no_screen_gives(desk, house):
    sheet = desk.get(LIST).context["sheets"][0]
    assert sheet.blank[:2] == ["C K01", "C K02"]
    assert 8 <= len(sheet.blank) <= 20


def test_another_near_day_one_queue_and_the_paper_upright(desk, house):
    response = desk.get(LIST, {"tanggal": TODAY, "antrean": "T", "arah": "tegak"})
    assert [sheet.queue.prefix for sheet in response.context["sheets"]] == ["T"]
    assert "css/print-a4.css" in response.content.decode()


@pytest.mark.parametrize("date", ["2026-11-29", "2026-11-24", "2027-01-04"])
def test_days_that_are_closed_or_past_or_far_are_not_there(desk, house, date):
    assert desk.get(LIST, {"tanggal": date}).status_code == 404


def test_cancelled_numbers_are_not_on_the_sheet(desk, house):
    ticket = house.book("KTP", 9, days=1)
    rules.cancel(ticket_id=ticket.pk, at=at(8))
    assert desk.get(LIST).context["sheets"][0].tickets == []


def test_a_desk_sees_only_its_own_mall(desk, house):
    house.book("KTP", 9, days=1)
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    assert desk.get(LIST, {"mal": "lain"}).status_code == 404
    Officer.objects.create(user=house.people["front_desk"], mall=other, role="front_desk")
    assert desk.get(LIST, {"mal": "lain"}).context["sheets"] == []


@pytest.mark.parametrize(
    ("name", "brief"),
    [
        ("Siti Aminah", "Siti A."),
        ("Budi", "Budi"),
        ("M. Nur'aini Dewi", "Nur'aini D."),
        ("I Made Sudarsana", "Made S."),
        ("", ""),
    ],
)
def test_a_name_on_paper_is_the_first_and_one_initial(name, brief):
    assert brief_name(name) == brief


# -- entered afterwards ----------------------------------------------------------------------------


def form(**rows):
    return {"tanggal": TODAY, "antrean": "C", "baris": "2", "aksi": "catat", **rows}


def line(key, result="served", **more):
    times = {"datang": "8.30", "panggil": "8.40", "selesai": "8.55"} | more
    return {f"{key}-hasil": result, **{f"{key}-{name}": text for name, text in times.items()}}


def walk_in(n=0, number="C K01", service="KTP", **more):
    return line(f"b{n}", **more) | {f"b{n}-nomor": number, f"b{n}-layanan": service}


def test_a_sheet_is_entered_and_counted(desk, house):
    ticket = house.book("KTP", 8)
    page = desk.get(DAY, {"tanggal": TODAY, "antrean": "C"})
    assert [row.ticket for row in page.context["rows"]] == [ticket]
    answer = desk.post(DAY, form(**line(f"t{ticket.pk}"), **walk_in()), follow=True)
    assert "2 baris dicatat" in told(answer)
    assert answer.context["rows"] == []
    assert Visit.objects.get(channel="paper").name == "C K01"
    assert DailyStatistic.objects.get(date=TODAY).served == 2


def test_what_is_wrong_is_said_at_its_row_and_nothing_is_typed_again(desk, house):
    ticket = house.book("KTP", 8)
    bad = form(**line(f"t{ticket.pk}"), **walk_in(selesai="8.10"))
    answer = desk.post(DAY, bad)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Jam harus berurutan" in page
    assert 'href="#b0"' in page
    assert 'value="8.10"' in page
    assert 'value="C K01"' in page
    assert Ticket.objects.get().state == "booked"
    assert not DailyStatistic.objects.exists()


def test_sent_twice_it_is_entered_once(desk, house):
    desk.post(DAY, form(**walk_in()))
    answer = desk.post(DAY, form(**walk_in()), follow=True)
    assert "1 baris sudah pernah dicatat" in told(answer)
    assert Visit.objects.filter(channel="paper").count() == 1


def test_more_rows_keep_what_was_typed(desk, house):
    more = form(**walk_in()) | {"aksi": "tambah"}
    page = desk.post(DAY, more)
    assert len(page.context["more"]) == 10
    assert page.context["more"][0].typed["nomor"] == "C K01"
    assert not Visit.objects.exists()


@pytest.mark.parametrize("date", ["2026-11-26", "2026-11-10", "bukan"])
def test_a_day_that_cannot_be_entered_is_not_shown(desk, house, date):
    assert desk.get(DAY, {"tanggal": date}).status_code == (404 if date != "bukan" else 200)


def test_a_number_of_another_mall_cannot_be_entered(desk, house):
    ticket = house.book("KTP", 8)
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="X", province="Y")
    Ticket.objects.update(mall=other)
    answer = desk.post(DAY, form(**line(f"t{ticket.pk}")))
    assert answer.status_code == 422
    assert Ticket.objects.get().state == "booked"


def test_many_rows_cost_no_more_queries_than_one(desk, house):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            for address in (LIST, DAY):
                desk.get(address, {"tanggal": TODAY, "antrean": "C"})
        return len(queries)

    house.book("KTP", 9)
    cost()
    alone = cost()
    for hour in (9, 10, 11, 13):
        house.book("KK", hour, phone=f"0812345678{hour}")
    assert cost() == alone
