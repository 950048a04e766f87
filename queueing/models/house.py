"""What an agency arranges: queues with their services and hours, counters and who sits there."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from services.models import Agency, ClosureFields, HoursFields, Mall, ServiceType

PREFIX = RegexValidator(
    r"^[A-HJ-NPR-Z][A-HJ-NPR-Z0-9]?$",
    _("Awalan: satu atau dua karakter, diawali huruf selain I, O, Q. Contoh: C atau D2."),
)


class Queue(models.Model):
    """A line of people: one or more service types of an agency that share desks and a prefix."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="queues", verbose_name=_("mal"))
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="queues", verbose_name=_("instansi")
    )
    prefix = models.CharField(_("awalan"), max_length=2, validators=[PREFIX])
    name = models.CharField(_("nama"), max_length=120)
    window_minutes = models.PositiveSmallIntegerField(
        _("panjang jendela (menit)"),
        default=60,
        validators=[MinValueValidator(10), MaxValueValidator(480)],
    )
    seats_per_hour = models.PositiveSmallIntegerField(_("kursi per jam"), default=10)
    online_share = models.PositiveSmallIntegerField(
        _("bagian daring (%)"), default=60, validators=[MaxValueValidator(100)]
    )
    book_ahead_days = models.PositiveSmallIntegerField(
        _("dibuka berapa hari sebelumnya"), default=14
    )
    release_at = models.TimeField(
        _("jam pembukaan"),
        null=True,
        blank=True,
        help_text=_("jam berapa hari terjauh mulai bisa dipesan; kosong: sejak tengah malam"),
    )
    early_minutes = models.PositiveSmallIntegerField(
        _("boleh datang lebih awal (menit)"), default=30
    )
    late_minutes = models.PositiveSmallIntegerField(_("batas terlambat (menit)"), default=30)
    boost_minutes = models.PositiveSmallIntegerField(_("dorongan prioritas (menit)"), default=20)
    priority_per_day = models.PositiveSmallIntegerField(
        _("prioritas tanpa kursi per hari"), default=20
    )
    max_recalls = models.PositiveSmallIntegerField(_("panggilan ulang"), default=2)
    ahead_notice = models.PositiveSmallIntegerField(
        _("kabari bila tinggal (orang)"),
        default=3,
        validators=[MaxValueValidator(20)],
        help_text=_("pesan kepada yang menunggu bila di depannya tinggal sebanyak ini; 0: tidak"),
    )
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("antrean")
        verbose_name_plural = _("antrean")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "prefix"], name="one_queue_per_mall_and_prefix"
            ),
            models.CheckConstraint(
                condition=Q(prefix__regex=r"^[A-HJ-NPR-Z][A-HJ-NPR-Z0-9]?$"),
                name="prefix_is_one_or_two_clear_characters",
            ),
            models.CheckConstraint(
                condition=Q(online_share__lte=100), name="online_share_is_a_percentage"
            ),
            models.CheckConstraint(
                condition=Q(window_minutes__gte=10), name="windows_last_at_least_ten_minutes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix} {self.name}"


class QueueService(models.Model):
    """Which queue a service type stands in; a service type stands in one."""

    queue = models.ForeignKey(
        Queue, models.CASCADE, related_name="queue_services", verbose_name=_("antrean")
    )
    service_type = models.OneToOneField(
        ServiceType, models.CASCADE, related_name="queue_service", verbose_name=_("jenis layanan")
    )

    class Meta:
        verbose_name = _("layanan antrean")
        verbose_name_plural = _("layanan antrean")

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.service_type_id}"


class QueueHours(HoursFields):
    """Opening hours of a queue where they differ from its agency's."""

    queue = models.ForeignKey(
        Queue, models.CASCADE, related_name="hours", verbose_name=_("antrean")
    )

    class Meta:
        verbose_name = _("jam antrean")
        verbose_name_plural = _("jam antrean")
        constraints = [
            models.CheckConstraint(
                condition=Q(extra=False) | Q(valid_from__isnull=False, valid_to__isnull=False),
                name="queue_extra_session_names_its_dates",
            ),
        ]

    def __str__(self) -> str:
        return self.span()


class QueueClosure(ClosureFields):
    """Days on which one queue is closed."""

    queue = models.ForeignKey(
        Queue, models.CASCADE, related_name="closures", verbose_name=_("antrean")
    )

    class Meta:
        verbose_name = _("penutupan antrean")
        verbose_name_plural = _("penutupan antrean")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")),
                name="queue_closure_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Counter(models.Model):
    """A desk of the hall."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="counters", verbose_name=_("mal"))
    number = models.PositiveSmallIntegerField(_("nomor loket"))
    floor = models.CharField(_("lantai"), max_length=20, blank=True)
    zone = models.CharField(_("zona"), max_length=40, blank=True)
    directions = models.CharField(_("petunjuk jalan"), max_length=160, blank=True)
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("loket")
        verbose_name_plural = _("loket")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "number"], name="one_counter_per_mall_and_number"
            )
        ]

    def __str__(self) -> str:
        return f"{_('Loket')} {self.number}"


class CounterAssignment(models.Model):
    """A queue that a counter calls from, on a weekday or between dates (neither: always).

    Desks are shared and rotate; `position` is the order of a counter's queues. Monday is 0.
    """

    counter = models.ForeignKey(
        Counter, models.CASCADE, related_name="assignments", verbose_name=_("loket")
    )
    queue = models.ForeignKey(
        Queue, models.CASCADE, related_name="assignments", verbose_name=_("antrean")
    )
    position = models.PositiveSmallIntegerField(_("urutan"), default=1)
    weekday = models.PositiveSmallIntegerField(
        _("hari"), null=True, blank=True, choices=HoursFields._meta.get_field("weekday").choices
    )
    first_date = models.DateField(_("dari"), null=True, blank=True)
    last_date = models.DateField(_("sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("penugasan loket")
        verbose_name_plural = _("penugasan loket")
        constraints = [
            models.CheckConstraint(
                condition=Q(first_date__isnull=True)
                | Q(last_date__isnull=True)
                | Q(last_date__gte=F("first_date")),
                name="assignment_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return f"{self.counter_id}: {self.queue_id}"

    def holds_on(self, date: dt.date) -> bool:
        """Whether it counts on `date`."""
        return (
            self.weekday in {None, date.weekday()}
            and (self.first_date is None or self.first_date <= date)
            and (self.last_date is None or date <= self.last_date)
        )


class CounterSession(models.Model):
    """An officer at a counter, from opening to closing, and the queues called from, in order."""

    counter = models.ForeignKey(Counter, models.PROTECT, related_name="sessions")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    date = models.DateField(_("tanggal"))
    queue_ids = ArrayField(models.BigIntegerField(), default=list)
    browser = models.CharField(max_length=40, blank=True, default="", editable=False)
    opened_at = models.DateTimeField(_("dibuka"))
    closed_at = models.DateTimeField(_("ditutup"), null=True, blank=True)

    class Meta:
        verbose_name = _("sesi loket")
        verbose_name_plural = _("sesi loket")
        constraints = [
            models.UniqueConstraint(
                fields=["counter"],
                condition=Q(closed_at__isnull=True),
                name="one_open_session_per_counter",
            ),
            models.UniqueConstraint(
                fields=["officer"],
                condition=Q(closed_at__isnull=True),
                name="one_open_session_per_officer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.counter_id} {self.date}"
