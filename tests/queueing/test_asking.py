"""Who only asks is counted, without a name and without a number."""

import datetime as dt

from queueing import rules
from queueing.models import Inquiry
from tests.house import TODAY, at
from tests.queueing.promises import refused


def note(house, who="front_desk", agency=None, now=None):
    return rules.note_inquiry(
        mall=house.mall, agency=agency, officer=house.people[who], at=now or at(9)
    )


def take_back(house, inquiry, who="front_desk", now=None):
    rules.take_back_inquiry(
        mall=house.mall, inquiry_id=inquiry.pk, officer=house.people[who], at=now or at(9, 0, 30)
    )


def test_a_question_is_counted_with_its_agency_or_without(house):
    note(house)
    note(house, agency=house.tax, now=at(9, 1))
    assert list(Inquiry.objects.order_by("pk").values_list("agency", "date")) == [
        (None, TODAY),
        (house.tax.pk, TODAY),
    ]


def test_a_double_tap_is_one_question_and_the_next_visitor_another(house):
    first = note(house)
    assert note(house, now=at(9) + dt.timedelta(milliseconds=300)) == first
    note(house, now=at(9, 0, 5))
    note(house, who="manager", now=at(9, 0, 5))
    assert Inquiry.objects.count() == 3


def test_it_is_taken_back_within_a_minute_and_twice_is_once(house):
    inquiry = note(house)
    take_back(house, inquiry)
    take_back(house, Inquiry(pk=inquiry.pk or 1))
    assert not Inquiry.objects.exists()


def test_it_is_not_taken_back_late_or_by_another(house):
    inquiry = note(house)
    with refused("undo_too_late"):
        take_back(house, inquiry, now=at(9, 1, 1))
    with refused("undo_not_yours"):
        take_back(house, inquiry, who="manager")
    assert Inquiry.objects.count() == 1
