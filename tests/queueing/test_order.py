"""Nobody starves: who may stand before whom."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from queueing.order import behind_the_next_two, place
from tests.house import at

MINUTES = st.integers(0, 600)
NUMBERS = st.integers(1, 2000)
BOOST = dt.timedelta(minutes=20)


@st.composite
def people(draw):
    """(own time, place in the line, number): the window's start, or the arrival of the late."""
    number = draw(NUMBERS)
    arrived = at(7) + dt.timedelta(minutes=draw(MINUTES))
    boost = draw(st.sampled_from([dt.timedelta(), BOOST]))
    if draw(st.booleans()):
        starts = at(8) + dt.timedelta(minutes=60 * draw(st.integers(0, 8)))
        ends = starts + dt.timedelta(hours=1)
        own = starts if arrived <= ends else arrived
    else:
        starts = ends = None
        own = arrived
    where = place(number=number, starts_at=starts, ends_at=ends, arrived_at=arrived, boost=boost)
    return own, where, number, boost


@given(people(), people())
def test_an_ordinary_ticket_is_overtaken_only_by_times_at_most_the_boost_later(one, other):
    own, where, number, boost = one
    if boost:
        return
    their_time, their_place, their_number, _their_boost = other
    if (their_place, their_number) < (where, number):
        between_numbers = dt.timedelta(milliseconds=max(0, number - their_number))
        assert their_time - own <= BOOST + between_numbers


@given(people(), people())
def test_without_a_boost_the_earlier_time_goes_first_and_then_the_number(one, other):
    if one[3] or other[3]:
        return
    if (one[0], one[2]) < (other[0], other[2]) and abs(one[0] - other[0]) != dt.timedelta():
        assert one[1] < other[1] or abs(one[0] - other[0]) < dt.timedelta(seconds=3)
    if one[0] == other[0] and one[2] < other[2]:
        assert one[1] < other[1]


def test_on_time_counts_from_the_window_and_late_from_the_arrival():
    window = {"starts_at": at(9), "ends_at": at(10)}
    early = place(number=3, arrived_at=at(8, 40), **window)
    in_time = place(number=3, arrived_at=at(10), **window)
    late = place(number=3, arrived_at=at(10, 0, 1), **window)
    assert early == in_time == at(9) + dt.timedelta(milliseconds=3)
    assert late == at(10, 0, 1) + dt.timedelta(milliseconds=3)


@given(st.lists(st.integers(0, 10_000_000), unique=True, max_size=6))
def test_who_rejoins_stands_right_behind_the_next_two(offsets):
    waiting = sorted(at(9) + dt.timedelta(milliseconds=o) for o in offsets)
    new = behind_the_next_two(waiting[:3], at(9))
    assert sum(w < new for w in waiting) == min(2, len(waiting))
