"""Receiving a case, and the promise that goes with it; every channel ends here."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from complaints import codes
from complaints.deadlines import first_answer
from complaints.models import Case
from complaints.promises import promise_text
from complaints.refusals import Refusal
from complaints.rules.attaching import Received, attach
from complaints.rules.steps import log
from complaints.surroundings import ticket_place
from complaints.workflow import Step, after
from privacy import identity
from privacy.index import blind
from services.models import Agency, Mall, ServiceType

LONGEST_TEXT, LONGEST_SUBJECT, LONGEST_NAME, LONGEST_KEY = 5_000, 120, 100, 200
_COLLISIONS = {"one_case_per_number", "one_case_per_request"}


class Filed(NamedTuple):
    """A case and the PIN that opens it; the PIN is shown to the reporter and kept nowhere."""

    case: Case
    pin: str


@dataclass(frozen=True)
class Report:
    """What was told, in one shape: phone E.164, texts trimmed, empty where not given."""

    kind: str
    text: str
    subject: str
    name: str
    phone: str
    email: str


@dataclass(frozen=True)
class Entry:
    """What staff write down beside a case that came by another channel."""

    entered_by: Any
    account: str = ""
    permalink: str = ""
    told_at: dt.datetime | None = None
    lapor_id: str = ""


def file_case(
    *,
    mall: Mall,
    kind: str,
    text: str,
    at: dt.datetime,
    channel: str,
    language: str,
    subject: str = "",
    agency_code: str = "",
    service_code: str = "",
    ticket_public_id: UUID | None = None,
    anonymous: bool = False,
    confidential: bool = False,
    name: str = "",
    phone: str = "",
    email: str = "",
    place: str = "",
    happened_on: dt.date | None = None,
    happened_time: dt.time | None = None,
    counter_number: int | None = None,
    entry: Entry | None = None,
    files: Sequence[Received] = (),
    request_key: str | None = None,
) -> Filed:
    """Receive a case and promise the date of its first answer; every channel ends here.

    A ticket names its agency, service and counter where the reporter does not. The clock starts
    when the desk hears of it, also where `entry` tells of an earlier moment. The same
    `request_key` gives the same case with the same PIN; with another content it is refused.
    Refuses with the codes of `refusals.py`.
    """
    report = read_report(kind=kind, text=text, subject=subject, name=name, phone=phone, email=email)
    if ticket_public_id and (ticket := ticket_place(mall.pk, ticket_public_id)):
        if not (agency_code or service_code):
            agency_code, service_code = ticket.agency_code, ticket.service_code
        counter_number = counter_number or ticket.counter_number
    agency, service = _find_place(mall, agency_code, service_code)
    place = identity.normalise_name(place)[:LONGEST_SUBJECT]
    _check_moment(happened_on, happened_time, at.astimezone(mall.zone))
    secret = request_key or secrets.token_urlsafe(24)
    if len(secret) > LONGEST_KEY:
        raise Refusal("bad_request_key", limit=LONGEST_KEY)
    key = blind("case-request", secret) if request_key else None
    content = blind(
        "case-content",
        *(str(part) for part in (mall.pk, agency_code, service_code, ticket_public_id)),
        *(str(part) for part in (anonymous, confidential)),
        *(str(part) for part in (place, happened_on, happened_time, counter_number)),
        *(file.sha256.hex() for file in files),
        *(report.kind, report.text, report.subject, report.name, report.phone, report.email),
    )
    pin = codes.pin_of(secret)
    promised = first_answer(mall=mall, at=at)
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    for attempt in (1, 2, 3):
        if known := _known(key, content):
            return Filed(known, pin)
        case = Case(
            mall=mall,
            number=codes.new_number(),
            state=after(Step.FILED),
            agency=agency,
            service_type=service,
            ticket_public_id=ticket_public_id,
            counter_number=counter_number,
            place=place,
            happened_on=happened_on,
            happened_time=happened_time if happened_on else None,
            anonymous=anonymous,
            confidential=confidential,
            channel=channel,
            language=language,
            received_at=at,
            counted_from=promised.counted_from,
            first_answer_due_on=promised.due_on,
            promise=promise_text(promised.due_on, language),
            request_key=key,
            request_hash=content if key else None,
            **vars(report),
            **(vars(entry) if entry else {}),
        )
        case.pin_hash = codes.pin_hash(case.number, pin)
        try:
            with transaction.atomic():
                case.save(force_insert=True)
                event = log(case, Step.FILED, at=at, by=case.entered_by)
                attach(event, files)
            return Filed(case, pin)
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            broken = getattr(diagnosis, "constraint_name", "")
            if broken == "one_case_per_lapor_id":
                raise Refusal("lapor_id_taken").at("lapor_id") from error
            if attempt == 3 or broken not in _COLLISIONS:
                raise
    raise AssertionError("unreachable")


def read_report(*, kind: str, text: str, subject: str, name: str, phone: str, email: str) -> Report:
    """Bring what was typed into one shape, or refuse with every field that needs mending."""
    problems: dict[str, Refusal] = {}
    if kind not in Case.Kind.values:
        problems["kind"] = Refusal("bad_kind")
    try:
        text = words(text)
    except Refusal as refusal:
        problems["text"] = refusal
    subject, name = identity.normalise_name(subject), identity.normalise_name(name)
    if len(subject) > LONGEST_SUBJECT:
        problems["subject"] = Refusal("subject_too_long", limit=LONGEST_SUBJECT)
    if len(name) > LONGEST_NAME:
        problems["name"] = Refusal("name_too_long", limit=LONGEST_NAME)
    try:
        phone = identity.normalise_phone(phone) if phone.strip() else ""
    except identity.BadPhone:
        problems["phone"] = Refusal("bad_phone")
    try:
        email = identity.normalise_email(email) if email.strip() else ""
    except identity.BadEmail:
        problems["email"] = Refusal("bad_email")
    if problems:
        first = next(iter(problems.values()))
        messages = {field: refusal.message for field, refusal in problems.items()}
        raise Refusal(first.code, fields=messages, **first.context)
    return Report(kind, text, subject, name, phone, email)


def words(text: str) -> str:
    """What was typed, in one shape; refuses text_missing, text_too_long."""
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if not text:
        raise Refusal("text_missing")
    if len(text) > LONGEST_TEXT:
        raise Refusal("text_too_long", limit=LONGEST_TEXT, count=len(text))
    return text


def _check_moment(day: dt.date | None, time: dt.time | None, now: dt.datetime) -> None:
    """Refuse what has not happened yet, and an hour without its day."""
    if time is not None and day is None:
        raise Refusal("day_missing").at("happened_on")
    if day is not None and (day, time or dt.time()) > (now.date(), now.time()):
        raise Refusal("not_yet_happened").at("happened_on")


def _find_place(
    mall: Mall, agency_code: str, service_code: str
) -> tuple[Agency | None, ServiceType | None]:
    """The agency and service meant; a service alone names its agency too."""
    if service_code:
        services = ServiceType.objects.filter(agency__mall=mall, code=service_code)
        if agency_code:
            services = services.filter(agency__code=agency_code)
        service = services.select_related("agency").first()
        if service is None:
            raise Refusal("unknown_service").at("service")
        return service.agency, service
    if agency_code:
        agency = Agency.objects.filter(mall=mall, code=agency_code).first()
        if agency is None:
            raise Refusal("unknown_agency").at("agency")
        return agency, None
    return None, None


def _known(key: bytes | None, content: bytes) -> Case | None:
    """The case that this request filed before; refuses another content under its key."""
    case = Case.objects.filter(request_key=key).select_related("mall").first() if key else None
    if case is not None and bytes(case.request_hash or b"") != content:
        raise Refusal("request_reused")
    return case
