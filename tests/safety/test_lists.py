"""Every list of the admin costs as many queries for fifty rows as for one."""

import datetime as dt
import uuid

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.rules import issue_token
from complaints.models import CaseEvent, ServiceLevel
from complaints.rules import file_case
from notifications.models import Message
from privacy.models import RevealLog
from queueing.models import (
    Counter,
    CounterSession,
    Device,
    HelpCall,
    Notice,
    Queue,
    QueueDay,
    SlipPrint,
    Ticket,
    Visit,
    Window,
)
from queueing.workflow import State
from services.models import (
    Agency,
    Closure,
    Fee,
    Holiday,
    Officer,
    OpeningHours,
    Paper,
    ServiceStandard,
    ServiceType,
)
from tests.house import TODAY, House, at

LETTERS = "ABEFGHJKLM"
# Of which nobody has fifty in one house.
FEW = {"services.Mall"}


class Filler:
    """Rows of every kind for one agency, as many as asked for."""

    def __init__(self, house: House) -> None:
        self.house, self.made = house, 0

    def add(self, count: int) -> None:
        for _n in range(count):
            self.made += 1
            self._one(self.made)

    def _one(self, n: int) -> None:
        house, mall = self.house, self.house.mall
        agency, date = house.civil, dt.date(2027, 1, 1) + dt.timedelta(days=n)
        user = User.objects.create(username=f"u{n}", is_staff=True)
        extra = Agency.objects.create(mall=mall, code=f"A{n}", name=f"Dinas {n}")
        Officer.objects.create(
            user=house.people["head"], mall=mall, agency=extra, role="agency_head"
        )
        Officer.objects.create(user=user, mall=mall, agency=agency, role="counter")
        service = ServiceType.objects.create(
            agency=agency, code=f"S{n}", name=f"Layanan {n}", theme=f"tema {n}"
        )
        standard = ServiceStandard.objects.create(
            service_type=service, valid_from=TODAY, approved_at=at(7), approved_by=user
        )
        Fee.objects.create(standard=standard, amount=n)
        Paper.objects.create(mall=mall, name=f"Berkas {n}", made_by=service)
        Notice.objects.create(mall=mall, text=f"Uji {n}", starts_at=at(8), ends_at=at(15))
        OpeningHours.objects.create(
            mall=mall, agency=agency, opens_at=dt.time(8), closes_at=dt.time(9), weekday=n % 7
        )
        Closure.objects.create(
            mall=mall, agency=agency, first_date=date, last_date=date, reason=f"alasan {n}"
        )
        Holiday.objects.create(mall=mall, date=date, name=f"libur {n}")
        ServiceLevel.objects.create(mall=mall, level="ordinary", days=10, valid_from=date)
        queue = Queue.objects.create(
            mall=mall, agency=agency, prefix=f"{LETTERS[n // 10]}{n % 10}", name=f"Antrean {n}"
        )
        QueueDay.objects.create(queue=queue, mall=mall, date=TODAY)
        counter = Counter.objects.create(mall=mall, number=100 + n, floor=str(n))
        CounterSession.objects.create(
            counter=counter, officer=user, date=TODAY, queue_ids=[queue.pk], opened_at=at(8)
        )
        window = Window.objects.create(
            queue=queue, date=TODAY, starts_at=at(9), ends_at=at(10), seats=9, online_seats=5,
            first_number=1, block_size=20,
        )  # fmt: skip
        visit = Visit.objects.create(
            mall=mall, date=TODAY, token=uuid.uuid4().hex, short_code=f"K{n:05d}", channel="web",
            name="Siti", phone="+6281234567890", nik="3576011201900001", created_at=at(7),
        )  # fmt: skip
        ticket = Ticket.objects.create(
            public_id=uuid.uuid4(), visit=visit, mall=mall, date=TODAY, queue=queue, window=window,
            service_type=service, standard=standard, number=1, label=f"{queue.prefix} 001",
            state=State.DONE, booked_at=at(7), counter=counter, officer=user,
        )  # fmt: skip
        ticket.events.create(kind="issued", at=at(7), officer=user)
        filed = file_case(
            mall=mall, kind="complaint", subject="Uji", text="Lama sekali menunggu",
            agency_code=agency.code, at=at(8), channel="api", language="id",
        )  # fmt: skip
        CaseEvent.objects.create(case=filed.case, kind="forwarded", at=at(8))
        device = Device.objects.create(mall=mall, kind="kiosk", name=f"Kios {n}", zone=f"z{n}")
        SlipPrint.objects.create(device=device, visit=visit, at=at(8))
        HelpCall.objects.create(mall=mall, device=device, at=at(8))
        issue_token(user=house.people["manager"], name=f"uji {n}", at=at(7))
        Group.objects.create(name=f"grup {n}")
        RevealLog.objects.create(user=user, subject="x", reference=str(n), reason="uji", at=at(8))
        Message.objects.create(
            kind="booked", channel="console", address="-", about=str(n), dedup_key=str(n),
            send_after=at(8), created_at=at(8), mall_id=mall.pk,
        )  # fmt: skip


@pytest.fixture
def filler(house, time_machine) -> Filler:
    time_machine.move_to(at(9, 5))
    return Filler(house)


def costs(client: Client) -> dict[str, tuple[int, int]]:
    """(queries, rows) of every list that opens."""
    found = {}
    for model in admin.site._registry:
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        client.get(path)  # content types and the like, kept from then on
        with CaptureQueriesContext(connection) as queries:
            page = client.get(path)
        if page.status_code == 200:
            found[model._meta.label] = len(queries), len(page.context["cl"].result_list)
    return found


@pytest.mark.parametrize(("who", "opens"), [("manager", 15), ("head", 8), ("superuser", 22)])
def test_a_list_of_fifty_costs_what_a_list_of_one_does(filler, who, opens):
    house = filler.house
    house.people["superuser"] = User.objects.create(username="su", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(house.people[who])
    filler.add(2)  # one row and many: a filter with one choice alone is left out of the page
    few = costs(client)
    filler.add(50)
    many = costs(client)
    assert len(few) >= opens
    assert set(few) == set(many)
    dearer = {
        label: f"{few[label][0]} queries for {few[label][1]} rows, {cost} for {rows}"
        for label, (cost, rows) in many.items()
        if cost != few[label][0]
    }
    assert not dearer
    short = {label for label, (_cost, rows) in many.items() if rows < 50} - FEW
    assert not short, f"no fifty rows of {short}: add some to `Filler`"
    assert not {label: cost for label, (cost, _rows) in many.items() if cost > 20}
