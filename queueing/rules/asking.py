"""People who only ask something at the front desk: counted, else the figures lie."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from queueing.models import Inquiry
from queueing.refusals import Refusal
from queueing.rules.record import UNDO_WITHIN
from services.models import Agency, Mall

DOUBLE_TAP = dt.timedelta(seconds=1)


@transaction.atomic
def note_inquiry(*, mall: Mall, agency: Agency | None, officer: User, at: dt.datetime) -> Inquiry:
    """Count one question, of an agency or of none. A double tap is one."""
    User.objects.select_for_update().get(pk=officer.pk)
    just_now = Inquiry.objects.filter(
        mall=mall, agency=agency, officer=officer, at__gt=at - DOUBLE_TAP
    ).first()
    if just_now:
        return just_now
    return Inquiry.objects.create(
        mall=mall, agency=agency, officer=officer, date=mall.date_at(at), at=at
    )


@transaction.atomic
def take_back_inquiry(*, mall: Mall, inquiry_id: int, officer: User, at: dt.datetime) -> None:
    """Uncount a question within 60 s, by the officer who counted it. Twice is once."""
    inquiry = Inquiry.objects.select_for_update().filter(pk=inquiry_id, mall=mall).first()
    if inquiry is None:
        return
    if inquiry.officer_id != officer.pk:
        raise Refusal("undo_not_yours")
    if at - inquiry.at > UNDO_WITHIN:
        raise Refusal("undo_too_late")
    inquiry.delete()
