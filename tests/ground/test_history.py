"""Every change of the set-up is kept with the person, and reads as what it was and became."""

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiToken, User
from accounts.rules import issue_token, revoke_token
from mpp_portal import history
from privacy import erasure
from queueing import rules as queueing_rules
from queueing.models import CounterAssignment, QueueService, Ticket, Visit
from services import rules
from services.models import Agency, Fee, Holiday, Officer, OpeningHours, ServiceStandard
from tests.house import at

pytestmark = pytest.mark.django_db
LIST = reverse("admin:auditlog_logentry_changelist")


def page(client, row):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_history"
    return client.get(reverse(name, args=[row.pk])).content.decode()


@pytest.fixture
def as_who(client, house):
    def sign_in(name):
        client.force_login(house.people[name])
        return client

    return sign_in


def rename(client, agency, **changes):
    form = {"name": agency.name, "oversight_name": "", "oversight_contact": ""} | changes
    return client.post(reverse("admin:services_agency_change", args=[agency.pk]), form)


def test_a_change_is_kept_with_the_person_the_old_and_the_new(as_who, house):
    client = as_who("head")
    assert rename(client, house.civil, name="Dinas Baru").status_code == 302
    [entry] = LogEntry.objects.filter(action=LogEntry.Action.UPDATE)
    assert entry.actor == house.people["head"]
    assert (entry.remote_addr, entry.remote_port, entry.actor_email, entry.cid) == (None,) * 4
    [change] = history.changes(entry)
    assert (change.label, change.before, change.after) == ("Nama", "Dinas Dukcapil", "Dinas Baru")
    shown = page(client, house.civil)
    for words in ("Dinas Dukcapil", "Dinas Baru", "head", "semula", "menjadi"):
        assert words in shown


def test_what_a_program_changes_is_kept_with_the_owner_of_its_token(house, rf):
    request = rf.post("/api/v1/counters/1/open")
    request.auth = house.people["officer"]

    def change(_request):
        house.civil.name = "Dinas Lain"
        house.civil.save(update_fields=["name"])

    history.acting(change)(request)
    assert LogEntry.objects.latest("pk").actor == house.people["officer"]
    change(None)
    house.civil.name = "tanpa orang"
    house.civil.save(update_fields=["name"])
    assert LogEntry.objects.latest("pk").actor is None


def test_the_page_of_a_queue_tells_of_its_services_and_counters_too(as_who, house):
    queue = house.queues["C"]
    assignment = CounterAssignment.objects.filter(queue=queue).first()
    assignment.position = 7
    assignment.save()
    QueueService.objects.filter(queue=queue).first().delete()
    client = as_who("head")
    shown = page(client, queue)
    assert "Loket 1 · C Antrean C" in shown
    assert "dihapus" in shown
    assert "Loket 1 · C Antrean C" in page(as_who("manager"), assignment.counter)


def test_dates_choices_lists_and_yes_or_no_are_in_words(house):
    service = house.services["KTP"]
    service.booking_mode, service.active, service.synonyms = "walk_in", False, ["bikin KTP"]
    service.save()
    standard = service.standards.get()
    standard.valid_from = dt.date(2026, 12, 1)
    standard.requirements = ["KTP lama: asli"]
    standard.save()
    entries = LogEntry.objects.filter(action=LogEntry.Action.UPDATE).order_by("pk")
    read = {c.label: c for entry in entries for c in history.changes(entry)}
    assert read["Cara ambil nomor"].after == "hanya di mal"
    assert (read["Aktif"].before, read["Aktif"].after) == ("ya", "tidak")
    assert read["Sebutan sehari-hari"].added == ("bikin KTP",)
    assert read["Persyaratan"].added == ("KTP lama: asli",)
    assert read["Berlaku sejak"].after == "1 Desember 2026"


def test_rules_that_write_many_rows_are_in_the_history(house):
    house.services["KTP"].standards.update(approved_at=None)
    LogEntry.objects.all().delete()
    new = rules.load_holidays(mall=house.mall, year=2026, at=at(8))
    approved = rules.approve_drafts(mall=house.mall, by=None, at=at(8))
    token = issue_token(user=house.people["officer"], name="uji", at=at(7))
    revoke_token(token=ApiToken.objects.get(), at=at(8))
    assert token
    kept = LogEntry.objects.values_list("content_type__model", flat=True)
    assert list(kept).count("holiday") == new == Holiday.objects.count()
    assert list(kept).count("servicestandard") == approved == 1
    assert list(kept).count("apitoken") == 2


# -- nothing about people --------------------------------------------------------------------------


def test_visits_and_tickets_are_not_in_it_nor_secrets_and_names_of_accounts(house):
    LogEntry.objects.all().delete()
    ticket = house.waiting("AKTA", 9, arrived=at(8, 50), phone="081234567890")
    queueing_rules.cancel(ticket_id=ticket.pk, at=at(9))
    assert not LogEntry.objects.exists()
    user = house.people["officer"]
    user.set_password("rahasia-sekali-2026")
    user.first_name, user.email, user.pin = "Budiarto", "budi@contoh.id", "argon2$rahasia"
    user.last_login = at(8)
    user.save()
    user.is_active = False
    user.save(update_fields=["is_active"])
    Officer.objects.get(user=user).delete()
    issue_token(user=user.__class__.objects.get(username="head"), name="uji", at=at(7))
    written = str(list(LogEntry.objects.values()))
    for secret in ("rahasia", "Budiarto", "budi@", "argon2", "last_login", "token_hash", "pin'"):
        assert secret not in written, secret
    assert history.HIDDEN in written
    assert {type(e) for e in (Ticket, Visit)} & {t.model for t in history.TRACKED} == set()


def test_it_is_emptied_after_the_retention_of_logs(house, settings):
    settings.RETENTION_LOG_DAYS = 365
    LogEntry.objects.update(timestamp=at(8, days=-366))
    house.civil.save()
    house.civil.name = "baru"
    house.civil.save()
    [holding] = [h for h in erasure.inventory() if h.name == "auditlog.LogEntry"]
    assert holding.erase(at(8)) > 10
    assert (
        LogEntry.objects.exclude(timestamp__lt=at(8, days=-365)).count() == LogEntry.objects.count()
    )


# -- who reads it ----------------------------------------------------------------------------------


def changed_rows(house):
    for queue in house.queues.values():
        queue.name += " baru"
        queue.save()
    for agency in (house.civil, house.tax):
        Fee.objects.create(
            standard=ServiceStandard.objects.filter(service_type__agency=agency).first(), amount=5
        )
        OpeningHours.objects.create(
            mall=house.mall, agency=agency, opens_at=dt.time(8), closes_at=dt.time(9)
        ).delete()
    house.mall.greeting = "Selamat datang"
    house.mall.save()


@pytest.mark.parametrize(("who", "own", "other"), [("head", "C", "T"), ("foreign_head", "T", "C")])
def test_a_head_reads_the_changes_of_the_own_agency_alone(as_who, house, who, own, other):
    changed_rows(house)
    shown = as_who(who).get(LIST).content.decode()
    assert f"{own} Antrean {own}" in shown
    assert f"{other} Antrean {other}" not in shown
    agency = house.tax if own == "C" else house.civil
    assert agency.name not in shown
    assert house.mall.name not in shown
    seen = history.visible_to(house.people[who])
    assert {e.additional_data["agency"] for e in seen} == {house.people[who].pk and (
        house.civil.pk if own == "C" else house.tax.pk
    )}  # fmt: skip
    assert seen.filter(action=LogEntry.Action.DELETE).count() == 1


def test_a_manager_reads_the_whole_mall_and_not_another(as_who, house):
    changed_rows(house)
    elsewhere = house.mall.__class__.objects.create(slug="lain", name="MPP Lain", regency="x")
    Agency.objects.create(mall=elsewhere, code="JAUH", name="Dinas Jauh")
    shown = as_who("manager").get(LIST, {"all": ""}).content.decode()
    assert "T Antrean T" in shown
    assert "Dinas Jauh" not in shown
    found = as_who("manager").get(LIST, {"q": "Dinas Jauh"})
    assert not found.context["cl"].result_list
    assert not history.visible_to(house.people["manager"]).filter(
        content_type__model__in=["user", "apitoken"]
    )


@pytest.mark.parametrize("who", ["officer", "front_desk", "leader", "liaison"])
def test_who_arranges_nothing_reads_no_history(as_who, house, who):
    assert as_who(who).get(LIST).status_code == 403


def test_nobody_writes_in_it(as_who, house):
    changed_rows(house)
    client = as_who("manager")
    entry = LogEntry.objects.latest("pk")
    change = reverse("admin:auditlog_logentry_change", args=[entry.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"object_repr": "x"}).status_code == 403
    delete = reverse("admin:auditlog_logentry_delete", args=[entry.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert client.get(reverse("admin:auditlog_logentry_add")).status_code == 403


def test_filters_narrow_it_by_kind_act_and_person(as_who, house):
    changed_rows(house)
    rename(as_who("head"), house.civil, name="Dinas Baru")
    client = as_who("manager")

    def kinds(**query):
        rows = client.get(LIST, query).context["cl"].result_list
        return {(row.content_type.model, row.action) for row in rows}

    assert kinds(jenis="fee") == {("fee", 0)}
    assert {act for _kind, act in kinds(perubahan="2")} == {2}
    assert kinds(actor__id__exact=house.people["head"].pk) == {("agency", 1)}
    assert kinds(q="Dinas Baru") == {("agency", 1)}


def test_the_page_of_a_row_costs_the_same_for_many_changes(as_who, house):
    client = as_who("head")
    page(client, house.civil)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            page(client, house.civil)
        return len(queries)

    few = cost()
    for n in range(40):
        house.civil.name = f"Dinas {n}"
        house.civil.save()
    assert cost() == few


def test_every_kind_of_row_has_a_name_and_a_place(house):
    changed_rows(house)
    superuser = User.objects.create(username="su", is_staff=True, is_superuser=True)
    assert history.visible_to(superuser).count() == LogEntry.objects.count()
    for entry in LogEntry.objects.select_related("content_type"):
        assert entry.object_repr
        if entry.content_type.model not in {"user", "apitoken"}:
            assert entry.additional_data["mall"] == house.mall.pk, entry
