"""What a provider says later about a message it took: it arrived, was read, or never will."""

import logging
import re
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from notifications.channels import base
from notifications.models import Message
from notifications.rules.sending import next_route

logger = logging.getLogger(__name__)
State, Report = Message.State, Message.Report
_RANK = {Report.NONE: 0, Report.UNDELIVERED: 1, Report.DELIVERED: 2, Report.READ: 3}
_REFERENCE = re.compile(r"mpp-(\d{1,18})-\d+")  # as sending.py writes it


def take_reports(*, channel: str, reports: Sequence[base.Report], at: datetime) -> bool:
    """Keep a delivery of reports; False when it should be delivered again in a moment.

    That is when one is about a message whose batch is still on its way, so that its provider's id
    is not written yet: a report may overtake us. What is unknown is passed over.
    """
    ids = {one.provider_id for one in reports}
    ours = Message.objects.filter(channel=channel, provider_id__in=ids)
    known = set(ours.values_list("provider_id", flat=True))
    early = []
    for one in reports:
        if one.provider_id in known:
            report(
                channel=channel,
                provider_id=one.provider_id,
                outcome=one.outcome,
                code=one.code,
                at=at,
            )
        elif found := _REFERENCE.fullmatch(one.reference):
            early.append(int(found[1]))
    under_way = Message.objects.filter(pk__in=early, channel=channel, state=State.CLAIMED)
    return not (early and under_way.exists())


@transaction.atomic
def report(*, channel: str, provider_id: str, outcome: str, code: str = "", at: datetime) -> bool:
    """Keep what the provider reports; whether the message is known. Twice, or late, is harmless.

    `outcome` is delivered, read or undelivered. What did not arrive goes on by the next channel of
    the person while it is not too late, else it is shown as failed, unless it arrives after all.
    """
    message = (
        Message.objects.select_for_update()
        .defer("address", "routes")
        .filter(channel=channel, provider_id=provider_id, erased_at=None)
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
