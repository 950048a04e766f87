"""The reporter's page of a case: the clock as it runs, the way so far, and what can be done now."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.urls import reverse

from complaints import rules
from complaints.models import Attachment, Case, CaseEvent
from complaints.progress import Progress, contact_link
from complaints.workflow import State, Step
from services.models import Holiday
from tests.complaints.conftest import STORY
from tests.complaints.test_pages import text_of
from tests.house import at

pytestmark = pytest.mark.django_db
ACTS = ["complete", "add", "object_to", "rate", "reopen", "withdraw"]


@pytest.fixture(autouse=True)
def _wednesday_morning(tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path
    with time_machine.travel(at(10), tick=False):
        yield


@pytest.fixture
def desk(person):
    return person("complaints_desk")


@pytest.fixture
def opened(client, filed):
    """A case that this browser has opened."""

    def file(**asked):
        case, pin = filed(**asked)
        client.post(reverse("complaints:case", args=[case.number]), {"pin": pin})
        return case

    return file


def look(client, case, *, moment=None):
    with time_machine.travel(moment or at(10, 20), tick=False):
        cookie = client.cookies.get("case_pass")
        if cookie is not None and moment is not None:  # a pass lasts half an hour
            client.cookies["case_pass"] = rules.pass_for(case)
        return text_of(client.get(reverse("complaints:case", args=[case.number])))


def press(client, case, act, **typed):
    return client.post(reverse(f"complaints:{act}", args=[case.number]), typed)


def progress(case, moment):
    case.refresh_from_db()
    return Progress(case, moment)


# -- the clock -------------------------------------------------------------------------------------


def test_the_days_left_and_their_bricks_count_working_days(client, opened):
    case = opened()
    page = look(client, case, moment=at(9, days=5))  # Monday: the third of five
    assert "Sisa <b>2</b> hari kerja" in page
    assert 'aria-label="Hari kerja ke-3 dari 5"' in page
    bricks = re.findall(r"<i(?: class=\"([\w-]+)\")?></i>", page)
    assert bricks == ["is-used", "is-used", "is-now", "", ""]
    assert "Rabu 2 Des" in page


def test_on_a_day_off_no_brick_is_todays(filed):
    case = filed().case
    assert progress(case, at(9, days=4)).clock.bricks == ["is-used", "is-used", "", "", ""]


def test_the_last_day_and_a_missed_one_are_named(client, opened):
    case = opened()
    assert "Batasnya hari ini" in look(client, case, moment=at(9, days=7))
    late = look(client, case, moment=at(9, days=9))
    assert "Lewat <b>2</b> hari kerja" in late
    assert "Janji ini tidak ditepati" in late
    assert late.count('<i class="is-late">') == 5


def test_a_holiday_is_skipped_and_named(client, mall, opened):
    Holiday.objects.create(mall=mall, date=dt.date(2026, 11, 27), name="Pilkada")
    page = look(client, opened())
    assert "27 Nov, Pilkada" in page
    assert "Kamis 3 Des" in page


def test_once_classified_and_first_answered_the_clock_is_completions(client, opened, desk):
    case = opened()
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at(11))
    page = look(client, case)
    assert "Tanggapan pertama: <b>Rabu 2 Des" in page
    assert "Selesai paling lambat <b>Selasa, 15 Desember 2026" in page
    rules.respond(case_id=case.pk, text="Sedang kami cek.", by=desk, at=at(12))
    page = look(client, case, moment=at(9, days=1))
    assert "Sisa <b>13</b> hari kerja" in page
    assert "Selesai: <b>Selasa 15 Des" in page
    assert "Tanggapan pertama: <b>" not in page


def test_sixty_days_are_bricks_of_a_week(filed, desk):
    case = filed().case
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.classify(case_id=case.pk, level="supervision", by=desk, at=at(11))
    rules.respond(case_id=case.pk, text="Kami periksa.", by=desk, at=at(12))
    clock = progress(case, at(9, days=9)).clock  # the seventh day
    assert (clock.step, len(clock.bricks)) == (5, 12)
    assert clock.bricks[:3] == ["is-used", "is-now", ""]


def test_while_the_reporter_is_asked_the_clock_stands_and_says_so(client, opened, desk):
    case = opened()
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.ask_for_more(case_id=case.pk, text="Pukul berapa?", by=desk, at=at(11))
    for days in (0, 20):
        page = look(client, case, moment=at(13, days=days))
        assert "Sisa <b>5</b> hari kerja" in page
        assert "Jam berhenti." in page
        assert "Lewat" not in page
    assert "Sekarang di tangan: <b>Anda</b>" in page
    assert page.index('id="jawab"') < page.index("Perjalanan pengaduan Anda")


def test_an_answered_case_promises_no_answer_but_says_when_it_closes(client, opened, desk):
    case = opened()
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.answer(case_id=case.pk, text="Loket ditambah.", by=desk, at=at(11))
    page = look(client, case)
    assert "Loket ditambah." in page
    assert "selesai dengan sendirinya" in page
    assert "Rabu, 9 Desember 2026" in page
    assert "m-sla" not in page
    assert "paling lambat" not in page


# -- the way ---------------------------------------------------------------------------------------


def test_a_question_and_its_answer_stand_together_each_with_its_file(client, opened, desk):
    case = opened()
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.ask_for_more(case_id=case.pk, text="Pukul berapa?", by=desk, at=at(11))
    assert press(client, case, "complete", text="Pukul sembilan.").status_code == 302
    event = CaseEvent.objects.get(kind=Step.COMPLETED)
    stored = {"stored_as": uuid.uuid4(), "kind": "image/jpeg", "sha256": b"x" * 32}
    Attachment.objects.create(case=case, event=event, name="struk.jpg", size=84_000, **stored)
    page = look(client, case)
    assert "Pertanyaan untuk Anda, sudah dijawab" in page
    asked = page.index("Pukul berapa?")
    assert asked < page.index("Pukul sembilan.") < page.index("struk.jpg")
    assert f"/pengaduan/{case.number}/lampiran/{stored['stored_as']}/" in page
    assert "JPEG" in page
    assert 'm-quote m-quote--me m-small"><span class="visually-hidden">Anda:' in page


def test_what_was_erased_of_a_case_is_not_listed(client, opened):
    case = opened()
    event = case.events.get()
    stored = {"stored_as": uuid.uuid4(), "kind": "image/jpeg", "sha256": b"x" * 32, "size": 1}
    Attachment.objects.create(case=case, event=event, name="x.jpg", erased_at=at(11), **stored)
    assert "lampiran/" not in look(client, case)


def test_more_events_cost_no_more_questions(client, opened, django_assert_max_num_queries):
    case = opened()
    place = reverse("complaints:case", args=[case.number])
    for events in (1, 50):
        for minute in range(events):
            case.events.create(kind="replied", at=at(11, minute), visible_to_reporter=True)
        with django_assert_max_num_queries(4):
            assert client.get(place).status_code == 200


# -- what can be done ------------------------------------------------------------------------------


def test_what_can_be_done_follows_the_state(client, opened, desk):
    case = opened()

    def acts():
        page = look(client, case)
        return {act for act in ACTS if reverse(f"complaints:{act}", args=[case.number]) in page}

    assert acts() == {"add", "withdraw"}
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.ask_for_more(case_id=case.pk, text="Kapan?", by=desk, at=at(11))
    assert acts() == {"complete", "withdraw"}
    rules.answer(case_id=case.pk, text="Beres.", by=desk, at=at(11))
    assert acts() == {"object_to", "rate", "withdraw"}
    Case.objects.update(state=State.CLOSED, closes_on=None, closed_at=at(11))
    assert acts() == {"rate", "reopen"}
    Case.objects.update(closed_at=at(11, days=-31))
    assert acts() == {"rate"}


def test_object_rate_reopen_withdraw_each_return_to_the_page(client, opened, desk):
    case = opened()
    rules.check(case_id=case.pk, by=desk, at=at(11))
    rules.answer(case_id=case.pk, text="Beres.", by=desk, at=at(11))
    place = reverse("complaints:case", args=[case.number])
    assert press(client, case, "rate", rating="2").url == place
    assert "Kurang puas" in look(client, case)
    assert press(client, case, "object_to", text="Belum.").url == place
    page = look(client, case)
    assert "Keberatan diajukan" in page
    assert "Ombudsman" in page
    Case.objects.update(state=State.CLOSED, closed_at=at(11))
    assert press(client, case, "reopen", text="Masih terjadi.").url == place
    assert press(client, case, "add", text="Tadi pagi juga.").url == place
    assert press(client, case, "withdraw").url == place
    assert "Masih perlu dibantu? Sampaikan pengaduan baru." in look(client, case)


@pytest.mark.parametrize(
    ("act", "typed", "status", "message"),
    [
        ("complete", {"text": "Sudah."}, 409, "Tidak ada pertanyaan yang menunggu jawaban"),
        ("add", {"text": "  "}, 422, "Ceritakan apa yang terjadi."),
        ("object_to", {"text": "Tidak."}, 409, "Keberatan diajukan setelah ada jawaban"),
        ("rate", {"rating": "9"}, 422, "Pilih satu dari empat nilai."),
        ("reopen", {"text": "Lagi."}, 409, "Hanya pengaduan yang sudah selesai"),
    ],
)
def test_what_is_refused_is_said_on_the_page_itself(client, opened, act, typed, status, message):
    case = opened()
    answer = press(client, case, act, **typed)
    assert answer.status_code == status
    assert message in text_of(answer)
    assert STORY in text_of(answer)
    assert case.events.count() == 1


def test_words_that_were_refused_are_still_in_their_field(client, opened):
    case = opened()
    answer = press(client, case, "add", text="y" * 5001)
    assert answer.status_code == 422
    assert "y" * 5001 in text_of(answer)


def test_without_a_pass_the_pin_is_asked_and_the_words_arrive(client, filed):
    case, pin = filed()
    asked = press(client, case, "add", text="Satu hal lagi.")
    assert asked.status_code == 403
    assert 'value="Satu hal lagi."' in text_of(asked)
    assert STORY not in text_of(asked)
    assert press(client, case, "add", text="Satu hal lagi.", pin="1").status_code == 404
    assert press(client, case, "add", text="Satu hal lagi.", pin="").status_code == 422
    assert not case.events.filter(kind=Step.ADDED).exists()
    done = press(client, case, "add", text="Satu hal lagi.", pin=pin)
    assert done.url == reverse("complaints:case", args=[case.number])
    assert case.events.get(kind=Step.ADDED).note == "Satu hal lagi."


def test_the_pass_of_one_case_does_nothing_to_another(client, opened, filed):
    opened()
    other = filed().case
    client.cookies["case_pass"] = client.cookies["case_pass"].value
    assert STORY not in look(client, other)
    assert press(client, other, "withdraw").status_code == 403
    other.refresh_from_db()
    assert other.state == State.RECEIVED


@pytest.mark.parametrize("act", ACTS)
def test_a_get_never_acts(client, opened, act):
    case = opened()
    assert client.get(reverse(f"complaints:{act}", args=[case.number])).status_code == 405


def test_closing_the_page_closes_it_in_this_browser(client, opened):
    case = opened()
    assert STORY in look(client, case)
    answer = press(client, case, "shut")
    assert answer.url == reverse("complaints:lookup")
    cookie = client.cookies["case_pass"]
    assert (cookie.value, cookie["path"]) == ("", f"/pengaduan/{case.number}/")
    assert STORY not in look(client, case)


def test_an_address_typed_another_way_leads_to_the_case(client, opened):
    case = opened()
    answer = client.get(f"/pengaduan/{case.number.lower()}/")
    assert answer.url == reverse("complaints:case", args=[case.number])


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.REJECTED, "Tidak setuju? Datang ke meja pengaduan"),
        (State.MOVED, "Lembaga lain yang berwenang."),
        (State.WITHDRAWN, "Masih perlu dibantu? Sampaikan pengaduan baru."),
    ],
)
def test_an_ended_case_says_what_to_do(client, opened, state, sentence):
    case = opened()
    Case.objects.update(state=state, closed_at=at(11))
    assert sentence in look(client, case)


def test_a_merged_case_says_that_it_goes_on_in_another(client, opened, filed):
    case, other = opened(), filed().case
    Case.objects.filter(pk=case.pk).update(state=State.MERGED, closed_at=at(11), merged_into=other)
    page = look(client, case)
    assert "dikerjakan bersama" in page
    assert other.number not in page


def test_an_erased_case_opens_for_nobody_and_the_page_says_why(client, opened):
    case = opened()
    Case.objects.update(pin_hash=None, erased_at=at(11))
    page = look(client, case)
    assert STORY not in page
    assert "hari lalu sudah dihapus" in page


def test_the_number_at_lapor_is_shown_where_there_is_one(client, opened):
    case = opened()
    Case.objects.update(lapor_id="LP-9921", lapor_status="Diproses")
    page = look(client, case)
    assert "LP-9921" in page
    assert "Diproses" in page


def test_nothing_of_a_case_is_kept_by_a_browser(client, opened):
    case = opened()
    answers = [client.get(f"/pengaduan/{case.number}/"), press(client, case, "add", text="")]
    assert all("no-store" in answer["Cache-Control"] for answer in answers)


@pytest.mark.parametrize(
    ("contact", "link"),
    [
        ("lapor.go.id", "https://lapor.go.id"),
        ("https://wise.kemenkeu.go.id/masuk", "https://wise.kemenkeu.go.id/masuk"),
        ("(0321) 321-234", "tel:0321321234"),
        ("pengawas@contoh.go.id", "mailto:pengawas@contoh.go.id"),
        ("Gedung B lantai 2", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_a_contact_of_the_oversight_opens_what_it_is(contact, link):
    assert contact_link(contact) == link
