"""The desk publishes what was answered, in words that name nobody; nothing goes by itself."""

import datetime as dt

import pytest
from django.conf import settings
from django.urls import reverse

from accounts.models import User
from complaints import rules
from complaints.models import Publication
from complaints.redaction import HIDDEN, Known, leftovers, pieces, redacted
from complaints.refusals import Refusal
from complaints.workflow import State
from services.models import Mall, Officer
from tests.house import at

pytestmark = pytest.mark.django_db
Role = Officer.Role
TOLD = (
    "Saya Siti Aminah, nomor C 037, HP 0812-3456-7890, NIK 3576014403910003, plat S 1234 AB. "
    "Tiga hari menunggu Pak Budi di loket. Surel siti@contoh.id."
)
NEW = {"subject": "Menunggu tiga hari", "text": "Tiga hari menunggu.", "answer": "Loket ditambah."}


@pytest.fixture
def desk(person):
    return person(Role.COMPLAINTS_DESK)


@pytest.fixture
def case(filed, desk, civil, person):
    """Answered by the agency, about a story full of personal data."""
    who = {"name": "Siti Aminah", "phone": "081234567890", "subject": "Lama"}
    case = filed(text=TOLD, agency_code="DUKCAPIL", **who).case
    rules.check(case_id=case.pk, by=desk, at=at(10))
    rules.classify(case_id=case.pk, level="ordinary", by=desk, at=at(10))
    rules.forward(case_id=case.pk, agency=civil, by=desk, at=at(10))
    liaison = person(Role.LIAISON, civil)
    return rules.answer(case_id=case.pk, text="Baik, Bu Siti.", by=liaison, at=at(11))


@pytest.fixture
def publish(case, desk):
    def put(**asked):
        usual = {"case_id": case.pk, "by": desk, "at": at(12), "read_over": True, **NEW}
        return rules.publish(**(usual | asked))

    return put


def refused(act, **asked):
    with pytest.raises(Refusal) as caught:
        act(**asked)
    return caught.value


def test_the_desk_publishes_with_an_event(case, publish, desk):
    told = publish()
    assert (told.subject, told.text, told.answer) == tuple(NEW.values())
    last = case.events.order_by("-pk").first()
    assert (last.kind, last.by, last.visible_to_reporter) == ("published", desk, True)
    case.refresh_from_db()
    assert (case.state, case.text) == (State.ANSWERED, TOLD)


def test_mended_words_keep_their_place_and_what_was_taken_back_comes_anew(case, publish, desk):
    publish()
    assert publish(text="Lain.", at=at(13)).published_at == at(12)
    asked = {"case_id": case.pk, "by": desk}
    assert rules.unpublish(**asked, at=at(14)).withdrawn_at == at(14)
    assert rules.unpublish(**asked, at=at(15)).withdrawn_at == at(14)  # pressed twice
    again = publish(at=at(16))
    assert (again.published_at, again.withdrawn_at) == (at(16), None)
    assert Publication.objects.count() == 1
    kinds = list(case.events.order_by("pk").values_list("kind", flat=True))[-4:]
    assert kinds == ["published", "published", "unpublished", "published"]


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"read_over": False}, "not_read_over", "read_over"),
        ({"subject": " "}, "subject_missing", "subject"),
        ({"subject": "x" * 121}, "subject_too_long", "subject"),
        ({"text": " "}, "text_missing", None),
        ({"text": "HP 0812 3456 7890"}, "still_personal", "text"),
        ({"text": "NIK 3576014403910003"}, "still_personal", "text"),
        ({"answer": "Tulis ke siti@contoh.id"}, "still_personal", "answer"),
        ({"subject": "siti  aminah kecewa"}, "still_personal", "subject"),
        ({"text": "Kata Siti begitu."}, "still_personal", "text"),
        ({"text": "Kata bu siti begitu."}, "still_personal", "text"),
    ],
)
def test_words_that_are_not_ready_are_refused_at_their_field(publish, changed, code, field):
    refusal = refused(publish, **changed)
    assert (refusal.code, list(refusal.fields)) == (code, [field] if field else [])
    assert not Publication.objects.exists()


def test_what_is_confidential_or_unanswered_is_not_published(filed, desk, publish, case):
    secret = filed(confidential=True).case
    assert refused(publish, case_id=secret.pk).code == "confidential_not_published"
    assert refused(publish, case_id=filed().case.pk).code == "cannot_step"
    seen = rules.last_event(case)
    rules.add_note(case_id=case.pk, text="Catatan.", by=desk, at=at(12))
    assert refused(publish, seen=seen).code == "changed_meanwhile"


def test_only_the_desk_of_this_mall_publishes(case, publish, person, civil):
    other = Mall.objects.create(slug="lain", name="Lain", regency="Lain", province="Lain")
    head = person(Role.AGENCY_HEAD, civil)
    abroad = person(Role.MALL_MANAGER, place=other)
    assert refused(publish, by=head).code == "desk_only"
    assert refused(publish, by=abroad).code == "no_such_case"
    publish()
    asked = {"case_id": case.pk, "at": at(13)}
    assert refused(rules.unpublish, by=head, **asked).code == "desk_only"
    assert refused(rules.unpublish, by=abroad, **asked).code == "no_such_case"


def test_what_was_never_published_is_not_taken_back(case, desk):
    asked = {"case_id": case.pk, "by": desk, "at": at(13)}
    assert refused(rules.unpublish, **asked).code == "nothing_published"


def test_erasing_a_case_leaves_its_publication_which_can_still_be_taken_back(case, publish, desk):
    publish()
    later = at(12) + dt.timedelta(days=settings.RETENTION_CASE_DAYS + 30)
    rules.close_unanswered(at(12) + dt.timedelta(days=29))
    rules.erase_cases(later)
    case.refresh_from_db()
    assert (case.text, case.publication.text) == ("", NEW["text"])
    assert refused(publish).code == "no_such_case"
    assert rules.unpublish(case_id=case.pk, by=desk, at=later).withdrawn_at == later


def test_a_machine_finds_numbers_names_and_codes_and_says_which():
    known = Known("Siti Aminah", ["Joko Susilo"], ["P7KX29MD"])
    found = {piece.text: piece.kind for piece in pieces(TOLD, known) if piece.kind}
    assert found == {
        "Siti Aminah": "reporter",
        "C 037": "ticket",
        "0812-3456-7890": "phone",
        "3576014403910003": "nik",
        "S 1234 AB": "plate",
        "Pak Budi": "name",
        "siti@contoh.id": "email",
    }
    for text in (
        "+62 812 3456 789",
        "(0321) 321-456",
        "3576 0144 0391 0003",
        "wa.me/62812",
        "https://contoh.id/x?y=1",
        "@akun.saya",
        "s1234ab",
        "RT 03/RW 05",
        "joko susilo",
        "P7KX29MD",
        "12345678901",
    ):
        assert redacted(f"di {text}, ya", known) == f"di {HIDDEN}, ya"


def test_days_hours_money_and_common_words_stay():
    known = Known("Hari Wahyudi")
    text = "Jam 08.00-15.00, 25/11/2026 09.30-10.20, Rp1.250.000, loket 7, No. 100, 2 KTP di hall."
    assert redacted(text, known) == text
    assert leftovers("tiga hari", known) == []
    assert leftovers("Pak hari", known) != []


@pytest.mark.parametrize(
    "text", ["0 8" * 1700, "a" * 5000, "1.2-" * 1250, "a@" * 2500, "Pak A" * 900]
)
def test_no_text_keeps_the_machine_busy(text):
    assert "".join(piece.text for piece in pieces(text, Known("Siti Aminah"))) == text


def page(case):
    return reverse("admin:complaints_case_publish", args=[case.pk])


def test_the_page_begins_with_what_a_machine_redacted(client, case, desk, mall):
    joko = User.objects.create(username="joko", first_name="Joko", last_name="Susilo")
    Officer.objects.create(user=joko, mall=mall, role=Role.FRONT_DESK)
    client.force_login(desk)
    answer = client.get(page(case))
    typed = {row.name: row.typed for row in answer.context["rows"]}
    assert answer.status_code == 200
    assert answer["Cache-Control"].endswith("private")
    assert typed["answer"] == f"Baik, {HIDDEN}."
    assert "Siti" not in typed["text"]
    assert "0812" not in typed["text"]
    assert '<mark title="nomor telepon">0812-3456-7890</mark>' in answer.content.decode()


def test_the_page_previews_publishes_mends_and_takes_back(client, case, desk, mall):
    client.force_login(desk)
    seen = client.get(page(case)).context["seen"]
    typed = NEW | {"seen": seen, "text": "<script>alert(1)</script>"}
    preview = client.post(page(case), typed | {"lihat": "1"})
    assert "&lt;script&gt;" in preview.content.decode()
    assert "<script>alert" not in preview.content.decode()
    assert not Publication.objects.exists()
    unread = client.post(page(case), typed | {"terbitkan": "1"})
    assert (unread.status_code, unread.context["refusal"].code) == (422, "not_read_over")
    done = client.post(page(case), typed | {"terbitkan": "1", "read_over": "1"})
    assert (done.status_code, done.url) == (302, page(case))
    shown = reverse("complaints:published", args=[mall.slug, Publication.objects.get().pk])
    assert client.get(shown).status_code == 200
    stale = client.post(page(case), typed | {"terbitkan": "1", "read_over": "1"})
    assert (stale.status_code, stale.context["refusal"].code) == (409, "changed_meanwhile")
    assert client.post(page(case), {"tarik": "1"}).status_code == 302
    assert client.get(shown).status_code == 404


def test_the_page_is_the_desks_alone(client, case, filed, person, civil, tax):
    expected = {
        person(Role.LIAISON, tax): 404,
        person(Role.AGENCY_HEAD, civil): 403,
        person(Role.MALL_MANAGER): 200,
        person(Role.COUNTER, civil): 404,
    }
    for user, status in expected.items():
        client.force_login(user)
        assert client.get(page(case)).status_code == status
        if status != 200:
            answer = client.post(page(case), NEW | {"terbitkan": "1", "read_over": "1"})
            assert answer.status_code == status
    client.logout()
    assert client.get(page(case)).status_code == 302
    assert not Publication.objects.exists()


def test_a_confidential_case_has_no_form_to_publish_it(client, filed, desk):
    secret = filed(confidential=True).case
    client.force_login(desk)
    answer = client.get(page(secret)).content.decode()
    assert "Laporan rahasia tidak pernah diterbitkan." in answer
    assert 'name="terbitkan"' not in answer
