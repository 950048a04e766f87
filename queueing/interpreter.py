"""The sign-language interpreter, who has to be asked some working days ahead."""

import datetime as dt
from collections.abc import Sequence

from django.utils.dateformat import format as format_date

from queueing.models import Visit
from queueing.refusals import Refusal
from services.calendar import add_working_days
from services.models import Holiday, Mall


def first_date(*, mall: Mall, at: dt.datetime) -> dt.date | None:
    """The first date for which an interpreter can be asked now; None: the mall offers none."""
    if mall.sign_language_days is None:
        return None
    today = mall.date_at(at)
    weeks = dt.timedelta(days=mall.sign_language_days * 3 + 30)
    holidays = Holiday.objects.filter(mall=mall, date__range=(today, today + weeks))
    return add_working_days(
        today, mall.sign_language_days, holidays=set(holidays.values_list("date", flat=True))
    )


def too_near(mall: Mall, first: dt.date) -> Refusal:
    """The refusal that names the first date an interpreter can come."""
    words = format_date(first, "l, j F")
    return Refusal("sign_language_lead", next_date=first, days=mall.sign_language_days, date=words)


def refuse_unless_possible(
    *, mall: Mall, needs: Sequence[str], date: dt.date, at: dt.datetime
) -> None:
    """Refuse a visit that needs an interpreter sooner than one can come."""
    if Visit.Need.SIGN_LANGUAGE not in needs:
        return
    first = first_date(mall=mall, at=at)
    if first is None:
        raise Refusal("no_sign_language")
    if date < first:
        raise too_near(mall, first)
