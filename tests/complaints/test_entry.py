"""What citizens say elsewhere is written down once, and answered where they said it."""

import datetime as dt
import io

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from PIL import Image

from complaints import drafts, rules
from complaints.models import Case
from complaints.refusals import Refusal
from services.models import Mall, Officer
from tests.complaints.conftest import STORY
from tests.house import at, at_once

pytestmark = pytest.mark.django_db
Role = Officer.Role
PAGE = "/admin/complaints/case/catat/"
POST = "https://x.com/siti/status/1"
SAID = {"channel": "x", "account": "@siti", "permalink": POST, "text": STORY, "kind": "complaint"}


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def enter(mall, desk):
    """Write down a post as the desk would, with what the test cares about."""

    def enter(**asked):
        usual = {"mall": mall, "by": desk, "at": at(10), "language": "id", **SAID}
        return rules.enter_case(**(usual | asked))

    return enter


@pytest.fixture
def page(client, desk, time_machine):
    """The form sent as a browser would."""
    time_machine.move_to(at(10))
    cache.clear()
    client.force_login(desk)

    def send(**asked):
        return client.post(PAGE, {"language": "id", **SAID, **asked})

    return send


def test_what_was_said_elsewhere_becomes_a_case_like_any_other(enter, desk, civil):
    entered = enter(told_at=at(8), agency_code="DUKCAPIL", lapor_id="#12 345")
    case = Case.objects.get(pk=entered.case.pk)
    assert (case.channel, case.account, case.permalink) == ("x", "@siti", POST)
    assert (case.told_at, case.received_at, case.entered_by) == (at(8), at(10), desk)
    assert (case.agency, case.lapor_id) == (civil, "12345")
    assert case.events.get().by == desk
    assert rules.open_with_pin(number=case.number, pin=entered.pin, at=at(11)) == case


def test_account_link_and_words_lie_encrypted(enter):
    case = enter().case
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM complaints_case t WHERE id = %s", [case.pk])
        row = cursor.fetchone()[0]
    for word in ("siti", "x.com", "dipanggil"):
        assert word not in row
        assert word.encode().hex() not in row


@pytest.mark.parametrize(
    "again",
    [
        POST,
        "http://www.twitter.com/siti/status/1/?s=20&t=abc#ini",
        "https://mobile.x.com/siti/status/1?utm_source=wa",
    ],
)
def test_the_same_post_is_one_case_whoever_writes_it_down(enter, person, again):
    first = enter()
    manager = person(Role.MALL_MANAGER)
    second = enter(by=manager, permalink=again, text="Ditulis lain.", at=at(11))
    assert second == (first.case, "", True)
    assert Case.objects.count() == 1


def test_a_repeated_press_gives_the_pin_again_and_a_later_one_does_not(enter):
    first = enter()
    assert enter() == first
    assert enter(text="Ditulis lain.").known
    assert enter(at=at(10, 16)) == (first.case, "", True)


def test_without_a_link_each_form_is_a_case(enter):
    no_link = {"permalink": "", "channel": "phone"}
    first = enter(**no_link, request_key="satu")
    assert enter(**no_link, request_key="satu") == first
    assert enter(**no_link, request_key="dua").case != first.case


def test_nobody_gets_the_pin_by_filing_the_post_under_a_guessed_key(enter, mall):
    filed = enter()
    for key in (f"{mall.pk}:x:{POST}", POST, f"link {POST}"):
        other = rules.file_case(
            mall=mall, kind="complaint", text=STORY, at=at(10), channel="api", language="id",
            request_key=key,
        )  # fmt: skip
        assert other.case != filed.case


def test_another_malls_desk_writes_the_same_post_down_as_its_own(enter, person):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    first = enter()
    second = enter(mall=other, by=person(Role.MALL_MANAGER, place=other))
    assert not second.known
    assert second.case != first.case


@pytest.mark.django_db(transaction=True)
def test_colleagues_who_write_the_same_post_down_at_once_make_one_case(enter, desk, person):
    people = [desk, person(Role.MALL_MANAGER)]
    outcomes = at_once(8, lambda n: enter(by=people[n % 2], text=f"Salinan {n}."))
    assert {one.case for one in outcomes} == {Case.objects.get()}
    assert [one.known for one in outcomes].count(False) == 1
    assert sum(bool(one.pin) for one in outcomes) == 1


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("bad_channel", {"channel": "web"}),
        ("bad_channel", {"channel": "telegraf"}),
        ("account_too_long", {"account": "a" * 101}),
        ("bad_permalink", {"permalink": "javascript:alert(1)"}),
        ("bad_permalink", {"permalink": "https://x.com/a b"}),
        ("bad_permalink", {"permalink": "ftp://x.com/a"}),
        ("bad_permalink", {"permalink": "https://[x"}),
        ("bad_permalink", {"permalink": "https://x.com/" + "a" * 500}),
        ("not_yet_told", {"told_at": at(10, 1)}),
        ("bad_lapor_id", {"lapor_id": "=1+1"}),
        ("bad_lapor_id", {"lapor_id": "1" * 31}),
        ("text_missing", {"text": " \n "}),
        ("bad_phone", {"phone": "12"}),
        ("not_yet_happened", {"happened_on": dt.date(2026, 12, 1)}),
        ("day_missing", {"happened_time": dt.time(9)}),
    ],
)
def test_what_cannot_be_is_refused(enter, code, asked):
    with pytest.raises(Refusal) as refused:
        enter(**asked)
    assert refused.value.code == code
    assert refused.value.fields
    assert not Case.objects.exists()


def test_a_lapor_id_that_is_known_gives_the_case_that_has_it(enter):
    first = enter(lapor_id="777")
    assert enter(permalink="https://x.com/b/status/2", lapor_id="777") == (first.case, "", True)


@pytest.mark.parametrize("role", [Role.LIAISON, Role.AGENCY_HEAD, Role.FRONT_DESK, Role.COUNTER])
def test_only_the_desk_writes_down(enter, person, civil, client, filed, role):
    of_agency = role in {Role.LIAISON, Role.AGENCY_HEAD, Role.COUNTER}
    user = person(role, civil if of_agency else None)
    with pytest.raises(Refusal, match="desk_only"):
        enter(by=user)
    client.force_login(user)
    case = filed(agency_code="DUKCAPIL").case
    for address in ("catat/", "ekspor/", "impor/", f"{case.pk}/balasan/", f"{case.pk}/lapor/"):
        for knock in (client.get, client.post):
            assert knock(f"/admin/complaints/case/{address}").status_code in {403, 404, 405}
    assert Case.objects.count() == 1


def test_the_form_answers_with_number_pin_and_a_text_to_paste(page, civil, settings):
    settings.BASE_URL = "https://mpp.contoh.go.id"
    answer = page(agency="DUKCAPIL", told_at="2026-11-25T09:30", happened_on="2026-11-25")
    case = Case.objects.get()
    assert answer.status_code == 201
    assert (case.told_at, case.agency) == (at(9, 30), civil)
    text = answer.content.decode()
    assert f"{case.number[:4]} {case.number[4:]}" in text
    assert answer.context["pin"] in text
    public, private = (one["draft"].text for one in answer.context["drafts"])
    assert len(public) <= drafts.LONGEST["x"]
    assert case.promise in public
    assert "https://mpp.contoh.go.id/pengaduan/" in public
    assert answer.context["pin"] not in public
    assert answer.context["pin"] in private
    for word in ("siti", STORY):
        assert word not in public + private


def test_a_screenshot_goes_with_the_words(page, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    shot = SimpleUploadedFile("layar.png", picture.getvalue())
    assert page(files=[shot]).status_code == 201
    assert Case.objects.get().attachments.get().kind == "image/jpeg"
    wrong = page(permalink="", files=[SimpleUploadedFile("a.pdf", b"MZ\x90")])
    assert wrong.status_code == 422
    assert Case.objects.count() == 1


def test_save_and_write_down_another_keeps_the_channel(page):
    answer = page(lagi="1")
    assert answer.status_code == 201
    assert answer.context["form"]["channel"].value() == "x"
    assert answer.context["form"]["text"].value() is None
    assert answer.context["done"]["pin"] in answer.content.decode()


def test_a_post_that_is_known_is_said_before_anything_is_saved(page, enter, person):
    known = enter(by=person(Role.MALL_MANAGER), at=at(9)).case
    answer = page()
    assert answer.status_code == 409
    assert reverse("admin:complaints_case_change", args=[known.pk]) in answer.content.decode()
    assert STORY in answer.content.decode()
    assert Case.objects.count() == 1


def test_a_post_about_the_officer_is_known_but_not_opened(page, enter, desk, person):
    known = enter(by=person(Role.MALL_MANAGER), at=at(9)).case
    Case.objects.filter(pk=known.pk).update(about_person=desk)
    answer = page()
    assert answer.status_code == 409
    assert known.number not in answer.content.decode()


def test_what_needs_mending_stands_beside_its_field(page):
    answer = page(permalink="x.com/a", told_at="2026-11-25T23:00", channel="sms")
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"permalink", "told_at"}
    assert STORY in answer.content.decode()
    assert page(text="", channel="pos").status_code == 422


def test_hostile_words_are_shown_as_words(page):
    answer = page(text="<script>alert(1)</script>", permalink="bukan tautan")
    assert "<script>alert(1)" not in answer.content.decode()


# -- answers to paste --------------------------------------------------------------------------


def texts(case, **more):
    events = list(case.events.order_by("pk"))
    made = drafts.drafts(case, events, address="https://mpp.contoh.go.id/pengaduan/", **more)
    return {one.key: one.text for one in made}


def test_the_answer_itself_is_never_pasted_in_public(enter, desk):
    case = enter().case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.ask_for_more(case_id=case.pk, text="Loket berapa?", by=desk, at=at(10))
    case.refresh_from_db()
    asked = texts(case)
    assert "Loket berapa?" in asked["pertanyaan-pribadi"]
    assert "Loket berapa?" not in asked["pertanyaan-umum"]
    rules.answer(case_id=case.pk, text="Ibu Siti, KTP Anda selesai.", by=desk, at=at(11))
    case.refresh_from_db()
    told = texts(case)
    assert "Ibu Siti" in told["dijawab-pribadi"]
    assert "Ibu Siti" not in told["dijawab-umum"]
    assert "pertanyaan-umum" not in told
    assert all(len(text) <= 280 for key, text in told.items() if key.endswith("umum"))


def test_a_confidential_case_is_not_answered_in_public(enter):
    assert set(texts(enter(confidential=True).case)) == {"diterima-pribadi"}


def test_a_draft_fits_where_it_goes(enter):
    case = enter().case
    made = drafts.drafts(case, [], address="https://" + "panjang" * 30 + ".id/pengaduan/")
    assert len(made[0].text) <= 280
    assert case.number[:4] in made[0].text


def test_the_page_of_drafts_shows_neither_account_nor_link(client, enter, desk):
    case = enter().case
    client.force_login(desk)
    answer = client.get(reverse("admin:complaints_case_reply", args=[case.pk]))
    assert answer.status_code == 200
    assert "@siti" not in answer.content.decode()
    assert POST not in answer.content.decode()
