"""The live process by the fast clock of a rehearsed day."""

from mpp_portal.live import application
from mpp_portal.rehearsal import clock

__all__ = ["application", "clock"]
