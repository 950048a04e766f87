"""The code of the phone at sign-in: set up, asked for, recovered from; no way around where due."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import second_factor
from accounts.models import User
from accounts.rules import Refusal
from services.permissions import needs_second_factor
from tests.house import at

PASSWORD = "kata-sandi-petugas"
PAGE = "/akun/dua-langkah/"
REQUIRED = ["superuser", "mall_manager", "agency_head", "complaints_desk"]


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(at(9), tick=False)
    return time_machine


@pytest.fixture
def people(house):
    for user in house.people.values():
        user.set_password(PASSWORD)
        user.save()
    return house.people


@pytest.fixture
def required(settings):
    settings.SECOND_FACTOR_ROLES = REQUIRED


def code_of(user):
    """What the phone shows now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, device.step, device.t0, device.digits, device.drift):06d}"


def with_factor(user):
    """Set the person's second factor up by the rules; the recovery codes."""
    second_factor.begin(user=user)
    return second_factor.confirm(user=user, typed=code_of(user), keep=None)[1]


def by_password(username, goes_to="/akun/"):
    client = Client()
    fields = {"username": username, "password": PASSWORD, "next": goes_to}
    client.answer = client.post("/masuk/", fields)
    return client


# -- setting it up -----------------------------------------------------------------------------


def test_the_phone_counts_once_a_code_of_it_was_written(people):
    officer, client = people["officer"], by_password("officer")
    assert client.post(PAGE, {"aksi": "mulai"}).url == PAGE
    page = client.get(PAGE).content.decode()
    assert "<svg" in page
    assert second_factor.secret_shown(TOTPDevice.objects.get()) in page
    assert second_factor.active(officer) is None
    assert client.post(PAGE, {"aksi": "pastikan", "code": "000000"}).status_code == 422
    assert second_factor.active(officer) is None


def test_ten_recovery_codes_are_shown_once_and_kept_as_hashes(people, clock):
    officer, client = people["officer"], by_password("officer")
    client.post(PAGE, {"aksi": "mulai"})
    code = code_of(officer)
    page = client.post(PAGE, {"aksi": "pastikan", "code": f"{code[:3]} {code[3:]}"})
    codes = re.findall(r"<li>(\d{4} \d{4} \d{4})</li>", page.content.decode())
    assert len(set(codes)) == 10
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert not kept & {one.replace(" ", "") for one in codes}
    assert "no-store" in page["Cache-Control"]
    assert codes[0] not in client.get(PAGE).content.decode()
    again = client.post(PAGE, {"aksi": "pastikan", "code": code})
    assert again.url == PAGE  # reloading gives no codes a second time


def test_setting_it_up_signs_out_the_browsers_that_came_in_without_it(people):
    mine, other = by_password("officer"), by_password("officer")
    mine.post(PAGE, {"aksi": "mulai"})
    mine.post(PAGE, {"aksi": "pastikan", "code": code_of(people["officer"])})
    assert mine.get("/akun/").status_code == 200
    assert other.get("/akun/").status_code == 302


def test_a_browser_left_open_for_long_is_asked_for_the_password_first(people, clock):
    client = by_password("officer")
    clock.shift(timedelta(minutes=16))
    assert client.post(PAGE, {"aksi": "mulai"}).status_code == 422
    assert client.post(PAGE, {"aksi": "mulai", "password": "salah"}).status_code == 422
    assert not TOTPDevice.objects.exists()
    assert client.post(PAGE, {"aksi": "mulai", "password": PASSWORD}).status_code == 302


def test_an_active_one_is_not_begun_anew(people):
    with_factor(people["officer"])
    with pytest.raises(Refusal) as refusal:
        second_factor.begin(user=people["officer"])
    assert refusal.value.code == "already_active"
    with pytest.raises(Refusal) as refusal:
        second_factor.confirm(user=people["officer"], typed="123456", keep=None)
    assert refusal.value.code == "not_begun"


# -- signing in with it ------------------------------------------------------------------------


def test_after_the_password_the_code_is_asked_for_and_opens(people, clock):
    with_factor(people["officer"])
    clock.shift(timedelta(seconds=30))
    client = by_password("officer", "/admin/loket/")
    assert client.answer.url == "/masuk/kode/"
    assert client.get("/admin/").status_code == 302
    assert client.get("/akun/").url.startswith("/masuk/")
    answer = client.post("/masuk/kode/", {"code": code_of(people["officer"])})
    assert answer.url == "/admin/loket/"
    assert client.get("/admin/loket/").status_code == 200


def test_a_code_opens_once(people, clock):
    with_factor(people["officer"])
    clock.shift(timedelta(seconds=30))
    code = code_of(people["officer"])
    assert by_password("officer").post("/masuk/kode/", {"code": code}).status_code == 302
    assert by_password("officer").post("/masuk/kode/", {"code": code}).status_code == 422


@pytest.mark.parametrize("typed", ["", "000000", "abcdef", "12345", "1" * 12, "9" * 31, "٠٠٠٠٠٠"])
def test_a_wrong_code_opens_nothing(people, clock, typed):
    with_factor(people["officer"])
    client = by_password("officer")
    page = client.post("/masuk/kode/", {"code": typed})
    assert page.status_code == 422
    assert page.context["form"].errors["code"]
    assert client.get("/akun/").status_code == 302


def test_after_some_wrong_codes_one_waits_longer_and_longer(people, clock):
    with_factor(people["officer"])
    client = by_password("officer")
    statuses = []
    for _try in range(6):
        clock.shift(timedelta(seconds=35))
        statuses.append(client.post("/masuk/kode/", {"code": "000000"}).status_code)
    assert statuses == [422, 422, 429, 429, 429, 429]
    right = client.post("/masuk/kode/", {"code": code_of(people["officer"])})
    assert right.status_code == 429
    assert "Tunggu" in right.content.decode()
    clock.shift(timedelta(minutes=2))
    right = client.post("/masuk/kode/", {"code": code_of(people["officer"])})
    assert right.status_code == 302


def test_a_recovery_code_opens_once(people, clock):
    codes = with_factor(people["officer"])
    client = by_password("officer", "/akun/")
    assert client.post("/masuk/kode/", {"code": codes[3]}).url == "/akun/"
    assert "tersisa 9" in client.get("/akun/").content.decode()
    again = by_password("officer").post("/masuk/kode/", {"code": codes[3]})
    assert again.status_code == 422
    clock.shift(timedelta(seconds=2))  # the wrong one before it makes one wait a second
    other = by_password("officer").post("/masuk/kode/", {"code": codes[4].replace(" ", "")})
    assert other.status_code == 302


def test_the_password_must_have_been_written_just_before_and_still_be_right(people, clock):
    assert Client().get("/masuk/kode/").url == "/masuk/"
    codes = with_factor(people["officer"])
    late = by_password("officer")
    clock.shift(timedelta(minutes=11))
    assert late.post("/masuk/kode/", {"code": codes[0]}).url == "/masuk/"
    for change in ("password", "is_active"):
        half = by_password("officer")
        officer = User.objects.get(username="officer")
        if change == "password":
            officer.set_password("yang-baru-sama-sekali")
        officer.is_active = change != "is_active"
        officer.save()
        assert half.post("/masuk/kode/", {"code": codes[0]}).url == "/masuk/"
        people["officer"].save()  # as before


def test_anothers_code_does_not_open_mine(people, clock):
    with_factor(people["officer"])
    with_factor(people["colleague"])
    clock.shift(timedelta(seconds=30))
    client = by_password("officer")
    wrong = client.post("/masuk/kode/", {"code": code_of(people["colleague"])})
    assert wrong.status_code == 422


# -- afterwards --------------------------------------------------------------------------------


@pytest.fixture
def inside(people, clock):
    """An officer who has signed in with a code."""
    with_factor(people["officer"])
    clock.shift(timedelta(seconds=30))
    client = by_password("officer")
    client.post("/masuk/kode/", {"code": code_of(people["officer"])})
    return client


def test_new_recovery_codes_need_the_password_and_end_the_old_ones(inside, people):
    assert inside.post(PAGE, {"aksi": "kode-baru", "password": "salah"}).status_code == 422
    before = set(StaticToken.objects.values_list("token", flat=True))
    assert inside.post(PAGE, {"aksi": "kode-baru", "password": PASSWORD}).status_code == 200
    after = set(StaticToken.objects.values_list("token", flat=True))
    assert len(after) == 10
    assert not before & after


def test_it_is_turned_off_with_the_password_where_the_office_does_not_ask_for_it(inside, people):
    assert inside.post(PAGE, {"aksi": "matikan", "password": "salah"}).status_code == 422
    assert inside.post(PAGE, {"aksi": "matikan", "password": PASSWORD}).url == "/akun/"
    assert by_password("officer").get("/akun/").status_code == 200


def test_with_a_new_phone_the_old_one_opens_nothing(inside, people):
    old = TOTPDevice.objects.get()
    assert inside.post(PAGE, {"aksi": "ganti", "password": "salah"}).status_code == 422
    assert inside.post(PAGE, {"aksi": "ganti", "password": PASSWORD}).url == PAGE
    new = TOTPDevice.objects.get()
    assert (new.confirmed, new.key == old.key, StaticToken.objects.count()) == (False, False, 0)


def test_an_act_that_is_not_one_does_nothing(inside, people):
    assert inside.post(PAGE, {"aksi": "apa-saja"}).status_code == 422
    assert second_factor.active(people["officer"])


# -- where the office asks for it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "needs"),
    [("manager", True), ("head", True), ("complaints_desk", True), ("officer", False),
     ("front_desk", False), ("leader", False), ("helper", False)],
)  # fmt: skip
def test_the_setting_names_the_offices(people, required, settings, who, needs):
    assert needs_second_factor(people[who]) is needs
    settings.SECOND_FACTOR_ROLES = []
    assert needs_second_factor(people[who]) is False


def test_a_superuser_without_an_office_needs_it(required, admin_user, settings):
    assert needs_second_factor(admin_user)
    settings.SECOND_FACTOR_ROLES = ["mall_manager"]
    assert not needs_second_factor(admin_user)


ADDRESSES = [
    "/admin/", "/admin/loket/", "/admin/meja-depan/", "/admin/queueing/ticket/", "/dasbor/",
    "/admin/accounts/apitoken/add/", "/admin/jsi18n/", "/akun/", "/akun/pin/", "/akun/sandi/",
    "/akun/mulai/", "/admin/dua-langkah/1/", "/gajah-mada/pendamping/", "/masuk/",
]  # fmt: skip


@pytest.mark.parametrize("path", ADDRESSES)
def test_who_must_and_has_none_is_led_to_set_it_up_from_everywhere(people, required, path):
    client = by_password("manager", "/dasbor/")
    assert client.answer.status_code == 302
    seen = []
    answers = [client.get(path, follow=True), client.post(path, follow=True)]
    if "pendamping" in path:
        assert answers.pop().status_code == 405
    for answer in answers:
        seen.append(answer.redirect_chain[-1][0].partition("?")[0])
        assert "Peran Anda mewajibkan" in answer.content.decode()
    assert set(seen) == {PAGE}


def test_what_has_no_session_of_its_own_is_not_open_either(people, required):
    client = by_password("manager")
    assert client.get("/api/v1/counters").status_code == 401
    assert client.get("/gajah-mada/").status_code == 200  # the citizens' pages are everybody's


def test_once_it_is_set_up_everything_opens_and_one_goes_on_where_one_wanted(people, required):
    client = by_password("manager", "/dasbor/")
    start = client.get("/dasbor/")
    assert start.url == f"{PAGE}?next=%2Fdasbor%2F"
    client.post(PAGE, {"aksi": "mulai", "next": "/dasbor/"})
    done = client.post(
        PAGE, {"aksi": "pastikan", "code": code_of(people["manager"]), "next": "/dasbor/"}
    )
    assert 'href="/dasbor/"' in done.content.decode()
    assert client.get("/dasbor/").status_code == client.get("/admin/").status_code == 200


def test_who_must_cannot_turn_it_off_and_may_change_the_phone(people, required, clock):
    with_factor(people["manager"])
    clock.shift(timedelta(seconds=30))
    client = by_password("manager")
    client.post("/masuk/kode/", {"code": code_of(people["manager"])})
    refused = client.post(PAGE, {"aksi": "matikan", "password": PASSWORD})
    assert refused.status_code == 403
    assert client.get("/admin/").status_code == 200
    client.post(PAGE, {"aksi": "ganti", "password": PASSWORD})
    assert client.get("/admin/").url.startswith(PAGE)


def test_a_session_from_before_is_asked_for_password_and_code(people, required, client):
    with_factor(people["manager"])
    client.force_login(people["manager"])  # as if it had come in by the password alone
    for path in ("/admin/", PAGE, "/akun/"):
        assert client.get(path).url.startswith("/masuk/"), path
    assert client.post(PAGE, {"aksi": "ganti", "password": PASSWORD}).url == "/masuk/"
    assert second_factor.active(people["manager"])


def test_foreign_addresses_are_not_gone_on_to(people, required):
    client = by_password("manager")
    page = client.get(f"{PAGE}?next=//jahat.example/")
    assert page.context["next"] == ""


# -- a lost phone ------------------------------------------------------------------------------


def reset(client, user, reason="ponsel hilang di jalan"):
    return client.post(f"/admin/dua-langkah/{user.pk}/", {"reason": reason})


def test_the_manager_resets_it_with_a_reason_that_stays_in_the_log(people, client, clock):
    with_factor(people["officer"])
    clock.shift(timedelta(seconds=30))
    inside = by_password("officer")
    inside.post("/masuk/kode/", {"code": code_of(people["officer"])})
    client.force_login(people["manager"])
    assert client.get(f"/admin/dua-langkah/{people['officer'].pk}/").status_code == 200
    assert reset(client, people["officer"], " x ").status_code == 422
    assert second_factor.active(people["officer"])
    assert reset(client, people["officer"]).url == "/admin/"
    assert second_factor.active(people["officer"]) is None
    assert inside.get("/akun/").status_code == 302
    entry = LogEntry.objects.get(user=people["manager"])
    assert "ponsel hilang di jalan" in entry.change_message
    assert entry.object_id == str(people["officer"].pk)


@pytest.mark.parametrize("who", ["officer", "head", "front_desk", "leader"])
def test_who_appoints_nobody_resets_nobody(people, client, who):
    with_factor(people["colleague"])
    client.force_login(people[who])
    assert reset(client, people["colleague"]).status_code == 403
    assert second_factor.active(people["colleague"])


def test_nobody_resets_their_own_or_that_of_somebody_above(people, client, admin_user):
    for user in (people["manager"], admin_user):
        with_factor(user)
        client.force_login(people["manager"])
        assert reset(client, user).status_code in {404, 409}
        assert second_factor.active(user)
    client.force_login(admin_user)
    assert reset(client, people["manager"]).status_code == 302


def test_the_lists_of_accounts_and_officers_lead_there_and_show_no_secret(people, admin_client):
    officer = people["officer"]
    with_factor(officer)
    office = officer.offices.get()
    for path in (f"accounts/user/{officer.pk}", f"services/officer/{office.pk}"):
        page = admin_client.get(f"/admin/{path}/change/").content.decode()
        assert f"/admin/{path}/dua-langkah/" in page
        answer = admin_client.get(f"/admin/{path}/dua-langkah/")
        assert answer.url == f"/admin/dua-langkah/{officer.pk}/"
    assert admin_client.get("/admin/otp_totp/totpdevice/").status_code == 404
    admin_client.force_login(people["manager"])
    answer = admin_client.get(f"/admin/services/officer/{office.pk}/dua-langkah/")
    assert answer.url == f"/admin/dua-langkah/{officer.pk}/"
