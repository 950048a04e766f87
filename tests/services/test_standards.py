"""Standards live in versions: drafted from the latest, compared, approved with a date, fixed."""

import datetime as dt

import pytest
import time_machine
from django.urls import reverse

from services import changes, rules, versions
from services.models import Fee, ServiceStandard
from services.refusals import Refusal

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 23)
TOMORROW = TODAY + dt.timedelta(days=1)
PAGE = "admin:services_servicestandard_"


@pytest.fixture(autouse=True)
def _now(at):
    with time_machine.travel(at, tick=False):
        yield


@pytest.fixture
def service(make_service, agency, head, at):
    """A service whose first version holds, with two papers and a fee."""
    service = make_service(agency, "D-01", requirements=["KK: asli", "KTP-el: asli"])
    standard = service.standards.get()
    Fee.objects.create(standard=standard, amount=10_000, variant="baru")
    rules.approve_standard(standard=standard, by=head, at=at)
    return service


@pytest.fixture
def draft(service, at):
    draft = rules.new_version(service=service, at=at)
    draft.requirements = ["KTP-el: asli", "Surat RT: asli"]
    draft.counter_minutes = 25
    draft.save()
    fee = draft.fees.get()
    fee.amount = 0
    fee.save()
    return draft


@pytest.fixture
def as_head(client, head):
    client.force_login(head)
    return client


def refused(code, **arguments):
    with pytest.raises(Refusal) as caught:
        rules.approve_standard(**arguments)
    assert caught.value.code == code
    return caught.value


def standings(at):
    rows = versions.with_standing(ServiceStandard.objects.all(), at).order_by("version")
    return [row.standing for row in rows]


# -- the next version ------------------------------------------------------------------------------


def test_the_next_version_is_a_copy_with_its_fees_and_not_yet_approved(service, at):
    draft = rules.new_version(service=service, at=at)
    assert (draft.version, draft.approved_at, draft.approved_by) == (2, None, None)
    assert draft.requirements == ["KK: asli", "KTP-el: asli"]
    assert [(fee.amount, fee.variant) for fee in draft.fees.all()] == [(10_000, "baru")]
    assert Fee.objects.count() == 2
    assert draft.valid_from == TODAY


def test_one_draft_waits_at_a_time(service, draft, at):
    with pytest.raises(Refusal) as caught:
        rules.new_version(service=service, at=at)
    assert caught.value.code == "draft_exists"
    assert "Versi 2 belum disahkan" in str(caught.value.message)
    assert service.standards.count() == 2


def test_a_service_without_a_standard_begins_with_an_empty_one(service, at):
    Fee.objects.all().delete()
    service.standards.all().delete()
    assert rules.new_version(service=service, at=at).version == 1


# -- approval --------------------------------------------------------------------------------------


def test_until_its_date_the_old_version_holds_then_the_new(service, draft, head, at):
    assert standings(at) == ["holds", "draft"]
    rules.approve_standard(standard=draft, by=head, at=at, valid_from=TOMORROW)
    assert standings(at) == ["holds", "coming"]
    assert rules.current_standard(service, TODAY).version == 1
    assert rules.current_standard(service, TOMORROW).version == 2
    assert standings(at + dt.timedelta(days=1)) == ["replaced", "holds"]


def test_the_day_of_the_mall_decides_not_the_servers(service, draft, head, mall, at):
    """23.30 in Jakarta is already tomorrow in Jayapura."""
    rules.approve_standard(standard=draft, by=head, at=at, valid_from=TOMORROW)
    night = dt.datetime(2026, 11, 23, 16, 30, tzinfo=dt.UTC)
    assert standings(night) == ["holds", "coming"]
    mall.time_zone = "Asia/Jayapura"
    mall.save(update_fields=["time_zone"])
    assert standings(night) == ["replaced", "holds"]


def test_no_version_holds_in_hindsight(draft, head, at):
    past = TODAY - dt.timedelta(days=1)
    refusal = refused("date_passed", standard=draft, by=head, at=at, valid_from=past)
    assert "valid_from" in refusal.fields
    draft.valid_from = past
    draft.save()
    assert rules.approve_standard(standard=draft, by=head, at=at).valid_from == TODAY


def test_nobody_approves_for_another_agency(draft, hold_office, mall, foreign, agency, at):
    for person in (
        hold_office("agency_head", mall=mall, agency=foreign),
        hold_office("counter", mall=mall, agency=agency),
        hold_office("leader", mall=mall),
    ):
        refused("not_allowed", standard=draft, by=person, at=at)
    draft.refresh_from_db()
    assert draft.approved_at is None


def test_approving_twice_is_refused(draft, head, at):
    rules.approve_standard(standard=draft, by=head, at=at)
    refused("already_approved", standard=draft, by=head, at=at)


# -- what changes ----------------------------------------------------------------------------------


def test_a_comparison_names_papers_fees_and_fields(service, draft):
    found = {c.label: c for c in changes.compare(service.standards.get(version=1), draft)}
    assert set(found) == {"Persyaratan", "Menit di loket", "Biaya"}
    assert found["Persyaratan"].removed == ("KK: asli",)
    assert found["Persyaratan"].added == ("Surat RT: asli",)
    assert (found["Menit di loket"].before, found["Menit di loket"].after) == ("15", "25")
    assert found["Biaya"].removed == ("Rp10.000, baru",)
    assert found["Biaya"].added == ("gratis, baru",)


def test_another_order_of_the_papers_is_a_change_too(service, draft):
    draft.requirements = ["KTP-el: asli", "KK: asli"]
    [change] = [
        c
        for c in changes.compare(service.standards.get(version=1), draft)
        if c.label == "Persyaratan"
    ]
    assert change.before == "KK: asli; KTP-el: asli"
    assert change.after == "KTP-el: asli; KK: asli"


def test_what_a_draft_is_compared_with(service, draft, head, at):
    first = service.standards.get(version=1)
    assert versions.compared_with(draft, TODAY) == first
    rules.approve_standard(standard=draft, by=head, at=at)
    assert versions.compared_with(draft, TODAY) == first
    assert versions.compared_with(first, TODAY) is None


# -- the pages -------------------------------------------------------------------------------------


def test_a_head_drafts_compares_and_approves_by_pages(as_head, service):
    ask = reverse("admin:services_servicetype_new_version", args=[service.pk])
    assert "disalin dari versi 1" in as_head.get(ask).content.decode()
    assert service.standards.count() == 1  # looking makes none
    made = as_head.post(ask)
    draft = service.standards.get(version=2)
    assert made.url == reverse(f"{PAGE}change", args=[draft.pk])
    compare = reverse(f"{PAGE}compare", args=[draft.pk])
    page = as_head.get(compare).content.decode()
    assert "Isinya sama" in page
    assert "Masih kosong" in page
    late = as_head.post(compare, {"valid_from": "2026-11-01"})
    assert late.status_code == 422
    assert "Tanggal berlaku sudah lewat" in late.content.decode()
    as_head.post(compare, {"valid_from": TOMORROW.isoformat()})
    draft.refresh_from_db()
    assert (draft.valid_from, draft.approved_at is not None) == (TOMORROW, True)
    shown = as_head.get(compare).content.decode()
    assert "berlaku mulai 24 Nov 2026" in shown
    assert 'name="valid_from"' not in shown


def test_a_second_draft_leads_to_the_one_that_waits(as_head, service, draft):
    ask = reverse("admin:services_servicetype_new_version", args=[service.pk])
    page = as_head.get(ask).content.decode()
    assert reverse(f"{PAGE}change", args=[draft.pk]) in page
    assert "belum disahkan" in as_head.post(ask, follow=True).content.decode()
    assert service.standards.count() == 2


def test_an_approved_version_is_only_read_and_a_draft_may_be_thrown_away(as_head, service, draft):
    first = service.standards.get(version=1)
    form = {"valid_from": "2026-12-01", "counter_minutes": 1, "processing_days": 0}
    none = {"fees-TOTAL_FORMS": 0, "fees-INITIAL_FORMS": 0}
    change = reverse(f"{PAGE}change", args=[first.pk])
    assert as_head.post(change, form | none).status_code == 403
    assert (
        as_head.post(reverse(f"{PAGE}delete", args=[first.pk]), {"post": "yes"}).status_code == 403
    )
    assert (
        as_head.post(reverse(f"{PAGE}delete", args=[draft.pk]), {"post": "yes"}).status_code == 302
    )
    assert list(service.standards.values_list("version", flat=True)) == [1]


def test_the_list_says_which_holds_and_which_waits(as_head, service, draft):
    path = reverse(f"{PAGE}changelist")
    page = as_head.get(path)
    assert [row.standing for row in page.context["cl"].result_list] == ["draft", "holds"]
    assert "menunggu pengesahan" in page.content.decode()
    only = as_head.get(path, {"keadaan": "draft"}).context["cl"].result_list
    assert [row.version for row in only] == [2]


def test_many_are_approved_at_once_each_by_the_rule(as_head, draft, make_service, agency, foreign):
    other = make_service(agency, "D-02").standards.get()
    theirs = make_service(foreign, "I-01").standards.get()
    done = draft.service_type.standards.get(version=1)
    chosen = [draft.pk, other.pk, theirs.pk, done.pk]
    form = {"action": "approve", "_selected_action": chosen}
    page = as_head.post(reverse(f"{PAGE}changelist"), form, follow=True).content.decode()
    assert "2 versi disahkan" in page
    assert "sudah disahkan" in page
    approved = ServiceStandard.objects.filter(approved_at__isnull=False)
    assert set(approved) == {draft, other, done}
