"""Every address and every API operation, by everybody of the cast, against the table who_may.csv.

A row: the method and route; who may with an object of the own agency (civil); who may with one of
the foreign agency (tax); what happens to a stranger who may not: "login" or "refuse". "staff" are
all who may enter the admin. An address that is not in the table fails, and the message holds the
line to review and add. Tokens and PINs in an address are the citizen's: the others guess.
"""

import contextlib
import csv
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template.base import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.safestring import SafeString

from accounts.models import ApiToken, User
from accounts.rules import issue_token
from complaints.files import receive_all
from complaints.models import Case, CaseEvent, Publication, ServiceLevel
from complaints.opened import COOKIE
from complaints.rules import file_case, pass_for
from mpp_portal.api import api
from privacy.models import RevealLog
from queueing import rules, statistics
from queueing.admin import console
from queueing.models import (
    Device,
    HelpCall,
    Notice,
    QueueClosure,
    QueueDay,
    QueueHours,
    SlipPrint,
    Ticket,
)
from queueing.views.sharing import signer
from services.models import Closure, Fee, Holiday, OpeningHours, Paper, ServiceStandard
from surveys.rules import invite
from tests.house import TODAY, House, at

TABLE = Path(__file__).with_name("who_may.csv")
STAFF_ROLES = [
    "officer",
    "colleague",
    "foreign_officer",
    "liaison",
    "head",
    "foreign_head",
    "front_desk",
    "complaints_desk",
    "manager",
    "leader",
    "helper",
    "superuser",
]
ROLES = ["anonymous", "citizen", *STAFF_ROLES]
# The others may or may not before a page is written, so theirs stay blank: a third of the time.
RENDERED = {"anonymous", "citizen", "officer", "superuser"}
EVERYONE = "everyone"
STAFF = tuple(role for role in STAFF_ROLES if role != "helper")  # who may enter the admin
MORE_ACTS = {"admin/meja-depan/<str:act>/": ["nomor"]}  # not in the room's own list of acts
PATIENT_BODIES: dict[str, Any] = {  # what an operation needs before it asks who is there
    "check-in": {"hall_code": "0000"},
    "park": {"reason": "alasan apa saja"},
    "/call": {"ticket": "00000000-0000-4000-8000-000000000000", "reason": "alasan apa saja"},
    "transfer": {"service": "PBB"},
    "visits": {"mall": "gajah-mada", "name": "Siti", "tickets": []},
    "complaints": {"mall": "gajah-mada", "kind": "complaint", "subject": "Uji", "text": "Uji"},
    **{f"{{number}}/{act}": {"text": "Uji"} for act in ("complete", "add", "object", "reopen")},
    "{number}/rate": {"rating": 3},
}


@dataclass
class Street:
    """The house with one of everything, and a way to knock at its doors as anybody."""

    house: House
    sessions: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)  # what stands for <name> in an address
    foreign: dict[str, Any] = field(default_factory=dict)
    pins: dict[str, str] = field(default_factory=dict)  # by the number of the complaint
    passes: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)  # one for all: a new one builds its handler anew

    def knock(
        self,
        role: str,
        method: str,
        path: str,
        body: Any = None,
        form: Any = None,
        words: bool = True,
    ) -> Any:
        """One request; whatever it did is taken back. Without `words` the page stays blank."""
        cache.clear()  # a guess too many is answered differently
        client, headers = self.client, {}
        client.cookies.clear()
        if path.startswith("/api/"):
            if role in self.tokens:
                headers["Authorization"] = f"Bearer {self.tokens[role]}"
            if role == "citizen":
                pins = (pin for number, pin in self.pins.items() if f"/{number}" in path)
                headers["X-PIN"] = next(pins, "")
        elif role in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        elif role == "citizen" and "/lampiran/" in path:
            client.cookies[COOKIE] = self.passes.get(path.split("/")[2], "")
        send = partial(getattr(client, method.lower()), path, headers=headers)
        blank = patch.object(Template, "render", lambda self, context: SafeString(""))
        with contextlib.nullcontext() if words else blank, transaction.atomic():
            more = {} if body is None else {"content_type": "application/json"}
            response = send(data=body if body is not None else form or {}, **more)
            transaction.set_rollback(True)
        return response


@pytest.fixture
def street(house, time_machine, tmp_path, monkeypatch) -> Street:
    time_machine.move_to(at(9, 5))
    monkeypatch.setattr(settings, "PRIVATE_ROOT", tmp_path)
    people = dict(house.people)
    people["superuser"] = User.objects.create(username="su", is_staff=True, is_superuser=True)
    street = Street(house)
    for role in STAFF_ROLES:
        client = Client()
        client.force_login(people[role])
        street.sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
        street.tokens[role] = issue_token(user=people[role], name="uji", at=at(7))
    own = _furnish(house, "KTP", "officer", 1)
    foreign = _furnish(house, "PBB", "foreign_officer", 4)
    RevealLog.objects.create(
        user=people["manager"], subject="queueing.Visit.nik", reference="x", reason="uji", at=at(8)
    )
    LogEntry.objects.create(
        user=people["manager"],
        content_type=ContentType.objects.get_for_model(User),
        object_id="1",
        action_flag=ADDITION,
    )
    Group.objects.create(name="uji")
    device = Device.objects.create(mall=house.mall, kind="kiosk", name="Kios 1")
    SlipPrint.objects.create(device=device, visit_id=own["visit_id"], at=at(8))
    HelpCall.objects.create(mall=house.mall, device=device, at=at(8))
    street.passes = {given["number"]: given["pass"] for given in (own, foreign)}
    street.pins = {given["number"]: given["pin"] for given in (own, foreign)}
    statistics.roll_up(mall=house.mall, date=TODAY)
    shared = {"mall": "gajah-mada", "app_label": "services"}
    shared |= {"zone": "timur", "content_type_id": 1, "url": "tidak-ada/", "size": 192}
    shared |= {"caught": "pesan", "message_id": 1}
    shared |= {"word": "bel", "language": "id", "phrase": "mulai"}
    shared |= {"kind": "booked", "form": "csv"}
    said = Publication.objects.create(
        case=Case.objects.get(number=own["number"]),
        subject="Uji",
        text="Uji",
        published_at=at(8),
        published_by=people["manager"],
    )
    shared |= {"published": said.pk}
    street.own = {**shared, **own}
    street.foreign = {**shared, **foreign}
    return street


def _furnish(house: House, service: str, officer: str, number: int) -> dict[str, Any]:
    """One of everything for an agency: somebody called, somebody booked, hours, fees, closures."""
    kind = house.services[service]
    kind.theme = f"tema-{service.lower()}"
    kind.save(update_fields=["theme"])
    queue, agency = kind.queue_service.queue, kind.agency
    counter = house.counters[number]
    ticket = house.waiting(service, 9, arrived=at(8, 50), phone=f"08123456789{number}")
    rules.open_counter(counter_id=counter.pk, officer=house.people[officer], at=at(8, 55))
    rules.call_next(counter_id=counter.pk, officer=house.people[officer], at=at(9))
    date = TODAY.replace(month=12)
    Fee.objects.create(standard=ServiceStandard.objects.get(service_type=kind), amount=0)
    hours = {"opens_at": "09:00", "closes_at": "12:00", "weekday": 5}
    OpeningHours.objects.create(mall=house.mall, agency=agency, **hours)
    QueueHours.objects.create(queue=queue, **hours)
    span = {"first_date": date, "last_date": date, "reason": "uji"}
    Closure.objects.create(mall=house.mall, agency=agency, **span)
    QueueClosure.objects.create(queue=queue, **span)
    Holiday.objects.get_or_create(mall=house.mall, date=date, defaults={"name": "uji"})
    Paper.objects.create(mall=house.mall, name=f"berkas {service}")
    ServiceLevel.objects.get_or_create(
        mall=house.mall, level="ordinary", valid_from=date, defaults={"days": 10}
    )
    Notice.objects.create(mall=house.mall, text="uji", starts_at=at(8), ends_at=at(15))
    filed = file_case(
        mall=house.mall,
        kind="complaint",
        subject="Uji",
        text="Lama sekali menunggu",
        agency_code=agency.code,
        at=at(8),
        channel="api",
        language="id",
        files=receive_all([SimpleUploadedFile("a.pdf", b"%PDF-1.4 %%EOF")]),
    )
    CaseEvent.objects.create(case=filed.case, kind="forwarded", at=at(8))
    survey = invite(
        mall=house.mall,
        agency=agency,
        service=kind,
        date=TODAY,
        reference=ticket.public_id,
        at=at(9),
    )
    return {
        "number": filed.case.number,
        "pin": filed.pin,
        "pass": pass_for(filed.case),
        "stored_as": filed.case.attachments.get().stored_as,
        "agency_code": agency.code,
        "service_code": service,
        "theme": kind.theme,
        "window": ticket.window_id,
        "token": ticket.visit.token,
        "survey": survey,
        "signed": signer.sign(str(ticket.visit_id)),
        "public_id": ticket.public_id,
        "counter": counter.pk,
        "counter_id": counter.pk,
        "user_id": house.people[officer].pk,
        "queue": queue.pk,
        "prefix": queue.prefix,
        "ticket": ticket,
        "ticket_id": ticket.pk,
        "visit_id": ticket.visit_id,
        "agency": agency,
    }


def test_everybody_may_what_the_table_says_and_nothing_else(street):
    table = {row["address"]: row for row in csv.DictReader(TABLE.open())}
    seen, missing, wrong = set(), [], []
    for address, found in walk(street):
        line = written(found)
        if line is None:
            continue
        seen.add(address)
        if address not in table:
            missing.append(",".join([address, *line]))
        elif [table[address][c] for c in ("own", "foreign", "stranger")] != line:
            wrong.append(f"{','.join([address, *line])}   <- the table: {table[address]}")
    gone = sorted(set(table) - seen)
    assert not missing, "not in who_may.csv; who may, as it is now:\n" + "\n".join(missing)
    assert not wrong, "differs from who_may.csv:\n" + "\n".join(wrong)
    assert not gone, f"in who_may.csv, but there is no such address: {gone}"


def test_an_address_that_is_not_in_the_table_would_be_found(street):
    """The walk reaches pages behind includes, the admin, and operations of the API."""
    addresses = {address for address, _ in doors()}
    assert "GET admin/services/agency/<path:object_id>/change/" in addresses
    assert "POST api/v1/counters/{int:counter}/call-next" in addresses
    assert any(address.startswith("GET <mall:mall>/") for address in addresses)
    with pytest.raises(AssertionError, match="no value for <rahasia>"):
        _values(street, "rahasia/<int:rahasia>/", None, "own")


# -- the walk --------------------------------------------------------------------------------

Found = dict[str, dict[str, str]]  # {"own": {role: outcome}, "foreign": ...}
Door = tuple[str, Callable[[Street], Found]]


def doors() -> Iterator[Door]:
    """(address, try it) of every URL pattern with GET and POST, and of every operation."""
    for route, pattern in _patterns(get_resolver()):
        if route.startswith("api/v1/") and pattern.name not in {"openapi-json", "api-docs"}:
            continue
        for method in ("GET", "POST"):
            if method == "POST" and _only_read(route):
                continue
            for one in _acts(route, pattern):
                yield f"{method} {one}", partial(_try_page, method, one)
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                for method in operation.methods:
                    route = f"api/v1{prefix}{path}"
                    yield f"{method} {route}", partial(_try_operation, method, route)


def walk(street: Street) -> Iterator[tuple[str, Found]]:
    for address, attempt in doors():
        yield address, attempt(street)


def _patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for part in resolver.url_patterns:
        route = before + re.sub(r"\^?\(\?P<(\w+)>[^)]*\)", r"<\1>", str(part.pattern)).rstrip("$")
        if isinstance(part, URLResolver):
            yield from _patterns(part, route)
        else:
            yield route, part


def _acts(route: str, pattern: URLPattern) -> list[str]:
    """An address that names an act is an address for each of them."""
    if "<str:act>" not in route:
        return [route]
    acts = [*sys.modules[pattern.callback.__module__].ACTS, *MORE_ACTS.get(route, [])]
    return [route.replace("<str:act>", act) for act in acts]


def _only_read(route: str) -> bool:
    """The admin's standard pages that change nothing, whatever is sent to them."""
    if _model_of(route) is None:
        return route in {"admin/jsi18n/", "admin/autocomplete/"}
    return route.count("/") == 3 or route.endswith(("history/", "<path:object_id>/"))


def _try_page(method: str, route: str, street: Street) -> Found:
    model = _model_of(route)
    found: Found = {}
    for whose in ("own", "foreign"):
        values = _values(street, route, model, whose)
        if whose == "foreign" and values == _values(street, route, model, "own"):
            found[whose] = found["own"]
            continue
        found[whose] = {}
        for role in ROLES:
            path = "/" + _fill(route, {**values, **_guess(role, route)})
            form = _form(role, route, getattr(street, whose)) if method == "POST" else {}
            words = whose == "own" and role in RENDERED
            response = street.knock(role, method, path, form=form, words=words)
            found[whose][role] = _outcome(response, path)
    return found


def _form(role: str, route: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a page's form needs before the view asks whose the object is."""
    if route.endswith("/pindah/"):
        return {"jam": given["window"]}
    if "/meja-depan/" in route:
        return {"visit": given["ticket"].visit_id, "mall": "gajah-mada"}
    if route.startswith("pengaduan/"):
        return {"pin": given["pin"] if role == "citizen" else "000000"}
    return {}


def _try_operation(method: str, route: str, street: Street) -> Found:
    body = next((b for end, b in PATIENT_BODIES.items() if route.endswith(end)), {})
    if route.endswith("tickets/{uuid:public_id}/check-in"):
        body = {}
    found: Found = {}
    for whose in ("own", "foreign"):
        found[whose] = {}
        for role in ROLES:
            names = _values(street, route.replace("{", "<").replace("}", ">"), None, whose)
            path = "/" + _fill(
                route.replace("{", "<").replace("}", ">"), {**names, **_guess(role, route)}
            )
            if route.endswith("/reschedule"):
                body = {"window": getattr(street, whose)["window"]}
            response = street.knock(role, method, path, body if method == "POST" else None)
            found[whose][role] = _outcome(response, path)
    return found


def _guess(role: str, route: str) -> dict[str, str]:
    """Only the citizen holds the token and the signed link."""
    guess = "tebakan-yang-panjangnya-cukup-32"
    return {} if role == "citizen" else {"token": guess, "signed": f"1.{guess}"}


def _outcome(response: Any, path: str) -> str:
    """allow, refuse, login, or unserved (the method)."""
    status = response.status_code
    assert status < 500 or status == 503, f"{path}: {status}"
    if status == 405:
        return "unserved"
    if status in {401, 403, 404, 429}:
        return "refuse"
    to = response.get("Location", "")
    if "/login/" in to or to.startswith("/masuk/"):
        return "login"
    if to == "/admin/" and re.search(r"/\d+/", path):
        return "refuse"  # the admin's way to say that there is no such object
    return "allow"


def written(found: Found) -> list[str] | None:
    """The columns of the table; None where the method is not served."""
    outcomes = {o for by_role in found.values() for o in by_role.values()}
    if "unserved" in outcomes and "allow" not in outcomes:
        return None
    columns = []
    for whose in ("own", "foreign"):
        may = [role for role in ROLES if found[whose][role] == "allow"]
        columns.append({tuple(ROLES): EVERYONE, STAFF: "staff"}.get(tuple(may), " ".join(may)))
    stranger = found["own"]["anonymous"]
    return [*columns, "" if stranger == "allow" else stranger]


# -- what stands for a name in an address ----------------------------------------------------

_AGENCY_BY = (
    "agency",
    "queue.agency",
    "service_type.agency",
    "standard.service_type.agency",
    "ticket.queue.agency",
)


def _model_of(route: str) -> Any:
    """The model whose page of the admin this is."""
    part = re.match(r"admin/(\w+)/(\w+)/", route)
    with contextlib.suppress(LookupError):
        return apps.get_model(part[1], part[2]) if part else None
    return None


def _values(street: Street, route: str, model: Any, whose: str) -> dict[str, Any]:
    given = getattr(street, whose)
    values = {}
    for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
        if name == "object_id" or (model and name in {"pk", "id"}):
            values[name] = _row(model, given) if model else 1
        elif route.startswith("survei/"):
            values[name] = {"token": given["survey"], "number": 1}[name]
        elif name == "code":
            values[name] = given["agency_code" if "instansi" in route else "service_code"]
        else:
            assert name in given, f"{route}: no value for <{name}>; add it to `street`"
            values[name] = given[name]
    return values


def _row(model: Any, given: dict[str, Any]) -> Any:
    """The id of a row of this model that belongs to the agency; else of the first row."""
    rows = list(model._default_manager.order_by("pk"))
    assert rows, f"no {model._meta.label} to try; add one to `_furnish`"
    for row in rows:
        for path in _AGENCY_BY:
            if _follow(row, path) == given["agency"]:
                return row.pk
    label = model._meta.label
    special = {
        "services.Agency": given["agency"].pk,
        "queueing.Visit": given["ticket"].visit_id,
        "queueing.Counter": given["counter"],
    }
    return special.get(label, rows[0].pk)


def _follow(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = getattr(row, name, None)
    return row


def _fill(route: str, values: dict[str, Any]) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values[m[1]]), route)


def test_the_dashboard_of_another_agency_is_not_there(street):
    for who, own, foreign in (("head", "DUKCAPIL", "BPKPD"), ("foreign_head", "BPKPD", "DUKCAPIL")):
        assert street.knock(who, "GET", f"/dasbor/?instansi={own}").status_code == 200
        assert street.knock(who, "GET", f"/dasbor/?instansi={foreign}").status_code == 404


def test_no_act_at_an_own_counter_reaches_another_agencys_ticket(street):
    ticket, queue = street.foreign["ticket"], street.foreign["queue"]
    for act in console.ACTS:
        if act in {"buka", "tutup"}:
            continue
        form = {"ticket": ticket.pk, "queue": queue, "reason": "alasan", "service": "AKTA"}
        before = Ticket.objects.filter(queue=queue).values().get()
        path = f"/admin/loket/{street.own['counter']}/{act}/"
        client = Client()
        client.force_login(street.house.people["officer"])
        client.post(path, form)
        assert Ticket.objects.filter(queue=queue).values().get() == before, act
        assert not QueueDay.objects.filter(queue=queue).exclude(paused_reason="").exists()


def test_tokens_of_the_table_are_the_officers_own(street):
    assert ApiToken.objects.count() == len(STAFF_ROLES)
    assert admin.site.is_registered(ApiToken)
