"""The admin of the queueing room: the house, its records, the desks."""

from queueing.admin import devices, house, notices, records, setting_up

__all__ = ["devices", "house", "notices", "records", "setting_up"]
