"""What was counted of a day that is over, or still under way."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from services.models import Agency, Mall, ServiceType


class DailyStatistic(models.Model):
    """One service's day: counts that add up, waits and service times. Spans in seconds.

    Every ticket of the day that was not transferred away is in exactly one of served,
    information_only, no_show, absent, unserved, cancelled or open (today, still under way);
    and in exactly one of booked or walk_in. Histograms have the fixed buckets of `statistics.py`.
    """

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    service_type = models.ForeignKey(ServiceType, models.PROTECT, related_name="+")
    date = models.DateField(_("tanggal"))
    booked = models.PositiveIntegerField(_("dipesan"), default=0)
    walk_in = models.PositiveIntegerField(_("datang langsung"), default=0)
    priority = models.PositiveIntegerField(_("prioritas"), default=0)
    served = models.PositiveIntegerField(_("dilayani"), default=0)
    information_only = models.PositiveIntegerField(_("hanya bertanya"), default=0)
    no_show = models.PositiveIntegerField(_("tidak datang"), default=0)
    absent = models.PositiveIntegerField(_("terlewat"), default=0)
    unserved = models.PositiveIntegerField(_("tidak sempat dilayani"), default=0)
    cancelled = models.PositiveIntegerField(_("dibatalkan"), default=0)
    open = models.PositiveIntegerField(_("berjalan"), default=0)
    documents_missing = models.PositiveIntegerField(_("berkas kurang"), default=0)
    waited = models.PositiveIntegerField(default=0)  # how many waits the figures below rest on
    within_standard = models.PositiveIntegerField(default=0)
    wait_sum_s = models.BigIntegerField(default=0)
    wait_p50_s = models.PositiveIntegerField(null=True)
    wait_p90_s = models.PositiveIntegerField(null=True)
    wait_histogram = ArrayField(models.PositiveIntegerField(), default=list)
    serviced = models.PositiveIntegerField(default=0)  # how many service times
    service_sum_s = models.BigIntegerField(default=0)
    service_p50_s = models.PositiveIntegerField(null=True)
    service_p90_s = models.PositiveIntegerField(null=True)
    service_histogram = ArrayField(models.PositiveIntegerField(), default=list)
    arrivals_by_hour = ArrayField(models.PositiveIntegerField(), default=list)
    rehearsal = models.BooleanField(default=False)
    rolled_up_at = models.DateTimeField()

    class Meta:
        verbose_name = _("statistik harian")
        verbose_name_plural = _("statistik harian")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "date", "service_type"], name="one_statistic_per_service_and_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    booked=F("served")
                    + F("information_only")
                    + F("no_show")
                    + F("absent")
                    + F("unserved")
                    + F("cancelled")
                    + F("open")
                    - F("walk_in")
                ),
                name="counts_of_a_day_add_up",
            ),
        ]
        indexes = [models.Index(fields=["agency", "date"], name="statistics_of_an_agency")]

    def __str__(self) -> str:
        return f"{self.service_type_id} {self.date}"
