"""What every page of the kiosk has around it: the person's cookies, the footer, the reset."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from queueing import kiosk_guest, rules, voice
from queueing.devices import at_device
from queueing.kiosk_guest import Guest, Look
from queueing.models import Device
from queueing.refusals import Refusal
from services.models import Mall
from services.views import in_mall

IDLE_S, ASK_S, AFTER_PRINT_S = 60, 10, 30


@dataclass
class Kiosk:
    """One request at a kiosk: the device, who stands there, and the moment."""

    request: HttpRequest
    mall: Mall
    device: Device
    guest: Guest
    look: Look

    def __post_init__(self) -> None:
        self.at = timezone.now()
        self.start = reverse("queueing:kiosk", args=[self.mall.slug])

    def reset(self) -> None:
        """The next person has chosen nothing and sees the kiosk as it always is."""
        self.guest, self.look = Guest(), Look()

    def go(self, name: str = "", *parts: object) -> HttpResponse:
        """To another page of the kiosk."""
        return redirect(
            f"queueing:kiosk_{name}" if name else "queueing:kiosk", self.mall.slug, *parts
        )

    def back(self) -> HttpResponse:
        """To the kiosk's page from which a button of the frame was pressed."""
        wanted = self.request.POST.get("kembali", "").removesuffix("?baru")  # which resets
        inside = wanted.startswith(self.start) and "//" not in wanted and "\\" not in wanted
        return redirect(wanted if inside else self.start)

    def page(self, template: str, spoken: str, **page: Any) -> HttpResponse:
        """A page of the kiosk. `spoken` is the key of what "Bacakan" reads."""
        call = rules.help_under_way(device=self.device, at=self.at)
        context = {
            "mall": self.mall,
            "device": self.device,
            "guest": self.guest,
            "look": self.look,
            "at": self.at,
            "start": self.start,
            "no": self.guest.told(),
            "help_call": call,
            "help_minutes": int((self.at - call.at).total_seconds() // 60) if call else 0,
            "spoken_at": voice.sentence_address(self.mall, spoken, self.look.language),
            "utc_offset_s": int(self.at.astimezone(self.mall.zone).utcoffset().total_seconds()),
            "idle_s": IDLE_S,
            "ask_s": ASK_S,
        }
        return render(self.request, f"queueing/kiosk/{template}.html", context | page)


def at_kiosk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view gets a `Kiosk`; others than a paired kiosk of the mall go to be paired.

    A refusal is told on the page from which the button was pressed, or on the start page.
    """

    @never_cache
    @in_mall
    @at_device(Device.Kind.KIOSK)
    @wraps(view)
    def framed(
        request: HttpRequest, mall: Mall, device: Device, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        kiosk = Kiosk(request, mall, device, Guest.of(request), Look.of(request))
        if "baru" in request.GET:
            kiosk.reset()
        with translation.override(kiosk.look.language):
            try:
                response = view(kiosk, *args, **kwargs)
            except Refusal as refusal:
                kiosk.guest.refused(refusal)
                response = kiosk.back()
            response["Content-Language"] = kiosk.look.language
        kiosk_guest.keep(response, kiosk.guest, kiosk.look, path=kiosk.start)
        return response

    return framed
