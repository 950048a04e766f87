"""Who comes: visits and their tickets, what happened to them, and the calls in the hall."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField
from queueing.models.day import Window
from queueing.models.house import Counter, Queue
from queueing.workflow import ACTIVE, AT_COUNTER, State
from services.models import Mall, ServiceStandard, ServiceType


class Visit(models.Model):
    """A person's coming to the mall on one day, with one or more tickets.

    The token opens the citizen's page and is shown to nobody else; the short code is what a person
    reads aloud or types. Personal data here: name, phone, email, prefer, push, nik, contact_key.
    """

    class Channel(models.TextChoices):
        WEB = "web", _("daring")
        API = "api", _("API")
        KIOSK = "kiosk", _("kios")
        FRONT_DESK = "front_desk", _("meja depan")
        HELPER = "helper", _("pendamping")
        PAPER = "paper", _("kertas")

    class Priority(models.TextChoices):
        NONE = "", _("tidak ada")
        ELDERLY = "elderly", _("lansia")
        DISABLED = "disabled", _("difabel")
        PREGNANT = "pregnant", _("hamil")
        CHILDREN = "children", _("membawa anak kecil")

    class Need(models.TextChoices):
        WHEELCHAIR = "wheelchair", _("kursi roda")
        SIGN_LANGUAGE = "sign_language", _("juru bahasa isyarat")
        READING = "reading", _("dibacakan dan dituliskan")
        COMPANION = "companion", _("didampingi petugas")

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
    # the channel the person asked for, "" for the mall's own order; and the browser that asked to
    # be told of the turn (its subscription, JSON)
    prefer = models.CharField(_("saluran pilihan"), max_length=12, blank=True, db_default="")
    push = EncryptedTextField(null=True, editable=False)
    priority = models.CharField(
        _("prioritas"), max_length=10, choices=Priority, blank=True, default=Priority.NONE
    )
    priority_reason = models.CharField(_("alasan prioritas"), max_length=160, blank=True)
    needs = ArrayField(
        models.CharField(max_length=16, choices=Need),
        verbose_name=_("bantuan"),
        default=list,
        blank=True,
    )
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
    confirmed_at = models.DateTimeField(_("dipastikan datang"), null=True)
    kept_until = models.DateTimeField(_("disimpan sampai"), null=True)  # a place the mall chose

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
            models.Index(
                fields=["window"],
                condition=Q(state__in=[State.BOOKED, State.PRINTING]),
                name="booked_of_a_window",
            ),
            models.Index(
                fields=["kept_until"],
                condition=Q(state=State.BOOKED, kept_until__isnull=False),
                name="places_kept_for_an_answer",
            ),
            models.Index(
                fields=["ended_at"], condition=Q(state=State.DONE), name="done_by_their_end"
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
