"""People who sign in, and the tokens by which their programs do."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person of the staff or a helper; citizens need no account.

    `pin` (hashed like a password) is for the quick change of officers at a counter, nothing else.
    With `digest` the daily letter of the person's office comes by e-mail.
    """

    pin = models.CharField(max_length=128, blank=True, default="", editable=False)
    digest = models.BooleanField(_("ringkasan lewat surel"), default=False, db_default=False)

    class Meta:
        verbose_name = _("akun")
        verbose_name_plural = _("akun")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(models.Model):
    """A bearer token for the API, an officer's own or a system's; only its SHA-256 is kept.

    It may do what its account may, and of that only what its scopes name.
    """

    class Scope(models.TextChoices):
        VISITS = "visits", _("nomor dan kunjungan")
        COUNTERS = "counters", _("loket")
        FRONT_DESK = "front_desk", _("meja depan")
        STATISTICS = "statistics", _("kinerja")
        COMPLAINTS = "complaints", _("pengaduan")

    user = models.ForeignKey(
        User, models.CASCADE, verbose_name=_("akun"), related_name="api_tokens"
    )
    name = models.CharField(_("nama"), max_length=80)
    scopes = ArrayField(
        models.CharField(max_length=16, choices=Scope), verbose_name=_("lingkup"), default=list
    )
    token_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(_("dibuat"))
    expires_at = models.DateTimeField(_("berlaku sampai"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("dicabut"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("terakhir dipakai"), null=True, blank=True)

    class Meta:
        verbose_name = _("token API")
        verbose_name_plural = _("token API")
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")),
                name="token_expires_after_it_was_made",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SignIn(models.Model):
    """A browser in which somebody is signed in: for the list of one's own sessions.

    `session_key` is the key of the session itself, as in the table of sessions; it is never shown.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    device = models.CharField(_("perangkat"), max_length=80, blank=True)
    at = models.DateTimeField(_("masuk"))
    seen_at = models.DateTimeField(_("terakhir aktif"))

    class Meta:
        verbose_name = _("sesi masuk")
        verbose_name_plural = _("sesi masuk")

    def __str__(self) -> str:
        return self.device
