"""The outbox: every message to a citizen is a row before it is anything else."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
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
        KEPT = "kept", _("dipindahkan mal, menunggu jawaban")
        CODE = "code", _("kode sekali pakai")
        LINK = "link", _("tautan tiket")
        PAUSED = "paused", _("antrean dijeda")
        AHEAD = "ahead", _("sebentar lagi dipanggil")
        COLLECT = "collect", _("hasil siap diambil")
        SURVEY = "survey", _("survei")
        OFFER = "offer", _("tawaran waktu lebih awal")
        DIGEST = "digest", _("ringkasan petugas")
        CASE_RECEIVED = "case_received", _("pengaduan diterima")
        CASE_QUESTION = "case_question", _("pertanyaan tentang pengaduan")
        CASE_ANSWER = "case_answer", _("pengaduan dijawab")
        CASE_CHANGED = "case_changed", _("kabar pengaduan")
        CASE_DUTY = "case_duty", _("tugas pengaduan")
        CASE_OVERSIGHT = "case_oversight", _("keberatan untuk pengawas")

    class State(models.TextChoices):
        DUE = "due", _("menunggu")
        CLAIMED = "claimed", _("sedang dikirim")
        SENT = "sent", _("terkirim")
        VOIDED = "voided", _("dibatalkan")
        EXPIRED = "expired", _("kedaluwarsa")
        FAILED = "failed", _("gagal")

    class Report(models.TextChoices):
        NONE = "", _("belum ada kabar")
        DELIVERED = "delivered", _("sampai")
        READ = "read", _("dibaca")
        UNDELIVERED = "undelivered", _("tidak sampai")

    kind = models.CharField(_("jenis"), max_length=20, choices=Kind.choices)
    channel = models.CharField(_("saluran"), max_length=12)
    address = EncryptedTextField(_("alamat"), null=True, editable=False)
    routes = EncryptedTextField(null=True, editable=False)  # JSON [[channel, address], ...] left
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
    # whose mall and agency pay for it; rooms above, so their keys without a constraint
    mall_id = models.BigIntegerField(null=True, editable=False)
    agency_id = models.BigIntegerField(null=True, editable=False)
    time_zone = models.CharField(max_length=40, blank=True, editable=False)  # of quiet hours
    person_key = models.BinaryField(max_length=32, null=True, editable=False)  # for the daily cap
    provider_id = models.CharField(max_length=120, blank=True, editable=False)  # a fingerprint
    report = models.CharField(_("kabar"), max_length=12, choices=Report, blank=True, default="")
    reported_at = models.DateTimeField(_("kabar pada"), null=True)
    parts = models.PositiveSmallIntegerField(_("bagian"), default=0)  # as the provider bills them
    cost = models.DecimalField(_("biaya (Rp)"), max_digits=10, decimal_places=2, default=0)
    erased_at = models.DateTimeField(_("dihapus pada"), null=True)

    class Meta:
        verbose_name = _("pesan")
        verbose_name_plural = _("pesan")
        indexes = [
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["send_after"], condition=Q(state="due"), name="message_due"),
            models.Index(  # what somebody waits for now is claimed first
                fields=["send_after"],
                condition=Q(state="due", kind__in=["ahead", "called", "code"]),
                name="message_urgent",
            ),
            models.Index(
                fields=["claimed_until"], condition=Q(state="claimed"), name="message_claimed"
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(erased_at=None, ended_at__isnull=False),
                name="message_to_erase",
            ),
            models.Index(
                fields=["person_key", "sent_at"],
                condition=Q(person_key__isnull=False, state="sent"),
                name="message_of_a_person",
            ),
            models.Index(
                fields=["channel", "provider_id"],
                condition=~Q(provider_id=""),
                name="message_at_its_provider",
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(state="failed", erased_at=None),
                name="message_parked",
            ),
            models.Index(fields=["mall_id", "-id"], name="message_of_a_mall"),
            BrinIndex(fields=["ended_at"], name="message_ended", autosummarize=True),
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
                condition=Q(erased_at=None)
                | Q(
                    address=None,
                    routes=None,
                    person_key=None,
                    provider_id="",
                    context={},
                    ended_at__isnull=False,
                ),
                name="erased_message_holds_nobody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.about}"


class MessageText(models.Model):
    """What staff made of the text of a kind in a language; without a row the file is used."""

    class Language(models.TextChoices):
        INDONESIAN = "id", _("Indonesia")
        ENGLISH = "en", _("Inggris")

    kind = models.CharField(_("jenis"), max_length=20, choices=Message.Kind.choices)
    language = models.CharField(_("bahasa"), max_length=5, choices=Language.choices)
    subject = models.CharField(_("judul"), max_length=200)
    short = models.CharField(_("pesan singkat"), max_length=600)
    body = models.TextField(_("isi"), max_length=4000)
    changed_at = models.DateTimeField(_("diubah"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name=_("oleh")
    )

    class Meta:
        verbose_name = _("teks pesan")
        verbose_name_plural = _("teks pesan")
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="one_text_per_kind"),
            models.CheckConstraint(
                condition=~Q(subject="") & ~Q(short="") & ~Q(body=""), name="text_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_language_display()})"
