"""Reporting present at the kiosk: scan the QR code of a ticket, or type its short code."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from queueing import rules
from queueing.kiosk import CODE_KEYS
from queueing.kiosk_guest import Guest
from queueing.refusals import Refusal
from queueing.views.kiosk_frame import Kiosk, at_kiosk


@require_http_methods(["GET", "HEAD", "POST"])
@at_kiosk
def present(kiosk: Kiosk) -> HttpResponse:
    """The page with the keys; what is typed or scanned comes here from every page of the kiosk."""
    if kiosk.request.method != "POST":
        return kiosk.page("present", "hadir", keys=CODE_KEYS)
    kiosk.guest = Guest(priority=kiosk.guest.priority)
    typed = kiosk.request.POST.get("kode", "")[:400]
    try:
        visit = rules.report_at_kiosk(device=kiosk.device, typed=typed, at=kiosk.at)
    except Refusal as refusal:
        kiosk.guest.refused(refusal)
        return kiosk.go("present")
    kiosk.guest.visit, kiosk.guest.present = visit.pk, True
    kiosk.guest.typed = not rules.shows_token(typed)
    return kiosk.go("done")
