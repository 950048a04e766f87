"""The one thing that can be done here: not to wait for a message's time."""

import datetime as dt

from notifications.models import Message


def send_now(*, pk: int, at: dt.datetime) -> bool:
    """Let a message that waits for its time leave at once; False when it waits no more."""
    waits = Message.objects.filter(
        pk=pk, state=Message.State.DUE, rehearsal=False, erased_at=None, send_after__gt=at
    )
    return bool(waits.update(send_after=at))
