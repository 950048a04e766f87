"""The worker by the fast clock of a rehearsed day."""

from mpp_portal.celery import app
from mpp_portal.rehearsal import clock

__all__ = ["app", "clock"]
