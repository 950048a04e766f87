"""The list of one's own sessions: each browser is there, and one that is ended is out."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import SignIn
from accounts.retention import erase_sessions
from tests.house import at

PASSWORD = "kata-sandi-petugas"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


@pytest.fixture
def officer(house):
    user = house.people["officer"]
    user.set_password(PASSWORD)
    user.save()
    return user


def browser(agent="", username="officer"):
    client = Client(headers={"User-Agent": agent} if agent else None)
    fields = {"username": username, "password": PASSWORD, "next": "/akun/"}
    assert client.post("/masuk/", fields).url == "/akun/"
    return client


def row(client):
    return SignIn.objects.get(session_key=client.cookies["sessionid"].value)


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (ANDROID, "Chrome di Android"),
        (ANDROID.replace("Mobile", "SamsungBrowser/25.0 Mobile"), "Samsung Internet di Android"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge di Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/2010 Firefox/128.0", "Firefox di Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5) Version/17.5 Safari/604.1", "Safari di iPhone"),
        ("curl/8.5.0", "Peramban yang tidak dikenal"),
        ("", "Peramban yang tidak dikenal"),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(agent, shown):
    assert sessions.device_shown(sessions.device_of(agent)) == shown


def test_each_sign_in_is_listed_to_its_owner_and_to_nobody_else(officer, house):
    mine, phone = browser(), browser(ANDROID)
    colleague = house.people["colleague"]
    colleague.set_password(PASSWORD)
    colleague.save()
    other = browser(username="colleague")
    page = mine.get("/akun/").content.decode()
    assert page.count('name="sesi"') == 2  # the phone, and "all others"
    assert "Chrome di Android" in page
    assert "Ini yang Anda pakai" in page
    assert phone.cookies["sessionid"].value not in page
    assert "Chrome di Android" not in other.get("/akun/").content.decode()


def test_one_is_ended_and_only_that_one(officer):
    mine, phone, third = browser(), browser(ANDROID), browser()
    assert mine.post("/akun/perangkat/", {"sesi": row(phone).pk}).url == "/akun/"
    assert phone.get("/admin/").status_code == 302
    assert phone.get("/akun/").url.startswith("/masuk/")
    assert mine.get("/akun/").status_code == third.get("/akun/").status_code == 200


def test_all_others_are_ended_and_this_one_stays(officer):
    mine, phone, third = browser(), browser(ANDROID), browser()
    mine.post("/akun/perangkat/", {"sesi": "lain"})
    assert [c.get("/akun/").status_code for c in (mine, phone, third)] == [200, 302, 302]
    assert Session.objects.count() == SignIn.objects.count() == 1


@pytest.mark.parametrize("sesi", ["", "abc", "999999999999999999999", "-1"])
def test_nobody_ends_the_session_of_another(officer, house, client, sesi):
    phone = browser(ANDROID)
    client.force_login(house.people["colleague"])
    client.post("/akun/perangkat/", {"sesi": sesi or row(phone).pk})
    assert phone.get("/akun/").status_code == 200


def test_only_a_post_ends_one(officer):
    mine, phone = browser(), browser(ANDROID)
    assert mine.get("/akun/perangkat/", {"sesi": row(phone).pk}).status_code == 405
    assert phone.get("/akun/").status_code == 200


def test_last_seen_is_written_once_a_minute_at_most(officer, clock):
    mine = browser()
    first = row(mine).seen_at
    clock.shift(timedelta(seconds=50))
    mine.get("/akun/")
    assert row(mine).seen_at == first
    clock.shift(timedelta(seconds=15))
    mine.get("/akun/")
    assert row(mine).seen_at == first + timedelta(seconds=65)
    sessions._noted.clear()  # as in another process
    clock.shift(timedelta(seconds=20))
    mine.get("/akun/")
    assert row(mine).seen_at == first + timedelta(seconds=65)


def test_a_new_password_signs_out_everywhere_else(officer):
    mine, phone = browser(), browser(ANDROID)
    new = {"new_password1": "sandi-lain-yang-baik", "new_password2": "sandi-lain-yang-baik"}
    mine.post("/akun/sandi/", {"old_password": PASSWORD, **new})
    assert mine.get("/akun/").status_code == 200
    assert phone.get("/akun/").status_code == 302
    assert row(mine).user == officer
    assert SignIn.objects.count() == 1


def test_a_session_ends_after_twelve_hours_and_leaves_the_list(officer, clock):
    mine = browser()
    clock.shift(timedelta(hours=12, minutes=1))
    assert mine.get("/akun/").status_code == 302
    assert not sessions.of(officer, timezone.now()).exists()
    erase_sessions(timezone.now())
    assert not SignIn.objects.exists()


def test_signing_out_takes_the_session_off_the_list(officer):
    mine, phone = browser(), browser(ANDROID)
    phone.post("/keluar/")
    assert "Android" not in mine.get("/akun/").content.decode()
    erase_sessions(timezone.now())
    assert SignIn.objects.count() == 1


def test_pages_of_the_staff_are_not_kept_by_the_browser(officer, house):
    mine = browser()
    for path in ("/admin/", "/admin/loket/", "/akun/", "/akun/pin/", "/akun/dua-langkah/"):
        assert "no-store" in mine.get(path)["Cache-Control"], path


def test_the_account_page_asks_few_questions_however_many_sessions(
    officer, django_assert_max_num_queries
):
    mine = browser()
    for _n in range(4):
        browser(ANDROID)
    with django_assert_max_num_queries(8):
        assert mine.get("/akun/").status_code == 200
