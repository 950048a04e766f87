"""The PIN of six figures: it opens the counters to its owner, nothing else, and is not guessed."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.db import connection

from accounts import pins
from accounts.models import SignIn, User
from accounts.rules import Refusal
from tests.house import at, at_once

PIN, PASSWORD = "274916", "kata-sandi-petugas"


@pytest.fixture
def officer(house):
    user = house.people["officer"]
    user.set_password(PASSWORD)
    user.save()
    pins.set_pin(user=user, pin=PIN, at=at(8))
    return user


def tried(rf, pin=PIN, username="officer", **meta):
    request = rf.post("/", **meta)
    return pins.user_by_pin(request=request, username=username, pin=pin, at=at(9))


def refused(rf, *args, **more):
    with pytest.raises(Refusal) as refusal:
        tried(rf, *args, **more)
    return refusal.value


# -- whose PIN it is ---------------------------------------------------------------------------


def test_the_right_figures_give_their_owner_and_are_nowhere_in_the_database(rf, officer):
    assert tried(rf) == officer
    assert tried(rf, username=" officer ") == officer
    assert PIN not in User.objects.get(pk=officer.pk).pin


def test_a_wrong_pin_an_unknown_account_and_one_without_a_pin_are_told_the_same(rf, officer):
    User.objects.create_user("tanpa-pin")
    answers = [
        refused(rf, "274917"),
        refused(rf, username="tidak-ada"),
        refused(rf, username="tanpa-pin"),
        refused(rf, "", username="tanpa-pin"),
        refused(rf, "\0", username="\0"),
        refused(rf, PIN * 50),
    ]
    assert {(no.code, no.status, str(no.message)) for no in answers} == {
        ("wrong_pin", 422, str(answers[0].message))
    }


@pytest.mark.parametrize("why", ["left", "demo"])
def test_who_may_not_sign_in_may_not_by_pin_either(rf, officer, settings, why):
    if why == "left":
        officer.is_active = False
    else:
        settings.PRODUCTION, officer.email = True, "officer@latihan.invalid"
    officer.save()
    assert refused(rf).code == "wrong_pin"


def test_after_five_wrong_ones_the_account_waits_and_the_right_one_does_too(rf, officer):
    codes = [refused(rf, "000001").code for _try in range(6)]
    assert codes == ["wrong_pin"] * 4 + ["pin_locked"] * 2
    locked = refused(rf)
    assert (locked.code, locked.status) == ("pin_locked", 429)
    assert "kata sandi" in str(locked.message)
    assert refused(rf, username="tidak-ada").code == "wrong_pin"  # the others go on
    cache.clear()
    assert tried(rf) == officer


def test_a_right_pin_forgets_the_wrong_ones_before_it(rf, officer):
    for _round in range(3):
        for _try in range(4):
            assert refused(rf, "000001").code == "wrong_pin"
        assert tried(rf) == officer


def test_one_place_cannot_try_every_account(rf, officer, monkeypatch):
    monkeypatch.setattr(pins, "TRIES_OF_AN_ADDRESS", 3)
    for n in range(3):
        refused(rf, username=f"akun-{n}")
    assert refused(rf, username="akun-9").code == "pin_locked"
    assert tried(rf, REMOTE_ADDR="192.0.2.7") == officer


@pytest.mark.django_db(transaction=True)
def test_thirty_guesses_at_once_are_still_five(rf, open_house):
    user = open_house.people["officer"]
    pins.set_pin(user=user, pin=PIN, at=at(8))

    def guess(_n):
        try:
            return refused(rf, "111222").code
        finally:
            connection.close()

    codes = at_once(30, guess)
    assert codes.count("wrong_pin") <= 5
    assert set(codes) == {"wrong_pin", "pin_locked"}


# -- choosing one ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pin",
    ["000000", "123456", "654321", "121212", "123123", "112233", "777778", "890123"],
)
def test_a_pin_that_many_would_guess_is_refused(officer, pin):
    with pytest.raises(Refusal) as refusal:
        pins.set_pin(user=officer, pin=pin, at=at(9))
    assert refusal.value.code == "easy_pin"
    assert pins.is_easy(pin)
    assert not pins.is_easy(PIN)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "27491a", "２７４９１６"])
def test_a_pin_is_six_figures(officer, pin):
    with pytest.raises(Refusal) as refusal:
        pins.set_pin(user=officer, pin=pin, at=at(9))
    assert refusal.value.code == "bad_pin"


def test_figures_of_the_accounts_own_name_are_no_pin(officer):
    officer.username = "19850274916"
    with pytest.raises(Refusal) as refusal:
        pins.set_pin(user=officer, pin=PIN, at=at(9))
    assert refusal.value.code == "easy_pin"


def post(client, **fields):
    new = {"pin": "905172", "pin_again": "905172", "password": PASSWORD}
    return client.post("/akun/pin/", {**new, **fields})


def test_its_owner_sets_it_with_the_password_and_takes_it_away(client, rf, officer):
    client.force_login(officer)
    assert client.get("/akun/pin/").status_code == 200
    assert post(client).url == "/akun/"
    assert tried(rf, "905172") == officer
    assert "disimpan" in client.get("/akun/").content.decode()
    wrong = client.post("/akun/pin/", {"aksi": "hapus", "password": "salah"})
    assert wrong.status_code == 422
    assert client.post("/akun/pin/", {"aksi": "hapus", "password": PASSWORD}).url == "/akun/"
    assert refused(rf, "905172").code == "wrong_pin"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password": "salah"}, "password"),
        ({"pin_again": "905173"}, "pin_again"),
        ({"pin": "123456", "pin_again": "123456"}, "pin"),
        ({"pin": ""}, "pin"),
    ],
)
def test_a_new_pin_that_cannot_be_is_said_at_its_field(client, rf, officer, changed, field):
    client.force_login(officer)
    page = post(client, **changed)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert tried(rf) == officer


def test_an_open_browser_is_no_place_for_guessing_the_password(client, officer):
    client.force_login(officer)
    for _try in range(8):
        post(client, password="salah")
    assert "terlalu sering" in str(post(client).context["form"].errors)


# -- what it opens -----------------------------------------------------------------------------


@pytest.fixture
def by_pin(client, rf, officer):
    """The client of an officer who took over by PIN."""
    request = rf.post("/")
    request.session = SessionStore()
    pins.sign_in(request, officer)
    request.session.save()
    client.cookies["sessionid"] = request.session.session_key
    return client


def test_a_pin_opens_the_counters(by_pin, house):
    assert by_pin.get("/admin/loket/").status_code == 200
    assert by_pin.get(f"/admin/loket/{house.counters[2].pk}/").status_code == 200
    assert SignIn.objects.get().user.username == "officer"


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/queueing/ticket/", "/admin/meja-depan/", "/dasbor/", "/akun/", "/akun/pin/",
     "/akun/dua-langkah/", "/akun/sandi/", "/akun/mulai/", "/admin/password_change/",
     "/admin/accounts/apitoken/add/"],
)  # fmt: skip
def test_a_pin_opens_nothing_else_and_one_is_asked_for_the_password(by_pin, path):
    for answer in (by_pin.get(path), by_pin.post(path, {"aksi": "mulai"})):
        assert answer.status_code == 302
        assert answer.url.startswith("/masuk/"), path
    page = by_pin.get(by_pin.get(path).url).content.decode()
    assert "perlu kata sandi" in page
    assert 'value="officer"' in page


def test_a_pin_opens_no_page_outside_of_the_staffs_either(by_pin, officer, house):
    office = officer.offices.get()
    office.role, office.agency = "helper", None
    office.save()
    assert by_pin.get("/gajah-mada/pendamping/").url.startswith("/masuk/?next=")
    assert by_pin.get("/gajah-mada/").status_code == 200


def test_with_the_password_the_same_session_opens_the_rest(by_pin, officer):
    fields = {"username": "officer", "password": PASSWORD, "next": "/akun/"}
    assert by_pin.post("/masuk/", fields).url == "/akun/"
    assert by_pin.get("/akun/").status_code == 200
    assert by_pin.get("/admin/loket/").status_code == 200


def test_who_signed_in_by_pin_can_sign_out(by_pin):
    assert by_pin.post("/keluar/").status_code == 302
    assert by_pin.get("/admin/loket/").status_code == 302
