"""The staff page of a case: what each office may do in each state, and what a refusal leaves."""

import datetime as dt

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import rules
from complaints.desk.acts import ACTS, likely, offered
from complaints.models import Case
from complaints.workflow import State, Step
from services.models import Officer
from tests.complaints.conftest import STORY
from tests.house import at, at_once

pytestmark = pytest.mark.django_db
Role = Officer.Role
ANSWER = "Antrean sudah kami tata ulang sejak hari ini."


@pytest.fixture(autouse=True)
def _now(time_machine):
    time_machine.move_to(at(11), tick=False)


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def liaison(person, civil):
    return person(Role.LIAISON, civil)


@pytest.fixture
def head(person, civil):
    return person(Role.AGENCY_HEAD, civil)


@pytest.fixture
def checked(filed, desk, civil):
    return rules.check(case_id=filed(agency_code="DUKCAPIL").case.pk, by=desk, at=at(10))


@pytest.fixture
def forwarded(checked, desk, civil):
    rules.classify(case_id=checked.pk, level="ordinary", by=desk, at=at(10))
    return rules.forward(case_id=checked.pk, agency=civil, by=desk, at=at(10))


@pytest.fixture
def objected(forwarded, liaison):
    rules.answer(case_id=forwarded.pk, text=ANSWER, by=liaison, at=at(10))
    return rules.object_to(case=forwarded, text="Masih sama saja.", at=at(10, 30))


def page_of(case):
    return reverse("admin:complaints_case_change", args=[case.pk])


@pytest.fixture
def act(client):
    """Take an act as somebody who looks at the page now, or saw `seen` as its last event."""

    def take(case, name, user, *, seen=None, **fields):
        client.force_login(user)
        seen = rules.last_event(case) if seen is None else seen
        address = reverse("admin:complaints_case_act", args=[case.pk, name])
        return client.post(address, {"seen": seen, **fields})

    return take


# -- who may do what, and when ---------------------------------------------------------------------

DESK_ONLY = {name for name, act in ACTS.items() if act.desk}
AT_WORK = {"tingkat", "jawab", "tanggapi", "tanya", "pihak", "catatan"}
# state: (the desk's acts, the liaison's, the head's)
LIKE_AGENCY = {"jawab", "tanggapi", "tanya", "catatan"}
MAY = {
    State.RECEIVED: (
        {"periksa", "gabung", "alihkan", "tolak", "pihak", "catatan"},
        {"catatan"},
        {"catatan"},
    ),
    State.VERIFICATION: (
        AT_WORK | {"teruskan", "gabung", "alihkan", "tolak"},
        LIKE_AGENCY,
        LIKE_AGENCY,
    ),
    State.NEEDS_COMPLETION: (
        AT_WORK - {"tanya"} | {"gabung", "tolak"},
        LIKE_AGENCY - {"tanya"},
        LIKE_AGENCY - {"tanya"},
    ),
    State.FORWARDED: (
        AT_WORK | {"teruskan", "kerjakan", "alihkan"},
        LIKE_AGENCY | {"kerjakan"},
        LIKE_AGENCY | {"kerjakan"},
    ),
    State.IN_FOLLOW_UP: (AT_WORK | {"teruskan"}, LIKE_AGENCY, LIKE_AGENCY),
    State.ANSWERED: ({"pihak", "catatan"}, {"catatan"}, {"catatan"}),
    State.OBJECTION: (
        AT_WORK | {"teruskan", "kerjakan", "ajukan"},
        {"catatan"},
        LIKE_AGENCY | {"kerjakan"},
    ),
    State.ESCALATED: (AT_WORK, {"catatan"}, LIKE_AGENCY),
    State.CLOSED: (set(), set(), set()),
    State.REJECTED: (set(), set(), set()),
    State.MERGED: ({"tanggapi"}, {"tanggapi"}, {"tanggapi"}),
    State.MOVED: (set(), set(), set()),
    State.WITHDRAWN: (set(), set(), set()),
}


def test_each_office_is_offered_what_the_table_and_the_office_allow(
    filed, civil, desk, liaison, head
):
    case = filed(agency_code="DUKCAPIL").case
    case.level = "ordinary"
    for state in State:
        case.state = state
        for user, expected in zip((desk, liaison, head), MAY[state], strict=True):
            assert set(offered(user, case)) == expected, (state, user)
            assert likely(user, case) in {*expected, ""}, (state, user)
    assert set().union(*(ours for ours, _, _ in MAY.values())) == set(ACTS)


def test_what_is_confidential_or_unclassified_is_not_passed_on(filed, desk, civil):
    case = filed(agency_code="DUKCAPIL").case
    case.state = State.VERIFICATION
    assert "teruskan" not in offered(desk, case)
    case.level = "ordinary"
    assert "teruskan" in offered(desk, case)
    case.confidential = True
    assert "teruskan" not in offered(desk, case)


def test_the_page_shows_the_forms_that_are_offered_and_no_other(client, forwarded, desk, liaison):
    for user in (desk, liaison):
        client.force_login(user)
        page = client.get(page_of(forwarded)).content.decode()
        shown = {
            name
            for name in ACTS
            if reverse("admin:complaints_case_act", args=[forwarded.pk, name]) in page
        }
        assert shown == set(offered(user, forwarded)) - {"gabung"}


@pytest.mark.parametrize("name", sorted(DESK_ONLY))
def test_what_is_the_desks_is_refused_to_the_agency(act, forwarded, liaison, civil, name):
    fields = {"text": "Uji", "level": "information", "agency": civil.pk, "counter": "3"}
    before = rules.last_event(forwarded)
    response = act(forwarded, name, liaison, **fields)
    assert response.status_code == 403
    assert rules.last_event(forwarded) == before
    assert "Ini tugas meja pengaduan" in response.content.decode()


def test_a_case_out_of_reach_is_not_there(act, filed, liaison, person, tax):
    case = filed(agency_code="DUKCAPIL", confidential=True).case
    assert act(case, "catatan", liaison, text="Uji").status_code == 404
    assert act(case, "catatan", person(Role.LIAISON, tax), text="Uji").status_code == 404


def test_an_act_needs_to_be_sent(client, forwarded, desk):
    client.force_login(desk)
    address = reverse("admin:complaints_case_act", args=[forwarded.pk, "jawab"])
    assert client.get(address).status_code == 405


# -- each act is its rule --------------------------------------------------------------------------


def test_a_case_goes_its_way_through_the_page(client, act, filed, desk, liaison, civil):
    case = filed().case
    way = [
        (desk, "periksa", {}, State.VERIFICATION),
        (desk, "tingkat", {"level": "ordinary"}, State.VERIFICATION),
        (desk, "teruskan", {"agency": civil.pk, "text": "Tolong segera."}, State.FORWARDED),
        (liaison, "tanggapi", {"text": "Sedang kami periksa."}, State.FORWARDED),
        (liaison, "kerjakan", {}, State.IN_FOLLOW_UP),
        (liaison, "catatan", {"text": "Petugas sudah dipanggil."}, State.IN_FOLLOW_UP),
        (liaison, "jawab", {"text": ANSWER}, State.ANSWERED),
    ]
    for user, name, fields, state in way:
        response = act(case, name, user, **fields)
        assert (response.status_code, response.url) == (302, page_of(case)), name
        assert Case.objects.get(pk=case.pk).state == state, name
    client.force_login(desk)
    page = client.get(page_of(case)).content.decode()
    for words in (STORY, "Tolong segera.", "Sedang kami periksa.", "dipanggil.", ANSWER):
        assert words in page
    assert page.count("hanya petugas") == 2


def test_the_other_ways_out(act, filed, desk, objected):
    for name, fields, state in (
        ("tanya", {"text": "Kapan?"}, State.NEEDS_COMPLETION),
        ("tolak", {"text": "Bukan layanan publik."}, State.REJECTED),
        ("alihkan", {"text": "Ke kepolisian."}, State.MOVED),
    ):
        case = filed().case
        rules.check(case_id=case.pk, by=desk, at=at(10))
        assert act(case, name, desk, **fields).status_code == 302
        assert Case.objects.get(pk=case.pk).state == state
    assert act(objected, "ajukan", desk, text="Mohon diperiksa.").status_code == 302
    assert Case.objects.get(pk=objected.pk).state == State.ESCALATED


def test_levels_are_shown_with_the_days_and_the_date_that_they_give(client, checked, desk):
    client.force_login(desk)
    terms = client.get(page_of(checked)).context["terms"]
    for term in terms:
        rules.classify(case_id=checked.pk, level=term.level, by=desk, at=at(11))
        case = Case.objects.get(pk=checked.pk)
        assert (term.days, term.due_on) == (case.level_days, case.completion_due_on)


def test_the_date_on_which_an_answer_closes_the_case_is_said_before(
    client, act, forwarded, liaison
):
    client.force_login(liaison)
    closes_on = client.get(page_of(forwarded)).context["closes_on"]
    act(forwarded, "jawab", liaison, text=ANSWER)
    assert Case.objects.get(pk=forwarded.pk).closes_on == closes_on == dt.date(2026, 12, 9)


def test_who_oversees_the_agency_is_shown_or_what_to_do_without(client, objected, desk, civil):
    client.force_login(desk)
    assert "Pengawas instansi ini belum tercatat" in client.get(page_of(objected)).content.decode()
    civil.oversight_name, civil.oversight_contact = "Inspektorat Kota", "0321 123456"
    civil.save()
    page = client.get(page_of(objected)).content.decode()
    assert "Inspektorat Kota" in page
    assert "0321 123456" in page


def test_who_answered_is_told_that_a_superior_decides(client, act, objected, liaison, head):
    client.force_login(liaison)
    assert "Keberatan diputuskan atasan" in client.get(page_of(objected)).content.decode()
    assert act(objected, "jawab", liaison, text=ANSWER).status_code == 403
    assert act(objected, "jawab", head, text=ANSWER).status_code == 302


def test_another_case_is_shown_before_it_is_merged(client, act, filed, desk):
    case, other = filed().case, filed(subject="Antre dua jam").case
    client.force_login(desk)
    typed = f"{other.number[:4].lower()} {other.number[4:]}"
    page = client.get(page_of(case), {"gabung": typed}).content.decode()
    assert "Antre dua jam" in page
    assert act(case, "gabung", desk, number=other.number).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.merged_into_id) == (State.MERGED, other.pk)


def test_a_case_that_is_not_there_is_not_merged(client, act, filed, desk, mall):
    case, over = filed().case, filed(subject="Sudah dicabut").case
    rules.withdraw(case=over, at=at(10, 30))
    client.force_login(desk)
    for number in ("TAKADA22", over.number, case.number, "ñ", "x" * 400):
        page = client.get(page_of(case), {"gabung": number})
        assert page.context["other"] is None
        response = act(case, "gabung", desk, number=number)
        assert response.status_code == 422
        assert "Tidak ada pengaduan terbuka" in response.content.decode()


# -- who is complained about -----------------------------------------------------------------------


def test_the_person_named_does_not_see_the_case_any_more(client, act, checked, desk, liaison):
    response = act(checked, "pihak", desk, person=liaison.pk, counter="3")
    assert response.status_code == 302
    checked.refresh_from_db()
    assert (checked.about_person, checked.counter_number) == (liaison, 3)
    named = checked.events.get(kind=Step.NAMED)
    assert not named.visible_to_reporter
    client.force_login(liaison)
    assert client.get(page_of(checked)).status_code == 302
    assert act(checked, "catatan", liaison, text="Uji").status_code == 404
    assert act(checked, "pihak", desk, person="", counter="").status_code == 302
    checked.refresh_from_db()
    assert (checked.about_person, checked.counter_number) == (None, None)


def test_the_agency_reads_neither_who_is_named_nor_that_somebody_is(
    client, act, checked, desk, liaison, person, civil
):
    officer = person(Role.COUNTER, civil)
    act(checked, "pihak", desk, person=officer.pk, counter="")
    client.force_login(desk)
    assert officer.username in client.get(page_of(checked)).content.decode()
    client.force_login(liaison)
    page = client.get(page_of(checked)).content.decode()
    assert officer.username not in page
    assert "Pihak yang diadukan" not in page


def test_naming_refuses_oneself_strangers_odd_counters_and_nothing_new(
    act, checked, desk, person, mall, civil
):
    stranger = person(Role.LEADER)
    Officer.objects.filter(user=stranger).delete()
    for fields, code in (
        ({"person": desk.pk}, "Anda tidak dapat mencatat diri sendiri"),
        ({"person": stranger.pk}, "bukan petugas mal ini"),
        ({"person": "999999"}, "bukan petugas mal ini"),
        ({"person": "x"}, "bukan petugas mal ini"),
        ({"counter": "tiga"}, "Nomor loket ditulis dengan angka"),
        ({"counter": "0"}, "Nomor loket ditulis dengan angka"),
        ({}, "Belum ada yang berubah"),
    ):
        response = act(checked, "pihak", desk, **fields)
        assert response.status_code == 422, fields
        assert code in response.content.decode()


# -- a refusal keeps the words ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fields", "status", "sentence"),
    [
        ("jawab", {"text": "   "}, 422, "Tulis dahulu isinya."),
        ("jawab", {"text": "a" * 5001}, 422, "Yang Anda tulis 5001"),
        ("teruskan", {"text": "Tolong ya", "agency": ""}, 422, "Instansi itu tidak ada"),
        ("teruskan", {"text": "Tolong ya", "agency": "999999"}, 422, "Instansi itu tidak ada"),
        ("tingkat", {"level": "luar biasa"}, 422, "Pilih tingkatnya"),
        ("ajukan", {"text": "Mohon diperiksa"}, 409, "Langkah itu tidak mungkin"),
        ("terbang", {"text": "Mohon diperiksa"}, 409, "Langkah itu tidak mungkin"),
    ],
)
def test_a_refusal_is_said_on_the_page_and_the_words_stay(
    act, forwarded, desk, name, fields, status, sentence
):
    before = rules.last_event(forwarded)
    response = act(forwarded, name, desk, **fields)
    page = response.content.decode()
    assert response.status_code == status
    assert sentence in page
    assert fields.get("text", "").strip() in page
    assert rules.last_event(forwarded) == before


def test_of_two_who_answer_the_second_keeps_the_words(act, forwarded, liaison, desk):
    seen = rules.last_event(forwarded)
    assert act(forwarded, "jawab", liaison, seen=seen, text=ANSWER).status_code == 302
    response = act(forwarded, "jawab", desk, seen=seen, text="Jawaban kedua yang panjang.")
    page = response.content.decode()
    assert response.status_code == 409
    assert "baru saja berubah" in page
    assert "Jawaban kedua yang panjang." in page
    assert ANSWER in page  # what the first one answered
    assert "Simpan sebagai catatan" in page
    assert Case.objects.get(pk=forwarded.pk).events.filter(kind=Step.ANSWERED).count() == 1


def test_words_for_a_step_that_is_still_possible_stand_in_its_form(act, forwarded, liaison, desk):
    seen = rules.last_event(forwarded)
    act(forwarded, "catatan", desk, text="Catatan rekan.")
    response = act(forwarded, "jawab", liaison, seen=seen, text=ANSWER)
    assert response.status_code == 409
    assert response.context["open_act"][0] == "jawab"
    assert f">{ANSWER}</textarea>" in response.content.decode()
    fresh = response.context["seen"]
    assert act(forwarded, "jawab", liaison, seen=fresh, text=ANSWER).status_code == 302


def test_a_page_that_does_not_say_what_it_showed_decides_nothing(client, forwarded, liaison):
    client.force_login(liaison)
    address = reverse("admin:complaints_case_act", args=[forwarded.pk, "jawab"])
    for seen in ({}, {"seen": "x"}, {"seen": "9" * 40}):
        assert client.post(address, {"text": ANSWER, **seen}).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_answering_at_once_one_is_told(filed, person, civil, passed_on):
    from django.test import Client

    desk = person(Role.COMPLAINTS_DESK)
    case = filed(agency_code="DUKCAPIL").case
    passed_on(rules.check(case_id=case.pk, by=desk, at=at(10)))
    clients = [Client(), Client()]
    for client, role in zip(clients, (Role.LIAISON, Role.AGENCY_HEAD), strict=True):
        client.force_login(person(role, civil))
    address = reverse("admin:complaints_case_act", args=[case.pk, "jawab"])
    seen = rules.last_event(case)
    answers = at_once(
        2, lambda i: clients[i].post(address, {"seen": seen, "text": f"Jawaban {i} kami."})
    )
    by_status = {response.status_code: (i, response) for i, response in enumerate(answers)}
    assert set(by_status) == {302, 409}
    loser, response = by_status[409]
    assert f"Jawaban {loser} kami." in response.content.decode()
    assert case.events.filter(kind=Step.ANSWERED).count() == 1


# -- what is told is shown as it is ----------------------------------------------------------------


def test_a_script_in_a_story_is_words(client, act, filed, desk):
    evil = "<script>alert(1)</script> & <b>tebal</b>"
    case = filed(subject=evil, text=evil, place=evil).case
    rules.add(case=case, text=evil, at=at(10, 30))
    act(case, "catatan", desk, text=evil)
    response = act(case, "tolak", desk, seen=0, text=evil)
    assert response.status_code == 409
    page = response.content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>tebal" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 5


def test_files_of_an_act_come_with_its_event(act, forwarded, liaison, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    pdf = SimpleUploadedFile(
        "bukti.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    )
    response = act(forwarded, "jawab", liaison, text=ANSWER, files=pdf)
    assert response.status_code == 302
    assert forwarded.attachments.get().event.kind == Step.ANSWERED


def test_a_file_that_is_none_leaves_the_words(act, forwarded, liaison, settings, tmp_path):
    settings.PRIVATE_ROOT = tmp_path
    evil = SimpleUploadedFile("bukti.pdf", b"MZ\x90\x00 bukan pdf")
    response = act(forwarded, "jawab", liaison, text=ANSWER, files=evil)
    page = response.content.decode()
    assert response.status_code == 422
    assert ANSWER in page
    assert "Pilih berkasnya sekali lagi." in page
    assert Case.objects.get(pk=forwarded.pk).state == State.FORWARDED


def test_a_longer_course_asks_no_more_of_the_database(
    client, forwarded, desk, liaison, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for user in (desk, liaison):
        client.force_login(user)
        client.get(page_of(forwarded))
        with CaptureQueriesContext(connection) as few:
            client.get(page_of(forwarded))
        for number in range(50):
            rules.add_note(case_id=forwarded.pk, text=f"Catatan {number}", by=desk, at=at(11))
        with django_assert_num_queries(len(few)):
            client.get(page_of(forwarded))
        assert len(few) <= 17


def test_clocks_say_how_many_working_days_are_left(client, forwarded, liaison):
    for days, look, words in (
        (0, "ok", "Sisa 5 hari kerja"),
        (5, "warn", "Sisa 2 hari kerja"),
        (7, "warn", "Batasnya hari ini"),
        (8, "late", "Lewat 1 hari kerja"),
        (13, "late", "Lewat 4 hari kerja"),
    ):
        with time_machine.travel(at(11, days=days), tick=False):
            client.force_login(liaison)
            clock = client.get(page_of(forwarded)).context["first_answer"]
            assert (clock.look, clock.words) == (look, words), days


def test_the_clock_stands_while_the_reporter_is_asked_and_is_kept_once_answered(
    client, act, forwarded, liaison
):
    act(forwarded, "tanya", liaison, text="Kapan?")
    client.force_login(liaison)
    page = client.get(page_of(forwarded))
    assert page.context["first_answer"].words == "Berhenti, menunggu pelapor"
    act(forwarded, "jawab", liaison, text=ANSWER)
    page = client.get(page_of(forwarded))
    assert page.context["first_answer"].words == "Tepat waktu"
    assert page.context["completion"].words == "Dijawab, menunggu balasan"
