"""What is offered: service types with their dated standards and fees."""

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from services.models.malls import Agency, Mall


class ServiceType(models.Model):
    """A kind of service an agency offers in the mall."""

    class BookingMode(models.TextChoices):
        BOTH = "both", _("daring dan di mal")
        ONLINE_ONLY = "online_only", _("hanya daring")
        WALK_IN = "walk_in", _("hanya di mal")
        EXTERNAL = "external", _("sistem nasional")

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="service_types", verbose_name=_("instansi")
    )
    code = models.CharField(_("kode"), max_length=30)
    name = models.CharField(_("nama"), max_length=200)
    booking_mode = models.CharField(
        _("cara ambil nomor"), max_length=12, choices=BookingMode, default=BookingMode.BOTH
    )
    external_system = models.CharField(_("sistem nasional"), max_length=80, blank=True)
    external_url = models.URLField(_("alamat sistem nasional"), blank=True)
    online_possible = models.BooleanField(_("dapat diurus daring"), default=False)
    needs_nik = models.BooleanField(_("perlu NIK"), default=False)
    needs_person_present = models.BooleanField(_("harus datang sendiri"), default=False)
    seats = models.PositiveSmallIntegerField(
        _("batas nomor per hari"), null=True, blank=True, help_text=_("kosong: mengikuti antrean")
    )
    synonyms = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("sebutan sehari-hari"),
        default=list,
        blank=True,
    )
    theme = models.CharField(_("tema"), max_length=60, blank=True)
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("jenis layanan")
        verbose_name_plural = _("jenis layanan")
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "code"], name="one_service_per_agency_and_code"
            ),
            models.CheckConstraint(
                condition=~Q(booking_mode="external") | ~Q(external_system=""),
                name="external_service_names_its_system",
                violation_error_message=_(
                    "Layanan di sistem nasional harus menyebut nama sistemnya."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Addresses and the API name a service by its code alone: one per mall."""
        if self.agency_id and (
            ServiceType.objects.filter(agency__mall=self.agency.mall_id, code=self.code)
            .exclude(pk=self.pk)
            .exists()
        ):
            raise ValidationError({"code": _("Kode ini sudah dipakai layanan lain di mal ini.")})


class ServiceStandardQuerySet(models.QuerySet["ServiceStandard"]):
    """Versions of standards."""

    def current(self, date: dt.date) -> "ServiceStandardQuerySet":
        """Keep, per service, the latest approved version that holds on `date`."""
        approved = Q(approved_at__isnull=False, valid_from__lte=date)
        latest = (
            ServiceStandard.objects.filter(approved, service_type=models.OuterRef("service_type"))
            .order_by("-valid_from", "-version")
            .values("pk")[:1]
        )
        return self.filter(pk=models.Subquery(latest))


class ServiceStandard(models.Model):
    """A dated, approved version of a service's standard: the 14 components of UU 25/2009 Art. 21.

    `counter_minutes` is the time at the counter; `processing_days` are working days from a complete
    file (0: finished at the counter). They are different promises.
    """

    service_type = models.ForeignKey(
        ServiceType, models.PROTECT, related_name="standards", verbose_name=_("jenis layanan")
    )
    version = models.PositiveSmallIntegerField(_("versi"), default=1)
    valid_from = models.DateField(_("berlaku sejak"))
    approved_at = models.DateTimeField(_("disahkan"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("disahkan oleh"),
    )
    # service delivery: published
    requirements = ArrayField(
        models.CharField(max_length=300), verbose_name=_("persyaratan"), default=list, blank=True
    )
    procedure = models.TextField(_("sistem, mekanisme, prosedur"), blank=True)
    counter_minutes = models.PositiveSmallIntegerField(_("menit di loket"), default=15)
    processing_days = models.PositiveSmallIntegerField(_("hari kerja penyelesaian"), default=0)
    product = models.CharField(_("produk pelayanan"), max_length=300, blank=True)
    complaint_handling = models.TextField(_("penanganan pengaduan"), blank=True)
    # (the sixth published component, the fee, has rows of its own)
    # manufacturing: internal, may be shown
    legal_basis = models.TextField(_("dasar hukum"), blank=True)
    facilities = models.TextField(_("sarana dan prasarana"), blank=True)
    competence = models.TextField(_("kompetensi pelaksana"), blank=True)
    internal_supervision = models.TextField(_("pengawasan internal"), blank=True)
    staff_count = models.PositiveSmallIntegerField(_("jumlah pelaksana"), null=True, blank=True)
    service_guarantee = models.TextField(_("jaminan pelayanan"), blank=True)
    safety_guarantee = models.TextField(_("jaminan keamanan dan keselamatan"), blank=True)
    performance_evaluation = models.TextField(_("evaluasi kinerja pelaksana"), blank=True)

    objects = ServiceStandardQuerySet.as_manager()

    class Meta:
        verbose_name = _("standar pelayanan")
        verbose_name_plural = _("standar pelayanan")
        constraints = [
            models.UniqueConstraint(
                fields=["service_type", "version"], name="one_standard_per_service_and_version"
            ),
            models.CheckConstraint(
                condition=Q(counter_minutes__gt=0),
                name="standard_takes_some_minutes",
                violation_error_message=_("Isi paling sedikit satu menit di loket."),
            ),
        ]

    def __str__(self) -> str:
        return str(_("versi %(version)d") % {"version": self.version})


class Fee(models.Model):
    """What a service costs. An empty amount means "varies", never "free"; 0 is free. Rupiah."""

    class Collector(models.TextChoices):
        NONE = "none", _("gratis")
        STATE = "state", _("negara (PNBP)")
        REGION = "region", _("daerah")
        STATE_OWNED = "state_owned", _("BUMN/BUMD")
        BANK = "bank", _("bank")

    standard = models.ForeignKey(
        ServiceStandard, models.CASCADE, related_name="fees", verbose_name=_("standar")
    )
    amount = models.PositiveIntegerField(
        _("jumlah (Rp)"), null=True, blank=True, help_text=_("kosong: bervariasi; 0: gratis")
    )
    variant = models.CharField(_("varian"), max_length=160, blank=True)
    exemption = models.CharField(_("pengecualian"), max_length=200, blank=True)
    legal_basis = models.CharField(_("dasar hukum"), max_length=300, blank=True)
    collected_by = models.CharField(
        _("dipungut oleh"), max_length=12, choices=Collector, blank=True
    )
    valid_from = models.DateField(_("berlaku sejak"), null=True, blank=True)
    valid_to = models.DateField(_("berlaku sampai"), null=True, blank=True)

    class Meta:
        verbose_name = _("biaya")
        verbose_name_plural = _("biaya")

    def __str__(self) -> str:
        return str(self.amount if self.amount is not None else _("bervariasi"))


class Paper(models.Model):
    """A paper that services ask for: where one gets it, and which service of this mall makes it.

    A requirement of a standard names it by the words before its colon ("KTP-el: asli").
    """

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="papers", verbose_name=_("mal"))
    name = models.CharField(_("nama"), max_length=200)
    where = models.CharField(
        _("bila belum punya"),
        max_length=300,
        blank=True,
        help_text=_("di mana mendapatkannya, satu kalimat"),
    )
    made_by = models.ForeignKey(
        ServiceType,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="makes",
        verbose_name=_("dibuat oleh layanan"),
        help_text=_("layanan di mal ini yang menerbitkannya"),
    )

    class Meta:
        verbose_name = _("berkas")
        verbose_name_plural = _("berkas")
        constraints = [
            models.UniqueConstraint("mall", Lower("name"), name="one_paper_per_mall_and_name")
        ]

    def __str__(self) -> str:
        return self.name
