"""Malls, agencies, service types with their published standards, hours, holidays, and officers."""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

_RESERVED = (
    "admin api dasbor sehat metrics static media tiket pengaduan survei langsung bahasa i18n "
    "akun masuk keluar health live"
)
RESERVED_SLUGS = frozenset(_RESERVED.split())
colour = RegexValidator(r"^#[0-9a-f]{6}$", _("Warna ditulis seperti #1a2b3c."))


def validate_slug_not_reserved(value: str) -> None:
    """Refuse a mall's address that one of the portal's own addresses needs."""
    if value in RESERVED_SLUGS:
        raise ValidationError(_("Alamat ini dipakai portal sendiri. Pilih alamat lain."))


def validate_time_zone(value: str) -> None:
    """Refuse a name that the time zone database does not know."""
    if value not in available_timezones():
        raise ValidationError(_("Zona waktu tidak dikenal. Contoh: Asia/Jakarta."))


class Mall(models.Model):
    """One Mal Pelayanan Publik. Its days are days of its own time zone."""

    slug = models.SlugField(
        _("alamat"), max_length=40, unique=True, validators=[validate_slug_not_reserved]
    )
    name = models.CharField(_("nama"), max_length=120)
    regency = models.CharField(_("kabupaten/kota"), max_length=80)
    province = models.CharField(_("provinsi"), max_length=80)
    time_zone = models.CharField(
        _("zona waktu"), max_length=40, default="Asia/Jakarta", validators=[validate_time_zone]
    )
    address = models.TextField(_("alamat gedung"), blank=True)
    phone = models.CharField(_("telepon"), max_length=30, blank=True)
    email = models.EmailField(_("surel"), blank=True)
    primary_colour = models.CharField(
        _("warna utama"), max_length=7, default="#233372", validators=[colour]
    )
    accent_colour = models.CharField(
        _("warna aksen"), max_length=7, default="#ffc629", validators=[colour]
    )
    logo = models.FileField(_("logo"), upload_to="logos/", blank=True)
    greeting = models.CharField(_("sapaan"), max_length=80, blank=True)
    rehearsal = models.BooleanField(
        _("latihan"),
        default=False,
        help_text=_("Mal latihan: pesan dan angkanya terpisah dari yang sungguhan."),
    )
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("mal")
        verbose_name_plural = _("mal")

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The mall's time zone."""
        return ZoneInfo(self.time_zone)

    def date_at(self, at: dt.datetime) -> dt.date:
        """The mall's calendar date at the moment `at`."""
        return at.astimezone(self.zone).date()

    def today(self) -> dt.date:
        """The mall's date now; rules take the time from the edge and use `date_at`."""
        return self.date_at(timezone.now())


class Agency(models.Model):
    """An agency housed in the mall; it owns its standards, fees and decisions."""

    class Kind(models.TextChoices):
        LOCAL = "local", _("pemerintah daerah")
        CENTRAL = "central", _("instansi pusat")
        STATE_OWNED = "state_owned", _("BUMN/BUMD")
        BANK = "bank", _("bank")
        COURT = "court", _("peradilan")
        OTHER = "other", _("lainnya")

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="agencies", verbose_name=_("mal"))
    code = models.CharField(_("kode"), max_length=20)
    name = models.CharField(_("nama"), max_length=160)
    kind = models.CharField(_("jenis"), max_length=12, choices=Kind, default=Kind.LOCAL)
    oversight_name = models.CharField(_("pengawas"), max_length=160, blank=True)
    oversight_contact = models.CharField(_("kontak pengawas"), max_length=160, blank=True)
    agreed_days = models.PositiveSmallIntegerField(_("hari buka dijanjikan/minggu"), default=5)
    agreed_desks = models.PositiveSmallIntegerField(_("loket dijanjikan"), default=1)
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("instansi")
        verbose_name_plural = _("instansi")
        constraints = [
            models.UniqueConstraint(fields=["mall", "code"], name="one_agency_per_mall_and_code")
        ]

    def __str__(self) -> str:
        return self.name


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
        return f"{self.service_type_id} v{self.version}"


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


class HoursFields(models.Model):
    """Columns of opening hours: weekly (weekday), seasonal (valid_from/to) or an extra session.

    Of the rows that fit a date, seasonal ones replace the plain ones, and extra sessions (which
    must name their dates) add to them and hold on holidays too. `weekday`: Monday is 0.
    """

    weekday = models.PositiveSmallIntegerField(
        _("hari"),
        null=True,
        blank=True,
        choices=[
            (0, _("Senin")),
            (1, _("Selasa")),
            (2, _("Rabu")),
            (3, _("Kamis")),
            (4, _("Jumat")),
            (5, _("Sabtu")),
            (6, _("Minggu")),
        ],
    )
    opens_at = models.TimeField(_("buka"))
    closes_at = models.TimeField(_("tutup"), help_text=_("00.00 berarti tengah malam"))
    break_starts_at = models.TimeField(_("istirahat mulai"), null=True, blank=True)
    break_ends_at = models.TimeField(_("istirahat selesai"), null=True, blank=True)
    last_ticket_at = models.TimeField(_("nomor terakhir"), null=True, blank=True)
    valid_from = models.DateField(_("berlaku sejak"), null=True, blank=True)
    valid_to = models.DateField(_("berlaku sampai"), null=True, blank=True)
    extra = models.BooleanField(_("sesi tambahan"), default=False)
    note = models.CharField(_("catatan"), max_length=80, blank=True)

    class Meta:
        abstract = True


class OpeningHours(HoursFields):
    """Opening hours of a mall, or of one of its agencies where they differ."""

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="hours", verbose_name=_("mal"))
    agency = models.ForeignKey(
        Agency,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="hours",
        verbose_name=_("instansi"),
    )

    class Meta:
        verbose_name = _("jam buka")
        verbose_name_plural = _("jam buka")
        constraints = [
            models.CheckConstraint(
                condition=Q(extra=False) | Q(valid_from__isnull=False, valid_to__isnull=False),
                name="extra_session_names_its_dates",
                violation_error_message=_(
                    "Sesi tambahan harus menyebut tanggal mulai dan selesainya."
                ),
            ),
            models.CheckConstraint(
                condition=Q(break_starts_at__isnull=True, break_ends_at__isnull=True)
                | Q(
                    break_starts_at__isnull=False,
                    break_ends_at__isnull=False,
                    break_ends_at__gt=F("break_starts_at"),
                ),
                name="break_ends_after_it_starts",
                violation_error_message=_(
                    "Isi jam mulai dan selesai istirahat; selesai harus setelah mulai."
                ),
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")) | Q(closes_at=dt.time.min),
                name="closes_after_it_opens",
                violation_error_message=_("Jam tutup harus setelah jam buka."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens_at:%H.%M}–{self.closes_at:%H.%M}"


class ClosureFields(models.Model):
    """Columns of a closure: a range of dates and the reason that citizens read."""

    first_date = models.DateField(_("dari"))
    last_date = models.DateField(_("sampai"))
    reason = models.CharField(_("alasan"), max_length=200)

    class Meta:
        abstract = True


class Closure(ClosureFields):
    """Days on which the whole mall, or one agency, is closed."""

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="closures", verbose_name=_("mal"))
    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, verbose_name=_("instansi")
    )

    class Meta:
        verbose_name = _("penutupan")
        verbose_name_plural = _("penutupan")
        constraints = [
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")),
                name="closure_ends_after_it_starts",
                violation_error_message=_("Tanggal sampai tidak boleh sebelum tanggal dari."),
            )
        ]

    def __str__(self) -> str:
        return self.reason


class Holiday(models.Model):
    """A public holiday of a mall: national, cuti bersama or local; editable, with its decree."""

    class Kind(models.TextChoices):
        NATIONAL = "national", _("libur nasional")
        COLLECTIVE_LEAVE = "collective_leave", _("cuti bersama")
        LOCAL = "local", _("libur daerah")

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="holidays", verbose_name=_("mal"))
    date = models.DateField(_("tanggal"))
    name = models.CharField(_("nama"), max_length=120)
    kind = models.CharField(_("jenis"), max_length=16, choices=Kind, default=Kind.NATIONAL)
    decree = models.CharField(_("keputusan"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("hari libur")
        verbose_name_plural = _("hari libur")
        constraints = [
            models.UniqueConstraint(fields=["mall", "date"], name="one_holiday_per_mall_and_date")
        ]

    def __str__(self) -> str:
        return self.name


class Officer(models.Model):
    """An office that a person holds in a mall or one of its agencies; `permissions.py` reads it."""

    class Role(models.TextChoices):
        COUNTER = "counter", _("petugas loket")
        FRONT_DESK = "front_desk", _("meja depan")
        LIAISON = "liaison", _("penghubung pengaduan")
        COMPLAINTS_DESK = "complaints_desk", _("meja pengaduan")
        AGENCY_HEAD = "agency_head", _("kepala instansi")
        MALL_MANAGER = "mall_manager", _("pengelola mal")
        LEADER = "leader", _("pimpinan daerah")
        HELPER = "helper", _("pendamping warga")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="offices", verbose_name=_("akun")
    )
    mall = models.ForeignKey(Mall, models.CASCADE, related_name="officers", verbose_name=_("mal"))
    agency = models.ForeignKey(
        Agency, models.CASCADE, null=True, blank=True, verbose_name=_("instansi")
    )
    role = models.CharField(_("peran"), max_length=16, choices=Role)
    active = models.BooleanField(_("aktif"), default=True)

    class Meta:
        verbose_name = _("petugas")
        verbose_name_plural = _("petugas")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "mall", "agency", "role"],
                name="one_office_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["counter", "liaison", "agency_head"])
                | Q(agency__isnull=False),
                name="agency_role_names_its_agency",
                violation_error_message=_("Peran ini harus menyebut instansinya."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
