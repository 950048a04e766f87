"""The daily letters: to heads in the morning, to officers in the evening, to who asked for them."""

import pytest

from accounts.models import User
from notifications.models import Message
from queueing import rules, statistics
from queueing.rules.digesting import LETTERS
from services.models import Officer
from services.permissions import GRANTS
from tests.house import TODAY, at


@pytest.fixture(autouse=True)
def _all_have_asked(house, settings):
    settings.NOTIFICATION_CHANNELS = ["email"]
    User.objects.update(email="nama@contoh.id", digest=True)


def letters():
    """Username and lines of each letter."""
    names = {f"user-{user.pk}": user.username for user in User.objects.all()}
    return {names[m.about]: m.context["lines"] for m in Message.objects.filter(kind="digest")}


def served(house):
    house.waiting("KTP", 9, arrived=at(8, 45))
    place = {"counter_id": house.counters[1].pk, "officer": house.people["officer"]}
    rules.open_counter(**place, at=at(8))
    rules.call_next(**place, at=at(9))
    rules.start(**place, at=at(9))
    rules.end(**place, at=at(9, 10))
    statistics.roll_up(mall=house.mall, date=TODAY)


def test_in_the_morning_a_head_reads_yesterday_and_what_is_booked_today(house):
    served(house)
    house.book("KTP", 9, days=1)
    house.book("PBB", 10, days=1)
    assert rules.write_digests(at=at(7, 2, days=1)) == 2
    told = letters()
    assert told.keys() == {"head", "foreign_head"}
    assert told["head"] == [
        "Kemarin dilayani: 1. Tidak datang: 0. Batal: 0.",
        told["head"][1],
        "Antrean C: 1 nomor dipesan, mulai 09.00, loket 1, 2.",
    ]
    assert "paling lama 15 menit. Dipanggil dalam janji layanan: 100 persen." in told["head"][1]
    assert told["foreign_head"] == ["Antrean T: 1 nomor dipesan, mulai 10.00, loket 4."]


def test_in_the_evening_officers_read_what_is_booked_for_tomorrow(house):
    house.book("KTP", 9, days=1)
    rules.write_digests(at=at(17, 2))
    told = letters()
    assert told.keys() == {"officer", "colleague", "third"}
    assert told["officer"] == ["Antrean C: 1 nomor dipesan, mulai 09.00, loket 1, 2."]
    message = Message.objects.first()
    assert message.context["date"] == "Kamis, 26 November 2026"
    assert message.not_after == at(20)
    assert message.agency_id == house.civil.pk
    assert message.address == "nama@contoh.id"


@pytest.mark.parametrize("hour", [6, 10, 16, 20])
def test_outside_of_their_hours_no_letters_are_written(house, hour):
    house.book("KTP", 14)
    house.book("KTP", 9, days=1)
    assert rules.write_digests(at=at(hour, 30)) == 0


def test_one_letter_a_day_and_none_where_there_is_nothing_to_say(house):
    assert rules.write_digests(at=at(17, 2)) == 0
    house.book("KTP", 9, days=1)
    assert rules.write_digests(at=at(17, 32)) == 3
    assert rules.write_digests(at=at(18, 2)) == 0


@pytest.mark.parametrize("why", ["not asked", "no e-mail", "account off", "office over"])
def test_only_who_asked_and_is_in_office_gets_one(house, why):
    house.book("KTP", 9, days=1)
    officer = User.objects.filter(username="officer")
    if why == "not asked":
        officer.update(digest=False)
    if why == "no e-mail":
        officer.update(email="")
    if why == "account off":
        officer.update(is_active=False)
    if why == "office over":
        Officer.objects.filter(user__username="officer").update(active=False)
    rules.write_digests(at=at(17, 2))
    assert letters().keys() == {"colleague", "third"}


def test_each_letter_speaks_by_a_permission_that_its_office_has():

    for letter in LETTERS:
        assert any(letter.permission in held for held in GRANTS.values())
