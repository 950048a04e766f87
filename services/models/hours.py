"""When it is open: weekly and seasonal hours, closures, holidays."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from services.models.malls import Agency, Mall


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

    def span(self) -> str:
        """From when to when, typed as times or as text: 08.00–15.00."""
        return "–".join(str(t)[:5].replace(":", ".") for t in (self.opens_at, self.closes_at))


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
        return self.span()


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
