"""In the admin everybody sees and changes the rows of their office, and no others."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from services import rules
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    Officer,
    OpeningHours,
    ServiceStandard,
    ServiceType,
)

pytestmark = pytest.mark.django_db

HOURS = {"weekday": "0", "opens_at": "08:00", "closes_at": "15:00", "note": ""}
HOURS |= dict.fromkeys(["break_starts_at", "break_ends_at", "last_ticket_at"], "")
HOURS |= dict.fromkeys(["valid_from", "valid_to"], "")
NO_INLINE = {"fees-TOTAL_FORMS": 0, "fees-INITIAL_FORMS": 0}
EVERY_MODEL = [
    Mall,
    Agency,
    ServiceType,
    ServiceStandard,
    OpeningHours,
    Closure,
    Holiday,
    Officer,
]


def address(model, act, *args):
    return reverse(f"admin:services_{model.__name__.lower()}_{act}", args=args)


@pytest.fixture
def own(make_service, agency):
    return make_service(agency, "D-01")


@pytest.fixture
def theirs(make_service, foreign):
    return make_service(foreign, "I-01")


@pytest.fixture
def as_head(client, head):
    client.force_login(head)
    return client


@pytest.fixture
def as_manager(client, manager):
    client.force_login(manager)
    return client


def service_form(service, **changes):
    form = {
        "agency": service.agency_id,
        "code": service.code,
        "name_ind": service.name_ind,
        "name_en": "",
        "booking_mode": "both",
        "external_system": "",
        "external_url": "",
        "synonyms": "",
        "theme": "",
        "seats": "",
        "standards-TOTAL_FORMS": 0,
        "standards-INITIAL_FORMS": 0,
    }
    return form | changes


# -- an agency head --------------------------------------------------------------------------------


def test_a_head_lists_only_the_services_of_the_own_agency(as_head, own, theirs):
    page = as_head.get(address(ServiceType, "changelist")).content.decode()
    assert "Layanan D-01" in page
    assert "Layanan I-01" not in page


def test_a_head_changes_an_own_service_with_one_synonym_per_line(as_head, own):
    form = service_form(own, name_ind="Nama baru", synonyms="ktp, e-ktp\r\nktp hilang\r\n")
    response = as_head.post(address(ServiceType, "change", own.pk), form)
    assert response.status_code == 302
    own.refresh_from_db()
    assert (own.name_ind, own.synonyms) == ("Nama baru", ["ktp, e-ktp", "ktp hilang"])


@pytest.mark.parametrize("act", ["change", "history", "delete"])
def test_a_head_does_not_reach_a_service_of_another_agency(as_head, theirs, act):
    response = as_head.get(address(ServiceType, act, theirs.pk))
    assert response.status_code in (302, 403)
    assert response.headers.get("Location", "/admin/") == "/admin/"


def test_a_head_cannot_change_a_service_of_another_agency(as_head, theirs):
    form = service_form(theirs, name_ind="Direbut")
    as_head.post(address(ServiceType, "change", theirs.pk), form)
    theirs.refresh_from_db()
    assert theirs.name_ind == "Layanan I-01"


def test_a_head_cannot_give_a_service_to_another_agency(as_head, own, foreign):
    form = service_form(own, agency=foreign.pk)
    response = as_head.post(address(ServiceType, "change", own.pk), form)
    assert response.status_code == 200
    assert "agency" in response.context["adminform"].form.errors
    own.refresh_from_db()
    assert own.agency != foreign


def test_a_head_cannot_draft_a_standard_for_another_agency(as_head, theirs):
    form = {"service_type": theirs.pk, "valid_from": "2026-12-01", "counter_minutes": 10}
    response = as_head.post(
        address(ServiceStandard, "add"), form | {"processing_days": 0} | NO_INLINE
    )
    assert "service_type" in response.context["adminform"].form.errors
    assert theirs.standards.count() == 1


def test_a_head_arranges_hours_of_the_own_agency(as_head, mall, agency):
    form = HOURS | {"mall": mall.pk, "agency": agency.pk}
    assert as_head.post(address(OpeningHours, "add"), form).status_code == 302
    assert OpeningHours.objects.get().agency == agency


@pytest.mark.parametrize("whose", ["", "foreign"])
def test_a_head_cannot_arrange_hours_of_the_mall_or_of_another_agency(
    as_head, mall, foreign, whose
):
    form = HOURS | {"mall": mall.pk, "agency": foreign.pk if whose else ""}
    response = as_head.post(address(OpeningHours, "add"), form)
    assert response.context["adminform"].form.errors
    assert not OpeningHours.objects.exists()


def test_a_head_sees_no_malls_holidays_or_officers(as_head):
    for model in (Mall, Holiday, Officer):
        assert as_head.get(address(model, "changelist")).status_code == 403
        assert as_head.get(address(model, "add")).status_code == 403


def test_a_head_deletes_hours_but_never_services(as_head, mall, agency, own):
    hours = OpeningHours.objects.create(
        mall=mall, agency=agency, opens_at=dt.time(8), closes_at=dt.time(15)
    )
    as_head.post(address(OpeningHours, "delete", hours.pk), {"post": "yes"})
    assert not OpeningHours.objects.exists()
    assert as_head.post(address(ServiceType, "delete", own.pk)).status_code == 403


def test_a_head_does_not_change_what_was_agreed_with_the_mall(as_head, agency):
    form = {"name": "Nama baru", "code": "LAIN", "agreed_days": 1, "agreed_desks": 9}
    assert as_head.post(address(Agency, "change", agency.pk), form).status_code == 302
    agency.refresh_from_db()
    assert (agency.name, agency.code, agency.agreed_days) == ("Nama baru", "DUKCAPIL", 5)
    assert agency.active


def test_filters_and_choices_do_not_name_other_agencies(as_head, own, theirs, mall, agency):
    OpeningHours.objects.create(
        mall=mall, agency=agency, opens_at=dt.time(8), closes_at=dt.time(15)
    )
    for page in (
        address(ServiceType, "changelist"),
        address(ServiceType, "add"),
        address(OpeningHours, "changelist"),
        address(OpeningHours, "add"),
    ):
        assert "Kantor Imigrasi" not in as_head.get(page).content.decode()


# -- other people ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["counter", "liaison", "front_desk", "leader", "helper"])
def test_other_offices_open_nothing_of_the_catalogue(client, hold_office, mall, agency, role):
    client.force_login(hold_office(role, mall=mall, agency=agency))
    for model in EVERY_MODEL:
        assert client.get(address(model, "changelist")).status_code == 403


def test_an_office_without_staff_status_does_not_open_the_admin(client, manager):
    manager.is_staff = False
    manager.save(update_fields=["is_staff"])
    client.force_login(manager)
    assert client.get(address(ServiceType, "changelist")).status_code == 302


def test_django_s_own_permissions_open_nothing(client, db):
    user = User.objects.create_user("tamu", is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label="services"))
    client.force_login(user)
    assert client.get(address(ServiceType, "changelist")).status_code == 403


def test_a_manager_sees_the_whole_mall_and_not_the_next(
    as_manager, own, theirs, make_service, far_agency
):
    far = make_service(far_agency, "J-01")
    page = as_manager.get(address(ServiceType, "changelist")).content.decode()
    assert "Layanan D-01" in page
    assert "Layanan I-01" in page
    assert "Layanan J-01" not in page
    assert as_manager.get(address(ServiceType, "change", far.pk)).status_code == 302


def test_a_manager_appoints_in_the_own_mall_only(as_manager, mall, other_mall, manager):
    form = {"user": manager.pk, "agency": "", "role": "front_desk", "active": "on"}
    refused = as_manager.post(address(Officer, "add"), form | {"mall": other_mall.pk})
    assert "mall" in refused.context["adminform"].form.errors
    assert as_manager.post(address(Officer, "add"), form | {"mall": mall.pk}).status_code == 302
    assert Officer.objects.filter(role="front_desk", mall=mall).exists()


def test_an_agency_of_another_mall_does_not_fit_a_row(client, mall, far_agency):
    client.force_login(User.objects.create_superuser("root"))
    form = HOURS | {"mall": mall.pk, "agency": far_agency.pk}
    response = client.post(address(OpeningHours, "add"), form)
    assert "agency" in response.context["adminform"].form.errors


def test_only_a_superuser_adds_a_mall(as_manager, client):
    assert as_manager.get(address(Mall, "add")).status_code == 403
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(address(Mall, "add")).status_code == 200


# -- standards -------------------------------------------------------------------------------------


def test_a_new_version_gets_the_next_number_with_its_fees(as_manager, own):
    form = {
        "service_type": own.pk,
        "valid_from": "2026-12-01",
        "counter_minutes": 10,
        "processing_days": 2,
        "requirements": "KTP-el, asli\nKK",
        "fees-TOTAL_FORMS": 1,
        "fees-INITIAL_FORMS": 0,
        "fees-0-amount": "",
        "fees-0-variant": "per hari",
    }
    assert as_manager.post(address(ServiceStandard, "add"), form).status_code == 302
    new = own.standards.get(version=2)
    assert (new.requirements, new.approved_at) == (["KTP-el, asli", "KK"], None)
    assert Fee.objects.get(standard=new).amount is None


def test_approved_versions_are_fixed(as_manager, own):
    standard = own.standards.get()
    chosen = {"action": "approve", "_selected_action": [standard.pk]}
    as_manager.post(address(ServiceStandard, "changelist"), chosen)
    standard.refresh_from_db()
    assert standard.approved_at is not None
    changed = as_manager.post(
        address(ServiceStandard, "change", standard.pk),
        {"service_type": own.pk, "valid_from": "2020-01-01", "counter_minutes": 99} | NO_INLINE,
    )
    assert changed.status_code == 403
    assert as_manager.get(address(ServiceStandard, "change", standard.pk)).status_code == 200


def test_a_head_approves_only_own_versions(as_head, own, theirs):
    chosen = [own.standards.get().pk, theirs.standards.get().pk]
    as_head.post(
        address(ServiceStandard, "changelist"),
        {"action": "approve", "_selected_action": chosen},
    )
    assert own.standards.get().approved_at is not None
    assert theirs.standards.get().approved_at is None


# -- the catalogue's file --------------------------------------------------------------------------


def upload(client, mall, data):
    file = SimpleUploadedFile("katalog.csv", data, "text/csv")
    form = {"mall": mall.pk, "import_file": file, "format": "0", "resource": ""}
    return client.post(address(ServiceType, "import"), form)


def exported(client):
    return client.get(address(ServiceType, "export")).getvalue()


def test_a_file_is_shown_first_and_loaded_when_confirmed(as_manager, mall, own):
    data = exported(as_manager).replace(b"Layanan D-01", b"Layanan satu")
    preview = upload(as_manager, mall, data)
    assert "service_name_id" in preview.content.decode()
    own.refresh_from_db()
    assert own.name_ind == "Layanan D-01"
    confirmed = preview.context["confirm_form"].initial | {"mall": mall.pk}
    done = as_manager.post(address(ServiceType, "process_import"), confirmed, follow=True)
    assert "1 diperbarui" in done.content.decode()
    own.refresh_from_db()
    assert own.name_ind == "Layanan satu"


def test_mistakes_are_shown_with_row_and_column_and_nothing_is_loaded(as_manager, mall, own):
    data = exported(as_manager).replace(b"Layanan D-01", b"Layanan satu")
    data += b"X 1," + data.splitlines()[-1].split(b",", 1)[1] + b"\n"
    page = upload(as_manager, mall, data)
    assert "confirm_form" not in page.context
    assert "kolom code: Kode hanya boleh" in page.content.decode()
    own.refresh_from_db()
    assert own.name_ind == "Layanan D-01"


def test_a_file_in_another_encoding_is_refused_in_words(as_manager, mall, own):
    page = upload(as_manager, mall, exported(as_manager) + "kafé".encode("latin-1"))
    assert "UTF-8" in page.content.decode()


def test_nobody_loads_a_file_into_a_mall_of_others(as_manager, other_mall, own):
    page = upload(as_manager, other_mall, exported(as_manager))
    assert "mall" in page.context["form"].errors


def test_a_head_exports_the_own_services_and_loads_no_file(as_head, mall, own, theirs):
    assert b"D-01" in exported(as_head)
    assert b"I-01" not in exported(as_head)
    assert as_head.get(address(ServiceType, "import")).status_code == 403


# -- speed -----------------------------------------------------------------------------------------


def make_rows(mall, make_service, count):
    for n in range(count):
        tag = f"{Agency.objects.count()}"
        agency = Agency.objects.create(mall=mall, code=f"A{tag}", name=f"Dinas {tag}")
        make_service(agency, f"A{tag}-01")
        user = User.objects.create(username=f"petugas-{tag}")
        Officer.objects.create(user=user, mall=mall, agency=agency, role="counter")
        OpeningHours.objects.create(
            mall=mall, agency=agency, opens_at=dt.time(8), closes_at=dt.time(15)
        )
        date = dt.date(2026, 1, 1) + dt.timedelta(days=int(tag))
        Closure.objects.create(
            mall=mall, agency=agency, first_date=date, last_date=date, reason="Rapat"
        )
        Holiday.objects.create(mall=mall, date=date, name=f"Libur {n}")


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_a_list_takes_as_many_queries_for_fifty_rows_as_for_one(
    model, client, mall, make_service, django_assert_num_queries
):
    client.force_login(User.objects.create_superuser("root"))
    make_rows(mall, make_service, 2)
    with CaptureQueriesContext(connection) as few:
        client.get(address(model, "changelist"))
    make_rows(mall, make_service, 48)
    with django_assert_num_queries(len(few)):
        assert client.get(address(model, "changelist")).status_code == 200


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_every_page_of_a_row_opens(model, client, mall, make_service):
    client.force_login(User.objects.create_superuser("root"))
    make_rows(mall, make_service, 1)
    row = model.objects.first()
    for page in (address(model, "add"), address(model, "change", row.pk)):
        assert client.get(page).status_code == 200
    found = client.get(address(model, "changelist"), {"q": "a"})
    assert found.status_code == 200


def test_holidays_are_loaded_from_the_list_of_malls(as_manager, mall):
    chosen = {"action": "load_holidays", "_selected_action": [mall.pk]}
    as_manager.post(address(Mall, "changelist"), chosen)
    assert Holiday.objects.filter(mall=mall).count() > 20
    assert rules.load_holidays(mall=mall, year=mall.today().year, at=timezone.now()) == 0
