"""Invitations to the survey, and responses that lead to nobody.

An invitation knows the ticket it was made for, by its public id; a response knows neither. Nothing
is kept that both have: no key, no moment (a response has only the Monday of its week, an invitation
only the date of its answer), no order (a response's key is random, and the night lays the rows in
the order of these keys).
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField
from services.models import Agency, Mall, ServiceType
from surveys.elements import CODES, QUESTIONNAIRE


class Channel(models.TextChoices):
    WEB = "web", _("daring")
    PAPER = "paper", _("kertas")


class Invitation(models.Model):
    """A one-time link for one finished ticket.

    Past its retention token, reference and fingerprint are emptied; the row stays, as one of the
    visits of its day that were asked. Personal data here: token, reference.
    """

    token = models.CharField(max_length=32, null=True, editable=False)  # noqa: DJ001
    reference = models.UUIDField(null=True, editable=False)  # the ticket's public id
    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", db_index=False)
    service_type = models.ForeignKey(ServiceType, models.PROTECT, related_name="+", db_index=False)
    date = models.DateField(_("tanggal kunjungan"))
    expires_at = models.DateTimeField(_("berlaku sampai"))
    answered_on = models.DateField(_("dijawab"), null=True)
    request_hash = models.BinaryField(max_length=32, null=True, editable=False)

    class Meta:
        verbose_name = _("undangan survei")
        verbose_name_plural = _("undangan survei")
        constraints = [
            models.UniqueConstraint(fields=["token"], name="one_invitation_per_token"),
            models.UniqueConstraint(fields=["reference"], name="one_invitation_per_ticket"),
            models.CheckConstraint(
                condition=Q(request_hash=None) | Q(answered_on__isnull=False),
                name="a_spent_invitation_says_when",
            ),
        ]
        indexes = [
            models.Index(
                fields=["date"], condition=Q(token__isnull=False), name="invitations_not_emptied"
            ),
            models.Index(
                fields=["id"],
                condition=Q(request_hash__isnull=False),
                name="invitations_spent_today",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date}"


def _answer(name: object) -> models.Field:
    return models.PositiveSmallIntegerField(name, null=True, blank=True)


class Response(models.Model):
    """One filled-in form: nine answers of 1 to 4, None where skipped; never shown as a single row.

    `amend_key` is the fingerprint of a secret that only the device holds which answered; with it
    the optional data and words are added the same day. `integrity_asked` names the version of the
    operator's questions. Personal data here: text; and sex, age_group, education, work, which may
    point at somebody in a small group.
    """

    class Sex(models.TextChoices):
        FEMALE = "female", _("Perempuan")
        MALE = "male", _("Laki-laki")

    class AgeGroup(models.TextChoices):
        UNDER_20 = "under_20", _("Di bawah 20 tahun")
        TWENTIES = "20_29", _("20–29 tahun")
        THIRTIES = "30_39", _("30–39 tahun")
        FORTIES = "40_49", _("40–49 tahun")
        FIFTIES = "50_59", _("50–59 tahun")
        OVER_60 = "60_up", _("60 tahun ke atas")

    class Education(models.TextChoices):
        SD = "sd", _("SD")
        SMP = "smp", _("SMP")
        SMA = "sma", _("SMA")
        S1 = "s1", _("S1")
        S2 = "s2", _("S2")
        S3 = "s3", _("S3")

    class Work(models.TextChoices):
        PNS = "pns", _("PNS")
        TNI = "tni", _("TNI")
        POLRI = "polri", _("POLRI")
        EMPLOYEE = "swasta", _("Swasta")
        ENTREPRENEUR = "wirausaha", _("Wirausaha")
        OTHER = "lainnya", _("Lainnya")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", db_index=False)
    service_type = models.ForeignKey(ServiceType, models.PROTECT, related_name="+", db_index=False)
    week = models.DateField(_("minggu"), help_text=_("hari Seninnya"))
    channel = models.CharField(_("saluran"), max_length=10, choices=Channel)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("dimasukkan oleh"),
        db_index=False,
    )
    persyaratan = _answer(QUESTIONNAIRE[0].name)
    prosedur = _answer(QUESTIONNAIRE[1].name)
    waktu = _answer(QUESTIONNAIRE[2].name)
    biaya = _answer(QUESTIONNAIRE[3].name)
    produk = _answer(QUESTIONNAIRE[4].name)
    kompetensi = _answer(QUESTIONNAIRE[5].name)
    perilaku = _answer(QUESTIONNAIRE[6].name)
    sarpras = _answer(QUESTIONNAIRE[7].name)
    pengaduan = _answer(QUESTIONNAIRE[8].name)
    integrity = ArrayField(models.PositiveSmallIntegerField(null=True), default=list)
    integrity_asked = models.CharField(max_length=12, blank=True)
    sex = models.CharField(_("jenis kelamin"), max_length=6, choices=Sex, blank=True)
    age_group = models.CharField(_("usia"), max_length=8, choices=AgeGroup, blank=True)
    education = models.CharField(_("pendidikan"), max_length=3, choices=Education, blank=True)
    work = models.CharField(_("pekerjaan"), max_length=9, choices=Work, blank=True)
    text = EncryptedTextField(_("saran"), blank=True, default="")
    amend_key = models.BinaryField(max_length=32, null=True, editable=False)
    erased = models.BooleanField(_("data pribadi dihapus"), default=False)

    class Meta:
        verbose_name = _("jawaban survei")
        verbose_name_plural = _("jawaban survei")
        constraints = [
            models.UniqueConstraint(fields=["amend_key"], name="one_response_per_request"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="a_week_is_its_monday"),
            models.CheckConstraint(
                condition=Q(channel=Channel.PAPER) ^ Q(entered_by=None),
                name="paper_names_who_entered_it",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{code: None}) | Q(**{f"{code}__range": (1, 4)}),
                    name=f"{code}_is_one_to_four",
                )
                for code in CODES
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "week"], name="responses_of_an_agency"),
            models.Index(
                fields=["week"], condition=Q(erased=False), name="responses_not_yet_erased"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.week}"
