"""Story and identity go by age; what happened and when stays, as figures."""

import datetime as dt
from functools import partial

from django.conf import settings
from django.db import connection, transaction

from complaints import storage
from complaints.models import Attachment, Case, CaseEvent
from complaints.rules.telling import about
from notifications.rules import void


def erase_cases(at: dt.datetime) -> int:
    """Erase story and identity RETENTION_CASE_DAYS after closing, or receipt; the figures stay."""
    before = at - dt.timedelta(days=settings.RETENTION_CASE_DAYS)
    erased = 0
    while True:
        with transaction.atomic():
            due = Case.objects.select_for_update(skip_locked=True).due_for_erasure(before)
            ids = list(due.order_by("pk").values_list("pk", flat=True)[:500])
            if not ids:
                return erased
            void(about=[about(pk) for pk in ids], at=at)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL privacy.erasing = 'on'")
                CaseEvent.objects.filter(case_id__in=ids).update(note="")
                cursor.execute("SET LOCAL privacy.erasing = 'off'")
            held = Attachment.objects.filter(case_id__in=ids, erased_at=None)
            stored = list(held.values_list("stored_as", flat=True))
            held.update(name="", sha256=b"", erased_at=at)
            transaction.on_commit(partial(storage.discard, stored))
            Case.objects.filter(pk__in=ids).update(
                subject="",
                text="",
                name="",
                phone="",
                email="",
                place="",
                account="",
                permalink="",
                lapor_id="",
                lapor_status="",
                ticket_public_id=None,
                pin_hash=None,
                request_key=None,
                request_hash=None,
                erased_at=at,
            )
            erased += len(ids)
