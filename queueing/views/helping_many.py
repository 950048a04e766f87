"""Booking for several people in one go: the service, the window, the people."""

import datetime as dt
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from queueing import interpreter, rules
from queueing.availability import Availability, availability
from queueing.help_forms import PeopleDraft, PersonForm, request_keys
from queueing.helping import taken_by, used_on
from queueing.models import Ticket, Visit, Window
from queueing.refusals import Refusal
from queueing.rules.booking import Wish
from queueing.views.helping import for_helpers
from services.directory import directory
from services.models import Mall, ServiceType
from services.search import search

AGREED = "persetujuan warga dicatat pendamping"  # in the ticket's log
_BOOKABLE = (ServiceType.BookingMode.BOTH, ServiceType.BookingMode.ONLINE_ONLY)
# lock_timeout, deadlock, serialisation failure
_BUSY = {"55P03", "40P01", "40001"}
# A no about the service itself: no other hour would help.
_HOPELESS = {"external", "walk_in_only", "no_queue", "unknown_service", "unknown_mall"}
_ANOTHER_HOUR = {"full", "day_full", "past", "closed", "holiday", "paused", "last_ticket_passed"}
_MOST_FOUND = 12


@require_safe
@for_helpers
def helper_services(request: HttpRequest, mall: Mall) -> HttpResponse:
    """Which service: by search, or by agency; only those whose numbers are taken online."""
    text, code = request.GET.get("q", "").strip(), request.GET.get("instansi", "")
    found: list[ServiceType] = []
    if text:
        found = [
            service
            for service in search(mall=mall, text=text, limit=_MOST_FOUND)
            if service.booking_mode in _BOOKABLE
        ]
    elif code.isprintable():
        found = list(
            ServiceType.objects.filter(
                agency__mall=mall,
                agency__active=True,
                agency__code=code,
                active=True,
                booking_mode__in=_BOOKABLE,
                queue_service__queue__active=True,
            )
            .select_related("agency")
            .order_by("name")
        )
    page = {
        "mall": mall,
        "text": text,
        "code": code,
        "found": found,
        "agencies": directory(mall).agencies,
    }
    return render(request, "queueing/helper_services.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@for_helpers
def helper_book(request: HttpRequest, mall: Mall, code: str) -> HttpResponse:
    """One address for all steps; the button pressed says which step comes next."""
    booking = Booking(request, mall, _service(mall, code))
    act, _colon, value = request.POST.get("aksi", "").partition(":")
    match act:
        case "hari":
            return booking.choose_time(_date(value))
        case "jam":
            return booking.ask_who()
        case "baris":
            booking.draft.add_row()
            return booking.ask_who()
        case "kirim":
            return booking.send()
    return booking.choose_time()


class Booking:
    """The steps of booking one service for several people; each method answers with a page."""

    def __init__(self, request: HttpRequest, mall: Mall, service: ServiceType) -> None:
        self.request = request
        self.mall = mall
        self.service = service
        self.draft = PeopleDraft(request.POST)
        self.at = timezone.now()

    @cached_property
    def window(self) -> Window | None:
        """The window chosen, when it is one of this service's."""
        if not self.draft.window_id:
            return None
        return Window.objects.filter(
            pk=self.draft.window_id, queue__queue_services__service_type=self.service
        ).first()

    @cached_property
    def interpreter_from(self) -> dt.date | None:
        return interpreter.first_date(mall=self.mall, at=self.at)

    def choose_time(
        self, date: dt.date | None = None, *, refusal: Refusal | None = None
    ) -> HttpResponse:
        """Days and windows with what is left; one window for all who are booked together."""
        gate = self._gate(date or (self.window.date if self.window else None))
        if not gate.open and gate.code in _HOPELESS:
            raise Refusal(gate.code, system=self.service.external_system)
        free = [seat for seat in gate.windows if not seat.code]
        picked = next((seat.id for seat in free if seat.id == self.draft.window_id), None)
        page = {
            "gate": gate,
            "seats": gate.windows,
            "free": free,
            "most": max((seat.seats_left for seat in gate.windows), default=0),
            "picked": picked or (free[0].id if free else None),
            "refusal": refusal,
            "quota": used_on(self.request.user, gate.date) if gate.date else None,
        }
        return self._render("queueing/helper_when.html", page, refusal.status if refusal else 200)

    def ask_who(
        self,
        forms: dict[int, PersonForm] | None = None,
        *,
        status: int = 200,
        refusal: Refusal | None = None,
        booked: list[Ticket] | None = None,
    ) -> HttpResponse:
        """The rows of people; what was typed stays until its person has a number."""
        if self.window is None:
            return self.choose_time(refusal=Refusal("unknown_window"))
        forms = forms or self.draft.forms(written=False, **self._offered)
        page = {
            "window": self.window,
            "forms": forms,
            "wrong": [form for form in forms.values() if form.errors],
            "another_hour": any(form.another_hour for form in forms.values()),
            "booked": booked or [],
            "refusal": refusal,
            "quota": used_on(self.request.user, self.window.date),
        }
        return self._render("queueing/helper_people.html", page, status)

    def send(self) -> HttpResponse:
        """Take a number for each; who got none stays in the form with the reason."""
        if self.window is None:
            return self.choose_time(refusal=Refusal("unknown_window"))
        forms = self.draft.forms(**self._offered)
        written = {n: form for n, form in forms.items() if form.is_bound}
        if not written:
            return self.ask_who(forms, status=422, refusal=Refusal("name_missing"))
        if [form for form in written.values() if not form.is_valid()]:
            return self.ask_who(forms, status=422)
        refused = {n: no for n, form in written.items() if (no := self._book(n, form))}
        if not refused:
            home = reverse("queueing:helper", args=[self.mall.slug])
            return redirect(f"{home}?kumpulan={self.draft.key}")
        for n, refusal in refused.items():
            self._explain(written[n], refusal)
        self.draft.rows = list(refused)
        worst = max(refusal.status for refusal in refused.values())
        return self.ask_who(
            {n: written[n] for n in refused}, status=worst, booked=self._booked_together()
        )

    def _book(self, row: int, form: PersonForm) -> Refusal | None:
        """One person's number, or why there is none; the others stand either way."""
        who = form.cleaned_data
        try:
            rules.book(
                mall=self.mall,
                wishes=[Wish(self.service.code, self.draft.window_id)],
                name=who["name"],
                phone=who["phone"],
                nik=who.get("nik") or "",
                priority=who["priority"],
                needs=who["needs"],
                channel=Visit.Channel.HELPER,
                booked_by_id=self.request.user.pk,
                note=AGREED,
                request_key=self.draft.request_key(row),
                at=self.at,
            )
        except Refusal as refusal:
            if refusal.code in _HOPELESS:
                raise
            return refusal
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _BUSY:
                raise
            return Refusal("busy")
        return None

    def _explain(self, form: PersonForm, refusal: Refusal) -> None:
        """The reason at the row, in words for a helper."""
        form.another_hour = refusal.code in _ANOTHER_HOUR
        for field, message in refusal.fields.items():
            form.add_error(field if field in form.fields else None, message)
        texts = {
            "contact_cap": _("Kuota pendamping untuk hari itu sudah habis. Pilih hari lain."),
            "already_booked": _(
                "Warga ini sudah punya nomor aktif untuk layanan ini pada hari itu. Ia dapat "
                "mencarinya dengan kode tiket, atau bertanya di meja depan."
            ),
            "request_reused": _(
                "Baris ini tadi sudah mendapat nomor dengan isian lain. Batalkan nomor itu di "
                "daftar Anda, lalu mulai lagi."
            ),
        }
        if not refusal.fields:
            form.add_error(None, texts.get(refusal.code, refusal.message))

    def _booked_together(self) -> list[Ticket]:
        mine = taken_by(self.request.user, first=self.mall.date_at(self.at))
        return list(mine.filter(visit__request_key__in=request_keys(self.draft.key)))

    def _gate(self, date: dt.date | None) -> Availability:
        return availability(
            service=self.service, date=date, channel=Visit.Channel.HELPER, at=self.at
        )

    @property
    def _offered(self) -> dict[str, Any]:
        first = self.interpreter_from
        near = first is not None and self.window is not None and self.window.date < first
        return {
            "needs_nik": self.service.needs_nik,
            "sign_language": first is not None,
            "too_near": interpreter.too_near(self.mall, first) if near and first else None,
        }

    def _render(self, template: str, page: dict[str, Any], status: int) -> HttpResponse:
        page |= {
            "mall": self.mall,
            "service": self.service,
            "draft": self.draft,
            "today": self.mall.date_at(self.at),
            "retention_days": settings.RETENTION_VISIT_DAYS,
        }
        return render(self.request, template, page, status=status)


def _service(mall: Mall, code: str) -> ServiceType:
    """The mall's active service with this code and its queue, or 404."""
    service = (
        ServiceType.objects.filter(agency__mall=mall, agency__active=True, active=True, code=code)
        .select_related("agency__mall", "queue_service__queue")
        .first()
    )
    if service is None:
        raise Http404
    return service


def _date(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
