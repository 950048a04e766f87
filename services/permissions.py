"""Which rows a person may see and change: one table from roles to permissions."""

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from services.models import Agency, Mall, Officer

CALL = "queue.call"
FRONT_DESK = "queue.front_desk"
SEE_QUEUE = "queue.see"
ARRANGE = "house.arrange"  # hours, closures, queues, counters, assignments
EDIT_CATALOGUE = "catalogue.edit"
READ_FIGURES = "figures.read"
REVEAL = "personal.reveal"
HANDLE_CASES = "cases.handle"
HANDLE_ALL_CASES = "cases.desk"
JUDGE_OBJECTIONS = "cases.superior"  # what is objected to goes past who answered
BOOK_FOR_OTHERS = "visits.book_for_others"
APPOINT = "officers.appoint"
ENTER_SURVEYS = "surveys.enter"  # forms filled in on paper

ALL = frozenset(
    {
        CALL,
        FRONT_DESK,
        SEE_QUEUE,
        ARRANGE,
        EDIT_CATALOGUE,
        READ_FIGURES,
        REVEAL,
        HANDLE_CASES,
        HANDLE_ALL_CASES,
        JUDGE_OBJECTIONS,
        BOOK_FOR_OTHERS,
        APPOINT,
        ENTER_SURVEYS,
    }
)
# An office with an agency covers that agency, one without covers the whole mall.
GRANTS: dict[str, frozenset[str]] = {
    Officer.Role.COUNTER: frozenset({CALL, SEE_QUEUE}),
    Officer.Role.FRONT_DESK: frozenset({FRONT_DESK, SEE_QUEUE, ENTER_SURVEYS}),
    Officer.Role.LIAISON: frozenset({HANDLE_CASES}),
    Officer.Role.COMPLAINTS_DESK: frozenset(
        {HANDLE_CASES, HANDLE_ALL_CASES, JUDGE_OBJECTIONS, ENTER_SURVEYS}
    ),
    Officer.Role.AGENCY_HEAD: frozenset(
        {ARRANGE, EDIT_CATALOGUE, READ_FIGURES, SEE_QUEUE, HANDLE_CASES, JUDGE_OBJECTIONS}
    ),
    Officer.Role.MALL_MANAGER: ALL,
    Officer.Role.LEADER: frozenset({READ_FIGURES}),
    Officer.Role.HELPER: frozenset({BOOK_FOR_OTHERS}),
}


def malls_for(user: Any, permission: str) -> QuerySet[Mall]:
    """Return the malls in which the person holds `permission` for the whole mall."""
    if _may_everything(user):
        return Mall.objects.all()
    return Mall.objects.filter(pk__in=_scopes(user, permission)[0])


def agencies_for(user: Any, permission: str) -> QuerySet[Agency]:
    """Return the agencies for which the person holds `permission`, by either kind of office."""
    if _may_everything(user):
        return Agency.objects.all()
    malls, agencies = _scopes(user, permission)
    return Agency.objects.filter(Q(mall__in=malls) | Q(pk__in=agencies))


def can(
    user: Any, permission: str, *, agency: Agency | None = None, mall: Mall | None = None
) -> bool:
    """Whether the person holds `permission` for the agency, the whole mall, or, unnamed, anywhere.

    At most one query per user object: the offices stay on it for the rest of the request.
    """
    if _may_everything(user):
        return True
    malls, agencies = _scopes(user, permission)
    if agency is not None:
        return agency.pk in agencies or agency.mall_id in malls
    if mall is not None:
        return mall.pk in malls
    return bool(malls or agencies)


def holds_a_mall(user: Any, permission: str) -> bool:
    """Whether the person holds `permission` for some whole mall."""
    return _may_everything(user) or bool(_scopes(user, permission)[0])


def holds_every_mall(user: Any, permission: str) -> bool:
    """Whether the person holds `permission` for all that the installation serves.

    For what is shared by its malls: with one mall its manager, with several who manages each.
    """
    if _may_everything(user):
        return True
    held = _scopes(user, permission)[0]
    return bool(held) and all(mall.pk in held for mall in active_malls(user))


def active_malls(user: Any) -> list[Mall]:
    """Every active mall by name; asked once per user object, as their offices are."""
    if not hasattr(user, "known_malls"):
        user.known_malls = list(Mall.objects.filter(active=True).order_by("name"))
    return user.known_malls  # type: ignore[no-any-return]


def active_malls_for(user: Any, permission: str) -> list[Mall]:
    """The active malls by name in which the person holds `permission` for the whole mall."""
    held = None if _may_everything(user) else _scopes(user, permission)[0]
    return [mall for mall in active_malls(user) if held is None or mall.pk in held]


def first_mall_id(user: Any) -> int | None:
    """The mall of the person's oldest office; None for who holds none."""
    return min(((office.pk, office.mall_id) for office in _offices(user)), default=(0, None))[1]


def needs_second_factor(user: Any) -> bool:
    """Whether an office of the person, or being a superuser, asks for a second factor."""
    roles = set(settings.SECOND_FACTOR_ROLES)
    if not roles or not user.is_authenticated:
        return False
    return (user.is_superuser and "superuser" in roles) or any(
        office.role in roles for office in _offices(user)
    )


def scope_ids(user: Any, permission: str) -> tuple[set[int], set[int]]:
    """Ids of the whole malls, and of the single agencies, in which the person holds it."""
    return _scopes(user, permission)


def _may_everything(user: Any) -> bool:
    return bool(user.is_active and user.is_superuser)


def _scopes(user: Any, permission: str) -> tuple[set[int], set[int]]:
    """Ids of whole malls, and of single agencies, in which the person's offices grant it."""
    offices = [o for o in _offices(user) if permission in GRANTS[o.role]]
    return (
        {office.mall_id for office in offices if office.agency_id is None},
        {office.agency_id for office in offices if office.agency_id is not None},
    )


def _offices(user: Any) -> list[Officer]:
    if not (user.is_active and user.is_authenticated):
        return []
    if not hasattr(user, "active_offices"):
        user.active_offices = list(Officer.objects.filter(user=user, active=True))
    return user.active_offices
