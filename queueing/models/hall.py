"""The hall's things: kiosks and displays, their slips, calls for help, notices, recorded clips."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from queueing.models.visits import Visit
from services.models import Mall


class Device(models.Model):
    """A kiosk or a display. It is known by a token in its cookie, of which only the hash is here.

    A pairing code, made in the admin and good for minutes, is what a device gives for its token.
    """

    class Kind(models.TextChoices):
        KIOSK = "kiosk", _("kios")
        DISPLAY = "display", _("layar")

    class Printer(models.TextChoices):
        BROWSER = "browser", _("lewat peramban kios")
        NETWORK = "network", _("ESC/POS lewat jaringan")
        NONE = "none", _("tanpa kertas, kode QR saja")

    class Trouble(models.TextChoices):
        PAPER_OUT = "paper_out", _("kertas habis")
        PAPER_LOW = "paper_low", _("kertas hampir habis")
        PRINTER_AWAY = "printer_away", _("pencetak tidak menjawab")
        MUTE = "mute", _("tidak bersuara")

    class Paper(models.IntegerChoices):
        MM_58 = 58, "58 mm"
        MM_80 = 80, "80 mm"

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="devices", verbose_name=_("mal"))
    kind = models.CharField(_("jenis"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("nama"), max_length=60)
    zone = models.CharField(
        _("zona"),
        max_length=40,
        blank=True,
        help_text=_("seperti pada loket; layar tanpa zona menampilkan seluruh aula"),
    )
    speaks = models.BooleanField(
        _("menyebut panggilan"),
        default=True,
        help_text=_("dua layar yang berdekatan: cukup satu yang bersuara"),
    )
    printer = models.CharField(
        _("cara mencetak"), max_length=10, choices=Printer.choices, default=Printer.BROWSER
    )
    printer_host = models.CharField(_("alamat pencetak"), max_length=120, blank=True)
    printer_port = models.PositiveIntegerField(_("porta pencetak"), default=9100)
    paper_mm = models.PositiveSmallIntegerField(
        _("lebar kertas"), choices=Paper.choices, default=Paper.MM_80
    )
    active = models.BooleanField(_("aktif"), default=True)
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    pairing_hash = models.CharField(max_length=64, blank=True, editable=False)
    pairing_until = models.DateTimeField(null=True, editable=False)
    paired_at = models.DateTimeField(_("dipasangkan"), null=True, editable=False)
    last_seen_at = models.DateTimeField(_("terakhir terlihat"), null=True, editable=False)
    reload_at = models.DateTimeField(_("diminta muat ulang"), null=True, editable=False)
    trouble = models.CharField(
        _("gangguan"), max_length=20, choices=Trouble.choices, blank=True, editable=False
    )
    trouble_at = models.DateTimeField(_("sejak"), null=True, editable=False)

    class Meta:
        verbose_name = _("perangkat")
        verbose_name_plural = _("perangkat")
        constraints = [
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="one_device_per_token"
            ),
            models.UniqueConstraint(
                fields=["pairing_hash"],
                condition=~Q(pairing_hash=""),
                name="one_device_per_pairing_code",
            ),
            models.CheckConstraint(
                condition=~Q(printer="network") | ~Q(printer_host=""),
                name="network_printer_has_an_address",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlipPrint(models.Model):
    """A slip sent to a kiosk's paper, and what became of it: the log of prints and reprints."""

    class State(models.TextChoices):
        SENT = "sent", _("dikirim")
        OUT = "out", _("keluar")
        FAILED = "failed", _("gagal")

    device = models.ForeignKey(
        Device, models.PROTECT, related_name="prints", verbose_name=_("perangkat")
    )
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="prints", db_index=False)
    again = models.BooleanField(_("cetak ulang"), default=False)
    state = models.CharField(_("hasil"), max_length=10, choices=State.choices, default=State.SENT)
    trouble = models.CharField(
        _("gangguan"), max_length=20, choices=Device.Trouble.choices, blank=True
    )
    at = models.DateTimeField(_("saat"))

    class Meta:
        verbose_name = _("cetakan karcis")
        verbose_name_plural = _("cetakan karcis")
        indexes = [
            models.Index(fields=["visit", "-id"], name="prints_of_a_visit"),
            models.Index(fields=["device", "-id"], name="prints_of_a_device"),
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.at:%H.%M.%S}"


class HelpCall(models.Model):
    """Somebody at a kiosk asks for a person; it stands open until the front desk answers."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    device = models.ForeignKey(
        Device, models.PROTECT, related_name="help_calls", verbose_name=_("perangkat")
    )
    at = models.DateTimeField(_("saat"))
    answered_at = models.DateTimeField(_("dijawab"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("oleh"),
    )

    class Meta:
        verbose_name = _("panggilan petugas")
        verbose_name_plural = _("panggilan petugas")
        constraints = [
            models.UniqueConstraint(
                fields=["device"],
                condition=Q(answered_at__isnull=True),
                name="one_open_help_call_per_device",
            )
        ]
        indexes = [
            models.Index(
                fields=["mall", "at"],
                condition=Q(answered_at__isnull=True),
                name="open_help_calls",
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.at:%H.%M.%S}"


class Notice(models.Model):
    """A sentence that the displays show for a time, in one zone or in the whole hall."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", verbose_name=_("mal"))
    zone = models.CharField(
        _("zona"), max_length=40, blank=True, help_text=_("kosong: di semua layar")
    )
    text = models.CharField(_("pengumuman"), max_length=160)
    starts_at = models.DateTimeField(_("mulai"))
    ends_at = models.DateTimeField(_("sampai"))

    class Meta:
        verbose_name = _("pengumuman di layar")
        verbose_name_plural = _("pengumuman di layar")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="notice_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return self.text


class VoiceClip(models.Model):
    """A word of the calls, recorded by the mall's own voice; it replaces the synthesised one."""

    mall = models.ForeignKey(Mall, models.CASCADE, related_name="+", verbose_name=_("mal"))
    key = models.CharField(_("kata"), max_length=40)
    audio = models.BinaryField(editable=False)
    content_type = models.CharField(max_length=40, editable=False)
    recorded_at = models.DateTimeField(_("direkam"), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,
        editable=False,
        verbose_name=_("oleh"),
    )

    class Meta:
        verbose_name = _("rekaman suara")
        verbose_name_plural = _("rekaman suara")
        constraints = [
            models.UniqueConstraint(fields=["mall", "key"], name="one_clip_per_mall_and_word")
        ]

    def __str__(self) -> str:
        return self.key
