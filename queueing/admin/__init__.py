"""The admin of the queueing room: the house, its records, the desks."""

from queueing.admin import house, records

__all__ = ["house", "records"]
