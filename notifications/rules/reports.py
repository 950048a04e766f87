"""What a provider says later about a message it took: it arrived, was read, or never will."""

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from redis import RedisError

from notifications import prices
from notifications.channels import base
from notifications.models import Message
from notifications.rules.marking import LEFT, fingerprint, next_route
from notifications.rules.outbox import WITHOUT_SECRET, reference_of

logger = logging.getLogger(__name__)
State, Report = Message.State, Message.Report
_RANK = {Report.NONE: 0, Report.UNDELIVERED: 1, Report.DELIVERED: 2, Report.READ: 3}
_REFERENCE = re.compile(r"mpp-(\d{1,18})-\d+")  # as reference_of writes it
# What we know of a message that may have left without our knowing.
_UNSURE = {LEFT, "worker_lost", "timeout", "disconnected", "answer_too_long", "no_message_id"}
_UNSURE |= {"http_504"}
ASKED_AGAIN = timedelta(minutes=3)  # so long we let a provider repeat what we do not know


def take_reports(*, channel: str, reports: Sequence[base.Report], at: datetime) -> bool:
    """Keep a delivery of reports; False when it should be delivered again in a moment.

    That is when one has an id that we do not know while messages are on their way, whose ids are
    not written yet: a report may overtake us. One that quotes our reference is proof by itself.
    """
    ids = {fingerprint(channel, one.provider_id) for one in reports}
    ours = Message.objects.filter(channel=channel, provider_id__in=ids)
    known = set(ours.values_list("provider_id", flat=True))
    strangers = set()
    for one in reports:
        key = fingerprint(channel, one.provider_id)
        if key in known or _proves(channel, one, key, at):
            known.add(key)
            report(
                channel=channel,
                provider_id=one.provider_id,
                outcome=one.outcome,
                code=one.code,
                at=at,
            )
        elif not one.reference:
            strangers.add(key)
    return not (strangers and _under_way(channel, at) and _new_to_us(strangers, at))


@transaction.atomic
def _proves(channel: str, one: base.Report, key: str, at: datetime) -> bool:
    """Whether a report shows that a message left of which we could not be sure; then it is sent."""
    found = _REFERENCE.fullmatch(one.reference or one.provider_id)
    if found is None:
        return False
    unsure = Message.objects.select_for_update().filter(
        pk=int(found[1]),
        channel=channel,
        erased_at=None,
        state__in=[State.DUE, State.CLAIMED, State.FAILED],
        last_error__in=_UNSURE,
    )
    message = unsure.only("pk", "created_at").first()
    if message is None or reference_of(message) != found[0]:
        return False
    Message.objects.filter(pk=message.pk).update(
        state=State.SENT,
        claimed_until=None,
        sent_at=at,
        ended_at=at,
        last_error="",
        context=WITHOUT_SECRET,
        provider_id=key,
        report=Report.NONE,
        reported_at=None,
        parts=1,
        cost=F("cost") + prices.of(channel),
    )
    return True


def _under_way(channel: str, at: datetime) -> bool:
    """Whether messages are on their way by this channel, taken perhaps and not yet marked."""
    return Message.objects.filter(
        channel=channel, state=State.CLAIMED, last_error=LEFT, claimed_until__gt=at
    ).exists()


def _new_to_us(keys: Iterable[str], at: datetime) -> bool:
    """Whether one of these ids was first heard of in the last minutes; later it is a stranger's."""
    moment, since = at.timestamp(), (at - ASKED_AGAIN).timestamp()
    try:
        return any(
            (cache.get_or_set(f"report-of:{key}", moment, 24 * 3600) or moment) > since
            for key in sorted(keys)
        )
    except RedisError:
        return True


@transaction.atomic
def report(*, channel: str, provider_id: str, outcome: str, code: str = "", at: datetime) -> bool:
    """Keep what the provider reports; whether the message is known. Twice, or late, is harmless.

    `outcome` is delivered, read or undelivered. What did not arrive goes on by the next channel of
    the person while it is not too late, else it is shown as failed, unless it arrives after all.
    """
    message = (
        Message.objects.select_for_update()
        .defer("address", "routes")
        .filter(channel=channel, provider_id=fingerprint(channel, provider_id), erased_at=None)
        .filter(state__in=[State.SENT, State.FAILED])
        .first()
    )
    if message is None:
        return False
    if _RANK[Report(outcome)] <= _RANK[Report(message.report)]:
        return True
    mine = Message.objects.filter(pk=message.pk)
    mine.update(report=outcome, reported_at=at)
    if message.state == State.FAILED:
        mine.update(state=State.SENT, last_error="", sent_at=at)
    if outcome == Report.UNDELIVERED:
        logger.warning("message %s not delivered: %s", message.pk, code[:40])
        if not next_route(pk=message.pk, code=code[:40] or "undelivered", at=at):
            mine.update(state=State.FAILED, last_error=code[:40] or "undelivered", sent_at=None)
    return True
