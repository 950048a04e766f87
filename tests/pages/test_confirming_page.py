""" "Jadi datang?": looking changes nothing, yes is one press, no leads to the page that asks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueing import rules
from queueing.models import Ticket, TicketEvent
from tests.house import at


@pytest.fixture
def ticket(house):
    return house.book("KTP", 9, name="Siti Aminah Wati", phone="081234567890", days=1)


def address(ticket, more=""):
    return f"/tiket/{ticket.visit.token}/jadi/{more}"


def test_the_question_shows_when_and_where_and_looking_changes_nothing(browser, ticket):
    page = browser.get(address(ticket))
    assert "Jadi datang?" in page
    assert "Kamis, 26 November" in page
    assert "09.00–10.00" in page
    assert "Lantai 2, zona timur, loket 1, 2" in page
    assert "Ya, saya datang" in page
    for hidden in ("Aminah", "81234567890"):
        assert hidden not in page
    browser.get(address(ticket, "?jawab=ya"))
    assert Ticket.objects.get().confirmed_at is None
    assert "no-store" in browser.page.headers["Cache-Control"]


def test_yes_is_thanked_and_told_when_to_come_and_shown_on_the_ticket(browser, ticket):
    answer = browser.client.post(address(ticket), {"jawab": "ya"})
    assert (answer.status_code, answer.headers["Location"]) == (302, address(ticket))
    page = browser.get(address(ticket))
    assert "Terima kasih, Siti. Kami tunggu." in page
    assert "Cukup tiba <b>pukul 08.50</b>" in page
    assert "Ya, saya datang" not in page
    browser.client.post(address(ticket), {"jawab": "ya"})
    assert TicketEvent.objects.filter(kind="confirmed").count() == 1
    assert "Anda sudah memastikan datang." in browser.get(f"/tiket/{ticket.visit.token}/")


def test_no_leads_to_the_page_that_asks_before_it_cancels(browser, ticket):
    answer = browser.client.post(address(ticket), {"jawab": "batal"})
    assert answer.headers["Location"] == f"/tiket/{ticket.visit.token}/{ticket.public_id}/batal/"
    assert Ticket.objects.get().state == "booked"


def test_of_several_numbers_no_leads_to_all_of_them(browser, house):
    wishes = [
        rules.Wish("KTP", house.window("C", 9).pk),
        rules.Wish("PBB", house.window("T", 10).pk),
    ]
    visit = rules.book(mall=house.mall, wishes=wishes, name="Siti", at=at(7))
    page = browser.get(f"/tiket/{visit.token}/jadi/")
    assert page.count("Pindah jam") == 2
    answer = browser.client.post(f"/tiket/{visit.token}/jadi/", {"jawab": "batal"})
    assert answer.headers["Location"] == f"/tiket/{visit.token}/batal/"


def test_where_nothing_is_to_be_confirmed_the_ticket_says_how_things_are(browser, ticket):
    rules.cancel(ticket_id=ticket.pk, at=at(7, 40))
    browser.get(address(ticket))
    assert browser.page.headers["Location"] == f"/tiket/{ticket.visit.token}/"
    refused = browser.client.post(address(ticket), {"jawab": "ya"})
    assert refused.status_code == 409
    assert "Tidak ada nomor yang menunggu kepastian" in refused.content.decode()


def test_an_unknown_or_erased_token_is_no_page(browser, ticket):
    assert browser.client.get("/tiket/tidak-ada/jadi/").status_code == 404
    rules.erase_visits(at=at(7, days=400))
    assert browser.client.get(address(ticket)).status_code == 404
    assert browser.client.post(address(ticket), {"jawab": "ya"}).status_code == 404


def test_it_asks_the_database_little(browser, ticket):
    browser.client.post(address(ticket), {"jawab": "ya"})
    with CaptureQueriesContext(connection) as queries:
        browser.get(address(ticket))
    assert len(queries) <= 12


def test_the_front_desk_sees_who_is_sure_to_come(house, client):
    ticket = house.book("KTP", 9, name="Siti")
    client.force_login(house.people["front_desk"])

    def found():
        return client.post(reverse("desks:front_desk"), {"q": ticket.label}).content.decode()

    assert "pasti datang" not in found()
    rules.confirm(visit_id=ticket.visit_id, at=at(7, 45))
    assert "pasti datang" in found()
