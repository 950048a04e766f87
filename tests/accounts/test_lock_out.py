"""Too many wrong passwords make one wait: by account and place, and the place cannot be forged."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import identify_hasher, make_password
from django.test import Client
from django.urls import reverse

from accounts.addresses import client_address
from accounts.models import SignIn, User
from tests.house import at

PASSWORD = "kata-sandi-petugas"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


@pytest.fixture
def officer(house, settings):
    settings.AXES_FAILURE_LIMIT = 3
    user = house.people["officer"]
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client, typed="salah", came_by="", **meta):
    headers = {"X-Forwarded-For": came_by} if came_by else {}
    fields = {"username": "officer", "password": typed}
    return client.post("/masuk/", fields, headers=headers, **meta)


@pytest.mark.parametrize(
    ("proxies", "came_by", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # nobody of ours wrote that
        (1, "", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),  # the first was sent by the client
        (2, "10.0.0.1, 203.0.113.9, 10.9.9.9", "203.0.113.9"),
        (2, "203.0.113.9", "127.0.0.1"),  # came past the outer proxy
        (1, "203.0.113.9:4711", "203.0.113.9"),
        (1, "[2001:db8::1]:4711", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "<script>", "127.0.0.1"),
    ],
)
def test_the_address_is_what_our_own_proxy_saw(rf, settings, proxies, came_by, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": came_by} if came_by else {}
    assert client_address(rf.get("/", headers=headers)) == address


def test_behind_a_proxy_one_persons_guesses_lock_out_nobody_else(client, officer, settings):
    settings.TRUSTED_PROXIES = 1
    for _try in range(3):
        answer = sign_in(client, came_by="203.0.113.9")
    assert answer.status_code == 429
    assert sign_in(client, PASSWORD, came_by="203.0.113.9").status_code == 429
    assert sign_in(client, PASSWORD, came_by="198.51.100.4").status_code == 302


def test_without_a_proxy_a_forged_header_is_no_way_around(client, officer, settings):
    settings.TRUSTED_PROXIES = 0
    for n in range(3):
        answer = sign_in(client, came_by=f"203.0.113.{n}")
    assert answer.status_code == 429
    assert sign_in(client, PASSWORD, came_by="198.51.100.4").status_code == 429


def test_behind_a_proxy_what_the_client_adds_is_no_way_around(client, officer, settings):
    settings.TRUSTED_PROXIES = 1
    for n in range(3):
        answer = sign_in(client, came_by=f"10.0.0.{n}, 203.0.113.9")
    assert answer.status_code == 429


def test_the_page_says_until_when_and_means_it(client, officer, clock):
    for _try in range(3):
        answer = sign_in(client)
    page = answer.content.decode()
    assert "setelah 15 menit" in page
    assert "pukul 09.15" in page
    assert "pengelola mal" in page
    clock.shift(timedelta(minutes=10))
    answer = sign_in(client, PASSWORD)  # trying meanwhile makes it no longer
    assert "setelah 5 menit" in answer.content.decode()
    assert int(answer["Retry-After"]) == 300
    clock.shift(timedelta(minutes=5, seconds=1))
    assert sign_in(client, PASSWORD).status_code == 302


def test_a_new_password_by_a_superuser_ends_the_waiting_and_the_sessions(
    client, admin_client, officer
):
    inside = Client()
    assert sign_in(inside, PASSWORD).status_code == 302
    for _try in range(3):
        sign_in(client)
    form = {"password1": "sandi-lain-yang-baik", "password2": "sandi-lain-yang-baik"}
    address = reverse("admin:auth_user_password_change", args=[officer.pk])
    assert admin_client.post(address, form).status_code == 302
    assert inside.get("/akun/").status_code == 302
    assert not SignIn.objects.filter(user=officer).exists()
    assert sign_in(client, "sandi-lain-yang-baik").status_code == 302


def test_the_admins_own_sign_in_page_signs_nobody_in(client, officer):
    fields = {"username": "officer", "password": PASSWORD}
    answer = client.post("/admin/login/?next=/admin/loket/", fields)
    assert answer.url == "/masuk/?next=%2Fadmin%2Floket%2F"
    assert "sessionid" not in client.cookies
    assert client.get("/admin/login/?next=//jahat.example/").url == "/masuk/?next=%2Fadmin%2F"


def test_who_is_signed_in_goes_on_and_a_helper_is_told_that_the_admin_is_not_theirs(client, house):
    client.force_login(house.people["officer"])
    assert client.get("/admin/login/?next=/admin/loket/").url == "/admin/loket/"
    client.force_login(house.people["helper"])
    assert client.get("/admin/login/").status_code == 403


def test_passwords_are_kept_with_argon2_and_older_ones_are_written_anew(client, house, settings):
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]  # without the tests' own
    User.objects.filter(username="officer").update(
        password=make_password(PASSWORD, hasher="pbkdf2_sha256")
    )
    assert sign_in(client, PASSWORD).status_code == 302
    kept = User.objects.get(username="officer").password
    assert identify_hasher(kept).algorithm == "argon2"
