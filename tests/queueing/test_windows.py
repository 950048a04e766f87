"""Cutting a day into windows and dealing its seats: arithmetic, for any opening hours."""

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from queueing.windows import block_size, cut, deal_online, label, plan_day, without


@st.composite
def days(draw):
    """Sessions of a day: minutes, ascending, apart from each other."""
    marks = sorted(draw(st.sets(st.integers(0, 1440), min_size=2, max_size=8)))
    return [(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False)]


LENGTHS = st.integers(10, 480)
SEATS = st.lists(st.integers(0, 40), max_size=20)


def test_a_plain_day():
    assert cut([(480, 720), (780, 900)], 60) == [
        (480, 540),
        (540, 600),
        (600, 660),
        (660, 720),
        (780, 840),
        (840, 900),
    ]


def test_a_short_rest_joins_the_window_before_it_and_a_long_one_stands():
    assert cut([(480, 625)], 60) == [(480, 540), (540, 625)]
    assert cut([(480, 630)], 60) == [(480, 540), (540, 600), (600, 630)]
    assert cut([(480, 500)], 60) == [(480, 500)]


@given(days(), LENGTHS)
def test_windows_cover_the_sessions_exactly(sessions, length):
    pieces = cut(sessions, length)
    assert sum(e - s for s, e in pieces) == sum(e - s for s, e in sessions)
    assert all(a[1] <= b[0] for a, b in pairwise(pieces))
    assert all(any(o <= s and e <= c for o, c in sessions) for s, e in pieces)
    assert all(e - s < 1.5 * length for s, e in pieces)


@given(days(), days())
def test_what_is_kept_is_left_out(sessions, kept):
    rest = without(sessions, kept)
    minutes = {m for s, e in sessions for m in range(s, e)}
    gone = {m for s, e in kept for m in range(s, e)}
    assert {m for s, e in rest for m in range(s, e)} == minutes - gone


@given(SEATS, st.integers(0, 100))
@example([1, 1, 1], 100)
def test_online_seats_are_rounded_once_a_day_and_leave_each_window_a_seat(seats, share):
    dealt = deal_online(seats, share)
    assert all(0 <= d <= max(0, n - 1) for d, n in zip(dealt, seats, strict=True))
    room = sum(max(0, n - 1) for n in seats)
    assert sum(dealt) == min(room, (sum(seats) * share + 50) // 100)


@given(SEATS, st.integers(0, 100))
def test_a_service_that_is_only_online_gives_every_seat(seats, share):
    assert deal_online(seats, share, all_online=True) == seats


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 6)), max_size=24), st.integers(0, 100))
def test_short_windows_leave_each_hour_a_seat(windows, share):
    windows.sort()
    hours, seats = [h for h, _n in windows], [n for _h, n in windows]
    dealt = deal_online(seats, share, hours=hours)
    assert all(0 <= d <= n for d, n in zip(dealt, seats, strict=True))
    for hour in set(hours):
        of_hour = [i for i, h in enumerate(hours) if h == hour]
        assert sum(dealt[i] for i in of_hour) < sum(seats[i] for i in of_hour)


def test_windows_of_ten_minutes_with_one_seat_can_be_booked_online():
    plans = plan_day(cut([(480, 600)], 10), seats_per_hour=6, online_share=60)
    assert sum(p.online_seats for p in plans) == 7
    assert all(sum(p.online_seats for p in plans[i : i + 6]) <= 5 for i in (0, 6))


@given(days(), LENGTHS, st.integers(0, 60), st.integers(0, 100), st.integers(1, 500))
def test_blocks_follow_one_another_and_hold_more_than_the_seats(day, length, rate, share, first):
    plans = plan_day(cut(day, length), seats_per_hour=rate, online_share=share, first_number=first)
    for plan in plans:
        assert plan.first_number == first
        assert plan.block_size >= plan.seats + 5
        assert plan.seats >= 1
        assert plan.online_seats <= plan.seats
        first += plan.block_size


def test_labels_have_three_figures_and_four_past_999():
    assert (label("C", 37), label("D2", 999), label("C", 1000)) == ("C 037", "D2 999", "C 1000")
    assert block_size(0) == 0
