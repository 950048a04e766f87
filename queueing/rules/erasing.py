"""Erasing what tells who came, when the time to keep it is over; the figures stay."""

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction

from queueing.models import EarlierWish, FreedSeat, Ticket, Visit


def erase_visits(at: dt.datetime) -> int:
    """Erase what tells who came, of visits RETENTION_VISIT_DAYS before `at`; the figures stay.

    Name, contact, NIK and the blind indexes go, so that visits cannot be linked for ever; and who
    would have come earlier, whose seat was offered to whom.
    """
    before = at.date() - dt.timedelta(days=settings.RETENTION_VISIT_DAYS)
    erased = 0
    while True:
        with transaction.atomic():
            ids = list(
                Visit.objects.select_for_update(skip_locked=True)
                .filter(date__lt=before, erased_at__isnull=True)
                .order_by("pk")
                .values_list("pk", flat=True)[:500]
            )
            if not ids:
                return erased
            Ticket.objects.filter(visit_id__in=ids).update(person_key=None, parked_reason="")
            _erase_remarks(ids)
            _erase_wishes(ids)
            Visit.objects.filter(pk__in=ids).update(
                name="",
                phone="",
                email="",
                prefer="",
                push=None,
                nik="",
                contact_key=None,
                priority="",
                priority_reason="",
                needs=[],
                accommodation="",
                request_hash=None,
                erased_at=at,
            )
            erased += len(ids)


def _erase_wishes(visit_ids: Sequence[int]) -> None:
    """Wishes to come earlier, and the seats that these visits freed or were offered.

    A seat that is still kept stays, as nobody's.
    """
    kept = FreedSeat.objects.filter(state=FreedSeat.State.OPEN)
    kept.filter(freed_by__visit__in=visit_ids).update(freed_by=None)
    kept.filter(wish__ticket__visit__in=visit_ids).update(wish=None)
    FreedSeat.objects.filter(freed_by__visit__in=visit_ids).delete()
    EarlierWish.objects.filter(ticket__visit__in=visit_ids).delete()


def _erase_remarks(visit_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL privacy.erasing = 'on'")
        cursor.execute(
            "UPDATE queueing_ticketevent e SET note = '' FROM queueing_ticket t"
            " WHERE t.id = e.ticket_id AND t.visit_id = ANY(%s) AND e.note <> ''",
            [list(visit_ids)],
        )
        cursor.execute("SET LOCAL privacy.erasing = 'off'")
