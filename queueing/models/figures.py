"""What was counted of a day that is over, or still under way."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from queueing.models.house import Queue
from queueing.models.visits import Ticket
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
        indexes = [
            models.Index(fields=["agency", "date"], name="statistics_of_an_agency"),
            models.Index(fields=["service_type", "date"], name="statistics_of_a_service"),
        ]

    def __str__(self) -> str:
        return f"{self.service_type_id} {self.date}"


class EstimateShown(models.Model):
    """A wait as it was told to a waiting person, and what came of it. Spans in seconds.

    The range is empty where "?" was shown: no counter open, or no service time known. `actual_s`
    is written when the person was called; it stays empty for who never was.
    """

    class Moment(models.TextChoices):
        BOOKED = "booked", _("saat memesan")
        CHECKED_IN = "checked_in", _("saat lapor hadir")
        WAITING = "waiting", _("sambil menunggu")

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="estimates", db_index=False)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", db_index=False)
    date = models.DateField(_("tanggal"))
    moment = models.CharField(_("kapan"), max_length=10, choices=Moment.choices)
    at = models.DateTimeField(_("saat"))
    ahead = models.PositiveSmallIntegerField(_("orang di depan"))
    p10_s = models.PositiveIntegerField(null=True)
    p50_s = models.PositiveIntegerField(null=True)
    p90_s = models.PositiveIntegerField(null=True)
    actual_s = models.PositiveIntegerField(_("sebenarnya (detik)"), null=True)

    class Meta:
        verbose_name = _("perkiraan tunggu")
        verbose_name_plural = _("perkiraan tunggu")
        constraints = [
            models.CheckConstraint(
                condition=Q(p10_s__isnull=True, p50_s__isnull=True, p90_s__isnull=True)
                | Q(p10_s__lte=F("p50_s"), p50_s__lte=F("p90_s")),
                name="estimate_is_a_range_or_nothing",
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "-at"], name="estimates_of_a_ticket"),
            models.Index(fields=["queue", "date"], name="estimates_of_a_queues_day"),
            models.Index(
                fields=["date"],
                condition=Q(actual_s__isnull=True, p50_s__isnull=False),
                name="estimates_without_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.moment}"
