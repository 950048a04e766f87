"""The acts at a counter: each calls one rule and returns the sentence that is said."""

import datetime as dt
import re
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.dateparse import parse_date, parse_time
from django.utils.translation import gettext as _

from queueing import rules
from queueing.admin import console_page
from queueing.models import Counter, CounterSession, Ticket
from queueing.refusals import Refusal
from queueing.workflow import State
from services.models import Mall

Act = Callable[[HttpRequest, Counter, dt.datetime], str | None]
_LABEL = re.compile(r"([A-Z][A-Z0-9]?(?=\s|\d{3}))?\s*0*(\d{1,4})")


def browser_of(request: HttpRequest) -> str:
    """The name of this browser at the desks; "" when it never sat down."""
    return str(request.session.get("desk_browser", ""))


def name_browser(request: HttpRequest) -> str:
    """Give this browser a name, and keep it as long as its person is signed in."""
    name = browser_of(request) or secrets.token_hex(12)
    request.session["desk_browser"] = name
    return name


def _open(request: HttpRequest, counter: Counter, at: dt.datetime) -> None:
    rules.open_counter(
        counter_id=counter.pk, officer=request.user, at=at, browser=name_browser(request)
    )


def _take_over(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    place = console_page.place_of(counter, request.user, browser_of(request), at)
    rules.open_counter(
        counter_id=counter.pk,
        officer=request.user,
        at=at,
        browser=name_browser(request),
        # a colleague's counter only when it is meant
        take_over=place.how == "elsewhere" or "sure" in request.POST,
    )
    return _("Loket %(number)s sekarang Anda pakai di sini.") % {"number": counter.number}


def _close(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    rules.close_counter(counter_id=counter.pk, officer=request.user, at=at)
    return _("Loket ditutup.")


def _call(request: HttpRequest, counter: Counter, at: dt.datetime) -> str | None:
    called = rules.call_next(counter_id=counter.pk, officer=request.user, at=at)
    return _said_call(request, counter, called)


def _call_chosen(request: HttpRequest, counter: Counter, at: dt.datetime) -> str | None:
    called = rules.call_chosen(
        counter_id=counter.pk,
        ticket_id=_waiting_number(request, counter, at),
        reason=request.POST.get("reason", ""),
        officer=request.user,
        at=at,
    )
    return _said_call(request, counter, called)


def _recall(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = rules.recall(counter_id=counter.pk, officer=request.user, at=at)
    return _("%(label)s dipanggil ulang.") % {"label": ticket.label}


def _start(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = rules.start(counter_id=counter.pk, officer=request.user, at=at)
    return _("%(label)s mulai dilayani.") % {"label": ticket.label}


def _end(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ended = rules.end(counter_id=counter.pk, officer=request.user, at=at, **_outcome(request))
    return _("%(label)s selesai.") % {"label": ended.label}


def _end_and_call(request: HttpRequest, counter: Counter, at: dt.datetime) -> str | None:
    called = rules.end_and_call_next(
        counter_id=counter.pk, officer=request.user, at=at, **_outcome(request)
    )
    return _said_call(request, counter, called)


def _go_on(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ended = rules.end(counter_id=counter.pk, officer=request.user, at=at, goes_on=True)
    values = {"label": ended.label}
    return _("%(label)s selesai di sini dan lanjut ke layanan berikutnya.") % values


def _park(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    reason = request.POST.get("reason", "")
    ticket = rules.park(counter_id=counter.pk, officer=request.user, reason=reason, at=at)
    return _("%(label)s ditunda.") % {"label": ticket.label}


def _absent(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = rules.absent(counter_id=counter.pk, officer=request.user, at=at)
    return _("%(label)s tidak hadir.") % {"label": ticket.label}


def _transfer(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    moved = rules.transfer(
        ticket_id=_number(request, "ticket"),
        service=request.POST.get("service", "").strip().split(" ")[0],  # "PBB · Bayar PBB"
        officer=request.user,
        at=at,
        counter_id=counter.pk,
    )
    return _("%(label)s dipindahkan.") % {"label": moved.label}


def _bring_back(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = _ticket_here(request, counter)
    rules.bring_back(ticket_id=ticket.pk, at=at, officer_id=request.user.pk)
    return _("%(label)s kembali ke antrean.") % {"label": ticket.label}


def _grant_priority(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = _ticket_here(request, counter)
    rules.grant_priority(
        visit_id=ticket.visit_id,
        reason=request.POST.get("reason", ""),
        officer_id=request.user.pk,
        at=at,
    )
    return _("%(label)s diberi prioritas.") % {"label": ticket.label}


def _pause(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    rules.pause(
        queue_id=_queue_here(request, counter),
        reason=request.POST.get("words", "").strip() or request.POST.get("reason", ""),
        at=at,
        expected_back_at=_back_at(request, counter.mall, at),
    )
    return _("Antrean dijeda. Warga melihat alasannya.")


def _resume(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    rules.resume(queue_id=_queue_here(request, counter), at=at)
    return _("Antrean berjalan lagi.")


def _undo(request: HttpRequest, counter: Counter, at: dt.datetime) -> str:
    ticket = rules.undo(counter_id=counter.pk, officer=request.user, at=at)
    values = {"label": ticket.label, "state": State(ticket.state).label}
    return _("Diurungkan: %(label)s kembali %(state)s.") % values


ACTS: dict[str, Act] = {
    "buka": _open,
    "ambil-alih": _take_over,
    "tutup": _close,
    "panggil": _call,
    "panggil-nomor": _call_chosen,
    "panggil-ulang": _recall,
    "mulai": _start,
    "selesai": _end,
    "selesai-panggil": _end_and_call,
    "lanjut-kunjungan": _go_on,
    "tunda": _park,
    "tidak-hadir": _absent,
    "pindah": _transfer,
    "kembalikan": _bring_back,
    "prioritas": _grant_priority,
    "jeda": _pause,
    "lanjut": _resume,
    "urungkan": _undo,
}
SITTING_DOWN = {"buka", "ambil-alih"}
SHOWN_ANYWAY = {
    "panggil",
    "panggil-nomor",
    "panggil-ulang",
    "mulai",
    "selesai",
    "selesai-panggil",
    "tunda",
    "tidak-hadir",
    "pindah",
    "jeda",
}


def _queues_here(request: HttpRequest, counter: Counter) -> list[int]:
    """The queues of the officer's own open session at this counter."""
    session = CounterSession.objects.filter(
        counter=counter, officer=request.user, closed_at__isnull=True
    ).first()
    if session is None:
        raise Refusal("counter_closed")
    return list(session.queue_ids)


def _queue_here(request: HttpRequest, counter: Counter) -> int:
    queue = _number(request, "queue")
    if queue not in _queues_here(request, counter):
        raise Refusal("not_allowed")
    return queue


def _ticket_here(request: HttpRequest, counter: Counter) -> Ticket:
    ticket = Ticket.objects.filter(
        pk=_number(request, "ticket"), queue__in=_queues_here(request, counter)
    ).first()
    if ticket is None:
        raise Refusal("unknown_ticket")
    return ticket


def _waiting_number(request: HttpRequest, counter: Counter, at: dt.datetime) -> int:
    """The waiting ticket whose number was typed: "C 037", "c37", or "37" where only one has it."""
    typed = _LABEL.fullmatch(request.POST.get("number", "").strip().upper())
    if typed is None:
        raise Refusal("unknown_ticket")
    tickets = Ticket.objects.filter(
        queue__in=_queues_here(request, counter),
        date=counter.mall.date_at(at),
        state=State.WAITING,
        label__startswith=f"{typed[1]} " if typed[1] else "",
        number=int(typed[2]),
    ).values_list("pk", flat=True)[:2]
    if len(tickets) != 1:
        raise Refusal("not_waiting")
    return tickets[0]


def _outcome(request: HttpRequest) -> dict[str, Any]:
    """How it ended, and what the citizen reads: the missing papers, or where they are sent."""
    try:
        date = parse_date(request.POST.get("collect_on", ""))
    except ValueError:
        date = None
    outcome = request.POST.get("outcome", Ticket.Outcome.SERVED)
    words = [*request.POST.getlist("missing"), request.POST.get("other_missing", "")]
    if outcome == Ticket.Outcome.REFERRED:
        words = [request.POST.get("where", "")]
    note = "; ".join(word.strip() for word in words if word.strip())
    return {"outcome": outcome, "collect_on": date, "note": note[:200]}


def _back_at(request: HttpRequest, mall: Mall, at: dt.datetime) -> dt.datetime | None:
    """The hour typed, today in the mall's zone; none when it is empty, no hour, or past."""
    try:
        time = parse_time(request.POST.get("back_at", ""))
    except ValueError:
        return None
    back = time and dt.datetime.combine(mall.date_at(at), time, tzinfo=mall.zone)
    if back and back <= at:
        messages.warning(request, _("Perkiraan kembali sudah lewat, jadi tidak dicatat."))
        return None
    return back


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise Refusal("unknown_ticket")
    return int(text)


def _said_call(request: HttpRequest, counter: Counter, called: Ticket | None) -> str | None:
    if called is None:
        messages.info(request, _("Tidak ada yang menunggu."))
        return None
    values = {"label": called.label, "number": counter.number}
    return _("%(label)s dipanggil ke loket %(number)s.") % values
