"""The drill when the system or the power is gone: sheets printed ahead, and entered afterwards."""

import datetime as dt
from collections import defaultdict
from typing import Any, NamedTuple

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from queueing import rules
from queueing.admin.front_desk_door import at_the_desk
from queueing.admin.front_desk_next import services_of
from queueing.models import Queue, Ticket, Window
from queueing.refusals import Refusal
from queueing.rules.paper import LEFT, MISSED, NEVER, PAPER_DAYS, UNHANDLED
from queueing.workflow import State
from services.models import Mall

SHEET_DAYS = 7  # that can be printed ahead
FEWEST_BLANK, MOST_BLANK = 8, 20
NEW_ROWS, MOST_NEW = 8, 60
_ON_PAPER = (State.BOOKED, State.WAITING, State.PARKED, State.ABSENT)
DIRECTIONS = {"mendatar": gettext_lazy("Mendatar"), "tegak": gettext_lazy("Tegak")}


class Sheet(NamedTuple):
    """A queue's sheet of one day: who is booked, and lines for who walks in."""

    queue: Queue
    windows: list[Window]
    tickets: list[Ticket]
    blank: list[str]


class Line(NamedTuple):
    """A row of the form: its name in the POST, what was typed, and what is wrong with it."""

    key: str
    ticket: Ticket | None
    typed: dict[str, str]
    problem: str


# -- printed ahead ---------------------------------------------------------------------------------


@admin.site.admin_view
@never_cache
@require_safe
@at_the_desk
def day_list(request: HttpRequest, mall: Mall) -> HttpResponse:
    """The sheets of a near day, one per queue, to be printed."""
    today = mall.date_at(timezone.now())
    days = list(
        Window.objects.filter(
            queue__mall=mall, date__range=(today, today + dt.timedelta(days=SHEET_DAYS))
        )
        .order_by("date")
        .values_list("date", flat=True)
        .distinct()
    )
    date = _date(request.GET.get("tanggal", "")) or next((d for d in days if d > today), today)
    if date not in days and date != today:
        raise Http404
    wanted, prefix = request.GET.get("arah", ""), request.GET.get("antrean", "")
    all_sheets = sheets(mall, date)
    page = {
        "mall": mall,
        "malls": request.desk_malls,
        "date": date,
        "today": today,
        "days": days,
        "sheets": [sheet for sheet in all_sheets if prefix in {"", sheet.queue.prefix}],
        "prefix": prefix,
        "queues": [sheet.queue for sheet in all_sheets],
        "directions": DIRECTIONS,
        "direction": wanted if wanted in DIRECTIONS else "mendatar",
    }
    return render(request, "queueing/desk/day_list.html", page)


def sheets(mall: Mall, date: dt.date) -> list[Sheet]:
    """The sheet of every queue that is open or has a number on `date`; three queries."""
    windows, tickets = defaultdict(list), defaultdict(list)
    for window in Window.objects.filter(queue__mall=mall, date=date).order_by("starts_at"):
        windows[window.queue_id].append(window)
    for ticket in (
        Ticket.objects.filter(mall=mall, date=date, state__in=_ON_PAPER)
        .select_related("visit", "service_type", "window")
        .order_by("window__starts_at", "number")
    ):
        tickets[ticket.queue_id].append(ticket)
    queues = Queue.objects.filter(pk__in={*windows, *tickets}).select_related("agency")
    return [
        Sheet(
            queue,
            windows[queue.pk],
            tickets[queue.pk],
            _paper_numbers(queue, sum(w.seats - w.taken for w in windows[queue.pk])),
        )
        for queue in queues.order_by("prefix")
    ]


def _paper_numbers(queue: Queue, free: int) -> list[str]:
    """Numbers for walk-ins that no screen ever gave: "C K01"."""
    return [
        f"{queue.prefix} K{n:02d}" for n in range(1, max(FEWEST_BLANK, min(MOST_BLANK, free)) + 1)
    ]


# -- entered afterwards ----------------------------------------------------------------------------


@admin.site.admin_view
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@at_the_desk
def paper_day(request: HttpRequest, mall: Mall) -> HttpResponse:
    """One queue's sheet of a day: what became of the booked, and who walked in."""
    at = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    today = mall.date_at(at)
    date = _date(given.get("tanggal", "")) or today
    if not 0 <= (today - date).days <= PAPER_DAYS:
        raise Http404
    queues = list(
        Queue.objects.filter(mall=mall, active=True).select_related("agency").order_by("prefix")
    )
    prefix = given.get("antrean", "")
    queue = next((q for q in queues if q.prefix == prefix), queues[0] if queues else None)
    if queue is None or (prefix and queue.prefix != prefix):
        raise Http404
    problems: dict[str, str] = {}
    if request.method == "POST" and request.POST.get("aksi") == "catat":
        try:
            return _entered(request, mall, queue, date, at)
        except Refusal as refusal:
            problems = refusal.fields or {"": refusal.message}
    tickets = list(_unhandled(queue, date))
    new = min(
        MOST_NEW, _new_rows(given.get("baris", "")) + NEW_ROWS * (given.get("aksi") == "tambah")
    )
    rows = [_line(f"t{t.pk}", t, given, problems) for t in tickets]
    more = [_line(f"b{n}", None, given, problems) for n in range(new)]
    services = [s for s in services_of(mall) if s.queue_service.queue_id == queue.pk]
    page = {
        **admin.site.each_context(request),
        "title": _("Hari kertas"),
        "mall": mall,
        "date": date,
        "days": [today - dt.timedelta(days=n) for n in range(PAPER_DAYS + 1)],
        "queue": queue,
        "queues": queues,
        "rows": rows,
        "more": more,
        "new": new,
        "problems": [
            (line.key, _named(line), line.problem) for line in [*rows, *more] if line.problem
        ]
        + [("", "", text) for key, text in problems.items() if not key],
        "services": services,
        "booked_results": _results(walk_in=False),
        "results": _results(walk_in=True),
    }
    return render(request, "queueing/desk/paper_day.html", page, status=422 if problems else 200)


def _entered(
    request: HttpRequest, mall: Mall, queue: Queue, date: dt.date, at: dt.datetime
) -> HttpResponse:
    post = request.POST
    ids = Ticket.objects.filter(queue=queue, date=date).values_list("pk", flat=True)
    rows = [_row(f"t{pk}", post, ticket_id=pk) for pk in ids if f"t{pk}-hasil" in post]
    rows += [
        _row(
            f"b{n}", post, paper=post.get(f"b{n}-nomor", ""), service=post.get(f"b{n}-layanan", "")
        )
        for n in range(_new_rows(post.get("baris", "")))
    ]
    done = rules.enter_paper_day(mall=mall, date=date, rows=rows, officer=request.user, at=at)
    n = done.booked + done.walk_ins
    said = ngettext("%(n)d baris dicatat.", "%(n)d baris dicatat.", n) % {"n": n}
    if done.known:
        said += " " + ngettext(
            "%(n)d baris sudah pernah dicatat dan tidak diubah.",
            "%(n)d baris sudah pernah dicatat dan tidak diubah.",
            done.known,
        ) % {"n": done.known}
    messages.success(request, said)
    where = f"?mal={mall.slug}&tanggal={date}&antrean={queue.prefix}"
    return redirect(reverse("desks:paper_day") + where)


def _row(key: str, post: Any, **more: Any) -> rules.PaperRow:
    return rules.PaperRow(
        key=key,
        result=post.get(f"{key}-hasil", ""),
        arrived=post.get(f"{key}-datang", ""),
        called=post.get(f"{key}-panggil", ""),
        ended=post.get(f"{key}-selesai", ""),
        **more,
    )


def _line(key: str, ticket: Ticket | None, given: Any, problems: dict[str, str]) -> Line:
    names = ("nomor", "layanan", "datang", "panggil", "selesai", "hasil")
    return Line(
        key, ticket, {name: given.get(f"{key}-{name}", "") for name in names}, problems.get(key, "")
    )


def _named(line: Line) -> str:
    """What the list of errors calls a row."""
    if line.ticket:
        return line.ticket.label
    return line.typed["nomor"].strip() or _("Baris %(n)d") % {"n": int(line.key[1:]) + 1}


def _unhandled(queue: Queue, date: dt.date) -> Any:
    """The booked numbers of the day that the system did not see through, and no sheet told of."""
    return (
        Ticket.objects.filter(queue=queue, date=date, state__in=UNHANDLED)
        .exclude(events__kind="paper")
        .select_related("visit", "service_type", "window")
        .order_by("window__starts_at", "number")
    )


def _results(*, walk_in: bool) -> list[tuple[str, str]]:
    ends = [
        *([] if walk_in else [(NEVER, _("tidak datang"))]),
        (MISSED, _("dipanggil, tidak ada")),
        (LEFT, _("tidak sempat dilayani")),
    ]
    return [*Ticket.Outcome.choices, *ends]


def _new_rows(text: str) -> int:
    return (
        min(MOST_NEW, int(text))
        if text.isascii() and text.isdigit() and len(text) < 4
        else NEW_ROWS
    )


def _date(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
