"""The live process: server-sent events from Redis and PostgreSQL, without Django's request cycle.

`uvicorn mpp_portal.live:application`. `streams.py` answers, `hub.py` hears and tells, `places.py`
works out, in one thread with one connection, who waits where.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mpp_portal.settings")
django.setup()  # before the models are imported

from mpp_portal.live.streams import application  # noqa: E402

__all__ = ["application"]
