"""The admin of the queueing room: the house, its records, the desks."""

from queueing.admin import house, records, setting_up

__all__ = ["house", "records", "setting_up"]
