"""Taking a number at the kiosk, and what came of it: the number, its paper, the way on."""

import datetime as dt
import secrets
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from queueing import estimates, places, rules, slips, voice
from queueing.availability import SeatFacts, availability, facts_of_day, judge_service, service_in
from queueing.kiosk import KIOSK, first_seat, picture
from queueing.kiosk_guest import Guest
from queueing.models import Device, SlipPrint, Visit
from queueing.offers import costs_on
from queueing.refusals import Refusal, sentence
from queueing.views.kiosk_frame import AFTER_PRINT_S, Kiosk, at_kiosk
from queueing.views.shown import drawn, qr, shown
from queueing.workflow import State
from services.fees import Cost
from services.models import ServiceType

_WHY = {  # no number today, as one sentence
    "full": gettext_lazy("Nomor untuk hari ini sudah habis."),
    "day_full": gettext_lazy("Nomor untuk hari ini sudah habis."),
    "past": gettext_lazy("Jam layanan hari ini sudah selesai."),
    "closed": gettext_lazy("Hari ini tidak ada layanan."),
    "last_ticket_passed": gettext_lazy("Nomor terakhir hari ini sudah lewat."),
}
_OLD = dt.timedelta(minutes=1)  # a form that gave its number before: the next person's touch


@require_safe
@at_kiosk
def service(kiosk: Kiosk, code: str) -> HttpResponse:
    """One service: a number for a later hour to agree to, or why there is none and what next."""
    found = service_in(kiosk.mall.pk, code)
    queue_id = found.queue_service.queue_id if hasattr(found, "queue_service") else 0
    today = kiosk.mall.date_at(kiosk.at)
    seat, no, why = _next_seat(kiosk, found)
    page: dict[str, Any] = {
        "service": found,
        "icon": picture(found),
        "cost": costs_on([found], today).get(found.pk, Cost("unknown")),
        "seat": seat,
        "code": no,
        "key": secrets.token_urlsafe(16),
        "qr": drawn("queueing:service", kiosk.mall.slug, code),
    }
    later = bool(seat and _is_later(kiosk, seat))
    if seat and not later:
        pace = estimates.for_queues([queue_id], today, kiosk.at)[queue_id]
        place = places.for_queues([queue_id], today).get(queue_id)
        return kiosk.page("service", "ambil", pace=pace, place=place, **page)
    online = availability(service=found, date=None, channel=Visit.Channel.WEB, at=kiosk.at)
    page["next_date"] = online.date if online.open and online.date != today else online.next_date
    page["online_today"] = online.open and online.date == today
    if later:
        return kiosk.page("service", "nanti", later=True, **page)
    return kiosk.page("service", "tidak-bisa", why=why, **page)


@require_POST
@at_kiosk
def take(kiosk: Kiosk) -> HttpResponse:
    """Take the number and print it. What must be asked or told before is shown instead."""
    code, key = kiosk.request.POST.get("layanan", ""), kiosk.request.POST.get("kunci", "")
    if not 16 <= len(key) <= 60:
        raise Refusal("kiosk_form_old")
    if "biasa" in kiosk.request.POST:
        kiosk.guest = Guest()
    key = f"kios:{kiosk.device.pk}:{key}"
    known, hour = _given_before(kiosk, key), None
    if known is None:
        found = service_in(kiosk.mall.pk, code)
        seat, no, _why = _next_seat(kiosk, found)
        agreed = kiosk.request.POST.get("jam") == str(seat.window_id) if seat else False
        if no or (seat and not agreed and _is_later(kiosk, seat)):
            return kiosk.go("service", code)
        hour = seat.window_id if seat else None
    try:
        visit = known or _given(kiosk, code, key, hour)
        rules.print_slip(visit_id=visit.pk, device=kiosk.device, at=kiosk.at)
    except Refusal as refusal:
        kiosk.guest.refused(refusal)
        return kiosk.go("service", code)
    kiosk.guest = Guest(priority=kiosk.guest.priority, visit=visit.pk)
    return kiosk.go("done")


@require_safe
@at_kiosk
def done(kiosk: Kiosk) -> HttpResponse:
    """The number just taken or reported present; nothing where this person has none."""
    visit = _visit(kiosk)
    if visit is None:
        return kiosk.go()
    tickets = [one for one in shown(visit, kiosk.at) if one.ticket.state != State.CANCELLED]
    if not tickets:
        return kiosk.go()
    slip = SlipPrint.objects.filter(visit=visit, device=kiosk.device).order_by("-pk").first()
    has_paper = slip is not None
    if kiosk.guest.present and not kiosk.guest.printed:
        slip = None  # the paper of this morning is no matter of now
    asks = bool(slip and slip.state == SlipPrint.State.SENT and not kiosk.guest.paperless)
    failed = bool(slip and slip.state == SlipPrint.State.FAILED and not kiosk.guest.paperless)
    out = bool(slip and slip.state == SlipPrint.State.OUT)
    spoken = "keluar" if asks else "tanpa-karcis" if failed else "selesai"
    return kiosk.page(
        "done",
        "tercatat" if kiosk.guest.present and not slip else spoken,
        visit=visit,
        tickets=tickets,
        one=tickets[0] if len(tickets) == 1 else None,
        qr="" if kiosk.guest.typed else qr(visit),
        asks=asks,
        failed=failed,
        reprints=failed and rules.reprints_left(visit_id=visit.pk, at=kiosk.at),
        out=out,
        prints=not has_paper or rules.reprints_left(visit_id=visit.pk, at=kiosk.at),
        print_key=slip.pk if asks and kiosk.device.printer == Device.Printer.BROWSER else "",
        slip=slips.slip(visit, kiosk.at, qr=not kiosk.guest.typed) if asks else None,
        says=voice.of_number(tickets[0].ticket.label),
        clips=voice.addresses(kiosk.mall),
        idle_s=AFTER_PRINT_S if not (asks or failed) else None,
    )


@require_POST
@at_kiosk
def paper(kiosk: Kiosk) -> HttpResponse:
    """What became of the paper: it came out, it did not, once more, or on without it."""
    visit = _visit(kiosk)
    if visit is None:
        return kiosk.go()
    match kiosk.request.POST.get("karcis"):
        case "keluar":
            rules.slip_came_out(visit_id=visit.pk, device=kiosk.device, at=kiosk.at)
        case "tidak":
            rules.slip_did_not_come(visit_id=visit.pk, device=kiosk.device, at=kiosk.at)
        case "ulang":
            rules.print_again(
                visit_id=visit.pk,
                device=kiosk.device,
                at=kiosk.at,
                present=kiosk.guest.present,
                qr=not kiosk.guest.typed,
            )
            kiosk.guest.printed = True
        case "tanpa":
            rules.join_the_line(visit_id=visit.pk, device=kiosk.device, at=kiosk.at)
            kiosk.guest.paperless = True
    return kiosk.go("done")


def _given(kiosk: Kiosk, code: str, key: str, hour: int | None) -> Visit:
    return rules.walk_in(
        mall=kiosk.mall,
        services=[code],
        at=kiosk.at,
        printing=True,
        priority=kiosk.guest.priority,
        language=kiosk.look.language,
        request_key=key,
        by=hour,
    )


def _given_before(kiosk: Kiosk, key: str) -> Visit | None:
    """The visit that this very form gave a moment ago: a touch too many is no second number."""
    visit = Visit.objects.filter(request_key=key).first()
    if visit and kiosk.at - visit.created_at > _OLD:
        raise Refusal("kiosk_form_old")
    return visit


def _visit(kiosk: Kiosk) -> Visit | None:
    visit = Visit.objects.filter(pk=kiosk.guest.visit, mall=kiosk.mall, erased_at=None).first()
    if visit:
        visit.mall = kiosk.mall
    return visit


def _next_seat(kiosk: Kiosk, found: ServiceType) -> tuple[SeatFacts | None, str, str]:
    """The window of this service's next number; else the gate's no, and why in words."""
    if no := judge_service(found.booking_mode, KIOSK):
        return None, no, sentence(no, system=found.external_system)
    today = kiosk.mall.date_at(kiosk.at)
    facts = facts_of_day(mall_id=kiosk.mall.pk, codes=[found.code], date=today)
    if not facts and not (hasattr(found, "queue_service") and found.queue_service.queue.active):
        return None, "no_queue", sentence("no_queue")
    seat, no = first_seat(
        facts, priority=bool(kiosk.guest.priority), at=kiosk.at, zone=kiosk.mall.zone
    )
    if no == "paused":
        return (
            None,
            no,
            _("Antrean hari ini dijeda: %(reason)s.")
            % {"reason": next(fact.paused_reason for fact in facts if fact.paused_reason)},
        )
    return seat, no, str(_WHY[no]) if no in _WHY else ""


def _is_later(kiosk: Kiosk, seat: SeatFacts) -> bool:
    """Whether a number taken now is for later; people with priority wait at once."""
    return not kiosk.guest.priority and kiosk.at < seat.starts_at - seat.early
