"""The sentences that promise a date, in the reporter's language; they are stored as shown."""

import datetime as dt

from django.utils import translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from complaints.deadlines import FIRST_ANSWER_DAYS


def promise_text(due: dt.date, language: str) -> str:
    """By when the first answer comes: shown before sending and stored with the case."""
    with translation.override(language):
        return _("Tanggapan pertama paling lambat %(date)s (%(days)d hari kerja).") % {
            "date": format_date(due, "l, j F Y"),
            "days": FIRST_ANSWER_DAYS,
        }


def completion_text(due: dt.date, days: int, language: str) -> str:
    """By when a case is completed."""
    with translation.override(language):
        return _("Selesai paling lambat %(date)s (%(days)d hari kerja).") % {
            "date": format_date(due, "l, j F Y"),
            "days": days,
        }


def moved_text(waited: int, sentences: list[str], language: str) -> str:
    """Why dates moved: the clock stood for so many working days; then the new promises."""
    with translation.override(language):
        stood = ngettext(
            "Jam berhenti %(days)d hari kerja selama menunggu jawaban Anda.",
            "Jam berhenti %(days)d hari kerja selama menunggu jawaban Anda.",
            waited,
        ) % {"days": waited}
    return " ".join([stood, *sentences])
