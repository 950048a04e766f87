"""Finding a visit again by its short code and a one-time code, or by a message with its link."""

import datetime as dt
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.rules import send_due
from queueing import rules
from queueing.models import Visit
from queueing.refusals import Refusal
from queueing.rules import finding
from tests.house import at

NOW = at(7, 45)
MINUTE = dt.timedelta(minutes=1)
NIK = "3576014101900001"


@pytest.fixture(autouse=True)
def _by_email(settings):
    settings.NOTIFICATION_CHANNELS = ["email"]


@pytest.fixture
def visit(house) -> Visit:
    """Siti's, with an address, whose confirmation has left."""
    ticket = house.book("KTP", 9, nik=NIK, email="siti@contoh.id")
    send_due(at=NOW)
    return ticket.visit


def ask(visit, *, at=NOW, client="10.0.0.1", code=None):
    return rules.send_code(
        mall=visit.mall, short_code=code or visit.short_code, client=client, at=at
    )


def answer(visit, code, *, at=NOW, short_code=None):
    return rules.open_with_code(
        mall=visit.mall,
        short_code=short_code or visit.short_code,
        code=code,
        client="10.0.0.1",
        at=at,
    )


def link(house, *, nik=NIK, service="KTP", name="Orang Lain", at=NOW, client="10.0.0.1"):
    prefix = house.services[service].queue_service.queue.prefix
    rules.send_link(
        mall=house.mall,
        wishes=[rules.Wish(service, house.window(prefix, 10).pk)],
        name=name,
        phone="",
        email="penipu@contoh.id",
        nik=nik,
        client=client,
        at=at,
    )


def figures(mail):
    return re.search(r"\b\d{6}\b", mail.body)[0]


def after_a_minute(n=1):
    """The pause between two codes is over."""
    for key in cache._cache.get_client().scan_iter("*find-pause*"):
        cache._cache.get_client().delete(key)
    return NOW + n * MINUTE


# -- the code ----------------------------------------------------------------------------------


def test_the_code_goes_to_the_contact_on_file_and_opens_the_visit_once(visit, mailoutbox):
    mailoutbox.clear()
    ask(visit)
    send_due(at=NOW)
    [mail] = mailoutbox
    assert mail.to == ["siti@contoh.id"]
    assert "Jangan berikan kode ini" in mail.body
    assert visit.token not in mail.body
    assert answer(visit, f" {figures(mail)[:3]} {figures(mail)[3:]} ") == visit
    with pytest.raises(Refusal, match="wrong_code"):
        answer(visit, figures(mail))


def test_a_wrong_code_opens_nothing_and_after_five_the_right_one_neither(visit):
    right = ask(visit)
    for _try in range(finding.TRIES):
        with pytest.raises(Refusal, match="wrong_code"):
            answer(visit, "x" + right[::-1] + "1")
    with pytest.raises(Refusal, match="wrong_code"):
        answer(visit, right)
    again = ask(visit, at=after_a_minute())
    assert answer(visit, again) == visit


def test_the_code_of_one_visit_opens_no_other(visit, house):
    other = house.book("KK", 10, name="Budi", email="budi@contoh.id").visit
    code = ask(visit)
    ask(other)
    with pytest.raises(Refusal, match="wrong_code"):
        answer(other, code)


def test_a_second_press_within_a_minute_sends_nothing_new(visit):
    first = ask(visit)
    assert ask(visit) == ""
    assert Message.objects.filter(kind="code").count() == 1
    assert answer(visit, first) == visit


def test_at_most_three_codes_an_hour(visit):
    assert all(ask(visit, at=after_a_minute(n)) for n in range(finding.SENDS))
    assert ask(visit, at=after_a_minute(9)) == ""
    assert Message.objects.filter(kind="code").count() == finding.SENDS


def test_a_code_that_leaves_too_late_does_not_leave(visit, mailoutbox):
    mailoutbox.clear()
    ask(visit)
    send_due(at=NOW + 11 * MINUTE)
    assert mailoutbox == []
    assert Message.objects.get(kind="code").state == "expired"


def test_the_code_leaves_before_other_messages_that_are_due(visit, house, mailoutbox):
    mailoutbox.clear()
    house.book("KK", 10, name="Budi", email="budi@contoh.id", now=NOW - MINUTE)
    ask(visit)
    send_due(at=NOW, limit=1)
    assert [mail.to for mail in mailoutbox] == [["siti@contoh.id"]]


def test_the_code_stands_readable_in_no_table_and_not_in_the_cache(visit):
    code = ask(visit)
    message = Message.objects.get(kind="code")
    assert code not in str(message.context)
    assert "secret" in message.context
    redis = cache._cache.get_client()
    kept = [redis.get(key) for key in redis.scan_iter("*find-code*")]
    assert len(kept) == 1
    assert code.encode() not in kept[0]
    send_due(at=NOW)
    message.refresh_from_db()
    assert (message.state, "secret" in message.context) == ("sent", False)


@pytest.mark.parametrize("days", [-2, 30])
def test_only_yesterday_and_later_and_only_what_is_not_erased(visit, days):
    Visit.objects.filter(pk=visit.pk).update(date=NOW.date() + dt.timedelta(days=days))
    ask(visit)
    assert Message.objects.filter(kind="code").count() == (days > 0)


def test_an_erased_visit_is_not_found_and_no_code_opens_it(visit):
    code = ask(visit)
    Visit.objects.filter(pk=visit.pk).update(erased_at=NOW)
    with pytest.raises(Refusal, match="wrong_code"):
        answer(visit, code)
    ask(visit, at=after_a_minute())
    assert Message.objects.filter(kind="code").count() == 1


def statements(captured):
    """What was asked of the database, without its values."""
    return [re.sub(r"'[^']*'|\d+", "?", q["sql"])[:60] for q in captured]


def test_a_visit_that_is_not_there_or_has_no_contact_costs_the_same(visit, house):
    silent = house.book("KK", 10, name="Budi").visit
    done = []
    for code in (visit.short_code, silent.short_code, "ZZZZZZ"):
        with CaptureQueriesContext(connection) as captured:
            assert re.fullmatch(r"\d{6}", ask(visit, code=code))
        done.append([s for s in statements(captured) if s.startswith(("INSERT", "SELECT", "SET"))])
    assert len(done[0]) == 3
    assert done[0] == done[2]
    assert done[1][:3] == done[0]
    assert Message.objects.filter(kind="code").count() == 1
    with pytest.raises(Refusal, match="wrong_code"):
        answer(visit, ask(visit, code="YYYYYY"), short_code="YYYYYY")


def test_one_client_asks_and_guesses_only_so_often(visit):
    for _try in range(finding.ASKED_BY_ONE_CLIENT):
        with pytest.raises(Refusal, match="wrong_code"):
            answer(visit, "123456", short_code="ABCDEF")
    with pytest.raises(Refusal, match="too_many_tries"):
        ask(visit)
    assert ask(visit, client="10.0.0.2")


# -- the link ----------------------------------------------------------------------------------


def test_the_link_goes_to_the_contact_on_file_never_to_the_one_typed(visit, house, mailoutbox):
    mailoutbox.clear()
    link(house)
    send_due(at=NOW)
    [mail] = mailoutbox
    assert mail.to == ["siti@contoh.id"]
    assert f"/tiket/{visit.token}/" in mail.body
    assert "Rabu, 25 November 2026" in mail.body


def test_the_link_is_sent_once_an_hour(visit, house):
    link(house)
    link(house, at=NOW + MINUTE)
    assert Message.objects.filter(kind="link").count() == 1


@pytest.mark.parametrize(
    "typed", [{"nik": "3576014101900002"}, {"service": "AKTA"}, {"nik": "12"}, {"nik": ""}]
)
def test_another_person_or_service_sends_nothing(visit, house, typed):
    link(house, **typed)
    assert not Message.objects.filter(kind="link").exists()


def test_a_cancelled_number_sends_nothing(visit, house):
    rules.cancel_visit(visit_id=visit.pk, at=NOW)
    link(house)
    assert not Message.objects.filter(kind="link").exists()
