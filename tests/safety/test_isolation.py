"""What belongs to one agency is neither seen nor changed by the people of another, by any way in.

The registry of the admin is walked, so a new model is tried as well: one without an agency must be
named in `NO_AGENCY` with the reason why. "Foreign" is the tax agency, and the people who try are of
the civil registry.
"""

# ruff: noqa: F401, F811 (a fixture of another file)

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelChoiceField
from django.urls import NoReverseMatch, reverse

from mpp_portal.api import api
from queueing.models import Queue
from services.models import Agency, Officer
from services.scoped_admin import ScopedAdmin
from tests.safety.test_who_may import PATIENT_BODIES, Street, _fill, _values, street

NO_AGENCY = {
    "services.Mall": "of the mall: whole-mall offices only",
    "services.Paper": "of the mall: whole-mall offices only",
    "services.Holiday": "of the mall: whole-mall offices only",
    "complaints.ServiceLevel": "of the mall: whole-mall offices only",
    "queueing.Counter": "desks are the mall's and shared: whole-mall offices only",
    "queueing.CounterSession": "desks are the mall's and shared: whole-mall offices only",
    "queueing.Device": "the hall's: whole-mall offices only",
    "queueing.HelpCall": "the hall's: whole-mall offices only",
    "queueing.Notice": "the hall's: whole-mall offices only",
    "queueing.SlipPrint": "the hall's: whole-mall offices only",
    "queueing.Visit": "a visit goes through several agencies: whole-mall offices only",
    "auth.Group": "accounts: superusers only",
    "accounts.User": "accounts: superusers only",
    "notifications.Message": "a mall's to citizens: whole-mall offices only",
    "privacy.RevealLog": "looks at hidden values: superusers only",
    "accounts.ApiToken": "everybody's own: tried below",
    "auditlog.LogEntry": "by the row that was changed: tried below",
}
# Rows edited on the page of another, by the way to their agency.
INLINES = {
    "services.Fee": "standard__service_type__agency",
    "queueing.QueueService": "queue__agency",
    "queueing.QueueHours": "queue__agency",
    "queueing.QueueClosure": "queue__agency",
    "queueing.CounterAssignment": "queue__agency",
    "queueing.TicketEvent": "ticket__queue__agency",
    "complaints.CaseEvent": "case__agency",
}
WHO = ["officer", "head", "liaison"]
FOREIGN_WORDS = ["Badan Pendapatan Daerah", "BPKPD", "Antrean T", "Layanan PBB", "tema-pbb"]


def scoped() -> list[ScopedAdmin]:
    """Admins of models that belong to an agency."""
    return [a for a in admin.site._registry.values() if getattr(a, "agency_path", None)]


def rows_of(model: type[models.Model], path: str, agency: Agency) -> models.QuerySet:
    return model._default_manager.filter(**{"pk" if path == "pk" else path: agency.pk})


def owned(agency: Agency) -> dict[str, list[dict[str, Any]]]:
    """Everything that belongs to an agency, value by value."""
    paths = {a.model._meta.label: a.agency_path for a in scoped()} | INLINES
    return {
        label: list(rows_of(apps.get_model(label), path, agency).order_by("pk").values())
        for label, path in paths.items()
    }


def foreign(street: Street, model_admin: ScopedAdmin) -> models.QuerySet:
    return rows_of(model_admin.model, model_admin.agency_path, street.foreign["agency"])


def address(model_admin: Any, page: str, *args: Any) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{page}", args=args)


@pytest.fixture
def knock(street):
    """A request after which nothing of the foreign agency may have changed; then all is undone."""
    before = owned(street.foreign["agency"])

    @contextmanager
    def knocking(who: str, method: str, path: str, data: Any = None, **more: Any) -> Iterator[Any]:
        street.client.cookies[settings.SESSION_COOKIE_NAME] = street.sessions[who]
        with transaction.atomic():
            yield getattr(street.client, method)(path, data or {}, **more)
            if method == "post":
                assert owned(street.foreign["agency"]) == before, f"{who} {method} {path}"
            transaction.set_rollback(True)

    return knocking


def sees_nothing(response: Any, path: str, words: list[str] = FOREIGN_WORDS) -> None:
    text = response.content.decode(errors="replace") if not response.streaming else ""
    for word in words:
        assert word not in text, f"{path}: {word}"


# -- every model is one of the two kinds ----------------------------------------------------------


def test_every_model_of_the_admin_belongs_to_an_agency_or_says_why_not():
    labels = {model._meta.label for model in admin.site._registry}
    of_agencies = {a.model._meta.label for a in scoped()}
    assert labels - of_agencies == set(NO_AGENCY)


def test_every_inline_of_the_admin_is_known_and_scoped():
    found = {}
    for model_admin in admin.site._registry.values():
        for inline in model_admin.inlines:
            found[inline.model._meta.label] = hasattr(inline, "view_permission")
    known = set(INLINES) | {a.model._meta.label for a in scoped()}
    assert set(found) <= known, set(found) - known
    assert all(found.values()), found


def test_the_foreign_agency_has_one_of_everything(street):
    """Else the walk below would find nothing because there is nothing."""
    empty = {label for label, rows in owned(street.foreign["agency"]).items() if not rows}
    assert not empty


def test_what_is_not_of_an_agency_is_shut_to_its_people(knock):
    for who, (model, model_admin) in product(WHO, admin.site._registry.items()):
        label = model._meta.label
        if label not in NO_AGENCY or label in {"accounts.ApiToken", "auditlog.LogEntry"}:
            continue
        with knock(who, "get", address(model_admin, "changelist")) as response:
            assert response.status_code == 403, label


# -- lists: rows, filters, search, forged lookups --------------------------------------------------


def test_lists_filters_and_search_show_and_name_nothing_foreign(street, knock):
    everything = {"hari": "semua"}
    for who, model_admin in product(WHO, scoped()):
        path = address(model_admin, "changelist")
        ids = set(foreign(street, model_admin).values_list("pk", flat=True))
        more = everything if _by_day(model_admin) else {}
        for query in [{}, *({"q": word} for word in ["a", "PBB", "T"])]:
            with knock(who, "get", path, query | more) as response:
                if response.status_code == 403:
                    break
                assert response.status_code == 200, path
                shown = {row.pk for row in response.context["cl"].result_list}
                assert not shown & ids, f"{who} {path} {query}"
                if "q" not in query:  # the words typed come back in the box
                    sees_nothing(response, path)


def test_whoever_covers_both_agencies_finds_what_the_others_do_not(street, knock):
    """The control: the same lists, as the manager of the mall, hold foreign rows and names."""
    found, named = set(), set()
    for model_admin in scoped():
        ids = set(foreign(street, model_admin).values_list("pk", flat=True))
        path = address(model_admin, "changelist")
        with knock(
            "manager", "get", path, {"hari": "semua"} if _by_day(model_admin) else {}
        ) as page:
            found |= {model_admin.opts.label} if _shown(page) & ids else set()
            named |= {word for word in FOREIGN_WORDS if word in page.content.decode()}
    assert found == {model_admin.opts.label for model_admin in scoped()}
    assert len(named) >= 4


def _shown(page: Any) -> set[int]:
    return {row.pk for row in page.context["cl"].result_list}


def _by_day(model_admin: Any) -> bool:
    return any(getattr(f, "parameter_name", "") == "hari" for f in model_admin.list_filter)


def test_a_forged_filter_opens_nothing(street, knock):
    agency = street.foreign["agency"]
    for who, model_admin in product(WHO, scoped()):
        path = address(model_admin, "changelist")
        ids = set(foreign(street, model_admin).values_list("pk", flat=True))
        way = model_admin.agency_path
        for query in (
            {f"{way}__id__exact" if way != "pk" else "id__exact": agency.pk},
            {f"{way}__name__startswith" if way != "pk" else "name__startswith": "Badan"},
            {"pk__in": ",".join(map(str, ids))},
            {"antrean": street.foreign["queue"], "hari": "semua"},
            {"e": "1"},
        ):
            with knock(who, "get", path, query, follow=True) as response:
                if response.status_code != 200 or "cl" not in (response.context or {}):
                    continue
                shown = {row.pk for row in response.context["cl"].result_list}
                assert not shown & ids, f"{path} {query}"


# -- one row: its pages, its history, its acts -----------------------------------------------------


def test_no_page_of_a_foreign_row_opens_or_acts(street, knock):
    for who, model_admin in product(WHO, scoped()):
        row = foreign(street, model_admin).first()
        for pattern in model_admin.get_urls():
            name = pattern.name or ""
            if not pattern.pattern.converters:
                continue
            key = next(iter(pattern.pattern.converters))
            try:
                path = reverse(f"admin:{name}", kwargs={key: row.pk})
            except NoReverseMatch:
                continue
            for method in ("get", "post"):
                with knock(who, method, path, {"post": "yes", "reason": "ingin"}) as response:
                    refused = response.status_code in {302, 403, 404, 405}
                    assert refused, f"{who} {method} {path}: {response.status_code}"
                    to = response.get("Location", "/admin/")
                    own = to.startswith(path.replace("/history/", "")) or "/change/" in to
                    assert to == "/admin/" or own, f"{path} -> {to}"
                    sees_nothing(response, path)


def test_bulk_actions_with_foreign_ids_change_nothing(street, knock):
    tried = 0
    for who, model_admin in product(WHO, scoped()):
        ids = list(foreign(street, model_admin).values_list("pk", flat=True))
        path = address(model_admin, "changelist")
        names = {"delete_selected", *(getattr(a, "__name__", a) for a in model_admin.actions or [])}
        for name in names:
            for across in ("0", "1"):
                form = {
                    "action": name,
                    "_selected_action": ids,
                    "select_across": across,
                    "index": "0",
                    "post": "yes",
                }
                with knock(who, "post", path, form) as response:
                    tried += 1
                    assert response.status_code in {200, 302, 403}, f"{path} {name}"
                    sees_nothing(response, path)
    assert tried > 10


# -- export, autocomplete --------------------------------------------------------------------------


def test_exports_hold_nothing_foreign(street, knock):
    exports = 0
    for who, model_admin in product(WHO, admin.site._registry.values()):
        if not hasattr(model_admin, "has_export_permission"):
            continue
        path = address(model_admin, "export")
        for method, data in (
            ("get", {}),
            ("get", {"agency__id__exact": street.foreign["agency"].pk}),
        ):
            with knock(who, method, path, data) as response:
                body = b"".join(response) if response.streaming else response.content
                exports += response.status_code == 200
                for word in FOREIGN_WORDS:
                    assert word.encode() not in body, f"{path}: {word}"
    assert exports


def test_autocomplete_names_nothing_foreign(knock):
    path = reverse("admin:autocomplete")
    for who, model in product(WHO, admin.site._registry):
        for field in model._meta.fields:
            if not field.is_relation:
                continue
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field.name,
                "term": "a",
            }
            with knock(who, "get", path, query) as response:
                assert response.status_code in {200, 403, 404}
                sees_nothing(response, f"{path} {query}")


# -- forms: choices, forged posts, forged inline rows ----------------------------------------------


def forms_of(response: Any) -> Iterator[Any]:
    """Every form of a page of the admin: its own, the inlines', and their empty ones."""
    yield response.context["adminform"].form
    for inline in response.context["inline_admin_formsets"]:
        yield from [*inline.formset.forms, inline.formset.empty_form]


def belongs_to(row: models.Model, agency: Agency) -> bool:
    """Whether a row that a form offers is of this agency."""
    if isinstance(row, Agency):
        return row == agency
    for path in ("agency", "queue.agency", "service_type.agency"):
        found: Any = row
        for step in path.split("."):
            found = getattr(found, step, None)
        if isinstance(found, Agency):
            return found == agency
    return False


def sent(response: Any) -> dict[str, Any]:
    """What the page's form would send as it stands."""
    data: dict[str, Any] = {}
    formsets = [i.formset for i in response.context["inline_admin_formsets"]]
    whole = [response.context["adminform"].form]
    whole += [f for s in formsets for f in [s.management_form, *s.forms]]
    for form in whole:
        for field in form:
            value = field.value()
            if value is None or value is False:
                continue
            many = isinstance(value, list | tuple)
            data[field.html_name] = [str(v) for v in value] if many else str(value)
    return data


def editable(street: Street, model_admin: ScopedAdmin) -> list[str]:
    rows = rows_of(model_admin.model, model_admin.agency_path, street.own["agency"])
    changes = [address(model_admin, "change", row.pk) for row in rows[:1]]
    return [address(model_admin, "add"), *changes]


def test_forms_offer_nothing_foreign_and_take_no_forged_choice(street, knock):
    agency = street.foreign["agency"]
    forged = 0
    for model_admin in scoped():
        for path in editable(street, model_admin):
            with knock("head", "get", path) as response:
                if response.status_code == 403:
                    continue
                sees_nothing(response, path)
                if "adminform" not in response.context:  # a page of its own, without such a form
                    continue
                data, choices = sent(response), []
                for form in forms_of(response):
                    for name, field in form.fields.items():
                        if not isinstance(field, ModelChoiceField) or name in {"id", "queue_ptr"}:
                            continue
                        offered = [r for r in field.queryset if belongs_to(r, agency)]
                        assert not offered, f"{path} {name} offers {offered}"
                        target = _foreign_row(field.queryset.model, agency)
                        if target is not None:
                            choices.append((form.add_prefix(name), target.pk))
            for name, pk in choices:
                row = _one_more(data, name) | {name.replace("__prefix__", "0"): str(pk)}
                with knock("head", "post", path, row) as response:
                    forged += 1
                    assert response.status_code in {200, 403}, f"{path} {name}={pk} was taken"
    assert forged >= 8


def _foreign_row(model: type[models.Model], agency: Agency) -> models.Model | None:
    return next((row for row in model._default_manager.all() if belongs_to(row, agency)), None)


def _one_more(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The data with one added row in the inline of a field of its empty form."""
    if "__prefix__" not in name:
        return dict(data)
    prefix = name.split("-__prefix__")[0]
    kept = {k: v for k, v in data.items() if not k.startswith(f"{prefix}-")}
    return kept | {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "0"}


def test_a_forged_inline_row_does_not_move_or_change_a_foreign_one(street, knock):
    """The id of a foreign row in an own page's formset; and the own parent's key replaced."""
    agency = street.foreign["agency"]
    tried = 0
    for model_admin in scoped():
        for path in editable(street, model_admin)[1:]:
            with knock("head", "get", path) as response:
                if response.status_code != 200 or "adminform" not in response.context:
                    continue
                data = sent(response)
                formsets = [i.formset for i in response.context["inline_admin_formsets"]]
                described = [(s.prefix, s.model, s.fk.name) for s in formsets]
            for prefix, model, parent in described:
                way = INLINES.get(model._meta.label)
                row = rows_of(model, way, agency).first() if way else None
                if row is None:
                    continue
                with knock(
                    "head",
                    "post",
                    path,
                    data
                    | {
                        f"{prefix}-TOTAL_FORMS": "1",
                        f"{prefix}-INITIAL_FORMS": "1",
                        f"{prefix}-0-id": str(row.pk),
                        f"{prefix}-0-{parent}": str(getattr(row, f"{parent}_id")),
                        f"{prefix}-0-DELETE": "on",
                    },
                ) as response:
                    tried += 1
                    assert response.status_code in {200, 302, 403, 404}
    assert tried >= 3


# -- own things only -------------------------------------------------------------------------------


def test_tokens_of_others_are_not_there(street, knock):
    from_others = street.house.people["foreign_head"].api_tokens.get()
    model_admin = admin.site._registry[type(from_others)]
    with knock("head", "get", address(model_admin, "changelist")) as response:
        rows = response.context["cl"].result_list if response.status_code == 200 else []
        assert {token.user.username for token in rows} <= {"head"}
    for page in ("change", "history", "delete"):
        path = address(model_admin, page, from_others.pk)
        with knock("head", "get", path) as response:
            assert response.status_code in {302, 403}
    form = {"action": "revoke", "_selected_action": [from_others.pk]}
    with knock("head", "post", address(model_admin, "changelist"), form):
        from_others.refresh_from_db()
        assert from_others.revoked_at is None


def test_the_history_tells_nothing_foreign(street, knock):
    queue = Queue.objects.get(pk=street.foreign["queue"])
    queue.name = "Antrean T diubah"
    queue.save()
    path = reverse("admin:auditlog_logentry_changelist")
    with knock("head", "get", path) as response:
        assert response.context["cl"].result_list
        sees_nothing(response, path)
    with knock("head", "get", path, {"q": "Antrean", "jenis": "queue"}) as response:
        names = {entry.object_repr for entry in response.context["cl"].result_list}
        assert not {name for name in names if name.startswith("T")}
    with knock("foreign_head", "get", path) as response:
        entry = next(e for e in response.context["cl"].result_list if e.object_id == queue.pk)
    with knock("head", "get", reverse("admin:auditlog_logentry_change", args=[entry.pk])) as got:
        assert got.status_code == 302


def test_a_manager_appoints_nobody_of_another_mall(street, knock):
    """Accounts are of no agency: those who hold an office elsewhere are not even named."""
    other = street.house.mall.__class__.objects.create(slug="lain", name="MPP Lain", regency="x")
    user = street.house.people["leader"].__class__.objects.create(username="orang-jauh")
    Officer.objects.create(user=user, mall=other, role=Officer.Role.LEADER)
    path = reverse("admin:services_officer_add")
    with knock("manager", "get", path) as response:
        assert "orang-jauh" not in response.content.decode()
    form = {"user": user.pk, "mall": street.house.mall.pk, "agency": "", "role": "leader"}
    with knock("manager", "post", path, form | {"active": "on"}) as response:
        assert "user" in response.context["adminform"].form.errors


# -- the API ---------------------------------------------------------------------------------------


# Addresses that everybody may read, or whoever holds a token or PIN of the address itself.
OPEN = ("/malls", "/visits", "/complaints")


def operations() -> Iterator[tuple[str, str]]:
    """(method, route) of every operation of the staff whose address names an object."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                if "{" in path and not path.startswith(OPEN):
                    for method in operation.methods:
                        yield method, f"api/v1{prefix}{path}"


def test_no_token_of_the_own_agency_reaches_a_foreign_object(street):
    tried = 0
    label = street.foreign["ticket"].label
    before = owned(street.foreign["agency"])
    for who, (method, route) in product(["officer", "head", "liaison"], operations()):
        written = route.replace("{", "<").replace("}", ">")
        path = "/" + _fill(written, _values(street, written, None, "foreign"))
        body = next((b for end, b in PATIENT_BODIES.items() if route.endswith(end)), {})
        with transaction.atomic():
            response = street.client.generic(
                method,
                path,
                "" if method == "GET" else json.dumps(body),
                content_type="application/json",
                headers={"Authorization": f"Bearer {street.tokens[who]}"},
            )
            tried += 1
            refused = response.status_code in {401, 403, 404}
            assert refused, f"{who} {method} {path} {response.content!r}"
            assert label not in response.content.decode(), path
            assert owned(street.foreign["agency"]) == before, path
            transaction.set_rollback(True)
    assert tried >= 30


def test_the_list_of_counters_names_the_own_alone(street):
    headers = {"Authorization": f"Bearer {street.tokens['officer']}"}
    items = street.client.get("/api/v1/counters", headers=headers).json()["items"]
    assert street.own["counter"] in {item["id"] for item in items}
    assert street.foreign["counter"] not in {item["id"] for item in items}
