"""The list of cases: what is late stands first, with a word for how late; its filters."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from complaints import channels
from complaints.desk import clocks, words
from complaints.models import Case
from complaints.workflow import AT_SUPERIOR, WITH_THE_AGENCY, State
from services import permissions

_WITH_DESK = (State.RECEIVED, State.VERIFICATION, *AT_SUPERIOR)


class CaseList(ChangeList):
    """Rows with their next clock; one query more for the holidays of all of them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = cases = list(self.result_list)
        today = {case.mall_id: case.mall.date_at(timezone.now()) for case in cases}
        dates = [case.next_due for case in cases if case.next_due]
        dates += list(today.values()) if dates else []
        holidays = clocks.holidays_between(dates, today)
        for case in cases:
            case.clock = clocks.next_of(case, today[case.mall_id], holidays[case.mall_id])


class WorkFilter(admin.SimpleListFilter):
    """What is for the person to do, what is late, what is over."""

    title = _("pekerjaan")
    parameter_name = "kerja"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("saya", _("giliran saya")),
            ("terlambat", _("terlambat")),
            ("terbuka", _("belum selesai")),
            ("selesai", _("sudah selesai")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        match self.value():
            case "saya":
                return queryset.filter(mine(request.user))
            case "terlambat":
                return queryset.filter(next_due__lt=timezone.localdate())
            case "terbuka":
                return queryset.filter(closed_at=None)
            case "selesai":
                return queryset.exclude(closed_at=None)
        return queryset


def mine(user: Any) -> Q:
    """Cases in which the next word is the person's: the desk's, the agency's, the superior's."""
    malls, _agencies = permissions.scope_ids(user, permissions.HANDLE_ALL_CASES)
    _malls, agencies = permissions.scope_ids(user, permissions.HANDLE_CASES)
    _malls, headed = permissions.scope_ids(user, permissions.JUDGE_OBJECTIONS)
    if user.is_superuser:
        return Q(state__in=clocks.WITH_STAFF)
    return (
        Q(mall__in=malls, state__in=_WITH_DESK)
        | Q(mall__in=malls, state__in=WITH_THE_AGENCY, agency=None)
        | Q(agency__in=agencies, state__in=WITH_THE_AGENCY)
        | Q(agency__in=headed, state=State.OBJECTION)
    )


class ChosenFilter(admin.SimpleListFilter):
    """A field's values in the words of the staff."""

    field: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        value, known = self.value(), dict(self.lookup_choices)
        return queryset.filter(**{self.field: value}) if value in known else queryset


class StateFilter(ChosenFilter):
    title, parameter_name, field = _("status"), "status", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return words.states()


class ChannelFilter(ChosenFilter):
    title, parameter_name, field = _("saluran"), "saluran", "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list({**channels.OWN, **channels.entered()}.items())
