"""Cases of the complaints desk, and the log of what happened to each."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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

        The complaints desk sees its mall's cases; a liaison only the agency's own, and never a
        confidential one. Nobody sees a case about themselves.
        """
        covered = self.filter(
            Q(mall__in=permissions.malls_for(user, permissions.HANDLE_ALL_CASES))
            | Q(
                agency__in=permissions.agencies_for(user, permissions.HANDLE_CASES),
                confidential=False,
            )
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
    Personal data here: subject, text, name, phone, email, and notes of the events.
    """

    class Kind(models.TextChoices):
        COMPLAINT = "complaint", pgettext_lazy("kind of a case", "Pengaduan")
        ASPIRATION = "aspiration", _("Aspirasi")
        INFORMATION = "information", _("Permintaan informasi")

    class Channel(models.TextChoices):
        WEB = "web", _("daring")
        API = "api", _("API")
        KIOSK = "kiosk", _("kios")
        FACE_TO_FACE = "face_to_face", _("tatap muka")
        WHATSAPP = "whatsapp", _("WhatsApp")
        PHONE = "phone", _("telepon")
        SMS = "sms", _("SMS")
        EMAIL = "email", _("surel")
        SOCIAL_MEDIA = "social_media", _("media sosial")
        LETTER = "letter", _("surat")

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
    anonymous = models.BooleanField(_("anonim"), default=False)
    confidential = models.BooleanField(_("rahasia"), default=False)
    name = EncryptedTextField(_("nama"), blank=True, default="")
    phone = EncryptedTextField(_("telepon"), blank=True, default="")
    email = EncryptedTextField(_("surel"), blank=True, default="")
    channel = models.CharField(_("saluran"), max_length=12, choices=Channel)
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
        ]

    def __str__(self) -> str:
        return self.number


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
