"""Kiosks and displays: paired with a code, known by a cookie, seen, reloaded, and heard."""

import json
import logging
import re
import threading
from contextlib import contextmanager

import pytest
from django.test import Client

from queueing import rules
from queueing.devices import COOKIE, device_of
from queueing.models import Device, HelpCall
from queueing.refusals import Refusal
from queueing.rules import devices as under_test
from services.models import Mall
from tests.hall.devices import pair_device
from tests.house import at, at_once

PAIR = "/gajah-mada/perangkat/"
BEAT = "/gajah-mada/perangkat/denyut/"


@contextmanager
def refused(code):
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


def code_for(device, now=None):
    return rules.make_pairing_code(device_id=device.pk, at=now or at(7, 45))


def pair(device, code, now=None, client="10.0.0.9"):
    return rules.pair(mall=device.mall, code=code, client=client, at=now or at(7, 46))


def beat(device, **said):
    return device.client.post(BEAT, json.dumps(said), content_type="application/json")


# -- pairing -------------------------------------------------------------------------------------


def test_a_code_is_eight_clear_characters_and_only_its_fingerprint_is_kept(kiosk):
    code = code_for(kiosk)
    assert re.fullmatch("[A-HJ-NPR-Z2-9]{8}", code)
    kiosk.refresh_from_db()
    assert code not in kiosk.pairing_hash
    assert len(kiosk.pairing_hash) == 64


def test_pairing_gives_a_token_of_which_only_the_hash_is_kept_and_voids_the_old_one(kiosk):
    old = kiosk.client
    device, token = pair(kiosk, code_for(kiosk))
    assert device.pk == kiosk.pk
    assert device.paired_at == device.last_seen_at == at(7, 46)
    assert token not in str(Device.objects.filter(pk=kiosk.pk).values().get())
    assert old.post(BEAT).status_code == 403
    old.cookies[COOKIE] = token
    assert old.post(BEAT, "{}", content_type="application/json").status_code == 200


def test_a_code_may_be_typed_small_and_with_gaps(kiosk):
    code = code_for(kiosk).lower()
    assert pair(kiosk, f" {code[:4]}-{code[4:]} ")[0] == kiosk


def test_a_code_is_good_once(kiosk):
    code = code_for(kiosk)
    pair(kiosk, code)
    with refused("wrong_pairing_code"):
        pair(kiosk, code)


def test_a_code_is_good_for_a_quarter_of_an_hour(kiosk):
    code = code_for(kiosk, at(7, 45))
    with refused("wrong_pairing_code"):
        pair(kiosk, code, at(8, 0))
    assert pair(kiosk, code_for(kiosk, at(7, 45)), at(7, 59, 59))


def test_a_newer_code_voids_the_one_before(kiosk):
    code = code_for(kiosk)
    code_for(kiosk)
    with refused("wrong_pairing_code"):
        pair(kiosk, code)


def test_no_code_is_made_for_a_device_that_is_switched_off(kiosk):
    Device.objects.filter(pk=kiosk.pk).update(active=False)
    with refused("device_off"):
        code_for(kiosk)


def test_an_empty_code_pairs_nothing(kiosk):
    with refused("wrong_pairing_code"):
        pair(kiosk, "")


def test_guesses_are_limited_by_address(kiosk):
    code = code_for(kiosk)
    for _guess in range(under_test.GUESSES):
        with refused("wrong_pairing_code"):
            pair(kiosk, "AAAABBBB")
    with refused("too_many_pairings"):
        pair(kiosk, code)
    assert pair(kiosk, code, client="10.0.0.10")


def test_a_code_of_another_mall_pairs_nothing(kiosk):
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    with refused("wrong_pairing_code"):
        rules.pair(mall=other, code=code_for(kiosk), client="x", at=at(7, 46))


def _winners(kiosk):
    code = code_for(kiosk)
    outcomes = at_once(2, lambda i: pair(kiosk, code, client=f"10.0.0.{i}"))
    return [o for o in outcomes if not isinstance(o, Exception)], outcomes


@pytest.mark.django_db(transaction=True)
def test_of_two_devices_with_the_same_code_one_wins(open_house):
    kiosk = pair_device(open_house.mall, "kiosk")
    winners, outcomes = _winners(kiosk)
    assert len(winners) == 1
    assert [o.code for o in outcomes if isinstance(o, Refusal)] == ["wrong_pairing_code"]
    kiosk.refresh_from_db()
    assert kiosk.token_hash == under_test.fingerprint(winners[0][1])


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_win(open_house, monkeypatch):
    meeting = threading.Barrier(2)

    def unlocked(mall, pairing_hash):
        device = Device.objects.filter(mall=mall, pairing_hash=pairing_hash).first()
        meeting.wait(timeout=10)
        return device

    monkeypatch.setattr(under_test, "_with_code", unlocked)
    assert len(_winners(pair_device(open_house.mall, "kiosk"))[0]) == 2


# -- the page and the cookie ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "zone", "home"),
    [
        ("kiosk", "Timur", "/gajah-mada/kios/"),
        ("display", "", "/gajah-mada/layar/"),
        ("display", "Lantai 2 Timur", "/gajah-mada/layar/lantai-2-timur/"),
    ],
)
def test_the_page_pairs_a_device_and_leads_to_its_own_page(house, kind, zone, home):
    device = pair_device(house.mall, kind, zone=zone)
    client = Client()
    assert "Kode perangkat" in client.get(PAIR).content.decode()
    response = client.post(PAIR, {"kode": code_for(device)})
    assert (response.status_code, response["Location"]) == (302, home)
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
    assert cookie["max-age"] == 365 * 24 * 3600
    device.refresh_from_db()
    assert device.token_hash == under_test.fingerprint(cookie.value)
    assert f"“{device.name}”" in client.get(PAIR).content.decode()


def test_a_wrong_code_comes_back_with_a_sentence_and_no_cookie(house):
    response = Client().post(PAIR, {"kode": "AAAABBBB"})
    assert response.status_code == 422
    assert "tidak cocok" in response.content.decode()
    assert COOKIE not in response.cookies
    assert response["Cache-Control"].count("no-store")


def test_neither_code_nor_token_stands_in_an_address_or_a_log(kiosk, caplog, capsys):
    code = code_for(kiosk)
    client = Client()
    with caplog.at_level(logging.DEBUG):
        response = client.post(PAIR, {"kode": code})
        client.post(BEAT)
    written = caplog.text + "".join(capsys.readouterr()) + response["Location"]
    assert code not in written
    assert client.cookies[COOKIE].value not in written


def test_a_cookie_opens_its_own_mall_and_kind_alone(rf, kiosk):
    request = rf.get("/")
    request.COOKIES[COOKIE] = kiosk.token
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    assert device_of(request, kiosk.mall) == device_of(request, kiosk.mall, "kiosk") == kiosk
    assert device_of(request, kiosk.mall, "display") is None
    assert device_of(request, other) is None
    Device.objects.filter(pk=kiosk.pk).update(active=False)
    assert device_of(request, kiosk.mall) is None


def test_who_has_no_cookie_is_nobody_without_a_query(rf, house, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert device_of(rf.get("/"), house.mall, "kiosk") is None


def test_a_device_costs_one_query_and_every_15_seconds_one_more(
    rf, kiosk, clock, django_assert_num_queries
):
    request = rf.get("/")
    request.COOKIES[COOKIE] = kiosk.token
    with django_assert_num_queries(2):
        device_of(request, kiosk.mall, "kiosk")
    clock.move_to(at(7, 45, 14), tick=False)
    with django_assert_num_queries(1):
        device_of(request, kiosk.mall, "kiosk")
    kiosk.refresh_from_db()
    assert kiosk.last_seen_at == at(7, 45)
    clock.move_to(at(7, 45, 15), tick=False)
    device_of(request, kiosk.mall, "kiosk")
    kiosk.refresh_from_db()
    assert kiosk.last_seen_at == at(7, 45, 15)


def test_an_unpaired_device_is_a_stranger(kiosk):
    code = code_for(kiosk)
    rules.unpair(device_id=kiosk.pk)
    assert beat(kiosk).status_code == 403
    with refused("wrong_pairing_code"):
        pair(kiosk, code)


# -- the heartbeat -------------------------------------------------------------------------------


def test_a_beat_notes_that_the_device_is_there(kiosk):
    assert beat(kiosk).json() == {"reload": False, "at": "2026-11-25T00:45:00+00:00"}
    kiosk.refresh_from_db()
    assert kiosk.last_seen_at == at(7, 45)


def test_each_beat_renews_the_cookie(kiosk):
    cookie = beat(kiosk).cookies[COOKIE]
    assert (cookie.value, cookie["max-age"]) == (kiosk.token, 365 * 24 * 3600)
    stranger = Client()
    stranger.cookies[COOKIE] = "x"
    assert COOKIE not in stranger.post(BEAT).cookies


def test_a_device_reloads_once_when_staff_asked_for_it(kiosk, clock):
    loaded = beat(kiosk).json()["at"]
    rules.ask_reload(device_id=kiosk.pk, at=at(7, 46))
    clock.move_to(at(7, 47), tick=False)
    assert beat(kiosk, since=loaded).json()["reload"]
    anew = beat(kiosk, since="").json()  # the page that was loaded anew
    assert not anew["reload"]
    assert not beat(kiosk, since=anew["at"]).json()["reload"]


def test_a_kiosk_reports_its_trouble_and_silence_does_not_end_it(kiosk, clock):
    beat(kiosk, trouble="paper_out")
    clock.move_to(at(7, 50), tick=False)
    beat(kiosk, trouble="paper_out")
    beat(kiosk, trouble="")
    kiosk.refresh_from_db()
    assert (kiosk.trouble, kiosk.trouble_at) == ("paper_out", at(7, 45))
    rules.report_trouble(device_id=kiosk.pk, trouble="", at=at(7, 51))
    kiosk.refresh_from_db()
    assert (kiosk.trouble, kiosk.trouble_at) == ("", None)


def test_a_display_says_that_it_is_mute_and_when_that_is_over(display, kiosk, house, clock):
    desk = Client()
    desk.force_login(house.people["front_desk"])
    for said, trouble in (("mute", "mute"), ("paper_out", "mute"), ("mute", "mute"), ("", "")):
        beat(display, trouble=said)
        clock.shift(60)
        display.refresh_from_db()
        assert display.trouble == trouble
        told = desk.get("/admin/meja-depan/").content.decode()
        assert ("tidak bersuara" in told) == bool(trouble)
    beat(kiosk, trouble="mute")
    kiosk.refresh_from_db()
    assert kiosk.trouble == ""


def test_a_trouble_nobody_knows_is_refused(kiosk):
    with refused("bad_trouble"):
        rules.report_trouble(device_id=kiosk.pk, trouble="on_fire", at=at(8))


@pytest.mark.parametrize("body", ["[1]", "{", '"x"', '{"since": "2026-13-45T00:00"}'])
def test_a_beat_of_nonsense_is_said_so(kiosk, body):
    response = kiosk.client.post(BEAT, body, content_type="application/json")
    assert response.status_code == 422


# -- calls for help ------------------------------------------------------------------------------


def test_pressed_again_it_stays_one_call_since_the_first(kiosk):
    first = rules.call_for_help(device=kiosk, at=at(8))
    assert rules.call_for_help(device=kiosk, at=at(8, 3)) == first
    assert HelpCall.objects.get().at == at(8)


def test_an_officer_answers_a_call_and_the_next_press_is_a_new_one(kiosk, house):
    call = rules.call_for_help(device=kiosk, at=at(8))
    officer = house.people["front_desk"]
    answer = {"call_id": call.pk, "mall": house.mall}
    rules.answer_help(**answer, officer=officer, at=at(8, 1))
    call.refresh_from_db()
    assert (call.answered_at, call.answered_by) == (at(8, 1), officer)
    rules.answer_help(**answer, officer=officer, at=at(8, 2))
    with refused("help_answered"):
        rules.answer_help(**answer, officer=house.people["manager"], at=at(8, 2))
    call.refresh_from_db()
    assert call.answered_at == at(8, 1)
    assert rules.call_for_help(device=kiosk, at=at(8, 5)) != call


def test_a_call_of_another_mall_is_not_there(kiosk, house):
    other = Mall.objects.create(slug="lain", name="MPP Lain", regency="Lain", province="Lain")
    call = rules.call_for_help(device=kiosk, at=at(8))
    with refused("unknown_help_call"):
        rules.answer_help(
            call_id=call.pk, mall=other, officer=house.people["front_desk"], at=at(8, 1)
        )
