"""The outbox: every message to a citizen is a row before it is anything else."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.fields import EncryptedTextField


class Message(models.Model):
    """One message to one person over one channel, sent once."""

    class Kind(models.TextChoices):
        BOOKED = "booked", _("nomor diambil")
        RESCHEDULED = "rescheduled", _("pindah jadwal")
        CANCELLED = "cancelled", _("batal")
        REMINDER_DAY = "reminder_day", _("pengingat sehari sebelumnya")
        REMINDER_HOURS = "reminder_hours", _("pengingat hari itu")
        CALLED = "called", _("dipanggil")
        MOVED = "moved", _("dipindahkan mal")
        CODE = "code", _("kode sekali pakai")
        LINK = "link", _("tautan tiket")
        PAUSED = "paused", _("antrean dijeda")

    class State(models.TextChoices):
        DUE = "due", _("menunggu")
        CLAIMED = "claimed", _("sedang dikirim")
        SENT = "sent", _("terkirim")
        VOIDED = "voided", _("dibatalkan")
        EXPIRED = "expired", _("kedaluwarsa")
        FAILED = "failed", _("gagal")

    kind = models.CharField(_("jenis"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("saluran"), max_length=12)
    address = EncryptedTextField(_("alamat"), null=True, editable=False)
    language = models.CharField(_("bahasa"), max_length=5, default="id")
    context = models.JSONField(default=dict, editable=False)
    about = models.CharField(_("tentang"), max_length=40)
    send_after = models.DateTimeField(_("kirim setelah"))
    not_after = models.DateTimeField(_("tidak setelah"), null=True)
    dedup_key = models.CharField(max_length=120)
    state = models.CharField(_("keadaan"), max_length=8, choices=State.choices, default=State.DUE)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(_("percobaan"), default=0)
    last_error = models.CharField(_("galat terakhir"), max_length=40, blank=True)  # a code
    created_at = models.DateTimeField(_("dibuat"))
    sent_at = models.DateTimeField(_("terkirim pada"), null=True)
    ended_at = models.DateTimeField(_("berakhir pada"), null=True)  # sent, or never will be
    rehearsal = models.BooleanField(_("latihan"), default=False)
    erased_at = models.DateTimeField(_("dihapus pada"), null=True)

    class Meta:
        verbose_name = _("pesan")
        verbose_name_plural = _("pesan")
        indexes = [
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["send_after"], condition=Q(state="due"), name="message_due"),
            models.Index(
                fields=["claimed_until"], condition=Q(state="claimed"), name="message_claimed"
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(erased_at=None, ended_at__isnull=False),
                name="message_to_erase",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dedup_key"], name="message_written_once"),
            models.CheckConstraint(
                condition=Q(state__in=["due", "claimed", "sent", "voided", "expired", "failed"]),
                name="message_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state="claimed", claimed_until__isnull=False)
                | (~Q(state="claimed") & Q(claimed_until=None)),
                name="only_a_claimed_message_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["due", "claimed"], ended_at=None)
                | (~Q(state__in=["due", "claimed"]) & Q(ended_at__isnull=False)),
                name="message_ends_when_nothing_is_left_to_do",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at=None)),
                name="only_a_sent_message_has_sent_at",
            ),
            models.CheckConstraint(
                condition=Q(rehearsal=False) | Q(channel="console"),
                name="rehearsal_never_reaches_citizens",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=False) | Q(address__isnull=False),
                name="message_has_an_address_until_erased",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(address=None, context={}, ended_at__isnull=False),
                name="erased_message_holds_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"
