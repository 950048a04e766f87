"""One press acts once, in the browser that sits there; take-over and change of officers."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import pins
from queueing import rules
from queueing.models import CounterSession, Ticket, TicketEvent
from queueing.workflow import State
from tests.house import at

FETCH = {"X-Requested-With": "fetch"}
PIN = "493027"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


class Window:
    """A browser at the counter's page, pressing by script as console.js does."""

    def __init__(self, user, counter):
        self.client, self.counter = Client(), counter
        self.client.force_login(user)

    def look(self, name="counter"):
        answer = self.client.get(reverse(f"desks:{name}", args=[self.counter.pk]), headers=FETCH)
        assert answer.status_code == 200
        return answer

    def press(self, act, **fields):
        fields = {"seen": self.look().context.get("seen", ""), **fields}
        return self.client.post(
            reverse("desks:act", args=[self.counter.pk, act]), fields, headers=FETCH
        )

    def how(self):
        return self.look().context["place"].how


@pytest.fixture
def first(house):
    house.waiting("KTP", 9, arrived=at(8, 50))
    house.waiting("KK", 9, arrived=at(8, 55), name="Budi Santoso")
    window = Window(house.people["officer"], house.counters[2])
    window.press("buka")
    return window


def test_a_press_by_script_is_answered_with_the_part_that_changes(first):
    answer = first.press("panggil")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'id="console"' in page
    assert "<html" not in page
    assert "dipanggil ke loket 2." in page


def test_a_press_without_scripts_is_a_redirect_to_where_it_came_from(first):
    act = reverse("desks:act", args=[first.counter.pk, "panggil"])
    answer = first.client.post(act)
    assert answer["Location"] == reverse("desks:counter", args=[first.counter.pk])
    answer = first.client.post(act, {"kembali": "kecil"})
    assert answer["Location"] == reverse("desks:small", args=[first.counter.pk])


def test_the_same_press_twice_acts_once_and_shows_what_stands_now(first):
    seen = first.look().context["seen"]
    first.press("panggil", seen=seen)
    first.press("mulai")
    seen = first.look().context["seen"]
    first.press("selesai-panggil", seen=seen)
    again = first.press("selesai-panggil", seen=seen)
    assert again.status_code == 200
    assert "Keadaan loket sudah berubah" in again.content.decode()
    assert Ticket.objects.filter(state=State.DONE).count() == 1
    assert TicketEvent.objects.filter(kind="called").count() == 2


@pytest.mark.parametrize("act", ["panggil-ulang", "mulai", "tidak-hadir", "tunda", "urungkan"])
def test_no_act_on_the_number_happens_twice(first, act):
    first.press("panggil")
    seen = first.look().context["seen"]
    first.press(act, seen=seen, reason="menunggu fotokopi")
    events = TicketEvent.objects.count()
    assert "sudah berubah" in first.press(act, seen=seen, reason="sama lagi").content.decode()
    assert TicketEvent.objects.count() == events


def test_a_second_browser_is_told_takes_over_and_the_first_says_so(first, house):
    first.press("panggil")
    second = Window(house.people["officer"], first.counter)
    assert second.how() == "elsewhere"
    assert "dipakai di peramban lain" in second.press("buka").content.decode()
    assert "Ambil alih" in second.look().content.decode()
    second.press("ambil-alih")
    assert (first.how(), second.how()) == ("elsewhere", "mine")
    told = first.press("mulai", seen=second.look().context["seen"]).content.decode()
    assert "Loket ini dipakai di peramban lain" in told
    assert 'data-key=" "' not in told
    assert Ticket.objects.filter(state=State.CALLED).count() == 1
    second.press("mulai")
    assert Ticket.objects.filter(state=State.SERVING).count() == 1


def test_a_reload_of_the_browser_that_sits_there_changes_nothing(first):
    first.press("panggil")
    before = first.look().context["current"]
    assert first.how() == "mine"
    assert first.look("small").context["current"] == before


def test_a_colleagues_counter_is_taken_over_only_when_it_is_meant(first, house):
    first.press("panggil")
    colleague = Window(house.people["colleague"], first.counter)
    page = colleague.look().content.decode()
    assert "Loket ini sedang dibuka officer" in page
    colleague.press("ambil-alih")
    assert colleague.how() == "taken"
    colleague.press("ambil-alih", sure="on")
    assert (first.how(), colleague.how()) == ("taken", "mine")
    assert "sedang dibuka colleague" in first.press("mulai").content.decode()
    current = Ticket.objects.get(state=State.CALLED)
    assert current.officer == house.people["colleague"]


def test_the_small_window_presses_and_answers_with_its_own_part(first):
    page = first.look("small").content.decode()
    assert page.count('data-key=" "') == 1
    assert "2 menunggu" in page
    answer = first.press("panggil", kembali="kecil")
    assert "m-console" not in answer.content.decode()
    assert answer.context["small"]
    assert "Urungkan" in answer.content.decode()


def test_the_small_window_is_no_page_of_the_admins_frame(first):
    page = first.client.get(reverse("desks:small", args=[first.counter.pk])).content.decode()
    assert "<html" in page
    assert "unfold" not in page
    assert "style=" not in page


# -- change of officers ----------------------------------------------------------------------------


@pytest.fixture
def hand_over(first, house):
    """Posts the form of the change at the first window; the answer."""
    for name in ("colleague", "foreign_officer"):
        pins.set_pin(user=house.people[name], pin=PIN, at=at(8))

    def post(username, pin=PIN):
        address = reverse("desks:hand_over", args=[first.counter.pk])
        assert first.client.get(address).status_code == 200
        return first.client.post(address, {"username": username, "pin": pin})

    return post


def signed_in(window):
    return int(window.client.session["_auth_user_id"])


def test_the_next_officer_takes_the_seat_with_a_pin_and_the_number_stays(first, house, hand_over):
    first.press("panggil")
    number, before = Ticket.objects.get(state=State.CALLED), dict(first.client.session)
    answer = hand_over("colleague")
    assert answer["Location"] == reverse("desks:counter", args=[first.counter.pk])
    assert signed_in(first) == house.people["colleague"].pk
    assert first.client.session["desk_browser"] != before["desk_browser"]
    assert first.how() == "mine"
    assert first.look().context["current"] == number
    first.press("mulai")
    assert Ticket.objects.get(pk=number.pk).officer == house.people["colleague"]


def test_a_wrong_pin_changes_nobody(first, house, hand_over):
    answer = hand_over("colleague", pin="111222")
    assert answer.status_code == 422
    assert "PIN" in answer.content.decode()
    assert signed_in(first) == house.people["officer"].pk
    assert CounterSession.objects.get(closed_at=None).officer == house.people["officer"]


def test_who_may_not_sit_there_is_not_signed_in(first, house, hand_over):
    answer = hand_over("foreign_officer")
    assert answer.status_code == 422
    assert "tidak punya antrean" in answer.content.decode()
    assert signed_in(first) == house.people["officer"].pk
    assert first.how() == "mine"


def test_who_sits_elsewhere_closes_there_first(first, house, hand_over):
    rules.open_counter(
        counter_id=house.counters[1].pk, officer=house.people["colleague"], at=at(8, 59)
    )
    answer = hand_over("colleague")
    assert "masih membuka loket 1" in answer.content.decode()
    assert signed_in(first) == house.people["officer"].pk
