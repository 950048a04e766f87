"""Taking a number: when, who, check, done. Everything typed stays on the pages until it is sent."""

import datetime as dt
from dataclasses import replace
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from privacy.identity import mask_nik
from queueing import rules
from queueing.availability import Availability, Seat, availability
from queueing.forms import Draft, WhoForm
from queueing.models import Visit, Window
from queueing.refusals import Refusal
from queueing.rules.seats import MAX_TICKETS_PER_VISIT
from queueing.views.mall import remember
from queueing.views.service import service_of
from services.models import ServiceStandard, ServiceType

# lock_timeout, deadlock, serialisation failure
_BUSY = {"55P03", "40P01", "40001"}
# A no about the service itself: no other hour would help.
_HOPELESS = {"external", "walk_in_only", "no_queue", "unknown_service", "unknown_mall"}
_ABOUT_THE_PERSON = {"contact_cap", "bad_priority"}
_ABOUT_THE_WHOLE = {"already_booked", "busy", "request_reused", "too_many_tickets"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def book(request: HttpRequest, mall: str, code: str) -> HttpResponse:
    """One address for all steps; the button pressed says which step comes next."""
    service = service_of(mall, code)
    if request.method != "POST":
        return Wizard(request, service, Draft.new(service.code)).choose_time(service.code)
    wizard = Wizard(request, service, Draft.read(request.POST, service.code))
    act, _colon, value = request.POST.get("aksi", "").partition(":")
    match act:
        case "hari":
            return wizard.choose_time(wizard.current, date=_date(value))
        case "jam":
            return wizard.take_time()
        case "waktu":
            return wizard.choose_time(value)
        case "tambah":
            return wizard.add()
        case "lepas":
            wizard.draft.drop(value)
            return wizard.next_step()
        case "siapa":
            return wizard.ask_who()
        case "periksa":
            return wizard.review()
        case "kirim":
            return wizard.send()
    return wizard.choose_time(service.code)


class Wizard:
    """The steps of one booking over its draft; each method answers with a page."""

    def __init__(self, request: HttpRequest, service: ServiceType, draft: Draft) -> None:
        self.request = request
        self.first = service
        self.mall = service.agency.mall
        self.draft = draft
        self.at = timezone.now()

    @cached_property
    def services(self) -> dict[str, ServiceType]:
        """The services wanted, by code."""
        more = ServiceType.objects.filter(
            agency__mall=self.mall, agency__active=True, active=True, code__in=self.draft.codes[1:]
        ).select_related("agency__mall")
        return {service.code: service for service in [*more, self.first]}

    @cached_property
    def windows(self) -> dict[int, Window]:
        """The windows chosen, by id."""
        chosen = [wish.window for wish in self.draft.wishes if wish.window]
        return {w.pk: w for w in Window.objects.filter(pk__in=chosen)} if chosen else {}

    @property
    def current(self) -> str:
        """The service whose window is being chosen."""
        code = self.request.POST.get("layanan", "")
        return code if code in self.draft.codes else self.first.code

    # -- the steps -------------------------------------------------------------------------------

    def choose_time(
        self,
        code: str,
        *,
        date: dt.date | None = None,
        refusal: Refusal | None = None,
    ) -> HttpResponse:
        """Days and windows with what is left; a second service keeps to the first one's day."""
        service = self.services.get(code, self.first)
        chosen = self._window_of(service.code)
        others = self._other_windows(service.code)
        day = others[0].date if others and service.code != self.first.code else None
        wanted = day or date or (chosen.date if chosen else None)
        gate = self._gate(service, wanted)
        if not gate.open and gate.code in _HOPELESS:
            raise Refusal(gate.code, system=service.external_system)
        seats = [_beside(seat, others) for seat in gate.windows]
        free = [seat for seat in seats if not seat.code]
        picked = chosen.pk if chosen and any(s.id == chosen.pk for s in free) else None
        page = {
            "service": service,
            "gate": gate,
            "seats": seats,
            "free": free,
            "most": max((seat.seats_left for seat in seats), default=0),
            "picked": picked or (free[0].id if free else None),
            "day_is_fixed": day is not None,
            "added": service.code != self.first.code,
            "refusal": refusal,
        }
        return self._render("queueing/book_when.html", page, refusal.status if refusal else 200)

    def take_time(self) -> HttpResponse:
        """A window was picked: keep it, or show the windows again with the reason."""
        service = self.services.get(self.current, self.first)
        text = self.request.POST.get("jam", "")
        window = Window.objects.filter(
            pk=int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0,
            queue__queue_services__service_type=service,
        ).first()
        if window is None:
            return self.choose_time(service.code, refusal=Refusal("unknown_window"))
        seat = self._seat(service, window)
        if seat is None or seat.code:
            refusal = Refusal(seat.code if seat and seat.code != "paused" else "full")
            return self.choose_time(service.code, date=window.date, refusal=refusal)
        others = self._other_windows(service.code)
        if any(window.date == o.date and _overlap(window, o) for o in others):
            return self.choose_time(service.code, refusal=Refusal("overlapping"))
        self.draft.choose(service.code, window.pk)
        for other in self.draft.wishes:
            kept = self.windows.get(other.window)
            if other.service != service.code and (kept is None or kept.date != window.date):
                self.draft.choose(other.service, 0)
        self._forget()
        return self.next_step()

    def add(self) -> HttpResponse:
        """Another service of the mall in the same visit."""
        code = self.request.POST.get("tambah", "")
        if not code or code in self.draft.codes:
            return self.ask_who()
        if len(self.draft.wishes) >= MAX_TICKETS_PER_VISIT:
            limit = MAX_TICKETS_PER_VISIT
            return self.ask_who(refusal=Refusal("too_many_tickets", limit=limit))
        self.draft.choose(code, 0)
        self._forget()
        if code not in self.services:
            self.draft.drop(code)
            return self.ask_who(refusal=Refusal("unknown_service"))
        return self.choose_time(code)

    def next_step(self) -> HttpResponse:
        """The first step that still lacks something."""
        pending = next((w.service for w in self.draft.wishes if w.window not in self.windows), None)
        if pending:
            return self.choose_time(pending)
        if self.draft.who and self._form().is_valid():
            return self.review()
        return self.ask_who()

    def ask_who(
        self, *, form: WhoForm | None = None, refusal: Refusal | None = None
    ) -> HttpResponse:
        """Name, contact, needs; and the offer to add a service."""
        status = refusal.status if refusal else 422 if form and form.errors else 200
        page = {
            "form": form or self._form(initial=True),
            "refusal": refusal,
            "more": self._more_services(),
        }
        return self._render("queueing/book_who.html", page, status)

    def review(self, *, refusal: Refusal | None = None) -> HttpResponse:
        """Everything once more, each with its "Ubah"."""
        form = self._form()
        if not form.is_valid():
            return self.ask_who(form=form)
        if any(wish.window not in self.windows for wish in self.draft.wishes):
            return self.next_step()
        data = form.cleaned_data
        page = {
            "form": form,
            "who": data,
            "nik": mask_nik(data.get("nik") or ""),
            "nik_odd": form.nik_odd,
            "priority": dict(form.fields["priority"].choices).get(data["priority"], ""),
            "to_bring": self._to_bring(),
            "refusal": refusal,
        }
        return self._render("queueing/book_review.html", page, refusal.status if refusal else 200)

    def send(self) -> HttpResponse:
        """Take the numbers; a no leads back to the step that can answer it."""
        form = self._form()
        if not form.is_valid():
            return self.ask_who(form=form)
        who = form.cleaned_data
        try:
            visit = rules.book(
                mall=self.mall,
                wishes=self.draft.wishes,
                name=who["name"],
                phone=who["phone"],
                email=who["email"],
                nik=who.get("nik") or "",
                priority=who["priority"],
                accommodation=who["accommodation"],
                language=(get_language() or "id")[:2],
                channel=Visit.Channel.WEB,
                request_key=f"web:{self.draft.key}",
                at=self.at,
            )
        except Refusal as refusal:
            return self._refused(refusal)
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", None) not in _BUSY:
                raise
            return self.review(refusal=Refusal("busy"))
        response = redirect("queueing:ticket", visit.token)
        remember(self.request, response, visit)
        return response

    # -- what the steps share --------------------------------------------------------------------

    def _refused(self, refusal: Refusal) -> HttpResponse:
        if refusal.code in _HOPELESS:
            raise refusal
        if refusal.fields or refusal.code in _ABOUT_THE_PERSON:
            return self.ask_who(form=self._form(), refusal=refusal)
        if refusal.code == "request_reused":
            self.draft.key = Draft.new(self.first.code).key
        if refusal.code in _ABOUT_THE_WHOLE:
            return self.review(refusal=refusal)
        service, date = self._wish_that_fails()
        return self.choose_time(service, date=date, refusal=refusal)

    def _wish_that_fails(self) -> tuple[str, dt.date | None]:
        """The first wish whose window the gate now closes; else the first wish."""
        for wish in self.draft.wishes:
            window = self.windows.get(wish.window)
            if window is None or wish.service not in self.services:
                return wish.service, None
            seat = self._seat(self.services[wish.service], window)
            if seat is None or seat.code:
                return wish.service, window.date
        return self.first.code, None

    def _gate(self, service: ServiceType, date: dt.date | None) -> Availability:
        return availability(service=service, date=date, channel=Visit.Channel.WEB, at=self.at)

    def _seat(self, service: ServiceType, window: Window) -> Seat | None:
        return next(
            (s for s in self._gate(service, window.date).windows if s.id == window.pk), None
        )

    def _window_of(self, code: str) -> Window | None:
        return next(
            (self.windows.get(w.window) for w in self.draft.wishes if w.service == code), None
        )

    def _other_windows(self, code: str) -> list[Window]:
        chosen = [self.windows.get(w.window) for w in self.draft.wishes if w.service != code]
        return [window for window in chosen if window]

    def _forget(self) -> None:
        """Read services and windows again after the draft changed."""
        self.__dict__.pop("services", None)
        self.__dict__.pop("windows", None)

    def _form(self, *, initial: bool = False) -> WhoForm:
        needs_nik = any(service.needs_nik for service in self.services.values())
        if initial:
            return WhoForm(initial=self.draft.who, needs_nik=needs_nik)
        return WhoForm(self.draft.who, needs_nik=needs_nik)

    def _more_services(self) -> list[ServiceType]:
        bookable = [ServiceType.BookingMode.BOTH, ServiceType.BookingMode.ONLINE_ONLY]
        return list(
            ServiceType.objects.filter(
                agency__mall=self.mall,
                agency__active=True,
                active=True,
                booking_mode__in=bookable,
                queue_service__queue__active=True,
            )
            .exclude(code__in=self.draft.codes)
            .select_related("agency")
            .order_by("agency__name", "name")
        )

    def _to_bring(self) -> list[str]:
        standards = ServiceStandard.objects.filter(service_type__in=self.services.values()).current(
            self.mall.date_at(self.at)
        )
        return list(dict.fromkeys(item for s in standards for item in s.requirements))

    def _render(self, template: str, page: dict[str, Any], status: int) -> HttpResponse:
        chosen = [
            (self.services[w.service], self.windows.get(w.window))
            for w in self.draft.wishes
            if w.service in self.services
        ]
        page |= {
            "mall": self.mall,
            "first": self.first,
            "draft": self.draft,
            "chosen": chosen,
            "today": self.mall.date_at(self.at),
            "retention_days": settings.RETENTION_VISIT_DAYS,
        }
        return render(self.request, template, page, status=status)


def _beside(seat: Seat, others: list[Window]) -> Seat:
    """The seat, closed where it overlaps a window already chosen for another service."""
    if not seat.code and any(_overlap(seat, other) for other in others):
        return replace(seat, code="overlapping")
    return seat


def _overlap(one: Seat | Window, other: Seat | Window) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
