"""Malls, the agencies they house, and the offices people hold in them."""

import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services import colours, logos

_RESERVED = (
    "admin api dasbor sehat metrics static media tiket pengaduan survei langsung bahasa i18n "
    "akun masuk keluar health live mulai demo pesan"
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

    class Hero(models.TextChoices):
        PLAIN = "plain", _("polos")
        GATE = "gate", _("candi bentar")

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
        _("warna aksen"), max_length=7, default="#7a3b0b", validators=[colour]
    )
    logo = models.FileField(_("logo"), upload_to="logos/", blank=True)
    greeting = models.CharField(_("sapaan"), max_length=80, blank=True)
    hero = models.CharField(_("bentuk beranda"), max_length=8, choices=Hero, default=Hero.PLAIN)
    map_url = models.URLField(_("alamat peta"), blank=True)
    facilities = models.TextField(
        _("fasilitas"), blank=True, help_text=_("satu fasilitas tiap baris")
    )
    sign_language_days = models.PositiveSmallIntegerField(
        _("juru bahasa isyarat (hari kerja sebelumnya)"),
        null=True,
        blank=True,
        help_text=_("berapa hari kerja sebelumnya harus dipesan; kosong: tidak tersedia"),
    )
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

    def clean(self) -> None:
        """Refuse colours that cannot be read and a logo that is none."""
        refused = colours.objections(self.primary_colour, self.accent_colour)
        if self.logo and not self.logo._committed:
            try:
                self.logo.name = logos.accept(self.logo.file)
            except ValidationError as error:
                refused["logo"] = error
        if refused:
            raise ValidationError(refused)

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
