"""What a simulated day finds in its mall: queues, services, counters and who may sit there."""

import datetime as dt
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection, Mapping

from django.db.models import Q

from accounts.models import User
from mpp_portal.rehearsal import house
from queueing.models import CounterAssignment
from services.models import Mall, Officer, ServiceType

KEY = "latihan-"  # request keys of made-up citizens


class Surroundings:
    """Read once. Counters and officers `left_alone` are those of people who really act."""

    def __init__(
        self,
        mall: Mall,
        date: dt.date,
        *,
        shares: Mapping[str, float],
        queues_left_alone: Collection[int] = (),
        counters_left_alone: Collection[int] = (),
        officers_left_alone: Collection[int] = (),
    ) -> None:
        self.mall, self.date = mall, date
        self.queue_ids = set(
            mall.queues.filter(active=True)
            .exclude(pk__in=queues_left_alone)
            .values_list("pk", flat=True)
        )
        self.services: list[ServiceType] = list(
            ServiceType.objects.filter(
                queue_service__queue__in=self.queue_ids, active=True
            ).select_related("queue_service__queue")
        )
        per_queue = Tally(s.queue_service.queue_id for s in self.services)
        self.weights = [
            shares.get(s.queue_service.queue.prefix, 1) / per_queue[s.queue_service.queue_id]
            for s in self.services
        ]
        self.minutes = dict(
            ServiceType.objects.filter(
                pk__in=[s.pk for s in self.services], standards__approved_at__isnull=False
            ).values_list("pk", "standards__counter_minutes")
        )
        self._read_counters(counters_left_alone)
        self._read_officers(officers_left_alone)

    def _read_counters(self, left_alone: Collection[int]) -> None:
        self.counters_of: dict[int, list[int]] = defaultdict(list)
        self.agencies_of: dict[int, set[int]] = defaultdict(set)
        for counter_id, queue_id, agency_id in (
            CounterAssignment.objects.filter(
                Q(weekday__isnull=True) | Q(weekday=self.date.weekday()),
                counter__mall=self.mall,
                counter__active=True,
                queue__in=self.queue_ids,
            )
            .exclude(counter__in=left_alone)
            .order_by("position", "counter__number")
            .values_list("counter_id", "queue_id", "queue__agency_id")
        ):
            self.counters_of[queue_id].append(counter_id)
            self.agencies_of[counter_id].add(agency_id)

    def _read_officers(self, left_alone: Collection[int]) -> None:
        officers = (
            Officer.objects.filter(mall=self.mall, role=Officer.Role.COUNTER, active=True)
            .exclude(user__in=left_alone)
            .filter(user__email__endswith=f"@{house.MAIL_DOMAIN}", user__is_active=True)
            .select_related("user")
            .order_by("user__username")
        )
        self.officers: dict[int, User] = {o.user_id: o.user for o in officers}
        self.officers_of: dict[int, list[int]] = defaultdict(list)
        for officer in officers:
            self.officers_of[officer.agency_id].append(officer.user_id)
        self.front_desk = list(
            Officer.objects.filter(mall=self.mall, role=Officer.Role.FRONT_DESK).values_list(
                "user_id", flat=True
            )
        )

    def mine(self) -> Q:
        """Today's tickets of made-up citizens."""
        return Q(
            mall=self.mall,
            date=self.date,
            queue__in=self.queue_ids,
            visit__request_key__startswith=KEY,
        )
