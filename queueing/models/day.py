"""What a day consists of: windows with seats, and what belongs to a queue's whole day."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from queueing.models.house import Queue
from services.models import Mall


class Window(models.Model):
    """A stretch of a queue's day with seats, shared by online booking and walk-ins.

    `issued` only grows; the n-th seat gets the number `first_number + n - 1` while n is within
    `block_size`, and after that one from the queue day's overflow series.
    """

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="windows", db_index=False)
    date = models.DateField(_("tanggal"))
    starts_at = models.DateTimeField(_("mulai"))
    ends_at = models.DateTimeField(_("selesai"))
    seats = models.PositiveSmallIntegerField(_("kursi"))
    online_seats = models.PositiveSmallIntegerField(_("kursi daring"))
    taken = models.PositiveSmallIntegerField(_("terisi"), default=0)
    taken_online = models.PositiveSmallIntegerField(_("terisi daring"), default=0)
    issued = models.PositiveIntegerField(_("nomor keluar"), default=0)
    first_number = models.PositiveIntegerField(_("nomor pertama"), default=1)
    block_size = models.PositiveIntegerField(_("banyak nomor"), default=0)

    class Meta:
        verbose_name = _("jendela")
        verbose_name_plural = _("jendela")
        indexes = [models.Index(fields=["queue", "date", "starts_at"], name="window_of_a_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken__lte=F("seats")), name="never_more_taken_than_seats"
            ),
            models.CheckConstraint(
                condition=Q(taken_online__lte=F("online_seats")),
                name="never_more_online_than_its_share",
            ),
            models.CheckConstraint(
                condition=Q(taken_online__lte=F("taken")), name="online_is_part_of_taken"
            ),
            models.CheckConstraint(
                condition=Q(online_seats__lte=F("seats")), name="online_share_is_part_of_seats"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="window_ends_after_it_starts"
            ),
            ExclusionConstraint(
                name="windows_of_a_queue_never_overlap",
                expressions=[
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    (F("queue"), RangeOperators.EQUAL),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.starts_at:%Y-%m-%d %H.%M}"


class QueueDay(models.Model):
    """What belongs to a queue's whole day: overflow numbers, priority cap, pause, its close."""

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="days", db_index=False)
    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    date = models.DateField(_("tanggal"))
    overflow_first = models.PositiveIntegerField(default=1)
    overflow_issued = models.PositiveIntegerField(default=0)
    priority_taken = models.PositiveSmallIntegerField(default=0)
    last_ticket_at = models.DateTimeField(_("nomor terakhir"), null=True, blank=True)
    paused_reason = models.CharField(_("alasan jeda"), max_length=200, blank=True)
    paused_at = models.DateTimeField(_("dijeda"), null=True, blank=True)
    expected_back_at = models.DateTimeField(_("perkiraan kembali"), null=True, blank=True)
    closed_at = models.DateTimeField(_("ditutup"), null=True, blank=True)

    class Meta:
        verbose_name = _("hari antrean")
        verbose_name_plural = _("hari antrean")
        constraints = [
            models.UniqueConstraint(fields=["queue", "date"], name="one_day_per_queue_and_date")
        ]
        indexes = [
            models.Index(
                fields=["mall", "date"],
                condition=Q(closed_at__isnull=True),
                name="open_days_of_a_mall",
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.date}"
