"""Queues, counters, windows of a day, visits and their tickets, and the log of what happened."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField
from queueing.workflow import ACTIVE, AT_COUNTER, State
from services.models import Agency, ClosureFields, HoursFields, Mall, ServiceStandard, ServiceType

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
        return f"{self.opens_at:%H.%M}–{self.closes_at:%H.%M}"


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


class CounterSession(models.Model):
    """An officer at a counter, from opening to closing, and the queues called from, in order."""

    counter = models.ForeignKey(Counter, models.PROTECT, related_name="sessions")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    date = models.DateField(_("tanggal"))
    queue_ids = ArrayField(models.BigIntegerField(), default=list)
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


class Visit(models.Model):
    """A person's coming to the mall on one day, with one or more tickets.

    The token opens the citizen's page and is shown to nobody else; the short code is what a person
    reads aloud or types. Personal data here: name, phone, email, nik, contact_key.
    """

    class Channel(models.TextChoices):
        WEB = "web", _("daring")
        API = "api", _("API")
        KIOSK = "kiosk", _("kios")
        FRONT_DESK = "front_desk", _("meja depan")
        HELPER = "helper", _("pendamping")

    class Priority(models.TextChoices):
        NONE = "", _("tidak ada")
        ELDERLY = "elderly", _("lansia")
        DISABLED = "disabled", _("difabel")
        PREGNANT = "pregnant", _("hamil")
        CHILDREN = "children", _("membawa anak kecil")

    mall = models.ForeignKey(
        Mall, models.PROTECT, related_name="+", verbose_name=_("mal"), db_index=False
    )
    date = models.DateField(_("tanggal"))
    token = models.CharField(max_length=32, editable=False)
    short_code = models.CharField(_("kode"), max_length=6)
    name = models.CharField(_("nama"), max_length=100, blank=True)
    phone = EncryptedTextField(_("telepon"), blank=True, default="")
    email = EncryptedTextField(_("surel"), blank=True, default="")
    nik = EncryptedTextField(_("NIK"), blank=True, default="")
    contact_key = models.BinaryField(max_length=32, null=True, editable=False)
    language = models.CharField(_("bahasa"), max_length=2, default="id")
    priority = models.CharField(
        _("prioritas"), max_length=10, choices=Priority, blank=True, default=Priority.NONE
    )
    priority_reason = models.CharField(_("alasan prioritas"), max_length=160, blank=True)
    accommodation = models.CharField(_("kebutuhan khusus"), max_length=160, blank=True)
    channel = models.CharField(_("saluran"), max_length=10, choices=Channel)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    notice_version = models.CharField(max_length=20, blank=True)
    request_key = models.CharField(max_length=80, null=True, editable=False)  # noqa: DJ001
    request_hash = models.BinaryField(max_length=32, null=True, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    checked_in_at = models.DateTimeField(_("lapor hadir"), null=True, blank=True)
    # of a visit that a rule has just written: its tickets, and start and end by window
    new_tickets: list["Ticket"]
    new_times: dict[int | None, tuple[dt.datetime, dt.datetime]]
    erased_at = models.DateTimeField(_("data pribadi dihapus"), null=True, blank=True)

    class Meta:
        verbose_name = _("kunjungan")
        verbose_name_plural = _("kunjungan")
        constraints = [
            models.UniqueConstraint(fields=["token"], name="one_visit_per_token"),
            models.UniqueConstraint(fields=["request_key"], name="one_visit_per_request"),
            models.UniqueConstraint(
                fields=["mall", "date", "short_code"], name="one_short_code_per_mall_and_date"
            ),
        ]
        indexes = [
            models.Index(
                fields=["contact_key", "date"],
                condition=Q(contact_key__isnull=False),
                name="visits_of_a_contact",
            ),
            models.Index(
                fields=["date"], condition=Q(erased_at__isnull=True), name="visits_not_yet_erased"
            ),
        ]

    def __str__(self) -> str:
        return self.short_code


class Ticket(models.Model):
    """A number for one service in one queue on one day; `workflow.py` has its states.

    `seat` says which seat of its window it holds; `sort_at` is its place in the line. Personal data
    here: person_key, which is erased with the visit.
    """

    class Seat(models.TextChoices):
        NONE = "", _("tanpa kursi")
        ONLINE = "online", _("daring")
        WALK_IN = "walk_in", _("di mal")

    class Outcome(models.TextChoices):
        SERVED = "served", _("selesai dilayani")
        COLLECT_LATER = "collect_later", _("diterima, ambil kemudian")
        DOCUMENTS_MISSING = "documents_missing", _("berkas kurang")
        INFORMATION_ONLY = "information_only", _("hanya bertanya")
        REFERRED = "referred", _("diarahkan ke tempat lain")

    public_id = models.UUIDField(unique=True, editable=False)
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="tickets")
    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    date = models.DateField(_("tanggal"))
    queue = models.ForeignKey(
        Queue,
        models.PROTECT,
        related_name="tickets",
        verbose_name=_("antrean"),
        db_index=False,
    )
    service_type = models.ForeignKey(
        ServiceType, models.PROTECT, related_name="+", verbose_name=_("layanan"), db_index=False
    )
    standard = models.ForeignKey(
        ServiceStandard, models.PROTECT, null=True, related_name="+", db_index=False
    )
    window = models.ForeignKey(Window, models.PROTECT, null=True, related_name="tickets")
    number = models.PositiveIntegerField(_("nomor"))
    label = models.CharField(_("label"), max_length=10)
    state = models.CharField(_("keadaan"), max_length=12, choices=State)
    seat = models.CharField(max_length=8, choices=Seat, blank=True, default=Seat.NONE)
    walk_in = models.BooleanField(_("datang langsung"), default=False)
    priority = models.BooleanField(_("prioritas"), default=False)
    sort_at = models.DateTimeField(_("urutan"), null=True)
    person_key = models.BinaryField(max_length=32, null=True, editable=False)
    counter = models.ForeignKey(
        Counter,
        models.PROTECT,
        null=True,
        related_name="tickets",
        verbose_name=_("loket"),
        db_index=False,
    )
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("petugas"),
        db_index=False,
    )
    booked_at = models.DateTimeField(_("diambil"))
    checked_in_at = models.DateTimeField(_("lapor hadir"), null=True)
    called_at = models.DateTimeField(_("dipanggil"), null=True)
    started_at = models.DateTimeField(_("mulai dilayani"), null=True)
    ended_at = models.DateTimeField(_("selesai"), null=True)
    released_at = models.DateTimeField(null=True)  # last left a counter, in any way
    recalls = models.PositiveSmallIntegerField(_("panggilan ulang"), default=0)
    returns = models.PositiveSmallIntegerField(_("kembali ke antrean"), default=0)
    outcome = models.CharField(_("hasil"), max_length=20, choices=Outcome, blank=True, default="")
    collect_on = models.DateField(_("diambil tanggal"), null=True)
    parked_reason = models.CharField(_("alasan tunggu"), max_length=160, blank=True, default="")
    flagged = models.BooleanField(_("ditutup otomatis"), default=False)

    class Meta:
        verbose_name = _("tiket")
        verbose_name_plural = _("tiket")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "date", "label"],
                condition=~Q(state=State.TRANSFERRED),
                name="one_label_per_mall_and_date",
            ),
            models.UniqueConstraint(
                fields=["counter"], condition=Q(state__in=AT_COUNTER), name="one_ticket_per_counter"
            ),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(state__in=AT_COUNTER), name="one_counter_per_visit"
            ),
            models.UniqueConstraint(
                fields=["person_key"],
                condition=Q(state__in=ACTIVE, person_key__isnull=False),
                name="one_active_ticket_per_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=AT_COUNTER) | Q(counter__isnull=False),
                name="called_ticket_names_its_counter",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.WAITING) | Q(sort_at__isnull=False),
                name="waiting_ticket_has_a_place",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "date", "sort_at", "number"],
                condition=Q(state=State.WAITING),
                name="who_waits_in_order",
            ),
            models.Index(fields=["mall", "date", "service_type"], name="tickets_of_a_day"),
            models.Index(fields=["queue", "date"], name="tickets_of_a_queues_day"),
            models.Index(fields=["service_type", "date"], name="tickets_of_a_services_day"),
            models.Index(
                fields=["window"],
                condition=Q(state__in=[State.BOOKED, State.PRINTING]),
                name="booked_of_a_window",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class TicketEvent(models.Model):
    """What happened to a ticket, when, by whom, where; append-only (a trigger keeps it so).

    Every time span is derived from these rows. `before` is what the act replaced, for undoing it.
    """

    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="events", db_index=False)
    kind = models.CharField(_("kejadian"), max_length=20)
    at = models.DateTimeField(_("saat"))
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    counter = models.ForeignKey(
        Counter, models.PROTECT, null=True, related_name="+", db_index=False
    )
    note = models.CharField(_("catatan"), max_length=200, blank=True)
    before = models.JSONField(null=True)

    class Meta:
        verbose_name = _("kejadian tiket")
        verbose_name_plural = _("kejadian tiket")
        indexes = [
            models.Index(fields=["ticket", "id"], name="events_of_a_ticket"),
            models.Index(
                fields=["counter", "-id"],
                condition=Q(counter__isnull=False),
                name="last_act_at_a_counter",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H.%M.%S}"


class CallAnnouncement(models.Model):
    """A call to be shown and spoken in the hall: number and counter only."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    date = models.DateField()
    ticket = models.ForeignKey(Ticket, models.PROTECT, related_name="+", db_index=False)
    label = models.CharField(max_length=10)
    counter_number = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=40, blank=True)
    recall = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("panggilan")
        verbose_name_plural = _("panggilan")
        indexes = [models.Index(fields=["mall", "date", "-id"], name="calls_of_a_day")]

    def __str__(self) -> str:
        return f"{self.label} -> {self.counter_number}"


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
