"""Closing an agency with sixty bookings: preview, one confirm, sixty messages, and what follows."""

import datetime as dt

import pytest
from django.test import Client

from notifications.models import Message
from queueing import rules
from queueing.models import Ticket, Window
from services.models import Closure
from tests.desks.test_preview import TOMORROW, address, asked, confirmed, day_off
from tests.house import at
from tests.queueing.promises import keep_their_promises

FRIDAY = TOMORROW + dt.timedelta(days=1)


@pytest.fixture
def sixty(house):
    """Sixty people, each with an address, in two queues of one agency on Friday."""
    house.queues["C"].windows.update(seats=12, online_seats=12, block_size=20)
    Window.objects.filter(queue=house.queues["D"]).update(seats=12, online_seats=12, block_size=20)
    for queue in ("C", "D"):
        for n, window in enumerate(house.queues[queue].windows.order_by("starts_at")):
            Window.objects.filter(pk=window.pk).update(first_number=1 + 20 * (n % 7))
    return [
        house.book(
            "KK" if n < 40 else "AKTA",
            8 + n % 6,
            days=2,
            name=f"Warga {n}",
            email=f"w{n}@contoh.id",
        )
        for n in range(60)
    ]


def page_of(ticket, *more):
    return "/".join(["", "tiket", ticket.visit.token, *map(str, more), ""])


def test_sixty_are_told_answer_from_their_link_and_who_is_silent_lets_the_place_go(
    sign_in, house, sixty, time_machine
):
    client, form = sign_in("manager"), day_off(house, agency=house.civil.pk)
    form |= dict.fromkeys(["first_date", "last_date", "date"], FRIDAY)
    preview = client.post(address(Closure, "add"), form)
    assert len(asked(preview).displaced) == len(preview.context["done"].messages) == 60
    assert not Message.objects.filter(kind="kept").exists()
    client.post(address(Closure, "add"), confirmed(preview))
    told = Message.objects.filter(kind="kept", state="due")
    assert told.values("about").distinct().count() == told.count() == 60
    assert not Ticket.objects.filter(date=FRIDAY).exists()
    assert Ticket.objects.exclude(kept_until=None).count() == 60
    assert all(message.context["kept_until"] for message in told)
    now = Message.objects.order_by("pk").last().created_at
    told.update(state="sent", sent_at=now, ended_at=now)

    citizen = Client()
    yes, other_hour, no, *silent = [Ticket.objects.get(pk=one.pk) for one in sixty]
    for ticket in (yes, other_hour, no):
        page = citizen.get(page_of(ticket)).content.decode()
        assert "Kami memindahkan jadwal Anda" in page
    citizen.post(page_of(yes, "jadi"), {"jawab": "ya"})
    assert other_hour.date < at(0, days=7).date()
    window = house.window("C", 10, days=7)
    answer = citizen.post(page_of(other_hour, other_hour.public_id, "pindah"), {"jam": window.pk})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    citizen.post(page_of(no, no.public_id, "batal"))

    until = min(ticket.kept_until for ticket in silent)
    assert rules.expire_kept(at=until - dt.timedelta(seconds=1)) == 0
    assert rules.expire_kept(at=max(ticket.kept_until for ticket in silent)) == 57
    state = dict(Ticket.objects.values_list("pk", "state"))
    assert [state[one.pk] for one in (yes, other_hour, no)] == ["booked", "booked", "cancelled"]
    assert {state[one.pk] for one in silent} == {"cancelled"}
    assert Ticket.objects.get(pk=other_hour.pk).window_id == window.pk
    assert Message.objects.filter(kind="cancelled").count() == 58
    keep_their_promises()
    time_machine.move_to(at(9, days=2))
    assert "tidak dipastikan" in citizen.get(page_of(silent[0])).content.decode()
