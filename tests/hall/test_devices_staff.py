"""Staff and the hall's devices: arranging and pairing them, calls for help at the front desk."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from mpp_portal.navigation import may_see_devices
from queueing import rules
from queueing.devices import COOKIE, ago
from queueing.models import Device, HelpCall, SlipPrint
from services.models import Mall, Officer
from tests.hall.devices import pair_device
from tests.house import at

LIST = "/admin/queueing/device/"
DESK = "/admin/meja-depan/"
CALLS = "/admin/meja-depan/panggilan/"
ANSWER = "/admin/meja-depan/panggilan/jawab/"


def browser_of(house, who):
    client = Client()
    client.force_login(house.people[who])
    return client


@pytest.fixture
def manager(house):
    return browser_of(house, "manager")


@pytest.fixture
def desk(house):
    return browser_of(house, "front_desk")


def page_of(device):
    return reverse("admin:queueing_device_pairing", args=[device.pk])


def words(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# -- the list ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (at(7, 44), "sekarang"),
        (at(7, 33), "12 menit lalu"),
        (at(4), "3 jam lalu"),
        (at(7, days=-2), "2 hari lalu"),
        (None, "belum pernah"),
    ],
)
def test_when_a_device_was_seen_is_said_in_words(seen, said):
    assert ago(seen, at(7, 45)) == said


def test_the_list_shows_who_was_seen_and_who_is_in_trouble(house, manager):
    pair_device(house.mall, "kiosk", last_seen_at=at(7, 44))
    pair_device(house.mall, "kiosk", last_seen_at=at(7, 33), trouble="paper_out")
    Device.objects.create(mall=house.mall, kind="display", name="Layar baru")
    text = words(manager.get(LIST))
    for said in ("sekarang", "12 menit lalu", "belum pernah", "kertas habis"):
        assert said in text


def form(house, **more):
    plain = {
        "mall": house.mall.pk,
        "kind": "kiosk",
        "name": "Kios lobi",
        "zone": "timur",
        "printer": "network",
        "printer_host": "192.168.1.50",
        "printer_port": 9100,
        "paper_mm": 58,
        "active": "on",
    }
    return {**plain, **more}


def test_the_manager_adds_a_device_and_it_stands_in_the_history(house, manager):
    response = manager.post(f"{LIST}add/", form(house))
    device = Device.objects.get()
    assert response["Location"] == page_of(device)
    assert (device.printer_host, device.paper_mm, device.token_hash) == ("192.168.1.50", 58, "")
    history = manager.get(f"{LIST}{device.pk}/history/")
    assert "192.168.1.50" in history.content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("printer_host", "", "Tulis alamat pencetaknya"),
        ("printer_host", "http://printer/", "Tulis alamat IP pencetak"),
        ("printer_host", "169.254.169.254", "Tulis alamat IP pencetak"),
        ("printer_port", 80, "antara 1024 dan 65535"),
        ("printer_port", 70_000, "antara 1024 dan 65535"),
        ("zone", "barat", "Zona yang ada: timur"),
    ],
)
def test_what_cannot_be_an_address_or_a_zone_is_refused(house, manager, field, value, said):
    response = manager.post(f"{LIST}add/", form(house, **{field: value}))
    assert said in words(response)
    assert not Device.objects.exists()


# -- pairing from the admin ------------------------------------------------------------------------


def test_a_new_code_is_shown_once_with_its_address_and_minutes(house, manager, kiosk):
    response = manager.post(page_of(kiosk), {"aksi": "kode"})
    text = words(response)
    code = re.search(r"Kode perangkat ([A-Z2-9]{4}) ([A-Z2-9]{4}) ", text)
    assert "Berlaku 15 menit, sampai 08.00" in text
    assert "/gajah-mada/perangkat/" in text
    assert "no-store" in response["Cache-Control"]
    again = words(manager.get(page_of(kiosk)))
    assert code[1] not in again
    assert "masih berlaku 15 menit" in again
    fresh = Client()
    fresh.post("/gajah-mada/perangkat/", {"kode": code[1] + code[2]})
    assert COOKIE in fresh.cookies


def test_looking_makes_no_code(manager, kiosk):
    manager.get(page_of(kiosk))
    manager.get(page_of(kiosk), {"aksi": "kode"})
    kiosk.refresh_from_db()
    assert kiosk.pairing_hash == ""


def test_a_device_that_is_off_gets_no_code(manager, kiosk):
    Device.objects.filter(pk=kiosk.pk).update(active=False)
    assert "Nyalakan dahulu" in words(manager.post(page_of(kiosk), {"aksi": "kode"}))


def test_from_afar_a_device_is_reloaded_unpaired_and_its_trouble_ended(manager, kiosk):
    rules.report_trouble(device_id=kiosk.pk, trouble="paper_out", at=at(7, 40))
    for wish in ("muat-ulang", "beres"):
        assert manager.post(page_of(kiosk), {"aksi": wish}).status_code == 302
    kiosk.refresh_from_db()
    assert (kiosk.reload_at, kiosk.trouble) == (at(7, 45), "")
    manager.post(page_of(kiosk), {"aksi": "lepas"})
    kiosk.refresh_from_db()
    assert kiosk.token_hash == ""


def test_many_devices_are_reloaded_and_unpaired_together(manager, kiosk, display):
    both = {"_selected_action": [kiosk.pk, display.pk]}
    manager.post(LIST, {"action": "reload_chosen", **both})
    assert set(Device.objects.values_list("reload_at", flat=True)) == {at(7, 45)}
    manager.post(LIST, {"action": "unpair_chosen", **both})
    assert set(Device.objects.values_list("token_hash", flat=True)) == {""}


@pytest.mark.parametrize(
    ("who", "looks", "arranges"),
    [
        ("manager", 200, 200),
        ("front_desk", 200, 403),
        ("head", 403, 404),
        ("officer", 403, 404),
        ("leader", 403, 404),
    ],
)
def test_the_manager_arranges_and_the_front_desk_looks(rf, house, kiosk, who, looks, arranges):
    client = browser_of(house, who)
    assert client.get(LIST).status_code == looks
    for path in ("/admin/queueing/slipprint/", "/admin/queueing/helpcall/"):
        assert client.get(path).status_code == looks
    assert client.post(page_of(kiosk), {"aksi": "kode"}).status_code == arranges
    request = rf.get("/admin/")
    request.user = house.people[who]
    assert may_see_devices(request) == (looks == 200)


def test_a_manager_of_another_mall_sees_nothing_of_it(house, kiosk):
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    Officer.objects.filter(user=house.people["manager"]).update(mall=other)
    client = browser_of(house, "manager")
    assert kiosk.name not in words(client.get(LIST))
    assert client.post(page_of(kiosk), {"aksi": "kode"}).status_code == 404


def test_prints_and_calls_are_read_and_never_changed(house, manager, kiosk):
    visit = house.book("KTP", 10).visit
    SlipPrint.objects.create(device=kiosk, visit=visit, at=at(7, 40), state="failed")
    rules.call_for_help(device=kiosk, at=at(7, 40))
    assert "gagal" in words(manager.get("/admin/queueing/slipprint/"))
    assert "5 menit" in words(manager.get("/admin/queueing/helpcall/"))
    for model in ("slipprint", "helpcall"):
        assert manager.get(f"/admin/queueing/{model}/add/").status_code == 403


# -- calls for help at the front desk --------------------------------------------------------------


def test_the_front_desk_sees_who_calls_and_for_how_long_and_answers(house, desk, clock):
    kiosk = pair_device(house.mall, "kiosk", name="Kios timur", zone="timur", last_seen_at=at(9))
    call = rules.call_for_help(device=kiosk, at=at(9))
    clock.move_to(at(9, 3), tick=False)
    for path in (DESK, CALLS):
        text = words(desk.get(path))
        assert "Kios timur memanggil petugas." in text
        assert "Zona timur. Menunggu 3 menit." in text
    answered = desk.post(ANSWER, {"panggilan": call.pk}, follow=True)
    assert "Anda menjawab panggilan dari Kios timur" in words(answered)
    assert "memanggil petugas" not in words(desk.get(CALLS))
    call.refresh_from_db()
    assert call.answered_by == house.people["front_desk"]
    again = browser_of(house, "manager").post(ANSWER, {"panggilan": call.pk}, follow=True)
    assert "Petugas lain sudah menjawab" in words(again)


def test_an_answer_to_nothing_is_told_so(desk):
    for wrong in ("", "x", "999999"):
        page = desk.post(ANSWER, {"panggilan": wrong}, follow=True)
        assert "Panggilan itu tidak ada" in words(page)


def test_who_keeps_no_front_desk_sees_and_answers_no_call(house, kiosk):
    call = rules.call_for_help(device=kiosk, at=at(7, 40))
    client = browser_of(house, "officer")
    assert client.get(CALLS).status_code == 403
    assert client.post(ANSWER, {"panggilan": call.pk}).status_code == 403
    assert HelpCall.objects.get().answered_at is None


def test_a_device_without_paper_is_told_at_the_front_desk(house, desk):
    pair_device(
        house.mall,
        "kiosk",
        name="Kios timur",
        last_seen_at=at(7, 45),
        trouble="paper_out",
        trouble_at=at(7, 41),
    )
    assert "Kios timur : kertas habis sejak 07.41." in words(desk.get(DESK))


def test_a_silent_device_is_told_only_while_the_mall_is_open(house, desk, clock):
    pair_device(house.mall, "display", name="Layar timur", last_seen_at=at(7, 45))
    Device.objects.create(mall=house.mall, kind="display", name="Layar baru")
    told = "Layar timur : terakhir terlihat 75 menit lalu."
    clock.move_to(at(7, 55), tick=False)
    assert "Layar" not in words(desk.get(CALLS))
    clock.move_to(at(9), tick=False)
    text = words(desk.get(CALLS))
    assert told.replace("75 menit", "1 jam") in text
    assert "Layar baru" not in text
    clock.move_to(at(16), tick=False)
    assert "Layar" not in words(desk.get(CALLS))


def test_the_calls_cost_three_queries_however_many(house, desk, django_assert_max_num_queries):
    for _n in range(5):
        kiosk = pair_device(house.mall, "kiosk", last_seen_at=at(7), trouble="paper_out")
        rules.call_for_help(device=kiosk, at=at(7, 30))
    with django_assert_max_num_queries(9):
        desk.get(CALLS)
