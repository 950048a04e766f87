"""Taking back what waits, in order to write it anew: by other roads, or with what is left of it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from notifications.models import Message
from notifications.rules.outbox import WITHOUT_SECRET
from notifications.rules.sending import LEFT

State = Message.State


@transaction.atomic
def withdraw(*, about: Sequence[str], kinds: Sequence[str], at: datetime) -> list[Message]:
    """Void the messages that have not begun to leave; return them, the oldest first.

    They come with their words and without address. What is on its way is not touched. Not for
    kinds with a secret: it is gone.
    """
    waits = Q(state=State.DUE) | Q(state=State.CLAIMED) & ~Q(last_error=LEFT)
    found = Message.objects.select_for_update().filter(waits, about__in=about, kind__in=kinds)
    rows = list(found.order_by("pk").defer("address", "routes"))
    if rows:
        Message.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=State.VOIDED, claimed_until=None, ended_at=at, context=WITHOUT_SECRET
        )
    return rows
