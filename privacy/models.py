"""Who looked at whose hidden data, and why."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class RevealLog(models.Model):
    """One look at a masked value. Append-only: a trigger refuses every change."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("petugas"))
    subject = models.CharField(_("data"), max_length=80)  # "queueing.Visit.nik"
    reference = models.CharField(_("rujukan"), max_length=80)  # a public id
    reason = models.CharField(_("alasan"), max_length=200)
    at = models.DateTimeField(_("waktu"), db_index=True)

    class Meta:
        verbose_name = _("pembukaan data")
        verbose_name_plural = _("pembukaan data")
        indexes = [models.Index(fields=["reference"], name="reveal_reference")]

    def __str__(self) -> str:
        return f"{self.subject} {self.reference}"
