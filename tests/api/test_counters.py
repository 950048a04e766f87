"""What officers and the front desk do over the API, and what others may not."""

import pytest
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiToken
from queueing.models import Counter, CounterAssignment, Queue, Ticket
from services.models import Agency, Mall
from tests.house import at


@pytest.fixture
def officer(house, ask, token_of, clock):
    """Act at counter 1 as its officer, with it open, at 09.00."""
    clock.move_to(at(9))
    token = token_of("officer")
    path = f"/counters/{house.counters[1].pk}"
    assert ask("POST", f"{path}/open", token=token).status_code == 200
    return lambda act, body=None, **more: ask(
        "POST", f"{path}/{act}", body, token=more.pop("token", token), **more
    )


def test_an_officer_sees_own_counters_and_their_queues(house, ask, token_of):
    told = ask("GET", "/counters", token=token_of("officer")).json()
    assert [(c["number"], [q["prefix"] for q in c["queues"]]) for c in told["items"]] == [
        (1, ["C"]),
        (2, ["C", "D"]),
        (3, ["D"]),
    ]
    assert told["items"][0] == {
        "id": house.counters[1].pk,
        "number": 1,
        "queues": [{"prefix": "C", "name": "Antrean C"}],
        "open": False,
        "mine": False,
        "current": None,
    }
    other = ask("GET", "/counters", token=token_of("foreign_officer")).json()["items"]
    assert [c["number"] for c in other] == [4]
    assert ask("GET", "/counters", token=token_of("leader")).json()["items"] == []


def test_a_desk_that_rotates_away_is_not_shown(house, ask, token_of):
    CounterAssignment.objects.filter(counter=house.counters[1]).update(weekday=0)  # Mondays
    items = ask("GET", "/counters", token=token_of("officer")).json()["items"]
    assert [c["number"] for c in items] == [2, 3]


def test_counters_cost_the_same_queries_for_one_and_for_fifty(house, ask, token_of, connection):
    token = token_of("foreign_officer")

    def queries():
        with CaptureQueriesContext(connection) as seen:
            items = ask("GET", "/counters", token=token).json()["items"]
        return len(items), len(seen)

    queries()  # the first in a minute also notes that the token was used
    one, cost = queries()
    for number in range(100, 149):
        counter = Counter.objects.create(mall=house.mall, number=number)
        CounterAssignment.objects.create(counter=counter, queue=house.queues["T"])
    assert queries() == (50, cost)
    assert one == 1


def test_a_person_is_called_served_and_ended(house, officer):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50), phone="081234567890")
    called = officer("call-next")
    assert called.status_code == 200
    told = called.json()
    assert (told["public_id"], told["label"]) == (str(ticket.public_id), ticket.label)
    assert told["state"] == "called"
    assert told["called_at"].endswith("+07:00")
    assert told["name"] == "Siti Aminah"
    assert officer("recall").json()["recalls"] == 1
    assert officer("start").json()["state"] == "serving"
    ended = officer("end", {"outcome": "collect_later", "collect_on": "2026-12-01"}).json()
    assert (ended["state"], ended["outcome"], ended["collect_on"]) == (
        "done",
        "collect_later",
        "2026-12-01",
    )
    assert officer("call-next").status_code == 204
    assert officer("call-next").content == b""


def test_ending_needs_no_body(house, officer):
    house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    officer("start")
    assert officer("end").json()["outcome"] == "served"


def test_calling_while_somebody_stands_there_is_a_409(house, officer):
    house.waiting("KTP", 9, arrived=at(8, 50), name="Ani")
    house.waiting("KTP", 9, arrived=at(8, 51), name="Budi")
    officer("call-next")
    again = officer("call-next")
    assert (again.status_code, again.json()["code"]) == (409, "still_serving")


def test_parking_absence_transfer_and_undo(house, ask, officer, token_of):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    assert officer("park", {"reason": "ya"}).json()["code"] == "reason_needed"
    assert officer("park", {"reason": "mengambil fotokopi"}).json()["state"] == "parked"
    assert officer("undo").json()["state"] == "called"
    assert officer("absent").json()["state"] == "absent"
    back = ask("POST", f"/tickets/{ticket.public_id}/return", token=token_of("front_desk"))
    assert back.json()["state"] == "waiting"
    Ticket.objects.update(released_at=None)
    officer("call-next")
    moved = officer("transfer", {"service": "PBB"}).json()
    assert (moved["state"], moved["queue"], moved["label"]) == ("waiting", "T", ticket.label)
    assert officer("transfer", {"service": "PBB"}).json()["code"] == "nobody_at_counter"


def test_a_chosen_number_is_called_with_a_reason(house, ask, officer, token_of):
    house.waiting("KTP", 9, arrived=at(8, 50), name="Ani")
    chosen = house.waiting("KTP", 9, arrived=at(8, 51), name="Budi")
    foreign = house.waiting("PBB", 9, arrived=at(8, 52), name="Citra")
    body = {"ticket": str(chosen.public_id), "reason": "ibu menyusui"}
    assert officer("call", body | {"reason": "ya"}).json()["code"] == "reason_needed"
    assert (
        officer("call", body | {"ticket": str(foreign.public_id)}).json()["code"] == "not_waiting"
    )
    told = officer("call", body).json()
    assert (told["label"], told["state"]) == (chosen.label, "called")
    assert chosen.events.get(kind="called").note == "ibu menyusui"
    assert officer("call", body).json()["code"] == "still_serving"


def test_a_colleague_may_take_a_counter_over_when_they_say_so(house, officer, token_of):
    house.waiting("KTP", 9, arrived=at(8, 50))
    label = officer("call-next").json()["label"]
    colleague = token_of("colleague")
    taken = officer("open", token=colleague)
    assert (taken.status_code, taken.json()["code"]) == (409, "counter_taken")
    told = officer("open", {"take_over": True}, token=colleague).json()
    assert (told["mine"], told["current"]["label"]) == (True, label)
    lost = officer("start")
    assert (lost.status_code, lost.json()["code"]) == (403, "not_allowed")


def test_missing_papers_are_named_and_who_goes_on_is_called_at_once(house, officer):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    officer("start")
    missing = {"outcome": "documents_missing"}
    assert officer("end", missing).json()["code"] == "missing_papers_needed"
    assert officer("end", missing | {"note": "KK asli", "goes_on": True}).status_code == 200
    ticket.refresh_from_db()
    assert ticket.released_at is None
    assert ticket.events.get(kind="ended").note == "KK asli"


@pytest.mark.parametrize("body", [1, "ya", [], {"take_over": "ya"}])
def test_a_body_of_another_shape_is_refused(officer, body):
    answer = officer("open", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_a_counter_is_closed_only_when_nobody_stands_there(house, officer):
    house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    assert officer("close").json()["code"] == "still_serving"
    officer("absent")
    closed = officer("close").json()
    assert (closed["open"], closed["mine"]) == (False, False)


def test_each_act_is_refused_where_it_makes_no_sense(house, officer):
    for act, body, code in [
        ("recall", None, "nobody_at_counter"),
        ("start", None, "nobody_at_counter"),
        ("end", {"outcome": "apa saja"}, "bad_outcome"),
        ("end", {"collect_on": "besok"}, "bad_input"),
        ("park", {}, "bad_input"),
        ("park", {"reason": "\u0000bukan teks"}, "bad_input"),
        ("absent", None, "nobody_at_counter"),
        ("transfer", {"service": "PBB"}, "nobody_at_counter"),
        ("transfer", {}, "bad_input"),
        ("undo", None, "nothing_to_undo"),
    ]:
        answer = officer(act, body)
        assert answer.status_code in {409, 422}
        assert answer.json()["code"] == code


ACTS = [
    ("open", None),
    ("close", None),
    ("call-next", None),
    ("call", {"ticket": "00000000-0000-4000-8000-000000000000", "reason": "alasan apa saja"}),
    ("recall", None),
    ("start", None),
    ("end", None),
    ("park", {"reason": "alasan apa saja"}),
    ("absent", None),
    ("transfer", {"service": "PBB"}),
    ("undo", None),
]


def test_who_may_not_call_its_queues_hears_that_there_is_no_such_counter(house, officer, token_of):
    house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    for who in ("foreign_officer", "leader", "head", "front_desk", "helper"):
        token = token_of(who)
        for act, body in ACTS:
            answer = officer(act, body, token=token)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown_counter")
    assert Ticket.objects.get().state == "called"


def test_a_colleague_does_not_act_at_an_open_counter_of_somebody_else(house, officer, token_of):
    house.waiting("KTP", 9, arrived=at(8, 50))
    answer = officer("call-next", token=token_of("colleague"))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert officer("open", token=token_of("colleague")).json()["code"] == "counter_taken"


def test_the_name_is_for_the_officer_who_serves(house, ask, officer, token_of):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50), phone="081234567890")
    officer("call-next")
    for who in ("colleague", "manager"):
        answer = ask("GET", "/counters", token=token_of(who))
        assert answer.json()["items"][0]["current"]["label"] == ticket.label
        assert "Siti" not in answer.content.decode()
    for secret in (ticket.visit.token, "81234567890"):
        assert secret not in ask("GET", "/counters", token=token_of("officer")).content.decode()


def test_without_a_live_token_nothing_is_open(house, ask):
    for token in ["", "mpp_tebakan", "x", "mpp_" + "a" * 5000]:
        answer = ask("GET", "/counters", token=token)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        assert answer["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_and_a_dormant_account_open_nothing(house, ask, token_of):
    token = token_of("officer")
    ApiToken.objects.update(revoked_at=at(7, 10))
    assert ask("GET", "/counters", token=token).status_code == 401
    token = token_of("colleague")
    house.people["colleague"].is_active = False
    house.people["colleague"].save()
    assert ask("GET", "/counters", token=token).status_code == 401


def test_the_session_of_a_browser_opens_nothing(house, client):
    client.force_login(house.people["officer"])
    assert client.get("/api/v1/counters").status_code == 401


def test_the_front_desk_checks_in_without_the_halls_code(house, ask, token_of, clock):
    ticket = house.book("KTP", 9)
    clock.move_to(at(8, 50))
    path = f"/tickets/{ticket.public_id}/check-in"
    for who in ("officer", "head", "helper", "leader"):
        refused = ask("POST", path, token=token_of(who))
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_ticket")
    answer = ask("POST", path, token=token_of("front_desk"))
    assert (answer.status_code, answer.json()["state"]) == (200, "waiting")
    assert answer.json()["name"] is None
    assert ticket.visit.token not in answer.content.decode()


def test_bringing_back_is_the_front_desks_and_its_own_officers(house, ask, officer, token_of):
    ticket = house.waiting("KTP", 9, arrived=at(8, 50))
    officer("call-next")
    officer("absent")
    path = f"/tickets/{ticket.public_id}/return"
    assert ask("POST", path, token=token_of("foreign_officer")).status_code == 404
    assert ask("POST", path, token=token_of("officer")).json()["state"] == "waiting"


def test_an_unknown_counter(house, ask, token_of):
    for pk in ["0", "999999", str(2**63), "9" * 40]:
        answer = ask("POST", f"/counters/{pk}/call-next", token=token_of("officer"))
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_counter")


def test_who_manages_one_mall_holds_nothing_in_another(house, ask, token_of):
    other = Mall.objects.create(slug="lain", name="Lain", regency="R", province="P")
    agency = Agency.objects.create(mall=other, code="A", name="A")
    queue = Queue.objects.create(mall=other, agency=agency, prefix="A", name="A")
    counter = Counter.objects.create(mall=other, number=1)
    CounterAssignment.objects.create(counter=counter, queue=queue)
    answer = ask("POST", f"/counters/{counter.pk}/open", token=token_of("manager"))
    assert answer.status_code == 404
