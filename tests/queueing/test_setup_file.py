"""A mall's set-up goes out as one file and comes in elsewhere, whole or not at all."""

import base64
import copy
import datetime as dt
import io
import json

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import User
from queueing import rules, setup_file
from queueing.models import CounterAssignment, QueueClosure, QueueHours, Window
from queueing.refusals import Refusal
from queueing.rules.setting_up import Administrator, Person
from queueing.setup_export import document_of
from services.models import (
    Closure,
    Fee,
    Holiday,
    Mall,
    OpeningHours,
    Paper,
    ServiceStandard,
)
from tests.house import TODAY, at

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


@pytest.fixture
def full_house(house, settings, tmp_path):
    """The small mall with one of everything that a set-up has."""
    settings.MEDIA_ROOT = tmp_path
    mall = house.mall
    mall.greeting, mall.facilities_en = "Sugeng rawuh", "Lift"
    mall.logo.save("0123456789abcdef.svg", ContentFile(LOGO))
    mall.save()
    day = {"first_date": TODAY, "last_date": TODAY, "reason": "rapat"}
    Closure.objects.create(mall=mall, agency=house.tax, **day)
    past = {"first_date": dt.date(2026, 1, 5), "last_date": dt.date(2026, 1, 6)}
    Closure.objects.create(mall=mall, reason="dahulu", **past)
    QueueClosure.objects.create(queue=house.queues["C"], **day)
    hours = {"opens_at": dt.time(9), "closes_at": dt.time(0), "weekday": 5}
    QueueHours.objects.create(queue=house.queues["D"], **hours)
    OpeningHours.objects.create(mall=mall, agency=house.civil, **hours)
    Holiday.objects.create(mall=mall, date=dt.date(2026, 12, 25), name="Natal")
    Paper.objects.create(mall=mall, name="KTP-el", made_by=house.services["KTP"])
    standard = ServiceStandard.objects.get(service_type=house.services["KTP"])
    Fee.objects.create(standard=standard, amount=0, collected_by="none")
    Fee.objects.create(standard=standard, variant="kilat")  # varies
    draft = ServiceStandard(service_type=house.services["KK"], version=2, valid_from=TODAY)
    draft.save()
    return house


def document(house):
    return document_of(mall=house.mall, at=at(8))


def brought_in(file, slug="majapahit", **more):
    return rules.import_setup(document=file, slug=slug, by=None, at=at(8), **more)


@pytest.mark.django_db
def test_a_set_up_comes_back_from_another_address_as_the_same_file(full_house):
    file = json.loads(setup_file.dump(document(full_house)))
    result = brought_in(file)
    assert result.problems == []
    again = document_of(mall=Mall.objects.get(slug="majapahit"), at=at(8))
    again["mall"]["slug"] = file["mall"]["slug"]
    again["offices"] = file["offices"]  # people are appointed, not imported
    assert again == file
    assert setup_file.dump(again) == setup_file.dump(file)


@pytest.mark.django_db
def test_the_file_holds_no_person_and_no_secret(full_house):
    User.objects.filter(username="officer").update(first_name="Rahasiawati", email="r@contoh.id")
    full_house.book("KTP", 9, name="Siti Tersembunyi", phone="081234567890")
    text = setup_file.dump(document(full_house)).decode()
    for secret in ("Rahasiawati", "r@contoh.id", "officer", "Tersembunyi", "81234567890", "pbkdf2"):
        assert secret not in text
    offices = json.loads(text)["offices"]
    assert {"role": "counter", "agency": "DUKCAPIL", "people": 3} in offices
    assert "dahulu" not in text  # a closure that is over


@pytest.mark.django_db
def test_an_imported_mall_gives_numbers_at_once(full_house):
    file = document(full_house)
    file["closures"] = []
    for queue in file["queues"]:
        queue["closures"] = []
    mall = brought_in(file).mall
    window = Window.objects.filter(queue__mall=mall, queue__prefix="C").earliest("starts_at")
    wish = rules.Wish("KTP", window.pk)
    visit = rules.book(mall=mall, wishes=[wish], at=at(7, 30), name="Siti")
    assert visit.new_tickets[0].label == "C 001"
    made = rules.materialise(queues=list(mall.queues.select_related("mall", "agency")), at=at(8))
    assert (made.made, made.removed, made.changed) == (0, 0, 0)


@pytest.mark.django_db
def test_read_again_over_its_own_mall_nothing_changes_and_nothing_doubles(full_house):
    file = document(full_house)
    result = brought_in(file, slug=full_house.mall.slug)
    assert result.problems == []
    assert {line.kind for line in result.lines} == {"unchanged"}
    assert document(full_house) == file


@pytest.mark.django_db
def test_what_differs_is_brought_to_the_file(full_house):
    file = document(full_house)
    file["mall"]["greeting_ind"] = "Selamat datang"
    service = file["agencies"][-1]["services"][0]
    service["standards"][0]["counter_minutes"] = 25
    file["counters"][0]["assignments"] = [{"queue": "D"}]
    file["hours"] = [row for row in file["hours"] if row["weekday"] != 4]
    result = brought_in(file, slug=full_house.mall.slug)
    assert result.problems == []
    assert result.mall.greeting == "Selamat datang"
    standard = ServiceStandard.objects.current(TODAY).get(service_type__code=service["code"])
    assert (standard.counter_minutes, standard.version) == (25, service_version(service) + 1)
    assert [a.queue.prefix for a in CounterAssignment.objects.filter(counter__number=1)] == ["D"]
    assert not full_house.mall.hours.filter(weekday=4, agency=None).exists()
    kinds = {(line.part, line.kind) for line in result.lines if line.kind != "unchanged"}
    assert ("standards", "updated") in kinds
    assert ("hours", "removed") in kinds


def service_version(service):
    versions = ServiceStandard.objects.filter(service_type__code=service["code"])
    return versions.order_by("version").first().version


@pytest.mark.django_db
def test_a_look_before_writes_nothing(full_house):
    file = document(full_house)
    result = brought_in(file, dry_run=True)
    assert result.count("created") > 20
    assert not Mall.objects.filter(slug="majapahit").exists()


@pytest.mark.django_db
def test_numbers_that_are_out_move_with_the_hours_after_a_look(full_house):
    file = document(full_house)
    ticket = full_house.book("AKTA", 14, days=1, phone="081234567890")
    for row in file["hours"]:
        row["closes_at"], row["last_ticket_at"] = "10:00", None
    for queue in file["queues"]:
        queue["hours"] = []
    before = document(full_house)
    look = brought_in(file, slug=full_house.mall.slug, dry_run=True)
    assert (look.displaced, look.problems) == (1, [])
    assert document(full_house) == before
    assert brought_in(file, slug=full_house.mall.slug).displaced == 1
    old = ticket.window.starts_at
    ticket.refresh_from_db()
    assert ticket.window.starts_at != old


@pytest.mark.django_db
def test_nobody_who_is_booked_is_left_without_a_place(full_house):
    file = document(full_house)
    full_house.book("AKTA", 14, days=1)
    file["hours"] = []
    for queue in file["queues"]:
        queue["hours"] = []
    before = document(full_house)
    result = brought_in(file, slug=full_house.mall.slug)
    assert [problem.place for problem in result.problems] == ["queues"]
    assert document(full_house) == before


WRONG = {
    "a prefix that is none": (lambda d: d["queues"][0].update(prefix="O"), "queues 1 (O), prefix"),
    "a number as words": (
        lambda d: d["queues"][0].update(seats_per_hour="banyak"),
        "queues 1 (C), seats_per_hour",
    ),
    "an unknown column": (lambda d: d["mall"].update(warna="merah"), "mall, warna"),
    "an unknown part": (lambda d: d.update(people=[]), "people"),
    "no list": (lambda d: d.update(counters={}), "counters"),
    "a row that is none": (lambda d: d["hours"].append("Senin"), "hours 7"),
    "closed before open": (lambda d: d["hours"][0].update(closes_at="07:00"), "hours 1"),
    "no time": (lambda d: d["hours"][0].update(opens_at="pagi"), "hours 1, opens_at"),
    "a code twice": (lambda d: d["agencies"][1].update(code="BPKPD"), "agencies"),
    "an agency of nobody": (lambda d: d["queues"][0].update(agency="X"), "queues 1, agency"),
    "a queue of nobody": (
        lambda d: d["counters"][0]["assignments"][0].update(queue="Z"),
        "counters (1)",
    ),
    "another agency's service": (
        lambda d: d["queues"][2].update(services=["KTP"]),
        "queues (T), services",
    ),
    "colours nobody can read": (lambda d: d["mall"].update(primary_colour="#ffff00"), "mall"),
    "a logo that acts": (
        lambda d: d.update(
            logo={
                "content": base64.b64encode(
                    b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>'
                ).decode()
            }
        ),
        "logo",
    ),
    "a reserved address": (lambda d: d["mall"].update(name=""), "mall, name"),
    "an invisible character": (lambda d: d["mall"].update(name="a\x00b"), "mall, name"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_wrong_is_refused_at_its_place_and_changes_nothing(full_house, case):
    change, place = WRONG[case]
    file = copy.deepcopy(document(full_house))
    change(file)
    result = brought_in(file)
    assert any(problem.place.startswith(place) for problem in result.problems), result.problems
    assert all(problem.message for problem in result.problems)
    assert not Mall.objects.filter(slug="majapahit").exists()


@pytest.mark.django_db
def test_what_stands_in_another_agency_or_zone_is_not_taken_over(full_house):
    file = document(full_house)
    slug = full_house.mall.slug
    moved = copy.deepcopy(file)
    moved["mall"]["time_zone"] = "Asia/Jayapura"
    assert [p.place for p in brought_in(moved, slug).problems] == ["mall, time_zone"]
    moved = copy.deepcopy(file)
    moved["queues"][2].update(prefix="D", agency="BPKPD")
    del moved["queues"][1]
    for counter in moved["counters"]:
        counter["assignments"] = []
    assert [p.place for p in brought_in(moved, slug).problems] == ["queues"]
    moved = copy.deepcopy(file)
    moved["agencies"][0]["services"], moved["agencies"][1]["services"] = (
        moved["agencies"][1]["services"],
        moved["agencies"][0]["services"],
    )
    moved["queues"] = moved["counters"] = []
    assert {p.place for p in brought_in(moved, slug).problems} == {"services"}


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b'{"format": "lain"}', b"[" * 100_000, b" " * 2_000_001]
)
def test_what_is_no_set_up_at_all_is_said_in_one_sentence(data):
    document, problems = setup_file.load(data)
    assert document == {}
    assert len(problems) == 1
    newer = json.dumps({"format": setup_file.FORMAT, "version": 99}).encode()
    assert "versi" in setup_file.load(newer)[1][0].message


# -- the first mall ------------------------------------------------------------------------------

ADMINISTRATOR = Administrator("ratna", "Ratna Dewi", "!")


@pytest.mark.django_db
def test_a_first_mall_is_made_with_its_people(full_house):
    file = document(full_house)
    file["mall"]["slug"] = "majapahit"
    with pytest.raises(Refusal) as refusal:
        rules.set_up(document=file, administrator=ADMINISTRATOR, people=[], at=at(8))
    assert refusal.value.code == "already_set_up"


@pytest.mark.django_db
def test_accounts_and_set_up_are_checked_before_anything_is_made(full_house):
    file = document(full_house)
    twice = [Person("Ratna", "Ratna Lain", "front_desk")]
    with pytest.raises(Refusal) as refusal:
        rules.set_up(document=file, administrator=ADMINISTRATOR, people=twice, at=at(8))
    assert refusal.value.code == "same_account_twice"
    file["queues"][0]["prefix"] = "I"
    with pytest.raises(Refusal) as refusal:
        rules.set_up(document=file, administrator=ADMINISTRATOR, people=[], at=at(8))
    assert refusal.value.code == "bad_setup"
    assert any(place.startswith("queues 1") for place in refusal.value.fields)


# -- the admin and the commands ------------------------------------------------------------------


@pytest.mark.django_db
def test_the_manager_takes_the_set_up_along_and_no_agency_does(full_house, client):
    address = f"/admin/services/mall/{full_house.mall.pk}/ekspor/"
    client.force_login(full_house.people["manager"])
    response = client.get(address)
    assert response["Content-Disposition"] == 'attachment; filename="penataan-gajah-mada.json"'
    assert setup_file.load(response.content)[1] == []
    client.force_login(full_house.people["head"])
    assert client.get(address).status_code in {302, 403, 404}


@pytest.mark.django_db
def test_only_the_portals_own_read_a_set_up_in_after_a_look(full_house, client):
    content = setup_file.dump(document_of(mall=full_house.mall, at=at(8)))
    client.force_login(full_house.people["manager"])
    assert client.get("/admin/services/mall/impor/").status_code == 403
    client.force_login(User.objects.create_superuser("su"))
    upload = {"file": io.BytesIO(content), "slug": "majapahit"}
    page = client.post("/admin/services/mall/impor/", upload)
    assert page.status_code == 200
    assert not Mall.objects.filter(slug="majapahit").exists()
    form = {"document": page.context["document"], "slug": "majapahit", "terapkan": "1"}
    done = client.post("/admin/services/mall/impor/", form)
    mall = Mall.objects.get(slug="majapahit")
    assert done["Location"] == reverse("admin:services_mall_change", args=[mall.pk])
    approved = ServiceStandard.objects.filter(service_type__agency__mall=mall).first()
    assert approved.approved_by.username == "su"
    bad = client.post("/admin/services/mall/impor/", {"file": io.BytesIO(b"{}")})
    assert (bad.status_code, len(bad.context["result"].problems)) == (422, 1)


@pytest.mark.django_db
def test_the_commands_call_the_same_rules(full_house, tmp_path):
    file = tmp_path / "mal.json"
    call_command("export_mall", "gajah-mada", str(file))
    out = io.StringIO()
    call_command("import_mall", str(file), "--slug", "majapahit", "--dry-run", stdout=out)
    assert not Mall.objects.filter(slug="majapahit").exists()
    call_command("import_mall", str(file), "--slug", "majapahit", stdout=out)
    assert Mall.objects.filter(slug="majapahit").exists()
    file.write_text("{}")
    with pytest.raises(CommandError):
        call_command("import_mall", str(file), stderr=out)
    with pytest.raises(CommandError):
        call_command("export_mall", "tidak-ada")
