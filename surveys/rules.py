"""The changes of state of the survey: inviting, answering, adding to an answer, paper, erasing.

Who answered is kept nowhere. An invitation is spent in the transaction that writes the response,
but nothing joins the two: the device's secret stands in the one under another purpose than in the
other, moments are kept as a date and a week, and the night's erasure writes both kinds of rows
anew, so that not even the transaction that made them is in common.
"""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from privacy.index import blind
from services import permissions
from services.models import Agency, Mall, ServiceType
from surveys.elements import CODES
from surveys.models import Channel, Invitation, Response
from surveys.refusals import Refusal

LONGEST_TEXT = 1_000
PAPER_DAYS = 60  # a filled-in form waits no longer than this to be entered
_PROFILE: dict[str, list[str]] = {
    "sex": Response.Sex.values,
    "age_group": Response.AgeGroup.values,
    "education": Response.Education.values,
    "work": Response.Work.values,
}


def invite(
    *,
    mall: Mall,
    agency: Agency,
    service: ServiceType,
    date: dt.date,
    reference: UUID,
    at: dt.datetime,
    channel: str = Channel.WEB,
) -> str:
    """Return the token of the one invitation for a finished ticket; asked again, the same.

    `date` is the day of the visit, `reference` the ticket's public id. A visit that is too long ago
    is refused as `too_late`. Whether it was answered is for `open_token` to say.
    """
    known = Invitation.objects.filter(reference=reference).values_list("token", flat=True).first()
    if known:
        return known
    expires_at = _midnight(mall, date + dt.timedelta(days=settings.SURVEY_OPEN_DAYS + 1))
    if at >= expires_at:
        raise Refusal("too_late")
    invitation = Invitation(
        token=secrets.token_urlsafe(18),
        reference=reference,
        mall=mall,
        agency=agency,
        service_type=service,
        date=date,
        channel=Channel(channel),
        expires_at=expires_at,
    )
    Invitation.objects.bulk_create([invitation], ignore_conflicts=True)  # two at once: one row
    return Invitation.objects.get(reference=reference).token or ""


def open_token(*, reference: UUID, at: dt.datetime) -> str | None:
    """The token of a ticket's invitation that can still be answered; reads, writes nothing."""
    waiting = Invitation.objects.filter(
        reference=reference, answered_on=None, expires_at__gt=at, token__isnull=False
    )
    return waiting.values_list("token", flat=True).first()


def find(*, token: str) -> Invitation:
    """The invitation of a link with its mall, agency and service, or unknown_survey."""
    rows = Invitation.objects.select_related("mall", "agency", "service_type")
    invitation = rows.filter(token=token).first() if _clean(token) else None
    if invitation is None:
        raise Refusal("unknown_survey")
    return invitation


def check_open(invitation: Invitation, at: dt.datetime, request_key: str) -> None:
    """Refuse what is expired or already_answered; the device that answered may come back."""
    if invitation.answered_on is not None:
        spent_by = bytes(invitation.request_hash or b"")
        if not request_key or spent_by != blind("survey-request", request_key):
            raise Refusal("already_answered")
    elif at >= invitation.expires_at:
        raise Refusal("expired")


@transaction.atomic
def answer(
    *,
    token: str,
    answers: Mapping[str, int | None],
    at: dt.datetime,
    request_key: str,
    integrity: Sequence[int | None] = (),
) -> None:
    """Keep the answers and spend the invitation; the same request again changes nothing.

    `answers` by code, 1 to 4 or None; `request_key` is the device's secret, kept nowhere in the
    clear. Refuses unknown_survey, expired, already_answered, bad_answer,
    nothing_answered.
    """
    given = read_answers(answers)
    opinion = read_integrity(integrity)
    rows = Invitation.objects.select_for_update(of=("self",))
    rows = rows.select_related("mall", "service_type__agency")
    invitation = rows.filter(token=token).first() if _clean(token) else None
    if invitation is None:
        raise Refusal("unknown_survey")
    check_open(invitation, at, request_key)
    if invitation.answered_on is not None:
        return
    today = invitation.mall.date_at(at)
    _keep(
        service=invitation.service_type,
        today=today,
        channel=invitation.channel,
        answers=given,
        integrity=opinion,
        request_key=request_key,
    )
    invitation.answered_on = today
    invitation.request_hash = blind("survey-request", request_key)
    invitation.save(update_fields=["answered_on", "request_hash"])


@transaction.atomic
def add_profile(*, request_key: str, profile: Mapping[str, str]) -> None:
    """Add the optional data of the respondent, the same day, from the device that answered."""
    chosen = read_profile(profile)
    response = _amendable(request_key)
    for field, value in chosen.items():
        setattr(response, field, value)
    response.save(update_fields=[*chosen])


@transaction.atomic
def add_text(*, request_key: str, text: str) -> None:
    """Add the optional words, the same day, from the device that answered."""
    text = read_text(text)
    response = _amendable(request_key)
    response.text = text
    response.save(update_fields=["text"])


@transaction.atomic
def enter_paper(
    *,
    officer: Any,
    service: ServiceType,
    date: dt.date,
    answers: Mapping[str, int | None],
    at: dt.datetime,
    request_key: str,
    profile: Mapping[str, str] | None = None,
    text: str = "",
) -> None:
    """Enter a form that a citizen filled in on paper on `date`; it is marked as such.

    Refuses not_allowed, bad_date and what `answer` refuses; the same request is entered once.
    """
    mall = service.agency.mall
    if not permissions.can(officer, permissions.ENTER_SURVEYS, mall=mall):
        raise Refusal("not_allowed")
    if not 0 <= (mall.date_at(at) - date).days <= PAPER_DAYS:
        raise Refusal("bad_date", days=PAPER_DAYS)
    given, chosen, text = read_answers(answers), read_profile(profile or {}), read_text(text)
    if Response.objects.filter(amend_key=_amend_key(request_key)).exists():
        return
    _keep(
        service=service,
        today=date,
        channel=Channel.PAPER,
        answers=given,
        request_key=request_key,
        entered_by=officer,
        text=text,
        **chosen,
    )


def erase(at: dt.datetime) -> int:
    """Empty what is past its time; the marks and the counts stay. Returns rows emptied."""
    return erase_invitations(at) + erase_responses(at)


def erase_invitations(at: dt.datetime) -> int:
    """Empty token and reference of visits RETENTION_VISIT_DAYS ago, and fingerprints every night.

    The device's secret is forgotten with them: from then on a second sending is simply too late.
    """
    spent = Invitation.objects.filter(request_hash__isnull=False).update(request_hash=None)
    before = at.date() - dt.timedelta(days=settings.RETENTION_VISIT_DAYS)
    old = Invitation.objects.filter(date__lt=before, token__isnull=False)
    return spent + old.update(token=None, reference=None, request_hash=None)


def erase_responses(at: dt.datetime) -> int:
    """Empty words and data of respondents after RETENTION_SURVEY_DAYS; the device's key nightly."""
    loose = Response.objects.filter(amend_key__isnull=False).update(amend_key=None)
    before = at.date() - dt.timedelta(days=settings.RETENTION_SURVEY_DAYS)
    old = Response.objects.filter(week__lt=before, erased=False)
    return loose + old.update(**dict.fromkeys(_PROFILE, ""), text="", erased=True)


# -- reading what was sent ---------------------------------------------------------------------


def read_answers(answers: Mapping[str, int | None]) -> dict[str, int | None]:
    """The nine answers by code, or a refusal: bad_answer, nothing_answered."""
    if set(answers) - set(CODES):
        raise Refusal("bad_answer")
    given = {code: answers.get(code) for code in CODES}
    if any(mark is not None and mark not in (1, 2, 3, 4) for mark in given.values()):
        raise Refusal("bad_answer")
    if all(mark is None for mark in given.values()):
        raise Refusal("nothing_answered")
    return given


def read_integrity(answers: Sequence[int | None]) -> list[int | None]:
    """The answers to the operator's own questions, one for each or none at all."""
    given = list(answers)
    if given and len(given) != len(settings.SURVEY_INTEGRITY_QUESTIONS):
        raise Refusal("bad_answer")
    if any(mark is not None and mark not in (1, 2, 3, 4) for mark in given):
        raise Refusal("bad_answer")
    return [] if all(mark is None for mark in given) else given


def read_profile(profile: Mapping[str, str]) -> dict[str, Any]:
    """The optional data by field, "" where not given, or the refusal bad_choice."""
    chosen = {field: profile.get(field, "") for field in _PROFILE}
    for field, value in chosen.items():
        if value and value not in _PROFILE[field]:
            refusal = Refusal("bad_choice")
            refusal.fields = {field: refusal.message}
            raise refusal
    return chosen


def read_text(text: str) -> str:
    """The words in one shape, or the refusal text_too_long."""
    text = "\n".join(line.rstrip() for line in text.replace("\0", "").splitlines()).strip()
    if len(text) > LONGEST_TEXT:
        refusal = Refusal("text_too_long", limit=LONGEST_TEXT, count=len(text))
        refusal.fields = {"text": refusal.message}
        raise refusal
    return text


# -- inside ------------------------------------------------------------------------------------


def _keep(
    *,
    service: ServiceType,
    today: dt.date,
    channel: str,
    answers: Mapping[str, int | None],
    request_key: str,
    integrity: Sequence[int | None] = (),
    **more: Any,
) -> None:
    Response.objects.create(
        mall_id=service.agency.mall_id,
        agency_id=service.agency_id,
        service_type=service,
        week=today - dt.timedelta(days=today.weekday()),
        channel=channel,
        integrity=list(integrity),
        integrity_asked=_version(settings.SURVEY_INTEGRITY_QUESTIONS) if integrity else "",
        amend_key=_amend_key(request_key),
        **answers,
        **more,
    )


def _amendable(request_key: str) -> Response:
    response = (
        Response.objects.select_for_update()
        .filter(amend_key=_amend_key(request_key), entered_by=None)
        .first()
    )
    if response is None:
        raise Refusal("cannot_add")
    return response


def _amend_key(request_key: str) -> bytes:
    return blind("survey-response", request_key)


def _version(questions: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(questions)).encode()).hexdigest()[:12]


def _midnight(mall: Mall, date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), tzinfo=mall.zone)


def _clean(token: str) -> bool:
    return 16 <= len(token) <= 32 and token.isascii() and token.isprintable()
