"""Where each version of a standard stands: drafted, coming, holding, replaced."""

import datetime as dt

from django.contrib import admin
from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from services.models import ServiceStandard


class Standing(models.TextChoices):
    DRAFT = "draft", gettext_lazy("menunggu pengesahan")
    COMING = "coming", gettext_lazy("akan berlaku")
    HOLDS = "holds", gettext_lazy("berlaku")
    REPLACED = "replaced", gettext_lazy("digantikan")


LOOKS = {
    Standing.DRAFT: "warning",
    Standing.COMING: "info",
    Standing.HOLDS: "success",
    Standing.REPLACED: "default",
}


def with_standing(
    standards: QuerySet[ServiceStandard], at: dt.datetime
) -> QuerySet[ServiceStandard]:
    """Annotate `standing` (a `Standing`) and `today`, the mall's date at `at`."""
    local = Func(
        F("service_type__agency__mall__time_zone"),
        Value(at, models.DateTimeField()),
        function="timezone",
        output_field=models.DateTimeField(),
    )
    holding = (
        ServiceStandard.objects.filter(
            service_type=OuterRef("service_type"),
            approved_at__isnull=False,
            valid_from__lte=OuterRef("today"),
        )
        .order_by("-valid_from", "-version")
        .values("pk")[:1]
    )
    standing = Case(
        When(approved_at__isnull=True, then=Value(Standing.DRAFT)),
        When(valid_from__gt=F("today"), then=Value(Standing.COMING)),
        When(Q(pk=Subquery(holding)), then=Value(Standing.HOLDS)),
        default=Value(Standing.REPLACED),
        output_field=models.CharField(),
    )
    rows = standards.annotate(today=Cast(local, models.DateField()))
    return rows.annotate(standing=standing)


def standing_in_words(standard: ServiceStandard) -> tuple[str, str]:
    """(look, words) of an annotated version, with the date where it matters."""
    standing = Standing(standard.standing)  # type: ignore[attr-defined]
    words = str(standing.label)
    if standing == Standing.COMING:
        words = _("berlaku mulai %(date)s") % {"date": date_format(standard.valid_from, "j M Y")}
    return LOOKS[standing], words


def compared_with(standard: ServiceStandard, date: dt.date) -> ServiceStandard | None:
    """What a version is compared with: the one that holds on `date`, else the one before it."""
    others = standard.service_type.standards.exclude(pk=standard.pk)
    holding = others.current(date).first()
    if holding is not None and (standard.approved_at is None or standard.valid_from > date):
        return holding
    approved = others.filter(approved_at__isnull=False, version__lt=standard.version)
    return approved.order_by("-version").first()


class StandingFilter(admin.SimpleListFilter):
    """Versions that hold, that wait for approval, that are coming, that were replaced."""

    title = gettext_lazy("keadaan")
    parameter_name = "keadaan"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in Standing.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        known = self.value() in Standing.values
        return queryset.filter(standing=self.value()) if known else queryset


def annotated_now(standards: QuerySet[ServiceStandard]) -> QuerySet[ServiceStandard]:
    """The same at this moment, for the lists of the admin."""
    return with_standing(standards, timezone.now())
