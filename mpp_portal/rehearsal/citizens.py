"""What made-up citizens do: take a paper, ask, book, come, stay away, cancel and come back."""

import datetime as dt
import random
import secrets
from collections.abc import Callable

from django.db.models import Q

from mpp_portal.rehearsal import people
from mpp_portal.rehearsal.agenda import Agenda, fate
from mpp_portal.rehearsal.surroundings import KEY, Surroundings
from queueing import rules
from queueing.models import Ticket, Visit, Window
from queueing.workflow import State
from services.models import ServiceType

ON_THE_WAY = dt.timedelta(minutes=12)


class Citizens:
    """They act through the same rules as everybody."""

    def __init__(self, agenda: Agenda, hall: Surroundings, rng: random.Random) -> None:
        self.agenda, self.hall, self.rng = agenda, hall, rng
        self.windows_looked_at = 5
        self.known: Callable[[Visit], None] = lambda visit: None  # who wants to follow a ticket

    def somebody_comes(self, at: dt.datetime) -> None:
        kind = self.rng.random()
        if kind < 0.45:
            self.agenda.run(self.take_paper, at)
        elif kind < 0.55:
            self.agenda.run(self.ask_the_front_desk, at)
        elif kind < 0.85:
            self.agenda.run(self.book, at, self.hall.date)
        else:
            soon = self.hall.date + dt.timedelta(days=self.rng.randrange(1, 8))
            self.agenda.run(self.book, at, soon)

    def a_service(self, *, online: bool) -> ServiceType:
        while True:
            service = self.rng.choices(self.hall.services, self.hall.weights)[0]
            refused = (
                ServiceType.BookingMode.WALK_IN if online else ServiceType.BookingMode.ONLINE_ONLY
            )
            if service.booking_mode != refused:
                return service

    def take_paper(self, at: dt.datetime) -> None:
        """The kiosk prints; the paper comes out some seconds later, or now and then never."""
        who = people.citizen(self.rng)
        comes_out = self.rng.random() > people.PAPER_STUCK
        visit = rules.walk_in(
            mall=self.hall.mall,
            services=[self.a_service(online=False).code],
            at=at,
            printing=True,
            priority=who.priority,
            request_key=_new_key(),
        )
        if comes_out:

            def take_it(later: dt.datetime) -> None:
                rules.confirm_print(visit_id=visit.pk, at=later)

            self.agenda.plan(at + dt.timedelta(seconds=self.rng.randrange(4, 12)), take_it)
            self.known(visit)

    def ask_the_front_desk(self, at: dt.datetime) -> None:
        who = people.citizen(self.rng, priority=self.rng.random() < 0.25)
        wanted = [self.a_service(online=False)]
        if self.rng.random() < 0.2:
            other = self.a_service(online=False)
            if other.queue_service.queue_id != wanted[0].queue_service.queue_id:
                wanted.append(other)
        desk = self.hall.front_desk
        visit = rules.walk_in(
            mall=self.hall.mall,
            services=[service.code for service in wanted],
            at=at,
            channel=Visit.Channel.FRONT_DESK,
            name=who.name,
            priority=who.priority,
            needs=who.needs,
            accommodation=who.accommodation,
            officer_id=self.rng.choice(desk) if desk else None,
            request_key=_new_key(),
        )
        self.known(visit)

    def book(self, at: dt.datetime, date: dt.date) -> Visit | None:
        """Book one of the next windows that have a seat; None when there is none."""
        service = self.a_service(online=True)
        free = [
            window
            for window in Window.objects.filter(
                queue=service.queue_service.queue_id, date=date, ends_at__gt=at
            ).order_by("starts_at")[: self.windows_looked_at]
            if window.taken_online < window.online_seats
        ]
        if not free:
            return None
        who = people.citizen(self.rng)
        window = self.rng.choice(free)
        return rules.book(
            mall=self.hall.mall,
            wishes=[rules.Wish(service.code, window.pk)],
            name=who.name,
            at=at,
            phone=who.phone,
            nik=who.nik if service.needs_nik else "",
            priority=who.priority,
            needs=who.needs,
            accommodation=who.accommodation,
            language="en" if self.rng.random() < 0.05 else "id",
            request_key=_new_key(),
        )

    # -- what happens by itself --------------------------------------------------------------------

    def who_booked(self, at: dt.datetime) -> None:
        """Those whose window is near come, stay away or cancel."""
        soon = dt.timedelta(minutes=30)
        booked = (
            Ticket.objects.filter(
                self.hall.mine(),
                state=State.BOOKED,
                window__starts_at__lte=at + soon,
                window__ends_at__gt=at - soon,
            )
            .order_by("pk")
            .values_list("visit_id", "walk_in", "window__starts_at", "booked_at")
        )
        for visit_id, walk_in, starts_at, booked_at in booked:
            chance = fate("visit", visit_id)
            luck = chance.random()
            comes_at = starts_at + dt.timedelta(seconds=people.lateness_s(chance))
            comes_at = max(comes_at, booked_at + ON_THE_WAY)
            if walk_in:
                luck = 1.0  # they are in the hall, and scan their paper again
            if luck < people.NO_SHOW or comes_at > at:
                continue
            if luck < people.NO_SHOW + people.CANCELS:
                self._once(visit_id, at, lambda now, pk=visit_id: self._cancel(pk, now))
            else:
                self._once(visit_id, at, lambda now, pk=visit_id: self._check_in(pk, now))

    def who_left(self, at: dt.datetime) -> None:
        """Those set aside, and some of those who were missed, come back after a while."""
        left = (
            Ticket.objects.filter(
                self.hall.mine(),
                Q(state=State.PARKED) | Q(state=State.ABSENT, returns=0),
                released_at__gt=at - dt.timedelta(minutes=40),
            )
            .order_by("pk")
            .values_list("pk", "state", "released_at")
        )
        for pk, state, released_at in left:
            chance = fate(state, pk)
            back_at = released_at + dt.timedelta(minutes=chance.uniform(3, 12))
            if back_at <= at and (state == State.PARKED or chance.random() < people.COMES_BACK):
                self._once(("back", pk), at, lambda now, pk=pk: self._bring_back(pk, now))

    def _once(self, key: object, at: dt.datetime, act: Callable[[dt.datetime], None]) -> None:
        self.agenda.plan_once(key, at, act)

    def _cancel(self, visit_id: int, at: dt.datetime) -> None:
        rules.cancel_visit(visit_id=visit_id, at=at)

    def _check_in(self, visit_id: int, at: dt.datetime) -> None:
        rules.check_in(visit_id=visit_id, at=at)
        self.known(Visit.objects.get(pk=visit_id))

    def _bring_back(self, ticket_id: int, at: dt.datetime) -> None:
        rules.bring_back(ticket_id=ticket_id, at=at)


def _new_key() -> str:
    return KEY + secrets.token_hex(12)
