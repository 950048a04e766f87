"""Paired kiosks and displays for the tests: a device with a browser that has its cookie."""

from typing import Any

from django.test import Client

from queueing.devices import COOKIE
from queueing.models import Device
from queueing.rules.devices import fingerprint
from services.models import Mall
from tests.house import at


def pair_device(mall: Mall, kind: str, **fields: Any) -> Device:
    """A device paired at 7.30; `client` is its browser, `token` what the cookie says."""
    name = f"{Device.Kind(kind).label} {Device.objects.filter(mall=mall, kind=kind).count() + 1}"
    fields = {"name": name, "paired_at": at(7, 30), "last_seen_at": at(7, 30), **fields}
    device = Device(mall=mall, kind=kind, **fields)
    device.token = f"token-{mall.slug}-{kind}-{Device.objects.count()}-yang-cukup-panjang"
    device.token_hash = fingerprint(device.token)
    device.save()
    device.client = Client()
    device.client.cookies[COOKIE] = device.token
    return device
