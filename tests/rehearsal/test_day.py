"""The rehearsed day: a small one keeps every promise, and a report that lies is caught at it."""

import asyncio
import copy
import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from mpp_portal.management.commands import rehearse_day
from mpp_portal.rehearsal import audience, clock, day_report, day_run, promises
from mpp_portal.rehearsal.audience import Display, Phone
from mpp_portal.rehearsal.browsing import Traffic
from mpp_portal.rehearsal.evidence import OVERVIEW, Screen
from queueing.models import CallAnnouncement, Ticket, TicketEvent
from queueing.workflow import State
from services.models import Mall
from tests.rehearsal.conftest import SUNDAY, moment

VISITORS = 60
SMALL = {"visitors": VISITORS, "counters": 8, "zones": 4}


@pytest.fixture(scope="module")
def _the_day(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), time_machine.travel(moment(SUNDAY, 20), tick=False):
        day = day_run.prepare(**SMALL)
        yield day, *day_run.in_one_process(day)
        call_command("flush", interactive=False, verbosity=0)


@pytest.fixture
def day(_the_day, db):
    return _the_day[0]


@pytest.fixture
def evidence(_the_day):
    """What it left, with displays that saw everything; each test may tamper with its own."""
    found = copy.deepcopy(_the_day[1])
    seen = {call["id"]: 0.0 for call in found.calls}
    zones = sorted({call["zone"] for call in found.calls})
    found.screens = [Screen(zone, dict(seen)) for zone in (OVERVIEW, *zones)]
    return found


@pytest.fixture
def run(_the_day):
    return _the_day[2]


def test_a_small_day_keeps_all_its_promises(day, evidence, run):
    told = day_report.report(evidence, run)
    assert told["broken"] == []
    assert told["promises"].keys() == promises.PROMISES.keys()
    figures = told["day"]
    assert figures["booked_before"] == round(VISITORS * 0.45)
    assert figures["tickets"] == Ticket.objects.filter(mall=day.mall).count() > VISITORS / 2
    assert figures["calls"] == CallAnnouncement.objects.filter(mall=day.mall).count() > 30
    assert sum(figures["events"].values()) == TicketEvent.objects.count()
    assert {"issued", "printed", "checked_in", "called", "started", "ended"} <= {*figures["events"]}
    assert any(line.startswith("display Timur: ") for line in day_report.lines(told))
    assert json.loads(json.dumps(told, default=str))["day"]["visitors"] == VISITORS


def test_the_small_day_lies_within_its_hours_in_four_zones(day, evidence):
    first = min(event["at"] for event in evidence.events)
    last = max(event["at"] for event in evidence.events)
    assert day.hours.opens_at - dt.timedelta(hours=2) <= first
    assert last <= day.hours.over_at
    assert len({counter.zone for counter in day.mall.counters.all()}) == 4
    assert day.mall.counters.count() == 8
    assert {ticket["date"] for ticket in evidence.tickets} == {day.date} == {SUNDAY}


def _doubled_label(evidence):
    kept = [t for t in evidence.tickets if t["state"] != State.TRANSFERRED]
    kept[0]["label"] = kept[1]["label"]


def _missing_event(evidence):
    one = next(event for event in evidence.events if event["kind"] == "started")
    evidence.events.remove(one)


def _wrong_figure(evidence):
    evidence.statistics[0]["served"] += 1


def _missing_statistic(evidence):
    evidence.statistics.pop()


def _someone_still_waits(evidence):
    evidence.tickets[0]["state"] = State.WAITING


def _oversold(evidence):
    ticket = next(t for t in evidence.tickets if t["seat"])
    window = next(w for w in evidence.windows if w["id"] == ticket["window_id"])
    window["seats"] = 0


def _seat_not_counted(evidence):
    next(t for t in evidence.tickets if t["seat"])["seat"] = ""


def _two_counters(evidence):
    """Who was called last had been called a moment before, to the same counter as the first."""
    called = [event for event in evidence.events if event["kind"] == "called"]
    called[1] |= {"id": called[0]["id"] + 0.5, "counter_id": called[0]["counter_id"]}


def _silent_call(evidence):
    evidence.calls.pop()


def _missed_call(evidence):
    call = evidence.calls[3]
    next(s for s in evidence.screens if s.zone == call["zone"]).seen.pop(call["id"])


@pytest.mark.parametrize(
    ("lie", "promise"),
    [
        (_doubled_label, "no number is given twice"),
        (_missing_event, "the events tell each ticket's state"),
        (_wrong_figure, "statistics equal events"),
        (_missing_statistic, "statistics equal events"),
        (_someone_still_waits, "every ticket ends in an end state"),
        (_oversold, "no seat is sold twice"),
        (_seat_not_counted, "no seat is sold twice"),
        (_two_counters, "nobody is at two counters"),
        (_silent_call, "every call is announced"),
        (_missed_call, "no display misses a call"),
    ],
)
def test_a_broken_promise_is_named(evidence, run, lie, promise):
    assert promises.broken(evidence)[promise] == []
    lie(evidence)
    told = day_report.report(evidence, run)
    assert told["promises"][promise]
    assert any(sentence.startswith(promise) for sentence in told["broken"])


def test_memory_that_grows_an_error_and_a_death_break_the_day_too(evidence):
    growing = [(5.0 * n, {"web": 100.0 + n, "live": 50.0}) for n in range(96)]
    traffic = vars(Traffic()) | {"errors": {"TimeoutError": 2}, "statuses": {"200": 9, "500": 1}}
    audience = {"traffic": traffic, "seconds": 480, "followed": 3}
    run = day_report.Run(samples=growing, audience=audience, dead=["worker"])
    told = day_report.report(evidence, run)
    assert told["memory_mb"]["web"]["at_minutes"] == [112, 124, 136, 148, 160, 172, 184]
    assert told["memory_mb"]["web"]["slope_mb_per_minute"] == 12
    assert [sentence.split()[:3] for sentence in told["broken"]] == [
        ["the", "worker", "process"],
        ["HTTP", "error:", "TimeoutError"],
        ["HTTP", "status", "500"],
        ["memory", "of", "web"],
    ]


def test_a_call_that_a_display_learns_of_too_late_breaks_the_day(evidence, run):
    run.lag_s = {OVERVIEW: [0.4, 19.9], "Timur": [0.4, 20.1]}
    told = day_report.report(evidence, run)
    assert told["broken"] == ["display Timur showed a call 20.1 s late"]


def test_the_command_writes_its_report_and_fails_when_a_promise_is_broken(
    day, evidence, run, tmp_path, monkeypatch
):
    monkeypatch.setattr(day_run, "in_one_process", lambda day: (evidence, run))
    file = tmp_path / "report.json"
    with time_machine.travel(moment(SUNDAY, 20), tick=False):
        call_command("rehearse_day", speed=0, report=file, **SMALL)
        assert json.loads(file.read_text())["broken"] == []
        _missed_call(evidence)
        with pytest.raises(CommandError) as failure:
            call_command("rehearse_day", speed=0, report=file, **SMALL)
    assert failure.value.returncode == 1
    assert len(json.loads(file.read_text())["broken"]) == 1


def test_each_run_has_a_mall_of_its_own(day):
    with time_machine.travel(moment(SUNDAY, 20), tick=False):
        again = day_run.prepare(**SMALL)
        assert again.mall != day.mall
        assert again.mall.rehearsal
        assert day_run.prepare(**SMALL).mall == again.mall  # nobody has been there yet


def test_a_database_with_a_real_mall_and_production_are_refused(db, settings):
    Mall.objects.create(slug="sungguhan", name="Sungguhan", regency="Kota", province="Jawa Timur")
    before = list(Mall.objects.all())
    with pytest.raises(CommandError, match="not marked as a rehearsal"):
        call_command("rehearse_day", speed=0)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="PRODUCTION"):
        call_command("rehearse_day", speed=0)
    assert list(Mall.objects.all()) == before


# -- the clock and who looks on -----------------------------------------------------------------


def test_the_fast_clock_stands_until_it_is_started_and_then_runs(tmp_path):
    opens_at = moment(SUNDAY, 8)
    with time_machine.travel(moment(SUNDAY, 20), tick=False) as wall:
        fast = clock.FastClock.make(tmp_path / "clock.json", opens_at=opens_at, speed=60)
        other = clock.FastClock(tmp_path / "clock.json")
        wall.shift(30)
        assert fast.now() == other.now() == opens_at
        fast.start()
        wall.shift(10)
        assert fast.now() == other.now() == opens_at + dt.timedelta(minutes=10)
        assert fast.wall(opens_at + dt.timedelta(minutes=10)) == fast.began + 10


def test_production_has_no_fast_clock(monkeypatch):
    monkeypatch.setenv(clock.VARIABLE, "anything")
    monkeypatch.setenv("PRODUCTION", "1")
    with pytest.raises(ImproperlyConfigured, match="PRODUCTION"):
        clock.install()


def test_beat_sends_what_the_days_own_time_makes_due(monkeypatch):
    sent = []
    monkeypatch.setattr(day_run.app, "send_task", lambda task, **options: sent.append(task))
    beat = day_run.Beat(moment(SUNDAY, 8))
    beat(moment(SUNDAY, 8) + dt.timedelta(seconds=59))
    assert sent == []
    beat(moment(SUNDAY, 8, 4))
    assert sorted(sent) == sorted(set(sent))
    assert "queueing.tasks.mark_no_shows" in sent
    assert "queueing.tasks.make_windows" not in sent
    beat(moment(SUNDAY, 8, 8))  # late: what was due at seven minutes past is not forgotten
    assert "queueing.tasks.make_windows" in sent


def test_a_display_counts_each_call_once_and_asks_from_the_highest():
    display = Display("http://127.0.0.1:1", Traffic(), "/mal/layar/")
    display.take('<template><div data-call="4" data-label="A 1"></div><div data-call="7">')
    display.take('<template><div data-call="5"></div><div data-call="7"></div>')
    assert sorted(display.seen) == [4, 5, 7]
    assert display.last == 7


def test_a_display_outlives_an_error_page_and_its_own_failure_is_told(monkeypatch):
    monkeypatch.setattr(audience, "patience", lambda _seconds: 0)
    answers = [(500, "rusak"), (0, ""), (200, '<main data-stream="http://127.0.0.1:1/x/">')]
    traffic = Traffic()

    async def get(_path, *, part=False):
        await asyncio.sleep(0)
        if not answers:
            raise KeyError
        return answers.pop(0)

    async def show():
        display = Display("http://127.0.0.1:1", traffic, "/mal/layar/")
        display.browser.get = get
        display.follow = lambda _url: asyncio.sleep(60)
        await display.noting(display.run())
        return display.is_on.is_set()

    with ThreadPoolExecutor(1) as thread:  # a browser of another test may have its loop in ours
        assert thread.submit(asyncio.run, show()).result()
    assert answers == []
    assert traffic.errors == {"Display: KeyError": 1}


def test_a_phone_asks_for_its_page_only_when_its_own_state_changed():
    phone = Phone("http://127.0.0.1:1", Traffic(), "kunci")
    one = "11111111-1111-1111-1111-111111111111"
    assert phone.take(
        '<div id="tiket" data-url="/tiket/kunci/" data-states="waiting" data-poll="30"'
        f' data-stream="/langsung/1/?hak=a&amp;b" data-queues="3"><article data-id="{one}"'
        ' data-state="waiting">'
    )
    assert phone.page["stream"] == "/langsung/1/?hak=a&b"
    phone.hear("place", json.dumps({"tickets": [{"id": one, "state": "waiting", "ahead": 3}]}))
    phone.hear("changed", json.dumps({"queues": [4], "call": None}))
    assert not phone.wanted.is_set()
    phone.hear("yours", json.dumps({"tickets": [{"id": one, "state": "called"}]}))
    assert phone.wanted.is_set()
    assert not phone.take("<main>tidak ada lagi</main>")


def test_the_commands_options_are_those_of_the_worst_day():
    options = rehearse_day.Command().create_parser("manage.py", "rehearse_day").parse_args([])
    assert (options.speed, options.visitors, options.counters, options.zones) == (60, 1900, 50, 4)
