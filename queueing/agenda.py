"""A visit as a calendar file (RFC 5545): one event per ticket, without the name of its service.

A calendar may be shared, so it says when and where, not for what, and its link can only be looked
at. An event keeps its UID and counts its SEQUENCE up, so that importing the file again moves or
cancels it.
"""

import datetime as dt
from collections.abc import Iterable

from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from queueing.models import Ticket
from queueing.workflow import State
from services.models import Mall

_REMIND_BEFORE = dt.timedelta(hours=1)


def calendar_file(
    *, mall: Mall, tickets: Iterable[tuple[Ticket, int, dt.datetime]], link: str, host: str
) -> bytes:
    """The file of these tickets, each with how often it changed and when it last did; UTC times.

    Tickets without a window have no time and are left out.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//mpp-portal//ID")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for ticket, changes, changed_at in tickets:
        if ticket.window:
            calendar.add_component(_event(mall, ticket, changes, changed_at, link, host))
    return bytes(calendar.to_ical())


def _event(
    mall: Mall, ticket: Ticket, changes: int, changed_at: dt.datetime, link: str, host: str
) -> Event:
    window = ticket.window
    assert window is not None  # noqa: S101 - the caller looked
    cancelled = ticket.state == State.CANCELLED
    words = {"mall": mall.name, "label": ticket.label}
    event = Event()
    event.add("uid", f"{ticket.public_id}@{host}")
    event.add("sequence", changes)
    event.add("dtstamp", changed_at.astimezone(dt.UTC))
    event.add("dtstart", window.starts_at.astimezone(dt.UTC))
    event.add("dtend", window.ends_at.astimezone(dt.UTC))
    event.add("summary", _("Kunjungan ke %(mall)s, nomor %(label)s") % words)
    event.add("location", ", ".join([mall.name, *mall.address.splitlines()]))
    event.add("description", _("Lapor hadir di kios atau meja depan. Lihat giliran: %s") % link)
    event.add("url", link)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if not cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _("Kunjungan ke %(mall)s, nomor %(label)s") % words)
        alarm.add("trigger", -_REMIND_BEFORE)
        event.add_component(alarm)
    return event
