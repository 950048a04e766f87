"""A finished visit and the link to its survey."""

import uuid

import pytest

from surveys import rules
from surveys.elements import CODES
from surveys.models import Channel, Response
from tests.house import TODAY, at

ALL_THREE = dict.fromkeys(CODES, 3)
KEY = "rahasia-perangkat-ini"


@pytest.fixture
def service(house):
    return house.services["KTP"]


@pytest.fixture
def reference():
    return uuid.uuid4()


@pytest.fixture
def token(house, service, reference):
    return rules.invite(
        mall=house.mall,
        agency=service.agency,
        service=service,
        date=TODAY,
        reference=reference,
        at=at(10),
    )


@pytest.fixture
def filled(house):
    """`filled(code, count, week, mark)`: so many forms of a service in the week of a Monday."""

    def fill(code, count, week, mark=3, **more):
        service = house.services[code]
        for _n in range(count):
            Response.objects.create(
                mall=house.mall,
                agency=service.agency,
                service_type=service,
                week=week,
                channel=Channel.WEB,
                **{**dict.fromkeys(CODES, mark), **more},
            )

    return fill
