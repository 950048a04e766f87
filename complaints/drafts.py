"""Answers to paste where a case came from: short, polite, without a name and without the PIN.

What goes under a post is read by everybody, so it asks for nothing private and tells nothing of
the answer; what goes into a private message may.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import translation
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _

from complaints import channels
from complaints.models import Case, CaseEvent
from complaints.workflow import State, Step

LONGEST = {"x": 280, "sms": 459}  # letters; a short message of three parts
# Where nobody else reads along, or nothing is written at all.
_PRIVATE = {"face_to_face", "phone", "letter", "email", "sms", "whatsapp"}
_WITH_AN_ANSWER = {State.ANSWERED, State.CLOSED}
RECEIVED, ASKED, ANSWERED = "diterima", "pertanyaan", "dijawab"


class Draft(NamedTuple):
    """A text for everybody or for the reporter alone; `limit` is the channel's, 0 for none."""

    about: str
    public: bool
    text: str
    limit: int

    @property
    def key(self) -> str:
        """What names it on a page."""
        return f"{self.about}-{'umum' if self.public else 'pribadi'}"


def drafts(case: Case, events: Sequence[CaseEvent], *, address: str, pin: str = "") -> list[Draft]:
    """Every answer that fits now, the newest first; `address` is where a case is followed.

    `pin` is known only when the case is new. A confidential case is not answered in public, nor an
    anonymous one: its number under a post would tell the agency whose case it is.
    """
    notes = {event.kind: event.note for event in events if event.visible_to_reporter}
    made: list[Draft] = []
    with translation.override(case.language):
        if Step.ANSWERED in notes and case.state in _WITH_AN_ANSWER:
            made += _pair(case, ANSWERED, *_answered(case, notes[Step.ANSWERED], address))
        if Step.COMPLETION_ASKED in notes and case.waiting_since:
            made += _pair(case, ASKED, *_asked(case, notes[Step.COMPLETION_ASKED], address))
        return made + _pair(case, RECEIVED, *_received(case, address, pin))


def is_public(case: Case) -> bool:
    """Whether others may read what is answered there."""
    hidden = case.anonymous or case.confidential
    return case.channel in channels.entered().keys() - _PRIVATE and not hidden


def _pair(case: Case, about: str, public: list[str], private: list[str]) -> list[Draft]:
    limit = LONGEST.get(case.channel, 0)
    made = [Draft(about, True, _fit(public, limit, " "), limit)] if is_public(case) else []
    own = 0 if case.channel == "x" else limit  # a private message there may be long
    return [*made, Draft(about, False, _fit(private, own, "\n"), own)]


def _received(case: Case, address: str, pin: str) -> tuple[list[str], list[str]]:
    number = _shown(case.number)
    due = [] if case.first_answered_at else [case.promise]
    public = [_("Terima kasih, laporan Anda tercatat: %(number)s.") % {"number": number}]
    public += [*due, _("Pantau: %(address)s (PIN lewat pesan pribadi).") % {"address": address}]
    private = [_("Terima kasih, laporan Anda tercatat.")]
    private += [_("Nomor: %(number)s") % {"number": number}]
    if pin:
        private += [_("PIN: %(pin)s (simpan, jangan diberikan kepada orang lain)") % {"pin": pin}]
    private += [*due, _("Pantau dengan nomor dan PIN: %(address)s") % {"address": address}]
    return [*public, _no_nik()], private


def _asked(case: Case, note: str, address: str) -> tuple[list[str], list[str]]:
    words: dict[str, Any] = {"number": _shown(case.number), "address": address}
    public = [_("Ada yang perlu kami tanyakan tentang laporan %(number)s.") % words]
    public += [_("Mohon kirim pesan pribadi kepada kami, atau jawab di %(address)s.") % words]
    private = [_("Pertanyaan tentang laporan %(number)s:") % words, note]
    private += [_("Balas pesan ini, atau jawab di %(address)s.") % words]
    return [*public, _no_nik()], private


def _answered(case: Case, note: str, address: str) -> tuple[list[str], list[str]]:
    words: dict[str, Any] = {"number": _shown(case.number), "address": address}
    until = _object_until(case.closes_on)
    public = [_("Laporan %(number)s sudah dijawab.") % words]
    public += [_("Baca di %(address)s, atau minta lewat pesan pribadi.") % words, *until]
    private = [_("Jawaban untuk laporan %(number)s:") % words, note, *until]
    return [*public, _no_nik()], private


def _object_until(date: dt.date | None) -> list[str]:
    if date is None:
        return []
    shown = format_date(date, "j F Y")
    return [_("Belum sesuai? Ajukan keberatan sampai %(date)s.") % {"date": shown}]


def _no_nik() -> str:
    return _("Jangan tulis NIK atau data pribadi di sini.")


def _shown(number: str) -> str:
    return f"{number[:4]} {number[4:]}"


def _fit(sentences: list[str], limit: int, between: str) -> str:
    """Whole sentences, the last ones left out where the channel takes no more."""
    kept = list(sentences)
    while limit and len(kept) > 1 and len(between.join(kept)) > limit:
        kept.pop()
    text = between.join(kept)
    return text[:limit] if limit else text
