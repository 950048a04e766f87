"""Cases of the complaints desk, and the log of what happened to each."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints import surroundings
from complaints.channels import channel_label
from complaints.codes import NUMBER_PATTERN
from complaints.deadlines import MOST_DAYS
from complaints.workflow import State, Step
from privacy.fields import EncryptedTextField
from services import permissions
from services.models import Agency, Mall, ServiceType


class Level(models.TextChoices):
    """How much a case asks for: the term within which it is completed."""

    INFORMATION = "information", _("Permintaan informasi")
    ORDINARY = "ordinary", _("Pengaduan biasa")
    SUPERVISION = "supervision", _("Berkadar pengawasan")


# Working days to completion where the mall promises nothing else.
USUAL_DAYS = {Level.INFORMATION: 5, Level.ORDINARY: 14, Level.SUPERVISION: 60}


class ServiceLevel(models.Model):
    """Within how many working days a mall completes its cases of a level, from a date on."""

    mall = models.ForeignKey(
        Mall, models.PROTECT, related_name="service_levels", verbose_name=_("mal")
    )
    level = models.CharField(_("tingkat"), max_length=12, choices=Level)
    days = models.PositiveSmallIntegerField(_("hari kerja"))
    valid_from = models.DateField(_("berlaku sejak"))

    class Meta:
        verbose_name = _("batas penyelesaian")
        verbose_name_plural = _("batas penyelesaian")
        constraints = [
            models.UniqueConstraint(
                fields=["mall", "level", "valid_from"], name="one_term_per_level_and_date"
            ),
            models.CheckConstraint(
                condition=Q(days__range=(1, MOST_DAYS)), name="a_term_is_a_day_to_a_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.days}"


class CaseQuerySet(models.QuerySet["Case"]):
    """Cases."""

    def visible_to(self, user: Any) -> "CaseQuerySet":
        """Keep what the person's office covers.

        The complaints desk sees its mall's cases; who has an office in an agency only the
        agency's own once the desk has passed them on, never a confidential one and none about a
        counter where they sit. Nobody sees a case about themselves.
        """
        passed_on = CaseEvent.objects.filter(case=OuterRef("pk"), kind=Step.FORWARDED)
        of_agency = Q(
            agency__in=permissions.agencies_for(user, permissions.HANDLE_CASES),
            confidential=False,
        ) & Exists(passed_on)
        for mall_id, number in surroundings.own_counters(user):
            of_agency &= ~Q(mall_id=mall_id, counter_number=number)
        covered = self.filter(
            Q(mall__in=permissions.malls_for(user, permissions.HANDLE_ALL_CASES)) | of_agency
        )
        return covered.exclude(about_person_id=user.pk) if user.pk else covered

    def unanswered(self, today: Any) -> "CaseQuerySet":
        """Keep answered cases whose time for a reply is over."""
        return self.filter(state=State.ANSWERED, closes_on__lt=today)

    def due_for_erasure(self, before: Any) -> "CaseQuerySet":
        """Keep cases closed before the moment, or received before it and never closed."""
        return self.filter(
            Q(closed_at__lt=before) | Q(closed_at=None, received_at__lt=before), erased_at=None
        )


class Case(models.Model):
    """A complaint, an aspiration or a question, with a clock in working days.

    The number names it, the PIN opens it; the PIN is kept as a keyed fingerprint. Two flags that
    are not the same: `anonymous` hides who reports, `confidential` hides the whole report.
    Personal data here: subject, text, place, name, phone, email, account, permalink, and notes of
    the events.
    """

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", pgettext_lazy("kind of a case", "Pengaduan")
        ASPIRATION = "aspiration", _("Aspirasi")
        INFORMATION = "information", _("Permintaan informasi")

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", verbose_name=_("mal"))
    number = models.CharField(_("nomor"), max_length=8, editable=False)
    pin_hash = models.BinaryField(max_length=32, null=True, editable=False)
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind)
    state = models.CharField(_("status"), max_length=16, choices=State, default=State.RECEIVED)
    subject = EncryptedTextField(_("judul"), blank=True, default="")
    text = EncryptedTextField(_("cerita"), blank=True, default="")
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("instansi")
    )
    service_type = models.ForeignKey(
        ServiceType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("jenis layanan"),
    )
    # The queue's rooms are siblings: its ticket is known by its public id only.
    ticket_public_id = models.UUIDField(_("tiket"), null=True, blank=True)
    counter_number = models.PositiveSmallIntegerField(_("nomor loket"), null=True, blank=True)
    place = EncryptedTextField(_("tempat"), blank=True, default="")
    happened_on = models.DateField(_("tanggal kejadian"), null=True, blank=True)
    happened_time = models.TimeField(_("jam kejadian"), null=True, blank=True)
    anonymous = models.BooleanField(_("anonim"), default=False)
    confidential = models.BooleanField(_("rahasia"), default=False)
    name = EncryptedTextField(_("nama"), blank=True, default="")
    phone = EncryptedTextField(_("telepon"), blank=True, default="")
    email = EncryptedTextField(_("surel"), blank=True, default="")
    channel = models.CharField(_("saluran"), max_length=20)  # its names: channels.py
    # What came by another channel: whose account, where it stands, when it was told, who wrote it.
    account = EncryptedTextField(_("akun pelapor"), blank=True, default="")
    permalink = EncryptedTextField(_("tautan asli"), blank=True, default="")
    told_at = models.DateTimeField(_("disampaikan pelapor"), null=True, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("dicatat oleh"),
    )
    lapor_id = models.CharField(_("nomor LAPOR!"), max_length=30, blank=True, default="")
    lapor_status = models.CharField(_("status di LAPOR!"), max_length=80, blank=True, default="")
    lapor_at = models.DateTimeField(_("status LAPOR! disalin"), null=True, blank=True)
    language = models.CharField(_("bahasa"), max_length=2, default="id")
    received_at = models.DateTimeField(_("diterima"))
    counted_from = models.DateField(_("dihitung sejak"))
    first_answer_due_on = models.DateField(_("batas tanggapan pertama"))
    promise = models.CharField(_("janji"), max_length=200)
    about_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("petugas yang diadukan"),
    )
    level = models.CharField(_("tingkat"), max_length=12, choices=Level, blank=True, default="")
    level_days = models.PositiveSmallIntegerField(_("hari kerja"), null=True, blank=True)
    completion_due_on = models.DateField(_("batas penyelesaian"), null=True, blank=True)
    waiting_since = models.DateField(_("menunggu pelapor sejak"), null=True, blank=True)
    waited_days = models.PositiveSmallIntegerField(_("hari menunggu pelapor"), default=0)
    goes_on_as = models.CharField(max_length=16, blank=True, default="", editable=False)
    first_answered_at = models.DateTimeField(_("pertama kali dijawab"), null=True, blank=True)
    closes_on = models.DateField(_("ditutup bila tidak dibalas"), null=True, blank=True)
    rating = models.PositiveSmallIntegerField(_("nilai dari pelapor"), null=True, blank=True)
    # How far a passed date has been raised: 0 nobody, 1 who has the case, 2 the agency's head, 3
    # the mall's manager.
    alarm_stage = models.PositiveSmallIntegerField(_("tahap peringatan"), default=0)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="duplicates",
        verbose_name=_("digabung dengan"),
    )
    closed_at = models.DateTimeField(_("ditutup"), null=True, blank=True)
    request_key = models.BinaryField(max_length=32, null=True, editable=False)
    request_hash = models.BinaryField(max_length=32, null=True, editable=False)
    erased_at = models.DateTimeField(_("data pribadi dihapus"), null=True, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pengaduan")
        verbose_name_plural = _("pengaduan")
        constraints = [
            models.UniqueConstraint(fields=["number"], name="one_case_per_number"),
            models.UniqueConstraint(fields=["request_key"], name="one_case_per_request"),
            models.CheckConstraint(
                condition=Q(number__regex=NUMBER_PATTERN), name="case_number_is_clear_to_read"
            ),
            models.CheckConstraint(
                condition=Q(first_answer_due_on__gt=F("counted_from")),
                name="first_answer_is_due_after_the_clock_starts",
            ),
            models.CheckConstraint(
                condition=Q(level="", level_days=None, completion_due_on=None)
                | Q(
                    ~Q(level=""),
                    level_days__isnull=False,
                    completion_due_on__gt=F("counted_from"),
                ),
                name="a_classified_case_has_its_term",
            ),
            models.CheckConstraint(
                condition=Q(state=State.NEEDS_COMPLETION, waiting_since__isnull=False)
                | Q(~Q(state=State.NEEDS_COMPLETION), waiting_since=None),
                name="the_clock_stands_while_the_reporter_is_asked",
            ),
            models.CheckConstraint(
                condition=Q(state=State.ANSWERED, closes_on__isnull=False)
                | Q(~Q(state=State.ANSWERED), closes_on=None),
                name="an_answered_case_closes_some_day",
            ),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | Q(~Q(state=State.MERGED), merged_into=None),
                name="a_merged_case_names_the_other",
            ),
            models.CheckConstraint(
                condition=Q(rating=None) | Q(rating__range=(1, 4)), name="a_rating_is_one_to_four"
            ),
            models.UniqueConstraint(
                fields=["mall", "lapor_id"],
                condition=~Q(lapor_id=""),
                name="one_case_per_lapor_id",
            ),
            models.CheckConstraint(
                condition=Q(alarm_stage__lte=3), name="an_alarm_has_three_stages"
            ),
            models.CheckConstraint(
                condition=Q(happened_time=None) | Q(happened_on__isnull=False),
                name="a_time_belongs_to_a_day",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(pin_hash=None, request_key=None),
                name="an_erased_case_opens_for_nobody",
            ),
        ]
        indexes = [
            models.Index(fields=["mall", "-received_at"], name="cases_of_a_mall"),
            models.Index(fields=["agency", "-received_at"], name="cases_of_an_agency"),
            models.Index(
                fields=["received_at"],
                condition=Q(erased_at__isnull=True),
                name="cases_not_yet_erased",
            ),
            models.Index(
                fields=["closes_on"], condition=Q(state="answered"), name="cases_that_close_soon"
            ),
            models.Index(
                fields=["mall", "first_answer_due_on"],
                condition=Q(closed_at=None),
                name="cases_at_work",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def channel_label(self) -> str:
        """The channel in words."""
        return channel_label(self.channel)


class CaseEvent(models.Model):
    """What happened to a case, when, by whom; append-only (a trigger keeps it so).

    Erasure may empty the note, and nothing else.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    kind = models.CharField(_("kejadian"), max_length=20, choices=Step)
    at = models.DateTimeField(_("saat"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("petugas"),
    )
    note = EncryptedTextField(_("catatan"), blank=True, default="")
    visible_to_reporter = models.BooleanField(_("terlihat pelapor"), default=False)

    class Meta:
        verbose_name = _("kejadian pengaduan")
        verbose_name_plural = _("kejadian pengaduan")
        indexes = [models.Index(fields=["case", "id"], name="events_of_a_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%H.%M.%S}"


class Attachment(models.Model):
    """A photo or document that came with an event; the file lies in private storage.

    Who may see the event may have the file. Personal data: the name, and the file itself.
    """

    class Kind(models.TextChoices):
        JPEG = "image/jpeg", "JPEG"
        PDF = "application/pdf", "PDF"

    case = models.ForeignKey(Case, models.PROTECT, related_name="attachments")
    event = models.ForeignKey(CaseEvent, models.PROTECT, related_name="attachments")
    stored_as = models.UUIDField(unique=True, editable=False)
    name = EncryptedTextField(_("nama berkas"), blank=True, default="")
    kind = models.CharField(_("jenis berkas"), max_length=20, choices=Kind)
    size = models.PositiveIntegerField(_("ukuran"))  # bytes, as stored
    sha256 = models.BinaryField(max_length=32, editable=False)
    erased_at = models.DateTimeField(_("dihapus"), null=True, blank=True)

    class Meta:
        verbose_name = _("lampiran")
        verbose_name_plural = _("lampiran")
        indexes = [models.Index(fields=["case", "id"], name="attachments_of_a_case")]

    def __str__(self) -> str:
        return f"{self.kind} {self.size}"


class Publication(models.Model):
    """What the public reads of a case: words written anew for it, without anybody's name.

    Nothing of the case itself is shown; a publication taken back stays as a row.
    """

    case = models.OneToOneField(Case, models.PROTECT, related_name="publication")
    subject = models.CharField(_("judul"), max_length=120)
    text = models.TextField(_("cerita"), max_length=5_000)
    answer = models.TextField(_("jawaban"), max_length=5_000, blank=True, default="")
    published_at = models.DateTimeField(_("diterbitkan"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("oleh")
    )
    withdrawn_at = models.DateTimeField(_("ditarik"), null=True, blank=True)
    words = models.GeneratedField(
        expression=SearchVector("subject", "text", config="indonesian"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("pengaduan terbit")
        verbose_name_plural = _("pengaduan terbit")
        indexes = [
            models.Index(fields=["-published_at"], name="latest_publications"),
            GinIndex(fields=["words"], name="words_of_publications"),
        ]

    def __str__(self) -> str:
        return self.subject
