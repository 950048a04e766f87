"""What the HTTP edge remembers: answers to requests with a key, so that a repeat acts once."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AnsweredRequest(models.Model):
    """A request that was done once; `reference` names the object from which the answer is read.

    `key` and `body_hash` are keyed fingerprints: nothing a client wrote is kept.
    """

    scope = models.CharField(max_length=60)
    key = models.BinaryField(max_length=32)
    body_hash = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    reference = models.CharField(_("rujukan"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("dibuat"))

    class Meta:
        verbose_name = _("permintaan terjawab")
        verbose_name_plural = _("permintaan terjawab")
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="one_answer_per_scope_and_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="answers_to_forget")]

    def __str__(self) -> str:
        return f"{self.scope} {self.status}"
