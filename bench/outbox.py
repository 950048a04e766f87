"""An outbox to be emptied and claimed from; imported when Django is set up."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from statistics import median

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench.database import CannotRun
from bench.figures import Figure, OutboxScale, at_least, at_most, interleaved
from notifications import rules
from notifications.channels.http import ask
from notifications.models import Message

_TURNS = count(1)
_WORDS = {
    "first_name": "Siti",
    "mall": "MPP Gajah Mada",
    "date": "Rabu, 25 November",
    "time_range": "09.00–10.00",
    "label": "C 037",
    "link": "https://mpp.example.go.id/tiket/abcdefghijklmnop/",
}
_LONG_AGO = """
INSERT INTO notifications_message (kind, channel, language, context, about, send_after, dedup_key,
    state, attempts, last_error, created_at, sent_at, ended_at, erased_at, rehearsal, time_zone,
    provider_id, report, parts, cost)
SELECT 'booked', 'sms', 'id', '{}', 'old-' || n, at, 'old-' || n, 'sent', 1, '', at, at, at, at,
       false, '', '', '', 1, 350
  FROM (SELECT n, now() - interval '10 days' - n * interval '15 seconds' AS at
          FROM generate_series(1, %s) AS n) AS past
"""


def figures(url: str, scale: OutboxScale) -> Iterator[Figure]:
    """Sending against a bare loop; claiming with years of sent messages against none."""
    settings.NOTIFICATION_CHANNELS = ["sms"]
    settings.QUIET_HOURS = ""
    settings.SMS_REQUEST = json.dumps(
        {"url": url, "json": {"to": "{to}", "text": "{text}", "ref": "{reference}"}}
    )
    settings.SMS_ANSWER = json.dumps({"id": "id"})
    call_command("migrate", verbosity=0, interactive=False)
    values, floors = interleaved(
        scale.runs, lambda: _sent(scale.due), lambda: _bare(url, scale.due)
    )
    yield at_least("messages sent", "/s", values, floors, 0.5, f"{scale.due} due, one worker")
    few = _claim_ms(scale.claims)
    with connection.cursor() as cursor:
        cursor.execute(_LONG_AGO, [scale.sent])
        cursor.execute("VACUUM ANALYZE notifications_message")
        cursor.execute("CHECKPOINT")  # so that writing it all down disturbs no claim
    many = _claim_ms(scale.claims)
    note = f"a batch of 200; {scale.sent / 1e6:g} M sent against none"
    yield at_most("claim, years on", "ms", [many], [few], 1.5, note)


def _sent(due: int) -> float:
    """Messages a second out of the outbox, as the worker's task sends them."""
    _fill(due)
    started = time.perf_counter()
    sent = 0
    while some := rules.send_due(at=timezone.now()):
        sent += some
    if sent != due:
        raise CannotRun(f"{sent} of {due} messages were sent")
    return due / (time.perf_counter() - started)


def _bare(url: str, times: int) -> float:
    """Requests a second of a loop that only asks, with the same client and as many letters."""
    text = "Halo Siti, nomor C 037 di MPP Gajah Mada, Rabu, 25 November, 09.00. " * 2
    started = time.perf_counter()
    for n in range(times):
        body = {"to": f"+62812{n:08d}", "text": text, "ref": f"mpp-{n}-1700000000"}
        status, _headers, _body = ask("POST", url, json=body)
        if status != 200:
            raise CannotRun(f"the gateway answered {status}")
    return times / (time.perf_counter() - started)


def _claim_ms(times: int) -> float:
    """Milliseconds that a claim of 200 takes, the median."""
    _fill(400)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE notifications_message")
    took = []
    for _turn in range(times):
        started = time.perf_counter()
        ids = rules.claim(limit=200, at=timezone.now())
        took.append(1000 * (time.perf_counter() - started))
        Message.objects.filter(pk__in=ids).update(state="due", claimed_until=None)
    Message.objects.filter(state="due").delete()
    return median(took)


def _fill(due: int) -> None:
    """So many messages that are due, of people of their own."""
    at, turn = timezone.now(), next(_TURNS)
    for first in range(0, due, 1000):
        rules.enqueue(
            at=at,
            drafts=[
                rules.Draft(
                    kind="booked",
                    phone=f"+62812{n:08d}",
                    about=f"{turn}-{n}",
                    dedup_key=f"{turn}-{n}",
                    send_after=at - timedelta(minutes=1),
                    context=_WORDS,
                )
                for n in range(first, min(first + 1000, due))
            ],
        )
