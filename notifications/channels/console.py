"""Rehearsal and development: one line in the worker's log, without text and without address."""

import logging

from notifications.channels.base import Outgoing, channel
from privacy.identity import mask_email, mask_phone

logger = logging.getLogger(__name__)


def masked(address: str) -> str:
    """The address as staff may see it."""
    return mask_email(address) if "@" in address else mask_phone(address)


@channel("console")
def send(message: Outgoing) -> None:
    """Log that a message of this kind would have gone out."""
    logger.info("message %s to %s", message.kind, masked(message.address))
