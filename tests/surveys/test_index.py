"""The index is exact: vectors of the regulation's formula, and what holds for any forms."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import index
from surveys.elements import CODES, QUESTIONNAIRE

ON = dt.date(2026, 11, 25)
VECTOR = dict(zip(CODES, (105, 101, 100, 116, 102, 105, 106, 105, 115), strict=True))
forms = st.lists(st.lists(st.integers(1, 4), min_size=9, max_size=9), min_size=1, max_size=60)


def sums_of(marks):
    return {code: sum(form[place] for form in marks) for place, code in enumerate(CODES)}


def test_twenty_nine_forms_give_91_48():
    assert sum(VECTOR.values()) == 955
    assert index.convert(VECTOR, 29) == Decimal("91.48")


def test_a_perfect_unit_gets_one_hundred_and_the_worst_twenty_five():
    assert index.convert(dict.fromkeys(CODES, 4), 1) == 100
    assert index.convert(dict.fromkeys(CODES, 1), 1) == 25


@pytest.mark.parametrize(
    ("population", "size"),
    [
        *[(0, 0), (1, 1), (10, 10), (50, 44), (100, 80), (200, 132), (500, 217), (1_000, 278)],
        *[(5_000, 357), (10_000, 370), (100_000, 383)],
    ],
)
def test_the_sample_is_that_of_krejcie_and_morgan(population, size):
    assert index.needed(population) == size


@pytest.mark.parametrize(
    ("score", "letter"),
    [
        *[("100.00", "A"), ("88.31", "A"), ("88.30", "B"), ("76.61", "B"), ("76.60", "C")],
        *[("65.00", "C"), ("64.99", "D"), ("25.00", "D")],
    ],
)
def test_a_class_begins_exactly_at_its_border(score, letter):
    assert index.grade_of(Decimal(score), on=ON).letter == letter


def test_a_score_in_a_printed_gap_is_rounded_before_it_is_classed():
    assert index.half_up(Fraction("88.305")) == Decimal("88.31")
    assert index.half_up(Fraction("88.30499")) == Decimal("88.30")
    assert index.half_up(Fraction("0.125")) == Decimal("0.13")  # half to even would say 0.12


def test_the_classes_have_a_version_and_the_day_from_which_they_hold():
    assert index.scale_of(ON).version == "PermenPANRB 14/2017"
    later = index.Scale("lain", dt.date(2027, 1, 1), index.SCALES[0].borders)
    known, index.SCALES = index.SCALES, (*index.SCALES, later)
    try:
        assert index.scale_of(ON).version == "PermenPANRB 14/2017"
        assert index.scale_of(dt.date(2027, 1, 1)).version == "lain"
    finally:
        index.SCALES = known


def test_an_index_says_ranks_the_three_lowest_and_whether_it_is_indicative():
    found = index.index_of(VECTOR, complete=29, forms=32, population=50, on=ON)
    assert (found.score, found.grade.letter, found.needed) == (Decimal("91.48"), "A", 44)
    assert found.indicative
    assert found.lowest == ["waktu", "prosedur", "produk"]
    assert (found.ranks["biaya"], found.ranks["waktu"]) == (1, 9)
    assert found.elements["waktu"] == Decimal("3.448")
    assert found.incomplete_share == Fraction(3, 32)
    assert not index.index_of(VECTOR, complete=29, forms=29, population=10, on=ON).indicative


@pytest.mark.parametrize("population", [None, 0])
def test_without_knowing_who_was_served_before_an_index_is_indicative(population):
    found = index.index_of(VECTOR, complete=29, forms=29, population=population, on=ON)
    assert (found.needed, found.indicative) == (None, True)


def test_no_complete_form_is_no_index():
    none = index.index_of(dict.fromkeys(CODES, 0), complete=0, forms=4, population=9, on=ON)
    assert (none.score, none.grade, none.elements, none.incomplete_share) == (None, None, {}, 1)


@given(forms)
def test_any_forms_score_between_25_and_100_and_equal_the_mean_of_all_marks(marks):
    score = index.convert(sums_of(marks), len(marks))
    assert 25 <= score <= 100
    mean = Fraction(sum(map(sum, marks)), 9 * len(marks))
    assert abs(Fraction(score) - mean * 25) <= Fraction("0.005")


@given(forms)
def test_the_same_forms_twice_score_the_same(marks):
    assert index.convert(sums_of(marks), len(marks)) == index.convert(
        sums_of(marks + marks), 2 * len(marks)
    )


@given(st.integers(1, 10_000_000))
def test_a_sample_never_asks_for_more_than_there_are_nor_for_fewer_than_before(population):
    assert index.needed(population) <= min(population, 384)
    assert index.needed(population) <= index.needed(population + 1)


@given(st.dictionaries(st.integers(), st.integers(0, 40), max_size=8))
def test_what_is_hidden_cannot_be_found_by_subtraction(sizes):
    hidden = index.hidden(sizes)
    assert all(sizes[group] >= index.LEAST or not sizes[group] for group in sizes.keys() - hidden)
    together = sum(sizes[group] for group in hidden)
    total = sum(sizes.values())
    assert not hidden or together >= index.LEAST or together == total


def test_one_small_group_is_hidden_together_with_the_next():
    assert index.hidden({"a": 30, "b": 12, "c": 3}) == {"b", "c"}
    assert index.hidden({"a": 30, "b": 7, "c": 3}) == {"b", "c"}
    assert index.hidden({"a": 30, "b": 12, "c": 0}) == set()


@given(st.lists(st.integers(0, 25), max_size=20))
def test_every_batch_of_weeks_has_ten_or_more_and_what_waits_has_fewer(sizes):
    runs = index.batches(sizes)
    assert all(sum(sizes[place] for place in run) >= index.LEAST for run in runs)
    shown = [place for run in runs for place in run]
    assert shown == list(range(len(shown)))
    assert sum(sizes[len(shown) :]) < index.LEAST


def test_the_questionnaire_has_its_nine_elements_and_the_lowest_answer_first():
    assert len(set(CODES)) == 9
    assert CODES[-2:] == ("sarpras", "pengaduan")  # the printed order; a list of them turns it
    said = {one.code: [str(answer) for answer in one.answers] for one in QUESTIONNAIRE}
    assert said["biaya"] == ["Sangat mahal", "Cukup mahal", "Murah", "Gratis"]
    assert said["sarpras"] == ["Buruk", "Cukup", "Baik", "Sangat baik"]
    assert said["pengaduan"][-1] == "Dikelola dengan baik"
    assert all(len(answers) == 4 for answers in said.values())
