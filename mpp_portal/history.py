"""The history of the house: who changed which row of its set-up, from what to what.

Rows of `TRACKED` are written down by django-auditlog as they are saved; visits, tickets and cases
keep logs of their own. With each change stand the mall and the agency it belonged to, so that
everybody reads the changes of the own office, of rows that are gone too.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.signals import pre_save
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import ApiToken, User
from complaints.models import ServiceLevel
from notifications.models import MessageText
from queueing.models import (
    Counter,
    CounterAssignment,
    Device,
    Queue,
    QueueClosure,
    QueueHours,
    QueueService,
)
from services import permissions
from services.changes import Change, between, fee_line
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Mall,
    Officer,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)
from services.scoped_admin import ScopedAdmin, reached


@dataclass(frozen=True)
class Tracked:
    """A model whose changes are kept; `of` names the rows on whose page they stand as well."""

    model: type[models.Model]
    of: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # fields; none: all
    masked: tuple[str, ...] = ()  # fields of which only the change is kept


TRACKED = [
    Tracked(Mall),
    Tracked(Agency),
    Tracked(ServiceType),
    Tracked(ServiceStandard, of=("service_type",)),
    Tracked(Fee, of=("standard",)),
    Tracked(Paper),
    Tracked(OpeningHours),
    Tracked(Closure),
    Tracked(Holiday),
    Tracked(Officer),
    Tracked(ServiceLevel),
    Tracked(Queue),
    Tracked(QueueService, of=("queue", "service_type")),
    Tracked(QueueHours, of=("queue",)),
    Tracked(QueueClosure, of=("queue",)),
    Tracked(Counter),
    Tracked(CounterAssignment, of=("queue", "counter")),
    Tracked(
        Device,
        only=(
            "mall",
            "kind",
            "name",
            "zone",
            "speaks",
            "printer",
            "printer_host",
            "printer_port",
            "paper_mm",
            "active",
        ),
    ),
    Tracked(
        User,
        only=("username", "is_active", "is_staff", "is_superuser"),
        masked=("first_name", "last_name", "email"),
    ),
    Tracked(MessageText, only=("subject", "short", "body")),
    Tracked(ApiToken, only=("user", "name", "scopes", "expires_at", "revoked_at")),
]
_BY_MODEL = {tracked.model: tracked for tracked in TRACKED}
HIDDEN = "•••"
PER_PAGE = 30
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def start() -> None:
    """Begin to write down; called once, when all apps are ready."""
    for tracked in TRACKED:
        auditlog.register(
            tracked.model,
            include_fields=[*(tracked.only or _columns(tracked.model)), *tracked.masked],
            mask_fields=list(tracked.masked),
            mask_callable="mpp_portal.history.hidden",
        )
        tracked.model.add_to_class("get_additional_data", _place)
    pre_save.connect(_sign, sender=LogEntry)


def _columns(model: type[models.Model]) -> list[str]:
    """All but the key, and but a translated column: it stands for its own in each language."""
    names = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    return [name for name in names if f"{name}_ind" not in names]


def hidden(value: str) -> str:
    """Of personal data only the fact that it changed."""
    return HIDDEN if value and value != "None" else ""


def acting(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable:
    """Middleware: whose request it is, asked only when something is written down."""

    def handle(request: HttpRequest) -> HttpResponse:
        token = _request.set(request)
        try:
            return get_response(request)
        finally:
            _request.reset(token)

    return handle


def _actor() -> User | None:
    request = _request.get()
    for name in ("auth", "user"):  # a token of the API, or a session
        person = getattr(request, name, None)
        if isinstance(person, User) and person.is_authenticated:
            return person
    return None


def _sign(sender: Any, instance: LogEntry, **kwargs: Any) -> None:
    """Before a change is kept: who made it, and by which name its row goes."""
    if instance.actor_id is None:
        instance.actor = _actor()
    more = instance.additional_data or {}
    instance.object_repr = more.pop("name", instance.object_repr)
    for field, user_name in more.pop("people", {}).items():
        if instance.changes and field in instance.changes:
            old, new = instance.changes[field]
            gone = instance.action == LogEntry.Action.DELETE
            instance.changes[field] = [
                user_name if gone else hidden(str(old)),
                user_name if new not in (None, "None") else None,
            ]


def _place(row: models.Model) -> dict[str, Any]:
    """Where a row belongs: mall and agency, the pages it also stands on; and, for `_sign`, its
    name and the user names of the people it is about, which are kept instead of their own."""
    with translation.override("id"):
        return {
            **scope_of(row),
            "of": [
                f"{parent._meta.label_lower}:{parent.pk}"
                for parent in _parents(row)
                if parent is not None
            ],
            "name": name_of(row),
            "people": {
                field.name: getattr(row, field.name).username
                for field in row._meta.concrete_fields
                if field.related_model is User and getattr(row, field.attname) is not None
            },
        }


def scope_of(row: models.Model) -> dict[str, int]:
    """The ids of the mall and the agency by which the admin says who may see the row."""
    model_admin = admin.site._registry.get(type(row))
    if isinstance(model_admin, ScopedAdmin):
        places = {
            "mall": _reached_or_none(row, model_admin.mall_path),
            "agency": _reached_or_none(row, model_admin.agency_path),
        }
        return {name: place.pk for name, place in places.items() if place is not None}
    parent = next(_parents(row), None)
    return scope_of(parent) if parent is not None else {}


def _reached_or_none(row: models.Model, path: str | None) -> Any:
    try:
        return reached(row, path)
    except ObjectDoesNotExist:
        return None


def _parents(row: models.Model) -> Iterator[Any]:
    for name in _BY_MODEL[type(row)].of:
        yield _reached_or_none(row, name)


def name_of(row: models.Model) -> str:
    """What a row is called in the history, without a person's name."""
    match row:
        case User():
            return row.username
        case Officer():
            return f"{row.user.username} ({row.get_role_display()})"
        case ServiceStandard():
            return _("%(service)s, versi %(version)d") % {
                "service": row.service_type,
                "version": row.version,
            }
        case Fee():
            return _("biaya %(fee)s") % {"fee": fee_line(row)}
        case QueueService():
            return f"{row.queue} · {row.service_type}"
        case CounterAssignment():
            return f"{row.counter} · {row.queue}"
        case QueueHours():
            return f"{row.queue} · {_hours(row)}"
        case QueueClosure():
            return f"{row.queue} · {row}"
        case OpeningHours():
            return _hours(row)
    return str(row)


def _hours(row: OpeningHours | QueueHours) -> str:
    return f"{row.get_weekday_display()} {row}" if row.weekday is not None else str(row)


# -- reading ---------------------------------------------------------------------------------------


def visible_to(user: Any) -> QuerySet[LogEntry]:
    """The changes of the rows that the person's office covers."""
    entries = LogEntry.objects.select_related("content_type", "actor")
    if user.is_active and user.is_superuser:
        return entries
    seen = Q(content_type=_type_of(ApiToken), object_id__in=ApiToken.objects.filter(user=user))
    if permissions.holds_every_mall(user, permissions.ARRANGE):
        seen |= Q(content_type=_type_of(MessageText))
    for (permission, of_agency), kinds in _shelves().items():
        malls, agencies = permissions.scope_ids(user, permission)
        covered = Q(additional_data__mall__in=malls)
        if of_agency:
            covered |= Q(additional_data__agency__in=agencies)
        seen |= Q(content_type__in=kinds) & covered
    return entries.filter(seen)


def _shelves() -> dict[tuple[str, bool], list[ContentType]]:
    """The kinds of rows by the permission that opens them, and whether an agency's office does."""
    shelves: dict[tuple[str, bool], list[ContentType]] = {}
    for tracked in TRACKED:
        model_admin = admin.site._registry.get(tracked.model)
        if model_admin is None and tracked.of:
            parent = tracked.model._meta.get_field(tracked.of[0]).related_model
            model_admin = admin.site._registry.get(parent)
        if isinstance(model_admin, ScopedAdmin):
            for permission in {model_admin.view_permission, model_admin.change_permission}:
                key = permission, bool(model_admin.agency_path)
                shelves.setdefault(key, []).append(_type_of(tracked.model))
    return shelves


def may_read(user: Any) -> bool:
    """Whether there is a history for this person: whoever arranges or edits anything."""
    return permissions.can(user, permissions.ARRANGE) or permissions.can(
        user, permissions.EDIT_CATALOGUE
    )


def of_row(row: models.Model) -> QuerySet[LogEntry]:
    """The changes of a row and of what stands on its page; the latest first."""
    own = Q(content_type=_type_of(type(row)), object_id=row.pk)
    part = Q(additional_data__of__contains=f"{row._meta.label_lower}:{row.pk}")
    entries = LogEntry.objects.filter(own | part).select_related("content_type", "actor")
    return entries.order_by("-timestamp", "-pk")


class Entry(NamedTuple):
    """A kept change as its page shows it."""

    entry: LogEntry
    look: str
    act: Any
    changes: list[Change]


ACTS = {
    LogEntry.Action.CREATE: ("ok", gettext_lazy("ditambah")),
    LogEntry.Action.UPDATE: ("wait", gettext_lazy("diubah")),
    LogEntry.Action.DELETE: ("skip", gettext_lazy("dihapus")),
}


def page_of(row: models.Model, page: Any) -> Page | None:
    """A page of a row's history; None where a row keeps a log of its own."""
    if type(row) not in _BY_MODEL:
        return None
    entries = Paginator(of_row(row), PER_PAGE).get_page(page)
    entries.object_list = [
        Entry(entry, *ACTS.get(entry.action, ("skip", "–")), changes(entry))
        for entry in entries.object_list
    ]
    return entries


def changes(entry: LogEntry) -> list[Change]:
    """What a kept change says, field by field, in the order of the form."""
    model = entry.content_type.model_class()
    found = [_change(model, name, *values) for name, values in (entry.changes or {}).items()]
    return sorted(filter(None, found), key=lambda change: change.label)


def _change(model: Any, name: str, old: Any, new: Any) -> Change | None:
    try:
        field = model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):  # a column that is no more
        return Change(name, str(old), str(new))
    return between(field, _empty(old), _empty(new))


def _empty(value: Any) -> Any:
    return None if value in ("None", "") else value


def _type_of(model: type[models.Model]) -> ContentType:
    return ContentType.objects.get_for_model(model)
