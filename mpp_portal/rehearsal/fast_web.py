"""The web process by the fast clock of a rehearsed day."""

from mpp_portal.rehearsal import clock
from mpp_portal.wsgi import application

__all__ = ["application", "clock"]
