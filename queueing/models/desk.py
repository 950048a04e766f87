"""What the front desk does besides numbers: questions answered."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from services.models import Agency, Mall


class Inquiry(models.Model):
    """Somebody who only asked something at the front desk: counted, without a name or a number."""

    mall = models.ForeignKey(Mall, models.PROTECT, related_name="+", db_index=False)
    agency = models.ForeignKey(
        Agency, models.PROTECT, null=True, related_name="+", verbose_name=_("instansi")
    )
    date = models.DateField(_("tanggal"))
    at = models.DateTimeField(_("saat"))
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("pertanyaan di meja depan")
        verbose_name_plural = _("pertanyaan di meja depan")
        indexes = [models.Index(fields=["mall", "date"], name="inquiries_of_a_day")]

    def __str__(self) -> str:
        return f"{self.date}"
