"""The live process, really running: who follows is told at once, and what the page would show."""

import asyncio
import contextlib
import datetime as dt
import http.client
import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone

from mpp_portal.live import hub as live_hub
from mpp_portal.live.watchers import Streams, Watcher
from queueing import live as streams
from queueing import rules
from queueing.views.shown import shown
from services.templatetags.portal import clock, until
from tests.browser.officers import open_today
from tests.ground.following import Stream, allow_many, database_url, live_process, redis_url
from tests.ground.gate import Gate

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def gates():
    """Doors before PostgreSQL and Redis, that a test may shut."""
    own, cache = settings.DATABASES["default"], redis.Redis.from_url(settings.REDIS_URL)
    there = cache.connection_pool.connection_kwargs
    return SimpleNamespace(
        database=Gate(own["HOST"], int(own["PORT"])), redis=Gate(there["host"], there["port"])
    )


@pytest.fixture(scope="module")
def process(django_db_setup, gates):
    environment = {
        "DATABASE_URL": database_url(gates.database.port),
        "REDIS_URL": redis_url(gates.redis.port),
    }
    with live_process(quick=True, **environment) as (port, child):
        heard()
        yield port, child


@pytest.fixture
def live(process, gates):
    yield process[0]
    for gate in (gates.database, gates.redis):
        gate.mend()


@pytest.fixture
def follow(live):
    """`follow(path)`: a stream that is closed after the test."""
    with contextlib.ExitStack() as stack:

        def one(path, **options):
            stream = Stream(live, path, **options)
            stack.callback(stream.close)
            return stream

        yield one


@pytest.fixture
def mall(open_house):
    return open_today(open_house)


def heard():
    """Wait until the live process listens to Redis."""
    client = redis.Redis.from_url(settings.REDIS_URL)
    end = time.monotonic() + 10
    while not client.pubsub_numsub(streams.channel())[0][1]:
        assert time.monotonic() < end
        time.sleep(0.02)


def say(**change):
    redis.Redis.from_url(settings.REDIS_URL).publish(
        streams.channel(), json.dumps({"mall": 7, "queues": [1], "call": None} | change)
    )


def waiting(house, name="Siti Aminah", **who):
    """A number for KTP, waiting."""
    queue = house.queues["C"]
    window = queue.windows.filter(ends_at__gt=timezone.now()).order_by("starts_at").first()
    visit = rules.book(
        mall=house.mall,
        wishes=[rules.Wish("KK", window.pk)],
        at=timezone.now(),
        name=name,
        **who,
    )
    rules.check_in(visit_id=visit.pk, at=timezone.now())
    return visit.tickets.get()


def own_stream(*tickets):
    """The path of the stream of these tickets."""
    mall = tickets[0].visit.mall
    return streams.stream_of(mall.pk, tickets=tickets, zone=mall.zone)


def sit(house, number=1, who="officer"):
    desk = {"counter_id": house.counters[number].pk, "officer": house.people[who]}
    rules.open_counter(**desk, at=timezone.now())
    return desk


def as_shown(ticket):
    """What the page would say now, in the stream's words."""
    one = next(s for s in shown(ticket.visit, timezone.now()) if s.ticket.pk == ticket.pk)
    mall = ticket.visit.mall
    told = {"id": str(ticket.public_id), "state": one.ticket.state}
    if one.paused:
        told["paused"] = one.paused
        if one.back_at:
            told["back"] = clock(one.back_at, mall).replace(".", ":")
    if one.ticket.state != "waiting":
        return told
    told |= {"ahead": one.ahead, "advice": one.advice, "serving": ", ".join(one.serving)}
    if one.between:
        told["from"] = clock(one.between.starts_at, mall).replace(".", ":")
        told["to"] = until(one.between.ends_at, mall).replace(".", ":")
        if one.arrive_at:
            told["return"] = clock(one.arrive_at, mall).replace(".", ":")
    return told


def ahead(stream, people):
    """Wait until the stream says that so many people are ahead."""
    while stream.next("place")[1]["tickets"][0]["ahead"] != people:
        pass


def test_the_first_change_after_a_quiet_second_goes_out_at_once(follow):
    stream = follow("/langsung/7/")
    began = time.monotonic()
    say(call=5)
    assert stream.next("changed") == ("changed", {"queues": [1], "call": 5})
    assert time.monotonic() - began < 0.3


def test_many_changes_become_one_event_a_second(follow):
    stream = follow("/langsung/7/")
    say(queues=[1])
    stream.next("changed")
    began = time.monotonic()
    for n in range(2, 6):
        say(queues=[n], call=n)
    say(mall=8, queues=[99])
    assert stream.next("changed")[1] == {"queues": [2, 3, 4, 5], "call": 5}
    assert 0.5 < time.monotonic() - began < 1.5
    assert stream.silent(1.5, "changed")


def test_a_stream_may_be_read_by_the_portals_pages_and_is_never_stored(follow):
    stream = follow("/langsung/7/")
    assert "content-type: text/event-stream" in stream.head.lower()
    assert "access-control-allow-origin: http://here" in stream.head
    assert "cache-control: no-store" in stream.head


def test_another_address_is_not_found(live):
    connection = http.client.HTTPConnection("127.0.0.1", live, timeout=10)
    connection.request("GET", "/langsung/satu/")
    assert connection.getresponse().status == 404


def test_a_private_stream_begins_with_the_place_that_the_page_shows(follow, mall):
    waiting(mall, "Budi")
    mine = waiting(mall)
    sit(mall)
    before = timezone.now()
    _name, told = follow(own_stream(mine)).next("place")
    assert told["tickets"] == [as_shown(mine)]
    assert told["tickets"][0]["ahead"] == 1
    assert "from" in told["tickets"][0]
    times = (clock(moment, mall.mall).replace(".", ":") for moment in (before, timezone.now()))
    assert told["at"] in times


def test_the_place_after_a_call_is_there_at_once_and_the_called_one_is_told(follow, mall):
    first, second = waiting(mall, "Budi"), waiting(mall)
    desk = sit(mall)
    called, still = follow(own_stream(first)), follow(own_stream(second))
    for stream in (called, still):
        stream.next("place")
    began = time.monotonic()
    rules.call_next(**desk, at=timezone.now())
    assert called.next("yours")[1]["tickets"][0]["state"] == "called"
    assert time.monotonic() - began < 1.2  # at most a second after what was told before
    told = {"ahead": 1}
    while told["ahead"]:
        told = still.next("place")[1]["tickets"][0]
    assert told == as_shown(second)
    assert told["serving"] == first.label


def test_a_cancellation_and_a_priority_insert_move_the_place(follow, mall):
    first, mine = waiting(mall, "Budi"), waiting(mall)
    stream = follow(own_stream(mine))
    ahead(stream, 1)
    rules.cancel(ticket_id=first.pk, at=timezone.now())
    ahead(stream, 0)
    waiting(mall, "Ibu Sri", priority="elderly")
    ahead(stream, 1)


def test_a_pause_is_told_with_its_reason_and_return(follow, mall):
    mine = waiting(mall)
    sit(mall)
    stream = follow(own_stream(mine))
    stream.next("place")
    back = timezone.now() + dt.timedelta(minutes=30)
    rules.pause(
        queue_id=mine.queue_id, reason="blangko habis", at=timezone.now(), expected_back_at=back
    )
    told = {}
    while "paused" not in told:
        told = stream.next("place")[1]["tickets"][0]
    assert told == as_shown(mine)


def test_two_numbers_of_one_visit_come_in_one_event(follow, mall):
    first = waiting(mall, "Budi")
    second = waiting(mall)
    _name, told = follow(own_stream(first, second)).next("place")
    assert {one["id"]: one["ahead"] for one in told["tickets"]} == {
        str(first.public_id): 0,
        str(second.public_id): 1,
    }


@pytest.mark.parametrize("spoil", ["cut", "altered", "of another mall"])
def test_a_claim_that_does_not_hold_gives_the_public_stream(follow, mall, spoil):
    mine = waiting(mall)
    path = own_stream(mine)
    number = mall.mall.pk
    if spoil == "of another mall":
        number += 1
        path = path.replace(f"/{mall.mall.pk}/", f"/{number}/")
    else:
        path = path[:-3] if spoil == "cut" else path.replace("hak=", "hak=x")
    stream = follow(path)
    say(mall=number, queues=[mine.queue_id])
    assert stream.next("changed", "place")[0] == "changed"


def test_a_claim_ends_with_its_day_and_names_nobody(mall):
    mine = waiting(mall, "Siti Aminah", phone="081234567890")
    signed = own_stream(mine).partition("hak=")[2]
    midnight = dt.datetime.combine(
        mine.date + dt.timedelta(days=1), dt.time(), mine.visit.mall.zone
    )
    second = dt.timedelta(seconds=1)
    claim = streams.read_claim(signed, mall.mall.pk, midnight - second)
    assert claim.tickets == ((str(mine.public_id), mine.queue_id),)
    assert streams.read_claim(signed, mall.mall.pk, midnight) is None
    assert streams.read_claim(signed, mall.mall.pk + 1, midnight - second) is None
    assert own_stream(mine).endswith(signed)  # asked again, the same address


def test_what_redis_loses_heals_by_itself(follow, mall):
    first, mine = waiting(mall, "Budi"), waiting(mall)
    stream = follow(own_stream(mine))
    stream.next("place")
    type(first).objects.filter(pk=first.pk).update(state="parked")  # no message
    ahead(stream, 0)


def test_while_redis_is_away_places_are_told_and_afterwards_what_was_missed(follow, gates, mall):
    mine = waiting(mall)
    desk = sit(mall)
    public, own = follow(f"/langsung/{mall.mall.pk}/"), follow(own_stream(mine))
    assert public.next()[0] == "alive"
    own.next("place")
    gates.redis.shut()
    rules.call_next(**desk, at=timezone.now())
    assert own.next("yours", within=8)[1]["tickets"] == [as_shown(mine)]
    public.data = b""
    assert public.silent(2.5)  # nobody says that all is well
    gates.redis.mend()
    assert public.next(within=8)[0] == "missed"
    say(mall=mall.mall.pk)
    assert public.next("changed")[1]["queues"] == [1]


def test_without_the_database_nothing_wrong_is_told(follow, gates, mall):
    first, mine = waiting(mall, "Budi"), waiting(mall)
    stream, public = follow(own_stream(mine)), follow(f"/langsung/{mall.mall.pk}/")
    stream.next("place")
    gates.database.shut()
    rules.cancel(ticket_id=first.pk, at=timezone.now())
    assert public.next("changed")[1]["queues"] == [mine.queue_id]
    time.sleep(0.3)
    stream.data = b""
    assert stream.silent(2.5)
    gates.database.mend()
    assert stream.next("place", within=8)[1]["tickets"] == [as_shown(mine)]


@pytest.mark.parametrize(
    "nonsense", ["{", "[]", "5", '{"mall": 7}', '{"mall": 7, "queues": ["x"], "call": null}']
)
def test_a_message_that_nobody_understands_ends_nothing(follow, nonsense):
    stream = follow("/langsung/7/")
    redis.Redis.from_url(settings.REDIS_URL).publish(streams.channel(), nonsense)
    say(call=6)
    assert stream.next("changed")[1] == {"queues": [1], "call": 6}


def test_a_look_that_fails_unexpectedly_says_that_nothing_is_known(monkeypatch, caplog):
    def fail(*_words):
        raise RuntimeError("rows that nobody expected")

    monkeypatch.setattr(live_hub, "look", fail)
    with ThreadPoolExecutor(1) as own:  # a browser's loop may be running in this thread
        assert own.submit(asyncio.run, live_hub.Hub()._look(7, {})).result() is None
    assert "places not known" in caplog.text


def test_a_database_that_hangs_is_given_up():
    def limits():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW statement_timeout")
                return cursor.fetchone()[0], connection.get_connection_params()["connect_timeout"]
        finally:
            connection.close()

    assert live_hub.Hub()._database.submit(limits).result(timeout=10) == ("5s", 3)
    assert "statement_timeout" not in settings.DATABASES["default"]["OPTIONS"]["options"]


def test_a_change_of_today_does_not_look_at_numbers_for_later_days():
    today, later = dt.date(2026, 8, 3), dt.date(2026, 8, 10)
    all_of_them = Streams()
    for date, queue in ((today, 1), (later, 1), (today, 2)):
        all_of_them.add(Watcher(streams.Claim(7, date, 0.0, (("x", queue),))))
    assert all_of_them.moved_by({1}) == {(today, 1), (later, 1)}  # the date is not known yet
    all_of_them.today = today
    assert all_of_them.moved_by({1, 3}) == {(today, 1)}


def test_a_slow_reader_delays_nobody_and_then_hears_that_it_missed_something(follow):
    slow, quick = follow("/langsung/7/", room=16_384), follow("/langsung/7/")
    many = list(range(10**6, 10**6 + 500_000))  # events of 4.5 MB fill what lies between
    for n in range(4):
        say(queues=[*many, n])
        assert n in quick.next("changed", within=20)[1]["queues"]
    slow.next("missed", within=20)


def test_two_hundred_watchers_do_not_hold_up_the_end(mall):
    mine = waiting(mall)
    allow_many(1000)
    with live_process() as (port, child), contextlib.ExitStack() as stack:
        links = [Stream(port, own_stream(mine)) for _n in range(200)]
        for stream in links:
            stack.callback(stream.close)
        links[-1].next("place")
        began = time.monotonic()
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=10) in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 3
        links[0].link.settimeout(1)
        while part := links[0].link.recv(65536):
            links[0].data += part
        assert links[0].data.endswith(b"0\r\n\r\n")  # ended, not cut


def test_it_may_open_as_many_files_as_the_machine_allows(process):
    with open(f"/proc/{process[1].pid}/limits") as limits:
        line = next(line for line in limits if line.startswith("Max open files"))
    soft, hard = line.split()[3:5]
    assert soft == hard


def test_who_leaves_is_forgotten(live, process):
    """Its file is closed soon after."""
    held = len(list_of_files(process[1].pid))
    streams_now = [Stream(live, "/langsung/7/") for _n in range(5)]
    assert len(list_of_files(process[1].pid)) >= held + 5
    for stream in streams_now:
        stream.link.shutdown(socket.SHUT_RDWR)
        stream.close()
    end = time.monotonic() + 5
    while len(list_of_files(process[1].pid)) > held:
        assert time.monotonic() < end
        time.sleep(0.05)


def list_of_files(pid):
    return os.listdir(f"/proc/{pid}/fd")
