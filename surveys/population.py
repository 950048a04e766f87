"""How many people an agency served: counted by a room above, which says here how.

The sample of a quarter is taken of those who were served in the quarter before.
"""

import datetime as dt
from collections.abc import Callable

from services.models import Agency

Count = Callable[[Agency, dt.date, dt.date], int | None]
_counts: list[Count] = []


def counted_by(count: Count) -> Count:
    """Register who counts: people served from the first date to the day before the second.

    None where that is not known for all of these days.
    """
    _counts[:] = [count]
    return count


def served(agency: Agency, first: dt.date, end: dt.date) -> int | None:
    """The people served from `first` to the day before `end`; None where nobody knows."""
    return _counts[0](agency, first, end) if _counts else None
