"""The changes of state of the survey: inviting, answering, adding to an answer, paper, erasing.

Who answered is kept nowhere. An invitation is spent in the transaction that writes the response,
but nothing joins the two: the device's secret stands in the one under another purpose than in the
other, moments are kept as a date and a week, and the night's erasure writes both kinds of rows
anew, the responses in an order of their own, so that neither the transaction that made them nor
their place on the disk is in common.
"""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from privacy.index import blind
from services import permissions
from services.models import Agency, Mall, ServiceType
from surveys.elements import CODES
from surveys.models import Channel, Invitation, Response
from surveys.refusals import Refusal

LONGEST_TEXT = 1_000
PAPER_DAYS = 60  # a filled-in form waits no longer than this to be entered
_LAID_ANEW = """
WITH loose AS (DELETE FROM surveys_response WHERE amend_key IS NOT NULL RETURNING *)
INSERT INTO surveys_response ({columns}) SELECT {columns} FROM loose ORDER BY id
"""
PROFILE: dict[str, list[str]] = {
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
    response = _response(
        service=invitation.service_type,
        today=today,
        answers=given,
        channel=Channel.WEB,
        integrity=opinion,
        integrity_asked=version_of(settings.SURVEY_INTEGRITY_QUESTIONS) if opinion else "",
        amend_key=_amend_key(request_key),
    )
    response.save(force_insert=True)
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

    It is counted in the week in which it is entered: figures of a past week never grow by one. The
    same request is entered once, whenever it comes again. Refuses not_allowed, bad_date and what
    `answer` refuses.
    """
    mall = service.agency.mall
    today = mall.date_at(at)
    if not permissions.can(officer, permissions.ENTER_SURVEYS, mall=mall):
        raise Refusal("not_allowed")
    if not 0 <= (today - date).days <= PAPER_DAYS:
        raise Refusal("bad_date", days=PAPER_DAYS)
    given, chosen, text = read_answers(answers), read_profile(profile or {}), read_text(text)
    response = _response(
        id=UUID(bytes=blind("survey-paper", request_key)[:16], version=4),
        service=service,
        today=today,
        answers=given,
        channel=Channel.PAPER,
        entered_by=officer,
        text=text,
        **chosen,
    )
    Response.objects.bulk_create([response], ignore_conflicts=True)


def erase_invitations(at: dt.datetime) -> int:
    """Empty token and reference of visits RETENTION_VISIT_DAYS ago, and fingerprints every night.

    The device's secret is forgotten with them: from then on a second sending is simply too late.
    """
    spent = Invitation.objects.filter(request_hash__isnull=False).update(request_hash=None)
    before = at.date() - dt.timedelta(days=settings.RETENTION_VISIT_DAYS)
    old = Invitation.objects.filter(date__lt=before, token__isnull=False)
    return spent + old.update(token=None, reference=None, request_hash=None)


def erase_responses(at: dt.datetime) -> int:
    """Empty words and data of respondents after RETENTION_SURVEY_DAYS; the device's key nightly.

    The rows that lose their key are laid down anew in the order of their random ids: as they came,
    their places would follow those of the invitations.
    """
    kept = [f.column for f in Response._meta.concrete_fields if f.column and f.name != "amend_key"]
    with connection.cursor() as cursor:
        cursor.execute(_LAID_ANEW.format(columns=", ".join(kept)))
        loose = cursor.rowcount
    before = at.date() - dt.timedelta(days=settings.RETENTION_SURVEY_DAYS)
    old = Response.objects.filter(week__lt=before, erased=False)
    return loose + old.update(**dict.fromkeys(PROFILE, ""), text="", erased=True)


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
    chosen = {field: profile.get(field, "") for field in PROFILE}
    for field, value in chosen.items():
        if value and value not in PROFILE[field]:
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


def version_of(questions: Sequence[str]) -> str:
    """What a response keeps of the operator's questions: which ones they were."""
    return hashlib.sha256(json.dumps(list(questions)).encode()).hexdigest()[:12]


# -- inside ------------------------------------------------------------------------------------


def _response(
    *, service: ServiceType, today: dt.date, answers: Mapping[str, int | None], **more: Any
) -> Response:
    return Response(
        mall_id=service.agency.mall_id,
        agency_id=service.agency_id,
        service_type=service,
        week=today - dt.timedelta(days=today.weekday()),
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


def _midnight(mall: Mall, date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time(), tzinfo=mall.zone)


def _clean(token: str) -> bool:
    return 16 <= len(token) <= 32 and token.isascii() and token.isprintable()
