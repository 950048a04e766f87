"""The move-up list: who would come earlier, and the freed seats that are offered to them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from queueing.models.day import Window
from queueing.models.visits import Ticket


class EarlierWish(models.Model):
    """A booked number whose owner would come earlier; it ends with the booking or when granted."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="earlier_wishes")
    not_before = models.DateTimeField(_("paling cepat"))  # earlier hours are of no use to them
    created_at = models.DateTimeField(_("dibuat"))
    ended_at = models.DateTimeField(_("berakhir"), null=True)

    class Meta:
        verbose_name = _("keinginan waktu lebih awal")
        verbose_name_plural = _("keinginan waktu lebih awal")
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=Q(ended_at=None), name="one_open_wish_per_ticket"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id}"


class FreedSeat(models.Model):
    """An online seat that was given back and is kept: offered to one person at a time, then let go.

    While the row is open the seat counts as taken in its window. `wish` is whom it is offered to
    until `expires_at`; without one it rests until then, so that nobody who gives a number back can
    promise it to somebody else.
    """

    class State(models.TextChoices):
        OPEN = "open", _("disimpan")
        TAKEN = "taken", _("diambil")
        RELEASED = "released", _("dilepas")

    window = models.ForeignKey(Window, models.CASCADE, related_name="freed_seats")
    freed_at = models.DateTimeField(_("dikembalikan"))
    freed_by = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="+")
    wish = models.ForeignKey(EarlierWish, models.CASCADE, null=True, related_name="offers")
    expires_at = models.DateTimeField(_("sampai"))
    refused = models.ManyToManyField(EarlierWish, related_name="+")  # asked before, in vain
    state = models.CharField(_("keadaan"), max_length=8, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("kursi yang dikembalikan")
        verbose_name_plural = _("kursi yang dikembalikan")
        constraints = [
            models.UniqueConstraint(
                fields=["wish"], condition=Q(state="open"), name="one_open_offer_per_wish"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="seats_held_back"),
        ]

    def __str__(self) -> str:
        return f"{self.window_id} {self.state}"
