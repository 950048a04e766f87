"""A ticket followed from far away to the end: what its page says in each state.

`test_live.py` holds that the page follows by itself; here each state is looked at.
"""

import datetime as dt

import pytest
from django.utils import timezone

from queueing import rules
from queueing.hall import hall_code
from queueing.models import Ticket
from tests.browser.citizen import Citizen
from tests.browser.conftest import PHONE
from tests.browser.test_main_job import living_house  # noqa: F401  (a fixture)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AHEAD = 7


@pytest.fixture
def mine(living_house):  # noqa: F811
    """Siti's number for KTP, in the line behind seven people."""
    mall, now = living_house.mall, timezone.now()
    window = (
        living_house.queues["C"]
        .windows.filter(date=mall.today(), starts_at__gt=now + dt.timedelta(hours=2))
        .earliest("starts_at")
    )
    visit = rules.book(mall=mall, wishes=[rules.Wish("KTP", window.pk)], at=now, name="Siti Aminah")
    for person in range(AHEAD):
        rules.walk_in(mall=mall, services=["KK"], at=now, request_key=f"orang-{person}")
    rules.check_in(visit_id=visit.pk, at=timezone.now())
    return visit.tickets.get()


@pytest.fixture
def desk(living_house):  # noqa: F811
    """Counter 1, open; `desk(rules.call_next)` does one step there."""
    counter = {
        "counter_id": living_house.counters[1].pk,
        "officer": living_house.people["officer"],
    }
    rules.open_counter(**counter, at=timezone.now())
    return lambda act, **more: act(**counter, **more, at=timezone.now())


def address(ticket):
    return f"/tiket/{ticket.visit.token}/"


def gone(ahead):
    """Everybody before mine but `ahead` gives up."""
    before = Ticket.objects.filter(service_type__code="KK", state="waiting").order_by("number")
    for ticket in before[: before.count() - ahead]:
        rules.cancel(ticket_id=ticket.pk, at=timezone.now())


def test_each_state_from_far_away_to_a_date_for_the_result(
    living_house,  # noqa: F811
    desk,
    mine,
    open_page,
    accessible,
):
    queue = mine.queue_id
    citizen = Citizen(open_page(PHONE), accessible)

    citizen.open(address(mine))
    assert f"{AHEAD} orang di depan Anda" in citizen.text
    assert "Menunggu" in citizen.text

    gone(ahead=2)
    citizen.open(address(mine))
    assert "2 orang di depan Anda" in citizen.text
    assert "Tetap di dekat loket." in citizen.text

    back_at = timezone.now() + dt.timedelta(minutes=30)
    rules.pause(queue_id=queue, reason="Listrik padam", expected_back_at=back_at, at=timezone.now())
    citizen.open(address(mine))
    assert "Antrean sedang dijeda: Listrik padam. Tempat Anda tetap." in citizen.text
    local = back_at.astimezone(living_house.mall.zone)
    assert f"Perkiraan kembali pukul {local:%H.%M}." in citizen.text
    rules.resume(queue_id=queue, at=timezone.now())

    gone(ahead=0)
    citizen.open(address(mine))
    assert "Anda berikutnya" in citizen.text

    assert desk(rules.call_next).pk == mine.pk
    citizen.open(address(mine))
    assert "Giliran Anda Loket 1 Lantai 2, zona timur" in citizen.text
    assert "Datang ke loket sekarang." in citizen.text

    desk(rules.absent)
    citizen.open(address(mine))
    assert "Terlewat" in citizen.text
    assert "Nomor Anda masih berlaku" in citizen.text
    citizen.page.fill("input[name=kode]", "12")
    citizen.press("Saya sudah di sini")
    assert citizen.page.get_by_role("alert").is_visible()
    now = timezone.now()
    citizen.page.fill("input[name=kode]", hall_code(mall_id=living_house.mall.pk, at=now))
    citizen.press("Saya sudah di sini")
    assert "Menunggu" in citizen.text

    assert desk(rules.call_next).pk == mine.pk
    desk(rules.start)
    citizen.open(address(mine))
    assert "Anda sedang dilayani di loket 1." in citizen.text

    collect_on = living_house.mall.today() + dt.timedelta(days=3)
    desk(
        rules.end,
        outcome=Ticket.Outcome.COLLECT_LATER,
        collect_on=collect_on,
        note="Bawa tanda terima",
    )
    citizen.open(address(mine))
    assert "Selesai" in citizen.text
    assert "Diterima. Ambil hasilnya mulai" in citizen.text
    assert f", {collect_on.day} " in citizen.text
    assert "Bawa tanda terima" in citizen.text


def test_a_day_that_closes_before_the_turn_says_whose_fault_it_was(
    living_house,  # noqa: F811
    mine,
    open_page,
    accessible,
):
    rules.close_day(mall=living_house.mall, date=mine.date, at=timezone.now())
    citizen = Citizen(open_page(PHONE), accessible)
    citizen.open(address(mine))
    assert "Tidak sempat dilayani" in citizen.text
    assert "Antrean tutup sebelum giliran Anda. Ini kekurangan kami, bukan Anda." in citizen.text
    citizen.follow("Ambil nomor baru")
    assert citizen.screens[-1] == "Kapan Anda datang?"


def test_without_scripts_the_page_asks_again_by_itself(
    living_house,  # noqa: F811
    desk,
    mine,
    open_page,
):
    page = open_page(PHONE, javascript=False)

    def hurry(route):
        answer = route.fetch()
        assert (
            'http-equiv="refresh" content="30"' in answer.text() or "Giliran Anda" in answer.text()
        )
        route.fulfill(response=answer, body=answer.text().replace('content="30"', 'content="1"'))

    page.route("**/tiket/**", hurry)
    page.goto(address(mine))
    assert f"{AHEAD} orang" in page.locator("#tiket").inner_text()
    gone(ahead=0)
    desk(rules.call_next)
    page.wait_for_selector("text=Giliran Anda")
    assert page.title().startswith("Giliran Anda, Loket 1")
    page.unroute_all(behavior="ignoreErrors")
