"""What a hall's board costs: the statements of the part that a paired display asks for."""

import datetime as dt

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from bench.figures import Figure
from queueing import devices, rules
from queueing.models import Device
from services.models import Mall

MOST = 4
# Its statements are counted, not its files: none need to be gathered for it.
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def figure(mall: Mall) -> Figure:
    """Two GETs of the part: the display's first, and one within the 15 s in which it was noted."""
    client = _paired(mall)
    first, again = (_statements(client, mall) for _n in range(2))
    own = max(sum("queueing_device" not in sql for sql in sqls) for sqls in (first, again))
    note = f"GET of the part; with who the display is and when it was seen {len(first)}, "
    note += f"again within 15 s {len(again)}"
    return Figure("board of 23 queues", own, "statements", f"<= {MOST}", own <= MOST, note=note)


def _paired(mall: Mall) -> Client:
    """A display's browser; the display was last seen a minute ago."""
    at = timezone.now() - dt.timedelta(minutes=1)
    device = Device.objects.create(mall=mall, kind=Device.Kind.DISPLAY, name="Layar")
    code = rules.make_pairing_code(device_id=device.pk, at=at)
    _device, token = rules.pair(mall=mall, code=code, client="bench", at=at)
    client = Client(SERVER_NAME="localhost", headers={"hx-request": "true"})
    client.cookies[devices.COOKIE] = token
    return client


def _statements(client: Client, mall: Mall) -> list[str]:
    plain = override_settings(STORAGES={**settings.STORAGES, "staticfiles": PLAIN})
    with plain, CaptureQueriesContext(connection) as asked:
        answer = client.get(reverse("queueing:display", args=[mall.slug]), {"sejak": 0})
    if answer.status_code != 200:
        raise OSError(f"The board answered {answer.status_code}.")
    return [one["sql"] for one in asked]
