"""The clock of the desks stands where a test puts it; the cast signs in by name."""

import pytest
from django.contrib import messages
from django.contrib.messages import get_messages
from django.urls import reverse

from queueing.models import Ticket
from tests.house import at


@pytest.fixture
def clock(time_machine):
    """The moment that the edge reads: 09.05 of the tests' day, until a test moves it."""
    time_machine.move_to(at(9, 5), tick=False)
    return time_machine


@pytest.fixture
def sign_in(client, house, clock):
    """Sign in as one of the cast; the client."""

    def sign_in(name: str):
        client.force_login(house.people[name])
        return client

    return sign_in


@pytest.fixture
def desk(client, house, clock):
    """The officer's open counter 2 (queues C and D) with two people waiting."""

    class Desk:
        counter = house.counters[2]
        first = house.waiting("KTP", 9, arrived=at(8, 50))
        second = house.waiting("KK", 9, arrived=at(8, 55), name="Budi Santoso")

        def act(self, name, **fields):
            """Press without scripts; what was told besides that it is done."""
            answer = client.post(reverse("desks:act", args=[self.counter.pk, name]), fields)
            assert answer.status_code == 302, answer.content[:500]
            told = get_messages(answer.wsgi_request)
            return [str(one) for one in told if one.level != messages.SUCCESS]

        def page(self):
            return client.get(reverse("desks:counter", args=[self.counter.pk]))

        def state(self, ticket):
            return Ticket.objects.get(pk=ticket.pk).state

    client.force_login(house.people["officer"])
    desk = Desk()
    assert desk.act("buka") == []
    return desk
