"""The demo's kiosk and displays, each with a fresh code to pair a browser with."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse

from queueing import rules
from queueing.models import Device
from queueing.zones import zones
from services.models import Mall


def arrange(mall: Mall, *, at: dt.datetime) -> list[dict[str, Any]]:
    """The demo's devices, made where they are missing, and how a browser becomes one of them.

    A code is good once and for a quarter of an hour; a browser paired before stays paired.
    """
    first = zones(mall, mall.date_at(at))[0]
    wanted = [
        ("Kios pintu utama", Device.Kind.KIOSK, ""),
        ("Layar aula", Device.Kind.DISPLAY, ""),
        (f"Layar zona {first.name}", Device.Kind.DISPLAY, first.name),
    ]
    told = []
    for name, kind, zone in wanted:
        device, _new = Device.objects.get_or_create(mall=mall, kind=kind, name=name, zone=zone)
        told.append(
            {
                "name": name,
                "kind": str(kind),
                "pair_at": settings.BASE_URL + reverse("queueing:pair", args=[mall.slug]),
                "code": rules.make_pairing_code(device_id=device.pk, at=at),
            }
        )
    return told
