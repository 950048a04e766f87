"""`prepare_demo`: a mall that lives, whatever the hour, safe to repeat, and never a real one."""

import datetime as dt
import itertools
import json

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Q

from accounts.models import User
from accounts.rules import user_for_token
from mpp_portal.rehearsal import house, plan
from notifications.models import Message
from queueing.availability import availability
from queueing.models import (
    Counter,
    CounterSession,
    DailyStatistic,
    Queue,
    Ticket,
    TicketEvent,
    Visit,
    Window,
)
from queueing.workflow import AT_COUNTER, State
from services.models import Agency, Mall, Officer, ServiceType
from tests.rehearsal.conftest import (
    CHRISTMAS,
    FIRST_START,
    SUNDAY,
    WEDNESDAY,
    moment,
    start_demo,
)


def test_two_starts_give_one_living_mall(demo, card):
    first = json.loads(card.read_text())
    standing = {m: m.objects.count() for m in (Mall, Queue, Counter, User, Officer, ServiceType)}
    past = Ticket.objects.filter(date__lt=WEDNESDAY).count()
    start_demo(FIRST_START + dt.timedelta(minutes=5))

    assert standing == {model: model.objects.count() for model in standing}
    assert standing[ServiceType] == 178
    assert demo.agencies.count() == 24
    assert standing[Queue] >= 25
    assert standing[Counter] >= 50
    assert not demo.agencies.filter(queues__isnull=True).exists()
    assert set(Officer.objects.values_list("role", flat=True)) == set(Officer.Role.values)
    assert Ticket.objects.filter(date__lt=WEDNESDAY).count() == past
    assert _waiting_quietly(demo, WEDNESDAY) == 30
    again = json.loads(card.read_text())
    assert card.stat().st_mode & 0o077 == 0
    assert set(again) == {"base_url", "live_url", "users", "devices", "quiet", "case"}
    assert {user["role"] for user in again["users"]} == {"superuser", *Officer.Role.values}
    for user, before in zip(again["users"], first["users"], strict=True):
        assert _signs_in(user["api_token"]) == user["username"]
        assert _signs_in(before["api_token"]) is None
    assert User.objects.get(username="admin").check_password(again["users"][0]["password"])


def test_the_past_is_closed_rolled_up_and_nobodys(demo):
    past = Ticket.objects.filter(mall=demo, date__lt=WEDNESDAY)
    assert past.count() > 60
    assert not past.filter(
        state__in=[State.BOOKED, State.WAITING, State.PARKED, *AT_COUNTER]
    ).exists()
    assert {State.DONE, State.NO_SHOW} <= set(past.values_list("state", flat=True))
    assert not Visit.objects.filter(date__lt=WEDNESDAY).exclude(name="", erased_at__isnull=False)
    assert all(v.phone == v.nik == v.email == "" for v in Visit.objects.filter(date__lt=WEDNESDAY))
    figures = DailyStatistic.objects.filter(mall=demo, date__lt=WEDNESDAY, rehearsal=True)
    assert sum(f.booked + f.walk_in for f in figures) == past.count()
    assert not Message.objects.filter(
        about__in=[str(public_id) for public_id in past.values_list("public_id", flat=True)]
    ).exists()
    taken = Q(tickets__seat__gt="")
    windows = Window.objects.annotate(held=Count("tickets", filter=taken))
    assert not windows.filter(~Q(held=F("taken")), date__lt=WEDNESDAY).exists()


def test_in_the_past_no_desk_served_two_people_at_once(demo):
    spans = Ticket.objects.filter(date__lt=WEDNESDAY, called_at__isnull=False).values_list(
        "counter_id", "called_at", "released_at"
    )
    spans = sorted(spans)
    assert len(spans) > 50
    for (desk, _start, end), (next_desk, start, _end) in itertools.pairwise(spans):
        assert desk != next_desk or end <= start


def test_today_so_far_people_have_passed_every_stage(demo):
    states = set(
        Ticket.objects.filter(mall=demo, date=WEDNESDAY)
        .exclude(queue__prefix=plan.QUIET)
        .values_list("state", flat=True)
    )
    assert {State.DONE, State.BOOKED} <= states
    kinds = set(TicketEvent.objects.filter(ticket__date=WEDNESDAY).values_list("kind", flat=True))
    assert {"issued", "checked_in", "called", "started", "ended"} <= kinds
    assert not TicketEvent.objects.filter(at__gt=FIRST_START).exists()
    messages = Message.objects.all()
    assert messages.exists()
    assert not messages.exclude(channel="console", rehearsal=True).exists()


@pytest.mark.parametrize(
    "at",
    [
        moment(WEDNESDAY, 0, 30),
        moment(WEDNESDAY, 3),
        moment(WEDNESDAY, 12),
        moment(WEDNESDAY, 23, 30),
        moment(SUNDAY, 10),
        moment(CHRISTMAS, 13, 45),
    ],
    ids=lambda at: f"{at:%a-%d-%H.%M}",
)
def test_now_is_always_inside_a_day_at_least_two_hours_old(demo, at):
    mall = start_demo(at, days=1, visits=4)
    assert mall.date_at(at) == at.date()
    for prefix in ("C", "R", plan.QUIET):  # R: an agency with hours of its own
        windows = Window.objects.filter(queue__prefix=prefix, date=at.date()).order_by("starts_at")
        assert windows.filter(starts_at__lte=at, ends_at__gt=at).exists()
        assert windows[0].starts_at <= at - dt.timedelta(hours=2)
        service = ServiceType.objects.filter(queue_service__queue__prefix=prefix).first()
        assert availability(service=service, date=at.date(), channel="kiosk", at=at).open
    tomorrow = availability(service=service, date=None, channel="web", at=at).next_date
    assert tomorrow > at.date()
    assert _waiting_quietly(mall, at.date()) == 30


def test_the_clock_moves_with_all_windows_when_midnight_lies_between_two_starts(demo):
    thursday, friday = WEDNESDAY + dt.timedelta(days=1), WEDNESDAY + dt.timedelta(days=2)
    night, morning = moment(thursday, 0, 30), moment(thursday, 9)

    def first_of_friday(mall):
        windows = Window.objects.filter(queue__prefix="C", date=friday).order_by("starts_at")
        return windows[0].starts_at.astimezone(mall.zone).time()

    start_demo(moment(WEDNESDAY, 22), days=1, visits=8)
    assert first_of_friday(demo) == dt.time(8)
    mall = start_demo(night, days=1, visits=8)
    assert mall.time_zone == house.WIT
    assert first_of_friday(mall) == dt.time(8)
    assert Window.objects.filter(date=thursday, starts_at__lte=night - dt.timedelta(hours=2))
    assert _waiting_quietly(mall, thursday) == 30
    mall = start_demo(morning, days=1, visits=8)  # the day that began in the night goes on
    assert mall.date_at(morning) == thursday
    assert _waiting_quietly(mall, thursday) == 30


def test_a_later_start_opens_longer_and_sends_home_who_was_left(demo):
    left = set(
        Ticket.objects.filter(mall=demo, date=WEDNESDAY, state=State.WAITING)
        .exclude(queue__prefix=plan.QUIET)
        .values_list("pk", flat=True)
    )
    start_demo(moment(WEDNESDAY, 21), visits=12)
    assert not Ticket.objects.filter(pk__in=left, state=State.WAITING).exists()
    assert Window.objects.filter(
        queue__prefix="C", starts_at__lte=moment(WEDNESDAY, 23), ends_at__gt=moment(WEDNESDAY, 23)
    ).exists()
    assert _waiting_quietly(demo, WEDNESDAY) == 30


def test_the_inspectorate_of_the_city_oversees_the_citys_own_agencies_only(demo):
    city = demo.agencies.filter(oversight_name="Inspektorat Kota Mojokerto")
    assert set(city.values_list("code", flat=True)) == {
        "DUKCAPIL",
        "DPMPTSPNAKER",
        "DINKESPPKB",
        "DINSOS",
        "BPKPD",
    }
    assert not demo.agencies.filter(oversight_name="").exists()
    assert set(demo.agencies.values_list("kind", flat=True)) == set(Agency.Kind.values)


def test_who_takes_numbers_in_a_national_system_stands_in_no_queue(demo):
    external = ServiceType.objects.filter(booking_mode="external")
    assert external.exists()
    assert not external.filter(queue_service__isnull=False).exists()
    others = ServiceType.objects.exclude(booking_mode="external")
    assert not others.filter(queue_service__isnull=True).exists()
    assert not ServiceType.objects.exclude(standards__approved_at__isnull=False).exists()


def test_the_quiet_queue_has_as_many_officers_as_counters_and_no_open_one(demo, card):
    quiet = json.loads(card.read_text())["quiet"]
    assert len(quiet["counters"]) == len(quiet["officers"]) >= 4
    assert not CounterSession.objects.filter(date=WEDNESDAY, counter__in=quiet["counters"]).exists()
    queue = Queue.objects.get(mall=demo, prefix=quiet["queue"])
    assert queue.agency.queues.count() > 1
    assert not Ticket.objects.filter(queue=queue, date=WEDNESDAY).exclude(state=State.WAITING)


@pytest.mark.parametrize("command", ["prepare_demo", "rehearse"])
def test_a_real_mall_is_refused_and_stays_as_it_is(command, demo, card):
    Mall.objects.update(rehearsal=False)
    before = card.read_text(), TicketEvent.objects.count()
    with pytest.raises(CommandError, match="not marked as a rehearsal"):
        call_command(command, verbosity=0)
    assert (card.read_text(), TicketEvent.objects.count()) == before


@pytest.mark.parametrize("command", ["prepare_demo", "rehearse"])
def test_production_refuses_the_demo(command, demo, card, settings):
    settings.PRODUCTION = True
    before = card.read_text(), TicketEvent.objects.count()
    with pytest.raises(CommandError, match="PRODUCTION"):
        call_command(command, verbosity=0)
    assert (card.read_text(), TicketEvent.objects.count()) == before


def _waiting_quietly(mall, date):
    return Ticket.objects.filter(
        mall=mall, queue__prefix=plan.QUIET, date=date, state=State.WAITING
    ).count()


def _signs_in(token):
    user = user_for_token(token=token, at=FIRST_START + dt.timedelta(hours=1))
    return user and user.username
