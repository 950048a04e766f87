"""Helps asked for with a booking, and how many working days ahead the interpreter is asked."""

import datetime as dt

import pytest

from queueing import rules
from queueing.models import Visit
from queueing.refusals import Refusal
from services.models import Holiday
from tests.house import TODAY, at
from tests.queueing.promises import refused


@pytest.fixture
def interpreter(house):
    """The mall's interpreter comes when asked two working days ahead."""
    house.mall.sign_language_days = 2
    house.mall.save(update_fields=["sign_language_days"])
    return house


def test_needs_are_kept_once_each_in_one_order(house):
    visit = house.book("KTP", 9, needs=["companion", "wheelchair", "companion"]).visit
    assert Visit.objects.get(pk=visit.pk).needs == ["wheelchair", "companion"]


def test_a_need_that_is_not_offered_anywhere_is_refused(house):
    with refused("bad_need"):
        house.book("KTP", 9, needs=["kereta kuda"])


def test_an_interpreter_comes_two_working_days_later(interpreter):
    for days in (0, 1):
        with refused("sign_language_lead"):
            interpreter.book("KTP", 9, days=days, needs=["sign_language"])
    assert interpreter.book("KTP", 9, days=2, needs=["sign_language"]).visit.needs


def test_the_refusal_names_the_first_date(interpreter):
    with pytest.raises(Refusal) as no:
        interpreter.book("KTP", 9, needs=["sign_language"])
    assert no.value.code == "sign_language_lead"
    assert no.value.next_date == TODAY + dt.timedelta(days=2)
    assert "2 hari kerja" in no.value.message
    assert "Jumat, 27 November" in no.value.message


def test_weekends_and_holidays_are_no_working_days(interpreter):
    Holiday.objects.create(mall=interpreter.mall, date=TODAY + dt.timedelta(days=1), name="Libur")
    with refused("sign_language_lead"):
        interpreter.book("KTP", 9, days=2, needs=["sign_language"])
    interpreter.book("KTP", 9, days=5, needs=["sign_language"])


def test_a_mall_without_an_interpreter_promises_none(house):
    with refused("no_sign_language"):
        house.book("KTP", 9, days=5, needs=["sign_language"])


def test_a_refused_interpreter_takes_no_seat(interpreter):
    with refused("sign_language_lead"):
        interpreter.book("KTP", 9, needs=["sign_language"])
    assert interpreter.window("C", 9).taken == 0


def test_who_comes_without_booking_is_not_turned_away_for_the_interpreter(house):
    visit = rules.walk_in(
        mall=house.mall, services=["KTP"], at=at(9), needs=["sign_language"], name="Siti"
    )
    assert visit.needs == ["sign_language"]
