"""What a draft of a booking wishes, read beside the catalogue and the windows."""

import datetime as dt
from functools import cached_property
from typing import Any

from django.http import Http404

from queueing import interpreter, together
from queueing.availability import Availability, facts_of_windows, judge
from queueing.forms import Draft, WhoForm
from queueing.models import Visit, Window
from queueing.together import Choice, Plan
from queueing.views.adding import BOOKABLE
from services import papers
from services.fees import cost
from services.models import Mall, ServiceStandard, ServiceType
from services.near import kept

_KEPT_S = 5


class Wishes:
    """The services and windows of a draft; raises Http404 where its own service is not there."""

    def __init__(
        self, mall: str, code: str, draft: Draft, *, at: dt.datetime, more: str = ""
    ) -> None:
        """`code` is the service of the address, which stays; `more` one that may be added."""
        self.draft = draft
        self.at = at
        self.services = _services_of(mall, [*draft.codes, more])
        if code not in self.services:
            raise Http404
        self.first = self.services[code]
        self.mall: Mall = self.first.agency.mall
        self.today = self.mall.date_at(at)
        for wished in draft.codes:
            if wished != code and not self.can_add(wished):
                draft.drop(wished)

    @cached_property
    def windows(self) -> dict[int, Window]:
        """The windows chosen, by id."""
        chosen = [wish.window for wish in self.draft.wishes if wish.window]
        return {w.pk: w for w in Window.objects.filter(pk__in=chosen)} if chosen else {}

    @cached_property
    def makers(self) -> dict[int, set[int]]:
        """For each service wished, the services that make one of its papers."""
        if len(self.draft.wishes) < 2:
            return {}
        return papers.made_before(self.mall, self.wished, self.today)

    @cached_property
    def interpreter_from(self) -> dt.date | None:
        """The first date with a sign-language interpreter; None where there is none."""
        return interpreter.first_date(mall=self.mall, at=self.at)

    @property
    def wished(self) -> list[ServiceType]:
        """The services wanted, in the order in which they are visited."""
        return [self.services[code] for code in self.draft.codes]

    @property
    def pending(self) -> str | None:
        """The first service that has no window yet."""
        wishes = self.draft.wishes
        return next((wish.service for wish in wishes if wish.window not in self.windows), None)

    def can_add(self, code: str) -> bool:
        """Whether a service takes bookings here."""
        service = self.services.get(code)
        return (
            service is not None
            and service.booking_mode in BOOKABLE
            and hasattr(service, "queue_service")
            and service.queue_service.queue.active
        )

    def choose(self, windows: dict[str, int]) -> None:
        """Set the windows of some services; others of another date are to be chosen again."""
        for code, pk in windows.items():
            self.draft.choose(code, pk)
        self.__dict__.pop("windows", None)
        dates = {self.windows[pk].date for pk in windows.values() if pk in self.windows}
        for wish in self.draft.wishes:
            kept = self.windows.get(wish.window)
            if kept is None or (dates and kept.date not in dates):
                self.draft.choose(wish.service, 0)

    def wish_that_fails(self) -> tuple[str, Window | None]:
        """The first wish whose window cannot be taken now; else the first wish."""
        ids = list(self.windows)
        facts = facts_of_windows(mall_id=self.mall.pk, codes=self.draft.codes, windows=ids)
        open_ones = {
            (fact.service_code, fact.window_id)
            for fact in facts
            if not judge(fact, channel=Visit.Channel.WEB, at=self.at, zone=self.mall.zone)
        }
        for wish in self.draft.wishes:
            if wish not in open_ones:
                return wish.service, self.windows.get(wish.window)
        return self.draft.codes[0], None

    def arrange(self) -> None:
        """Put who makes a paper before who asks for it."""
        if len(self.draft.codes) > 1:
            ordered = papers.in_sensible_order(self.wished, self.makers)
            self.draft.arrange([service.code for service in ordered])

    def plan(self, first: dt.date | None = None) -> Plan | None:
        """The first date, from `first` or today on, with an hour for each service in turn."""
        return together.first_plan(
            mall=self.mall, services=self.wished, first=first or self.today, at=self.at
        )

    def beside(self, service: ServiceType, gate: Availability) -> list[Choice]:
        """The gate's windows beside those already chosen for the others on its date."""
        askers = {pk for pk, makers in self.makers.items() if service.pk in makers}
        others = [(s, w) for s, w in self.others(service.code) if w.date == gate.date]
        makers = self.makers.get(service.pk, set())
        return together.beside(gate.windows, others, makers=makers, askers=askers)

    def advice(self, service: ServiceType) -> dict[str, list[ServiceType]]:
        """The chosen services that had better come before and after this one, for their papers."""
        chosen = [other for other, _window in self.others(service.code)]
        makers = self.makers.get(service.pk, set())
        return {
            "after": [other for other in chosen if other.pk in makers],
            "before": [o for o in chosen if service.pk in self.makers.get(o.pk, set())],
        }

    def before(self, code: str) -> list[ServiceType]:
        """The services that are visited before this one."""
        return self.wished[: self.draft.codes.index(code)]

    def end_of_those_before(self, code: str, date: dt.date) -> dt.datetime | None:
        """When the services before this one are over on a date; None where none has an hour."""
        windows = [self.window_of(service.code) for service in self.before(code)]
        return max((w.ends_at for w in windows if w and w.date == date), default=None)

    def window_of(self, code: str) -> Window | None:
        """The window chosen for a service."""
        return self.windows.get(self.draft.window_of(code))

    def others(self, code: str) -> list[tuple[ServiceType, Window]]:
        """The other services that have a window, with it."""
        chosen = [(s, self.window_of(s.code)) for s in self.wished if s.code != code]
        return [(service, window) for service, window in chosen if window]

    def who_form(self, *, initial: bool = False) -> WhoForm:
        """The form with what was typed; `initial` shows it without judging it."""
        first = self.interpreter_from
        dates = [window.date for window in self.windows.values()]
        near = first is not None and bool(dates) and min(dates) < first
        offered = {
            "needs_nik": any(service.needs_nik for service in self.wished),
            "sign_language": first is not None,
            "too_near": interpreter.too_near(self.mall, first) if near and first else None,
        }
        if initial:
            return WhoForm(initial=self.draft.who, **offered)
        return WhoForm(self.draft.who, **offered)

    def what_it_takes(self) -> dict[str, Any]:
        """What to bring and what it costs; and which number stands before the one it waits for."""
        standards = list(
            ServiceStandard.objects.filter(service_type__in=self.wished)
            .current(self.today)
            .prefetch_related("fees")
        )
        asked = list(papers.asked_by(standards, self.mall))
        by_service = {standard.service_type_id: standard for standard in standards}
        ordered = [by_service[s.pk] for s in self.wished if s.pk in by_service]
        makers = {
            pk: {maker.pk for maker in papers.makers(papers.needed([standard], asked))}
            for pk, standard in by_service.items()
        }
        too_early = [  # a paper is asked for before it is made
            (service, other)
            for service in self.wished
            for other, window in self.others(service.code)
            if other.pk in makers.get(service.pk, set())
            and (own := self.window_of(service.code))
            and own.starts_at < window.ends_at
        ]
        return {
            "to_bring": papers.needed(ordered, asked),
            "too_early": too_early,
            "costs": {
                service.code: cost(by_service[service.pk].fees.all(), self.today)
                for service in self.wished
                if service.pk in by_service
            },
        }


def _services_of(mall: str, codes: list[str]) -> dict[str, ServiceType]:
    """The active services of a mall with these codes, with agency, mall and queue; one query.

    Kept for seconds: the rule that books looks for itself.
    """
    wanted = sorted({code for code in codes if code and "\0" not in code})

    def fetch() -> dict[str, ServiceType]:
        rows = ServiceType.objects.filter(
            agency__mall__slug=mall,
            agency__mall__active=True,
            agency__active=True,
            active=True,
            code__in=wanted,
        ).select_related("agency__mall", "queue_service__queue")
        return {service.code: service for service in rows.order_by("-pk")}

    return kept("wishes", (mall, wanted), _KEPT_S, fetch)
